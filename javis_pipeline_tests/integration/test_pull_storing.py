"""Storing a batch of issues: what is inserted, overwritten, left out and left to the merge."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from javis_pipeline.db import issues
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.content_hash import array_text, content_hasher, jsonb_text
from javis_pipeline.db.copy_lines import copy_lines
from javis_pipeline.db.copying import copy_text
from javis_pipeline.db.dimensions import RESOLUTIONS, store_names, store_priorities, store_sprints, store_statuses
from javis_pipeline.db.hanging import insert_hanging
from javis_pipeline.db.issue_rows import IssueLine, IssueRow, issue_lines
from javis_pipeline.db.issues import StoredIssues, issues_to_fetch, store_issues
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.quarantine import quarantine_record, release_records
from javis_pipeline.db.satellites import (
    replace_satellites,
    store_users,
)
from javis_pipeline.db.watermarks import Watermark, advance_watermark, note_opened, read_watermark
from javis_pipeline.records.jira import Called, IssueStamp, Priority, Sprint, Status, User
from javis_pipeline.systems.jira.kind import JIRA_COMMENT, JIRA_ISSUE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUES = JIRA_ISSUE.table
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def sync(conn: Connection) -> Connection:
    """A connection whose writes are the sync's own."""
    conn.execute("SET javis.origin = 'sync'")
    return conn


def an_issue(jira_id: str = "10042", key: str = "OPS-7", *, updated_at: datetime = NOON, **values: Any) -> IssueRow:
    """An issue whose other fields are of no interest."""
    empty = dict.fromkeys(IssueRow._fields)
    arrays = dict.fromkeys(
        ("labels", "components", "fix_versions", "affected_versions", "missing", "custom_empty"), "{}"
    )
    custom = {"custom_fields": "{}", "custom_raw": "{}"}
    basics = {"project_key": key.partition("-")[0], "is_subtask": False, "flagged": False, **custom}
    dated = {"created_at": NOON.isoformat(), "remote_updated_at": updated_at.isoformat()}
    return IssueRow(**{**empty, **arrays, **basics, **dated, "jira_id": jira_id, "key": key, **values})


def store(conn: Connection, *rows: IssueRow, **options: Any) -> StoredIssues:
    """A batch in a transaction of its own."""
    stored = store_issues(conn, issue_lines(rows, ISSUES), ISSUES, run_id="run-1", now=NOON, **options)
    conn.commit()
    return stored


def rows(conn: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in conn.execute(query)]


def edit(conn: Connection, statement: str) -> None:
    """As somebody who is not the sync."""
    conn.execute("SET javis.origin = ''")
    conn.execute(statement)
    conn.execute("SET javis.origin = 'sync'")


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5))
def test_what_is_written_for_copy_is_what_the_database_reads(sync, values):
    sync.execute("CREATE TEMPORARY TABLE IF NOT EXISTS copied (a text, b text, c text)")
    sync.execute("TRUNCATE copied")

    copy_text(sync, "COPY copied (a, b, c) FROM STDIN", b"".join(line + b"\n" for line in copy_lines(values)))

    assert rows(sync, "SELECT * FROM copied") == [
        tuple(None if value is None else str(value) for value in row) for row in values
    ]


def test_given_new_issues_when_stored_then_they_are_inserted_clean(sync):
    stored = store(sync, an_issue(title="Fix login", labels=array_text(['with "quotes"', "a\\b"])))

    assert stored.inserted == ["10042"]
    found = rows(sync, "SELECT title, labels, sync_status, local_modified_fields, remote_state FROM jira_issues")
    assert found == [("Fix login", ['with "quotes"', "a\\b"], "synced", {}, "present")]
    assert rows(sync, "SELECT content_hash = jira_issue_content_hash(i) FROM jira_issues i") == [(True,)]


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
TEXT_COLUMNS = ("title", "description", "status", "priority", "assignee_id", "parent_key")
NO_TEXTS = dict.fromkeys(TEXT_COLUMNS)
JSON = st.recursive(
    st.none() | st.booleans() | TEXT | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3),
    max_leaves=6,
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1_000_000, max_value=1_000_000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.fixed_dictionaries(dict.fromkeys(TEXT_COLUMNS, st.none() | TEXT)),
    labels=st.lists(TEXT, max_size=4),
    due_date=st.none() | st.dates(),
    points=st.none() | NUMBERS,
    elements=st.dictionaries(TEXT, JSON, max_size=4),
)
@example(NO_TEXTS, [], None, Decimal("0.00059899747708899280303762401825"), {})
@example(NO_TEXTS, [], None, Decimal("-0.00"), {"b": -0.0, "aa": [1e22, 5e-324, 2.0], "é": {"\x7f\x1f\n": None}})
def test_the_hash_of_a_row_is_the_one_that_the_database_makes(sync, texts, labels, due_date, points, elements):
    row = an_issue(
        **texts,
        labels=array_text(labels),
        due_date=due_date and due_date.isoformat(),
        story_points=None if points is None else str(points),
        custom_fields=jsonb_text(elements),
    )
    values = {column.name: getattr(row, column.name) for column in ISSUES.hashed}
    columns = ", ".join(f"%({column.name})s::{column.type}" for column in ISSUES.hashed)

    made = sync.execute(f"SELECT jira_issue_content_hash({columns}) AS hash".encode(), values).fetchone()

    assert made["hash"].hex == content_hasher(ISSUES)(row)


def test_given_a_payload_that_says_what_is_stored_then_it_is_left_out(sync):
    store(sync, an_issue(title="Newest"))
    before = rows(sync, "SELECT xmin::text FROM jira_issues")

    stored = store(sync, an_issue(title="Newest"))

    assert (stored.same, stored.updated, stored.to_merge) == (["10042"], [], [])
    assert rows(sync, "SELECT xmin::text FROM jira_issues") == before


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("issue_type", "Task", "Story"),
        ("status", "Done", "Closed"),
        ("components", "{api}", "{backend}"),
        ("fix_versions", "{1.0}", "{1.0.0}"),
    ],
)
def test_given_a_name_that_changed_without_the_issue_when_it_is_compared_then_the_row_follows(
    sync, column, before, after
):
    store(sync, an_issue(**{column: before}))

    stored = store(sync, an_issue(**{column: after}))

    assert stored.updated == ["10042"]
    assert rows(sync, f"SELECT {column}::text FROM jira_issues") == [(after,)]


def test_given_a_field_that_was_not_in_the_payload_when_it_is_compared_then_that_is_no_difference(sync):
    store(sync, an_issue(issue_type="Task", resolution="Fixed"))

    stored = store(sync, an_issue(issue_type=None, resolution="Fixed", missing="{issue_type}"))

    assert (stored.same, stored.updated) == (["10042"], [])


def test_given_a_payload_older_than_what_is_stored_then_it_is_asked_for_by_id(sync):
    store(sync, an_issue(title="Newest"))

    stored = store(sync, an_issue(title="From an old index", updated_at=NOON - timedelta(minutes=1)))

    assert (stored.same, stored.updated, stored.outdated) == ([], [], ["10042"])
    assert [ref.resource_id for ref in stored.to_merge] == ["10042"]
    assert rows(sync, "SELECT title FROM jira_issues") == [("Newest",)]


@pytest.mark.parametrize(
    ("stored_as", "listed_as"),
    [(("OPS-1", "OPS"), ("OPX-1", "OPX")), (("OPS-1", "OPS"), ("OPS-9", "OPS"))],
    ids=["the project's key was changed", "another key in the project"],
)
def test_given_another_place_though_updated_did_not_move_then_the_row_follows(sync, stored_as, listed_as):
    (key, project), (new_key, new_project) = stored_as, listed_as
    store(sync, an_issue("1", key, project_key=project))

    wanted = issues_to_fetch(sync, [IssueStamp("1", new_key, NOON)], new_project)
    stored = store(sync, an_issue("1", new_key, project_key=new_project))

    assert (wanted, stored.updated, stored.renamed) == (["1"], ["1"], ["1"])
    assert rows(sync, "SELECT key, project_key FROM jira_issues") == [listed_as]
    assert rows(sync, "SELECT key FROM key_aliases") == [(key,)]


def test_given_a_row_that_was_not_found_once_when_it_is_listed_then_that_is_forgotten(sync):
    store(sync, an_issue("1", "OPS-1"))
    sync.execute("UPDATE jira_issues SET remote_missing_since = now()")

    wanted = issues_to_fetch(sync, [IssueStamp("1", "OPS-1", NOON)], "OPS")
    store(sync, an_issue("1", "OPS-1"))

    assert wanted == ["1"]
    assert rows(sync, "SELECT remote_missing_since FROM jira_issues") == [(None,)]


def test_given_a_refresh_when_stored_then_a_payload_as_old_is_taken_and_an_older_one_is_not(sync):
    store(sync, an_issue("1", "OPS-1", title="Old"), an_issue("2", "OPS-2", title="Old"))

    payloads = [
        an_issue("1", "OPS-1", title="As old"),
        an_issue("2", "OPS-2", title="Older", updated_at=NOON - timedelta(minutes=1)),
    ]
    stored = store(sync, *payloads, refresh=True)

    assert (stored.updated, stored.outdated) == (["1"], ["2"])
    assert rows(sync, "SELECT title FROM jira_issues ORDER BY key") == [("As old",), ("Old",)]


def test_given_an_edited_row_when_stored_then_nothing_of_it_is_overwritten_and_it_is_named(sync):
    store(sync, an_issue(title="Base", priority="Low"))
    edit(sync, "UPDATE jira_issues SET title = 'Mine'")

    stored = store(sync, an_issue(title="Theirs", priority="High", updated_at=LATER))

    assert [(ref.resource_id, ref.key, ref.scope) for ref in stored.to_merge] == [("10042", "OPS-7", "OPS")]
    assert rows(sync, "SELECT title, priority FROM jira_issues") == [("Mine", "Low")]


def test_given_a_write_to_jira_is_under_way_when_stored_then_the_row_is_left_to_the_merge(sync):
    store(sync, an_issue(title="Base"))
    sync.execute(
        "INSERT INTO sync_outbox (op_id, resource_type, resource_id, scope, kind, fields, local_seq, state, created_at)"
        " VALUES (gen_random_uuid(), 'jira_issue', '10042', 'OPS', 'edit', '{title}', 1, 'sent', now())"
    )

    stored = store(sync, an_issue(title="Theirs", updated_at=LATER))

    assert [ref.resource_id for ref in stored.to_merge] == ["10042"]


def test_given_a_conflict_waits_when_stored_then_the_row_is_left_to_the_merge(sync):
    store(sync, an_issue(title="Base"))
    sync.execute(
        "INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, created_at)"
        " VALUES (gen_random_uuid(), 'jira_issue', '10042', 'OPS', 'title', 'both_changed', now())"
    )

    stored = store(sync, an_issue(title="Theirs", updated_at=LATER))

    assert [ref.resource_id for ref in stored.to_merge] == ["10042"]


def test_given_fields_that_were_not_in_the_payload_when_stored_then_they_keep_their_values(sync):
    store(sync, an_issue(title="Base", priority="Low", priority_id="4", due_date="2026-03-20"))

    store(sync, an_issue(title="New", missing=array_text(["priority", "priority_id", "due_date"]), updated_at=LATER))

    found = rows(sync, "SELECT title, priority, priority_id, due_date::text FROM jira_issues")
    assert found == [("New", "Low", "4", "2026-03-20")]
    assert rows(sync, "SELECT field FROM sync_audit") == [("title",)]


def test_given_keys_that_two_issues_exchanged_when_stored_then_each_has_its_own(sync):
    store(sync, an_issue("1", "OPS-1", title="One"), an_issue("2", "OPS-2", title="Two"))

    stored = store(
        sync,
        an_issue("1", "OPS-2", title="One", updated_at=LATER),
        an_issue("2", "OPS-1", title="Two", updated_at=LATER),
    )

    assert sorted(stored.renamed) == ["1", "2"]
    assert rows(sync, "SELECT key, title FROM jira_issues ORDER BY key") == [("OPS-1", "Two"), ("OPS-2", "One")]


def test_given_a_project_made_anew_when_stored_then_the_former_holder_of_a_key_is_kept_as_moved(sync):
    store(sync, an_issue("1", "OPS-1", title="Of the old project"))

    stored = store(sync, an_issue("2", "OPS-1", title="Of the new project"))

    assert stored.inserted == ["2"]
    found = rows(sync, "SELECT jira_id, title, remote_state FROM jira_issues ORDER BY jira_id")
    assert found == [("1", "Of the old project", "moved"), ("2", "Of the new project", "present")]


def test_given_an_edit_that_comes_while_a_batch_is_stored_then_it_waits_and_is_an_edit_of_the_new_values(
    sync, other_conn
):
    store(sync, an_issue(title="Base"))
    store_issues(
        sync, issue_lines([an_issue(title="Theirs", updated_at=LATER)], ISSUES), ISSUES, run_id="run-2", now=NOON
    )
    other_conn.execute("SET lock_timeout = '50ms'")

    with pytest.raises(Exception, match="lock timeout"):
        other_conn.execute("UPDATE jira_issues SET title = 'Mine'")
    other_conn.rollback()
    sync.commit()
    other_conn.execute("UPDATE jira_issues SET title = 'Mine'")

    assert rows(other_conn, "SELECT local_modified_fields FROM jira_issues") == [({"title": "Theirs"},)]


def test_given_stamps_when_compared_then_unknown_changed_and_hidden_issues_are_to_be_fetched(sync):
    store(sync, an_issue("1", "OPS-1"), an_issue("2", "OPS-2"), an_issue("3", "OPS-3"))
    sync.execute("UPDATE jira_issues SET remote_state = 'hidden' WHERE jira_id = '3'")

    stamps = [
        IssueStamp("1", "OPS-1", NOON),
        IssueStamp("2", "OPS-2", LATER),
        IssueStamp("3", "OPS-3", NOON),
        IssueStamp("4", "OPS-4", NOON),
        IssueStamp("1", "OPS-1", None),
    ]

    assert sorted(issues_to_fetch(sync, stamps, "OPS")) == ["1", "2", "3", "4"]
    assert issues_to_fetch(sync, stamps[:1], "OPS") == []


def test_given_a_quarantined_issue_when_compared_then_it_is_to_be_fetched_only_when_it_changed(sync):
    quarantine_record(sync, "jira", "OPS", "9", updated_at=NOON, payload={}, reason="no title", now=NOON)

    assert issues_to_fetch(sync, [IssueStamp("9", "OPS-9", NOON)], "OPS") == []
    assert issues_to_fetch(sync, [IssueStamp("9", "OPS-9", LATER)], "OPS") == ["9"]

    release_records(sync, "jira", ["9"])
    assert issues_to_fetch(sync, [IssueStamp("9", "OPS-9", NOON)], "OPS") == ["9"]


def test_given_satellites_when_replaced_then_those_of_other_issues_stay(sync):
    replace_satellites(sync, "issue_sprints", [], b"1\t7\n2\t7\n")

    replace_satellites(sync, "issue_sprints", ["1"], b"1\t8\n")

    assert rows(sync, "SELECT * FROM issue_sprints ORDER BY jira_id") == [("1", 8), ("2", 7)]


def test_given_a_user_without_a_name_when_stored_then_a_known_name_stays(sync):
    store_users(sync, [User("acc-1", "Ann", active=True)])

    store_users(sync, [User("acc-1", "", active=True)])

    assert rows(sync, "SELECT display_name FROM users") == [("Ann",)]


def test_given_a_status_without_a_category_when_it_is_renamed_then_its_issues_follow_and_have_none(sync):
    store_statuses(sync, [Status("3", "Waiting", "undefined")], ISSUES)
    store(sync, an_issue(status="Waiting", status_id="3"))

    store_statuses(sync, [Status("3", "On hold", "undefined")], ISSUES)

    assert rows(sync, "SELECT status, status_category FROM jira_issues") == [("On hold", None)]


def test_given_one_twice_in_an_answer_when_stored_then_it_is_taken_once_as_it_came_last(sync):
    store_users(sync, [User("acc-1", "Ann", active=True), User("acc-1", "Anna", active=True)])
    store_statuses(sync, [Status("3", "Doing", "indeterminate"), Status("3", "In Progress", "indeterminate")], ISSUES)
    store_priorities(sync, [Priority("2", "High", 1), Priority("2", "Urgent", 1)], ISSUES)
    store_sprints(sync, [a_sprint("S1"), a_sprint("Sprint 1")], ISSUES)

    found = [rows(sync, f"SELECT {name} FROM {table}") for table, name in TABLES_OF_NAMES]
    assert found == [[("Anna",)], [("In Progress",)], [("Urgent",)], [("Sprint 1",)]]


TABLES_OF_NAMES = (("users", "display_name"), ("statuses", "name"), ("priorities", "name"), ("sprints", "name"))


def a_sprint(name: str) -> Sprint:
    return Sprint(5, name, "active", None, None, None, None, None)


def test_given_a_renamed_status_when_stored_then_clean_issues_show_it_and_stay_clean(sync):
    store_statuses(sync, [Status("3", "In Progress", "indeterminate")], ISSUES)
    store(
        sync,
        an_issue("1", "OPS-1", status="In Progress", status_id="3", status_category="indeterminate"),
        an_issue("2", "OPS-2", status="In Progress", status_id="3", status_category="indeterminate"),
    )
    edit(sync, "UPDATE jira_issues SET status = 'Done' WHERE key = 'OPS-2'")

    store_statuses(sync, [Status("3", "Doing", "indeterminate")], ISSUES)

    found = rows(sync, "SELECT status, local_modified_fields FROM jira_issues ORDER BY key")
    assert found == [("Doing", {}), ("Done", {"status": "In Progress"})]
    fits = "SELECT content_hash = jira_issue_content_hash(i) FROM jira_issues i WHERE key = 'OPS-1'"
    assert rows(sync, fits) == [(True,)]


def test_given_a_renamed_priority_when_stored_then_clean_issues_show_it(sync):
    store_priorities(sync, [Priority("2", "High", 1)], ISSUES)
    store(sync, an_issue(priority="High", priority_id="2"))

    store_priorities(sync, [Priority("2", "Urgent", 1)], ISSUES)

    assert rows(sync, "SELECT priority FROM jira_issues") == [("Urgent",)]


def test_given_a_name_that_was_changed_behind_the_triggers_back_then_a_new_one_does_not_hide_that(sync):
    store_names(sync, RESOLUTIONS, [Called("1", "Done")], ISSUES)
    store(sync, an_issue(resolution="Done", resolution_id="1"))
    sync.execute("UPDATE jira_issues SET title = 'behind its back'")

    store_names(sync, RESOLUTIONS, [Called("1", "Finished")], ISSUES)

    fits = "SELECT resolution, content_hash = jira_issue_content_hash(i) FROM jira_issues i"
    assert rows(sync, fits) == [("Done", False)]


def test_a_watermark_only_moves_forwards(sync):
    note_opened(sync, "jira", "OPS", account_id="acc-1")
    advance_watermark(sync, "jira", "OPS", LATER, full_at=LATER)

    advance_watermark(sync, "jira", "OPS", NOON)
    advance_watermark(sync, "jira", "OPS", None)

    assert read_watermark(sync, "jira", "OPS") == Watermark("acc-1", LATER, LATER, field_ids={})
    assert read_watermark(sync, "jira", "EUV") == Watermark()


def test_given_another_run_stores_a_new_issue_in_between_then_the_batch_takes_it_as_known(
    sync: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_keys = issues._free_keys

    def meanwhile(conn: Connection, rows: Sequence[IssueLine]) -> None:
        monkeypatch.setattr(issues, "_free_keys", free_keys)
        with Database(database_url) as other, other.transaction(origin="sync") as conn_of_other:
            store_issues(
                conn_of_other,
                issue_lines([an_issue("1", "OPS-1", title="Old")], ISSUES),
                ISSUES,
                run_id="other",
                now=NOON,
            )
        free_keys(conn, rows)

    monkeypatch.setattr(issues, "_free_keys", meanwhile)

    stored = store(sync, an_issue("1", "OPS-1", title="New", updated_at=LATER), an_issue("2", "OPS-2", title="Other"))

    assert (stored.inserted, stored.updated) == (["2"], ["1"])
    assert rows(sync, "SELECT title FROM jira_issues ORDER BY key") == [("New",), ("Other",)]


def test_given_a_new_issue_has_the_key_that_a_known_one_gives_up_then_both_are_stored(sync: Connection) -> None:
    store(sync, an_issue("1", "OPS-1"))

    stored = store(sync, an_issue("2", "OPS-1", updated_at=LATER), an_issue("1", "WEB-1", updated_at=LATER))

    assert (stored.inserted, stored.updated) == (["2"], ["1"])
    assert rows(sync, "SELECT jira_id, key, remote_state FROM jira_issues ORDER BY jira_id")[1] == (
        "2",
        "OPS-1",
        "present",
    )
    assert rows(sync, "SELECT key, remote_state FROM jira_issues WHERE jira_id = '1'") == [("WEB-1", "present")]


def test_each_column_of_a_payload_is_compared_with_what_is_stored():
    query = named_queries("issues")["lock_takable_issues"]
    told = {name for name in IssueRow._fields if f"i.{name}" in query and f"p.{name}" in query}

    assert set(IssueRow._fields) - told == {"jira_id", "missing", "custom_empty"}


def test_given_an_id_that_comments_of_two_new_issues_have_when_stored_then_it_is_taken_once_and_stops_nothing(sync):
    store(sync, an_issue("1", "OPS-1"), an_issue("2", "OPS-2"))
    lines = b"".join(
        b"%s\t%s\tOPS-%s#%s\tOPS-%s\tOPS\tann\t2026-01-01Z\t\\N\tSome\t\\N\t\\N\n"
        % (issue, number, issue, number, issue)
        for issue, number in ((b"1", b"7"), (b"2", b"7"), (b"2", b"8"))
    )

    insert_hanging(sync, JIRA_COMMENT.table, ["1", "2"], lines)
    insert_hanging(sync, JIRA_COMMENT.table, ["2"], lines)

    assert rows(sync, "SELECT key FROM comments ORDER BY key") == [("OPS-1#7",), ("OPS-2#8",)]
