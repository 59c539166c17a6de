"""What Dagster runs; reads like a table of contents."""

import dagster as dg

from javis_pipeline.defs import checks, checks_insight, freshness, resources, slack
from javis_pipeline.defs.census import census_job
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.executors import executor_for
from javis_pipeline.defs.failed_runs import run_failure_to_slack
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.jobs import advise_job, everything_job, risk_alerts_job, sync_job, verify_job
from javis_pipeline.defs.maintenance import prune_job, prune_schedule
from javis_pipeline.defs.schedules import (
    census_schedule,
    morning_schedule,
    risk_alerts_schedule,
    sync_schedule,
    verify_schedule,
)
from javis_pipeline.defs.sensors import automation, local_changes, remote_changes
from javis_pipeline.defs.slack import slack_digest, slack_risk_alert
from javis_pipeline.defs.sources import SITES, local_edits
from javis_pipeline.defs.syncing import PULLED, WRITTEN
from javis_pipeline.settings import load_settings

defs = dg.Definitions(
    assets=[
        *SITES,
        local_edits,
        *PULLED.values(),
        *WRITTEN.values(),
        sync_conflicts,
        work_context,
        ai_suggestions,
        slack_risk_alert,
        slack_digest,
    ],
    asset_checks=[
        *checks.CHECKS,
        *checks.NIGHTLY,
        *checks_insight.CHECKS,
        *slack.CHECKS,
    ],
    jobs=[sync_job, advise_job, risk_alerts_job, everything_job, verify_job, census_job, prune_job],
    schedules=[sync_schedule, morning_schedule, risk_alerts_schedule, census_schedule, verify_schedule, prune_schedule],
    sensors=[local_changes, remote_changes, run_failure_to_slack, freshness.pulled_lately_watch, automation],
    resources={"settings": resources.settings, "db": resources.db},
    executor=executor_for(load_settings().javis_executor),
)
