"""The careful way of a record: read it by id, decide field by field under its row's lock, store what was decided."""

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records.sync import FieldChange, PlanItem, RecordPlan, RemoteRecord
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.ports import Decide, RemoteRecords, SyncStore
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.sync.merge import missing_record, needs_history, reconcile_record
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(slots=True)
class Reconciled:
    """What deciding some records came to.

    Attributes:
        seen: Records that were read.
        unreadable: Id to what is wrong, of those that make no sense; the others go on.
        items: The plan's lines, as they were applied.
    """

    seen: int = 0
    missing: int = 0
    unreadable: dict[str, str] = dataclasses.field(default_factory=dict)
    items: list[PlanItem] = dataclasses.field(default_factory=list)

    def count(self) -> dict[str, int]:
        """Lines by what they change, for logs and metadata."""
        sides = Counter(item.side for item in self.items)
        return {
            "seen": self.seen,
            "pulled": sides["local"],
            "to_push": sides["remote"],
            "conflicted": sides["conflict"],
            "errors": sides["error"],
            "missing": self.missing,
            "unreadable": len(self.unreadable),
        }


def reconcile_edited(
    store: SyncStore, remote: RemoteRecords, run: Run, *, proved: bool, threads: int = 1
) -> Reconciled:
    """Decide every record that was edited here or waits for its turn; see `reconcile_records`.

    A run that forces conflicts looks at all that are open: some are about records that nobody edited.
    """
    refs = store.to_decide(conflicts=run.rules.force != "none")
    return reconcile_records(store, remote, refs, run, proved=proved, threads=threads)


def reconcile_records(
    store: SyncStore,
    remote: RemoteRecords,
    refs: Iterable[ResourceRef],
    run: Run,
    *,
    proved: bool,
    threads: int = 1,
) -> Reconciled:
    """Decide some records and store what was decided, one transaction each.

    Args:
        store: Our side.
        remote: The other side.
        refs: The records: rows with edits, conflicts or operations, and records that have no row yet.
        run: Rules, clock, ids.
        proved: True when this run has proved who we are and that the scope is visible: only then does a record that
            is not found count as missing.
        threads: Records that are worked on at once.
    """
    done = _for_each(store, remote, refs, run, store.change, proved=proved, threads=threads)
    counts = " ".join(f"{name}={number}" for name, number in done.count().items())
    _LOG.info("reconciled scope=%r %s", store.name, counts)
    return done


def plan_records(
    store: SyncStore,
    remote: RemoteRecords,
    refs: Iterable[ResourceRef],
    run: Run,
    *,
    proved: bool,
    threads: int = 1,
) -> Reconciled:
    """What `reconcile_records` would do on the same records, without doing it."""

    def change_nothing(ref: ResourceRef, decide: Decide) -> RecordPlan:
        return decide(store.state(ref))

    return _for_each(store, remote, refs, run, change_nothing, proved=proved, threads=threads)


Change = Callable[[ResourceRef, Decide], RecordPlan]


def _for_each(
    store: SyncStore,
    remote: RemoteRecords,
    refs: Iterable[ResourceRef],
    run: Run,
    change: Change,
    *,
    proved: bool,
    threads: int,
) -> Reconciled:
    def reconcile(ref: ResourceRef) -> Reconciled:
        return _reconcile(store, remote, ref, run, change, proved=proved)

    done = Reconciled()
    for one in side_by_side(reconcile, refs, threads=threads):
        done.seen += one.seen
        done.missing += one.missing
        done.unreadable |= one.unreadable
        done.items += one.items
    return done


def _reconcile(
    store: SyncStore, remote: RemoteRecords, ref: ResourceRef, run: Run, change: Change, *, proved: bool
) -> Reconciled:
    try:
        record = remote.fetch(ref)
    except RemoteMissing:
        if store.state(ref).local is None:
            return Reconciled(missing=1)
        plan = change(ref, lambda state: missing_record(state, run, proved=proved))
        return Reconciled(missing=1, items=list(plan.items))
    except UnreadableRecord as error:
        return Reconciled(unreadable={ref.resource_id: str(error)})
    changes = _history_if_needed(store, remote, ref, record, run)
    plan = change(ref, lambda state: reconcile_record(state, record, run, changes))
    return Reconciled(seen=1, items=list(plan.items))


def _history_if_needed(
    store: SyncStore, remote: RemoteRecords, ref: ResourceRef, record: RemoteRecord, run: Run
) -> Sequence[FieldChange]:
    """The history costs a request: it is read for late echoes, and to tell people who is behind a conflict."""
    state = store.state(ref)
    if not needs_history(state):
        draft = reconcile_record(state, record, run)
        if not any(conflict.state == "open" for conflict in draft.conflicts):
            return ()
    return remote.history(ref)
