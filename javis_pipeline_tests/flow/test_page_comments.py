"""What is said below pages is read, from both editions: once an hour what is new, once a day all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.people import user_key_of
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.systems.confluence import comments
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline_tests.sites import NOON

EDITIONS = pytest.mark.parametrize("edition", ["cloud", "data-center"])


class Talk:
    """A space on both sides, with two pages, and a page of another space."""

    def __init__(self, database: Database, world: World, client: ConfluenceClient) -> None:
        self.database, self.world, self.client = database, world, client
        self.said = world.confluence.comments
        space, other = world.confluence.add_space("DOC", "Documents"), world.confluence.add_space("HR", "People")
        self.page = world.confluence.create_page(space.space_id, "Plan", "<p>Plan.</p>")
        self.secret = world.confluence.create_page(space.space_id, "Pay", "<p>Pay.</p>")
        self.elsewhere = world.confluence.create_page(other.space_id, "Holidays", "<p>All.</p>")
        self.mara = world.people.signing_in("mara@example.com").account_id

    def pull(self, *, full: bool = False, after: str = "2 hours") -> Tally:
        self.world.clock.advance(timedelta(hours=2))
        if after:
            for column in ("comments_at", "all_comments_at"):
                self.database.query(f"UPDATE sync_watermarks SET {column} = {column} - interval '{after}' RETURNING 1")
            with self.database.transaction(origin="sync") as conn:
                conn.execute("UPDATE page_comments SET remote_missing_since = remote_missing_since - interval '1 hour'")
        job = Job(
            db=self.database,
            system=ConfluenceSystem(self.client, scopes=("DOC",)),
            key="DOC",
            run_id="run",
            clock=self.world.clock.now,
        )
        return pull_scope(job, full=full).tally

    def say(self, page: Page, text: str, **more: Any) -> str:
        self.world.clock.advance(timedelta(minutes=1))
        return self.said.add(page.page_id, f"<p>{text}</p>", **more).comment_id

    def author_of_first(self, comment_id: str) -> str:
        author_id = self.said.by_id[comment_id].versions[0].author_id
        return author_id if type(self.client) is ConfluenceClient else user_key_of(author_id)

    def rows(self, role: str = "javis_sync") -> dict[str, dict[str, Any]]:
        with self.database.transaction() as conn:
            conn.execute(f"SET LOCAL ROLE {role}".encode())
            found = conn.execute("SELECT * FROM page_comments").fetchall()
        return {row["comment_id"]: row for row in found}

    def lists(self) -> int:
        paths = ("/wiki/api/v2/footer-comments", "/confluence/rest/api/content/search")
        return sum(
            "comment" in str(one.path) + str(one.query) for p in paths for one in self.world.exchanges.matching(path=p)
        )


@contextmanager
def a_site(edition: str) -> Iterator[tuple[World, ConfluenceClient]]:
    """A site of an edition, and a client that waits for nothing."""
    world = World(seed=3, clock=Clock(NOON), edition="cloud" if edition == "cloud" else "data-center")
    options: Any = {"limits": Limits(tries=1), "sleep": lambda _: None}
    with SandboxServer(world):
        token, own = world.credentials.api_token, world.credentials.personal_token("us")
        with (
            ConfluenceClient(world.base_url, "us@example.com", token, **options)
            if edition == "cloud"
            else DataCenterClient(f"{world.base_url}/confluence", None, own, **options)
        ) as client:
            yield world, client


@contextmanager
def _talk(database: Database, edition: str) -> Iterator[Talk]:
    with a_site(edition) as (world, client):
        yield Talk(database, world, client)


@EDITIONS
def test_given_comments_below_pages_then_they_are_rows_with_their_authors_and_whoever_sees_the_page_sees_them(
    database: Database, edition: str
) -> None:
    with _talk(database, edition) as talk:
        first = talk.say(talk.page, "Why?", author_id=talk.mara)
        talk.world.clock.advance(timedelta(minutes=1))
        talk.said.edit(first, "<p>Why so?</p>")
        answer = talk.say(talk.page, "Because.", answers=first)
        further = talk.say(talk.page, "I see.", answers=answer)
        hidden = talk.say(talk.secret, "Too much.")
        talk.say(talk.elsewhere, "Not of this space.")
        talk.world.confluence.restrict_page(talk.secret.page_id, "leads")
        talk.pull()
        rows = talk.rows()

        assert rows.keys() == {first, answer, further, hidden}
        assert {row["page_id"] for row in rows.values()} == {talk.page.page_id, talk.secret.page_id}
        assert "Why so?" in rows[first]["body_storage"]
        assert (rows[first]["author_id"], rows[first]["version_number"]) == (talk.author_of_first(first), 2)
        assert rows[first]["created_at"] < rows[first]["updated_at"]
        assert (rows[answer]["parent_id"], rows[further]["parent_id"]) == (first, answer)
        people = database.query("SELECT account_id FROM users")
        assert {row["author_id"] for row in rows.values()} <= {row["account_id"] for row in people}
        assert talk.rows("javis_read").keys() == {first, answer, further}


@EDITIONS
def test_given_comments_that_are_edited_written_and_deleted_then_the_rows_follow(
    database: Database, edition: str
) -> None:
    with _talk(database, edition) as talk:
        first, second = talk.say(talk.page, "One."), talk.say(talk.page, "Two.")
        talk.pull()
        author = talk.rows()[first]["author_id"]
        talk.world.clock.advance(timedelta(minutes=1))
        talk.said.edit(first, "<p>One, said better.</p>", author_id="somebody:else")
        third = talk.say(talk.page, "Three.")
        talk.pull()
        followed = talk.rows()
        talk.said.delete(second)
        talk.pull()
        not_listed = talk.rows()
        talk.pull(after="2 days")
        missed = talk.rows()
        talk.pull()

        assert followed.keys() == {first, second, third}
        assert "One, said better." in followed[first]["body_storage"]
        assert followed[first]["author_id"] == author
        assert not_listed.keys() == missed.keys() == followed.keys(), "what is not listed once is not gone"
        assert missed[second]["remote_missing_since"] is not None
        assert talk.rows().keys() == {first, third}


@EDITIONS
def test_given_an_hour_that_is_not_over_then_nobody_asks_and_a_full_pull_does(database: Database, edition: str) -> None:
    with _talk(database, edition) as talk:
        talk.pull()
        talk.pull()
        talk.say(talk.page, "One.")
        talk.world.exchanges.clear()
        talk.pull(after="")
        asked, rows = talk.lists(), talk.rows()
        talk.pull(full=True, after="")

        assert (asked, rows) == (0, {})
        assert (talk.lists(), len(talk.rows())) == (1, 1)


def test_given_a_site_that_does_not_tell_then_the_run_says_so_and_nothing_is_gone(database: Database) -> None:
    with _talk(database, "cloud") as talk:
        first = talk.say(talk.page, "One.")
        talk.pull()
        talk.world.faults.add(Rule(Fault(FaultKind.UNAVAILABLE), path="/wiki/api/v2/footer-comments"))
        tally = talk.pull(after="2 days")

        assert any("comments below pages were not read" in note for note in tally.notes)
        assert talk.rows()[first]["remote_missing_since"] is None


def test_given_most_comments_gone_at_once_then_none_is_removed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "MOST_GONE", 2)
    with _talk(database, "cloud") as talk:
        said = [talk.say(talk.page, f"Number {number}.") for number in range(4)]
        talk.pull()
        for one in said[:3]:
            talk.said.delete(one)
        tally = talk.pull(after="2 days")

        assert any("3 comments below pages are not found" in note for note in tally.notes)
        assert all(row["remote_missing_since"] is None for row in talk.rows().values())
