"""Delete a record here and have it put away there: for people who do not write SQL, and for rows that were deleted
while nothing was put away."""

from typing import NamedTuple
from uuid import UUID

import psycopg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.edits import record_by_key
from javis_pipeline.db.put_away import delete_row, way_out
from javis_pipeline.errors import UsageError
from javis_pipeline.records.policy import Way
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.tables import Tables
from javis_pipeline.records.values import System


class PutAway(NamedTuple):
    """A record that the next sync puts away."""

    key: str
    record_id: UUID
    system: System


def put_away(db: Database, tables: Tables, key: str, way: Way, *, dry_run: bool = False) -> PutAway:
    """Delete an issue or a page here, so that the next sync puts it away there.

    Args:
        db: The product's database.
        tables: Where each kind of records is kept.
        key: Key of an issue, or id of a page.
        way: What becomes of it there.
        dry_run: Only check it, and change nothing.

    Raises:
        UsageError: There is no such record here, or no setting allows it.
    """
    with db.transaction(application_name=f"javis {way}") as conn:
        found = record_by_key(conn, key)
        if found is None:
            raise UsageError(f"there is no issue or page {key} here")
        table = tables[found["resource_type"]]
        if table.place.putting_away is None:
            raise UsageError(f"{key} is neither an issue nor a page; delete its row in the table {table.name}")
        allowed = way_out(conn, table, found["scope"])
        if allowed is None or (allowed, way) == ("archive", "delete"):
            raise UsageError(_not_allowed(found["scope"], key, way, allowed))
        if not delete_row(conn, table, found["record_id"], way):
            raise UsageError(f"{key} is not in {SYSTEMS[table.system].title}; nothing was changed")
        if dry_run:
            raise psycopg.Rollback
    return PutAway(found["key"], found["record_id"], table.system)


def _not_allowed(scope: str, key: str, way: Way, allowed: Way | None) -> str:
    """What would allow it; of two ways the one that can be undone comes first."""
    if allowed is not None:
        return (
            f"what is deleted in {scope} is archived there: javis archive {key}. "
            f"JAVIS_DELETE=KEY:{way}, with the key of the project, lets it be {way}d"
        )
    first = "" if way == "archive" else "JAVIS_DELETE=KEY:archive lets it be archived, from where it can be restored; "
    return (
        f"nothing of {scope} is archived or deleted there. {first}JAVIS_DELETE=KEY:{way}, with the key of the project, "
        f"lets it be {way}d"
    )
