"""A plan or a list of conflicts as metadata."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import dagster as dg

from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.records.sync import PlanItem

_LINES = 20


def plan_table(items: Iterable[PlanItem]) -> dg.MetadataValue[Any]:
    """The first lines of a plan."""
    rows = ((item.key, item.field, item.side, item.old, item.new, item.reason) for item in islice(items, _LINES))
    return dg.MetadataValue.md(markdown_table(["key", "field", "side", "before", "after", "why"], rows))


def conflict_table(conflicts: Iterable[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """The first of the open conflicts."""
    rows = (
        (
            str(conflict["id"])[:8],
            conflict["key"],
            conflict["field_name"],
            conflict["kind"],
            conflict["base_value"],
            conflict["local_value"],
            conflict["remote_value"],
            conflict["created_at"],
        )
        for conflict in islice(conflicts, _LINES)
    )
    columns = ["id", "key", "field", "kind", "before", "here", "there", "since"]
    return dg.MetadataValue.md(markdown_table(columns, rows))
