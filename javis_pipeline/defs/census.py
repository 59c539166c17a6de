"""The census: which records are still there. Absence from a search is no deletion, so nothing else finds one."""

from datetime import UTC, datetime
from functools import partial

import dagster as dg

from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.config import CensusConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import Settings
from javis_pipeline.steps.pull import pull_issues
from javis_pipeline.steps.two_way import open_scope, project_lock, take_project_census
from javis_pipeline.sync.run import Rules


@dg.op(pool="jira_api")
def count_jira_issues(
    context: dg.OpExecutionContext,
    config: CensusConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
    jira: dg.ResourceParam[JiraClient],
) -> None:
    """List the ids of the project's issues, and probe each that is missing; two misses 10 minutes apart are a deletion.

    A deleted issue stays here as a tombstone; nothing is deleted in Jira.
    """
    project = context.partition_key
    if project not in settings.jira_projects:
        context.log.info("project %s has no Jira side", project)
        return
    with explained_failures(), project_lock(db, project, context.run_id) as lock:
        scope = open_scope(
            db,
            jira,
            project,
            run_id=context.run_id,
            clock=partial(datetime.now, UTC),
            rules=Rules(),
            chosen_fields=settings.jira_fields,
        )
        counted = take_project_census(scope, jira, project, overrides=config.overrides())
        if counted.unknown_here:
            # The search index was further behind than the pull looks back.
            pull_issues(
                db,
                jira,
                project=project,
                run_id=context.run_id,
                now=datetime.now(UTC),
                also=counted.unknown_here,
                chosen_fields=settings.jira_fields,
                lock=lock,
            )
    context.add_output_metadata(counted.count())


@dg.job(name="census", partitions_def=projects, description="Find out which records are gone, and which were missed.")
def census_job() -> None:
    count_jira_issues()
