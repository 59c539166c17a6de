"""How good the forecasts were: what was said in the past, against what came.

Works on what is kept of the contexts of the past, one a day; needs no tables.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from javis_pipeline.records.forecast import Forecast, ForecastOutcome

# What was said so long before a date came due; on the eve everybody knows.
_SAID_BEFORE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Said:
    """What was known of the future on a day.

    Attributes:
        forecasts: By subject.
        left: Items that were left of each sprint, epic and version, by subject.
    """

    day: date
    forecasts: Mapping[str, Forecast]
    left: Mapping[str, int]


def said_on(document: Mapping[str, Any]) -> Said:
    """A day's part of a kept context, as `db.context.daily_forecasts` gives it."""
    forecasts = [_forecast(each) for each in document["forecasts"]]
    left = {
        **{f"sprint:{each['sprint_id']}": len(each["remaining_keys"]) for each in document["sprints"]},
        **{f"epic:{each['key']}": each["items"] - each["done"] for each in document["epics"]},
        **{f"version:{each['version_id']}": len(each["remaining_keys"]) for each in document["versions"]},
    }
    as_of = datetime.fromisoformat(document["as_of"]).date()
    return Said(as_of, {forecast.subject: forecast for forecast in forecasts}, left)


def _forecast(document: Mapping[str, Any]) -> Forecast:
    days = {
        name: date.fromisoformat(document[name]) if document[name] else None
        for name in ("p50_on", "p85_on", "p95_on", "target_on")
    }
    return Forecast(**{**document, **days})


def came_due(history: Sequence[Said], since: date, until: date) -> tuple[ForecastOutcome, ...]:
    """The 85 % dates from `since` until before `until`, as they were said a week or more before, one a subject.

    Args:
        history: The oldest day first.
    """
    told: dict[str, tuple[date, Forecast]] = {}
    for said in history:
        for forecast in said.forecasts.values():
            due = forecast.p85_on
            if due is not None and since <= due < until and due - said.day >= _SAID_BEFORE:
                told[forecast.subject] = (said.day, forecast)
    return tuple(_outcome(day, forecast, history) for day, forecast in told.values())


def _outcome(day: date, forecast: Forecast, history: Iterable[Said]) -> ForecastOutcome:
    due, subject = forecast.p85_on, forecast.subject
    assert due is not None
    seen = [said for said in history if said.day >= day]
    # Days are told in the morning: what was finished on the last day is seen on the next.
    left = [said.left[subject] for said in seen if subject in said.left and said.day <= due + timedelta(days=1)]
    after = next((said for said in seen if said.day > due), None)
    # An epic or a version that is closed by then is done; of a sprint that is over the rest was left.
    is_closed = after is not None and subject not in after.left and not subject.startswith("sprint:")
    return ForecastOutcome(subject, day, due, 0 if is_closed or not left else left[-1])
