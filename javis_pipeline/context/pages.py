"""Pages that speak of issues, and how far they lag behind them."""

import pandas as pd

from javis_pipeline.context.days import Today, as_text, natural_order
from javis_pipeline.context.frames import Frames
from javis_pipeline.records.context import PageState


def describe_pages(frames: Frames, issues: pd.DataFrame, today: Today) -> tuple[PageState, ...]:
    """The pages that name issues of the project: those furthest behind first, then by title and id.

    Args:
        issues: As `with_history` returns them.
    """
    links = frames.page_links.drop_duplicates(["page_id", "issue_key"])
    ours = issues.loc[issues["key"].isin(links["issue_key"]), ["key", "status_since", "finished_at"]]
    changed = ours[["key"]].assign(changed_at=ours["status_since"].fillna(ours["finished_at"]))
    named = links.merge(changed, left_on="issue_key", right_on="key").sort_values("issue_key", key=natural_order)
    # A change that is dated after now would make every page stale.
    named["changed_at"] = named["changed_at"].where(named["changed_at"] <= today.now)
    by_page = named.groupby("page_id").agg(issue_keys=("issue_key", tuple), changed_at=("changed_at", "max"))
    pages = frames.pages.merge(by_page.reset_index(), on="page_id")
    behind = (today.day_of(pages["changed_at"]) - today.day_of(pages["edited_at"])).dt.days.clip(lower=0).fillna(0)
    pages = pages.assign(behind=behind.astype("int64")).sort_values(
        ["behind", "title", "page_id"], ascending=[False, True, True]
    )
    return tuple(
        PageState(
            page_id=page["page_id"],
            space_key=page["space_key"],
            title=as_text(page["title"]),
            edited_on=today.date_of(page["edited_at"]),
            issue_keys=page["issue_keys"],
            behind_days=page["behind"],
        )
        for page in pages.to_dict("records")
    )
