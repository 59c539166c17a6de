"""One codec per sort of field: how its remote form reads locally, when two are equal, and which values can be pushed.

Local form is what people see and edit in a column, remote form is what the API holds; see `records.values`. Servers
rewrite what they are sent, so remote forms are compared in canonical form only.
"""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.losses import Loss
from javis_pipeline.records.values import Value, as_set


class UnreadableValue(ValueError):
    """The remote holds something in this field that is not of its type."""


class LossyEdit(ValueError):
    """The wanted text cannot be put together without losing content that the remote holds.

    Attributes:
        reasons: Why, one by one.
        losses: What goes if a person accepts that.
    """

    def __init__(self, reasons: Iterable[str], losses: Iterable[Loss] = ()) -> None:
        self.reasons = tuple(reasons)
        self.losses = tuple(losses)
        super().__init__("; ".join(self.reasons))


class MergedText(NamedTuple):
    """A text with what each side changed in it; the text may be None, like any."""

    text: Value


@runtime_checkable
class Codec(Protocol):
    """How one sort of field reads, compares and is checked. All methods are pure.

    Attributes:
        is_set: Values are sets, each element of which is merged by itself and written by add and remove verbs.
        is_text: Values are texts that people write at length: merged block by block, and not quoted in messages.
        is_line: Values are one line of text, and never empty.
        element: What one of a set is called in messages.
    """

    is_set: ClassVar[bool]
    is_text: ClassVar[bool]
    is_line: ClassVar[bool]
    element: ClassVar[str]

    @property
    def longest(self) -> int | None:
        """How many characters a text may have; None where nothing is known of that."""
        ...

    def to_local(self, raw: Value) -> Value:
        """`raw` as people see it; UnreadableValue when it is not of this type."""
        ...

    def canonical(self, raw: Value) -> Value:
        """One spelling for all remote forms that mean the same; never raises."""
        ...

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        """The remote form of a valid local value.

        Args:
            wanted: Local form.
            base: Local form of what the remote holds.
            base_raw: What the remote holds.
            catalog: Names and ids of the scope.
            lossy: True when a person accepted that content is lost that this form cannot give back.

        Raises:
            LossyEdit: Content would be lost, and `lossy` is False.
        """
        ...

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        """Why `wanted` cannot be pushed, and the remedy; None when it can."""
        ...

    def identity(self, element: str) -> str:
        """What an element of a set is told apart by: two of one identity are one element, spelled twice."""
        ...

    def bad_elements(self, elements: Iterable[str], catalog: Catalog) -> dict[str, str]:
        """Element of a set to why it cannot be pushed."""
        ...

    def merge(self, base: Value, base_raw: Value, local: Value, remote_raw: Value) -> MergedText | None:
        """The local form of what the remote holds, with the local edits of the base in it; None where they do not go
        together."""
        ...

    def loses(self, wanted: Value, raw: Value) -> Iterable[Loss]:
        """What only the remote can make and would lose if `wanted` took the place of what it holds."""
        ...


class Plain:
    """A field whose remote form is its local form, that is replaced as a whole, with nothing to check."""

    is_set: ClassVar[bool] = False
    is_text: ClassVar[bool] = False
    is_line: ClassVar[bool] = False
    element: ClassVar[str] = "name"

    @property
    def longest(self) -> int | None:
        return None

    def to_local(self, raw: Value) -> Value:
        return raw

    def canonical(self, raw: Value) -> Value:
        return raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return wanted

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return None

    def loses(self, wanted: Value, raw: Value) -> Iterable[Loss]:
        return ()

    def identity(self, element: str) -> str:
        return element

    def bad_elements(self, elements: Iterable[str], catalog: Catalog) -> dict[str, str]:
        return {}

    def merge(self, base: Value, base_raw: Value, local: Value, remote_raw: Value) -> MergedText | None:
        return None


@dataclass(frozen=True)
class Line(Plain):
    """One line of text; surrounding blanks are not kept by the servers."""

    is_line: ClassVar[bool] = True
    longest: int = 255

    def to_local(self, raw: Value) -> Value:
        if raw is not None and not isinstance(raw, str):
            raise UnreadableValue("is not a text")
        return raw

    def canonical(self, raw: Value) -> Value:
        return raw.strip() if isinstance(raw, str) else raw

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if not isinstance(wanted, str) or not wanted.strip():
            return "must not be empty; give it a text"
        if "\n" in wanted or "\r" in wanted:
            return "must be one line; remove the line breaks"
        if len(wanted) > self.longest:
            return f"is {len(wanted)} characters long; at most {self.longest} are possible: shorten it"
        return None


EARLIEST_DATE = date(1970, 1, 1)
LATEST_DATE = date(9999, 12, 31)


class Day(Plain):
    """A calendar date as ISO text. Columns can hold dates that no calendar has (`infinity`)."""

    def to_local(self, raw: Value) -> Value:
        if raw is not None and _as_date(raw) is None:
            raise UnreadableValue("is not a date")
        return raw

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None:
            return None
        day = _as_date(wanted)
        if day is None or not EARLIEST_DATE <= day <= LATEST_DATE:
            return f"{wanted} is not a date from {EARLIEST_DATE} to {LATEST_DATE}; set one of these, or NULL for none"
        return None


def _as_date(value: Value) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


class Number(Plain):
    """A number that Jira keeps as a double; equal numbers are equal however many zeros they end with."""

    def to_local(self, raw: Value) -> Value:
        if raw is not None and (isinstance(raw, bool) or not isinstance(raw, int | Decimal)):
            raise UnreadableValue("is not a number")
        return raw

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None:
            return None
        if not isinstance(wanted, int | Decimal):
            return f"{wanted} is not a number; set one, or NULL for none"
        if abs(Decimal(wanted)) > 10**15:
            return "is larger than Jira keeps; use at most 15 digits"
        if Decimal(repr(float(wanted))) != wanted:
            return f"{wanted} has more digits than Jira keeps; use at most 15"
        return None


class Instant(Plain):
    """A moment, however it is spelled."""

    def canonical(self, raw: Value) -> Value:
        if not isinstance(raw, str):
            return raw
        try:
            return datetime.fromisoformat(raw).astimezone(UTC).isoformat()
        except ValueError:
            return raw


class Whole(Plain):
    """A whole number, or none."""

    def to_local(self, raw: Value) -> Value:
        if raw is not None and type(raw) is not int:
            raise UnreadableValue("is not a whole number")
        return raw


class Seconds(Whole):
    """How long something takes. Jira keeps whole minutes, and always some estimate once there was one."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if type(wanted) is not int:
            return "cannot be emptied in Jira; set 0"
        if wanted < 0 or wanted % 60:
            return f"{wanted} is no number of whole minutes; set {max(0, round(wanted / 60) * 60)} for example"
        return None


class SetCodec(Plain):
    """A set of words; see `decide.decide_set` for how it is merged."""

    is_set = True

    def to_local(self, raw: Value) -> Value:
        if not isinstance(raw, tuple):
            raise UnreadableValue("is not a list")
        return as_set(raw)

    def canonical(self, raw: Value) -> Value:
        return as_set(raw) if isinstance(raw, tuple) else raw

    def bad_elements(self, elements: Iterable[str], catalog: Catalog) -> dict[str, str]:
        return {element: why for element in elements if (why := self.element_problem(element))}

    def element_problem(self, element: str) -> str | None:
        """Why an element cannot be pushed, and the remedy; None when it can."""
        return None


class TextCodec(Plain):
    """A text that people write at length, and that is merged block by block."""

    is_text = True


class Labels(SetCodec):
    """Words without blanks."""

    element = "label"

    def element_problem(self, element: str) -> str | None:
        if not element.strip():
            return "is blank; remove it"
        if re.search(r"\s", element):
            return f"holds a blank; write {'-'.join(element.split())} for example"
        if len(element) > 255:
            return "is longer than 255 characters; shorten it"
        return None
