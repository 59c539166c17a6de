"""Whether each project was pulled lately: of each by itself, so that a good one does not hide nineteen stale ones.

A run that fails does not get as far as its checks, so the verdict is kept up to date by a sensor, which only looks into
our database.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import last_pulls
from javis_pipeline.defs.autostart import SENSOR_STATUS
from javis_pipeline.defs.partitions import partitioned_check
from javis_pipeline.defs.sides import SIDES, Side
from javis_pipeline.defs.syncing import PULLED
from javis_pipeline.records.values import ScopeRef, System
from javis_pipeline.settings import Settings

NAME: Final = "pulled_lately"
# The schedule pulls every 15 minutes.
LATE: Final = timedelta(hours=1)
# A day without a pull means that nobody looks after it.
FORGOTTEN: Final = timedelta(days=1)
# The UI shows of a check what was said last, whichever project it is about: what is late has the last word.
_TOLD_AGAIN: Final = timedelta(minutes=15)


def judge(project: str, system: System, db: Database, settings: Settings, now: datetime) -> dg.AssetCheckResult:
    """Whether the project's side in a system was pulled lately; a side that it does not have is always in time."""
    side = SIDES[system]
    scopes = [ScopeRef(system, scope) for scope in settings.scopes_in(system, project)]
    if not scopes:
        return dg.AssetCheckResult(passed=True, description=side.none)
    pulled = last_pulls(db)
    never = [ref.scope for ref in scopes if ref not in pulled]
    if never:
        return _late(f"never pulled: {', '.join(never)}", dg.AssetCheckSeverity.ERROR)
    oldest = min(scopes, key=lambda ref: pulled[ref])
    age = now - pulled[oldest]
    words = f"{oldest.scope} was pulled {_ago(age)} ago"
    if age < LATE:
        return dg.AssetCheckResult(passed=True, metadata={"pulled_at": dg.MetadataValue.timestamp(pulled[oldest])})
    return _late(words, dg.AssetCheckSeverity.ERROR if age >= FORGOTTEN else dg.AssetCheckSeverity.WARN)


def _late(words: str, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False, severity=severity, description=f"{words}. Look at its last run, or at Jira"
    )


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"


def _check(side: Side) -> dg.AssetChecksDefinition:
    what = "The project was" if side.is_one else f"The project's {side.scope}s were"

    @partitioned_check(PULLED[side.system], NAME, f"{what} read to the end within the last hour; a day is an error.")
    def pulled_lately(
        context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
    ) -> dg.AssetCheckResult:
        return judge(context.partition_key, side.system, db, settings, datetime.now(UTC))

    return pulled_lately


CHECKS: Final = [_check(side) for side in SIDES.values()]


@dg.sensor(
    name=f"{NAME}_watch",
    minimum_interval_seconds=300,
    default_status=SENSOR_STATUS,
    description="Keep the check `pulled_lately` of each project true, also while its runs fail.",
)
def pulled_lately_watch(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    now = datetime.now(UTC)
    told: dict[str, list[object]] = json.loads(context.cursor) if context.cursor else {}
    verdicts = sorted(_verdicts(db, settings, now), key=lambda verdict: not verdict.passed)
    news = [verdict for verdict in verdicts if _is_news(verdict, told, now)]
    told |= {_key(verdict): [verdict.passed, str(verdict.severity), now.timestamp()] for verdict in news}
    return dg.SensorResult(
        asset_events=news,
        cursor=json.dumps(told),
        skip_reason=None if news else "every project is as it was said to be",
    )


def _verdicts(db: Database, settings: Settings, now: datetime) -> Iterator[dg.AssetCheckEvaluation]:
    for project in settings.partitions:
        for system, asset in PULLED.items():
            result = judge(project, system, db, settings, now)
            yield dg.AssetCheckEvaluation(
                asset_key=asset.key,
                check_name=NAME,
                passed=result.passed,
                severity=result.severity,
                description=result.description,
                metadata=result.metadata,
                partition=project,
            )


def _key(verdict: dg.AssetCheckEvaluation) -> str:
    return f"{verdict.asset_key.to_user_string()}:{verdict.partition}"


def _is_news(verdict: dg.AssetCheckEvaluation, told: Mapping[str, list[object]], now: datetime) -> bool:
    """Whether it was not told so before; what is late is told again, since runs of other projects speak meanwhile."""
    passed, severity, at = told.get(_key(verdict), (None, None, 0.0))
    is_old = not verdict.passed and now.timestamp() - float(str(at)) >= _TOLD_AGAIN.total_seconds()
    return is_old or (passed, severity) != (verdict.passed, str(verdict.severity))
