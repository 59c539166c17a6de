"""The checks of the graph, each with a result a project."""

from typing import Final, get_args

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.defs.plans import differences_table
from javis_pipeline.defs.sides import SIDES, Side
from javis_pipeline.defs.syncing import PULLED, WRITTEN
from javis_pipeline.defs.verdicts import VERDICTS, Verdict, table, warning
from javis_pipeline.settings import Settings
from javis_pipeline.steps.verify import sample_of, verify_scopes
from javis_pipeline.sync.verify import Standing
from javis_pipeline.wiring import read_only_jobs

# Records of each project and space that a night compares.
SAMPLE = 50

_ASSETS: Final = {asset.key.to_user_string(): asset for asset in (*PULLED.values(), *WRITTEN.values(), sync_conflicts)}


def _asked_for_alone(verdict: Verdict) -> dg.AssetChecksDefinition:
    """The check as a step of its own, for when a person asks for it."""

    def check(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
    ) -> dg.AssetCheckResult:
        return verdict.judge(context.partition_key, settings, db)

    return partitioned_check(_ASSETS[verdict.asset], verdict.name, verdict.description)(check)


CHECKS: Final = [_asked_for_alone(verdict) for verdict in VERDICTS]


def _agreement_check(side: Side) -> dg.AssetChecksDefinition:
    """A sample of the project, or of each of its spaces, compared on both sides. What was not pulled yet is passed."""

    @partitioned_check(
        PULLED[side.system],
        "both_sides_agree",
        f"Some {side.words.record}s of each {side.words.scope}, read afresh on both sides, hold the same, "
        "or the reason is known.",
        pool=side.pool,
    )
    def agree(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
    ) -> dg.AssetCheckResult:
        return _agreement(context.partition_key, settings, db, side)

    return agree


# They ask the sites, so they have a job of their own.
AGREEMENT: Final = {system: _agreement_check(side) for system, side in SIDES.items()}
NIGHTLY: Final = list(AGREEMENT.values())


def _agreement(project: str, settings: Settings, db: Database, side: Side) -> dg.AssetCheckResult:
    systems = [side.system]
    with explained_failures(), read_only_jobs(db, settings, [project], run_id="verify", systems=systems) as jobs:
        found = verify_scopes(jobs, choose=sample_of(SAMPLE))
    differences = [each for verified in found.values() for each in verified.differences]
    rows = [
        (scope.scope, name, *(counts[standing] for standing in get_args(Standing)))
        for scope, verified in found.items()
        for name, counts in verified.fields.items()
    ]
    return warning(
        [f"{each.key} {each.field}" for each in differences],
        "difference",
        records=sum(verified.records for verified in found.values()),
        differences=differences_table(differences),
        fields=table([side.words.scope, "field", *get_args(Standing)], rows),
    )
