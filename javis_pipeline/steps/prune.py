"""Forget history that is older than it is kept, a batch at a time."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from javis_pipeline.db.connection import Database
from javis_pipeline.db.retention import HistoryTable, count_outdated, forget_outdated
from javis_pipeline.records.retention import KeepDays

_LOG = logging.getLogger(__name__)

# A batch is a fraction of a second: nobody who writes a journal at the same time waits noticeably.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went of one table, or would go: `rows` rows that are older than `days` days."""

    table: str
    days: int
    rows: int


def prune(db: Database, keep: KeepDays, *, now: datetime, dry_run: bool = False, batch: int = BATCH) -> list[Pruned]:
    """Delete history beyond its days, each batch in a transaction of its own; one entry a table.

    What an edit that has not gone out, an open conflict or an unsettled write needs stays, however old it is.
    """
    pruned = []
    for table, days in _limits(keep).items():
        before = now - timedelta(days=days)
        rows = _count(db, table, before) if dry_run else _forget(db, table, before, batch)
        pruned.append(Pruned(table, days, rows))
    if not dry_run:
        _LOG.info("pruned %s", " ".join(f"{entry.table}={entry.rows}" for entry in pruned))
    return pruned


def _limits(keep: KeepDays) -> Mapping[HistoryTable, int]:
    return {
        "sync_runs": keep.runs,
        "local_edits": keep.journal,
        "sync_outbox": keep.journal,
        "sync_creates": keep.journal,
        "sync_conflicts": keep.audit,
        "sync_audit": keep.audit,
        "sync_quarantine": keep.quarantine,
        "sync_hints": keep.runs,
        "ai_advice": keep.advice,
        "slack_posts": keep.advice,
    }


def _count(db: Database, table: HistoryTable, before: datetime) -> int:
    with db.transaction() as conn:
        return count_outdated(conn, table, before=before)


def _forget(db: Database, table: HistoryTable, before: datetime, batch: int) -> int:
    total = 0
    while True:
        with db.transaction() as conn:
            gone = forget_outdated(conn, table, before=before, limit=batch)
        total += gone
        if gone < batch:
            return total
