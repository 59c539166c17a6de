"""Checks of the advice before anybody is told."""

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.insight import ai_suggestions
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.steps.build_context import last_context
from javis_pipeline.steps.suggest import ungrounded


@partitioned_check(
    ai_suggestions,
    "suggestions_are_grounded",
    "Every suggestion cites findings and issues of the newest work context; else nothing goes to Slack.",
    blocking=True,
)
def suggestions_are_grounded(
    context: dg.AssetCheckExecutionContext, db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    newest = last_context(db, context.partition_key)
    titles = list(ungrounded(db, newest)) if newest is not None else []
    return dg.AssetCheckResult(passed=not titles, metadata={"ungrounded": titles})


CHECKS = [suggestions_are_grounded]
