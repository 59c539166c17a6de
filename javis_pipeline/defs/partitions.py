"""The one partition dimension: the project.

All assets share it, because assets with different partition definitions cannot be in one run. The keys come from
settings: a key that exists only in the instance's database would be missing on a fresh instance.
"""

import dagster as dg

from javis_pipeline.settings import load_settings

projects = dg.StaticPartitionsDefinition(list(load_settings().partitions))
