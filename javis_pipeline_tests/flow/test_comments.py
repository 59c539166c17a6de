"""Comments are written on both sides: with PostgreSQL and a site behind a socket."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.status import scope_status
from javis_pipeline.records.create import Made
from javis_pipeline.records.policy import Policy
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.issues import Comment
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.sites import NOON, settings_for

POSTS = "/rest/api/3/issue/*/comment"
ONE = "/rest/api/3/issue/*/comment/*"
WRITTEN = {"comments": ("OPS",), "worklogs": ("OPS",), "links": ("OPS",)}
POLICIES = [
    Policy("jira", "OPS", "create", "on", "JAVIS_CREATE"),
    Policy("jira", "OPS", "comments", "on", "JAVIS_COMMENTS"),
    Policy("jira", "OPS", "worklogs", "on", "JAVIS_WORKLOGS"),
    Policy("jira", "OPS", "links", "on", "JAVIS_LINKS"),
]


@dataclass
class Talk:
    """A project on both sides, with an issue OPS-1 on which somebody else has commented."""

    database: Database
    world: World
    client: JiraClient
    runs: int = 0

    def job(self) -> Job:
        self.runs += 1
        return Job(
            db=self.database,
            system=JiraSystem(self.client, scopes=("OPS",), creating=("OPS",), written=WRITTEN),
            key="OPS",
            run_id=f"run-{self.runs}",
            clock=self.world.clock.now,
        )

    def sync(self, after: timedelta = timedelta(hours=1)) -> WrittenBack:
        self.world.clock.advance(after)
        pull_scope(self.job())
        return write_back_scope(self.job())

    def side(self, number: int = 1) -> Side:
        job = self.job()
        return sides_of(job, job.open())[number]

    def say(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """What an application does."""
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            cursor = conn.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def comment(self, body: str, issue: str = "OPS-1", **more: Any) -> str:
        """The name of a new comment."""
        given = {"issue_key": issue, "body": body, **more}
        names, values = ", ".join(given), ", ".join(f"%({name})s" for name in given)
        (row,) = self.say(f"INSERT INTO comments ({names}) VALUES ({values}) RETURNING record_id, key", **given)
        return str(row["record_id"])

    def row(self, record_id: str, table: LiteralString = "comments") -> dict[str, Any]:
        (row,) = self.database.query(f"SELECT * FROM {table} WHERE record_id = %(id)s", {"id": record_id})
        return row

    def there(self, issue: str = "OPS-1") -> list[Comment]:
        found = self.world.jira.find(issue)
        assert found is not None
        return self.world.jira.comments(found)

    def texts(self, issue: str = "OPS-1") -> list[str]:
        return [
            str(adf_to_markdown(self.world.jira.renderer.text(one.body))).split("\n", maxsplit=1)[0]  # type: ignore[arg-type]
            for one in self.there(issue)
        ]

    def posted(self) -> int:
        posts = self.world.exchanges.matching("POST")
        return sum(one.path.endswith("/comment") for one in posts)

    def goes_wrong(self, kind: FaultKind, method: str = "POST", path: str = POSTS, **where: Any) -> None:
        self.world.faults.add(Rule(Fault(kind), method=method, path=path, **where))


@contextmanager
def talking(database: Database) -> Iterator[Talk]:
    with database.transaction() as conn:
        store_policies(conn, POLICIES)
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create("OPS", "Old", priority="Medium")
        world.jira.comment("OPS-1", "Theirs", by="Mara")
        token = world.credentials.api_token
        with JiraClient(
            world.base_url, "us@example.com", token, limits=Limits(tries=2), sleep=lambda _: None
        ) as client:
            talk = Talk(database, world, client)
            talk.sync()
            world.exchanges.clear()
            yield talk


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    with talking(database) as sides:
        yield sides


def test_given_a_comment_that_is_inserted_edited_and_deleted_here_then_jira_follows(talk: Talk) -> None:
    name = talk.comment("Ours, with *stars*\n\n- one\n- two")
    wished = talk.row(name)
    talk.sync()
    made = talk.row(name)
    talk.say("UPDATE comments SET body = 'Ours, better' WHERE record_id = %(id)s", id=name)
    talk.sync()
    edited, texts = talk.row(name), talk.texts()
    (status,) = [one for one in scope_status(talk.database) if one["system"] == "jira"]
    talk.say("DELETE FROM comments WHERE record_id = %(id)s", id=name)
    done = talk.sync()

    assert (wished["comment_id"], wished["remote_state"], wished["jira_id"]) == (None, "wanted", made["jira_id"])
    assert wished["key"].startswith("OPS-1-new-")
    assert made["key"] == f"OPS-1#{made['comment_id']}"
    assert (status["records"], status["unpushed"]) == (1, 0)
    assert (made["remote_state"], made["sync_status"], made["local_modified_fields"]) == ("present", "synced", {})
    assert (edited["sync_status"], edited["sync_errors"], texts) == ("synced", {}, ["Theirs", "Ours, better"])
    assert (done.pushed.confirmed, talk.texts(), talk.posted()) == (1, ["Theirs"], 1)
    assert talk.row(name)["remote_state"] == "gone"
    talk.world.jira.edit("OPS-1", title="Another")
    talk.sync()
    assert [row["body"] for row in talk.database.query("SELECT body FROM comments")] == ["Theirs"]


def test_given_a_comment_on_an_issue_that_is_not_made_yet_then_it_follows_it(talk: Talk) -> None:
    (issue,) = talk.say(
        "INSERT INTO jira_issues (project_key, issue_type, title) VALUES ('OPS', 'Task', 'New') RETURNING key"
    )
    names = [talk.comment(f"Number {n}", issue["key"].lower()) for n in range(3)]
    talk.say("UPDATE comments SET body = 'Number none' WHERE record_id = %(id)s", id=names[0])

    talk.sync()

    assert talk.texts("OPS-2") == ["Number none", "Number 1", "Number 2"]
    assert {talk.row(name)["issue_key"] for name in names} == {"OPS-2"}
    assert {talk.row(name)["sync_status"] for name in names} == {"synced"}


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.SERVER_ERROR, FaultKind.CUT_BODY, FaultKind.LATE])
def test_given_a_reply_that_is_lost_then_the_comment_is_there_once(talk: Talk, kind: FaultKind) -> None:
    name = talk.comment("Once")
    talk.goes_wrong(kind, first=1, last=1)
    talk.sync()
    talk.world.faults.clear()
    for _ in range(3):
        talk.sync(timedelta(minutes=20))

    assert talk.texts() == ["Theirs", "Once"]
    assert (talk.posted(), talk.row(name)["sync_status"]) == (1, "synced")
    assert [row["body"] for row in talk.database.query("SELECT body FROM comments ORDER BY body")] == ["Once", "Theirs"]


def test_given_a_request_that_never_arrived_then_it_is_sent_again_after_the_horizon_only(talk: Talk) -> None:
    name = talk.comment("Twice asked")
    talk.goes_wrong(FaultKind.LOST_REQUEST, first=1, last=1)
    talk.sync()
    early = [talk.sync(timedelta(minutes=7)) and talk.posted() for _ in range(2)]
    for _ in range(3):
        talk.sync(timedelta(minutes=12))

    assert early == [1, 1]
    assert (talk.texts(), talk.posted()) == (["Theirs", "Twice asked"], 2)
    assert talk.row(name)["sync_status"] == "synced"


def test_given_a_lost_reply_and_a_site_without_marks_then_a_person_is_asked(talk: Talk) -> None:
    name = talk.comment("Unmarked")
    talk.goes_wrong(FaultKind.LOST_REPLY, first=1, last=1)
    talk.sync()
    talk.there()[-1].properties.clear()
    for _ in range(3):
        talk.sync(timedelta(minutes=20))
    asked = talk.database.query("SELECT kind, details, record_id FROM sync_conflicts WHERE state = 'open'")
    books = talk.job()
    wishes = next(book.wishes for book in books.all_books if book.wishes.wanted())
    (comment,) = [one for one in talk.there() if one.author != talk.there()[0].author]
    made = Made(remote_id=str(comment.id), key=f"OPS-1#{comment.id}")
    answer_creation(wishes, asked[0]["record_id"], "is", made, by="ann", now=talk.world.clock.now())
    talk.sync()

    assert [row["kind"] for row in asked] == ["creation_unknown"]
    assert asked[0]["details"]["alike"][0]["key"] == f"OPS-1#{comment.id}"
    assert (talk.posted(), talk.texts()) == (1, ["Theirs", "Unmarked"])
    assert talk.row(name)["sync_status"] == "synced"


def test_given_edits_on_both_sides_then_blocks_are_merged_and_overlaps_are_asked_about(talk: Talk) -> None:
    name = talk.comment("First block\n\nSecond block")
    talk.sync()
    row = talk.row(name)
    ours = talk.there()[-1]

    talk.say("UPDATE comments SET body = 'First, ours\n\nSecond block' WHERE record_id = %(id)s", id=name)
    _edit_there(talk, ours, "First block", "Second, theirs")
    talk.sync()
    merged = talk.row(name)
    talk.say("UPDATE comments SET body = 'Ours again\n\nSecond, theirs' WHERE record_id = %(id)s", id=name)
    _edit_there(talk, ours, "Theirs again", "Second, theirs")
    talk.sync()
    (conflict,) = talk.database.query("SELECT id, kind, field_name FROM sync_conflicts WHERE state = 'open'")
    side = talk.side()
    resolve(side.store, conflict["id"], "local", side.run, by="ann")
    talk.sync()

    assert row["body"] == "First block\n\nSecond block"
    assert (merged["body"], merged["sync_status"]) == ("First, ours\n\nSecond, theirs", "synced")
    assert (conflict["kind"], conflict["field_name"]) == ("both_changed", "body")
    assert talk.texts()[-1] == "Ours again"
    assert talk.row(name)["sync_status"] == "synced"


def _edit_there(talk: Talk, comment: Comment, *blocks: str) -> None:
    """Somebody who may edit everybody's comments does. The issue does not tell."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in blocks]
    issue = talk.world.jira.find("OPS-1")
    assert issue is not None
    talk.world.clock.advance(timedelta(minutes=1))
    comment.body = talk.world.jira.editors.text_of({"type": "doc", "version": 1, "content": content})  # type: ignore[assignment]
    comment.updated, comment.editor = talk.world.clock.now(), talk.there()[0].author
    talk.world.jira.touch(issue)


def test_given_a_comment_deleted_here_and_edited_there_then_it_stays_and_a_person_is_asked(talk: Talk) -> None:
    name = talk.comment("Ours")
    talk.sync()
    talk.say("DELETE FROM comments WHERE record_id = %(id)s", id=name)
    _edit_there(talk, talk.there()[-1], "Edited there")
    talk.sync()

    (conflict,) = talk.database.query("SELECT kind FROM sync_conflicts WHERE state = 'open'")
    assert conflict["kind"] == "remote_edit_vs_local_delete"
    assert talk.texts() == ["Theirs", "Edited there"]
    assert not talk.world.exchanges.matching("DELETE")


def test_given_a_comment_edited_here_and_deleted_there_then_a_person_is_asked(talk: Talk) -> None:
    name = talk.comment("Ours")
    talk.sync()
    issue = talk.world.jira.find("OPS-1")
    assert issue is not None
    talk.world.jira.own_comments(issue).pop()
    talk.world.jira.touch(issue)
    talk.say("UPDATE comments SET body = 'Edited' WHERE record_id = %(id)s", id=name)
    for _ in range(3):
        talk.sync(timedelta(minutes=20))

    (conflict,) = talk.database.query("SELECT kind FROM sync_conflicts WHERE state = 'open'")
    assert conflict["kind"] == "edit_vs_remote_delete"
    assert (talk.row(name)["body"], talk.posted()) == ("Edited", 1)


def test_given_a_restricted_comment_then_only_they_read_it_and_an_edit_widens_nothing(talk: Talk) -> None:
    name = talk.comment("For developers", restriction="role:Developers")
    talk.sync()
    talk.say("UPDATE comments SET body = 'Still for them' WHERE record_id = %(id)s", id=name)
    talk.sync()

    assert (talk.there()[-1].role, talk.texts()[-1]) == ("Developers", "Still for them")
    with talk.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_read")
        seen = conn.execute("SELECT body FROM comments").fetchall()
        journal = conn.execute("SELECT count(*) AS n FROM local_edits WHERE record_id = %s AND field = 'body'", [name])
        assert [row["body"] for row in seen] == ["Theirs"]
        assert journal.fetchone() == {"n": 0}


def test_given_a_service_project_then_who_reads_a_comment_has_to_be_said(talk: Talk) -> None:
    talk.world.jira.projects["OPS"].is_service = True
    names = [talk.comment(f"As {r}", restriction=r) for r in (None, "internal", "public")]
    talk.sync()
    why = talk.row(names[0])["sync_errors"]["(row)"]
    talk.say("UPDATE comments SET restriction = 'internal' WHERE record_id = %(id)s", id=names[0])
    talk.sync()

    assert "customers read along" in why
    told = {text: one.internal for text, one in zip(talk.texts(), talk.there(), strict=True)}
    assert told == {"Theirs": False, "As None": True, "As internal": True, "As public": False}


def test_given_what_may_not_be_written_then_it_is_refused_at_once(talk: Talk) -> None:
    name = talk.comment("Ours")
    talk.sync()
    theirs = "(SELECT comment_id FROM comments WHERE body = 'Theirs')"
    refused = [
        (f"UPDATE comments SET body = 'Mine' WHERE comment_id = {theirs}", "somebody else", "in Jira"),
        (f"DELETE FROM comments WHERE comment_id = {theirs}", "somebody else", "in Jira"),
        ("UPDATE comments SET restriction = 'role:A' WHERE body = 'Ours'", "is given when it is written", "in Jira"),
        ("INSERT INTO comments (issue_key, body) VALUES ('OPS-99', 'x')", "there is no issue OPS-99", "Nothing"),
        ("INSERT INTO comments (issue_key, body) VALUES ('OPS-1', ' ')", "body of a new record must be", "Nothing"),
        ("INSERT INTO comments (body) VALUES ('x')", "issue_key is not given", "Nothing"),
    ]
    for statement, message, hint in refused:
        with pytest.raises(psycopg.Error) as error:
            talk.say(statement)
        assert message in str(error.value.diag.message_primary), statement
        assert hint in str(error.value.diag.message_hint), statement
    with talk.database.transaction() as conn:
        conn.execute("DELETE FROM sync_policies WHERE verb = 'comments'")
    for statement in (
        "UPDATE comments SET body = 'x' WHERE record_id = %(id)s",
        "DELETE FROM comments WHERE record_id = %(id)s",
    ):
        with pytest.raises(psycopg.Error) as error:
            talk.say(statement, id=name)
        assert "JAVIS_COMMENTS" in str(error.value.diag.message_hint)
    with pytest.raises(psycopg.Error, match="nothing may be made in OPS"):
        talk.comment("x")
    assert talk.texts() == ["Theirs", "Ours"]


def test_given_readers_that_jira_does_not_know_then_the_row_says_so_and_the_others_go_out(talk: Talk) -> None:
    refused, good = talk.comment("Ours", restriction="group:Nobody"), talk.comment("Good")

    talk.sync()

    assert talk.texts() == ["Theirs", "Good"]
    assert "There is no such role or group" in talk.row(refused)["sync_errors"]["(row)"]
    talk.say("UPDATE comments SET restriction = 'role:Developers' WHERE record_id = %(id)s", id=refused)
    talk.sync()
    assert talk.texts() == ["Theirs", "Good", "Ours"]
    assert talk.row(good)["sync_errors"] == talk.row(refused)["sync_errors"] == {}


def test_given_a_dry_run_then_it_names_the_comments_and_an_undo_gives_a_text_back(talk: Talk) -> None:
    name = talk.comment("Ours")
    planned = plan_scope(talk.job())
    talk.sync()
    talk.say("UPDATE comments SET body = 'Changed' WHERE record_id = %(id)s", id=name)
    shown = plan_scope(talk.job())
    talk.sync()
    run_id = f"run-{talk.runs}"
    side = talk.side()
    undo_run(side.store, run_id, side.run, by="ann")
    talk.sync()

    assert [(item.resource_type, item.reason) for item in planned] == [
        ("jira_comment", "inserted here, and made there")
    ]
    assert [(item.resource_type, item.field, item.side) for item in shown] == [("jira_comment", "body", "remote")]
    assert talk.texts() == ["Theirs", "Ours"]


def test_given_a_comment_that_a_sync_has_missed_then_verify_names_it(talk: Talk) -> None:
    name = talk.comment("Ours")
    talk.sync()
    agreed = verify_scope(talk.job(), choose=None, pause=lambda: None)
    with talk.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE comments SET body = 'Stale' WHERE record_id = %s", [name])
    differs = verify_scope(talk.job(), choose=None, pause=lambda: None)

    assert (agreed.records, agreed.differences) == (3, [])
    key = talk.row(name)["key"]
    assert [each[:4] for each in differs.differences] == [(key, "body", "Stale", "Ours")]


def test_given_a_comment_by_command_then_it_is_written_once_and_edited_by_its_key(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = settings_for(talk.world, projects="OPS", database_url=talk.database.url, home=tmp_path)
    for name, value in (values | {"JAVIS_CREATE": "OPS", "JAVIS_COMMENTS": "ops:two_way"}).items():
        monkeypatch.setenv(name, value)

    checked = _javis("comment", "ops-1", "Not this", "--dry-run")
    made = json.loads(_javis("comment", "ops-1", "By command", "--role", "Developers", "--json").output)
    refused = _javis("comment", "OPS-9", "x")
    talk.sync()
    key = talk.row(made["record_id"])["key"]
    edited = _javis("edit", key, "--set", "body=Better")
    talk.sync()
    told = _javis("audit", "--run", f"run-{talk.runs}")

    assert "nothing was changed" in checked.output
    assert (refused.exit_code, "OPS-9" in refused.output) == (2, True)
    assert f"{key}: edited here" in edited.output
    assert (talk.texts(), talk.there()[-1].role) == (["Theirs", "Better"], "Developers")
    assert key in told.output


def _javis(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_given_an_edit_that_was_executed_late_then_the_newer_text_stays(talk: Talk) -> None:
    name = talk.comment("One")
    talk.sync()
    talk.say("UPDATE comments SET body = 'Two' WHERE record_id = %(id)s", id=name)
    talk.goes_wrong(FaultKind.LOST_REQUEST, method="PUT", path=ONE, first=1)
    talk.sync()
    talk.world.faults.clear()
    late = talk.world.jira.comments(talk.world.jira.find("OPS-1"))[-1]  # type: ignore[arg-type]
    (op,) = talk.database.query("SELECT op_id FROM sync_outbox WHERE state = 'sent'")
    talk.say("UPDATE comments SET body = 'Three' WHERE record_id = %(id)s", id=name)
    talk.sync()
    talk.sync()
    assert talk.texts()[-1] == "Three"

    late.properties["javis.op"] = {"op": str(op["op_id"])}
    _edit_there(talk, late, "Two")
    late.editor = late.author
    talk.sync()
    talk.sync()

    assert talk.texts()[-1] == talk.row(name)["body"] == "Three"


class _KilledError(BaseException):
    """The process is gone."""


def _dies(talk: Talk, monkeypatch: pytest.MonkeyPatch, *, at: int, done: bool) -> None:
    """The next syncs go on until one is killed at the n-th request that makes something: before it goes out, or after
    it is done."""
    calls = itertools.count(1)
    for name in ("create_issue", "add_comment"):
        ask = getattr(JiraClient, name)

        def asked(client: JiraClient, *arguments: Any, ask: Any = ask, **named: Any) -> object:
            number = next(calls)
            if number == at and not done:
                raise _KilledError
            answer = ask(client, *arguments, **named)
            if number == at:
                raise _KilledError
            return answer

        monkeypatch.setattr(JiraClient, name, asked)
    with pytest.raises(_KilledError):
        _go_on(talk, times=4)  # what may have been made is looked for twice before anything more is asked for
    monkeypatch.undo()


def _go_on(talk: Talk, *, times: int) -> None:
    for _ in range(times):
        talk.world.jira.create("OPS", "Somebody else's")
        talk.sync(timedelta(minutes=20))


def test_given_six_issues_that_are_edited_and_commented_before_a_sync_that_is_killed_three_times_then_there_are_six(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = (
        "INSERT INTO jira_issues (project_key, issue_type, title, parent_key) "
        "VALUES ('OPS', %(type)s, %(title)s, %(parent)s) RETURNING key"
    )

    def wish(sort: str, title: str, parent: str | None = None) -> str:
        return str(talk.say(insert, type=sort, title=title, parent=parent)[0]["key"])

    epic = wish("Epic", "Epic")
    stories = [wish("Story", f"Story {n}", epic) for n in (1, 2, 3)]
    subs = [wish("Sub-task", f"Sub {n}", stories[0]) for n in (1, 2)]
    talk.say(
        "UPDATE jira_issues SET title = 'Epic, edited', description = 'With *stars*' WHERE key = %(key)s", key=epic
    )
    for key in (epic, subs[1]):
        talk.comment(f"On {key}", key)
    _dies(talk, monkeypatch, at=1, done=False)
    _dies(talk, monkeypatch, at=2, done=True)
    _dies(talk, monkeypatch, at=4, done=True)
    _go_on(talk, times=6)

    found = "SELECT * FROM jira_issues WHERE key = javis_key(%(key)s)"
    rows = {key: talk.say(found, key=key)[0] for key in (epic, *stories, *subs)}
    there = [one for one in talk.world.jira.issues.values() if one.state.summary not in ("Old", "Somebody else's")]
    keys = {one.id: one.state.key for one in there}
    titles = sorted(one.state.summary or "" for one in there)
    assert titles == ["Epic, edited", "Story 1", "Story 2", "Story 3", "Sub 1", "Sub 2"]
    parents = {one.state.summary: keys.get(one.state.parent_id or 0) for one in there}
    assert {parents[f"Story {n}"] for n in (1, 2, 3)} == {rows[epic]["key"]}
    assert {parents["Sub 1"], parents["Sub 2"]} == {rows[stories[0]]["key"]}
    assert [talk.texts(rows[key]["key"]) for key in (epic, subs[1], subs[0])] == [[f"On {epic}"], [f"On {subs[1]}"], []]
    assert {(row["remote_state"], row["sync_status"]) for row in rows.values()} == {("present", "synced")}


def _dies_reading(talk: Talk, monkeypatch: pytest.MonkeyPatch, *, name: str, done: bool) -> None:
    """The next sync is killed at a request that reads: before it goes out, or with its answer in hand."""
    ask = getattr(JiraClient, name)

    def asked(client: JiraClient, *arguments: Any, **named: Any) -> object:
        if done:
            ask(client, *arguments, **named)
        raise _KilledError

    monkeypatch.setattr(JiraClient, name, asked)
    with pytest.raises(_KilledError):
        talk.sync()
    monkeypatch.undo()


def test_given_the_same_six_made_edited_and_commented_there_with_syncs_that_are_killed_then_all_of_it_is_here(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira = talk.world.jira

    def made(sort: str, title: str, parent: str | None = None) -> str:
        return str(jira.create("OPS", title, type=sort, parent_key=parent, by="Mara").state.key)

    epic = made("Epic", "Epic")
    _dies_reading(talk, monkeypatch, name="bulk_fetch", done=False)
    stories = [made("Story", f"Story {n}", epic) for n in (1, 2, 3)]
    subs = [made("Sub-task", f"Sub {n}", stories[0]) for n in (1, 2)]
    for key in (epic, subs[1]):
        jira.comment(key, f"On {key}", by="Mara")
    _dies_reading(talk, monkeypatch, name="bulk_fetch", done=True)
    jira.edit(epic, title="Epic, edited", by="Mara")
    _dies_reading(talk, monkeypatch, name="changelog_bulk", done=False)
    talk.sync()

    rows = {row["key"]: row for row in talk.say("SELECT * FROM jira_issues WHERE key <> 'OPS-1'")}
    parents = {epic: None, **dict.fromkeys(stories, epic), **dict.fromkeys(subs, stories[0])}
    assert {key: row["parent_key"] for key, row in rows.items()} == parents
    titles = ["Epic, edited", "Story 1", "Story 2", "Story 3", "Sub 1", "Sub 2"]
    assert [rows[key]["title"] for key in (epic, *stories, *subs)] == titles
    said = talk.say("SELECT issue_key, body FROM comments WHERE issue_key <> 'OPS-1' ORDER BY issue_key")
    assert said == [{"issue_key": key, "body": f"On {key}"} for key in (epic, subs[1])]
    assert {row["sync_status"] for row in rows.values()} == {"synced"}
    assert not talk.posted()
