"""The sync's books in PostgreSQL: what is read back, what a plan may touch, what is looked up by which index."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from javis_pipeline.db.conflicts import list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.errors import UnreadableRecord, UsageError
from javis_pipeline.records.sync import RecordPlan, RemoteRecord
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.retry import retry
from javis_pipeline.sync.merge import reconcile_record
from javis_pipeline.wiring import KINDS, TABLES
from javis_pipeline_tests.integration.test_laws_postgres import StoreUnderTest
from javis_pipeline_tests.property.sync_memory import EMPTY, MemoryRemote, World
from javis_pipeline_tests.unit.sync_stories import Scope

REF = ResourceRef(resource_type="jira_issue", resource_id="10001", scope="OPS", key="OPS-1")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class StoredScope(Scope):
    """One issue on both sides, in step; ours is in PostgreSQL."""

    def __init__(self, database: Database, **values) -> None:
        self.database = database
        super().__init__(**values)

    def make_store(self, world: World) -> StoreUnderTest:
        return StoreUnderTest(self.database, world)


@pytest.fixture
def scope(database: Database) -> StoredScope:
    return StoredScope(database, due_date="2026-05-01", story_points=Decimal("2.5"), description="one\n\ntwo")


def test_given_a_stored_record_then_it_reads_back_as_it_came(scope):
    assert scope.here["story_points"] == Decimal("2.5")
    assert scope.here["due_date"] == "2026-05-01"
    assert scope.here["labels"] == ("auth",)
    assert scope.row.raw["priority"] == "3"
    assert scope.row.raw["description"] == scope.remote.issues[scope.id].values["description"]
    assert (scope.row.bases, scope.row.has_base, scope.row.unmarked) == ({}, True, False)


def test_given_an_edit_by_sql_when_synced_then_the_books_say_all_of_it(scope):
    scope.database.query("UPDATE jira_issues SET title = 'here', labels = array_append(labels, 'urgent')")

    run_id = scope.sync()

    operations = list(scope.store.ops.values())
    assert [(op.kind, op.state, op.fields, dict(op.add)) for op in operations] == [
        ("edit", "confirmed", ("title", "labels"), {"labels": ("urgent",)})
    ]
    assert operations[0].evidence["by"] == "reply"
    assert [(e.side, e.field, e.old, e.new) for e in scope.store.audit_of(run_id)] == [
        ("remote", "title", "Fix login", "here"),
        ("remote", "labels", (), ("urgent",)),
    ]
    assert (scope.there("title"), scope.there("labels")) == ("here", ("auth", "urgent"))


def test_given_values_that_only_postgres_takes_then_the_edit_stays_with_the_reason(scope):
    scope.database.query("UPDATE jira_issues SET due_date = '1066-10-14', story_points = 0.1 + 1e-17, title = 'here'")

    scope.sync()

    assert "1066-10-14 is not a date from 1970-01-01" in scope.row.errors["due_date"]
    assert "has more digits than Jira keeps" in scope.row.errors["story_points"]
    assert scope.there("title") == "here"


def test_given_a_plan_decided_on_an_older_row_then_nothing_of_it_is_stored(scope):
    old = scope.store.state(scope.ref).local
    scope.database.query("UPDATE jira_issues SET title = 'here'")
    plan = RecordPlan(
        ref=scope.ref, local_seq=old.local_seq, columns={"local_modified_fields": {}, "last_synced_at": NOON}
    )

    with pytest.raises(AssertionError, match="OPS-1 was decided on under its lock"):
        scope.store.change(scope.ref, lambda _: plan)

    assert scope.row.bases == {"title": "Fix login"}


def test_given_a_new_key_that_another_row_still_holds_then_both_rows_stay(database):
    scope = StoredScope(database, issues=2)
    one, two = scope.refs
    scope.remote.issues[one.resource_id].ref = replace(one, key=two.key)
    scope.remote.issues[two.resource_id].ref = replace(two, key=one.key)

    scope.sync()

    keys = {row["jira_id"]: row["key"] for row in database.query("SELECT jira_id, key FROM jira_issues")}
    assert keys == {one.resource_id: two.key, two.resource_id: one.key}
    assert {row["key"] for row in database.query("SELECT key FROM key_aliases")} >= {one.key}


def test_given_a_change_unseen_by_the_trigger_then_a_full_look_finds_it(scope):
    assert list(scope.store.unmarked()) == []

    scope.store.edit_behind_the_trigger(scope.id, "title", "unseen")

    assert [ref.resource_id for ref in scope.store.unmarked()] == [scope.id]


def test_given_edits_then_they_are_found_by_the_partial_index(database):
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_issues (jira_id, key, project_key, local_modified_fields) "
            """SELECT n, 'OPS-' || n, 'OPS', CASE WHEN n % 1000 = 0 THEN '{"title": "x"}' ELSE '{}' END::jsonb """
            "FROM generate_series(1, 20000) AS n"
        )
    database.query("ANALYZE jira_issues")

    plan = database.query(
        "EXPLAIN SELECT jira_id FROM jira_issues WHERE project_key = 'OPS' AND local_modified_fields <> '{}'"
    )

    assert len(PostgresStore(database, TABLES["jira_issue"], "OPS").to_decide()) == 20
    assert any("jira_issues_out_of_step" in line for row in plan for line in row.values())


def test_given_a_page_then_the_same_books_hold_it(database):
    store = PostgresStore(database, TABLES["confluence_page"], "HB")
    ref = ResourceRef(resource_type="confluence_page", resource_id="77", scope="HB", key="77")
    values = {"title": "Handbook", "body_storage": "<p>one</p>", "parent_id": None, "labels": ("a",)}
    facts = {"space_id": "5", "version_number": 3, "version_created_at": NOON}
    record = RemoteRecord(ref=ref, values=values, facts=facts, revision=NOON, version=3)
    run = replace(Scope().run(), kind=KINDS["confluence_page"])

    store.change(ref, lambda state: reconcile_record(state, record, run))
    database.query("UPDATE confluence_pages SET body_storage = '<p>two</p>'")
    plan = store.change(ref, lambda state: reconcile_record(state, record, run))

    assert [(op.kind, op.fields, dict(op.desired)) for op in plan.operations] == [
        ("edit", ("body_storage",), {"body_storage": "<p>two</p>"})
    ]
    assert [each.resource_id for each in store.to_decide()] == ["77"]


def test_what_the_remote_in_memory_leaves_empty_is_what_the_table_has_by_default(scope):
    assert {name: scope.here[name] for name in EMPTY} == EMPTY
    assert isinstance(scope.remote, MemoryRemote)


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0044-03-15 BC"])
def test_given_an_unseen_date_that_no_calendar_has_then_it_is_found_like_any_other(scope, value):
    with scope.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET due_date = %s::date", [value])

    scope.sync()

    assert scope.open_conflicts() == [("unmarked_local_change", "due_date", value, value, "2026-05-01")]


def test_given_numbers_that_differ_in_zeros_only_then_nothing_was_changed_unseen(scope):
    with scope.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET story_points = 2.500")

    assert list(scope.store.unmarked()) == []


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(lambda _: int(float("inf")), id="a number beyond a double"),
        pytest.param(
            lambda state: RecordPlan(ref=state.ref, local_seq=0, columns={"title": "\ud800"}), id="half a surrogate"
        ),
        pytest.param(
            lambda state: RecordPlan(ref=state.ref, local_seq=0, columns={"due_date": "31 June"}),
            id="a date of no calendar",
        ),
        pytest.param(
            lambda state: RecordPlan(ref=state.ref, local_seq=0, columns={"title": object()}), id="what JSON cannot say"
        ),
    ],
)
def test_given_a_value_that_cannot_be_held_then_the_record_is_named_and_nothing_is_changed(scope, failure):
    before = scope.database.query("SELECT * FROM jira_issues")

    with pytest.raises(UnreadableRecord, match=r"OPS-1 cannot be held on both sides \(\w+\)"):
        scope.store.change(scope.ref, failure)

    assert scope.database.query("SELECT * FROM jira_issues") == before


def test_given_a_record_that_failed_then_its_row_says_so_it_comes_last_and_a_look_takes_the_note_away(database):
    scope = StoredScope(database, issues=3)
    database.query("UPDATE jira_issues SET title = 'here' WHERE key <> 'OPS-3'")

    scope.store.fail(scope.refs[0], "refused with HTTP 403")
    scope.store.fail(scope.refs[2], "refused with HTTP 403")

    rows = database.query("SELECT key, sync_status::text, sync_errors FROM jira_issues ORDER BY key")
    assert [tuple(row.values()) for row in rows] == [
        ("OPS-1", "error", {"(row)": "refused with HTTP 403"}),
        ("OPS-2", "local_modified", {}),
        ("OPS-3", "error", {"(row)": "refused with HTTP 403"}),
    ]
    assert [ref.key for ref in scope.store.to_decide()] == ["OPS-2", "OPS-1", "OPS-3"]
    assert [error["key"] for error in list_errors(database)] == ["OPS-1", "OPS-3"]
    scope.sync()
    rows = database.query("SELECT sync_status::text AS status FROM jira_issues")
    assert [row["status"] for row in rows] == ["synced"] * 3


def test_given_a_failure_that_is_noted_already_then_the_row_is_not_written_again(scope):
    scope.store.fail(scope.ref, "refused with HTTP 403")
    before = scope.database.query("SELECT xmin::text FROM jira_issues")

    scope.store.fail(scope.ref, "refused with HTTP 403")

    assert scope.database.query("SELECT xmin::text FROM jira_issues") == before


def refused_twice(scope: StoredScope) -> None:
    scope.remote.forbids = {"title": "is not allowed"}.get
    scope.edit(title="mine")
    for _ in range(2):
        scope.sync()
    scope.remote.sent.clear()


def test_given_a_refusal_then_it_reads_back_as_it_was_noted(scope):
    refused_twice(scope)

    refusal = scope.row.refusals["title"]
    assert (refusal.reason, refusal.times, refusal.run_id, refusal.suspects) == ("is not allowed", 2, "run-3", ())
    scope.sync()
    assert scope.remote.sent == []
    assert scope.row.refusals == {"title": refusal}


def test_given_a_person_asks_for_another_try_then_the_next_run_sends_it(scope):
    refused_twice(scope)

    asked = retry(scope.database, TABLES, "ops-1", None, now=scope.now)
    scope.sync()

    assert asked == ("OPS-1", ("title",))
    assert [op.fields for op in scope.remote.sent] == [("title",)]


@pytest.mark.parametrize(
    ("key", "field", "message"),
    [
        ("OPS-9", None, "there is no issue or page OPS-9 here"),
        ("OPS-1", "priority", "field priority of OPS-1 was not refused"),
    ],
)
def test_given_nothing_that_was_refused_then_the_error_says_where_to_look(scope, key, field, message):
    refused_twice(scope)

    with pytest.raises(UsageError, match=f"{message}; javis conflicts list --errors"):
        retry(scope.database, TABLES, key, field, now=scope.now)


def test_given_a_full_reconciliation_then_all_that_was_refused_in_the_scope_is_asked_again(scope):
    refused_twice(scope)

    asked = [
        PostgresStore(scope.database, TABLES["jira_issue"], project).retry(None, None, NOON)
        for project in ("OPS", "EUV")
    ]

    assert asked == [1, 0]
    assert scope.row.refusals["title"].again == NOON


def test_given_edits_that_wait_for_a_person_then_they_are_neither_looked_at_nor_counted_until_a_side_moves(database):
    scope = StoredScope(database, issues=3, labels=("auth",))
    database.query("UPDATE jira_issues SET title = 'mine', status = 'Done'")
    scope.edit_there(title="theirs", status="In Progress")
    scope.reconcile()

    counted = scope.store.count_wishes()
    keys = [ref.key for ref in scope.store.to_decide()]
    asked = [ref.key for ref in scope.store.to_decide(conflicts=True)]
    database.query("UPDATE jira_issues SET title = 'mine, again' WHERE key = 'OPS-1'")

    assert (counted, keys) == (4, ["OPS-2", "OPS-3"])
    assert asked == ["OPS-1", "OPS-2", "OPS-3"]
    assert [ref.key for ref in scope.store.to_decide()] == ["OPS-1", "OPS-2", "OPS-3"]


def test_given_a_loss_that_was_accepted_when_the_field_is_edited_then_the_text_of_before_is_at_hand(scope):
    image = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "7"}}]}
    before = {"type": "doc", "version": 1, "content": [image]}
    scope.remote.issues[scope.id].values["description"] = before
    scope.remote.issues[scope.id].updated = scope.world.now()
    scope.sync()
    scope.edit(description=f"Look: {scope.here['description']}")
    scope.sync()
    conflict = scope.conflicts[0]
    resolve(scope.store, conflict.conflict_id, "local", scope.run(), by="ann")
    run_id = scope.sync()
    kept = scope.database.query("SELECT raw FROM sync_conflict_values WHERE side = 'remote' AND raw IS NOT NULL")
    scope.database.query("DELETE FROM sync_conflict_values; DELETE FROM sync_conflicts")

    scope.edit(description="another")

    assert kept == [{"raw": before}]
    (sent,) = (entry for entry in scope.store.audit_of(run_id) if entry.side == "remote")
    assert (sent.field, sent.old_raw) == ("description", before)
    assert scope.store.state(scope.ref).former_raw == {"description": (before,)}
