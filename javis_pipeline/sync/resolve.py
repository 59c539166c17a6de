"""What a person's choice does to a conflict. Pure; nothing is sent.

A choice between two values has taken effect when the record was read once more and both sides agree: the values the
person saw may be older than the remote's by then.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from javis_pipeline.errors import ChangedSinceSeen, UsageError
from javis_pipeline.records.sync import WHOLE_RECORD, Conflict, Force, RecordPlan, RecordState
from javis_pipeline.records.values import Value
from javis_pipeline.sync.conflicts import OFFERS, edits_shown
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.run import Run

Choice: TypeAlias = Literal["local", "remote", "merged", "manual"]


def resolve_conflict(
    state: RecordState, conflict: Conflict, choice: Choice, value: Value, run: Run, *, by: str
) -> RecordPlan:
    """The plan that resolves a conflict, provided that the person chose between what is still current.

    Args:
        state: What the store knows now.
        conflict: As the person saw it.
        choice: Whose value wins; `merged` and `manual` bring a value of their own.
        value: That value, in local form.
        run: Clock and ids.
        by: Who chose.

    Raises:
        ChangedSinceSeen: A side moved; nothing was changed.
        UsageError: The choice makes no sense for this conflict.
    """
    current = next((c for c in state.conflicts if c.conflict_id == conflict.conflict_id and c.state == "open"), None)
    if current is None:
        raise ChangedSinceSeen(f"conflict {conflict.conflict_id} is not open any more; nothing was changed")
    draft = Draft(state, run)
    if _moved_here(draft, current, choice) or _shown(current) != _shown(conflict):
        raise ChangedSinceSeen(
            f"{draft.ref.key} {current.field} changed since you looked; nothing was changed. "
            "Run javis sync, and look at the conflict again"
        )
    resolve_in(draft, current, choice, value, by=by)
    return draft.plan()


def _shown(conflict: Conflict) -> tuple[Value, Value, Mapping[str, Value], object]:
    return conflict.local, conflict.remote, edits_shown(conflict.details), conflict.details.get("there")


def _moved_here(draft: Draft, conflict: Conflict, choice: Choice) -> bool:
    """Whether our side is not what the conflict shows any more.

    Giving up the edits of a record that is gone is for those that were shown; to keep them names no value.
    """
    if conflict.kind == "edit_vs_remote_delete" and choice == "remote":
        shown = edits_shown(conflict.details)
        return any(name not in shown or draft.values[name] != shown[name] for name in draft.bases)
    return conflict.field in draft.values and draft.values[conflict.field] != conflict.local


def resolve_in(draft: Draft, conflict: Conflict, choice: Choice | Force, value: Value, *, by: str) -> None:
    """Resolve a conflict inside a draft."""
    if choice == "none":
        raise UsageError("choose local, remote or a value")
    if conflict.field == WHOLE_RECORD:
        _resolve_record(draft, conflict, choice, by)
        return
    match choice:
        case "local":
            _keep_local(draft, conflict, by)
        case "remote":
            _take(draft, conflict, "remote", conflict.remote, by)
        case "merged" | "manual":
            _take(draft, conflict, choice, value, by)
        case _:
            assert_never(choice)


def force_in(draft: Draft, conflict: Conflict) -> None:
    """Resolve an open conflict of a draft as the run was told to; nothing if that is not about its field."""
    rules = draft.run.rules
    if rules.forces(conflict.field):
        resolve_in(draft, conflict, rules.force, None, by="force")
        draft.item("forced", conflict.field, conflict.local, conflict.remote, f"conflict resolved: {rules.force}", 9)


def _keep_local(draft: Draft, conflict: Conflict, by: str) -> None:
    """The column stays. What the remote holds is acknowledged as the base, and the column goes the usual way out."""
    draft.forget_refusal(conflict.field)
    if conflict.kind in OFFERS:
        draft.conflicts.end(conflict, "local", value=conflict.local, by=by)
        return
    # Kinds that were opened although the remote had not moved have a good base already.
    if conflict.kind not in ("lossy_edit", "stale_write_suspected"):
        draft.set_base(draft.fields[conflict.field], conflict.remote, conflict.remote_raw)
    draft.conflicts.end(conflict, "local", value=conflict.local, by=by, done=False)


def _take(
    draft: Draft, conflict: Conflict, choice: Literal["remote", "merged", "manual"], value: Value, by: str
) -> None:
    """The column takes a value. If it is not what the remote holds, it goes out as an edit does."""
    spec = draft.fields[conflict.field]
    offered = conflict.kind in OFFERS
    if offered:
        draft.keep_base(conflict.field)
    base = draft.bases.get(conflict.field) if offered else conflict.remote
    draft.set_value(conflict.field, value, reason=f"conflict resolved: {choice}", row=9, actor=by)
    if offered and base == value:
        draft.bases.pop(conflict.field)
    elif not offered:
        draft.set_base(spec, base, conflict.remote_raw)
    draft.clear_error(conflict.field)
    draft.forget_refusal(conflict.field)
    draft.conflicts.end(conflict, choice, value=value, by=by, done=offered)


def _resolve_record(draft: Draft, conflict: Conflict, choice: Choice | Force, by: str) -> None:
    if choice not in ("local", "remote"):
        raise UsageError(f"conflict {conflict.conflict_id} is about the whole record: choose local or remote")
    if conflict.kind == "remote_edit_vs_local_delete" and choice == "local":
        draft.set_column("local_deleted_at", draft.run.now())
        if draft.run.kind.table.place.putting_away:
            draft.set_column("removal", conflict.details.get("removal"))
    if conflict.kind == "edit_vs_remote_delete" and choice == "remote":
        for name, base in list(draft.bases.items()):
            draft.set_value(name, base, reason="conflict resolved: remote", row=9, actor=by)
            del draft.bases[name]
            draft.clear_error(name)
            draft.forget_refusal(name)
    # Edits of a record that is gone are kept as edits: should it come back, they go out. A row that stays deleted is
    # held against what was there when that was chosen.
    draft.conflicts.end(conflict, choice, by=by, done=choice == "remote")
