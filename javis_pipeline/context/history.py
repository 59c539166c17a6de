"""What the history of each issue says: when it was started, finished, reopened."""

from typing import Any

import pandas as pd

from javis_pipeline.context.days import Today, looked_up
from javis_pipeline.context.frames import Frames


def with_history(frames: Frames, today: Today) -> pd.DataFrame:
    """The issues with what follows from their history.

    Returns:
        `frames.issues` with these columns added:

        | column | dtype | meaning |
        |---|---|---|
        | is_epic | bool | an epic or above it: by name, level, or children that are no sub-tasks |
        | is_item | bool | work item: neither epic nor sub-task; what flow figures count |
        | is_open, is_done | bool | by status category; both false when that is not known |
        | started_at | instant | first entry into progress; NaT when unknown or never |
        | finished_at | instant | last finish of a done issue: its resolution date, else its last change to done |
        | reopened_at | instant | last change from done to not done |
        | reopenings | int64 | number of such changes |
        | status_since | instant | last change of status |
        | created_day, updated_day, started_day, finished_day | day | calendar days of the instants |
    """
    issues = frames.issues.copy()
    issues["is_epic"] = _is_epic(issues)
    issues["is_item"] = ~issues["is_epic"] & ~issues["is_subtask"]
    issues["is_open"] = issues["status_category"].isin(["new", "indeterminate"])
    issues["is_done"] = issues["status_category"] == "done"
    changes = _with_categories(frames, today)
    ids = issues["jira_id"]
    by_issue = changes.groupby("jira_id", sort=False)["changed_at"]
    issues["status_since"] = looked_up(ids, by_issue.max())
    issues["started_at"] = _started_at(issues, changes)
    issues["finished_at"] = _finished_at(issues, changes)
    back = changes[(changes["from"] == "done") & changes["to"].isin(["new", "indeterminate"])]
    reopened = back.groupby("jira_id", sort=False)["changed_at"]
    issues["reopened_at"] = looked_up(ids, reopened.max())
    issues["reopenings"] = looked_up(ids, reopened.size()).fillna(0).astype("int64")
    for name in ("created", "updated", "started", "finished"):
        issues[f"{name}_day"] = today.day_of(issues[f"{name}_at"])
    return issues


def _is_epic(issues: pd.DataFrame) -> "pd.Series[bool]":
    # Epics have other names in other languages, and not every answer tells the level; only they have children that are
    # no sub-tasks.
    parents = issues.loc[~issues["is_subtask"], "parent_key"].dropna()
    named = issues["issue_type"].str.casefold() == "epic"
    above = (issues["hierarchy_level"] > 0).fillna(False).astype(bool)
    return (named | above | issues["key"].isin(parents)) & ~issues["is_subtask"]


def _with_categories(frames: Frames, today: Today) -> pd.DataFrame:
    """Changes up to now, oldest first, with the status categories `from` and `to` (NaN: status not known any more)."""
    changes = frames.status_changes
    changes = changes[changes["changed_at"] <= today.now].sort_values("changed_at", kind="stable")
    by_id, by_name = _categories(frames)
    return changes.assign(
        **{
            end: looked_up(changes[f"{end}_id"], by_id).fillna(
                looked_up(changes[f"{end}_status"].str.casefold(), by_name)
            )
            for end in ("from", "to")
        }
    )


def _categories(frames: Frames) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """Status category by status id, and by name in lower case, for statuses that were deleted and made again."""
    known = frames.statuses.rename(columns={"category": "status_category", "name": "status"})
    columns = ["status_id", "status", "status_category"]
    seen = frames.issues[columns].drop_duplicates().sort_values(columns)
    pairs = pd.concat([seen, known], ignore_index=True).dropna(subset=["status_category"])
    pairs["name"] = pairs["status"].str.casefold()
    # The table of statuses comes last: it is newer than what an issue says.
    by_id = pairs.dropna(subset=["status_id"]).drop_duplicates("status_id", keep="last")
    by_name = pairs.dropna(subset=["name"]).drop_duplicates("name", keep="last")
    return by_id.set_index("status_id")["status_category"], by_name.set_index("name")["status_category"]


def _started_at(issues: pd.DataFrame, changes: pd.DataFrame) -> "pd.Series[Any]":
    ids = issues["jira_id"]
    entered = changes[changes["to"] == "indeterminate"].groupby("jira_id", sort=False)["changed_at"].min()
    first = changes.drop_duplicates("jira_id").set_index("jira_id")["from"]
    has_history = ids.isin(first.index)
    # Without any change the issue is still in the status it was made in, if changes were read at all.
    untouched = ~has_history & (not changes.empty) & (issues["status_category"] == "indeterminate")
    made_in_progress = (looked_up(ids, first) == "indeterminate") | untouched
    return issues["created_at"].where(made_in_progress, looked_up(ids, entered))


def _finished_at(issues: pd.DataFrame, changes: pd.DataFrame) -> "pd.Series[Any]":
    into_done = changes[(changes["to"] == "done") & (changes["from"] != "done")]
    last = into_done.groupby("jira_id", sort=False)["changed_at"].max()
    return issues["resolved_at"].fillna(looked_up(issues["jira_id"], last)).where(issues["is_done"])
