"""What is synced, for which run, and how: what every step of a scope is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from javis_pipeline.db.connection import Database
from javis_pipeline.db.creates import PostgresCreates
from javis_pipeline.db.locks import ScopeLock, hold_scope
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import Watermark, note_opened, note_records, read_watermark
from javis_pipeline.records.sync import Overrides
from javis_pipeline.records.tables import Table
from javis_pipeline.steps.ports import RemoteRecords
from javis_pipeline.steps.recording import recorded_step
from javis_pipeline.steps.system import Making, Opened, RemoteSystem
from javis_pipeline.steps.tally import Scope
from javis_pipeline.sync.elements import with_elements
from javis_pipeline.sync.fields import Kind, as_chosen
from javis_pipeline.sync.guards import guard_identity, guard_place
from javis_pipeline.sync.run import Rules, Run

NO_OVERRIDES: Final = Overrides()


class Books(NamedTuple):
    """Our side of one kind in one scope: its records, and what was inserted here and is to be made there."""

    store: PostgresStore
    wishes: PostgresCreates


class Side(NamedTuple):
    """One kind of records in an open scope, on both sides."""

    store: PostgresStore
    wishes: PostgresCreates
    records: RemoteRecords
    making: Making | None
    run: Run


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is synced, for which run, and how.

    Attributes:
        db: The product's database.
        system: The system, with the client that talks to it.
        key: Key of the project or space.
        run_id: Names the run in the audit and in the book of runs.
        clock: Dates what is written; it decides nothing.
        rules: How conflicts are decided.
        overrides: What a person allowed for this run.
        new_id: Makes ids of operations and conflicts.
        make_store: Our side of the scope.
        threads: Records worked on at once: each is several requests, one after the other. The client keeps the pace
            that is allowed.
        yields: Whether the lock is given up to whoever wants it.
    """

    db: Database
    system: RemoteSystem
    key: str
    run_id: str
    clock: Callable[[], datetime]
    rules: Rules = field(default_factory=Rules)
    overrides: Overrides = NO_OVERRIDES
    new_id: Callable[[], UUID] = uuid4
    make_store: Callable[[Database, Table, str], PostgresStore] = PostgresStore
    threads: int = 16
    yields: bool = False

    @property
    def scope(self) -> Scope:
        """What is synced."""
        return Scope(self.system.name, self.system.kind.resource_type, self.key)

    @property
    def store(self) -> PostgresStore:
        """Our side of the scope."""
        return self.make_store(self.db, self.system.kind.table, self.key)

    def books(self, kind: Kind) -> Books:
        """Our side of what is of one kind in the scope."""
        wishes = PostgresCreates(self.db, kind.table, self.key, run_id=self.run_id, now=self.clock)
        return Books(self.make_store(self.db, kind.table, self.key), wishes)

    @property
    def all_books(self) -> list[Books]:
        """Of all kinds that are written here: what hangs on others comes after them."""
        return [self.books(kind) for kind in (self.system.kind, *self.system.hanging(self.key))]

    @contextmanager
    def locked(self) -> Iterator[ScopeLock]:
        """The lock that every writer of the scope holds; ScopeBusy while somebody else does."""
        holder = f"javis {'live' if self.yields else 'sync'} {self.run_id}"
        with hold_scope(self.db, self.system.name, self.key, holder=holder, yields=self.yields) as lock:
            yield lock

    @contextmanager
    def recorded(self, step: str) -> Iterator[dict[str, Any]]:
        """Keep the book of runs while a step is done; the block fills the counts."""
        with recorded_step(self.db, self.run_id, self.system.name, self.key, step, now=self.clock()) as counts:
            yield counts

    def open(self) -> Opened[Any, Any]:
        """The scope on the remote.

        Raises:
            IdentityError, SettingError: We are not who we should be, or the scope is not visible.
            SyncHalted: The same, or the key leads to another project or space now.
        """
        opened = self.system.open(self.key)
        with self.db.statement() as conn:
            last = read_watermark(conn, self.system.name, self.key)
        guard_identity(
            f"{self.system.name} {self.key}",
            account_id=opened.account_id,
            last_account_id=last.account_id,
            overrides=self.overrides,
        )
        guard_place(
            f"{self.system.name} {self.key}",
            remote_id=opened.remote_id,
            last_remote_id=last.remote_id,
            overrides=self.overrides,
        )
        return opened

    def note_opened(self, opened: Opened[Any, Any]) -> Watermark:
        """Note as whom and by which fields the scope is read from now on; its state with that."""
        with self.db.transaction(origin="sync") as conn:
            note_opened(
                conn,
                self.system.name,
                self.key,
                account_id=opened.account_id,
                remote_id=opened.remote_id,
                field_ids=opened.field_ids,
            )
            return read_watermark(conn, self.system.name, self.key)

    def note_records(self) -> None:
        """Count the scope's records: some may be new, or gone."""
        with self.db.transaction(origin="sync") as conn:
            note_records(conn, self.system.name, self.key)

    def run(self, opened: Opened[Any, Any]) -> Run:
        """The run, with the names and ids that are known by now."""
        catalog = replace(self.store.catalog(), unwritable=opened.unwritable)
        scopes = self.rules.scopes or frozenset({self.key, *self.system.scopes})
        policies = {**opened.policies, **self.rules.policies}
        rules = replace(self.rules, scopes=scopes, policies=policies, way_out=opened.way_out)
        return Run(
            run_id=self.run_id,
            now=self.clock,
            new_id=self.new_id,
            account_id=opened.account_id,
            kind=with_elements(as_chosen(self.system.kind, rules.policies), opened.elements),
            catalog=catalog,
            rules=rules,
        )


def sides_of(job: Job, opened: Opened[Any, Any]) -> list[Side]:
    """The kinds of the scope: its own, and what hangs on it."""
    run = job.run(opened)
    own = Side(*job.books(job.system.kind), opened.records, opened.making, run)
    hanging = [
        Side(*job.books(part.kind), part.records, part.making, replace(run, kind=part.kind)) for part in opened.parts
    ]
    return [own, *hanging]
