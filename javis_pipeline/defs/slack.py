"""What Slack is told: the alert when risks changed, and the digest at the end of the graph.

They only read what the other assets stored. When they fail, everything before them is done all the same.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.assets import project_asset
from javis_pipeline.defs.conflicts import sync_conflicts
from javis_pipeline.defs.failures import explained_failures
from javis_pipeline.defs.insight import ai_suggestions, work_context
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.errors import SettingError
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import last_context
from javis_pipeline.steps.look_back import post_week
from javis_pipeline.steps.notify import digest_post, post_digest, post_risk_alert, read_digest
from javis_pipeline.steps.publish import Published, preview
from javis_pipeline.wiring import calling, slack_client, slack_outlet


@project_asset(
    deps=[work_context],
    group="slack",
    kinds={"slack"},
    writes="slack",
    pool="slack_api",
)
def slack_risk_alert(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """A post in the project's channel when the set of risks of at least medium severity changed; else nothing.

    Changes of one day change the post of that day. There is none in a run that ends with the digest, which tells the
    same, nor without SLACK_BOT_TOKEN or a channel.
    """
    if slack_digest.key in context.job_def.asset_layer.executable_asset_keys:
        return _nothing("the digest of this run tells it")
    newest = last_context(db, context.partition_key)
    missing = _not_configured(settings, context.partition_key)
    if missing or newest is None:
        return _nothing(missing or "the project has no work context yet")
    with explained_failures():
        slack, outlet = slack_client(settings), slack_outlet(settings, context.partition_key)
        published = post_risk_alert(db, slack, outlet, newest, now=datetime.now(UTC))
        link = slack.permalink(published.sent) if published.sent else None
    return dg.MaterializeResult(metadata=_metadata(published, outlet.channel, link))


@project_asset(
    deps=[ai_suggestions, sync_conflicts],
    group="slack",
    kinds={"slack"},
    writes="slack",
    pool="slack_api",
)
def slack_digest(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.MaterializeResult[None]:
    """The digest in the project's channel: sprint, risks, suggestions, conflicts, and what is new since the last one.

    The same state is never posted twice; news of one day change the post of that day. Details and charts are in the
    thread. Once a week another post tells what the last week's advice came to, and how good the forecasts were. Without
    SLACK_BOT_TOKEN or a channel there is none.
    """
    missing = _not_configured(settings, context.partition_key)
    if missing:
        return _nothing(missing)
    with explained_failures():
        slack = slack_client(settings)
        outlet = calling(settings, slack_outlet(settings, context.partition_key))
        published = post_digest(db, slack, outlet, now=datetime.now(UTC))
        week = post_week(db, slack, outlet, now=datetime.now(UTC))
        link = slack.permalink(published.sent) if published.sent else None
    return dg.MaterializeResult(metadata={**_metadata(published, outlet.channel, link), "last_week": week.outcome})


@partitioned_check(slack_digest, "slack_post_is_current", "The newest digest in the channel shows what is known now.")
def slack_post_is_current(
    context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.AssetCheckResult:
    if missing := _not_configured(settings, context.partition_key):
        return dg.AssetCheckResult(passed=True, description=missing)
    with explained_failures():
        current = _is_current(db, settings, context.partition_key)
    words = None if current else "More is known than the channel was told. Materialize slack_digest"
    return dg.AssetCheckResult(passed=current, severity=dg.AssetCheckSeverity.WARN, description=words)


CHECKS = [slack_post_is_current]


def _is_current(db: Database, settings: Settings, project: str) -> bool:
    outlet = calling(settings, slack_outlet(settings, project))
    digest = read_digest(db, outlet)
    if digest is None:
        return True
    post = digest_post(digest, outlet)
    found = preview(db, slack_client(settings), post, now=datetime.now(UTC), zone=outlet.zone)
    return found.outcome == "unchanged"


def _not_configured(settings: Settings, project: str) -> str:
    """What is missing to post, and how to set it; empty when nothing is."""
    try:
        settings.require_slack()
        settings.require_slack_channel(project)
    except SettingError as error:
        return str(error)
    return ""


def _nothing(reason: str) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"outcome": "nothing_to_say", "notes": reason})


def _metadata(published: Published, channel: str, link: str | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"outcome": published.outcome, "channel": channel}
    if published.notes:
        metadata["notes"] = " ".join(published.notes)
    if link:
        metadata["post"] = dg.MetadataValue.url(link)
    return metadata
