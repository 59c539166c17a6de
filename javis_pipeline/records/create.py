"""What is wished for and not there yet: a record that was inserted here, and what became of asking for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from javis_pipeline.records.values import Value

CreationState = Literal["planned", "sent", "unknown", "asks", "rejected", "confirmed", "bound", "gone", "withdrawn"]
CreationAnswer = Literal["again", "is", "gone", "withdraw"]

OPEN: frozenset[CreationState] = frozenset({"planned", "sent", "unknown", "asks", "rejected"})
"""States in which it is not known which record of the remote this is, and somebody may still find out."""
IN_DOUBT: frozenset[CreationState] = frozenset({"sent", "unknown", "asks"})
"""States in which a request may have been executed, or may still be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What was known just before a request: what it makes comes after.

    Attributes:
        number: The highest number that a record of the scope had.
        at: The remote's time.
        account_id: As whom it was asked; None where nobody noted that.
    """

    number: int
    at: datetime
    account_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A wish, and what became of it.

    Attributes:
        record_id: Names the record for ever; also the mark that every request carries.
        key: The provisional key.
        floor: The highest number that was known when the wish was: what another copy of this database made of it has a
            higher one.
        attempt: Number of the last request; 0 before the first.
        fence: Of the last request.
        restored_at: When the book was restored from a backup in which this was open: until then it may have been asked
            for, which nobody noted. The fence is then the one of the first such request.
        proof_at: The remote's time of the first proof that the last request made nothing.
        looks: How often a question that waits for a person was looked at.
        next_look_at: When it is looked at again.
        remote_id, remote_key: The record that was made.
        refused_seq: `local_seq` of the row that was refused.
        evidence: How it was found out.
    """

    record_id: UUID
    scope: str
    key: str
    floor: int
    state: CreationState = "planned"
    attempt: int = 0
    fence: Fence | None = None
    restored_at: datetime | None = None
    proof_at: datetime | None = None
    looks: int = 0
    next_look_at: datetime | None = None
    remote_id: str | None = None
    remote_key: str | None = None
    refused_seq: int | None = None
    refused_at: datetime | None = None
    refusals: int = 0
    last_error: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A row that no record of the remote belongs to yet, with its creation.

    Attributes:
        type_name: What sort of record, as people call it.
        values: Field to what its column holds; also what only an INSERT gives.
        asked: The same as the last request asked for it.
        place, place_key: The remote's id of what it hangs on, and its key; None for what stands by itself. Without an
            id that is not made yet.
        parent: Provisional key of its parent while that is not made either; None where nothing is waited for.
        deleted: It was deleted here.
        elements: Edited fields that only some sites have; no request to make a record takes them.
    """

    creation: Creation
    type_name: str
    values: Mapping[str, Value]
    local_seq: int
    place: str | None = None
    place_key: str | None = None
    asked: Mapping[str, Value] = field(default_factory=dict)
    parent: str | None = None
    deleted: bool = False
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A record of the remote that a walk met.

    Attributes:
        number: Of its key in this scope; None for one that has moved to another.
        mark: The wish that it says it is, whoever says so.
        place: Id of what it hangs on.
        alike: Where no mark can travel with a request: the wishes with which it agrees in all that a request tells.
    """

    remote_id: str
    key: str
    number: int | None
    created_at: datetime
    creator_id: str | None
    mark: UUID | None = None
    type_name: str = ""
    title: str = ""
    place: str | None = None
    alike: Collection[UUID] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """All records of a scope above a number, read by their keys past the search index; or all that were made since an
    instant; or all that hang on some others.

    Attributes:
        at: The remote's time when it began.
        above: Every number above this one was asked for.
        met: Those that answered.
        places: What was listed whole, of what hangs on others.
        since: All records that were made since then were listed; None where they are met by their numbers, or hang on
            others.
        marked_later: A mark follows its record in a request of its own, so that one without may be ours.
    """

    at: datetime
    above: int
    met: tuple[Met, ...] = ()
    places: frozenset[str] = frozenset()
    since: datetime | None = None
    marked_later: bool = False

    @property
    def highest(self) -> int:
        """The highest number that answered; `above` when none did."""
        return max((one.number for one in self.met if one.number is not None), default=self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a request to make a record holds.

    Attributes:
        local: Field to the local value that goes along.
        raw: The same fields in remote form.
        later: Fields that are wished for and that no such request takes: they follow as edits.
        request: The rest of it, as the remote wants it.
    """

    local: Mapping[str, Value]
    raw: Mapping[str, Value]
    later: tuple[str, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the remote said it made."""

    remote_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationPlan:
    """What becomes of a wish.

    Attributes:
        creation: As it is now.
        columns: Bookkeeping columns of its row, by name.
        bases: Field to the base that it has now, instead of those it had; None: they stay.
        raw: Field to the remote form of its base.
        is_bound: It has just become a record of the remote's: the row takes its id and key, and the provisional key
            leads there.
        details: For the person who is asked.
    """

    creation: Creation
    columns: Mapping[str, Any] = field(default_factory=dict)
    bases: Mapping[str, Value] | None = None
    raw: Mapping[str, Value] = field(default_factory=dict)
    is_bound: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
