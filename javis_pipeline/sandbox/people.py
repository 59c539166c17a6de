"""The accounts of the sandbox: Jira and Confluence show the same people under the same ids."""

import hashlib
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

# Not UTC and not the zone of the site: what the service prints in one zone and reads in another must not agree by luck.
PROFILE_ZONE = "America/New_York"


@dataclass(frozen=True)
class Person:
    """One account. `email` is what it signs in with; others see it only if `email_visible`.

    On Data Center `login` and `user_key` stand for what is otherwise made from the name.
    """

    account_id: str
    name: str
    email: str | None = None
    time_zone: str = PROFILE_ZONE
    active: bool = True
    email_visible: bool = False
    login: str | None = None
    user_key: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this person's JQL and CQL dates are read."""
        return ZoneInfo(self.time_zone)


class People:
    """All accounts, by account id and by e-mail address."""

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}
        self._by_email: dict[str, str] = {}

    def add(self, person: Person) -> Person:
        """Adds the person, or replaces the one with the same account id."""
        self._by_id[person.account_id] = person
        if person.email is not None:
            self._by_email[person.email.lower()] = person.account_id
        return person

    def named(self, name: str) -> Person:
        """The person called `name`; a new account when there is none."""
        known = next((person for person in self._by_id.values() if person.name == name), None)
        return known or self.add(Person(account_id=account_id_of(name), name=name))

    def get(self, account_id: str) -> Person | None:
        """The person with this account id, if there is one."""
        return self._by_id.get(account_id)

    def signing_in(self, email: str) -> Person:
        """The person who signs in with this address; a new account when it is nobody's.

        Somebody whose address is not known yet is recognised by the name in it: mara.lindqvist@example.com.
        """
        account_id = self._by_email.get(email.lower())
        if account_id is not None:
            return self._by_id[account_id]
        name = email.split("@")[0].replace(".", " ").replace("_", " ").title()
        for person in self._by_id.values():
            if person.name == name and person.email is None:
                return self.add(replace(person, email=email))
        return self.add(Person(account_id=account_id_of(email.lower()), name=name, email=email))

    def all(self) -> list[Person]:
        """Everybody, in the order they came."""
        return list(self._by_id.values())

    def state(self) -> list[dict[str, object]]:
        """What `restore` takes: JSON-able."""
        return [vars(person).copy() for person in self._by_id.values()]

    def restore(self, state: list[dict[str, object]]) -> None:
        """Adds the people of an earlier `state()`."""
        for row in state:
            self.add(Person(**row))  # type: ignore[arg-type] # the row is vars() of a Person


def user_key_of(account_id: str) -> str:
    """The key under which a self-hosted Confluence knows an account: 32 hexadecimal digits."""
    return hashlib.md5(account_id.encode(), usedforsecurity=False).hexdigest()


def account_id_of(name: str) -> str:
    """An account id in Atlassian's newer form, always the same for the same name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"712020:{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
