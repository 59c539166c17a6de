"""Carrying descriptions over to another form of their Markdown view."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries

_QUERIES = named_queries("text_views")
_AT_ONCE = 500


class ShownDescription(NamedTuple):
    """A description as it is stored; the bases are those of all edited fields of the row."""

    jira_id: str
    description: str | None
    description_adf: Mapping[str, Any]
    local_modified_fields: Mapping[str, Any]


class ShownConflict(NamedTuple):
    """A conflict that shows a description."""

    id: UUID
    field_name: str
    base_value: Any
    local_value: Any
    remote_value: Any
    remote_raw: Any
    details: Mapping[str, Any]


def text_view(conn: Connection, scope: str) -> int | None:
    """The version of the view in which a project's descriptions are kept."""
    row = conn.execute(_QUERIES["text_view"], {"scope": scope}).fetchone()
    return row["text_view"] if row else None


def note_text_view(conn: Connection, scope: str, version: int) -> None:
    """All descriptions of a project are of this version now."""
    conn.execute(_QUERIES["note_text_view"], {"scope": scope, "version": version})


def shown_descriptions(conn: Connection, scope: str, after: str) -> list[ShownDescription]:
    """The next rows behind an id whose view may be written otherwise now; locked."""
    params = {"scope": scope, "after": after, "limit": _AT_ONCE}
    return [ShownDescription(**row) for row in conn.execute(_QUERIES["shown_descriptions"], params)]


def carry_over_description(
    conn: Connection, row: ShownDescription, description: str | None, bases: Mapping[str, Any]
) -> None:
    """Write the text and the bases of a row in their new form."""
    params = {"jira_id": row.jira_id, "description": description, "bases": Jsonb(bases)}
    conn.execute(_QUERIES["carry_over_description"], params)
    conn.execute(_QUERIES["rehash_description"], params)
    if row.description != description:
        texts = {"jira_id": row.jira_id, "before": row.description, "now": description}
        conn.execute(_QUERIES["carry_over_operations"], texts)


def conflicts_to_carry_over(conn: Connection, jira_id: str) -> list[ShownConflict]:
    """The conflicts of an issue that wait, or whose resolution has still to take effect."""
    return [ShownConflict(**row) for row in conn.execute(_QUERIES["conflicts_to_carry_over"], {"jira_id": jira_id})]


def carry_over_conflict(conn: Connection, conflict: ShownConflict) -> None:
    """Write what a conflict shows in its new form."""
    params = {
        "id": conflict.id,
        "base": Jsonb(conflict.base_value),
        "local": Jsonb(conflict.local_value),
        "remote": Jsonb(conflict.remote_value),
        "details": Jsonb(conflict.details),
    }
    conn.execute(_QUERIES["carry_over_conflict"], params)
