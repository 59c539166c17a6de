"""The life of an operation: planned -> sent -> confirmed | rejected | abandoned; planned -> dropped when re-decided.

The base moves only in `settle_operation`, when both sides are known to hold the value: what the remote said yes to and
did not do is a refusal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.sync import (
    ARCHIVED,
    PUTS_AWAY,
    REMOVED,
    WHOLE_RECORD,
    FieldChange,
    Operation,
    OperationKind,
    OperationState,
    RecordPlan,
    RecordState,
    RemoteRecord,
)
from javis_pipeline.records.values import System, Value
from javis_pipeline.sync.codecs import UnreadableValue
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.echoes import audit_push, offer_overwritten
from javis_pipeline.sync.evidence import Effect, Verdict, effect, holds, newest_entry, own_entry
from javis_pipeline.sync.fields import Field, Kind
from javis_pipeline.sync.merge import reconcile_in
from javis_pipeline.sync.run import Run


def next_to_send(
    state: RecordState, run: Run, *, executed: Collection[OperationKind], refused: Collection[OperationKind]
) -> Operation | None:
    """Which planned operation of a record goes out next in this run; None when it is done.

    A transition that opens a record goes before edits, any other after them, and what was refused lets the others try
    first. Nothing is closed in a run in which something else of the record was refused: that may want it open.

    Args:
        state: The record.
        run: What the scope knows about statuses.
        executed: Sorts of operations that this run has sent to the record.
        refused: Sorts that the remote has refused in this run.
    """
    refusals = state.local.refusals if state.local else {}

    def order(op: Operation) -> tuple[bool, int]:
        rank = 1 if op.kind != "transition" else 0 if _is_closed(op, run.catalog) == (True, False) else 2
        return any(name in refusals for name in op.fields), rank

    def is_held_up(op: Operation) -> bool:
        closes = op.kind == "transition" and _is_closed(op, run.catalog) == (False, True)
        return closes and any(kind != op.kind for kind in refused)

    planned = [op for op in state.operations if op.state == "planned" and op.kind not in executed]
    return min((op for op in planned if not is_held_up(op)), key=order, default=None)


def _is_closed(op: Operation, catalog: Catalog) -> tuple[bool, bool]:
    """Whether work is done in the status that a transition leaves, and in the one it leads to."""
    closed = catalog.closed
    wanted = op.desired.get("status")
    reached = {str(id_) for id_ in wanted.get("ids", ())} if isinstance(wanted, Mapping) else set()
    return op.expected.get("status") in closed, bool(reached) and reached <= closed


def remote_is_as_expected(op: Operation, remote: RemoteRecord, kind: Kind) -> bool:
    """Whether the remote still holds what the operation was decided on. Sets are written by verbs: they always do."""
    for name, expected in op.expected.items():
        value = remote.values.get(name, MISSING)
        if isinstance(value, Missing) or kind.fields[name].codec.canonical(value) != expected:
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
    puts_away = current.kind in PUTS_AWAY
    gone_here = (draft.local.deleted_at is not None) != puts_away
    is_held = (remote.read_only and not (puts_away and remote.away)) or _is_guarded(draft, remote)
    if moved_here or gone_here or is_held or not remote_is_as_expected(current, remote, run.kind):
        reconcile_in(draft, remote, changes)
        return draft.plan()
    evidence: dict[str, Any] = {
        "seen": sorted({change.entry_id for change in changes}),
        "replaces": {name: _as_local(draft.fields[name], remote) for name in current.expected},
    }
    if lost := {name: remote.values[name] for name in current.expected if _loses(draft, current, name, remote)}:
        evidence["loses"] = lost
    if remote.version is not None:
        evidence["version"] = remote.version
    draft.settle(current, "sent", sent_at=run.now(), attempts=current.attempts + 1, evidence=evidence)
    return draft.plan()


def _is_guarded(draft: Draft, remote: RemoteRecord) -> bool:
    """Whether the remote differs in what has to be known here before anything is sent, such as who may read it."""
    guards = (spec for spec in draft.fields.values() if spec.guards)
    return any(draft.sides(spec, remote).remote != draft.sides(spec, remote).base for spec in guards)


def _loses(draft: Draft, op: Operation, name: str, remote: RemoteRecord) -> bool:
    """Whether the write costs what only the remote form of the field holds: somebody accepted that, or removed it."""
    spec, raw = draft.fields[name], remote.values[name]
    if spec.raw_column is None or isinstance(raw, Missing):
        return False
    return draft.conflicts.accepted(name, "lossy_edit") or any(spec.codec.loses(op.local.get(name), raw))


def _as_local(spec: Field, remote: RemoteRecord) -> Value:
    value = remote.values[spec.name]
    assert not isinstance(value, Missing), "it was compared with what is expected"
    return spec.codec.to_local(value)


def note_reply(state: RecordState, op: Operation, shown: Mapping[str, Collection[str]], run: Run) -> RecordPlan:
    """Keep what the reply to an operation showed to be there of what it added to sets: later nobody can tell."""
    draft = Draft(state, run)
    current = draft.operations[op.op_id]
    if current.state == "sent":
        draft.settle(current, "sent", evidence={**current.evidence, "shown": {n: sorted(s) for n, s in shown.items()}})
    return draft.plan()


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
    """Note that the remote refused an operation. The edits stay, as errors on the row, until it takes them.

    One bad field fails a whole request: the fields that were not named are planned anew. Where none was named, they
    are tried apart.

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
    draft.refuse(
        refused, remote, current.local, sure=bool(named) or len(current.fields) == 1 or current.kind in PUTS_AWAY
    )
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
    if verdict.outcome == "applied" and current.kind in PUTS_AWAY and (remote is None or remote.away):
        _conclude_removal(draft, current, evidence, remote)
    elif verdict.outcome == "abandon" or remote is None:
        draft.settle(current, "abandoned", evidence=evidence)
    else:
        _conclude(draft, current, evidence, remote, changes)
    if remote is not None:
        reconcile_in(draft, remote, changes)
    return draft.plan()


def _conclude_removal(draft: Draft, op: Operation, evidence: Mapping[str, Any], remote: RemoteRecord | None) -> None:
    """The record is not there any more, or not in use."""
    draft.settle(op, "confirmed", evidence=evidence)
    draft.clear_error(WHOLE_RECORD)
    if remote is None:
        draft.set_column("remote_state", "gone")
    if draft.run.kind.table.place.putting_away:
        draft.set_column("removal", "done")
    reason = ARCHIVED if op.kind == "archive" else REMOVED
    draft.audit("remote", WHOLE_RECORD, op.local.get(next(iter(op.fields))), None, reason, op=op)


def _conclude(
    draft: Draft,
    op: Operation,
    evidence: Mapping[str, Any],
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
) -> None:
    """Confirm what the remote was seen to hold of an executed operation; what it ignored is a refusal."""
    read_after = evidence.get("by") == "reply" or remote.marker == op.op_id
    effects = {name: _effect(draft, name, op, remote, changes, read_after=read_after) for name in op.fields}
    ignored = {
        name: _ignored(draft.fields[name], found, remote, draft.run.kind.system)
        for name, found in effects.items()
        if found.outcome == "ignored"
    }
    state: OperationState = "rejected" if len(ignored) == len(effects) else "confirmed"
    told = {"ignored": sorted(ignored)} if ignored else {}
    op = draft.settle(op, state, evidence={**evidence, **told}, last_error=next(iter(ignored.values()), op.last_error))
    _attribute_entries(draft, op, changes)
    for name, found in effects.items():
        if found.outcome == "held" or (draft.fields[name].is_set and found.outcome == "ignored"):
            _confirm_field(draft, draft.fields[name], op, found, remote, changes, read_after=read_after)
    if ignored:
        draft.refuse(ignored, remote, {name: op.local[name] for name in ignored}, sure=True)


def _effect(
    draft: Draft, name: str, op: Operation, remote: RemoteRecord, changes: Sequence[FieldChange], *, read_after: bool
) -> Effect:
    entry = own_entry(op, name, changes, draft.run)
    return effect(draft.fields[name], op, entry, remote, changes, read_after=read_after)


def _ignored(spec: Field, found: Effect, remote: RemoteRecord, system: System) -> str:
    """What to tell people about a yes that changed nothing."""
    if spec.is_set:
        still = f"did not change {', '.join(repr(element) for element in sorted(found.missing))}"
    elif spec.is_text:
        still = "still holds the former text"
    else:
        still = f"still holds {_as_local(spec, remote)!r}"
    return f"{system.capitalize()} said yes and {still}; a rule, a screen or the field's context may forbid it"


def _attribute_entries(draft: Draft, op: Operation, changes: Sequence[FieldChange]) -> None:
    """What this operation left in the history is not its own late trace, nor that of another that wanted the same."""
    entries = {e.entry_id for name in op.fields if (e := own_entry(op, name, changes, draft.run))}
    for other in list(draft.operations.values()):
        if other.may_land_late and entries:
            key = "entries" if other.op_id == op.op_id else "seen"
            evidence = {**other.evidence, key: sorted({*other.evidence.get(key, ()), *entries})}
            draft.operations[other.op_id] = replace(other, evidence=evidence)


def _confirm_field(
    draft: Draft,
    spec: Field,
    op: Operation,
    found: Effect,
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
    *,
    read_after: bool,
) -> None:
    """Both sides held the value: it is the base. A column that nobody touched meanwhile takes the server's spelling."""
    entry = own_entry(op, spec.name, changes, draft.run)
    if entry is not None:
        offer_overwritten(draft, spec, op, entry, changes)
    done = without(op, spec.name, found.missing)
    if spec.is_set and not (done.add.get(spec.name) or done.remove.get(spec.name)):
        return
    draft.clear_error(spec.name)
    draft.accepted_after_all(spec.name)
    audit_push(draft, spec, done, "pushed")
    if spec.is_set:
        _confirm_set(draft, spec, done)
        return
    sent = op.local[spec.name]
    held, raw = _held_after(spec, op, entry, remote, changes, read_after=read_after)
    if draft.values.get(spec.name) == sent:
        draft.set_value(spec.name, held, reason="as the remote spells it", row=1)
    else:
        # Somebody edited again while we were sending: theirs stays, on top of what the remote holds now.
        draft.keep_base(spec.name)
    draft.set_base(spec, held, raw)
    draft.conflicts.apply(spec.name)


def _held_after(
    spec: Field,
    op: Operation,
    entry: FieldChange | None,
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
    *,
    read_after: bool,
) -> tuple[Value, Value]:
    """(local, remote form) of what the remote held right after our write: as read, if that is what our write made."""
    value = remote.values.get(spec.name, MISSING)
    if not isinstance(value, Missing) and _made_by(spec, op, entry, value, remote, changes, read_after=read_after):
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
    *,
    read_after: bool,
) -> bool:
    """Whether a value that was read is the one that our write left.

    The record and its history are not read in the same instant: our entry may be the newest although the record was
    read before it was made. Unless it was certainly read after, the value itself has to tell.
    """
    if entry is not None and newest_entry(spec.name, changes) != entry:
        return False
    if entry is not None and not isinstance(entry.new, Missing):
        return spec.codec.canonical(value) == entry.new
    return (entry is not None and read_after) or holds(spec, op, remote)


def without(op: Operation, name: str, elements: frozenset[str]) -> Operation:
    """The operation as far as it was done to a set: these elements of it stayed as they were."""

    def rest(verbs: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        return {**verbs, name: tuple(element for element in verbs.get(name, ()) if element not in elements)}

    return replace(op, add=rest(op.add), remove=rest(op.remove)) if elements else op


def _confirm_set(draft: Draft, spec: Field, op: Operation) -> None:
    marked = draft.bases.get(spec.name, draft.values.get(spec.name))
    base = {spec.codec.identity(word): word for word in (marked if isinstance(marked, tuple) else ())}
    base |= {spec.codec.identity(word): word for word in op.add.get(spec.name, ())}
    for word in op.remove.get(spec.name, ()):
        base.pop(spec.codec.identity(word), None)
    draft.set_base(spec, tuple(sorted(base.values())), None)
