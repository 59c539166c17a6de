"""Who has how much to do."""

import pandas as pd

from javis_pipeline.context.days import Today
from javis_pipeline.records.context import PersonLoad

_PACE = pd.Timedelta(weeks=4)


def describe_workload(issues: pd.DataFrame, today: Today) -> tuple[PersonLoad, ...]:
    """The load of each person who has open work, busiest first.

    Args:
        issues: As `with_history` returns them, with `in_sprint`.
    """
    recent = (issues["finished_day"] >= today.day - _PACE) & (issues["finished_at"] <= today.now)
    work = issues[~issues["is_epic"] & (issues["is_open"] | recent)]
    # A story whose sub-tasks are open is worked on through them: counting both would double its weight.
    split = work.loc[work["is_subtask"] & work["is_open"], "parent_key"]
    work = work[~work["key"].isin(split) & work["assignee_id"].notna()]
    flags = pd.DataFrame(
        {
            "in_progress": work["status_category"] == "indeterminate",
            "open": work["is_open"],
            "in_sprint": work["is_open"] & work["in_sprint"],
            "overdue": work["is_open"] & (work["due_date"] < today.day),
            "finished": work["is_done"],
        }
    )
    loads = flags.groupby(work["assignee_id"]).sum()
    loads = loads[loads["open"] > 0].reset_index()
    loads = loads.sort_values(["in_progress", "open", "assignee_id"], ascending=[False, False, True])
    return tuple(
        PersonLoad(str(person), int(in_progress), int(open_), int(in_sprint), int(overdue), int(finished))
        for person, in_progress, open_, in_sprint, overdue, finished in loads.itertuples(index=False, name=None)
    )


def unassigned_open(issues: pd.DataFrame) -> int:
    """Open issues, epics left out, that nobody has."""
    return int((issues["is_open"] & ~issues["is_epic"] & issues["assignee_id"].isna()).sum())
