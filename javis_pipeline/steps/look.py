"""One look at a record on the remote, as a value: what a single record's failure says is about that record alone.

Reconcile, push, settle and census match on it, so that none of them takes a refusal for an absence, and none ends
because of one record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from javis_pipeline.errors import RemoteBusy, RemoteMissing, RemoteRefused, StaleRevision, UnreadableRecord
from javis_pipeline.records.sync import FieldChange, RemoteRecord
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.ports import RemoteRecords

# One busy answer may be about one record; several in a row mean that the site wants us to stop.
MOST_BUSY: Final = 3
# What Python says of values that it cannot hold, where no reader has said it better.
UNHOLDABLE: Final = (ArithmeticError, RecursionError, ValueError)


@dataclass(frozen=True, slots=True)
class Seen:
    """It is there; `history` is oldest first, and empty unless it was asked for."""

    record: RemoteRecord
    history: Sequence[FieldChange] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Not found, or not permitted: the remote does not tell which."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It is there, and it or its history makes no sense."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The remote does not show it, and does not say either that it is not there."""

    why: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Not now: an error of the remote that may pass."""

    error: RemoteBusy


Look: TypeAlias = Seen | Gone | Unreadable | Refused | Busy


def look(remote: RemoteRecords, ref: ResourceRef, *, moves: bool = False) -> Look:
    """The record, read by id; `moves` as for `RemoteRecords.fetch`."""
    try:
        return Seen(remote.fetch(ref, moves=moves))
    except RemoteMissing:
        return Gone()
    except _OF_ONE_RECORD as error:
        return _failure(error)


def look_at_many(remote: RemoteRecords, refs: Sequence[ResourceRef]) -> Mapping[str, Seen]:
    """What one request shows of some records, by id. Of the others it says nothing: each is to be looked at."""
    if min(len(refs), remote.most_together) < 2:
        return {}
    try:
        return {resource_id: Seen(record) for resource_id, record in remote.fetch_many(refs).items()}
    except _OF_ONE_RECORD:
        return {}


def look_back(remote: RemoteRecords, seen: Seen) -> Look:
    """What was seen, with its history. What changes between the two is in the history, which then says that the record
    is old."""
    told = seen.record.changes
    history = _history(remote, seen.record.ref) if told is None else told
    return history if isinstance(history, _Failure) else replace(seen, history=history)


def look_after_history(remote: RemoteRecords, ref: ResourceRef, *, moves: bool = False) -> Look:
    """The record with a history that is no newer: what changes between the two is in the record, and not among the
    changes that were seen. A history that came with the record is no newer, unless it says so itself."""
    found = look(remote, ref, moves=moves)
    before = look_back(remote, found) if isinstance(found, Seen) else found
    if not isinstance(before, Seen) or _came_with_its_history(before):
        return before
    again = look(remote, ref, moves=moves)
    return replace(again, history=before.history) if isinstance(again, Seen) else again


def as_after_history(seen: Seen) -> Seen | None:
    """The same as `look_after_history` would give, where one answer told all of it; else None."""
    return Seen(seen.record, seen.record.changes or ()) if _came_with_its_history(seen) else None


def _came_with_its_history(seen: Seen) -> bool:
    """Whether one answer told both, and its history tells of nothing later than the record."""
    at, told = seen.record.revision, seen.record.changes
    return told is not None and at is not None and all(change.at <= at for change in told)


def not_synced(why: str) -> str:
    """The error of a record that a run leaves as it is."""
    return f"{why}; nothing of this record was synced. It is tried again by every sync"


class Patience:
    """Counts busy answers in a row; too many, and nothing more should be asked in this run.

    Attributes:
        exhausted_by: The answer that was one too many.
    """

    def __init__(self) -> None:
        self._in_a_row = 0
        self.exhausted_by: RemoteBusy | None = None

    def busy(self, error: RemoteBusy) -> None:
        """Count one more."""
        self._in_a_row += 1
        if self._in_a_row >= MOST_BUSY:
            self.exhausted_by = error

    def answered(self) -> None:
        """The site is well."""
        self._in_a_row = 0

    def bear(self, error: RemoteBusy) -> str:
        """Why one record was not read; raises the error when it is about the site."""
        self.busy(error)
        if not error.about_one_record or self.exhausted_by is not None:
            raise error
        return str(error)


_Failure = Unreadable | Refused | Busy
# What the remote's answer to one question can come to. Everything else (credentials, settings) is about the site.
_OF_ONE_RECORD = (RemoteRefused, StaleRevision, RemoteBusy, UnreadableRecord, *UNHOLDABLE)


def _failure(error: Exception) -> Unreadable | Refused | Busy:
    match error:
        case RemoteBusy():
            return Busy(error)
        case RemoteRefused() | StaleRevision():
            return Refused(str(error))
        case UnreadableRecord():
            return Unreadable(str(error))
        case _:
            # What the error says may be the text of an issue.
            return Unreadable(f"its answer holds a value that cannot be held here ({type(error).__name__})")


def _history(remote: RemoteRecords, ref: ResourceRef) -> Sequence[FieldChange] | Unreadable | Refused | Busy:
    """All changes of the record; one that is not found is no proof that the record is gone."""
    try:
        return remote.history(ref)
    except _OF_ONE_RECORD as error:
        return _failure(error)
