"""The schema's version, and bringing it up to date: revisions, and after them what is made from the kinds of records.

Revisions are `migrations/versions/NNNN_name.py`, with the SQL beside each; `NNNN` is the revision's id. Which one a
database has is one cheap query; Alembic (half a second to import) is only loaded when there is something to do.
"""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from javis_pipeline.db.grants import grant_by_kind
from javis_pipeline.db.tracking import is_as_declared, track_records
from javis_pipeline.errors import DatabaseError
from javis_pipeline.records.tables import Tables

_MIGRATIONS = Path(__file__).with_name("migrations")
# Two processes that migrate at once wait for each other here. Any constant that no other lock uses.
_LOCK = 0x6A61766973
# Not Alembic's usual name: Dagster and other programs that use Alembic may live in the same database.
_VERSION_TABLE = "javis_schema_version"


def known_revisions() -> list[str]:
    """Ids of the revisions that this program has, oldest first."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_revision(conn: psycopg.Connection[Any]) -> str | None:
    """Id of the database's last revision; None for an empty database."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        if cursor.execute("SELECT to_regclass(%s)", [_VERSION_TABLE]).fetchone() is None:
            return None
        query = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(_VERSION_TABLE))
        revision: str | None = cursor.execute(query).fetchone()
        return revision


def check_schema(conn: psycopg.Connection[Any]) -> None:
    """Raise DatabaseError unless the schema is the one that this program was written for."""
    current, known = current_revision(conn), known_revisions()
    _refuse_newer(current, known)
    if current != known[-1]:
        raise DatabaseError(f"the database's schema is at {current or 'nothing'}, not at {known[-1]}: javis db migrate")


def migrate(url: str, tables: Tables) -> list[str]:
    """Bring the schema up to date; ids of the revisions that were applied, [] when there were none.

    Triggers, hashes and grants are made anew after a revision, and when what the kinds declare has changed.
    """
    known = known_revisions()
    with psycopg.connect(url, autocommit=True) as conn:
        if current_revision(conn) == known[-1] and is_as_declared(conn, tables):
            return []
        conn.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        before = current_revision(conn)  # read under the lock: somebody else may just have migrated
        _refuse_newer(before, known)
        if before != known[-1]:
            _upgrade(url, tables)
        elif not is_as_declared(conn, tables):
            with conn.transaction():
                declare(conn, tables)
        return known[known.index(before) + 1 :] if before else known


def declare(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Make of the newest schema what these kinds declare. Needs the owner of the tables. Does not commit."""
    track_records(conn, tables)
    grant_by_kind(conn, tables)


def _refuse_newer(current: str | None, known: list[str]) -> None:
    if current is not None and current not in known:
        raise DatabaseError(
            f"the database's schema is at revision {current}, but this program knows it only up to {known[-1]}; "
            "install the newer program that made it, or set DATABASE_URL to another database"
        )


def _upgrade(url: str, tables: Tables) -> None:
    from alembic import command  # not at import time: see the module's docstring
    from alembic.config import Config
    from sqlalchemy import create_engine, exc, pool

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)
    try:
        with engine.connect() as conn:
            config.attributes |= {"connection": conn, "version_table": _VERSION_TABLE, "tables": tables}
            command.upgrade(config, "head")
    except exc.DBAPIError as error:
        # Callers know psycopg's errors; SQLAlchemy is a detail of this function.
        raise error.orig or error from None
    finally:
        engine.dispose()
