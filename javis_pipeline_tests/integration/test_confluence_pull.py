"""A pull of pages from the sandbox's Confluence, over a real socket, into a real database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Exchange
from javis_pipeline.db import pages
from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.db.page_rows import PageRow, new_page_lines
from javis_pipeline.db.pages import store_pages
from javis_pipeline.errors import ScopeBusy, SettingError, SyncHalted
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import ConfluenceSite, Page, Space
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline_tests.confluence_spaces import NOON, a_client

JIRA_MACRO = (
    '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">OQC-1</ac:parameter></ac:structured-macro>'
)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        yield server.world


@pytest.fixture
def site(world: World) -> ConfluenceSite:
    return world.confluence


@pytest.fixture
def space(site: ConfluenceSite) -> Space:
    return site.add_space("ENG", "Engineering", at=NOON - timedelta(days=30))


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(world: World, exchanges: list[Exchange]) -> Iterator[ConfluenceClient]:
    with a_client(world, exchanges) as client:
        yield client


def a_page(site: ConfluenceSite, title: str, body: str = "<p>Text.</p>", **options) -> Page:
    site.ground.clock.advance(timedelta(minutes=1))
    return site.create_page(site.space("ENG").space_id, title, body, **options)


def pull(database: Database, client: ConfluenceClient, *, space: str = "ENG", **options: Any) -> Tally:
    system = ConfluenceSystem(client, projects=["OQC"])
    job = Job(db=database, system=system, key=space, run_id="run", clock=lambda: NOON)
    return pull_scope(job, **options).tally


def stored(database: Database, page: Page) -> dict[str, Any]:
    return database.query("SELECT * FROM confluence_pages WHERE page_id = %s", [page.page_id])[0]


def edit(database: Database, page: Page, **columns) -> None:
    for name, value in columns.items():
        database.query(f"UPDATE confluence_pages SET {name} = %s WHERE page_id = %s", [value, page.page_id])


def test_given_an_empty_database_when_pulled_then_pages_labels_links_versions_and_people_are_stored(
    database, site, space, client
):
    body = f"<p>{JIRA_MACRO} and OQC-2, as in UTF-8.</p><p><a href='https://x.example/browse/EUV-3'>this</a></p>"
    page = a_page(site, "Plan", body, labels=["beta", "alpha"])

    tally = pull(database, client)

    row = stored(database, page)
    assert (tally.inserted, tally.whole, tally.completeness.agrees, tally.notes) == (2, True, True, ())
    assert (row["title"], row["body_storage"], row["labels"]) == ("Plan", page.body, ["alpha", "beta"])
    assert (row["version_number"], row["version_created_at"], row["sync_status"]) == (1, page.modified_at, "synced")
    assert row["content_hash"] is not None
    links = database.query("SELECT issue_key, kind FROM page_issue_links ORDER BY 1")
    assert [tuple(link.values()) for link in links] == [("EUV-3", "link"), ("OQC-1", "macro"), ("OQC-2", "text")]
    assert database.query("SELECT number FROM page_versions WHERE page_id = %s", [page.page_id]) == [{"number": 1}]
    assert database.query("SELECT display_name FROM users") == [{"display_name": "Site Administrator"}]


def test_given_nothing_new_when_pulled_again_then_nothing_is_written_in_four_requests(
    database, site, space, client, exchanges
):
    for number in range(300):
        site.create_page(space.space_id, f"Page {number}", "<p>x</p>", at=NOON - timedelta(hours=number))
    pull(database, client)
    before = database.query("SELECT xmin::text, page_id FROM confluence_pages ORDER BY page_id")
    exchanges.clear()

    tally = pull(database, client)

    assert (tally.inserted, tally.updated, tally.unchanged, tally.to_merge) == (0, 0, 250, ())
    assert len(exchanges) == 4
    assert database.query("SELECT xmin::text, page_id FROM confluence_pages ORDER BY page_id") == before


def test_given_changes_when_pulled_then_clean_rows_follow_and_what_was_overwritten_is_in_the_audit(
    database, site, space, client
):
    page, other = a_page(site, "Plan"), a_page(site, "Other")
    pull(database, client)
    site.ground.clock.advance(timedelta(hours=1))
    site.edit_page(page.page_id, title="Plan B", body="<p>New OQC-9.</p>", message="why not")
    site.add_label(page.page_id, "fresh")
    site.move_page(page.page_id, other.page_id)

    tally = pull(database, client)

    row = stored(database, page)
    assert (tally.inserted, tally.updated) == (0, 1)
    assert (row["title"], row["parent_id"], row["labels"]) == ("Plan B", other.page_id, ["fresh"])
    assert row["version_message"] == "why not"
    audit = database.query("SELECT field, old #>> '{}' AS old FROM sync_audit ORDER BY field")
    assert {"field": "title", "old": "Plan"} in audit
    assert [entry["field"] for entry in audit] == ["body_storage", "labels", "parent_id", "title"]
    assert database.query("SELECT issue_key FROM page_issue_links") == [{"issue_key": "OQC-9"}]
    numbers = database.query("SELECT number FROM page_versions WHERE page_id = %s ORDER BY 1", [page.page_id])
    assert [row["number"] for row in numbers] == [1, 2]


def test_given_an_edited_row_when_its_page_changes_then_the_merge_gets_it_and_it_is_named(
    database, site, space, client
):
    page, clean = a_page(site, "Plan"), a_page(site, "Clean")
    pull(database, client)
    edit(database, page, title="Mine")
    site.ground.clock.advance(timedelta(hours=1))
    for one in (page, clean):
        site.edit_page(one.page_id, body="<p>Theirs.</p>")

    tally = pull(database, client)

    assert [ref.resource_id for ref in tally.to_merge] == [page.page_id]
    assert (stored(database, page)["title"], stored(database, page)["body_storage"]) == ("Mine", page.body)
    assert stored(database, clean)["version_number"] == 2
    assert tally.watermark is not None
    assert tally.watermark <= page.modified_at


def test_given_an_edited_row_when_its_page_does_not_change_then_nothing_is_fetched(
    database, site, space, client, exchanges
):
    page = a_page(site, "Plan")
    pull(database, client)
    edit(database, page, title="Mine", parent_id="77")
    exchanges.clear()

    tally = pull(database, client)

    assert (tally.to_merge, len(exchanges)) == ((), 4)


@pytest.mark.parametrize(
    ("happens", "status"),
    [("trash_page", "trashed"), ("archive_page", "archived")],
)
def test_given_a_page_that_leaves_and_comes_back_then_its_row_follows(database, site, space, client, happens, status):
    page = a_page(site, "Plan")
    pull(database, client)

    getattr(site, happens)(page.page_id)
    pull(database, client)
    after = stored(database, page)["status"]
    site.restore_page(page.page_id)
    pull(database, client)

    assert (after, stored(database, page)["status"]) == (status, "current")


@pytest.mark.parametrize("full", [False, True])
def test_given_only_labels_changed_when_pulled_then_these_pages_are_named(database, site, space, client, full):
    page, edited, bare = a_page(site, "Plan"), a_page(site, "Edited"), a_page(site, "Bare", labels=["old"])
    a_page(site, "As it was", labels=["kept"])
    pull(database, client)
    edit(database, edited, labels=["mine"])
    site.add_label(page.page_id, "new")
    site.remove_label(bare.page_id, "old")

    tally = pull(database, client, full=full)

    assert [ref.resource_id for ref in tally.to_merge] == [page.page_id, bare.page_id]
    assert [stored(database, one)["labels"] for one in (page, edited, bare)] == [["new"], ["mine"], []]
    assert pull(database, client).to_merge == ()


def test_given_more_labels_than_a_run_compares_then_the_runs_take_turns(database, site, space, client, exchanges):
    page = a_page(site, "Plan", labels=[f"l{number}" for number in range(9)])
    other = a_page(site, "Other")
    pull(database, client)
    site.add_label(other.page_id, "l8")
    exchanges.clear()

    came = []
    for _ in range(3):
        pull(database, client)
        came.append(stored(database, other)["labels"])

    assert came == [[], [], ["l8"]]
    assert len(stored(database, page)["labels"]) == 9
    assert len(exchanges) <= 3 * 8 + 1


def test_given_a_site_that_does_not_give_labels_then_the_pages_are_stored_and_a_person_is_told(
    database, world, site, space, client
):
    page = a_page(site, "Plan", labels=["there"])
    world.faults.add(Rule(Fault(FaultKind.NOT_FOUND), path="*/content/labels"))

    tally = pull(database, client)

    assert tally.inserted == 2
    assert "labels were not read" in tally.notes[0]
    assert stored(database, page)["labels"] == []


def test_given_more_labels_than_come_with_a_page_then_all_are_read(database, site, space, client):
    page = a_page(site, "Plan")
    pull(database, client)
    site.ground.clock.advance(timedelta(hours=1))
    site.edit_page(page.page_id, body="<p>New.</p>")
    for number in range(60):
        site.add_label(page.page_id, f"label-{number}")

    pull(database, client)

    assert len(stored(database, page)["labels"]) == 60


def test_given_a_deleted_version_when_pulled_then_numbers_are_put_right(database, site, space, client):
    page = a_page(site, "Plan")
    for number in (2, 3):
        site.ground.clock.advance(timedelta(minutes=1))
        site.edit_page(page.page_id, body=f"<p>{number}</p>")
    pull(database, client)
    site.delete_version(page.page_id, 1)

    tally = pull(database, client)

    assert tally.updated == 1
    assert stored(database, page)["version_number"] == 2
    rows = database.query("SELECT number, created_at FROM page_versions WHERE page_id = %s ORDER BY 1", [page.page_id])
    assert [tuple(row.values()) for row in rows] == [
        (number, version.created_at) for number, version in enumerate(page.versions, 1)
    ]


def test_given_a_page_that_cannot_be_read_then_it_is_quarantined_and_the_rest_goes_on(database, site, space, client):
    good, bad = a_page(site, "Good"), a_page(site, "Bad")
    broken: Any = bad
    broken.parent_id = ["home"]

    tally = pull(database, client)

    assert (tally.unreadable, tally.completeness.quarantined) == (1, 1)
    assert stored(database, good)["title"] == "Good"


def test_given_another_account_than_last_time_then_nothing_is_read(database, world, site, space, client):
    pull(database, client)

    with a_client(world, email="eve@example.com") as other, pytest.raises(SyncHalted, match="--expect-account"):
        pull(database, other)


def test_given_a_space_that_another_run_holds_then_the_pull_says_who(database, space, client):
    with hold_scope(database, "confluence", "ENG", holder="somebody"), pytest.raises(ScopeBusy, match="somebody"):
        pull(database, client)


def test_given_a_space_that_is_not_there_then_the_nearest_is_named(database, space, client):
    with pytest.raises(SettingError, match="nearest it sees are ENG"):
        pull(database, client, space="ENGG")


@pytest.mark.parametrize(
    ("title", "labels"),
    [("Plan", []), ('Say "no"\\, {a},(b)', ["é", "zeta", "ß"]), (" ", ["a,b", "{}", '"']), ("\U0001f600", ["null"])],
)
def test_the_hash_that_a_pull_makes_is_that_of_the_database(database, title, labels):
    row = PageRow(
        "7", "ENG", "1", title, "<p>é</p>", None, "current", 1, NOON.isoformat(), None, None, None, tuple(labels), None,
    )  # fmt: skip

    with database.transaction(origin="sync") as conn:
        store_pages(
            conn, [row], new_page_lines([row], CONFLUENCE_PAGE.table), CONFLUENCE_PAGE.table, run_id="run", now=NOON
        )

    (stored,) = database.query(
        "SELECT content_hash = confluence_page_content_hash(p) AS equal, title, labels FROM confluence_pages AS p"
    )
    assert stored == {"equal": True, "title": title, "labels": labels}


def test_given_a_page_is_asked_for_besides_that_the_list_holds_too_then_it_is_stored_once(
    database, site, space, client
):
    pull(database, client)
    page = a_page(site, "Plan")

    tally = pull(database, client, also=[page.page_id])

    assert tally.inserted == 1
    assert stored(database, page)["title"] == "Plan"


def test_given_a_page_that_another_run_has_just_stored_then_it_is_compared_like_any_other(
    database, site, space, client, monkeypatch
):
    page = a_page(site, "Plan")
    look = pages._ids

    def look_too_early(conn, query, **params):
        monkeypatch.setattr(pages, "_ids", look)
        with database.transaction(origin="sync") as other:
            other.execute(
                "INSERT INTO confluence_pages (page_id, space_key, space_id) VALUES (%s, 'OPS', '1')", [page.page_id]
            )
        return []

    monkeypatch.setattr(pages, "_ids", look_too_early)
    tally = pull(database, client)

    assert (tally.inserted, tally.updated) == (1, 1)
    assert (stored(database, page)["title"], stored(database, page)["space_key"]) == ("Plan", "ENG")


def test_given_a_page_that_was_removed_for_good_when_pulled_again_then_it_is_stored_with_its_versions_once(
    database, site, space, client
):
    page = a_page(site, "Plan")
    pull(database, client)
    with database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("DELETE FROM confluence_pages WHERE page_id = %s", [page.page_id])

    pull(database, client, full=True)

    assert stored(database, page)["title"] == "Plan"
