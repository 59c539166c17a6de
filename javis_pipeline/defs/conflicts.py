"""The conflicts that wait for a person."""

import dagster as dg

from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.confluence import confluence_pages, confluence_writeback
from javis_pipeline.defs.jira import jira_issues, jira_writeback
from javis_pipeline.defs.lineage import CONFLICTS, column_lineage
from javis_pipeline.defs.metadata import table_columns
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.plans import conflict_table
from javis_pipeline.settings import Settings


@dg.asset(
    partitions_def=projects,
    deps=[jira_issues, jira_writeback, confluence_pages, confluence_writeback],
    group_name="sync",
    kinds={"postgres"},
    owners=["team:javis"],
)
def sync_conflicts(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """One row per field that both sides changed: both values are kept until a person chooses."""
    scopes = settings.scopes_of([context.partition_key])
    conflicts, errors = list_conflicts(db, scopes), list_errors(db, scopes)
    return dg.MaterializeResult(
        metadata={
            **table_columns(db, "sync_conflicts"),
            **column_lineage(CONFLICTS),
            "dagster/row_count": len(conflicts),
            "open": len(conflicts),
            "errors": len(errors),
            "conflicts": conflict_table(conflicts, settings),
        }
    )
