"""One turn of `javis live` in a scope: what webhooks told of is read by its id, and what was edited here is sent.

The steps, the lock and the laws are those of a run; only the sweep, the watermark and what proves a deletion are left
to the runs. A turn is short, and gives the lock up to a run that wants it.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import Hints, end_hints, take_hints
from javis_pipeline.db.watermarks import read_watermark
from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.values import ResourceRef, ScopeRef, System
from javis_pipeline.steps.job import Job, sides_of
from javis_pipeline.steps.pull import pull_named
from javis_pipeline.steps.reconcile import Reconciled
from javis_pipeline.steps.sync_scope import merge_pulled, pull_locked, waits, write_back_opened
from javis_pipeline.steps.system import Opened, RemoteSystem

# Who we are and what we may see is proved anew after so long; nothing is taken for gone in between.
_PROVED_FOR: Final = timedelta(minutes=1)
# Hints of one turn: one answer of the remote has so many records.
_MOST_HINTS: Final = 100

log = logging.getLogger(__name__)


class Turn(NamedTuple):
    """What a turn came to.

    Attributes:
        counts: What was done, by name; empty when there was nothing to do.
        changed: Whether anything is otherwise now, on either side.
        more: There is more to do at once.
        open: A write or its outcome is still open: look again after a while.
    """

    counts: Mapping[str, int] = {}
    changed: bool = False
    more: bool = False
    open: bool = False


OpenSystem = Callable[[System], AbstractContextManager[RemoteSystem]]
"""Opens a system with a client of its own."""


@dataclass
class LiveScope:
    """A scope that is kept in step. Used by one thread at a time.

    Attributes:
        scope: The project or space.
        db: The product's database.
        open_system: Opens its system.
        clock: Dates what is written; it decides nothing but when to prove anew who we are.
        check: Called before each request; what it raises ends the turn.
    """

    scope: ScopeRef
    db: Database
    open_system: OpenSystem
    clock: Callable[[], datetime]
    check: Callable[[], None]
    _held: ExitStack = field(default_factory=ExitStack)
    _system: RemoteSystem | None = None
    _opened: Opened[Any, Any] | None = None
    _opened_at: datetime | None = None

    def turn(self) -> Turn:
        """Do what there is to do.

        Raises:
            ScopeBusy: Another run holds the scope, or wants it.
            JavisError: As for `pull_scope` and `write_back_scope`. Whatever it is, all that was not done waits.
        """
        try:
            if self._opened_at is not None and abs(self.clock() - self._opened_at) > _PROVED_FOR:
                self.close()
            return self._turn()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections to the site; the next turn opens them again."""
        self._held.close()
        self._system = self._opened = self._opened_at = None

    def _turn(self) -> Turn:
        job = self._job()
        with job.locked() as lock:

            def check() -> None:
                self.check()
                lock.check()

            if not self._was_pulled():
                return Turn()
            hints, edited = self._hints(), waits(job)
            if not (hints.numbers or edited):
                return Turn()
            opened = self._open(job)
            counts, stopped = self._write_back(job, opened, check) if edited else ({}, None)
            counts |= self._read(job, opened, hints, check)
            counts = {name: number for name, number in counts.items() if number}
            if counts:
                job.note_records()
            is_open = any(job.store.operations(state, limit=1) for state in ("planned", "sent"))
        if counts:
            shown = " ".join(f"{name}={number}" for name, number in counts.items())
            log.info("live system=%s scope=%s %s", self.scope.system, self.scope.scope, shown)
        if stopped is not None:
            raise stopped
        changed = bool(counts.keys() - {"postponed", "held", "errors", "unreadable"})
        return Turn(counts, changed, more=len(hints.numbers) == _MOST_HINTS, open=is_open)

    def _write_back(
        self, job: Job, opened: Opened[Any, Any], check: Callable[[], None]
    ) -> tuple[dict[str, int], SyncHalted | None]:
        """Send what waits, before anything is read: somebody waits for it. What a guard stops keeps nothing from being
        read."""
        try:
            return write_back_opened(job, opened, check=check, proved=False).as_metadata(), None
        except SyncHalted as stopped:
            return {}, stopped

    def _read(self, job: Job, opened: Opened[Any, Any], hints: Hints, check: Callable[[], None]) -> dict[str, int]:
        """Read what was told of. Where a hint names no record, anything may have changed: it is pulled as in a run."""
        if not hints.numbers:
            return {}
        if hints.whole:
            tally, merged = pull_locked(job)
            stored = tally.inserted + tally.updated
        else:
            stored, merged = self._read_named(job, opened, hints.ids, check)
        with self.db.statement() as conn:
            end_hints(conn, hints)
        return {"stored": stored, **{f"merge_{name}": number for name, number in merged.count().items()}}

    def _read_named(
        self, job: Job, opened: Opened[Any, Any], ids: Collection[str], check: Callable[[], None]
    ) -> tuple[int, Reconciled]:
        """How many were stored as they came, and what merging the others came to."""
        named = pull_named(self.db, job.scope, opened, ids, run_id=job.run_id, now=self.clock(), check=check)
        for note in named.notes:
            log.warning("%s %s: %s", self.scope.system, self.scope.scope, note)
        try:
            merged = self._merge(job, opened, named.to_merge)
            _merge_left(job, opened, named.left, proved=False)
        finally:
            opened.after(self.db, job.run_id)
        return named.stored, merged

    def _merge(self, job: Job, opened: Opened[Any, Any], refs: Sequence[ResourceRef]) -> Reconciled:
        if not refs:
            return Reconciled()
        return merge_pulled(job.store, opened.records, refs, job.run(opened), proved=False, threads=job.threads)

    def _was_pulled(self) -> bool:
        """A first load is left to a run; what was told before it stays and is told of to that run."""
        with self.db.statement() as conn:
            return read_watermark(conn, *self.scope).watermark is not None

    def _hints(self) -> Hints:
        with self.db.statement() as conn:
            return take_hints(conn, *self.scope, limit=_MOST_HINTS)

    def _job(self) -> Job:
        if self._system is None:
            self._system = self._held.enter_context(self.open_system(self.scope.system))
        return Job(
            db=self.db,
            system=self._system,
            key=self.scope.scope,
            run_id=str(uuid4()),
            clock=self.clock,
            yields=True,
        )

    def _open(self, job: Job) -> Opened[Any, Any]:
        """The scope, proved within the last minute."""
        if self._opened is None:
            opened = job.open()
            job.note_opened(opened)
            opened.before(self.db)
            self._opened, self._opened_at = opened, self.clock()
        return self._opened


def _merge_left(job: Job, opened: Opened[Any, Any], left: Sequence[ResourceRef], *, proved: bool) -> None:
    """Merge what hangs on records that were read by their ids, and was left to that."""
    for side in sides_of(job, opened)[1:] if left else ():
        mine = [ref for ref in left if ref.resource_type == side.run.kind.resource_type]
        merge_pulled(side.store, side.records, mine, side.run, proved=proved, threads=job.threads)
