"""Open issues that cannot go on: others that are open must be done first, or somebody raised a flag."""

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from javis_pipeline.context.attention import is_forgotten
from javis_pipeline.context.days import as_date, looked_up
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import day_words
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High when it is being worked on, is in the sprint or is due within a week. Elsewhere a link to something open is
    no finding: in real projects such issues ended no later than others. A flag is somebody's word: then medium, and low
    when the issue is forgotten.

    Jira does not tell when a link was made. An issue is blocked at most since both ends existed and, when the blocker
    was reopened, since then. A blocker that is not synced may be done, and a circle has to be cut: these are findings
    of their own, and no blockers here.
    """
    issues = facts.open_issues
    rows = issues[issues["key"].isin(facts.graph.blocked) | issues["flagged"]]
    blockers = pd.Series([_known_blockers(facts, key) for key in rows["key"]], index=rows.index, dtype=object)
    pressing = is_pressing(facts, rows)
    severity = graded(pressing, "medium", low=is_forgotten(rows, facts.today, facts.thresholds))
    is_stopped = pressing & (blockers.map(len) > 0)
    rows = rows.assign(blockers=blockers, severity=severity)[is_stopped | rows["flagged"]]
    since = _since(facts, rows)
    rows = rows.assign(since=since, days=facts.today.days_since(since))
    return found_rows("blocked", rows, _risk, worst_by="days", limit=facts.thresholds.risks_per_kind)


def is_pressing(facts: Facts, rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether it stops somebody now that each of these open issues waits for something."""
    soon = rows["due_date"] <= facts.today.day + pd.Timedelta(days=7)
    pressing = (rows["status_category"] == "indeterminate") | rows["in_sprint"] | soon
    return pressing & ~is_forgotten(rows, facts.today, facts.thresholds)


def pressing_keys(facts: Facts) -> set[str]:
    """Keys of the issues that wait for something although they cannot."""
    rows = facts.open_issues[facts.open_issues["key"].isin(facts.graph.blocked)]
    return set(rows.loc[is_pressing(facts, rows), "key"])


def _known_blockers(facts: Facts, key: str) -> list[str]:
    circle = next((each for each in facts.graph.cycles if key in each), ())
    return [
        each
        for each in facts.graph.blockers_of(key)
        if facts.graph.nodes[each].category is not None and each not in circle
    ]


def _since(facts: Facts, rows: pd.DataFrame) -> "pd.Series[Any]":
    """First day on which each issue may have been blocked; NaT for one that is only flagged."""
    pairs = rows["blockers"].explode().dropna()
    here = facts.issues[facts.issues["key"].isin(pairs)].set_index("key")
    made = here["created_day"].where(here["reopened_at"].isna(), facts.today.day_of(here["reopened_at"]))
    outside = facts.frames.outside_issues.set_index("key")
    begins = pd.concat([made, facts.today.day_of(outside["created_at"])])
    earliest = looked_up(pairs, begins).groupby(level=0).min().reindex(rows.index)
    has_blocker = rows.index.isin(pairs.index)
    return pd.concat([earliest, rows["created_day"]], axis=1).max(axis=1).where(has_blocker)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    key, blockers = row["key"], row["blockers"]
    evidence: dict[str, int | float | str] = {"blockers": len(blockers)}
    if row["flagged"]:
        evidence["flagged"] = 1
    if not pd.isna(row["days"]):
        evidence["days_at_most"] = int(row["days"])
    return Risk(
        finding_id=f"blocked:{key}",
        kind="blocked",
        severity=row["severity"],
        summary=_summary(key, blockers, as_date(row["since"])),
        issue_keys=(key, *blockers),
        evidence=evidence,
        since=as_date(row["since"]),
    )


def _summary(key: str, blockers: list[str], since: date | None) -> str:
    if not blockers:
        return f"{key} is flagged as impeded"
    named = ", ".join(blockers[:3]) + (f" and {len(blockers) - 3} more" if len(blockers) > 3 else "")
    how_long = "" if since is None else f", since {day_words(since)} at the earliest"
    return f"{key} is blocked by {named}{how_long}"
