"""The calls that make issues and comments in a Jira that a company runs itself, where they differ from Cloud."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import quote

from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.reading import as_object
from javis_pipeline.errors import RemoteMissing
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.jira import jql
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.paging import listed, offset_batches
from javis_pipeline.systems.jira.written_calls import OUR_MARKS


class MakingCalls(JiraClient):
    """The part of a client that makes issues, and writes on them."""

    most_written_together: ClassVar[int] = 1
    # Who gets mail is decided by the site.
    quietly: ClassVar[Params] = {"adjustEstimate": "leave"}

    def create_types(self, project_key: str) -> list[JsonObject]:
        """Types of issues that can be made in a project."""
        path = f"{self.api}/issue/createmeta/{quote(project_key, safe='')}/issuetypes"
        return list(offset_batches(self._http, path, "values", {"maxResults": 200}))

    def create_fields(self, project_key: str, type_id: str) -> list[JsonObject]:
        """Fields that are on the screen when an issue of a type is made."""
        path = f"{self.api}/issue/createmeta/{quote(project_key, safe='')}/issuetypes/{quote(type_id, safe='')}"
        return list(offset_batches(self._http, path, "values", {"maxResults": 200}))

    def highest_number(self, project_key: str) -> int:
        """The highest number of an issue that the index knows; 0 for none."""
        query = {"jql": f"{jql.in_project(project_key)} ORDER BY key DESC", "fields": ["key"], "maxResults": 1}
        found = listed(self._http.post(f"{self.api}/search", query).body, "search", "issues")
        return max((int(str(one["key"]).rpartition("-")[2]) for one in found), default=0)

    def comment(self, issue: str, comment_id: str) -> object:
        """One comment, with our marks on it; RemoteMissing when there is none, or we may not see it."""
        return self.with_notes(as_object(super().comment(issue, comment_id), "comment"))

    def worklogs(self, issue: str, *, properties: bool = False) -> list[JsonObject]:
        """All worklogs of an issue, which come at once. Nothing can be noted on them."""
        del properties
        path = f"{self._path(issue)}/worklog"
        return listed(self._http.get(path).body, path, "worklogs")

    def worklog(self, issue: str, worklog_id: str) -> object:
        """One worklog; RemoteMissing as for a comment."""
        return self._http.get(self._written(issue, "worklog", worklog_id)).body

    def with_notes(self, comment: Mapping[str, Any]) -> JsonObject:
        """A comment with our marks, each of which has to be asked for."""
        noted: list[JsonObject] = []
        for key in OUR_MARKS:
            path = f"{self.api}/comment/{quote(str(comment.get('id')), safe='')}/properties/{key}"
            with suppress(RemoteMissing):
                noted.append(dict(as_object(self._http.get(path).body, "property")))
        return {**comment, "properties": noted}

    def links_on(self, issues: Sequence[str]) -> list[JsonObject]:
        """As on Cloud; here each issue is asked for by itself."""
        found: list[JsonObject] = []
        for issue in issues:
            with suppress(RemoteMissing):
                found.append(self.get_issue(issue, fields=["issuelinks"]))
        return found
