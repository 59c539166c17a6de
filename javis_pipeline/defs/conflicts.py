"""The conflicts that wait for a person."""

import dagster as dg

from javis_pipeline.db.conflicts import list_conflicts, outline_conflicts, outline_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.assets import project_asset
from javis_pipeline.defs.columns import described
from javis_pipeline.defs.lineage import CONFLICTS
from javis_pipeline.defs.metadata import materialized, version_of
from javis_pipeline.defs.plans import LINES, conflict_table
from javis_pipeline.defs.syncing import PULLED, WRITTEN
from javis_pipeline.settings import Settings


@project_asset(
    deps=[*PULLED.values(), *WRITTEN.values()],
    group="sync",
    kinds={"postgres"},
    writes="here",
    metadata=described("sync_conflicts", CONFLICTS),
)
def sync_conflicts(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """One row per field that both sides changed: both values are kept until a person chooses."""
    scopes = settings.scopes_of([context.partition_key])
    conflicts, errors = outline_conflicts(db, scopes), outline_errors(db, scopes)
    return materialized(
        context,
        {
            "dagster/row_count": len(conflicts),
            "open": len(conflicts),
            "errors": len(errors),
            "conflicts": conflict_table(list_conflicts(db, scopes, limit=LINES), settings),
        },
        data_version=version_of(*(row["held"] for row in conflicts), *sorted(map(str, errors))),
    )
