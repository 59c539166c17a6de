"""Records whose rows are deleted here and that are put away there. Functions never commit."""

from uuid import UUID

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.table_queries import text_for_table
from javis_pipeline.records.policy import Way
from javis_pipeline.records.tables import Table

_QUERIES = named_queries("put_away")


def way_out(conn: Connection, table: Table, scope: str) -> Way | None:
    """What may become there of records of a scope whose rows are deleted here; None: nothing."""
    row = conn.execute(_QUERIES["way_out"], {"system": table.system, "scope": scope}).fetchone()
    return row["way"] if row else None


def delete_row(conn: Connection, table: Table, record_id: UUID, way: Way) -> bool:
    """Delete a row as everybody does, and say what becomes of its record there; False when it is not there. Needs the
    rights of the sync."""
    params = {"record_id": record_id, "way": way}
    conn.execute(text_for_table(_QUERIES["delete_row"], table), params)
    conn.execute("SELECT set_config('javis.origin', 'sync', true)")
    return conn.execute(text_for_table(_QUERIES["say_way_out"], table), params).rowcount == 1
