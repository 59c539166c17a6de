"""What became of writes whose outcome was lost: find evidence, then confirm, abandon or wait."""

import logging
from collections import Counter
from typing import assert_never

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.sync import Operation, OperationState, RecordPlan, Reply
from javis_pipeline.steps.look import Busy, Gone, Patience, Refused, Seen, Unreadable, look, look_back, not_synced
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.sync.evidence import judge
from javis_pipeline.sync.outbox import settle_operation
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)


def settle_operations(store: SyncStore, remote: RemoteRecords, run: Run) -> Counter[str]:
    """Settle every operation of the scope that was sent; counts by the state they are in now.

    Raises:
        RemoteBusy: The site wants no more requests now; what was not settled is settled by the next run.
    """
    outcomes: Counter[str] = Counter()
    patience = Patience()
    for op in store.operations("sent"):
        outcomes[state_after(op, settle(store, remote, op, run, patience))] += 1
    if outcomes:
        counts = " ".join(f"{state}={number}" for state, number in sorted(outcomes.items()))
        _LOG.info("settled scope=%r %s", store.name, counts)
    return outcomes


def settle(
    store: SyncStore, remote: RemoteRecords, op: Operation, run: Run, patience: Patience, *, reply: Reply | None = None
) -> RecordPlan | None:
    """Look for evidence of one operation and note what was found; None when its record cannot be looked at now.

    `reply` when the remote said that it is done.
    """
    try:
        return _settle(store, remote, op, run, patience, reply)
    except UnreadableRecord as error:
        store.fail(op.ref, not_synced(str(error)))
        return None


def _settle(
    store: SyncStore, remote: RemoteRecords, op: Operation, run: Run, patience: Patience, reply: Reply | None
) -> RecordPlan | None:
    found = Seen(reply.seen) if reply and reply.seen else look(remote, op.ref)
    match look_back(remote, found) if isinstance(found, Seen) else found:
        case Seen(record, history):
            patience.answered()
            verdict = judge(op, record, history, run, replied=reply is not None)
            return store.change(op.ref, lambda state: settle_operation(state, op, verdict, record, history, run))
        case Gone():
            # Gone or hidden: nothing can be found out until time has passed.
            verdict = judge(op, None, (), run)
            return store.change(op.ref, lambda state: settle_operation(state, op, verdict, None, (), run))
        case Unreadable(why) | Refused(why):
            store.fail(op.ref, not_synced(why))
            return None
        case Busy(error):
            store.fail(op.ref, not_synced(patience.bear(error)))
            return None
        case never:
            assert_never(never)


def state_after(op: Operation, plan: RecordPlan | None) -> OperationState:
    """The state of an operation that was sent, after it was looked at."""
    return next((p.state for p in plan.operations if p.op_id == op.op_id), "sent") if plan else "sent"
