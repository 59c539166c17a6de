"""Raw results that could not be read: kept with the reason, and tried again when they change."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import System

_QUERIES = named_queries("quarantine")


def quarantine_record(
    conn: Connection,
    system: System,
    scope: str,
    remote_id: str,
    *,
    updated_at: datetime | None,
    payload: object,
    reason: str,
    now: datetime,
) -> None:
    """Keep a record that cannot be read; `updated_at` is the change after which it is worth another try."""
    conn.execute(
        _QUERIES["quarantine_record"],
        {
            "system": system,
            "scope": scope,
            "remote_id": remote_id,
            "remote_updated_at": updated_at,
            "payload": Jsonb(payload),
            "reason": reason,
            "now": now,
        },
    )


def release_records(conn: Connection, system: System, remote_ids: Sequence[str]) -> None:
    """Forget that these could not be read: now they could."""
    conn.execute(_QUERIES["release_records"], {"system": system, "remote_ids": remote_ids})


def count_quarantined(conn: Connection, system: System, scope: str) -> int:
    """How many records of the scope cannot be read."""
    row = conn.execute(_QUERIES["count_quarantined"], {"system": system, "scope": scope}).fetchone()
    return int(row["held"]) if row else 0
