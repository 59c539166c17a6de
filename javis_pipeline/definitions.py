"""What Dagster runs; reads like a table of contents."""

import dagster as dg

from javis_pipeline.defs import resources
from javis_pipeline.defs.executors import executor_for
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.jira import jira_issues
from javis_pipeline.defs.sources import jira_site, local_edits
from javis_pipeline.settings import load_settings

defs = dg.Definitions(
    assets=[jira_site, local_edits, jira_issues, work_context, ai_suggestions],
    resources={
        "settings": resources.settings,
        "db": resources.db,
        "jira": resources.jira,
    },
    executor=executor_for(load_settings().javis_executor),
)
