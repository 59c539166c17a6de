"""Do the findings tell anything? How much more often a flagged issue ended late than others.

At instants of each corpus the work context is made from what was known then. An issue in a running sprint ended late
when it was not finished by the end of that, another one when it was not finished within eight weeks, a sprint when one
of the items that were left was not finished by its end. The flagged are held against the unflagged of the same project,
day, sprint (or none), age and priority (a sprint: of the same year), and the odds of ending late are compared: 1 means
that the finding tells nothing. The interval is drawn in blocks of neighbouring instants, as what is open on one day is
mostly open on the next.

A corpus has no history of statuses and of people, and these have no due dates, so that some kinds cannot be measured.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from bench.corpora import Corpus, contexts, read_projects
from bench.in_sprints import waiting
from javis_pipeline.context.days import looked_up
from javis_pipeline.context.frames import Frames
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import RiskKind
from javis_pipeline_tests.contradictions import contradictions

_INSTANTS: Final = 100
_LATE_AFTER: Final = pd.Timedelta(weeks=8)
_AGES: Final = [-1, 30, 180, 10_000]
_BLOCK: Final = 6
_LEAST_FLAGGED: Final = 30
# Where the interval has 1 in it and ends below, more history would not make it a finding.
_TELLS_LITTLE: Final = 1.5
_DRAWS: Final = 1000
_OF_ISSUES: Final[Sequence[RiskKind]] = (
    "blocked",
    "blocks_many",
    "blocker_not_synced",
    "high_priority_untouched",
    "dependency_cycle",
)
_OF_SPRINTS: Final[Sequence[RiskKind]] = ("sprint_off_track", "scope_creep")
_NOT_TOLD: Final[Mapping[RiskKind, str]] = {
    "overdue": "no due dates in the corpora",
    "due_soon_not_started": "no due dates in the corpora",
    "epic_late": "no due dates in the corpora",
    "version_late": "no release dates in the corpora",
    "idle_in_progress": "no history of statuses in the corpora",
    "reopened": "no history of statuses in the corpora",
    "overloaded_person": "no history of statuses in the corpora",
    "unassigned_in_sprint": "who had it is known only as it was at the end",
    "held_by_one": "who had it is known only as it was at the end",
    "epic_without_estimate": "when the estimate was made is not known",
    "conflict_open": "about the sync, not about the work",
    "page_stale": "no pages in the corpora",
    "asleep": "about the project, not about an issue",
}


@dataclass(frozen=True, slots=True)
class Signal:
    """How the flagged fared against the unflagged of their stratum.

    Attributes:
        late, late_others: Shares that ended late; of the others, weighted like the flagged.
        odds: Ratio of the odds of ending late (Mantel and Haenszel), with its 95 % interval.
    """

    flagged: int
    late: float
    late_others: float
    odds: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What follows for the kind."""
        if self.flagged < _LEAST_FLAGGED:
            return "too few to say"
        if self.low > 1 or self.high < 1:
            return "tells" if self.low > 1 else "tells the contrary"
        return "tells nothing" if self.high < _TELLS_LITTLE else "cannot be told"


def measure(files: Sequence[Path]) -> int:
    """Print the table; 1 when a kind tells the contrary, or a context contradicts itself."""
    if not files:
        print("signals: name corpus files, as `javis sandbox --load` reads them")
        return 0
    wrong: list[str] = []
    corpora = list(read_projects(files))
    print(f"| kind | flagged | of these late | others late | odds, 95 % interval | so it |\n|{'---|' * 6}")
    contrary = _print_rows(pd.concat(map(waiting, corpora), ignore_index=True), ", at three moments of every sprint")
    seen = pd.concat([observed(corpus, wrong) for corpus in corpora], ignore_index=True)
    contrary |= _print_rows(seen)
    for kind, why in _NOT_TOLD.items():
        print(f"| {kind} | | | | | not measured: {why} |")
    print(f"contradictions in the contexts: {len(wrong)}")
    print("\n".join(wrong[:20]))
    return int(contrary or bool(wrong))


def _print_rows(seen: pd.DataFrame, where: str = "") -> bool:
    """A row for each kind; whether one tells the contrary."""
    contrary = False
    for kind in (*_OF_ISSUES, *_OF_SPRINTS):
        if (rows := seen[seen["kind"] == kind]).empty:
            continue
        found = signal(rows)
        if not found.flagged:
            print(f"| {kind}{where} | 0 | | | | too few to say |", flush=True)
            continue
        contrary |= found.verdict == "tells the contrary"
        print(
            f"| {kind}{where} | {found.flagged} | {found.late:.0%} | {found.late_others:.0%} "
            f"| {found.odds:.2f} ({found.low:.2f}-{found.high:.2f}) | {found.verdict} |",
            flush=True,
        )
    return contrary


def observed(corpus: Corpus, wrong: list[str], *, instants: int = _INSTANTS) -> pd.DataFrame:
    """One row per kind, instant, and issue or sprint that could have been flagged.

    Args:
        wrong: Gets what is wrong in the contexts themselves.

    Returns:
        `kind`, `block` (of neighbouring instants), `stratum`, `flagged` (bool), `late` (bool).
    """
    ends = corpus.frames.issues.set_index("key")["resolved_at"]
    limits = Thresholds(risks_per_kind=100_000)
    parts = []
    for place, (frames, context) in enumerate(contexts(corpus, instants=instants, thresholds=limits)):
        rows = pd.concat([_issues(frames, context, ends), _sprints(context, ends)], ignore_index=True)
        wrong += [f"{corpus.name} {context.today}: {each}" for each in contradictions(context)]
        parts.append(
            rows.assign(
                block=f"{corpus.name} {place // _BLOCK}", stratum=f"{corpus.name} " + rows["stratum"].astype("str")
            )
        )
    return pd.concat(parts, ignore_index=True)


def _issues(frames: Frames, context: WorkContext, ends: "pd.Series[Any]") -> pd.DataFrame:
    now = pd.Timestamp(context.as_of)
    # Whether it ended late must be known by now.
    if now + _LATE_AFTER > ends.max():
        return pd.DataFrame()
    issues = frames.issues[(frames.issues["status_category"] != "done") & (frames.issues["issue_type"] != "Epic")]
    ages = pd.cut((now - issues["created_at"]).dt.days, _AGES, labels=False)
    due = looked_up(issues["key"], _sprint_ends(context))
    late = ~(issues["key"].map(ends) <= due.fillna(now + _LATE_AFTER))
    sprint = due.dt.strftime("%Y-%m-%d").fillna("none")
    stratum = f"{now:%Y-%m-%d} " + sprint + " " + ages.astype("str") + " " + issues["priority"].fillna("")
    parts = []
    for kind in _OF_ISSUES:
        flagged = issues["key"].isin(set(_flagged(context, kind)))
        parts.append(pd.DataFrame({"kind": kind, "stratum": stratum, "flagged": flagged, "late": late}))
    return pd.concat(parts, ignore_index=True)


def _sprint_ends(context: WorkContext) -> "pd.Series[Any]":
    """By key, the end of the running sprint that an issue is in; of several the earliest."""
    ends = {
        key: _day_after(sprint.end_on)
        for sprint in reversed(context.sprints)
        if sprint.end_on is not None and (sprint.days_left or 0) >= 0
        for key in sprint.remaining_keys
    }
    return pd.Series(ends, dtype="datetime64[us, UTC]")


def _day_after(day: date) -> pd.Timestamp:
    return pd.Timestamp(day).tz_localize("UTC") + pd.Timedelta(days=1)


def _flagged(context: WorkContext, kind: RiskKind) -> Iterator[str]:
    for risk in context.risks:
        if risk.kind == kind:
            # The issues that wait for what is not synced, and all of a circle; else the one that it is about.
            is_about_all = kind in ("blocker_not_synced", "dependency_cycle")
            yield from risk.issue_keys if is_about_all else risk.issue_keys[:1]


def _sprints(context: WorkContext, ends: "pd.Series[Any]") -> pd.DataFrame:
    rows = []
    for sprint in context.sprints:
        if sprint.end_on is None or not sprint.remaining_keys or (sprint.days_left or 0) < 0:
            continue
        late = not _all_done(ends, sprint.remaining_keys, sprint.end_on)
        for kind in _OF_SPRINTS:
            flagged = any(
                risk.kind == kind and risk.evidence["sprint_id"] == sprint.sprint_id for risk in context.risks
            )
            rows.append((kind, f"{sprint.end_on.year}", flagged, late))
    return pd.DataFrame(rows, columns=["kind", "stratum", "flagged", "late"])


def _all_done(ends: "pd.Series[Any]", keys: Iterable[str], by: date) -> bool:
    return bool((ends.reindex(list(keys)) < _day_after(by)).all())


def signal(rows: pd.DataFrame) -> Signal:
    """How the flagged of `observed` fared, all of one kind."""
    table = _counts(rows)
    flagged, others = table["a"] + table["b"], table["c"] + table["d"]
    if not flagged.any():
        return Signal(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    total = flagged + others
    # Mantel and Haenszel: sums over strata, so that a draw of blocks is a sum of their sums.
    sums = pd.DataFrame({"late": table["a"] * table["d"] / total, "in_time": table["b"] * table["c"] / total})
    by_block = sums.groupby(table["block"]).sum().to_numpy()
    drawn = np.random.default_rng(0).integers(len(by_block), size=(_DRAWS, len(by_block)))
    odds = [_ratio(*each) for each in (by_block.sum(axis=0), *by_block[drawn].sum(axis=1))]
    low, high = np.nanquantile(odds, [0.025, 0.975]) if not np.isnan(odds).all() else (np.nan, np.nan)
    compared = others > 0
    expected = (table["c"] / others)[compared].mul(flagged[compared]).sum() / max(flagged[compared].sum(), 1)
    count = int(flagged.sum())
    return Signal(count, float(table["a"].sum()) / count, float(expected), odds[0], float(low), float(high))


def _counts(rows: pd.DataFrame) -> pd.DataFrame:
    """By block and stratum: flagged late (a) and in time (b), unflagged late (c) and in time (d)."""
    flagged, late = rows["flagged"].astype(bool), rows["late"].astype(bool)
    cells = pd.DataFrame(
        {"a": flagged & late, "b": flagged & ~late, "c": ~flagged & late, "d": ~flagged & ~late}
    ).astype("int64")
    return cells.groupby([rows["block"], rows["stratum"]]).sum().reset_index()


def _ratio(late: float, in_time: float) -> float:
    return float(late / in_time) if in_time else np.nan
