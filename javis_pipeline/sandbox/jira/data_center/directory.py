"""People as a self-hosted Jira knows them: by a key that stays, and by a name that they sign in with."""

import re
from dataclasses import replace

from javis_pipeline.sandbox.people import People, Person


class Directory:
    """Keys and names of the accounts of a site."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._seen: list[Person] = []
        self._keys: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def key(self, account_id: str) -> str:
        """The key of an account."""
        self._look()
        return self._keys.get(account_id, account_id)

    def name(self, account_id: str) -> str:
        """The name that somebody signs in with now."""
        self._look()
        return self._names.get(account_id, account_id)

    def with_key(self, key: str) -> Person | None:
        """The person with this key."""
        self._look()
        return next((person for person in self._seen if self._keys[person.account_id] == key), None)

    def called(self, name: str) -> Person | None:
        """The person who signs in with this name."""
        self._look()
        wanted = name.lower()
        return next((person for person in self._seen if self._names[person.account_id].lower() == wanted), None)

    def signing_in(self, name: str) -> Person:
        """The person who signs in with this name; a new account when it is nobody's."""
        return self.called(name) or self._people.signing_in(name)

    def rename(self, account_id: str, name: str) -> None:
        """An administrator gives somebody another name to sign in with; the key stays."""
        self._change(account_id, login=name)

    def anonymise(self, account_id: str) -> None:
        """Somebody has left, and is known by a number from now on: key, name and shown name are others."""
        number = 20000 + len(self._seen)
        self._change(account_id, login=f"jirauser{number}", user_key=f"JIRAUSER{number}", name=f"user-{number:x}")

    def _change(self, account_id: str, **values: str) -> None:
        person = self._people.get(account_id)
        assert person is not None, f"there is nobody with the id {account_id}"
        self._people.add(replace(person, **values))  # type: ignore[arg-type] # the values are texts

    def _look(self) -> None:
        people = self._people.all()
        if people == self._seen:
            return
        self._seen = people
        self._keys = {person.account_id: _key(person, place) for place, person in enumerate(people)}
        self._names = {person.account_id: _name(person) for person in people}


def _key(person: Person, place: int) -> str:
    if person.user_key:
        return person.user_key
    if person.account_id.startswith("user-"):  # of a file: it is both there
        return person.account_id
    # Accounts that are older than Jira 8.4 have their first name for a key.
    return _slug(person.name) if place % 3 == 2 else f"JIRAUSER{10100 + place}"


def _name(person: Person) -> str:
    if person.login:
        return person.login
    return person.account_id if person.account_id.startswith("user-") else _slug(person.name)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")
