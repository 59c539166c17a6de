"""The calls that ask a Jira site who we are and what there is: projects, fields, people, boards and sprints."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import quote

from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.reading import answered, as_list, as_object
from javis_pipeline.clients.site import SiteClient
from javis_pipeline.errors import RemoteMissing, RemoteRefused, SettingError, UnreadableRecord
from javis_pipeline.records.jira import (
    Board,
    Called,
    Identity,
    JsonObject,
    Priority,
    Project,
    ProjectParts,
    Sprint,
    Status,
)
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.account import Account
from javis_pipeline.systems.jira.jql import PROJECT_KEY
from javis_pipeline.systems.jira.paging import offset_batches

AGILE: Final = "/rest/agile/1.0"
TOLD_EVENTS: Final = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
)


class SiteCalls(SiteClient):
    """The part of a client that asks for what is no issue.

    Attributes:
        api: Path of the version of the REST API that is spoken.
    """

    api: ClassVar[str]
    _account: Account

    def prove_identity(self) -> Identity:
        """The account behind the credentials; from now on every answer has to be for that account.

        Raises:
            IdentityError: The credentials are not accepted.
        """
        return self._account.prove(self._http)

    def about(self) -> str | None:
        """What the site is, where there are several sorts; None for Cloud."""
        return None

    def remarks(self) -> list[str]:
        """What a person should know of the site and of our access to it, each with the remedy."""
        return []

    def server_time(self) -> datetime:
        """The site's clock, for display; no decision compares it with ours."""
        return wire.parse_server_time(self._http.get(f"{self.api}/serverInfo").body)

    def why_read_only(self) -> str | None:
        """Why the whole site takes no edits now; None while it does."""
        return None

    # What there is on the site

    def projects(self, keys: Sequence[str]) -> list[Project]:
        """The projects with these keys, in that order.

        Raises:
            SettingError: One does not exist or is not visible; the message names the nearest that are.
        """
        for key in keys:
            if not PROJECT_KEY.fullmatch(key):
                raise SettingError(f"JIRA_PROJECTS: {key!r} is not a project key; it should look like OQC")
        found = {}
        for start in range(0, len(keys), 50):
            wanted = list(keys[start : start + 50])
            with suppress(RemoteMissing):  # how some sites say that none matched
                found.update({project.key: project for project in self._projects({"keys": wanted})})
        missing = [key for key in keys if key not in found]
        if missing:
            raise SettingError(self._explain_invisible(missing))
        return [found[key] for key in keys]

    def project(self, key: str) -> Project:
        """The project with this key; SettingError as for `projects`."""
        return self.projects([key])[0]

    def _projects(self, params: Params) -> Iterator[Project]:
        documents = offset_batches(self._http, f"{self.api}/project/search", "values", {**params, "maxResults": 100})
        return (wire.parse_project(document) for document in documents)

    def _explain_invisible(self, missing: Sequence[str]) -> str:
        try:
            visible = [project.key for project in self._projects({})]
        except RemoteMissing:
            visible = []
        near = [match for key in missing for match in difflib.get_close_matches(key, visible, n=3, cutoff=0.4)]
        hint = f"; the nearest it sees are {', '.join(dict.fromkeys(near))}" if near else ""
        proved = self._account.proved
        who = f"the account {proved.name}" if proved else "the account"
        return (
            f"jira project {', '.join(missing)} does not exist or {who} may not see it ({len(visible)} visible){hint}"
        )

    def fields(self) -> list[JsonObject]:
        """Definitions of all fields, for `discover_fields`."""
        answer = self._http.get(f"{self.api}/field").body
        return answered("jira field", lambda: [dict(as_object(one, "field")) for one in as_list(answer, "answer")])

    def statuses(self) -> list[Status]:
        """All statuses of the site."""
        answer = self._http.get(f"{self.api}/status").body
        return [wire.parse_status(document) for document in answered("jira status", lambda: as_list(answer, "answer"))]

    def priorities(self) -> list[Priority]:
        """All priorities of the site, the most urgent first."""
        return wire.parse_priorities(
            offset_batches(self._http, f"{self.api}/priority/search", "values", {"maxResults": 50})
        )

    def resolutions(self) -> list[Called]:
        """All resolutions of the site."""
        path = f"{self.api}/resolution/search"
        return [*map(wire.parse_called, offset_batches(self._http, path, "values", {"maxResults": 50}))]

    def parts(self, project_key: str, unreadable: Callable[[UnreadableRecord], None]) -> ProjectParts:
        """Versions, components and issue types of a project.

        Args:
            project_key: Key of the project.
            unreadable: Told of those that make no sense, which are left out.
        """
        answer = self._http.get(f"{self.api}/project/{quote(project_key, safe='')}").body
        return wire.parse_parts(answer, unreadable)

    def permissions(self, project_key: str, names: Iterable[str]) -> dict[str, bool]:
        """Whether the account has each of these permissions ("EDIT_ISSUES") in the project."""
        params = {"projectKey": project_key, "permissions": ",".join(names)}
        return wire.parse_permissions(self._http.get(f"{self.api}/mypermissions", params).body)

    # Boards and sprints

    def boards(self, project_key: str) -> list[Board]:
        """Boards that show issues of the project."""
        params: Params = {"projectKeyOrId": project_key, "maxResults": 50}
        return [
            wire.parse_board(document) for document in offset_batches(self._http, f"{AGILE}/board", "values", params)
        ]

    def sprints(self, board_id: int, *, past: bool = True) -> list[Sprint]:
        """Sprints of a board, past ones included unless they are not wanted; empty for a board that has none."""
        params: Params = {"maxResults": 50, **({} if past else {"state": "active,future"})}
        try:
            documents = offset_batches(self._http, f"{AGILE}/board/{board_id}/sprint", "values", params)
            return [wire.parse_sprint(document) for document in documents]
        except RemoteRefused as error:
            if error.status == 400:  # "The board does not support sprints"
                return []
            raise

    def estimation_field(self, board_id: int) -> str | None:
        """Id of the field that a board estimates with; None when it counts issues or estimates time."""
        return wire.parse_estimation_field(self._http.get(f"{AGILE}/board/{board_id}/configuration").body)

    # Whom there is, and being told of changes

    def account_of(self, email: str) -> str | None:
        """The account id of a person; None unless exactly one answers to this e-mail."""
        found = self._http.get(f"{self.api}/user/search", {"query": email, "maxResults": 2}).body
        people = [user["accountId"] for user in found if user.get("accountType") == "atlassian"]
        return str(people[0]) if len(people) == 1 else None

    def send_changes_to(self, url: str, *, secret: str, query: str) -> bool:
        """Have Jira tell a URL of changes of the issues that the query finds; False where it does so already.

        Needs an administrator's account.
        """
        path = "/rest/webhooks/1.0/webhook"
        known = answered("jira webhooks", lambda: as_list(self._http.get(path).body, "webhooks"))
        if any(isinstance(one, dict) and one.get("url") == url for one in known):
            return False
        filters = {"issue-related-events-section": query}
        hook = {"name": "javis", "url": url, "events": list(TOLD_EVENTS), "filters": filters, "secret": secret}
        self._http.post(path, {**hook, "excludeBody": False})
        return True
