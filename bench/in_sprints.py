"""How issues that wait for something fare in their sprints: at three moments of every sprint of a corpus.

At instants spread over ten years too few sprints are met to tell. So here no work context is made: an open issue in the
sprint is flagged by its links alone, as the findings `blocked` and `blocker_not_synced` read them, and it ended late
when it was not finished by the end of the sprint. The others are what else was open in that sprint at that moment.
"""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from bench.corpora import Corpus
from javis_pipeline.context.thresholds import BLOCKED_BY_LABELS, BLOCKS_LABELS

# Parts of the sprint that are over.
_MOMENTS: Final = (0.1, 0.5, 0.8)
_DAY: Final = pd.Timedelta(days=1)


def waiting(corpus: Corpus) -> pd.DataFrame:
    """One row per kind, moment and open issue, as `bench.signals.observed` has them."""
    pairs = _pairs(corpus)
    parts = [
        pd.DataFrame(
            {
                "kind": kind,
                "block": f"{corpus.name} {sprint_id}",
                "stratum": f"{corpus.name} {sprint_id} {at}",
                "flagged": issues["key"].isin(flagged),
                "late": ~(issues["resolved_at"] <= end + _DAY),
            }
        )
        for sprint_id, end, at, issues in _open_in_sprints(corpus)
        for kind, flagged in _flagged(pairs, at).items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _open_in_sprints(corpus: Corpus) -> Iterator[tuple[int, pd.Timestamp, pd.Timestamp, pd.DataFrame]]:
    """Each sprint, its end, a moment in it, and its issues that were open then."""
    items = corpus.frames.issues[corpus.frames.issues["issue_type"] != "Epic"]
    members = corpus.frames.issue_sprints.merge(items, on="jira_id").groupby("sprint_id")
    sprints = corpus.frames.sprints[["sprint_id", "start_at", "end_at"]].dropna()
    sprints = sprints[sprints["sprint_id"].isin(members.groups)]
    for sprint_id, start, end in sprints.itertuples(index=False, name=None):
        issues = members.get_group(sprint_id)
        for part in _MOMENTS:
            at = start + part * (end - start)
            yield sprint_id, end, at, issues[_is_open(issues, at)]


def _is_open(issues: pd.DataFrame, at: pd.Timestamp) -> "pd.Series[bool]":
    return (issues["created_at"] <= at) & ~(issues["resolved_at"] <= at)


def _pairs(corpus: Corpus) -> pd.DataFrame:
    """What waits (`key`) for what: `created_at` and `resolved_at` of the blocker, missing where it is not synced."""
    links, label = corpus.frames.links, corpus.frames.links["label"].str.casefold()
    waits = links.loc[label.isin(BLOCKED_BY_LABELS), ["key", "other_key"]]
    blocks = links.loc[label.isin(BLOCKS_LABELS), ["other_key", "key"]].set_axis(["key", "other_key"], axis=1)
    blockers = corpus.frames.issues.set_index("key")[["created_at", "resolved_at"]]
    return pd.concat([waits, blocks]).drop_duplicates().join(blockers, on="other_key")


def _flagged(pairs: pd.DataFrame, at: pd.Timestamp) -> "dict[str, pd.Series[Any]]":
    """Keys by kind."""
    return {
        "blocked": pairs.loc[_is_open(pairs, at), "key"],
        "blocker_not_synced": pairs.loc[pairs["created_at"].isna(), "key"],
    }
