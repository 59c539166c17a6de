"""What the two-way steps need of the outside: a store and a remote. Real ones are in `db` and `clients`.

Each call is a place where a run can die, and each change of the store is one transaction. So what can go wrong between
two calls is exactly what the tests try, with the same steps on a store and a remote in memory.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Creation, CreationPlan, Form, Made, Met, Walk, Wish
from javis_pipeline.records.sync import (
    AuditEntry,
    Conflict,
    FieldChange,
    Operation,
    RecordPlan,
    RecordState,
    RemoteRecord,
    Reply,
)
from javis_pipeline.records.values import ResourceRef

Decide = Callable[[RecordState], RecordPlan]
Progress = Callable[[int, int | None], None]
"""Called with how many records were handled, and how many there will be (None while that is not known)."""


def nobody_watches(done: int, total: int | None) -> None:
    """Progress that nobody is told of."""


class SyncStore(Protocol):
    """Our side of one scope. Every method is one transaction of its own."""

    @property
    def name(self) -> str:
        """System and scope in words, such as "jira OPS"."""
        ...

    def state(self, ref: ResourceRef) -> RecordState:
        """All that is known about a record; raises UnreadableRecord as `change` does."""
        ...

    def change(self, ref: ResourceRef, decide: Decide) -> RecordPlan:
        """Lock the row, hand its fresh state to `decide`, and apply the plan that comes back, all or nothing.

        `decide` must be pure: nothing is held across a request. What it raises passes through, and changes nothing.

        Raises:
            UnreadableRecord: The row, or what was decided, holds a value that cannot be held on the other side of the
                connection; nothing was changed.
        """
        ...

    def fail(self, ref: ResourceRef, why: str) -> None:
        """Note on the row that the record could not be synced; the next decision on it takes the note away."""
        ...

    def catalog(self) -> Catalog:
        """Names and ids of the scope."""
        ...

    def to_decide(self, *, conflicts: bool = False) -> Sequence[ResourceRef]:
        """Records with local edits, planned operations, resolutions that have not gone out, or a failed look, by key.

        Those that failed before come last, and those that only wait for a person are left out; `conflicts` adds them.
        """
        ...

    def count_wishes(self) -> int:
        """How many writes deciding the edited records may come to at most, as far as is known without asking."""
        ...

    def count_put_away(self) -> int:
        """How many records are to be put away there, because their rows were deleted here."""
        ...

    def retry(self, refs: Iterable[ResourceRef] | None, field: str | None, now: datetime) -> int:
        """Have the remote asked again for what it refused; how many fields that is.

        Args:
            refs: Of these records; None for the whole scope.
            field: Only this field; None for all.
            now: When that was wished for.
        """
        ...

    def operations(self, state: str, *, limit: int | None = None) -> Sequence[Operation]:
        """The scope's operations in a state, oldest first; all of them, or the first."""
        ...

    def to_push(self) -> Sequence[ResourceRef]:
        """Whose the scope's planned operations are, oldest first: a record comes once for each. Without their values,
        so that any number of them can be listed."""
        ...

    def records(self) -> Sequence[ResourceRef]:
        """All records of the scope that are not known to be gone, by id."""
        ...

    def count_records(self) -> int:
        """How many records `records` would give."""
        ...

    def why_held(self) -> str | None:
        """Why nothing may be sent from this scope now; None when it may."""
        ...

    def conflict(self, conflict_id: UUID) -> Conflict | None:
        """A conflict of any state."""
        ...

    def audit_of(self, run_id: str) -> Sequence[AuditEntry]:
        """What a run changed, in its order."""
        ...

    def last_census(self) -> int | None:
        """How many records the last census found; None before the first."""
        ...

    def note_census(self, found: int, at: datetime) -> None:
        """Remember a census that was believed."""
        ...


class RemoteRecords(Protocol):
    """The other side of one scope."""

    @property
    def most_together(self) -> int:
        """How many records `fetch_many` may be asked for; 1 where one request gives one record."""
        ...

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Those of the records that come in one answer and make sense, by id, in as fresh a state as `fetch` gives.

        What is not in it proves nothing. Raises RemoteBusy or RemoteRefused.
        """
        ...

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The record, read by id.

        Args:
            ref: The record.
            moves: Whether it may be moved next: then the ways that lead on from its state are asked for along with it.

        Raises:
            RemoteMissing: Not found or not permitted.
            UnreadableRecord: It is there, and makes no sense.
            RemoteBusy: Try later.
        """
        ...

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """All changes of the record that the remote remembers, oldest first; raises as `fetch` does."""
        ...

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation, with its id as a mark on what it changes.

        Args:
            op: What to write.
            current: The record as it was read just before.

        Raises:
            RemoteRefused: Not executed, and never will be as it is; `field_errors` is by our field names.
            StaleRevision: Not executed, because the record has changed.
            RemoteBusy: Not executed; try later.
            OutcomeUnknown: Executed, or not, or later.
        """
        ...


class OneByOne:
    """The part of `RemoteRecords` of a remote in which one request gives one record."""

    @property
    def most_together(self) -> int:
        """Each by itself."""
        return 1

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Nothing comes together."""
        del refs
        return {}


class CreateBook(Protocol):
    """Our side of making records in one scope. Every method is one transaction of its own."""

    @property
    def name(self) -> str:
        """System and scope in words."""
        ...

    def begin(self) -> Sequence[Wish]:
        """Take note of rows that were inserted since; all wishes about which something may still be done or found out,
        parents before children, in the order in which they were made."""
        ...

    def change(self, record_id: UUID, decide: Callable[[Wish], CreationPlan | None]) -> CreationPlan | None:
        """Lock a wish, hand it to `decide`, and apply the plan that comes back, all or nothing; None changes nothing.

        A question to a person is open as long as the creation asks. A row that stands for the same record of the remote
        already becomes one with the wish's.
        """
        ...

    def bound(self, remote_ids: Collection[str]) -> Mapping[str, UUID]:
        """Those of these records of the remote that were made from wishes, with the wishes' names."""
        ...

    def known(self, marks: Collection[UUID]) -> Collection[UUID]:
        """Those of these that name a row."""
        ...

    def stored(self, remote_ids: Collection[str]) -> Collection[str]:
        """Those of these records of the remote that have a row."""
        ...

    def shows_marks(self) -> bool:
        """Whether the remote has shown a mark of ours in this scope."""
        ...

    def highest(self) -> int:
        """The highest number that a record of the scope is known to have, or to have had."""
        ...

    def count_records(self) -> int:
        """How many records of the scope there are."""
        ...

    def why_held(self) -> str | None:
        """Why nothing may be sent from this scope now; None when it may."""
        ...

    def stop(self, at: datetime) -> None:
        """Make nothing any more: records of the remote bear marks that no row knows."""
        ...

    def stopped_until(self, horizon: timedelta) -> datetime | None:
        """The remote's time until which nothing is made; None where that may go on. After one horizon and one whole
        pull that began later."""
        ...

    def tell_twins(self, creation: Creation, twins: Sequence[Met]) -> None:
        """Tell that other records bear the mark of a wish that has one."""
        ...


class RemoteCreates(Protocol):
    """The other side of one scope, for making records."""

    def now(self) -> datetime:
        """The remote's time; no earlier than it is."""
        ...

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All records whose number is above the first, past any index, at least up to the second; or all that hang on
        what the wishes hang on. RemoteBusy when it cannot be done whole."""
        ...

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would make it; why none could, and the remedy, where that is known without asking."""
        ...

    def create(self, record_id: UUID, form: Form) -> Made:
        """Ask for it, once, with its name as a mark in the same request.

        Raises:
            RemoteRefused: Not made. With a status below 400: an answer that makes no sense.
            RemoteBusy, IdentityError: Not made, and nothing was said against it.
            OutcomeUnknown: Made, or not, or later.
        """
        ...
