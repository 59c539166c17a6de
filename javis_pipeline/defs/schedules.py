"""Schedules: one run for each project at each tick; run keys keep a tick from starting twice.

A project whose last run of the job has not begun yet gets no further one, so that the queue cannot grow without end.
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from javis_pipeline.defs.autostart import SCHEDULE_STATUS
from javis_pipeline.defs.partitions import projects
from javis_pipeline.settings import load_settings

_ZONE = load_settings().javis_timezone.key


# One that is not even in the queue is no reason to wait: a tick that was cut off makes it, and continues with it.
NOT_BEGUN: Final = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING]


def _for_each_project(context: dg.ScheduleEvaluationContext, job_name: str) -> Iterator[dg.RunRequest | dg.SkipReason]:
    in_queue = context.instance.get_runs(dg.RunsFilter(job_name=job_name, statuses=NOT_BEGUN))
    waiting = {run.tags.get("dagster/partition") for run in in_queue}
    keys = projects.get_partition_keys()
    if waiting.issuperset(keys):
        yield dg.SkipReason("the last run of every project still waits in the queue")
    for project in keys:
        if project in waiting:
            context.log.info("no further run of %s for %s: its last one still waits in the queue", job_name, project)
        else:
            run_key = f"{project}:{context.scheduled_execution_time.isoformat()}"
            yield dg.RunRequest(run_key=run_key, partition_key=project)


def _schedule(name: str, job_name: str, cron: str, description: str) -> dg.ScheduleDefinition:
    def tick(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        return _for_each_project(context, job_name)

    return dg.ScheduleDefinition(
        name=name,
        job_name=job_name,
        cron_schedule=cron,
        execution_timezone=_ZONE,
        execution_fn=tick,
        default_status=SCHEDULE_STATUS,
        description=description,
    )


sync_schedule = _schedule("sync_every_15_minutes", "sync", "*/15 * * * *", "Keep both sides in step.")
morning_schedule = _schedule(
    "everything_at_8", "everything", "0 8 * * *", "Sync and post the digest before the day begins."
)
risk_alerts_schedule = _schedule("risk_alerts_every_6_hours", "risk_alerts", "0 */6 * * *", "Tell of new risks.")
verify_schedule = _schedule("verify_at_night", "verify", "30 4 * * *", "Compare a sample of both sides.")
census_schedule = _schedule("census_at_night", "census", "30 2 * * *", "Find out what was deleted there.")
