"""Which columns of an asset are made of which columns of others: shown beside the columns in the UI."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dagster as dg

from javis_pipeline.wiring import KINDS

Lineage = Mapping[str, Mapping[str, Sequence[str]]]
"""Column to the assets, and their columns, that it is made of."""


# What hangs on a record comes with its asset, and is none by itself.
_TABLES: Final = [kind.table for kind in KINDS.values() if kind.table.place.hangs_on is None]
_MERGED: Final = {table.name: [column.name for column in table.edited] for table in _TABLES}

CONFLICTS: Final[Lineage] = {
    "resource_id": {table.name: [table.place.id] for table in _TABLES},
    "scope": {table.name: [table.place.scope] for table in _TABLES},
    "base_value": _MERGED,
    "local_value": _MERGED,
    "remote_value": _MERGED,
}

CONTEXT: Final[Lineage] = {
    "project_key": {"jira_issues": ["project_key"]},
    "context": {
        "jira_issues": [
            "jira_id",
            "key",
            "title",
            "issue_type",
            "hierarchy_level",
            "is_subtask",
            "status",
            "status_category",
            "priority",
            "assignee_id",
            "parent_key",
            "epic_key",
            "story_points",
            "due_date",
            "flagged",
            "created_at",
            "remote_updated_at",
            "local_modified_at",
            "resolved_at",
        ],
        "confluence_pages": ["page_id", "space_key", "title", "version_created_at"],
        "sync_conflicts": ["resource_id", "field_name", "state", "created_at"],
    },
}

_OF_CONTEXT: Final = {"work_context": ["context"]}
SUGGESTIONS: Final[Lineage] = {
    "project_key": {"work_context": ["project_key"]},
    **dict.fromkeys(("kind", "title", "rationale", "evidence", "actions", "confidence"), _OF_CONTEXT),
}


def column_lineage(lineage: Lineage) -> dict[str, Any]:
    """The metadata entry that Dagster draws."""
    return {
        "dagster/column_lineage": dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=dg.AssetKey(asset), column_name=name)
                    for asset, names in made_of.items()
                    for name in names
                ]
                for column, made_of in lineage.items()
            }
        )
    }
