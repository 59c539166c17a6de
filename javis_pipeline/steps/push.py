"""Send what was planned: look just before, commit that it is sent, send, look just after.

The remote has no compare-and-swap, so the look before narrows the gap in which somebody's edit could be overwritten,
and the look after finds the ones that fell into it: their values are kept in a conflict.
"""

import dataclasses
import logging
from collections.abc import Callable, Iterable
from typing import assert_never

from javis_pipeline.errors import (
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    StaleRevision,
    UnreadableRecord,
)
from javis_pipeline.records.sync import Operation, OperationKind, Overrides, RecordPlan
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.look import Busy, Gone, Patience, Refused, Seen, Unreadable, look_after_history, not_synced
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.steps.settle import settle, state_after
from javis_pipeline.steps.side_by_side import side_by_side
from javis_pipeline.sync.guards import guard_writes
from javis_pipeline.sync.merge import missing_record
from javis_pipeline.sync.outbox import next_to_send, reject_operation, send_operation, unsend_operation
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

    Raises:
        SyncHalted: Suspiciously many writes are planned; nothing was sent.
        RemoteBusy: The remote wants no more requests now; what was not sent stays planned.
        ScopeBusy: `check` found that the scope's lock is lost; what was not sent stays planned.
    """
    planned = store.operations("planned")
    if why := store.why_held():
        _LOG.info("held scope=%r operations=%d: %s", store.name, len(planned), why)
        return Pushed(held=len(planned))
    guard_writes(store.name, writes=len(planned), records=store.count_records(), overrides=overrides)
    patience = Patience()

    def push(ref: ResourceRef) -> Pushed:
        return _push_patiently(store, remote, ref, run, patience, check)

    done = Pushed()
    for one in side_by_side(push, _records_of(planned), threads=threads):
        done.add(one)
    _LOG.info("pushed scope=%r %s", store.name, " ".join(f"{name}={n}" for name, n in done.count().items()))
    if patience.exhausted_by is not None:
        raise patience.exhausted_by
    return done


def _push_patiently(
    store: SyncStore,
    remote: RemoteRecords,
    ref: ResourceRef,
    run: Run,
    patience: Patience,
    check: Callable[[], None],
) -> Pushed:
    done = Pushed()
    if patience.exhausted_by is not None:
        done.postponed += 1
        return done
    if store.why_held():  # switched off since this run began
        done.held += 1
        return done
    try:
        _push_record(store, remote, ref, run, done, patience, check)
    except RemoteBusy as error:
        done.postponed += 1
        patience.busy(error)
        if error.about_one_record:
            store.fail(ref, not_synced(str(error)))
    except UnreadableRecord as error:
        done.unreadable += 1
        store.fail(ref, not_synced(str(error)))
    else:
        patience.answered()
    return done


def _records_of(operations: Iterable[Operation]) -> list[ResourceRef]:
    return list({op.ref.resource_id: op.ref for op in operations}.values())


def _push_record(
    store: SyncStore,
    remote: RemoteRecords,
    ref: ResourceRef,
    run: Run,
    done: Pushed,
    patience: Patience,
    check: Callable[[], None],
) -> None:
    told = _Told()
    for _ in range(_MOST_TRIES):
        op = next_to_send(store.state(ref), run, executed=told.executed, refused=told.refused)
        if op is None or not _push_operation(store, remote, op, run, done, told, patience, check):
            return


def _push_operation(
    store: SyncStore,
    remote: RemoteRecords,
    op: Operation,
    run: Run,
    done: Pushed,
    told: _Told,
    patience: Patience,
    check: Callable[[], None],
) -> bool:
    """Send one operation; False when nothing more should be sent to its record in this run."""
    match look_after_history(remote, op.ref):
        case Seen(record, changes):
            pass
        case Gone():
            # Our read of the scope's visibility may be old by now, so this counts for nothing but a delay.
            store.change(op.ref, lambda state: missing_record(state, run, proved=False))
            done.postponed += 1
            return False
        case Unreadable(why) | Refused(why):
            store.fail(op.ref, not_synced(why))
            done.unreadable += 1
            return False
        case Busy(error):
            raise error
        case never:
            assert_never(never)
    # Before it is noted as sent: whoever holds the lock now finds it planned.
    check()
    plan = store.change(op.ref, lambda state: send_operation(state, op, record, changes, run))
    sent = next((p for p in plan.operations if p.op_id == op.op_id and p.state == "sent"), None)
    if sent is None:
        return True  # decided again: there may be another operation now, or none
    replied = False
    try:
        remote.send(sent, record)
        replied = True
    except RemoteBusy as error:
        _unsend(store, sent, run, str(error))
        raise
    except StaleRevision as error:
        _unsend(store, sent, run, str(error))
        return True
    except RemoteMissing as error:
        _unsend(store, sent, run, str(error))
        done.postponed += 1
        return False
    except RemoteRefused as error:
        reason, field_errors = str(error), error.field_errors
        store.change(
            op.ref, lambda state: reject_operation(state, sent, record, run, reason=reason, field_errors=field_errors)
        )
        done.rejected += 1
        told.refused.add(op.kind)
        return True
    except OutcomeUnknown:
        _LOG.info("outcome_unknown scope=%r record=%s op=%s", store.name, op.ref.key, op.op_id)
    told.executed.add(op.kind)
    state = state_after(op, settle(store, remote, sent, run, patience, replied=replied))
    done.confirmed += state == "confirmed"
    done.rejected += state == "rejected"
    done.unknown += state not in ("confirmed", "rejected")
    if state == "rejected":
        told.refused.add(op.kind)  # it said yes, and changed nothing
    return state in ("confirmed", "rejected")


def _unsend(store: SyncStore, op: Operation, run: Run, reason: str) -> RecordPlan:
    return store.change(op.ref, lambda state: unsend_operation(state, op, run, reason))
