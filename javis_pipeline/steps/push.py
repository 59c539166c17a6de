"""Send what was planned: look just before, commit that it is sent, send, look just after.

The remote has no compare-and-swap, so the look before narrows the gap in which somebody's edit could be overwritten,
and the look after finds the ones that fell into it: their values are kept in a conflict.
"""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import assert_never

from javis_pipeline.errors import (
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    StaleRevision,
    UnreadableRecord,
)
from javis_pipeline.records.sync import FieldChange, Operation, OperationKind, Overrides, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.look import (
    Busy,
    Gone,
    Patience,
    Refused,
    Seen,
    Unreadable,
    as_after_history,
    look_after_history,
    not_synced,
)
from javis_pipeline.steps.ports import Progress, RemoteRecords, SyncStore, nobody_watches
from javis_pipeline.steps.settle import settle, state_after
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.sync.guards import guard_writes
from javis_pipeline.sync.merge import missing_record
from javis_pipeline.sync.outbox import next_to_send, note_reply, reject_operation, send_operation, unsend_operation
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)

# A record that people are editing right now moves under us; after some tries it is left to the next run.
_MOST_TRIES = 4


@dataclasses.dataclass(slots=True)
class Pushed:
    """What sending came to, as numbers of operations.

    Attributes:
        postponed: They stay planned.
        held: They stay planned, because sending is switched off.
        unreadable: They stay planned, and their records say why: the remote does not show them, or makes no sense.
    """

    confirmed: int = 0
    rejected: int = 0
    unknown: int = 0
    postponed: int = 0
    unreadable: int = 0
    held: int = 0

    def add(self, other: "Pushed") -> None:
        """Count these too."""
        self.confirmed += other.confirmed
        self.rejected += other.rejected
        self.unknown += other.unknown
        self.postponed += other.postponed
        self.unreadable += other.unreadable
        self.held += other.held

    def count(self) -> dict[str, int]:
        """The numbers by name, for logs and metadata."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True)
class _Told:
    """What the remote has said in this run to the operations of one record, by their sort."""

    executed: set[OperationKind] = dataclasses.field(default_factory=set)
    refused: set[OperationKind] = dataclasses.field(default_factory=set)


def nobody_else_writes() -> None:
    """Nothing has to be checked before a request."""


def push_operations(
    store: SyncStore,
    remote: RemoteRecords,
    run: Run,
    overrides: Overrides,
    *,
    threads: int = 1,
    check: Callable[[], None] = nobody_else_writes,
    progress: Progress = nobody_watches,
) -> Pushed:
    """Send the scope's planned operations, record by record.

    At most one request of each sort goes to a record in one run. Nothing goes out while sending is switched off.

    Args:
        store: Our side.
        remote: The other side.
        run: Rules, clock, ids.
        overrides: What a person allowed for this run.
        threads: Records that are worked on at once.
        check: Called before each send, from any thread; raises when we may not write any more.
        progress: Told with how many records it was tried.

    Raises:
        SyncHalted: Suspiciously many writes are planned; nothing was sent.
        RemoteBusy: The remote wants no more requests now; what was not sent stays planned.
        ScopeBusy: `check` found that the scope's lock is lost; what was not sent stays planned.
    """
    planned = store.to_push()
    if why := store.why_held():
        _LOG.info("held scope=%r operations=%d: %s", store.name, len(planned), why)
        return Pushed(held=len(planned))
    guard_writes(store.name, writes=len(planned), records=store.count_records(), overrides=overrides)
    verb = Sending(store, remote, run, check)
    records = _each_once(planned)
    for number, _ in enumerate(side_by_side(verb.push, records, threads=threads), 1):
        progress(number, len(records))
    return verb.end()


@dataclasses.dataclass(frozen=True, slots=True)
class Sending:
    """Sending what is planned, record by record; safe to share between threads.

    Attributes:
        done: What it came to so far.
    """

    store: SyncStore
    remote: RemoteRecords
    run: Run
    check: Callable[[], None]
    done: Pushed = dataclasses.field(default_factory=Pushed)
    _patience: Patience = dataclasses.field(default_factory=Patience)
    _counting: Lock = dataclasses.field(default_factory=Lock)

    def push(self, ref: ResourceRef, just_seen: Seen | None = None) -> None:
        """Send the operations of one record; its failure costs that record.

        What was `just_seen` of it, with nothing asked for since, is what the first write goes onto, without another
        look.
        """
        pushed = self._push(ref, as_after_history(just_seen) if just_seen else None)
        with self._counting:
            self.done.add(pushed)

    def push_others(self, decided: Iterable[ResourceRef]) -> None:
        """Send, or drop, what is planned of records that were not decided now: rows that were deleted here since."""
        known = {ref.resource_id for ref in decided}
        for ref in _each_once(self.store.to_push()):
            if ref.resource_id not in known:
                self.push(ref)

    def end(self) -> Pushed:
        """What it came to; RemoteBusy where the remote wanted no more requests."""
        counts = " ".join(f"{name}={number}" for name, number in self.done.count().items())
        _LOG.info("pushed scope=%r %s", self.store.name, counts)
        if (error := self._patience.exhausted_by) is not None:
            error.after({"confirmed": self.done.confirmed})
            raise error
        return self.done

    def _push(self, ref: ResourceRef, seen: Seen | None) -> Pushed:
        if self._patience.exhausted_by is not None:
            return Pushed(postponed=1)
        if self.store.why_held():  # switched off since this run began
            return Pushed(held=1)
        done = Pushed()
        try:
            self._push_record(ref, seen, done)
        except RemoteBusy as error:
            done.postponed += 1
            self._patience.busy(error)
            if error.about_one_record:
                self.store.fail(ref, not_synced(str(error)))
        except UnreadableRecord as error:
            done.unreadable += 1
            self.store.fail(ref, not_synced(str(error)))
        else:
            self._patience.answered()
        return done

    def _push_record(self, ref: ResourceRef, seen: Seen | None, done: Pushed) -> None:
        told = _Told()
        for _ in range(_MOST_TRIES):
            op = next_to_send(self.store.state(ref), self.run, executed=told.executed, refused=told.refused)
            if op is None or not self._push_operation(op, seen, done, told):
                return
            seen = None

    def _push_operation(self, op: Operation, seen: Seen | None, done: Pushed, told: _Told) -> bool:
        """Look, and send one operation; False when nothing more should be sent to its record in this run."""
        match seen or look_after_history(self.remote, op.ref, moves=op.kind == "transition"):
            case Seen(record, changes):
                return self._send_onto(record, changes, op, done, told)
            case Gone():
                # Our read of the scope's visibility may be old by now, so this counts for nothing but a delay.
                self.store.change(op.ref, lambda state: missing_record(state, self.run, proved=False))
                done.postponed += 1
                return False
            case Unreadable(why) | Refused(why):
                self.store.fail(op.ref, not_synced(why))
                done.unreadable += 1
                return False
            case Busy(error):
                raise error
            case never:
                assert_never(never)

    def _send_onto(
        self, record: RemoteRecord, changes: Sequence[FieldChange], op: Operation, done: Pushed, told: _Told
    ) -> bool:
        """Commit that it is sent, and send it, unless the record is not what it was decided on."""
        # Before it is noted as sent: whoever holds the lock now finds it planned.
        self.check()
        plan = self.store.change(op.ref, lambda state: send_operation(state, op, record, changes, self.run))
        sent = next((p for p in plan.operations if p.op_id == op.op_id and p.state == "sent"), None)
        if sent is None:
            return True  # decided again: there may be another operation now, or none
        reply = None
        try:
            reply = self.remote.send(sent, record)
            if shown := reply.shown:
                self.store.change(sent.ref, lambda state: note_reply(state, sent, shown, self.run))
        except RemoteBusy as error:
            self._unsend(sent, error)
            raise
        except StaleRevision as error:
            self._unsend(sent, error)
            return True
        except RemoteMissing as error:
            self._unsend(sent, error)
            done.postponed += 1
            return False
        except RemoteRefused as error:
            self._reject(sent, record, error)
            done.rejected += 1
            told.refused.add(op.kind)
            return True
        except OutcomeUnknown:
            _LOG.info("outcome_unknown scope=%r record=%s op=%s", self.store.name, op.ref.key, op.op_id)
        told.executed.add(op.kind)
        return self._settled(sent, done, told, reply)

    def _settled(self, sent: Operation, done: Pushed, told: _Told, reply: Reply | None) -> bool:
        """Look what became of it; False when that is not known yet."""
        found = settle(self.store, self.remote, sent, self.run, self._patience, reply=reply)
        state = state_after(sent, found)
        done.confirmed += state == "confirmed"
        done.rejected += state == "rejected"
        done.unknown += state not in ("confirmed", "rejected")
        if state == "rejected":
            told.refused.add(sent.kind)  # it said yes, and changed nothing
        return state in ("confirmed", "rejected")

    def _reject(self, sent: Operation, record: RemoteRecord, error: RemoteRefused) -> None:
        reason, named = str(error), error.field_errors
        self.store.change(
            sent.ref,
            lambda state: reject_operation(state, sent, record, self.run, reason=reason, field_errors=named),
        )

    def _unsend(self, sent: Operation, why: Exception) -> None:
        reason = str(why)
        self.store.change(sent.ref, lambda state: unsend_operation(state, sent, self.run, reason))


def _each_once(refs: Iterable[ResourceRef]) -> list[ResourceRef]:
    return list({ref.resource_id: ref for ref in refs}.values())
