"""Statements that are made for the table of a kind: its name, its columns, and lists of them."""

from functools import lru_cache
from typing import Final, LiteralString

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from javis_pipeline.records.tables import Column, Table

# More than there are statements for all kinds together.
MOST_KEPT: Final = 1_000


def for_table(query: LiteralString, table: Table, **parts: Composable) -> Composed:
    """A statement with these in place of their names in braces.

    `table`, `id`, `key`, `scope`, `hash` and `base_hash` are the table, its columns, and the functions that hash its
    rows; `hash_of_p` is the hash of a row `p` of another table with the same columns; `audited` are (field, old, new)
    of the columns that people edit, from row `i` to row `p`; `fields_of_r` are the fields of row `r` as JSON, elements
    too; `to_put_away` says whether row `r` was deleted here, and the record is to be put away there.
    """
    elements = table.place.elements
    doc = SQL("to_jsonb(r)")
    hashed = SQL(", ").join(SQL("p.{}").format(Identifier(column.name)) for column in table.hashed)
    return SQL(query).format(
        table=Identifier(table.name),
        id=Identifier(table.id),
        key=Identifier(table.key),
        scope=Identifier(table.scope),
        hash=Identifier(table.hash),
        base_hash=Identifier(table.base_hash),
        hash_of_p=SQL("{}({})").format(Identifier(table.hash), hashed),
        fields_of_r=SQL("({} || r.{})").format(doc, Identifier(elements)) if elements else doc,
        audited=SQL(", ").join(map(_audited, table.edited)),
        to_put_away=_to_put_away(table),
        **parts,
    )


@lru_cache(MOST_KEPT)
def text_for_table(query: LiteralString, table: Table, columns: tuple[str, ...] = ()) -> bytes:
    """The same as it is sent, made once: that takes longer than most statements do. `columns` are these names."""
    names = SQL(", ").join(map(Identifier, columns))
    return for_table(query, table, columns=names).as_bytes()


def _to_put_away(table: Table) -> SQL:
    if table.place.putting_away:
        return SQL("r.local_deleted_at IS NOT NULL AND r.removal IN ('archive', 'delete')")
    return SQL("r.local_deleted_at IS NOT NULL" if table.place.removes else "false")


def _audited(column: Column) -> Composed:
    name = Identifier(column.name)
    return SQL("({}, to_jsonb(i.{}), to_jsonb(p.{}))").format(Literal(column.name), name, name)
