"""End a conflict as a person chose. Only our side changes here; the next push carries the choice to the remote."""

from uuid import UUID

from javis_pipeline.errors import UsageError
from javis_pipeline.records.sync import Conflict, RecordPlan
from javis_pipeline.records.values import Value
from javis_pipeline.steps.ports import SyncStore
from javis_pipeline.sync.resolve import Choice, resolve_conflict
from javis_pipeline.sync.run import Run


def resolve(
    store: SyncStore,
    conflict_id: UUID,
    choice: Choice,
    run: Run,
    *,
    by: str,
    value: Value = None,
    seen: Conflict | None = None,
) -> RecordPlan:
    """Resolve a conflict if the values that were chosen between are still the current ones.

    Args:
        store: The store of the conflict's scope.
        conflict_id: Which conflict.
        choice: Whose value wins; `merged` and `manual` take `value`.
        run: Clock and ids.
        by: Who chose.
        value: A value of the person's own, in local form.
        seen: The conflict as the person saw it; None for as it is stored now.

    Raises:
        UsageError: There is no such conflict, or the choice makes no sense for it.
        ChangedSinceSeen: A side moved; nothing was changed.
    """
    conflict = seen or store.conflict(conflict_id)
    if conflict is None:
        raise UsageError(f"there is no conflict {conflict_id}; javis conflicts lists those that are open")
    return store.change(conflict.ref, lambda state: resolve_conflict(state, conflict, choice, value, run, by=by))
