"""Confluence on a company's own servers: REST v1 only, no prefix, people by key, and one request for each page.

Documents are given in the form of Cloud's, so that the rest of the house need not know where they come from.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, Final, TypeVar, Unpack

from javis_pipeline.clients.calls import Headers
from javis_pipeline.clients.reading import answered, as_object, id_of
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import IdentityError, RemoteMissing, RemoteRefused, SettingError
from javis_pipeline.records.confluence import Space
from javis_pipeline.records.jira import Identity, JsonObject, User
from javis_pipeline.systems.confluence import data_center_wire as told
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import REACHABLE, ConfluenceClient, Fetched, PageStatus, is_older
from javis_pipeline.systems.confluence.data_center_comments import DataCenterComments
from javis_pipeline.systems.confluence.data_center_versions import properties_path
from javis_pipeline.systems.confluence.paging import cursor_batches
from javis_pipeline.systems.confluence.release import Release
from javis_pipeline.systems.confluence.site_calls import BATCH, checked_id

T = TypeVar("T")

REST: Final = "/rest/api"
# Searches give no more with texts, and no more with anything else that is expanded.
MOST_TEXTS: Final = 50
MOST_EXPANDED: Final = 200
MOST_IDS: Final = 1000

_REMEDY: Final = (
    "it has to be a personal access token of this very Confluence that has not ended; "
    "a password needs CONFLUENCE_EMAIL to be the user's name, and newer sites take none"
)
_UNKNOWN_RELEASE: Final = "this Confluence does not say which version it is; it has to be 7.19 or newer"
# Where it says which version it is: for those who are logged in since 10, and before that for everybody.
_RELEASE_PATHS: Final = (f"{REST}/server-information", "/rest/applinks/1.0/manifest")


class DataCenterClient(DataCenterComments, ConfluenceClient):
    """A client for one self-hosted Confluence. Safe to share between threads.

    Args:
        url: Base URL, with the context path that it has.
        user: Name to sign in with, where the site allows that; None for a personal access token.
        secret: The token, or that person's password.
        options: As for Cloud.

    Attributes:
        release: Which Confluence it is; None where that is not known.
    """

    rest: ClassVar[str] = REST
    # The list has the order of the ids.
    lists_newest_first: ClassVar[bool] = False
    counts_refused_logins: ClassVar[bool] = True

    def __init__(
        self,
        url: str,
        user: str | None,
        secret: str,
        *,
        named: str = "CONFLUENCE_TOKEN",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(url, user, secret, named=f"{named}: {_REMEDY}", **options)
        self.release: Release | None = None
        self._keys: dict[str, str] = {}

    @staticmethod
    def base_of(url: str) -> str:
        return url.rstrip("/")

    def _inspect(self, path: str, status: int, headers: Headers) -> None:
        super()._inspect(path, status, headers)
        if headers.get("X-AUSERNAME") == "anonymous":
            why = f"confluence answered as to an anonymous caller. Check {self._named}"
            raise IdentityError(why, may_be_done=status < 400)

    # Which site it is, who we are, and what there is

    def find_release(self) -> Release | None:
        """Which Confluence it is; None where it does not say. SettingError for one that is too old."""
        for path in _RELEASE_PATHS:
            try:
                answer = self._http.get(path).body
            except (RemoteRefused, IdentityError, SettingError):
                continue  # what is wrong is said where it is asked who we are
            self.release = Release.read(answer.get("version") if isinstance(answer, dict) else None)
            if self.release:
                self.release.check(self._http.base_url)
                return self.release
        return None

    def is_there(self) -> bool:
        """Whether such a site answers here, whoever we are to it."""
        if self.find_release():
            return True
        try:
            answer = self._http.get(f"{REST}/user/current").body
        except (RemoteRefused, IdentityError, SettingError):
            return False
        return isinstance(answer, dict) and "userKey" in answer

    def prove_identity(self) -> Identity:
        """The account behind the credentials; IdentityError when they are not accepted."""
        try:
            identity = super().prove_identity()
        except IdentityError as error:
            if self._named in str(error):
                raise
            raise IdentityError(f"{error}. Check {self._named}") from error
        self._us = identity.account_id
        return identity

    def _identity(self, document: object) -> Identity:
        return wire.parse_identity(told.user(document))

    def remarks(self) -> list[str]:
        """What a person should know of the site, each with the remedy."""
        return self.release.remarks() if self.release else [_UNKNOWN_RELEASE]

    def why_read_only(self) -> str | None:
        """Why the whole site takes no edits now; None while it does, or does not say."""
        try:
            mode = self._http.get(f"{REST}/accessmode").body
        except RemoteRefused:
            return None
        return "Confluence is in read-only mode; edits go out when that is over" if mode == "READ_ONLY" else None

    def _spaces(self, keys: Sequence[str] = ()) -> Iterator[Space]:
        for space in self._single_spaces(keys) if keys else self._all_spaces():
            self._keys[space.space_id] = space.key
            yield space

    def _single_spaces(self, keys: Sequence[str]) -> Iterator[Space]:
        for key in keys:
            try:
                answer = self._http.get(f"{REST}/space/{key}", {"expand": "homepage"}).body
            except RemoteMissing:
                continue
            yield wire.parse_space(told.space(answer))

    def _all_spaces(self) -> Iterator[Space]:
        batches = cursor_batches(self._http, f"{REST}/space", {"limit": MOST_EXPANDED})
        return (wire.parse_space(told.space(document)) for batch in batches for document in batch)

    def space_key(self, space_id: str) -> str | None:
        """The key of the space with this id; None when the account may not see it."""
        if space_id not in self._keys:
            list(self._spaces())
        return self._keys.get(space_id)

    def _key_of(self, space_id: str) -> str:
        key = self.space_key(checked_id(space_id))
        if key is None:
            raise SettingError(f"confluence space {space_id} does not exist or the account may not see it")
        return key

    def may_edit_pages(self, space_id: str) -> bool:
        """Whether the account may edit the home page of the space, which stands for all of them."""
        answer = self._http.get(f"{REST}/space/{self._key_of(space_id)}", {"expand": "homepage"}).body
        home = wire.parse_space(told.space(answer)).homepage_id
        if home is None:
            return True
        page = self._http.get(f"{REST}/content/{home}", {"expand": "operations"}).body
        return ("update", "page") in wire.parse_operations(page)

    def users(self, account_ids: Iterable[str]) -> list[User]:
        """The people with these keys, as far as the account may see them; each has to be asked for."""
        found = []
        for key in sorted(set(account_ids)):
            try:
                answer = self._http.get(f"{REST}/user", {"key": key}).body
            except RemoteMissing:
                continue
            found.append(wire.parse_user(told.user(answer)))
        return found

    # Reading pages

    def page_batches(
        self, space_id: str, *, statuses: Sequence[PageStatus] = REACHABLE, body: bool = False
    ) -> Iterator[list[JsonObject]]:
        """Documents of all current pages of a space, by their ids. The trash is not ours to list."""
        del statuses
        expand = told.OF_ITS_TEXT if body else told.OF_A_PAGE
        limit = MOST_TEXTS if body else MOST_EXPANDED
        return self._scan(space_id, expand, limit, told.page)

    def _scan(self, space_id: str, expand: str, limit: int, read: Callable[[object], T]) -> Iterator[list[T]]:
        params = {"spaceKey": self._key_of(space_id), "type": "page", "expand": expand, "limit": limit}
        for batch in cursor_batches(self._http, f"{REST}/content/scan", params):
            yield [read(document) for document in batch]

    def fetch_pages(
        self, page_ids: Sequence[str], *, statuses: Sequence[PageStatus] = REACHABLE, body: bool = True
    ) -> Fetched:
        """Documents of at most 250 pages by id, as far as the index knows them."""
        del statuses
        if len(page_ids) > BATCH:
            raise ValueError(f"{len(page_ids)} pages in one fetch; {BATCH} are the limit")
        params: dict[str, Any] = {"expand": told.OF_ITS_TEXT if body else told.OF_A_PAGE, "limit": MOST_TEXTS}
        documents: list[JsonObject] = []
        for start in range(0, len(page_ids), MOST_TEXTS):
            ids = ",".join(map(checked_id, page_ids[start : start + MOST_TEXTS]))
            documents += self._found(f"type=page and id in ({ids})", params)
        got = {id_of(document) for document in documents}
        return Fetched(documents, [page_id for page_id in page_ids if page_id not in got])

    def _found(self, cql: str, params: dict[str, Any]) -> list[Any]:
        batches = cursor_batches(self._http, f"{REST}/content/search", {"cql": cql, **params})
        return [told.page(document) for batch in batches for document in batch]

    def pages_made_since(self, space_id: str, since: datetime) -> Iterator[JsonObject]:
        """Documents of the current pages of a space that were made at or after an instant: all have to be listed."""
        return (document for document in self.pages(space_id) if not is_older(document, since))

    def mark_of(self, page_id: str) -> object:
        """What is noted beside a page under our name; None for nothing."""
        try:
            answer = self._http.get(f"{properties_path(page_id)}/{wire.MARK}").body
        except RemoteMissing:
            return None
        return answer.get("value") if isinstance(answer, dict) else None

    def get_page(
        self,
        page_id: str,
        *,
        version: int | None = None,
        labels: bool = False,
        versions: bool = False,
        marks: bool = False,
    ) -> JsonObject:
        """The document of a page with its body, labels and marks; versions are another question."""
        del labels, marks
        params: dict[str, Any] = {"expand": told.OF_ITS_TEXT}
        params |= {"status": "any"} if version is None else {"status": "historical", "version": version}
        answer = self._http.get(f"{REST}/content/{checked_id(page_id)}", params).body
        page = answered(f"confluence page {page_id}", lambda: dict(as_object(told.page(answer), "page")))
        return page | ({"versions": {"results": self._newest_versions(page_id)}} if versions else {})

    def _newest_versions(self, page_id: str) -> list[JsonObject]:
        """The newest versions of a page; none where the site does not tell."""
        try:
            return [*islice(self.versions(page_id), MOST_TEXTS)]
        except RemoteRefused:
            return []

    def versions(self, page_id: str) -> Iterator[JsonObject]:
        """Versions of a page, the newest first."""
        return self._all_versions(page_id, self.get_page)

    def labels(self, page_id: str) -> list[str]:
        """Sorted names of all global labels of a page."""
        path, params = f"{REST}/content/{checked_id(page_id)}/label", {"limit": MOST_EXPANDED, "prefix": "global"}
        return wire.parse_labels(label for batch in cursor_batches(self._http, path, params) for label in batch)

    def space_labels(self, space_id: str) -> dict[str, str]:
        """The names of the global labels on pages of a space; a label is found again by its name."""
        names = (
            name
            for batch in self._scan(space_id, "metadata.labels", MOST_EXPANDED, told.label_names)
            for found in batch
            for name in found
        )
        return {name: name for name in names if isinstance(name, str)}

    def pages_with_label(self, label_id: str, space_id: str) -> list[str]:
        """Ids of the pages of a space that the index has under a label."""
        label = label_id.replace("\\", "\\\\").replace('"', '\\"')
        cql = f'type=page and space="{self._key_of(space_id)}" and label="{label}"'
        batches = cursor_batches(self._http, f"{REST}/content/search", {"cql": cql, "limit": MOST_IDS})
        return [wire.parse_page_id(document) for batch in batches for document in batch]

    # Making and changing pages

    def _create(self, space_id: str, title: str, body_storage: str, parent_id: str | None) -> object:
        body: JsonObject = {
            "type": "page",
            "title": title,
            "space": {"key": self._key_of(space_id)},
            "body": {"storage": {"value": body_storage, "representation": "storage"}},
        }
        if parent_id is not None:
            body["ancestors"] = [{"id": checked_id(parent_id)}]
        return told.page(self._http.post(f"{REST}/content", body).body)

    def _holders_in_trash(self, space_id: str, title: str) -> Iterator[JsonObject]:
        return self._with_title(space_id, title, status="trashed")

    def mark_page(self, page_id: str, value: JsonObject) -> None:
        """Note something beside a page that has just been made."""
        self._http.request("POST", properties_path(page_id), json={"key": wire.MARK, "value": value})

    def _save(
        self, page_id: str, number: int, title: str, body_storage: str, message: str, parent_id: str | None
    ) -> object:
        body: JsonObject = {
            "type": "page",
            "title": title,
            "body": {"storage": {"value": body_storage, "representation": "storage"}},
            "version": {"number": number, "message": message},
        }
        if parent_id is not None:
            body["ancestors"] = [{"id": checked_id(parent_id)}]
        saved = told.page(self._http.request("PUT", f"{REST}/content/{checked_id(page_id)}", json=body).body)
        self._see_to_mark(page_id, saved, message)
        return saved

    def archive_page(self, page_id: str) -> None:
        """There is no archive for a page."""
        del page_id
        raise RemoteRefused(
            "this Confluence archives no single pages; JAVIS_DELETE=KEY:delete puts them into the trash", status=400
        )

    def trash_page(self, page_id: str) -> None:
        """Put a page into the trash of its space, out of which an administrator of the space can restore it."""
        self._http.request("DELETE", f"{REST}/content/{checked_id(page_id)}")

    def _titled(self, space_id: str, title: str) -> Iterator[JsonObject]:
        return self._with_title(space_id, title)

    def _with_title(self, space_id: str, title: str, **more: str) -> Iterator[JsonObject]:
        params = {"spaceKey": self._key_of(space_id), "type": "page", "title": title, "limit": 2, **more}
        batches = cursor_batches(self._http, f"{REST}/content", params)
        return (document for batch in batches for document in batch)
