"""What the sync reasons about: a record on both sides, its operations and conflicts, and the plan that follows.

Values are in local form (what people see) unless the name says raw or remote; see `records.values`.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from javis_pipeline.records import Missing
from javis_pipeline.records.policy import Way
from javis_pipeline.records.values import ResourceRef, Value

SyncStatus = Literal["synced", "local_modified", "pushing", "conflict", "error"]
RemoteState = Literal["present", "gone", "hidden", "moved", "wanted"]
OperationKind = Literal["edit", "transition", "labels", "archive", "removal"]
Removal = Way | Literal["done"]
Away = Literal["archived", "trashed"]
OperationState = Literal["planned", "sent", "confirmed", "rejected", "abandoned", "dropped"]
ConflictState = Literal["open", "resolved", "closed"]
Resolution = Literal["pending", "local", "remote", "merged", "manual", "equal", "superseded"]
Side = Literal["local", "remote"]
PlanSide = Literal["local", "remote", "conflict", "forced", "error", "record", "way"]
FieldPolicy = Literal["two_way", "remote_to_local", "local_to_remote", "none"]
Force = Literal["none", "local", "remote"]
ConflictKind = Literal[
    "both_changed",
    "first_contact",
    "unmarked_local_change",
    "stale_write_suspected",
    "lossy_edit",
    "overwrote_remote",
    "undo_of_changed",
    "edited_twice",
    "edit_vs_remote_delete",
    "remote_edit_vs_local_delete",
]

PUTS_AWAY: frozenset[OperationKind] = frozenset({"archive", "removal"})
"""Operations on a record as a whole, after which it is not in use any more."""

NOT_OURS = UUID(int=0)
"""Stands for an operation's id on a change that was certainly made by somebody else."""

MADE = "made"
ARCHIVED = "archived"
REMOVED = "removed"
"""How the audit begins to say that a record was made of a row here."""

WHOLE_RECORD = "(row)"
"""Stands for a field's name where a conflict or an audit row is about the record itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The last time the remote did not take a value of a field: a no about that moment, not for ever.

    Attributes:
        reason: What the remote said, or did instead.
        run_id: The run in which it was asked.
        times: How often it was asked for this value.
        about: Fingerprint of the value, of what the remote held, and of the remote's revision.
        suspects: While it is not known which field of a request was meant, all of them: they are tried apart.
        again: When a person asked for another try that has not been made yet.
    """

    reason: str
    at: datetime
    run_id: str
    times: int
    about: str
    suspects: tuple[str, ...] = ()
    again: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRecord:
    """A row of `jira_issues` or `confluence_pages`.

    Attributes:
        values: Field to what the column holds now.
        bases: Edited field to its base (`local_modified_fields`); the other columns are their own base.
        raw: Field to the base in remote form, for the fields whose local form cannot give it back.
        facts: Other columns that only the remote changes.
        has_base: False for a row that no sync has written yet.
        unmarked: True when the row differs from what the sync wrote although the trigger noted no edit.
        refusals: Edited field to the remote's last no to it.
        removal: Of a row that was deleted here, what becomes of the record there, or that it is done; None: nothing.
    """

    ref: ResourceRef
    values: Mapping[str, Value]
    bases: Mapping[str, Value]
    raw: Mapping[str, Value]
    facts: Mapping[str, Any]
    local_seq: int
    revision: datetime | None
    sync_status: SyncStatus = "synced"
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    remote_state: RemoteState = "present"
    missing_since: datetime | None = None
    deleted_at: datetime | None = None
    modified_at: datetime | None = None
    has_base: bool = True
    unmarked: bool = False
    refusals: Mapping[str, Refusal] = dataclasses.field(default_factory=dict)
    removal: Removal | None = None

    def base(self, name: str) -> Value:
        """What both sides held last, in local form."""
        return self.bases[name] if name in self.bases else self.values.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRecord:
    """A record as the API gave it.

    Attributes:
        values: Field to its value in remote form; MISSING where the answer did not hold the field.
        facts: Columns that are no synced fields (dates, categories).
        revision: Changes with the record (when it was last updated, or a version's instant); None if unknown.
        version: Number that the next write has to follow, where the API compares it.
        marker: Operation that the record itself names as the last of ours; None where there is none.
        bears_no_marks: Nothing can be noted on it: what our account did to it is known by its looks alone.
        read_only: Why nothing of the record can be changed now, and the remedy; None when it can.
        away: Where it was put away; None while it is in use.
        is_listed: False for one that is there, but in no list and no search: the row then says that it is hidden.
        changes: All changes of its synced fields, oldest first, where the answer told them; None where they have to be
            asked for.
        editable: Fields that can be edited now, each with what can be chosen (name to id); None where that was not
            told.
        moves: States that it can be moved to without being asked for anything, each with the way that leads there;
            None where that was not told. What is not among them may be open all the same.
    """

    ref: ResourceRef
    values: Mapping[str, Value | Missing]
    facts: Mapping[str, Any]
    revision: datetime | None
    version: int | None = None
    marker: UUID | None = None
    bears_no_marks: bool = False
    read_only: str | None = None
    away: Away | None = None
    is_listed: bool = True
    changes: "Sequence[FieldChange] | None" = None
    editable: Mapping[str, Mapping[str, str]] | None = None
    moves: "Mapping[str, Move] | None" = None


class Move(NamedTuple):
    """A way from one state of a record to another."""

    way_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the remote's yes to a write told.

    Attributes:
        shown: By field, what was to be added to a set and was there by the reply itself.
        seen: The record after the write, with its changes; None where only a look tells.
    """

    shown: Mapping[str, Collection[str]] = field(default_factory=dict)
    seen: RemoteRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field's change as the remote's history tells it.

    `old` and `new` are canonical remote values, MISSING where the history holds only words (`old_text`, `new_text`).
    `op_id` is set when the entry carries the mark of an operation of ours; NOT_OURS when all of ours carry one, and it
    has none. `author_name` is what people call whoever did it, where the history says so.
    """

    entry_id: str
    field: str
    author_id: str | None
    at: datetime
    old: Value | Missing
    new: Value | Missing
    old_text: str | None = None
    new_text: str | None = None
    op_id: UUID | None = None
    author_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One write to the remote: planned, sent, and settled by evidence.

    Attributes:
        expected: Field to the canonical remote value it was decided on.
        desired: Field to the remote form to set; fields in `add`/`remove` are sets and not in here.
        local: Field to the local form of what is wanted.
        local_seq: Of the row it was decided on.
    """

    op_id: UUID
    ref: ResourceRef
    kind: OperationKind
    fields: tuple[str, ...]
    expected: Mapping[str, Value]
    desired: Mapping[str, Value]
    local: Mapping[str, Value]
    add: Mapping[str, tuple[str, ...]]
    remove: Mapping[str, tuple[str, ...]]
    local_seq: int
    created_at: datetime
    run_id: str
    state: OperationState = "planned"
    attempts: int = 0
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    last_error: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def may_land_late(self) -> bool:
        """Whether the request may still be executed: its outcome was lost, and only looks told what became of it."""
        landed = "late" in self.evidence or self.evidence.get("by") in ("reply", "marker")
        return self.state in ("abandoned", "confirmed") and not landed

    def says_the_same_as(self, other: "Operation") -> bool:
        """Whether both want the same of the same remote values."""
        return (self.kind, self.fields, self.expected, self.desired, self.local, self.add, self.remove) == (
            other.kind,
            other.fields,
            other.expected,
            other.desired,
            other.local,
            other.add,
            other.remove,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two values for one field, both kept until a person chooses or they become equal.

    Attributes:
        remote_raw: `remote` in remote form, to become the base when the conflict is resolved.
        details: Who changed the remote value and when, as far as its history tells.
        applied_at: When a resolution took effect on both sides.
    """

    conflict_id: UUID
    ref: ResourceRef
    field: str
    kind: ConflictKind
    base: Value
    local: Value
    remote: Value
    remote_raw: Value
    local_seq: int
    revision: str | None
    created_at: datetime
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    state: ConflictState = "open"
    resolution: Resolution = "pending"
    resolved_value: Value = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictValue:
    """A value that was in play in a conflict; these are never deleted.

    Attributes:
        raw: Its remote form, where the value is only a view of that.
    """

    conflict_id: UUID
    side: Literal["base", "local", "remote", "resolved"]
    value: Value
    raw: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A change that the sync made on one side. `audit_id` is None until it is stored.

    Attributes:
        old_raw: What the remote held before a loss that somebody accepted or made, to give it back; None without one.
    """

    run_id: str
    side: Side
    ref: ResourceRef
    field: str
    old: Value
    new: Value
    reason: str
    actor: str
    at: datetime
    op_id: UUID | None = None
    undo_of: int | None = None
    audit_id: int | None = None
    old_raw: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One line of a plan, for people and as JSON.

    Attributes:
        side: Where something changes; `conflict` (one is opened, or brought up to date), `forced` (one is resolved as
            the run was told to), `error`, `record` and `way` (a field goes another way from now on) change no value.
        row: Row of the decision table that applied.
        risk: low, or high where a person's text or many people are touched.
    """

    resource_type: str
    resource_id: str
    key: str
    field: str
    side: PlanSide
    old: Value
    new: Value
    reason: str
    row: int
    risk: Literal["low", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordState:
    """All that the store knows about one record, read in one transaction.

    Attributes:
        local: None if there is no row yet.
        operations: Those planned or sent, and the recent ones that may land late; oldest first.
        conflicts: Open ones, and resolved ones that have not taken effect yet.
        last_writes: Edited field to the sync's last write of its column, to recognise stale copies that come back.
        former_raw: Edited field to its remote forms before losses that somebody accepted or made, to give them back.
    """

    ref: ResourceRef
    local: LocalRecord | None
    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    last_writes: Mapping[str, AuditEntry] = dataclasses.field(default_factory=dict)
    former_raw: Mapping[str, tuple[Value, ...]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What is to become of one record; the store applies all of it in one transaction.

    Attributes:
        local_seq: Of the row it was decided on; None for a row to insert. The columns are written only to that row.
        columns: Column to its new value; instants are datetimes.
        operations: Operations that are new or changed.
        conflicts: Conflicts that are new or changed.
        renamed_to: New key or scope of the record.
        keeps_hash: The row was changed behind the trigger's back and that has not been dealt with: its content hash
            must go on telling so.
    """

    ref: ResourceRef
    local_seq: int | None
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    conflict_values: tuple[ConflictValue, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    items: tuple[PlanItem, ...] = ()
    renamed_to: ResourceRef | None = None
    keeps_hash: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether no row is written; what a dry run would show does not count."""
        return not (self.columns or self.operations or self.conflicts or self.audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a person allowed for one run, each by an explicit number or name; None where nothing was."""

    writes: int | None = None
    deletions: int | None = None
    missing: int | None = None
    account_id: str | None = None
    place_id: str | None = None
