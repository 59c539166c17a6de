"""People, as any document of Jira names them."""

from typing import Final

from javis_pipeline.clients.reading import Json, as_id, as_object
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import User

# Jira says so where it no longer knows who it was; all such people are one.
UNKNOWN_ACCOUNT: Final = "unknown"


def account_of(value: object, path: str, users: dict[str, User]) -> str | None:
    """Account id of a user object, noted in `users`; None for nobody."""
    if value is None:
        return None
    user = as_object(value, path)
    account_id = account_id_of(user, path)
    known = users.get(account_id)
    if known is None or not known.display_name:  # some answers leave the name out
        users[account_id] = user_of(user, account_id)
    return account_id


def account_id_of(user: Json, path: str) -> str:
    """The account id of a user object; v2 sites have a key or name instead."""
    account_id = user.get("accountId") or user.get("key") or user.get("name") or UNKNOWN_ACCOUNT
    return as_id(account_id, f"{path}.accountId")


def user_of(user: Json, account_id: str) -> User:
    """Somebody, under the id by which he is known."""
    name = user.get("displayName")
    return User(account_id, name if type(name) is str else "", user.get("active") is not False)


def person_in(fields: Json, name: str, users: dict[str, User]) -> str | Missing | None:
    """Account id of the person in a field, noted in `users`."""
    value = fields.get(name, MISSING)
    return MISSING if value is MISSING else account_of(value, f"fields.{name}", users)
