"""Each side of a project: what is pulled and merged, and what is written back; scope by scope, where it has several."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from inspect import cleandoc
from typing import Any

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.assets import project_asset
from javis_pipeline.defs.columns import described
from javis_pipeline.defs.config import SyncConfig, WriteBackConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import markdown_table, materialized, unfolded_table, without_side
from javis_pipeline.defs.plans import plan_table
from javis_pipeline.defs.progress import watcher
from javis_pipeline.defs.scopes import sync_jobs
from javis_pipeline.defs.sides import SIDES, Side
from javis_pipeline.defs.sources import local_edits, observe_site
from javis_pipeline.settings import Settings
from javis_pipeline.steps.sync_scope import Pulled, each_scope, pull_scope, write_back_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.wiring import open_system


def pull_asset(side: Side) -> dg.AssetsDefinition:
    """The asset that brings here what changed there."""

    @project_asset(
        name=side.words.table,
        description=cleandoc(side.pulls),
        deps=[side.site, local_edits],
        group=side.system,
        kinds={side.system, "postgres"},
        writes="here",
        pool=side.pool,
        metadata=described(side.words.table),
    )
    def pulled(
        context: dg.AssetExecutionContext,
        config: SyncConfig,
        settings: dg.ResourceParam[Settings],
        db: dg.ResourceParam[Database],
    ) -> dg.MaterializeResult[None]:
        scopes = settings.scopes_in(side.system, context.partition_key)
        if not scopes:
            return without_side(context, side.none)
        pull = partial(pull_scope, full=config.full_refresh, progress=watcher())
        with explained_failures(), open_system(side.system, settings, db, anew=config.full_refresh) as system:
            done = each_scope(sync_jobs(context, db, system, scopes, config), pull)
        held = side.held(db, scopes)
        said = {one.tally.scope: str(one.tally.completeness) for one in done}
        observe_site(context, side.site, said, side.url_of(settings))
        shown = {
            "dagster/row_count": held.rows,
            **_counts(side, done),
            "merged": plan_table(
                (item for one in done for item in one.merged.items), restricted=side.restricted(db, scopes)
            ),
            "latest": unfolded_table(side.latest_columns, list(side.latest(db, scopes, settings))),
            **({"custom_fields": _table(side.own_columns, side.own(db, scopes))} if side.own else {}),
        }
        return materialized(context, shown, data_version=held.version)

    return pulled


def write_back_asset(side: Side, pulled: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset that sends there what was edited here."""

    @project_asset(
        name=side.words.write_back,
        description=side.writes,
        deps=[pulled],
        group=side.system,
        kinds={side.system, "postgres"},
        writes=side.system,
        pool=side.pool,
    )
    def written(
        context: dg.AssetExecutionContext,
        config: WriteBackConfig,
        settings: dg.ResourceParam[Settings],
        db: dg.ResourceParam[Database],
    ) -> dg.MaterializeResult[None]:
        scopes = settings.scopes_in(side.system, context.partition_key)
        if not scopes:
            return without_side(context, side.none)
        with explained_failures(), open_system(side.system, settings, db) as system:
            write_back = partial(write_back_scope, progress=watcher())
            done = each_scope(sync_jobs(context, db, system, scopes, config), write_back)
        counts: Counter[str] = Counter()
        for one in done:
            counts.update(one.as_metadata())
        items = (item for one in done for item in one.decided.items)
        why = "; ".join(dict.fromkeys(reason for one in done for reason in one.why_postponed))
        shown = {
            **({} if side.is_one else {f"{side.words.scope}s": len(scopes)}),
            **counts,
            **({"why_postponed": why} if why else {}),
            "decided": plan_table(items, restricted=side.restricted(db, scopes)),
        }
        return materialized(context, shown, data_version=side.held(db, scopes).version)

    return written


def _counts(side: Side, done: Sequence[Pulled]) -> Mapping[str, Any]:
    """What the pulls counted. Of several scopes these are sums; what each of them came to is a table."""
    merged: Counter[str] = Counter()
    for one in done:
        merged.update({f"merge_{name}": count for name, count in one.merged.count().items()})
    if side.is_one:
        return {**done[0].tally.as_metadata(), **merged}
    sums: Counter[str] = Counter()
    for one in done:
        sums.update({name: value for name, value in one.tally.as_metadata().items() if type(value) is int})
    columns = [side.words.scope, "completeness", "watermark", "notes"]
    return {**sums, **merged, f"{side.words.scope}s": _table(columns, [_line(one.tally) for one in done])}


def _line(tally: Tally) -> Sequence[object]:
    return tally.scope, str(tally.completeness), tally.watermark, "; ".join(tally.notes)


def _table(columns: Sequence[str], rows: Any) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.md(markdown_table(columns, rows))


PULLED = {system: pull_asset(side) for system, side in SIDES.items()}
WRITTEN = {system: write_back_asset(side, PULLED[system]) for system, side in SIDES.items()}
