"""Advice in the database: kept once for each context, expired, accepted into local edits, rejected for good."""

import threading
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.suggestions import vocabulary
from javis_pipeline.errors import UsageError
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.suggestion import Action, Advice, AdviceScope, Suggestion
from javis_pipeline.steps.accept import accept, reject
from javis_pipeline.steps.suggest import StoredAdvice, epic_scope, projects_of_sprint, suggest, ungrounded
from javis_pipeline_tests.contexts import ANN, BOB, NOW, a_context, a_load, a_risk, an_issue_brief

ISSUES: dict[str, dict[str, Any]] = {
    "OQC-1": {"status": "To Do", "priority": "Medium"},
    "OQC-2": {"status": "To Do", "priority": "Low"},
    "OQC-3": {"status": "To Do", "priority": "Low", "issue_type": "Epic", "hierarchy_level": 1},
    "OQC-4": {"status": "To Do", "priority": "Low", "parent_key": "OQC-3"},
    "OQC-5": {"status": "To Do", "priority": "Low", "epic_key": "OQC-3"},
    "OQC-6": {"status": "To Do", "priority": "Low", "parent_key": "OQC-5"},
}


@pytest.fixture
def db(database: Database) -> Database:
    with database.transaction(origin="sync") as conn:
        for rank, name in enumerate(("Highest", "High", "Medium", "Low")):
            conn.execute("INSERT INTO priorities VALUES (%s, %s, %s)", [str(rank), name, rank])
        for person in (ANN, BOB):
            conn.execute("INSERT INTO users VALUES (%s, %s, true)", [person.account_id, person.display_name])
        for key, columns in ISSUES.items():
            store_issue(conn, key, columns)
    return database


def store_issue(conn: Connection, key: str, columns: Mapping[str, Any]) -> None:
    row = {"jira_id": key.replace("OQC-", "1000"), "key": key, "project_key": "OQC", **columns}
    names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    conn.execute(f"INSERT INTO jira_issues ({names}) VALUES ({values})".encode(), row)


def a_held_up_project(**parts: Any) -> WorkContext:
    """OQC-1 holds up OQC-4 and is nobody's; OQC-2 is late."""
    return a_context(
        risks=(
            a_risk("blocks_many", "OQC-1", "OQC-4"),
            a_risk("blocked", "OQC-4", "OQC-1"),
            a_risk("overdue", "OQC-2", severity="medium"),
        ),
        issues=(
            an_issue_brief("OQC-1"),
            an_issue_brief("OQC-2", priority="Low"),
            an_issue_brief("OQC-4", priority="Low"),
        ),
        workload=(a_load("ann", in_progress=4), a_load("bob")),
        people=(ANN, BOB),
        **parts,
    )


def advised(db: Database, context: WorkContext | None = None, *, hours: int = 0, claude: Any = None) -> StoredAdvice:
    return suggest(db, claude, context or a_held_up_project(), AdviceScope(), now=NOW + timedelta(hours=hours))


def states(db: Database) -> dict[str, str]:
    return {
        row["title"]: row["state"] for row in db.query("SELECT title, state FROM ai_suggestions ORDER BY created_at")
    }


def edits(db: Database) -> list[tuple[str, Any, str]]:
    rows = db.query("SELECT field, new, application FROM local_edits ORDER BY field")
    return [(row["field"], row["new"], row["application"]) for row in rows]


class Answering:
    """A Claude that says what it was told to."""

    def __init__(self, answer: Advice) -> None:
        self.answer = answer
        self.asked = 0

    def generate_suggestions(self, context: WorkContext, **_: Any) -> Advice:
        self.asked += 1
        return self.answer


def test_given_an_unchanged_context_then_the_same_rows_come_back(db: Database) -> None:
    first, second = advised(db), advised(db, hours=1)

    assert (first.reused, second.reused) == (False, True)
    assert [row["id"] for row in second.suggestions] == [row["id"] for row in first.suggestions]
    assert first.names == {"bob": "Bob Miller"}
    assert db.query("SELECT count(*) AS n FROM ai_advice") == [{"n": 1}]


def test_given_a_changed_context_then_what_was_proposed_before_expires(db: Database) -> None:
    advised(db)
    again = advised(db, a_held_up_project(unassigned_open=3), hours=1)

    assert [row["state"] for row in db.query("SELECT state FROM ai_suggestions ORDER BY created_at, rank")] == [
        "expired", "expired", "proposed", "proposed",
    ]  # fmt: skip
    assert not again.reused


def test_given_the_rules_answered_for_claude_when_claude_is_back_then_it_is_asked_and_the_rules_answer_expires(
    db: Database,
) -> None:
    advised(db)
    claude = Answering(Advice("claude", "claude-x", ()))

    advice = advised(db, hours=1, claude=claude)
    advised(db, hours=2, claude=claude)

    assert (advice.engine, advice.model, claude.asked) == ("claude", "claude-x", 1)
    assert set(states(db).values()) == {"expired"}


def test_given_claude_is_out_for_long_then_the_rules_answer_is_kept_once_and_its_ids_stay(db: Database) -> None:
    claude = Answering(Advice("rules", None, (), notes=("The rules answer in Claude's place: busy.",)))
    first = advised(db)

    second = advised(db, hours=1, claude=claude)

    assert [row["id"] for row in second.suggestions] == [row["id"] for row in first.suggestions]
    assert second.notes == ("The rules answer in Claude's place: busy.",)
    assert db.query("SELECT notes FROM ai_advice") == [{"notes": list(second.notes)}]


def test_given_a_suggestion_when_accepted_then_it_is_a_local_edit_of_the_ai_that_waits_to_be_pushed(
    db: Database,
) -> None:
    advice = advised(db)

    done = accept(db, str(advice.suggestions[0]["id"])[:8], by="dana", now=NOW)

    assert [(action.kind, action.value) for action in done.edits] == [("set_priority", "High"), ("assign", "bob")]
    assert edits(db) == [("assignee_id", "bob", "ai"), ("priority", "High", "ai")]
    (issue,) = db.query("SELECT sync_status::text, local_modified_fields FROM jira_issues WHERE key = 'OQC-1'")
    assert issue == {
        "sync_status": "local_modified", "local_modified_fields": {"priority": "Medium", "assignee_id": None},
    }  # fmt: skip
    (row,) = db.query("SELECT state, decided_by FROM ai_suggestions WHERE rank = 1")
    assert row == {"state": "accepted", "decided_by": "dana"}


def test_given_a_draft_when_accepted_then_nothing_is_edited(db: Database) -> None:
    advice = advised(db)

    done = accept(db, str(advice.suggestions[1]["id"]), by="dana", now=NOW)

    assert done.edits == ()
    assert [action.kind for action in done.drafts] == ["comment_draft"]
    assert edits(db) == []


@pytest.mark.parametrize(("allowed", "made"), [(["OQC"], ["First half", "Second half"]), ([], [])], ids=["on", "off"])
def test_given_a_split_when_accepted_then_its_parts_stand_beside_the_issue_where_that_is_allowed(
    db: Database, allowed: list[str], made: list[str]
) -> None:
    parts = Action("split", "OQC-1", "First half; Second half")
    answer = Suggestion("overdue", "Split OQC-1", "It is big.", ("OQC-1",), ("overdue:OQC-1",), (parts,), 0.8)
    advice = advised(db, claude=Answering(Advice("claude", "m", (answer,))))
    with db.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET issue_type = 'Story' WHERE key = 'OQC-1'")
        store_policies(conn, [Policy("jira", key, "create", "on", "JAVIS_CREATE") for key in allowed])

    done = accept(db, str(advice.suggestions[0]["id"]), by="dana", now=NOW)

    made_here = "SELECT title, issue_type, project_key FROM jira_issues WHERE remote_state = 'wanted' ORDER BY title"
    rows = db.query(made_here)
    like = db.query("SELECT issue_type, project_key FROM jira_issues WHERE key = 'OQC-1'")[0]
    assert rows == [{"title": title, **like} for title in made]
    assert len(done.edits) == len(made) // 2
    assert done.drafts == (() if made else (parts,))


@pytest.mark.parametrize("decide", [accept, reject])
def test_given_a_decision_when_it_is_made_again_then_it_is_refused_by_name(db: Database, decide: Any) -> None:
    advice = advised(db)
    prefix = str(advice.suggestions[0]["id"])[:8]
    decide(db, prefix, by="dana", now=NOW)
    before = edits(db)

    with pytest.raises(UsageError, match=f"was {decide.__name__}ed before by dana"):
        accept(db, prefix, by="eve", now=NOW)

    assert edits(db) == before


def test_given_an_expired_suggestion_when_accepted_then_it_says_so_and_does_nothing(db: Database) -> None:
    old = advised(db)
    advised(db, a_held_up_project(unassigned_open=3), hours=1)

    with pytest.raises(UsageError, match="has expired"):
        accept(db, str(old.suggestions[0]["id"]), by="dana", now=NOW)

    assert edits(db) == []


STALE = [
    pytest.param(
        "UPDATE jira_issues SET priority = 'Low' WHERE key = 'OQC-1'", 0, "changed since .*priority", id="field"
    ),
    pytest.param(
        "UPDATE jira_issues SET status = 'Done' WHERE key = 'OQC-1'", 0, "changed since .*status", id="status"
    ),
    pytest.param(
        "UPDATE jira_issues SET remote_state = 'gone' WHERE key = 'OQC-1'", 0, "not there any more", id="gone"
    ),
    pytest.param("DELETE FROM jira_issues WHERE key = 'OQC-1'", 0, "not there any more", id="deleted"),
    pytest.param("UPDATE jira_issues SET status = 'Done' WHERE key = 'OQC-2'", 1, "changed since .*status", id="draft"),
    pytest.param(
        "UPDATE jira_issues SET local_deleted_at = now() WHERE key = 'OQC-2'",
        1,
        "not there any more",
        id="draft, deleted",
    ),
]


@pytest.mark.parametrize(("change", "rank", "message"), STALE)
def test_given_the_issue_changed_since_when_accepted_then_it_says_so_and_does_nothing(
    db: Database, change: str, rank: int, message: str
) -> None:
    advice = advised(db)
    with db.transaction(origin="sync") as conn:
        conn.execute(change.encode())

    with pytest.raises(UsageError, match=message):
        accept(db, str(advice.suggestions[rank]["id"]), by="dana", now=NOW)

    assert edits(db) == []
    assert set(states(db).values()) == {"proposed"}


def test_given_two_sessions_when_both_accept_then_one_does_it_and_the_other_is_told(db: Database) -> None:
    suggestion_id = str(advised(db).suggestions[0]["id"])
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def session(name: str) -> None:
        with Database(db.url) as own:
            start.wait()
            try:
                accept(own, suggestion_id, by=name, now=NOW)
                outcomes.append("done")
            except UsageError as error:
                outcomes.append(str(error).rpartition(" by ")[0])

    threads = [threading.Thread(target=session, args=(name,)) for name in ("dana", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", f"suggestion {suggestion_id} was accepted before"]
    assert len(edits(db)) == 2


def test_given_a_rejection_then_the_same_is_not_proposed_again_for_two_weeks(db: Database) -> None:
    reject(db, str(advised(db).suggestions[0]["id"]), by="dana", now=NOW)

    shown = advised(db, hours=1)
    next_day = advised(db, a_held_up_project(unassigned_open=3), hours=24)
    later = advised(db, a_held_up_project(unassigned_open=4), hours=15 * 24)

    assert [row["state"] for row in shown.suggestions] == ["rejected", "proposed"]
    assert [row["kind"] for row in next_day.suggestions] == ["overdue"]
    assert next_day.dropped == {"rejected before": 1}
    assert [row["kind"] for row in later.suggestions] == ["blocks_many", "overdue"]


@pytest.mark.parametrize(
    ("prefix", "message"),
    [("1", "too short"), ("zzzzzzzz", "there is no suggestion"), ("____", "there is no suggestion")],
    ids=["a rank", "unknown", "wildcards"],
)
def test_given_no_id_then_accepting_says_what_is_wrong(db: Database, prefix: str, message: str) -> None:
    advised(db)

    with pytest.raises(UsageError, match=message):
        accept(db, prefix, by="dana", now=NOW)


def test_given_rows_that_no_longer_stand_on_the_context_then_they_are_named(db: Database) -> None:
    context = a_held_up_project()
    advised(db, context)

    gone = a_context(risks=context.risks[:2], issues=context.issues)

    assert ungrounded(db, context) == []
    assert ungrounded(db, gone) == ["Ask which date OQC-2 “Title of OQC-2” can keep: it is overdue"]


def test_an_epic_has_its_issues_and_their_sub_tasks(db: Database) -> None:
    assert epic_scope(db, a_context(), "OQC-3").issue_keys == frozenset({"OQC-3", "OQC-4", "OQC-5", "OQC-6"})


@pytest.mark.parametrize("key", ["OQC-1", "OQC-99", "EUV-1"])
def test_what_is_no_epic_of_the_project_is_refused(db: Database, key: str) -> None:
    with pytest.raises(UsageError, match=f"{key} is no epic of project OQC here; open epics: none"):
        epic_scope(db, a_context(), key)


def test_given_a_sprint_of_one_project_then_only_that_project_is_asked_about(db: Database) -> None:
    with db.transaction(origin="sync") as conn:
        conn.execute("INSERT INTO sprints (sprint_id, name, state) VALUES (31, 'Sprint 31', 'active')")
        conn.execute("INSERT INTO issue_sprints VALUES ('10001', 31)")

    assert projects_of_sprint(db, "sprint 31", ["EUV", "OQC"]) == ["OQC"]
    with pytest.raises(UsageError, match="no sprint of EUV is called 'Sprint 31'"):
        projects_of_sprint(db, "Sprint 31", ["EUV"])


def test_given_values_of_the_project_then_only_those_are_on_offer(db: Database) -> None:
    with db.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET labels = '{flaky}', due_date = %s WHERE key = 'OQC-1'", [date(2026, 3, 9)])
        conn.execute("UPDATE users SET active = false WHERE account_id = 'ann'")
        words = vocabulary(conn, "OQC")

    assert words.priorities == ("Highest", "High", "Medium", "Low")
    assert words.account_ids == {"bob"}
    assert words.labels == {"flaky"}
