"""The sandbox's Jira answers as real sites do: it has what recorded answers have, and nothing that none of them has."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.recorded import FORMS, differences

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = {
    "server/issue": "/jira/rest/api/2/issue/OPS-2?expand=changelog,transitions",
    "server/search": "/jira/rest/api/2/search?jql=project=OPS",
    "server/transitions": "/jira/rest/api/2/issue/OPS-2/transitions",
    "server/comments": "/jira/rest/api/2/issue/OPS-2/comment",
    "server/worklogs": "/jira/rest/api/2/issue/OPS-2/worklog",
    "server/project": "/jira/rest/api/2/project/OPS",
    "server/boards": "/jira/rest/agile/1.0/board",
    "server/info": "/jira/rest/api/2/serverInfo",
    "cloud/issue": "/rest/api/3/issue/OPS-2?expand=changelog",
}


@pytest.fixture
def world(name: str) -> Iterator[World]:
    edition: Edition = "cloud" if name.startswith("cloud/") else "data-center"
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        jira = server.world.jira
        jira.create_project("OPS", "Operations", lead="Mara")
        sprint = jira.create_sprint("OPS", "Sprint 1", state="active", goal="Images")
        epic = jira.create("OPS", "Epic", type="Epic").state.key
        jira.create("OPS", "Issue", description="Text", sprint=sprint.number, parent_key=epic, assignee="Mara")
        yield server.world


def ask(world: World, path: str, method: str = "GET", **options: Any) -> Any:
    token = world.credentials.personal_token("javis")
    how: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}}
    if world.edition == "cloud":
        how = {"auth": ("javis@example.com", world.credentials.api_token)}
    answer = requests.request(method, world.base_url + path, timeout=10, **how, **options)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@pytest.mark.parametrize("name", FORMS)
def test_an_answer_has_the_form_of_recorded_ones(world: World, name: str) -> None:
    issue = ASKED["cloud/issue" if world.edition == "cloud" else "server/transitions"].split("OPS-2")[0] + "OPS-2"
    ask(world, issue, "PUT", json={"fields": {"summary": "Another title"}})
    if world.edition == "data-center":
        ask(world, f"{issue}/comment", "POST", json={"body": "Seen"})
        ask(world, f"{issue}/worklog", "POST", json={"timeSpentSeconds": 3600, "comment": "Looked"})

    answer = ask(world, ASKED[name])

    assert sorted(set(differences(FORMS[name], answer))) == []
