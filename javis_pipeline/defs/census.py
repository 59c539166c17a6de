"""The census: which records are still there. Absence from a search is no deletion, so nothing else finds one."""

from collections import Counter

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.config import CensusConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.scopes import sync_jobs
from javis_pipeline.settings import Settings
from javis_pipeline.steps.sync_scope import count_scope, each_scope
from javis_pipeline.wiring import confluence_system, jira_system


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
    with explained_failures(), jira_system(settings) as jira:
        (job,) = sync_jobs(context, db, jira, [project], config)
        counted = count_scope(job)
    context.add_output_metadata(counted.count())


@dg.op(pool="confluence_api")
def count_confluence_pages(
    context: dg.OpExecutionContext,
    config: CensusConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> None:
    """The same for the pages of the project's spaces."""
    spaces = settings.spaces_of(context.partition_key)
    if not spaces:
        context.log.info("project %s has no Confluence spaces", context.partition_key)
        return
    with explained_failures(), confluence_system(settings) as confluence:
        counted = each_scope(sync_jobs(context, db, confluence, spaces, config), count_scope)
    counts: Counter[str] = Counter()
    for one in counted:
        counts.update(one.count())
    context.add_output_metadata(dict(counts))


# The op that counts the records of a system.
OPS = {"jira": "count_jira_issues", "confluence": "count_confluence_pages"}


@dg.job(name="census", partitions_def=projects, description="Find out which records are gone, and which were missed.")
def census_job() -> None:
    count_jira_issues()
    count_confluence_pages()
