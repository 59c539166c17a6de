"""What is forgotten, and what stays however old it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.records.retention import KeepDays
from javis_pipeline.steps.prune import prune

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO, YESTERDAY = NOW - timedelta(days=1_000), NOW - timedelta(days=1)
KEEP = KeepDays()


@pytest.fixture
def db(database: Database) -> Database:
    """A database with two issues: `1` is in step with Jira, `2` has an edit that has not gone out."""
    with database.transaction(origin="sync") as conn:
        for number, edited in ((1, {}), (2, {"title": "before"})):
            conn.execute(
                "INSERT INTO jira_issues (key, jira_id, project_key, title, local_modified_fields)"
                " VALUES (%s, %s, 'OQC', 'now', %s)",
                [f"OQC-{number}", str(number), json.dumps(edited)],
            )
    return database


def add(db: Database, table: str, **values: Any) -> None:
    columns, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    db.query(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)


def add_audit(db: Database, issue: str, at: datetime) -> None:
    record = {"resource_type": "jira_issue", "resource_id": issue}
    add(db, "sync_audit", run_id="r", side="local", **record, field="title", reason="pull", actor="sync", at=at)


def add_edit(db: Database, issue: str, at: datetime) -> None:
    record = {"system": "jira", "scope": "OQC", "resource_type": "jira_issue", "resource_id": issue}
    add(db, "local_edits", **record, field="title", edited_at=at)


def add_operation(db: Database, issue: str, state: str, at: datetime) -> None:
    record = {"resource_type": "jira_issue", "resource_id": issue, "scope": "OQC"}
    settled = None if state in ("planned", "sent") else at
    more = {"kind": "update", "fields": ["title"], "local_seq": 1, "created_at": at, "settled_at": settled}
    db.query(
        "INSERT INTO sync_outbox (op_id, resource_type, resource_id, scope, kind, fields, local_seq, created_at,"
        " settled_at, state) VALUES (gen_random_uuid(), %(resource_type)s, %(resource_id)s, %(scope)s, %(kind)s,"
        " %(fields)s, %(local_seq)s, %(created_at)s, %(settled_at)s, %(state)s)",
        {**record, **more, "state": state},
    )


def add_conflict(db: Database, issue: str, state: str, at: datetime, *, applied: bool = False) -> None:
    row = db.query(
        "INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, state, created_at,"
        " resolved_at, applied_at) VALUES (gen_random_uuid(), 'jira_issue', %(issue)s, 'OQC', 'title', 'both_changed',"
        " %(state)s, %(at)s, %(at)s, %(applied_at)s) RETURNING id",
        {"issue": issue, "state": state, "at": at, "applied_at": at if applied else None},
    )
    add(db, "sync_conflict_values", conflict_id=row[0]["id"], side="local", seen_at=at)


def rows(db: Database, table: str) -> int:
    return int(db.query(f"SELECT count(*) AS n FROM {table}")[0]["n"])


def forgotten(db: Database, **options: Any) -> dict[str, int]:
    return {entry.table: entry.rows for entry in prune(db, KEEP, now=NOW, **options) if entry.rows}


def test_given_old_and_new_history_when_pruned_then_only_the_old_goes(db: Database) -> None:
    for at in (LONG_AGO, YESTERDAY):
        add_audit(db, "1", at)
        add_edit(db, "1", at)
        add_operation(db, "1", "confirmed", at)
        add_conflict(db, "1", "closed", at)

    once, again = forgotten(db), forgotten(db)

    assert once == {"sync_audit": 1, "local_edits": 1, "sync_outbox": 1, "sync_conflicts": 1}
    assert again == {}
    assert {table: rows(db, table) for table in (*once, "sync_conflict_values")} == {
        **dict.fromkeys(once, 1),
        "sync_conflict_values": 1,
    }


def test_given_what_was_made_long_ago_when_pruned_then_it_goes_but_where_a_wish_is_in_doubt(db: Database) -> None:
    def made(scope: str, state: str, remote_id: str | None, shows: bool | None = None) -> None:
        wish = {"record_id": uuid4(), "resource_type": "jira_issue", "scope": scope, "key": "k", "floor": 0}
        add(db, "sync_creates", **wish, state=state, remote_id=remote_id, shows_mark=shows, changed_at=LONG_AGO)

    for scope in ("OQC", "EUV"):
        made(scope, "confirmed", "1", shows=True)
        made(scope, "confirmed", "2", shows=True)
        made(scope, "confirmed", "3")
    made("EUV", "asks", None)

    assert forgotten(db) == {"sync_creates": 2}
    assert rows(db, "sync_creates") == 5


def test_given_a_dry_run_then_it_counts_what_would_go_and_nothing_goes(db: Database) -> None:
    for _ in range(3):
        add_audit(db, "1", LONG_AGO)
    add_audit(db, "2", LONG_AGO)

    planned = forgotten(db, dry_run=True)

    assert planned == {"sync_audit": 3}
    assert rows(db, "sync_audit") == 4
    assert forgotten(db) == planned


def test_given_an_edit_that_has_not_gone_out_when_pruned_then_its_history_stays(db: Database) -> None:
    add_audit(db, "2", LONG_AGO)
    add_edit(db, "2", LONG_AGO)
    add_operation(db, "2", "rejected", LONG_AGO)
    add_conflict(db, "2", "closed", LONG_AGO)

    assert forgotten(db) == {}


@pytest.mark.parametrize("state", ["open", "resolved"])
def test_given_a_conflict_that_waits_when_pruned_then_it_and_the_history_stay(db: Database, state: str) -> None:
    add_conflict(db, "1", state, LONG_AGO)
    add_audit(db, "1", LONG_AGO)
    add_edit(db, "1", LONG_AGO)
    add_operation(db, "1", "confirmed", LONG_AGO)

    assert forgotten(db) == {}


def test_given_a_resolution_that_took_effect_when_pruned_then_the_conflict_goes(db: Database) -> None:
    add_conflict(db, "1", "resolved", LONG_AGO, applied=True)

    assert forgotten(db) == {"sync_conflicts": 1}


@pytest.mark.parametrize("state", ["planned", "sent"])
def test_given_a_write_that_is_not_settled_when_pruned_then_it_and_the_history_stay(db: Database, state: str) -> None:
    add_operation(db, "1", state, LONG_AGO)
    add_audit(db, "1", LONG_AGO)

    assert forgotten(db) == {}


def test_given_old_runs_when_pruned_then_the_last_of_each_step_stays(db: Database) -> None:
    for run, step, at in [
        ("1", "pull", LONG_AGO),
        ("2", "pull", LONG_AGO + timedelta(days=1)),
        ("1", "push", LONG_AGO),
    ]:
        add(db, "sync_runs", run_id=run, system="jira", scope="OQC", step=step, started_at=at)

    assert forgotten(db) == {"sync_runs": 1}
    left = db.query("SELECT run_id, step FROM sync_runs ORDER BY step")
    assert left == [{"run_id": "2", "step": "pull"}, {"run_id": "1", "step": "push"}]


def test_given_an_old_unreadable_record_when_pruned_then_its_payload_goes_and_it_still_counts_as_missing(
    db: Database,
) -> None:
    seen = {"first_seen_at": LONG_AGO, "last_seen_at": LONG_AGO}
    db.query(
        "INSERT INTO sync_quarantine VALUES ('jira', 'OQC', '9', NULL, '{\"fields\": 1}', 'why',"
        " %(first_seen_at)s, %(last_seen_at)s)",
        seen,
    )

    assert forgotten(db) == {"sync_quarantine": 1}
    assert forgotten(db) == {}
    assert db.query("SELECT payload, reason FROM sync_quarantine") == [{"payload": {}, "reason": "why"}]


def test_given_old_advice_when_pruned_then_the_newest_of_each_scope_and_open_proposals_stay(db: Database) -> None:
    def advise(age: int, state: str) -> None:
        at = LONG_AGO - timedelta(days=age)
        made = db.query(
            "INSERT INTO ai_advice (advice_id, project_key, scope, context_hash, engine, created_at)"
            " VALUES (gen_random_uuid(), 'OQC', 'project', 'h', 'rules', %(at)s) RETURNING advice_id",
            {"at": at},
        )
        db.query(
            "INSERT INTO ai_suggestions (id, advice_id, project_key, rank, kind, title, rationale, evidence, actions,"
            " confidence, state, created_at)"
            " VALUES (gen_random_uuid(), %(advice)s, 'OQC', 1, 'k', 't', 'r', '{}', '[]', 1, %(state)s, %(at)s)",
            {"advice": made[0]["advice_id"], "state": state, "at": at},
        )

    advise(3, "expired")
    advise(2, "proposed")
    advise(1, "expired")
    advise(0, "accepted")

    assert forgotten(db) == {"ai_advice": 2}
    assert db.query("SELECT state FROM ai_suggestions ORDER BY created_at") == [
        {"state": "proposed"},
        {"state": "accepted"},
    ]


def test_given_more_rows_than_a_batch_when_pruned_then_all_go(db: Database) -> None:
    for _ in range(7):
        add_audit(db, "1", LONG_AGO)

    assert forgotten(db, batch=3) == {"sync_audit": 7}


def test_given_rows_that_somebody_holds_when_pruned_then_they_wait_for_the_next_time(db: Database) -> None:
    add_audit(db, "1", LONG_AGO)
    add_audit(db, "1", LONG_AGO)
    with db.transaction() as conn:
        conn.execute("SELECT FROM sync_audit ORDER BY id LIMIT 1 FOR UPDATE")

        assert forgotten(db) == {"sync_audit": 1}
    assert forgotten(db) == {"sync_audit": 1}
