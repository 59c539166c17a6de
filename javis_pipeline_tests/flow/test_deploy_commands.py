"""What docs/operations.md tells an operator to type does what it says there."""

import json
from pathlib import Path

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline_tests.sites import run_javis

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    """An instance whose product and Dagster share one database."""
    return {
        "DATABASE_URL": database_url,
        "DAGSTER_POSTGRES_URL": database_url,
        "JAVIS_HOME": str(tmp_path),
        "JAVIS_ENV_FILE": "/dev/null",
        "JIRA_PROJECTS": "OQC",
    }


def add_issue(url: str, title: str) -> None:
    with Database(url) as db, db.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_issues (key, jira_id, project_key, title) VALUES ('OQC-1', '1', 'OQC', %s)", [title]
        )


def test_given_a_fresh_database_when_migrated_with_dagster_then_schemas_and_pools_are_there(
    settings: dict[str, str], empty_database_url: str
) -> None:
    settings |= {"DATABASE_URL": empty_database_url, "DAGSTER_POSTGRES_URL": empty_database_url}

    first = run_javis("db", "migrate", "--dagster", settings=settings)
    again = run_javis("db", "migrate", "--dagster", "--json", settings=settings)

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert json.loads(again.stdout)["applied"] == []
    with psycopg.connect(empty_database_url) as conn:
        pools: dict[str, int] = dict(conn.execute('SELECT concurrency_key, "limit" FROM concurrency_limits').fetchall())
    assert pools == {"jira_api": 2, "confluence_api": 2, "slack_api": 2, "claude_api": 2}


def test_given_a_backup_when_restored_into_another_database_then_the_edits_are_there(
    settings: dict[str, str], empty_database_url: str, tmp_path: Path
) -> None:
    add_issue(settings["DATABASE_URL"], "Calibrate stage 1")
    with Database(settings["DATABASE_URL"]) as db:
        db.query("UPDATE jira_issues SET title = 'Calibrate both stages'")
    dump = str(tmp_path / "javis.dump")
    elsewhere = {**settings, "DATABASE_URL": empty_database_url}

    backed_up = run_javis("db", "backup", dump, settings=settings)
    restored = run_javis("db", "restore", dump, "--yes", settings=elsewhere)
    status = run_javis("status", "--sizes", "--json", settings=elsewhere)

    assert [done.returncode for done in (backed_up, restored, status)] == [0, 0, 0], restored.stderr
    assert "jira_issues" in {table["table"] for table in json.loads(status.stdout)["tables"]}
    with Database(empty_database_url) as db:
        assert db.query("SELECT title, local_modified_fields AS edited FROM jira_issues") == [
            {"title": "Calibrate both stages", "edited": {"title": "Calibrate stage 1"}}
        ]


def test_given_old_history_when_pruned_then_the_plan_is_what_goes(settings: dict[str, str]) -> None:
    with Database(settings["DATABASE_URL"]) as db:
        db.query(
            "INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, reason, actor, at)"
            " VALUES ('r', 'local', 'jira_issue', '1', 'title', 'pull', 'sync', now() - interval '1000 days')"
        )

    planned = run_javis("db", "prune", "--dry-run", "--json", settings=settings)
    done = run_javis("db", "prune", "--json", settings=settings)
    again = run_javis("db", "prune", settings={**settings, "JAVIS_KEEP_AUDIT_DAYS": "30"})

    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["forgotten"] == json.loads(done.stdout)["forgotten"]
    rows = {entry["table"]: entry["rows"] for entry in json.loads(done.stdout)["forgotten"]}
    assert {table for table, gone in rows.items() if gone} == {"sync_audit"}
    assert "sync_audit       30 days" in again.stdout


def test_given_a_database_of_dagster_that_refuses_when_pruned_then_one_line_says_what_to_do(
    settings: dict[str, str],
) -> None:
    nobody = "postgresql://nobody:hunter2@127.0.0.1:9/javis_dagster"

    done = run_javis("db", "prune", settings={**settings, "DAGSTER_POSTGRES_URL": nobody})

    assert done.returncode == 1
    assert "Error: Dagster's database: connection to server" in done.stderr
    assert "check DAGSTER_POSTGRES_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_given_a_login_of_each_role_then_it_may_do_what_the_document_says(settings: dict[str, str]) -> None:
    url = settings["DATABASE_URL"]
    add_issue(url, "Calibrate stage 1")

    def allowed(role: str, statement: str) -> bool:
        with psycopg.connect(url) as conn:
            conn.execute(f"SET LOCAL ROLE {role}")
            try:
                conn.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                return False
            finally:
                conn.rollback()
            return True

    read = "SELECT scope FROM sync_conflicts WHERE state = 'open'"
    edit = "UPDATE jira_issues SET title = 'Calibrate'"
    plan = "INSERT INTO roadmap_visions (title) VALUES ('Half the downtime')"
    forget = "DELETE FROM sync_audit"
    send = "UPDATE sync_outbox SET attempts = attempts"
    may = {
        role: [allowed(role, statement) for statement in (read, edit, plan, send, forget)]
        for role in ("javis_read", "javis_app", "javis_sync")
    }

    assert may == {
        "javis_read": [True, False, False, False, False],
        "javis_app": [True, True, True, False, False],
        "javis_sync": [True, True, True, True, False],
    }
