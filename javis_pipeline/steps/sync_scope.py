"""One run of the two-way sync of one scope, whichever system it is of: lock, open, pull, settle, reconcile, write back.

Whoever syncs calls these: the assets, the census, the dry run, the tests. To open a scope is to prove who we are and
that it is visible; the rest believes what it reads because of that.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from javis_pipeline.db.hints import Hints, end_hints, take_hints
from javis_pipeline.db.watermarks import Watermark, note_round
from javis_pipeline.errors import JavisError, having_done
from javis_pipeline.records.sync import Operation
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import rare_collections
from javis_pipeline.steps.census import Counted, take_census
from javis_pipeline.steps.hints import MOST_AT_ONCE
from javis_pipeline.steps.job import Books, Job, Side, sides_of
from javis_pipeline.steps.making import make_wishes, settle_wishes
from javis_pipeline.steps.ports import Progress, RemoteRecords, SyncStore, nobody_watches
from javis_pipeline.steps.pull import list_records, pull_named, pull_records
from javis_pipeline.steps.push import Pushed, nobody_else_writes
from javis_pipeline.steps.reconcile import Reconciled, reconcile_records, to_look_at
from javis_pipeline.steps.rounds import Share, next_share
from javis_pipeline.steps.send_edits import WrittenBack, send_edits
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.steps.system import Opened
from javis_pipeline.steps.tally import Tally
from javis_pipeline.sync.run import Run

log = logging.getLogger(__name__)

_LOGGED: Final = ("seen", "inserted", "updated", "unchanged", "to_merge", "unreadable", "missing", "agrees")
# A write that was given up may still be executed for so long.
_LATE_FOR: Final = timedelta(days=1)
# Of so many that wait it is told why.
_MOST_REASONS: Final = 100


class Pulled(NamedTuple):
    """What came from the remote: what was stored set-wise, and what was merged record by record."""

    tally: Tally
    merged: Reconciled


Result = TypeVar("Result")


def each_scope(jobs: Iterable[Job], work: Callable[[Job], Result]) -> list[Result]:
    """What `work` makes of each scope. One that fails does not stop the others; its error is raised in the end."""
    done, failed = [], []
    for job in jobs:
        try:
            done.append(work(job))
        except JavisError as error:
            log.warning("%s %s failed: %s", job.system.name, job.key, error)
            failed.append(error)
    if failed:
        raise failed[0]
    return done


def pull_scope(
    job: Job, *, full: bool = False, also: Collection[str] = (), progress: Progress = nobody_watches
) -> Pulled:
    """Bring here what changed there, and merge it with what was edited here.

    Args:
        job: The scope and the run.
        full: Read every record again, changed or not, look for rows that were changed behind the trigger's back, and
            ask again for what was refused.
        also: Ids to fetch besides, such as those that only a census found.
        progress: Told how far the pull is.

    Raises:
        ScopeBusy: Another run holds the scope.
        IdentityError, SettingError, SyncHalted: Nothing was read or changed: we are not who we should be, the scope is
            not visible, or a guard stopped the run.
        RemoteBusy: The remote gave up on us; what was stored until then stays, and the next run continues.
    """
    with job.locked():
        return pull_locked(job, full=full, also=also, progress=progress)


def pull_locked(
    job: Job, *, full: bool = False, also: Collection[str] = (), progress: Progress = nobody_watches
) -> Pulled:
    """What `pull_scope` does, under the lock."""
    with job.recorded("pull") as counts, rare_collections():
        opened = job.open()
        before = job.note_opened(opened)
        full = full or _wants_all(before)
        opened.before(job.db)
        sides = sides_of(job, opened)
        settled = [settle_wishes(job, side) for side in sides]
        now = job.clock()
        hinted = _hinted(job)
        share = Share(counts=True) if full else next_share(job.store, before, now)
        tally = pull_records(
            job.db,
            job.scope,
            opened,
            run_id=job.run_id,
            now=now,
            full=full,
            also=[*also, *settled[0].ids, *(share.ids if opened.changes_unseen else ())],
            hinted=hinted.ids,
            progress=progress,
        )
        if share.counts:
            with job.db.transaction(origin="sync") as conn:
                note_round(conn, job.system.name, job.key, at=now, up_to=share.up_to)
        tally = tally.after(counts)
        counts |= tally.as_metadata()
    shown = " ".join(f"{name}={value}" for name, value in counts.items() if name in _LOGGED)
    log.info("pulled system=%s partition=%s %s", job.system.name, job.key, shown)
    for note in (*(note for one in settled for note in one.notes), *tally.notes):
        log.warning("%s %s: %s", job.system.name, job.key, note)
    merged = _merge(job, opened, tally.to_merge, None if full else share.ids)
    for side, one in zip(sides[1:], settled[1:], strict=True):
        _merge_hanging(job, side, tally.left, one.ids, whole=full)
    with job.db.statement() as conn:
        end_hints(conn, hinted)
    job.note_records()
    return Pulled(tally, merged)


def _hinted(job: Job) -> Hints:
    """Records that webhooks told of. A run that fails leaves them to the next."""
    with job.db.statement() as conn:
        return take_hints(conn, job.system.name, job.key, limit=MOST_AT_ONCE)


def _named(job: Job, side: Side, ids: Collection[str]) -> list[ResourceRef]:
    """Records of which only the ids are known."""
    kind = side.run.kind.resource_type
    return [ResourceRef(resource_type=kind, resource_id=one, scope=job.key, key=one) for one in dict.fromkeys(ids)]


def _merge_hanging(job: Job, side: Side, left: Iterable[ResourceRef], ids: Collection[str], *, whole: bool) -> None:
    """Merge what hangs on records: what the pull left, what was found to be made, and, of the whole, what was changed
    behind the trigger's back."""
    if whole:
        side.store.retry(None, None, job.clock())
    unmarked = side.store.unmarked() if whole else ()
    mine = [ref for ref in left if ref.resource_type == side.run.kind.resource_type]
    late = [op.ref for op in side.store.operations("abandoned") if op.may_land_late and _is_recent(op, job.clock())]
    wanted = [*_named(job, side, ids), *mine, *late, *unmarked]
    merge_pulled(side.store, side.records, wanted, side.run, threads=job.threads)


def _is_recent(op: Operation, now: datetime) -> bool:
    """Whether a write that was given up may still be executed, without what it hangs on telling."""
    return op.sent_at is not None and abs(now - op.sent_at) < _LATE_FOR


def _read_made(job: Job, opened: Opened[Any, Any], ids: Collection[str]) -> None:
    """What was made, as it is there; what was edited here meanwhile is decided with the other edits."""
    pull_named(job.db, job.scope, opened, ids, run_id=job.run_id, now=job.clock(), check=nobody_else_writes)


def _wants_all(before: Watermark) -> bool:
    """Whether all is to be read again, changed or not: a new release keeps more of it than was kept so far, or a field
    of the site that was not read so far is known now."""
    return before.watermark is not None and before.last_full_at is None


def _merge(
    job: Job, opened: Opened[Any, Any], refs: Iterable[ResourceRef], reconciled: Collection[str] | None
) -> Reconciled:
    """Merge what the pull handed on, and what was changed behind the trigger's back; None: all were reconciled."""
    store = job.store
    if reconciled is None:
        store.retry(None, None, job.clock())
    unmarked = store.unmarked(reconciled) if reconciled is None or reconciled else ()
    wanted = [*refs, *unmarked]
    try:
        if not wanted and job.rules.force == "none" and not store.operations("sent", limit=1):
            return Reconciled()
        return merge_pulled(store, opened.records, wanted, job.run(opened), threads=job.threads)
    finally:
        opened.after(job.db, job.run_id)


def merge_pulled(
    store: SyncStore,
    remote: RemoteRecords,
    refs: Iterable[ResourceRef],
    run: Run,
    *,
    proved: bool = True,
    threads: int = 1,
) -> Reconciled:
    """Settle what was sent, then decide what a pull handed on, and in a run that forces conflicts all that wait."""
    settle_operations(store, remote, run)
    wanted = to_look_at(store, refs, run)
    return reconcile_records(store, remote, wanted, run, proved=proved, threads=threads)


def write_back_scope(job: Job, *, progress: Progress = nobody_watches) -> WrittenBack:
    """Send local edits and resolved conflicts; where there are none, nobody is asked for anything.

    Args:
        job: The scope and the run.
        progress: Told how much is made there of what was inserted here, how much is decided, and how much is sent.

    Raises:
        ScopeBusy: Another run holds the scope, or our lock on it is lost; what was not sent stays planned.
        IdentityError, SettingError: We are not who we should be, or the scope is not visible.
        SyncHalted: The same, or suspiciously many writes are planned; nothing was sent.
        RemoteBusy: The remote wants no more requests now; what was not sent stays planned.
    """
    with job.locked() as lock:
        if not waits(job):
            nothing = WrittenBack({}, Reconciled(), Pushed())
            with job.recorded("write_back") as counts:
                counts |= nothing.as_metadata()
            return nothing
        opened = job.open()
        job.note_opened(opened)
        opened.before(job.db)
        with job.recorded("write_back") as counts:
            done = write_back_opened(job, opened, check=lock.check, progress=progress).after(counts)
            counts |= done.as_metadata()
        job.note_records()
    return done


def waits(job: Job) -> bool:
    """Whether there is an edit, a resolution, an operation or a wish that something may be done about."""
    return any(_waits_in(books) for books in job.all_books)


def _waits_in(books: Books | Side) -> bool:
    return books.store.something_waits() or books.wishes.something_waits()


def write_back_opened(
    job: Job,
    opened: Opened[Any, Any],
    *,
    check: Callable[[], None],
    proved: bool = True,
    progress: Progress = nobody_watches,
) -> WrittenBack:
    """What `write_back_scope` does in a scope that is locked and opened, kind after kind: what hangs on a record goes
    out when that is there.

    Args:
        job: The scope and the run.
        opened: The scope.
        check: Called before each write, and before many records are looked at; what it raises ends this.
        proved: Whether it was opened just now: only then does a record that is not found count as missing.
        progress: As for `write_back_scope`.
    """
    write_back = partial(_write_back_side, job, check=check, proved=proved, progress=progress)
    try:
        own, *hanging = sides_of(job, opened)
        done = write_back(own, partial(_read_made, job, opened))
        for side in filter(_waits_in, hanging):
            with having_done(done.stays()):
                done = done.with_more(write_back(side, partial(_read_hanging, job, side)))
    finally:
        opened.after(job.db, job.run_id)
    return done


def _write_back_side(
    job: Job,
    side: Side,
    read: Callable[[Collection[str]], object],
    *,
    check: Callable[[], None],
    proved: bool,
    progress: Progress,
) -> WrittenBack:
    created = make_wishes(job, side, read, check, progress)
    with having_done(created.known()):
        # What it hangs on may have become known just now.
        sent = send_edits(
            side.store,
            side.records,
            side.run,
            job.overrides,
            proved=proved,
            check=check,
            threads=job.threads,
            progress=progress,
        )
    for note in created.notes:
        log.warning("%s %s: %s", job.system.name, job.key, note)
    return sent._replace(made=created.count(), why_postponed=_why_postponed(side.store, sent.pushed))


def _read_hanging(job: Job, side: Side, ids: Collection[str]) -> None:
    """What was made and hangs on a record, as it is there."""
    reconcile_records(side.store, side.records, _named(job, side, ids), side.run, proved=True)


def _why_postponed(store: SyncStore, pushed: Pushed) -> tuple[str, ...]:
    waiting = store.operations("planned", limit=_MOST_REASONS) if pushed.postponed else []
    return tuple(dict.fromkeys(op.last_error for op in waiting if op.last_error))


def count_scope(job: Job) -> Counted:
    """Find out which records are gone, and which are not here as they are listed: those are pulled now.

    So what no pull looks back for comes within a day: a place that changed without the record, an index that was behind
    by more than the horizon, and a record that is seen again after it was not found once.

    Raises:
        SyncHalted: The list is suspiciously short, or many records are gone; nothing was changed.
        ScopeBusy, IdentityError, SettingError, RemoteBusy: As for `pull_scope`.
    """
    with job.locked():
        opened = job.open()
        with job.recorded("census") as counts:
            listed = list_records(job.db, job.scope, opened)
            counted = take_census(job.store, opened.records, listed.ids, job.run(opened), job.overrides)
            counts |= counted.count()
        if listed.differing:
            pull_locked(job, also=[ref.resource_id for ref in listed.differing])
        job.note_records()
    return counted
