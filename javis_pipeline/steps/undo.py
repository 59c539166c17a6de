"""Undo a run: its changes go back as local edits, which the next push carries to the remote."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from javis_pipeline.errors import UsageError
from javis_pipeline.records.sync import AuditEntry, PlanItem
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.ports import SyncStore
from javis_pipeline.sync.run import Run
from javis_pipeline.sync.undo import by_record, inverse_of, made_in, undo_in_record

_LOG = logging.getLogger(__name__)


class Undone(NamedTuple):
    """What an undo does.

    Attributes:
        items: Its lines; those with side `conflict` were edited since, and left alone.
        made: Records that the run made there. They stay: whether one is put away is for a person to say.
    """

    items: Sequence[PlanItem]
    made: Sequence[ResourceRef]


def plan_undo(store: SyncStore, run_id: str, run: Run, *, by: str) -> Undone:
    """What `undo_run` would do, without doing it."""
    entries = _entries(store, run_id)
    records = by_record(inverse_of(entries, run.kind))
    plans = [undo_in_record(store.state(ref), items, run, by=by) for ref, items in records.items()]
    return Undone([item for plan in plans for item in plan.items], made_in(entries, run.kind))


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
    return Undone(done, made_in(entries, run.kind))


def _entries(store: SyncStore, run_id: str) -> Sequence[AuditEntry]:
    entries = store.audit_of(run_id)
    if not entries:
        raise UsageError(f"{store.name}: run {run_id} changed nothing here; javis audit lists the runs that did")
    return entries
