"""What every `wire` module and client needs to read what a remote answers: checks that name the path of what is wrong.

A reader checks as it goes and raises `Unreadable` with a path. `guarded` turns that into an `UnreadableRecord` with the
record's id, so that one bad document is refused with a reason and the rest of its batch goes on; `answered` turns it
into an `UnreadableAnswer`. Both also take what a reader did not think of: whatever comes, no other error leaves here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from javis_pipeline.errors import UnreadableAnswer, UnreadableRecord, UnreadableText

T = TypeVar("T")
Json = Mapping[str, Any]

# What Python raises where a document has another shape than the code that reads it expects.
_OF_ANOTHER_SHAPE: Final = (
    AttributeError,
    TypeError,
    LookupError,
    ValueError,
    ArithmeticError,
    RecursionError,
    UnreadableText,
)
# What the columns and indexes of the database take.
_MOST_NUMBER: Final = 2**63 - 1
_MOST_SMALL_NUMBER: Final = 2**31 - 1
_LONGEST_ID: Final = 255


class Unreadable(Exception):
    """What stands at `path` is not what the remote documents. Only between a reader and `guarded` or `answered`."""

    def __init__(self, path: str, expected: str, found: object) -> None:
        super().__init__(f"{path[:200]}: expected {expected}, found {type(found).__name__}")

    def inside(self, path: str) -> Self:
        """The same, of a document that stands at a path in another: paths are only made where something is wrong."""
        self.args = (f"{path[:200]}.{self}",)
        return self


def guarded(what: str, subject: object, read: Callable[[], T]) -> T:
    """The result of `read`; a failure becomes an UnreadableRecord that names `subject`, an id or a document."""
    try:
        return read()
    except Unreadable as error:
        why = str(error)
    except _OF_ANOTHER_SHAPE as error:
        why = _unknown_shape(error)
    remote_id = id_of(subject)
    raise UnreadableRecord(f"{what} {remote_id} cannot be read: {why}", remote_id=remote_id)


def answered(what: str, read: Callable[[], T]) -> T:
    """The result of `read`, which takes an answer as a whole; a failure becomes an UnreadableAnswer."""
    try:
        return read()
    except Unreadable as error:
        why = str(error)
    except _OF_ANOTHER_SHAPE as error:
        why = _unknown_shape(error)
    raise UnreadableAnswer(f"the answer of {what} cannot be read: {why}; nothing was taken from it")


def _unknown_shape(error: Exception) -> str:
    """The kind of error only: its text may be the text of an issue."""
    return f"its shape is not the documented one ({type(error).__name__})"


def id_of(subject: object) -> str:
    """The id of a document, as far as it has one; the subject itself if that is an id."""
    found = subject.get("id") or subject.get("key") if isinstance(subject, dict) else subject
    is_id = type(found) is int or (type(found) is str and found)
    return str(found)[:_LONGEST_ID] if is_id else "?"


def items_of(answer: object, name: str) -> list[Any]:
    """A list in an answer. Taking an answer without it for an empty one is how zero rows become a success."""
    return as_list(as_object(answer, "answer").get(name), name)


def as_instant(value: object, path: str) -> datetime:
    """A timestamp with an offset ("2026-09-27T10:03:11.123+0200", or ending in Z), in UTC."""
    if type(value) is str:
        try:
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise Unreadable(path, "a timestamp of our era", value) from None
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


def as_uuid_or_none(value: object) -> UUID | None:
    """A name that we noted somewhere; None for whatever else stands there."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def as_text_or_none(value: object, path: str) -> str | None:
    """A text; None for null and for an empty one."""
    return None if value is None or value == "" else as_text(value, path)


def text_or(value: object, otherwise: str) -> str:
    """A text that only adds detail: what is none stops nothing."""
    return value if type(value) is str and value else otherwise


def as_number(value: object, path: str) -> int:
    """A whole number, from nought to what a `bigint` holds."""
    if type(value) is int and 0 <= value <= _MOST_NUMBER:
        return value
    raise Unreadable(path, "a number", value)


def as_small_number(value: object, path: str) -> int:
    """A whole number of the size of an `integer`; below nought as well."""
    if type(value) is int and abs(value) <= _MOST_SMALL_NUMBER:
        return value
    raise Unreadable(path, "a small number", value)


def as_id(value: object, path: str) -> str:
    """An id as text; some APIs give ids as numbers."""
    if (type(value) is str and 0 < len(value) <= _LONGEST_ID) or type(value) is int:
        return str(value)
    raise Unreadable(path, "an id", value)


def as_numeric_id(value: object, path: str) -> str:
    """An id of digits, as text: what can stand in a path."""
    text = as_id(value, path)
    if text.isascii() and text.isdecimal() and text[0] != "0":
        return text
    raise Unreadable(path, "an id of digits", value)


def as_id_or_none(value: object, path: str) -> str | None:
    """As `as_id`; None for null."""
    return None if value is None else as_id(value, path)
