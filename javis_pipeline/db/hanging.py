"""What hangs on records and is written here too, such as comments on issues: set-wise, as it comes with them.

Functions here never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString

from psycopg.errors import UniqueViolation
from psycopg.sql import SQL, Composable, Composed, Identifier

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.copying import copy_into
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import MOST_KEPT, for_table
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

_QUERIES = named_queries("hanging")
_IS_TOLD: LiteralString = (
    "(%(gone)s::text[] IS NULL OR c.{id} = ANY (%(gone)s)"
    " OR EXISTS (SELECT FROM {incoming} AS told WHERE told.{id} = c.{id}))"
)


def merge_hanging(
    conn: Connection,
    table: Table,
    stale_of: Sequence[str],
    lines: bytes,
    *,
    gone: Sequence[str] | None = None,
    run_id: str,
    now: datetime,
) -> list[ResourceRef]:
    """Make what hangs on the records `stale_of` (ids) what came; what was edited here, or about which something is
    under way, is left and named.

    Args:
        conn: A transaction of the sync's.
        table: Of what hangs.
        stale_of: What it hangs on.
        lines: What came, in COPY's text format.
        gone: Ids of what is not there any more; None where that is all that did not come.
        run_id: For the audit.
        now: Dates what is stored.
    """
    if not stale_of or not (lines or _run(conn, table, "something_hangs", stale_of)):
        return []
    _receive(conn, table, lines)
    params: dict[str, Any] = {"run_id": run_id, "now": now, "gone": None if gone is None else [*gone]}
    taken = _run(conn, table, "lock_takable", stale_of, params)
    params["taken"] = [row["record_id"] for row in taken]
    audited = ("audit_hanging",) if table.edited else ()
    for query in ("remove_gone", *audited, "update_hanging", "insert_hanging"):
        _run(conn, table, query, stale_of, params)
    _note_hashes(conn, table, stale_of)
    left = _run(conn, table, "leftovers", stale_of, params)
    return [
        ResourceRef(resource_type=table.kind, resource_id=row["id"], scope=row["scope"], key=row["key"]) for row in left
    ]


def insert_hanging(conn: Connection, table: Table, new: Sequence[str], lines: bytes) -> None:
    """Store what hangs on records that are new here (ids), in COPY's text format.

    An id that comes twice, or that hangs on another record, is a mistake of the site: it is stored once, and stops
    nothing.
    """
    if not lines:
        return
    try:
        with conn.transaction():
            copy_into(conn, table.name, table.brought, lines)
    except UniqueViolation:
        _receive(conn, table, lines)
        _run(conn, table, "insert_hanging", new)
    _note_hashes(conn, table, new)


def _note_hashes(conn: Connection, table: Table, on: Sequence[str]) -> None:
    """Note how it came, of what people edit."""
    if table.edited:
        _run(conn, table, "hash_hanging", on)


def _receive(conn: Connection, table: Table, lines: bytes) -> None:
    """Put what came into a table of its own."""
    incoming = _incoming(table)
    _run(conn, table, "make_incoming", ())
    conn.execute(SQL("DELETE FROM pg_temp.{}").format(Identifier(incoming)))
    if lines:
        copy_into(conn, incoming, table.brought, lines)


def _incoming(table: Table) -> str:
    return f"incoming_{table.name}"


def _run(
    conn: Connection, table: Table, query: str, on: Sequence[str], params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    given = {"on": on, "kind": table.kind, "system": table.system, **(params or {})}
    cursor = conn.execute(_statement(table, query), given)
    return cursor.fetchall() if cursor.description else []


@lru_cache(MOST_KEPT)
def _statement(table: Table, query: str) -> bytes:
    hanging, edited = table.place.hangs_on, [column.name for column in table.edited]
    assert hanging is not None, "only what hangs on others comes with them"
    mirrored = [name for name in (*table.place.facts, *table.fields) if name not in edited]
    author = table.place.editing.author if table.place.editing else None
    return for_table(
        _QUERIES[query],
        table,
        on=Identifier(hanging.id),
        incoming=Identifier(_incoming(table)),
        brought=_columns(table.brought),
        of_c=_columns(table.brought, "c"),
        of_p=_columns(table.brought, "p"),
        mirrored_of_c=_columns(mirrored, "c"),
        mirrored_of_p=_columns(mirrored, "p"),
        is_edited=_differ(edited),
        is_told=SQL(_IS_TOLD).format(incoming=Identifier(_incoming(table)), id=Identifier(table.id)),
        is_ours=SQL("w.account_id = c.{}").format(Identifier(author)) if author else SQL("true"),
        may_be_it=_by_us(author) if author else SQL("false"),
    ).as_bytes()


def _by_us(author: str) -> Composed:
    """Whether what came is what our account may have made of a wish `w`, as far as it tells who wrote it, and when."""
    by_us = SQL(
        "coalesce(p.{} = w.fence_account, true) AND coalesce(p.created_at >= w.fence_at - interval '1 minute', true)"
    )
    return by_us.format(Identifier(author))


def _differ(names: Sequence[str]) -> Composable:
    if not names:
        return SQL("false")
    return SQL("({}) IS DISTINCT FROM ({})").format(_columns(names, "c"), _columns(names, "p"))


def _columns(names: Iterable[str], of: str | None = None) -> Composed:
    parts = [SQL("{}.{}").format(Identifier(of), Identifier(name)) if of else Identifier(name) for name in names]
    return SQL(", ").join(parts)
