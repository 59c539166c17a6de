"""The sandbox's Confluence over a real socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = World(seed=3, clock=Clock(NOON))
    world.confluence.add_space("ENG", "Engineering")
    return world


@pytest.fixture
def http(world: World) -> Iterator[requests.Session]:
    with SandboxServer(world), requests.Session() as session:
        session.auth = ("ada@example.com", world.credentials.api_token)
        yield session


def a_page(world: World, title: str = "Runbook", body: str = "<p>one</p>") -> Page:
    return world.confluence.create_page(world.confluence.space("ENG").space_id, title, body)


def pages_url(world: World, rest: str = "") -> str:
    return f"{world.base_url}/wiki/api/v2/pages{rest}"


def an_update(page: Page, **changes: Any) -> dict[str, Any]:
    return {
        "id": page.page_id,
        "status": "current",
        "title": page.title,
        "body": {"representation": "storage", "value": "<p>two</p>"},
        "version": {"number": page.number + 1, "message": "javis sync 7"},
        **changes,
    }


def test_given_many_pages_when_listed_newest_first_then_cursors_reach_each_once(
    world: World, http: requests.Session
) -> None:
    made = []
    for number in range(7):
        world.clock.advance(timedelta(minutes=1))
        made.append(a_page(world, f"Page {number}"))
    query = {"space-id": made[0].space_id, "sort": "-modified-date", "limit": "3", "body-format": "storage"}

    seen: list[str] = []
    while True:
        answer = http.get(pages_url(world), params=query)
        seen += [page["title"] for page in answer.json()["results"]]
        if "next" not in answer.json()["_links"]:
            break
        link = urlsplit(answer.json()["_links"]["next"])
        assert (link.netloc, link.path) == ("", "/wiki/api/v2/pages")
        assert 'rel="next"' in answer.headers["Link"]
        query["cursor"] = parse_qs(link.query)["cursor"][0]

    assert seen == [*(f"Page {number}" for number in range(6, -1, -1)), "Engineering Home"]


def test_given_a_page_when_fetched_then_the_body_comes_only_if_asked_for(world: World, http: requests.Session) -> None:
    page = a_page(world)
    world.confluence.edit_page(page.page_id, body="<p>two</p>")
    url = pages_url(world, f"/{page.page_id}")

    bare, full = http.get(url).json(), http.get(url, params={"body-format": "storage"}).json()
    old = http.get(url, params={"body-format": "storage", "version": "1"}).json()

    assert bare["body"] == {}
    assert "two" in full["body"]["storage"]["value"]
    assert ("one" in old["body"]["storage"]["value"], old["version"]["number"]) == (True, 1)


def test_given_a_stale_version_when_put_then_conflict_and_nothing_changes(world: World, http: requests.Session) -> None:
    page = a_page(world)
    url = pages_url(world, f"/{page.page_id}")

    saved = http.put(url, json=an_update(page))
    stale = http.put(url, json=an_update(page, version={"number": 2}))
    malformed = http.put(url, json=an_update(page, body={"representation": "storage", "value": "<p>"}))

    assert (saved.status_code, saved.json()["version"]["message"]) == (200, "javis sync 7")
    assert "local-id" in saved.json()["body"]["storage"]["value"]
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "CONFLICT")
    assert malformed.status_code == 400
    assert page.number == 2


def test_given_three_kinds_of_conflict_when_put_then_each_is_409(world: World, http: requests.Session) -> None:
    page = a_page(world)
    a_page(world, "Taken")
    url = pages_url(world, f"/{page.page_id}")

    title = http.put(url, json=an_update(page, title="Taken"))
    world.confluence.switches.transient_conflicts = 1
    transient, again = http.put(url, json=an_update(page)), http.put(url, json=an_update(page))

    assert [title.status_code, transient.status_code, again.status_code] == [409, 409, 200]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Basic %%%"}, 401),
        ({"Authorization": "Basic YTpi"}, 403),
        ({"Authorization": "Bearer x"}, 403),
        ({}, 403),
    ],
)
def test_given_bad_credentials_when_asked_then_refused(
    world: World, http: requests.Session, headers: dict[str, str], status: int
) -> None:
    answer = requests.get(pages_url(world), headers=headers, timeout=5)

    assert answer.status_code == status
    if status == 403:
        assert answer.json() == {"message": "Current user not permitted to use Confluence", "statusCode": 403}


def test_given_labels_when_written_through_v1_then_v2_reads_them_and_the_version_stays(
    world: World, http: requests.Session
) -> None:
    page = a_page(world)
    v1 = f"{world.base_url}/wiki/rest/api/content/{page.page_id}/label"

    added = http.post(v1, json=[{"prefix": "global", "name": "ops"}, {"prefix": "my", "name": "todo"}])
    removed = http.delete(v1, params={"name": "absent"})
    shown = http.get(pages_url(world, f"/{page.page_id}/labels"), params={"prefix": "global"})

    assert (added.status_code, removed.status_code) == (200, 204)
    assert [label["name"] for label in shown.json()["results"]] == ["ops"]
    assert page.number == 1


def test_given_the_gateway_when_asked_then_the_prefix_is_understood_and_links_leave_it_out(
    world: World, http: requests.Session
) -> None:
    a_page(world)
    gateway = f"{world.base_url}/ex/confluence/11223344-a1b2/wiki/api/v2/pages"

    answer = http.get(gateway, params={"limit": "1"}).json()
    world.confluence.switches.foreign_next_links = True
    foreign = http.get(gateway, params={"limit": "1"}).json()

    assert answer["_links"]["next"].startswith("/wiki/api/v2/pages?")
    assert urlsplit(foreign["_links"]["next"]).netloc == "confluence.example.org"


def test_given_the_old_api_when_content_is_asked_then_it_is_gone_unless_the_site_still_has_it(
    world: World, http: requests.Session
) -> None:
    url = f"{world.base_url}/wiki/rest/api/content/{a_page(world).page_id}"

    gone = http.get(url)
    world.confluence.switches.v1_content_gone = False

    assert gone.status_code == 410
    assert http.get(url).json()["body"]["storage"]["representation"] == "storage"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/wiki/api/v2/pages?limit=251", None, 400),
        ("GET", "/wiki/api/v2/pages?cursor=nonsense", None, 400),
        ("GET", "/wiki/api/v2/pages?sort=mood", None, 400),
        ("GET", "/wiki/api/v2/pages/999", None, 404),
        ("GET", "/wiki/api/v2/spaces/999", None, 404),
        ("POST", "/wiki/api/v2/pages", "{", 400),
        ("POST", "/wiki/api/v2/pages", "[]", 400),
        ("POST", "/wiki/api/v2/pages", '{"spaceId": "1", "title": "x"}', 404),
        ("GET", "/wiki/rest/api/search?cql=mood", None, 400),
    ],
)
def test_given_a_wrong_request_when_sent_then_it_is_refused_in_json(
    world: World, http: requests.Session, method: str, path: str, body: str | None, status: int
) -> None:
    answer = http.request(method, f"{world.base_url}{path}", data=body)

    assert answer.status_code == status
    assert answer.json()


def test_given_a_page_tree_when_walked_then_parents_children_users_and_the_bin_agree(
    world: World, http: requests.Session
) -> None:
    parent = a_page(world, "Parent")
    created = http.post(
        pages_url(world), json={"spaceId": parent.space_id, "title": "Child", "parentId": parent.page_id}
    ).json()
    base = pages_url(world, f"/{parent.page_id}")

    children = http.get(f"{base}/children").json()["results"]
    ancestors = http.get(pages_url(world, f"/{created['id']}/ancestors")).json()["results"]
    me = http.get(f"{world.base_url}/wiki/rest/api/user/current").json()
    users = http.post(f"{world.base_url}/wiki/api/v2/users-bulk", json={"accountIds": [created["authorId"], "x"]})
    trashed = http.delete(base)
    current = http.get(pages_url(world)).json()["results"]
    binned = http.get(pages_url(world), params={"status": "trashed"}).json()["results"]

    assert [child["id"] for child in children] == [created["id"]]
    assert ancestors[-1]["id"] == parent.page_id
    assert [user["accountId"] for user in users.json()["results"]] == [me["accountId"]]
    assert trashed.status_code == 204
    assert [page["title"] for page in binned] == ["Parent"]
    assert "Child" in [page["title"] for page in current]
