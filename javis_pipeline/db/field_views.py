"""The view of a project's issues with a column for each custom field, by its name."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.errors import DatabaseError, UsageError
from javis_pipeline.records.jira import CustomField

_QUERIES = named_queries("field_views")
# What an identifier of PostgreSQL has at most.
MOST_BYTES: Final = 63
# A view takes 1 664 columns. Beyond this, only fields that the project's issues have get one.
MOST_FIELDS: Final = 1_200


class Wanted(NamedTuple):
    """A custom field that should have a column."""

    field_id: str
    name: str
    sort: str


class FieldColumn(NamedTuple):
    """A column of a view; `field_id` and `sort` are None for one of the table of issues."""

    name: str
    field_id: str | None
    sort: str | None


def new_columns(had: Sequence[FieldColumn], standard: Iterable[str], fields: Iterable[Wanted]) -> list[FieldColumn]:
    """The columns that a view lacks, in the order in which they are appended.

    A column of the table keeps its name, and of several fields with one name the first: the others are told by number.
    """
    taken = {column.name for column in had}
    known = {(column.field_id, column.sort) for column in had}
    called = {(column.field_id, column.name) for column in had}
    found = [FieldColumn(name, None, None) for name in standard if name not in taken]
    taken |= {column.name for column in found}
    for field in fields:
        plain, numbered = _shortened(field.name, ""), _shortened(field.name, f" ({field.field_id.rpartition('_')[2]})")
        if (field.field_id, field.sort) in known and {(field.field_id, plain), (field.field_id, numbered)} & called:
            continue
        name = next((one for one in (plain, numbered) if one not in taken), None)
        if name is not None:
            found.append(FieldColumn(name, field.field_id, field.sort))
            taken.add(name)
    return found


def _shortened(name: str, ending: str) -> str:
    """The name with that ending, cut between letters so that PostgreSQL takes it whole."""
    room = MOST_BYTES - len(ending.encode())
    return (name.encode()[:room].decode(errors="ignore") if name.strip() else "field") + ending


def refresh_view(db: Database, project: str, fields: Sequence[CustomField]) -> str | None:
    """Bring the view of a project up to date; why that was not possible now, if so.

    Only appends columns, so that what others have made of the view goes on.

    Args:
        db: The product's database.
        project: Its key.
        fields: What has a column, by number.
    """
    try:
        with db.transaction(origin="sync") as conn:
            conn.execute(_QUERIES["wait_shortly"])
            _append(conn, project, _few_enough(conn, project, [_wanted(field) for field in fields]))
            conn.execute(_QUERIES["make_view"], {"project": project})
    except (DatabaseError, psycopg.Error) as error:
        reason = str(error).splitlines()[0]
        return f"the view issues_{project.lower()} was not brought up to date, which the next run tries again: {reason}"
    return None


def rebuild_view(conn: Connection, project: str) -> int | None:
    """Make a view anew, without former names and fields that are gone; how many fields it has, None without a view.

    Needs a transaction with the origin "sync".

    Raises:
        UsageError: Others have made something of the view.
    """
    fields = [Wanted(row["field_id"], row["name"], row["sort"]) for row in _asked(conn, "fields_of_view", project)]
    if not _asked(conn, "columns_of_view", project):
        return None
    conn.execute(_QUERIES["wait_shortly"])
    try:
        conn.execute(_QUERIES["drop_view"], {"project": project})
    except psycopg.errors.DependentObjectsStillExist as error:
        raise UsageError(
            f"the view of {project} stays as it is, because others need it: {error.diag.message_detail}"
        ) from error
    _append(conn, project, fields)
    conn.execute(_QUERIES["make_view"], {"project": project})
    return len(fields)


def _append(conn: Connection, project: str, fields: Iterable[Wanted]) -> None:
    had = [FieldColumn(**row) for row in _asked(conn, "columns_of_view", project)]
    columns = new_columns(had, [row["name"] for row in _asked(conn, "standard_columns", project)], fields)
    params = {
        "project": project,
        "first": len(had) + 1,
        "names": [column.name for column in columns],
        "field_ids": [column.field_id for column in columns],
        "sorts": [column.sort for column in columns],
    }
    if columns:
        conn.execute(_QUERIES["append_columns"], params)


def _few_enough(conn: Connection, project: str, fields: list[Wanted]) -> list[Wanted]:
    if len(fields) <= MOST_FIELDS:
        return fields
    used = {row["field_id"] for row in _asked(conn, "used_fields", project)}
    return [field for field in fields if field.field_id in used][:MOST_FIELDS]


def _wanted(field: CustomField) -> Wanted:
    return Wanted(field.field_id, field.name, field.sort)


def _asked(conn: Connection, query: str, project: str) -> list[dict[str, Any]]:
    return conn.execute(_QUERIES[query], {"project": project}).fetchall()
