"""The sync's books in PostgreSQL: records with their bases, operations, conflicts and the audit of one scope.

Each public method is one transaction; those that change something mark it as the sync's own.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.policies import why_held
from javis_pipeline.db.sync_rows import (
    audit_params,
    column_value,
    conflict_params,
    kept_params,
    operation_params,
    read_audit_entry,
    read_conflict,
    read_operation,
    read_record,
)
from javis_pipeline.db.table_queries import MOST_KEPT, for_table, text_for_table
from javis_pipeline.errors import DatabaseBusy, UnreadableRecord
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.sync import AuditEntry, Conflict, Operation, RecordPlan, RecordState
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef, Value, dump_json, from_json, load_json

_QUERIES = named_queries("sync_store")
_SYNC = "sync"
_LOG = logging.getLogger(__name__)


class PostgresStore:
    """The books of one scope.

    Args:
        database: The product's database.
        table: Where the records are kept.
        scope: Project or space key.
    """

    def __init__(self, database: Database, table: Table, scope: str) -> None:
        self._database = database
        self._type = table.kind
        self._table = table
        self._scope = scope
        self._system = table.system
        self._params = {"type": table.kind, "scope": scope, "system": table.system}

    @property
    def name(self) -> str:
        """System and scope in words."""
        return f"{self._system} {self._scope}"

    def state(self, ref: ResourceRef) -> RecordState:
        """All that is known about a record."""
        with _readable(ref), self._database.statement() as conn:
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
            resolutions = {row["name"]: row["id"] for row in self._run(conn, "resolutions")}
            teams = {row["id"]: row["name"] for row in self._run(conn, "teams")}
            sprints = self._run(conn, "sprints")
            users = {row["id"]: row["name"] for row in self._run(conn, "users")}
            field_ids = next((row["field_ids"] for row in self._run(conn, "site_fields")), None) or {}
            own = self._run(conn, "elements") if self._table.place.elements else []
        closed = frozenset(row["id"] for row in known if row["is_closed"])
        return Catalog(
            statuses=statuses,
            priorities=priorities,
            resolutions=resolutions,
            teams=teams,
            sprints={row["id"]: row["name"] for row in sprints if not row["is_over"]},
            closed_sprints=frozenset(row["id"] for row in sprints if row["is_over"]),
            users=users,
            closed=closed,
            field_ids=field_ids,
            elements={row["id"]: row["sort"] for row in own},
            written=frozenset(row["id"] for row in own if row["is_written"]),
        )

    def to_decide(self, *, conflicts: bool = False) -> Sequence[ResourceRef]:
        """Records with local edits, planned operations, resolutions that have not gone out, or a failed look, by key.

        Those that failed before come last, and those that only wait for a person are left out; `conflicts` adds them.
        """
        return self._refs("records_to_decide", {"conflicts": conflicts})

    def something_waits(self) -> bool:
        """Whether there is something to decide, or a write that was not sent yet or whose outcome is open."""
        with self._database.statement() as conn:
            row = conn.execute(_text_of_waiting(self._table), self._params | {"conflicts": False}).fetchone()
        return bool(row and row["waits"])

    def records(self) -> Sequence[ResourceRef]:
        """All records of the scope that are not known to be gone, by id."""
        return self._refs("records_of_scope")

    def count_records(self) -> int:
        """How many records `records` would give."""
        with self._database.statement() as conn:
            return int(self._run(conn, "count_records")[0]["records"])

    def why_held(self) -> str | None:
        """Why nothing may be sent from this scope now; None when it may."""
        with self._database.statement() as conn:
            return why_held(conn, self._system, self._scope)

    def count_wishes(self) -> int:
        """How many writes deciding the edited records may come to at most."""
        with self._database.statement() as conn:
            return int(self._run(conn, "count_wishes", {"alone": list(self._table.alone)})[0]["wishes"])

    def count_put_away(self) -> int:
        """How many records are to be put away there, because their rows were deleted here."""
        if self._table.place.putting_away is None:
            return 0
        with self._database.statement() as conn:
            return int(self._run(conn, "count_put_away")[0]["records"])

    def unmarked(self, ids: Collection[str] | None = None) -> Sequence[ResourceRef]:
        """Records that were changed behind the trigger's back, by id; of these, or of all, which reads every row."""
        return self._refs("unmarked_records", {"ids": None if ids is None else list(ids)})

    def records_after(self, record_id: str | None, limit: int) -> Sequence[str]:
        """Ids of the next records that are there, from the first one on for None."""
        with self._database.statement() as conn:
            return [row["id"] for row in self._run(conn, "records_after", {"after": record_id, "limit": limit})]

    def retry(self, refs: Iterable[ResourceRef] | None, field: str | None, now: datetime) -> int:
        """Have the remote asked again for what it refused: of these records or all, of this field or all."""
        ids = None if refs is None else [ref.resource_id for ref in refs]
        with self._database.transaction(origin=_SYNC) as conn:
            rows = self._run(conn, "ask_again", {"ids": ids, "field": field, "now": now})
        return sum(int(row["fields"]) for row in rows)

    def operations(self, state: str, *, limit: int | None = None) -> Sequence[Operation]:
        """The scope's operations in a state, oldest first; all of them, or the first."""
        with self._database.statement() as conn:
            rows = self._run(conn, "operations_in_state", {"state": state, "limit": limit})
        return [read_operation(load_json(row["doc"]), self._ref(load_json(row["doc"]), row["key"])) for row in rows]

    def to_push(self) -> Sequence[ResourceRef]:
        """Whose the scope's planned operations are, oldest first: a record comes once for each."""
        return self._refs("records_to_push")

    def conflict(self, conflict_id: UUID) -> Conflict | None:
        """A conflict of any state."""
        with self._database.statement() as conn:
            rows = self._run(conn, "conflict", {"conflict_id": conflict_id})
        for row in rows:
            doc = load_json(row["doc"])
            return read_conflict(doc, self._ref(doc, row["key"]))
        return None

    def audit_of(self, run_id: str) -> Sequence[AuditEntry]:
        """What a run changed in this scope, in its order."""
        with self._database.statement() as conn:
            rows = self._run(conn, "audit_of_run", {"run_id": run_id})
        return [
            read_audit_entry(
                doc,
                ResourceRef(
                    resource_type=self._type, resource_id=doc["resource_id"], scope=self._scope, key=row["key"]
                ),
            )
            for row in rows
            for doc in [load_json(row["doc"])]
        ]

    def last_census(self) -> int | None:
        """How many records the last census found; None before the first."""
        with self._database.statement() as conn:
            return next((row["found"] for row in self._run(conn, "last_census")), None)

    def note_census(self, found: int, at: datetime) -> None:
        """Remember a census that was believed."""
        with self._database.transaction(origin=_SYNC) as conn:
            self._run(conn, "note_census", {"found": found, "at": at})

    # reading

    def _read_state(self, conn: Connection, ref: ResourceRef) -> RecordState:
        (row,) = self._run(conn, "state", {"id": ref.resource_id})
        local = read_record(self._table, load_json(row["doc"]), unmarked=row["unmarked"]) if row["doc"] else None
        mine = local.ref if local else ref
        entries = [read_audit_entry(load_json(doc), mine) for doc in row["writes"]]
        former: dict[str, tuple[Value, ...]] = {}
        for field, raw in map(load_json, row["former"]):
            former[field] = (*former.get(field, ()), from_json(raw))
        return RecordState(
            ref=mine,
            local=local,
            operations=tuple(read_operation(load_json(doc), mine) for doc in row["operations"]),
            conflicts=tuple(read_conflict(load_json(doc), mine) for doc in row["conflicts"]),
            last_writes={entry.field: entry for entry in entries},
            former_raw=former,
        )

    def _refs(self, query: str, params: Mapping[str, Any] | None = None) -> list[ResourceRef]:
        with self._database.statement() as conn:
            rows = self._run(conn, query, params)
        return [
            ResourceRef(resource_type=self._type, resource_id=row["id"], scope=row["scope"], key=row["key"])
            for row in rows
        ]

    def _ref(self, doc: Mapping[str, Any], key: str) -> ResourceRef:
        return ResourceRef(resource_type=self._type, resource_id=doc["resource_id"], scope=doc["scope"], key=key)

    # writing

    def _store_plan(self, conn: Connection, plan: RecordPlan) -> None:
        now = plan.columns.get("last_synced_at")
        if plan.local_seq is None:
            self._insert(conn, plan)
        else:
            self._update(conn, plan)
        for op in plan.operations:
            self._run(conn, "put_operation", operation_params(op))
        for conflict in plan.conflicts:
            self._run(conn, "put_conflict", conflict_params(conflict))
        for kept in plan.conflict_values:
            self._run(conn, "keep_conflict_value", {**kept_params(kept), "now": now})
        for entry in plan.audit:
            self._run(conn, "audit", audit_params(entry))

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
        key = {} if self._table.place.made_as else {self._table.key: ref.key}
        return {self._table.id: ref.resource_id, self._table.scope: ref.scope, **key}

    def _rename(self, conn: Connection, plan: RecordPlan, ref: ResourceRef) -> dict[str, str]:
        """The place columns; a key is given up by whoever held it, and a former key still leads here.

        What waits for the record waits where it is now.
        """
        (before,) = self._run(conn, "key", {"id": ref.resource_id})
        former = before["key"]
        self._free_key(conn, ref)
        for query in ("move_conflicts", "move_operations"):
            self._run(conn, query, {"id": ref.resource_id, "place": ref.scope})
        if self._table.keys_change and former != ref.key:
            now = plan.columns["last_synced_at"]
            self._run(conn, "keep_former_key", {"id": ref.resource_id, "key": former, "now": now})
        return self._place(ref)

    def _free_key(self, conn: Connection, ref: ResourceRef) -> None:
        if self._table.keys_change:
            self._run(conn, "free_key", {"id": ref.resource_id, "key": ref.key})

    def _write(
        self, conn: Connection, query: str, ref: ResourceRef, columns: Mapping[str, Any], params: Mapping[str, Any]
    ) -> int:
        statement = text_for_table(_QUERIES[query], self._table, tuple(sorted(columns)))
        doc = dump_json({name: column_value(value) for name, value in columns.items()})
        return conn.execute(statement, {**params, "id": ref.resource_id, "doc": doc}).rowcount

    def _run(self, conn: Connection, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        cursor = conn.execute(text_for_table(_QUERIES[query], self._table), {**self._params, **(params or {})})
        return cursor.fetchall() if cursor.description else []


@lru_cache(MOST_KEPT)
def _text_of_waiting(table: Table) -> bytes:
    to_decide = for_table(_QUERIES["records_to_decide"].rstrip(";"), table)
    return for_table(_QUERIES["something_waits"], table, to_decide=to_decide).as_bytes()


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
