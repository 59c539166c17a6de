"""Many rows at once, by COPY."""

from collections.abc import Iterable
from typing import Any, LiteralString

from javis_pipeline.db.connection import Connection


def copy_text(conn: Connection, statement: LiteralString, text: bytes) -> None:
    """Send rows that are written already, in the text format."""
    with conn.cursor().copy(statement) as copy:
        copy.write(text)


def copy_rows(conn: Connection, statement: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows to a `COPY ... FROM STDIN`. Values of other types than numbers go quickest as text."""
    with conn.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
