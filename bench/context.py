"""The work context of a large project, beside the floor: reading the same rows and doing nothing with them.

The project is made up (history, sprints, links and all), and lives in the embedded PostgreSQL or `DATABASE_URL`'s,
whose role must be allowed to create databases. Each round is a process of its own, so that the memory is the context's
alone; time is that of the step, without the start of Python and pandas.
"""

import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.places import database, postgres
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.db.connection import Database
from javis_pipeline.db.context import context_rows
from javis_pipeline.db.migrate import migrate
from javis_pipeline.steps.build_context import ContextScope, read_context
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.made_project import NOW, made_project, store_project

ISSUES: Final = 100_000
SECONDS: Final = 3.0
MEMORY_MB: Final = 600
_PROJECT = "OQC"


def measure(*, rounds: int, issues: int = ISSUES) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    with (
        tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True) as folder,
        postgres(Path(folder)) as server_url,
        database(server_url) as url,
    ):
        print(f"{issues} issues for the work context, {rounds} rounds", file=sys.stderr, flush=True)
        _fill(url, issues)
        results = [_round(url) for _ in range(rounds)]
    floor, first, again = (
        statistics.median(result[name] for result in results) for name in ("floor", "first", "again")
    )
    peak = max(result["peak_mb"] for result in results)
    print(f"{f'context of {issues} issues':<28}{'floor':>9}{'ours':>9}   target")
    print(f"{'in a new process':<28}{floor:>7.2f} s{first:>7.2f} s   <= {SECONDS:g} s{'  MISSED' * (first > SECONDS)}")
    print(f"{'again':<28}{'':>9}{again:>7.2f} s")
    print(f"{'peak memory':<28}{'':>9}{peak:>6.0f} MB   <= {MEMORY_MB} MB{'  MISSED' * (peak > MEMORY_MB)}")
    return int(first > SECONDS or peak > MEMORY_MB)


def _fill(url: str, issues: int) -> None:
    migrate(url, TABLES)
    with Database(url) as db:
        with db.transaction(origin="sync") as conn:
            store_project(conn, made_project(_PROJECT, issues=issues, seed=3))
        # As autovacuum would have done it by the time that somebody asks.
        db.query("ANALYZE")


def _round(url: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bench.context", url], stdout=subprocess.PIPE, check=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _measured(url: str) -> dict[str, float]:
    """Seconds for the rows alone, for a first context and for another one, and the peak memory."""
    # The step imports it when it is called.
    import_module("javis_pipeline.context.build")
    limits = Thresholds()
    labels = (*limits.blocks_labels, *limits.blocked_by_labels)
    since = NOW - timedelta(weeks=limits.weeks)
    with Database(url) as db:
        seconds = [time.perf_counter()]
        with db.transaction() as conn:
            context_rows(conn, project_key=_PROJECT, spaces=[], labels=labels, since=since)
        seconds.append(time.perf_counter())
        for _ in range(2):
            read_context(db, ContextScope(_PROJECT), now=NOW)
            seconds.append(time.perf_counter())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    floor, first, again = (after - before for before, after in itertools.pairwise(seconds))
    return {"floor": floor, "first": first, "again": again, "peak_mb": peak_mb}


if __name__ == "__main__":
    json.dump(_measured(sys.argv[1]), sys.stdout)
