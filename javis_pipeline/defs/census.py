"""The census: which records are still there. Absence from a search is no deletion, so nothing else finds one."""

from collections import Counter

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.config import CensusConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.scopes import sync_jobs
from javis_pipeline.defs.sides import SIDES, Side
from javis_pipeline.settings import Settings
from javis_pipeline.steps.sync_scope import count_scope, each_scope
from javis_pipeline.wiring import open_system

_WHAT = (
    "List the ids of the {record}s of the project's {title} side, and probe each that is missing; two misses 10 "
    "minutes apart are a deletion. A deleted record stays here as a tombstone; nothing is deleted there."
)

# The op that counts the records of a system.
OPS = {system: f"count_{side.words.table}" for system, side in SIDES.items()}


def _count_op(side: Side) -> dg.OpDefinition:
    what = _WHAT.format(record=side.words.record, title=side.words.title)

    @dg.op(name=OPS[side.system], description=what, pool=side.pool)
    def count(
        context: dg.OpExecutionContext,
        config: CensusConfig,
        settings: dg.ResourceParam[Settings],
        db: dg.ResourceParam[Database],
    ) -> None:
        scopes = settings.scopes_in(side.system, context.partition_key)
        if not scopes:
            context.log.info("project %s has %s", context.partition_key, side.none)
            return
        with explained_failures(), open_system(side.system, settings, db) as system:
            counted = each_scope(sync_jobs(context, db, system, scopes, config), count_scope)
        counts: Counter[str] = Counter()
        for one in counted:
            counts.update(one.count())
        context.add_output_metadata(dict(counts))

    return count


_OPS = [_count_op(side) for side in SIDES.values()]


@dg.job(name="census", partitions_def=projects, description="Find out which records are gone, and which were missed.")
def census_job() -> None:
    for count in _OPS:
        count()
