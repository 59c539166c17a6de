"""Jobs: parts of the graph that are run together, for one project at a time."""

import dagster as dg

from javis_pipeline.defs.checks import NIGHTLY
from javis_pipeline.defs.sides import SIDES

_VERIFY = dg.AssetSelection.checks(*NIGHTLY)
# Their assets tell the checks (defs/verdicts.py).
_SYNC = dg.AssetSelection.groups(*SIDES, "sync").without_checks()
_ADVICE = dg.AssetSelection.groups("insight", "slack")

sync_job = dg.define_asset_job("sync", _SYNC, description="Bring Jira, Confluence and PostgreSQL into step.")
everything_job = dg.define_asset_job(
    "everything", _SYNC | _ADVICE, description="Sync, then context, suggestions and Slack."
)
advise_job = dg.define_asset_job(
    "advise",
    _ADVICE,
    description="Context, suggestions and Slack, from what the last sync brought.",
)
verify_job = dg.define_asset_job(
    "verify", _VERIFY, description="Compare a sample of both sides; the same as javis verify --sample."
)
risk_alerts_job = dg.define_asset_job(
    "risk_alerts",
    dg.AssetSelection.assets("work_context", "slack_risk_alert"),
    description="Tell Slack when the set of risks changed.",
)
