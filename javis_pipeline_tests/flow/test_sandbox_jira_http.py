"""The sandbox's Jira over a real socket: as a client meets it, on good days and bad ones."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import requests

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule, parse_rules
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
EMAIL = "javis@example.com"


class Client:
    """A few lines over requests: one site, one login."""

    def __init__(self, base_url, token):
        self.base_url = base_url
        self.session = requests.Session()
        self.session.auth = (EMAIL, token)

    def call(self, method, path, **options):
        url = path if path.startswith("http") else f"{self.base_url}/rest/api/3/{path}"
        return self.session.request(method, url, timeout=10, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def put(self, path, **body):
        return self.call("PUT", path, json=body)

    def search(self, jql, **options):
        return self.call("POST", "search/jql", json={"jql": jql} | options)

    def sweep(self, jql, **options):
        """The ids of all batches, in the order they came."""
        ids, token = [], None
        while True:
            more: dict[str, Any] = {"nextPageToken": token} if token else {}
            batch = self.search(jql, **options, **more).json()
            ids += [int(issue["id"]) for issue in batch["issues"]]
            token = batch.get("nextPageToken")
            assert batch["isLast"] is (token is None)
            if token is None:
                return ids


@contextmanager
def served(world):
    with SandboxServer(world) as server:
        client = Client(server.base_url, world.credentials.api_token)
        with client.session:
            yield client


@pytest.fixture
def world():
    world = World(seed=9, clock=Clock(NOON))
    world.jira.create_project("OQC", "Quality")
    return world


@pytest.fixture
def client(world):
    with served(world) as client:
        yield client


def paragraph(words):
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}],
    }


def test_any_address_with_the_token_is_somebody(client):
    answer = client.get("myself")

    assert answer.json()["accountId"] == answer.headers["X-AAccountId"]
    assert (answer.json()["emailAddress"], answer.json()["timeZone"]) == (EMAIL, "America/New_York")
    gateway = client.get(f"{client.base_url}/ex/jira/11111111-2222/rest/api/3/myself")
    assert gateway.json() == answer.json()


def test_given_a_wrong_token_when_anonymous_then_everything_is_empty_and_200(world, client):
    key = world.jira.create("OQC", "Secret").state.key
    client.session.auth = (EMAIL, "wrong")

    searched = client.search("project = OQC")

    assert (searched.status_code, searched.json()["issues"]) == (200, [])
    assert searched.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert "X-AAccountId" not in searched.headers
    assert client.get("project/search").json()["values"] == []
    assert [client.get(path).status_code for path in ("myself", f"issue/{key}")] == [401, 404]


def test_given_a_wrong_token_when_refused_then_it_is_401(world, client):
    world.jira.behaviour.bad_login = "refused"
    client.session.auth = (EMAIL, "wrong")

    assert client.search("project = OQC").status_code == 401


def test_times_are_printed_in_the_zone_of_the_site_and_read_in_that_of_the_caller(world, client):
    world.jira.create("OQC", "Now", at=NOON)

    [issue] = client.search("project = OQC", fields=["updated"]).json()["issues"]

    assert issue["fields"]["updated"] == "2026-07-01T14:00:00.000+0200"
    assert client.sweep('project = OQC and updated >= "2026-07-01 08:00"') != []
    assert client.sweep('project = OQC and updated >= "2026-07-01 08:01"') == []


def test_a_sweep_in_short_batches_meets_every_issue_once(world, client):
    world.jira.behaviour.short_batches = 0.7
    ids = [world.jira.create("OQC", f"issue {number}").id for number in range(60)]

    assert client.sweep("project = OQC order by id", maxResults=10) == ids


def test_an_issue_that_changes_during_a_sweep_is_not_missed(world, client):
    world.jira.behaviour.short_batches = 0
    ids = [world.jira.create("OQC", f"issue {n}", at=NOON + timedelta(seconds=n)).id for n in range(6)]
    first = client.search("project = OQC order by updated asc", maxResults=3).json()

    world.jira.edit(str(ids[1]), title="changed", at=NOON + timedelta(minutes=1))
    rest = client.search("project = OQC order by updated asc", maxResults=9, nextPageToken=first["nextPageToken"])

    assert [int(issue["id"]) for issue in rest.json()["issues"]] == [*ids[3:], ids[1]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"jql": "order by key"}, "Unbounded JQL"),
        ({"jql": "project = OQC", "maxResults": 5001}, "maxResults"),
        ({"jql": "project = OQC", "startAt": 0}, 'Unrecognized field "startAt"'),
        ({"jql": "project = OQC", "nextPageToken": "x"}, "The provided nextPageToken is invalid or has expired."),
        ({"jql": "project = OQC", "reconcileIssues": ["OQC-1"]}, "reconcileIssues"),
        ({"jql": "project = GONE"}, "The value 'GONE' does not exist for the field 'project'."),
    ],
)
def test_a_search_that_cannot_be_is_400(client, body, words):
    answer = client.call("POST", "search/jql", json=body)

    assert (answer.status_code, words in answer.json()["errorMessages"][0]) == (400, True)


def test_a_page_token_expires_and_belongs_to_its_query(world, client):
    for number in range(3):
        world.jira.create("OQC", f"issue {number}")
    token = client.search("project = OQC", maxResults=1).json()["nextPageToken"]

    assert client.search("project = OQC order by key", nextPageToken=token).status_code == 400
    world.clock.advance(timedelta(days=8))
    assert client.search("project = OQC", nextPageToken=token).status_code == 400


def test_a_search_shows_ids_unless_fields_are_named_and_the_old_one_is_gone(world, client):
    issue = world.jira.create("OQC", "Task")

    assert client.search("project = OQC").json()["issues"] == [{"id": str(issue.id)}]
    shown = client.search("project = OQC", fields=["summary"]).json()["issues"][0]
    assert (shown["key"], shown["fields"]) == ("OQC-1", {"summary": "Task"})
    assert client.get(f"{client.base_url}/rest/api/2/search").status_code == 410
    assert client.call("POST", "search/jql", data="{}").status_code == 415


def test_a_bulk_fetch_leaves_out_what_cannot_be_seen(world, client):
    keys = [world.jira.create("OQC", title).state.key for title in ("here", "hidden")]
    world.jira.hide(keys[1])

    answer = client.call("POST", "issue/bulkfetch", json={"issueIdsOrKeys": [*keys, "NO-1"], "fields": ["summary"]})

    assert [issue["key"] for issue in answer.json()["issues"]] == [keys[0]]
    assert answer.json()["issueErrors"] == []


def test_an_edit_carries_its_marks_into_property_and_changelog(world, client):
    world.jira.behaviour.missing_field_ids = 0
    key = world.jira.create("OQC", "Old", labels=["a"]).state.key
    metadata = {"type": "javis", "extraData": {"operation": "7"}}

    answer = client.put(
        f"issue/{key}",
        fields={"summary": "New ", "description": paragraph("hello")},
        update={"labels": [{"add": "b"}, {"remove": "a"}, {"remove": "never"}]},
        properties=[{"key": "javis", "value": {"operation": "7"}}],
        historyMetadata=metadata,
    )

    assert (answer.status_code, answer.content) == (204, b"")
    issue = client.get(f"issue/{key}", params={"properties": "javis"}).json()
    assert (issue["fields"]["summary"], issue["fields"]["labels"]) == ("New", ["b"])
    assert issue["properties"] == {"javis": {"operation": "7"}}
    [change] = client.get(f"issue/{key}/changelog").json()["values"]
    assert change["historyMetadata"] == metadata
    assert {item["fieldId"]: (item["fromString"], item["toString"]) for item in change["items"]} == {
        "summary": ("Old", "New"),
        "description": (None, "hello"),
        "labels": ("a", "b"),
    }
    bulk = client.call("POST", "changelog/bulkfetch", json={"issueIdsOrKeys": [key], "fieldIds": ["labels"]}).json()
    assert bulk["issueChangeLogs"][0]["changeHistories"][0]["id"] == change["id"]


def test_a_property_alone_is_no_update(world, client):
    key = world.jira.create("OQC", "Task", at=NOON).state.key
    world.clock.advance(timedelta(hours=1))

    client.put(f"issue/{key}", properties=[{"key": "mark", "value": 1}])
    client.call("PUT", f"issue/{key}/properties/other", json={"a": 1})

    assert world.jira.find(key).state.updated == NOON
    assert client.get(f"issue/{key}/changelog").json()["total"] == 0
    assert len(client.get(f"issue/{key}/properties").json()["keys"]) == 2


def test_one_bad_field_fails_the_whole_edit(world, client):
    key = world.jira.create("OQC", "Task").state.key

    answer = client.put(f"issue/{key}", fields={"summary": "New", "labels": ["a b"], "description": "plain"})

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"labels", "description"}
    assert world.jira.find(key).state.summary == "Task"


def test_what_an_edit_may_not_say(world, client):
    key = world.jira.create("OQC", "Task").state.key

    assert client.put(f"issue/{key}", summary="bare").status_code == 400
    both = client.put(f"issue/{key}", fields={"labels": ["a"]}, update={"labels": [{"add": "b"}]})
    assert "both 'fields' and 'update'" in both.json()["errorMessages"][0]
    assert client.put(f"issue/{key}", fields={"status": {"id": "3"}}).json()["errors"].keys() == {"status"}
    quiet = client.put(f"issue/{key}?notifyUsers=false", fields={"summary": "New"})
    assert (quiet.status_code, world.jira.find(key).state.summary) == (403, "Task")
    assert client.put(f"issue/{key}", fields={"summary": "New"}, transition={"id": "11"}).status_code == 204
    assert world.jira.find(key).state.status_id == "10000"


def test_a_transition_needs_its_screen_and_cannot_be_taken_twice(world, client):
    key = world.jira.create("OQC", "Task", status="In Progress").state.key

    def take(id_, **fields):
        return client.call("POST", f"issue/{key}/transitions", json={"transition": {"id": id_}, "fields": fields})

    listed = client.get(f"issue/{key}/transitions?expand=transitions.fields").json()["transitions"]
    required = {t["id"] for t in listed if any(field["required"] for field in t["fields"].values())}
    assert ({t["id"] for t in listed}, required) == ({"21", "31", "51", "61"}, {"51"})
    assert take("51").json()["errors"] == {"resolution": "Resolution is required."}
    assert take("61", summary="x").json()["errors"].keys() == {"summary"}
    assert take("61").status_code == 204
    assert take("61").json()["errorMessages"] == ["Transition id '61' is not valid for this issue."]


def test_a_created_issue_can_be_found_by_its_mark_and_a_repeated_create_makes_two(world, client):
    body = {
        "fields": {"project": {"key": "OQC"}, "issuetype": {"name": "Task"}, "summary": "Made"},
        "properties": [{"key": "javis", "value": "op-1"}],
    }
    keys = [client.call("POST", "issue", json=body).json()["key"] for _ in range(2)]

    found = client.search('project = OQC and created >= "-1h"', fields=["summary"], properties=["javis"]).json()

    assert sorted(issue["key"] for issue in found["issues"]) == keys
    assert {issue["properties"]["javis"] for issue in found["issues"]} == {"op-1"}


def test_comments_are_cut_inside_an_issue_and_whole_in_their_list(world, client):
    key = world.jira.create("OQC", "Talk").state.key
    for number in range(25):
        world.jira.comment(key, f"comment {number}")

    inside = client.search("project = OQC", fields=["comment"]).json()["issues"][0]["fields"]["comment"]

    assert (len(inside["comments"]), inside["total"]) == (20, 25)
    assert len(client.get(f"issue/{key}/comment").json()["comments"]) == 25


def test_the_board_tells_sprints_and_which_field_is_the_estimate(world, client):
    world.jira.create_sprint("OQC", "Sprint 1", state="active")
    world.jira.create("OQC", "Task", sprint="Sprint 1")
    agile = f"{client.base_url}/rest/agile/1.0"

    [board] = client.get(f"{agile}/board?projectKeyOrId=OQC").json()["values"]
    [sprint] = client.get(f"{agile}/board/{board['id']}/sprint?state=active").json()["values"]
    issues = client.get(f"{agile}/sprint/{sprint['id']}/issue?fields=summary").json()["issues"]

    assert [issue["fields"]["summary"] for issue in issues] == ["Task"]
    estimate = client.get(f"{agile}/board/{board['id']}/configuration").json()["estimation"]["field"]["fieldId"]
    assert estimate == world.jira.fields.story_points.id


def test_a_lost_reply_was_applied_and_a_lost_request_was_not(world, client):
    key = world.jira.create("OQC", "Old").state.key
    world.faults.add(*parse_rules("lost-reply PUT #1; lost-request PUT #2"))

    for title in ("first", "second"):
        with pytest.raises(requests.ConnectionError):
            client.put(f"issue/{key}", fields={"summary": title})

    assert world.jira.find(key).state.summary == "first"


def test_a_late_request_is_applied_after_the_next_one(world, client):
    key = world.jira.create("OQC", "Old").state.key
    world.faults.add(*parse_rules("late PUT #1"))

    with pytest.raises(requests.ConnectionError):
        client.put(f"issue/{key}", fields={"summary": "late"})
    seen = client.get(f"issue/{key}").json()["fields"]["summary"]
    client.get("myself")

    assert (seen, client.get(f"issue/{key}").json()["fields"]["summary"]) == ("Old", "late")


def test_refusals_say_when_to_come_again_or_do_not(world, client):
    key = world.jira.create("OQC", "Old").state.key
    world.faults.add(*parse_rules("429 #1 retry_after=3; 503 #2; 409 #3; 500 #4"))

    answers = [client.put(f"issue/{key}", fields={"summary": f"title {number}"}) for number in range(4)]

    assert [answer.status_code for answer in answers] == [429, 503, 409, 500]
    assert (answers[0].headers["Retry-After"], answers[0].headers["RateLimit-Reason"]) == ("3", "jira-burst-based")
    assert "Retry-After" not in answers[1].headers
    assert world.jira.find(key).state.summary == "title 3"  # a 500 says nothing about whether it was done


def test_a_body_can_be_cut_or_be_the_page_of_a_proxy(world, client):
    world.faults.add(*parse_rules("cut-body GET *field #1; html GET *status #1"))

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get("field")
    page = client.get("status")

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")


def test_somebody_can_be_just_faster_than_a_request(world, client):
    world.jira.behaviour.missing_field_ids = 0
    key = world.jira.create("OQC", "Old").state.key
    world.faults.add(Rule(action=lambda: world.jira.edit(key, title="Theirs"), method="PUT"))

    client.put(f"issue/{key}", fields={"summary": "Ours"})

    last = client.get(f"issue/{key}/changelog").json()["values"][-1]
    assert [(item["fromString"], item["toString"]) for item in last["items"]] == [("Theirs", "Ours")]


def test_limits_are_told_in_headers(world, client):
    world.jira.behaviour.limits = True
    key = world.jira.create("OQC", "Busy").state.key

    answers = [client.put(f"issue/{key}", fields={"summary": f"title {number}"}) for number in range(21)]

    assert [answer.status_code for answer in answers] == [204] * 20 + [429]
    assert answers[0].headers["X-RateLimit-Limit"] == "20"
    assert answers[20].headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert int(answers[20].headers["Retry-After"]) >= 1


def test_what_was_asked_can_be_read_and_holds_no_secret(world, client, tmp_path):
    world.exchanges.record_to = tmp_path / "log.ndjson"
    key = world.jira.create("OQC", "Task").state.key

    client.put(f"issue/{key}", fields={"summary": "New"})

    [exchange] = world.exchanges.matching("PUT")
    assert (exchange.json(), exchange.status) == ({"fields": {"summary": "New"}}, 204)
    [row] = map(orjson.loads, world.exchanges.record_to.read_bytes().splitlines())
    assert (row["url"], row["request_headers"]["authorization"]) == (f"/rest/api/3/issue/{key}", "***")


def test_faults_can_be_set_from_outside(world, client):
    control = f"{client.base_url}/sandbox/faults"

    assert client.call("POST", control, data="503 GET #1 retry_after=1").json()[0]["method"] == "GET"
    assert client.call("POST", control, data="nonsense").status_code == 400
    assert world.faults.rules[0].fault == Fault(FaultKind.UNAVAILABLE, retry_after=1)
    assert [client.get("myself").status_code, client.get("myself").status_code] == [503, 200]
    assert client.call("DELETE", control).json() == []


def test_a_project_can_be_read_only_to_the_caller(world, client):
    key = world.jira.create("OQC", "Task").state.key
    world.jira.projects["OQC"].read_only = True

    permissions = client.get("mypermissions?permissions=BROWSE_PROJECTS,EDIT_ISSUES&projectKey=OQC").json()

    assert {name: each["havePermission"] for name, each in permissions["permissions"].items()} == {
        "BROWSE_PROJECTS": True,
        "EDIT_ISSUES": False,
    }
    assert client.put(f"issue/{key}", fields={"summary": "New"}).status_code == 403
    assert client.get(f"issue/{key}/transitions").json()["transitions"] == []


def test_a_search_can_be_stuck_at_a_token(world, client):
    for number in range(4):
        world.jira.create("OQC", f"issue {number}")
    first = client.search("project = OQC", maxResults=1).json()
    world.jira.behaviour.repeated_batches = 1.0

    again = client.search("project = OQC", maxResults=1, nextPageToken=first["nextPageToken"]).json()

    assert again["nextPageToken"] == first["nextPageToken"]
