"""What Dagster runs; reads like a table of contents."""

import dagster as dg

from javis_pipeline.defs import checks, checks_insight, resources
from javis_pipeline.defs.census import census_job
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.executors import executor_for
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.jira import jira_issues, jira_writeback
from javis_pipeline.defs.jobs import advise_job, everything_job, sync_job
from javis_pipeline.defs.maintenance import prune_job, prune_schedule
from javis_pipeline.defs.schedules import census_schedule, morning_schedule, sync_schedule
from javis_pipeline.defs.sensors import local_changes
from javis_pipeline.defs.sources import jira_site, local_edits
from javis_pipeline.settings import load_settings

defs = dg.Definitions(
    assets=[
        jira_site,
        local_edits,
        jira_issues,
        jira_writeback,
        sync_conflicts,
        work_context,
        ai_suggestions,
    ],
    asset_checks=[*checks.CHECKS, *checks_insight.CHECKS],
    jobs=[sync_job, advise_job, everything_job, census_job, prune_job],
    schedules=[sync_schedule, morning_schedule, census_schedule, prune_schedule],
    sensors=[local_changes],
    resources={"settings": resources.settings, "db": resources.db, "jira": resources.jira},
    executor=executor_for(load_settings().javis_executor),
)
