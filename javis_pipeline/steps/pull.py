"""Pull: the records of a scope, with all that hangs on them, into PostgreSQL; the same for every system.

A sweep of stamps finds what differs from what is stored; that is fetched by several threads and stored batch by batch,
each in a transaction of its own. A run that dies leaves whole batches; the next one continues with what is missing.
Rows that people edited here, or that have a conflict or a write under way, are left as they are and named, for the
merge.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock
from typing import Any, Final, NamedTuple

from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import set_up_batch
from javis_pipeline.db.quarantine import count_quarantined, quarantine_record, release_records
from javis_pipeline.db.watermarks import advance_watermark, read_watermark
from javis_pipeline.errors import having_done
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import as_they_come, in_batches, read_ahead
from javis_pipeline.steps.ports import Progress
from javis_pipeline.steps.system import Batch, Mirror, Opened, Rest, Source, Stamp, Stored
from javis_pipeline.steps.tally import Completeness, Scope, Tally
from javis_pipeline.sync.watermark import Mark

# Search indexes lag, for hours at times, and clocks of a site's nodes differ. Reading stamps again is cheap, and what
# did not change is not fetched again.
HORIZON: Final = timedelta(hours=12)
# Requests under way at once. They mostly wait; the client's own pace keeps the rate within what the site allows.
THREADS: Final = 12
# Batches that a process holds at once, of all scopes that it pulls side by side. More of them would take memory and
# connections, and be read no sooner.
_HELD: Final = BoundedSemaphore(2 * THREADS)


def pull_records(
    db: Database,
    scope: Scope,
    opened: Opened[Any, Any],
    *,
    run_id: str,
    now: datetime,
    full: bool = False,
    also: Collection[str] = (),
    hinted: Collection[str] = (),
    progress: Progress,
) -> Tally:
    """Bring the stored records of a scope up to what the remote holds, except those that need a merge.

    Args:
        db: The product's database.
        scope: What is pulled.
        opened: The scope, as it was proved just now.
        run_id: Names the run in the audit.
        now: Dates what is stored; it decides nothing.
        full: Read every record again, changed or not. A first load does that anyway.
        also: Ids to fetch besides, such as those that only a census found.
        hinted: Ids to fetch besides that somebody told us of: that one is not there says nothing.
        progress: Told after each batch.

    Raises:
        RemoteBusy: The remote gave up on us; what was stored until then stays, and the next run continues.
    """
    with db.statement() as conn:
        since = read_watermark(conn, scope.system, scope.key).watermark
    with opened.source("whole" if full or since is None else "changed") as source:
        return _Pull(db, scope, opened, source, since, run_id=run_id, now=now, full=full, also=also, hinted=hinted).run(
            progress
        )


class Named(NamedTuple):
    """What reading records by their ids came to.

    Attributes:
        stored: How many were stored as they came.
        to_merge: Those that are edited, in conflict or being written here.
        left: The same of what hangs on them.
        notes: What a person should know.
    """

    stored: int
    to_merge: Sequence[ResourceRef]
    left: Sequence[ResourceRef]
    notes: Sequence[str]


def pull_named(
    db: Database,
    scope: Scope,
    opened: Opened[Any, Any],
    ids: Collection[str],
    *,
    run_id: str,
    now: datetime,
    check: Callable[[], None],
) -> Named:
    """Bring these records up to what the remote holds, with all that hangs on them, and no others; the watermark stays.

    That one is not there, or not in this scope, tells nothing.

    Args:
        db, scope, opened, run_id, now: As for `pull_records`.
        ids: Ids of the records.
        check: Called before each request; what it raises ends this.
    """
    stored, to_merge, left = 0, dict[str, ResourceRef](), list[ResourceRef]()
    with opened.source("named") as source:
        for wanted in in_batches([source.stamp(one) for one in dict.fromkeys(ids)], source.batch_size):
            check()
            batch = source.read(wanted)
            done = _store(db, scope, opened.mirror, batch, run_id=run_id, now=now, refresh=False)
            stored += len(done.inserted) + len(done.updated)
            to_merge |= {ref.resource_id: ref for ref in done.to_merge}
            left += done.left
        rest = source.round_off(db, run_id=run_id, now=now)
    return Named(stored, [*to_merge.values()], [*left, *rest.left], rest.notes)


def _store(
    db: Database, scope: Scope, mirror: Mirror[Any, Any], batch: Batch, *, run_id: str, now: datetime, refresh: bool
) -> Stored:
    """Store one batch, in a transaction of its own."""
    with db.transaction(origin="sync") as conn:
        set_up_batch(conn)
        stored = mirror.store(conn, batch, run_id=run_id, now=now, refresh=refresh)
        release_records(conn, scope.system, list(batch.brought))
        for one in batch.unreadable:
            quarantine_record(
                conn,
                scope.system,
                scope.key,
                one.remote_id,
                updated_at=one.updated_at,
                payload=one.payload,
                reason=one.reason,
                now=now,
            )
    return stored


class Listed(NamedTuple):
    """What the remote lists for a scope.

    Attributes:
        ids: Of all records that are listed. One that the list makes no sense of is asked for by itself.
        differing: The records that are not stored as they are listed, new ones too.
    """

    ids: frozenset[str]
    differing: Sequence[ResourceRef]


def list_records(db: Database, scope: Scope, opened: Opened[Any, Any]) -> Listed:
    """All that the remote lists for the scope."""
    source: Source[Stamp, Any] = opened.source("whole")
    stamps = {stamp.remote_id: stamp for stamps in source.sweep(None) for stamp in stamps}
    with db.transaction() as conn:
        differing = set(opened.mirror.differing(conn, list(stamps.values())))
    refs = [
        ResourceRef(resource_type=scope.resource_type, resource_id=one.remote_id, scope=scope.key, key=one.key)
        for one in stamps.values()
    ]
    return Listed(frozenset(stamps), [ref for ref in refs if ref.resource_id in differing])


@dataclass(slots=True)
class _Counts:
    """What the batches so far added up to.

    `hinted` are ids that somebody told us of: that one of them is not there tells nothing of the list, and that one
    came tells nothing of what changed before it.
    """

    hinted: frozenset[str] = frozenset()
    seen: int = 0
    unchanged: int = 0
    inserted: int = 0
    updated: int = 0
    renamed: int = 0
    unreadable: int = 0
    missing: int = 0
    to_merge: list[ResourceRef] = field(default_factory=list)
    left: list[ResourceRef] = field(default_factory=list)
    mark: Mark = field(default_factory=Mark)

    def add(self, wanted: Sequence[Stamp], batch: Batch, stored: Stored) -> None:
        self.inserted += len(stored.inserted)
        self.updated += len(stored.updated)
        self.unchanged += len(stored.same)
        self.renamed += len(stored.renamed)
        self.unreadable += len(batch.unreadable)
        unlisted = {stamp.remote_id for stamp in wanted if stamp.changed_at is None}.intersection(self.hinted)
        self.missing += len(set(batch.absent) - unlisted)
        self.to_merge += stored.to_merge
        self.left += stored.left
        self.mark.batch(
            [(stamp.remote_id, stamp.changed_at) for stamp in wanted],
            {remote_id: at for remote_id, at in batch.brought.items() if remote_id not in unlisted},
            to_merge={ref.resource_id for ref in stored.to_merge},
            closed={one.remote_id for one in batch.unreadable}.union(batch.absent),
        )

    def hand_on(self, refs: Sequence[ResourceRef]) -> None:
        """Leave more records to the merge, each once."""
        named = {ref.resource_id for ref in self.to_merge}
        self.to_merge += [ref for ref in refs if ref.resource_id not in named]

    @property
    def handled(self) -> int:
        return self.unchanged + self.inserted + self.updated + self.unreadable + self.missing + len(self.to_merge)


class _Pull:
    """One pull under way."""

    def __init__(
        self,
        db: Database,
        scope: Scope,
        opened: Opened[Any, Any],
        source: Source[Stamp, Batch],
        watermark: datetime | None,
        *,
        run_id: str,
        now: datetime,
        full: bool,
        also: Collection[str],
        hinted: Collection[str],
    ) -> None:
        self._db = db
        self._scope = scope
        self._mirror = opened.mirror
        self._source = source
        self._watermark = watermark
        self._run_id = run_id
        self._now = now
        self._full = full
        self._also = [*also, *hinted]
        self._whole = full or watermark is None
        self._storing = BoundedSemaphore(opened.mirror.at_once)
        self._counts = _Counts(frozenset(hinted))
        self._stored = Counter[str]()
        self._counting = Lock()

    def run(self, progress: Progress) -> Tally:
        with having_done(self._stored):
            return self._run(progress)

    def _run(self, progress: Progress) -> Tally:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"pull-{self._scope.key}")
        try:
            wanted = in_batches(self._wanted(threads), self._source.batch_size)
            for done in as_they_come(threads, self._read_and_store, wanted, most=THREADS):
                self._counts.add(*done)
                progress(self._counts.handled, self._total())
            rest = self._source.round_off(self._db, run_id=self._run_id, now=self._now)
            return self._finish(rest)
        finally:
            threads.shutdown(cancel_futures=True)

    def _read_and_store(self, wanted: Sequence[Stamp]) -> tuple[Sequence[Stamp], Batch, Stored]:
        """In a thread of its own; batches have no record in common, but for one that moves on in the sweep."""
        with _HELD:
            batch = self._source.read(wanted)
            with self._storing:
                stored = _store(
                    self._db, self._scope, self._mirror, batch, run_id=self._run_id, now=self._now, refresh=self._full
                )
        with self._counting:
            self._stored.update(inserted=len(stored.inserted), updated=len(stored.updated), renamed=len(stored.renamed))
        return wanted, batch, stored

    def _wanted(self, threads: ThreadPoolExecutor) -> Iterator[Stamp]:
        """Hits that are not stored as they are, while the sweep still goes on; then what was asked for by id."""
        since = None if self._whole or self._watermark is None else self._watermark - HORIZON
        compare = not self._full and not (self._whole and self._nothing_stored())
        for stamps in read_ahead(threads, self._source.sweep(since, dated=compare)):
            self._counts.seen += len(stamps)
            yield from self._not_stored(stamps) if compare else stamps
        for remote_id in self._also:
            yield self._source.stamp(remote_id)

    def _nothing_stored(self) -> bool:
        with self._db.statement() as conn:
            return self._mirror.count(conn) == 0

    def _not_stored(self, stamps: Sequence[Stamp]) -> Iterator[Stamp]:
        with self._db.statement() as conn:
            differing = set(self._mirror.differing(conn, stamps))
        for stamp in stamps:
            if stamp.remote_id in differing:
                yield stamp
            else:
                self._counts.unchanged += 1
                self._counts.mark.stored(stamp.changed_at)

    def _total(self) -> int | None:
        """How many records there will be to handle, where all are."""
        counted = self._source.counted() if self._whole else None
        return counted.number if counted else None

    def _finish(self, rest: Rest) -> Tally:
        """Only now everything up to the watermark is stored; not so when a hit could not be asked for."""
        counts, scope = self._counts, self._scope
        counts.hand_on(rest.to_merge)
        with self._db.transaction(origin="sync") as conn:
            if not self._source.missed:
                full_at = self._now if self._whole else None
                advance_watermark(conn, scope.system, scope.key, counts.mark.value, full_at=full_at)
            after = read_watermark(conn, scope.system, scope.key)
            known = self._mirror.count(conn)
            quarantined = count_quarantined(conn, scope.system, scope.key)
        return Tally(
            scope=scope.key,
            whole=self._whole,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            renamed=counts.renamed,
            unreadable=counts.unreadable,
            to_merge=tuple(counts.to_merge),
            left=(*counts.left, *rest.left),
            completeness=Completeness(known, counts.seen, counts.missing, quarantined, self._source.counted()),
            watermark=after.watermark,
            notes=tuple(rest.notes),
        )
