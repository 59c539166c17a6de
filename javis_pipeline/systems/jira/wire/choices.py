"""What can be edited of an issue, as `editmeta` tells it: fields of its edit screen, and what can be chosen in each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from javis_pipeline.clients.reading import Json
from javis_pipeline.systems.jira.wire.custom import BETWEEN_LEVELS

_EDITED_AS: Final = dict.fromkeys(("timeoriginalestimate", "timeestimate"), "timetracking")
Choices = Mapping[str, str]
"""What can be chosen, name to id."""


def editable_fields(document: Json, names: Mapping[str, str]) -> Mapping[str, Choices] | None:
    """The fields that can be edited now, with their choices; None where the document does not tell.

    Args:
        document: Of an issue.
        names: Jira's ids of the fields, and what we call them.
    """
    told = document.get("editmeta")
    fields = told.get("fields") if isinstance(told, dict) else None
    if not isinstance(fields, dict):
        return None
    found = {name: fields.get(_EDITED_AS.get(jira_id, jira_id)) for jira_id, name in names.items()}
    return {
        name: dict(_choices(field.get("allowedValues"))) for name, field in found.items() if isinstance(field, dict)
    }


def _choices(values: Any, above: tuple[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """Of two with one name the first is meant."""
    found: dict[str, str] = {}
    for value in values if isinstance(values, list) else ():
        name, id_ = _part(value, "value", "name"), _part(value, "id")
        if name is None or id_ is None or value.get("disabled") or value.get("archived"):
            continue
        if above is not None:
            name, id_ = above[0] + BETWEEN_LEVELS + name, f"{above[1]}/{id_}"
        found.setdefault(name, id_)
        yield from _choices(value.get("children"), (name, id_)) if above is None else ()
    yield from found.items()


def _part(value: Any, *names: str) -> str | None:
    parts = [value.get(name) for name in names] if isinstance(value, dict) else []
    return next((part for part in parts if isinstance(part, str)), None)
