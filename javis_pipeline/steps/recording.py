"""The book of runs, kept by every step of the sync."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from javis_pipeline.db.connection import Database
from javis_pipeline.db.runs import Outcome, finish_step, start_step
from javis_pipeline.errors import JavisError, SyncHalted
from javis_pipeline.records.values import System


@contextmanager
def recorded_step(
    db: Database, run_id: str, system: System, scope: str, step: str, *, now: datetime
) -> Iterator[dict[str, Any]]:
    """Note the start and the end of a step; the block fills the counts that are noted with it. They begin with what was
    done by an attempt of the same run that failed.

    An error is noted and raised on. Its message is noted only if it is ours: others may hold anything.
    """
    with db.transaction(origin="sync") as conn:
        counts = start_step(conn, run_id, system, scope, step, now=now)

    def finish(outcome: Outcome, error: str | None) -> None:
        with db.transaction(origin="sync") as conn:
            finish_step(conn, run_id, system, scope, step, outcome=outcome, counts=counts, error=error)

    try:
        yield counts
    except SyncHalted as error:
        _add(counts, error)
        finish("halted", str(error))
        raise
    except JavisError as error:
        _add(counts, error)
        finish("failed", str(error))
        raise
    except BaseException as error:
        finish("failed", type(error).__name__)
        raise
    finish("done", None)


def _add(counts: dict[str, Any], error: JavisError) -> None:
    for name, number in error.done.items():
        counts[name] = counts.get(name, 0) + number
