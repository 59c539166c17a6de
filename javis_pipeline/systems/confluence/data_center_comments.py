"""The calls for what is said below the text of pages, where a company runs Confluence itself: each is content like a
page, and its container is the page."""

from collections.abc import Iterator
from typing import Any, Final

from javis_pipeline.clients.reading import answered, as_object, as_text
from javis_pipeline.records.confluence import PageVersion
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.confluence import data_center_wire as told
from javis_pipeline.systems.confluence.comment_calls import CommentCalls
from javis_pipeline.systems.confluence.data_center_versions import VersionCalls
from javis_pipeline.systems.confluence.paging import cursor_batches
from javis_pipeline.systems.confluence.site_calls import checked_id

_CONTENT: Final = "/rest/api/content"
# Searches give no more with texts.
_AT_ONCE: Final = 50


class DataCenterComments(VersionCalls, CommentCalls):
    """The part of a client that reads and writes comments below pages."""

    def comment_batches(self, space_key: str) -> Iterator[list[JsonObject]]:
        """Documents of the comments below the pages of a space, the last saved first, as the index knows them."""
        cql = f'type = comment and space = "{space_key}" order by lastmodified desc'
        params = {"cql": cql, "expand": told.OF_A_COMMENT, "limit": _AT_ONCE}
        return self._below_texts(f"{_CONTENT}/search", params)

    def comments_on(self, page_id: str) -> Iterator[JsonObject]:
        """Documents of what is said below a page, past any index, without the answers to it; RemoteMissing where we see
        no such page."""
        params = {"expand": told.OF_A_COMMENT, "location": "footer", "limit": _AT_ONCE}
        for batch in self._below_texts(f"{_CONTENT}/{checked_id(page_id)}/child/comment", params):
            yield from batch

    def _below_texts(self, path: str, params: dict[str, Any]) -> Iterator[list[JsonObject]]:
        for batch in cursor_batches(self._http, path, params):
            yield [told.comment(document) for document in batch if told.is_below_the_text(document)]

    def comment(self, comment_id: str) -> object:
        """One of them; RemoteMissing when there is none, or we may not see it."""
        return told.comment(self._http.get(_path(comment_id), {"expand": told.OF_A_COMMENT}).body)

    def first_of_comment(self, comment_id: str) -> PageVersion | None:
        """Each comment tells it itself."""
        del comment_id
        return None

    def comment_versions(self, comment_id: str) -> Iterator[JsonObject]:
        """Versions of a comment, the newest first."""
        return self._all_versions(comment_id, self.comment)

    def _add_comment(self, page_id: str, body_storage: str) -> object:
        container = {"id": checked_id(page_id), "type": "page"}
        document = {"type": "comment", "container": container, "body": _body(body_storage)}
        return told.comment(self._http.request("POST", _CONTENT, json=document, once=True).body)

    def _save_comment(self, comment_id: str, number: int, body_storage: str, message: str) -> None:
        named: JsonObject = {"type": "comment", "title": self._title(comment_id)}
        document = {**named, "body": _body(body_storage), "version": {"number": number, "message": message}}
        saved = told.comment(self._http.request("PUT", _path(comment_id), json=document).body)
        self._see_to_mark(comment_id, saved, message)

    def _title(self, comment_id: str) -> str:
        """What it is called, which people do not see, and which has to be sent along."""
        answer = self._http.get(_path(comment_id)).body
        return answered("confluence comment", lambda: as_text(as_object(answer, "comment").get("title"), "title"))

    def remove_comment(self, comment_id: str) -> None:
        """Delete a comment for good; RemoteMissing when it is not there."""
        self._http.request("DELETE", _path(comment_id))


def _body(body_storage: str) -> JsonObject:
    return {"storage": {"value": body_storage, "representation": "storage"}}


def _path(comment_id: str) -> str:
    return f"{_CONTENT}/{checked_id(comment_id)}"
