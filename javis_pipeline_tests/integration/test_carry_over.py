"""Descriptions that an earlier release wrote go over to today's form as if nothing had happened."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.watermarks import note_opened
from javis_pipeline.sync.richtext.description import Edited, apply_local_edit
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.systems.jira.carry_over import carry_over_descriptions
from javis_pipeline_tests.property.adf_documents import paragraph, text

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADF: dict[str, Any] = {
    "type": "doc",
    "version": 1,
    "content": [
        paragraph("Before"),
        {
            "type": "table",
            "attrs": {"layout": "wide"},
            "content": [
                {"type": "tableRow", "content": [{"type": "tableCell", "content": [paragraph(part)]} for part in "ab"]}
            ],
        },
        {
            "type": "taskList",
            "attrs": {"localId": "l"},
            "content": [{"type": "taskItem", "attrs": {"localId": "t", "state": "DONE"}, "content": [text("ship")]}],
        },
    ],
}
OLD = "Before\n\n::: table\n| a | b |\n| --- | --- |\n:::\n\n::: taskList\n- [x] ship\n:::"
NEW = "Before\n\n| a | b |\n| --- | --- |\n\n- [x] ship"


def an_issue(conn: Connection, number: int, *, local: str | None = None) -> str:
    """An issue as the earlier release kept it; `local` is what somebody made of its description."""
    conn.execute("SET javis.origin = 'sync'")
    conn.execute(
        """
        INSERT INTO jira_issues (jira_id, key, project_key, title, issue_type, status, created_at, remote_updated_at,
                                 description, description_adf, remote_state)
        VALUES (%(id)s, %(key)s, 'OPS', 'Title', 'Task', 'Open', %(now)s, %(now)s, %(text)s, %(adf)s, 'present')
        """,
        {"id": str(number), "key": f"OPS-{number}", "now": NOON, "text": OLD, "adf": json.dumps(ADF)},
    )
    conn.execute("UPDATE jira_issues r SET content_hash = jira_issue_content_hash(r) WHERE jira_id = %s", [str(number)])
    conn.execute("SET javis.origin = ''")
    if local is not None:
        conn.execute("UPDATE jira_issues SET description = %s WHERE jira_id = %s", [local, str(number)])
    conn.commit()
    return str(number)


def state(conn: Connection, jira_id: str) -> tuple[Any, ...]:
    row = conn.execute(
        """
        SELECT description, local_modified_fields, sync_status::text AS status, local_seq,
               content_hash = jira_issue_base_hash(r) AS marked
          FROM jira_issues AS r WHERE jira_id = %s
        """,
        [jira_id],
    ).fetchone()
    assert row is not None
    return tuple(row.values())


@pytest.fixture
def scope(conn: Connection) -> Connection:
    note_opened(conn, "jira", "OPS", account_id="me")
    conn.commit()
    return conn


def test_given_a_clean_row_when_carried_over_then_it_is_clean_in_the_new_form(
    scope: Connection, database: Database
) -> None:
    jira_id = an_issue(scope, 1)

    assert carry_over_descriptions(database, "OPS") == 1

    assert state(scope, jira_id) == (NEW, {}, "synced", 0, True)
    assert carry_over_descriptions(database, "OPS") == 0


@pytest.mark.parametrize(
    ("edited", "carried", "sent"),
    [
        pytest.param(OLD.replace("Before", "After"), NEW.replace("Before", "After"), "After", id="beside the table"),
        pytest.param(OLD.replace("| b |", "| B |"), NEW.replace("| b |", "| B |"), "B", id="in the table"),
        pytest.param(OLD + "\n\nmore", NEW + "\n\nmore", "more", id="below"),
        pytest.param(OLD.replace("[x]", "[ ]"), NEW.replace("[x]", "[ ]"), "TODO", id="a task"),
    ],
)
def test_given_an_edit_when_carried_over_then_it_is_the_same_edit(
    scope: Connection, database: Database, edited: str, carried: str, sent: str
) -> None:
    jira_id = an_issue(scope, 1, local=edited)

    carry_over_descriptions(database, "OPS")

    now, bases, status, seq, marked = state(scope, jira_id)
    assert (now, bases, status, seq, marked) == (carried, {"description": NEW}, "local_modified", 1, True)
    edit = apply_local_edit(ADF, NEW, now)
    assert isinstance(edit, Edited)
    assert edit.doc is not None
    assert adf_to_markdown(edit.doc) == carried
    assert sum(part not in ADF["content"] for part in edit.doc["content"]) == 1
    assert sent in json.dumps(edit.doc)


def test_given_a_text_changed_behind_the_trigger_when_carried_over_then_it_is_left_as_it_is(
    scope: Connection, database: Database
) -> None:
    jira_id = an_issue(scope, 1)
    scope.execute("SET javis.origin = 'sync'")
    scope.execute("UPDATE jira_issues SET description = 'unseen'")
    scope.commit()

    assert carry_over_descriptions(database, "OPS") == 0

    assert state(scope, jira_id)[0] == "unseen"


def test_given_conflicts_and_operations_when_carried_over_then_they_show_the_new_form_and_nothing_is_told(
    scope: Connection, database: Database
) -> None:
    edited = OLD.replace("Before", "Ours")
    jira_id = an_issue(scope, 1, local=edited)
    theirs = {**ADF, "content": [paragraph("Theirs"), *ADF["content"][1:]]}
    values = json.dumps(OLD), json.dumps(edited), json.dumps(OLD.replace("Before", "Theirs")), json.dumps(theirs)
    scope.execute("SET javis.origin = 'sync'")
    scope.execute(
        """
        INSERT INTO sync_conflicts (id, resource_type, resource_id, scope, field_name, kind, base_value, local_value,
                                    remote_value, remote_raw, created_at)
        VALUES (%s, 'jira_issue', %s, 'OPS', 'description', 'both_changed', %s, %s, %s, %s, %s)
        """,
        [uuid4(), jira_id, *values, NOON],
    )
    scope.execute(
        """
        INSERT INTO sync_outbox (op_id, resource_type, resource_id, scope, kind, fields, local_values, local_seq,
                                 created_at)
        VALUES (%s, 'jira_issue', %s, 'OPS', 'edit', '{description}', %s, 1, %s)
        """,
        [uuid4(), jira_id, json.dumps({"description": edited}), NOON],
    )
    journal = "SELECT (SELECT count(*) FROM local_edits) AS edits, (SELECT count(*) FROM sync_audit) AS audit"
    before = scope.execute(journal).fetchone()
    scope.commit()

    carry_over_descriptions(database, "OPS")

    shown = scope.execute("SELECT base_value, local_value, remote_value FROM sync_conflicts").fetchone()
    assert shown is not None
    assert list(shown.values()) == [NEW, NEW.replace("Before", "Ours"), NEW.replace("Before", "Theirs")]
    operation = scope.execute("SELECT local_values FROM sync_outbox").fetchone()
    assert operation == {"local_values": {"description": NEW.replace("Before", "Ours")}}
    assert scope.execute(journal).fetchone() == before
