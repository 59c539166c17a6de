"""The draft of a plan for one record: decisions write into it, and the plan is what differs from the stored state."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.sync import (
    PUTS_AWAY,
    WHOLE_RECORD,
    AuditEntry,
    Conflict,
    ConflictKind,
    LocalRecord,
    Operation,
    OperationKind,
    OperationState,
    PlanItem,
    PlanSide,
    RecordPlan,
    RecordState,
    Refusal,
    RemoteRecord,
    Removal,
    Side,
    SyncStatus,
)
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sync.conflicts import SYNC_ACTOR, Conflicts
from javis_pipeline.sync.decide import Sides
from javis_pipeline.sync.elements import fields_of, in_columns, in_raw_columns, stored_bases, with_empty_sets
from javis_pipeline.sync.fields import Field
from javis_pipeline.sync.refusals import about, found_out, is_due, refused, to_ask
from javis_pipeline.sync.run import Run
from javis_pipeline.sync.wanted import Wanted, operation_of

NOT_ON_SCREEN = "cannot be edited in this record: its type does not have the field, or no screen for editing shows it"


class Draft:
    """What becomes of one record. Only `plan` reads it as a whole; it knows nothing of decisions."""

    def __init__(self, state: RecordState, run: Run) -> None:
        assert state.local is not None, "a record without a row is inserted, not changed"
        self.run = run
        self.fields: Mapping[str, Field] = fields_of(run.kind, state.local)
        self.local: LocalRecord = with_empty_sets(state.local, self.fields)
        self.ref: ResourceRef = state.local.ref
        self.catalog = run.catalog
        self.last_writes = state.last_writes
        self.former_raw = state.former_raw
        self.values: dict[str, Value] = dict(self.local.values)
        self.bases: dict[str, Value] = dict(self.local.bases)
        self.raw: dict[str, Value] = dict(state.local.raw)
        self.errors: dict[str, str] = dict(state.local.errors)
        self.refusals: dict[str, Refusal] = dict(state.local.refusals)
        self.columns: dict[str, Any] = {}
        self.operations: dict[Any, Operation] = {op.op_id: op for op in state.operations}
        self.conflicts = Conflicts(state.conflicts, run, self.values)
        self.unmarked = state.local.unmarked
        self.read_only: str | None = None
        self.remote_revision: datetime | None = None
        self.decided = False
        self.undecided_fields: set[str] = set()
        self.unread_fields: set[str] = set()
        self._wanted: dict[OperationKind, dict[str, Wanted]] = {}
        self._stored_operations = dict(self.operations)
        self._audit: list[AuditEntry] = []
        self._items: list[PlanItem] = []
        self._renamed_to: ResourceRef | None = None

    def follow_screen(self, remote: RemoteRecord) -> None:
        """Go by what can be edited and chosen in the record now, where the remote told that."""
        if (editable := remote.editable) is None:
            return
        hidden = {n: NOT_ON_SCREEN for n, s in self.fields.items() if _is_on_some_screens(s) and n not in editable}
        self.catalog = replace(self.run.catalog, choices=editable, unwritable={**self.run.catalog.unwritable, **hidden})

    # --- values and bases ---

    def sides(self, spec: Field, remote: RemoteRecord) -> Sides:
        """The field's three values as the draft has them now."""
        value = self.values.get(spec.name)
        base = self.bases.get(spec.name, value)
        return Sides(base, self.base_raw(spec), value, remote.values.get(spec.name, MISSING))

    def base_raw(self, spec: Field) -> Value:
        """What both sides held last, in remote form."""
        has_raw = spec.name in self.raw if spec.is_element else spec.raw_column is not None
        return self.raw.get(spec.name) if has_raw else self.bases.get(spec.name, self.values.get(spec.name))

    def set_value(
        self, name: str, value: Value, *, reason: str, row: int, undo_of: int | None = None, actor: str = SYNC_ACTOR
    ) -> None:
        """Write a column, with the audit row that belongs to it. The base is set separately."""
        old = self.values.get(name)
        if old == value:
            return
        self.values[name] = value
        self.forget_refusal(name)
        self.audit("local", name, old, value, reason, undo_of=undo_of, actor=actor)
        self.item("local", name, old, value, reason, row)

    def set_base(self, spec: Field, base: Value, raw: Value) -> None:
        """Note what both sides hold; a column that holds the same is clean."""
        name = spec.name
        if self.values.get(name) == base:
            self.bases.pop(name, None)
        else:
            self.bases[name] = base
        # Servers vary what does not matter; writing that down would make every look at a record a change.
        if spec.raw_column and raw != (kept := self.raw.get(name)) and not spec.means_the_same(raw, kept):
            self.raw[name] = spec.stored_raw(raw)

    def keep_base(self, name: str) -> None:
        """Mark a column as edited before it is overwritten with another local value."""
        self.bases.setdefault(name, self.values.get(name))

    # --- errors ---

    def set_error(self, name: str, message: str) -> None:
        """Say on the row why a field waits; the plan tells it once, as row 6."""
        if self.errors.get(name) != message:
            self.errors[name] = message
            value = self.values.get(name)
            self.item("error", name, self.bases.get(name, value), value, message, 6)

    def clear_error(self, name: str) -> None:
        """Nothing is wrong with the field any more."""
        self.errors.pop(name, None)

    # --- refusals ---

    def refuse(
        self, reasons: Mapping[str, str], remote: RemoteRecord, asked: Mapping[str, Value], *, sure: bool
    ) -> None:
        """Note that the remote did not take the values that it was `asked` to, and why.

        `sure` is False when it did not say which of them it meant.
        """
        suspects = () if sure else tuple(sorted(asked))
        self.refusals = found_out(self.refusals, asked)
        for name, reason in reasons.items():
            subject = about(asked[name], self._canonical(name, remote), remote.revision)
            before = self.refusals.get(name)
            self.refusals[name] = refused(before, self.run, reason=reason, about=subject, suspects=suspects)

    def standing_refusal(self, spec: Field, value: Value, raw: Value) -> Refusal | None:
        """The refusal that keeps a value from being sent now."""
        refusal = self.refusals.get(spec.name)
        subject = about(value, spec.codec.canonical(raw), self.remote_revision)
        return refusal if refusal and not is_due(refusal, subject, self.run) else None

    def forget_refusal(self, name: str) -> None:
        """The next no to this field is a first one."""
        self.refusals.pop(name, None)

    def accepted_after_all(self, name: str) -> None:
        """The remote took a field. Where it had refused it before, what kept the others out may be gone as well."""
        if name in self.refusals:
            self.refusals.clear()

    def _canonical(self, name: str, remote: RemoteRecord) -> Value:
        value = remote.values.get(name, MISSING)
        return None if isinstance(value, Missing) else self.fields[name].codec.canonical(value)

    # --- operations ---

    def want(self, spec: Field, wanted: Wanted, *, reason: str, row: int) -> None:
        """Have the remote changed: one operation for all fields that one request can write.

        The error of a field that was refused stays until the remote has taken it. From a row that stays deleted here
        nothing goes out.
        """
        assert spec.written_by is not None
        if self.is_deleted:
            return
        if spec.name not in self.refusals:
            self.clear_error(spec.name)
        self._wanted.setdefault(spec.written_by, {})[spec.name] = wanted
        old = self.bases.get(spec.name, self.values.get(spec.name))
        self.item("remote", spec.name, old, wanted.local, reason, row)

    def want_away(self, kind: OperationKind, parts: Mapping[str, Wanted], *, reason: str) -> None:
        """Have the record put away there, as long as it is what these parts expect: its row was deleted here."""
        self._wanted[kind] = dict(parts)
        self.item("remote", WHOLE_RECORD, self.ref.key, None, reason, 5)

    def fields_in_flight(self) -> set[str]:
        """Fields of operations whose outcome is unknown."""
        return {name for op in self.operations.values() if op.state == "sent" for name in op.fields}

    def settle(self, op: Operation, state: OperationState, **changes: Any) -> Operation:
        """Move an operation to another state; returns it as it is now."""
        settled_at = self.run.now() if state not in ("planned", "sent") else None
        self.operations[op.op_id] = replace(op, state=state, settled_at=settled_at, **changes)
        return self.operations[op.op_id]

    # --- conflicts ---

    def open_conflict(
        self,
        name: str,
        kind: ConflictKind,
        *,
        base: Value,
        local: Value,
        remote: Value,
        remote_raw: Value,
        details: Mapping[str, Any],
        row: int,
    ) -> Conflict:
        """Open a conflict, or bring the open one of this field up to date, and show what is new in it."""
        wanted = Conflict(
            conflict_id=self.run.new_id(),
            ref=self.ref,
            field=name,
            kind=kind,
            base=base,
            local=local,
            remote=remote,
            remote_raw=remote_raw,
            local_seq=self.local.local_seq,
            revision=self.local.revision.isoformat() if self.local.revision else None,
            created_at=self.run.now(),
            details=details,
        )
        conflict, is_news = self.conflicts.open(wanted)
        if is_news:
            self.item("conflict", name, local, remote, kind, row)
        return conflict

    # --- record ---

    def rename(self, ref: ResourceRef) -> None:
        """Follow a new key or scope; the id stays."""
        if ref != self.ref:
            self.audit("local", WHOLE_RECORD, self.ref.key, ref.key, "key or place changed")
            self.ref = self._renamed_to = ref

    def set_column(self, name: str, value: Any) -> None:
        """Write a column that is no synced field."""
        self.columns[name] = value

    @property
    def is_deleted(self) -> bool:
        """Whether the row is deleted here, as far as was decided."""
        return self.columns.get("local_deleted_at", self.local.deleted_at) is not None

    @property
    def removal(self) -> Removal | None:
        """What becomes of the record there, as far as was decided."""
        removal: Removal | None = self.columns.get("removal", self.local.removal)
        return removal

    def bring_back(self) -> None:
        """The row is not deleted any more."""
        self.set_column("local_deleted_at", None)
        if self.run.kind.table.place.putting_away:
            self.set_column("removal", None)

    def audit(
        self,
        side: Side,
        name: str,
        old: Value,
        new: Value,
        reason: str,
        *,
        op: Operation | None = None,
        undo_of: int | None = None,
        actor: str = SYNC_ACTOR,
        old_raw: Value = None,
    ) -> None:
        """Note a change on one side; it is stored with the change."""
        self._audit.append(
            AuditEntry(
                run_id=self.run.run_id,
                side=side,
                ref=self.ref,
                field=name,
                old=old,
                new=new,
                reason=reason,
                actor=actor,
                at=self.run.now(),
                op_id=op.op_id if op else None,
                undo_of=undo_of,
                old_raw=old_raw,
            )
        )

    def item(
        self,
        side: PlanSide,
        name: str,
        old: Value,
        new: Value,
        reason: str,
        row: int,
    ) -> None:
        """Add a line to what people are shown."""
        text = name in self.fields and self.fields[name].is_text
        risk: Literal["low", "high"] = (
            "high" if side in ("conflict", "forced") or (side == "remote" and text) else "low"
        )
        self._items.append(
            PlanItem(
                resource_type=self.ref.resource_type,
                resource_id=self.ref.resource_id,
                key=self.ref.key,
                field=name,
                side=side,
                old=old,
                new=new,
                reason=reason,
                row=row,
                risk=risk,
            )
        )

    # --- the plan ---

    def plan(self) -> RecordPlan:
        """What differs from the stored state. Planned operations live as long as nothing is decided anew."""
        if self.decided:
            self._plan_operations()
        columns = self._changed_columns()
        operations = tuple(op for key, op in self.operations.items() if self._stored_operations.get(key) != op)
        conflicts = self.conflicts.changed
        dealt_with = self.decided and not self.undecided_fields
        if columns or operations or conflicts or self._audit or (self.unmarked and dealt_with):
            columns["last_synced_at"] = self.run.now()
        return RecordPlan(
            ref=self.ref,
            local_seq=self.local.local_seq,
            columns=columns,
            operations=operations,
            conflicts=conflicts,
            conflict_values=self.conflicts.values_in_play,
            audit=tuple(self._audit),
            items=tuple(self._items),
            renamed_to=self._renamed_to,
            keeps_hash=self.unmarked and not dealt_with,
        )

    def _plan_operations(self) -> None:
        wanted = {
            kind: operation_of(self.run, self.local, kind, self._part_of(kind, parts), ref=self.ref)
            for kind, parts in self._wanted.items()
        }
        for op in list(self.operations.values()):
            if op.state != "planned":
                continue
            if op.kind in wanted and op.says_the_same_as(wanted[op.kind]):
                del wanted[op.kind]
            else:
                self.settle(op, "dropped")
        for op in wanted.values():
            self.operations[op.op_id] = op

    def _part_of(self, kind: OperationKind, parts: Mapping[str, Wanted]) -> Mapping[str, Wanted]:
        """What goes into the next request; a record is removed as a whole."""
        return parts if kind in PUTS_AWAY else to_ask(parts, self.refusals)

    def _changed_columns(self) -> dict[str, Any]:
        kind = self.run.kind
        columns = self.columns | in_columns(kind, self.values, _differing(self.values, self.local.values))
        columns |= in_raw_columns(kind, self.raw, _differing(self.raw, self.local.raw))
        if self.bases != self.local.bases:
            columns["local_modified_fields"] = stored_bases(self.bases, self.fields)
        if self.errors != self.local.errors:
            columns["sync_errors"] = self.errors
        if self.refusals != self.local.refusals:
            columns["sync_refused"] = self.refusals
        if (status := self._status()) != self.local.sync_status:
            columns["sync_status"] = status
        return columns

    def _status(self) -> SyncStatus:
        if any(c.state == "open" for c in self.conflicts):
            return "conflict"
        if self.errors:
            return "error"
        if any(op.state == "sent" for op in self.operations.values()):
            return "pushing"
        return "local_modified" if self.bases else "synced"


def _is_on_some_screens(spec: Field) -> bool:
    return spec.written_by == "edit" and (spec.is_element or spec.by_choice)


def _differing(values: Mapping[str, Value], before: Mapping[str, Value]) -> list[str]:
    return [name for name, value in values.items() if value != before.get(name)]
