"""What comes late: writes that the remote executes after we gave them up, and answers that others have overtaken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from javis_pipeline.records.sync import RecordPlan, RecordState
from javis_pipeline.sync.evidence import Verdict
from javis_pipeline.sync.merge import reconcile_record
from javis_pipeline.sync.outbox import settle_operation
from javis_pipeline_tests.unit.sync_stories import Scope


@pytest.fixture
def scope() -> Scope:
    return Scope()


def test_given_a_write_executed_late_then_the_audit_names_it_and_what_it_put_there(scope: Scope) -> None:
    scope.edit(title="here")
    scope.remote.fault = lambda _: "late"
    scope.sync()
    scope.remote.fault = lambda _: "ok"
    scope.world.now_ += timedelta(minutes=3)
    late = scope.remote.late.pop()
    scope.edit(title="Fix login")
    scope.sync()
    scope.remote.execute(late)

    scope.sync()

    pushed = [
        (entry.reason, entry.op_id, entry.old, entry.new) for entry in scope.store.audit if entry.side == "remote"
    ]
    assert pushed[0] == ("pushed, and executed late", late.op_id, "Fix login", "here")


def test_given_another_run_stored_something_while_we_read_when_our_answer_is_newer_then_it_counts(
    scope: Scope,
) -> None:
    before = scope.store.state(scope.ref)
    scope.edit_there(priority="Low")
    scope.reconcile()
    scope.edit_there(title="there")

    plan = reconcile_record(scope.store.state(scope.ref), scope.remote.fetch(scope.ref), scope.run(), before=before)

    assert plan.columns["title"] == "there"


def test_given_the_site_cannot_take_a_field_for_a_while_then_its_error_goes_when_it_can(scope: Scope) -> None:
    scope.edit(title="here")
    run = scope.run()
    closed = replace(run, catalog=replace(run.catalog, unwritable={"title": "the screen does not have it"}))

    def decided(plan: RecordPlan) -> RecordState:
        scope.store.change(scope.ref, lambda _: plan)
        return scope.store.state(scope.ref)

    state = decided(reconcile_record(scope.store.state(scope.ref), scope.remote.fetch(scope.ref), closed))
    assert "the screen does not have it" in scope.row.errors["title"]
    decided(reconcile_record(state, scope.remote.fetch(scope.ref), run))

    assert (scope.row.errors, scope.row.sync_status) == ({}, "local_modified")
    assert [op.state for op in scope.store.ops.values()] == ["planned"]


def test_given_a_refused_field_is_taken_and_others_have_read_the_record_since_then_no_error_is_left(
    scope: Scope,
) -> None:
    scope.edit(title="here")
    scope.remote.forbids = lambda _: "not now"
    scope.sync()
    assert "not now" in scope.row.errors["title"]
    scope.remote.forbids = lambda _: None
    scope.remote.fault = lambda _: "late"
    scope.sync()
    scope.remote.execute(scope.remote.late.pop())
    (op,) = [op for op in scope.store.ops.values() if op.state == "sent"]
    answer = scope.remote.fetch(scope.ref)
    row = scope.store.rows[scope.id]
    row.local = replace(row.local, revision=scope.world.now() + timedelta(minutes=1))

    plan = settle_operation(
        scope.store.state(scope.ref), op, Verdict("applied", {"by": "reply"}), answer, (), scope.run()
    )

    assert plan.columns["sync_errors"] == {}
    assert plan.columns["local_modified_fields"] == {}
