"""The law of fields: what is declared as edited on both sides is carried through, from the grant to the socket.

One test for each field of each kind, and for each sort of custom field. A field that is declared in its
system's `kind.py` alone fails here, by its name, and not in a user's run.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.records import MISSING
from javis_pipeline.records.jira import Sort
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef, ResourceType, Value, dump_json
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.edit import edit_record, read_value
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.sync.codecs import Codec
from javis_pipeline.sync.element_codecs import WRITTEN
from javis_pipeline.sync.policies import Policies
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT
from javis_pipeline.systems.confluence.records import VERSIONED
from javis_pipeline.systems.jira.editions import system_of
from javis_pipeline.systems.jira.kind import BY_CHOICE, JIRA_COMMENT, JIRA_WORKLOG
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline.wiring import KINDS, TABLES
from javis_pipeline_tests.confluence_spaces import NOON, SyncedSpace, a_client
from javis_pipeline_tests.flow.test_sync_two_way import Both, both_sides
from javis_pipeline_tests.sites import team_called

TWO_WAY = [
    *((kind, [spec.name]) for kind, found in KINDS.items() for spec in found.fields.values() if spec.written_by),
    # Fields that only some sites have: one of each sort, all at once.
    ("jira_issue", [f"custom {sort}" for sort in WRITTEN]),
]
IDS = [f"{kind}-{names[0]}" if len(names) == 1 else f"{kind}-custom" for kind, names in TWO_WAY]


@dataclass
class Sides:
    """A record on both sides, in step; of the kinds of its scope, which one. What is called a field is its name, or the
    sort of a custom field."""

    database: Database
    ref: ResourceRef
    job: Callable[[], Job]
    texts: Mapping[str, str]
    number: int = 0
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def store(self) -> PostgresStore:
        return self.job().all_books[self.number].store

    def open(self) -> Side:
        job = self.job()
        return sides_of(job, job.open())[self.number]

    def name(self, field: str) -> str:
        """What the sync calls it: of a custom field its id."""
        return self.own.get(field, field)

    def held(self, field: str) -> object:
        """What the row holds."""
        return self.row["custom_fields"].get(self.own[field]) if field in self.own else self.row[field]

    @property
    def row(self) -> dict[str, Any]:
        return self._one("SELECT * FROM {table} WHERE {id} = %s")

    def hashes(self) -> tuple[Any, Any]:
        """What the row carries, and what SQL makes of its columns."""
        found = self._one("SELECT r.content_hash AS kept, {hash}(r) AS made FROM {table} AS r WHERE {id} = %s")
        return found["kept"], found["made"]

    def value(self, field: str) -> Value:
        """What the column holds, without what only spells it."""
        local = self.store.state(self.ref).local
        assert local is not None
        return self.codec(field).canonical(local.values[self.name(field)])

    def there(self, field: str) -> Value:
        """What the remote holds, read back through a socket."""
        raw = self.open().records.fetch(self.ref).values[self.name(field)]
        assert raw is not MISSING, f"{field} is not read back"
        return self.codec(field).canonical(self.codec(field).to_local(raw))

    def sample(self, field: str) -> Value:
        """Another value than the one that the field holds."""
        assert field in self.texts, f"say with which value {field} is tried"
        value = read_value(self.database, self.name(field), self.texts[field], TABLES[self.ref.resource_type])
        assert self.codec(field).canonical(value) != self.value(field)
        return value

    def codec(self, field: str) -> Codec:
        return self.open().run.kind.fields[self.name(field)].codec

    def update_as(self, role: str, field: str, value: object) -> None:
        """An application's UPDATE, with a value that may be spelled in any way."""
        with self.database.transaction() as conn:
            conn.execute(f"SET LOCAL ROLE {role}")
            self.write(conn, field, value)

    def write(self, conn: Connection, field: str, value: object) -> None:
        table = TABLES[self.ref.resource_type]
        column = table.place.elements if field in self.own else field
        value = dump_json({self.own[field]: value}) if field in self.own else value
        assigned = f"{column} = {column} || %s::jsonb" if field in self.own else f"{column} = %s"
        conn.execute(f"UPDATE {table.name} SET {assigned} WHERE {table.id} = %s", [value, self.ref.resource_id])

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
        jira.projects["OPS"].versions.update({"1.0": "501", "1.1": "502"})
        jira.projects["OPS"].components.update({"lab": "601", "web": "602"})
        jira.create("OPS", "An epic", type="Epic")
        jira.create("OPS", "Fix login", priority="Medium", labels=["auth"], description="One.", assignee="Mara")
        jira.create("OPS", "Other", assignee="Noor")
        one_of_each = {f"custom {sort}": jira.fields.by_role[role].id for sort, role in ROLES.items()}
        job = partial(a_job, both, dict.fromkeys((*one_of_each.values(), *BY_CHOICE), "two_way"))
        jira.edit("OPS-2", **ones_of_each(both.world))
        for name in ("Sprint 1", "Sprint 2"):
            jira.create_sprint("OPS", name, state="future")
        both.client.edit_issue("OPS-2", fields={"timetracking": {"originalEstimate": "4h", "remainingEstimate": "3h"}})
        jira.edit("OPS-2", sprint="Sprint 1")
        for key, name in (("OPS-1", "Platform"), ("OPS-3", "Optics")):
            both.client.edit_issue(key, fields={jira.fields.team.id: team_called(name)})
        jira.editors.resolution_is_on_screen = True
        pull_scope(job())
        rows = {row["key"]: row for row in database.query("SELECT key, jira_id, assignee_id FROM jira_issues")}
        yield Sides(
            database,
            ResourceRef(resource_type="jira_issue", resource_id=rows["OPS-2"]["jira_id"], scope="OPS", key="OPS-2"),
            job,
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
                "components": "lab,web",
                "fix_versions": "1.0,1.1",
                "affected_versions": "1.0",
                "resolution": "Duplicate",
                "team": "Optics",
                "reporter_id": rows["OPS-3"]["assignee_id"],
                "sprint_id": "2",
                "estimate_seconds": "7200",
                "remaining_seconds": "1800",
                "custom text": "Initech",
                "custom url": "https://example.com/b",
                "custom rich_text": "Another text.",
                "custom number": "2.5",
                "custom date": "2026-12-01",
                "custom datetime": "2026-05-01T08:00:00+00:00",
                "custom option": "S2",
                "custom options": "Chrome,Safari",
                "custom cascade": "Hardware / Laser",
                "custom user": "Noor",
                "custom users": "Mara,Noor",
                "custom group": "lab",
                "custom groups": "lab,office",
                "custom version": "1.0",
                "custom versions": "1.0,1.1",
                "custom labels": "cold,optics",
                "custom team": "Platform",
            },
            own=one_of_each,
        )


# A custom field of each sort, as the sandbox calls them.
ROLES: Mapping[Sort, str] = {
    "text": "customer",
    "url": "specification",
    "rich_text": "notes",
    "number": "risk",
    "date": "due_at_customer",
    "datetime": "go_live",
    "option": "severity",
    "options": "browsers",
    "cascade": "area",
    "user": "reviewer",
    "users": "testers",
    "group": "support_group",
    "groups": "approvers",
    "labels": "topics",
    "version": "found_in",
    "versions": "fixed_for",
    "team": "helping_team",
}


def a_job(both: Both, policies: Policies) -> Job:
    return replace(both.job(), system=system_of(both.client, both.projects, {}, policies=policies))


def ones_of_each(world: World) -> dict[str, Any]:
    """A value of each custom field, as a request sends it."""
    text = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "One."}]}],
    }
    person = world.jira.editors.person_sent(world.people.named("Mara").account_id)
    return {
        "customer": "Acme",
        "specification": "https://example.com/a",
        "notes": text,
        "risk": 1,
        "due_at_customer": "2026-04-01",
        "go_live": "2026-04-01T10:00:00.000+0200",
        "severity": {"value": "S1"},
        "browsers": [{"value": "Firefox"}],
        "area": {"value": "Software"},
        "reviewer": person,
        "testers": [person],
        "support_group": {"name": "office"},
        "approvers": [{"name": "office"}],
        "topics": ["optics"],
        "found_in": {"name": "1.1"},
        "fixed_for": [{"name": "1.1"}],
        "helping_team": team_called("Field service"),
    }


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
    insert = "INSERT INTO comments (issue_key, body) VALUES ('OPS-1', 'One.') RETURNING key"
    yield from _written(database, JIRA_COMMENT.table, insert, {"body": "Another text."})


def _written(database: Database, table: Table, insert: str, texts: Mapping[str, str]) -> Iterator[Sides]:
    """Something that is written on an issue, from here."""
    assert table.place.making
    verb, setting = table.place.making.verb, table.place.making.setting
    with database.transaction() as conn:
        store_policies(conn, [Policy("jira", "OPS", verb, "on", setting)])  # type: ignore[arg-type]
    with both_sides(database, issues=1) as both:

        def job() -> Job:
            made = both.job()
            assert isinstance(made.system, JiraSystem)
            return replace(made, system=replace(made.system, written={verb: ("OPS",)}))

        yield _inserted(database, table, job, insert, texts)


def _inserted(database: Database, table: Table, job: Callable[[], Job], insert: str, texts: Mapping[str, str]) -> Sides:
    """What an INSERT became on both sides."""
    pull_scope(job())
    database.query(insert)
    write_back_scope(job())
    (row,) = database.query(f"SELECT key, {table.id} AS id FROM {table.name}")
    ref = ResourceRef(resource_type=table.kind, resource_id=row["id"], scope=job().key, key=row["key"])
    return Sides(database, ref, job, texts, number=1)


def a_comment_below_a_page(database: Database) -> Iterator[Sides]:
    with database.transaction() as conn:
        store_policies(conn, [Policy("confluence", "ENG", "comments", "on", "JAVIS_COMMENTS")])
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.confluence.add_space("ENG", "Engineering", at=NOON)
        with a_client(server.world) as client:
            space = SyncedSpace(database, server.world, client)
            page = space.page("Plan", "<p>One.</p>")

            def job() -> Job:
                made = space.job()
                return replace(made, system=replace(made.system, talking=("ENG",)))  # type: ignore[type-var]

            columns = "INSERT INTO page_comments (page_id, body_storage)"
            insert = f"{columns} VALUES ('{page.page_id}', '<p>One.</p>') RETURNING key"
            texts = {"body_storage": "<p>Two.</p>"}
            yield _inserted(database, CONFLUENCE_COMMENT.table, job, insert, texts)


def a_worklog(database: Database) -> Iterator[Sides]:
    insert = (
        "INSERT INTO worklogs (issue_key, started_at, seconds, comment) "
        "VALUES ('OPS-1', '2026-03-02 09:00+01', 3600, 'One.') RETURNING key"
    )
    yield from _written(database, JIRA_WORKLOG.table, insert, {"seconds": "5400", "comment": "Another text."})


MADE: Mapping[ResourceType, Callable[[Database], Iterator[Sides]]] = {
    "jira_issue": an_issue,
    "confluence_page": a_page,
    "jira_comment": a_comment,
    "jira_worklog": a_worklog,
    "confluence_comment": a_comment_below_a_page,
}


@pytest.fixture
def sides(kind: ResourceType, database: Database) -> Iterator[Sides]:
    assert kind in MADE, f"say how a {kind} is made in a sandbox"
    yield from MADE[kind](database)


@pytest.mark.parametrize(("kind", "names"), TWO_WAY, ids=IDS)
def test_an_edit_by_an_application_is_in_the_journal_the_hash_and_the_audit_and_arrives(sides: Sides, kind, names):
    values = {name: sides.sample(name) for name in names}
    called = sorted(map(sides.name, names))
    former = {name: sides.value(name) for name in names}

    for name, value in values.items():
        before = sides.hashes()[1]
        # A set in another order, with an element twice: SQL has one spelling for it.
        sides.update_as("javis_app", name, [*reversed(value), value[0]] if isinstance(value, tuple) else value)
        assert sides.hashes()[1] != before, f"{name} is not in the content hash"

    wanted = {name: sides.value(name) for name in names}
    assert wanted == {name: sides.codec(name).canonical(value) for name, value in values.items()}
    assert sorted(sides.row["local_modified_fields"]) == called
    journal = sides.database.query("SELECT field FROM local_edits WHERE resource_id = %s", [sides.ref.resource_id])
    assert sorted(edit["field"] for edit in journal) == called

    run_id = sides.sync()

    for name in names:
        assert (sides.there(name), sides.value(name)) == (wanted[name], wanted[name])
    assert (sides.row["local_modified_fields"], sides.row["sync_errors"]) == ({}, {})
    audit = [entry.field for entry in sides.store.audit_of(run_id) if entry.side == "remote"]
    assert sorted({*audit}) == called
    history = {change.field for change in sides.open().records.history(sides.ref)}
    unnamed = {*called} - history
    assert not unnamed or (kind == "confluence_page" and not unnamed & {*VERSIONED}), f"{unnamed} not in the history"
    assert verify_scope(sides.job(), choose=None, pause=lambda: None).differences == []

    undo_run(sides.store, run_id, sides.open().run, by="ann")
    sides.sync()

    for name in names:
        assert (sides.there(name), sides.value(name)) == (former[name],) * 2, f"undo does not know {name}"


@pytest.mark.parametrize(("kind", "names"), TWO_WAY, ids=IDS)
def test_the_commands_know_it_and_python_hashes_it_as_sql_does(sides: Sides, kind, names):
    values = {name: sides.sample(name) for name in names}
    former = {name: sides.held(name) for name in names}
    called = sorted(map(sides.name, names))

    assignments = [f"{sides.name(name)}={sides.texts[name]}" for name in names]
    edited = edit_record(sides.database, TABLES, sides.ref.key, assignments, application="javis edit")
    sides.sync()

    assert sorted(edited.fields) == called
    wanted = {name: sides.value(name) for name in names}
    assert ({name: sides.there(name) for name in names}, sides.row["local_modified_fields"]) == (wanted, {})
    kept, made = sides.hashes()
    assert kept == made
    sides.forget()
    pull_scope(sides.job(), full=True)  # makes the row, and its hash, in Python
    assert sides.hashes() == (kept, kept), f"Python and SQL hash {names} differently"

    store, run = sides.store, sides.open().run
    with sides.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        for name in names:
            sides.write(conn, name, former[name])
    pull_scope(sides.job(), full=True)
    conflicts = {conflict.field: conflict for conflict in store.state(sides.ref).conflicts}
    unmarked = dict.fromkeys(called, "unmarked_local_change")
    assert {name: conflict.kind for name, conflict in conflicts.items()} == unmarked, "not all is in the hash"
    for name in names:
        resolve(store, conflicts[sides.name(name)].conflict_id, "manual", run, by="ann", value=values[name])
    assert {name: sides.value(name) for name in names} == wanted


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
    assert types.keys() >= {*table.fixed, *table.raw.values(), *table.place.instants}
    assert table.place.revision is None or table.place.revision in types
