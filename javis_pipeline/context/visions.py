"""Which goal of the roadmap the work of the project serves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from javis_pipeline.context.days import as_date, as_text
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.plans import EpicProgress, VisionState, VisionVerdict


def describe_visions(
    visions: pd.DataFrame, issues: pd.DataFrame, epics: Iterable[EpicProgress], forecasts: Iterable[Forecast]
) -> tuple[VisionState, ...]:
    """The active visions that name an epic of the project, and those that name none at all.

    Args:
        visions: Frame `visions`.
        issues: As `with_history` returns them.
    """
    named = {key for keys in visions["epic_keys"] for key in keys}
    ours = issues[issues["key"].isin(named)]
    keys = set(ours["key"])
    done = set(ours.loc[ours["is_done"], "key"])
    by_key = {epic.key: epic for epic in epics}
    expected = {forecast.subject.removeprefix("epic:"): forecast.p85_on for forecast in forecasts}
    return tuple(
        _describe(vision, done, by_key, expected)
        for vision in visions.to_dict("records")
        if not vision["epic_keys"] or keys.intersection(vision["epic_keys"])
    )


def _describe(
    vision: Mapping[Any, Any],
    done: set[str],
    epics: Mapping[str, EpicProgress],
    expected: Mapping[str, date | None],
) -> VisionState:
    named: Sequence[str] = list(dict.fromkeys(vision["epic_keys"]))
    live = [key for key in named if key in epics]
    # An epic without open items is expected by now; one without a forecast makes the end of the vision unknown.
    ends = [expected.get(key) for key in live if epics[key].items > epics[key].done]
    known_ends = [end for end in ends if end is not None]
    expected_on = max(known_ends) if known_ends and len(known_ends) == len(ends) else None
    horizon = as_date(vision["horizon"])
    return VisionState(
        vision_id=int(vision["vision_id"]),
        title=str(vision["title"]),
        horizon=horizon,
        owner_id=as_text(vision["owner_id"]),
        live_epic_keys=tuple(live),
        other_epic_keys=tuple(key for key in named if key not in epics),
        items=sum(epics[key].items for key in live),
        done=sum(epics[key].done for key in live),
        expected_on=expected_on,
        verdict=_verdict(live, bool(named) and done.issuperset(named), expected_on, horizon),
    )


def _verdict(live: Sequence[str], all_done: bool, expected_on: date | None, horizon: date | None) -> VisionVerdict:
    if all_done:
        return "finished"
    if not live:
        return "no_live_epic"
    if expected_on is None or horizon is None:
        return "unclear"
    return "on_course" if expected_on <= horizon else "late"
