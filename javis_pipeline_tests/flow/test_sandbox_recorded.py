"""The sandbox answers as real sites do: it has what their answers have, and nothing that none of them has."""

from collections.abc import Iterator
from dataclasses import dataclass
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
CLOUD, SERVER = "/rest/api/3", "/jira/rest/api/2"
AGILE = "/rest/agile/1.0"
V1, V2 = "/wiki/rest/api", "/wiki/api/v2"
CONFLUENCE = "/confluence/rest/api"
TEXT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Seen"}]}]}
WISH = {"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Another"}}
ASKED: dict[str, tuple[str, object] | str] = {
    "server/issue": f"{SERVER}/issue/OPS-2?expand=changelog,transitions",
    "server/search": f"{SERVER}/search?jql=project=OPS",
    "server/transitions": f"{SERVER}/issue/OPS-2/transitions",
    "server/comments": f"{SERVER}/issue/OPS-2/comment",
    "server/worklogs": f"{SERVER}/issue/OPS-2/worklog",
    "server/project": f"{SERVER}/project/OPS",
    "server/projects": f"{SERVER}/project",
    "server/fields": f"{SERVER}/field",
    "server/statuses": f"{SERVER}/status",
    "server/priorities": f"{SERVER}/priority",
    "server/resolutions": f"{SERVER}/resolution",
    "server/users": f"{SERVER}/user/search?username=javis",
    "server/myself": f"{SERVER}/myself",
    "server/boards": f"/jira{AGILE}/board",
    "server/board": f"/jira{AGILE}/board/1/configuration",
    "server/sprints": f"/jira{AGILE}/board/1/sprint",
    "server/link-types": f"{SERVER}/issueLinkType",
    "server/creatable-types": f"{SERVER}/issue/createmeta/OPS/issuetypes",
    "server/creatable-fields": f"{SERVER}/issue/createmeta/OPS/issuetypes/10001",
    "server/info": f"{SERVER}/serverInfo",
    "server/spaces": f"{CONFLUENCE}/space",
    "server/space": f"{CONFLUENCE}/space/OPS?expand=homepage",
    "server/scan": f"{CONFLUENCE}/content/scan?expand=version,space",
    "server/contents": f"{CONFLUENCE}/content/search?cql=space=OPS&expand=version",
    "server/content": f"{CONFLUENCE}/content/PAGE?expand=body.storage,version,space,ancestors,metadata.labels,history",
    "server/versions": f"{CONFLUENCE}/content/PAGE/version",
    "server/labels": f"{CONFLUENCE}/content/PAGE/label",
    "server/property": f"{CONFLUENCE}/content/PAGE/property/mark",
    "server/page-comments": f"{CONFLUENCE}/content/PAGE/child/comment?expand=version,body.storage",
    "server/person": f"{CONFLUENCE}/user/current",
    "cloud/issue": f"{CLOUD}/issue/OPS-2?expand=changelog",
    "cloud/search": (f"{CLOUD}/search/jql", {"jql": "project=OPS", "fields": ["summary"], "maxResults": 1}),
    "cloud/count": (f"{CLOUD}/search/approximate-count", {"jql": "project=OPS"}),
    "cloud/several-issues": (f"{CLOUD}/issue/bulkfetch", {"issueIdsOrKeys": ["OPS-2"], "fields": ["summary"]}),
    "cloud/several-changelogs": (f"{CLOUD}/changelog/bulkfetch", {"issueIdsOrKeys": ["OPS-2"]}),
    "cloud/changelog": f"{CLOUD}/issue/OPS-2/changelog",
    "cloud/transitions": f"{CLOUD}/issue/OPS-2/transitions?expand=transitions.fields",
    "cloud/comments": f"{CLOUD}/issue/OPS-2/comment",
    "cloud/worklogs": f"{CLOUD}/issue/OPS-2/worklog",
    "cloud/project": f"{CLOUD}/project/OPS",
    "cloud/projects": f"{CLOUD}/project/search",
    "cloud/fields": f"{CLOUD}/field",
    "cloud/statuses": f"{CLOUD}/status",
    "cloud/priorities": f"{CLOUD}/priority/search",
    "cloud/resolutions": f"{CLOUD}/resolution/search",
    "cloud/users": f"{CLOUD}/user/search?query=javis",
    "cloud/myself": f"{CLOUD}/myself",
    "cloud/permissions": f"{CLOUD}/mypermissions?permissions=BROWSE_PROJECTS&projectKey=OPS",
    "cloud/boards": f"{AGILE}/board",
    "cloud/board": f"{AGILE}/board/1/configuration",
    "cloud/sprints": f"{AGILE}/board/1/sprint",
    "cloud/link-types": f"{CLOUD}/issueLinkType",
    "cloud/creatable-types": f"{CLOUD}/issue/createmeta/OPS/issuetypes",
    "cloud/creatable-fields": f"{CLOUD}/issue/createmeta/OPS/issuetypes/10001",
    "cloud/made": (f"{CLOUD}/issue", WISH),
    "cloud/spaces": f"{V2}/spaces",
    "cloud/pages": f"{V2}/pages?body-format=storage",
    "cloud/page": f"{V2}/pages/PAGE?body-format=storage",
    "cloud/versions": f"{V2}/pages/PAGE/versions",
    "cloud/labels": f"{V2}/pages/PAGE/labels",
    "cloud/properties": f"{V2}/pages/PAGE/properties",
    "cloud/page-comments": f"{V2}/pages/PAGE/footer-comments?body-format=storage",
    "cloud/page-comment": f"{V2}/footer-comments/COMMENT?body-format=storage",
    "cloud/cql": f"{V1}/search?cql=space=OPS",
    "cloud/content": f"{V1}/content/search?cql=space=OPS&expand=restrictions.read.restrictions.user",
    "cloud/restriction": f"{V1}/content/PAGE/restriction/byOperation/read",
    "cloud/labelled": (f"{V1}/content/PAGE/label", [{"prefix": "global", "name": "seen"}]),
    "cloud/person": f"{V1}/user/current",
}


@dataclass(frozen=True)
class Site:
    """A sandbox with an issue and a page, on which something of everything hangs."""

    world: World
    page_id: str
    comment_id: str

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        """The answer, as JSON; POST where there is something to send."""
        world = self.world
        how: dict[str, Any] = {"headers": {"Authorization": f"Bearer {world.credentials.personal_token('javis')}"}}
        if world.edition == "cloud":
            how = {"auth": ("javis@example.com", world.credentials.api_token)}
        url = world.base_url + path.replace("PAGE", self.page_id).replace("COMMENT", self.comment_id)
        answer = requests.request(method or ("POST" if body else "GET"), url, timeout=10, json=body, **how)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture
def site(name: str) -> Iterator[Site]:
    edition: Edition = "cloud" if name.startswith("cloud/") else "data-center"
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        jira, confluence = server.world.jira, server.world.confluence
        jira.create_project("OPS", "Operations", lead="Mara")
        sprint = jira.create_sprint("OPS", "Sprint 1", state="active", goal="Images")
        epic = jira.create("OPS", "Epic", type="Epic").state.key
        jira.create("OPS", "Issue", description="Text", sprint=sprint.number, parent_key=epic, assignee="Mara")
        space = confluence.add_space("OPS", "Operations")
        page = confluence.create_page(space.space_id, "Page", "<p>Text</p>", labels=["images"])
        comment = confluence.comments.add(page.page_id, "<p>Seen</p>")
        site = Site(server.world, page.page_id, comment.comment_id)
        _write(site, SERVER if edition == "data-center" else CLOUD, "Seen" if edition == "data-center" else TEXT)
        yield site


def _write(site: Site, api: str, text: object) -> None:
    site.ask(f"{api}/issue/OPS-2", {"fields": {"summary": "Another title"}}, "PUT")
    site.ask(f"{api}/issue/OPS-2/comment", {"body": text})
    started = "2026-03-02T11:00:00.000+0000"
    site.ask(f"{api}/issue/OPS-2/worklog", {"timeSpentSeconds": 3600, "started": started, "comment": text})
    content = f"{CONFLUENCE}/content/PAGE/property" if api == SERVER else f"{V2}/pages/PAGE/properties"
    site.ask(content, {"key": "mark", "value": {"number": 1}})


def test_every_form_is_asked_for() -> None:
    assert ASKED.keys() == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
def test_an_answer_has_the_form_of_real_ones(site: Site, name: str) -> None:
    asked = ASKED[name]
    path, body = (asked, None) if isinstance(asked, str) else asked

    answer = site.ask(path, body)

    assert sorted(set(differences(FORMS[name], answer))) == []
