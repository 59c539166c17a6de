"""Have the remote asked again for what it refused: a person knows better than the timetable that the cause is gone."""

from datetime import datetime
from typing import NamedTuple

from javis_pipeline.db import edits as rows
from javis_pipeline.db.connection import Database
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.errors import UsageError
from javis_pipeline.records.tables import Tables
from javis_pipeline.records.values import ResourceRef


class Asked(NamedTuple):
    """A record, and the fields of it that the next run sends again."""

    key: str
    fields: tuple[str, ...]


def retry(db: Database, tables: Tables, key: str, field: str | None, *, now: datetime) -> Asked:
    """Have one record's refused fields sent again by the next run.

    Args:
        db: The product's database.
        tables: Where each kind of records is kept.
        key: Key of an issue, also one it had before; id of a page; key of what hangs on one.
        field: Only this field; None for all.
        now: When that was wished for.

    Raises:
        UsageError: The record is not here, or nothing of it was refused.
    """
    with db.transaction() as conn:
        found = rows.record_by_key(conn, key)
    if found is None:
        raise UsageError(f"there is no issue or page {key} here; javis conflicts list --errors names what was refused")
    fields = tuple(name for name in sorted(found["sync_refused"]) if field in (None, name))
    if not fields:
        what = f"field {field} of {found['key']}" if field else f"nothing of {found['key']}"
        was = "was not refused" if field else "was refused"
        raise UsageError(f"{what} {was}; javis conflicts list --errors says what waits, and why")
    ref = ResourceRef(
        resource_type=found["resource_type"], resource_id=found["resource_id"], scope=found["scope"], key=found["key"]
    )
    PostgresStore(db, tables[ref.resource_type], ref.scope).retry([ref], field, now)
    return Asked(ref.key, fields)
