"""A description in wiki markup on both sides: written by browsers with CR LF there, and by people here with LF."""

from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.systems.jira.kind import DATA_CENTER_ISSUE
from javis_pipeline_tests.property.sync_memory import Books, MemoryRemote, World
from javis_pipeline_tests.property.wiki_histories import WikiRemote, WikiStore
from javis_pipeline_tests.unit.sync_stories import Scope

TEXT = "h1. Plan\n\n* one\n* two\n\n{code}\nx = 1\n\ny = 2\n{code}\n\n||a|b|"
THERE = TEXT.replace("\n", "\r\n")


class WikiScope(Scope):
    """One issue of a company's own Jira."""

    kind = DATA_CENTER_ISSUE

    def make_store(self, world: World) -> Books:
        return WikiStore(world)

    def make_remote(self, world: World) -> MemoryRemote:
        return WikiRemote(world)


def test_given_other_line_ends_then_nothing_is_sent_and_the_text_is_here_as_it_is_there() -> None:
    scope = WikiScope(description=TEXT)
    scope.edit(description=TEXT)

    scope.sync()

    assert scope.remote.sent == []
    assert (scope.here["description"], scope.row.bases) == (THERE, {})


def test_given_an_edit_here_then_it_goes_out_with_the_line_ends_of_there() -> None:
    scope = WikiScope(description=TEXT)
    scope.edit(description=TEXT.replace("two", "two\n* three"))

    scope.sync()
    scope.sync()

    assert scope.there("description") == THERE.replace("two", "two\r\n* three")
    assert (scope.here["description"], scope.row.bases) == (scope.there("description"), {})
    assert len(scope.remote.sent) == 1


def test_given_edits_of_different_blocks_then_both_are_on_both_sides() -> None:
    scope = WikiScope(description=TEXT)
    scope.edit(description=TEXT.replace("one", "1").replace("|b|", "|here|"))
    scope.edit_there(description=TEXT.replace("y = 2", "y = 3").replace("||a", "||there"))

    scope.sync()
    scope.sync()

    merged = "h1. Plan\n\n* 1\n* two\n\n{code}\nx = 1\n\ny = 3\n{code}\n\n||there|here|".replace("\n", "\r\n")
    assert (scope.here["description"], scope.there("description")) == (merged, merged)
    assert scope.open_conflicts() == []


def test_given_edits_of_one_block_then_both_stay_until_somebody_chooses() -> None:
    scope = WikiScope(description=TEXT)
    mine, theirs = TEXT.replace("x = 1", "x = 7"), THERE.replace("y = 2", "y = 9")
    scope.edit(description=mine)
    scope.edit_there(description=theirs)

    scope.sync()

    (shown,) = scope.open_conflicts()
    assert shown == ("both_changed", "description", THERE, mine, theirs)
    assert (scope.here["description"], scope.there("description")) == (mine, theirs)

    chosen = TEXT.replace("x = 1", "x = 7").replace("y = 2", "y = 9")
    resolve(scope.store, scope.conflicts[0].conflict_id, "manual", scope.run(), by="ann", value=chosen)
    scope.sync()
    scope.sync()

    assert scope.open_conflicts() == []
    assert scope.here["description"] == scope.there("description") == chosen.replace("\n", "\r\n")


def test_given_a_run_that_sent_an_edit_when_undone_then_the_text_is_as_before() -> None:
    scope = WikiScope(description=TEXT)
    scope.edit(description=TEXT.replace("h1. Plan", "h1. New plan"))
    run_id = scope.sync()

    undo_run(scope.store, run_id, scope.run(), by="ann")
    scope.sync()

    assert scope.here["description"] == scope.there("description") == THERE


def test_given_no_text_on_one_side_then_it_is_emptied_and_written_again() -> None:
    scope = WikiScope(description=TEXT)
    scope.edit(description="")
    scope.sync()
    assert (scope.here["description"], scope.there("description")) == (None, None)

    scope.edit(description="new\ntext")
    scope.sync()
    assert (scope.here["description"], scope.there("description")) == ("new\ntext", "new\ntext")
