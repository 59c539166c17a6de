"""The calls for what is said below the text of pages, as Cloud takes them."""

from collections.abc import Iterator
from typing import Any, Final

from javis_pipeline.clients.reading import answered, as_numeric_id, as_object
from javis_pipeline.errors import RemoteBusy, RemoteMissing, RemoteRefused, StaleRevision
from javis_pipeline.records.confluence import PageVersion
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.paging import cursor_batches, listed
from javis_pipeline.systems.confluence.site_calls import V2, SiteCalls, checked_id

# With texts: a hundred of them stay small.
_AT_ONCE: Final = 100
_TEXT: Final = {"body-format": "storage"}


class CommentCalls(SiteCalls):
    """The part of a client that reads and writes comments below pages."""

    def comment_batches(self, space_key: str) -> Iterator[list[JsonObject]]:
        """Documents of the comments below pages, the last saved first: at least of those of a space; of others too, as
        there is no list of a space."""
        del space_key
        params: dict[str, Any] = {**_TEXT, "sort": "-modified-date", "limit": _AT_ONCE}
        return cursor_batches(self._http, f"{V2}/footer-comments", params)

    def comments_on(self, page_id: str) -> Iterator[JsonObject]:
        """Documents of what is said below a page, past any index, without the answers to it; RemoteMissing where we see
        no such page."""
        params: dict[str, Any] = {**_TEXT, "sort": "-created-date", "limit": _AT_ONCE}
        for batch in cursor_batches(self._http, f"{V2}/pages/{checked_id(page_id)}/footer-comments", params):
            yield from batch

    def comment(self, comment_id: str) -> object:
        """One of them; RemoteMissing when there is none, or we may not see it."""
        return self._http.get(_path(comment_id), _TEXT).body

    def first_of_comment(self, comment_id: str) -> PageVersion | None:
        """The version in which a comment was written; None where it is not told."""
        path = f"{_path(comment_id)}/versions"
        answer = self._http.get(path, {"sort": "modified-date", "limit": 1}).body
        found = [wire.parse_version(document, comment_id) for document in listed(answer, path)]
        return found[0] if found and found[0].number == 1 else None

    def comment_versions(self, comment_id: str) -> Iterator[JsonObject]:
        """Versions of a comment, the newest first."""
        params = {"limit": 50, "sort": "-modified-date"}
        for batch in cursor_batches(self._http, f"{_path(comment_id)}/versions", params):
            yield from batch

    def add_comment(self, page_id: str, body_storage: str) -> object:
        """Say something below a page, once: the answer.

        Raises:
            RemoteRefused: Not said.
            RemoteBusy: Not said; try later.
            OutcomeUnknown: Said, or not, or later.
        """
        try:
            return self._add_comment(page_id, body_storage)
        except RemoteMissing as missing:
            why = (
                f"page {page_id} is not in use any more, or the account may not see it; restore it, or delete this row"
            )
            raise RemoteRefused(why, status=404) from missing
        except StaleRevision as collision:
            raise RemoteRefused(str(collision), status=409) from collision

    def _add_comment(self, page_id: str, body_storage: str) -> object:
        document = {"pageId": checked_id(page_id), "body": _body(body_storage)}
        return self._http.request("POST", f"{V2}/footer-comments", json=document, once=True).body

    def update_comment(self, comment_id: str, *, version: int, body_storage: str, message: str) -> None:
        """Give a comment another text, if its version is still the one that we read.

        Args:
            comment_id: Id of the comment.
            version: Number of the version that was read; the new one gets the next number.
            body_storage: New text as storage XHTML.
            message: Comment on the new version; it is how we find our own writes.

        Raises:
            StaleRevision: Somebody saved another version since.
            RemoteRefused: Refused for good.
            RemoteBusy: Confluence collided with itself; nothing was executed.
        """
        try:
            self._save_comment(comment_id, version + 1, body_storage, message)
        except StaleRevision as collision:
            now = wire.parse_comment(self.comment(comment_id)).version_number
            if now == version:
                why = f"{collision}; the comment is unchanged, run again"
                raise RemoteBusy(why, about_one_record=True) from collision
            why = f"confluence comment {comment_id} is at version {now}, not {version}; read and merge it again"
            raise StaleRevision(why) from collision

    def _save_comment(self, comment_id: str, number: int, body_storage: str, message: str) -> None:
        body = {"version": {"number": number, "message": message}, "body": _body(body_storage)}
        self._http.request("PUT", _path(comment_id), json=body)

    def remove_comment(self, comment_id: str) -> None:
        """Delete a comment for good; RemoteMissing when it is not there."""
        self._http.request("DELETE", _path(comment_id))


def comment_id_in(document: object) -> str:
    """The id of a comment, of which an answer may tell no more."""
    return answered("confluence comment", lambda: as_numeric_id(as_object(document, "comment").get("id"), "id"))


def _body(body_storage: str) -> JsonObject:
    return {"representation": "storage", "value": body_storage}


def _path(comment_id: str) -> str:
    return f"{V2}/footer-comments/{checked_id(comment_id)}"
