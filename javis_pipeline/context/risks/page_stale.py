"""Pages that were last edited long before the issues they speak of changed."""

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.context import PageState
from javis_pipeline.records.risk import Risk

_KEYS_LISTED = 10


def find(facts: Facts) -> Found:
    """Low: nobody stops working because of it. Furthest behind first; since the page was edited."""
    limit = facts.thresholds.page_behind_days
    stale = [page for page in facts.pages if page.behind_days > limit]
    return found("page_stale", [_risk(page) for page in stale], limit=facts.thresholds.risks_per_kind)


def _risk(page: PageState) -> Risk:
    named = len(page.issue_keys)
    return Risk(
        finding_id=f"page_stale:{page.page_id}",
        kind="page_stale",
        severity="low",
        summary=(
            f"page {page.page_id} names {counted(named, 'issue')} and was edited {counted(page.behind_days, 'day')} "
            "before the last of them changed"
        ),
        issue_keys=page.issue_keys[:_KEYS_LISTED],
        evidence={"behind_days": page.behind_days, "issues": named},
        since=page.edited_on,
        page_ids=(page.page_id,),
    )
