"""How a field stands on both sides, and what counts as a difference that nothing explains."""

from dataclasses import replace
from random import Random

import pytest

from javis_pipeline.records.sync import WHOLE_RECORD, RecordState
from javis_pipeline.sync.elements import element_fields, with_elements
from javis_pipeline.sync.run import Rules
from javis_pipeline.sync.verify import standing_of_fields, standing_of_missing, values_of
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.page_histories import PageHistory
from javis_pipeline_tests.unit.sync_stories import Scope


def standings(scope: Scope, *, pulled_to=None, rules: Rules | None = None) -> dict[str, str]:
    """What is not equal."""
    state, remote = scope.store.state(scope.ref), scope.remote.fetch(scope.ref)
    found = standing_of_fields(
        state, remote, replace(scope.run(), rules=rules or Rules()), pulled_to=pulled_to or scope.now
    )
    return {name: standing for name, standing in found.items() if standing != "equal"}


@pytest.fixture
def scope() -> Scope:
    return Scope(description="one\n\ntwo")


def test_given_both_sides_in_step_then_all_is_equal(scope):
    assert standings(scope) == {}


def test_given_a_value_that_a_bug_left_then_it_is_different(scope):
    scope.store.edit_behind_the_trigger(scope.id, "title", "stale")

    assert standings(scope) == {"title": "different"}
    assert values_of(scope.store.state(scope.ref), scope.remote.fetch(scope.ref), "title", JIRA_ISSUE) == (
        "stale",
        "Fix login",
    )


def test_given_fields_of_the_sites_own_then_those_that_hold_something_are_compared(scope):
    kind = with_elements(
        JIRA_ISSUE, element_fields({"customfield_1": "text", "customfield_2": "text"}, JIRA_ISSUE.table)
    )
    remote = scope.remote.fetch(scope.ref)
    remote = replace(remote, values={**remote.values, "customfield_1": "there", "customfield_2": None})

    found = standing_of_fields(
        scope.store.state(scope.ref), remote, replace(scope.run(), kind=kind), pulled_to=scope.now
    )

    assert {name: how for name, how in found.items() if name not in JIRA_ISSUE.fields} == {"customfield_1": "different"}


def test_given_an_edit_here_then_it_waits_for_the_next_sync(scope):
    scope.edit(title="here", labels=("auth", "urgent"))

    assert standings(scope) == {"title": "waiting", "labels": "waiting"}


def test_given_a_change_there_then_it_waits_until_a_pull_has_passed_it(scope):
    before = scope.now
    scope.edit_there(priority="High")

    assert standings(scope, pulled_to=before) == {"priority": "waiting"}
    assert standings(scope, pulled_to=scope.now) == {"priority": "different"}


def test_given_both_changed_a_field_then_it_is_in_conflict(scope):
    scope.edit(title="here")
    scope.edit_there(title="there")
    scope.sync()

    assert standings(scope) == {"title": "in conflict"}


def test_given_a_choice_that_was_not_carried_out_yet_then_it_waits(scope):
    scope.edit(title="here")
    scope.edit_there(title="there")
    scope.sync()
    conflict = scope.conflicts[0]
    scope.store.conflicts[conflict.conflict_id] = replace(conflict, state="resolved", resolution="remote")

    assert standings(scope) == {"title": "waiting"}


def test_given_an_edit_that_the_remote_does_not_take_then_it_is_in_error(scope):
    scope.edit(status="Nope")
    scope.sync()

    assert standings(scope) == {"status": "in error"}


@pytest.mark.parametrize("policy", ["none", "local_to_remote"])
def test_given_a_field_that_does_not_follow_then_that_is_the_policy(scope, policy):
    scope.edit_there(priority="High")

    assert standings(scope, rules=Rules(policies={"priority": policy})) == {"priority": "by policy"}


def test_given_a_write_with_unknown_outcome_then_it_waits(scope):
    scope.edit(title="here")
    scope.remote.fault = lambda _: "lost_before"
    scope.sync()
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, bases={})

    assert standings(scope) == {"title": "waiting"}


def test_given_a_row_that_was_deleted_here_then_that_is_the_policy(scope):
    scope.store.delete(scope.id)

    assert set(standings(scope).values()) == {"by policy"}


def test_given_a_field_that_the_answer_leaves_out_then_nothing_is_known_about_it(scope):
    scope.remote.missing_fields = lambda: ["priority"]

    assert standings(scope) == {"priority": "waiting"}
    assert values_of(scope.store.state(scope.ref), scope.remote.fetch(scope.ref), "priority", JIRA_ISSUE) == (
        "Medium",
        None,
    )


def test_given_a_value_of_another_type_then_it_is_different_unless_the_row_says_so(scope):
    scope.remote.issues[scope.id].values["story_points"] = "many"
    assert standings(scope) == {"story_points": "different"}

    scope.reconcile()

    assert standings(scope) == {"story_points": "in error"}


def test_given_a_record_that_is_only_there_then_it_is_new_or_missed(scope):
    state, remote = RecordState(ref=scope.ref, local=None), scope.remote.fetch(scope.ref)

    assert standing_of_fields(state, remote, scope.run(), pulled_to=None) == {WHOLE_RECORD: "waiting"}
    assert standing_of_fields(state, remote, scope.run(), pulled_to=scope.now) == {WHOLE_RECORD: "different"}
    assert values_of(state, remote, WHOLE_RECORD, JIRA_ISSUE) == (None, "OPS-1")


def test_given_a_record_that_is_only_here_then_it_is_different_until_a_first_proof_is_noted(scope):
    assert standing_of_missing(scope.store.state(scope.ref)) == {WHOLE_RECORD: "different"}
    scope.remote.issues[scope.id].visible = False

    scope.reconcile()

    assert standing_of_missing(scope.store.state(scope.ref)) == {WHOLE_RECORD: "waiting"}


def test_given_labels_of_a_page_that_differ_in_case_only_then_they_are_equal():
    history = PageHistory(Random(1), faulty=False)
    ref = history.refs[0]
    history.remote.edit(ref.resource_id, "labels", ("urgent",))
    history.sync(fresh=True)
    history.store.edit(ref.resource_id, "labels", ("URGENT",))

    state, remote = history.store.state(ref), history.remote.fetch(ref)

    assert standing_of_fields(state, remote, history.run(), pulled_to=history.world.now_)["labels"] == "equal"
