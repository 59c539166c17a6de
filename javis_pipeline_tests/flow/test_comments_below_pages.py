"""Comments below pages are written on both sides: with PostgreSQL and a site of each edition behind a socket."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.db.creates import doubt_all
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.status import scope_status
from javis_pipeline.errors import DatabaseError
from javis_pipeline.records.create import Made
from javis_pipeline.records.policy import Policy
from javis_pipeline.sandbox.confluence.site import Comment, Page
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job, Side, sides_of
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline_tests.flow.test_page_comments import EDITIONS, a_site
from javis_pipeline_tests.sites import settings_for

POSTS = {"cloud": "/wiki/api/v2/footer-comments", "data-center": "/confluence/rest/api/content"}
ONE = {"cloud": "/wiki/api/v2/footer-comments/*", "data-center": "/confluence/rest/api/content/*"}
POLICIES = [
    Policy("confluence", "DOC", "create", "on", "JAVIS_CREATE"),
    Policy("confluence", "DOC", "comments", "on", "JAVIS_COMMENTS"),
]


class Below:
    """A space on both sides, with a page below which somebody else has said something."""

    def __init__(self, database: Database, world: World, client: ConfluenceClient, edition: str) -> None:
        self.database, self.world, self.client, self.edition = database, world, client, edition
        self.said, self.runs = world.confluence.comments, 0
        space = world.confluence.add_space("DOC", "Documents")
        self.page = world.confluence.create_page(space.space_id, "Plan", "<p>Plan.</p>")
        self.mara = world.people.signing_in("mara@example.com").account_id
        people = world.people if edition == "cloud" else world.jira.directory
        self.us = people.signing_in("us@example.com" if edition == "cloud" else "us").account_id
        self.theirs = self.said.add(self.page.page_id, "<p>Theirs</p>", author_id=self.mara).comment_id

    def job(self) -> Job:
        self.runs += 1
        return Job(
            db=self.database,
            system=ConfluenceSystem(self.client, scopes=("DOC",), creating=("DOC",), talking=("DOC",)),
            key="DOC",
            run_id=f"run-{self.runs}",
            clock=self.world.clock.now,
        )

    def sync(self, after: timedelta = timedelta(hours=1), *, full: bool = False) -> WrittenBack:
        self.world.clock.advance(after)
        pull_scope(self.job(), full=full)
        return write_back_scope(self.job())

    def hour_passes(self) -> None:
        """So that what is said below pages is read by the next pull."""
        self.database.query("UPDATE sync_watermarks SET comments_at = comments_at - interval '2 hours' RETURNING 1")

    def side(self) -> Side:
        job = self.job()
        return sides_of(job, job.open())[1]

    def say(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """What an application does."""
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            cursor = conn.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def comment(self, text: str, page: str | None = None) -> str:
        """The name of a new comment."""
        statement = "INSERT INTO page_comments (page_id, body_storage) VALUES (%(page)s, %(body)s) RETURNING record_id"
        (row,) = self.say(statement, page=page or self.page.page_id, body=f"<p>{text}</p>")
        return str(row["record_id"])

    def edit(self, name: str, *texts: str) -> None:
        body = "".join(f"<p>{text}</p>" for text in texts)
        self.say("UPDATE page_comments SET body_storage = %(body)s WHERE record_id = %(id)s", body=body, id=name)

    def row(self, name: str) -> dict[str, Any]:
        (row,) = self.database.query("SELECT * FROM page_comments WHERE record_id = %(id)s", {"id": name})
        return row

    def there(self, page: Page | None = None) -> list[Comment]:
        page_id = (page or self.page).page_id
        return [one for one in self.said.by_id.values() if one.page_id == page_id]

    def texts(self, page: Page | None = None) -> list[str]:
        return [said(one.latest.body) for one in self.there(page)]

    def posted(self) -> int:
        return len(self.world.exchanges.matching("POST", path=POSTS[self.edition]))

    def goes_wrong(self, kind: FaultKind, method: str = "POST", **where: Any) -> None:
        path = (POSTS if method == "POST" else ONE)[self.edition]
        self.world.faults.add(Rule(Fault(kind), method=method, path=path, **where))

    def open_conflicts(self) -> list[dict[str, Any]]:
        return self.database.query("SELECT id, kind, details, record_id FROM sync_conflicts WHERE state = 'open'")


def said(body: str) -> str:
    """The paragraphs of a text, without what Confluence adds to each."""
    return "|".join(re.findall(r"<p[^>]*>(.*?)</p>", body))


@contextmanager
def talking(database: Database, edition: str) -> Iterator[Below]:
    with database.transaction() as conn:
        store_policies(conn, POLICIES)
    with a_site(edition) as (world, client):
        below = Below(database, world, client, edition)
        below.sync()
        world.exchanges.clear()
        yield below


@pytest.fixture(params=["cloud", "data-center"])
def below(database: Database, request: pytest.FixtureRequest) -> Iterator[Below]:
    with talking(database, request.param) as sides:
        yield sides


def test_given_a_comment_that_is_inserted_edited_and_deleted_here_then_confluence_follows(below: Below) -> None:
    name = below.comment("Ours")
    wished = below.row(name)
    below.sync()
    made, first = below.row(name), below.texts()
    below.edit(name, "Ours, better", "and longer")
    below.sync()
    edited, texts = below.row(name), below.texts()
    (status,) = scope_status(below.database)
    below.say("DELETE FROM page_comments WHERE record_id = %(id)s", id=name)
    done = below.sync()

    assert (wished["comment_id"], wished["remote_state"], wished["page_id"]) == (None, "wanted", below.page.page_id)
    assert wished["key"].startswith(f"{below.page.page_id}-new-")
    assert made["key"] == f"{below.page.page_id}#comment-{made['comment_id']}"
    assert (made["remote_state"], made["sync_status"], made["local_modified_fields"]) == ("present", "synced", {})
    assert (made["version_number"], first) == (1, ["Theirs", "Ours"])
    assert (edited["sync_status"], edited["sync_errors"], edited["version_number"]) == ("synced", {}, 2)
    assert texts == ["Theirs", "Ours, better|and longer"]
    assert (status["records"], status["unpushed"]) == (2, 0)
    assert (done.pushed.confirmed, below.texts(), below.posted()) == (1, ["Theirs"], 1)
    assert below.row(name)["remote_state"] == "gone"
    below.sync(full=True)
    assert [said(row["body_storage"]) for row in below.database.query("SELECT * FROM page_comments")] == ["Theirs"]


def test_given_a_comment_below_a_page_that_is_not_made_yet_then_it_follows_it(below: Below) -> None:
    (page,) = below.say("INSERT INTO confluence_pages (space_key, title) VALUES ('DOC', 'New') RETURNING key")
    names = [below.comment(f"Number {n}", page["key"].upper()) for n in range(3)]
    below.edit(names[0], "Number none")

    below.sync()

    rows = [below.row(name) for name in names]
    (made,) = [one for one in below.world.confluence.pages.values() if one.title == "New"]
    assert below.texts(made) == ["Number none", "Number 1", "Number 2"]
    assert {(row["page_key"], row["page_id"], row["sync_status"]) for row in rows} == {
        (made.page_id, made.page_id, "synced")
    }


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.SERVER_ERROR, FaultKind.CUT_BODY, FaultKind.LATE])
def test_given_a_reply_that_is_lost_then_the_comment_is_there_once(below: Below, kind: FaultKind) -> None:
    name = below.comment("Once")
    below.goes_wrong(kind, first=1, last=1)
    below.sync()
    below.world.faults.clear()
    below.client.server_time()  # what was late is executed
    for _ in range(3):
        below.hour_passes()
        below.sync(timedelta(minutes=20))

    assert below.texts() == ["Theirs", "Once"]
    assert (below.posted(), below.row(name)["sync_status"], below.open_conflicts()) == (1, "synced", [])
    assert len(below.database.query("SELECT key FROM page_comments")) == 2


def test_given_a_request_that_never_arrived_then_it_is_sent_again_after_the_horizon_only(below: Below) -> None:
    name = below.comment("Twice asked")
    below.goes_wrong(FaultKind.LOST_REQUEST, first=1, last=1)
    below.sync()
    early = [below.sync(timedelta(minutes=7)) and below.posted() for _ in range(2)]
    for _ in range(3):
        below.sync(timedelta(minutes=12))

    assert early == [1, 1]
    assert (below.texts(), below.posted()) == (["Theirs", "Twice asked"], 2)
    assert below.row(name)["sync_status"] == "synced"


def test_given_a_lost_reply_and_another_comment_of_our_account_then_a_person_is_asked_and_answers(below: Below) -> None:
    name = below.comment("Which?")
    below.goes_wrong(FaultKind.LOST_REPLY, first=1, last=1)
    below.sync()
    ours = below.there()[-1]
    below.said.edit(ours.comment_id, "<p>Changed there</p>", author_id=ours.latest.author_id)
    for _ in range(3):
        below.sync(timedelta(minutes=20))
    (asked,) = below.open_conflicts()
    made = Made(remote_id=ours.comment_id, key=f"{below.page.page_id}#comment-{ours.comment_id}")
    wishes = below.job().all_books[1].wishes
    answer_creation(wishes, asked["record_id"], "is", made, by="ann", now=below.world.clock.now())
    below.sync()

    assert (asked["kind"], asked["details"]["alike"][0]["key"]) == ("creation_unknown", made.key)
    assert (below.posted(), below.texts()) == (1, ["Theirs", "Changed there"])
    assert (below.row(name)["comment_id"], said(below.row(name)["body_storage"])) == (ours.comment_id, "Changed there")


def test_given_a_page_in_the_trash_in_between_then_nothing_is_concluded_and_nothing_is_doubled(below: Below) -> None:
    name = below.comment("Once")
    below.goes_wrong(FaultKind.LOST_REPLY, first=1, last=1)
    below.sync()
    below.world.confluence.trash_page(below.page.page_id)
    for _ in range(3):
        below.sync(timedelta(minutes=20))
    below.world.confluence.restore_page(below.page.page_id)
    below.sync(timedelta(hours=1))

    assert (below.posted(), below.texts(), below.row(name)["sync_status"]) == (1, ["Theirs", "Once"], "synced")


def test_given_a_page_that_is_gone_then_the_row_says_so_and_all_else_goes_on(below: Below) -> None:
    other = below.world.confluence.create_page(below.page.space_id, "Other", "<p>Other.</p>")
    below.sync()
    names = [below.comment("Nowhere"), below.comment("Somewhere", other.page_id)]
    below.world.confluence.trash_page(below.page.page_id)
    write_back_scope(below.job())
    refused = below.row(names[0])
    below.sync()
    said_so = below.row(names[0])

    assert (refused["sync_status"], below.texts(other)) == ("error", ["Somewhere"])
    for row in (refused, said_so):
        assert f"page {below.page.page_id} is " in row["sync_errors"]["(row)"]
        assert "restore it, or delete this row" in row["sync_errors"]["(row)"]
    assert below.row(names[1])["sync_status"] == "synced"


def test_given_edits_on_both_sides_then_blocks_are_merged_and_overlaps_are_asked_about(below: Below) -> None:
    name = below.comment("First</p><p>Second")
    below.sync()
    ours = below.there()[-1]
    below.edit(name, "First, ours", "Second")
    below.world.clock.advance(timedelta(minutes=1))
    below.said.edit(ours.comment_id, "<p>First</p><p>Second, theirs</p>", author_id=below.mara)
    below.hour_passes()
    below.sync()
    merged, texts = below.row(name), below.texts()
    below.edit(name, "Ours again", "Second, theirs")
    below.world.clock.advance(timedelta(minutes=1))
    below.said.edit(ours.comment_id, "<p>Theirs again</p><p>Second, theirs</p>", author_id=below.mara)
    below.sync()
    (conflict,) = below.open_conflicts()
    side = below.side()
    resolve(side.store, conflict["id"], "local", side.run, by="ann")
    below.sync()

    assert (merged["sync_status"], texts[-1]) == ("synced", "First, ours|Second, theirs")
    assert conflict["kind"] == "both_changed"
    assert below.texts()[-1] == "Ours again|Second, theirs"
    assert below.row(name)["sync_status"] == "synced"


def test_given_a_save_between_look_and_write_then_it_is_not_overwritten(below: Below) -> None:
    name = below.comment("First")
    below.sync()
    ours = below.there()[-1]
    below.edit(name, "Second")
    save, changed = below.client._save_comment, iter([True])

    def after_somebody_else(*arguments: Any) -> None:
        if next(changed, False):
            below.said.edit(ours.comment_id, "<p>Third</p>", author_id=below.mara)
        save(*arguments)

    below.client._save_comment = after_somebody_else  # type: ignore[method-assign, assignment]
    below.sync()
    below.sync()

    assert below.texts()[-1] == "Third"
    assert [one["kind"] for one in below.open_conflicts()] == ["both_changed"]


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.SERVER_ERROR, FaultKind.LATE, FaultKind.LOST_REQUEST])
@pytest.mark.parametrize("keeps_marks", [True, False])
def test_given_an_edit_whose_reply_is_lost_then_it_is_there_once_and_nobody_is_asked(
    below: Below, kind: FaultKind, keeps_marks: bool
) -> None:
    below.world.jira.behaviour.traps |= set() if keeps_marks else {Trap.NO_MARKS}
    name = below.comment("First")
    below.sync()
    below.edit(name, "Second")
    below.goes_wrong(kind, "PUT", first=1, last=1)
    for _ in range(4):
        below.sync(timedelta(minutes=20))

    assert (below.texts()[-1], below.there()[-1].number) == ("Second", 2)
    assert (below.row(name)["sync_status"], below.open_conflicts()) == ("synced", [])


def test_given_a_comment_deleted_here_and_edited_there_then_it_stays_and_a_person_is_asked(below: Below) -> None:
    name = below.comment("Ours")
    below.sync()
    below.say("DELETE FROM page_comments WHERE record_id = %(id)s", id=name)
    below.world.clock.advance(timedelta(minutes=1))
    below.said.edit(below.there()[-1].comment_id, "<p>Edited there</p>", author_id=below.mara)
    below.sync()

    assert [one["kind"] for one in below.open_conflicts()] == ["remote_edit_vs_local_delete"]
    assert below.texts() == ["Theirs", "Edited there"]
    assert not below.world.exchanges.matching("DELETE")


def test_given_a_comment_edited_here_and_deleted_there_then_a_person_is_asked(below: Below) -> None:
    name = below.comment("Ours")
    below.sync()
    below.said.delete(below.there()[-1].comment_id)
    below.edit(name, "Edited")
    for _ in range(3):
        below.sync(timedelta(minutes=20))

    assert [one["kind"] for one in below.open_conflicts()] == ["edit_vs_remote_delete"]
    assert (below.row(name)["body_storage"], below.posted()) == ("<p>Edited</p>", 1)


def test_given_what_may_not_be_written_then_it_is_refused_at_once(below: Below) -> None:
    below.comment("Ours")
    below.sync()
    page = below.page.page_id
    insert = "INSERT INTO page_comments (page_id, body_storage) VALUES"
    refused = [
        (
            f"UPDATE page_comments SET body_storage = 'x' WHERE comment_id = '{below.theirs}'",
            "somebody else",
            "Confluence",
        ),
        (f"DELETE FROM page_comments WHERE comment_id = '{below.theirs}'", "somebody else", "in Confluence"),
        (f"{insert} ('99', '<p>x</p>')", "there is no page 99 here", "Nothing"),
        (f"{insert} (NULL, '<p>x</p>')", "page_id is not given", "Nothing"),
        (f"{insert} ('{page}', ' ')", "body_storage of a new record must be", "Nothing"),
    ]
    for statement, why, hint in refused:
        with pytest.raises(psycopg.Error, match=why) as caught:
            below.say(statement)
        assert hint in (caught.value.diag.message_hint or ""), statement
    with pytest.raises(DatabaseError, match="permission denied"):
        below.say("UPDATE page_comments SET author_id = 'me'")


def test_given_a_space_that_no_setting_names_then_the_hint_names_it_and_nothing_goes_out(below: Below) -> None:
    name = below.comment("Ours")
    below.sync()
    with below.database.transaction() as conn:
        store_policies(conn, POLICIES[:1])
    statements: list[LiteralString] = [
        "INSERT INTO page_comments (page_id, body_storage) SELECT page_id, body_storage FROM page_comments",
        "UPDATE page_comments SET body_storage = '<p>x</p>'",
        "DELETE FROM page_comments",
    ]
    for statement in statements:
        with pytest.raises(psycopg.errors.RestrictViolation) as caught:
            below.say(statement)
        assert "JAVIS_COMMENTS" in (caught.value.diag.message_hint or "")
    assert (below.posted(), below.row(name)["sync_status"]) == (1, "synced")


def test_given_text_that_is_not_well_formed_then_the_row_says_so_and_is_mended(below: Below) -> None:
    name = below.comment("<b>Bold")
    below.sync()
    why = below.row(name)["sync_errors"]["(row)"]
    below.edit(name, "<b>Bold</b>")
    below.sync()

    assert "is not what Confluence can store" in why
    assert (below.texts()[-1], below.row(name)["sync_status"]) == ("<b>Bold</b>", "synced")


def test_given_a_restricted_page_then_what_is_said_below_it_is_kept_from_readers(below: Below) -> None:
    below.world.confluence.restrict_page(below.page.page_id, "leads")
    below.sync(full=True)
    name = below.comment("Secret")
    below.sync()
    below.edit(name, "Still secret")
    below.sync()
    with below.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_read")
        seen = conn.execute("SELECT body_storage FROM page_comments").fetchall()
        books = [
            conn.execute(
                f"SELECT count(*) AS n FROM {book} WHERE record_id = %s AND {text}".encode(), [name]
            ).fetchone()
            for book, text in (("local_edits", "field = 'body_storage'"), ("sync_outbox", "true"))
        ]

    assert below.texts() == ["Theirs", "Still secret"]
    assert (seen, books) == ([], [{"n": 0}, {"n": 0}])


def test_given_a_plan_then_it_names_what_would_be_said_edited_and_deleted(below: Below) -> None:
    names = [below.comment(text) for text in ("One", "Two")]
    below.sync()
    new = below.comment("Three")
    below.edit(names[0], "One, edited")
    below.say("DELETE FROM page_comments WHERE record_id = %(id)s", id=names[1])
    below.world.exchanges.clear()
    items = plan_scope(below.job())

    kinds = {(item.resource_type, item.field, item.side) for item in items}
    assert kinds == {
        ("confluence_comment", "(row)", "remote"),
        ("confluence_comment", "body_storage", "remote"),
    }
    assert {item.resource_id for item in items if item.field == "(row)"} >= {new}
    assert (below.posted(), below.texts()) == (0, ["Theirs", "One", "Two"])


def test_given_an_edit_that_is_undone_then_both_sides_hold_what_they_held_and_verify_agrees(below: Below) -> None:
    name = below.comment("First")
    below.sync()
    below.edit(name, "Second")
    below.sync()
    run_id = below.job().run_id
    side = below.side()
    edited = below.database.query("SELECT run_id FROM sync_audit WHERE side = 'remote' AND field = 'body_storage'")
    undo_run(side.store, edited[-1]["run_id"], side.run, by="ann")
    below.sync()
    verified = verify_scope(below.job(), choose=None, pause=lambda: None)

    assert run_id
    assert below.texts() == ["Theirs", "First"]
    assert verified.differences == []
    assert verified.fields["body_storage"]["equal"] >= 2


@EDITIONS
def test_given_a_copy_of_the_database_from_before_then_nothing_is_said_twice(database: Database, edition: str) -> None:
    """As for a restored backup: the wish is there as it was, and what it became is not known."""
    with talking(database, edition) as below:
        name = below.comment("Once")
        below.said.add(below.page.page_id, "<p>Once</p>", author_id=below.us)
        below.sync()

        assert (below.posted(), below.texts(), below.row(name)["sync_status"]) == (0, ["Theirs", "Once"], "synced")


@EDITIONS
def test_given_a_restored_database_and_a_comment_that_somebody_changed_since_then_a_person_is_asked(
    database: Database, edition: str
) -> None:
    with talking(database, edition) as below:
        name = below.comment("Once")
        below.side().wishes.begin()
        doubt_all(database, below.world.clock.now())
        below.said.add(below.page.page_id, "<p>Once, and changed</p>", author_id=below.us)
        for minutes in (1, 60, 60):
            below.hour_passes()
            below.sync(timedelta(minutes=minutes), full=True)
        (asked,) = below.open_conflicts()

        assert (asked["kind"], str(asked["record_id"]), below.posted()) == ("creation_unknown", name, 0)
        assert len(asked["details"]["alike"]) == 1


def test_given_a_comment_by_command_then_it_is_said_once_and_edited_by_its_key(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talking(database, "cloud") as below:
        values = settings_for(below.world, projects="OPS", database_url=database.url, home=tmp_path)
        for name, value in (values | {"CONFLUENCE_SPACES": "OPS:DOC", "JAVIS_COMMENTS": "OPS:two_way"}).items():
            monkeypatch.setenv(name, value)
        page = below.page.page_id

        checked = _javis("comment", page, "Not this", "--dry-run")
        told = _javis("comment", page, "By <command>\n\nTwo lines\nof it")
        refused = _javis("comment", page, "x", "--role", "Developers")
        (name,) = [
            row["record_id"] for row in database.query("SELECT record_id FROM page_comments WHERE comment_id IS NULL")
        ]
        below.sync()
        key, texts = below.row(str(name))["key"], below.texts()
        edited = _javis("edit", key, "--set", "body_storage=<p>Better</p>")
        kept = _javis("archive", key)
        below.sync()
        audited = _javis("audit", "--issue", key)

        assert "nothing was changed" in checked.output
        assert "written here, and not in Confluence yet" in told.output
        assert (refused.exit_code, "leave out who may read it" in refused.output) == (2, True)
        assert texts == ["Theirs", "By &lt;command&gt;|Two lines<br />of it"]
        assert f"{key}: edited here" in edited.output
        assert (kept.exit_code, "delete its row in the table page_comments" in kept.output) == (2, True)
        assert "edited here" in audited.output
        assert below.texts() == ["Theirs", "Better"]


def test_given_a_question_then_a_person_names_the_comment_by_its_key(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talking(database, "cloud") as below:
        values = settings_for(below.world, projects="OPS", database_url=database.url, home=tmp_path)
        for name, value in (values | {"CONFLUENCE_SPACES": "OPS:DOC", "JAVIS_COMMENTS": "OPS:two_way"}).items():
            monkeypatch.setenv(name, value)
        name = below.comment("Which?")
        below.goes_wrong(FaultKind.LOST_REPLY, first=1, last=1)
        below.sync()
        ours = below.there()[-1]
        below.said.edit(ours.comment_id, "<p>Changed there</p>", author_id=ours.latest.author_id)
        for _ in range(3):
            below.sync(timedelta(minutes=20))
        (asked,) = below.open_conflicts()
        vague = _javis("conflicts", "resolve", str(asked["id"]), "--is", ours.comment_id)
        key = f"{below.page.page_id}#comment-{ours.comment_id}"
        answered = _javis("conflicts", "resolve", str(asked["id"]), "--is", key)

        assert (vague.exit_code, "#comment-" in vague.output) == (2, True)
        assert (answered.exit_code, key in answered.output) == (0, True), answered.output
        assert (below.row(name)["comment_id"], below.posted()) == (ours.comment_id, 1)


def _javis(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))
