"""The law of fields: what is declared as edited on both sides is carried through, from the grant to the socket.

One test for each field of each kind. A field that is declared in `sync/fields.py` alone fails here, by its name, and
not in a user's run.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.records import MISSING
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef, ResourceType, Value
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.edit import edit_record, parse_value
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.sync.codecs import Codec
from javis_pipeline.sync.kinds import KINDS, TABLES
from javis_pipeline.systems.confluence.records import VERSIONED
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.confluence_spaces import NOON, SyncedSpace, a_client
from javis_pipeline_tests.flow.test_sync_two_way import both_sides

TWO_WAY = [(kind, spec.name) for kind, found in KINDS.items() for spec in found.fields.values() if spec.written_by]


@dataclass
class Sides:
    """A record on both sides, in step; of the kinds of its scope, which one."""

    database: Database
    ref: ResourceRef
    job: Callable[[], Job]
    texts: Mapping[str, str]
    number: int = 0

    @property
    def store(self) -> PostgresStore:
        return self.job().all_books[self.number].store

    def open(self) -> Side:
        job = self.job()
        return sides_of(job, job.open())[self.number]

    @property
    def row(self) -> dict[str, Any]:
        return self._one("SELECT * FROM {table} WHERE {id} = %s")

    def hashes(self) -> tuple[Any, Any]:
        """What the row carries, and what SQL makes of its columns."""
        found = self._one("SELECT r.content_hash AS kept, {hash}(r) AS made FROM {table} AS r WHERE {id} = %s")
        return found["kept"], found["made"]

    def value(self, name: str) -> Value:
        """What the column holds, without what only spells it."""
        local = self.store.state(self.ref).local
        assert local is not None
        return self._codec(name).canonical(local.values[name])

    def there(self, name: str) -> Value:
        """What the remote holds, read back through a socket."""
        raw = self.open().records.fetch(self.ref).values[name]
        assert raw is not MISSING, f"{name} is not read back"
        return self._codec(name).canonical(self._codec(name).to_local(raw))

    def sample(self, name: str) -> Value:
        """Another value than the one that the field holds."""
        assert name in self.texts, f"say with which value {name} is tried"
        value = parse_value(name, self.texts[name], self.ref.resource_type)
        assert self._codec(name).canonical(value) != self.value(name)
        return value

    def _codec(self, name: str) -> Codec:
        return KINDS[self.ref.resource_type].fields[name].codec

    def update_as(self, role: str, name: str, value: object) -> None:
        """An application's UPDATE, with a value that may be spelled in any way."""
        table = TABLES[self.ref.resource_type]
        with self.database.transaction() as conn:
            conn.execute(f"SET LOCAL ROLE {role}")
            conn.execute(f"UPDATE {table.name} SET {name} = %s WHERE {table.id} = %s", [value, self.ref.resource_id])

    def sync(self) -> str:
        job = self.job()
        pull_scope(job)
        write_back_scope(job)
        return job.run_id

    def forget(self) -> None:
        """As if it had never been pulled."""
        with self.database.transaction(origin="sync") as conn:
            conn.execute(self._sql("DELETE FROM {table} WHERE {id} = %s"), [self.ref.resource_id])

    def _one(self, statement: str) -> dict[str, Any]:
        return self.database.query(self._sql(statement), [self.ref.resource_id])[0]

    def _sql(self, statement: str) -> str:
        table = TABLES[self.ref.resource_type]
        return statement.format(table=table.name, id=table.id, hash=table.hash)


def an_issue(database: Database) -> Iterator[Sides]:
    with both_sides(database, issues=0) as both:
        jira = both.world.jira
        jira.create("OPS", "An epic", type="Epic")
        jira.create("OPS", "Fix login", priority="Medium", labels=["auth"], description="One.", assignee="Mara")
        jira.create("OPS", "Other", assignee="Noor")
        both.sync()
        rows = {row["key"]: row for row in database.query("SELECT key, jira_id, assignee_id FROM jira_issues")}
        yield Sides(
            database,
            ResourceRef(resource_type="jira_issue", resource_id=rows["OPS-2"]["jira_id"], scope="OPS", key="OPS-2"),
            both.job,
            {
                "title": "Calibrate twice",
                "description": "Another text.",
                "labels": "urgent,lab",
                "priority": "High",
                "assignee_id": rows["OPS-3"]["assignee_id"],
                "due_date": "2026-12-01",
                "story_points": "2.5",
                "parent_key": "OPS-1",
                "status": "In Progress",
            },
        )


def a_page(database: Database) -> Iterator[Sides]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.confluence.add_space("ENG", "Engineering", at=NOON)
        with a_client(server.world) as client:
            space = SyncedSpace(database, server.world, client)
            other = space.page("Other")
            page = space.page("Plan", "<p>One.</p>", labels=["draft"])
            space.sync()
            yield Sides(
                database,
                ResourceRef(resource_type="confluence_page", resource_id=page.page_id, scope="ENG", key=page.page_id),
                space.job,
                {
                    "title": "Plan B",
                    "body_storage": "<p>Two.</p>",
                    "parent_id": other.page_id,
                    "labels": "urgent,lab",
                },
            )


def a_comment(database: Database) -> Iterator[Sides]:
    with database.transaction() as conn:
        store_policies(conn, [Policy("jira", "OPS", "comments", "on", "JAVIS_COMMENTS")])
    with both_sides(database, issues=1) as both:

        def job() -> Job:
            made = both.job()
            assert isinstance(made.system, JiraSystem)
            return replace(made, system=replace(made.system, talking=("OPS",)))

        pull_scope(job())
        database.query("INSERT INTO comments (issue_key, body) VALUES ('OPS-1', 'One.') RETURNING key")
        write_back_scope(job())
        (row,) = database.query("SELECT key, comment_id FROM comments")
        yield Sides(
            database,
            ResourceRef(resource_type="jira_comment", resource_id=row["comment_id"], scope="OPS", key=row["key"]),
            job,
            {"body": "Another text."},
            number=1,
        )


MADE: Mapping[ResourceType, Callable[[Database], Iterator[Sides]]] = {
    "jira_issue": an_issue,
    "confluence_page": a_page,
    "jira_comment": a_comment,
}


@pytest.fixture
def sides(kind: ResourceType, database: Database) -> Iterator[Sides]:
    assert kind in MADE, f"say how a {kind} is made in a sandbox"
    yield from MADE[kind](database)


@pytest.mark.parametrize(("kind", "name"), TWO_WAY)
def test_an_edit_by_an_application_is_in_the_journal_the_hash_and_the_audit_and_arrives(sides: Sides, kind, name):
    value = sides.sample(name)
    before, former = sides.hashes()[1], sides.value(name)

    # A set in another order, with an element twice: SQL has one spelling for it.
    sides.update_as("javis_app", name, [*reversed(value), value[0]] if isinstance(value, tuple) else value)

    wanted = sides.value(name)
    assert wanted == KINDS[kind].fields[name].codec.canonical(value)
    assert list(sides.row["local_modified_fields"]) == [name]
    journal = sides.database.query("SELECT field FROM local_edits WHERE resource_id = %s", [sides.ref.resource_id])
    assert [edit["field"] for edit in journal] == [name]
    assert sides.hashes()[1] != before, f"{name} is not in the content hash"

    run_id = sides.sync()

    assert (sides.there(name), sides.value(name)) == (wanted, wanted)
    assert (sides.row["local_modified_fields"], sides.row["sync_errors"]) == ({}, {})
    audit = [(entry.side, entry.field) for entry in sides.store.audit_of(run_id)]
    assert ("remote", name) in audit
    history = [change.field for change in sides.open().records.history(sides.ref)]
    assert name in history or (kind == "confluence_page" and name not in VERSIONED), f"the history does not name {name}"
    assert verify_scope(sides.job(), choose=None, pause=lambda: None).differences == []

    undo_run(sides.store, run_id, sides.open().run, by="ann")
    sides.sync()

    assert (sides.there(name), sides.value(name)) == (former, former), f"undo does not know {name}"


@pytest.mark.parametrize(("kind", "name"), TWO_WAY)
def test_the_commands_know_it_and_python_hashes_it_as_sql_does(sides: Sides, kind, name):
    value, former = sides.sample(name), sides.row[name]

    edited = edit_record(sides.database, sides.ref.key, [f"{name}={sides.texts[name]}"], application="javis edit")
    sides.sync()

    assert edited.fields == (name,)
    wanted = sides.value(name)
    assert (sides.there(name), sides.row["local_modified_fields"]) == (wanted, {})
    kept, made = sides.hashes()
    assert kept == made
    sides.forget()
    pull_scope(sides.job(), full=True)  # makes the row, and its hash, in Python
    assert sides.hashes() == (kept, kept), f"Python and SQL hash {name} differently"

    store, run = sides.store, sides.open().run
    with sides.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        table = TABLES[kind]
        conn.execute(f"UPDATE {table.name} SET {name} = %s WHERE {table.id} = %s", [former, sides.ref.resource_id])
    pull_scope(sides.job(), full=True)
    conflicts = store.state(sides.ref).conflicts
    assert [(c.field, c.kind) for c in conflicts] == [(name, "unmarked_local_change")], f"{name} is not in the hash"
    resolve(store, conflicts[0].conflict_id, "manual", run, by="ann", value=value)
    assert sides.value(name) == wanted


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_kind_has_its_table_and_its_columns(table: Table, database: Database):
    columns = database.query(
        "SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table.name],
    )

    types = {row["name"]: row["type"] for row in columns}
    assert {column.name: types.get(column.name) for column in table.columns} == {
        column.name: column.type for column in table.columns
    }
    assert types.keys() >= {*table.fixed, *table.raw.values(), table.place.revision, *table.place.instants}
