"""Numbers in sentences."""

from datetime import date
from typing import Final

# What the forecast can tell apart: of a thousand futures that all fail, one may still be the true one.
_LEAST: Final = 0.01
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """The number with its noun, as in "1 day" and "3 days"; `plural` where adding an s is wrong."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def share_words(share: float) -> str:
    """A likelihood from 0 to 1 in words, as in "23 of 100 cases"; never as if it were certain."""
    if share < _LEAST:
        return "less than 1 of 100 cases"
    if share > 1 - _LEAST:
        return "more than 99 of 100 cases"
    return f"{round(100 * share)} of 100 cases"


def day_words(day: date) -> str:
    """A day as in "13 November 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
