"""The pull of one project, of either edition, beside the floor: first load, unchanged, a few changes, and memory.

Both ask the same canned server over TLS, and store into the same PostgreSQL: the embedded one, or that of
`DATABASE_URL`, whose role must be allowed to create databases. They take turns, so that whatever else the machine does
hits both.
"""

import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import orjson
import urllib3

from bench import certificate
from bench.places import canned_jira, database, postgres, subject

LATENCIES_MS: Final = (0, 100)
CHANGED: Final = 200
MEMORY_MB: Final = 250
RATIO: Final = 1.4
LATE: Final = 100
LATE_BY: Final = timedelta(hours=3)
DELETED: Final = 20
NO_CHANGE_SECONDS: Final = 0.4
CHANGED_SECONDS: Final = 0.6


class Site(NamedTuple):
    """An edition of Jira: what it is called, the module that serves it, and that of what is measured on it."""

    name: str
    server: str
    subject: str


CLOUD: Final = Site("Cloud", "bench.server", "bench.subject")
DATA_CENTER: Final = Site("Data Center", "bench.data_center_server", "bench.data_center_subject")


@dataclass
class Series:
    """What was measured of one subject at one latency, in seconds; `peak_mb` of its process after all of it.

    `late` is how many changes were found that the search had not shown in their time, and `gone` how many deletions.
    """

    initial: list[float] = field(default_factory=list)
    no_change: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    late: int = 0
    gone: int = 0


def measure(site: Site, *, rounds: int, issues: int, large: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        server_url = stack.enter_context(postgres(folder / "postgres"))
        cert = certificate.make(str(folder))
        measured: dict[tuple[str, int], Series] = {}
        for latency in LATENCIES_MS:
            _say(f"{site.name}: {issues} issues at {latency} ms a request, {rounds} rounds")
            with canned_jira(issues, latency, cert, module=site.server) as jira_url:
                for number in range(1, rounds + 1):
                    is_last = number == rounds
                    for kind in ("floor", "ours"):
                        series = measured.setdefault((kind, latency), Series())
                        _round((kind, site.subject), jira_url, server_url, cert[0], series, issues, is_last=is_last)
        large_mb = None
        if large:
            _say(f"{large} issues, for the memory")
            with canned_jira(large, 0, cert, module=site.server) as jira_url:
                series = Series()
                _round(("ours", site.subject), jira_url, server_url, cert[0], series, large)
                large_mb = series.peak_mb[-1]
    return _report(site, measured, issues, large, large_mb)


def _round(
    who: tuple[str, str],
    jira_url: str,
    server_url: str,
    ca_file: str,
    series: Series,
    issues: int,
    *,
    is_last: bool = False,
) -> None:
    """A first load, nothing new, then a few changes, in a new process and a new database; after the last one changes
    that the search shows hours late, and deletions."""
    kind, module = who
    with database(server_url) as database_url, subject(kind, jira_url, database_url, ca_file, module=module) as ask:
        ask("reset")
        first = ask("pull")
        _check(first["issues"] == issues, f"{kind} stored {first['issues']} of {issues} issues")
        unchanged = ask("pull")
        _check(unchanged["issues"] == 0, f"{kind} stored {unchanged['issues']} unchanged issues again")
        _change(jira_url, ca_file, CHANGED, at=time.time())
        changed = ask("pull")
        _check(changed["issues"] == CHANGED, f"{kind} found {changed['issues']} of {CHANGED} changes")
        if is_last and kind == "ours":
            _change(jira_url, ca_file, LATE, at=time.time() - LATE_BY.total_seconds(), first=1)
            series.late = ask("pull")["issues"]
            _change(jira_url, ca_file, DELETED, at=None, first=2)
            series.gone = ask("census")["gone"]
    series.initial.append(first["seconds"])
    series.no_change.append(unchanged["seconds"])
    series.changed.append(changed["seconds"])
    series.peak_mb.append(changed["peak_mb"])


def _check(holds: bool, complaint: str) -> None:
    if not holds:
        raise SystemExit(f"bench: {complaint}; the measurement is worth nothing")


def _change(jira_url: str, ca_file: str, count: int, *, at: float | None, first: int = 0) -> None:
    """Have so many issues be changed at an instant, or be gone."""
    body = orjson.dumps({"count": count, "at_ms": None if at is None else int(at * 1000), "first": first})
    urllib3.PoolManager(ca_certs=ca_file).request("POST", f"{jira_url}/bench/touch", body=body)


def _report(
    site: Site, measured: dict[tuple[str, int], Series], issues: int, large: int, large_mb: float | None
) -> int:
    print(f"{site.name:<28}{'floor':>9}{'ours':>9}{'ratio':>8}   target")
    missed = 0
    for latency in LATENCIES_MS:
        floor, ours = measured["floor", latency], measured["ours", latency]
        missed += _line(f"{issues} issues, {latency} ms", floor.initial, ours.initial, ratio=RATIO)
    floor, ours = measured["floor", 0], measured["ours", 0]
    missed += _line("no change, 0 ms", floor.no_change, ours.no_change, seconds=NO_CHANGE_SECONDS)
    missed += _line(f"{CHANGED} changed, 0 ms", floor.changed, ours.changed, seconds=CHANGED_SECONDS)
    peak = max(ours.peak_mb + measured["ours", 100].peak_mb)
    missed += peak > MEMORY_MB
    print(f"{f'peak memory, {issues}':<28}{max(floor.peak_mb):>6.0f} MB{peak:>6.0f} MB{'':>8}   <= {MEMORY_MB} MB")
    for latency in LATENCIES_MS:
        ours = measured["ours", latency]
        missed += (ours.late, ours.gone) != (LATE, DELETED)
        print(
            f"found at {latency} ms: {ours.late} of {LATE} changes that the search showed hours late, "
            f"{ours.gone} of {DELETED} deletions"
        )
    if large_mb is not None:
        missed += large_mb > MEMORY_MB
        print(f"{f'peak memory, {large}':<28}{'':>9}{large_mb:>6.0f} MB{'':>8}   <= {MEMORY_MB} MB")
    return 1 if missed else 0


def _line(
    name: str, floor: list[float], ours: list[float], *, ratio: float | None = None, seconds: float | None = None
) -> bool:
    """Print one comparison of medians; whether its target was missed."""
    at_least, taken = statistics.median(floor), statistics.median(ours)
    target = f"<= {ratio} x" if ratio else f"<= {seconds} s"
    missed = taken > ratio * at_least if ratio else taken > (seconds or 0)
    print(
        f"{name:<28}{at_least:>7.2f} s{taken:>7.2f} s{taken / at_least:>8.2f}   {target}{'  MISSED' if missed else ''}"
    )
    return missed


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
