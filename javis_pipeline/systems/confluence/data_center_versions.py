"""Versions of content where a company runs Confluence itself, and our marks on them, of which not all sites keep the
messages."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from javis_pipeline.clients.reading import answered
from javis_pipeline.errors import RemoteError, RemoteMissing
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.confluence import data_center_wire as told
from javis_pipeline.systems.confluence.paging import cursor_batches
from javis_pipeline.systems.confluence.site_calls import SiteCalls, checked_id

# Versions whose marks are kept beside the content: what became of an operation is asked soon after it was sent.
MOST_MARKS: Final = 20
# Lists of versions give no more at once.
_AT_ONCE: Final = 50
_REST: Final = "/rest/api"
# Versions were an experiment for long.
_PATHS: Final = (_REST, "/rest/experimental")


class VersionCalls(SiteCalls):
    """The part of a client that reads versions of pages and comments, and notes beside them what made one."""

    _us: str | None = None
    _versions_path: str = _PATHS[0]

    def _all_versions(self, content_id: str, look: Callable[[str], object]) -> Iterator[JsonObject]:
        """Versions, the newest first; where they are not found, `look` tells whether the content is there."""
        try:
            yield from self._versions_below(self._versions_path, content_id)
        except RemoteMissing:
            look(content_id)  # where it is there, the path is another one
            other = next(path for path in _PATHS if path != self._versions_path)
            yield from self._versions_below(other, content_id)
            self._versions_path = other

    def _versions_below(self, path: str, content_id: str) -> Iterator[JsonObject]:
        batches = cursor_batches(self._http, f"{path}/content/{checked_id(content_id)}/version", {"limit": _AT_ONCE})
        marks: Mapping[str, str] | None = None
        for document in (one for batch in batches for one in batch):
            version = told.version(document)
            if isinstance(version, dict) and not version["message"] and self._us in (None, version["authorId"]):
                marks = self._marks(content_id)[0] if marks is None else marks
                version = told.version(document, marks)
            yield version

    def _marks(self, content_id: str) -> tuple[dict[str, str], int]:
        """What we noted of versions whose messages the site did not keep, and the number of that note; 0 for none."""
        try:
            answer = self._http.get(_marks_path(content_id)).body
        except RemoteMissing:
            return {}, 0
        return told.marks_of(answer), answered("confluence property", lambda: told.number_of(answer))

    def _see_to_mark(self, content_id: str, saved: object, message: str) -> None:
        """A message that the site did not keep is noted beside the content, as long as it may be asked for. The edit is
        executed; without its mark it is told by its values."""
        version = saved.get("version") if isinstance(saved, dict) else None
        at = version.get("createdAt") if isinstance(version, dict) and not version.get("message") else None
        if isinstance(at, str):
            with suppress(RemoteError):
                self._note_mark(content_id, at, message)

    def _note_mark(self, content_id: str, at: str, message: str) -> None:
        marks, number = self._marks(content_id)
        value = dict([*marks.items(), (at, message)][-MOST_MARKS:])
        document: JsonObject = {"key": told.MARKS, "value": value}
        if number:
            document["version"] = {"number": number + 1}
            self._http.request("PUT", _marks_path(content_id), json=document)
        else:
            self._http.request("POST", properties_path(content_id), json=document)


def properties_path(content_id: str) -> str:
    """Where it is noted what belongs to some content."""
    return f"{_REST}/content/{checked_id(content_id)}/property"


def _marks_path(content_id: str) -> str:
    return f"{properties_path(content_id)}/{told.MARKS}"
