"""What a person should look at although every run succeeded: warnings, for each project by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args

import dagster as dg

from javis_pipeline.context.wording import counted
from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import scope_status
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.confluence import confluence_pages, confluence_writeback
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.jira import jira_issues, jira_writeback
from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.defs.plans import conflict_table
from javis_pipeline.records.values import ScopeRef, System
from javis_pipeline.settings import Settings
from javis_pipeline.steps.verify import sample_of, verify_scopes
from javis_pipeline.sync.verify import Standing
from javis_pipeline.wiring import read_only_jobs

_NAMED = 5
# Records of each project and space that a night compares.
SAMPLE = 50


@partitioned_check(sync_conflicts, "no_open_conflicts", "Fields that both sides changed wait for a person.")
def no_open_conflicts(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    conflicts = list_conflicts(db, settings.scopes_of([context.partition_key]))
    where = [f"{conflict['key']} {conflict['field_name']}" for conflict in conflicts]
    return _warning(where, "conflict", open=len(conflicts), conflicts=conflict_table(conflicts, settings))


@partitioned_check(jira_writeback, "no_rejected_pushes", "Edits made here that Jira does not take, with the reason.")
def no_rejected_issue_pushes(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _push_check(context, settings, db, "jira")


@partitioned_check(
    confluence_writeback, "no_rejected_pushes", "Edits made here that Confluence does not take, with the reason."
)
def no_rejected_page_pushes(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _push_check(context, settings, db, "confluence")


@partitioned_check(
    jira_issues, "counts_agree_with_jira", "Jira's own count of issues agrees with ours, as far as it is exact."
)
def counts_agree_with_jira(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _scope_check(context, settings, db, "jira", lambda scope: scope["counts"].get("agrees", True))


@partitioned_check(jira_issues, "nothing_quarantined", "Every issue could be read.")
def no_issue_quarantined(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _scope_check(context, settings, db, "jira", lambda scope: not scope["quarantined"])


@partitioned_check(confluence_pages, "nothing_quarantined", "Every page could be read.")
def no_page_quarantined(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _scope_check(context, settings, db, "confluence", lambda scope: not scope["quarantined"])


@dg.asset_check(
    asset=jira_issues,
    name="both_sides_agree",
    description="Some issues of each project, read afresh on both sides, hold the same, or the reason is known.",
    pool="jira_api",
)
def jira_and_here_agree(settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
    return _agreement(settings, db, "jira")


@dg.asset_check(
    asset=confluence_pages,
    name="both_sides_agree",
    description="Some pages of each space, read afresh on both sides, hold the same, or the reason is known.",
    pool="confluence_api",
)
def confluence_and_here_agree(
    settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    return _agreement(settings, db, "confluence")


# They ask the sites, so they have a job of their own.
NIGHTLY = [jira_and_here_agree, confluence_and_here_agree]
CHECKS = [
    no_open_conflicts,
    no_rejected_issue_pushes,
    no_rejected_page_pushes,
    counts_agree_with_jira,
    no_issue_quarantined,
    no_page_quarantined,
]

_SCOPE_WORDS: Mapping[System, str] = {"jira": "project", "confluence": "space"}


def _agreement(settings: Settings, db: Database, system: System) -> dg.AssetCheckResult:
    """A sample of each project or space, compared on both sides. One that was not pulled yet has nothing to compare."""
    with explained_failures(), read_only_jobs(db, settings, settings.partitions, run_id="verify") as jobs:
        found = verify_scopes([job for job in jobs if job.system.name == system], choose=sample_of(SAMPLE))
    differences = [each for verified in found.values() for each in verified.differences]
    rows = [
        (scope.scope, name, *(counts[standing] for standing in get_args(Standing)))
        for scope, verified in found.items()
        for name, counts in verified.fields.items()
    ]
    return _warning(
        [f"{each.key} {each.field}" for each in differences],
        "difference",
        records=sum(verified.records for verified in found.values()),
        differences=_table(["key", "field", "here", "there"], differences),
        fields=_table([_SCOPE_WORDS[system], "field", *get_args(Standing)], rows),
    )


def _push_check(
    context: dg.AssetCheckExecutionContext, settings: Settings, db: Database, system: System
) -> dg.AssetCheckResult:
    """Edits that one system does not take."""
    errors = list_errors(db, _scopes(context, settings, system))
    rows = [(error["title"], error["key"], error["field"], error["reason"]) for error in errors]
    where = [f"{error['key']} {error['field']}" for error in errors]
    return _warning(where, "edit", errors=len(errors), edits=_table(["title", "key", "field", "why"], rows))


def _scope_check(
    context: dg.AssetCheckExecutionContext,
    settings: Settings,
    db: Database,
    system: System,
    is_fine: Callable[[Mapping[str, Any]], bool],
) -> dg.AssetCheckResult:
    """A check of the project, or of each of its spaces, by its last pull."""
    wanted = _scopes(context, settings, system)
    found = [row for row in scope_status(db) if (row["system"], row["scope"]) in wanted]
    rows = [(row["scope"], row["quarantined"], row["counts"].get("completeness", "")) for row in found]
    what = _SCOPE_WORDS[system]
    where = [row["scope"] for row in found if not is_fine(row)]
    return _warning(where, what, **{f"{what}s": _table([what, "quarantined", "last pull"], rows)})


def _scopes(context: dg.AssetCheckExecutionContext, settings: Settings, system: System) -> list[ScopeRef]:
    return [ref for ref in settings.scopes_of([context.partition_key]) if ref.system == system]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.md(markdown_table(columns, rows))


def _warning(where: Sequence[str], noun: str, **metadata: Any) -> dg.AssetCheckResult:
    """Passed when there is nothing to look at, else a warning that names the first of what there is."""
    more = ", ..." if len(where) > _NAMED else ""
    words = f"{counted(len(where), noun)}: {', '.join(where[:_NAMED])}{more}" if where else None
    return dg.AssetCheckResult(
        passed=not where, severity=dg.AssetCheckSeverity.WARN, description=words, metadata=metadata
    )
