"""Numbers as Jira keeps them: doubles, of which beyond some size not every whole number is one."""

from decimal import Decimal, InvalidOperation
from typing import Final

from javis_pipeline.errors import RemoteRefused
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.values import Value

_MOST: Final = Decimal(2**53)


def number_of(text: str | None) -> Value | Missing:
    """A number out of a history's words; MISSING where these are none that Jira keeps as it is."""
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return MISSING
    return number if number is None or _is_kept(number) else MISSING


def sent_number(value: Value, jira_id: str) -> int | float:
    """A number as an edit of this field takes it; RemoteRefused where Jira would make another of it."""
    assert isinstance(value, int | Decimal), "checked before it was planned"
    if not _is_kept(Decimal(value)):
        raise RemoteRefused("Jira takes no such number", status=400, field_errors={jira_id: "too large"})
    return int(value) if value == int(value) else float(value)


def _is_kept(number: Decimal) -> bool:
    return number.is_finite() and abs(number) <= _MOST
