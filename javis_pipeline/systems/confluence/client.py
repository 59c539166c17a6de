"""Confluence, as Cloud speaks it: v2 for spaces, pages, versions and reading labels; v1 for writing labels and for CQL.

`data_center` says what is otherwise there.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from javis_pipeline.clients.reading import answered, as_object, id_of
from javis_pipeline.errors import (
    OutcomeUnknown,
    RemoteBusy,
    RemoteMissing,
    RemoteRefused,
    StaleRevision,
    UnreadableAnswer,
    UnreadableRecord,
)
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.comment_calls import CommentCalls
from javis_pipeline.systems.confluence.paging import cursor_batches, listed
from javis_pipeline.systems.confluence.site_calls import BATCH, V2, checked_id

# With bodies a batch is as large as its pages; a hundred of them stay within a few megabytes.
BATCH_WITH_BODIES: Final = 100

PageStatus = Literal["current", "archived", "trashed", "deleted"]
# What a page that a person can still reach may be.
REACHABLE: Final[tuple[PageStatus, ...]] = ("current", "archived", "trashed")

_MOST_EXPANDED: Final = 50
_READERS: Final = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"


class Fetched(NamedTuple):
    """Pages asked for by id. `missing`: not found or not visible; no proof of anything."""

    documents: list[JsonObject]
    missing: list[str]


class ConfluenceClient(CommentCalls):
    """A client for one Confluence site, with the arguments of `SiteCalls`. Safe to share between threads."""

    # Reading pages

    def pages(
        self, space_id: str, *, statuses: Sequence[PageStatus] = REACHABLE, body: bool = False
    ) -> Iterator[JsonObject]:
        """Documents of all pages of a space, the last modified first."""
        for batch in self.page_batches(space_id, statuses=statuses, body=body):
            yield from batch

    def page_batches(
        self, space_id: str, *, statuses: Sequence[PageStatus] = REACHABLE, body: bool = False
    ) -> Iterator[list[JsonObject]]:
        """The documents of `pages` as Confluence gives them, a request at a time."""
        params: dict[str, Any] = {"space-id": checked_id(space_id), "status": list(statuses)}
        params |= {"sort": "-modified-date", "limit": BATCH_WITH_BODIES if body else BATCH}
        return cursor_batches(self._http, f"{V2}/pages", params | ({"body-format": "storage"} if body else {}))

    def fetch_pages(
        self, page_ids: Sequence[str], *, statuses: Sequence[PageStatus] = REACHABLE, body: bool = True
    ) -> Fetched:
        """Documents of at most 250 pages by id, with their bodies."""
        if len(page_ids) > BATCH:
            raise ValueError(f"{len(page_ids)} pages in one fetch; {BATCH} are the limit")
        if not page_ids:
            return Fetched([], [])
        params: dict[str, Any] = {"id": [checked_id(page_id) for page_id in page_ids], "status": list(statuses)}
        params |= {"limit": BATCH} | ({"body-format": "storage"} if body else {})
        documents = [document for batch in cursor_batches(self._http, f"{V2}/pages", params) for document in batch]
        got = {id_of(document) for document in documents}
        return Fetched(documents, [page_id for page_id in page_ids if page_id not in got])

    def pages_made_since(self, space_id: str, since: datetime) -> Iterator[JsonObject]:
        """Documents of the pages of a space that were made at or after an instant, as far as they tell when."""
        params = {"space-id": checked_id(space_id), "status": list(REACHABLE), "sort": "-created-date", "limit": BATCH}
        for batch in cursor_batches(self._http, f"{V2}/pages", params):
            yield from (document for document in batch if not is_older(document, since))
            if any(is_older(document, since) for document in batch):
                return

    def mark_of(self, page_id: str) -> object:
        """What is noted beside a page under our name; None for nothing."""
        answer = self._http.get(f"{_page_path(page_id)}/properties", {"key": wire.MARK}).body
        return wire.noted_in({"properties": answer})

    def get_page(
        self,
        page_id: str,
        *,
        version: int | None = None,
        labels: bool = False,
        versions: bool = False,
        marks: bool = False,
    ) -> JsonObject:
        """The document of a page with its body; of an older version of it when `version` is given.

        Args:
            page_id: Id of the page.
            version: Position of the version. Positions shift when an older version is deleted.
            labels: Give its labels too. When there are more than 50, ask for `labels` instead.
            versions: Tell of its 50 newest versions too, without their bodies.
            marks: Tell of what is noted beside it too.
        """
        params: dict[str, Any] = {"body-format": "storage"}
        params |= {"status": list(REACHABLE)} if version is None else {"version": version}
        params |= {"include-labels": "true"} if labels else {}
        params |= {"include-versions": "true"} if versions else {}
        params |= {"include-properties": "true"} if marks else {}
        answer = self._http.get(_page_path(page_id), params).body
        return answered(f"confluence page {page_id}", lambda: dict(as_object(answer, "page")))

    def versions(self, page_id: str) -> Iterator[JsonObject]:
        """Versions of a page, the newest first."""
        for batch in cursor_batches(
            self._http, f"{_page_path(page_id)}/versions", {"limit": 50, "sort": "-modified-date"}
        ):
            yield from batch

    def labels(self, page_id: str) -> list[str]:
        """Sorted names of all global labels of a page."""
        params = {"limit": BATCH, "prefix": "global"}
        batches = cursor_batches(self._http, f"{_page_path(page_id)}/labels", params)
        return wire.parse_labels(label for batch in batches for label in batch)

    def space_labels(self, space_id: str) -> dict[str, str]:
        """Id to name, of the global labels that are on pages of a space."""
        batches = cursor_batches(self._http, f"{V2}/spaces/{checked_id(space_id)}/content/labels", {"limit": BATCH})
        return dict(pair for batch in batches for pair in wire.parse_label_ids(batch))

    def pages_with_label(self, label_id: str, space_id: str) -> list[str]:
        """Ids of the pages of a space that have a label."""
        params = {"space-id": checked_id(space_id), "limit": BATCH}
        batches = cursor_batches(self._http, f"{V2}/labels/{checked_id(label_id)}/pages", params)
        return [wire.parse_page_id(document) for batch in batches for document in batch]

    def restrictions_of(self, page_ids: Collection[str]) -> dict[str, str | None]:
        """Page id to who alone may read the page itself; pages that the index does not have are left out."""
        told: dict[str, str | None] = {}
        ids = sorted(map(checked_id, page_ids))
        for start in range(0, len(ids), _MOST_EXPANDED):
            for batch in self._restrictions(f"type=page and id in ({','.join(ids[start : start + _MOST_EXPANDED])})"):
                told |= batch
        return told

    def _restrictions(self, cql: str) -> Iterator[dict[str, str | None]]:
        params = {"cql": cql, "limit": _MOST_EXPANDED, "expand": _READERS}
        return map(wire.parse_restrictions, cursor_batches(self._http, f"{self.rest}/content/search", params))

    def restriction(self, page_id: str) -> str | None:
        """Who alone may read a page itself; None for who may read what it lies in."""
        path = f"{self.rest}/content/{checked_id(page_id)}/restriction/byOperation/read"
        answer = self._http.get(path, {"expand": "restrictions.user,restrictions.group"}).body
        return wire.parse_restriction(answer, page_id)

    def search(self, cql: str, *, limit: int = 50) -> Iterator[JsonObject]:
        """What a CQL query finds. The index lags and has dates of its own: nothing is decided on it."""
        for batch in cursor_batches(self._http, f"{self.rest}/search", {"cql": cql, "limit": limit}):
            yield from batch

    # Making and changing pages

    def create_page(self, space_id: str, *, title: str, body_storage: str, parent_id: str | None) -> object:
        """Make a page, once; the answer.

        Args:
            space_id: Id of its space, in which no other page has its title.
            title: One line.
            body_storage: Storage XHTML.
            parent_id: Page that it stands under; None for the home page.

        Raises:
            RemoteRefused: Not made; the message names what is wrong as far as the site as it is now shows it.
            RemoteBusy: Not made; try later.
            OutcomeUnknown: Made, or not, or later.
        """
        try:
            return self._create(space_id, title, body_storage, parent_id)
        except StaleRevision as collision:
            why = self._why_not_made(space_id, title, parent_id, str(collision))
            raise RemoteRefused(why, status=409) from collision
        except RemoteRefused as refusal:
            if refusal.status not in {400, 404}:
                raise
            why = self._why_not_made(space_id, title, parent_id, str(refusal))
            raise RemoteRefused(why, status=refusal.status) from refusal

    def _create(self, space_id: str, title: str, body_storage: str, parent_id: str | None) -> object:
        body: JsonObject = {
            "spaceId": checked_id(space_id),
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": body_storage},
        }
        if parent_id is not None:
            body["parentId"] = checked_id(parent_id)
        return self._http.post(f"{V2}/pages", body).body

    def _why_not_made(self, space_id: str, title: str, parent_id: str | None, said: str) -> str:
        if holder := next(self._holders(space_id, title), None):
            return f"title: page {id_of(holder)} of the space has this title already; choose another one"
        if parent_id is not None and self.fetch_pages([parent_id], statuses=["current"], body=False).missing:
            return f"parent_id: there is no current page {parent_id}"
        if "title" in said.lower() and (holder := next(self._holders_in_trash(space_id, title), None)):
            return (
                f"title: page {id_of(holder)}, which is in the trash, holds it; restore that one, delete it there for "
                "good, or choose another title"
            )
        return said

    def _holders_in_trash(self, space_id: str, title: str) -> Iterator[JsonObject]:
        return (page for page in self.pages(space_id, statuses=["trashed"]) if _has_title(page, title))

    def mark_page(self, page_id: str, value: JsonObject) -> None:
        """Note something beside a page that has just been made."""
        self._http.request("POST", f"{_page_path(page_id)}/properties", json={"key": wire.MARK, "value": value})

    def update_page(
        self,
        page_id: str,
        *,
        version: int,
        title: str,
        body_storage: str,
        message: str,
        parent_id: str | None = None,
    ) -> JsonObject:
        """Replace title and body of a current page, if its version is still the one that we read.

        A page that is not current must not be sent here: a trashed one would come back, without the new content.

        Args:
            page_id: Id of the page.
            version: Number of the version that was read; the new one gets the next number.
            title: New title.
            body_storage: New body as storage XHTML.
            message: Comment on the new version; it is how we find our own writes.
            parent_id: Page to move under, in the same space; None leaves it where it is.

        Returns:
            The document of the page as it is now.

        Raises:
            StaleRevision: Somebody saved another version since.
            RemoteRefused: Refused for good; `field_errors` names title or parent_id if it was one of these.
            RemoteBusy: Confluence collided with itself; nothing was executed.
        """
        try:
            answer = self._save(page_id, version + 1, title, body_storage, message, parent_id)
        except StaleRevision as collision:
            raise self._explain_collision(page_id, version, title, collision) from collision
        except RemoteRefused as refusal:
            if refusal.status not in {400, 404}:
                raise
            raise self._explain_refusal(page_id, title, parent_id, refusal) from refusal
        if not isinstance(answer, dict):
            raise OutcomeUnknown(f"confluence page {page_id}: the answer to its new version is none; look at the page")
        return answer

    def _save(
        self, page_id: str, number: int, title: str, body_storage: str, message: str, parent_id: str | None
    ) -> object:
        body: JsonObject = {
            "id": checked_id(page_id),
            "status": "current",
            "title": title,
            "body": {"representation": "storage", "value": body_storage},
            "version": {"number": number, "message": message},
        }
        if parent_id is not None:
            body["parentId"] = checked_id(parent_id)
        return self._http.request("PUT", _page_path(page_id), json=body).body

    def _explain_refusal(
        self, page_id: str, title: str, parent_id: str | None, refusal: RemoteRefused
    ) -> RemoteRefused:
        """Which field was refused, as far as the site as it is now shows it. RemoteMissing when the page is gone."""
        page = self.get_page(page_id)
        if self._title_is_taken(page, title):
            return _field_refusal(page_id, refusal.status, "title", "another page of the space has this title")
        if parent_id is not None and self.fetch_pages([parent_id], statuses=["current"], body=False).missing:
            return _field_refusal(page_id, refusal.status, "parent_id", f"there is no current page {parent_id}")
        return refusal

    def _explain_collision(self, page_id: str, version: int, title: str, collision: StaleRevision) -> Exception:
        """Which of the three things that Confluence answers with 409 it was: seen in the page, not in the message."""
        page = self.get_page(page_id)
        now = wire.parse_page(page, "").version_number
        if now != version:
            return StaleRevision(
                f"confluence page {page_id} is at version {now}, not {version}; read and merge it again"
            )
        if self._title_is_taken(page, title):
            return _field_refusal(page_id, 409, "title", "another page of the space has this title")
        return RemoteBusy(f"{collision}; the page is unchanged, run again", about_one_record=True)

    def _title_is_taken(self, page: JsonObject, title: str) -> bool:
        """Titles are unique in a space whatever their case, also those of archived pages; the filter knows one case."""
        space_id, page_id = wire.parse_page(page, "").space_id, wire.parse_page_id(page)
        return any(wire.parse_page_id(other) != page_id for other in self._holders(space_id, title))

    def _holders(self, space_id: str, title: str) -> Iterator[JsonObject]:
        """The pages of a space that have a title, in whatever case; those that have just this one come first."""
        yield from self._titled(space_id, title)
        listed = self.pages(space_id, statuses=["current", "archived"])
        yield from (page for page in listed if _has_title(page, title))

    def _titled(self, space_id: str, title: str) -> Iterator[JsonObject]:
        """Pages of a space that have just this title."""
        params: dict[str, Any] = {"space-id": space_id, "title": title, "status": ["current", "archived"], "limit": 2}
        return (page for batch in cursor_batches(self._http, f"{V2}/pages", params) for page in batch)

    def archive_page(self, page_id: str) -> None:
        """Begin to put a page into the archive of its space; it takes a moment."""
        self._http.post(f"{self.rest}/content/archive", {"pages": [{"id": int(checked_id(page_id))}]})

    def trash_page(self, page_id: str) -> None:
        """Put a page into the trash of its space, out of which people can restore it; what lies below it moves up."""
        self._http.request("DELETE", _page_path(page_id))

    def add_labels(self, page_id: str, names: Iterable[str]) -> list[str]:
        """Add global labels to a page; one that it has already stays. This is no new version of the page.

        Returns labels that it has now, as far as the reply tells: there may be more.
        """
        labels = [{"prefix": "global", "name": name} for name in names]
        if not labels:
            return []
        answer = self._http.post(f"{self.rest}/content/{checked_id(page_id)}/label", labels)
        with suppress(UnreadableAnswer, UnreadableRecord):  # the labels are there all the same
            return wire.parse_labels(listed(answer.body, "labels of a page"))
        return []

    def remove_label(self, page_id: str, name: str) -> None:
        """Take a label off a page; one that it does not have is no error."""
        try:
            self._http.request("DELETE", f"{self.rest}/content/{checked_id(page_id)}/label", params={"name": name})
        except RemoteMissing:
            # The label or the page: the page says which.
            self.get_page(page_id)


def is_older(document: JsonObject, since: datetime) -> bool:
    """Whether a page was made before an instant, as far as it tells."""
    try:
        made_at = wire.parse_page(document, "").created_at
    except UnreadableRecord:
        return False
    return made_at is not None and made_at < since


def _has_title(page: object, title: str) -> bool:
    found = page.get("title") if isinstance(page, dict) else None
    return isinstance(found, str) and found.casefold() == title.casefold()


def _field_refusal(page_id: str, status: int, field: str, text: str) -> RemoteRefused:
    message = f"confluence page {page_id} was not saved: {text}. Choose another {field}"
    return RemoteRefused(message, status=status, field_errors={field: text})


def _page_path(page_id: str) -> str:
    return f"{V2}/pages/{checked_id(page_id)}"
