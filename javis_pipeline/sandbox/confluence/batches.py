"""Lists in batches, with opaque cursors and links as Confluence writes them."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import orjson

from javis_pipeline.sandbox.confluence.site import Refused

# What a batch is sorted by and continued after; the last part makes it unique.
Key = tuple[str | int, ...]

Item = TypeVar("Item")

DEFAULT_LIMIT = 25
MAX_LIMIT = 250
FOREIGN_HOST = "https://confluence.example.org"


@dataclass(frozen=True)
class Batch(Generic[Item]):
    """Some items of a list, and the cursor that continues after them; None at the end."""

    items: list[Item]
    cursor: str | None


def limit_of(query: Mapping[str, str]) -> int:
    """The asked for size of a batch. Raises `Refused` 400 outside 1 to 250."""
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIMIT:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"limit must be between 1 and {MAX_LIMIT}, was {limit}")
    return int(limit)


def batch_of(
    items: Iterable[Item], key: Callable[[Item], Key], *, query: Mapping[str, str], descending: bool = False
) -> Batch[Item]:
    """The batch that `cursor` and `limit` of the query ask for.

    A cursor names the last item handed out, not a place: items that come, go or move between two requests make no other
    item appear twice or not at all.
    """
    rows = sorted(((key(item), item) for item in items), key=lambda row: row[0], reverse=descending)
    if "cursor" in query:
        after = _read_cursor(query["cursor"])
        rows = [row for row in rows if (row[0] < after if descending else row[0] > after)]
    limit = limit_of(query)
    cursor = _cursor(rows[limit - 1][0]) if len(rows) > limit else None
    return Batch([item for _, item in rows[:limit]], cursor)


def links(batch: Batch[Any], *, path: str, query: Mapping[str, str], base_url: str, foreign: bool) -> dict[str, str]:
    """`_links` of the answer. `next` is relative, holds `/wiki` already, and the cursor is not its last parameter."""
    found = {"base": f"{base_url}/wiki"}
    if batch.cursor is not None:
        rest = {name: value for name, value in query.items() if name != "cursor"}
        relative = f"{path}?{urlencode({'cursor': batch.cursor, **rest})}"
        found["next"] = f"{FOREIGN_HOST}{relative}" if foreign else relative
    return found


def _cursor(key: Key) -> str:
    return base64.b64encode(orjson.dumps({"after": key})).decode()


def _read_cursor(cursor: str) -> Key:
    try:
        return tuple(orjson.loads(base64.b64decode(cursor, validate=True))["after"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Invalid cursor : {cursor}") from error
