"""The book of runs: each step of each scope, when it ran, how it ended, and its counts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import System

_QUERIES = named_queries("runs")

Outcome = Literal["done", "failed", "halted"]


def start_step(
    conn: Connection, run_id: str, system: System, scope: str, step: str, *, now: datetime
) -> dict[str, Any]:
    """Note that a step begins; one that is tried again within its run starts over. What it had done until it failed."""
    params = {"run_id": run_id, "system": system, "scope": scope, "step": step, "now": now}
    row = conn.execute(_QUERIES["start_step"], params).fetchone()
    assert row is not None
    return dict(row["done"])


def finish_step(
    conn: Connection,
    run_id: str,
    system: System,
    scope: str,
    step: str,
    *,
    outcome: Outcome,
    counts: Mapping[str, object],
    error: str | None = None,
) -> None:
    """Note how a step ended, by the server's clock; `error` is one line for people."""
    conn.execute(
        _QUERIES["finish_step"],
        {
            "run_id": run_id,
            "system": system,
            "scope": scope,
            "step": step,
            "outcome": outcome,
            "counts": Jsonb(dict(counts)),
            "error": error,
        },
    )
