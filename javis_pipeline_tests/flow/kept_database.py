"""A database as it was: kept beside itself, and put back as `javis db restore` does."""

from datetime import datetime
from typing import Final, LiteralString

from psycopg import sql

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.creates import doubt_all

_TABLES: Final = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_COLUMNS: Final = """
    SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""


def keep(database: Database) -> None:
    """Keep all rows as they are, in place of what was kept before."""
    with database.transaction() as conn:
        conn.execute("SET LOCAL client_min_messages = warning")
        conn.execute("DROP SCHEMA IF EXISTS kept CASCADE")
        conn.execute("CREATE SCHEMA kept")
        for name in _tables(conn):
            conn.execute(_of(name, "CREATE TABLE kept.{name} AS TABLE public.{name}"))


def put_back(database: Database, now: datetime) -> None:
    """Replace all rows by those that were kept."""
    with database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        names = _tables(conn)
        conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, names))))
        for name in names:
            columns = [row["name"] for row in conn.execute(_COLUMNS, [name])]
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            statement = (
                "INSERT INTO public.{name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{name}"
            )
            conn.execute(_of(name, statement, columns=listed))
    doubt_all(database, now)


def _tables(conn: Connection) -> list[str]:
    return [row["name"] for row in conn.execute(_TABLES)]


def _of(name: str, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
    return sql.SQL(statement).format(name=sql.Identifier(name), **parts)
