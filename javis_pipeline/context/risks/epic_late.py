"""Epics that the forecast sees finished after their due date."""

from datetime import date

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.risks.sprint_off_track import HIGH_BELOW, MEDIUM_BELOW
from javis_pipeline.context.wording import counted, day_words
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.risk import Risk


def find(facts: Facts) -> Found:
    """High when the epic is hardly ever done in time, medium when that is less likely than not; the soonest due first.

    One whose date has passed is overdue, which is a finding of its own.
    """
    late = [
        (forecast, forecast.target_on)
        for epic in facts.epics
        if (forecast := facts.forecast_of(f"epic:{epic.key}"))
        and forecast.on_time is not None
        and forecast.on_time < MEDIUM_BELOW
        and forecast.target_on is not None
        and forecast.target_on >= facts.today.date
    ]
    late.sort(key=lambda each: (each[1], each[0].subject))
    return found("epic_late", [_risk(forecast, due) for forecast, due in late], limit=facts.thresholds.risks_per_kind)


def _risk(forecast: Forecast, due: date) -> Risk:
    key, on_time = forecast.subject.removeprefix("epic:"), forecast.on_time or 0.0
    return Risk(
        finding_id=f"epic_late:{key}",
        kind="epic_late",
        severity="high" if on_time < HIGH_BELOW else "medium",
        summary=(
            f"epic {key} is due on {day_words(due)} with {counted(forecast.remaining, 'item')} to finish: "
            f"that works out in {share_words(on_time)}"
        ),
        issue_keys=(key,),
        evidence={
            "remaining": forecast.remaining,
            "due_date": str(due),
            "on_time_percent": round(100 * on_time),
            **({} if forecast.p85_on is None else {"p85_on": str(forecast.p85_on)}),
        },
        since=None,
    )
