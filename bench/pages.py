"""The pull of one Confluence space, beside the floor: first load, and nothing new.

As for issues (`bench.pull`): the same canned server over TLS, the same PostgreSQL, turn by turn.
"""

import statistics
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench import certificate
from bench.places import canned_jira, database, postgres, subject

LATENCIES_MS: Final = (0, 100)
RATIO: Final = 1.4
# Who we are, the space, its newest pages, its labels, and the lists of those labels whose turn it is.
MOST_REQUESTS: Final = 8

Rounds = dict[tuple[str, int], list[tuple[Mapping[str, Any], Mapping[str, Any]]]]
"""(floor or ours, latency) to the answers (first, unchanged) of each round."""


def measure(*, rounds: int, pages: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    measured: Rounds = {}
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        server_url = stack.enter_context(postgres(folder / "postgres"))
        cert = certificate.make(str(folder))
        for latency in LATENCIES_MS:
            print(f"{pages} pages of 20 KB at {latency} ms a request, {rounds} rounds", file=sys.stderr, flush=True)
            with canned_jira(pages, latency, cert, module="bench.pages_server") as url:
                for _ in range(rounds):
                    for kind in ("floor", "ours"):
                        measured.setdefault((kind, latency), []).append(_round(kind, url, server_url, cert[0], pages))
    return _report(measured, pages)


def _round(kind: str, url: str, server_url: str, ca_file: str, pages: int) -> tuple[Any, Any]:
    """A first load, then nothing new, in a new process and a new database."""
    with (
        database(server_url) as database_url,
        subject(kind, url, database_url, ca_file, module="bench.pages_subject") as ask,
    ):
        ask("reset")
        first, unchanged = ask("pull"), ask("pull")
    if (first["pages"], unchanged["pages"]) != (pages, 0):
        raise SystemExit(f"bench: {kind} stored {first['pages']} and {unchanged['pages']} of {pages} pages")
    return first, unchanged


def _report(measured: Rounds, pages: int) -> int:
    missed = False
    print(f"{'':<28}{'floor':>9}{'ours':>9}{'ratio':>8}   target")
    for latency in LATENCIES_MS:
        floor, ours = (
            statistics.median(first["seconds"] for first, _ in measured[kind, latency]) for kind in ("floor", "ours")
        )
        late = ours > RATIO * floor
        missed |= late
        print(
            f"{f'{pages} pages, {latency} ms':<28}{floor:>7.2f} s{ours:>7.2f} s{ours / floor:>8.2f}   <= {RATIO} x"
            f"{'  MISSED' if late else ''}"
        )
    requests = max(unchanged["requests"] for _, unchanged in measured["ours", 0])
    seconds = statistics.median(unchanged["seconds"] for _, unchanged in measured["ours", 0])
    peaks = [max(unchanged["peak_mb"] for _, unchanged in measured[kind, 0]) for kind in ("floor", "ours")]
    print(f"{'no change':<28}{'':>9}{seconds:>7.2f} s{requests:>4} req   <= {MOST_REQUESTS} requests")
    print(f"{'peak memory':<28}{peaks[0]:>6.0f} MB{peaks[1]:>6.0f} MB")
    return 1 if missed or requests > MOST_REQUESTS else 0
