"""Active sprints that the forecast sees finished too late."""

from typing import Final

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.wording import counted
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import Risk

_KEYS_LISTED: Final = 20
# Less likely than not; hardly ever.
MEDIUM_BELOW: Final = 0.5
HIGH_BELOW: Final = 0.15


def find(facts: Facts) -> Found:
    """High when the sprint is hardly ever done by its end, medium when that is less likely than not.

    A sprint that should have ended is one as well: medium on the days after its end, high from the third on.
    """
    risks = [risk for sprint in facts.sprints if (risk := _risk_of(sprint, facts)) is not None]
    return found("sprint_off_track", risks, limit=facts.thresholds.risks_per_kind)


def _risk_of(sprint: SprintState, facts: Facts) -> Risk | None:
    # That its end has passed needs no forecast.
    if sprint.is_over:
        return _overrun(sprint) if sprint.remaining_keys else None
    forecast = facts.forecast_of(f"sprint:{sprint.sprint_id}")
    if forecast is None or forecast.on_time is None or forecast.on_time >= MEDIUM_BELOW:
        return None
    return _risk(sprint, forecast)


def _risk(sprint: SprintState, forecast: Forecast) -> Risk:
    on_time = forecast.on_time or 0.0
    left = "today" if sprint.days_left == 0 else f"in {counted(sprint.days_left or 0, 'day')}"
    return Risk(
        finding_id=f"sprint_off_track:sprint-{sprint.sprint_id}",
        kind="sprint_off_track",
        severity="high" if on_time < HIGH_BELOW else "medium",
        summary=(
            f"the sprint ends {left} with {counted(forecast.remaining, 'item')} to finish: "
            f"that works out in {share_words(on_time)}"
        ),
        issue_keys=sprint.remaining_keys[:_KEYS_LISTED],
        evidence={
            "sprint_id": sprint.sprint_id,
            "remaining": forecast.remaining,
            "days_left": sprint.days_left or 0,
            "on_time_percent": round(100 * on_time),
        },
        since=None,
    )


def _overrun(sprint: SprintState) -> Risk:
    remaining, over = len(sprint.remaining_keys), -(sprint.days_left or 0)
    return Risk(
        finding_id=f"sprint_off_track:sprint-{sprint.sprint_id}",
        kind="sprint_off_track",
        severity="high" if over >= 3 else "medium",
        summary=f"the sprint should have ended {counted(over, 'day')} ago and has {counted(remaining, 'item')} left",
        issue_keys=sprint.remaining_keys[:_KEYS_LISTED],
        evidence={"sprint_id": sprint.sprint_id, "remaining": remaining, "days_over": over},
        since=sprint.end_on,
    )
