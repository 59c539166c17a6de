"""The inverse of a run, as local edits: what the run changed on either side goes back on both, unless edited since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from javis_pipeline.records.sync import MADE, WHOLE_RECORD, AuditEntry, RecordPlan, RecordState
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.fields import Kind
from javis_pipeline.sync.run import Run


@dataclass(frozen=True, slots=True)
class Inverse:
    """One field's way back.

    Attributes:
        back_to: What it held before the run; for a set, the elements to have again.
        current: What the run left; for a set, the elements to be rid of.
        undo_of: Newest audit row that is undone.
    """

    ref: ResourceRef
    field: str
    back_to: Value
    current: Value
    undo_of: int | None


def made_in(entries: Iterable[AuditEntry], kind: Kind) -> list[ResourceRef]:
    """The records that a run made there and that can be put away: no undo does that by itself."""
    if kind.table.place.putting_away is None:
        return []
    return [entry.ref for entry in entries if entry.field == WHOLE_RECORD and entry.reason.startswith(MADE)]


def inverse_of(entries: Iterable[AuditEntry], kind: Kind) -> list[Inverse]:
    """What undoes the audit rows of a run, in their order; a field that changed on both sides appears once.

    Rows about whole records are left out: a tombstone ends when the remote shows the record again, and what was made
    stays, with all that it was made with.
    """
    entries = list(entries)
    made = {entry.ref.resource_id for entry in entries if entry.field == WHOLE_RECORD and entry.reason.startswith(MADE)}
    found: dict[tuple[ResourceRef, str], Inverse] = {}
    for entry in entries:
        spec = kind.fields.get(entry.field)
        if entry.field == WHOLE_RECORD or entry.ref.resource_id in made or spec is None or spec.written_by is None:
            continue
        key = (entry.ref, entry.field)
        earlier = found.get(key)
        if spec.is_set:
            removed, added = _difference(entry)
            back = removed | _elements(earlier.back_to if earlier else ())
            gone = added | _elements(earlier.current if earlier else ())
            found[key] = Inverse(*key, tuple(sorted(back - gone)), tuple(sorted(gone - back)), entry.audit_id)
        else:
            before = entry.old if entry.old_raw is None else spec.codec.to_local(entry.old_raw)
            found[key] = Inverse(*key, earlier.back_to if earlier else before, entry.new, entry.audit_id)
    return [item for item in found.values() if item.back_to != item.current]


def undo_in_record(state: RecordState, items: Iterable[Inverse], run: Run, *, by: str) -> RecordPlan:
    """Set fields back as local edits, which the next push carries out; a field edited since becomes a conflict."""
    draft = Draft(state, run)
    for item in items:
        spec = draft.fields[item.field]
        value = draft.values.get(item.field)
        if spec.is_set:
            _set_back(
                draft, item, by, tuple(sorted((_elements(value) - _elements(item.current)) | _elements(item.back_to)))
            )
        elif value == item.current and item.field not in draft.bases:
            _set_back(draft, item, by, item.back_to)
        elif value != item.back_to:
            draft.open_conflict(
                item.field,
                "undo_of_changed",
                base=item.current,
                local=value,
                remote=item.back_to,
                remote_raw=None,
                details={"undo_of": item.undo_of},
                row=9,
            )
    return draft.plan()


def _set_back(draft: Draft, item: Inverse, by: str, value: Value) -> None:
    draft.keep_base(item.field)
    draft.set_value(item.field, value, reason="undo", row=5, undo_of=item.undo_of, actor=by)
    if draft.bases[item.field] == value:
        del draft.bases[item.field]


def _difference(entry: AuditEntry) -> tuple[frozenset[str], frozenset[str]]:
    old, new = _elements(entry.old), _elements(entry.new)
    return old - new, new - old


def _elements(value: Value) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset()


def by_record(items: Iterable[Inverse]) -> Mapping[ResourceRef, list[Inverse]]:
    """The items of each record together: they are applied in one transaction."""
    grouped: dict[ResourceRef, list[Inverse]] = {}
    for item in items:
        grouped.setdefault(item.ref, []).append(item)
    return grouped
