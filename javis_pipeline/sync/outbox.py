"""The life of an operation: planned -> sent -> confirmed | rejected | abandoned; planned -> dropped when re-decided.

The base moves only in `settle_operation`, when both sides are known to hold the value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import FieldChange, Operation, RecordPlan, RecordState, RemoteRecord
from javis_pipeline.records.values import Value
from javis_pipeline.sync.codecs import UnreadableValue
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.evidence import Verdict, holds, own_entry
from javis_pipeline.sync.fields import FIELDS_OF, Field
from javis_pipeline.sync.merge import audit_push, offer_overwritten, reconcile_in
from javis_pipeline.sync.run import Run


def remote_is_as_expected(op: Operation, remote: RemoteRecord) -> bool:
    """Whether the remote still holds what the operation was decided on. Sets are written by verbs: they always do."""
    specs = FIELDS_OF[op.ref.resource_type]
    for name, expected in op.expected.items():
        value = remote.values.get(name, MISSING)
        if isinstance(value, Missing) or specs[name].codec.canonical(value) != expected:
            return False
    return True


def send_operation(
    state: RecordState, op: Operation, remote: RemoteRecord, changes: Sequence[FieldChange], run: Run
) -> RecordPlan:
    """Note that an operation is about to be sent; if a side has moved since it was planned, decide again instead.

    The plan sends exactly when it holds the operation in state `sent`.
    """
    draft = Draft(state, run)
    current = draft.operations.get(op.op_id)
    if current is None or current.state != "planned":
        return draft.plan()
    moved_here = any(draft.values.get(name) != value for name, value in current.local.items())
    gone_here = draft.local.deleted_at is not None
    if moved_here or gone_here or remote.read_only or not remote_is_as_expected(current, remote):
        reconcile_in(draft, remote, changes)
        return draft.plan()
    evidence: dict[str, Any] = {
        "seen": sorted({change.entry_id for change in changes}),
        "replaces": {name: _as_local(draft.fields[name], remote) for name in current.expected},
    }
    if remote.version is not None:
        evidence["version"] = remote.version
    draft.settle(current, "sent", sent_at=run.now(), attempts=current.attempts + 1, evidence=evidence)
    return draft.plan()


def _as_local(spec: Field, remote: RemoteRecord) -> Value:
    value = remote.values[spec.name]
    assert not isinstance(value, Missing), "it was compared with what is expected"
    return spec.codec.to_local(value)


def unsend_operation(state: RecordState, op: Operation, run: Run, reason: str) -> RecordPlan:
    """Note that an operation was not executed, as the remote said so: it may be sent again."""
    draft = Draft(state, run)
    current = draft.operations[op.op_id]
    if current.state == "sent":
        draft.settle(current, "planned", sent_at=None, last_error=reason)
    return draft.plan()


def reject_operation(
    state: RecordState,
    op: Operation,
    remote: RemoteRecord,
    run: Run,
    *,
    reason: str,
    field_errors: Mapping[str, str],
) -> RecordPlan:
    """Note that the remote refused an operation for good. The edits stay, as errors on the row.

    One bad field fails a whole request: the fields that were not named are planned anew.

    Args:
        state: What the store knows.
        op: The operation; it was not executed.
        remote: The record as it was just before.
        run: Clock and ids.
        reason: What the remote said.
        field_errors: Field of ours to what the remote said about it.
    """
    draft = Draft(state, run)
    current = draft.operations[op.op_id]
    if current.state != "sent":
        return draft.plan()
    named = {name: text for name, text in field_errors.items() if name in current.fields}
    refused = named or dict.fromkeys(current.fields, reason)
    draft.settle(current, "rejected", last_error=reason, evidence={**current.evidence, "refused": refused})
    reconcile_in(draft, remote, ())
    return draft.plan()


def settle_operation(
    state: RecordState,
    op: Operation,
    verdict: Verdict,
    remote: RemoteRecord | None,
    changes: Sequence[FieldChange],
    run: Run,
) -> RecordPlan:
    """Confirm or abandon an operation that was sent, and decide the record anew with what was read.

    Args:
        state: What the store knows.
        op: The operation, in state `sent`.
        verdict: What became of it.
        remote: The record as it is now; None when it was not found.
        changes: Its history, oldest first.
        run: Clock and ids.
    """
    draft = Draft(state, run)
    current = draft.operations.get(op.op_id)
    if current is None or current.state != "sent" or verdict.outcome == "wait":
        return draft.plan()
    evidence = {**current.evidence, **verdict.evidence}
    if verdict.outcome == "abandon" or remote is None:
        draft.settle(current, "abandoned", evidence=evidence)
    else:
        draft.settle(current, "confirmed", evidence=evidence)
        _attribute_entries(draft, current, changes)
        for name in current.fields:
            _confirm_field(draft, draft.fields[name], current, remote, changes)
    if remote is not None:
        reconcile_in(draft, remote, changes)
    return draft.plan()


def _attribute_entries(draft: Draft, op: Operation, changes: Sequence[FieldChange]) -> None:
    """What this operation left in the history is not the late trace of another one that wanted the same."""
    entries = {e.entry_id for name in op.fields if (e := own_entry(op, name, changes, draft.run.account_id))}
    for other in list(draft.operations.values()):
        if other.may_land_late and other.op_id != op.op_id and entries:
            seen = sorted({*other.evidence.get("seen", ()), *entries})
            draft.operations[other.op_id] = replace(other, evidence={**other.evidence, "seen": seen})


def _confirm_field(
    draft: Draft, spec: Field, op: Operation, remote: RemoteRecord, changes: Sequence[FieldChange]
) -> None:
    """Both sides held the value: it is the base. A column that nobody touched meanwhile takes the server's spelling."""
    entry = own_entry(op, spec.name, changes, draft.run.account_id)
    if entry is not None:
        offer_overwritten(draft, spec, op, entry, changes)
    draft.clear_error(spec.name)
    audit_push(draft, spec, op, "pushed")
    if spec.is_set:
        _confirm_set(draft, spec, op)
        return
    sent = op.local[spec.name]
    held, raw = _held_after(spec, op, entry, remote, changes)
    if draft.values.get(spec.name) == sent:
        draft.set_value(spec.name, held, reason="as the remote spells it", row=1)
    else:
        # Somebody edited again while we were sending: theirs stays, on top of what the remote holds now.
        draft.keep_base(spec.name)
    draft.set_base(spec, held, raw)
    draft.apply_resolutions(spec.name)


def _held_after(
    spec: Field,
    op: Operation,
    entry: FieldChange | None,
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
) -> tuple[Value, Value]:
    """(local, remote form) of what the remote held right after our write: as read, if that is what our write made."""
    value = remote.values.get(spec.name, MISSING)
    if not isinstance(value, Missing) and _made_by(spec, op, entry, value, remote, changes):
        try:
            return spec.codec.to_local(value), value
        except UnreadableValue:
            pass  # then what we sent is the best that is known
    return op.local[spec.name], op.desired[spec.name]


def _made_by(
    spec: Field,
    op: Operation,
    entry: FieldChange | None,
    value: Value,
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
) -> bool:
    """Whether a value that was read is the one that our write left.

    The record and its history are not read in the same instant: our entry may be the newest although the record was
    read before it was made. So the value itself has to tell, by the entry or by what was sent.
    """
    newest = [change for change in changes if change.field == spec.name][-1:]
    if entry is not None and newest and newest[0].entry_id != entry.entry_id:
        return False
    if entry is not None and not isinstance(entry.new, Missing):
        return spec.codec.canonical(value) == entry.new
    return holds(op, spec.name, remote)


def _confirm_set(draft: Draft, spec: Field, op: Operation) -> None:
    add, remove = frozenset(op.add.get(spec.name, ())), frozenset(op.remove.get(spec.name, ()))
    marked = draft.bases.get(spec.name, draft.values.get(spec.name))
    before = frozenset(marked) if isinstance(marked, tuple) else frozenset()
    draft.set_base(spec, tuple(sorted((before | add) - remove)), None)
