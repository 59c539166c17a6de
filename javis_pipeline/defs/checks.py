"""What a person should look at although every run succeeded: warnings, for each project by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, get_args

import dagster as dg

from javis_pipeline.context.wording import counted
from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import scope_status
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.defs.plans import conflict_table, differences_table
from javis_pipeline.defs.sides import JIRA, SIDES, Side
from javis_pipeline.defs.syncing import PULLED, WRITTEN
from javis_pipeline.records.values import ScopeRef
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


def _push_check(side: Side) -> dg.AssetChecksDefinition:
    """Edits that one system does not take."""

    @partitioned_check(
        WRITTEN[side.system],
        "no_rejected_pushes",
        f"Edits made here that {side.title} does not take, with the reason.",
    )
    def rejected(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
    ) -> dg.AssetCheckResult:
        errors = list_errors(db, _scopes(context, settings, side))
        rows = [(error["title"], error["key"], error["field"], error["reason"]) for error in errors]
        where = [f"{error['key']} {error['field']}" for error in errors]
        return _warning(where, "edit", errors=len(errors), edits=_table(["title", "key", "field", "why"], rows))

    return rejected


def _scope_check(
    side: Side, name: str, description: str, is_fine: Callable[[Mapping[str, Any]], bool]
) -> dg.AssetChecksDefinition:
    """A check of the project, or of each of its spaces, by its last pull."""

    @partitioned_check(PULLED[side.system], name, description)
    def judged(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
    ) -> dg.AssetCheckResult:
        wanted = _scopes(context, settings, side)
        found = [row for row in scope_status(db) if (row["system"], row["scope"]) in wanted]
        rows = [(row["scope"], row["quarantined"], row["counts"].get("completeness", "")) for row in found]
        where = [row["scope"] for row in found if not is_fine(row)]
        return _warning(where, side.scope, **{f"{side.scope}s": _table([side.scope, "quarantined", "last pull"], rows)})

    return judged


def _agreement_check(side: Side) -> dg.AssetChecksDefinition:
    """A sample of each project or space, compared on both sides. One that was not pulled yet has nothing to compare."""

    @dg.asset_check(
        asset=PULLED[side.system],
        name="both_sides_agree",
        description=f"Some {side.record}s of each {side.scope}, read afresh on both sides, hold the same, or the "
        "reason is known.",
        pool=side.pool,
    )
    def agree(settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]) -> dg.AssetCheckResult:
        return _agreement(settings, db, side)

    return agree


# They ask the sites, so they have a job of their own.
AGREEMENT: Final = {system: _agreement_check(side) for system, side in SIDES.items()}
NIGHTLY: Final = list(AGREEMENT.values())
REJECTED: Final = {system: _push_check(side) for system, side in SIDES.items()}
counts_agree_with_jira = _scope_check(
    JIRA,
    "counts_agree_with_jira",
    "Jira's own count of issues agrees with ours, as far as it is exact.",
    lambda scope: bool(scope["counts"].get("agrees", True)),
)
CHECKS: Final = [
    no_open_conflicts,
    *REJECTED.values(),
    counts_agree_with_jira,
    *(
        _scope_check(
            side, "nothing_quarantined", f"Every {side.record} could be read.", lambda scope: not scope["quarantined"]
        )
        for side in SIDES.values()
    ),
]


def _agreement(settings: Settings, db: Database, side: Side) -> dg.AssetCheckResult:
    with explained_failures(), read_only_jobs(db, settings, settings.partitions, run_id="verify") as jobs:
        found = verify_scopes([job for job in jobs if job.system.name == side.system], choose=sample_of(SAMPLE))
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
        differences=differences_table(differences),
        fields=_table([side.scope, "field", *get_args(Standing)], rows),
    )


def _scopes(context: dg.AssetCheckExecutionContext, settings: Settings, side: Side) -> list[ScopeRef]:
    return [ref for ref in settings.scopes_of([context.partition_key]) if ref.system == side.system]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.md(markdown_table(columns, rows))


def _warning(where: Sequence[str], noun: str, **metadata: Any) -> dg.AssetCheckResult:
    """Passed when there is nothing to look at, else a warning that names the first of what there is."""
    more = ", ..." if len(where) > _NAMED else ""
    words = f"{counted(len(where), noun)}: {', '.join(where[:_NAMED])}{more}" if where else None
    return dg.AssetCheckResult(
        passed=not where, severity=dg.AssetCheckSeverity.WARN, description=words, metadata=metadata
    )
