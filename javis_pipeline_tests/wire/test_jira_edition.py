"""Which edition of Jira is at an address, against scripted answers: and what is wrong where there is none."""

from collections.abc import Iterator

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.errors import IdentityError, RemoteBusy, SettingError, UnreadableRecord
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center import DataCenterClient
from javis_pipeline.systems.jira.edition import SERVER_INFO, find_edition
from javis_pipeline.systems.jira.editions import connect
from javis_pipeline_tests.fake_site import FakeSite, Reply, fake_site

PAGE = Reply(b"<html>log in</html>", content_type="text/html")
REFUSED = Reply({"message": "Client must be authenticated to access this resource.", "status-code": 401}, status=401)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with fake_site() as running:
        yield running


def info(deployment: str = "Server", version: str = "10.3.19") -> Reply:
    numbers = [int(part) for part in version.split(".")]
    time = "2026-09-04T16:07:42.487-0700"
    return Reply(
        {"deploymentType": deployment, "version": version, "versionNumbers": numbers, "serverTime": time},
        content_type="application/json",
    )


def test_a_site_says_what_it_is_to_anybody_and_its_client_is_made(site):
    site.script(info())
    own = connect(site.url, None, "token")
    site.script(info("Cloud", "1001.0.0"))
    cloud = connect(site.url, "ann@example.org", "token")

    assert (type(own), type(cloud)) == (DataCenterClient, JiraClient)
    assert [request.path for request in site.requests] == [SERVER_INFO, SERVER_INFO]
    assert not any("Authorization" in request.headers for request in site.requests)


@pytest.mark.parametrize("first", [REFUSED, PAGE, Reply({}, status=403), Reply({}, status=302)])
def test_a_site_that_tells_nobody_is_asked_with_the_credentials(site, first):
    site.script(first, info())

    assert find_edition(site.url, None, "token").name == "data-center"
    assert site.requests[1].headers["Authorization"] == "Bearer token"


@pytest.mark.parametrize(
    ("replies", "email", "token", "words"),
    [
        ([info("Cloud", "1001.0.0")], None, "token", "is Atlassian Cloud.*set JIRA_EMAIL"),
        ([info()], "ann@example.org", "ATATT3xFfGF0", "API token of Atlassian Cloud: make a personal access token"),
        ([Reply({}, status=404)], None, "token", "no Jira at this address.*below a path"),
        ([info(version="8.13.27")], None, "token", r"Jira 8\.13\.27 is too old; 8\.14 is the first"),
        ([PAGE], None, "token", "web page instead of JSON"),
    ],
    ids=["cloud without address", "cloud token on data center", "no context path", "too old", "login page"],
)
def test_what_cannot_work_is_said_with_the_remedy_before_anything_is_read(site, replies, email, token, words):
    site.script(*replies)

    with pytest.raises(SettingError, match=words):
        connect(site.url, email, token)


def test_a_token_that_is_refused_where_nobody_else_is_answered_either_is_named(site):
    site.script(REFUSED)

    with pytest.raises(IdentityError, match="Client must be authenticated"):
        connect(site.url, None, "token")


def test_a_site_in_maintenance_is_asked_again_later(site):
    site.script(Reply(b"<html>503</html>", status=503, content_type="text/html"))

    with pytest.raises(RemoteBusy, match="in maintenance, or builds its index anew"):
        connect(site.url, None, "token", limits=Limits(tries=1))


@pytest.mark.parametrize(("version", "remark"), [("9.4.30", "older than 9.12"), ("9.12.0", None), ("10.3.19", None)])
def test_a_version_that_nobody_looks_after_any_more_is_remarked(site, version, remark):
    site.script(info(version=version))

    said = find_edition(site.url, None, "token").remark

    assert remark in said if remark and said else said is remark


def test_hits_that_are_no_issues_are_told_and_the_others_found(site):
    last, above = Reply({"issues": [], "total": 0, "maxResults": 1}), Reply({"issues": [], "total": 0})
    site.script(Reply({"issues": ["x", {"id": "7", "key": "OPS-7"}, 5], "total": 9}), last, above)
    missed: list[UnreadableRecord] = []

    with DataCenterClient(site.url, None, "token") as client:
        stamps = list(client.sweep("OPS", "updated > 1", dated=False, unreadable=missed.append))

    assert ([stamp.jira_id for stamp in stamps], len(missed)) == (["7"], 2)
    assert "id > 7" in site.requests[2].body["jql"]


def test_an_issue_whose_links_come_alone_may_come_without_anything_else(site):
    site.script(Reply({}, status=504), Reply({"id": "7"}), Reply({"id": "7", "fields": {"issuelinks": []}}))

    with DataCenterClient(site.url, None, "token", limits=Limits(tries=1)) as client:
        assert client.get_issue("7", fields=["summary", "issuelinks"]) == {"id": "7"}
