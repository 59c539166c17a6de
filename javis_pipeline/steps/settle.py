"""What became of writes whose outcome was lost: find evidence, then confirm, abandon or wait."""

import logging
from collections import Counter

from javis_pipeline.errors import RemoteMissing
from javis_pipeline.records.sync import FieldChange, Operation, RecordPlan, RemoteRecord
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.sync.evidence import judge
from javis_pipeline.sync.outbox import settle_operation
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)


def settle_operations(store: SyncStore, remote: RemoteRecords, run: Run) -> Counter[str]:
    """Settle every operation of the scope that was sent; counts by the state they are in now."""
    outcomes: Counter[str] = Counter()
    for op in store.operations("sent"):
        plan = settle(store, remote, op, run)
        outcomes[next((p.state for p in plan.operations if p.op_id == op.op_id), "sent")] += 1
    counts = " ".join(f"{state}={number}" for state, number in sorted(outcomes.items()))
    _LOG.info("settled scope=%r %s", store.name, counts)
    return outcomes


def settle(store: SyncStore, remote: RemoteRecords, op: Operation, run: Run, *, replied: bool = False) -> RecordPlan:
    """Look for evidence of one operation and note what was found; `replied` when the remote said that it is done."""
    record: RemoteRecord | None = None
    changes: tuple[FieldChange, ...] = ()
    try:
        # In this order: what changes between the two is in the history, which then says that the record is old.
        record = remote.fetch(op.ref)
        changes = tuple(remote.history(op.ref))
    except RemoteMissing:
        record = None  # gone or hidden: nothing can be found out until time has passed
    verdict = judge(op, record, changes, run, replied=replied and record is not None)
    return store.change(op.ref, lambda state: settle_operation(state, op, verdict, record, changes, run))
