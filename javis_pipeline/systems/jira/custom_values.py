"""Values of custom fields on their way to Jira, and as its history tells them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import JsonObject, Sort
from javis_pipeline.records.values import Value, as_set
from javis_pipeline.sync.element_codecs import chosen_id
from javis_pipeline.systems.jira.numbers import number_of, sent_number
from javis_pipeline.systems.jira.wire import Choices

SETS: Final = frozenset[Sort]({"options", "users", "groups", "labels", "versions"})
"""What has several values, each merged and sent by itself."""

Person = Callable[[str], JsonObject]
"""Somebody, in the form that an edit takes."""

_NAMED: Final = frozenset[Sort]({"versions", "groups"})


def to_jira(field_id: str, sort: Sort, value: Value, person: Person) -> object:
    """The remote form of a field's value as a PUT wants it."""
    if value is None:
        return None
    match sort:
        case "option" | "version":
            return {"id": chosen_id(value)}
        case "team":
            return chosen_id(value)
        case "cascade":
            parent, _, child = str(chosen_id(value)).partition("/")
            return {"id": parent, **({"child": {"id": child}} if child else {})}
        case "user":
            return person(str(value))
        case "group":
            return {"name": value}
        case "number":
            return sent_number(value, field_id)
        case "datetime":
            shown = datetime.fromisoformat(str(value)).astimezone(UTC).isoformat(timespec="milliseconds")
            return shown[:-3] + shown[-2:]  # an offset without a colon
        case _:
            return value


def element_to_jira(sort: Sort, element: str, choices: Choices, person: Person) -> object:
    """What a verb adds to a set, or takes out of it; by its id where that is known."""
    if sort == "labels":
        return element
    if sort == "users":
        return person(element)
    if element in choices:
        return {"id": choices[element]}
    return {"name" if sort in _NAMED else "value": element}


def change_value(sort: Sort, raw: str | None, text: str | None) -> Value | Missing:
    """The canonical value out of a history's item; MISSING where the history holds only words."""
    if not (raw or text):
        return () if sort in SETS else None
    match sort:
        case "text" | "url" | "group":
            return text or raw
        case "number":
            return number_of(text or raw)
        case "date":
            return (raw or text or "")[:10]
        case "datetime":
            return _instant(raw or text)
        case "option" | "user" | "version" | "team":
            return raw or MISSING
        case "labels":
            return as_set((text or "").split())
        case "options":
            return _names(raw, text)
        case "users":
            return as_set(_listed(raw)) if raw else MISSING
        case _:
            return MISSING


def _instant(text: str | None) -> Value | Missing:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return MISSING
    return MISSING if at.tzinfo is None else at.astimezone(UTC).isoformat()


def _listed(raw: str) -> list[str]:
    return [part.strip() for part in raw.strip("[]").split(",") if part.strip()]


def _names(raw: str | None, text: str | None) -> Value | Missing:
    """Joined by commas, which may be in a name as well: then there are more parts than ids."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    return as_set(names) if raw and len(names) == len(_listed(raw)) else MISSING
