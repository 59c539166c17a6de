"""Comments below pages, as they are in Confluence. Functions never commit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.confluence import PageComment

_QUERIES = named_queries("page_comments")


class Standing(NamedTuple):
    """How the comments of a space stand.

    Attributes:
        due: It is to be read what was said since.
        listed: All were listed within a day.
        newest: When one was saved last; None when there is none.
    """

    due: bool
    listed: bool
    newest: datetime | None


class Known(NamedTuple):
    """A comment that is here, on a page that people use."""

    comment_id: str
    page_id: str
    has_author: bool
    missing_since: datetime | None


def comments_standing(conn: Connection, space: str) -> Standing:
    """What is to be read of the comments of a space."""
    row = conn.execute(_QUERIES["comments_standing"], {"space": space}).fetchone()
    assert row is not None, "an aggregate has one row"
    return Standing(**row)


def known_comments(conn: Connection, space: str) -> dict[str, Known]:
    """Those of a space, by their ids."""
    found = conn.execute(_QUERIES["known_comments"], {"space": space})
    return {row["comment_id"]: Known(**row) for row in found}


def store_comments(conn: Connection, comments: Sequence[tuple[str, PageComment]]) -> None:
    """Store comments, each with the id of its page; each comment once."""
    params = {
        "ids": [one.comment_id for _, one in comments],
        "pages": [page_id for page_id, _ in comments],
        "parents": [one.parent_id for _, one in comments],
        "authors": [one.author_id for _, one in comments],
        "bodies": [one.body_storage for _, one in comments],
        "numbers": [one.version_number for _, one in comments],
        "created": [one.created_at for _, one in comments],
        "updated": [one.updated_at for _, one in comments],
    }
    conn.execute(_QUERIES["store_comments"], params)


def miss_comments(conn: Connection, ids: Collection[str]) -> None:
    """Remove those of which this was noted before; of the others note that they were not found."""
    for query in ("drop_comments", "miss_comments"):
        conn.execute(_QUERIES[query], {"ids": sorted(ids)})


def note_comments(conn: Connection, space: str, *, whole: bool) -> None:
    """Note that they were read; `whole`: that all were listed."""
    conn.execute(_QUERIES["note_comments"], {"space": space, "whole": whole})
