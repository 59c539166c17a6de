"""Pages in both directions: the sandbox's Confluence behind a real socket, a real database."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Exchange
from javis_pipeline.errors import SettingError, SyncHalted
from javis_pipeline.records.sync import NOT_OURS, Overrides
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import ConfluenceSite
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.push import Pushed
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.sync_scope import count_scope, pull_scope, write_back_scope
from javis_pipeline.sync.richtext.storage.page import special_content
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.records import ConfluenceRecords
from javis_pipeline_tests.confluence_spaces import NOON, SyncedSpace, a_client

PANEL = (
    '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Mind the <ac:link><ri:user ri:account-id="u1" />'
    "</ac:link></p></ac:rich-text-body></ac:structured-macro>"
)
PUSHED = Pushed(confirmed=1).count()
IDLE = dict.fromkeys(PUSHED, 0)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.confluence.add_space("ENG", "Engineering", at=NOON - timedelta(days=30))
        yield server.world


@pytest.fixture
def site(world: World) -> ConfluenceSite:
    return world.confluence


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(world: World, exchanges: list[Exchange]) -> Iterator[ConfluenceClient]:
    with a_client(world, exchanges) as client:
        yield client


@pytest.fixture
def space(database, world: World, client: ConfluenceClient) -> SyncedSpace:
    return SyncedSpace(database, world, client)


def text(body: str) -> str:
    """A body without the ids that the server hands out to paragraphs."""
    return re.sub(r' local-id="[^"]*"', "", body)


def conflicts(space: SyncedSpace) -> list[dict[str, Any]]:
    return space.database.query("SELECT * FROM sync_conflicts WHERE state = 'open' ORDER BY field_name")


def test_given_a_space_key_that_was_given_to_another_space_then_nothing_is_mixed_until_a_person_says_so(space):
    page = space.page("Plan")
    space.sync()
    space.site.space("ENG").key = "OLD"
    other = space.site.add_space("ENG", "Another")
    space.edit_here(page, title="Mine")

    for verb in (pull_scope, count_scope, plan_scope):
        with pytest.raises(SyncHalted, match=f"--expect-place {other.space_id}$"):
            verb(space.job())

    assert (page.title, space.row(page)["title"]) == ("Plan", "Mine")
    pull_scope(space.job(overrides=Overrides(place_id=other.space_id)))
    assert space.database.query("SELECT title FROM confluence_pages ORDER BY 1")[0] == {"title": "Another Home"}


def test_given_a_space_whose_key_was_changed_then_its_rows_follow_and_what_waited_goes_out(space):
    page, untouched = space.page("Plan"), space.page("Other")
    space.sync()
    space.edit_here(page, title="Mine")
    space.site.space("ENG").key = "NEU"

    pull_scope(space.job(key="NEU"))
    write_back_scope(space.job(key="NEU"))

    assert page.title == "Mine"
    keys = space.database.query("SELECT space_key, count(*) AS pages FROM confluence_pages GROUP BY 1")
    assert keys == [{"space_key": "NEU", "pages": 3}]
    assert untouched.number == 1


# One side


def test_given_some_edited_pages_then_each_is_looked_at_once_before_it_goes_out_and_once_after(space, exchanges):
    pages = [space.page(f"Plan {number}") for number in range(3)]
    space.sync()
    for page in pages:
        space.edit_here(page, title=f"{page.title} B")
    exchanges.clear()

    write_back_scope(space.job())

    for page in pages:
        asked = [one.method for one in exchanges if f"/pages/{page.page_id}" in one.url]
        assert asked == ["GET", "PUT", "GET"]
        assert page.title.endswith(" B")


def test_given_a_title_edited_here_when_synced_then_only_it_changes_there_and_the_row_is_clean(space):
    page = space.page("Plan", f"<p>One.</p>{PANEL}<p>Two.</p>")
    space.sync()
    body = page.body
    space.edit_here(page, title="Plan B")

    done = space.sync()

    row = space.row(page)
    assert done.sent.pushed.count() == PUSHED
    assert (page.title, page.body, page.number) == ("Plan B", body, 2)
    assert page.latest.message.startswith("javis sync ")
    assert (row["sync_status"], row["local_modified_fields"], row["version_number"]) == ("synced", {}, 2)


def test_given_a_paragraph_edited_here_when_synced_then_all_other_blocks_stay_byte_for_byte(space):
    page = space.page("Plan", f"<p>One.</p>{PANEL}<p>Two &mdash; of OQC-1.</p>")
    space.sync()
    before = page.body
    space.edit_here(page, body_storage=before.replace("One.", "First, OQC-7."))

    space.sync()

    assert page.body == before.replace("One.", "First, OQC-7.")
    assert space.row(page)["body_storage"] == page.body
    links = space.database.query("SELECT issue_key FROM page_issue_links ORDER BY 1")
    assert [link["issue_key"] for link in links] == ["OQC-1", "OQC-7"]
    numbers = space.database.query("SELECT number FROM page_versions WHERE page_id = %s ORDER BY 1", [page.page_id])
    assert [row["number"] for row in numbers] == [1, 2]


RICH_BLOCKS = [
    "<h1>Plan &amp; goals</h1>",
    PANEL,
    '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">sql</ac:parameter><ac:plain-text-body>'
    "<![CDATA[SELECT  '<p>' &nbsp; -- ]]]]><![CDATA[>]]></ac:plain-text-body></ac:structured-macro>",
    "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>incomplete</ac:task-status>"
    "<ac:task-body>Ask <ac:link><ri:user ri:account-id='u1' /></ac:link></ac:task-body></ac:task></ac:task-list>",
    '<p>Text with <ac:inline-comment-marker ac:ref="c1">a remark</ac:inline-comment-marker>&nbsp;and caf&eacute;.</p>',
    '<ac:image ac:width="100"><ri:attachment ri:filename="a b.png" /></ac:image>',
    "<table><tbody><tr><th>a</th><td><p>1</p><p>2</p></td></tr></tbody></table>",
    '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>left</p></ac:layout-cell><ac:layout-cell>'
    f"<p>right</p>{PANEL}</ac:layout-cell></ac:layout-section></ac:layout>",
]


def test_given_a_page_with_everything_when_one_paragraph_is_edited_then_all_else_is_the_same_byte_for_byte(space):
    page = space.page("Plan", "<p>First.</p>" + "\n".join(RICH_BLOCKS))
    space.sync()
    before = page.body
    space.edit_here(page, body_storage=before.replace("First.", "First, edited."))

    space.sync()

    assert page.number == 2
    assert page.body == before.replace("First.", "First, edited.")
    assert special_content(page.body) == special_content(before)
    assert space.row(page)["body_storage"] == page.body


def test_given_a_pushed_edit_when_synced_again_then_nothing_happens_on_either_side(space):
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Plan B", labels=["new"])
    space.sync()
    rows = "SELECT xmin::text, page_id FROM confluence_pages ORDER BY page_id"
    before, changes = space.database.query(rows), space.site.changes

    again = space.sync()

    assert again.sent.pushed.count() == IDLE
    assert (space.database.query(rows), space.site.changes) == (before, changes)


def test_given_an_edit_that_only_respells_when_synced_then_no_version_is_made(space):
    page = space.page("Plan", "<p>One</p><p>Two</p>")
    space.sync()
    space.edit_here(page, body_storage="<p>One</p>\n\n<p >Two</p>")

    space.sync()

    row = space.row(page)
    assert page.number == 1
    assert (row["body_storage"], row["sync_status"]) == (page.body, "synced")


def test_given_labels_edited_here_when_synced_then_they_are_added_and_removed_without_a_version(space):
    page = space.page("Plan", labels=["old", "stays"])
    space.sync()
    space.edit_here(page, labels=["stays", "New", "bad,one"])

    space.sync()

    row = space.row(page)
    assert sorted(label.name for label in page.labels) == ["new", "stays"]
    assert page.number == 1
    assert row["labels"] == ["bad,one", "new", "stays"]
    assert "the label 'bad,one' holds ," in row["sync_errors"]["labels"]


@pytest.mark.parametrize("title", ["WEG NACH ÜBERSEE", "weg nach übersee", "Weg Nach Übersee", "WEG nach Übersee"])
def test_given_a_title_that_differs_from_a_taken_one_only_in_case_then_it_is_in_error_and_all_else_goes_out(
    space, title
):
    page, other = space.page("Page"), space.page("Other")
    space.sync()
    space.edit_here(page, title=title, body_storage=f"{page.body}<p>More.</p>")
    space.edit_here(other, title="Another one")
    space.page("Weg nach Übersee")

    for _ in range(2):
        space.sync()

    assert (page.title, "More." in page.body, other.title) == ("Page", True, "Another one")
    assert "has this title" in space.row(page)["sync_errors"]["title"]


def test_given_a_label_that_changes_only_in_case_when_synced_then_it_stays_on_both_sides(space, exchanges):
    page = space.page("Plan", labels=["urgent", "late"])
    space.sync()
    space.edit_here(page, labels=["URGENT", "new"])
    exchanges.clear()

    space.sync()
    space.sync()

    assert sorted(label.name for label in page.labels) == ["new", "urgent"]
    row = space.row(page)
    assert (row["labels"], row["local_modified_fields"], row["sync_errors"]) == (["new", "urgent"], {}, {})
    assert [one.method for one in exchanges if one.method in ("POST", "DELETE")] == ["POST", "DELETE"]


def test_given_a_label_that_somebody_takes_off_right_after_our_write_then_it_goes_here_too(space, world, exchanges):
    page = space.page("Plan", labels=["stays"])
    space.sync()
    space.edit_here(page, labels=["stays", "New"])
    exchanges.clear()
    before_each_look = Rule(method="GET", action=lambda: world.confluence.remove_label(page.page_id, "new"))
    world.faults.add(before_each_look)

    space.sync()

    row = space.row(page)
    assert (row["labels"], row["local_modified_fields"], row["sync_errors"]) == (["stays"], {}, {})
    space.sync(full=True)
    assert [label.name for label in page.labels] == ["stays"]
    assert [one.method for one in exchanges if one.method in ("POST", "DELETE")] == ["POST"]


def test_given_a_label_that_the_site_drops_then_its_reply_is_no_proof(space, site):
    page = space.page("Plan", labels=["stays"])
    space.sync()
    space.edit_here(page, labels=["stays", "New"])
    site.add_label = lambda page_id, name, prefix: None

    space.sync()

    row = space.row(page)
    assert (row["labels"], row["local_modified_fields"]) == (["New", "stays"], {"labels": ["stays"]})
    assert "said yes and did not change 'New'" in row["sync_errors"]["labels"]


def test_given_only_labels_changed_there_when_synced_in_full_then_the_rows_follow(space, site):
    page, edited, bare = space.page("Plan"), space.page("Edited"), space.page("Bare", labels=["old"])
    space.sync()
    space.edit_here(edited, labels=["mine"])
    site.add_label(page.page_id, "new")
    site.add_label(edited.page_id, "theirs")
    site.remove_label(bare.page_id, "old")

    space.sync(full=True)

    assert [space.row(one)["labels"] for one in (page, edited, bare)] == [["new"], ["mine", "theirs"], []]
    assert sorted(label.name for label in edited.labels) == ["mine", "theirs"]
    assert space.database.query("SELECT 1 FROM confluence_pages WHERE sync_status <> 'synced'") == []


def test_given_a_page_moved_here_when_synced_then_it_is_under_the_other_page_there(space):
    page, parent = space.page("Plan"), space.page("Parent")
    space.sync()
    space.edit_here(page, parent_id=parent.page_id)

    space.sync()

    assert page.parent_id == parent.page_id
    assert space.row(page)["sync_status"] == "synced"


# Both sides


def test_given_different_blocks_edited_on_both_sides_when_synced_then_both_edits_are_on_both_sides(space):
    page = space.page("Plan", f"<p>One.</p>{PANEL}<p>Two.</p>")
    space.sync()
    space.edit_here(page, body_storage=page.body.replace("One.", "One, here."))
    space.edit_there(page, body=page.body.replace("Two.", "Two, there."))

    space.sync()

    assert "One, here." in page.body
    assert "Two, there." in page.body
    assert space.row(page)["body_storage"] == page.body
    assert space.row(page)["sync_status"] == "synced"


def test_given_the_same_block_edited_on_both_sides_when_synced_then_both_values_stay_and_a_choice_ends_it(space):
    page = space.page("Plan", "<p>One.</p><p>Two.</p>")
    space.sync()
    space.edit_here(page, body_storage="<p>One, here.</p><p>Two.</p>", title="Mine")
    space.edit_there(page, body="<p>One, there.</p><p>Two.</p>")

    space.sync()
    (conflict,) = conflicts(space)
    texts = (text(page.body), space.row(page)["body_storage"])
    resolve(space.job().store, conflict["id"], "local", space.run, by="ann")
    space.sync()

    assert texts == ("<p>One, there.</p><p>Two.</p>", "<p>One, here.</p><p>Two.</p>")
    assert conflict["details"]["remote_author"] == page.versions[1].author_id
    assert (text(page.body), page.title) == ("<p>One, here.</p><p>Two.</p>", "Mine")
    assert conflicts(space) == []


def test_given_somebody_just_faster_when_sent_then_the_page_is_read_again_and_merged(space, world):
    page = space.page("Plan", "<p>One.</p><p>Two.</p>")
    space.sync()
    space.edit_here(page, body_storage="<p>One, here.</p><p>Two.</p>")
    world.faults.add(
        Rule(method="PUT", last=1, action=lambda: space.edit_there(page, body="<p>One.</p><p>Two, there.</p>"))
    )

    done = space.sync()

    assert text(page.body) == "<p>One, here.</p><p>Two, there.</p>"
    assert done.sent.pushed.count() == PUSHED
    assert (space.row(page)["body_storage"], space.row(page)["sync_status"]) == (page.body, "synced")
    assert conflicts(space) == []


# Trouble on the way


def test_given_a_lost_reply_when_synced_again_then_the_mark_tells_and_nothing_is_sent_twice(space, world):
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Plan B")
    world.faults.add(Rule(Fault(FaultKind.LOST_REPLY), method="PUT"))

    first = space.sync()

    assert page.number == 2
    assert space.row(page)["sync_status"] == "synced"
    assert first.sent.pushed.confirmed == 1
    space.sync()
    assert page.number == 2


def test_given_a_transient_conflict_when_sent_then_the_edit_waits_for_the_next_run(space, site):
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Plan B")
    site.switches.transient_conflicts = 10

    first = space.sync()
    site.switches.transient_conflicts = 0
    second = space.sync()

    assert (first.sent.pushed.postponed, second.sent.pushed.confirmed) == (1, 1)
    assert page.title == "Plan B"


BAD_INPUT = [
    pytest.param("body_storage", "<p>open", "mismatched tag", id="malformed"),
    pytest.param("body_storage", "<!DOCTYPE x><p>x</p>", "a document type is not allowed", id="document type"),
    pytest.param("body_storage", f"<p>{'x' * 5_300_000}</p>", "larger than 5 MB", id="over 5 MB"),
    pytest.param("body_storage", None, "must not be NULL", id="no body"),
    pytest.param("parent_id", "99999", "there is no current page 99999", id="unknown parent"),
    pytest.param("parent_id", "OQC-7", "is not the id of a page", id="parent that is no id"),
    pytest.param("parent_id", None, "cannot be moved to the top", id="no parent"),
    pytest.param("title", "Taken", "another page of the space has this title", id="duplicate title"),
]


@pytest.mark.parametrize(("field", "value", "why"), BAD_INPUT)
def test_given_bad_input_when_synced_then_the_edit_stays_with_the_reason_and_the_rest_goes_out(
    space, field, value, why
):
    page, other = space.page("Plan"), space.page("Other")
    space.sync()
    title = "Plan B" if field != "title" else value
    body = "<p>New.</p>" if field != "body_storage" else value
    space.edit_here(page, title=title, body_storage=body, **({field: value} if field == "parent_id" else {}))
    space.edit_here(other, title="Other B")
    space.page("Taken")

    space.sync()
    space.sync()

    row = space.row(page)
    assert row[field] == value
    assert why in row["sync_errors"][field]
    assert list(row["sync_errors"]) == list(row["local_modified_fields"]) == [field]
    assert row["sync_status"] == "error"
    assert other.title == "Other B"
    assert page.title == ("Plan" if field == "title" else "Plan B")
    assert text(page.body) == ("<p>Text.</p>" if field == "body_storage" else "<p>New.</p>")


@pytest.mark.parametrize("merged", [False, True], ids=["set-wise", "merged"])
def test_given_policies_then_a_page_keeps_what_is_not_taken_and_sends_only_edits(space: SyncedSpace, merged: bool):
    page = space.page("Plan", "<p>One.</p>", labels=["draft"])
    space.policies = {"body_storage": "local_to_remote", "labels": "none", "parent_id": "remote_to_local"}
    space.sync()
    first = space.row(page)["body_storage"]
    assert ("One." in first, space.row(page)["labels"]) == (True, [])

    space.edit_there(page, title="Plan B", body="<p>Two.</p>")
    space.site.add_label(page.page_id, "final")
    if merged:
        space.edit_here(page, title="Mine")
    space.sync()
    row = space.row(page)
    assert (row["body_storage"], row["labels"]) == (first, [])
    assert "Two." in space.site.pages[page.page_id].body
    space.edit_here(page, body_storage="<p>Three.</p>")
    space.sync()

    assert "Three." in space.site.pages[page.page_id].body
    (replaced,) = space.database.query("SELECT remote_value FROM sync_conflicts WHERE kind = 'overwrote_remote'")
    assert "Two." in replaced["remote_value"]
    space.policies = {}
    space.sync()
    assert space.row(page)["labels"] == ["draft", "final"]
    space.policies = {"titel": "none"}
    with pytest.raises(SettingError, match="CONFLUENCE_FIELD_POLICY: there is no field titel; the nearest: title"):
        space.sync()


def test_given_a_refused_title_when_synced_in_full_then_it_is_asked_once_more_and_nothing_changes(space, exchanges):
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Taken")
    space.page("Taken")
    space.sync()
    space.sync()
    asked, rows, page_before = [], [], (page.title, page.number)

    for full in (False, True, False):
        exchanges.clear()
        space.sync(full=full)
        asked.append([one.method for one in exchanges if one.method != "GET"])
        row = space.row(page)
        rows.append((row["title"], row["local_modified_fields"], row["local_seq"], row["sync_status"]))

    assert asked == [[], ["PUT"], []]
    assert rows == [("Taken", {"title": "Plan"}, 1, "error")] * 3
    assert (page.title, page.number) == page_before
    assert space.database.query("SELECT 1 FROM sync_audit") == []


@pytest.mark.parametrize(
    ("leaves", "why"),
    [("archive_page", "the page is archived"), ("trash_page", "the page is in the trash")],
)
def test_given_a_page_that_nobody_can_edit_then_the_edit_waits_with_the_reason_until_it_is_restored(
    space, site, leaves, why
):
    page = space.page("Plan")
    space.sync()
    getattr(site, leaves)(page.page_id)
    space.edit_here(page, title="Plan B", labels=["new"])

    space.sync()
    meanwhile, title = space.row(page), page.title
    site.restore_page(page.page_id)
    space.sync()

    assert (title, meanwhile["sync_status"]) == ("Plan", "error")
    assert all(why in meanwhile["sync_errors"][name] for name in ("title", "labels"))
    assert (page.title, [label.name for label in page.labels]) == ("Plan B", ["new"])
    assert (space.row(page)["sync_status"], space.row(page)["sync_errors"]) == ("synced", {})


def test_given_suspiciously_many_edits_then_nothing_is_sent_until_somebody_says_so(space):
    pages = [space.page(f"Page {number}") for number in range(30)]
    space.sync()
    for page in pages:
        space.edit_here(page, title=f"{page.title} again")

    with pytest.raises(SyncHalted, match="30 writes to 31 records are planned"):
        space.sync()
    stopped = [page.number for page in pages]
    space.sync(overrides=Overrides(writes=30))

    assert stopped == [1] * 30
    assert [page.number for page in pages] == [2] * 30


# Gone, and back


def test_given_a_purged_page_when_counted_twice_then_its_row_is_a_tombstone(space, site):
    page = space.page("Plan")
    space.sync()
    site.trash_page(page.page_id)
    site.purge_page(page.page_id)

    first = count_scope(space.job())
    after_first = space.row(page)["remote_state"]
    space.now += timedelta(minutes=11)
    count_scope(space.job())

    assert (first.missing, first.gone, after_first) == (1, 0, "present")
    assert space.row(page)["remote_state"] == "gone"


def test_given_a_tombstone_when_the_page_is_there_again_then_the_row_comes_back(space, site):
    page = space.page("Plan")
    space.sync()
    site.hide_page(page.page_id)
    for _ in range(2):
        count_scope(space.job())
        space.now += timedelta(minutes=11)
    gone = space.row(page)["remote_state"]
    site.hide_page(page.page_id, hidden=False)

    space.sync()

    assert (gone, space.row(page)["remote_state"]) == ("gone", "present")


def test_given_a_row_deleted_here_then_nothing_is_deleted_there_and_an_edit_brings_it_back(space):
    page = space.page("Plan")
    space.sync()
    space.database.query("DELETE FROM confluence_pages WHERE page_id = %s", [page.page_id])

    space.sync()
    deleted = space.row(page)["local_deleted_at"]
    space.edit_there(page, title="Plan B")
    space.sync()

    assert deleted is not None
    assert (page.status, space.row(page)["local_deleted_at"]) == ("current", None)
    assert [conflict["kind"] for conflict in conflicts(space)] == ["remote_edit_vs_local_delete"]


# Showing without doing


def test_given_edits_on_both_sides_when_planned_then_they_are_shown_and_nothing_changes(space, exchanges):
    page, other = space.page("Plan"), space.page("Other")
    space.sync()
    space.edit_here(page, title="Plan B")
    space.edit_there(other, title="Other B")
    new = space.page("New")
    rows = "SELECT xmin::text, page_id FROM confluence_pages ORDER BY page_id"
    before = space.database.query(rows)
    exchanges.clear()

    items = plan_scope(space.job())

    assert {(item.resource_id, item.field, item.side) for item in items} == {
        (page.page_id, "title", "remote"),
        (other.page_id, "title", "local"),
        (new.page_id, "(row)", "record"),
    }
    assert space.database.query(rows) == before
    assert {exchange.method for exchange in exchanges} == {"GET"}


# The remote as the sync sees it


def test_versions_of_ours_say_what_they_changed_and_others_may_have_changed_the_texts(space, client):
    page = space.page("Plan")
    space.sync()
    space.edit_here(page, title="Plan B")
    space.sync()
    ref = ResourceRef(resource_type="confluence_page", resource_id=page.page_id, scope="ENG", key=page.page_id)

    changes = ConfluenceRecords(client, {}).history(ref)

    assert [(change.field, change.op_id == NOT_OURS) for change in changes] == [
        ("title", True),
        ("body_storage", True),
        ("title", False),
    ]


def test_given_a_page_that_moved_to_a_synced_space_then_its_row_follows(space, site, client):
    other = site.add_space("OPS", "Operations")
    page = space.page("Plan")
    space.sync()
    page.space_id, page.parent_id = other.space_id, other.homepage_id

    pull_scope(space.job(key="OPS"))

    assert (space.row(page)["space_key"], space.row(page)["space_id"]) == ("OPS", other.space_id)


def test_given_a_space_where_we_may_only_look_then_the_edit_stays_with_the_reason(space, site):
    page = space.page("Plan")
    space.sync()
    site.switches.read_only_spaces = {"ENG"}
    space.edit_here(page, title="Plan B")

    space.sync()

    row = space.row(page)
    assert (row["title"], row["sync_status"], page.title) == ("Plan B", "error", "Plan")
    assert "not permitted to edit" in row["sync_errors"]["title"]
