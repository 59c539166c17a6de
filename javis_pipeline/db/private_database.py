"""Dagster's database is nobody's business but its owner's and the sync's."""

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

_OPEN_TO_ALL = """
    SELECT FROM pg_database
     WHERE datname = %s AND pg_has_role(datdba, 'USAGE') AND has_database_privilege('public', oid, 'CONNECT')
"""


def keep_from_others(conn: psycopg.Connection[Any], name: str) -> None:
    """Let only its owner and `javis_sync` connect to this database, if we own it and everybody could.

    Args:
        conn: In autocommit, to any database of the server.
        name: Name of the database.
    """
    if conn.execute(_OPEN_TO_ALL, [name]).fetchone() is None:
        return
    if conn.execute("SELECT to_regrole('javis_sync') IS NOT NULL").fetchone() == (True,):
        conn.execute(SQL("GRANT CONNECT ON DATABASE {} TO javis_sync").format(Identifier(name)))
    conn.execute(SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
