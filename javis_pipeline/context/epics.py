"""How far the open epics are."""

import pandas as pd

from javis_pipeline.context.days import as_date, natural_order
from javis_pipeline.records.plans import EpicProgress


def describe_epics(issues: pd.DataFrame) -> tuple[EpicProgress, ...]:
    """The open epics of the project, in key order.

    Args:
        issues: As `with_history` returns them. Of each epic those count that belong to the same project.
    """
    epics = issues[issues["is_epic"] & issues["is_open"]].sort_values("key", key=natural_order)
    items = issues[issues["is_item"] & issues["parent_key"].isin(epics["key"])]
    figures = _figures(items)
    described = []
    for key, due in epics[["key", "due_date"]].itertuples(index=False, name=None):
        row = figures.loc[key] if key in figures.index else None
        has_points = row is not None and row["estimated"] > 0
        described.append(
            EpicProgress(
                key=key,
                items=0 if row is None else int(row["items"]),
                done=0 if row is None else int(row["done"]),
                in_progress=0 if row is None else int(row["in_progress"]),
                points=round(float(row["points"]), 2) if row is not None and has_points else None,
                points_done=round(float(row["points_done"]), 2) if row is not None and has_points else None,
                unestimated_open=0 if row is None else int(row["unestimated_open"]),
                due_date=as_date(due),
                last_finished_on=None if row is None else as_date(row["last_finished"]),
            )
        )
    return tuple(described)


def _figures(items: pd.DataFrame) -> pd.DataFrame:
    """One row per epic that has items, indexed by its key."""
    points = items["story_points"]
    columns = pd.DataFrame(
        {
            "items": 1,
            "done": items["is_done"],
            "in_progress": items["status_category"] == "indeterminate",
            "estimated": points.notna(),
            "points": points.fillna(0.0),
            "points_done": points.where(items["is_done"], 0.0).fillna(0.0),
            "unestimated_open": points.isna() & items["is_open"],
        },
        index=items.index,
    )
    by_epic = items["parent_key"]
    last_finished = items["finished_day"].groupby(by_epic).max()
    return columns.groupby(by_epic).sum().assign(last_finished=last_finished)
