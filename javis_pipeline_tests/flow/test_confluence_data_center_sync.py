"""Pages of a self-hosted Confluence on both sides: the stories that hold on Cloud, and those that are its own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from javis_pipeline.clients.calls import Exchange
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import ConfluenceSite
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.sync_scope import count_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline_tests.confluence_spaces import NOON, SyncedSpace, a_data_center_client

# The same stories, told with the fixtures of this module.
from javis_pipeline_tests.integration.test_confluence_push import (  # noqa: F401
    test_given_a_label_that_changes_only_in_case_when_synced_then_it_stays_on_both_sides,
    test_given_a_lost_reply_when_synced_again_then_the_mark_tells_and_nothing_is_sent_twice,
    test_given_a_page_moved_here_when_synced_then_it_is_under_the_other_page_there,
    test_given_a_page_with_everything_when_one_paragraph_is_edited_then_all_else_is_the_same_byte_for_byte,
    test_given_a_purged_page_when_counted_twice_then_its_row_is_a_tombstone,
    test_given_a_space_where_we_may_only_look_then_the_edit_stays_with_the_reason,
    test_given_a_title_that_differs_from_a_taken_one_only_in_case_then_it_is_in_error_and_all_else_goes_out,
    test_given_a_tombstone_when_the_page_is_there_again_then_the_row_comes_back,
    test_given_a_transient_conflict_when_sent_then_the_edit_waits_for_the_next_run,
    test_given_different_blocks_edited_on_both_sides_when_synced_then_both_edits_are_on_both_sides,
    test_given_edits_on_both_sides_when_planned_then_they_are_shown_and_nothing_changes,
    test_given_labels_edited_here_when_synced_then_they_are_added_and_removed_without_a_version,
    test_given_only_labels_changed_there_when_synced_in_full_then_the_rows_follow,
    test_given_somebody_just_faster_when_sent_then_the_page_is_read_again_and_merged,
)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.confluence.add_space("ENG", "Engineering")
        yield server.world


@pytest.fixture
def site(world: World) -> ConfluenceSite:
    return world.confluence


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(world: World, exchanges: list[Exchange]) -> Iterator[ConfluenceClient]:
    with a_data_center_client(world, exchanges) as client:
        yield client


@pytest.fixture
def space(database: Database, world: World, client: ConfluenceClient) -> SyncedSpace:
    return SyncedSpace(database, world, client)


def test_given_pages_and_labels_there_when_pulled_then_they_are_here_with_their_authors(space: SyncedSpace) -> None:
    page = space.page("Plan", "<p>One, of OQC-1.</p>", labels=["b", "a"])

    space.pull()

    row = space.row(page)
    assert (row["title"], row["body_storage"], row["labels"]) == ("Plan", page.body, ["a", "b"])
    (author,) = space.database.query("SELECT display_name FROM users WHERE account_id = %s", [row["author_id"]])
    assert author == {"display_name": "Site Administrator"}
    assert space.database.query("SELECT issue_key FROM page_issue_links") == [{"issue_key": "OQC-1"}]
    assert space.pull().updated == 0


def test_given_many_old_pages_then_a_new_version_of_one_of_them_is_found(
    space: SyncedSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("javis_pipeline.systems.confluence.source.ENOUGH_OLDER", 3)
    pages = [space.page(f"Page {number}") for number in range(8)]
    space.sync()

    space.edit_there(pages[-1], body="<p>New.</p>")
    space.sync()

    assert space.row(pages[-1])["body_storage"] == pages[-1].body


def test_given_two_indexes_of_which_one_is_behind_then_new_pages_are_found_and_older_texts_and_labels_are_no_change(
    space: SyncedSpace, world: World
) -> None:
    pages = [space.page(f"Page {number}", labels=["old"]) for number in range(4)]
    space.sync()
    world.jira.behaviour.traps = frozenset({Trap.TWO_NODES})
    world.jira.behaviour.index_lag = timedelta(hours=5)
    for page in pages[:2]:
        space.edit_there(page, title=f"{page.title}, late")
        space.site.remove_label(page.page_id, "old")
        space.site.add_label(page.page_id, "late")
    pages += [space.page(f"Page {number}", labels=["late"]) for number in (4, 5)]
    here = [(page.title, sorted(label.name for label in page.labels)) for page in pages]

    for full in (False, True, True, False):
        space.sync(full=full)

        assert [(space.row(page)["title"], space.row(page)["labels"]) for page in pages] == here
    assert space.database.query("SELECT * FROM sync_conflicts") == []
    assert count_scope(space.job()).missing == 0


def test_given_a_page_in_the_trash_then_the_count_finds_it_and_it_comes_back(space: SyncedSpace) -> None:
    page = space.page("Plan")
    space.sync()
    space.site.trash_page(page.page_id)

    counted = count_scope(space.job())

    assert (counted.missing, space.row(page)["status"], space.row(page)["remote_state"]) == (0, "trashed", "present")

    space.site.restore_page(page.page_id)
    space.sync()

    assert space.row(page)["status"] == "current"


def test_given_an_edit_that_was_sent_when_undone_then_the_page_is_as_before(space: SyncedSpace) -> None:
    page = space.page("Plan", "<p>One.</p>")
    space.sync()
    space.edit_here(page, body_storage=page.body.replace("One", "Two"))
    space.sync()
    assert "Two" in page.body
    job = space.job()
    store = job.store
    (sent,) = space.database.query("SELECT DISTINCT run_id FROM sync_audit WHERE side = 'remote'")

    undo_run(store, str(sent["run_id"]), space.run, by="ada")
    space.sync()

    assert "One" in page.body
    assert page.number == 3


@pytest.mark.parametrize("trap", [Trap.READ_ONLY, Trap.READ_ONLY_ADMIN])
def test_given_read_only_mode_then_the_edit_waits_with_the_reason_and_goes_out_after_it(
    space: SyncedSpace, world: World, trap: Trap
) -> None:
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Ours")
    world.jira.behaviour.traps = frozenset({trap})

    space.sync()

    assert page.title == "Plan"
    assert "read-only mode" in space.row(page)["sync_errors"]["title"]

    world.jira.behaviour.traps = frozenset()
    space.sync()

    assert (page.title, space.row(page)["sync_errors"]) == ("Ours", {})
