"""Writes that were given up and executed late, and what any write replaced without having seen it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.evidence import holds, is_ours, may_be_ours, overwritten_value
from javis_pipeline.sync.fields import Field


@dataclass(frozen=True, slots=True)
class Echo:
    """A write that was given up and executed late, as far as one field goes."""

    add: frozenset[str]
    remove: frozenset[str]


def settle_late_echoes(draft: Draft, remote: RemoteRecord, changes: Sequence[FieldChange]) -> Mapping[str, Echo]:
    """Note which operations were executed after we had stopped waiting for them; each is looked at once.

    Returns the fields whose remote value is such an echo, and no one's edit: for that, looks are not enough. What the
    late write replaced becomes a conflict like that of any write; there, looks are enough.
    """
    echoes: dict[str, Echo] = {}
    in_flight = draft.fields_in_flight()
    for op in list(draft.operations.values()):
        entries = [change for change in changes if may_be_ours(op, change, draft.run)]
        if not op.may_land_late or not entries or in_flight & set(op.fields):
            continue
        draft.settle(op, "confirmed", evidence={**op.evidence, "late": sorted({e.entry_id for e in entries})})
        for entry in entries:
            spec = draft.fields[entry.field]
            audit_push(draft, spec, op, "pushed, and executed late")
            offer_overwritten(draft, spec, op, entry, changes)
            newest = [change for change in changes if change.field == entry.field][-1]
            # The record was not read in the same instant as its history: it must show the echo as well.
            shows = newest.entry_id == entry.entry_id and holds(spec, op, remote)
            if is_ours(op, entry, remote, draft.run) and (spec.is_set or shows):
                echoes[entry.field] = Echo(
                    frozenset(op.add.get(entry.field, ())), frozenset(op.remove.get(entry.field, ()))
                )
    return echoes


def audit_push(draft: Draft, spec: Field, op: Operation, reason: str) -> None:
    """Note what an executed operation did to a field of the remote; of a set, what it took out and put in."""
    if spec.is_set:
        old, new = op.remove.get(spec.name, ()), op.add.get(spec.name, ())
        draft.audit("remote", spec.name, old, new, reason, op=op)
    else:
        replaced, lost = (op.evidence.get(key, {}).get(spec.name) for key in ("replaces", "loses"))
        draft.audit("remote", spec.name, replaced, op.local[spec.name], reason, op=op, old_raw=lost)


def offer_overwritten(
    draft: Draft, spec: Field, op: Operation, entry: FieldChange, changes: Sequence[FieldChange]
) -> None:
    """Open a conflict when our write replaced a value that it was not decided on."""
    if spec.is_set or op.evidence.get("version") is not None:
        return  # verbs replace nothing, and a write that names the version it follows replaces nothing else
    found = overwritten_value(spec, op, entry, changes)
    if found is None:
        return
    value, author, at = found
    draft.open_conflict(
        spec.name,
        "overwrote_remote",
        base=op.evidence.get("replaces", op.expected).get(spec.name),
        local=draft.values.get(spec.name),
        remote=value,
        remote_raw=value,
        details={"replaced_author": author, "replaced_at": at.isoformat() if at else None, "op_id": str(op.op_id)},
        row=0,
    )
