"""The pull of eight projects with eight boards each, side by side in one process, at 100 ms a request.

Beside the floor in the same run, which asks for the issues of all projects in one query and for nothing else. As for
one project (`bench.pull`): the same canned server over TLS, the same PostgreSQL, turn by turn.
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import orjson
import urllib3

from bench import certificate
from bench.places import canned_jira, database, postgres, subject

LATENCY_MS: Final = 100
CHANGED: Final = 200
RATIO: Final = 1.4
UNCHANGED_SECONDS: Final = 1.0
CHANGED_SECONDS: Final = 1.5
_NAMES: Final = ("first", "unchanged", "changed")

Seconds = defaultdict[tuple[str, str], list[float]]
"""(whose, what) to the seconds of each round."""


def measure(*, rounds: int, issues: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    measured: Seconds = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        server_url = stack.enter_context(postgres(folder / "postgres"))
        cert = certificate.make(str(folder))
        print(f"{issues} issues in 8 projects at {LATENCY_MS} ms, {rounds} rounds", file=sys.stderr, flush=True)
        url = stack.enter_context(canned_jira(issues, LATENCY_MS, cert, module="bench.many_server"))
        for _ in range(rounds):
            for kind in ("floor", "ours", "paced"):
                _round(kind, url, server_url, cert[0], measured, issues)
    return _report(measured, issues)


def _round(kind: str, url: str, server_url: str, ca_file: str, measured: Seconds, issues: int) -> None:
    """A first load, nothing new, then a few changes, in a new process and a new database."""
    with (
        database(server_url) as database_url,
        subject(kind, url, database_url, ca_file, module="bench.many_subject") as ask,
    ):
        ask("reset")
        first = ask("pull")
        ask("pull")  # asks once how instants are read, which a first load does not
        unchanged = ask("pull")
        _touch(url, ca_file)
        changed = ask("pull")
    answers = (first, unchanged, changed)
    if [answer["issues"] for answer in answers] != [issues, 0, CHANGED]:
        raise SystemExit(f"bench: {kind} stored {[answer['issues'] for answer in answers]} issues")
    for name, answer in zip(_NAMES, answers, strict=True):
        measured[kind, name].append(answer["seconds"])


def _touch(url: str, ca_file: str) -> None:
    body = orjson.dumps({"count": CHANGED, "at_ms": int(time.time() * 1000)})
    urllib3.PoolManager(ca_certs=ca_file).request("POST", f"{url}/bench/touch", body=body)


def _report(measured: Seconds, issues: int) -> int:
    print(f"{'8 projects, 8 boards each':<28}{'floor':>9}{'ours':>9}{'paced':>9}{'ratio':>8}   target")
    missed = False
    targets = (f"<= {RATIO} x", f"<= {UNCHANGED_SECONDS} s", f"<= {CHANGED_SECONDS} s")
    for name, target in zip(_NAMES, targets, strict=True):
        floor, ours, paced = (statistics.median(measured[kind, name]) for kind in ("floor", "ours", "paced"))
        limit = {"first": RATIO * floor, "unchanged": UNCHANGED_SECONDS, "changed": CHANGED_SECONDS}[name]
        missed |= ours > limit
        said = {"first": f"{issues} issues", "unchanged": "no change", "changed": f"{CHANGED} changed"}[name]
        print(
            f"{said:<28}{floor:>7.2f} s{ours:>7.2f} s{paced:>7.2f} s{ours / floor:>8.2f}   {target}"
            f"{'  MISSED' if ours > limit else ''}"
        )
    return int(missed)
