"""The census: which records are still there. Absence from a search is no deletion, so nothing else finds one."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.config import CensusConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import Settings
from javis_pipeline.steps.pull import pull_issues
from javis_pipeline.steps.two_way import open_scope, project_lock, take_project_census
from javis_pipeline.steps.two_way_pages import open_space, space_lock, take_space_census
from javis_pipeline.sync.run import Rules
from javis_pipeline.wiring import confluence_client, jira_client


@dg.op(pool="jira_api")
def count_jira_issues(
    context: dg.OpExecutionContext,
    config: CensusConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> None:
    """List the ids of the project's issues, and probe each that is missing; two misses 10 minutes apart are a deletion.

    A deleted issue stays here as a tombstone; nothing is deleted in Jira.
    """
    project = context.partition_key
    if project not in settings.jira_projects:
        context.log.info("project %s has no Jira side", project)
        return
    with (
        explained_failures(),
        closing(jira_client(settings)) as jira,
        project_lock(db, project, context.run_id) as lock,
    ):
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


@dg.op(pool="confluence_api")
def count_confluence_pages(
    context: dg.OpExecutionContext,
    config: CensusConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> None:
    """The same for the pages of the project's spaces. Pages that were missed come with the next full refresh."""
    spaces = settings.spaces_of(context.partition_key)
    if not spaces:
        context.log.info("project %s has no Confluence spaces", context.partition_key)
        return
    counts: Counter[str] = Counter()
    with explained_failures(), closing(confluence_client(settings)) as confluence:
        for space in spaces:
            with space_lock(db, space, context.run_id):
                scope = open_space(
                    db,
                    confluence,
                    space,
                    run_id=context.run_id,
                    clock=partial(datetime.now, UTC),
                    rules=Rules(),
                    spaces=[pair.space for pair in settings.confluence_spaces],
                    projects=settings.jira_projects,
                )
                counts.update(take_space_census(scope, overrides=config.overrides()).count())
    context.add_output_metadata(dict(counts))


# The op that counts the records of a system.
OPS = {"jira": "count_jira_issues", "confluence": "count_confluence_pages"}


@dg.job(name="census", partitions_def=projects, description="Find out which records are gone, and which were missed.")
def census_job() -> None:
    count_jira_issues()
    count_confluence_pages()
