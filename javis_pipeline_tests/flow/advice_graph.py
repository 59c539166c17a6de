"""The end of the graph with a stand-in for Slack, for `dagster -f`."""

from pathlib import Path

import dagster as dg

from javis_pipeline.defs import resources
from javis_pipeline.defs.checks_insight import suggestions_are_grounded
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import load_settings


@dg.asset(partitions_def=projects, deps=[ai_suggestions])
def told() -> None:
    """What comes after the advice: leaves a file."""
    Path(load_settings().javis_home, "told").touch()


defs = dg.Definitions(
    assets=[work_context, ai_suggestions, told],
    asset_checks=[suggestions_are_grounded],
    resources={"settings": resources.settings, "db": resources.db},
)
