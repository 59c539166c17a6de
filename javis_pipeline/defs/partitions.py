"""The one partition dimension: the project.

All assets share it, because assets with different partition definitions cannot be in one run. The keys come from
settings: a key that exists only in the instance's database would be missing on a fresh instance.
"""

import warnings
from collections.abc import Callable

import dagster as dg

from javis_pipeline.settings import load_settings

projects = dg.StaticPartitionsDefinition(list(load_settings().partitions))


def partitioned_check(
    asset: dg.AssetsDefinition, name: str, description: str, *, blocking: bool = False, pool: str | None = None
) -> Callable[[Callable[..., dg.AssetCheckResult]], dg.AssetChecksDefinition]:
    """A check that has a result for each project: that of one does not hide what waits in another."""
    # Preview in Dagster 1.13, and worth it.
    warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec is currently in preview")
    return dg.asset_check(
        asset=asset, name=name, description=description, blocking=blocking, pool=pool, partitions_def=projects
    )
