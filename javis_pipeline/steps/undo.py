"""Undo a run: its changes go back as local edits, which the next push carries to the remote."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from javis_pipeline.errors import UsageError
from javis_pipeline.records.sync import AuditEntry, PlanItem
from javis_pipeline.steps.ports import SyncStore
from javis_pipeline.sync.run import Run
from javis_pipeline.sync.undo import Left, by_record, inverse_of, left_by, undo_in_record

_LOG = logging.getLogger(__name__)


class Undone(NamedTuple):
    """What an undo does.

    Attributes:
        items: Its lines; those with side `conflict` were edited since, and left alone.
        left: Records that the run made or put away there. They stay so: what becomes of one is for a person to say.
    """

    items: Sequence[PlanItem]
    left: Sequence[Left]


def plan_undo(store: SyncStore, run_id: str, run: Run, *, by: str) -> Undone:
    """What `undo_run` would do, without doing it."""
    entries = _entries(store, run_id)
    records = by_record(inverse_of(entries, run.kind))
    plans = [undo_in_record(store.state(ref), items, run, by=by) for ref, items in records.items()]
    return Undone([item for plan in plans for item in plan.items], left_by(entries, run.kind))


def undo_run(store: SyncStore, run_id: str, run: Run, *, by: str) -> Undone:
    """Set back what a run changed in this scope; what was edited since becomes a conflict.

    Raises:
        UsageError: The run changed nothing in this scope.
    """
    done: list[PlanItem] = []
    entries = _entries(store, run_id)
    for ref, items in by_record(inverse_of(entries, run.kind)).items():
        plan = store.change(ref, partial(undo_in_record, items=items, run=run, by=by))
        done.extend(plan.items)
    _LOG.info("undone scope=%r run=%s fields=%d", store.name, run_id, len(done))
    return Undone(done, left_by(entries, run.kind))


def _entries(store: SyncStore, run_id: str) -> Sequence[AuditEntry]:
    entries = store.audit_of(run_id)
    if not entries:
        raise UsageError(f"{store.name}: run {run_id} changed nothing here; javis audit lists the runs that did")
    return entries
