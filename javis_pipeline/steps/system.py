"""What a system plugs in: what opening one of its scopes gives, and its side of a pull."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeVar

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.records.policy import Way
from javis_pipeline.records.values import ResourceRef, System
from javis_pipeline.steps.bad_answers import Unreadable
from javis_pipeline.steps.create import CreateRules
from javis_pipeline.steps.ports import RemoteCreates, RemoteRecords
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.sync.policies import Policies

Extent = Literal["whole", "changed", "named"]
"""What is read of a scope: all, what changed lately, or only records that are asked for by their ids."""


class Stamp(Protocol):
    """What a list tells of a record: enough to see whether it is stored as it is."""

    @property
    def remote_id(self) -> str: ...
    @property
    def key(self) -> str:
        """How people name it, as far as the list tells."""
        ...

    @property
    def changed_at(self) -> datetime | None:
        """When it changed last; None where the list does not tell: fetch it then."""
        ...


class Batch(Protocol):
    """What became of the records that were asked for together. What else is in it only its mirror knows."""

    @property
    def brought(self) -> Mapping[str, datetime]:
        """Id to the change that came, of each that could be read."""
        ...

    @property
    def unreadable(self) -> Sequence[Unreadable]:
        """Those that could not be read."""
        ...

    @property
    def absent(self) -> Sequence[str]:
        """Ids that are not there, or that we may not see, although they were listed for the scope."""
        ...


class Stored(NamedTuple):
    """What became of a batch here, as ids.

    Attributes:
        inserted, updated: Stored now.
        renamed: Those of them that have another key now.
        same: Stored before, as they came.
        to_merge: Edited here, in conflict, being written, or newer than what came; left as they are.
        left: Of what hangs on them: edited here, or about which something is under way; left as it is.
    """

    inserted: Sequence[str]
    updated: Sequence[str]
    renamed: Sequence[str]
    same: Sequence[str]
    to_merge: Sequence[ResourceRef]
    left: Sequence[ResourceRef] = ()


class RemoteCount(NamedTuple):
    """How many records the remote holds.

    Attributes:
        number: Of the scope.
        said: Whose number that is, in words.
        slack: By how much it may be wrong.
        of_hits: They are hits of the sweep, so that those of them that are missing count.
    """

    number: int
    said: str
    slack: int = 0
    of_hits: bool = False


class Rest(NamedTuple):
    """What rounding a pull off came to.

    Attributes:
        notes: What a person should know, each with the remedy.
        to_merge: Records that have changed without their stamps telling.
        left: Of what hangs on records: edited here, or about which something is under way; left as it is.
    """

    notes: Sequence[str]
    to_merge: Sequence[ResourceRef] = ()
    left: Sequence[ResourceRef] = ()


S = TypeVar("S", bound=Stamp)
B = TypeVar("B", bound=Batch)
B_co = TypeVar("B_co", bound=Batch, covariant=True)
S_contra = TypeVar("S_contra", bound=Stamp, contravariant=True)
B_contra = TypeVar("B_contra", bound=Batch, contravariant=True)


class Source(Protocol[S, B_co]):
    """What the remote gives of a scope, for one pull; in its `with` block it also asks for what hangs on no record, but
    where only named records are read.

    Only `sweep` works outside of the block.
    """

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    @property
    def batch_size(self) -> int:
        """Records asked for together."""
        ...

    @property
    def missed(self) -> bool:
        """Whether the sweep met a hit that cannot be asked for; what it was is among the notes."""
        ...

    def sweep(self, since: datetime | None, *, dated: bool = True) -> Iterator[Sequence[S]]:
        """Stamps of what changed at or after an instant, some at a time; of all records for None.

        It may give more than that, and one twice. Without `dated` nobody will look at the changes of the stamps.
        """
        ...

    def stamp(self, remote_id: str) -> S:
        """The stamp of a record of which only the id is known."""
        ...

    def read(self, wanted: Sequence[S]) -> B_co:
        """Fetch these with all that hangs on them, and make rows of them. Called by several threads at once."""
        ...

    def counted(self) -> RemoteCount | None:
        """How many records there are, as far as that is known by now."""
        ...

    def round_off(self, db: Database, *, run_id: str, now: datetime) -> Rest:
        """Store what hangs on no record, and what belongs to those that were read; after the last batch, and before the
        watermark.

        Args:
            db: The product's database.
            run_id: For the audit.
            now: Dates what is stored.
        """
        ...


class Mirror(Protocol[S_contra, B_contra]):
    """Our side of a scope, set-wise. Nothing here commits."""

    @property
    def at_once(self) -> int:
        """Batches that may be stored side by side."""
        ...

    def differing(self, conn: Connection, stamps: Sequence[S_contra]) -> Collection[str]:
        """Ids of those that are not stored as these stamps say."""
        ...

    def store(self, conn: Connection, batch: B_contra, *, run_id: str, now: datetime, refresh: bool) -> Stored:
        """Insert what is new and overwrite what is clean and older; the rest is left as it is, and named.

        Args:
            conn: Inside a transaction with the origin "sync", which stores this batch only.
            batch: What came.
            run_id: For the audit.
            now: Dates what is stored.
            refresh: Overwrite also what is as old as what came.
        """
        ...

    def count(self, conn: Connection) -> int:
        """How many records are stored and, as far as is known, still there."""
        ...


class Making(NamedTuple):
    """How records are made of rows that were inserted here.

    Attributes:
        remote: Makes the remote's side of it, with the database and our clock.
        rules: What may be made.
    """

    remote: Callable[[Database, Callable[[], datetime]], RemoteCreates]
    rules: CreateRules


class Part(NamedTuple):
    """Records of another kind that hang on those of a scope, and are written here too.

    Attributes:
        kind: Which sort.
        records: The remote's, one by one.
        making: How they are made there.
    """

    kind: Kind
    records: RemoteRecords
    making: Making


@dataclass(frozen=True, kw_only=True)
class Opened(Generic[S, B]):
    """A project or space of which it is proved who we are and that it is visible.

    Attributes:
        account_id: As whom we read and write.
        remote_id: Id of the project or space: it stays when the key changes, and another one with the key has another.
        field_ids: What is read from which field, where that differs by site; what is not in it is not known now.
        records: Its records, one by one.
        source: Makes the remote's side of one pull.
        mirror: Our side.
        unwritable: Field to the reason why this site cannot take it.
        elements: Fields that this site has of its own.
        policies: Which way fields go, where a person chose that.
        changes_unseen: Whether records change without their stamps telling: each is then looked at once a day.
        before: Brings what is stored to the form that this release compares.
        after: Brings along what hangs on the records that a run (its id) changed one by one.
        making: How records are made there; None where none can be.
        parts: What hangs on its records and is written here too.
        way_out: What becomes there of records whose rows are deleted here; None: nothing.
    """

    account_id: str
    remote_id: str
    field_ids: Mapping[str, str]
    records: RemoteRecords
    source: Callable[[Extent], Source[S, B]]
    mirror: Mirror[S, B]
    unwritable: Mapping[str, str]
    changes_unseen: bool
    before: Callable[[Database], object]
    after: Callable[[Database, str], None]
    elements: Sequence[Field] = ()
    policies: Policies = field(default_factory=dict)
    making: Making | None = None
    parts: Sequence[Part] = ()
    way_out: Way | None = None


def nothing_before(db: Database) -> None:
    """What is stored has the form that this release compares."""
    del db


def nothing_after(db: Database, run_id: str) -> None:
    """What hangs on a record comes with it."""
    del db, run_id


class RemoteSystem(Protocol):
    """A remote system, with a client that talks to it."""

    @property
    def name(self) -> System:
        """Name of the system."""
        ...

    @property
    def kind(self) -> Kind:
        """Sort of its records."""
        ...

    @property
    def scopes(self) -> Collection[str]:
        """All that are synced: a record that moves to one of them is followed."""
        ...

    def hanging(self, key: str) -> Sequence[Kind]:
        """What hangs on the records of a project or space and is written here too."""
        ...

    def open(self, key: str) -> Opened[Any, Any]:
        """Prove who we are and that a project or space is visible.

        Raises:
            IdentityError, SettingError, SyncHalted: We are not who we should be, or it is not visible.
        """
        ...
