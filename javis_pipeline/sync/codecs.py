"""One codec per sort of field: how its remote form reads locally, when two are equal, and which values can be pushed.

Local form is what people see and edit in a column, remote form is what the API holds; see `records.values`. Servers
rewrite what they are sent, so remote forms are compared in canonical form only.
"""

# ruff: noqa: ARG002  codecs share one signature, and each uses of it what it needs

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from javis_pipeline.records.losses import Loss
from javis_pipeline.records.sync import Catalog
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
        element: What one of a set is called in messages.
    """

    is_set: ClassVar[bool]
    is_text: ClassVar[bool]
    element: ClassVar[str]

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
    element: ClassVar[str] = "name"

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


@dataclass(frozen=True)
class Named(Plain):
    """A choice that the remote holds as {"id", "name"}: ids stay, names are changed and translated.

    Attributes:
        what: Word for messages, and which names of the catalog it is about.
    """

    what: Literal["status", "priority", "resolution"]

    def to_local(self, raw: Value) -> Value:
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise UnreadableValue(f"is not a {self.what}")
        return str(raw["name"])

    def canonical(self, raw: Value) -> Value:
        return raw.get("id") if isinstance(raw, Mapping) else raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        if wanted is None:
            return None
        ids = self._ids(catalog)[str(wanted)]
        return {"id": ids[0], "name": wanted, "ids": list(ids)}

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        known = self._ids(catalog)
        if wanted is None:
            return "must not be empty; set a status" if self.what == "status" else None
        if wanted in known:
            return None
        return f"'{wanted}' is not a {self.what} here{nearest(str(wanted), known)}"

    def _ids(self, catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
        if self.what == "status":
            return catalog.statuses
        names = catalog.priorities if self.what == "priority" else catalog.resolutions
        return {name: (id_,) for name, id_ in names.items()}


TEAM_ID = re.compile(r"[0-9]+|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]+)+")


class Team(Plain):
    """Who works on something. Jira lists no teams: those are known by name that an issue has named, others by id."""

    def to_local(self, raw: Value) -> Value:
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise UnreadableValue("is not a team")
        return str(raw["name"])

    def canonical(self, raw: Value) -> Value:
        return raw.get("id") if isinstance(raw, Mapping) else raw

    def to_remote(self, wanted: Value, *, base: Value, base_raw: Value, catalog: Catalog, lossy: bool) -> Value:
        return None if wanted is None else {"id": team_ids(str(wanted), catalog)[0], "name": wanted}

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        return team_problem(wanted, catalog)


def team_ids(wanted: str, catalog: Catalog) -> list[str]:
    """The ids that a team can have which is meant by a name or by its id; mostly one."""
    called = [team_id for team_id, name in catalog.teams.items() if name == wanted]
    is_id = wanted in catalog.teams or TEAM_ID.fullmatch(wanted)
    return called or ([wanted] if is_id else [])


def team_problem(wanted: Value, catalog: Catalog) -> str | None:
    """Why a team cannot be set, and the remedy; None when it can."""
    if wanted is None:
        return None
    if not isinstance(wanted, str):
        return "takes one team; set its name, or null for none"
    match team_ids(wanted, catalog):
        case [_]:
            return None
        case []:
            hint = "; or the id of one that no issue here has yet" if catalog.teams else "; or set its id"
            return f"no issue here has a team '{wanted}'{nearest(wanted, set(catalog.teams.values()))}{hint}"
        case several:
            return f"several teams are called '{wanted}'; set the id of one: {', '.join(several)}"


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


class SprintNumber(Whole):
    """The sprint that an issue is in, by its number there."""

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if type(wanted) is not int or wanted not in catalog.closed_sprints:
            return None  # one that has not appeared yet: the server knows
        is_open = ", ".join(f"{number} ({name})" for number, name in sorted(catalog.sprints.items())[-12:])
        return f"sprint {wanted} is closed; set one of: {is_open or 'none is open'}, or NULL for none"


class Account(Plain):
    """A user, as account id on both sides."""

    def canonical(self, raw: Value) -> Value:
        return raw or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None or wanted in catalog.users:
            return None
        ids = [account_id for account_id, name in catalog.users.items() if name == wanted]
        if ids:
            return f"'{wanted}' is a name; set the account id instead: {', '.join(sorted(ids))}"
        if not re.fullmatch(r"[A-Za-z0-9:_-]{1,128}", str(wanted)):
            return f"'{wanted}' is not an account id; the table users lists those that are known"
        return None  # somebody who has not appeared yet: the server knows


class Key(Plain):
    """Another record of the same system, by its key or id."""

    def canonical(self, raw: Value) -> Value:
        return raw or None

    def problem(self, wanted: Value, catalog: Catalog) -> str | None:
        if wanted is None or re.fullmatch(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*|[0-9]+", str(wanted)):
            return None
        return f"'{wanted}' is not a key such as OPS-7; set one, or NULL for none"


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


def nearest(wanted: str, known: Iterable[str]) -> str:
    """ "; set one of: ..." or, when nothing is near, what there is."""
    names = sorted(known)
    near = difflib.get_close_matches(wanted.casefold(), [name.casefold() for name in names], n=3, cutoff=0.5)
    listed = [name for name in names if name.casefold() in near] or names[:12]
    return f"; set one of: {', '.join(listed)}" if listed else "; none is known yet: sync first"
