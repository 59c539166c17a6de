"""Answers that Confluence gives in batches.

The cursor is taken out of the link that comes with a batch and sent again with our own parameters to our own base URL:
the link itself may repeat a part of the path, or lead to another host.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from javis_pipeline.clients.calls import Headers
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.reading import Json, answered, as_object, as_text_or_none, items_of
from javis_pipeline.errors import SyncHalted
from javis_pipeline.records.jira import JsonObject

MAX_BATCHES: Final = 20_000

_NEXT_LINK: Final = re.compile(r"<([^>]*)>\s*;\s*rel=\"?next\"?")


def cursor_batches(http: Transport, path: str, params: dict[str, Any]) -> Iterator[list[JsonObject]]:
    """Batches of a GET that pages by cursor; a short or empty batch is no reason to stop."""
    seen: set[str] = set()
    position: dict[str, str] = {}
    for _ in range(MAX_BATCHES):
        answer = http.get(path, {**params, **position})
        yield listed(answer.body, path)
        position = _next_position(answer.body, answer.headers, path)
        if not position:
            return
        if str(position) in seen:
            raise SyncHalted(f"confluence: {path} gave the same cursor twice; the result would not be complete")
        seen.add(str(position))
    raise SyncHalted(f"confluence: {path} did not end after {MAX_BATCHES} batches")


def listed(answer: object, path: str) -> list[Any]:
    """The list in the answer of a path."""
    return answered(f"confluence {path}", lambda: items_of(answer, "results"))


def _next_position(body: Json, headers: Headers, path: str) -> dict[str, str]:
    """Where the next batch starts: a cursor, or an offset in v1; empty after the last batch. Nothing else is kept."""

    def read() -> dict[str, str]:
        link = as_text_or_none(as_object(body.get("_links") or {}, "_links").get("next"), "_links.next")
        if not link:
            found = _NEXT_LINK.search(headers.get("Link", ""))
            link = found[1] if found else ""
        query = parse_qs(urlsplit(link).query)
        return {name: query[name][0] for name in ("cursor", "start") if name in query}

    return answered(f"confluence {path}", read)
