"""What a run of a scope would do now: the dry run."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.records.sync import WHOLE_RECORD, PlanItem
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.pull import list_records
from javis_pipeline.steps.reconcile import plan_records
from javis_pipeline.steps.system import Opened
from javis_pipeline.sync.merge import new_item
from javis_pipeline.sync.policies import new_ways
from javis_pipeline.sync.run import Run


def plan_scope(job: Job) -> list[PlanItem]:
    """What a run would do now, without doing it: nothing is written anywhere, not even a watermark."""
    opened = job.open()
    store, run = job.store, job.run(opened)
    changed = list_records(job.db, job.scope, opened).differing
    known = {ref.resource_id for ref in store.records()}
    new = [new_item(ref) for ref in changed if ref.resource_id not in known]
    to_decide = store.to_decide(conflicts=run.rules.force != "none")
    # What waits may be gone there: a conflict about that is decided as any other.
    refs = {ref.resource_id: ref for ref in (*to_decide, *(one for one in changed if one.resource_id in known))}
    planned = plan_records(store, opened.records, refs.values(), run, proved=True, threads=job.threads)
    own, *hanging = sides_of(job, opened)
    items = [*new, *planned.items, *map(partial(_wish_item, own), own.wishes.wanted())]
    for side in hanging:
        refs_of_side = side.store.to_decide(conflicts=run.rules.force != "none")
        decided = plan_records(side.store, side.records, refs_of_side, side.run, proved=True, threads=job.threads)
        items += [*decided.items, *map(partial(_wish_item, side), side.wishes.wanted())]
    return [*_way_items(job, opened, run), *items]


def _way_items(job: Job, opened: Opened[Any, Any], run: Run) -> list[PlanItem]:
    """What comes of policies that were changed since the last run."""
    with job.db.transaction() as conn:
        before = read_watermark(conn, job.system.name, job.key).field_ids
    return [
        PlanItem(
            resource_type=run.kind.resource_type,
            resource_id=job.key,
            key=job.key,
            field=way.field,
            side="way",
            old=way.was,
            new=way.now,
            reason=way.effect,
            row=0,
            risk="low",
        )
        for way in new_ways(before, opened.policies, job.system.kind)
    ]


def _wish_item(side: Side, wish: Mapping[str, Any]) -> PlanItem:
    return PlanItem(
        resource_type=side.run.kind.resource_type,
        resource_id=str(wish["record_id"]),
        key=wish["key"],
        field=WHOLE_RECORD,
        side="remote" if wish["state"] == "planned" else "error",
        old=None,
        new=wish["title"],
        reason=wish["why"] or "inserted here, and made there",
        row=5,
        risk="high",
    )
