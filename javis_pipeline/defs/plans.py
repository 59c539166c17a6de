"""A plan or a list of conflicts as metadata."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

import dagster as dg

from javis_pipeline.defs.metadata import Link, issue_link, markdown_table, page_link
from javis_pipeline.records.losses import losses_shown
from javis_pipeline.records.sync import PlanItem
from javis_pipeline.settings import Settings

_LINES = 20


_RESTRICTED = "(restricted)"


def plan_table(items: Iterable[PlanItem], *, restricted: Collection[str] = ()) -> dg.MetadataValue[Any]:
    """The first lines of a plan; records whose ids are `restricted` are named, and not quoted."""

    def values(item: PlanItem) -> tuple[object, object]:
        return (_RESTRICTED, _RESTRICTED) if item.resource_id in restricted else (item.old, item.new)

    rows = ((item.key, item.field, item.side, *values(item), item.reason) for item in islice(items, _LINES))
    return dg.MetadataValue.md(markdown_table(["key", "field", "side", "before", "after", "why"], rows))


def conflict_table(conflicts: Iterable[Mapping[str, Any]], settings: Settings) -> dg.MetadataValue[Any]:
    """The first of the open conflicts; a record leads to where it is."""
    rows = (
        (
            str(conflict["id"])[:8],
            _record(conflict, settings),
            conflict["field_name"],
            conflict["kind"].replace("_", " "),
            conflict["base_value"],
            conflict["local_value"],
            conflict["remote_value"],
            "; ".join(losses_shown(conflict["details"])),
            conflict["created_at"],
        )
        for conflict in islice(conflicts, _LINES)
    )
    columns = ["id", "record", "field", "kind", "before", "here", "there", "ours loses", "since"]
    return dg.MetadataValue.md(markdown_table(columns, rows))


def _record(conflict: Mapping[str, Any], settings: Settings) -> Link:
    if conflict["resource_type"] == "jira_issue":
        return issue_link(conflict["key"], settings.jira_url)
    title = conflict["title"] or conflict["resource_id"]
    return page_link(title, settings.confluence_site, conflict["scope"], conflict["resource_id"])
