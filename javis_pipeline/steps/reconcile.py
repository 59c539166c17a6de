"""The careful way of a record: read it by id, decide field by field under its row's lock, store what was decided."""

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Final, Self, assert_never

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.sync import WHOLE_RECORD, PlanItem, RecordPlan, RecordState
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import in_batches, rare_collections
from javis_pipeline.steps.look import (
    UNHOLDABLE,
    Busy,
    Gone,
    Look,
    Patience,
    Refused,
    Seen,
    Unreadable,
    look,
    look_at_many,
    look_back,
    not_synced,
)
from javis_pipeline.steps.ports import Decide, Progress, RemoteRecords, SyncStore, nobody_watches
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.sync.merge import missing_record, needs_history, reconcile_record
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)

# Lines of a plan that a run keeps of what it did, to show the first ones.
MOST_LINES: Final = 1000
# Where one answer has one record, so many are worked on before it is asked again whether we may go on.
_SIDE_BY_SIDE: Final = 100


@dataclasses.dataclass(slots=True)
class Reconciled:
    """What deciding some records came to.

    Attributes:
        seen: Records that were read.
        unreadable: Id to what is wrong, of those that the remote does not show, or that make no sense on either side.
        items: The plan's lines, as they were applied: the first `most`. Each holds two values.
        sides: How many lines there are, by what they change.
        most: So many lines are kept; None keeps all.
    """

    seen: int = 0
    missing: int = 0
    unreadable: dict[str, str] = dataclasses.field(default_factory=dict)
    items: list[PlanItem] = dataclasses.field(default_factory=list)
    sides: Counter[str] = dataclasses.field(default_factory=Counter)
    most: int | None = MOST_LINES

    @classmethod
    def of(cls, items: Sequence[PlanItem], *, seen: int = 0, missing: int = 0) -> Self:
        """What these lines come to."""
        return cls(seen, missing, items=list(items), sides=Counter(item.side for item in items))

    def add(self, other: "Reconciled") -> None:
        """Count these too."""
        self.seen += other.seen
        self.missing += other.missing
        self.unreadable |= other.unreadable
        self.sides += other.sides
        self.items += other.items[: None if self.most is None else max(self.most - len(self.items), 0)]

    def count(self) -> dict[str, int]:
        """Lines by what they change, for logs and metadata."""
        return {
            "seen": self.seen,
            "pulled": self.sides["local"],
            "to_push": self.sides["remote"],
            "conflicted": self.sides["conflict"],
            "errors": self.sides["error"],
            "missing": self.missing,
            "unreadable": len(self.unreadable),
        }


def nothing_in_the_way() -> None:
    """Records may be looked at."""


def to_look_at(store: SyncStore, pulled: Iterable[ResourceRef], run: Run) -> list[ResourceRef]:
    """The records that are decided after a pull: what it handed on, and for a run that forces conflicts all that wait.

    A dry run shows the same ones: those that were open before are forced as well.
    """
    waiting = store.to_decide(conflicts=True) if run.rules.force != "none" else ()
    return list({ref.resource_id: ref for ref in (*pulled, *waiting)}.values())


def reconcile_records(
    store: SyncStore,
    remote: RemoteRecords,
    refs: Iterable[ResourceRef],
    run: Run,
    *,
    proved: bool,
    threads: int = 1,
    check: Callable[[], None] = nothing_in_the_way,
    then: Callable[[ResourceRef, Seen], object] | None = None,
    progress: Progress = nobody_watches,
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
        check: Called before records are asked for; what it raises ends this, and what was decided until then stays.
        then: Called with each record that was looked at by itself and decided, and with what was seen, from the thread
            that looked: nothing was asked for since.
        progress: Told how many are decided.

    Raises:
        RemoteBusy: The site wants no more requests now; what was decided until then stays.
    """
    verb = _Verb(store, remote, run, store.change, store.fail, proved=proved, then=then)
    done = verb.all(refs, Reconciled(), threads=threads, check=check, progress=progress)
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
    """What `reconcile_records` would do on the same records, without doing it; all its lines."""

    def change_nothing(ref: ResourceRef, decide: Decide) -> RecordPlan:
        return decide(store.state(ref))

    verb = _Verb(store, remote, run, change_nothing, _note_nothing, proved=proved)
    return verb.all(refs, Reconciled(most=None), threads=threads, check=nothing_in_the_way)


def _unholdable(ref: ResourceRef, error: Exception) -> str:
    return f"a value of {ref.key} cannot be held here ({type(error).__name__})"


def _note_nothing(ref: ResourceRef, why: str) -> None:
    """A plan shows what fails, and leaves the row as it is."""


class _Verb:
    """Deciding records, each by itself; `change` and `fail` store what comes of it, or do not."""

    def __init__(
        self,
        store: SyncStore,
        remote: RemoteRecords,
        run: Run,
        change: Callable[[ResourceRef, Decide], RecordPlan],
        fail: Callable[[ResourceRef, str], None],
        *,
        proved: bool,
        then: Callable[[ResourceRef, Seen], object] | None = None,
    ) -> None:
        self._store = store
        self._remote = remote
        self._run = run
        self._change = change
        self._fail = fail
        self._proved = proved
        self._then = then
        self._patience = Patience()

    def all(
        self,
        refs: Iterable[ResourceRef],
        done: Reconciled,
        *,
        threads: int,
        check: Callable[[], None],
        progress: Progress = nobody_watches,
    ) -> Reconciled:
        wanted, together, number = list(refs), self._remote.most_together, count(1)
        with rare_collections():
            for some in in_batches(wanted, together if together > 1 else _SIDE_BY_SIDE):
                check()
                for one in self._together(some, threads=threads):
                    done.add(one)
                    progress(next(number), len(wanted))
        return done

    def _together(self, refs: Sequence[ResourceRef], *, threads: int) -> Iterator[Reconciled]:
        """Decide records that one request may show. What is known here is read before it is sent."""
        known: list[RecordState] = []
        for state in side_by_side(self._state, refs, threads=threads):
            if isinstance(state, Reconciled):
                yield state
            else:
                known.append(state)
        seen = look_at_many(self._remote, [state.ref for state in known])
        yield from side_by_side(lambda state: self._one(state, seen.get(state.ref.resource_id)), known, threads=threads)

    def _state(self, ref: ResourceRef) -> RecordState | Reconciled:
        try:
            return self._store.state(ref)
        except UnreadableRecord as error:
            return self._failed(ref, str(error))
        except UNHOLDABLE as error:
            return self._failed(ref, _unholdable(ref, error))

    def _one(self, before: RecordState, seen: Seen | None) -> Reconciled:
        try:
            found = seen or self._look(before)
            found = self._looked_back(before, found) if isinstance(found, Seen) else found
            done = self._decided(before, found)
        except UnreadableRecord as error:
            return self._failed(before.ref, str(error))
        except UNHOLDABLE as error:
            return self._failed(before.ref, _unholdable(before.ref, error))
        if self._then is not None and seen is None and isinstance(found, Seen):
            self._then(before.ref, found)
        return done

    def _decided(self, before: RecordState, found: Look) -> Reconciled:
        ref = before.ref
        match found:
            case Seen(record, history):
                self._patience.answered()
                plan = self._change(
                    ref, lambda state: reconcile_record(state, record, self._run, history, before=before)
                )
                return Reconciled.of(plan.items, seen=1)
            case Gone():
                if before.local is None:
                    return Reconciled(missing=1)
                plan = self._change(ref, lambda state: missing_record(state, self._run, proved=self._proved))
                return Reconciled.of(plan.items, missing=1)
            case Unreadable(why) | Refused(why):
                return self._failed(ref, why)
            case Busy(error):
                return self._failed(ref, self._patience.bear(error))
            case never:
                assert_never(never)

    def _look(self, state: RecordState) -> Look:
        """The record, with where it can be moved to if that may be what comes next."""
        edited = state.local.bases if state.local is not None else ()
        kinds = {self._run.kind.fields[name].written_by for name in edited if name in self._run.kind.fields}
        return look(self._remote, state.ref, moves=self._then is not None and "transition" in kinds)

    def _looked_back(self, state: RecordState, found: Seen) -> Look:
        """The history costs a request: it is read for late echoes, to tell people who is behind a conflict, and where
        the last look failed, which may have been a look at the history."""
        failed = state.local is not None and WHOLE_RECORD in state.local.errors
        if not (failed or needs_history(state)):
            draft = reconcile_record(state, found.record, self._run, before=state)
            if not any(conflict.state == "open" for conflict in draft.conflicts):
                return found
        return look_back(self._remote, found)

    def _failed(self, ref: ResourceRef, why: str) -> Reconciled:
        error = not_synced(why)
        self._fail(ref, error)
        item = PlanItem(
            resource_type=ref.resource_type,
            resource_id=ref.resource_id,
            key=ref.key,
            field=WHOLE_RECORD,
            side="error",
            old=None,
            new=None,
            reason=error,
            row=6,
            risk="low",
        )
        return dataclasses.replace(Reconciled.of([item]), unreadable={ref.resource_id: why})
