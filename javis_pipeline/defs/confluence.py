"""The Confluence side: what is pulled and merged, and what is written back, space by space."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import latest_pages
from javis_pipeline.db.status import pages_held
from javis_pipeline.defs.columns import described
from javis_pipeline.defs.config import SyncConfig, WriteBackConfig
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import (
    CODE_VERSION,
    SAMPLE_ROWS,
    markdown_table,
    materialized,
    page_link,
    without_side,
)
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.plans import plan_table
from javis_pipeline.defs.progress import watcher
from javis_pipeline.defs.scopes import sync_jobs
from javis_pipeline.defs.sources import confluence_site, local_edits, observe_site
from javis_pipeline.settings import Settings
from javis_pipeline.steps.pull import Tally
from javis_pipeline.steps.reconcile import Reconciled
from javis_pipeline.steps.sync_scope import each_scope, pull_scope, write_back_scope
from javis_pipeline.wiring import confluence_system

_NO_SIDE = "no Confluence side"


@dg.asset(
    partitions_def=projects,
    deps=[confluence_site, local_edits],
    group_name="confluence",
    kinds={"confluence", "postgres"},
    owners=["team:javis"],
    pool="confluence_api",
    metadata=described("confluence_pages"),
    code_version=CODE_VERSION,
)
def confluence_pages(
    context: dg.AssetExecutionContext,
    config: SyncConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> dg.MaterializeResult[None]:
    """One row per page of the project's Confluence spaces, with labels, versions, authors and the issues it speaks of.

    Only what changed since the last run is fetched. What was edited here as well is merged, texts block by block; what
    both sides changed becomes a conflict.
    """
    spaces = settings.spaces_of(context.partition_key)
    if not spaces:
        return without_side(context, _NO_SIDE)
    pull = partial(pull_scope, full=config.full_refresh, progress=watcher())
    with explained_failures(), confluence_system(settings) as confluence:
        done = each_scope(sync_jobs(context, db, confluence, spaces, config), pull)
    tallies, merged = zip(*done, strict=True)
    held = pages_held(db, spaces)
    said = {tally.scope: str(tally.completeness) for tally in tallies}
    observe_site(context, confluence_site, said, settings.confluence_site)
    shown = {"dagster/row_count": held.rows, **_pulled_metadata(db, spaces, tallies, merged, settings)}
    return materialized(context, shown, data_version=held.version)


@dg.asset(
    partitions_def=projects,
    deps=[confluence_pages],
    group_name="confluence",
    kinds={"confluence", "postgres"},
    owners=["team:javis"],
    pool="confluence_api",
    code_version=CODE_VERSION,
)
def confluence_writeback(
    context: dg.AssetExecutionContext,
    config: WriteBackConfig,
    settings: dg.ResourceParam[Settings],
    db: dg.ResourceParam[Database],
) -> dg.MaterializeResult[None]:
    """Edits made here and resolved conflicts, sent to Confluence as new versions, each only onto the version we saw."""
    spaces = settings.spaces_of(context.partition_key)
    if not spaces:
        return without_side(context, _NO_SIDE)
    with explained_failures(), confluence_system(settings) as confluence:
        done = each_scope(sync_jobs(context, db, confluence, spaces, config), write_back_scope)
    counts: Counter[str] = Counter()
    for one in done:
        counts.update(one.as_metadata())
    decided = plan_table(item for one in done for item in one.decided.items)
    shown = {"spaces": len(spaces), **counts, "decided": decided}
    return materialized(context, shown, data_version=pages_held(db, spaces).version)


def _pulled_metadata(
    db: Database,
    spaces: Sequence[str],
    tallies: Sequence[Tally],
    merged: Sequence[Reconciled],
    settings: Settings,
) -> Mapping[str, Any]:
    """Counts are sums over the spaces; what each space came to is a table."""
    counts: Counter[str] = Counter()
    for tally, one in zip(tallies, merged, strict=True):
        counts.update({name: value for name, value in tally.as_metadata().items() if type(value) is int})
        counts.update({f"merge_{name}": count for name, count in one.count().items()})
    rows = [(tally.scope, str(tally.completeness), tally.watermark, "; ".join(tally.notes)) for tally in tallies]
    return {
        **counts,
        "spaces": dg.MetadataValue.md(markdown_table(["space", "completeness", "watermark", "notes"], rows)),
        "merged": plan_table(item for one in merged for item in one.items),
        "latest": _latest(db, spaces, settings),
    }


def _latest(db: Database, spaces: Sequence[str], settings: Settings) -> dg.MetadataValue[Any]:
    rows = [
        (
            page_link(page["title"], settings.confluence_site, page["space_key"], page["page_id"]),
            page["space_key"],
            page["status"],
            page["author"],
            page["version_created_at"],
        )
        for page in latest_pages(db, spaces, limit=SAMPLE_ROWS)
    ]
    return dg.MetadataValue.md(markdown_table(["page", "space", "status", "last editor", "saved"], rows))
