"""The Jira side: what is pulled, and what is written back."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
from pydantic import Field

from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import latest_issues
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import SAMPLE_ROWS, link, markdown_table, table_metadata
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.progress import watcher
from javis_pipeline.defs.sources import jira_site, local_edits
from javis_pipeline.settings import Settings
from javis_pipeline.steps.pull import PullTally, pull_issues


class PullConfig(dg.Config):
    """How an issue or page pull runs; the defaults are those of the schedule."""

    full_refresh: bool = Field(
        default=False, description="Read everything again, changed or not. Finds what an incremental pull cannot see."
    )


@dg.asset(
    partitions_def=projects,
    deps=[jira_site, local_edits],
    group_name="jira",
    kinds={"jira", "postgres"},
    owners=["team:javis"],
    pool="jira_api",
)
def jira_issues(
    context: dg.AssetExecutionContext,
    config: PullConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
    jira: dg.ResourceParam[JiraClient],
) -> dg.MaterializeResult[None]:
    """One row per Jira issue of the project, with links, comments, worklogs, sprints, people and status changes.

    Only what changed since the last run is fetched. Fields that were edited here are not overwritten.
    """
    with explained_failures():
        tally = pull_issues(
            db,
            jira,
            project=context.partition_key,
            run_id=context.run_id,
            now=datetime.now(UTC),
            full=config.full_refresh,
            chosen_fields=settings.jira_fields,
            progress=watcher(),
        )
    return dg.MaterializeResult(metadata=_metadata(db, tally, settings))


def _metadata(db: Database, tally: PullTally, settings: Settings) -> dict[str, Any]:
    site = settings.require_jira().url
    rows = [
        (
            link(issue["key"], f"{site}/browse/{issue['key']}"),
            issue["title"],
            issue["status"],
            issue["assignee"],
            issue["remote_updated_at"],
        )
        for issue in latest_issues(db, tally.project, limit=SAMPLE_ROWS)
    ]
    return {
        **table_metadata(db, "jira_issues", {"project_key": tally.project}),
        **tally.as_metadata(),
        "latest": dg.MetadataValue.md(markdown_table(["issue", "title", "status", "assignee", "updated"], rows)),
    }
