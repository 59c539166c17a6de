"""What a person should look at although every run succeeded. Warnings, except for what must not reach Slack.

Checks are not partitioned in Dagster; each looks at the project of its run, or at all projects when it runs alone.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dagster as dg

from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import scope_status
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.jira import jira_issues, jira_writeback
from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.plans import conflict_table
from javis_pipeline.settings import Settings


@dg.asset_check(asset=sync_conflicts, description="Fields that both sides changed wait for a person.")
def no_open_conflicts(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    conflicts = list_conflicts(db, _scopes(context, settings))
    return _warning(context, not conflicts, open=len(conflicts), conflicts=conflict_table(conflicts))


@dg.asset_check(asset=jira_writeback, description="Edits made here that Jira does not take, with the reason.")
def no_rejected_pushes(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    errors = list_errors(db, _scopes(context, settings))
    rows = [(error["key"], error["field"], error["reason"]) for error in errors]
    return _warning(context, not errors, errors=len(errors), edits=_table(["key", "field", "why"], rows))


@dg.asset_check(asset=jira_issues, description="Jira's own count of issues agrees with ours, as far as it is exact.")
def counts_agree_with_jira(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _scope_check(context, settings, db, lambda scope: scope["counts"].get("agrees", True), "completeness")


@dg.asset_check(asset=jira_issues, description="Every issue could be read.")
def nothing_quarantined(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _scope_check(context, settings, db, lambda scope: not scope["quarantined"], "completeness")


CHECKS = [no_open_conflicts, no_rejected_pushes, counts_agree_with_jira, nothing_quarantined]


def _scope_check(
    context: dg.AssetCheckExecutionContext,
    settings: Settings,
    db: Database,
    is_fine: Callable[[dict[str, Any]], bool],
    shown: str,
) -> dg.AssetCheckResult:
    """A check of each Jira project by its last run."""
    scopes = [
        row for row in scope_status(db) if row["system"] == "jira" and row["scope"] in _projects(context, settings)
    ]
    rows = [(row["scope"], row["quarantined"], row["counts"].get(shown, "")) for row in scopes]
    return _warning(
        context,
        all(is_fine(row) for row in scopes),
        projects=_table(["project", "quarantined", "last run"], rows),
    )


def _projects(context: dg.AssetCheckExecutionContext, settings: Settings) -> Sequence[str]:
    partition = context.run.tags.get("dagster/partition")
    return [partition] if partition else settings.partitions


def _scopes(context: dg.AssetCheckExecutionContext, settings: Settings) -> list[str]:
    return [scope for project in _projects(context, settings) for scope in (project, *settings.spaces_of(project))]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.md(markdown_table(columns, rows))


def _warning(context: dg.AssetCheckExecutionContext, passed: bool, **metadata: Any) -> dg.AssetCheckResult:
    project = context.run.tags.get("dagster/partition", "all projects")
    return dg.AssetCheckResult(
        passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata={"project": project, **metadata}
    )
