"""What every `wire` module needs to read a document of a remote: checks that name the path of what is wrong.

A reader checks as it goes and raises `Unreadable` with a path; `guarded` turns that into an `UnreadableRecord` with the
record's id. So one bad document is refused with a reason, and the rest of its batch goes on.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from javis_pipeline.errors import RemoteRefused, UnreadableRecord

T = TypeVar("T")
Json = Mapping[str, Any]


class Unreadable(Exception):
    """What stands at `path` is not what the remote documents. Only between a reader and `guarded`."""

    def __init__(self, path: str, expected: str, found: object) -> None:
        super().__init__(f"{path}: expected {expected}, found {type(found).__name__}")


def guarded(what: str, subject: object, read: Callable[[], T]) -> T:
    """The result of `read`; a failure becomes an UnreadableRecord that names `subject`, an id or a document."""
    try:
        return read()
    except Unreadable as error:
        found = subject.get("id") or subject.get("key") or "?" if isinstance(subject, dict) else subject
        remote_id = found if isinstance(found, str | int) else "?"
        raise UnreadableRecord(f"{what} {remote_id} cannot be read: {error}", remote_id=str(remote_id)) from error


class AnswerBatch(NamedTuple, Generic[T]):
    """What one answer of several held, and the cursor that asks for the next; None after the last."""

    found: T
    cursor: str | None


def batch_of(answer: Json, found: T) -> AnswerBatch[T]:
    """`found` with the cursor of its answer. A short or empty answer is no sign of the end; the cursor is."""
    return AnswerBatch(found, None if answer.get("isLast") is True else answer.get("nextPageToken") or None)


def items_of(answer: object, name: str) -> list[Any]:
    """A list in an answer. Taking an answer without it for an empty one is how zero rows become a success."""
    items = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise RemoteRefused(f"jira gave an answer without {name!r}; nothing was taken from it", status=200)
    return items


def as_instant(value: object, path: str) -> datetime:
    """A timestamp with an offset ("2026-09-27T10:03:11.123+0200", or ending in Z), in UTC."""
    if type(value) is str:
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            raise Unreadable(path, "a timestamp", value) from None
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise Unreadable(path, "a timestamp with an offset", value)


def as_instant_or_none(value: object, path: str) -> datetime | None:
    """As `as_instant`; None for null and for an empty text."""
    return None if value is None or value == "" else as_instant(value, path)


def as_object(value: object, path: str) -> Json:
    """A JSON object."""
    if type(value) is dict:
        return value
    raise Unreadable(path, "an object", value)


def as_list(value: object, path: str) -> list[Any]:
    """A JSON array."""
    if type(value) is list:
        return value
    raise Unreadable(path, "a list", value)


def as_text(value: object, path: str) -> str:
    """A text that is not empty."""
    if type(value) is str and value:
        return value
    raise Unreadable(path, "a text", value)


def as_number(value: object, path: str) -> int:
    """A whole number."""
    if type(value) is int:
        return value
    raise Unreadable(path, "a number", value)


def as_id(value: object, path: str) -> str:
    """An id as text; some APIs give ids as numbers."""
    if (type(value) is str and value) or type(value) is int:
        return str(value)
    raise Unreadable(path, "an id", value)


def as_id_or_none(value: object, path: str) -> str | None:
    """As `as_id`; None for null."""
    return None if value is None else as_id(value, path)
