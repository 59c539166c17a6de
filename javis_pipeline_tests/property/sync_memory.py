"""A store and a remote in memory for the steps of the sync, with everything that can go wrong between two calls.

The store imitates the trigger and the transactions of the database; the remote has no compare-and-swap, loses replies,
executes late, respells what it is sent, and lists its records from an index that lags behind. Whoever drives them can
have people edit, or the process die, at every call and at every commit.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from javis_pipeline.errors import OutcomeUnknown, RemoteBusy, RemoteMissing, RemoteRefused, StaleRevision
from javis_pipeline.records import MISSING
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.sync import (
    WHOLE_RECORD,
    AuditEntry,
    Conflict,
    FieldChange,
    LocalRecord,
    Operation,
    RecordPlan,
    RecordState,
    RemoteRecord,
    Reply,
    SyncStatus,
)
from javis_pipeline.records.values import ResourceRef, Value, as_set
from javis_pipeline.steps.ports import SyncStore
from javis_pipeline.sync.conflicts import OFFERS
from javis_pipeline.sync.fields import Field
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.jira.kind import JIRA_ISSUE

STATUSES = {"To Do": ("1",), "In Progress": ("3",), "Done": ("5",)}
PRIORITIES = {"High": "2", "Medium": "3", "Low": "4"}
USERS = {"u1": "Ann", "u2": "Bob", "us": "The sync's account"}
CATALOG = Catalog(statuses=STATUSES, priorities=PRIORITIES, users=USERS, closed=frozenset(STATUSES["Done"]))
OUR_ACCOUNT = "us"
# Fields that only the remote changes; here it never does.
EMPTY: dict[str, Value] = {"components": (), "fix_versions": (), "affected_versions": (), "flagged": False}
SYNCED = [name for name, spec in JIRA_ISSUE.fields.items() if spec.written_by and not spec.by_choice]
# What issues and pages call alike is alike.
FIELDS: dict[str, Field] = {**CONFLUENCE_PAGE.fields, **JIRA_ISSUE.fields}


class Crash(BaseException):
    """The process dies here."""


class Halt(AssertionError):
    """A law is broken."""


@dataclass
class World:
    """The clock, the ids and the hook that is called wherever a process can be interrupted."""

    at_point: Callable[[str], None] = lambda _: None
    now_: datetime = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    ids: int = 0

    def now(self) -> datetime:
        self.now_ += timedelta(milliseconds=10)
        return self.now_

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def point(self, label: str) -> None:
        self.at_point(label)


def raw_of(name: str, value: Value) -> Value:
    """The remote form of a local value."""
    if value is None:
        return None
    if name == "status":
        return {"id": STATUSES[str(value)][0], "name": value}
    if name == "priority":
        return {"id": PRIORITIES[str(value)], "name": value}
    if name == "description":
        return adf(str(value))
    return value


def adf(text: str) -> dict[str, Any]:
    """A document with one paragraph for each block of the text."""
    blocks = [{"type": "paragraph", "content": [{"type": "text", "text": block}]} for block in text.split("\n\n")]
    return {"type": "doc", "version": 1, "content": blocks}


def _words(value: Value) -> str | None:
    return None if value is None else str(value)


def local_of(name: str, raw: Value) -> Value:
    if name == "description" and isinstance(raw, str):
        return raw  # wiki markup is the same on both sides
    return FIELDS[name].codec.to_local(raw)


# --- the store -------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A row: what the record says, and what only a hash would remember (`written`)."""

    local: LocalRecord
    written: dict[str, Value]

    @property
    def is_unmarked(self) -> bool:
        return any(self.local.base(name) != value for name, value in self.written.items())


class Books(SyncStore, Protocol):
    """Our side of a world: what the sync is given, what people do with SQL, and what stands there.

    Attributes:
        writes: How often something was changed.
        observe: Told each plan with the row before and after it was applied.
    """

    writes: int
    observe: Callable[[RecordPlan, LocalRecord | None, LocalRecord], None]

    @property
    def rows(self) -> Mapping[str, Row]: ...

    @property
    def ops(self) -> Mapping[UUID, Operation]: ...

    @property
    def conflicts(self) -> Mapping[UUID, Conflict]: ...

    @property
    def conflict_values(self) -> Sequence[tuple[UUID, str, Value]]: ...

    @property
    def audit(self) -> Sequence[AuditEntry]: ...

    def edit(self, resource_id: str, name: str, value: Value) -> None: ...

    def edit_behind_the_trigger(self, resource_id: str, name: str, value: Value) -> None: ...

    def delete(self, resource_id: str) -> None: ...


class MemoryStore:
    """`SyncStore` of one scope; `observe` is told each plan with the row before and after it was applied."""

    name = "jira OPS"
    fields: Mapping[str, Field] = JIRA_ISSUE.fields
    revision_column = "remote_updated_at"

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows: dict[str, Row] = {}
        self.ops: dict[UUID, Operation] = {}
        self.conflicts: dict[UUID, Conflict] = {}
        self.conflict_values: list[tuple[UUID, str, Value]] = []
        self.audit: list[AuditEntry] = []
        self.census: int | None = None
        self.writes = 0
        self.observe: Callable[[RecordPlan, LocalRecord | None, LocalRecord], None] = lambda *_: None

    # what the database does

    def edit(self, resource_id: str, name: str, value: Value) -> None:
        """A person's UPDATE: what the trigger does."""
        row = self.rows[resource_id]
        local, old = row.local, row.local.values.get(name)
        if local.deleted_at is not None:
            return
        if old == value:
            self._ask_again(row, name)
            return
        bases = dict(local.bases)
        if name not in bases:
            bases[name] = old
        elif bases[name] == value:
            del bases[name]
        errors = {key: text for key, text in local.errors.items() if key != name}
        refusals = {key: refusal for key, refusal in local.refusals.items() if key != name}
        row.local = replace(
            local,
            values={**local.values, name: value},
            bases=bases,
            errors=errors,
            refusals=refusals,
            local_seq=local.local_seq + 1,
            modified_at=self.world.now_,
        )

    def _ask_again(self, row: Row, name: str) -> None:
        """A value written once more: at most once a minute, and nothing else changes."""
        refusal, now = row.local.refusals.get(name), self.world.now_
        if refusal is not None and abs(now - (refusal.again or refusal.at)) >= timedelta(minutes=1):
            asked = replace(refusal, again=now)
            row.local = replace(row.local, refusals={**row.local.refusals, name: asked})

    def edit_behind_the_trigger(self, resource_id: str, name: str, value: Value) -> None:
        row = self.rows[resource_id]
        row.local = replace(row.local, values={**row.local.values, name: value})

    def delete(self, resource_id: str) -> None:
        """A person's DELETE: a tombstone."""
        row = self.rows[resource_id]
        if row.local.deleted_at is None:
            row.local = replace(row.local, deleted_at=self.world.now_, local_seq=row.local.local_seq + 1)

    # the port

    def _state(self, ref: ResourceRef) -> RecordState:
        row = self.rows.get(ref.resource_id)
        mine = [op for op in self.ops.values() if op.ref.resource_id == ref.resource_id]
        operations = tuple(op for op in mine if op.state in ("planned", "sent") or op.may_land_late)
        conflicts = tuple(
            c
            for c in self.conflicts.values()
            if c.ref.resource_id == ref.resource_id and c.applied_at is None and c.state != "closed"
        )
        if row is None:
            return RecordState(ref=ref, local=None, operations=operations, conflicts=conflicts)
        local = replace(row.local, unmarked=row.is_unmarked)
        told = [entry for entry in self.audit if entry.ref.resource_id == ref.resource_id]
        last_writes = {e.field: e for e in told if e.side == "local" and e.field in local.bases}
        lost = [entry for entry in reversed(told) if entry.old_raw is not None]
        former = {name: tuple(entry.old_raw for entry in lost if entry.field == name) for name in local.bases}
        return RecordState(
            ref=local.ref,
            local=local,
            operations=operations,
            conflicts=conflicts,
            last_writes=last_writes,
            former_raw=former,
        )

    def state(self, ref: ResourceRef) -> RecordState:
        self.world.point("state")
        return self._state(ref)

    def change(self, ref: ResourceRef, decide: Callable[[RecordState], RecordPlan]) -> RecordPlan:
        self.world.point("begin")
        state = self._state(ref)
        plan = decide(state)
        self.world.point("before commit")
        if self._state(ref).local is not None and plan.local_seq != self._state(ref).local.local_seq:  # type: ignore[union-attr]
            raise Halt("a plan was applied to a row that it was not decided on")
        before = state.local
        self._apply(plan)
        if ref.resource_id in self.rows:
            self.observe(plan, before, self.rows[ref.resource_id].local)
        self.world.point("after commit")
        return plan

    def _apply(self, plan: RecordPlan) -> None:
        columns = dict(plan.columns)
        if plan.local_seq is None and columns:
            self._insert(plan, columns)
        elif columns or plan.renamed_to:
            self._update(plan, columns)
        self.writes += not plan.changes_nothing
        self.ops |= {op.op_id: op for op in plan.operations}
        self.conflicts |= {c.conflict_id: c for c in plan.conflicts}
        self.conflict_values += [(v.conflict_id, v.side, v.value) for v in plan.conflict_values]
        first = len(self.audit)
        self.audit += [replace(entry, audit_id=first + n) for n, entry in enumerate(plan.audit)]
        open_fields = [(c.ref.resource_id, c.field, c.kind) for c in self.conflicts.values() if c.state == "open"]
        if len(open_fields) != len(set(open_fields)):
            raise Halt("two open conflicts of one kind for one field")

    def _insert(self, plan: RecordPlan, columns: dict[str, Any]) -> None:
        values = {name: columns.get(name, () if name == "labels" else None) for name in self.fields}
        raw = {s.name: columns.get(s.raw_column) for s in self.fields.values() if s.raw_column}
        local = LocalRecord(
            ref=plan.ref,
            values=values,
            bases={},
            raw=raw,
            facts={self.revision_column: columns.get(self.revision_column)},
            local_seq=0,
            revision=columns.get(self.revision_column),
        )
        self.rows[plan.ref.resource_id] = Row(local, {name: values[name] for name in self._synced()})

    def _update(self, plan: RecordPlan, columns: dict[str, Any]) -> None:
        row = self.rows[plan.ref.resource_id]
        local = row.local
        names = {
            "local_modified_fields": "bases",
            "sync_errors": "errors",
            "sync_refused": "refusals",
            "sync_status": "sync_status",
            "remote_state": "remote_state",
            "remote_missing_since": "missing_since",
            "local_deleted_at": "deleted_at",
        }
        raw_columns = {s.raw_column: s.name for s in self.fields.values() if s.raw_column}
        changes: dict[str, Any] = {attr: columns.pop(name) for name, attr in names.items() if name in columns}
        columns.pop("last_synced_at", None)
        raw = {raw_columns[name]: columns.pop(name) for name in list(columns) if name in raw_columns}
        values = {name: columns.pop(name) for name in list(columns) if name in self.fields}
        row.local = replace(
            local,
            ref=plan.renamed_to or local.ref,
            values={**local.values, **values},
            raw={**local.raw, **raw},
            facts={**local.facts, **columns},
            revision=columns.get(self.revision_column, local.revision),
            has_base=True,
            **changes,
        )
        if not plan.keeps_hash:
            row.written = {name: row.local.base(name) for name in self._synced()}

    def _synced(self) -> Sequence[str]:
        return [name for name, spec in self.fields.items() if spec.written_by and not spec.by_choice]

    def fail(self, ref: ResourceRef, why: str) -> None:
        row = self.rows.get(ref.resource_id)
        if row is not None and row.local.errors.get(WHOLE_RECORD) != why:
            status: SyncStatus = "conflict" if row.local.sync_status == "conflict" else "error"
            row.local = replace(row.local, errors={**row.local.errors, WHOLE_RECORD: why}, sync_status=status)
            self.writes += 1

    def catalog(self) -> Catalog:
        return CATALOG

    def retry(self, refs: Iterable[ResourceRef] | None, field: str | None, now: datetime) -> int:
        wanted = None if refs is None else {ref.resource_id for ref in refs}
        asked = 0
        for key, row in self.rows.items():
            names = [name for name in row.local.refusals if field in (None, name)]
            if names and (wanted is None or key in wanted):
                again = {name: replace(row.local.refusals[name], again=now) for name in names}
                row.local = replace(row.local, refusals={**row.local.refusals, **again})
                asked += len(names)
        return asked

    def to_decide(self, *, conflicts: bool = False) -> Sequence[ResourceRef]:
        self.world.point("to_decide")
        waiting = {op.ref.resource_id for op in self.ops.values() if op.state == "planned"}
        waiting |= {
            c.ref.resource_id
            for c in self.conflicts.values()
            if c.applied_at is None and (c.state == "resolved" or (conflicts and c.state == "open"))
        }
        found = [
            row.local
            for key, row in sorted(self.rows.items())
            if row.local.deleted_at is None
            and (self._undecided(row.local) or key in waiting or WHOLE_RECORD in row.local.errors)
        ]
        return [local.ref for local in sorted(found, key=lambda local: WHOLE_RECORD in local.errors)]

    def _undecided(self, local: LocalRecord) -> list[str]:
        """The edited fields about which no person is asked, or is asked with another value than there is now."""
        asked = {
            c.field: c.local
            for c in self.conflicts.values()
            if c.ref.resource_id == local.ref.resource_id and c.state == "open" and c.kind not in OFFERS
        }
        return [name for name in local.bases if name not in asked or asked[name] != local.values[name]]

    def count_put_away(self) -> int:
        return 0

    def count_wishes(self) -> int:
        kinds = [
            (key, self.fields[name].written_by)
            for key, row in self.rows.items()
            for name in self._undecided(row.local)
            if row.local.deleted_at is None and name not in row.local.errors
        ]
        return len(set(kinds))

    def operations(self, state: str, *, limit: int | None = None) -> Sequence[Operation]:
        self.world.point("operations")
        return [op for op in self.ops.values() if op.state == state][:limit]

    def to_push(self) -> Sequence[ResourceRef]:
        return [op.ref for op in self.operations("planned")]

    def records(self) -> Sequence[ResourceRef]:
        return [row.local.ref for _, row in sorted(self.rows.items()) if row.local.remote_state != "gone"]

    def count_records(self) -> int:
        return len(self.records())

    def why_held(self) -> str | None:
        return None

    def conflict(self, conflict_id: UUID) -> Conflict | None:
        return self.conflicts.get(conflict_id)

    def audit_of(self, run_id: str) -> Sequence[AuditEntry]:
        return [entry for entry in self.audit if entry.run_id == run_id]

    def last_census(self) -> int | None:
        return self.census

    def note_census(self, found: int, at: datetime) -> None:
        self.census = found


# --- the remote ------------------------------------------------------------------------------------------------------


@dataclass
class Issue:
    """What the site holds of one issue."""

    ref: ResourceRef
    values: dict[str, Value]
    updated: datetime
    changes: list[FieldChange] = field(default_factory=list)
    marker: UUID | None = None
    visible: bool = True


class MemoryRemote:
    """`RemoteRecords` of one scope, as awkward as Jira.

    Attributes:
        fault: Asked before each write; one of ok, lost_before, lost_after, late, busy, refused, unnamed, ignored,
            partly, stale.
        forbids: Asked for each field of a write: why it cannot be changed now; None for one that can.
        names_refused: Whether a refusal says which fields it is about.
        marks: Whether the history keeps our marks; without them, looks and values have to do.
    """

    account_id = OUR_ACCOUNT

    def __init__(self, world: World, *, marks: bool = True) -> None:
        self.world = world
        self.synced: Sequence[str] = SYNCED
        self.marks = marks
        self.issues: dict[str, Issue] = {}
        self.fault: Callable[[str], str] = lambda _: "ok"
        self.forbids: Callable[[str], str | None] = lambda _: None
        self.names_refused = True
        self.missing_fields: Callable[[], Sequence[str]] = tuple
        self.late: list[Operation] = []
        self.sent: list[Operation] = []
        self.executed: list[Operation] = []
        self.before_execution: Callable[[Operation], None] = lambda _: None
        self.observe: Callable[[Issue, str, Value, Operation | None], None] = lambda *_: None

    def create(self, number: int, **values: Value) -> ResourceRef:
        ref = ResourceRef(
            resource_type="jira_issue", resource_id=str(10_000 + number), scope="OPS", key=f"OPS-{number}"
        )
        given: dict[str, Value] = {"title": f"issue {number}", "labels": (), "status": "To Do", **values}
        raw = {name: self.raw_of(name, given.get(name)) for name in self.synced}
        self.issues[ref.resource_id] = Issue(ref, raw, self.world.now())
        return ref

    def raw_of(self, name: str, value: Value) -> Value:
        """The remote form of a local value."""
        return raw_of(name, value)

    # what people do

    def edit(self, resource_id: str, name: str, value: Value, *, author: str = "u1") -> None:
        self._write(self.issues[resource_id], name, self.raw_of(name, value), author, None)

    def _write(self, issue: Issue, name: str, raw: Value, author: str, op: Operation | None) -> None:
        raw = self._respelled(name, raw)
        codec = FIELDS[name].codec
        old = issue.values.get(name)
        if codec.canonical(old) == codec.canonical(raw):
            return
        self.observe(issue, name, old, op)
        text = FIELDS[name].is_text
        change = FieldChange(
            entry_id=f"e{len(issue.changes) + 1}-{issue.ref.resource_id}",
            field=name,
            author_id=author,
            at=self.world.now(),
            old=MISSING if text else codec.canonical(old),
            new=MISSING if text else codec.canonical(raw),
            old_text=_words(local_of(name, old)),
            new_text=_words(local_of(name, raw)),
            op_id=op.op_id if op and self.marks else None,
        )
        issue.changes.append(change)
        issue.values[name] = raw
        issue.updated = max(issue.updated + timedelta(milliseconds=1), self.world.now())

    @staticmethod
    def _respelled(name: str, raw: Value) -> Value:
        """Servers trim titles and give blocks ids of their own."""
        if name == "title" and isinstance(raw, str):
            return raw.strip()
        if FIELDS[name].is_text and isinstance(raw, Mapping):
            respelled = copy.deepcopy(dict(raw))
            for number, block in enumerate(respelled["content"]):
                block.setdefault("attrs", {})["localId"] = f"b{number}"
            return respelled
        if name in ("status", "priority") and isinstance(raw, Mapping):
            return {"id": raw["id"], "name": raw["name"]}
        return raw

    # the port

    def _issue(self, ref: ResourceRef) -> Issue:
        issue = self.issues.get(ref.resource_id)
        if issue is None or not issue.visible:
            raise RemoteMissing(f"{ref.key} does not exist or you may not see it")
        return issue

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        self.world.point("fetch")
        return self._record(self._issue(ref))

    most_together = 2

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Without histories; which of the visible ones come, nobody knows."""
        self.world.point("fetch many")
        assert 1 < len(refs) <= self.most_together
        asked = [self.issues[ref.resource_id] for ref in refs if ref.resource_id in self.issues]
        return {
            issue.ref.resource_id: replace(self._record(issue), changes=None)
            for issue in asked
            if issue.visible and int(issue.ref.resource_id) % 5
        }

    def _record(self, issue: Issue) -> RemoteRecord:
        """The issue as it is now; every second one tells its history with it."""
        values: dict[str, Any] = {
            **dict.fromkeys(JIRA_ISSUE.fields),
            **EMPTY,
            **issue.values,
            **dict.fromkeys(self.missing_fields(), MISSING),
        }
        return RemoteRecord(
            ref=issue.ref,
            values=values,
            facts={"remote_updated_at": issue.updated},
            revision=issue.updated,
            marker=issue.marker,
            changes=tuple(issue.changes) if int(issue.ref.resource_id) % 2 else None,
        )

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        self.world.point("history")
        return tuple(self._issue(ref).changes)

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        self.world.point("before send")
        self._issue(op.ref)
        fault = self.fault(op.kind)
        self.sent.append(op)
        if refused := {name: why for name in op.fields if (why := self.forbids(name))}:
            reason = "; ".join(refused.values())
            raise RemoteRefused(reason, status=400, field_errors=refused if self.names_refused else {})
        match fault:
            case "busy":
                raise RemoteBusy("429")
            case "refused":
                raise RemoteRefused("400", status=400, field_errors={op.fields[0]: "is not allowed"})
            case "unnamed":
                raise RemoteRefused("400", status=400)
            case "ignored":
                return Reply()
            case "stale":
                raise StaleRevision("409")
            case "lost_before":
                raise OutcomeUnknown("no reply")
            case "late":
                self.late.append(op)
                raise OutcomeUnknown("no reply")
        self.execute(op, only=op.fields[:1] if fault == "partly" else None)
        self.world.point("after send")
        if fault == "lost_after":
            raise OutcomeUnknown("no reply")
        seen = self._record(self._issue(op.ref))
        return Reply(seen=seen if any(change.op_id == op.op_id for change in seen.changes or ()) else None)

    def execute(self, op: Operation, *, only: Sequence[str] | None = None) -> None:
        """What the server does with a request, now or later; `only` names the fields that it does not ignore."""
        issue = self.issues.get(op.ref.resource_id)
        if issue is None or not issue.visible:
            return
        self.before_execution(op)
        self.executed.append(op)
        for name in op.fields if only is None else only:
            if FIELDS[name].is_set:
                held = issue.values[name]
                assert isinstance(held, tuple)
                changed = (set(held) | set(op.add.get(name, ()))) - set(op.remove.get(name, ()))
                self._write(issue, name, as_set(changed), OUR_ACCOUNT, op)
            else:
                self._write(issue, name, op.desired[name], OUR_ACCOUNT, op)
        issue.marker = op.op_id
