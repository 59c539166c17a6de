"""Comments below pages, as they are in Confluence. Functions never commit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.copy_lines import CopyValue, copy_lines
from javis_pipeline.db.hanging import merge_hanging
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.confluence import PageComment
from javis_pipeline.records.tables import Table
from javis_pipeline.records.values import ResourceRef

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
    """A comment that is here, on a page that people use.

    Attributes:
        missing_since: When it was not found first; None when it was found.
        was_missing: That was long enough ago to count, when it is not found again.
        is_over: It was deleted here, and then there.
    """

    comment_id: str
    page_id: str
    author_id: str | None
    created_at: datetime | None
    updated_at: datetime | None
    missing_since: datetime | None
    was_missing: bool | None
    is_over: bool


class Came(NamedTuple):
    """What was told of the comments of a space.

    Attributes:
        placed: Each comment with the id of its page, once.
        missing: Ids of those that were not found.
        gone: Those of which that is proved.
    """

    placed: Sequence[tuple[str, PageComment]]
    missing: Collection[str]
    gone: Sequence[str]


def comments_standing(conn: Connection, space: str) -> Standing:
    """What is to be read of the comments of a space."""
    row = conn.execute(_QUERIES["comments_standing"], {"space": space}).fetchone()
    assert row is not None, "an aggregate has one row"
    return Standing(**row)


def known_comments(conn: Connection, space: str) -> dict[str, Known]:
    """Those of a space, by their ids."""
    found = conn.execute(_QUERIES["known_comments"], {"space": space})
    return {row["comment_id"]: Known(**row) for row in found}


def stored_comments(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of these comments that have a row."""
    return {row["comment_id"] for row in conn.execute(_QUERIES["stored_comments"], {"ids": sorted(ids)})}


def merge_comments(
    conn: Connection,
    table: Table,
    space: str,
    came: Came,
    known: Mapping[str, Known],
    *,
    run_id: str,
    now: datetime,
) -> list[ResourceRef]:
    """Store what came and remove what is gone; what was edited here, or about which something is under way, is left
    and named.

    Args:
        conn: A transaction of the sync's.
        table: Of comments below pages.
        space: Key of their space.
        came: What was told.
        known: What was here before.
        run_id: For the audit.
        now: Dates what is stored.
    """
    seen = [one.comment_id for _, one in came.placed]
    about = [known[one].page_id for one in (*seen, *came.gone) if one in known]
    pages = sorted({page_id for page_id, _ in came.placed}.union(about))
    lines = [line + b"\n" for line in copy_lines([_row(space, page_id, one) for page_id, one in came.placed])]
    left = merge_hanging(conn, table, pages, b"".join(lines), gone=came.gone, run_id=run_id, now=now)
    conn.execute(_QUERIES["note_missing"], {"missing": sorted(came.missing), "seen": seen})
    conn.execute(_QUERIES["restrict_comments"], {"pages": pages})
    return left


def _row(space: str, page_id: str, one: PageComment) -> list[CopyValue]:
    """A comment as `Table.brought` names its columns."""
    place = [page_id, one.comment_id, f"{page_id}#comment-{one.comment_id}", page_id, space]
    created_at = one.created_at.isoformat() if one.created_at else None
    facts = [one.parent_id, one.author_id, one.version_number, created_at, one.updated_at.isoformat()]
    return [*place, *facts, one.body_storage]


def note_comments(conn: Connection, space: str, *, whole: bool) -> None:
    """Note that they were read; `whole`: that all were listed."""
    conn.execute(_QUERIES["note_comments"], {"space": space, "whole": whole})
