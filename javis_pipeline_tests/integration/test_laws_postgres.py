"""The laws over random histories with the books in PostgreSQL: its triggers, its locks, its types.

The remote is the one in memory; `flow/test_laws_http.py` has a site behind a socket.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from uuid import UUID

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.sync import AuditEntry, Conflict, LocalRecord, Operation, RecordPlan, RecordState
from javis_pipeline.records.values import ResourceRef, Value, dump_json, load_json
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_histories import History, how_many
from javis_pipeline_tests.property.sync_memory import CATALOG, Row, World

HISTORIES = how_many("JAVIS_LAWS_DATABASE_HISTORIES", usual=28, thorough=400)


class StoreUnderTest(PostgresStore):
    """`PostgresStore` that can be interrupted, and that shows its tables as the one in memory does."""

    def __init__(self, database: Database, world: World) -> None:
        super().__init__(database, JIRA_ISSUE.table, "OPS")
        self.database = database
        self.world = world
        self.writes = 0
        self.observe: Callable[[RecordPlan, LocalRecord | None, LocalRecord], None] = lambda *_: None

    # what people do, with SQL

    def edit(self, resource_id: str, name: str, value: Value) -> None:
        with self.database.transaction() as conn:
            self._set(conn, resource_id, name, value)

    def edit_behind_the_trigger(self, resource_id: str, name: str, value: Value) -> None:
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL session_replication_role = replica")
            self._set(conn, resource_id, name, value)

    @staticmethod
    def _set(conn, resource_id: str, name: str, value: Value) -> None:
        doc = dump_json({name: value})
        conn.execute(
            f"UPDATE jira_issues SET {name} = (jsonb_populate_record(NULL::jira_issues, %s)).{name} WHERE jira_id = %s",
            [doc, resource_id],
        )

    def delete(self, resource_id: str) -> None:
        self.database.query("DELETE FROM jira_issues WHERE jira_id = %s", [resource_id])

    # what is in the tables

    @property
    def rows(self) -> Mapping[str, Row]:
        ids = [row["jira_id"] for row in self.database.query("SELECT jira_id FROM jira_issues ORDER BY jira_id")]
        return LazyRows(ids, self._row)

    def _row(self, resource_id: str) -> Row:
        local = (
            super().state(ResourceRef(resource_type="jira_issue", resource_id=resource_id, scope="OPS", key="")).local
        )
        assert local is not None
        return Row(local, {"changed": True} if local.unmarked else {})

    @property
    def ops(self) -> dict[UUID, Operation]:
        states = ("planned", "sent", "confirmed", "rejected", "abandoned", "dropped")
        return {op.op_id: op for state in states for op in super(StoreUnderTest, self).operations(state)}

    @property
    def conflicts(self) -> dict[UUID, Conflict]:
        ids = [row["id"] for row in self.database.query("SELECT id FROM sync_conflicts ORDER BY 1")]
        return {id_: found for id_ in ids if (found := self.conflict(id_))}

    @property
    def conflict_values(self) -> list[tuple[UUID, str, Value]]:
        rows = self.database.query("SELECT conflict_id, side, value::text FROM sync_conflict_values ORDER BY 1, 2")
        return [(row["conflict_id"], row["side"], load_json(row["value"])) for row in rows]

    @property
    def audit(self) -> list[AuditEntry]:
        runs = [row["run_id"] for row in self.database.query("SELECT DISTINCT run_id FROM sync_audit ORDER BY 1")]
        return [entry for run_id in runs for entry in self.audit_of(run_id)]

    # the port, interruptible

    def state(self, ref: ResourceRef) -> RecordState:
        self.world.point("state")
        return super().state(ref)

    def change(self, ref: ResourceRef, decide: Callable[[RecordState], RecordPlan]) -> RecordPlan:
        before: list[RecordState] = []

        def interruptible(state: RecordState) -> RecordPlan:
            self.world.point("begin")
            before.append(state)
            plan = decide(state)
            self.world.point("before commit")
            return plan

        plan = super().change(ref, interruptible)
        after = super().state(ref).local
        self.writes += not plan.changes_nothing
        if after is not None:
            self.observe(plan, before[0].local, after)
        self.world.point("after commit")
        return plan

    def catalog(self) -> Catalog:
        return CATALOG

    def operations(self, state: str, *, limit: int | None = None) -> list[Operation]:
        self.world.point("operations")
        return list(super().operations(state, limit=limit))

    def to_push(self) -> list[ResourceRef]:
        self.world.point("operations")
        return list(super().to_push())


class LazyRows(Mapping[str, Row]):
    """Rows that are read one by one, when somebody looks at them."""

    def __init__(self, ids: list[str], load: Callable[[str], Row]) -> None:
        self._ids, self._load = ids, load

    def __getitem__(self, key: str) -> Row:
        if key not in self._ids:
            raise KeyError(key)
        return self._load(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class DatabaseHistory(History):
    """A history whose books are in PostgreSQL."""

    def __init__(self, database: Database, rng: Random) -> None:
        self.database = database
        super().__init__(rng)

    def make_store(self, world: World) -> StoreUnderTest:
        return StoreUnderTest(self.database, world)


@pytest.mark.laws
@pytest.mark.parametrize("batch", range(4))
def test_no_edit_is_lost_with_the_books_in_postgres(database, batch):
    for seed in range(batch * HISTORIES // 4, (batch + 1) * HISTORIES // 4):
        wipe(database)
        DatabaseHistory(database, Random(seed)).play()


def wipe(database: Database) -> None:
    with database.transaction(origin="sync") as conn:
        for table in ("sync_conflicts", "sync_outbox", "sync_audit", "local_edits", "key_aliases", "jira_issues"):
            conn.execute(f"DELETE FROM {table}")
