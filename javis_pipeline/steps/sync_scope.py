"""One run of the two-way sync of one scope, whichever system it is of: lock, open, pull, settle, reconcile, write back.

Whoever syncs calls these: the assets, the census, the dry run, the tests. To open a scope is to prove who we are and
that it is visible; the rest believes what it reads because of that.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from javis_pipeline.db.hints import Hints, end_hints, take_hints
from javis_pipeline.db.watermarks import Watermark, note_round
from javis_pipeline.errors import JavisError
from javis_pipeline.records.sync import WHOLE_RECORD, Overrides, PlanItem
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import rare_collections
from javis_pipeline.steps.census import Counted, take_census
from javis_pipeline.steps.create import Created, create_records, settle_creations
from javis_pipeline.steps.hints import MOST_AT_ONCE
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.ports import Progress, RemoteRecords, SyncStore
from javis_pipeline.steps.pull import list_records, pull_named, pull_records
from javis_pipeline.steps.push import Pushed, nobody_else_writes, push_operations
from javis_pipeline.steps.reconcile import Reconciled, plan_records, reconcile_edited, reconcile_records, to_look_at
from javis_pipeline.steps.rounds import Share, next_share
from javis_pipeline.steps.settle import settle_operations
from javis_pipeline.steps.system import Opened
from javis_pipeline.steps.tally import Tally
from javis_pipeline.sync.guards import guard_writes
from javis_pipeline.sync.run import Run

log = logging.getLogger(__name__)

_LOGGED: Final = ("seen", "inserted", "updated", "unchanged", "to_merge", "unreadable", "missing", "agrees")


class Pulled(NamedTuple):
    """What came from the remote: what was stored set-wise, and what was merged record by record."""

    tally: Tally
    merged: Reconciled


class WrittenBack(NamedTuple):
    """What a write-back did.

    Attributes:
        settled: Earlier operations with an unknown outcome, by what became of them.
        decided: What deciding the edited records came to.
        pushed: What sending came to.
        made: What making what was inserted here came to, by `Created.count`.
        why_postponed: What the remote said to those that wait for the next run, each reason once.
    """

    settled: Mapping[str, int]
    decided: Reconciled
    pushed: Pushed
    made: Mapping[str, int] = MappingProxyType({})
    why_postponed: tuple[str, ...] = ()

    def as_metadata(self) -> dict[str, int]:
        """The counts, flat, for the book of runs and the UI."""
        return {
            **{f"settled_{state}": number for state, number in self.settled.items()},
            **self.pushed.count(),
            **self.made,
            "errors": self.decided.count()["errors"],
        }


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


def pull_scope(job: Job, *, full: bool = False, also: Collection[str] = (), progress: Progress | None = None) -> Pulled:
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
    job: Job, *, full: bool = False, also: Collection[str] = (), progress: Progress | None = None
) -> Pulled:
    """What `pull_scope` does, under the lock."""
    with job.recorded("pull") as counts, rare_collections():
        opened = job.open()
        before = job.note_opened(opened)
        full = full or _wants_all(before)
        opened.before(job.db)
        settled = _settle_wishes(job, opened)
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
            also=[*also, *settled.ids, *(share.ids if opened.changes_unseen else ())],
            hinted=hinted.ids,
            progress=progress or _no_progress,
        )
        if share.counts:
            with job.db.transaction(origin="sync") as conn:
                note_round(conn, job.system.name, job.key, at=now, up_to=share.up_to)
        counts |= tally.as_metadata()
    shown = " ".join(f"{name}={value}" for name, value in counts.items() if name in _LOGGED)
    log.info("pulled system=%s partition=%s %s", job.system.name, job.key, shown)
    for note in (*settled.notes, *tally.notes):
        log.warning("%s %s: %s", job.system.name, job.key, note)
    merged = _merge(job, opened, tally.to_merge, None if full else share.ids)
    with job.db.transaction() as conn:
        end_hints(conn, hinted)
    return Pulled(tally, merged)


def _hinted(job: Job) -> Hints:
    """Records that webhooks told of. A run that fails leaves them to the next."""
    with job.db.transaction() as conn:
        return take_hints(conn, job.system.name, job.key, limit=MOST_AT_ONCE)


def _settle_wishes(job: Job, opened: Opened[Any, Any]) -> Created:
    """Find out what became of rows that are to be made there: before the pull, which then finds them."""
    if opened.making is None or not job.wishes.begin():
        return Created()
    remote = opened.making.remote(job.db, job.clock)
    return settle_creations(job.wishes, remote, job.run(opened), opened.making.rules)


def _make(job: Job, opened: Opened[Any, Any], check: Callable[[], None]) -> Created:
    """Make there what was inserted here, and read what was made."""
    if not (wishes := job.wishes.begin()):
        return Created()
    if opened.making is None:
        return Created(held=len(wishes), notes=["nothing is made there of rows that were inserted here; delete them"])
    made = Created()
    try:
        made = create_records(
            job.wishes,
            opened.making.remote(job.db, job.clock),
            job.run(opened),
            opened.making.rules,
            job.overrides,
            threads=job.threads,
            check=check,
        )
    finally:
        if made.ids:
            _read_made(job, opened, made.ids)
    return made


def _read_made(job: Job, opened: Opened[Any, Any], ids: Collection[str]) -> None:
    """What was made, as it is there; what was edited here meanwhile is decided with the other edits."""
    pull_named(job.db, job.scope, opened, ids, run_id=job.run_id, now=job.clock(), check=nobody_else_writes)


def _wants_all(before: Watermark) -> bool:
    """Whether all is to be read again, changed or not: a new release keeps more of it than was kept so far, or a field
    of the site that was not read so far is known now."""
    return before.watermark is not None and before.last_full_at is None


def _no_progress(done: int, total: int | None) -> None:
    """Nobody is watching."""


def _merge(
    job: Job, opened: Opened[Any, Any], refs: Iterable[ResourceRef], reconciled: Collection[str] | None
) -> Reconciled:
    """Merge what the pull handed on, and what was changed behind the trigger's back; None: all were reconciled."""
    store = job.store
    if reconciled is None:
        store.retry(None, None, job.clock())
    unmarked = store.unmarked(reconciled) if reconciled is None or reconciled else ()
    try:
        return merge_pulled(store, opened.records, [*refs, *unmarked], job.run(opened), threads=job.threads)
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


def write_back_scope(job: Job) -> WrittenBack:
    """Send local edits and resolved conflicts; where there are none, nobody is asked for anything.

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
            done = write_back_opened(job, opened, check=lock.check)
            counts |= done.as_metadata()
    return done


def waits(job: Job) -> bool:
    """Whether there is an edit, a resolution, an operation or a wish that something may be done about."""
    store = job.store
    return bool(store.to_decide() or store.operations("planned") or store.operations("sent") or job.wishes.begin())


def write_back_opened(
    job: Job, opened: Opened[Any, Any], *, check: Callable[[], None], proved: bool = True
) -> WrittenBack:
    """What `write_back_scope` does in a scope that is locked and opened.

    Args:
        job: The scope and the run.
        opened: The scope.
        check: Called before each write, and before many records are looked at; what it raises ends this.
        proved: Whether it was opened just now: only then does a record that is not found count as missing.
    """
    try:
        created = _make(job, opened, check)
        sent = send_edits(
            job.store,
            opened.records,
            job.run(opened),
            job.overrides,
            proved=proved,
            threads=job.threads,
            check=check,
        )
    finally:
        opened.after(job.db, job.run_id)
    for note in created.notes:
        log.warning("%s %s: %s", job.system.name, job.key, note)
    return sent._replace(made=created.count(), why_postponed=_why_postponed(job.store, sent.pushed))


def _why_postponed(store: SyncStore, pushed: Pushed) -> tuple[str, ...]:
    waiting = store.operations("planned") if pushed.postponed else []
    return tuple(dict.fromkeys(op.last_error for op in waiting if op.last_error))


def send_edits(
    store: SyncStore,
    remote: RemoteRecords,
    run: Run,
    overrides: Overrides,
    *,
    proved: bool = True,
    threads: int = 1,
    check: Callable[[], None] = nobody_else_writes,
) -> WrittenBack:
    """Settle what was sent, decide what was edited here, and send it; `check` and errors are those of the push.

    What the guard will stop is not asked for first: that costs a request a record, in every run.
    """
    settled = settle_operations(store, remote, run)
    if store.why_held() is None:
        guard_writes(store.name, writes=store.count_wishes(), records=store.count_records(), overrides=overrides)
    decided = reconcile_edited(store, remote, run, proved=proved, threads=threads, check=check)
    pushed = push_operations(store, remote, run, overrides, threads=threads, check=check, just_seen=decided.just_seen)
    return WrittenBack(settled, decided, pushed)


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
    return counted


def plan_scope(job: Job) -> list[PlanItem]:
    """What a run would do now, without doing it: nothing is written anywhere, not even a watermark."""
    opened = job.open()
    store, run = job.store, job.run(opened)
    changed = list_records(job.db, job.scope, opened).differing
    known = {ref.resource_id for ref in store.records()}
    new = [_new_item(ref) for ref in changed if ref.resource_id not in known]
    to_decide = store.to_decide(conflicts=run.rules.force != "none")
    # What waits may be gone there: a conflict about that is decided as any other.
    refs = {ref.resource_id: ref for ref in (*to_decide, *(one for one in changed if one.resource_id in known))}
    planned = plan_records(store, opened.records, refs.values(), run, proved=True, threads=job.threads)
    return [*new, *planned.items, *map(partial(_wish_item, job), job.wishes.wanted())]


def _wish_item(job: Job, wish: Mapping[str, Any]) -> PlanItem:
    return PlanItem(
        resource_type=job.system.kind.resource_type,
        resource_id=str(wish["record_id"]),
        key=wish["key"],
        field=WHOLE_RECORD,
        side="remote" if wish["state"] == "planned" else "error",
        old=None,
        new=wish["title"],
        reason=wish["why"] or "inserted here, and made there",
        row=5,
        risk="high",
    )


def _new_item(ref: ResourceRef) -> PlanItem:
    return PlanItem(
        resource_type=ref.resource_type,
        resource_id=ref.resource_id,
        key=ref.key,
        field=WHOLE_RECORD,
        side="record",
        old=None,
        new=ref.key,
        reason="new on the remote",
        row=4,
        risk="low",
    )
