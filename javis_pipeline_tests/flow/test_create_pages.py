"""Rows that are inserted here become pages there, once: with PostgreSQL and a site behind a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.creates import PostgresCreates
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.status import scope_status
from javis_pipeline.records.create import Made
from javis_pipeline.records.policy import Policy
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline_tests.sites import NOON

POST = {"cloud": "/wiki/api/v2/pages", "data-center": "/confluence/rest/api/content"}
ALLOWED = Policy("confluence", "DOC", "create", "on", "JAVIS_CREATE")


@dataclass
class Both:
    """A space on both sides."""

    database: Database
    world: World
    client: ConfluenceClient
    edition: Edition
    runs: int = 0

    def job(self) -> Job:
        self.runs += 1
        return Job(
            db=self.database,
            system=ConfluenceSystem(self.client, scopes=("DOC",), creating=("DOC",)),
            key="DOC",
            run_id=f"run-{self.runs}",
            clock=self.world.clock.now,
        )

    def sync(self, after: timedelta = timedelta(hours=1)) -> WrittenBack:
        self.world.clock.advance(after)
        pull_scope(self.job())
        return write_back_scope(self.job())

    def wishes(self) -> PostgresCreates:
        job = self.job()
        return job.books(job.system.kind).wishes

    def say(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """What an application does."""
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            cursor = conn.execute(statement.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def insert(self, **columns: Any) -> str:
        """The key that a new row gets."""
        given = {"space_key": "DOC", **columns}
        names, values = ", ".join(given), ", ".join(f"%({name})s" for name in given)
        (row,) = self.say(f"INSERT INTO confluence_pages ({names}) VALUES ({values}) RETURNING key", **given)
        return str(row["key"])

    def row(self, key: str) -> dict[str, Any]:
        (row,) = self.database.query("SELECT * FROM confluence_pages WHERE key = javis_key(%(key)s)", {"key": key})
        return row

    def page(self, key: str) -> Page:
        return self.world.confluence.page(self.row(key)["page_id"])

    def there(self) -> list[str]:
        return sorted(page.title for page in self.world.confluence.pages.values())

    def posts(self) -> int:
        return sum(one.path == POST[self.edition] for one in self.world.exchanges.matching("POST"))

    def goes_wrong(self, kind: FaultKind, path: str = "", **where: Any) -> None:
        self.world.faults.add(Rule(Fault(kind), method="POST", path=path or POST[self.edition], **where))


@contextmanager
def _both(database: Database, edition: Edition) -> Iterator[Both]:
    with database.transaction() as conn:
        store_policies(conn, [ALLOWED])
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        world = server.world
        space = world.confluence.add_space("DOC", "Documents")
        world.confluence.create_page(space.space_id, "Old", "<p>Old.</p>")
        with _client(world, edition) as client:
            both = Both(database, world, client, edition)
            both.sync()
            world.exchanges.clear()
            yield both


def _client(world: World, edition: Edition) -> ConfluenceClient:
    limits = Limits(tries=2)
    if edition == "cloud":
        token = world.credentials.api_token
        return ConfluenceClient(world.base_url, "us@example.com", token, limits=limits, sleep=lambda _: None)
    url = f"{world.base_url}/confluence"
    return DataCenterClient(url, None, world.credentials.personal_token("us"), limits=limits, sleep=lambda _: None)


@pytest.fixture
def both(database: Database) -> Iterator[Both]:
    with _both(database, "cloud") as sides:
        yield sides


@pytest.mark.parametrize("edition", ["cloud", "data-center"])
def test_given_pages_that_an_application_inserts_then_they_are_made_once_each_below_its_parent(
    database: Database, edition: Edition
) -> None:
    with _both(database, edition) as both:
        top = both.insert(title="Handbook", body_storage="<p>Read <strong>this</strong>.</p>", labels=["lab", "b"])
        child = both.insert(title="Chapter", parent_id=top.upper())
        before = both.row(top)
        both.say("UPDATE confluence_pages SET body_storage = '<p>One</p>' WHERE key = %(key)s", key=child)

        both.sync()

        after, below = both.row(top), both.row(child)
        assert (top[:4], len(top), before["remote_state"], before["page_id"]) == ("new-", 12, "wanted", None)
        assert (after["remote_state"], after["sync_status"], after["sync_errors"]) == ("present", "synced", {})
        assert (after["record_id"], after["key"]) == (before["record_id"], after["page_id"])
        assert below["parent_id"] == after["page_id"]
        page, chapter = both.page(top), both.page(child)
        assert page.properties["javis-record"][0] == {"record": str(before["record_id"])}
        assert ("Read <strong>this</strong>.</p>" in page.body, sorted(label.name for label in page.labels)) == (
            True,
            ["b", "lab"],
        )
        assert (chapter.parent_id, ">One</p>" in chapter.body, chapter.number) == (page.page_id, True, 1)
        assert both.posts() == 2
        both.sync()
        assert both.posts() == 2
        assert {row["restriction"] for row in (both.row(top), both.row(child))} == {None}


def test_given_a_reply_that_was_lost_and_no_mark_then_the_page_is_known_by_what_was_asked_for(both: Both) -> None:
    key = both.insert(title="Once", body_storage="<p>As <em>asked</em></p>")
    both.goes_wrong(FaultKind.LOST_REPLY)
    both.sync(timedelta(minutes=1))
    both.say("UPDATE confluence_pages SET title = 'Edited meanwhile' WHERE key = %(key)s", key=key)
    unknown = both.row(key)
    both.sync(timedelta(minutes=1))

    assert "not known yet" in unknown["sync_errors"]["(row)"]
    assert (both.posts(), both.there()) == (1, ["Documents Home", "Edited meanwhile", "Old"])
    assert (both.row(key)["sync_status"], both.row(key)["title"]) == ("synced", "Edited meanwhile")


def test_given_a_page_that_was_renamed_there_before_its_reply_was_found_then_it_is_known_all_the_same(
    both: Both,
) -> None:
    key = both.insert(title="Once", body_storage="<p>x</p>")
    both.goes_wrong(FaultKind.LOST_REPLY)
    both.sync(timedelta(minutes=1))
    made = next(page for page in both.world.confluence.pages.values() if page.title == "Once")
    both.world.confluence.edit_page(made.page_id, title="Renamed", body="<p>y</p>")
    both.sync(timedelta(minutes=1))
    both.sync(timedelta(minutes=40))

    assert both.posts() == 1
    assert (both.row(key)["page_id"], both.row(key)["title"]) == (made.page_id, "Renamed")


def test_given_a_request_that_was_lost_then_it_is_asked_for_again_only_after_two_proofs(both: Both) -> None:
    key = both.insert(title="Lost")
    both.goes_wrong(FaultKind.LOST_REQUEST)
    both.sync(timedelta(minutes=1))
    both.world.faults.clear()
    posts = []
    for _ in range(4):
        both.sync(timedelta(minutes=8))
        posts.append(both.posts())

    assert posts == [1, 1, 1, 2], "16 minutes: the first proof; 24 is within ten minutes of it"
    assert both.row(key)["remote_state"] == "present"
    assert both.there().count("Lost") == 1


def test_given_a_page_of_ours_that_nothing_accounts_for_then_a_person_is_asked_and_answers(both: Both) -> None:
    key = both.insert(title="Asked", body_storage="<p>x</p>")
    both.goes_wrong(FaultKind.LOST_REPLY)
    both.sync(timedelta(minutes=1))
    made = next(page for page in both.world.confluence.pages.values() if page.title == "Asked")
    both.world.confluence.move_page(made.page_id, None)
    for _ in range(2):
        both.sync(timedelta(minutes=16))
    (conflict,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")
    held = both.database.query("SELECT FROM confluence_pages WHERE page_id = %(id)s", {"id": made.page_id})
    there = Made(remote_id=made.page_id, key=made.page_id)

    answer_creation(both.wishes(), conflict["record_id"], "is", there, by="ann", now=both.world.clock.now())
    both.sync()

    assert (conflict["kind"], held) == ("creation_unknown", [])
    assert [one["key"] for one in conflict["details"]["alike"]] == [made.page_id]
    assert (both.row(key)["page_id"], both.row(key)["sync_status"], both.posts()) == (made.page_id, "synced", 1)


@pytest.mark.parametrize("state", ["current", "archived", "trashed"])
def test_given_a_title_that_is_taken_then_the_row_names_who_has_it_and_is_made_once_it_is_mended(
    both: Both, state: str
) -> None:
    both.world.confluence.switches.bin_keeps_titles = True
    space = both.world.confluence.space("DOC")
    key = both.insert(title="Taken")
    holder = both.world.confluence.create_page(space.space_id, "TAKEN", "")
    if state == "archived":
        both.world.confluence.archive_page(holder.page_id)
    if state == "trashed":
        both.world.confluence.trash_page(holder.page_id)
    write_back_scope(both.job())
    refused = both.row(key)
    both.say("UPDATE confluence_pages SET title = 'Free' WHERE key = %(key)s", key=key)
    both.sync()

    assert refused["sync_status"] == "error"
    assert f"title: page {holder.page_id}" in refused["sync_errors"]["(row)"]
    assert ("in the trash" in refused["sync_errors"]["(row)"]) == (state == "trashed")
    assert (both.row(key)["remote_state"], both.page(key).title) == ("present", "Free")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"parent_id": "999"}, "parent_id: there is no current page 999"),
        ({"parent_id": "77"}, "parent_id: page 77 is in space WEB"),
        ({"parent_id": "new-aaaaaaaa"}, "page new-aaaaaaaa is not made in Confluence"),
        ({"body_storage": "<p>open"}, "body_storage: is not what Confluence can store"),
        ({"labels": ["two words"]}, "labels: 'two words' holds a blank"),
    ],
    ids=["parent", "parent elsewhere", "no parent", "text", "label"],
)
def test_given_what_cannot_be_made_then_the_row_says_why_and_is_made_once_it_is_mended(
    both: Both, columns: dict[str, Any], says: str
) -> None:
    elsewhere = (
        "INSERT INTO confluence_pages (page_id, space_key, space_id, status) VALUES ('77', 'WEB', '7', 'current')"
    )
    with both.database.transaction(origin="sync") as conn:
        conn.execute(elsewhere)
    key = both.insert(title="Wrong", **columns)
    both.sync()
    refused = both.row(key)
    both.say(
        "UPDATE confluence_pages SET parent_id = NULL, body_storage = '<p>x</p>', labels = %(none)s"
        " WHERE key = %(key)s",
        key=key,
        none=[],
    )
    both.sync()

    assert refused["sync_status"] == "error"
    assert says in refused["sync_errors"]["(row)"]
    assert (both.row(key)["remote_state"], both.row(key)["sync_errors"]) == ("present", {})


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        ({"title": "x" * 300}, psycopg.errors.CheckViolation, "255"),
        ({"title": " "}, psycopg.errors.NotNullViolation, "title"),
        ({"title": "OLD"}, psycopg.errors.UniqueViolation, "has this title already in DOC"),
        ({"title": "x", "space_key": "WEB"}, psycopg.errors.RestrictViolation, "nothing may be made in WEB"),
    ],
    ids=["long", "none", "taken", "space"],
)
def test_given_what_is_known_to_be_wrong_then_it_is_refused_where_it_is_written(
    both: Both, columns: dict[str, Any], error: type[psycopg.Error], says: str
) -> None:
    with pytest.raises(error, match=says):
        both.insert(**columns)


def test_given_one_wish_that_is_written_twice_then_it_is_one(both: Both) -> None:
    name = "11111111-2222-4333-8444-555555555555"
    key = both.insert(title="Once", record_id=name)
    again = "INSERT INTO confluence_pages (space_key, title, record_id) VALUES ('DOC', 'Once', %(id)s)"
    both.say(f"{again} ON CONFLICT (record_id) DO NOTHING", id=name)
    with pytest.raises(psycopg.errors.UniqueViolation):
        both.say(again, id=name)
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        with conn.cursor().copy("COPY pages_in (space_key, title, record_id) FROM STDIN") as copy:
            copy.write_row(("DOC", "Once", name))
            copy.write_row(("DOC", "Copied", None))
    both.sync()
    both.say(f"{again} ON CONFLICT (record_id) DO NOTHING", id=name)
    both.sync()

    assert [title for title in both.there() if title in ("Once", "Copied")] == ["Copied", "Once"]
    assert both.row(key)["remote_state"] == "present"


def test_given_wishes_then_nothing_counts_them_but_status_and_a_dry_run_and_a_withdrawn_one_is_never_made(
    both: Both,
) -> None:
    key = both.insert(title="Not any more")
    (status,) = [one for one in scope_status(both.database) if one["system"] == "confluence"]
    items = plan_scope(both.job())
    both.say("DELETE FROM confluence_pages WHERE key = %(key)s", key=key)
    both.sync()

    assert (status["records"], status["wanted"], status["tombstones"]) == (2, 1, 0)
    assert [(item.key, item.side, item.new) for item in items] == [(key, "remote", "Not any more")]
    assert both.there() == ["Documents Home", "Old"]


def test_given_a_database_that_was_restored_then_what_it_had_made_is_found_by_its_mark(both: Both) -> None:
    key = both.insert(title="Made before the backup was restored", body_storage="<p>x</p>")
    both.sync()
    page_id = both.row(key)["page_id"]
    with both.database.transaction(origin="sync") as conn:
        conn.execute(
            "UPDATE confluence_pages SET page_id = NULL, remote_state = 'wanted', version_created_at = NULL,"
            " created_at = NULL WHERE title LIKE 'Made%'"
        )
        conn.execute("DELETE FROM sync_creates")
    both.sync()

    assert (both.posts(), both.row(key)["page_id"], both.row(key)["remote_state"]) == (1, page_id, "present")
