"""Failed runs are told in Slack: each once, and also when Slack takes it only later."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.autostart import SENSOR_STATUS
from javis_pipeline.errors import RemoteError, ScopeBusy
from javis_pipeline.records.digest import FailedRun
from javis_pipeline.settings import Settings
from javis_pipeline.steps.notify import post_run_failure
from javis_pipeline.wiring import slack_client, slack_outlet

# A run is looked at a moment after it failed: by then it says whether Dagster will try it again.
_SETTLED: Final = timedelta(seconds=5)
# Runs come to light in another order than they failed in.
_OVERLAP: Final = timedelta(minutes=2)
_REMEMBERED: Final = 200
_MOST_WAITING: Final = 50
_LOOKED_AT: Final = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """What the sensor knows, as it is kept in the cursor.

    Attributes:
        since: Failures up to then were seen, in seconds of the epoch.
        seen: Ids of the latest failed runs.
        waiting: Ids of those that Slack has not taken, oldest first.
    """

    since: float
    seen: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=SENSOR_STATUS,
    description="Tell Slack that a run failed: why, what to do, and where to look. Once for each cause, and later when "
    "Slack is away; not for a run that Dagster tries again.",
)
def run_failure_to_slack(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    now = datetime.now(UTC)
    watch = _watch(context.cursor, now)
    # Runs that the command line started belong to no code location; their failures count as well.
    failed = _newly_failed(context.instance, watch, now)
    waiting = [*watch.waiting, *(run.run_id for run in failed if not _is_tried_again(run))]
    left = _told(context.instance, settings, db, waiting[-_MOST_WAITING:], now)
    cursor = Watch(
        (now - _SETTLED).timestamp(),
        (*watch.seen, *(run.run_id for run in failed))[-_REMEMBERED:],
        tuple(left),
    )
    told = len(waiting) - len(left)
    reason = f"{told} told, {len(left)} wait for Slack" if waiting else "no run failed"
    return dg.SensorResult(skip_reason=reason, cursor=json.dumps(asdict(cursor)))


def _watch(cursor: str | None, now: datetime) -> Watch:
    """What the cursor says; from now on without one."""
    if not cursor:
        return Watch(now.timestamp())
    known = json.loads(cursor)
    return Watch(known["since"], tuple(known["seen"]), tuple(known["waiting"]))


def _newly_failed(instance: dg.DagsterInstance, watch: Watch, now: datetime) -> list[dg.DagsterRun]:
    wanted = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE],
        updated_after=datetime.fromtimestamp(watch.since, UTC) - _OVERLAP,
        updated_before=now - _SETTLED,
    )
    records = instance.get_run_records(wanted, limit=_LOOKED_AT, order_by="update_timestamp")[::-1]
    return [record.dagster_run for record in records if record.dagster_run.run_id not in watch.seen]


def _is_tried_again(run: dg.DagsterRun) -> bool:
    """Whether Dagster starts it once more: not one of `dg launch`, which it marks all the same, since it does not know
    where to start it."""
    return run.tags.get(WILL_RETRY_TAG) == "true" and run.remote_job_origin is not None


def _told(
    instance: dg.DagsterInstance, settings: Settings, db: Database, waiting: Sequence[str], now: datetime
) -> list[str]:
    """Tell Slack of the runs; the ids of those that it did not take."""
    left = []
    for run_id in waiting:
        run = instance.get_run_by_id(run_id)
        if run is None:
            continue
        try:
            _tell(instance, settings, db, run, now)
        except (RemoteError, ScopeBusy) as error:
            log.warning("failure_waits_for_slack run=%s reason=%s", run_id, error)
            left.append(run_id)
    return left


def _tell(instance: dg.DagsterInstance, settings: Settings, db: Database, run: dg.DagsterRun, now: datetime) -> None:
    project = run.tags.get("dagster/partition", "")
    channel = settings.slack_channel(project)
    if settings.slack_bot_token is None or channel is None:
        return
    url = f"{settings.javis_ui_url}/runs/{run.run_id}" if settings.javis_ui_url else None
    cause, remedy = _cause(instance, run.run_id)
    failed = FailedRun(job=run.job_name, run_id=run.run_id, url=url, cause=cause, remedy=remedy)
    post_run_failure(db, slack_client(settings), slack_outlet(settings, project, channel), failed, now=now)


def _cause(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str]:
    """Why a run failed and what to do, in our words: a step's own message says both."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    failures = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
    for event in failures:
        told = event.step_failure_data.user_failure_data
        if told is not None and told.description:
            return told.description, ""
    if not failures:
        return (
            "the run ended without a word: its process was killed, ran out of memory, or could not be started",
            "look at the machine and the daemon, then start the run again",
        )
    error = failures[0].step_failure_data.error
    # Dagster wraps what a step raises.
    raised = error.cause or error if error is not None else None
    kind = f" ({raised.cls_name})" if raised is not None and raised.cls_name else ""
    return (
        f"step {failures[0].step_key} stopped at something that nobody foresaw{kind}",
        "javis doctor checks settings and access; the run's page has the details",
    )
