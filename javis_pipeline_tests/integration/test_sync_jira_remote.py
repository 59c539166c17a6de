"""The adapter of a Jira project against the sandbox's Jira: what is read, what is sent, what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.errors import OutcomeUnknown, RemoteMissing, RemoteRefused, StaleRevision
from javis_pipeline.records import MISSING
from javis_pipeline.records.sync import Operation
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import discover_fields
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline.systems.jira.records import JiraRecords
from javis_pipeline_tests.property.sync_memory import adf

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OP = UUID(int=7)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.fixture
def remote(world: World) -> Iterator[JiraRecords]:
    token = world.credentials.api_token
    with JiraClient(world.base_url, "us@example.com", token, limits=Limits(tries=2), sleep=lambda _: None) as client:
        client.prove_identity()
        found = discover_fields(client.fields(), estimation_fields=[client.estimation_field(1) or ""])
        yield JiraRecords(client, found.fields)


def an_issue(world: World, **values: Any) -> ResourceRef:
    issue = world.jira.create("OPS", "Fix login", **values)
    world.clock.advance(timedelta(minutes=1))
    return ResourceRef(resource_type="jira_issue", resource_id=str(issue.id), scope="OPS", key=issue.state.key)


def an_operation(ref: ResourceRef, *, add=(), remove=(), kind="edit", **desired) -> Operation:
    labels = ("labels",) if add or remove else ()
    return Operation(
        op_id=OP,
        ref=ref,
        kind=kind,
        fields=(*desired, *labels),
        expected={},
        desired=desired,
        local=dict(desired),
        add={"labels": add} if add else {},
        remove={"labels": remove} if remove else {},
        local_seq=1,
        created_at=NOON,
        run_id="run-1",
    )


def send(remote: JiraRecords, op: Operation) -> None:
    remote.send(op, remote.fetch(op.ref))


def test_given_an_issue_then_each_field_is_in_its_remote_form(world, remote):
    ref = an_issue(
        world,
        description=adf("one\n\ntwo"),
        labels=["b", "a"],
        priority="High",
        due_date="2026-05-01",
        story_points=2.5,
    )

    record = remote.fetch(ref)

    assert set(JIRA_ISSUE.fields) == set(record.values)
    assert record.values["labels"] == ("a", "b")
    assert record.values["priority"] == {"id": "2", "name": "High"}
    assert record.values["due_date"] == "2026-05-01"
    assert record.values["story_points"] == Decimal("2.5")
    assert record.values["status"]["name"] == "To Do"
    assert (record.ref, record.marker, MISSING in record.values.values()) == (ref, None, False)


def test_given_an_edit_then_it_is_one_put_with_the_changed_fields_and_the_mark_is_in_both_places(world, remote):
    ref = an_issue(world, labels=["old"], priority="High", due_date="2026-05-01")
    world.exchanges.clear()

    send(
        remote, an_operation(ref, title="Fix it", story_points=Decimal(3), priority=None, add=("new",), remove=("old",))
    )

    puts = world.exchanges.matching("PUT")
    after = remote.fetch(ref)
    assert len(puts) == 1
    assert (after.values["title"], after.values["story_points"]) == ("Fix it", 3)
    assert (after.values["labels"], after.values["due_date"]) == (("new",), "2026-05-01")
    assert after.marker == OP
    assert {change.op_id for change in remote.history(ref)} == {OP}


def test_given_a_label_added_by_somebody_else_meanwhile_then_it_stays(world, remote):
    ref = an_issue(world, labels=["old"])
    seen = remote.fetch(ref)
    world.jira.edit(ref.key, add_labels=["theirs"])

    remote.send(an_operation(ref, add=("ours",), remove=("old",)), seen)

    assert remote.fetch(ref).values["labels"] == ("ours", "theirs")


def test_given_a_history_then_it_holds_canonical_values_and_texts_only_as_words(world, remote):
    ref = an_issue(world, priority="Low", labels=["a"], description=adf("one"), story_points=1)
    world.jira.edit(ref.key, title="Fix it", priority="High", labels=["b"], description=adf("two"), story_points=2)
    world.jira.edit(ref.key, due_date="2026-05-01")

    changes = {change.field: (change.old, change.new) for change in remote.history(ref)}

    assert changes == {
        "title": ("Fix login", "Fix it"),
        "priority": ("4", "2"),
        "labels": (("a",), ("b",)),
        "description": (MISSING, MISSING),
        "story_points": (1, 2),
        "due_date": (None, "2026-05-01"),
    }


def test_given_a_parent_then_it_can_be_set_and_cleared(world, remote):
    epic = world.jira.create("OPS", "Epic", type="Epic").state.key
    ref = an_issue(world)

    send(remote, an_operation(ref, parent_key=epic))
    assert remote.fetch(ref).values["parent_key"] == epic
    send(remote, an_operation(ref, parent_key=None))

    assert remote.fetch(ref).values["parent_key"] is None
    assert [(c.field, c.old, c.new) for c in remote.history(ref)] == [
        ("parent_key", None, epic),
        ("parent_key", epic, None),
    ]


def status(world: World, name: str) -> dict[str, object]:
    known = world.jira.statuses.named(name)
    assert known is not None
    return {"id": known.id, "name": name, "ids": [known.id]}


def test_given_a_way_to_the_status_that_asks_for_nothing_then_it_is_taken(world, remote):
    ref = an_issue(world, status="In Progress")

    send(remote, an_operation(ref, kind="transition", status=status(world, "Done")))

    assert remote.fetch(ref).values["status"]["name"] == "Done"
    assert [(change.field, change.op_id) for change in remote.history(ref) if change.field == "status"] == [
        ("status", OP)
    ]


def test_given_no_way_to_the_status_then_the_possible_ones_are_named(world, remote):
    ref = an_issue(world)

    with pytest.raises(RemoteRefused) as refused:
        send(remote, an_operation(ref, kind="transition", status=status(world, "In Review")))

    assert refused.value.field_errors == {
        "status": "no transition leads to 'In Review' from here; possible: 'Done', 'In Progress'"
    }


def test_given_a_refused_value_then_it_is_told_by_our_name_of_the_field(world, remote):
    ref = an_issue(world)

    with pytest.raises(RemoteRefused) as refused:
        send(remote, an_operation(ref, assignee_id="nobody", title="fine"))

    assert list(refused.value.field_errors) == ["assignee_id"]
    assert remote.fetch(ref).values["title"] == "Fix login"


def test_given_a_hidden_issue_then_it_is_missing(world, remote):
    ref = an_issue(world)
    world.jira.hide(ref.key)

    with pytest.raises(RemoteMissing):
        remote.fetch(ref)


@pytest.mark.parametrize(
    ("fault", "error"), [(FaultKind.LOST_REPLY, OutcomeUnknown), (FaultKind.CONFLICT, StaleRevision)]
)
def test_given_trouble_on_a_write_then_the_error_says_whether_it_may_have_been_executed(world, remote, fault, error):
    ref = an_issue(world)
    world.faults.add(Rule(Fault(fault), method="PUT"))

    with pytest.raises(error):
        send(remote, an_operation(ref, title="Fix it"))
