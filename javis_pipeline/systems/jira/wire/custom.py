"""Values of custom fields, each sort in one form: what people see, and beside it what that does not tell.

What is not of the shape that its field's type promises stays the JSON that Jira gave: one odd value costs no issue.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from javis_pipeline.clients.reading import Json
from javis_pipeline.records.jira import JsonObject, Sort
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown

Custom = Mapping[str, Sort]
"""The custom fields that are read, by id."""

NO_CUSTOM: Final[Custom] = {}
BETWEEN_LEVELS: Final = " / "
# Numbers of Jira are doubles: beyond this not every whole number is one.
_LARGEST_WHOLE: Final = 2**53


class CustomValues(NamedTuple):
    """What a document says of custom fields, as an Issue has it."""

    values: JsonObject
    raw: JsonObject
    empty: tuple[str, ...]


class Read(NamedTuple):
    """A value as people see it, and what that does not tell of it, if anything."""

    shown: Any
    raw: Any = None


def custom_values(fields: Json, custom: Custom) -> CustomValues:
    """The custom fields of an issue's document."""
    values: JsonObject = {}
    raw: JsonObject = {}
    empty: list[str] = []
    for field_id, value in fields.items():
        sort = custom.get(field_id)
        if sort is None:
            continue
        shown, beside = read_value(sort, value)
        if shown is None or shown == [] or shown == "":
            empty.append(field_id)
            continue
        values[field_id] = shown
        if beside is not None:
            raw[field_id] = beside
    return CustomValues(values, raw, tuple(empty))


def read_value(sort: Sort, value: Any) -> Read:
    """One value of a document."""
    read = None if value is None else _READERS.get(sort)
    try:
        return Read(value) if read is None else read(value)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return Read(value)


def _number(value: Any) -> Read:
    """A whole number without its fraction: one spelling for both sides."""
    return Read(int(value) if type(value) is float and value.is_integer() and abs(value) <= _LARGEST_WHOLE else value)


def _datetime(value: Any) -> Read:
    at = datetime.fromisoformat(value)
    return Read(value if at.tzinfo is None else at.astimezone(UTC).isoformat())


def _option(value: Any) -> Read:
    return Read(_text(value["value"]), _text(value["id"]))


def _options(value: Any) -> Read:
    return Read(_set(value, "value"))


def _cascade(value: Any) -> Read:
    child = value.get("child")
    shown, raw = _text(value["value"]), _text(value["id"])
    if child:
        return Read(shown + BETWEEN_LEVELS + _text(child["value"]), f"{raw}/{_text(child['id'])}")
    return Read(shown, raw)


def _user(value: Any) -> Read:
    return Read(_account(value))


def _users(value: Any) -> Read:
    return Read(sorted({_account(one) for one in value}))


def _account(user: Any) -> str:
    return _text(user.get("accountId") or user.get("key") or user["name"])


def _group(value: Any) -> Read:
    return Read(_text(value["name"]))


def _named(value: Any) -> Read:
    return Read(_text(value["name"]), _text(value["id"]))


def _names(value: Any) -> Read:
    return Read(_set(value, "name"))


def _labels(value: Any) -> Read:
    return Read(sorted({_text(label) for label in value}))


def _team(value: Any) -> Read:
    if type(value) is str:
        return Read(value)
    return Read(_text(value.get("name") or value["title"]), _text(value["id"]))


def _request_type(value: Any) -> Read:
    """Its name; what else Jira shows with it says how long ago something was."""
    return Read(_text(value["requestType"]["name"]))


def _rich_text(value: Any) -> Read:
    return Read(adf_to_markdown(value), value) if type(value) is dict else Read(value)


def _set(value: Any, name: str) -> list[str]:
    return sorted({_text(one[name]) for one in value})


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


_READERS: Final[Mapping[Sort, Callable[[Any], Read]]] = {
    "number": _number,
    "datetime": _datetime,
    "rich_text": _rich_text,
    "option": _option,
    "options": _options,
    "cascade": _cascade,
    "user": _user,
    "users": _users,
    "group": _group,
    "groups": _names,
    "labels": _labels,
    "version": _named,
    "versions": _names,
    "components": _names,
    "team": _team,
    "request_type": _request_type,
}
