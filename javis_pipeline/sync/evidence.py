"""Was a write executed? What speaks for it, in the order in which it is believed.

A time limit, a 5xx or a cut reply says nothing about the outcome, a yes says nothing about a single field, and a remote
without compare-and-swap does not say what was replaced either. The record and its own history tell all three.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import PUTS_AWAY, FieldChange, Operation, RemoteRecord
from javis_pipeline.records.values import Value
from javis_pipeline.sync.fields import Field
from javis_pipeline.sync.run import Run


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an operation that was sent, and why we think so."""

    outcome: Literal["applied", "wait", "abandon"]
    evidence: Mapping[str, Any]


def judge(
    op: Operation, remote: RemoteRecord | None, changes: Sequence[FieldChange], run: Run, *, replied: bool = False
) -> Verdict:
    """The verdict on an operation in state `sent`.

    Args:
        op: The operation; its evidence holds the ids of the history entries that were there before (`seen`).
        remote: The record as it is now; None when it was not found.
        changes: Its history, oldest first.
        run: Clock and account.
        replied: The remote said that it was executed. What of it, `effect` tells for each field.
    """
    if op.kind in PUTS_AWAY and (remote is None or remote.away):
        return Verdict("applied", {"by": "absence"})
    if op.kind == "archive":  # a yes only says that it was begun
        replied = False
    if replied or "shown" in op.evidence:
        return Verdict("applied", {"by": "reply"})
    if remote is not None:
        if remote.marker == op.op_id or any(change.op_id == op.op_id for change in changes):
            return Verdict("applied", {"by": "marker"})
        if entries := _entries_for_all(op, changes, run):
            return Verdict("applied", {"by": "history", "entries": entries})
        if all(holds(run.kind.fields[name], op, remote) for name in op.fields):
            return Verdict("applied", {"by": "value"})
    assert op.sent_at is not None, "only an operation that was sent is judged"
    # A clock that was set back must not make an operation wait until it has caught up.
    if abs(run.now() - op.sent_at) < run.rules.request_limit:
        return Verdict("wait", {})
    return Verdict("abandon", {"by": "time"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What an executed operation did to one field.

    Attributes:
        outcome: `held`: the remote was seen to hold what we sent, or what it made of it; `ignored`: it holds what it
            held before, although it said yes; `unclear`: it holds something else, and its history does not say why.
        missing: Of a set, the elements that were to be added and are not there, or to be removed and are.
    """

    outcome: Literal["held", "ignored", "unclear"]
    missing: frozenset[str] = frozenset()


def effect(
    spec: Field,
    op: Operation,
    entry: FieldChange | None,
    remote: RemoteRecord,
    changes: Sequence[FieldChange],
    *,
    read_after: bool,
) -> Effect:
    """What became of one field of an operation that was executed.

    Args:
        spec: The field.
        op: The operation.
        entry: What it left in the history for the field; None for nothing.
        remote: The record as it is now.
        changes: Its history, oldest first.
        read_after: The record was certainly read after the operation was executed.
    """
    if spec.is_set:
        return _effect_on_set(spec, op, remote, changes)
    if holds(spec, op, remote):
        return Effect("held")
    value = remote.values.get(spec.name, MISSING)
    as_before = not isinstance(value, Missing) and spec.codec.canonical(value) == op.expected.get(spec.name)
    # An entry without values is only our own word for it: a page's version says what we wanted, not what it holds.
    newest = entry is not None and newest_entry(spec.name, changes) == entry
    empty_word = entry is not None and isinstance(entry.new, Missing) and newest and read_after and as_before
    if entry is not None and not empty_word:
        return Effect("held")
    return Effect("ignored" if as_before else "unclear")


def _effect_on_set(spec: Field, op: Operation, remote: RemoteRecord, changes: Sequence[FieldChange]) -> Effect:
    """Element by element: what was there once since we looked was added, and what was not there was removed.

    The reply to the write may tell, and so does each entry that is new in the history, whoever made it.
    """
    seen = set(op.evidence.get("seen", ()))
    told = [change.new for change in changes if change.field == spec.name and change.entry_id not in seen]
    sights = (remote.values.get(spec.name, MISSING), *told)
    sets = [_identities(spec, value) for value in sights if isinstance(value, tuple)]
    shown = _identities(spec, tuple(op.evidence.get("shown", {}).get(spec.name, ())))
    lacking = {
        e for e in op.add.get(spec.name, ()) if not any(spec.codec.identity(e) in held for held in [*sets, shown])
    }
    left = {e for e in op.remove.get(spec.name, ()) if all(spec.codec.identity(e) in held for held in sets)}
    if not sets:
        return Effect("unclear")
    return Effect("ignored" if lacking | left else "held", frozenset(lacking | left))


def newest_entry(name: str, changes: Sequence[FieldChange]) -> FieldChange | None:
    """The last change of a field."""
    return next((change for change in reversed(changes) if change.field == name), None)


def _entries_for_all(op: Operation, changes: Sequence[FieldChange], run: Run) -> list[str]:
    """Ids of unmarked entries that look like this operation, if there is one for each of its fields.

    One field is not enough: another operation of ours may have wanted the same of it. Sets count only if there is
    nothing else, since a verb that finds nothing to do leaves no entry.
    """
    names = set(op.desired) or set(op.fields)
    found = {c.field: c.entry_id for c in changes if c.field in names and _looks_like_ours(op, c, run)}
    return sorted(found.values()) if set(found) == names else []


def is_ours(op: Operation, change: FieldChange, remote: RemoteRecord, run: Run) -> bool:
    """Whether an entry of the history was made by this operation.

    Without a mark in the entry, the record's own marker vouches for one that looks like it. An account may belong to a
    person, so looks alone are not enough where there are marks.
    """
    if change.field not in op.fields or change.entry_id in op.evidence.get("entries", ()):
        return False
    if change.op_id is not None:
        return change.op_id == op.op_id
    return (remote.bears_no_marks or remote.marker == op.op_id) and _looks_like_ours(op, change, run)


def may_be_ours(op: Operation, change: FieldChange, run: Run) -> bool:
    """Whether an entry is this operation's as far as looks go; of a text, the history does not tell what was set."""
    if change.op_id is not None or change.field not in op.fields:
        return change.op_id == op.op_id
    known = {*op.evidence.get("seen", ()), *op.evidence.get("entries", ())}
    if change.author_id != run.account_id or change.entry_id in known:
        return False
    return isinstance(change.new, Missing) or _looks_like_ours(op, change, run)


def own_entry(op: Operation, name: str, changes: Sequence[FieldChange], run: Run) -> FieldChange | None:
    """The entry that an executed operation made for a field; None when it changed nothing or the history is silent."""
    of_field = [change for change in changes if change.field == name]
    marked = [change for change in of_field if change.op_id == op.op_id]
    told = [change for change in of_field if change.entry_id in op.evidence.get("entries", ())]
    alike = [change for change in of_field if may_be_ours(op, change, run)]
    return next(iter(marked or told or alike), None)


def overwritten_value(
    spec: Field, op: Operation, entry: FieldChange, changes: Sequence[FieldChange]
) -> tuple[Value, str | None, datetime | None] | None:
    """(value, author, instant) of what a write of ours replaced without having seen it; None when it had.

    Where the history has the replaced value, that decides. Of texts it has only words; there, somebody else's entry
    that appeared between our look and our write tells.
    """
    earlier = _entries_before(entry, changes)
    seen = set(op.evidence.get("seen", ()))
    unseen = [change for change in earlier if change.entry_id not in seen and change.op_id != op.op_id]
    if isinstance(entry.old, Missing):
        return (unseen[-1].new_text, unseen[-1].author_id, unseen[-1].at) if unseen else None
    if spec.codec.canonical(entry.old) == op.expected.get(spec.name):
        return None
    last = earlier[-1] if earlier else None
    return _as_people_see(spec, entry), last.author_id if last else None, last.at if last else None


def _as_people_see(spec: Field, entry: FieldChange) -> Value:
    """The replaced value in local form: the words where the value is an id."""
    if entry.old is None:
        return None
    is_id = spec.raw_column is not None and not spec.is_text
    return entry.old_text if isinstance(entry.old, Missing) or (is_id and entry.old_text is not None) else entry.old


def _entries_before(entry: FieldChange, changes: Sequence[FieldChange]) -> list[FieldChange]:
    of_field = [change for change in changes if change.field == entry.field]
    position = next(i for i, change in enumerate(of_field) if change.entry_id == entry.entry_id)
    return of_field[:position]


def _looks_like_ours(op: Operation, change: FieldChange, run: Run) -> bool:
    """A new entry by our account that sets what the operation wanted, and is marked as nobody else's."""
    if change.op_id is not None or change.author_id != run.account_id or change.field not in op.fields:
        return False
    if change.entry_id in op.evidence.get("seen", ()):
        return False
    spec = run.kind.fields[change.field]
    if isinstance(change.new, Missing):
        return False
    if spec.is_set:
        return _set_holds(spec, op, change.new)
    return _same(spec, change.new, op.desired[change.field])


def holds(spec: Field, op: Operation, remote: RemoteRecord) -> bool:
    """Whether the remote has what an operation wants of a field."""
    value = remote.values.get(spec.name, MISSING)
    if isinstance(value, Missing):
        return False
    return _set_holds(spec, op, value) if spec.is_set else _same(spec, value, op.desired[spec.name])


def _same(spec: Field, value: Value, desired: Value) -> bool:
    canonical = spec.codec.canonical(value)
    # Statuses of one name may have several ids; any of them is what was asked for.
    ids = desired.get("ids") if isinstance(desired, Mapping) and spec.written_by == "transition" else None
    return canonical in ids if ids else canonical == spec.codec.canonical(desired)


def _set_holds(spec: Field, op: Operation, value: Value) -> bool:
    held = _identities(spec, value)
    add, remove = (_identities(spec, verbs.get(spec.name, ())) for verbs in (op.add, op.remove))
    return add <= held and not remove & held


def _identities(spec: Field, value: Value) -> set[str]:
    return {spec.codec.identity(element) for element in value} if isinstance(value, tuple) else set()
