"""One run of the whole graph by `dagster asset materialize`, with nothing changed: where the time goes.

On the sandbox with demo data, an embedded PostgreSQL and a Dagster instance of its own. Beside it the floor: the same
command on as many assets and checks that do nothing. They take turns, so that whatever else the machine does hits both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import psycopg
import urllib3

from bench.home import Home, home, sandbox
from javis_pipeline.home import project_root

PROJECT: Final = "OQC"
ALL_SECONDS: Final = 12.0
STEPS_SECONDS: Final = 2.0

_MODULES: Final = {"floor": "bench.empty_definitions", "ours": "javis_pipeline.definitions"}
_IMPORTS: Final = {"import dagster": "dagster", "import definitions": "javis_pipeline.definitions"}


@dataclass(frozen=True)
class Round:
    """One run of the command, in seconds.

    Attributes:
        start: From the start of Python until the run is in Dagster's database: imports, definitions, instance.
        run_start: From there until Dagster begins with the run: plan, resources.
        steps: Each step, by its name.
        between: The gaps between steps.
        end: From the end of the last step until the process is gone.
        cpu: Processor time of the process, user and system.
        requests: How many it sent to the sandbox.
    """

    start: float
    run_start: float
    steps: Mapping[str, float]
    between: float
    end: float
    cpu: float
    requests: int

    @property
    def in_steps(self) -> float:
        return sum(self.steps.values())

    @property
    def wall(self) -> float:
        return self.start + self.run_start + self.in_steps + self.between + self.end


def measure(*, rounds: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    measured: dict[str, list[Round]] = {"floor": [], "ours": []}
    imports: dict[str, list[float]] = {name: [] for name in _IMPORTS}
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        place = stack.enter_context(home(folder, stack.enter_context(sandbox("--demo"))))
        print(f"a first run of everything, then {rounds} rounds with nothing changed", file=sys.stderr, flush=True)
        for module in _MODULES.values():
            _round(place, module)
        for _ in range(rounds):
            for kind, module in _MODULES.items():
                measured[kind].append(_round(place, module))
            for name, module in _IMPORTS.items():
                imports[name].append(_timed(place, ["-c", f"import {module}"])[0])
    return _report(measured["floor"], measured["ours"], imports)


def _round(place: Home, module: str) -> Round:
    asked = f"{place.environment['JIRA_URL']}/sandbox/requests"
    urllib3.request("DELETE", asked)
    began_at = time.time()
    select = ["--select", "*", "--partition", PROJECT, "-m", module]
    wall, cpu = _timed(place, ["-m", "dagster", "asset", "materialize", *select])
    with psycopg.connect(place.dagster_url) as conn:
        rows = conn.execute(
            # The columns are UTC without a time zone.
            """SELECT extract(epoch FROM run.create_timestamp)::float8, event.dagster_event_type, event.step_key,
                      extract(epoch FROM event.timestamp)::float8
                 FROM runs AS run JOIN event_logs AS event USING (run_id)
                WHERE run.id = (SELECT max(id) FROM runs)
                  AND event.dagster_event_type IN ('PIPELINE_START', 'STEP_START', 'STEP_SUCCESS')
                ORDER BY event.id"""
        ).fetchall()
    (created_at, first, _, _), *steps = rows
    if first != "PIPELINE_START" or created_at < began_at:
        raise SystemExit(f"bench: {module} left no run behind; the measurement is worth nothing")
    spans = [(name, start, end) for (_, _, name, start), (_, _, _, end) in zip(steps[::2], steps[1::2], strict=True)]
    return Round(
        start=created_at - began_at,
        run_start=spans[0][1] - created_at,
        steps={name: end - start for name, start, end in spans},
        between=sum(start - end for (_, _, end), (_, start, _) in pairwise(spans)),
        end=began_at + wall - spans[-1][2],
        cpu=cpu,
        requests=len(urllib3.request("GET", asked).json()),
    )


def _timed(place: Home, arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock and of processor time that Python takes with these arguments."""
    log = Path(place.environment["JAVIS_HOME"]) / "command.log"
    with log.open("wb") as output:
        began_at = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, *arguments],
            cwd=project_root(),
            env=dict(place.environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began_at
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(arguments)} failed:\n{log.read_text(errors='replace')[-4000:]}")
    return seconds, used.ru_utime + used.ru_stime


def _report(floor: Sequence[Round], ours: Sequence[Round], imports: Mapping[str, Sequence[float]]) -> int:
    print(f"{f'everything of {PROJECT}, unchanged':<44}{'floor':>9}{'ours':>9}{'ratio':>8}   target")
    parts = {
        "start: Python, imports, definitions": [[one.start for one in series] for series in (floor, ours)],
        "creating and beginning the run": [[one.run_start for one in series] for series in (floor, ours)],
        "between steps": [[one.between for one in series] for series in (floor, ours)],
        "end": [[one.end for one in series] for series in (floor, ours)],
        "steps": [[one.in_steps for one in series] for series in (floor, ours)],
        "in all": [[one.wall for one in series] for series in (floor, ours)],
        "processor time": [[one.cpu for one in series] for series in (floor, ours)],
    }
    targets = {"steps": STEPS_SECONDS, "in all": ALL_SECONDS}
    missed = False
    for name, (at_least, taken) in parts.items():
        seconds = statistics.median(taken)
        late = name in targets and seconds > targets[name]
        missed |= late
        target = f"   <= {targets[name]:g} s" if name in targets else ""
        floor_seconds = statistics.median(at_least)
        print(
            f"{name:<44}{floor_seconds:>7.2f} s{seconds:>7.2f} s{seconds / floor_seconds:>8.2f}{target}"
            f"{'  MISSED' * late}"
        )
        if name.startswith("start"):
            for what, series in imports.items():
                print(f"{f'  a new process with: {what}':<44}{'':>9}{statistics.median(series):>7.2f} s")
        if name == "steps":
            for step in ours[-1].steps:
                print(f"  {step:<42}{'':>9}{statistics.median(one.steps[step] for one in ours):>7.2f} s")
    print(f"{'requests':<44}{'':>9}{max(one.requests for one in ours):>9}")
    return int(missed)
