"""Who has how much to do."""

import pandas as pd

from javis_pipeline.context.attention import is_forgotten
from javis_pipeline.context.days import Today
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.people import PersonLoad

_PACE = pd.Timedelta(weeks=4)


def describe_workload(issues: pd.DataFrame, today: Today, thresholds: Thresholds) -> tuple[PersonLoad, ...]:
    """The load of each person who has open work and is at work here, busiest first.

    Args:
        issues: As `with_history` returns them, with `in_sprint`.
    """
    recent = (issues["finished_day"] >= today.day - _PACE) & (issues["finished_at"] <= today.now)
    work = issues[~issues["is_epic"] & (issues["is_open"] | recent)]
    # A story whose sub-tasks are open is worked on through them: counting both would double its weight.
    split = work.loc[work["is_subtask"] & work["is_open"], "parent_key"]
    work = work[~work["key"].isin(split) & work["assignee_id"].notna()]
    in_progress = work["status_category"] == "indeterminate"
    forgotten = is_forgotten(work, today, thresholds)
    flags = pd.DataFrame(
        {
            "in_progress": in_progress,
            "moving": in_progress & ~forgotten,
            "awake": ~forgotten,
            "open": work["is_open"],
            "in_sprint": work["is_open"] & work["in_sprint"],
            "overdue": work["is_open"] & (work["due_date"] < today.day),
            "finished": work["is_done"],
        }
    )
    loads = flags.groupby(work["assignee_id"]).sum()
    # Somebody whose issues are all forgotten has left, or works elsewhere: neither overloaded nor free.
    loads = loads[(loads["open"] > 0) & (loads["awake"] > 0)].reset_index()
    loads = loads.sort_values(["moving", "open", "assignee_id"], ascending=[False, False, True])
    return tuple(
        PersonLoad(
            account_id=str(load["assignee_id"]),
            in_progress=int(load["in_progress"]),
            open=int(load["open"]),
            in_sprint=int(load["in_sprint"]),
            overdue=int(load["overdue"]),
            finished_last_4_weeks=int(load["finished"]),
            moving=int(load["moving"]),
        )
        for load in loads.to_dict("records")
    )


def unassigned_open(issues: pd.DataFrame) -> int:
    """Open issues, epics left out, that nobody has."""
    return int((issues["is_open"] & ~issues["is_epic"] & issues["assignee_id"].isna()).sum())
