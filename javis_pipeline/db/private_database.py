"""Dagster's database is nobody's business but its owner's and the sync's."""

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

_OURS = """
    SELECT has_database_privilege('public', oid, 'CONNECT') FROM pg_database
     WHERE datname = %s AND pg_has_role(datdba, 'USAGE')
"""
_KEEPS_THE_SYNC_OUT = """
    SELECT FROM pg_database AS d, pg_roles AS r
     WHERE d.datname = %s AND r.rolname = 'javis_sync' AND NOT has_database_privilege(r.oid, d.oid, 'CONNECT')
"""


def keep_from_others(conn: psycopg.Connection[Any], name: str) -> None:
    """Let only its owner and `javis_sync` connect to this database, if we own it. The role may have been made since.

    Args:
        conn: In autocommit, to any database of the server.
        name: Name of the database; nothing is done where there is none.
    """
    found = conn.execute(_OURS, [name]).fetchone()
    if found is None:
        return
    if found == (True,):
        conn.execute(SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(Identifier(name)))
    if conn.execute(_KEEPS_THE_SYNC_OUT, [name]).fetchone() is not None:
        conn.execute(SQL("GRANT CONNECT ON DATABASE {} TO javis_sync").format(Identifier(name)))
