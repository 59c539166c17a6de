"""Schedules: one run for each project at each tick; run keys keep a tick from starting twice."""

from collections.abc import Iterator

import dagster as dg

from javis_pipeline.defs.autostart import SCHEDULE_STATUS
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import load_settings

_ZONE = load_settings().javis_timezone.key


def _for_each_project(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    for project in projects.get_partition_keys():
        yield dg.RunRequest(run_key=f"{project}:{context.scheduled_execution_time.isoformat()}", partition_key=project)


def _schedule(name: str, job_name: str, cron: str, description: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=name,
        job_name=job_name,
        cron_schedule=cron,
        execution_timezone=_ZONE,
        execution_fn=_for_each_project,
        default_status=SCHEDULE_STATUS,
        description=description,
    )


sync_schedule = _schedule("sync_every_15_minutes", "sync", "*/15 * * * *", "Keep both sides in step.")
morning_schedule = _schedule(
    "everything_at_8", "everything", "0 8 * * *", "Sync and post the digest before the day begins."
)
risk_alerts_schedule = _schedule("risk_alerts_every_6_hours", "risk_alerts", "0 */6 * * *", "Tell of new risks.")
census_schedule = _schedule("census_at_night", "census", "30 2 * * *", "Find out what was deleted there.")
