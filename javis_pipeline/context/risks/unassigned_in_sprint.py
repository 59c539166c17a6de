"""Issues of an active sprint that nobody has taken."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from javis_pipeline.context.days import as_date, looked_up
from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found_rows, graded
from javis_pipeline.context.wording import counted
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High in the last two days of the sprint, else medium; since the sprint began or the issue was made.

    What a sprint that should have ended leaves behind is planned anew before anybody takes it.
    """
    members = facts.frames.issue_sprints
    running = [sprint for sprint in facts.sprints if not sprint.is_over]
    began = pd.Series({sprint.sprint_id: sprint.start_on for sprint in running}, dtype="datetime64[s]")
    left = pd.Series({sprint.sprint_id: sprint.days_left for sprint in running}, dtype="float64")
    members = members[members["sprint_id"].isin(began.index)]
    # An issue in two active sprints is one risk: that of the sprint that ends first.
    members = members.assign(
        began=looked_up(members["sprint_id"], began), days_left=looked_up(members["sprint_id"], left)
    )
    members = members.sort_values(["days_left", "sprint_id"], kind="stable").drop_duplicates("jira_id")
    issues = facts.open_issues
    rows = issues[issues["assignee_id"].isna() & ~issues["is_epic"]].merge(members, on="jira_id")
    rows = rows.assign(
        since=rows[["began", "created_day"]].max(axis=1),
        hurry=-rows["days_left"],
        severity=graded(rows["days_left"] <= 2, "medium"),
    )
    return found_rows("unassigned_in_sprint", rows, _risk, worst_by="hurry", limit=facts.thresholds.risks_per_kind)


def _risk(row: Mapping[Hashable, Any]) -> Risk:
    evidence: dict[str, int | float | str] = {"sprint_id": int(row["sprint_id"])}
    when = ""
    if not pd.isna(row["days_left"]):
        days = evidence["days_left"] = int(row["days_left"])
        when = f", {counted(days, 'day')} before its end" if days else ", which ends today"
    return Risk(
        finding_id=f"unassigned_in_sprint:{row['key']}",
        kind="unassigned_in_sprint",
        severity=row["severity"],
        summary=f"{row['key']} is in the sprint and nobody has it{when}",
        issue_keys=(row["key"],),
        evidence=evidence,
        since=as_date(row["since"]),
    )
