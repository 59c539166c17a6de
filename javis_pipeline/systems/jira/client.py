"""Jira over REST and the agile API, as Cloud speaks it (v3); `data_center` says what is otherwise there.

Issues, comments, worklogs and changelog entries come as the documents Jira gives, in bulk as what the caller's `read`
makes of an answer: `wire` reads them one by one, so that one that cannot be read does not take the others with it. The
small things of a site come as records.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar, Unpack
from urllib.parse import quote

import orjson

from javis_pipeline.clients.auth import credentials
from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.download import download
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.reading import (
    answered,
    as_object,
    items_of,
)
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import (
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    UnreadableRecord,
)
from javis_pipeline.records.jira import (
    IssueStamp,
    JsonObject,
    Transition,
)
from javis_pipeline.systems.jira import jql, wire
from javis_pipeline.systems.jira.account import CLOUD_PROOF, Account, Proof
from javis_pipeline.systems.jira.manners import JIRA
from javis_pipeline.systems.jira.paging import listed, offset_batches, token_batches
from javis_pipeline.systems.jira.requests import checked_issue, edit_body
from javis_pipeline.systems.jira.site_calls import SiteCalls
from javis_pipeline.systems.jira.wire.answers import AnswerBatch, batch_of
from javis_pipeline.systems.jira.written_calls import WrittenCalls

T = TypeVar("T")

# Servers take addresses of some eight thousand characters; a site with hundreds of fields of its own is asked for all.
LONGEST_NAMED: Final = 4_000
ALL_FIELDS: Final = "*all"
BULK_FETCH_LIMIT: Final = 100
CHANGELOG_ISSUES_LIMIT: Final = 1000
CHANGELOG_FIELDS_LIMIT: Final = 10
# As many as Jira takes; it gives fewer when it likes.
SWEEP_BATCH: Final = 5000


class JiraClient(SiteCalls, WrittenCalls):
    """A client for one Jira site. Safe to share between threads.

    Args:
        url: Base URL of the site, or of the gateway for scoped tokens (with its path).
        email: Address the token belongs to; on Data Center a user name, or None for a personal access token.
        token: API token, personal access token or password.
        options: How it talks.

    Attributes:
        api: Path of the version of the REST API that is spoken.
        proof: How the site tells who we are.
        read_posts: POSTs that only read, below the API's path.
        headers: What every request says besides.
        counts_refused_logins: Whether some of them lock the account.
        tells_sprints_as_text: Whether issues hold their sprints in a form of which only the id is certain.
        tells_histories: Whether many issues can be asked for with their whole histories.
        edit_shows: What has an edit answer with the issue; empty where nothing has.
    """

    api: ClassVar[str] = "/rest/api/3"
    proof: ClassVar[Proof] = CLOUD_PROOF
    read_posts: ClassVar[Sequence[str]] = (
        "search/jql",
        "search/approximate-count",
        "issue/bulkfetch",
        "changelog/bulkfetch",
        "comment/list",
        "worklog/list",
    )
    headers: ClassVar[Mapping[str, str]] = {}
    counts_refused_logins: ClassVar[bool] = False
    tells_sprints_as_text: ClassVar[bool] = False
    tells_histories: ClassVar[bool] = False
    edit_shows: ClassVar[Params] = {"returnIssue": "true", "expand": "changelog"}

    def __init__(self, url: str, email: str | None, token: str, **options: Unpack[Options]) -> None:
        self._account = Account(self.api, self.proof)
        auth, inspect = credentials(email, token), self._account.inspect
        reads = frozenset(f"{self.api}/{path}" for path in self.read_posts)
        super().__init__(Transport("jira", url, auth, reads, JIRA, headers=self.headers, inspect=inspect, **options))

    # Finding issues

    @property
    def bulk_limit(self) -> int:
        """Issues that can be asked for together."""
        return BULK_FETCH_LIMIT

    def sweep(
        self,
        project_key: str,
        changed: str | None,
        *,
        dated: bool = True,
        unreadable: Callable[[UnreadableRecord], None] | None = None,
    ) -> Iterator[IssueStamp]:
        """Id, key and `updated` of a project's issues, of all or of those that a clause about their changes finds.

        Args:
            project_key: Key of the project.
            changed: The clause; None for all issues.
            dated, unreadable: As for `search_ids`.
        """
        return stamps_of(self._swept(project_key, changed, _in_stamps(dated=dated)), unreadable)

    def _swept(self, project_key: str, changed: str | None, fields: Sequence[str]) -> Iterator[JsonObject]:
        """What a sweep finds."""
        return self.search(jql.sweep(project_key, changed), fields, batch=SWEEP_BATCH)

    def search(
        self, jql: str, fields: Sequence[str], *, properties: Sequence[str] = (), batch: int = 100
    ) -> Iterator[JsonObject]:
        """Documents of the issues that the query finds, as far as the search index knows them.

        A search result is a hint: the index lags and flickers. Before a decision fetch the issue by its id.
        """
        body: JsonObject = {"jql": jql, "maxResults": batch, "fields": list(fields)}
        if properties:
            body["properties"] = list(properties)
        for documents in token_batches(self._http, f"{self.api}/search/jql", body, _found_issues):
            yield from documents

    def search_ids(
        self, jql: str, *, dated: bool = True, unreadable: Callable[[UnreadableRecord], None] | None = None
    ) -> Iterator[IssueStamp]:
        """Id, key and `updated` of the issues that the query finds.

        Args:
            jql: The query.
            dated: Give the date too. Without it Jira gives thousands a request; with it often a hundred.
            unreadable: Told of hits that make no sense, which are left out; without it they end the search.
        """
        return stamps_of(self.search(jql, _in_stamps(dated=dated), batch=SWEEP_BATCH), unreadable)

    def count(self, jql: str) -> int:
        """About how many issues the query finds: an estimate of Jira's, never a reason to delete."""
        return wire.parse_count(self._http.post(f"{self.api}/search/approximate-count", {"jql": jql}).body)

    # Reading issues

    def bulk_fetch(
        self,
        ids: Sequence[str],
        fields: Sequence[str],
        read: Callable[[bytes], T],
        *,
        properties: Sequence[str] = (),
        histories: bool = False,
    ) -> T:
        """What `read` makes of the answer that holds 1 to 100 issues by id or key.

        `wire.issue_documents` reads such an answer. What is not in it was not found, is not visible, or failed to load:
        that proves nothing. Histories come along only where the client `tells_histories`.
        """
        del histories
        asked = {"fields": list(fields), **({"properties": list(properties)} if properties else {})}
        return self._bulk(ids, asked, read)

    def _bulk(self, ids: Sequence[str], asked: JsonObject, read: Callable[[bytes], T]) -> T:
        if not 1 <= len(ids) <= BULK_FETCH_LIMIT:
            raise ValueError(f"{len(ids)} issues in one bulk fetch; 1 to {BULK_FETCH_LIMIT} are possible")
        body: JsonObject = {"issueIdsOrKeys": [checked_issue(one) for one in ids], **asked}
        found: T = self._http.post(f"{self.api}/issue/bulkfetch", body, read=read).body
        return found

    def get_issues(
        self, ids: Sequence[str], *, fields: Sequence[str], properties: Sequence[str], with_editmeta: bool = False
    ) -> list[JsonObject]:
        """The documents of up to 100 issues as `get_issue` gives them, of those that come in one answer."""
        more = {"expand": ["editmeta"]} if with_editmeta else {}
        return self._bulk(ids, {"fields": list(fields), "properties": list(properties), **more}, wire.issue_documents)

    def get_issue(
        self,
        issue: str,
        *,
        fields: Sequence[str] | None = None,
        properties: Sequence[str] = (),
        with_changelog: bool = False,
        with_editmeta: bool = False,
        with_transitions: bool = False,
    ) -> JsonObject:
        """The document of an issue by id or key (also a former key), read past the search index.

        Args:
            issue: Id or key.
            fields: Ids of the fields to give; None for all.
            properties: Keys of issue properties to give, under "properties".
            with_changelog: Give a part of the changelog, under "changelog"; of short ones it is all.
            with_editmeta: Give what can be edited and chosen now, under "editmeta".
            with_transitions: Give the ways out of its status, with what they ask for, under "transitions".
        """
        params: dict[str, str | int | Iterable[str]] = {}
        if fields is not None:
            named = ",".join(fields)
            params["fields"] = named if len(named) <= LONGEST_NAMED else ALL_FIELDS
        if properties:
            params["properties"] = ",".join(properties)
        expand = [*["changelog"] * with_changelog, *["editmeta"] * with_editmeta]
        if expand := expand + ["transitions", "transitions.fields"] * with_transitions:
            params["expand"] = ",".join(expand)
        return self._issue(issue, params)

    def _issue(self, issue: str, params: Params) -> JsonObject:
        answer = self._http.get(self._path(issue), params).body
        return answered(f"jira issue {issue}", lambda: dict(as_object(answer, "issue")))

    def get_issue_changelog(self, issue: str) -> list[JsonObject]:
        """All changelog entries of an issue, oldest first."""
        return list(offset_batches(self._http, f"{self._path(issue)}/changelog", "values", {"maxResults": 100}))

    def changelog_bulk(
        self,
        ids: Sequence[str],
        field_ids: Sequence[str],
        read: Callable[[bytes], AnswerBatch[T]],
        *,
        lost: Callable[[str, RemoteBusy], None],
    ) -> Iterator[T]:
        """What `read` makes of each answer with changelog entries of at most 1000 issues.

        `wire.changelog_documents` reads such an answer. Only entries that changed one of these fields are given, and
        an issue's entries can be spread over the answers. `lost` is told of single issues whose history does not come
        in time; here none has an answer of its own.
        """
        del lost
        if len(ids) > CHANGELOG_ISSUES_LIMIT or len(field_ids) > CHANGELOG_FIELDS_LIMIT:
            raise ValueError(
                f"{len(ids)} issues and {len(field_ids)} fields in one changelog fetch; "
                f"{CHANGELOG_ISSUES_LIMIT} and {CHANGELOG_FIELDS_LIMIT} are the limits"
            )
        if not ids:
            return
        body = {"issueIdsOrKeys": [checked_issue(one) for one in ids], "maxResults": 1000, "fieldIds": list(field_ids)}
        yield from token_batches(self._http, f"{self.api}/changelog/bulkfetch", body, read)

    def attachment(self, attachment_id: str, name: str, write: Callable[[bytes], object], *, most_bytes: int) -> int:
        """Hand a file that hangs on an issue to `write`, in pieces; how many bytes it has. See `download`."""
        del name
        path = f"{self.api}/attachment/content/{quote(attachment_id, safe='')}"
        return download(self._http, path, {"redirect": "false"}, write, most_bytes=most_bytes)

    def assignee(self, account_id: str) -> JsonObject:
        """A person, in the form that an edit takes."""
        return {"accountId": account_id}

    def property(self, issue: str, key: str) -> Any:
        """Value of an issue property; None when there is no such property (or no such issue)."""
        try:
            answer = self._http.get(f"{self._path(issue)}/properties/{quote(key, safe='')}").body
        except RemoteMissing:
            return None
        return answered(f"jira property of {issue}", lambda: as_object(answer, "answer")["value"])

    # Making issues

    def create_types(self, project_key: str) -> list[JsonObject]:
        """Types of issues that can be made in a project."""
        path = f"{self.api}/issue/createmeta/{quote(project_key, safe='')}/issuetypes"
        return list(offset_batches(self._http, path, "issueTypes", {"maxResults": 200}))

    def create_fields(self, project_key: str, type_id: str) -> list[JsonObject]:
        """Fields that are on the screen when an issue of a type is made, with `required` and `allowedValues`."""
        path = f"{self.api}/issue/createmeta/{quote(project_key, safe='')}/issuetypes/{quote(type_id, safe='')}"
        return list(offset_batches(self._http, path, "fields", {"maxResults": 200}))

    def create_issue(self, fields: Mapping[str, object], *, properties: Mapping[str, object]) -> object:
        """Make an issue, with properties set along: what Jira says it made.

        It is asked once, whatever happens: there is no key that would make a repeated request the same one.
        """
        self._before_write()
        body = edit_body(fields, None, properties, None)
        made = self._http.request("POST", f"{self.api}/issue", json=body, once=True).body
        if isinstance(made, dict) and isinstance(made.get("id"), str):
            self._after_edit(made["id"], properties)
        return made

    def archive_issue(self, issue: str) -> None:
        """Archive an issue, with its sub-tasks; RemoteRefused where the site or the account may not."""
        self._before_write()
        path = f"{self.api}/issue/archive"
        answer = self._http.request("PUT", path, json={"issueIdsOrKeys": [issue]}).body
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if isinstance(errors, dict) and errors:
            said = [str(one.get("message") or name) for name, one in errors.items() if isinstance(one, dict)]
            raise RemoteRefused(f"jira archived nothing: {'; '.join(said) or ', '.join(errors)}", status=400)

    def delete_issue(self, issue: str) -> None:
        """Delete an issue for good; RemoteRefused when it has sub-tasks, RemoteMissing when it is not there."""
        self._before_write()
        self._http.request("DELETE", self._path(issue))

    # Changing issues

    def transitions(self, issue: str) -> list[Transition]:
        """Ways out of the issue's status that are open to the account now; empty also without the permission."""
        answer = self._http.get(f"{self._path(issue)}/transitions", {"expand": "transitions.fields"}).body
        return [wire.parse_transition(document) for document in listed(answer, "transitions", "transitions")]

    def editmeta(self, issue: str) -> JsonObject:
        """Editable fields of an issue by id, with `operations` and `allowedValues`."""
        answer = self._http.get(f"{self._path(issue)}/editmeta").body

        def read() -> JsonObject:
            return dict(as_object(as_object(answer, "answer").get("fields"), "fields"))

        return answered(f"jira editmeta of {issue}", read)

    def edit_issue(
        self,
        issue: str,
        *,
        fields: Mapping[str, object] | None = None,
        update: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
        properties: Mapping[str, object] | None = None,
        history_metadata: Mapping[str, object] | None = None,
    ) -> JsonObject | None:
        """Set fields, or apply verbs (`update`) to them, all in one request; what is not named stays.

        Jira has no compare-and-swap: the last writer of a field wins. Attach a mark, and look at the changelog after.

        Args:
            issue: Id or key.
            fields: Field id to the new value in Jira's form; None clears.
            update: Field id to verbs, such as {"labels": [{"add": "urgent"}]}.
            properties: Issue properties to set along.
            history_metadata: Attached to the changelog entry.

        Returns:
            The issue after the edit, with a part of its changelog, without properties; None where Jira gives none.
        """
        if both := set(fields or ()) & set(update or ()):
            raise ValueError(f"{', '.join(sorted(both))}: a field is either set or updated, not both in one request")
        self._before_write()
        body = edit_body(fields, update, properties, history_metadata)
        answer = self._http.request("PUT", self._path(issue), params=self.edit_shows or None, json=body).body
        self._after_edit(issue, properties or {})
        return answer if isinstance(answer, dict) and answer else None

    def _after_edit(self, issue: str, properties: Mapping[str, object]) -> None:
        """See to what an edit may have left out."""

    def transition(
        self,
        issue: str,
        transition_id: str,
        fields: Mapping[str, object] | None = None,
        *,
        history_metadata: Mapping[str, object] | None = None,
    ) -> None:
        """Take the issue along a transition. One that is no longer open is a RemoteRefused with status 400."""
        self._before_write()
        body = {"transition": {"id": transition_id}, **edit_body(fields, None, None, history_metadata)}
        self._http.post(f"{self._path(issue)}/transitions", body)


def _found_issues(content: bytes) -> AnswerBatch[list[JsonObject]]:
    answer = orjson.loads(content)
    return answered("jira search/jql", lambda: batch_of(answer, items_of(answer, "issues")))


def _in_stamps(*, dated: bool) -> list[str]:
    return ["updated"] if dated else ["key"]


def stamps_of(
    documents: Iterable[JsonObject], unreadable: Callable[[UnreadableRecord], None] | None
) -> Iterator[IssueStamp]:
    """Id, key and `updated` of hits; `unreadable` as for `search_ids`."""
    for document in documents:
        try:
            yield wire.parse_stamp(document)
        except UnreadableRecord as error:
            if unreadable is None:
                raise
            unreadable(error)
