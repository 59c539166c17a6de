"""Sensors: what happens here wakes a run up."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import waiting_hints
from javis_pipeline.db.local_edits import editors
from javis_pipeline.defs.autostart import SENSOR_STATUS
from javis_pipeline.defs.jobs import sync_job
from javis_pipeline.defs.sources import observe_edits
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.settings import Settings
from javis_pipeline.steps.wake import Memory, wake

LOOK_EVERY_SECONDS = 15
EDITS_SHOWN = timedelta(days=1)
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    job=sync_job,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=SENSOR_STATUS,
    description="Sync a project when somebody edits it in PostgreSQL or decides a conflict. Many edits make one run.",
)
def local_changes(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    kept = json.loads(context.cursor) if context.cursor else {}
    memory = Memory(kept.get("read_to"), tuple(kept.get("waiting", ())), tuple(kept.get("wishes", ())))
    woken = wake(
        db,
        memory,
        projects=settings.partitions,
        project_of=settings.project_of,
        is_busy=lambda project: _is_busy(context.instance, project),
    )
    cursor = json.dumps(
        {
            "read_to": woken.memory.read_to,
            "waiting": woken.memory.waiting,
            "wishes": woken.memory.wishes,
        }
    )
    requests = [
        dg.RunRequest(run_key=f"local:{project}:{woken.memory.read_to}", partition_key=project)
        for project in woken.projects
    ]
    if requests:
        edits = list(_edits(db, woken.projects, settings))
        return dg.SensorResult(run_requests=requests, asset_events=edits, cursor=cursor)
    waiting = ", ".join(woken.memory.waiting)
    reason = f"edits of {waiting} wait for the run under way to end" if waiting else "nothing was edited here"
    return dg.SensorResult(skip_reason=reason, cursor=cursor)


@dg.sensor(
    job=sync_job,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=SENSOR_STATUS,
    description="Sync a project when a webhook tells of a change in it. Many webhooks make one run.",
)
def remote_changes(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    with db.transaction() as conn:
        waiting = waiting_hints(conn)
    newest: dict[str, int] = {}
    for scope, hint in waiting.items():
        if (project := settings.project_of(scope)) is not None:
            newest[project] = max(hint, newest.get(project, 0))
    requests = [
        dg.RunRequest(run_key=f"remote:{project}:{hint}", partition_key=project)
        for project, hint in sorted(newest.items())
        if not _is_busy(context.instance, project)
    ]
    if requests:
        return dg.SensorResult(run_requests=requests)
    reason = (
        f"what was told of {', '.join(newest)} waits for the run under way to end" if newest else "nothing was told"
    )
    return dg.SensorResult(skip_reason=reason)


def _edits(db: Database, projects: Iterable[str], settings: Settings) -> Iterator[dg.AssetObservation]:
    """Who edited the projects that are woken, for the page of `local_edits`."""
    rows = editors(db, datetime.now(UTC) - EDITS_SHOWN)
    for project in projects:
        own = [row for row in rows if settings.project_of(ScopeRef(row["system"], row["scope"])) == project]
        if own:
            yield observe_edits(own, project)


def _is_busy(instance: dg.DagsterInstance, project: str) -> bool:
    under_way = dg.RunsFilter(statuses=UNFINISHED, tags={"dagster/partition": project})
    return instance.get_runs_count(under_way) > 0


# Makes the work context anew when what it is made from differs; see its `automation_condition`.
automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=SENSOR_STATUS,
    description="Make the work context of a project anew when its issues, pages or conflicts differ.",
)
