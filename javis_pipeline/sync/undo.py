"""The inverse of a run, as local edits: what the run changed on either side goes back on both, unless edited since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from javis_pipeline.records.sync import ARCHIVED, MADE, REMOVED, WHOLE_RECORD, AuditEntry, RecordPlan, RecordState
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


@dataclass(frozen=True, slots=True)
class Left:
    """A whole record that a run made or put away there, which no undo takes back.

    Attributes:
        way_back: What a person can do about it.
    """

    ref: ResourceRef
    became: str
    way_back: str


def left_by(entries: Iterable[AuditEntry], kind: Kind) -> list[Left]:
    """The records that a run made or put away there, with what a person can do about each."""
    whole = [entry for entry in entries if entry.field == WHOLE_RECORD and entry.side == "remote"]
    return [
        Left(entry.ref, became, _way_back(kind, entry.ref, became))
        for entry in whole
        if (became := _became(entry.reason)) is not None
    ]


def _became(reason: str) -> str | None:
    return next((became for became in (MADE, ARCHIVED, REMOVED) if reason.startswith(became)), None)


def _way_back(kind: Kind, ref: ResourceRef, became: str) -> str:
    place, system = kind.table.place, kind.system.capitalize()
    row = f"the row of {ref.key} in the table {place.name}"
    match became:
        case "made" if place.putting_away:
            return f"It stays. To put it away: javis archive {ref.key}"
        case "made":
            return f"It stays. To take it away, delete {row}"
        case "removed" if not place.has_trash:
            return f"That cannot be undone; what it held last is in {row}"
        case _:
            return f"Restore it in {system}, and it comes back here"


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
