"""Pages that only some people may read in Confluence: readers of the database do not see them, wherever they are."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from javis_pipeline.clients.calls import Exchange
from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.pages import latest_pages, restricted_pages
from javis_pipeline.db.quarantine import quarantine_record
from javis_pipeline.defs.plans import plan_table
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.confluence_spaces import NOON, SyncedSpace, a_client
from javis_pipeline_tests.flow.test_restricted import SECRET, where_told


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.confluence.add_space("ENG", "Engineering", at=NOON - timedelta(days=30))
        yield server.world


@pytest.fixture
def space(database, world) -> Iterator[SyncedSpace]:
    with a_client(world) as client:
        yield SyncedSpace(database, world, client)


def restrictions(space: SyncedSpace) -> dict[str, str | None]:
    rows = space.database.query(
        "SELECT title, restriction FROM confluence_pages WHERE title NOT LIKE '%Home' ORDER BY 1"
    )
    return {row["title"]: row["restriction"] for row in rows}


def an_hour_passes(space: SyncedSpace) -> None:
    """Since restrictions were read."""
    with space.database.transaction(origin="sync") as conn:
        conn.execute("UPDATE sync_watermarks SET restrictions_at = restrictions_at - interval '1 hour'")


def test_given_restricted_pages_when_pulled_then_they_and_what_lies_below_are_marked(space):
    plain = space.page("Plain")
    board = space.page("Board", parent_id=plain.page_id)
    below = space.page("Below", parent_id=board.page_id)
    space.page("Deep", parent_id=below.page_id)
    own = space.page("Own", parent_id=board.page_id)
    old = space.page("Old")
    space.site.restrict_page(board.page_id, "712020:ann", "Board members")
    space.site.restrict_page(own.page_id, "Auditors")
    space.site.restrict_page(old.page_id, "712020:ann")
    space.site.archive_page(old.page_id)

    space.sync()

    assert restrictions(space) == {
        "Below": f"as page {board.page_id}",
        "Board": "group:Board members, user:712020:ann",
        "Deep": f"as page {board.page_id}",
        "Old": "user:712020:ann",
        "Own": "group:Auditors",
        "Plain": None,
    }


def test_given_a_restriction_that_comes_or_goes_then_it_is_so_here_within_an_hour_of_runs(space):
    page, other = space.page("One"), space.page("Two")
    below, under = (space.page(f"Below {each.title}", parent_id=each.page_id) for each in (page, other))
    space.site.archive_page(under.page_id)  # the list of a space does not hold it
    space.site.restrict_page(other.page_id, "Board")
    space.sync()
    assert restrictions(space)[under.title] == f"as page {other.page_id}"
    numbers = [page.number, other.number]

    space.site.restrict_page(page.page_id, "Board")
    space.site.restrict_page(other.page_id)
    an_hour_passes(space)
    space.sync()

    told = {"One": "group:Board", below.title: f"as page {page.page_id}", "Two": None, under.title: None}
    assert restrictions(space) == told
    assert [page.number, other.number] == numbers


def test_given_a_page_that_is_moved_below_a_restricted_one_then_it_is_restricted_with_it(space):
    board, page, mine = space.page("Board"), space.page("Page"), space.page("Mine")
    space.site.restrict_page(board.page_id, "Board")
    space.sync()

    space.site.move_page(page.page_id, board.page_id)
    space.edit_here(mine, parent_id=board.page_id)
    space.sync()

    assert restrictions(space) == {
        "Board": "group:Board",
        "Mine": f"as page {board.page_id}",
        "Page": f"as page {board.page_id}",
    }


def test_given_nothing_that_changed_then_restrictions_are_not_asked_for_again(database, world):
    exchanges: list[Exchange] = []
    with a_client(world, exchanges) as client:
        space = SyncedSpace(database, world, client)
        space.page("One")
        space.sync()
        asked = len(exchanges)

        space.sync()

    assert [exchange.url for exchange in exchanges[:asked] if "/content/search" in exchange.url]
    assert [exchange.url for exchange in exchanges[asked:] if "/content/search" in exchange.url] == []


def test_given_a_page_that_is_restricted_and_then_rewritten_then_it_is_so_here_with_its_new_text(database, world):
    exchanges: list[Exchange] = []
    with a_client(world, exchanges) as client:
        space = SyncedSpace(database, world, client)
        pages = [space.page(f"Page {number}") for number in range(9)]
        space.sync()
        asked = len(exchanges)

        space.site.restrict_page(pages[0].page_id, "Board")
        for page in pages[:3]:
            space.edit_there(page, title=f"{SECRET} {page.page_id}")
        space.sync()

    assert len([exchange.url for exchange in exchanges[asked:] if "/content/search" in exchange.url]) == 1
    assert [name for name, readers in restrictions(space).items() if readers] == [f"{SECRET} {pages[0].page_id}"]


def test_given_one_archived_page_that_does_not_tell_then_it_and_what_lies_below_stay_hidden_and_no_other(space, world):
    old, other = space.page("Old"), space.page("Other")
    below = space.page("Below", parent_id=old.page_id)
    for page in (old, other):
        space.site.archive_page(page.page_id)
    world.faults.add(Rule(Fault(FaultKind.NOT_FOUND), path=f"/wiki/rest/api/content/{old.page_id}/restriction/*"))

    space.sync()
    told = restrictions(space)
    world.faults.clear()
    space.sync()

    assert below.parent_id == old.page_id
    assert told == {"Below": "not read yet", "Old": "not read yet", "Other": None}
    assert restrictions(space) == {"Below": None, "Old": None, "Other": None}


def test_given_restrictions_that_cannot_be_read_then_pages_stay_hidden_until_they_can(space, world, make_login):
    reader = make_login("javis_read")
    page = space.page(f"The {SECRET}")
    world.faults.add(Rule(Fault(FaultKind.SERVER_ERROR), path="/wiki/rest/api/content/search"))

    notes = space.sync().pulled.notes

    assert "kept from readers" in " ".join(notes)
    assert space.row(page)["restriction"] == "not read yet"
    assert where_told(reader) == []

    world.faults.clear()
    space.sync()
    assert space.row(page)["restriction"] is None
    assert "confluence_pages" in where_told(reader)


def test_given_restricted_pages_in_every_book_then_readers_find_none_and_the_ui_does_not_quote_them(
    space, database, make_login: Callable[..., str]
):
    reader, editor = make_login("javis_read"), make_login("javis_app")
    page = space.page(f"Prepare the {SECRET}", f"<p>Of the {SECRET}.</p>")
    space.sync()
    space.edit_here(page, title=f"Here: {SECRET}")
    space.sync()
    before = set(where_told(reader))

    space.site.restrict_page(page.page_id, "Board")
    an_hour_passes(space)
    space.sync()
    space.edit_here(page, title=f"Here again: {SECRET}", body_storage=f"<p>{SECRET}")
    space.edit_there(page, title=f"There: {SECRET}")
    with database.transaction(origin="sync") as conn:
        quarantine_record(
            conn, "confluence", "ENG", "9", updated_at=None, payload={"title": SECRET}, reason="no", now=space.now
        )
    done = space.sync()
    items = [*done.merged.items, *done.sent.decided.items]

    assert {"confluence_pages", "local_edits", "sync_audit", "sync_outbox"} <= before
    assert where_told(reader) == []
    assert {"confluence_pages", "sync_conflicts", "sync_conflict_values", "local_edits"} <= set(where_told(editor))
    shown = [*list_conflicts(database, None), *list_errors(database, None), *latest_pages(database, ["ENG"], limit=9)]
    assert {row["title"] for row in shown} == {"(restricted)", "Engineering Home"}
    assert SECRET not in repr(shown)
    assert SECRET not in str(plan_table(items, restricted=restricted_pages(database, ["ENG"])))
    assert SECRET in repr(list_conflicts(database, None, quote_restricted=True))
