"""JiraClient against the sandbox's Jira, over a real socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.errors import IdentityError, OutcomeUnknown, RemoteMissing, RemoteRefused, SettingError
from javis_pipeline.records.jira import FieldMap, Issue
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.systems.jira import jql, wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.fields import discover_fields

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.fixture
def client(world: World) -> Iterator[JiraClient]:
    with a_client(world) as client:
        client.prove_identity()
        yield client


def a_client(world: World, token: str | None = None) -> JiraClient:
    return JiraClient(
        world.base_url,
        "ada@example.com",
        token or world.credentials.api_token,
        limits=Limits(tries=3),
        sleep=lambda seconds: None,
    )


def some_issues(world: World, count: int) -> list[str]:
    """Keys of new issues, each updated a minute after the one before."""
    keys = []
    for number in range(count):
        world.clock.advance(timedelta(minutes=1))
        keys.append(world.jira.create("OPS", f"Issue {number}").state.key)
    return keys


def read(client: JiraClient, key: str, fields: FieldMap | None = None) -> Issue:
    return wire.parse_issue(client.get_issue(key), fields or FieldMap())


def test_given_a_wrong_token_that_is_answered_with_200_then_nothing_is_believed(world):
    some_issues(world, 1)
    with a_client(world, token="wrong") as client:
        with pytest.raises(IdentityError):
            client.prove_identity()
        with pytest.raises(IdentityError):
            list(client.search("project = OPS", ["summary"]))


def test_given_a_project_that_is_not_there_then_the_nearest_is_named(client):
    with pytest.raises(SettingError, match=r"OPX does not exist.*nearest it sees are OPS"):
        client.project("OPX")


def test_given_many_issues_then_the_sweep_and_bulk_fetches_find_each_once_and_whole(world, client):
    keys = some_issues(world, 130)
    found = discover_fields(client.fields(), estimation_fields=estimation_fields(client))

    stamps = list(client.search_ids(jql.sweep("OPS")))
    ids = [stamp.jira_id for stamp in stamps[:100]]
    documents = client.bulk_fetch(ids, wire.issue_fields(found.fields), wire.issue_documents)
    issues = [wire.parse_issue(document, found.fields) for document in documents]

    assert [stamp.key for stamp in stamps] == keys
    assert [stamp.key for stamp in client.search_ids(jql.sweep("OPS"), dated=False)] == keys
    assert sorted(str(issue.title) for issue in issues) == sorted(f"Issue {number}" for number in range(100))
    assert {issue.jira_id: issue.remote_updated_at for issue in issues} == {
        stamp.jira_id: stamp.remote_updated_at for stamp in stamps[:100]
    }
    assert {issue.missing for issue in issues} == {()}


def estimation_fields(client: JiraClient) -> list[str]:
    fields = [client.estimation_field(board.board_id) for board in client.boards("OPS")]
    return [field for field in fields if field]


@pytest.mark.parametrize("spelling", ["in the account's zone", "in milliseconds"])
def test_given_an_instant_then_exactly_what_changed_since_is_found(world, client, spelling):
    keys = some_issues(world, 5)
    zone = client.prove_identity().time_zone
    since = NOON + timedelta(minutes=4)
    clause = jql.updated_since(since, zone) if spelling.endswith("zone") else jql.updated_since_ms(since)

    assert [stamp.key for stamp in client.search_ids(jql.sweep("OPS", clause))] == keys[3:]


def test_given_an_edit_with_marks_then_issue_property_and_changelog_tell_of_it(world, client):
    (key,) = some_issues(world, 1)

    client.edit_issue(
        key,
        fields={"summary": "Fix login"},
        update={"labels": [{"add": "urgent"}]},
        properties={"javis.op": {"op": "7"}},
        history_metadata={"type": "javis", "extraData": {"op": "7"}},
    )

    issue = read(client, key)
    entry = wire.parse_changelog_entry(client.get_issue_changelog(key)[-1], issue.jira_id)
    assert (issue.title, issue.labels) == ("Fix login", ["urgent"])
    assert client.property(key, "javis.op") == {"op": "7"}
    assert client.get_issue(key, fields=["summary"], properties=["javis.op"])["properties"] == {"javis.op": {"op": "7"}}
    assert {item.field for item in entry.items} == {"summary", "labels"}
    assert entry.history_metadata is not None
    assert entry.history_metadata["extraData"] == {"op": "7"}


def test_given_a_transition_then_the_status_changes_and_shows_in_bulk_changelogs(world, client):
    (key,) = some_issues(world, 1)
    before = read(client, key)
    way = next(way for way in client.transitions(key) if not way.required_fields)

    client.transition(key, way.transition_id)

    answers = client.changelog_bulk([before.jira_id], ["status"], wire.changelog_documents, lost=print)
    told = [wire.changes_told(entry, jira_id, FieldMap(), {}) for answer in answers for jira_id, entry in answer]
    (change,) = [change for one in told for change in one.of_status]
    assert read(client, key).status_id == way.to_status_id
    assert (change.from_id, change.to_id) == (before.status_id, way.to_status_id)


def test_given_a_transition_that_is_not_open_then_it_is_refused(world, client):
    (key,) = some_issues(world, 1)

    with pytest.raises(RemoteRefused, match="not valid for this issue") as refused:
        client.transition(key, "99999")

    assert refused.value.status == 400


def test_given_an_issue_that_moved_then_its_old_key_still_finds_it(world, client):
    (key,) = some_issues(world, 1)
    jira_id = read(client, key).jira_id
    world.jira.create_project("WEB", "Web")
    world.jira.move(key, "WEB")

    moved = read(client, key)

    assert (moved.jira_id, moved.project_key) == (jira_id, "WEB")


def test_given_a_hidden_issue_then_it_is_missing_in_a_fetch_and_by_its_id(world, client):
    shown, hidden = some_issues(world, 2)
    ids = [read(client, key).jira_id for key in (shown, hidden)]
    world.jira.hide(hidden)

    documents = client.bulk_fetch(ids, ["summary"], wire.issue_documents)
    assert [document["id"] for document in documents] == ids[:1]
    with pytest.raises(RemoteMissing):
        client.get_issue(ids[1])


def test_given_comments_and_work_then_all_of_them_can_be_read(world, client):
    (key,) = some_issues(world, 1)
    for number in range(105):
        world.jira.comment(key, f"Comment {number}")
    world.jira.log_work(key, 3600)

    assert len({comment["id"] for comment in client.comments(key)}) == 105
    assert [worklog["timeSpentSeconds"] for worklog in client.worklogs(key)] == [3600]


@pytest.mark.parametrize(
    "kind", [FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.LOST_REPLY, FaultKind.CUT_BODY]
)
def test_given_trouble_on_the_way_when_searching_then_the_result_is_whole(world, client, kind):
    keys = some_issues(world, 120)
    world.faults.rules.append(Rule(Fault(kind), path="/rest/api/3/search/jql", first=2, last=3))

    assert [stamp.key for stamp in client.search_ids(jql.sweep("OPS"))] == keys


def test_given_a_reply_that_is_lost_when_editing_then_the_edit_happens_once(world, client):
    (key,) = some_issues(world, 1)
    world.faults.rules.append(Rule(Fault(FaultKind.LOST_REPLY), method="PUT", last=1))

    with pytest.raises(OutcomeUnknown):
        client.edit_issue(key, fields={"summary": "Fix login"})

    assert read(client, key).title == "Fix login"
    assert len(client.get_issue_changelog(key)) == 1


def test_the_dimensions_of_the_site_can_be_read(client):
    assert {status.category for status in client.statuses()} == {"new", "indeterminate", "done"}
    assert [priority.rank for priority in client.priorities()] == list(range(5))
    assert client.permissions("OPS", ["EDIT_ISSUES"]) == {"EDIT_ISSUES": True}
    assert client.count("project = OPS") == 0
    assert client.server_time() >= NOON
