"""How far back should the pace look? Each half-life of a week's weight, by how its dates did.

Every choice forecasts the same items at the same moments. Its cost is the pinball loss of its 50, 85 and 95 % dates, on
the logarithm of days: least for whoever tells the true ones, so that dates that are late to be safe gain nothing by it.
Histories count alike; halves of time are told apart, because what is chosen on one has to hold on the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.corpora import Corpus, made_teams, read_corpora
from bench.forecast import LEVELS, Moment, moments
from javis_pipeline.context.outlook import PACE_HALF_LIFE, Work

HALF_LIVES: Final = (3.0, 4.0, 5.0, 6.0, PACE_HALF_LIFE, 12.0)
_WEEKS: Final = (1, 2, 4, 8)
_INSTANTS: Final = 100
_MADE_TEAMS: Final = 5
# Later than any date that is told.
_FAR: Final = 2000.0


def measure(files: Sequence[Path] = ()) -> int:
    """Print what each choice costs, against the one that stands, and how often its 85 % date held."""
    made = [row for alike in made_teams(teams=_MADE_TEAMS) for team in alike for row in _rows(team, _INSTANTS // 5)]
    rows = pd.DataFrame([*made, *(row for corpus in read_corpora(files) for row in _rows(corpus, _INSTANTS))])
    print("| weeks back that count half | " + " | ".join(f"{each:g}" for each in HALF_LIVES) + " |")
    print(f"|---|{'--:|' * len(HALF_LIVES)}")
    for name, part in _parts(rows):
        if len(part):
            by_choice = (
                part.groupby(["name", "weeks", "half_life"])[["held", "cost"]].mean().groupby("half_life").mean()
            )
            change = 100 * (by_choice["cost"] / by_choice["cost"][PACE_HALF_LIFE] - 1)
            print(f"| {name}, cost | " + " | ".join(f"{each:+.1f} %" for each in change) + " |")
            print(
                f"| {name}, 85 % date held | " + " | ".join(f"{100 * each:.1f} %" for each in by_choice["held"]) + " |"
            )
    return 0


def _parts(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    real = rows[~rows["is_made"]]
    yield "real histories", real
    yield "the same, first half of the time", real[real["place"] < 0.5]
    yield "the same, second half", real[real["place"] >= 0.5]
    yield "whole projects alone", real[~real["name"].str.contains(", ")]
    yield "made-up teams", rows[rows["is_made"]]


def _rows(corpus: Corpus, instants: int) -> Iterator[dict[str, Any]]:
    for moment in moments(corpus, instants=instants):
        lately = moment.outlook.daily[-7 * moment.outlook.weeks :]
        pace = 7 * lately.sum() / len(lately)
        for weeks in _WEEKS:
            items = max(1, round(pace * weeks))
            if moment.until >= 1.5 * 7 * weeks:
                for half_life in HALF_LIVES:
                    about = {"name": corpus.name, "is_made": corpus.is_made, "place": moment.place, "weeks": weeks}
                    yield {**about, "half_life": half_life, **_judged(moment, items, half_life)}


def _judged(moment: Moment, items: int, half_life: float) -> dict[str, float]:
    outlook = replace(moment.outlook, half_life=half_life)
    dates = np.floor(outlook.days_at(Work(items), LEVELS))
    took = moment.took(items)
    # What was never finished took at least as long as is known.
    misses = np.log1p(min(took, moment.until)) - np.log1p(np.minimum(dates, _FAR))
    levels = np.array(LEVELS)
    cost = np.maximum(levels * misses, (levels - 1) * misses).sum()
    return {"held": float(took <= dates[1]), "cost": float(cost)}
