"""What becomes of sets whose elements both sides change, where a person was asked about the whole set before."""

from javis_pipeline.steps.resolve import resolve
from javis_pipeline.sync.outbox import note_reply
from javis_pipeline_tests.unit.sync_stories import Scope


def asked_about_labels() -> Scope:
    """A project whose labels were changed behind the trigger's back, and there: a person is asked."""
    scope = Scope(labels=("auth",))
    scope.store.edit_behind_the_trigger(scope.id, "labels", ("auth", "unseen"))
    scope.edit_there(labels=("auth", "there"))
    scope.sync()
    assert [(kind, field) for kind, field, *_ in scope.open_conflicts()] == [("unmarked_local_change", "labels")]
    return scope


def test_given_a_choice_for_theirs_and_another_label_there_meanwhile_then_it_has_taken_effect_when_both_agree():
    scope = asked_about_labels()
    resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")
    scope.edit_there(labels=("auth", "later", "there"))

    scope.reconcile()

    assert scope.here["labels"] == scope.there("labels") == ("auth", "later", "there")
    assert scope.conflicts[0].applied_at is not None
    assert scope.remote.sent == []


def test_given_a_choice_for_ours_then_our_elements_go_out_and_it_has_taken_effect():
    scope = asked_about_labels()
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")

    scope.sync()
    scope.sync()

    assert scope.here["labels"] == scope.there("labels") == ("auth", "unseen")
    assert scope.conflicts[0].applied_at is not None
    assert (scope.row.bases, len(scope.remote.sent)) == ({}, 1)


def test_given_a_label_that_was_refused_when_it_is_taken_back_then_nothing_is_left_of_the_error():
    scope = Scope(labels=("auth",))
    scope.edit(labels=("auth", "two words"))
    scope.sync()
    assert "labels" in scope.row.errors

    scope.edit(labels=("auth",))
    scope.sync()

    assert (scope.row.errors, scope.row.bases, scope.row.sync_status) == ({}, {}, "synced")


def test_given_labels_that_were_not_in_the_answer_then_they_stay_and_nothing_is_wrong():
    scope = Scope(labels=("auth",))
    scope.edit_there(labels=("auth", "there"))
    scope.remote.missing_fields = lambda: ["labels"]

    scope.reconcile()

    assert (scope.here["labels"], scope.row.errors) == (("auth",), {})


def test_given_an_edit_here_and_one_there_of_other_elements_then_the_audit_tells_both():
    scope = Scope(labels=("auth",))
    scope.edit(labels=("auth", "here"))
    scope.edit_there(labels=("auth", "there"))

    scope.sync()

    told = {(entry.side, entry.reason, entry.old, entry.new) for entry in scope.store.audit}
    assert told == {
        ("local", "changed on the remote", ("auth", "here"), ("auth", "here", "there")),
        ("remote", "pushed", (), ("here",)),
    }


def test_given_a_label_that_somebody_removed_after_the_reply_had_shown_it_then_ours_has_taken_effect():
    scope = Scope(labels=("auth",))
    scope.edit(labels=("auth", "mine"))
    scope.remote.fault = lambda _: "late"
    scope.sync()
    op = scope.remote.late.pop()
    scope.remote.execute(op)
    scope.store.change(scope.ref, lambda state: note_reply(state, op, {"labels": {"auth", "mine"}}, scope.run()))
    scope.remote.issues[scope.id].marker = None
    scope.remote.issues[scope.id].changes.clear()
    scope.edit_there(labels=("auth",))

    scope.sync()

    assert [op.state for op in scope.store.ops.values()] == ["confirmed"]
    assert (scope.here["labels"], scope.row.errors) == (("auth",), {})


def test_given_something_that_is_no_set_then_nothing_of_it_goes_out():
    scope = Scope(labels=("auth",))
    scope.edit(labels="two words")

    scope.sync()

    assert (scope.here["labels"], scope.there("labels")) == ("two words", ("auth",))
