"""A yes that changed nothing, and a no that is not for ever; on the store and the remote in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from javis_pipeline.steps.resolve import resolve
from javis_pipeline_tests.unit.sync_stories import Scope

LATER = timedelta(minutes=15)


def forbidding(scope: Scope, **reasons: str) -> None:
    """The remote refuses these fields until something else is said."""
    scope.remote.forbids = reasons.get


def sent(scope: Scope) -> list[tuple[str, ...]]:
    """Fields of each request since this was last asked."""
    asked = [op.fields for op in scope.remote.sent]
    scope.remote.sent.clear()
    return asked


@pytest.fixture
def scope() -> Scope:
    return Scope()


# --- a yes that changed nothing ---


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("title", "mine", "still holds 'Fix login'"),
        ("description", "Another text.", "still holds the former text"),
        ("priority", "High", "still holds 'Medium'"),
        ("assignee_id", "u2", "still holds None"),
        ("due_date", "2026-05-05", "still holds None"),
        ("story_points", 5, "still holds None"),
        ("parent_key", "OPS-7", "still holds None"),
        ("status", "In Progress", "still holds 'To Do'"),
        ("labels", ("auth", "urgent"), "did not change 'urgent'"),
        ("labels", (), "did not change 'auth'"),
    ],
)
def test_given_a_yes_that_changed_nothing_then_the_edit_stays_and_a_person_is_told(scope, name, value, holds):
    before = scope.there(name)
    scope.edit(**{name: value})
    scope.remote.fault = lambda _: "ignored"

    scope.sync()

    assert f"Jira said yes and {holds}; a rule, a screen or the field's context may forbid it" in scope.row.errors[name]
    assert (scope.here[name], scope.row.base(name), scope.there(name)) == (value, before, before)
    assert scope.row.sync_status == "error"
    assert scope.store.audit == []
    assert [op.state for op in scope.store.ops.values()] == ["rejected"]


def test_given_one_field_of_several_is_ignored_then_the_others_are_confirmed(scope):
    scope.edit(title="mine", priority="High", labels=("auth", "urgent"))
    scope.remote.fault = lambda _: "partly"

    scope.sync()

    assert sorted(scope.row.errors) == ["labels", "priority"]
    assert scope.row.bases == {"priority": "Medium", "labels": ("auth",)}
    assert [(e.side, e.field, e.new) for e in scope.store.audit] == [("remote", "title", "mine")]
    assert [op.state for op in scope.store.ops.values()] == ["confirmed"]


def test_given_one_element_of_several_is_ignored_then_the_others_are_confirmed(scope):
    scope.edit(labels=("urgent", "late"))
    execute = scope.remote.execute
    scope.remote.execute = lambda op, only: execute(replace(op, add={"labels": ("late",)}), only=only)

    scope.sync()

    assert "did not change 'urgent'" in scope.row.errors["labels"]
    assert (scope.here["labels"], scope.row.bases) == (("late", "urgent"), {"labels": ("late",)})
    assert scope.there("labels") == ("late",)


@pytest.mark.parametrize(
    ("before", "wanted", "done", "after"),
    [
        pytest.param(("auth",), ("auth", "late", "urgent"), {"add": {"labels": ("late",)}}, ("auth", "late"), id="add"),
        pytest.param(("auth", "team"), (), {"remove": {"labels": ("team",)}}, ("auth",), id="remove"),
    ],
)
def test_given_only_some_verbs_of_one_sort_are_done_then_what_was_done_is_the_base(
    monkeypatch, before, wanted, done, after
):
    scope = Scope(labels=before)
    scope.edit(labels=wanted)
    execute = scope.remote.execute
    monkeypatch.setattr(scope.remote, "execute", lambda op, only: execute(replace(op, **done), only=only))

    scope.sync()

    assert (scope.row.bases["labels"], scope.there("labels")) == (after, after)
    assert scope.here["labels"] == wanted


def test_given_a_label_that_others_put_there_just_before_us_and_took_off_after_then_it_goes_here_too(scope):
    scope.edit(labels=("auth", "urgent"))
    execute = scope.remote.execute

    def between(op, only):
        scope.remote.edit(scope.id, "labels", ("auth", "urgent"))
        execute(op, only=only)
        scope.remote.edit(scope.id, "labels", ("auth",))

    scope.remote.execute = between
    scope.sync()

    assert (scope.here["labels"], scope.there("labels")) == (("auth",), ("auth",))
    assert (scope.row.bases, scope.row.errors) == ({}, {})


def test_given_a_lost_reply_to_a_request_that_changed_nothing_then_the_edit_goes_out_again(scope):
    scope.edit(title="mine")
    answers = iter(["lost_before"])
    scope.remote.fault = lambda _: next(answers, "ok")
    scope.sync()
    scope.world.now_ += timedelta(minutes=3)

    scope.sync()

    assert scope.there("title") == "mine"


def test_given_a_rule_that_makes_something_else_of_it_then_what_it_made_is_taken_over(scope):
    scope.edit(title="mine")
    execute = scope.remote.execute
    scope.remote.execute = lambda op, only: execute(replace(op, desired={"title": "[OPS] mine"}), only=only)

    scope.sync()

    assert (scope.here["title"], scope.there("title"), scope.row.bases) == ("[OPS] mine", "[OPS] mine", {})
    assert [(e.side, e.old, e.new) for e in scope.store.audit] == [
        ("remote", "Fix login", "mine"),
        ("local", "mine", "[OPS] mine"),
    ]


def test_given_neither_what_was_there_nor_what_was_sent_then_both_values_are_kept(scope):
    scope.edit(title="mine")

    def overwrite(op, only):
        scope.remote.issues[scope.id].values["title"] = "from nowhere"
        scope.remote.issues[scope.id].updated = scope.world.now()

    scope.remote.execute = overwrite
    scope.sync()

    assert scope.open_conflicts() == [("both_changed", "title", "Fix login", "mine", "from nowhere")]


def test_given_a_field_that_is_not_in_the_answer_after_the_write_then_its_base_stays_until_it_is_seen(scope):
    scope.edit(title="mine", labels=("auth", "urgent"))
    scope.remote.before_execution = lambda _: setattr(scope.remote, "missing_fields", lambda: ["title", "labels"])
    scope.remote.marks = False
    execute = scope.remote.execute

    def unseen(op, only):
        execute(op, only=only)
        scope.remote.issues[scope.id].changes.clear()

    scope.remote.execute = unseen
    scope.sync()
    assert scope.row.bases == {"title": "Fix login", "labels": ("auth",)}

    scope.remote.missing_fields = tuple
    scope.sync()

    assert (scope.row.bases, scope.row.errors) == ({}, {})
    assert len(scope.remote.sent) == 1


# --- a no that is not for ever ---


def test_given_a_refusal_of_one_field_then_the_others_go_out_and_it_is_asked_again_in_the_next_run(scope):
    scope.edit(title="mine", due_date="2026-05-01")
    forbidding(scope, title="is not allowed")

    scope.sync()

    assert "title: is not allowed (asked on 2026-03-28 13:00 UTC)" in scope.row.errors["title"]
    assert "at once: javis retry OPS-1 --field title" in scope.row.errors["title"]
    assert sent(scope) == [("title", "due_date"), ("due_date",)]
    assert scope.there("due_date") == "2026-05-01"
    forbidding(scope)
    scope.sync()
    assert (scope.there("title"), scope.row.errors, scope.row.refusals) == ("mine", {}, {})


def test_given_a_lasting_refusal_then_it_is_asked_after_a_run_an_hour_six_hours_and_every_day(scope):
    scope.edit(title="mine")
    forbidding(scope, title="is not allowed")
    scope.sync()
    asked_at = []

    start = scope.world.now_
    for _ in range(4 * 24 * 3):
        before = len(scope.remote.sent)
        scope.sync()
        if len(scope.remote.sent) > before:
            asked_at.append(round((scope.world.now_ - start) / timedelta(hours=1)))
        scope.world.now_ += LATER

    assert asked_at == [0, 1, 7, 31, 55]


def test_given_the_reason_changes_then_the_last_one_is_shown_with_its_time(scope):
    scope.edit(title="mine")
    forbidding(scope, title="first words")
    scope.sync()
    scope.world.now_ += timedelta(days=1)
    forbidding(scope, title="last words")

    scope.sync()

    assert scope.row.errors["title"].startswith("title: last words (asked on 2026-03-29")
    writes = scope.store.writes
    scope.sync()
    assert scope.store.writes == writes


def refused_often() -> Scope:
    """An edit that the remote has refused, and that nothing but a reason would send again within some hours."""
    scope = Scope()
    scope.edit(title="mine")
    forbidding(scope, title="is not allowed")
    scope.sync()
    for _ in range(2):
        scope.world.now_ += timedelta(days=1)
        scope.sync()
    sent(scope)
    scope.sync()
    assert sent(scope) == []
    scope.world.now_ += timedelta(minutes=2)
    return scope


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(lambda scope: scope.edit_there(priority="High"), id="the remote's revision changed"),
        pytest.param(lambda scope: scope.store.edit(scope.id, "title", "mine"), id="the same value written again"),
        pytest.param(lambda scope: scope.store.retry([scope.ref], None, scope.now), id="a person asked"),
        pytest.param(lambda scope: scope.store.retry(None, None, scope.now), id="a full reconciliation"),
        pytest.param(lambda scope: scope.store.retry([scope.ref], "title", scope.now), id="the field was asked for"),
    ],
)
def test_given_a_reason_to_ask_again_then_the_remote_is_asked_once(reason):
    scope = refused_often()

    reason(scope)
    scope.sync()
    scope.sync()

    assert sent(scope) == [("title",)]


def test_given_another_field_is_asked_for_then_this_one_waits():
    scope = refused_often()

    scope.store.retry([scope.ref], "priority", scope.now)
    scope.sync()

    assert sent(scope) == []


def test_given_the_same_value_is_written_every_second_then_the_remote_is_asked_at_most_once_a_minute():
    scope = refused_often()

    for _ in range(120):
        scope.world.now_ += timedelta(seconds=1)
        scope.store.edit(scope.id, "title", "mine")
        scope.sync()

    assert len(sent(scope)) <= 3


def test_given_another_value_then_it_is_sent_at_once_and_counts_anew():
    scope = refused_often()

    scope.edit(title="another")
    scope.sync()

    assert sent(scope) == [("title",)]
    assert scope.row.refusals["title"].times == 1


def test_given_the_value_is_typed_again_after_another_went_out_then_it_goes_out():
    scope = refused_often()
    forbidding(scope)
    scope.edit(title="between")
    scope.sync()

    scope.edit(title="mine")
    scope.sync()

    assert scope.there("title") == "mine"


@pytest.mark.parametrize(("choice", "value"), [("local", None), ("manual", "mine")])
def test_given_the_person_resolves_for_their_value_then_it_is_sent_although_it_was_refused(choice, value):
    scope = refused_often()
    scope.edit_there(title="theirs")
    scope.sync()
    assert sent(scope) == []

    resolve(scope.store, scope.conflicts[0].conflict_id, choice, scope.run(), by="ann", value=value)
    scope.sync()

    assert sent(scope) == [("title",)]


def test_given_a_person_resolved_for_ours_then_the_next_refusal_is_a_first_one(scope):
    forbidding(scope, title="not now")
    scope.edit(title="mine")
    scope.sync()
    scope.sync()
    scope.edit_there(title="theirs")
    scope.sync()
    assert scope.row.refusals["title"].times > 1

    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    scope.sync()

    assert scope.row.refusals["title"].times == 1


def test_given_the_edit_is_given_up_then_nothing_is_left_of_the_refusal():
    scope = refused_often()

    scope.edit(title="Fix login")
    scope.sync()

    assert (scope.row.errors, scope.row.refusals, scope.row.sync_status) == ({}, {}, "synced")


@pytest.mark.parametrize("culprit", ["title", "labels", "priority", "due_date"])
def test_given_a_refusal_that_names_no_field_then_it_is_found_out_by_trying_them_apart(scope, culprit):
    scope.remote.names_refused = False
    scope.edit(title="mine", labels=("urgent",), priority="High", due_date="2026-05-01")
    forbidding(scope, **{culprit: "not today"})

    for _ in range(3):
        scope.sync()

    assert list(scope.row.errors) == [culprit]
    assert list(scope.row.bases) == [culprit]


def test_given_nothing_of_a_record_can_be_changed_then_few_requests_tell(scope):
    scope.remote.names_refused = False
    values = {"title": "mine", "labels": ("urgent",), "priority": "High", "due_date": "2026-05-01"}
    scope.edit(**values)
    forbidding(scope, **dict.fromkeys(values, "no permission"))

    for _ in range(3):
        scope.sync()

    assert sorted(scope.row.errors) == sorted(values)
    assert len(sent(scope)) <= 12
    forbidding(scope)
    scope.world.now_ += timedelta(days=1)
    for _ in range(3):
        scope.sync()
    assert (scope.row.errors, scope.row.bases) == ({}, {})


# --- an edit and a transition of one record ---


def closed_refuses(scope: Scope) -> None:
    """Closed issues take no edits."""
    scope.remote.names_refused = False
    done = lambda: scope.there("status") == "Done"  # noqa: E731  a rule in one line
    scope.remote.forbids = lambda name: "not editable in this status" if name != "status" and done() else None


def test_given_a_closed_issue_is_reopened_and_edited_then_it_is_reopened_first():
    scope = Scope(status="Done")
    closed_refuses(scope)
    scope.edit(title="still broken", status="To Do")

    scope.sync()

    assert (scope.there("title"), scope.there("status")) == ("still broken", "To Do")
    assert sent(scope) == [("status",), ("title",)]


def test_given_an_issue_is_edited_and_closed_then_it_is_closed_last(scope):
    closed_refuses(scope)
    scope.edit(title="fixed", status="Done")

    scope.sync()

    assert (scope.there("title"), scope.there("status")) == ("fixed", "Done")


def test_given_the_edit_before_the_closing_is_refused_then_the_closing_goes_first_in_the_next_run(scope):
    scope.edit(title="fixed", status="Done")
    forbidding(scope, title="is not allowed")

    scope.sync()
    assert sent(scope) == [("title",)]
    scope.sync()

    assert sent(scope) == [("status",), ("title",)]
    assert scope.there("status") == "Done"


def test_given_the_opening_is_refused_then_the_edit_goes_out_all_the_same():
    scope = Scope(status="Done")
    scope.edit(title="still broken", status="To Do")
    forbidding(scope, status="a field is required")

    scope.sync()

    assert scope.there("title") == "still broken"
    assert sent(scope) == [("status",), ("title",)]
