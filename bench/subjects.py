"""Do the dates and chances of sprints and epics come true as often as they say?

At 200 instants of each corpus every running sprint and open epic is forecast from what was known then, by the product's
own path. A date held when all that was left was finished by it; where that was not finished by the end of the corpus, a
date before that end did not hold and a later one is not counted. Halves of time are told apart: the numbers in the code
were chosen without the second one. The interval is drawn by sprints and epics, whose forecasts succeed together.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.corpora import Corpus, contexts, read_projects
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import Forecast

_INSTANTS: Final = 200
_DRAWS: Final = 1000
_SAID: Final = (0.0, 0.05, 0.15, 0.5, 0.85, 1.01)
_LEVELS: Final = ("50", "85", "95")


def measure(files: Sequence[Path]) -> None:
    """Print both tables, all corpora together."""
    seen = pd.DataFrame([row for corpus in read_projects(files) for row in _rows(corpus)])
    print("| what | forecasts | of | 50 % date held | 85 % date held | 95 % date held |\n|---|--:|--:|--:|--:|--:|")
    for (kind, half), rows in itertools.chain(
        seen.groupby(["kind", "half"]), seen.assign(half="all").groupby(["kind", "half"])
    ):
        cells = " | ".join(_held(rows, level) for level in _LEVELS)
        print(f"| {kind}s, {half} | {len(rows)} | {rows['subject'].nunique()} | {cells} |", flush=True)
    print("\n| chance to be in time: said | forecasts | of | said on average | came true |\n|---|--:|--:|--:|--:|")
    told = seen[seen["said"].notna()]
    for low, high in itertools.pairwise(_SAID):
        part = told[(told["said"] >= low) & (told["said"] < high)]
        if len(part):
            said, came = part["said"].mean(), part["came"].astype("float64").mean()
            count = part["subject"].nunique()
            print(f"| {low:.0%} to {min(high, 1):.0%} | {len(part)} | {count} | {said:.0%} | {came:.0%} |")


def _rows(corpus: Corpus) -> Iterator[dict[str, Any]]:
    ends = corpus.frames.issues.set_index("key")["resolved_at"]
    for place, (frames, context) in enumerate(contexts(corpus, instants=_INSTANTS, thresholds=Thresholds())):
        for forecast in context.forecasts:
            keys = _left(frames, context, forecast)
            if (forecast.p50_on is None and forecast.on_time is None) or not keys:
                continue
            done = ends.reindex(keys)
            done_on = None if done.isna().any() else done.max().date()
            yield {
                "kind": forecast.subject.partition(":")[0],
                "subject": f"{corpus.name} {forecast.subject}",
                "half": "second half" if 2 * place >= _INSTANTS else "first half",
                "said": forecast.on_time,
                "came": forecast.target_on and done_on is not None and done_on <= forecast.target_on,
                **dict(zip(_LEVELS, _kept(forecast, done_on, corpus.last.date()), strict=True)),
            }


def _left(frames: Frames, context: WorkContext, forecast: Forecast) -> list[str]:
    """What was to be finished; [] for a sprint that is over."""
    kind, _, subject = forecast.subject.partition(":")
    if kind == "sprint":
        sprint = next(each for each in context.sprints if str(each.sprint_id) == subject)
        return [] if (sprint.days_left or 0) < 0 else list(sprint.remaining_keys)
    issues = frames.issues
    is_left = (issues["parent_key"] == subject) & (issues["status_category"] != "done") & ~issues["is_subtask"]
    return list(issues.loc[is_left, "key"])


def _kept(forecast: Forecast, done_on: date | None, last: date) -> list[bool | None]:
    """Whether each date held; None where that is not known. None at all is a date that never comes."""
    dates = (forecast.p50_on, forecast.p85_on, forecast.p95_on)
    if done_on is not None:
        return [day is None or done_on <= day for day in dates]
    return [None if day is None or day >= last else False for day in dates]


def _held(rows: pd.DataFrame, level: str) -> str:
    """How often the date held, in percent, with the 95 % interval."""
    known = rows.loc[rows[level].notna(), ["subject", level]].astype({level: "float64"})
    sums = known.groupby("subject")[level].agg(["sum", "size"]).to_numpy()
    drawn = np.random.default_rng(0).integers(len(sums), size=(_DRAWS, len(sums)))
    held, counted = sums[drawn].sum(axis=1).T
    low, high = np.quantile(held / counted, [0.025, 0.975])
    return f"{100 * known[level].mean():.0f} ({100 * low:.0f}-{100 * high:.0f})"
