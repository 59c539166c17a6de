"""One measured process: `python -m bench.subject floor|ours JIRA_URL DATABASE_URL`, with commands on stdin.

    reset     an empty database
    pull      everything, or what changed since the last one: prints {"seconds", "issues", "peak_mb"}
    census    counts twice what is there: prints {"gone"}, which only the product looks for

A process of its own, so that the memory is the pull's alone, the processes that it starts included. Time is that of
the step, without the start of Python.
"""

import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psycopg

from bench.floor import Floor
from bench.issues import PROJECT
from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import migrate
from javis_pipeline.records.sync import Overrides
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.pull import HORIZON
from javis_pipeline.steps.sync_scope import count_scope, pull_scope
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline.wiring import TABLES

# More than one machine can ask for: the rate limit is not what is measured.
_RATE = 1000.0
_ALLOWED = Overrides(deletions=1000)


class Subject(Protocol):
    """What is measured."""

    def reset(self) -> None: ...
    def pull(self) -> int: ...
    def census(self) -> int: ...


class FloorSubject:
    """The floor, told to look back as far as we do."""

    def __init__(self, jira_url: str, database_url: str) -> None:
        self._floor = self.make(jira_url, database_url)
        self._since_ms: int | None = None

    def make(self, jira_url: str, database_url: str) -> Floor:
        return Floor(jira_url, os.environ.get("REQUESTS_CA_BUNDLE"), database_url)

    def reset(self) -> None:
        self._floor.reset()
        self._since_ms = None

    def pull(self) -> int:
        stored = self._floor.pull(self._since_ms)
        self._since_ms = int((datetime.now(UTC) - HORIZON).timestamp() * 1000)
        return stored

    def census(self) -> int:
        raise NotImplementedError("the floor never looks for what is gone")


class OurSubject:
    """The product's step."""

    def __init__(self, jira_url: str, database_url: str, *, rate: float = _RATE) -> None:
        self._database_url = database_url
        self.jira = connect(jira_url, "bench@example.com", "token", rate=rate)
        self.database: Database | None = None

    def reset(self) -> None:
        if self.database is not None:
            self.database.close()
        with psycopg.connect(self._database_url, autocommit=True) as conn:
            conn.execute("DROP SCHEMA public CASCADE")
            conn.execute("CREATE SCHEMA public")
        migrate(self._database_url, TABLES)
        self.database = Database(self._database_url)

    def pull(self) -> int:
        tally = pull_scope(self._job()).tally
        return tally.inserted + tally.updated

    def census(self) -> int:
        """Records that are gone for good: missed twice, a day apart, and allowed to be by a person."""
        count_scope(self._job())
        return count_scope(replace(self._job(days=1), overrides=_ALLOWED)).gone

    def _job(self, *, days: int = 0) -> Job:
        """A run, so many days from now."""
        assert self.database is not None, "reset comes first"
        now = datetime.now(UTC) + timedelta(days=days)
        return Job(
            db=self.database,
            system=system_of(self.jira, [PROJECT], {}),
            key=PROJECT,
            run_id=f"bench-{now.timestamp()}",
            clock=lambda: now,
        )


class PeakMemory:
    """The peaks of this process and of each that it starts, added up; those of others as far as Linux tells.

    It takes next to nothing of what is measured: processes are looked for twice a second, because with a hundred
    threads that is a hundred files to read, and only those that are known more often.
    """

    def __init__(self) -> None:
        self._children_kb: dict[str, int] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def megabytes(self) -> float:
        own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return (own_kb + sum(self._children_kb.values())) / 1024

    def _watch(self) -> None:
        while True:
            children = _children()
            for _ in range(5):
                time.sleep(0.1)
                for pid in children:
                    if peak := re.search(r"VmHWM:\s+(\d+) kB", _told(f"/proc/{pid}/status")):
                        self._children_kb[pid] = int(peak[1])


def _children() -> list[str]:
    """Ids of the processes that this one started, none where there is no Linux."""
    threads = os.listdir("/proc/self/task") if Path("/proc/self/task").exists() else []
    return [pid for thread in threads for pid in _told(f"/proc/self/task/{thread}/children").split()]


def _told(path: str) -> str:
    """What the system tells in a file; nothing of a thread or process that ended just now."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def obey(make: Callable[[str, str], Subject]) -> None:
    """Obey until stdin is closed."""
    _, jira_url, database_url = sys.argv[1:]
    subject = make(jira_url, database_url)
    memory = PeakMemory()
    for line in sys.stdin:
        if line.strip() == "reset":
            subject.reset()
            print("{}", flush=True)
            continue
        if line.strip() == "census":
            print(json.dumps({"gone": subject.census()}), flush=True)
            continue
        started_at = time.perf_counter()
        issues = subject.pull()
        seconds = time.perf_counter() - started_at
        print(json.dumps({"seconds": seconds, "issues": issues, "peak_mb": memory.megabytes()}), flush=True)


if __name__ == "__main__":
    obey(FloorSubject if sys.argv[1] == "floor" else OurSubject)
