"""The custom fields of the Jira site: what they are called, how they read, and how many issues have them.

Functions here never commit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.jira import CustomField
from javis_pipeline.records.sync import FieldPolicy

_QUERIES = named_queries("jira_fields")


class Changed(NamedTuple):
    """What became of the site's fields since they were listed last, each in words, by id."""

    renamed: Sequence[str]
    gone: Sequence[str]


def store_fields(conn: Connection, fields: Sequence[tuple[CustomField, FieldPolicy]]) -> Changed:
    """Insert or correct the fields of the site, each with the way it goes; one that it lists no more stays, as gone.

    Needs a transaction with the origin "sync".
    """
    known = {row["field_id"]: row for row in conn.execute(_QUERIES["known_fields"])}
    params = {
        "ids": [field.field_id for field, _ in fields],
        "names": [field.name for field, _ in fields],
        "untranslated_names": [field.untranslated_name for field, _ in fields],
        "types": [field.type for field, _ in fields],
        "sorts": [field.sort for field, _ in fields],
        "policies": [policy for _, policy in fields],
        "only_ins": [field.project_id for field, _ in fields],
    }
    conn.execute(_QUERIES["store_fields"], params)
    conn.execute(_QUERIES["note_gone_fields"], params)
    told = {field.field_id for field, _ in fields}
    return Changed(
        [
            f"{field.field_id}: {known[field.field_id]['name']} is called {field.name} now"
            for field, _ in fields
            if field.field_id in known and known[field.field_id]["name"] != field.name
        ],
        [
            f"{field_id} ({row['name']})"
            for field_id, row in known.items()
            if row["gone_at"] is None and field_id not in told
        ],
    )


def count_uses(conn: Connection, project: str) -> None:
    """Count anew how many issues of a project have each field; in a transaction with the origin "sync"."""
    conn.execute(_QUERIES["count_uses"], {"project": project})


def list_fields(conn: Connection, project: str | None = None) -> list[dict[str, Any]]:
    """The fields by name; of a project those that its issues have."""
    return conn.execute(_QUERIES["list_fields"], {"project": project}).fetchall()


def field_names(db: Database) -> dict[str, str]:
    """What people call each custom field, by its id; where several have one name, the id tells them apart."""
    return {row["field_id"]: row["name"] for row in db.query(_QUERIES["field_names"])}
