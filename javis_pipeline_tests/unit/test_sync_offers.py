"""What becomes of an offer: a value that our write replaced unseen, which a person may want back."""

import pytest

from javis_pipeline.errors import ChangedSinceSeen
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.undo import undo_run
from javis_pipeline_tests.unit.sync_stories import Scope


@pytest.fixture
def scope() -> Scope:
    """A title whose write replaced somebody's unseen."""
    scope = Scope()
    scope.edit(title="here")
    scope.remote.before_execution = lambda _: scope.remote.edit(scope.id, "title", "theirs", author="u2")
    scope.sync()
    scope.remote.before_execution = lambda _: None
    assert scope.open_conflicts() == [("overwrote_remote", "title", "Fix login", "here", "theirs")]
    return scope


def test_given_the_column_is_edited_again_then_the_offer_shows_what_it_holds_now(scope: Scope) -> None:
    seen = scope.conflicts[0]
    scope.edit(title="here again")

    scope.sync()

    assert scope.open_conflicts() == [("overwrote_remote", "title", "Fix login", "here again", "theirs")]
    kept = [
        (side, value) for conflict_id, side, value in scope.store.conflict_values if conflict_id == seen.conflict_id
    ]
    assert kept[-1] == ("local", "here again")
    assert scope.there("title") == "here again"
    resolve(scope.store, seen.conflict_id, "remote", scope.run(), by="ann")
    scope.sync()
    assert scope.here["title"] == scope.there("title") == "theirs"


def test_given_the_column_was_edited_since_the_person_looked_then_the_choice_is_refused(scope: Scope) -> None:
    scope.edit(title="here again")

    with pytest.raises(ChangedSinceSeen):
        resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")

    assert scope.here["title"] == "here again"


def test_given_nobody_edits_then_an_offer_costs_no_write(scope: Scope) -> None:
    writes, sent = scope.store.writes, len(scope.remote.sent)

    scope.sync()

    assert (scope.store.writes, len(scope.remote.sent)) == (writes, sent)


def test_given_an_offer_that_was_answered_when_the_column_is_edited_then_the_answer_stays_as_it_was(
    scope: Scope,
) -> None:
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    answered = scope.conflicts[0]

    scope.edit(title="here again")
    scope.sync()

    assert scope.conflicts == [answered]
    assert scope.there("title") == "here again"


def test_given_an_offer_of_the_very_base_when_it_is_taken_then_nothing_is_left_to_send(scope: Scope) -> None:
    scope.edit(title="first")
    scope.sync()
    run_id = f"run-{scope.runs}"
    scope.edit(title="second")
    scope.edit_there(priority="Low")
    undo_run(scope.store, run_id, scope.run(), by="ann")
    (offer,) = [c for c in scope.conflicts if c.kind == "undo_of_changed"]
    assert offer.local == "second"

    resolve(scope.store, offer.conflict_id, "manual", scope.run(), by="ann", value="first")

    assert (scope.here["title"], scope.row.bases) == ("first", {})
