"""The Jira side: what is pulled and merged, and what is written back."""

from typing import Any

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import restricted_issues
from javis_pipeline.db.status import issues_held, latest_issues
from javis_pipeline.defs.columns import described
from javis_pipeline.defs.config import SyncConfig, WriteBackConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import (
    CODE_VERSION,
    SAMPLE_ROWS,
    issue_link,
    markdown_table,
    materialized,
    without_side,
)
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.plans import plan_table
from javis_pipeline.defs.progress import watcher
from javis_pipeline.defs.scopes import sync_jobs
from javis_pipeline.defs.sources import jira_site, local_edits, observe_site
from javis_pipeline.settings import Settings
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import jira_system

_NO_SIDE = "no Jira side"


@dg.asset(
    partitions_def=projects,
    deps=[jira_site, local_edits],
    group_name="jira",
    kinds={"jira", "postgres"},
    owners=["team:javis"],
    pool="jira_api",
    metadata=described("jira_issues"),
    code_version=CODE_VERSION,
)
def jira_issues(
    context: dg.AssetExecutionContext,
    config: SyncConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> dg.MaterializeResult[None]:
    """One row per Jira issue of the project, with links, comments, worklogs, sprints, people and status changes.

    Only what changed since the last run is fetched. What was edited here as well is merged field by field; fields that
    both sides changed become conflicts.
    """
    project = context.partition_key
    if project not in settings.jira_projects:
        return without_side(context, _NO_SIDE)
    with explained_failures(), jira_system(settings) as jira:
        (job,) = sync_jobs(context, db, jira, [project], config)
        tally, merged = pull_scope(job, full=config.full_refresh, progress=watcher())
    held = issues_held(db, [project])
    observe_site(context, jira_site, {project: str(tally.completeness)}, settings.jira_url)
    return materialized(
        context,
        {
            "dagster/row_count": held.rows,
            **tally.as_metadata(),
            **{f"merge_{name}": count for name, count in merged.count().items()},
            "merged": plan_table(merged.items, restricted=restricted_issues(db, project)),
            "latest": _latest(db, project, settings),
        },
        data_version=held.version,
    )


@dg.asset(
    partitions_def=projects,
    deps=[jira_issues],
    group_name="jira",
    kinds={"jira", "postgres"},
    owners=["team:javis"],
    pool="jira_api",
    code_version=CODE_VERSION,
)
def jira_writeback(
    context: dg.AssetExecutionContext,
    config: WriteBackConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> dg.MaterializeResult[None]:
    """Edits made here and resolved conflicts, sent to Jira: only fields that changed, and only onto what was seen."""
    project = context.partition_key
    if project not in settings.jira_projects:
        return without_side(context, _NO_SIDE)
    with explained_failures(), jira_system(settings) as jira:
        (job,) = sync_jobs(context, db, jira, [project], config)
        done = write_back_scope(job)
    decided = plan_table(done.decided.items, restricted=restricted_issues(db, project))
    shown = {**done.as_metadata(), "decided": decided}
    return materialized(context, shown, data_version=issues_held(db, [project]).version)


def _latest(db: Database, project: str, settings: Settings) -> dg.MetadataValue[Any]:
    rows = [
        (
            issue_link(issue["key"], settings.jira_url),
            issue["title"],
            issue["status"],
            issue["assignee"],
            issue["remote_updated_at"],
        )
        for issue in latest_issues(db, project, limit=SAMPLE_ROWS)
    ]
    return dg.MetadataValue.md(markdown_table(["issue", "title", "status", "assignee", "updated"], rows))
