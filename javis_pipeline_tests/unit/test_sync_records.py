"""What becomes of a record in the cases that stories are told about; on the store and the remote in memory."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest

from javis_pipeline.errors import ChangedSinceSeen, SyncHalted, UsageError
from javis_pipeline.records.sync import WHOLE_RECORD, Conflict, ConflictKind, Overrides, RecordPlan, RecordState
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.census import take_census
from javis_pipeline.steps.push import push_operations
from javis_pipeline.steps.reconcile import plan_records, reconcile_records
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.undo import plan_undo, undo_run
from javis_pipeline.sync.draft import Draft
from javis_pipeline.sync.merge import reconcile_record
from javis_pipeline.sync.richtext.adf import canonical_block
from javis_pipeline.sync.run import Run
from javis_pipeline_tests.property.sync_memory import Crash
from javis_pipeline_tests.unit.sync_stories import NO, Scope


@pytest.fixture
def scope() -> Scope:
    return Scope()


# --- edits ---


def test_given_an_edit_here_when_synced_then_it_is_there_in_one_request_with_only_the_changed_fields(scope):
    scope.edit(title="Fix the login", due_date="2026-05-01", status="Done", labels=("auth", "urgent"))

    scope.sync()

    assert [(op.kind, op.fields) for op in scope.remote.executed] == [
        ("edit", ("title", "labels", "due_date")),
        ("transition", ("status",)),
    ]
    assert (dict(scope.remote.executed[0].add), dict(scope.remote.executed[0].remove)) == ({"labels": ("urgent",)}, {})
    assert [scope.there(n) for n in ("title", "due_date", "status")] == ["Fix the login", "2026-05-01", "Done"]
    assert scope.row.bases == {}


def test_given_edits_of_different_fields_then_each_goes_its_way(scope):
    scope.edit(title="here")
    scope.edit_there(priority="High")

    scope.sync()

    assert (scope.here["title"], scope.here["priority"]) == ("here", "High")
    assert (scope.there("title"), scope.there("priority")) == ("here", "High")
    assert scope.conflicts == []


def test_given_both_changed_a_field_then_both_values_stay_and_the_rest_syncs(scope):
    scope.edit(title="here", priority="Low")
    scope.edit_there(title="there")

    scope.sync()

    assert (scope.here["title"], scope.there("title")) == ("here", "there")
    assert scope.open_conflicts() == [("both_changed", "title", "Fix login", "here", "there")]
    assert scope.conflicts[0].details["remote_author"] == "u1"
    assert scope.row.sync_status == "conflict"
    assert scope.there("priority") == "Low"


def test_given_the_server_trims_then_the_column_takes_its_spelling_and_nothing_is_sent_again(scope):
    scope.edit(title="Fix login  ")

    scope.sync()
    scope.edit(title="Fix it  ")
    scope.sync()

    assert (scope.here["title"], scope.row.bases) == ("Fix it", {})
    sent = len(scope.remote.sent)
    scope.sync()
    assert len(scope.remote.sent) == sent


def test_given_an_edit_between_our_look_and_our_write_then_what_we_replaced_is_offered(scope):
    scope.edit(title="here")
    scope.remote.before_execution = lambda _: scope.remote.edit(scope.id, "title", "just before", author="u2")

    scope.sync()

    assert scope.open_conflicts() == [("overwrote_remote", "title", "Fix login", "here", "just before")]
    assert scope.conflicts[0].details["replaced_author"] == "u2"


def test_given_an_edit_while_we_send_then_the_person_keeps_theirs_and_it_goes_out_next(scope):
    scope.edit(title="first")
    scope.remote.before_execution = lambda _: scope.store.edit(scope.id, "title", "second")

    scope.sync()
    assert (scope.here["title"], scope.row.bases) == ("second", {"title": "first"})
    scope.remote.before_execution = lambda _: None
    scope.sync()

    assert scope.there("title") == "second"


def test_given_a_block_edited_here_beside_one_that_was_added_there_then_both_arrive_and_nobody_is_asked():
    scope = Scope(description="one\n\ntwo")
    scope.edit(description="ours\n\ntwo")
    scope.edit_there(description="one\n\nnew\n\ntwo")

    scope.sync()
    scope.sync()

    assert (scope.here["description"], scope.there("description")) == ("ours\n\nnew\n\ntwo",) * 2
    assert (scope.open_conflicts(), len(scope.remote.sent)) == ([], 1)


def test_given_what_was_merged_here_and_taken_back_there_before_it_went_out_then_it_does_not_come_back():
    scope = Scope(description="one\n\ntwo\n\nthree")
    scope.edit(description="one\n\ntwo\n\nours")
    scope.edit_there(description="one\n\nnew\n\ntwo\n\nthree")
    scope.reconcile()
    scope.edit_there(description="one\n\ntwo\n\nthree")

    scope.sync()
    scope.sync()

    assert (scope.here["description"], scope.there("description")) == ("one\n\ntwo\n\nours",) * 2


def test_given_texts_edited_in_different_blocks_then_they_are_merged():
    scope = Scope(description="one\n\ntwo\n\nthree")
    scope.edit(description="ONE\n\ntwo\n\nthree")
    scope.edit_there(description="one\n\ntwo\n\nTHREE")

    scope.sync()

    assert scope.here["description"] == scope.there("description") == "ONE\n\ntwo\n\nTHREE"
    assert scope.conflicts == []


def test_given_a_changed_block_that_markdown_cannot_say_then_the_edit_waits_until_the_loss_is_accepted():
    scope = Scope(description="one")
    media = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "7"}}]}
    panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [media]}
    scope.remote.issues[scope.id].values["description"] = {"type": "doc", "version": 1, "content": [panel]}
    scope.remote.issues[scope.id].updated = scope.world.now()
    scope.sync()
    scope.edit(description=str(scope.here["description"]).replace("panel", "panel with words"))

    scope.sync()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["lossy_edit"]
    assert scope.remote.sent == []
    details = scope.conflicts[0].details
    assert [(loss["kind"], loss["count"]) for loss in details["loses"]] == [("media", 1), ("panel", 1)]
    assert details["reasons"][0].startswith("line 1: ")
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    scope.sync()
    assert "panel with words" in str(scope.there("description"))
    assert scope.open_conflicts() == []


def test_given_a_loss_that_was_accepted_when_undone_then_the_remote_has_the_very_text_again():
    scope = Scope(description="one")
    table = table_of("a", "b", layout="wide")
    scope.remote.issues[scope.id].values["description"] = {"type": "doc", "version": 1, "content": [table]}
    scope.remote.issues[scope.id].updated = scope.world.now()
    scope.sync()
    before = scope.here["description"]
    scope.edit(description=f"{before}\n\n::: nothing we know\nx\n:::".replace("| a | b |", "> | a | b |"))
    scope.sync()
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    run_id = scope.sync()
    assert "wide" not in str(scope.remote.issues[scope.id].values["description"])

    undo_run(scope.store, run_id, scope.run(), by="ann")
    scope.sync()

    assert scope.here["description"] == before
    document = scope.remote.issues[scope.id].values["description"]
    assert isinstance(document, Mapping)
    (again,) = document["content"]
    assert canonical_block(again) == canonical_block(table)


def test_given_a_table_that_somebody_removed_when_undone_then_the_remote_has_the_very_table_again():
    scope = Scope(description="one")
    table = table_of("a", "b", layout="wide")
    scope.remote.issues[scope.id].values["description"] = {"type": "doc", "version": 1, "content": [table]}
    scope.remote.issues[scope.id].updated = scope.world.now()
    scope.sync()
    before = scope.here["description"]
    scope.edit(description="no table")
    run_id = scope.sync()
    assert scope.there("description") == "no table"

    undo_run(scope.store, run_id, scope.run(), by="ann")
    scope.sync()

    assert (scope.here["description"], scope.open_conflicts()) == (before, [])
    document = scope.remote.issues[scope.id].values["description"]
    assert isinstance(document, Mapping)
    assert [canonical_block(block) for block in document["content"]] == [canonical_block(table)]


def test_given_a_text_changed_on_both_sides_then_the_conflict_tells_what_ours_would_cost_them():
    scope = Scope(description="one")
    scope.edit(description="ours")
    panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [table_of("a")]}
    scope.remote.issues[scope.id].values["description"] = {"type": "doc", "version": 1, "content": [panel]}
    scope.remote.issues[scope.id].updated = scope.world.now()

    scope.sync()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["both_changed"]
    assert [(loss["kind"], loss["text"]) for loss in scope.conflicts[0].details["loses"]] == [
        ("panel", "a"),
        ("table", "a"),
    ]


def table_of(*cells: str, **attrs: str) -> dict[str, Any]:
    content = [
        {"type": "tableHeader", "content": [{"type": "paragraph", "content": [{"type": "text", "text": cell}]}]}
        for cell in cells
    ]
    return {"type": "table", "attrs": attrs, "content": [{"type": "tableRow", "content": content}]}


# --- values that cannot go out ---


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("status", "Dome", "'Dome' is not a status here; set one of: Done"),
        ("priority", "Hihg", "'Hihg' is not a priority here; set one of: High"),
        ("title", "x" * 300, "is 300 characters long; at most 255 are possible: shorten it"),
        ("title", "two\nlines", "must be one line; remove the line breaks"),
        ("title", None, "must not be empty; give it a text"),
        ("assignee_id", "Ann", "'Ann' is a name; set the account id instead: u1"),
        ("assignee_id", "not an id", "'not an id' is not an account id"),
        ("due_date", "1066-10-14", "1066-10-14 is not a date from 1970-01-01"),
        ("parent_key", "nothing", "'nothing' is not a key such as OPS-7"),
        ("labels", ("auth", "two words"), "the label 'two words' holds a blank; write two-words for example"),
        ("issue_type", "Epic", "cannot be changed from here"),
        ("story_points", "NaN", "NaN is not a number"),
    ],
)
def test_given_a_value_that_cannot_go_out_then_it_stays_with_the_reason_and_the_rest_syncs(scope, name, value, reason):
    scope.edit(
        **{name: value, "due_date" if name != "due_date" else "priority": "2026-05-01" if name != "due_date" else "Low"}
    )

    scope.sync()

    assert scope.here[name] == value
    assert reason in scope.row.errors[name]
    assert "set the field back to" in scope.row.errors[name]
    assert scope.row.sync_status == "error"
    assert [op.fields for op in scope.remote.executed] == [("due_date",) if name != "due_date" else ("priority",)]
    writes = scope.store.writes
    scope.sync()
    assert scope.store.writes == writes


def test_given_a_bad_label_among_good_ones_then_the_good_ones_go_out(scope):
    scope.edit(labels=("auth", "good", "two words"))

    scope.sync()

    assert scope.there("labels") == ("auth", "good")
    assert scope.here["labels"] == ("auth", "good", "two words")


def test_given_a_field_that_only_follows_then_an_edit_here_is_an_error(scope):
    scope.edit(priority="Low")

    scope.sync(policies={"priority": "remote_to_local"})

    assert "cannot be changed from here" in scope.row.errors["priority"]
    assert scope.there("priority") == "Medium"


@pytest.mark.parametrize(
    ("name", "mine", "theirs"),
    [
        ("title", "mine", "theirs"),
        ("priority", "High", "Low"),
        ("labels", ("auth", "mine"), ("auth", "theirs")),
        ("description", "Mine.\n\nTwo.", "One.\n\nTheirs."),
        ("issue_type", "Story", "Bug"),
    ],
)
@pytest.mark.parametrize("force", ["none", "local", "remote"])
@pytest.mark.parametrize("is_open", [False, True])
def test_given_a_field_that_only_follows_when_both_changed_it_then_no_force_and_no_merge_sends_it(
    name, mine, theirs, force, is_open
):
    scope = Scope(description="One.\n\nTwo.")
    policies = {name: "remote_to_local"}
    scope.edit(**{name: mine})
    scope.edit_there(**{name: theirs})
    if is_open:
        scope.sync(policies=policies)

    for _ in range(2):
        scope.sync(policies=policies, force=force)

    assert scope.remote.sent == []
    assert scope.there(name) == theirs
    if force == "local":
        assert "cannot be changed from here" in scope.row.errors[name]
        assert scope.open_conflicts() == []
        assert scope.here[name] == (("auth", "mine", "theirs") if name == "labels" else mine)
    if force == "remote" and name != "labels":
        assert (scope.here[name], scope.row.bases) == (theirs, {})


def test_given_a_field_that_only_leads_then_an_edit_replaces_what_is_there_and_keeps_it_and_nothing_else_is_sent(scope):
    leads = {"priority": "local_to_remote", "labels": "local_to_remote"}
    scope.edit_there(priority="High", labels=("auth", "theirs"))
    scope.sync(policies=leads)
    assert (scope.there("priority"), scope.here["priority"]) == ("High", "Medium")

    scope.edit(priority="Low", labels=("auth", "mine"))
    scope.sync(policies=leads)

    assert (scope.there("priority"), scope.there("labels")) == ("Low", ("auth", "mine"))
    assert [(e.field, e.old, e.new) for e in scope.store.audit if e.side == "remote" and e.field == "priority"] == [
        ("priority", "High", "Low")
    ]
    assert sorted((c.field, c.kind, c.remote) for c in scope.conflicts) == [
        ("labels", "overwrote_remote", ("auth", "theirs")),
        ("priority", "overwrote_remote", "High"),
    ]


def test_given_a_field_that_is_not_synced_then_both_sides_keep_their_own(scope):
    scope.edit(priority="Low")
    scope.edit_there(priority="High")

    scope.sync(policies={"priority": "none"})

    assert (scope.here["priority"], scope.there("priority")) == ("Low", "High")
    assert scope.conflicts == []


def test_given_a_field_that_was_not_in_the_answer_then_it_is_read_again_although_nothing_changes(scope):
    scope.edit_there(priority="High")
    scope.remote.missing_fields = lambda: ["priority"]
    scope.reconcile()
    assert (scope.here["priority"], scope.row.errors) == ("Medium", {})
    assert scope.row.revision != scope.remote.issues[scope.id].updated

    scope.remote.missing_fields = tuple
    scope.reconcile()

    assert (scope.here["priority"], scope.row.errors) == ("High", {})


def test_given_an_edit_of_a_field_that_was_not_in_the_answer_then_the_row_says_why_it_waits(scope):
    scope.edit(priority="Low")
    scope.remote.missing_fields = lambda: ["priority"]

    scope.sync()

    assert "was not in the answer" in scope.row.errors["priority"]
    assert scope.remote.sent == []


def test_given_a_value_of_another_type_then_nothing_changes_and_the_row_says_so(scope):
    scope.remote.issues[scope.id].values["story_points"] = "many"
    scope.remote.issues[scope.id].updated = scope.world.now()

    scope.reconcile()

    assert "is not a number; nothing was changed" in scope.row.errors["story_points"]


def test_given_a_title_that_is_only_spelled_otherwise_then_it_is_not_sent_and_reads_as_it_does_there(scope):
    scope.edit(title="Fix login ")

    scope.sync()

    assert (scope.here["title"], scope.row.bases, scope.remote.sent) == ("Fix login", {}, [])


# --- conflicts ---


def clashing() -> Scope:
    scope = Scope()
    scope.edit(title="here")
    scope.edit_there(title="there")
    scope.sync()
    return scope


@pytest.mark.parametrize(
    ("choice", "value", "outcome"),
    [("local", None, "here"), ("remote", None, "there"), ("manual", "both", "both"), ("merged", "both", "both")],
)
def test_given_a_choice_when_synced_then_both_sides_hold_it(choice, value, outcome):
    scope = clashing()

    resolve(scope.store, scope.conflicts[0].conflict_id, choice, scope.run(), by="ann", value=value)
    scope.sync()

    assert (scope.here["title"], scope.there("title")) == (outcome, outcome)
    assert (scope.conflicts[0].resolution, scope.conflicts[0].resolved_by) == (choice, "ann")
    assert scope.conflicts[0].applied_at is not None
    assert {"Fix login", "here", "there"} <= {value for _, _, value in scope.store.conflict_values}


def test_given_a_conflict_of_a_field_with_an_error_when_a_value_is_chosen_then_the_error_is_gone():
    scope = clashing()
    scope.remote.missing_fields = lambda: ["title"]
    scope.edit_there(priority="Low")
    scope.sync()
    assert "title" in scope.row.errors

    resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")

    assert scope.row.errors == {}


def test_given_the_column_moved_since_the_person_looked_then_nothing_happens():
    scope = clashing()
    scope.edit(title="newer")

    with pytest.raises(ChangedSinceSeen, match="OPS-1 title changed since you looked"):
        resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")

    assert scope.here["title"] == "newer"


def test_given_the_pair_moved_since_the_person_looked_then_nothing_happens():
    scope = clashing()
    seen = scope.conflicts[0]
    scope.edit_there(title="moved on")
    scope.sync()

    with pytest.raises(ChangedSinceSeen):
        resolve(scope.store, seen.conflict_id, "remote", scope.run(), by="ann", seen=seen)

    assert scope.open_conflicts() == [("both_changed", "title", "Fix login", "here", "moved on")]
    assert {"there", "moved on"} <= {value for _, _, value in scope.store.conflict_values}


def test_given_an_unknown_conflict_then_the_error_says_where_the_open_ones_are(scope):
    with pytest.raises(UsageError, match="javis conflicts lists those that are open"):
        resolve(scope.store, uuid4(), "local", scope.run(), by="ann")


def test_given_both_sides_became_equal_then_the_conflict_is_closed():
    scope = clashing()
    scope.edit(title="there")

    scope.sync()

    assert (scope.conflicts[0].state, scope.conflicts[0].resolution) == ("closed", "equal")


def test_given_the_person_went_back_to_the_base_then_the_remote_is_pulled():
    scope = clashing()
    scope.edit(title="Fix login")

    scope.sync()

    assert (scope.here["title"], scope.conflicts[0].resolution) == ("there", "superseded")


@pytest.mark.parametrize(("force", "outcome"), [("local", "here"), ("remote", "there")])
def test_given_force_then_exactly_the_listed_conflicts_are_resolved(force, outcome):
    scope = Scope(due_date="2026-01-01")
    scope.edit(title="here", priority="Low", due_date="2026-02-02")
    scope.edit_there(title="there", priority="High", status="Done")
    scope.sync()

    scope.sync(force=force, force_fields=frozenset({"title"}))

    assert (scope.here["title"], scope.there("title")) == (outcome, outcome)
    assert [field for _, field, *_ in scope.open_conflicts()] == ["priority"]
    assert (scope.here["priority"], scope.there("priority")) == ("Low", "High")
    assert (scope.here["status"], scope.there("due_date")) == ("Done", "2026-02-02")


def test_given_force_then_a_conflict_of_a_row_that_nobody_edited_is_resolved_too(scope):
    scope.store.edit_behind_the_trigger(scope.id, "title", "unseen")
    scope.reconcile()
    assert [kind for kind, *_ in scope.open_conflicts()] == ["unmarked_local_change"]

    scope.sync(pulled=[], force="local")

    assert (scope.there("title"), scope.open_conflicts()) == ("unseen", [])


def open_before(kind: str) -> Scope:
    """An issue with an open conflict of a kind; nothing changes there any more."""
    scope = Scope(description="one")
    match kind:
        case "both_changed":
            scope.edit(title="here")
            scope.edit_there(title="there")
        case "first_contact":
            row = scope.store.rows[scope.id]
            row.local = replace(row.local, values={**row.local.values, "title": "here"}, has_base=False)
        case "unmarked_local_change":
            scope.store.edit_behind_the_trigger(scope.id, "title", "here")
        case "stale_write_suspected":
            scope.edit_there(title="there")
            scope.sync()
            scope.store.edit(scope.id, "title", "Fix login")
        case "lossy_edit":
            media = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "7"}}]}
            panel = {"type": "panel", "attrs": {"panelType": "info"}, "content": [media]}
            scope.remote.issues[scope.id].values["description"] = {"type": "doc", "version": 1, "content": [panel]}
            scope.remote.issues[scope.id].updated = scope.world.now()
            scope.sync()
            scope.edit(description=str(scope.here["description"]).replace("panel", "panel with words"))
        case "overwrote_remote":
            scope.edit(title="here")
            scope.remote.before_execution = lambda _: scope.remote.edit(scope.id, "title", "there", author="u2")
        case "undo_of_changed":
            scope.edit(title="there")
            run_id = scope.sync()
            scope.edit(title="here")
            undo_run(scope.store, run_id, scope.run(), by="ann")
        case "edited_twice":
            scope.edit(title="here")
            scope.store.change(scope.ref, lambda state: _folded(state, scope.run()))
        case "remote_edit_vs_local_delete":
            scope.store.delete(scope.id)
            scope.edit_there(title="there")
        case "edit_vs_remote_delete":
            scope.edit(title="here")
            scope.remote.issues[scope.id].visible = False
            scope.reconcile()
            scope.world.now_ += timedelta(minutes=10)
    scope.sync()
    scope.remote.before_execution = lambda _: None
    assert [found for found, *_ in scope.open_conflicts()] == [kind]
    return scope


def _folded(state: RecordState, run: Run) -> RecordPlan:
    """What becomes of a row into which another one went, that was edited too."""
    draft = Draft(state, run)
    draft.open_conflict(
        "title", "edited_twice", base="t", local="here", remote="there", remote_raw=None, details={}, row=9
    )
    return draft.plan()


@pytest.mark.parametrize("kind", get_args(ConflictKind))
@pytest.mark.parametrize("force", ["local", "remote"])
def test_given_a_conflict_that_was_open_before_when_forced_then_it_is_resolved_as_the_dry_run_says(kind, force):
    scope = open_before(kind)

    shown = scope.plan(pulled=[], force=force)
    waiting = [(conflict.field, conflict.local, conflict.remote) for conflict in scope.conflicts]
    scope.sync(pulled=[], force=force)

    assert [(item.field, item.old, item.new) for item in shown if item.side == "forced"] == waiting
    assert scope.open_conflicts() == []
    assert [conflict.resolution for conflict in scope.conflicts] == [force]


@pytest.mark.parametrize("force", ["local", "remote"])
def test_given_a_row_deleted_here_and_edited_there_when_forced_then_the_conflict_does_not_stay_open(scope, force):
    scope.store.delete(scope.id)
    scope.edit_there(title="there")

    scope.sync(force=force)

    assert [(c.kind, c.resolution) for c in scope.conflicts] == [("remote_edit_vs_local_delete", force)]
    assert (scope.row.deleted_at is not None) is (force == "local")


@pytest.mark.parametrize(
    ("name", "before", "mine", "theirs"),
    [
        ("title", "Fix login", "mine", "theirs"),
        ("description", "One.\n\nTwo.", "Mine.\n\nTwo.", "One.\n\nTwo.\n\nThree."),
        ("labels", ("auth",), ("auth", "mine"), ("auth", "theirs")),
    ],
)
@pytest.mark.parametrize("asked", [False, True])
def test_given_a_row_edited_and_deleted_here_and_edited_there_when_forced_local_then_nothing_goes_out(
    name, before, mine, theirs, asked
):
    scope = Scope(**{name: before})
    scope.edit(**{name: mine})
    scope.store.delete(scope.id)
    scope.edit_there(**{name: theirs})
    if asked:
        scope.reconcile()  # the row is back, and a person is asked

    shown = scope.plan(force="local")
    scope.sync(force="local")
    writes = scope.store.writes
    scope.sync(force="local")

    assert scope.row.deleted_at is not None
    assert [item for item in shown if item.side == "remote"] == []
    assert (scope.there(name), scope.remote.sent) == (theirs, [])
    assert {op.state for op in scope.store.ops.values()} <= {"dropped"}
    assert scope.store.writes == writes
    scope.edit_there(priority="Low")
    scope.reconcile()
    assert scope.row.deleted_at is None


def test_given_edits_of_a_gone_record_that_a_person_took_back_then_nothing_is_asked_any_more():
    scope = open_before("edit_vs_remote_delete")

    scope.edit(title="Fix login")
    scope.sync()

    assert [(c.state, c.resolution) for c in scope.conflicts] == [("closed", "superseded")]


def test_given_an_offered_value_when_it_is_taken_then_it_goes_back_to_the_remote(scope):
    scope.edit(title="here")
    scope.remote.before_execution = lambda _: scope.remote.edit(scope.id, "title", "theirs")
    scope.sync()
    scope.remote.before_execution = lambda _: None

    resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")
    scope.sync()

    assert (scope.here["title"], scope.there("title")) == ("theirs", "theirs")


# --- copies that are not what they seem ---


def test_given_a_stale_row_written_back_then_it_is_suspected_and_not_sent(scope):
    scope.edit_there(title="from there")
    scope.sync()
    scope.store.edit(scope.id, "title", "Fix login")

    scope.sync()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["stale_write_suspected"]
    assert scope.there("title") == "from there"
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    scope.sync()
    assert scope.there("title") == "Fix login"


@pytest.mark.parametrize(
    ("after", "suspected"), [(timedelta(minutes=2), True), (timedelta(minutes=2, milliseconds=1), False)]
)
def test_a_column_that_goes_back_is_suspected_for_two_minutes(scope, after, suspected):
    scope.edit_there(title="from there")
    scope.sync()
    written_at = scope.store.audit[-1].at
    scope.store.edit(scope.id, "title", "Fix login")
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, modified_at=written_at + after)

    scope.sync()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["stale_write_suspected"] * suspected


def test_given_an_edit_behind_the_trigger_then_both_values_are_kept(scope):
    scope.store.edit_behind_the_trigger(scope.id, "title", "unseen")
    scope.edit_there(title="there")

    scope.sync()

    assert scope.open_conflicts() == [("unmarked_local_change", "title", "unseen", "unseen", "there")]
    assert scope.here["title"] == "unseen"


def test_given_a_row_without_a_base_then_nothing_is_taken_for_an_edit(scope):
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, values={**row.local.values, "title": "imported"}, has_base=False)

    scope.reconcile()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["first_contact"]
    assert (scope.here["title"], scope.there("title")) == ("imported", "Fix login")
    scope.sync()
    assert scope.here["title"] == "imported"


def test_given_a_row_without_a_base_when_the_remote_wins_then_it_is_taken(scope):
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, values={**row.local.values, "title": "imported"}, has_base=False)

    scope.reconcile(remote_wins_first_contact=True)

    assert (scope.here["title"], scope.conflicts) == ("Fix login", [])


# --- records ---


def test_given_a_record_not_found_once_then_it_is_not_gone(scope):
    scope.remote.issues[scope.id].visible = False

    scope.reconcile()
    scope.reconcile()

    assert (scope.row.remote_state, scope.row.missing_since is not None) == ("present", True)


def test_given_two_proofs_ten_minutes_apart_then_the_row_is_a_tombstone_and_comes_back_with_the_record(scope):
    scope.remote.issues[scope.id].visible = False
    scope.reconcile()
    scope.world.now_ += timedelta(minutes=10)
    scope.reconcile()
    assert scope.row.remote_state == "gone"
    told = [(entry.side, entry.field, entry.old, entry.new) for entry in scope.store.audit]
    assert told == [("local", WHOLE_RECORD, "present", "gone")]

    scope.remote.issues[scope.id].visible = True
    scope.reconcile()

    assert (scope.row.remote_state, scope.row.missing_since) == ("present", None)


def test_given_no_proof_of_who_we_are_then_nothing_is_missing(scope):
    scope.remote.issues[scope.id].visible = False

    for _ in range(3):
        scope.reconcile(proved=False)
        scope.world.now_ += timedelta(hours=1)

    assert (scope.row.remote_state, scope.row.missing_since) == ("present", None)


def test_given_an_edited_record_is_gone_then_the_edit_waits_for_a_person(scope):
    scope.edit(title="here")
    scope.remote.issues[scope.id].visible = False
    scope.reconcile()
    scope.world.now_ += timedelta(minutes=10)
    scope.reconcile()

    assert [kind for kind, *_ in scope.open_conflicts()] == ["edit_vs_remote_delete"]
    assert scope.here["title"] == "here"
    resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")
    assert (scope.here["title"], scope.row.bases) == ("Fix login", {})


@pytest.mark.parametrize("edit", [{"title": "newer"}, {"due_date": "2026-05-05"}])
def test_given_a_gone_record_was_edited_since_the_person_looked_then_only_what_was_shown_can_be_given_up(scope, edit):
    scope.edit(title="here")
    scope.remote.issues[scope.id].visible = False
    scope.reconcile()
    scope.world.now_ += timedelta(minutes=10)
    scope.reconcile()
    scope.edit(**edit)

    with pytest.raises(ChangedSinceSeen):
        resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")
    assert scope.here["title"] == edit.get("title", "here")

    scope.reconcile()
    assert scope.conflicts[0].details == {"values": dict(sorted({"title": "here", **edit}.items()))}
    resolve(scope.store, scope.conflicts[0].conflict_id, "remote", scope.run(), by="ann")
    assert (scope.here["title"], scope.row.bases) == ("Fix login", {})


def test_given_the_edits_of_a_gone_record_were_kept_then_they_go_out_when_it_comes_back(scope):
    scope.edit(title="here")
    scope.remote.issues[scope.id].visible = False
    for _ in range(2):
        scope.reconcile()
        scope.world.now_ += timedelta(minutes=10)
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    scope.sync()
    assert scope.open_conflicts() == []

    scope.remote.issues[scope.id].visible = True
    scope.sync()

    assert (scope.there("title"), scope.row.bases) == ("here", {})


def test_given_a_row_deleted_here_then_nothing_is_deleted_there_and_it_comes_back_with_an_edit(scope):
    scope.store.delete(scope.id)
    scope.sync()
    assert scope.row.deleted_at is not None
    assert scope.remote.sent == []

    scope.edit_there(title="still in use")
    scope.sync()

    assert (scope.row.deleted_at, scope.here["title"]) == (None, "still in use")
    assert [kind for kind, *_ in scope.open_conflicts()] == ["remote_edit_vs_local_delete"]
    resolve(scope.store, scope.conflicts[0].conflict_id, "local", scope.run(), by="ann")
    assert scope.row.deleted_at is not None


def deleted_here_edited_there(mine, theirs, *, pushes: bool) -> Scope:
    """A row that came back with a conflict; `pushes`: what a merge wants to send is sent, too."""
    scope = Scope(description="One.\n\nTwo.")
    scope.edit(**mine)
    scope.store.delete(scope.id)
    scope.edit_there(**theirs)
    if pushes:
        scope.sync()
    else:
        scope.reconcile()
    assert scope.row.deleted_at is None
    return scope


def about_the_row(scope: Scope) -> Conflict:
    return next(c for c in scope.conflicts if c.kind == "remote_edit_vs_local_delete" and c.state == "open")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"title": "mine"}, {"title": "theirs"}),
        ({"priority": "High"}, {"priority": "Low"}),
        ({"status": "Done"}, {"status": "In Progress"}),
        ({"description": "Mine.\n\nTwo."}, {"description": "One.\n\nTheirs."}),
        ({"description": "Mine.\n\nTwo."}, {"description": "Theirs.\n\nTwo."}),
        ({"labels": ("auth", "mine")}, {"labels": ("auth", "theirs")}),
        ({"due_date": "2026-05-05"}, {"title": "theirs"}),
        ({}, {"title": "theirs"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("pushes", [False, True])
def test_given_a_person_chose_the_deletion_then_it_holds_until_somebody_edits_there_again(mine, theirs, pushes):
    scope = deleted_here_edited_there(mine, theirs, pushes=pushes)
    resolve(scope.store, about_the_row(scope).conflict_id, "local", scope.run(), by="ann")
    sent = len(scope.remote.sent)

    scope.sync(pulled=[])
    for _ in range(2):
        scope.sync()

    assert scope.row.deleted_at is not None
    assert len(scope.remote.sent) == sent
    assert [c.kind for c in scope.conflicts if c.state == "open" and c.field == WHOLE_RECORD] == []
    writes = scope.store.writes
    scope.sync()
    assert scope.store.writes == writes

    again = {"title": "once more"} if "title" in theirs else {"title": "something else"}
    scope.edit_there(**again)
    scope.sync()

    assert scope.row.deleted_at is None
    assert about_the_row(scope).remote == "edited: title"
    resolve(scope.store, about_the_row(scope).conflict_id, "local", scope.run(), by="ann")
    scope.sync()
    assert scope.row.deleted_at is not None


@pytest.mark.parametrize("theirs", [{"title": "once more"}, {"priority": "High"}], ids=["the same field", "another"])
def test_given_they_edited_on_since_the_person_looked_then_the_deletion_is_not_taken_for_granted(theirs):
    scope = deleted_here_edited_there({"title": "mine"}, {"title": "theirs"}, pushes=True)
    looked_at = about_the_row(scope)
    scope.edit_there(**theirs)
    scope.sync()

    with pytest.raises(ChangedSinceSeen):
        resolve(scope.store, looked_at.conflict_id, "local", scope.run(), by="ann", seen=looked_at)

    assert about_the_row(scope).remote == "edited: " + ", ".join(sorted({"title", *theirs}))
    resolve(scope.store, looked_at.conflict_id, "local", scope.run(), by="ann")
    scope.sync()
    assert scope.row.deleted_at is not None


def test_given_a_new_key_then_the_row_follows(scope):
    scope.remote.issues[scope.id].ref = ResourceRef(
        resource_type="jira_issue", resource_id=scope.id, scope="OPS", key="OPS-77"
    )

    scope.reconcile()

    assert scope.row.ref.key == "OPS-77"


def test_given_a_move_to_a_project_that_is_not_synced_then_the_row_stays_and_an_edit_says_why_it_waits(scope):
    scope.edit(title="here")
    scope.remote.issues[scope.id].ref = ResourceRef(
        resource_type="jira_issue", resource_id=scope.id, scope="EUV", key="EUV-1"
    )

    scope.sync(scopes=frozenset({"OPS"}))

    assert (scope.row.remote_state, scope.row.ref.scope, scope.row.ref.key) == ("moved", "OPS", "EUV-1")
    assert "moved to EUV, which is not synced" in scope.row.errors["title"]
    assert scope.remote.sent == []


def test_given_the_first_look_at_what_was_made_then_its_base_is_what_was_sent_or_what_the_remote_gave_it(scope):
    row = scope.store.rows[scope.id]
    wanted = {**row.local.values, "title": "edited since", "priority": "High"}
    bases = {"title": "as it was sent", "priority": None}
    row.local = replace(row.local, remote_state="wanted", values=wanted, bases=bases)
    scope.edit_there(title="edited there")

    plan = reconcile_record(scope.store.state(scope.ref), scope.remote.fetch(scope.ref), scope.run())

    assert [(conflict.field, conflict.base) for conflict in plan.conflicts] == [("title", "as it was sent")]
    assert [(op.fields, op.expected) for op in plan.operations] == [(("priority",), {"priority": "3"})]


# --- writes whose outcome is lost ---


@pytest.mark.parametrize("marks", [True, False])
def test_given_a_lost_reply_then_the_write_is_found_and_not_repeated(scope, marks):
    scope.remote.marks = marks
    scope.edit(title="here")
    scope.remote.fault = lambda _: "lost_after"

    scope.sync()
    scope.sync()

    assert len(scope.remote.sent) == 1
    assert [op.state for op in scope.store.ops.values()] == ["confirmed"]


def test_given_a_lost_reply_and_a_history_that_lags_then_the_mark_on_the_record_tells(scope):
    scope.edit(title="here")
    scope.remote.fault = lambda _: "lost_after"
    execute = scope.remote.execute

    def unwritten(op, only):
        execute(op, only=only)
        scope.remote.issues[scope.id].changes.clear()
        scope.remote.edit(scope.id, "title", "edited since")

    scope.remote.execute = unwritten
    scope.sync()

    assert [(op.state, op.evidence["by"]) for op in scope.store.ops.values()] == [("confirmed", "marker")]
    assert len(scope.remote.sent) == 1


def test_given_a_lost_reply_and_somebodys_edit_that_the_history_lacks_then_it_is_not_told_as_ours(scope):
    scope.edit(title="here")
    scope.remote.fault = lambda _: "late"
    scope.sync()
    scope.remote.execute(scope.remote.late.pop())
    ours = list(scope.remote.issues[scope.id].changes)
    scope.remote.edit(scope.id, "title", "there")
    scope.remote.issues[scope.id].changes[:] = ours

    scope.sync()

    told = [(entry.reason, entry.new) for entry in scope.store.audit if entry.side == "local"]
    assert told[-1] == ("changed on the remote", "there")


def test_given_a_lost_request_then_it_is_given_up_after_a_while_and_sent_again(scope):
    scope.edit(title="here")
    answers = iter(["lost_before"])
    scope.remote.fault = lambda _: next(answers, "ok")
    scope.sync()
    scope.sync()
    assert (scope.there("title"), scope.row.sync_status) == ("Fix login", "pushing")

    scope.world.now_ += timedelta(minutes=3)
    scope.sync()

    assert scope.there("title") == "here"
    assert [op.state for op in scope.store.ops.values()] == ["abandoned", "confirmed"]


@pytest.mark.parametrize("marks", [True, False], ids=["marked", "known by the record's mark"])
def test_given_a_write_executed_late_over_a_newer_one_then_the_newer_one_is_written_again(scope, marks):
    scope.remote.marks = marks
    scope.edit(title="old wish")
    answers = iter(["late"])
    scope.remote.fault = lambda _: next(answers, "ok")
    scope.sync()
    scope.world.now_ += timedelta(minutes=3)
    scope.edit(title="new wish")
    scope.sync()
    assert scope.there("title") == "new wish"

    scope.remote.execute(scope.remote.late.pop())
    scope.sync()

    assert (scope.here["title"], scope.there("title")) == ("new wish", "new wish")


@pytest.mark.parametrize("marks", [True, False], ids=["marked", "known by its looks"])
@pytest.mark.parametrize(
    ("name", "mine", "theirs"),
    [
        ("title", "mine", "theirs"),
        ("description", "Mine.", "Theirs."),
        ("priority", "High", "Low"),
        ("assignee_id", "u1", "u2"),
        ("due_date", "2026-05-05", "2026-06-06"),
        ("story_points", 3, 5),
        ("parent_key", "OPS-7", "OPS-8"),
        ("status", "Done", "In Progress"),
    ],
)
def test_given_a_write_executed_late_over_somebodys_edit_then_that_is_offered_once(scope, name, mine, theirs, marks):
    scope.remote.marks = marks
    scope.edit(**{name: mine})
    scope.remote.fault = lambda _: "late"
    scope.sync()
    scope.edit_there(**{name: theirs})
    scope.remote.execute(scope.remote.late.pop())
    # Another operation of ours has left its mark on the record since.
    scope.remote.issues[scope.id].marker = None

    scope.sync()
    scope.sync()

    assert [(kind, of, value) for kind, of, *_, value in scope.open_conflicts()] == [("overwrote_remote", name, theirs)]
    assert [(entry.field, entry.new) for entry in scope.store.audit if entry.side == "remote"] == [(name, mine)]
    assert len(scope.remote.sent) == 1


def test_given_a_crash_between_commit_and_request_then_the_edit_is_not_lost(scope):
    scope.edit(title="here")

    def die(label: str) -> None:
        if label == "before send":
            raise Crash

    scope.world.at_point = die
    with pytest.raises(Crash):
        scope.sync()
    scope.world.at_point = lambda _: None
    scope.world.now_ += timedelta(minutes=3)
    scope.sync()

    assert scope.there("title") == "here"


# --- guards, plans and undo ---


def test_given_a_row_that_was_deleted_here_then_a_dry_run_shows_that_the_record_is_put_away(scope):
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, deleted_at=scope.now, removal="archive")

    shown = [(item.side, item.field, item.old, item.reason) for item in scope.plan(way_out="archive")]

    assert shown == [("remote", WHOLE_RECORD, "OPS-1", "deleted here, and to be archived there")]


def test_given_a_row_that_was_deleted_here_and_a_record_that_nobody_can_change_then_the_row_says_why_it_stays(scope):
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, deleted_at=scope.now, removal="archive")
    remote = replace(scope.remote.fetch(scope.ref), read_only="its project is archived")

    plan = reconcile_record(scope.store.state(scope.ref), remote, scope.run(way_out="archive"))

    assert [(item.side, item.field) for item in plan.items] == [("error", WHOLE_RECORD)]
    assert "still there: its project is archived" in plan.items[0].reason
    assert plan.operations == ()


def test_given_many_planned_writes_then_nothing_is_sent_until_the_number_is_allowed():
    scope = Scope(issues=30)
    for ref in scope.refs[:25]:
        scope.store.edit(ref.resource_id, "title", "bulk")
    reconcile_records(scope.store, scope.remote, scope.store.to_decide(), scope.run(), proved=True)

    with pytest.raises(SyncHalted, match=r"25 writes to 30 records.*--expect-writes 25"):
        push_operations(scope.store, scope.remote, scope.run(), NO)
    assert scope.remote.sent == []
    push_operations(scope.store, scope.remote, scope.run(), Overrides(writes=25))

    assert len(scope.remote.executed) == 25


def test_given_a_census_that_finds_far_too_few_then_nothing_is_believed():
    scope = Scope(issues=40)
    take_census(scope.store, scope.remote, [ref.resource_id for ref in scope.refs], scope.run(), NO)

    with pytest.raises(SyncHalted, match=r"found 10 records, 30 fewer.*--expect-missing 30"):
        take_census(scope.store, scope.remote, [ref.resource_id for ref in scope.refs[:10]], scope.run(), NO)

    assert all(row.local.missing_since is None for row in scope.store.rows.values())


def test_given_many_records_gone_then_the_tombstones_wait_until_the_number_is_allowed():
    scope = Scope(issues=10)
    for ref in scope.refs[:6]:
        scope.remote.issues[ref.resource_id].visible = False
    found = [ref.resource_id for ref in scope.refs[6:]]
    take_census(scope.store, scope.remote, found, scope.run(), NO)
    scope.world.now_ += timedelta(minutes=10)

    with pytest.raises(SyncHalted, match=r"6 records are gone.*--expect-deletions 6"):
        take_census(scope.store, scope.remote, found, scope.run(), NO)
    counted = take_census(scope.store, scope.remote, found, scope.run(), Overrides(deletions=6))

    assert counted.gone == 6


def test_given_an_id_missing_from_the_list_that_is_there_by_id_then_it_is_not_missing():
    scope = Scope(issues=3)

    counted = take_census(scope.store, scope.remote, [scope.id], scope.run(), NO)

    assert (counted.probed, counted.missing) == (2, 0)


def test_given_a_dry_run_then_the_plan_says_what_why_and_how_risky(scope):
    scope.edit(title="here")
    scope.edit_there(title="there", priority="High")

    items = plan_records(scope.store, scope.remote, scope.refs, scope.run(), proved=True).items

    assert [(i.field, i.side, i.old, i.new, i.row, i.risk) for i in items] == [
        ("title", "conflict", "here", "there", 9, "high"),
        ("priority", "local", "Medium", "High", 4, "low"),
    ]
    assert scope.here["priority"] == "Medium"


def test_given_an_undo_then_both_sides_hold_what_they_held_and_what_was_edited_since_is_offered(scope):
    scope.edit(title="pushed", labels=("urgent",))
    scope.edit_there(priority="High")
    run_id = scope.sync()
    scope.edit(priority="Low")

    shown = plan_undo(scope.store, run_id, scope.run(), by="ann").items
    done = undo_run(scope.store, run_id, scope.run(), by="ann").items
    scope.sync()

    assert shown == done
    assert (scope.here["title"], scope.there("title")) == ("Fix login", "Fix login")
    assert scope.there("labels") == ("auth",)
    assert scope.open_conflicts() == [("undo_of_changed", "priority", "High", "Low", "Medium")]


def test_given_a_run_that_changed_nothing_then_undo_says_so(scope):
    with pytest.raises(UsageError, match="changed nothing here"):
        undo_run(scope.store, "run-99", scope.run(), by="ann")


def test_given_a_field_that_cannot_be_read_then_facts_follow_and_the_record_is_looked_at_again(scope):
    revision = scope.row.revision
    scope.remote.issues[scope.id].values["due_date"] = "31 June"
    scope.edit_there(title="There")
    fetch = scope.remote.fetch
    scope.remote.fetch = lambda ref, **_: replace(fetch(ref), facts={**fetch(ref).facts, "status_category": "done"})

    scope.sync()

    assert (scope.here["title"], scope.row.facts["status_category"]) == ("There", "done")
    assert (scope.row.revision, "due_date" in scope.row.errors) == (revision, True)


def test_given_a_revision_that_went_back_then_an_answer_that_began_after_our_last_write_counts(scope):
    scope.remote.issues[scope.id].updated -= timedelta(days=30)
    scope.remote.issues[scope.id].values["title"] = "As in the backup"

    scope.sync()

    assert (scope.here["title"], scope.row.revision) == ("As in the backup", scope.remote.issues[scope.id].updated)


def test_given_an_answer_that_another_run_has_overtaken_then_it_counts_for_nothing(scope):
    before, old = scope.store.state(scope.ref), scope.remote.fetch(scope.ref)
    scope.edit_there(title="Newest")
    scope.sync()

    plan = scope.store.change(scope.ref, lambda state: reconcile_record(state, old, scope.run(), before=before))

    assert (plan.changes_nothing, scope.here["title"]) == (True, "Newest")
