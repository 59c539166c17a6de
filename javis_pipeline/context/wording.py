"""Numbers in sentences."""

from datetime import date
from typing import Final

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """The number with its noun, as in "1 day" and "3 days"; `plural` where adding an s is wrong."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def day_words(day: date) -> str:
    """A day as in "13 November 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
