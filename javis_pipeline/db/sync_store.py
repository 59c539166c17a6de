"""The sync's books in PostgreSQL: records with their bases, operations, conflicts and the audit of one scope.

Each public method is one transaction; those that change something mark it as the sync's own.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.policies import why_held
from javis_pipeline.errors import DatabaseBusy, UnreadableRecord
from javis_pipeline.records.sync import (
    AuditEntry,
    Catalog,
    Conflict,
    ConflictValue,
    LocalRecord,
    Operation,
    RecordPlan,
    RecordState,
    Refusal,
)
from javis_pipeline.records.values import SYSTEM_OF, ResourceRef, ResourceType, Value, dump_json, from_json, load_json

_QUERIES = named_queries("sync_store")
_SYNC = "sync"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Table:
    """How one table holds records.

    Attributes:
        fields: Columns that are fields; `sync.fields` says how each is synced.
        alone: Fields that go out by themselves, not with the others.
        raw: Field to the column with its base in remote form.
        revision: Column that changes with the remote record.
        instants: Columns of facts that are instants.
        editable: Columns that applications may edit.
    """

    name: LiteralString
    id: LiteralString
    key: LiteralString
    scope: LiteralString
    hash: LiteralString
    fields: tuple[str, ...]
    alone: tuple[str, ...]
    raw: Mapping[str, str]
    revision: str
    instants: frozenset[str]
    editable: tuple[str, ...]


_EDITED_ON_BOTH_SIDES = (
    "title",
    "description",
    "labels",
    "priority",
    "assignee_id",
    "due_date",
    "story_points",
    "parent_key",
    "status",
)
_EDITED_IN_JIRA = (
    "issue_type",
    "resolution",
    "components",
    "fix_versions",
    "reporter_id",
    "sprint",
    "flagged",
    "custom_fields",
)

ISSUES = Table(
    "jira_issues",
    "jira_id",
    "key",
    "project_key",
    "jira_issue_content_hash",
    (*_EDITED_ON_BOTH_SIDES, *_EDITED_IN_JIRA),
    ("status",),
    {"description": "description_adf", "priority": "priority_id", "status": "status_id"},
    "remote_updated_at",
    frozenset({"created_at", "resolved_at", "remote_updated_at"}),
    _EDITED_ON_BOTH_SIDES,
)
PAGES = Table(
    "confluence_pages",
    "page_id",
    "page_id",
    "space_key",
    "confluence_page_content_hash",
    ("title", "body_storage", "parent_id", "labels"),
    ("labels",),
    {},
    "version_created_at",
    frozenset({"created_at", "version_created_at"}),
    ("title", "body_storage", "parent_id", "labels"),
)
TABLES: Mapping[ResourceType, Table] = {"jira_issue": ISSUES, "confluence_page": PAGES}


class PostgresStore:
    """The books of one scope.

    Args:
        database: The product's database.
        resource_type: Sort of the records.
        scope: Project or space key.
    """

    def __init__(self, database: Database, resource_type: ResourceType, scope: str) -> None:
        self._database = database
        self._type: ResourceType = resource_type
        self._table = TABLES[resource_type]
        self._scope = scope
        self._system = SYSTEM_OF[resource_type]
        self._params = {"type": resource_type, "scope": scope, "system": self._system}

    @property
    def name(self) -> str:
        """System and scope in words."""
        return f"{self._system} {self._scope}"

    def state(self, ref: ResourceRef) -> RecordState:
        """All that is known about a record."""
        with _readable(ref), self._database.transaction() as conn:
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return self._read_state(conn, ref)

    def change(self, ref: ResourceRef, decide: Callable[[RecordState], RecordPlan]) -> RecordPlan:
        """Decide on the locked, fresh state of a record, and store the plan."""
        with _readable(ref), self._database.transaction(origin=_SYNC) as conn:
            self._run(conn, "lock_record", {"id": ref.resource_id})
            plan = decide(self._read_state(conn, ref))
            self._store_plan(conn, plan)
        return plan

    def fail(self, ref: ResourceRef, why: str) -> None:
        """Note on the row that the record could not be synced."""
        try:
            with self._database.transaction(origin=_SYNC) as conn:
                self._run(conn, "fail_record", {"id": ref.resource_id, "why": why})
        except DatabaseBusy:
            _LOG.warning("%s: %s", ref.key, why)

    def catalog(self) -> Catalog:
        """Names and ids that the site's dimensions and the records have shown so far."""
        with self._database.transaction() as conn:
            known = self._run(conn, "statuses")
            statuses: dict[str, tuple[str, ...]] = {}
            for row in known:
                statuses[row["name"]] = (*statuses.get(row["name"], ()), row["id"])
            priorities = {row["name"]: row["id"] for row in self._run(conn, "priorities")}
            users = {row["id"]: row["name"] for row in self._run(conn, "users")}
        closed = frozenset(row["id"] for row in known if row["is_closed"])
        return Catalog(statuses, priorities, users, closed=closed)

    def to_decide(self, *, conflicts: bool = False) -> Sequence[ResourceRef]:
        """Records with local edits, planned operations, resolutions that have not gone out, or a failed look, by key.

        Those that failed before come last, and those that only wait for a person are left out; `conflicts` adds them.
        """
        return self._refs("records_to_decide", {"conflicts": conflicts})

    def records(self) -> Sequence[ResourceRef]:
        """All records of the scope that are not known to be gone, by id."""
        return self._refs("records_of_scope")

    def count_records(self) -> int:
        """How many records `records` would give."""
        with self._database.transaction() as conn:
            return int(self._run(conn, "count_records")[0]["records"])

    def why_held(self) -> str | None:
        """Why nothing may be sent from this scope now; None when it may."""
        with self._database.transaction() as conn:
            return why_held(conn, self._system, self._scope)

    def count_wishes(self) -> int:
        """How many writes deciding the edited records may come to at most."""
        with self._database.transaction() as conn:
            return int(self._run(conn, "count_wishes", {"alone": list(self._table.alone)})[0]["wishes"])

    def unmarked(self, ids: Collection[str] | None = None) -> Sequence[ResourceRef]:
        """Records that were changed behind the trigger's back, by id; of these, or of all, which reads every row."""
        return self._refs("unmarked_records", {"ids": None if ids is None else list(ids)})

    def records_after(self, record_id: str | None, limit: int) -> Sequence[str]:
        """Ids of the next records that are there, from the first one on for None."""
        with self._database.transaction() as conn:
            return [row["id"] for row in self._run(conn, "records_after", {"after": record_id, "limit": limit})]

    def retry(self, refs: Iterable[ResourceRef] | None, field: str | None, now: datetime) -> int:
        """Have the remote asked again for what it refused: of these records or all, of this field or all."""
        ids = None if refs is None else [ref.resource_id for ref in refs]
        with self._database.transaction(origin=_SYNC) as conn:
            rows = self._run(conn, "ask_again", {"ids": ids, "field": field, "now": now})
        return sum(int(row["fields"]) for row in rows)

    def operations(self, state: str) -> Sequence[Operation]:
        """The scope's operations in a state, oldest first."""
        with self._database.transaction() as conn:
            rows = self._run(conn, "operations_in_state", {"state": state})
        return [_operation(load_json(row["doc"]), self._ref(load_json(row["doc"]), row["key"])) for row in rows]

    def conflict(self, conflict_id: UUID) -> Conflict | None:
        """A conflict of any state."""
        with self._database.transaction() as conn:
            rows = self._run(conn, "conflict", {"conflict_id": conflict_id})
        for row in rows:
            doc = load_json(row["doc"])
            return _conflict(doc, self._ref(doc, row["key"]))
        return None

    def audit_of(self, run_id: str) -> Sequence[AuditEntry]:
        """What a run changed in this scope, in its order."""
        with self._database.transaction() as conn:
            rows = self._run(conn, "audit_of_run", {"run_id": run_id})
        return [
            _audit_entry(load_json(row["doc"]), ResourceRef(self._type, _id(row), self._scope, row["key"]))
            for row in rows
        ]

    def last_census(self) -> int | None:
        """How many records the last census found; None before the first."""
        with self._database.transaction() as conn:
            return next((row["found"] for row in self._run(conn, "last_census")), None)

    def note_census(self, found: int, at: datetime) -> None:
        """Remember a census that was believed."""
        with self._database.transaction(origin=_SYNC) as conn:
            self._run(conn, "note_census", {"found": found, "at": at})

    # reading

    def _read_state(self, conn: Connection, ref: ResourceRef) -> RecordState:
        key = {"id": ref.resource_id}
        row = next(iter(self._run(conn, "record", key)), None)
        local = self._local_record(load_json(row["doc"]), unmarked=row["unmarked"]) if row else None
        mine = local.ref if local else ref
        operations = tuple(_operation(load_json(r["doc"]), mine) for r in self._run(conn, "operations_of_record", key))
        conflicts = tuple(_conflict(load_json(r["doc"]), mine) for r in self._run(conn, "conflicts_of_record", key))
        edited = list(local.bases) if local else []
        writes = self._run(conn, "last_local_writes", {**key, "fields": edited}) if edited else []
        entries = [_audit_entry(load_json(r["doc"]), mine) for r in writes]
        former: dict[str, tuple[Value, ...]] = {}
        for row in self._run(conn, "former_raw", {**key, "fields": edited}) if edited else ():
            former[row["field"]] = (*former.get(row["field"], ()), from_json(row["old_raw"]))
        return RecordState(mine, local, operations, conflicts, {entry.field: entry for entry in entries}, former)

    def _local_record(self, doc: Mapping[str, Any], *, unmarked: bool) -> LocalRecord:
        table = self._table
        own = {*table.fields, *table.raw.values(), *_BOOKKEEPING, table.id, table.key, table.scope}
        facts = {
            name: _instant(value) if name in table.instants else value for name, value in doc.items() if name not in own
        }
        return LocalRecord(
            ref=ResourceRef(self._type, doc[table.id], doc[table.scope], doc[table.key]),
            values={name: from_json(doc[name]) for name in table.fields},
            bases={name: from_json(value) for name, value in doc["local_modified_fields"].items()},
            raw={name: from_json(doc[column]) for name, column in table.raw.items()},
            facts=facts,
            local_seq=doc["local_seq"],
            revision=_instant(doc[table.revision]),
            sync_status=doc["sync_status"],
            errors=doc["sync_errors"],
            remote_state=doc["remote_state"],
            missing_since=_instant(doc["remote_missing_since"]),
            deleted_at=_instant(doc["local_deleted_at"]),
            modified_at=_instant(doc["local_modified_at"]),
            has_base=doc["last_synced_at"] is not None,
            unmarked=unmarked,
            refusals={name: _refusal(kept) for name, kept in doc["sync_refused"].items()},
        )

    def _refs(self, query: str, params: Mapping[str, Any] | None = None) -> list[ResourceRef]:
        with self._database.transaction() as conn:
            rows = self._run(conn, query, params)
        return [ResourceRef(self._type, row["id"], row["scope"], row["key"]) for row in rows]

    def _ref(self, doc: Mapping[str, Any], key: str) -> ResourceRef:
        return ResourceRef(self._type, doc["resource_id"], doc["scope"], key)

    # writing

    def _store_plan(self, conn: Connection, plan: RecordPlan) -> None:
        now = plan.columns.get("last_synced_at")
        if plan.local_seq is None:
            self._insert(conn, plan)
        else:
            self._update(conn, plan)
        for op in plan.operations:
            self._run(conn, "put_operation", _operation_params(op))
        for conflict in plan.conflicts:
            self._run(conn, "put_conflict", _conflict_params(conflict))
        for kept in plan.conflict_values:
            self._run(conn, "keep_conflict_value", {**_kept_params(kept), "now": now})
        for entry in plan.audit:
            self._run(conn, "audit", _audit_params(entry))

    def _insert(self, conn: Connection, plan: RecordPlan) -> None:
        if not plan.columns:
            return
        self._free_key(conn, plan.ref)
        self._write(conn, "insert_record", plan.ref, {**plan.columns, **self._place(plan.ref)}, {})
        self._run(conn, "rehash_record", {"id": plan.ref.resource_id})

    def _update(self, conn: Connection, plan: RecordPlan) -> None:
        columns = dict(plan.columns)
        if plan.renamed_to is not None:
            columns |= self._rename(conn, plan, plan.renamed_to)
        if not columns:
            return
        written = self._write(conn, "update_record", plan.ref, columns, {"local_seq": plan.local_seq})
        assert written == 1, f"{plan.ref.key} was decided on under its lock, and has changed since"
        if not plan.keeps_hash:
            self._run(conn, "rehash_record", {"id": plan.ref.resource_id})

    def _place(self, ref: ResourceRef) -> dict[str, str]:
        return {self._table.id: ref.resource_id, self._table.key: ref.key, self._table.scope: ref.scope}

    def _rename(self, conn: Connection, plan: RecordPlan, ref: ResourceRef) -> dict[str, str]:
        """The place columns; a key is given up by whoever held it, and a former key still leads here.

        What waits for the record waits where it is now.
        """
        before = next(iter(self._run(conn, "record", {"id": ref.resource_id})))
        former = load_json(before["doc"])[self._table.key]
        self._free_key(conn, ref)
        for query in ("move_conflicts", "move_operations"):
            self._run(conn, query, {"id": ref.resource_id, "place": ref.scope})
        if self._table is ISSUES and former != ref.key:
            now = plan.columns["last_synced_at"]
            self._run(conn, "keep_former_key", {"id": ref.resource_id, "key": former, "now": now})
        return self._place(ref)

    def _free_key(self, conn: Connection, ref: ResourceRef) -> None:
        if self._table is ISSUES:
            self._run(conn, "free_key", {"id": ref.resource_id, "key": ref.key})

    def _write(
        self, conn: Connection, query: str, ref: ResourceRef, columns: Mapping[str, Any], params: Mapping[str, Any]
    ) -> int:
        names = sql.SQL(", ").join(map(sql.Identifier, sorted(columns)))
        statement = self._statement(query, columns=names)
        doc = dump_json({name: _column(value) for name, value in columns.items()})
        return conn.execute(statement, {**params, "id": ref.resource_id, "doc": doc}).rowcount

    def _run(self, conn: Connection, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        cursor = conn.execute(self._statement(query), {**self._params, **(params or {})})
        return cursor.fetchall() if cursor.description else []

    def _statement(self, query: str, **parts: sql.Composable) -> sql.Composed:
        table = self._table
        return sql.SQL(_QUERIES[query]).format(
            table=sql.Identifier(table.name),
            id=sql.Identifier(table.id),
            key=sql.Identifier(table.key),
            scope=sql.Identifier(table.scope),
            hash=sql.Identifier(table.hash),
            **parts,
        )


@contextmanager
def _readable(ref: ResourceRef) -> Iterator[None]:
    """What says that a value cannot be held, in Python or in PostgreSQL, or that somebody else holds the row,
    as an UnreadableRecord."""
    try:
        yield
    except DatabaseBusy as error:
        raise UnreadableRecord(
            f"the row of {ref.key} is held by another session, such as one with an open transaction",
            remote_id=ref.resource_id,
        ) from error
    except (ArithmeticError, RecursionError, TypeError, ValueError, psycopg.DataError, psycopg.IntegrityError) as error:
        raise UnreadableRecord(
            f"a value of {ref.key} cannot be held on both sides ({type(error).__name__}); "
            "set what was edited last back to what it was",
            remote_id=ref.resource_id,
        ) from error


_BOOKKEEPING = frozenset(
    {
        "last_synced_at",
        "local_modified_at",
        "local_modified_fields",
        "local_seq",
        "local_deleted_at",
        "content_hash",
        "sync_status",
        "sync_errors",
        "sync_refused",
        "remote_state",
        "remote_missing_since",
    }
)


def _id(row: Mapping[str, Any]) -> str:
    return str(load_json(row["doc"])["resource_id"])


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _column(value: Any) -> Any:
    """A column's value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _refusal_doc(part) if isinstance(part, Refusal) else part for name, part in value.items()}
    return value


def _refusal_doc(refusal: Refusal) -> dict[str, Any]:
    return {name: _column(part) for name, part in asdict(refusal).items()}


def _refusal(doc: Mapping[str, Any]) -> Refusal:
    at = _instant(doc["at"])
    assert at is not None
    return Refusal(**{**doc, "at": at, "suspects": tuple(doc["suspects"]), "again": _instant(doc["again"])})


def _values(doc: Mapping[str, Any]) -> dict[str, Value]:
    return {name: from_json(value) for name, value in doc.items()}


def _sets(doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(value) for name, value in doc.items()}


def _operation(doc: Mapping[str, Any], ref: ResourceRef) -> Operation:
    created_at = _instant(doc["created_at"])
    assert created_at is not None
    return Operation(
        op_id=UUID(doc["op_id"]),
        ref=ref,
        kind=doc["kind"],
        fields=tuple(doc["fields"]),
        expected=_values(doc["expected_remote"]),
        desired=_values(doc["desired"]),
        local=_values(doc["local_values"]),
        add=_sets(doc["add"]),
        remove=_sets(doc["remove"]),
        local_seq=doc["local_seq"],
        created_at=created_at,
        run_id=doc["run_id"],
        state=doc["state"],
        attempts=doc["attempts"],
        evidence=doc["evidence"],
        last_error=doc["last_error"],
        sent_at=_instant(doc["sent_at"]),
        settled_at=_instant(doc["settled_at"]),
    )


def _operation_params(op: Operation) -> dict[str, Any]:
    return {
        "op_id": op.op_id,
        "type": op.ref.resource_type,
        "id": op.ref.resource_id,
        "scope": op.ref.scope,
        "kind": op.kind,
        "fields": list(op.fields),
        "expected": dump_json(op.expected),
        "desired": dump_json(op.desired),
        "local": dump_json(op.local),
        "add": dump_json(op.add),
        "remove": dump_json(op.remove),
        "local_seq": op.local_seq,
        "state": op.state,
        "attempts": op.attempts,
        "evidence": dump_json(op.evidence),
        "last_error": op.last_error,
        "run_id": op.run_id,
        "created_at": op.created_at,
        "sent_at": op.sent_at,
        "settled_at": op.settled_at,
    }


def _conflict(doc: Mapping[str, Any], ref: ResourceRef) -> Conflict:
    created_at = _instant(doc["created_at"])
    assert created_at is not None
    return Conflict(
        conflict_id=UUID(doc["id"]),
        ref=ref,
        field=doc["field_name"],
        kind=doc["kind"],
        base=from_json(doc["base_value"]),
        local=from_json(doc["local_value"]),
        remote=from_json(doc["remote_value"]),
        remote_raw=from_json(doc["remote_raw"]),
        local_seq=doc["local_seq"],
        revision=doc["remote_revision"],
        created_at=created_at,
        details=doc["details"],
        state=doc["state"],
        resolution=doc["resolution"],
        resolved_value=from_json(doc["resolved_value"]),
        resolved_by=doc["resolved_by"],
        resolved_at=_instant(doc["resolved_at"]),
        applied_at=_instant(doc["applied_at"]),
    )


def _conflict_params(conflict: Conflict) -> dict[str, Any]:
    return {
        "conflict_id": conflict.conflict_id,
        "type": conflict.ref.resource_type,
        "id": conflict.ref.resource_id,
        "scope": conflict.ref.scope,
        "field": conflict.field,
        "kind": conflict.kind,
        "base": dump_json(conflict.base),
        "local": dump_json(conflict.local),
        "remote": dump_json(conflict.remote),
        "remote_raw": dump_json(conflict.remote_raw),
        "local_seq": conflict.local_seq,
        "revision": conflict.revision,
        "details": dump_json(conflict.details),
        "state": conflict.state,
        "resolution": conflict.resolution,
        "resolved_value": dump_json(conflict.resolved_value),
        "resolved_by": conflict.resolved_by,
        "created_at": conflict.created_at,
        "resolved_at": conflict.resolved_at,
        "applied_at": conflict.applied_at,
    }


def _audit_entry(doc: Mapping[str, Any], ref: ResourceRef) -> AuditEntry:
    at = _instant(doc["at"])
    assert at is not None
    return AuditEntry(
        run_id=doc["run_id"],
        side=doc["side"],
        ref=ref,
        field=doc["field"],
        old=from_json(doc["old"]),
        new=from_json(doc["new"]),
        reason=doc["reason"],
        actor=doc["actor"],
        at=at,
        op_id=UUID(doc["op_id"]) if doc["op_id"] else None,
        undo_of=doc["undo_of"],
        audit_id=doc["id"],
        old_raw=from_json(doc["old_raw"]),
    )


def _kept_params(kept: ConflictValue) -> dict[str, Any]:
    raw = None if kept.raw is None else dump_json(kept.raw)
    return {"conflict_id": kept.conflict_id, "side": kept.side, "value": dump_json(kept.value), "raw": raw}


def _audit_params(entry: AuditEntry) -> dict[str, Any]:
    return {
        "run_id": entry.run_id,
        "op_id": entry.op_id,
        "side": entry.side,
        "type": entry.ref.resource_type,
        "id": entry.ref.resource_id,
        "field": entry.field,
        "old": dump_json(entry.old),
        "new": dump_json(entry.new),
        "reason": entry.reason,
        "actor": entry.actor,
        "at": entry.at,
        "undo_of": entry.undo_of,
        "old_raw": None if entry.old_raw is None else dump_json(entry.old_raw),
    }
