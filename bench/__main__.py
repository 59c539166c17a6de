"""`python -m bench [WHAT] [--rounds N] ...`: one measurement, or all."""

import argparse
import sys
from pathlib import Path

from bench import (
    context,
    contradictions,
    descriptions,
    everything,
    fields,
    forecast,
    large,
    many,
    pace,
    pages,
    pull,
    queue_load,
    requests,
    seconds,
    signals,
    soak,
    writes,
)


def main() -> int:
    """Run what was asked for; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures javis_pipeline beside a floor.")
    names = [
        "pull",
        "data-center",
        "fields",
        "projects",
        "pages",
        "descriptions",
        "context",
        "forecast",
        "pace",
        "signals",
        "contradictions",
        "run",
        "queue",
        "requests",
        "seconds",
        "writes",
        "soak",
        "large",
    ]
    parser.add_argument("what", nargs="?", choices=names, help="one measurement; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--issues", type=int, default=20_000, help="pull, data-center, fields: issues of a first load")
    parser.add_argument("--large", type=int, default=100_000, help="pull: issues of the memory check; 0 leaves it out")
    parser.add_argument("--pages", type=int, default=5_000, help="pages: pages of a first load")
    parser.add_argument("--due", type=int, default=2_000, help="queue: issues of each of the ten projects")
    parser.add_argument("--minutes", type=float, default=120, help="soak: how long")
    parser.add_argument("--projects", type=int, default=10, help="soak: projects that share the issues; large: all")
    parser.add_argument("--each", type=int, default=10_000, help="large: issues of each project")
    parser.add_argument("--rate", type=float, default=20, help="soak: edits and changes a second")
    parser.add_argument("--edits", type=int, default=200, help="seconds: edits of each kind")
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        help="fields, forecast, pace, signals, contradictions: corpora, as `sandbox --load` reads",
    )
    given = parser.parse_args()
    missed = 0
    if given.what in (None, "pull"):
        missed = pull.measure(pull.CLOUD, rounds=given.rounds, issues=given.issues, large=given.large)
    if given.what in (None, "data-center"):
        missed |= pull.measure(pull.DATA_CENTER, rounds=given.rounds, issues=given.issues, large=0)
    if given.what in (None, "fields"):
        missed |= fields.measure(rounds=given.rounds, issues=given.issues, files=given.files)
    if given.what in (None, "projects"):
        missed |= many.measure(rounds=given.rounds, issues=given.issues)
    if given.what in (None, "pages"):
        missed |= pages.measure(rounds=given.rounds, pages=given.pages)
    if given.what in (None, "descriptions"):
        missed |= descriptions.measure(rounds=given.rounds)
    if given.what in (None, "context"):
        missed |= context.measure(rounds=given.rounds)
    if given.what in (None, "forecast"):
        missed |= forecast.measure(given.files)
    if given.what == "pace":
        missed |= pace.measure(given.files)
    if given.what in (None, "signals"):
        missed |= signals.measure(given.files)
    if given.what in (None, "contradictions"):
        missed |= contradictions.measure(given.files)
    if given.what in (None, "run"):
        missed |= everything.measure(rounds=given.rounds)
    if given.what in (None, "requests"):
        missed |= requests.measure()
    if given.what in (None, "seconds"):
        missed |= seconds.measure(edits=given.edits)
    if given.what in (None, "writes"):
        missed |= writes.measure(rounds=given.rounds)
    if given.what == "soak":
        missed |= soak.measure(
            minutes=given.minutes, projects=given.projects, issues=given.issues // given.projects, rate=given.rate
        )
    if given.what == "large":
        missed |= large.measure(projects=given.projects, each=given.each)
    if given.what in (None, "queue"):
        missed |= queue_load.measure(issues=given.due)
    return missed


if __name__ == "__main__":
    sys.exit(main())
