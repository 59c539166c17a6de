"""When work will be done, how likely, and what came of having said so."""

from dataclasses import dataclass
from datetime import date
from typing import Final

# What a forecast can tell apart: where all of a thousand cases fail, one may still be the true one.
_LEAST: Final = 0.01


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the remaining items will be done, by the project's own past.

    Attributes:
        subject: "sprint:31", "epic:OQC-4" or "version:10012".
        remaining: Items to finish.
        p50_on: Done by then with a likelihood of one half; None when no forecast can be made.
        target_on: When it should be done: the sprint's end, the epic's due date, the version's release day.
        on_time: How likely it is done by `target_on`, 0 to 1.
        reason: Why there is no forecast, or what it does not know; empty when there is nothing to say.
        share: Part of the project's throughput that went to the subject lately.
    """

    subject: str
    remaining: int
    p50_on: date | None
    p85_on: date | None
    p95_on: date | None
    target_on: date | None
    on_time: float | None
    reason: str
    share: float


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """What came of a forecast.

    Attributes:
        said_on: When it was made.
        due_on: By when it was to be done in 85 of 100 cases.
        left: Items that were left on that day; 0: the date held.
    """

    subject: str
    said_on: date
    due_on: date
    left: int


def share_words(share: float) -> str:
    """A likelihood from 0 to 1 in words, as in "23 of 100 cases"; never as if it were certain."""
    if share < _LEAST:
        return "less than 1 of 100 cases"
    if share > 1 - _LEAST:
        return "more than 99 of 100 cases"
    return f"{round(100 * share)} of 100 cases"
