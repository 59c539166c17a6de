"""The end of the graph with a stand-in for Slack. Run as a program it materializes project OQC twice.

Between the runs somebody makes the stored suggestions cite what is not there. One JSON document a run is printed: the
advice's metadata, whether the run succeeded, and whether anything after the advice was reached.

In a process of its own, because the partitions are read from the environment on import.
"""

import json
from contextlib import closing

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.checks_insight import suggestions_are_grounded
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import Settings, load_settings
from javis_pipeline.wiring import open_database

TAMPERED = """UPDATE ai_suggestions SET evidence = '{"finding_ids": ["overdue:OQC-0"], "issue_keys": []}'"""


@dg.asset(partitions_def=projects, deps=[ai_suggestions])
def told() -> None:
    """What comes after the advice."""


def report(settings: Settings, db: Database) -> str:
    result = dg.materialize(
        [work_context, ai_suggestions, suggestions_are_grounded, told],
        partition_key="OQC",
        resources={"settings": settings, "db": db},
        raise_on_error=False,
    )
    made = {event.asset_key: event.materialization.metadata for event in result.get_asset_materialization_events()}
    advice = {name: entry.value for name, entry in made[ai_suggestions.key].items()}
    return json.dumps({"success": result.success, "told": told.key in made, "advice": advice})


if __name__ == "__main__":
    settings = load_settings()
    with closing(open_database(settings)) as db:
        print(report(settings, db))
        db.query(TAMPERED)
        print(report(settings, db))
