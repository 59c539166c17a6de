"""The calls for what hangs on issues and is written here too: comments, worklogs, links."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.reading import answered, as_list, as_object
from javis_pipeline.clients.site import SiteClient
from javis_pipeline.records.jira import JsonObject, LinkType
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.paging import listed, offset_batches
from javis_pipeline.systems.jira.requests import checked_issue, edit_body, issue_path

# Names of the properties by which we know what we wrote.
OUR_MARKS: Final = ("javis.record", "javis.op")


class WrittenCalls(SiteClient):
    """The part of a client that reads and writes comments, worklogs and links.

    Attributes:
        api: Path of the version of the REST API that is spoken.
        most_written_together: Comments, worklogs, or links of issues that can be read by ids in one request.
        quietly: With what work is logged so that what is left to do stays as it was, and nobody gets mail.
    """

    api: ClassVar[str]
    most_written_together: ClassVar[int] = 100
    quietly: ClassVar[Params] = {"adjustEstimate": "leave", "notifyUsers": "false"}

    def comments(self, issue: str, *, properties: bool = False) -> list[JsonObject]:
        """All comments of an issue, oldest first; with what is noted on them, if that is wanted."""
        params: Params = {"maxResults": 100, "orderBy": "created", **_with_notes(properties)}
        return list(offset_batches(self._http, f"{self._path(issue)}/comment", "comments", params))

    def worklogs(self, issue: str, *, properties: bool = False) -> list[JsonObject]:
        """All worklogs of an issue, as for comments."""
        params: Params = {"maxResults": 5000, **_with_notes(properties)}
        return list(offset_batches(self._http, f"{self._path(issue)}/worklog", "worklogs", params))

    def comment(self, issue: str, comment_id: str) -> object:
        """One comment; RemoteMissing when there is none, or we may not see it."""
        return self._http.get(self._written(issue, "comment", comment_id)).body

    def worklog(self, issue: str, worklog_id: str) -> object:
        """One worklog, with what is noted on it; RemoteMissing as for a comment."""
        return self._http.get(self._written(issue, "worklog", worklog_id), _with_notes(True)).body

    def comments_by_id(self, ids: Sequence[str]) -> list[JsonObject]:
        """Those of at most `most_written_together` comments that we may see, with what is noted on them."""
        body = {"ids": [int(one) for one in ids]}
        answer = self._http.post(f"{self.api}/comment/list", body, _with_notes(True)).body
        return listed(answer, "comment/list", "values")

    def worklogs_by_id(self, ids: Sequence[str]) -> list[JsonObject]:
        """The same of worklogs."""
        body = {"ids": [int(one) for one in ids]}
        answer = self._http.post(f"{self.api}/worklog/list", body, _with_notes(True)).body
        return answered(
            "jira worklog/list", lambda: [dict(as_object(one, "worklog")) for one in as_list(answer, "answer")]
        )

    def _written(self, issue: str, what: str, own_id: str) -> str:
        return f"{self._path(issue)}/{what}/{quote(own_id, safe='')}"

    def add_comment(
        self, issue: str, text: object, *, visibility: Mapping[str, str] | None, properties: Mapping[str, object]
    ) -> object:
        """Comment on an issue, with properties set along: the comment. It is asked once, as for an issue."""
        return self._add(issue, "comment", {"body": text}, {}, visibility, properties)

    def add_worklog(
        self,
        issue: str,
        entry: Mapping[str, object],
        *,
        visibility: Mapping[str, str] | None,
        properties: Mapping[str, object],
    ) -> object:
        """Log work on an issue, as for a comment. What is left to do stays as it was, and nobody gets mail."""
        return self._add(issue, "worklog", entry, self.quietly, visibility, properties)

    def _add(
        self,
        issue: str,
        what: str,
        entry: Mapping[str, object],
        params: Params,
        visibility: Mapping[str, str] | None,
        properties: Mapping[str, object],
    ) -> object:
        self._before_write()
        body = {**entry, **({"visibility": dict(visibility)} if visibility else {}), **_noted(properties)}
        path = f"{self._path(issue)}/{what}"
        return self._http.request("POST", path, params=params or None, json=body, once=True).body

    def edit_comment(self, issue: str, comment_id: str, text: object, *, properties: Mapping[str, object]) -> object:
        """Give a comment another text: the comment. Who may read it, and what else is noted on it, stays."""
        self._before_write()
        body = {"body": text, **_noted(properties)}
        return self._http.request("PUT", self._written(issue, "comment", comment_id), json=body).body

    def edit_worklog(
        self, issue: str, worklog_id: str, entry: Mapping[str, object], *, properties: Mapping[str, object]
    ) -> object:
        """Change what is given of a worklog: the worklog. What is left to do stays as it was, and nobody gets mail."""
        self._before_write()
        path, body = self._written(issue, "worklog", worklog_id), {**entry, **_noted(properties)}
        return self._http.request("PUT", path, params=self.quietly, json=body).body

    def remove_comment(self, issue: str, comment_id: str) -> None:
        """Delete a comment for good; RemoteMissing when it is not there."""
        self._before_write()
        self._http.request("DELETE", self._written(issue, "comment", comment_id))

    def remove_worklog(self, issue: str, worklog_id: str) -> None:
        """Delete a worklog for good, as for a comment. What is left to do stays as it was, and nobody gets mail."""
        self._before_write()
        self._http.request("DELETE", self._written(issue, "worklog", worklog_id), params=self.quietly)

    def with_notes(self, comment: Mapping[str, Any]) -> JsonObject:
        """A comment with our marks."""
        return dict(comment)

    def highest_number(self, project_key: str) -> int:
        """The highest number of an issue that an index knows; 0 where issues are found without it."""
        del project_key
        return 0

    def link_types(self) -> list[LinkType]:
        """The sorts of links that the site has."""
        answer = self._http.get(f"{self.api}/issueLinkType").body
        found = listed(answer, "issueLinkType", "issueLinkTypes")
        return answered("jira issueLinkType", lambda: [wire.parse_link_type(one) for one in found])

    def links_on(self, issues: Sequence[str]) -> list[JsonObject]:
        """Documents of these issues (ids or keys) with nothing but their links, past any index; what we may not see is
        left out."""
        found: list[JsonObject] = []
        for first in range(0, len(issues), self.most_written_together):
            some = [checked_issue(one) for one in issues[first : first + self.most_written_together]]
            body: JsonObject = {"issueIdsOrKeys": some, "fields": ["issuelinks"]}
            found += listed(self._http.post(f"{self.api}/issue/bulkfetch", body).body, "issue/bulkfetch", "issues")
        return found

    def link(self, link_id: str) -> object:
        """One link; RemoteMissing when there is none, or we may not see it."""
        return self._http.get(f"{self.api}/issueLink/{quote(link_id, safe='')}").body

    def link_issues(self, link: Mapping[str, object]) -> None:
        """Link two issues; where they are linked so already, nothing happens."""
        self._before_write()
        self._http.request("POST", f"{self.api}/issueLink", json=link, read=bytes)

    def unlink(self, link_id: str) -> None:
        """Undo a link; RemoteMissing when it is not there."""
        self._before_write()
        self._http.request("DELETE", f"{self.api}/issueLink/{quote(link_id, safe='')}")

    def _path(self, issue: str) -> str:
        return issue_path(self.api, issue)

    def _before_write(self) -> None:
        """Raise RemoteBusy where nothing can be written now, although it might seem so."""


def _with_notes(wanted: bool) -> Params:
    return {"expand": "properties"} if wanted else {}


def _noted(properties: Mapping[str, object]) -> JsonObject:
    return edit_body(None, None, properties, None)
