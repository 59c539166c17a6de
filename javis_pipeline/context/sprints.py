"""The state of sprints, and how their scope changed."""

from typing import Any

import pandas as pd

from javis_pipeline.context.days import Today, as_text, natural_order
from javis_pipeline.context.frames import Frames
from javis_pipeline.records.plans import SprintState


def active_sprint_ids(frames: Frames) -> list[int]:
    """Sprints that are going on, the one that ends first at the front, those without end last."""
    active = frames.sprints[frames.sprints["state"].str.casefold() == "active"]
    active = active.sort_values(["end_at", "sprint_id"], kind="stable", na_position="last")
    return [int(sprint_id) for sprint_id in active["sprint_id"]]


def sprint_named(frames: Frames, name: str) -> int | None:
    """The sprint of that name, ignoring case; of several the active one, else the latest. None when there is none."""
    named = frames.sprints[frames.sprints["name"].str.casefold() == name.casefold()]
    if named.empty:
        return None
    is_active = named["state"].str.casefold() == "active"
    order = named.assign(is_active=is_active).sort_values(
        ["is_active", "start_at", "sprint_id"], kind="stable", na_position="first"
    )
    return int(order["sprint_id"].iloc[-1])


def describe_sprint(frames: Frames, issues: pd.DataFrame, sprint_id: int, today: Today) -> SprintState:
    """How far the sprint is and what was added or removed since it started.

    Args:
        issues: As `with_history` returns them.
    """
    sprint = frames.sprints[frames.sprints["sprint_id"] == sprint_id].iloc[0]
    scope = _scope(frames, issues, sprint_id, sprint["start_at"])
    items = scope[scope["is_in"]]
    end = today.date_of(sprint["end_at"])
    category = items["status_category"]
    return SprintState(
        sprint_id=sprint_id,
        name=str(sprint["name"]),
        state=str(sprint["state"]).casefold(),
        goal=as_text(sprint["goal"]),
        start_on=today.date_of(sprint["start_at"]),
        end_on=end,
        days_left=None if end is None else (end - today.date).days,
        items=len(items),
        done=int((category == "done").sum()),
        in_progress=int((category == "indeterminate").sum()),
        not_started=int((category == "new").sum()),
        points=_points(items, items),
        points_done=_points(items[category == "done"], items),
        committed=int(scope["was_in"].sum()),
        added_keys=tuple(items.loc[~items["was_in"], "key"]),
        removed_keys=tuple(scope.loc[scope["was_in"] & ~scope["is_in"], "key"]),
        remaining_keys=tuple(items.loc[items["is_open"], "key"]),
        notes=_notes(frames, sprint, items),
    )


def with_sprints(issues: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """The issues with `in_sprint` (in an active sprint) and `in_any_sprint` (in one now or before), bool."""
    members = frames.issue_sprints
    active = members.loc[members["sprint_id"].isin(active_sprint_ids(frames)), "jira_id"]
    return issues.assign(
        in_sprint=issues["jira_id"].isin(active), in_any_sprint=issues["jira_id"].isin(members["jira_id"])
    )


def _scope(frames: Frames, issues: pd.DataFrame, sprint_id: int, start_at: Any) -> pd.DataFrame:
    """Work items that are or were in the sprint, in key order, with `is_in` (now) and `was_in` (when it started).

    A sprint that has no start yet has nothing added to it: then `was_in` equals `is_in`.
    """
    members = frames.issue_sprints.loc[frames.issue_sprints["sprint_id"] == sprint_id, "jira_id"]
    changes = frames.sprint_changes
    changes = changes[changes["sprint_id"] == sprint_id].sort_values("changed_at", kind="stable")
    ids = pd.concat([members, changes["jira_id"]]).unique()
    scope = issues[issues["jira_id"].isin(ids) & issues["is_item"]].copy()
    scope["is_in"] = scope["jira_id"].isin(members)
    scope["was_in"] = scope["is_in"]
    if not pd.isna(start_at):
        before = changes[changes["changed_at"] <= start_at].groupby("jira_id")["added"].last()
        after = changes[changes["changed_at"] > start_at].groupby("jira_id")["added"].first()
        # What the first later change added was not in it before; an issue that no change speaks of was made in it.
        unchanged = ~(scope["created_at"] > start_at)
        was_in = [
            before.get(jira_id, not after.get(jira_id, not made_before))
            for jira_id, made_before in zip(scope["jira_id"], unchanged, strict=True)
        ]
        scope["was_in"] = pd.Series(was_in, index=scope.index, dtype=bool)
    return scope.sort_values("key", key=natural_order)


def _points(items: pd.DataFrame, all_items: pd.DataFrame) -> float | None:
    return round(float(items["story_points"].sum()), 2) if all_items["story_points"].notna().any() else None


def _notes(frames: Frames, sprint: "pd.Series[Any]", items: pd.DataFrame) -> tuple[str, ...]:
    notes = []
    start_at, end_at = sprint["start_at"], sprint["end_at"]
    if pd.isna(start_at) or pd.isna(end_at):
        missing = " and ".join(name for name, value in (("start", start_at), ("end", end_at)) if pd.isna(value))
        notes.append(f"the sprint has no {missing} date")
    elif end_at < start_at:
        notes.append("the sprint ends before it starts")
    if frames.sprint_changes.empty and not items.empty:
        notes.append("no history of the sprint's scope is known: only issues made after its start count as added")
    return tuple(notes)
