"""Versions that are to be released on a day on which their work is not done."""

from typing import Final

from javis_pipeline.context.facts import Facts
from javis_pipeline.context.risks.ranking import Found, found
from javis_pipeline.context.risks.sprint_off_track import HIGH_BELOW, MEDIUM_BELOW
from javis_pipeline.context.wording import counted, day_words
from javis_pipeline.records.forecast import Forecast, share_words
from javis_pipeline.records.plans import VersionState
from javis_pipeline.records.risk import Risk, Severity

_KEYS_LISTED: Final = 20
# Without a forecast: a week before the day, what nobody has begun is too much.
_SOON_DAYS: Final = 7
_HIGH_OVER_DAYS: Final = 3


def find(facts: Facts) -> Found:
    """High when the version is hardly ever done in time, medium when that is less likely than not; without a forecast
    medium in the last week while something is not begun. One whose day has passed: medium, high from the third day on,
    low when the day is forgotten.
    """
    risks = [risk for version in facts.versions if (risk := _found(facts, version))]
    return found("version_late", risks, limit=facts.thresholds.risks_per_kind)


def _found(facts: Facts, version: VersionState) -> Risk | None:
    forecast = facts.forecast_of(f"version:{version.version_id}")
    days = (version.release_on - facts.today.date).days
    left = counted(len(version.remaining_keys), "item")
    if days < 0:
        is_forgotten = -days > facts.thresholds.forgotten_days
        severity: Severity = "low" if is_forgotten else "high" if -days >= _HIGH_OVER_DAYS else "medium"
        said = f"the version should have been released {counted(-days, 'day')} ago and has {left} left"
        return _risk(version, severity, said, {"days_over": -days})
    due = f"the version is due on {day_words(version.release_on)} with {left} to finish"
    if forecast is not None and forecast.on_time is not None:
        return _by_forecast(version, forecast, forecast.on_time, due)
    if days <= _SOON_DAYS and version.not_started:
        return _risk(version, "medium", f"{due}, {_not_begun(version)}", {"days_left": days})
    return None


def _not_begun(version: VersionState) -> str:
    left = len(version.remaining_keys)
    if version.not_started < left:
        return f"{version.not_started} of them not begun"
    return "none of them begun" if left > 1 else "and it is not begun"


def _by_forecast(version: VersionState, forecast: Forecast, on_time: float, due: str) -> Risk | None:
    if on_time >= MEDIUM_BELOW:
        return None
    severity: Severity = "high" if on_time < HIGH_BELOW else "medium"
    evidence: dict[str, int | float | str] = {"on_time_percent": round(100 * on_time)}
    if forecast.p85_on is not None:
        evidence["p85_on"] = str(forecast.p85_on)
    return _risk(version, severity, f"{due}: that works out in {share_words(on_time)}", evidence)


def _risk(version: VersionState, severity: Severity, said: str, evidence: dict[str, int | float | str]) -> Risk:
    about = {"version_id": version.version_id, "release_on": str(version.release_on)}
    return Risk(
        finding_id=f"version_late:{version.version_id}",
        kind="version_late",
        severity=severity,
        summary=said,
        issue_keys=version.remaining_keys[:_KEYS_LISTED],
        evidence={**about, "remaining": len(version.remaining_keys), **evidence},
        since=None,
    )
