"""A plan or a list of conflicts as metadata."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

import dagster as dg

from javis_pipeline.defs.metadata import Link, issue_link, markdown_table, page_link
from javis_pipeline.records.losses import effect_shown
from javis_pipeline.records.sync import PlanItem
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.settings import Settings
from javis_pipeline.steps.verify import Difference

LINES = 20


_RESTRICTED = "(restricted)"


def plan_table(items: Iterable[PlanItem], *, restricted: Collection[str] = ()) -> dg.MetadataValue[Any]:
    """The first lines of a plan; records whose ids are `restricted` are named, and not quoted."""

    def told(item: PlanItem) -> tuple[object, object, str]:
        if item.resource_id not in restricted:
            return item.old, item.new, item.reason
        # Why an edit cannot be sent names values; all other reasons are words of ours.
        return _RESTRICTED, _RESTRICTED, _RESTRICTED if item.side == "error" else item.reason

    rows = ((item.key, item.field, item.side, *told(item)) for item in islice(items, LINES))
    return dg.MetadataValue.md(markdown_table(["key", "field", "side", "before", "after", "why"], rows))


def differences_table(differences: Iterable[Difference]) -> dg.MetadataValue[Any]:
    """What two sides hold differently; restricted records are named, and not quoted."""
    rows = (
        (each.key, each.field, *((_RESTRICTED, _RESTRICTED) if each.restricted else (each.here, each.there)))
        for each in differences
    )
    return dg.MetadataValue.md(markdown_table(["key", "field", "here", "there"], rows))


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
            effect_shown(conflict["details"]),
            conflict["created_at"],
        )
        for conflict in islice(conflicts, LINES)
    )
    columns = ["id", "record", "field", "kind", "before", "here", "there", "what ours would do", "since"]
    return dg.MetadataValue.md(markdown_table(columns, rows))


def _record(conflict: Mapping[str, Any], settings: Settings) -> Link:
    words = SYSTEMS[conflict["system"]]
    name = words.name_of(conflict["key"], conflict["title"])
    if words.is_keyed:
        return issue_link(name, settings.jira_url)
    return page_link(name, settings.confluence_pages, conflict["resource_id"])
