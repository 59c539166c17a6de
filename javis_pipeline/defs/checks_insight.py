"""Checks of the advice before anybody is told."""

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.insight import ai_suggestions
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import last_context
from javis_pipeline.steps.suggest import ungrounded


@dg.asset_check(
    asset=ai_suggestions,
    blocking=True,
    description="Every suggestion cites findings and issues of the newest work context; else nothing goes to Slack.",
)
def suggestions_are_grounded(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    partition = context.run.tags.get("dagster/partition")
    projects = [partition] if partition else settings.partitions
    contexts = {project: last_context(db, project) for project in projects}
    titles = [title for newest in contexts.values() if newest is not None for title in ungrounded(db, newest)]
    return dg.AssetCheckResult(passed=not titles, metadata={"project": ", ".join(projects), "ungrounded": titles})


CHECKS = [suggestions_are_grounded]
