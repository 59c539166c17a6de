"""What keeps the databases from growing for ever."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.autostart import SCHEDULE_STATUS
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.metadata import markdown_table
from javis_pipeline.defs.run_history import prune_runs
from javis_pipeline.settings import Settings, load_settings
from javis_pipeline.steps.prune import prune


@dg.op(description="Forget history that is older than the JAVIS_KEEP_*_DAYS: runs, journal, audit, advice.")
def forget_old_history(
    context: dg.OpExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.Output[None]:
    now, keep = datetime.now(UTC), settings.keep_days()
    with explained_failures():
        pruned = prune(db, keep, now=now)
    runs = prune_runs(context.instance, before=now - timedelta(days=keep.runs))
    rows = [tuple(asdict(entry).values()) for entry in pruned]
    table = markdown_table(["table", "days", "rows"], [*rows, ("runs of Dagster", keep.runs, runs)])
    return dg.Output(None, metadata={"forgotten": dg.MetadataValue.md(table), "runs": runs})


@dg.job(name="prune", description="Keep the databases small; the same as `javis db prune`.")
def prune_job() -> None:
    forget_old_history()


prune_schedule = dg.ScheduleDefinition(
    name="prune_monthly",
    job=prune_job,
    cron_schedule="0 3 1 * *",
    execution_timezone=load_settings().javis_timezone.key,
    default_status=SCHEDULE_STATUS,
    description="Forget old history in the first night of each month.",
)
