"""The sandbox's Jira Data Center over a real socket: the shapes and habits that clients of Cloud stumble over."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.jira.data_center.traps import Trap, parse_traps
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition="data-center")) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


def trapped(world: World, *traps: Trap) -> None:
    world.jira.behaviour.traps = frozenset(traps)


def ask(world: World, path: str, method: str = "GET", token: str | None = None, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token or world.credentials.personal_token('javis')}"}
    headers |= options.pop("headers", {})
    url = f"{world.base_url}/jira/{path}"
    return requests.request(method, url, headers=headers, allow_redirects=False, timeout=10, **options)


def search(world: World, jql: str, **body: Any) -> Any:
    return ask(world, "rest/api/2/search", "POST", json={"jql": jql, **body}).json()


def test_who_comes_with_a_token_is_named_in_every_answer_and_nobody_is_anonymous_with_200(world):
    named, nobody = ask(world, "rest/api/2/myself"), ask(world, "rest/api/2/project", token="wrong")

    assert named.headers["X-AUSERNAME"] == named.json()["name"] == "javis"
    assert (nobody.status_code, nobody.json(), nobody.headers["X-AUSERNAME"]) == (200, [], "anonymous")


@pytest.mark.parametrize(
    ("trap", "status", "words"),
    [
        (Trap.LOGIN_PAGE, 200, "login-form"),
        (Trap.REDIRECT, 302, ""),
        (Trap.MAINTENANCE, 503, "reindexed"),
    ],
)
def test_what_stands_in_front_answers_with_a_page(world, trap, status, words):
    trapped(world, trap)

    answer = ask(world, "rest/api/2/myself", token="wrong")

    assert (answer.status_code, "json" in answer.headers["Content-Type"]) == (status, False)
    assert words in answer.text


def test_version_3_is_not_missing_but_unauthorised_and_a_browser_is_taken_for_a_forger(world):
    assert ask(world, "rest/api/3/myself").status_code == 401
    forged = ask(world, "rest/api/2/search", "POST", json={}, headers={"User-Agent": "Mozilla/5.0"})
    assert (forged.status_code, "XSRF" in forged.text) == (403, True)


def test_an_issue_has_wiki_markup_people_by_key_and_sprints_as_text(world):
    sprint = world.jira.create_sprint("OPS", "Sprint, 1", state="active", goal="Images, catalog [x]")
    epic = world.jira.create("OPS", "Epic", type="Epic").state.key
    text = "h1. *Bold*\r\n{code}x{code}"
    made = world.jira.create("OPS", "Issue", description=text, sprint=sprint.number, parent_key=epic, assignee="Mara")
    key = made.state.key

    issue = ask(world, f"rest/api/2/issue/{key}").json()

    fields, custom = issue["fields"], world.jira.fields
    assert fields["description"] == text
    assert fields["assignee"]["name"] == "mara"
    assert "accountId" not in fields["assignee"]
    assert re.search(
        r"Sprint@\w+\[id=1,.*state=ACTIVE,name=Sprint, 1,.*goal=Images, catalog", fields[custom.sprint.id][0]
    )
    assert fields[custom.epic_link.id] == epic
    assert "parent" not in fields
    assert "hierarchyLevel" not in fields["issuetype"]
    assert issue["self"].startswith(world.base_url.replace("127.0.0.1", "localhost"))


def test_a_history_comes_whole_and_without_ids_of_fields(world):
    key = world.jira.create("OPS", "Issue").state.key
    world.jira.edit(key, title="Other", assignee="Mara")

    (issue,) = search(world, f"key = {key}", fields=["key"], expand=["changelog"])["issues"]

    items = [item for entry in issue["changelog"]["histories"] for item in entry["items"]]
    assert {item["field"] for item in items} == {"summary", "assignee"}
    assert all("fieldId" not in item for item in items)
    (assigned,) = [item for item in items if item["field"] == "assignee"]
    assert assigned["to"] == ask(world, "rest/api/2/user?username=mara").json()["key"]


def test_a_search_is_cut_in_silence_and_ends_at_a_wall(world):
    trapped(world, Trap.LOW_CAP)

    assert search(world, "project = OPS", maxResults=500)["maxResults"] == 100
    assert ask(world, "rest/api/2/search", "POST", json={"jql": "", "startAt": 9_990}).status_code == 500


def test_an_unknown_issue_in_a_list_spoils_the_query_unless_nothing_is_checked(world):
    issue = world.jira.create("OPS", "Issue")
    jql = f"id in ({issue.id}, 99999)"

    assert "does not exist" in search(world, jql)["errorMessages"][0]
    assert search(world, jql, validateQuery=False)["total"] == 1
    assert search(world, f"id > {issue.id - 1}")["total"] == 1


def test_a_parent_and_an_account_id_are_dropped_without_a_word(world):
    epic, key = (world.jira.create("OPS", "Issue", type=kind).state.key for kind in ("Epic", "Task"))

    edit = {"fields": {"parent": {"key": epic}, "assignee": {"accountId": "x"}}}
    answer = ask(world, f"rest/api/2/issue/{key}", "PUT", json=edit)

    assert answer.status_code == 204
    fields = ask(world, f"rest/api/2/issue/{key}").json()["fields"]
    assert (fields[world.jira.fields.epic_link.id], fields["assignee"]) == (None, None)


def test_somebody_who_is_renamed_keeps_the_key_and_somebody_anonymised_loses_both(world):
    mara = world.people.named("Mara")
    before = ask(world, "rest/api/2/user?username=mara").json()

    world.jira.directory.rename(mara.account_id, "mara.new")
    renamed = ask(world, f"rest/api/2/user?key={before['key']}").json()
    world.jira.directory.anonymise(mara.account_id)

    assert renamed["name"] == "mara.new"
    assert ask(world, f"rest/api/2/user?key={before['key']}").status_code == 404


def test_a_link_to_an_issue_leads_to_its_page(world):
    key = world.jira.create("OPS", "Issue", description="h1. *Bold*").state.key

    page = requests.get(f"{world.base_url}/jira/browse/{key}", timeout=10)

    assert (page.status_code, "Bold" in page.text) == (200, True)


def test_traps_are_chosen_by_name_or_by_seed():
    assert parse_traps("basic-off, low-cap", seed=1) == {Trap.BASIC_OFF, Trap.LOW_CAP}
    assert parse_traps("seed", seed=1) == parse_traps("seed", seed=1) != parse_traps("seed", seed=2)
    with pytest.raises(ValueError, match="basic-off"):
        parse_traps("basic", seed=1)
