"""Values of an issue's document that stand for themselves."""

from datetime import date

from javis_pipeline.clients.reading import Json, Unreadable, as_id, as_list, as_number, as_object, as_text
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import JsonObject


def text_in(fields: Json, name: str) -> str | Missing | None:
    """A text."""
    value = fields.get(name, MISSING)
    if value is None or value is MISSING or type(value) is str:
        return value
    raise Unreadable(f"fields.{name}", "a text or null", value)


def seconds_in(fields: Json, name: str) -> int | Missing | None:
    """A length of time."""
    value = fields.get(name, MISSING)
    return value if value is None or value is MISSING else as_number(value, f"fields.{name}")


def named_in(fields: Json, name: str) -> tuple[str, str] | tuple[Missing, Missing] | tuple[None, None]:
    """Name and id of an option-like value: priority, status, resolution, issue type."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None:
        return None, None
    option = as_object(value, f"fields.{name}")
    return as_text(option.get("name"), f"fields.{name}.name"), as_id(option.get("id"), f"fields.{name}.id")


def names_in(fields: Json, name: str) -> list[str] | Missing:
    """Sorted names of a list of options: components, versions."""
    if name not in fields:
        return MISSING
    if not fields[name]:
        return []
    options = as_list(fields[name], f"fields.{name}")
    return sorted(as_text(as_object(one, f"fields.{name}").get("name"), f"fields.{name}.name") for one in options)


def labels_in(fields: Json) -> list[str] | Missing:
    """The labels, sorted."""
    if "labels" not in fields:
        return MISSING
    return sorted(as_text(label, "fields.labels") for label in as_list(fields["labels"] or [], "fields.labels"))


def due_date_in(fields: Json) -> date | Missing | None:
    """The day until which the issue should be done."""
    value = text_in(fields, "duedate")
    if not value:
        return value if value is MISSING else None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unreadable("fields.duedate", "a date", value) from None


def rich_text_in(fields: Json, name: str) -> JsonObject | str | Missing | None:
    """A text of a field, untouched."""
    value = fields.get(name, MISSING)
    return value if value is MISSING else as_rich_text(value, f"fields.{name}")


def as_rich_text(value: object, path: str) -> JsonObject | str | None:
    """An ADF document (v3) or wiki markup (v2), untouched."""
    if value is None or type(value) is str or type(value) is dict:
        return value
    raise Unreadable(path, "a document, a text or null", value)


def description_in(fields: Json) -> tuple[str | Missing | None, JsonObject | Missing | None]:
    """The description as text, of a v2 answer, and as a document; one of the two is empty."""
    value = fields.get("description", MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None or type(value) is dict:
        return None, value
    if type(value) is str:
        return value, None
    raise Unreadable("fields.description", "a document, a text or null", value)
