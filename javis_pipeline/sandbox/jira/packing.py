"""Comments that nobody looks at yet, kept small. Pure."""

import zlib
from datetime import datetime
from typing import Any

import orjson

from javis_pipeline.sandbox.jira.issues import Comment, WikiText


def pack(comments: list[dict[str, Any]]) -> bytes:
    """The `comments` of a corpus issue as a few bytes."""
    return zlib.compress(orjson.dumps(comments), 1)


def unpack(packed: bytes) -> list[Comment]:
    """The comments that were packed; their ids are kept."""
    return [
        Comment(
            id=int(row["id"]),
            author=row["author"],
            body=WikiText(row["body"] or ""),
            created=(created := datetime.fromisoformat(row["created"])),
            updated=datetime.fromisoformat(row["updated"]) if row["updated"] else created,
        )
        for row in orjson.loads(zlib.decompress(packed))
    ]
