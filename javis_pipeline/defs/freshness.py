"""Keeps the check `pulled_lately` true of each project: a run that fails does not get as far as its checks.

The sensor only looks into our database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import uuid4

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.autostart import SENSOR_STATUS
from javis_pipeline.defs.verdicts import PULLED_LATELY, VERDICTS, evaluation, report
from javis_pipeline.settings import Settings

# So many runs may be about to say something.
_UNDER_WAY: Final = 20
_NAME: Final = f"{PULLED_LATELY}_watch"


@dg.sensor(
    name=_NAME,
    minimum_interval_seconds=60,
    default_status=SENSOR_STATUS,
    description="Keep the check `pulled_lately` of each project true, also while its runs fail.",
)
def pulled_lately_watch(
    context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings], db: dg.ResourceParam[Database]
) -> dg.SensorResult:
    look = str(uuid4())
    told: dict[str, list[object]] = json.loads(context.cursor) if context.cursor else {}
    verdicts = sorted(_verdicts(db, settings), key=lambda verdict: not verdict.passed)
    covered = set(_covered(context.instance, verdicts))
    news = [
        verdict
        for verdict in verdicts
        if _is_news(verdict, told) or (not verdict.passed and verdict.asset_check_key in covered)
    ]
    told |= {_key(verdict): _said(verdict) for verdict in news}
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


def _said(verdict: dg.AssetCheckEvaluation) -> list[object]:
    return [verdict.passed, str(verdict.severity)]


def _covered(instance: dg.DagsterInstance, verdicts: Iterable[dg.AssetCheckEvaluation]) -> Iterator[dg.AssetCheckKey]:
    """Checks of which a run of another project said last that all is well, while something is late.

    The UI shows of a check what was said last, whichever project it is about: what is late has the last word.
    """
    for key in {verdict.asset_check_key for verdict in verdicts if not verdict.passed}:
        latest = instance.event_log_storage.get_asset_check_execution_history(key, limit=_UNDER_WAY)
        last = next((record.evaluation for record in latest if record.evaluation is not None), None)
        if last is not None and last.passed:
            yield key


def _is_news(verdict: dg.AssetCheckEvaluation, told: Mapping[str, list[object]]) -> bool:
    """Whether it was not told so before."""
    return told.get(_key(verdict)) != _said(verdict)
