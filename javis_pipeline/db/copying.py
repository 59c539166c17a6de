"""Many rows at once, by COPY."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

from psycopg import Copy
from psycopg.sql import SQL, Identifier

from javis_pipeline.db.connection import Connection

# By session: whether the login is subject to row-level security of a table. Its owner is not.
_guarded: WeakKeyDictionary[Connection, dict[str, bool]] = WeakKeyDictionary()
_COPY = re.compile(r"^COPY (\w+) \(([^)]+)\) FROM STDIN", re.MULTILINE)


def copy_text(conn: Connection, statement: LiteralString, text: bytes) -> None:
    """Send rows that are written already, in the text format, to a `COPY table (columns) FROM STDIN`."""
    with _copying(conn, *_named_in(statement)) as copy:
        copy.write(text)


def copy_into(conn: Connection, table: str, columns: Sequence[str], text: bytes) -> None:
    """Send rows that are written already, in the text format, to these columns of a table."""
    with _copying(conn, table, columns) as copy:
        copy.write(text)


def copy_rows(conn: Connection, statement: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows to a `COPY ... FROM STDIN`. Values of other types than numbers go quickest as text."""
    with _copying(conn, *_named_in(statement)) as copy:
        for row in rows:
            copy.write_row(row)


def _named_in(statement: str) -> tuple[str, list[str]]:
    """The table that a COPY goes to, and its columns."""
    found = _COPY.search(statement)
    assert found is not None, f"a COPY of named columns: {statement}"
    table, columns = found.groups()
    return table, [name.strip() for name in columns.split(",")]


@contextmanager
def _copying(conn: Connection, table: str, columns: Sequence[str]) -> Iterator[Copy]:
    """The COPY, open for rows.

    PostgreSQL refuses COPY into a table with row-level security to whoever is subject to it, though its policies may
    let them insert what they want: such a login copies aside, and inserts from there.
    """
    aside, target = Identifier(f"copied_{table}"), Identifier(table)
    names = SQL(", ").join(map(Identifier, columns))
    is_guarded = _is_guarded(conn, table)
    if is_guarded:
        conn.execute(
            SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS").format(
                aside, target
            )
        )
    into = aside if is_guarded else target
    with conn.cursor().copy(SQL("COPY {} ({}) FROM STDIN").format(into, names)) as copy:
        yield copy
    if is_guarded:
        conn.execute(SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(target, names, names, aside))
        conn.execute(SQL("DELETE FROM {}").format(aside))


def _is_guarded(conn: Connection, table: str) -> bool:
    known = _guarded.setdefault(conn, {})
    if table not in known:
        row = conn.execute("SELECT row_security_active(%s::regclass) AS guarded", [table]).fetchone()
        known[table] = row is not None and bool(row["guarded"])
    return known[table]
