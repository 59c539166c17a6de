"""The calls of `JiraClient`, as a Jira answers them that a company runs itself: REST v2.

There is no bulk fetch and no changelog of its own. Histories come with the issues; people are written by the name that
goes with their key today.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeVar, Unpack
from urllib.parse import quote

from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.download import download
from javis_pipeline.clients.reading import (
    answered,
    as_instant_or_none,
    as_list,
    as_object,
    as_text,
    items_of,
)
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import (
    RemoteBusy,
    RemoteError,
    RemoteMissing,
    RemoteRefused,
)
from javis_pipeline.records.jira import Called, JsonObject, Priority, Project, Sprint
from javis_pipeline.steps.bad_answers import Endurance, halves
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.account import Proof
from javis_pipeline.systems.jira.client import ALL_FIELDS, BULK_FETCH_LIMIT
from javis_pipeline.systems.jira.data_center_search import SearchCalls
from javis_pipeline.systems.jira.edition import Edition
from javis_pipeline.systems.jira.requests import checked_issue, issue_path
from javis_pipeline.systems.jira.wire.answers import AnswerBatch

T = TypeVar("T")

_LINKS: Final = "issuelinks"

TOKEN_ENDS_SOON: Final = timedelta(days=14)
MODE_KNOWN_SECONDS: Final = 10.0


class DataCenterClient(SearchCalls):
    """A client for one Jira that a company runs itself. Safe to share between threads.

    Args:
        url: Base URL of the site, with its context path.
        email: Name of the user, where a password is used; None for a personal access token.
        token: Personal access token or password.
        edition: What the site said that it is; None when it was not asked.
        options: How it talks.
    """

    api: ClassVar[str] = "/rest/api/2"
    proof: ClassVar[Proof] = Proof(
        "X-AUSERNAME",
        wire.parse_named_identity,
        "JIRA_TOKEN has to be a personal access token, made in the profile of that account there and not expired or "
        "revoked, and JIRA_EMAIL empty; a user name with a password works only where the site still allows that",
    )
    read_posts: ClassVar[Sequence[str]] = ("search",)
    headers: ClassVar[Mapping[str, str]] = {"X-Atlassian-Token": "no-check"}
    counts_refused_logins: ClassVar[bool] = True
    tells_sprints_as_text: ClassVar[bool] = True
    tells_histories: ClassVar[bool] = True
    edit_shows: ClassVar[Params] = {}

    def __init__(
        self, url: str, email: str | None, token: str, edition: Edition | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__(url, email, token, **options)
        self._edition = edition
        self._sprints: dict[int, list[Sprint]] = {}
        self._endurance = Endurance()
        self._marks_come_along = False
        self._has_mode = True
        self._writable_until = 0.0

    # What there is on the site

    def about(self) -> str | None:
        """The version."""
        return f"Jira {self._edition.version}, a company's own" if self._edition else None

    def remarks(self) -> list[str]:
        """A version that is too old to be looked after, people whom we may not look up, and tokens that end soon."""
        old = self._edition.remark if self._edition else None
        found = [old] if old else []
        with suppress(RemoteError):  # whatever else is asked tells it
            found += self._unseen_people()
        with suppress(RemoteError):  # sites may not have personal access tokens, or not for us
            found += self._ending_tokens(self._edition.server_time if self._edition else self.server_time())
        return found

    def _unseen_people(self) -> list[str]:
        if wire.parse_permissions(self._http.get(f"{self.api}/mypermissions").body).get("USER_PICKER") is not False:
            return []
        return [
            "the account may not look people up, so an assignee that is changed here cannot go out: an administrator "
            "grants it the global permission Browse users"
        ]

    def _ending_tokens(self, now: datetime) -> list[str]:
        answer = self._http.get("/rest/pat/latest/tokens").body

        def read() -> list[str]:
            tokens = [as_object(one, "token") for one in as_list(answer, "tokens")]
            ends = [(one.get("name"), as_instant_or_none(one.get("expiringAt"), "expiringAt")) for one in tokens]
            return [
                f"the personal access token {name} of this account ends on {at:%Y-%m-%d}: make a new one in its "
                "profile in Jira, and set JIRA_TOKEN to it"
                for name, at in ends
                if at is not None and at - now < TOKEN_ENDS_SOON
            ]

        return answered("jira tokens", read)

    def _projects(self, params: Params) -> Iterator[Project]:
        del params  # all come at once
        answer = self._http.get(f"{self.api}/project", {"includeArchived": "true"}).body
        return map(wire.parse_project, answered("jira project", lambda: as_list(answer, "answer")))

    def priorities(self) -> list[Priority]:
        """All priorities of the site, the most urgent first."""
        answer = self._http.get(f"{self.api}/priority").body
        return wire.parse_priorities(answered("jira priority", lambda: as_list(answer, "answer")))

    def resolutions(self) -> list[Called]:
        """All resolutions of the site."""
        answer = self._http.get(f"{self.api}/resolution").body
        return [wire.parse_called(one) for one in answered("jira resolution", lambda: as_list(answer, "answer"))]

    def permissions(self, project_key: str, names: Iterable[str]) -> dict[str, bool]:
        """Whether the account has each of these permissions in the project; it tells of all that there are."""
        answer = self._http.get(f"{self.api}/mypermissions", {"projectKey": project_key}).body
        found = wire.parse_permissions(answer)
        return {name: found.get(name, False) for name in names}

    def account_of(self, email: str) -> str | None:
        """The key of a person; None unless exactly one has this e-mail."""
        found = self._http.get(f"{self.api}/user/search", {"username": email, "maxResults": 50}).body

        def read() -> set[str]:
            people = [as_object(one, "user") for one in as_list(found, "answer")]
            return {
                as_text(one["key"], "key") for one in people if str(one.get("emailAddress")).lower() == email.lower()
            }

        keys = answered("jira user/search", read)
        return keys.pop() if len(keys) == 1 else None

    def sprints(self, board_id: int, *, past: bool = True) -> list[Sprint]:
        """Sprints of a board, past ones always included; asked for once, as every issue has to be read by them."""
        del past
        if board_id not in self._sprints:
            self._sprints[board_id] = super().sprints(board_id)
        return self._sprints[board_id]

    def send_changes_to(self, url: str, *, secret: str, query: str) -> bool:
        """Refused: where webhooks are made, and whether they are signed, differs from release to release."""
        del url, secret, query
        raise RemoteRefused("webhooks of a company's own Jira are made by its administrator", status=400)

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
        """What `read` makes of the answer that holds these issues; what is not in it proves nothing. Searches give no
        properties here."""
        del properties
        more: JsonObject = {"expand": ["changelog"]} if histories else {}
        if not 1 <= len(ids) <= BULK_FETCH_LIMIT:
            raise ValueError(f"{len(ids)} issues in one bulk fetch; 1 to {BULK_FETCH_LIMIT} are possible")
        found: T = self._search(_any_of(ids), fields, most=len(ids), read=read, validateQuery=False, **more)
        return found

    def _issue(self, issue: str, params: Params) -> JsonObject:
        """The document of an issue. One whose links are too many to come in time is asked for without them, and for
        them alone."""
        fields = str(params.get("fields", "")).split(",")
        try:
            return super()._issue(issue, params)
        except RemoteBusy as error:
            if not error.about_one_record or not {_LINKS, ALL_FIELDS}.intersection(fields):
                raise
        found = super()._issue(issue, {**params, "fields": ",".join(_without_links(fields))})
        with suppress(RemoteBusy):
            has, links = (document.get("fields") for document in (found, super()._issue(issue, {"fields": _LINKS})))
            if isinstance(has, dict) and isinstance(links, dict):  # else whoever reads it says what is amiss
                found["fields"] = {**has, **links}
        return found

    def get_issue_changelog(self, issue: str) -> list[JsonObject]:
        """All changelog entries of an issue, oldest first; they come whole, and in no order."""
        answer = self._http.get(self._path(issue), {"fields": "key", "expand": "changelog"}).body

        def read() -> list[JsonObject]:
            entries = items_of(as_object(as_object(answer, "issue").get("changelog"), "changelog"), "histories")
            return sorted(entries, key=lambda entry: int(entry["id"]))

        return answered(f"jira changelog of issue {issue}", read)

    def changelog_bulk(
        self,
        ids: Sequence[str],
        field_ids: Sequence[str],
        read: Callable[[bytes], AnswerBatch[T]],
        *,
        lost: Callable[[str, RemoteBusy], None],
    ) -> Iterator[T]:
        """What `read` makes of each answer with the whole histories of some of these issues; of each of them, but for
        those that are lost."""
        del field_ids  # nobody can ask for a part of a history
        for some in in_batches(ids, self.bulk_limit):
            yield from self._histories(some, read, lost)

    def _histories(
        self, ids: Sequence[str], read: Callable[[bytes], AnswerBatch[T]], lost: Callable[[str, RemoteBusy], None]
    ) -> Iterator[T]:
        """Long histories make an answer slow: what does not come in time is asked for in halves."""
        more = {"expand": ["changelog"], "validateQuery": False}
        try:
            batch: AnswerBatch[T] = self._search(_any_of(ids), ["key"], most=len(ids), read=read, **more)
        except RemoteBusy as error:
            self._endurance.bear(error)
            if len(ids) == 1:
                lost(ids[0], error)
                return
            for half in halves(ids):
                yield from self._histories(half, read, lost)
            return
        self._endurance.answered()
        yield batch.found
        # The index of a node may not know an issue yet; that says nothing of its history.
        for jira_id in ids:
            if jira_id not in batch.told:
                yield from self._history(jira_id, read)

    def _history(self, issue: str, read: Callable[[bytes], AnswerBatch[T]]) -> Iterator[T]:
        def read_alone(content: bytes) -> AnswerBatch[T]:
            return read(b'{"issues":[%s]}' % content)

        params = {"fields": "key", "expand": "changelog"}
        with suppress(RemoteMissing):  # gone since: what hangs on it goes with it
            yield self._http.request("GET", self._path(issue), params=params, read=read_alone).body.found

    def attachment(self, attachment_id: str, name: str, write: Callable[[bytes], object], *, most_bytes: int) -> int:
        """Hand a file that hangs on an issue to `write`, in pieces; how many bytes it has. See `download`."""
        path = f"/secure/attachment/{quote(attachment_id, safe='')}/{quote(name, safe='')}"
        return download(self._http, path, {}, write, most_bytes=most_bytes)

    # Changing issues

    def assignee(self, account_id: str) -> JsonObject:
        """A person, by the name that goes with the key today."""
        try:
            answer = self._http.get(f"{self.api}/user", {"key": account_id}).body
        except RemoteMissing as error:
            why = (
                f"nobody has the key {account_id} in Jira, or our account may not look people up: "
                "it needs the global permission Browse users"
            )
            raise RemoteRefused(why, status=400, field_errors={"assignee": why}) from error
        return {"name": answered("jira user", lambda: as_text(as_object(answer, "user").get("name"), "name"))}

    def _after_edit(self, issue: str, properties: Mapping[str, object]) -> None:
        with suppress(RemoteError):  # the edit is executed; without its mark it is told by its values
            self._see_to_marks(issue, properties)

    def _see_to_marks(self, issue: str, properties: Mapping[str, object]) -> None:
        """Properties that a site did not take with an edit go on their own."""
        if self._marks_come_along:
            return
        for key, value in properties.items():
            if self.property(issue, key) == value:
                self._marks_come_along = True
            else:
                path = f"{issue_path(self.api, issue)}/properties/{quote(key, safe='')}"
                self._http.request("PUT", path, json=value)

    def archive_issue(self, issue: str) -> None:
        """Archive an issue, with its sub-tasks; RemoteRefused where the account may not, or Jira has no archive."""
        self._before_write()
        self._http.request("PUT", f"{issue_path(self.api, issue)}/archive")

    def _before_write(self) -> None:
        """RemoteBusy while the site is read-only. It has to be asked: others would be told that they lack a permission,
        and what an administrator's account writes would go through."""
        now = self._http.clock()
        if not self._has_mode or now < self._writable_until:
            return
        if why := self.why_read_only():
            raise RemoteBusy(f"jira: {why}; nothing was sent")
        self._writable_until = now + MODE_KNOWN_SECONDS

    def why_read_only(self) -> str | None:
        """Why the whole site takes no edits now; None while it does, or does not say."""
        try:
            answer = self._http.get(f"{self.api}/readonly-mode").body
        except RemoteMissing:
            self._has_mode = False  # older ones have none
            return None
        mode = answered("jira readonly-mode", lambda: as_object(answer, "readonly-mode"))
        if mode.get("enabled") is not True:
            return None
        said = mode.get("message")
        of_it = f" ({said})" if isinstance(said, str) and said else ""
        return f"the site is in read-only mode{of_it}; edits go out when an administrator ends that"


def _any_of(ids: Iterable[str]) -> str:
    return f"id in ({', '.join(map(checked_issue, ids))})"


def _without_links(fields: Sequence[str]) -> list[str]:
    return [ALL_FIELDS, f"-{_LINKS}"] if ALL_FIELDS in fields else [one for one in fields if one != _LINKS]
