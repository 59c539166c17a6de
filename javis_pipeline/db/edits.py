"""Local edits made for people: plain updates, which the trigger marks like everybody else's. Functions never commit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from psycopg import sql

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import for_table
from javis_pipeline.records.jira import Sort
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import dump_json

_QUERIES = named_queries("edits")


def issue_by_key(conn: Connection, key: str) -> dict[str, Any] | None:
    """An issue by its key, or one it had before; its row is locked. None when it is not here."""
    return conn.execute(_QUERIES["issue_by_key"], {"key": key}).fetchone()


def record_by_key(conn: Connection, key: str) -> dict[str, Any] | None:
    """An issue by its key, or one it had before, or a page by its id; None when it is not here."""
    return conn.execute(_QUERIES["record_by_key"], {"key": key}).fetchone()


def keys_of_project(conn: Connection, project: str) -> list[str]:
    """All keys of a project."""
    return [row["key"] for row in conn.execute(_QUERIES["keys_of_project"], {"project": project})]


def known_people(conn: Connection) -> list[dict[str, Any]]:
    """The people whose accounts were seen: `account_id`, `display_name`, `active`."""
    return conn.execute(_QUERIES["known_people"]).fetchall()


def known_names(conn: Connection, field: Literal["status", "priority", "resolution", "team"]) -> list[str]:
    """Names that a status, a priority, a resolution or a team can have."""
    return [row["name"] for row in conn.execute(_QUERIES[f"known_{field}"])]


def page_by_key(conn: Connection, key: str) -> dict[str, Any] | None:
    """A page by its id, or by the key that it had before it was made; its row is locked. None when it is not here."""
    return conn.execute(_QUERIES["page_by_key"], {"key": key}).fetchone()


def update_issue(
    conn: Connection, record_id: UUID, columns: Mapping[str, object], elements: Mapping[str, object] | None = None
) -> None:
    """Set columns of an issue, and custom fields by id. The names of columns are ours; values are parameters."""
    parts: list[sql.Composable] = [_assignments(columns)] if columns else []
    if elements:
        parts.append(sql.SQL("custom_fields = custom_fields || %(elements)s::jsonb"))
    statement = sql.SQL("UPDATE jira_issues SET {} WHERE record_id = %(record_id)s").format(sql.SQL(", ").join(parts))
    conn.execute(statement, {**columns, "record_id": record_id, "elements": dump_json(elements or {})})


class OwnField(NamedTuple):
    """A custom field of the Jira site."""

    field_id: str
    name: str
    untranslated_name: str | None
    sort: Sort
    policy: FieldPolicy


def own_fields(conn: Connection) -> list[OwnField]:
    """The custom fields that the site has, by number."""
    return [OwnField(**row) for row in conn.execute(_QUERIES["own_fields"])]


def hanging_by_key(conn: Connection, table: Table, key: str) -> dict[str, Any] | None:
    """What hangs on an issue, by that one's key and its id; its row is locked. None when it is not here."""
    hanging = table.place.hangs_on
    assert hanging is not None, "only what hangs on others is called after them"
    query = for_table(_QUERIES["hanging_by_key"], table, by=sql.Identifier(hanging.by))
    return conn.execute(query, {"key": key}).fetchone()


def update_hanging(conn: Connection, table: Table, record_id: UUID, columns: Mapping[str, object]) -> None:
    """Set columns of what hangs on an issue, as `update_issue` does."""
    statement = sql.SQL("UPDATE {} SET {} WHERE record_id = %(record_id)s").format(
        sql.Identifier(table.name), _assignments(columns)
    )
    conn.execute(statement, {**columns, "record_id": record_id})


def insert_row(conn: Connection, table: str, columns: Mapping[str, object]) -> dict[str, Any]:
    """Wish for a record: its `key` until it is made, and its `record_id`."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(map(sql.Placeholder, columns))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING key, record_id").format(
        sql.Identifier(table), names, values
    )
    row = conn.execute(statement, dict(columns)).fetchone()
    assert row is not None, "inserted, or raised"
    return row


def remove_link(conn: Connection, key: str, label: str, other: str) -> dict[str, Any] | None:
    """Delete a link, named from either end: its `key` and `record_id`; None when there is none."""
    params = {"key": key, "label": label, "other": other}
    link = conn.execute(_QUERIES["link_between"], params).fetchone()
    if link is not None:
        conn.execute(_QUERIES["delete_link"], {"record_id": link["record_id"]})
    return link


def update_page(conn: Connection, record_id: UUID, columns: Mapping[str, object]) -> None:
    """Set columns of a page, as `update_issue` does."""
    statement = sql.SQL("UPDATE confluence_pages SET {} WHERE record_id = %(record_id)s").format(_assignments(columns))
    conn.execute(statement, {**columns, "record_id": record_id})


def _assignments(columns: Iterable[str]) -> sql.Composed:
    pairs = (sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns)
    return sql.SQL(", ").join(pairs)


def issue_labels(conn: Connection, *, key: str | None, projects: Sequence[str] | None) -> list[dict[str, Any]]:
    """Labels with the number of issues that have them (`issues`) and some of their keys (`such_as`)."""
    params = {"key": key, "projects": None if projects is None else list(projects)}
    return conn.execute(_QUERIES["issue_labels"], params).fetchall()
