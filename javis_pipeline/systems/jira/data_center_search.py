"""The calls that find issues in a Jira that a company runs itself.

There is no token paging. Large results are sought by id, because offsets end at a wall and shift while issues change.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple, Unpack

import orjson

from javis_pipeline.clients.reading import answered, as_number, as_numeric_id, as_object, items_of
from javis_pipeline.clients.site import Options
from javis_pipeline.errors import RemoteRefused, SyncHalted
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.steps.batches import as_they_come
from javis_pipeline.systems.jira.client import BULK_FETCH_LIMIT
from javis_pipeline.systems.jira.data_center_calls import MakingCalls
from javis_pipeline.systems.jira.jql import in_project
from javis_pipeline.systems.jira.paging import MAX_BATCHES

# As many as Jira gives unless an administrator lowers it; it says how many it would have given.
MOST_HITS: Final = 1000
SLICES_AT_ONCE: Final = 3


class Hits(NamedTuple):
    """The first hits of a query, and how many there are."""

    documents: list[JsonObject]
    total: int


class Slice(NamedTuple):
    """A range of ids: above the last of those that were seen below it, and up to another; None for no bound."""

    seen: Sequence[int]
    up_to: int | None


class SearchCalls(MakingCalls):
    """The part of a client that finds issues. As in `JiraClient`, whose arguments it takes."""

    def __init__(self, url: str, email: str | None, token: str, **options: Unpack[Options]) -> None:
        super().__init__(url, email, token, **options)
        self._cap = MOST_HITS

    @property
    def bulk_limit(self) -> int:
        """Issues that can be asked for together: as many as a search gives."""
        return min(BULK_FETCH_LIMIT, self._cap)

    def _swept(self, project_key: str, changed: str | None, fields: Sequence[str]) -> Iterator[JsonObject]:
        """What a sweep finds, sought by id in slices, several at once."""
        where = in_project(project_key) + (f" AND ({changed})" if changed else "")
        seek = partial(self._seek, where, fields)
        with ThreadPoolExecutor(SLICES_AT_ONCE, thread_name_prefix=f"seek-{project_key}") as threads:
            ask_last = partial(self._hits, f"{where} ORDER BY id DESC", ["key"], most=1)
            asked_last = None if changed else threads.submit(ask_last)  # all are mostly too many for one answer
            first = self._hits(f"{where} ORDER BY id ASC", fields, most=MOST_HITS)
            yield from first.documents
            slices = self._slices(where, first, asked_last.result if asked_last else ask_last)
            for documents in as_they_come(threads, seek, slices, most=SLICES_AT_ONCE):
                yield from documents

    def _slices(self, where: str, first: Hits, last_hit: Callable[[], Hits]) -> list[Slice]:
        """Ranges of ids above the first hits, each with about as many issues as one answer holds; one range for all
        where that is not possible."""
        rest = first.total - len(first.documents)
        if rest <= 0 or not first.documents:
            return []
        seen, parts = _ids_of(first.documents), -(-rest // self._cap)
        last = last_hit().documents
        if not last or parts < 2:
            return [Slice(seen, None)]
        width = _id_of(last[0]) - seen[-1]
        bounds = sorted({seen[-1] + width * part // parts for part in range(1, parts)})
        # No issue need have such an id, and there may be sites that refuse to compare with what is not there.
        with suppress(RemoteRefused):
            self._hits(f"{where} AND id > {bounds[0]} AND id <= {bounds[-1]}", ["key"], most=0)
            above = zip(bounds, [*bounds[1:], None], strict=True)
            return [Slice(seen, bounds[0]), *(Slice([low], high) for low, high in above)]
        return [Slice(seen, None)]

    def _seek(self, where: str, fields: Sequence[str], part: Slice) -> list[JsonObject]:
        """Hits of the query in a range of ids. Each answer begins above the last id of the one before, so that nothing
        shifts, however many there are."""
        found: list[JsonObject] = []
        seen, end = [*part.seen], "" if part.up_to is None else f" AND id <= {part.up_to}"
        for _ in range(MAX_BATCHES):
            try:
                hits = self._hits(f"{where} AND id > {seen[-1]}{end} ORDER BY id ASC", fields, most=MOST_HITS)
            except RemoteRefused:
                # The last issue that we saw may be gone by now: what is above the one before it holds all that is left.
                if len(seen) < 2:
                    raise
                seen.pop()
                continue
            found += hits.documents
            if not hits.documents or hits.total <= len(hits.documents):
                return found
            seen += _ids_of(hits.documents)
        raise SyncHalted(f"jira: the search for {where} did not end after {MAX_BATCHES} batches")

    def _search(
        self,
        query: str,
        fields: Sequence[str],
        *,
        most: int,
        read: Callable[[bytes], Any] = orjson.loads,
        **more: object,
    ) -> Any:
        """What `read` makes of the first hits of a query."""
        body: JsonObject = {"jql": query, "startAt": 0, "maxResults": most, "fields": list(fields), **more}
        return self._http.post(f"{self.api}/search", body, read=read).body

    def _hits(self, query: str, fields: Sequence[str], *, most: int) -> Hits:
        """The first hits of a query. A site that gives fewer than it was asked for does so always."""
        answer = self._search(query, fields, most=most)
        applied = answer.get("maxResults") if isinstance(answer, dict) else None
        if type(applied) is int and 0 < applied < most:
            self._cap = min(self._cap, applied)
        return answered("jira search", lambda: Hits(items_of(answer, "issues"), as_number(answer["total"], "total")))

    def search(
        self, jql: str, fields: Sequence[str], *, properties: Sequence[str] = (), batch: int = 100
    ) -> Iterator[JsonObject]:
        """The first issues that the query finds; large results are sought by id instead. Properties never come."""
        del properties
        yield from self._hits(jql, fields, most=min(batch, MOST_HITS)).documents

    def count(self, jql: str) -> int:
        """How many issues the query finds, as far as the search index knows them."""
        return self._hits(jql, ["key"], most=0).total


def _id_of(document: object) -> int:
    return answered("jira search", lambda: int(as_numeric_id(as_object(document, "issue").get("id"), "id")))


def _ids_of(documents: Sequence[JsonObject]) -> list[int]:
    """The ids of hits, of those that have one; of the last one at least."""
    with_id = [one for one in documents if isinstance(one, dict) and str(one.get("id")).isdecimal()]
    return [_id_of(document) for document in with_id or documents[-1:]]
