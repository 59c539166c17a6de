"""What the database does with edits: the first base is kept, bookkeeping cannot be forged, nothing is deleted."""

from typing import Any

import psycopg
import pytest

from javis_pipeline.db.connection import Connection

ISSUE = {
    "jira_id": "10001",
    "key": "OPS-1",
    "project_key": "OPS",
    "title": "Fix login",
    "labels": ["auth"],
    "status": "To Do",
    "status_id": "1",
}


@pytest.fixture
def issue(conn: Connection) -> Connection:
    conn.execute("SELECT set_config('javis.origin', 'sync', true)")
    conn.execute(
        "INSERT INTO jira_issues (jira_id, key, project_key, title, labels, status, status_id, last_synced_at) "
        "VALUES (%(jira_id)s, %(key)s, %(project_key)s, %(title)s, %(labels)s, %(status)s, %(status_id)s, now())",
        ISSUE,
    )
    conn.commit()
    return conn


def row(conn: Connection) -> dict[str, Any]:
    return conn.execute("SELECT * FROM jira_issues").fetchall()[0]


def edits(conn: Connection) -> list[tuple[Any, ...]]:
    found = conn.execute("SELECT field, old, new, application FROM local_edits ORDER BY id").fetchall()
    return [(one["field"], one["old"], one["new"], one["application"]) for one in found]


def test_given_a_clean_row_when_a_field_is_edited_then_its_base_is_kept_and_the_edit_is_in_the_journal(issue):
    issue.execute("UPDATE jira_issues SET title = 'Fix the login' WHERE key = 'OPS-1'")

    after = row(issue)
    assert after["local_modified_fields"] == {"title": "Fix login"}
    assert (after["local_seq"], after["sync_status"]) == (1, "local_modified")
    assert after["local_modified_at"] is not None
    assert edits(issue) == [("title", "Fix login", "Fix the login", "test")]


def test_given_an_edited_field_when_it_is_edited_again_then_the_first_base_stays(issue):
    issue.execute("UPDATE jira_issues SET title = 'two'")
    issue.execute("UPDATE jira_issues SET title = 'three', status = 'Done'")

    assert row(issue)["local_modified_fields"] == {"title": "Fix login", "status": "To Do"}
    assert row(issue)["local_seq"] == 2


def test_given_an_edited_field_when_it_is_set_back_then_the_row_is_clean(issue):
    issue.execute("UPDATE jira_issues SET title = 'two'")
    issue.execute("UPDATE jira_issues SET title = 'Fix login'")

    assert row(issue)["local_modified_fields"] == {}
    assert row(issue)["sync_status"] == "synced"
    assert row(issue)["local_seq"] == 2


def test_given_a_value_written_unchanged_then_nothing_is_noted(issue):
    issue.execute("UPDATE jira_issues SET title = title, labels = '{auth,auth}'")

    assert row(issue)["local_seq"] == 0
    assert edits(issue) == []


def test_given_an_error_on_a_field_when_it_is_edited_then_the_error_is_gone(issue):
    issue.execute("SELECT set_config('javis.origin', 'sync', true)")
    issue.execute("""UPDATE jira_issues SET sync_errors = '{"title": "too long"}', sync_status = 'error'""")
    issue.commit()

    issue.execute("UPDATE jira_issues SET title = 'short'")

    assert row(issue)["sync_errors"] == {}
    assert row(issue)["sync_status"] == "local_modified"


@pytest.mark.parametrize(
    "forged",
    [
        "local_modified_fields = '{}'",
        "local_seq = 0",
        "sync_status = 'synced'",
        "sync_errors = '{}'",
        "status_id = '99'",
        "description_adf = '{}'",
        "content_hash = gen_random_uuid()",
        "remote_updated_at = now()",
        "remote_state = 'gone'",
    ],
)
def test_given_forged_bookkeeping_then_it_is_ignored(issue, forged):
    issue.execute("UPDATE jira_issues SET title = 'two'")
    before = row(issue)

    issue.execute(f"UPDATE jira_issues SET {forged}")

    assert row(issue) == before


@pytest.mark.parametrize("change", ["key = 'OPS-9'", "jira_id = '7'", "project_key = 'EUV'"])
def test_given_a_changed_key_then_it_is_refused_with_the_remedy(issue, change):
    with pytest.raises(psycopg.errors.RestrictViolation, match="cannot be changed here") as refused:
        issue.execute(f"UPDATE jira_issues SET {change}")

    assert "the next sync follows" in (refused.value.diag.message_hint or "")


def test_given_a_delete_then_the_row_stays_as_a_tombstone(issue):
    issue.execute("UPDATE jira_issues SET title = 'two'")
    issue.execute("DELETE FROM jira_issues")

    after = row(issue)
    assert after["local_deleted_at"] is not None
    assert after["local_modified_fields"] == {"title": "Fix login"}
    assert edits(issue)[-1][:2] == ("(row)", True)


def test_given_a_truncate_then_it_is_refused(issue):
    with pytest.raises(psycopg.errors.RestrictViolation, match="cannot be truncated"):
        issue.execute("TRUNCATE jira_issues CASCADE")


def test_given_an_insert_by_a_person_then_it_is_refused(issue):
    with pytest.raises(psycopg.errors.RestrictViolation, match="nothing may be made in OPS"):
        issue.execute("INSERT INTO jira_issues (jira_id, key, project_key) VALUES ('2', 'OPS-2', 'OPS')")


def test_given_the_syncs_origin_then_it_ends_with_its_transaction(issue):
    issue.execute("SELECT set_config('javis.origin', 'sync', true)")
    issue.execute("UPDATE jira_issues SET title = 'from Jira'")
    issue.commit()

    issue.execute("UPDATE jira_issues SET title = 'from a person'")

    assert row(issue)["local_modified_fields"] == {"title": "from Jira"}


def test_given_an_edit_then_whoever_listens_is_told_once_it_is_committed(issue, other_conn):
    other_conn.autocommit = True
    other_conn.execute("LISTEN javis_local_change")

    issue.execute("UPDATE jira_issues SET title = 'two'")
    issue.commit()

    told = next(other_conn.notifies(timeout=5))
    assert told.payload == '{"scope": "OPS", "system": "jira"}'


def test_given_copy_then_it_is_an_edit_like_any_other(issue):
    with issue.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE wanted (key text, title text)")
        with cursor.copy("COPY wanted FROM STDIN") as copy:
            copy.write_row(["OPS-1", "copied"])
        cursor.execute("UPDATE jira_issues AS i SET title = w.title FROM wanted AS w WHERE w.key = i.key")

    assert row(issue)["local_modified_fields"] == {"title": "Fix login"}


def test_given_the_role_of_programs_then_it_edits_fields_and_nothing_else(issue):
    issue.execute("SET ROLE javis_app")
    issue.execute("UPDATE jira_issues SET labels = array_append(labels, 'urgent') WHERE key = 'OPS-1'")
    issue.execute("RESET ROLE")

    assert row(issue)["labels"] == ["auth", "urgent"]
    issue.execute("SET ROLE javis_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        issue.execute("UPDATE jira_issues SET sync_status = 'synced'")


def test_given_the_role_of_readers_then_it_edits_nothing(issue):
    issue.execute("SET ROLE javis_read")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        issue.execute("UPDATE jira_issues SET title = 'two'")


def test_given_an_edit_during_the_syncs_transaction_then_it_waits_and_is_an_edit_of_the_new_value(issue, other_conn):
    issue.execute("SELECT set_config('javis.origin', 'sync', true)")
    issue.execute("SELECT FROM jira_issues FOR UPDATE")
    other_conn.execute("SET lock_timeout = '200ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other_conn.execute("UPDATE jira_issues SET title = 'a person'")
    other_conn.rollback()
    issue.execute("UPDATE jira_issues SET title = 'from Jira'")
    issue.commit()

    other_conn.execute("UPDATE jira_issues SET title = 'a person'")
    other_conn.commit()

    assert row(issue)["local_modified_fields"] == {"title": "from Jira"}


# --- what the remote refused ---

REFUSED = """{"title": {"reason": "no", "at": "2026-03-02T12:00:00+00:00", "run_id": "run-1", "times": 2, "about": "x",
                        "suspects": [], "again": null}}"""


@pytest.fixture
def refused(issue: Connection) -> Connection:
    issue.execute("UPDATE jira_issues SET title = 'mine'")
    issue.execute("SELECT set_config('javis.origin', 'sync', true)")
    issue.execute("UPDATE jira_issues SET sync_refused = %s, sync_errors = %s", [REFUSED, '{"title": "no"}'])
    issue.commit()
    return issue


def test_given_a_refused_value_written_again_then_it_is_asked_again_and_nothing_else_changes(refused):
    before = row(refused)

    refused.execute("UPDATE jira_issues SET title = 'mine'")

    after = row(refused)
    assert after["sync_refused"]["title"].pop("again") is not None
    before["sync_refused"]["title"].pop("again")
    assert after == before


def test_given_it_is_written_again_and_again_then_the_wish_is_a_minute_old_before_it_is_a_new_one(refused):
    refused.execute("UPDATE jira_issues SET title = 'mine'")
    wished = row(refused)["sync_refused"]

    refused.execute("UPDATE jira_issues SET title = 'mine'")

    assert row(refused)["sync_refused"] == wished


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        pytest.param("status = 'Done'", False, id="another field"),
        pytest.param("title = title, status = 'Done'", True, id="as an ORM writes it back, with another edit"),
        pytest.param("sync_refused = '{}'", False, id="bookkeeping cannot be forged"),
    ],
)
def test_given_another_update_then_only_a_field_that_it_names_is_asked_again(refused, change, is_asked):
    refused.execute(f"UPDATE jira_issues SET {change}")

    assert (row(refused)["sync_refused"]["title"]["again"] is not None) is is_asked


def test_given_another_value_then_the_refusal_is_forgotten(refused):
    refused.execute("UPDATE jira_issues SET title = 'another'")

    assert row(refused)["sync_refused"] == {}


def test_given_the_sync_writes_a_field_then_nothing_is_asked(refused):
    refused.execute("SELECT set_config('javis.origin', 'sync', true)")
    refused.execute("UPDATE jira_issues SET title = 'mine'")

    assert row(refused)["sync_refused"]["title"]["again"] is None
