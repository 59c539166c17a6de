"""Answers that Jira gives in batches: by token where it searches, by offset elsewhere."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from javis_pipeline.clients.calls import Params
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.reading import answered, items_of
from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.jira.wire.answers import AnswerBatch

T = TypeVar("T")

# No query of ours has more batches than this; a token chain that does is one that never ends.
MAX_BATCHES: Final = 20_000


def token_batches(http: Transport, path: str, body: JsonObject, read: Callable[[bytes], AnswerBatch[T]]) -> Iterator[T]:
    """What `read` finds in the answers of a POST that pages by token."""
    seen: set[str] = set()
    for _ in range(MAX_BATCHES):
        batch: AnswerBatch[T] = http.post(path, body, read=read).body
        yield batch.found
        if batch.cursor is None:
            return
        if batch.cursor in seen:
            raise SyncHalted(f"jira: {path} gave the same page token twice; the result would not be complete")
        seen.add(batch.cursor)
        body = {**body, "nextPageToken": batch.cursor}
    raise _endless(path)


def offset_batches(http: Transport, path: str, name: str, params: Params) -> Iterator[JsonObject]:
    """Items of a GET that pages by offset. The site may give fewer than asked: go on from what came."""
    start = 0
    for _ in range(MAX_BATCHES):
        answer = http.get(path, {**params, "startAt": start}).body
        items = listed(answer, path, name)
        yield from items
        start += len(items)
        total = answer.get("total")
        if answer.get("isLast") is True or not items or (isinstance(total, int) and start >= total):
            return
    raise _endless(path)


def listed(answer: object, path: str, name: str) -> list[JsonObject]:
    """A list in the answer of a path."""
    return answered(f"jira {path}", lambda: items_of(answer, name))


def _endless(path: str) -> SyncHalted:
    return SyncHalted(f"jira: {path} did not end after {MAX_BATCHES} batches")
