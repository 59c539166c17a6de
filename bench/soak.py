"""Hours of `javis live` with many projects: people edit on both sides, and runs go on beside it; nothing may grow.

A line a minute: how long edits and changes took (95th percentile), what memory `javis live` holds and how much of the
processor each of them takes, connections to the database, requests to the site. In the end both sides must agree, and
no table may have grown but those that are pruned.
"""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Final

from bench.live_place import LivePlace, live_place
from bench.seconds import p95_of
from javis_pipeline.db.connection import Database

# Of ten that something happens to, so many are edited here.
_EDITED_HERE: Final = 2
_RUN_EVERY_MINUTES: Final = 15.0
# Of memory, from the first quarter to the end.
_MOST_GROWTH: Final = 1.25
_SETTLE_SECONDS: Final = 60.0
# Each edit and change is a line or two of these until `javis db prune` forgets it.
_PRUNED: Final = frozenset({"local_edits", "sync_audit", "sync_hints", "sync_outbox", "sync_runs"})
# Of rows: which process is there, what is shown at a moment.
_FEW: Final = 10


def measure(*, minutes: float, projects: int, issues: int, rate: float) -> int:
    """Print the lines; 1 when something grew, or the sides differ in the end."""
    keys = [f"P{number}" for number in range(1, projects + 1)]
    with live_place(keys, issues=issues) as place:
        before = _rows(place.db)
        stop = Event()
        runs = Thread(target=_runs, args=(place, keys, stop), daemon=True)
        runs.start()
        crowd = _Crowd(place, keys, issues, rate)
        memory = [*_minutes(place, crowd, minutes)]
        stop.set()
        runs.join()
        differing = _differing(place, keys, issues)
        grown = {name: rows - before[name] for name, rows in _rows(place.db).items() if rows > before[name] + _FEW}
    first, last = memory[len(memory) // 4], memory[-1]
    print(f"all: {len(crowd.all_there)} edits there, p95 {p95_of(crowd.all_there):.2f} s; ", end="")
    print(f"{len(crowd.all_here)} changes here, p95 {p95_of(crowd.all_here):.2f} s")
    print("rows more:", ", ".join(f"{name} {rows}" for name, rows in sorted(grown.items())) or "none")
    print(f"memory {first:.0f} MB -> {last:.0f} MB; {differing} issues differ in the end")
    return int(last > first * _MOST_GROWTH or differing > 0 or not grown.keys() <= _PRUNED)


class _Crowd:
    """People who edit on both sides, never one issue on both at once."""

    def __init__(self, place: LivePlace, projects: list[str], issues: int, rate: float) -> None:
        self._place = place
        self._projects = projects
        self._issues = issues
        self._every = 1 / rate
        self._random = Random(7)  # noqa: S311 - chance, not a secret
        self._count = 0
        # Key of an issue to what it is called there or here as soon as it has arrived, and when that was begun.
        self._there: dict[str, tuple[str, float]] = {}
        self._here: dict[str, tuple[str, float]] = {}
        self.took_there: list[float] = []
        self.took_here: list[float] = []
        self.all_there: list[float] = []
        self.all_here: list[float] = []

    def work(self, seconds: float) -> None:
        """Edit and look for what arrives, for so long."""
        self.took_there, self.took_here = [], []
        ends = due = time.monotonic()
        ends += seconds
        while time.monotonic() < ends:
            if time.monotonic() >= due:
                due += self._every
                self._edit_something()
            self._look()
            time.sleep(0.01)
        self.all_there += self.took_there
        self.all_here += self.took_here

    def _edit_something(self) -> None:
        key = f"{self._random.choice(self._projects)}-{self._random.randint(1, self._issues)}"
        if key in self._there or key in self._here:
            return
        self._count += 1
        title = f"Title {self._count}"
        if self._random.randrange(10) < _EDITED_HERE:
            self._there[key] = title, time.monotonic()
            self._place.edit(key, title)
        else:
            self._here[key] = title, time.monotonic()
            self._place.world.jira.edit(key, title=title)

    def _look(self) -> None:
        now, here = time.monotonic(), self._place.titles_here([*self._here]) if self._here else {}
        for key, (title, began) in [*self._there.items()]:
            if self._place.title_there(key) == title:
                self.took_there.append(now - began)
                del self._there[key]
        for key, (title, began) in [*self._here.items()]:
            if here.get(key) == title:
                self.took_here.append(now - began)
                del self._here[key]


def _minutes(place: LivePlace, crowd: _Crowd, minutes: float) -> Iterator[float]:
    """The memory of `javis live` after each minute, in MB; prints a line for each."""
    print(f"{'minute':>7}{'changes':>9}{'there p95':>11}{'here p95':>10}", end="")
    print(f"{'memory':>9}{'each':>8}{'sessions':>10}{'requests':>10}")
    for minute in range(1, max(1, round(minutes)) + 1):
        before, worked = _requests(place), _processor_ms(place.pid)
        crowd.work(min(minutes, 1) * 60)
        changes = len(crowd.took_there) + len(crowd.took_here)
        each = (_processor_ms(place.pid) - worked) / max(changes, 1)
        memory = _megabytes(place.pid)
        sessions = place.db.query("SELECT count(*) AS number FROM pg_stat_activity WHERE datname = current_database()")
        print(
            f"{minute:>7}{changes:>9}{p95_of(crowd.took_there):>11.2f}"
            f"{p95_of(crowd.took_here):>10.2f}{memory:>6.0f} MB{each:>5.0f} ms{sessions[0]['number']:>10}"
            f"{_requests(place) - before:>10}",
            flush=True,
        )
        yield memory


def _runs(place: LivePlace, projects: list[str], stop: Event) -> None:
    """Each project in its turn, as the schedules do it."""
    wait = _RUN_EVERY_MINUTES * 60 / len(projects)
    while True:
        for project in projects:
            if stop.wait(wait):
                return
            place.sync(project)


def _differing(place: LivePlace, projects: list[str], issues: int) -> int:
    """Issues that are called otherwise here and there, when all has come to rest."""
    ends = time.monotonic() + _SETTLE_SECONDS
    keys = [f"{project}-{number + 1}" for project in projects for number in range(issues)]
    while True:
        here = place.titles_here(keys)
        differing = sum(here.get(key) != place.title_there(key) for key in keys)
        if not differing or time.monotonic() > ends:
            return differing
        time.sleep(1)


def _rows(db: Database) -> Mapping[str, int]:
    """How many rows each table has."""
    tables = [row["name"] for row in db.query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")]
    counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM public.{name}" for name in tables)  # noqa: S608
    return {row["name"]: row["rows"] for row in db.query(counts)}


def _requests(place: LivePlace) -> int:
    """Number of the last request."""
    kept = place.world.exchanges.matching()
    return kept[-1].number if kept else 0


def _megabytes(pid: int) -> float:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096 / 1e6


def _processor_ms(pid: int) -> float:
    """How long the process has worked."""
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")
