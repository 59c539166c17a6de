"""Keeps the check `pulled_lately` true of each project: a run that fails does not get as far as its checks.

The sensor only looks into our database.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.autostart import SENSOR_STATUS
from javis_pipeline.defs.verdicts import PULLED_LATELY, VERDICTS, evaluation, report
from javis_pipeline.settings import Settings

# The UI shows of a check what was said last, whichever project it is about: what is late has the last word.
_TOLD_AGAIN: Final = timedelta(minutes=15)
_NAME: Final = f"{PULLED_LATELY}_watch"


@dg.sensor(
    name=_NAME,
    minimum_interval_seconds=300,
    default_status=SENSOR_STATUS,
    description="Keep the check `pulled_lately` of each project true, also while its runs fail.",
)
def pulled_lately_watch(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    now = datetime.now(UTC)
    look = str(uuid4())
    told: dict[str, list[object]] = json.loads(context.cursor) if context.cursor else {}
    verdicts = sorted(_verdicts(db, settings), key=lambda verdict: not verdict.passed)
    news = [verdict for verdict in verdicts if _is_news(verdict, told, now)]
    told |= {_key(verdict): [verdict.passed, str(verdict.severity), now.timestamp()] for verdict in news}
    for verdict in news:
        report(context.instance, verdict, run_id=look, job_name=_NAME)
    named = ", ".join(f"{_key(verdict)} {'in time' if verdict.passed else 'late'}" for verdict in news)
    reason = f"told: {named}" if news else "every project is as it was said to be"
    return dg.SensorResult(cursor=json.dumps(told), skip_reason=reason)


def _verdicts(db: Database, settings: Settings) -> Iterator[dg.AssetCheckEvaluation]:
    for project in settings.partitions:
        for verdict in VERDICTS:
            if verdict.name == PULLED_LATELY:
                yield evaluation(verdict, project, settings, db)


def _key(verdict: dg.AssetCheckEvaluation) -> str:
    return f"{verdict.asset_key.to_user_string()}:{verdict.partition}"


def _is_news(verdict: dg.AssetCheckEvaluation, told: Mapping[str, list[object]], now: datetime) -> bool:
    """Whether it was not told so before; what is late is told again, since runs of other projects speak meanwhile."""
    passed, severity, at = told.get(_key(verdict), (None, None, 0.0))
    is_old = not verdict.passed and now.timestamp() - float(str(at)) >= _TOLD_AGAIN.total_seconds()
    return is_old or (passed, severity) != (verdict.passed, str(verdict.severity))
