"""The end of the graph with a stand-in for Slack. Run as a program it materializes project OQC three times.

After the first run somebody makes the stored suggestions cite what is not there; after the second an issue is given
up. One JSON document a run is printed: the advice's metadata, pictures and tables of the context, whether the run
succeeded, and whether anything after the advice was reached.

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

PICTURES = ("cumulative_flow", "plots")
TABLES = ("risks", "blockers", "forecast_dates")
TAMPERED = """UPDATE ai_suggestions SET evidence = '{"finding_ids": ["overdue:OQC-0"], "issue_keys": []}'"""


@dg.asset(partitions_def=projects, deps=[ai_suggestions])
def told() -> None:
    """What comes after the advice."""


GIVEN_UP = """UPDATE jira_issues SET remote_state = 'gone' WHERE jira_id IN (
    SELECT jira_id FROM jira_issues WHERE status_category = 'indeterminate' LIMIT 20)"""


def report(settings: Settings, db: Database, instance: dg.DagsterInstance) -> str:
    result = dg.materialize(
        [work_context, ai_suggestions, suggestions_are_grounded, told],
        partition_key="OQC",
        resources={"settings": settings, "db": db},
        instance=instance,
        raise_on_error=False,
    )
    made = {event.asset_key: event.materialization.metadata for event in result.get_asset_materialization_events()}
    ours = {name: entry for name, entry in made[ai_suggestions.key].items() if not name.startswith("dagster/")}
    advice = {name: entry.value for name, entry in ours.items()}
    context = {name: entry.value for name, entry in made[work_context.key].items()}
    shown = {
        "success": result.success,
        "told": told.key in made,
        "advice": advice,
        "pictures": {name: context[name] for name in PICTURES},
        "tables": {name: context[name] for name in TABLES},
    }
    return json.dumps(shown)


if __name__ == "__main__":
    settings = load_settings()
    with closing(open_database(settings)) as db, dg.DagsterInstance.ephemeral() as instance:
        print(report(settings, db, instance))
        db.query(TAMPERED)
        print(report(settings, db, instance))
        with db.transaction(origin="sync") as conn:
            conn.execute(GIVEN_UP)
        print(report(settings, db, instance))
