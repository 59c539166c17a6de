"""JiraClient over a real socket, against scripted answers: identity, paging, bodies."""

from collections.abc import Iterator

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.errors import IdentityError, RemoteRefused, SettingError, SyncHalted
from javis_pipeline.records.jira import Identity, Transition
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline_tests.fake_site import FakeSite, Reply, fake_site

ME = {"accountId": "557058:me", "displayName": "Me", "timeZone": "Europe/Berlin"}
AS_ME = {"X-AAccountId": "557058%3Ame"}
REJECTED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with fake_site() as running:
        yield running


@pytest.fixture
def client(site: FakeSite) -> Iterator[JiraClient]:
    with JiraClient(site.url, "ann@example.org", "token", limits=Limits(tries=1)) as client:
        yield client


def identified(site: FakeSite, client: JiraClient, *replies: Reply) -> None:
    """The client has proved who it is; `replies` come next."""
    site.script(Reply(ME, headers=AS_ME), *replies)
    client.prove_identity()
    site.requests.clear()


# Identity


def test_given_good_credentials_then_the_account_and_its_zone_are_known(site, client):
    site.script(Reply(ME, headers=AS_ME))

    assert client.prove_identity() == Identity("557058:me", "Me", "Europe/Berlin", "557058:me")
    assert [request.path for request in site.requests] == ["/rest/api/3/myself"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"errorMessages": ["Unauthorized"]}, status=401),
        Reply({"error": "Failed to parse Connect Session Auth Token"}, status=403),
        Reply({}, headers=REJECTED),
        Reply(ME, headers=REJECTED),
        Reply(ME, headers={"X-Seraph-LoginReason": "OK, Authentication_Denied "}),
        Reply(ME, headers={"X-AAccountId": "somebody-else"}),
    ],
    ids=["401", "403", "200 for nobody", "200 with a refused login", "refused by one of several", "named differently"],
)
def test_given_credentials_that_are_not_accepted_then_nothing_is_believed(site, client, reply):
    site.script(reply)

    with pytest.raises(IdentityError) as refused:
        client.prove_identity()

    assert str(refused.value).count("Check JIRA_EMAIL") == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"issues": [], "isLast": True}),
        Reply({"issues": [], "isLast": True}, headers=REJECTED),
        Reply({"issues": [], "isLast": True}, headers={"X-AAccountId": "somebody-else"}),
        Reply({}, status=404),
    ],
    ids=["named nobody", "login refused", "named somebody else", "404 for nobody"],
)
def test_given_a_proof_when_a_later_answer_is_for_somebody_else_then_it_is_not_believed(site, client, reply):
    identified(site, client, reply)

    with pytest.raises(IdentityError):
        list(client.search("project = OPS", ["summary"]))


def test_given_a_token_that_died_then_an_answer_without_issues_is_not_taken_for_one_that_holds_none(site, client):
    identified(site, client)
    site.script(Reply({}, headers=REJECTED))

    with pytest.raises(IdentityError):
        client.bulk_fetch(["1"], ["summary"], wire.issue_documents)


def test_given_a_way_that_strips_the_header_then_the_proof_alone_counts(site, client):
    site.script(Reply(ME), Reply({"issues": [], "isLast": True}))
    client.prove_identity()

    assert list(client.search("project = OPS", ["summary"])) == []


# Paging


def test_given_short_and_empty_batches_when_searching_then_only_the_token_ends_it(site, client):
    site.script(
        Reply({"issues": [{"id": "1"}], "nextPageToken": "a"}),
        Reply({"issues": [], "nextPageToken": "b", "isLast": False}),
        Reply({"issues": [{"id": "2"}], "nextPageToken": "", "isLast": False}),
    )

    found = list(client.search("project = OPS", ["summary", "updated"], properties=["javis.op"]))

    assert [issue["id"] for issue in found] == ["1", "2"]
    query = {
        "jql": "project = OPS",
        "maxResults": 100,
        "fields": ["summary", "updated"],
        "properties": ["javis.op"],
    }
    assert [request.body for request in site.requests] == [
        query,
        {**query, "nextPageToken": "a"},
        {**query, "nextPageToken": "b"},
    ]


def test_given_a_repeated_token_then_the_result_is_refused_as_incomplete(site, client):
    site.script(Reply({"issues": [{"id": "1"}], "nextPageToken": "a", "isLast": False}))

    with pytest.raises(SyncHalted, match="same page token"):
        list(client.search("project = OPS", ["summary"]))

    assert len(site.requests) == 2


def test_given_an_answer_without_its_list_then_it_is_an_error_and_not_zero_rows(site, client):
    site.script(Reply({"isLast": True}))

    with pytest.raises(RemoteRefused, match="issues: expected a list"):
        list(client.search("project = OPS", ["summary"]))


@pytest.mark.parametrize(("dated", "fields"), [(True, ["updated"]), (False, ["key"])])
def test_an_id_sweep_asks_for_thousands_with_or_without_dates(site, client, dated, fields):
    hit = {"id": "1", "key": "OPS-1", "fields": {"updated": "2026-09-27T10:03:11.123+0200"} if dated else {}}
    site.script(Reply({"issues": [hit], "isLast": True}))

    (stamp,) = client.search_ids("project = OPS", dated=dated)

    assert (stamp.jira_id, stamp.key) == ("1", "OPS-1")
    assert (stamp.remote_updated_at is not None) == dated
    assert site.requests[0].body == {"jql": "project = OPS", "maxResults": 5000, "fields": fields}


def test_given_fewer_items_than_asked_for_when_paging_by_offset_then_it_goes_on_from_what_came(site, client):
    site.script(
        Reply({"values": [{"id": "1"}, {"id": "2"}], "isLast": False, "total": 3}),
        Reply({"values": [{"id": "3"}], "isLast": True, "total": 3}),
    )

    assert [entry["id"] for entry in client.get_issue_changelog("OPS-7")] == ["1", "2", "3"]
    assert [request.path.rpartition("startAt=")[2] for request in site.requests] == ["0", "2"]


def test_given_comments_without_is_last_then_the_total_ends_it(site, client):
    site.script(Reply({"comments": [{"id": "1"}], "total": 2}), Reply({"comments": [{"id": "2"}], "total": 2}))

    assert [comment["id"] for comment in client.comments("10042")] == ["1", "2"]
    assert len(site.requests) == 2


# Reading


def test_issues_in_bulk_are_asked_for_by_id_or_key_and_read_as_they_came(site, client):
    site.script(Reply({"issues": [{"id": "1", "key": "OPS-1"}, {"id": "2", "key": "OPS-2"}], "issueErrors": []}))

    documents = client.bulk_fetch(["1", "OPS-2", "3"], ["summary"], wire.issue_documents)

    assert [document["id"] for document in documents] == ["1", "2"]
    assert site.requests[0].body == {"issueIdsOrKeys": ["1", "OPS-2", "3"], "fields": ["summary"]}


def test_given_an_answer_that_is_no_list_of_issues_then_it_is_not_taken_for_an_empty_one(site, client):
    site.script(Reply({"errorMessages": []}))

    with pytest.raises(RemoteRefused, match="issues: expected a list"):
        client.bulk_fetch(["1"], ["summary"], wire.issue_documents)


def test_changelogs_in_bulk_are_paged_and_filtered(site, client):
    site.script(
        Reply({"issueChangeLogs": [{"issueId": "1", "changeHistories": [{"id": "7"}]}], "nextPageToken": "a"}),
        Reply({"issueChangeLogs": [{"issueId": "1", "changeHistories": [{"id": "8"}]}]}),
    )

    answers = list(client.changelog_bulk(["1", "2"], ["status"], wire.changelog_documents, lost=print))

    assert answers == [[("1", {"id": "7"})], [("1", {"id": "8"})]]
    assert site.requests[1].body == {
        "issueIdsOrKeys": ["1", "2"],
        "maxResults": 1000,
        "fieldIds": ["status"],
        "nextPageToken": "a",
    }


@pytest.mark.parametrize("issue", ["", "OPS-7/../../x", "ops-7", "OPS-0", "0", "OPS-7?x=1", "../myself"])
def test_given_what_is_neither_id_nor_key_then_nothing_is_sent(site, client, issue):
    with pytest.raises(ValueError, match="neither an issue id nor an issue key"):
        client.get_issue(issue)

    assert site.requests == []


def test_given_a_project_that_is_not_visible_then_the_nearest_are_named(site, client):
    visible = [{"id": "1", "key": "OQC", "name": "A"}, {"id": "2", "key": "ZED", "name": "B"}]
    site.script(
        Reply({"values": [visible[0]], "isLast": True}),
        Reply({"values": visible, "isLast": True}),
    )

    with pytest.raises(SettingError, match=r"jira project OQX does not exist.*\(2 visible\).*nearest it sees are OQC"):
        client.projects(["OQC", "OQX"])

    assert "keys=OQC&keys=OQX" in site.requests[0].path


def test_given_a_property_that_is_not_there_then_it_is_none(site, client):
    site.script(Reply({"key": "javis.op", "value": {"op": 1}}), Reply({}, status=404))

    assert client.property("OPS-7", "javis.op") == {"op": 1}
    assert client.property("OPS-7", "javis.op") is None


# Writing


def test_an_edit_holds_what_changed_in_the_form_of_the_official_document(site, client):
    site.script(Reply(status=204))

    client.edit_issue(
        "10042",
        fields={"summary": "New", "assignee": None},
        update={"labels": [{"add": "a"}, {"remove": "b"}]},
        properties={"javis.op": {"id": "7"}},
        history_metadata={"type": "javis", "extraData": {"op": "7"}},
    )

    request = site.requests[0]
    assert (request.method, request.path) == ("PUT", "/rest/api/3/issue/10042?returnIssue=true&expand=changelog")
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == {
        "fields": {"summary": "New", "assignee": None},
        "update": {"labels": [{"add": "a"}, {"remove": "b"}]},
        "properties": [{"key": "javis.op", "value": {"id": "7"}}],
        "historyMetadata": {"type": "javis", "extraData": {"op": "7"}},
    }


def test_given_a_field_that_is_set_and_updated_then_nothing_is_sent(site, client):
    with pytest.raises(ValueError, match="labels: a field is either set or updated"):
        client.edit_issue("OPS-7", fields={"labels": []}, update={"labels": [{"add": "a"}]})

    assert site.requests == []


def test_transitions_are_asked_for_with_their_screens_and_taken_by_id(site, client):
    offered = {"id": "31", "name": "Done", "to": {"id": "5", "name": "Closed"}, "fields": {}}
    site.script(Reply({"transitions": [offered]}), Reply(status=204))

    transitions = client.transitions("OPS-7")
    client.transition("OPS-7", "31", {"resolution": {"id": "1"}})

    assert transitions == [Transition("31", "Done", "5", "Closed", ())]
    assert site.requests[0].path.endswith("/transitions?expand=transitions.fields")
    assert site.requests[1].body == {"transition": {"id": "31"}, "fields": {"resolution": {"id": "1"}}}


def test_given_a_dry_run_then_searches_pass_and_edits_do_not(site):
    site.script(Reply({"issues": [], "isLast": True}))

    with JiraClient(site.url, "ann@example.org", "token", read_only=True) as client:
        assert list(client.search("project = OPS", ["summary"])) == []
        with pytest.raises(SyncHalted, match="dry run"):
            client.edit_issue("OPS-7", fields={"summary": "x"})

    assert [request.method for request in site.requests] == ["POST"]


def test_the_token_is_not_in_the_clients_repr(client):
    assert "token" not in repr(client)
