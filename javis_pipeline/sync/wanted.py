"""What is wanted of the remote, field by field, as one operation."""

from collections.abc import Mapping
from dataclasses import dataclass

from javis_pipeline.records.sync import PUTS_AWAY, LocalRecord, Operation, OperationKind
from javis_pipeline.records.values import ResourceRef, Value, as_set
from javis_pipeline.sync.run import Run


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field's part of an operation that is to be planned."""

    expected: Value
    desired: Value
    local: Value
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def operation_of(
    run: Run, local: LocalRecord, kind: OperationKind, parts: Mapping[str, Wanted], *, ref: ResourceRef
) -> Operation:
    """The operation that one request can execute: sets by what is added and removed, all else by what is expected.

    Args:
        run: Clock, ids and the kind's fields.
        local: The row that it was decided on.
        kind: Sort of the request.
        parts: What is wanted of each field.
        ref: The record, under the key that it has by now.
    """
    names = tuple(name for name in run.kind.fields if name in parts)
    # A record is put away as a whole: also of a set, what was seen has to be there.
    sets = {name for name in names if run.kind.fields[name].is_set and kind not in PUTS_AWAY}
    return Operation(
        op_id=run.new_id(),
        ref=ref,
        kind=kind,
        fields=names,
        expected={name: parts[name].expected for name in names if name not in sets},
        desired={name: parts[name].desired for name in names if name not in sets},
        local={name: parts[name].local for name in names},
        add={name: as_set(parts[name].add) for name in names if parts[name].add},
        remove={name: as_set(parts[name].remove) for name in names if parts[name].remove},
        local_seq=local.local_seq,
        created_at=run.now(),
        run_id=run.run_id,
    )
