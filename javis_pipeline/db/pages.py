"""Storing what a pull brought of pages, set-wise: new ones, changed ones, and those that have to be merged instead.

Functions that take a connection never commit, and need a transaction with the origin "sync".
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.copying import copy_rows, copy_text
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.db.page_rows import PageRow
from javis_pipeline.db.table_queries import text_for_table
from javis_pipeline.records.confluence import PageStamp, PageVersion
from javis_pipeline.records.policy import NOTHING_LEFT_ALONE, LeftAlone
from javis_pipeline.records.tables import NOT_READ_YET, Table
from javis_pipeline.records.values import ResourceRef, dump_json

_QUERIES = named_queries("pages")


class StoredPages(NamedTuple):
    """What became of a batch, as ids.

    `same` payloads are what is stored already; rows `to_merge` are edited, in conflict, being written, or newer than
    the payload.
    """

    inserted: list[str]
    updated: list[str]
    same: list[str]
    to_merge: list[ResourceRef]


def pages_to_fetch(conn: Connection, space: str, stamps: Sequence[PageStamp]) -> set[str]:
    """Ids of the pages that are not stored as these stamps of a space say, or under another key of it."""
    params = {
        "space": space,
        "page_ids": [stamp.page_id for stamp in stamps],
        "numbers": [stamp.version_number for stamp in stamps],
        "created": [stamp.version_created_at for stamp in stamps],
        "statuses": [stamp.status for stamp in stamps],
        "parents": [stamp.parent_id for stamp in stamps],
        "space_ids": [stamp.space_id for stamp in stamps],
    }
    return {row["page_id"] for row in conn.execute(_QUERIES["pages_to_fetch"], params)}


def store_pages(
    conn: Connection,
    rows: Sequence[PageRow],
    lines: Mapping[str, bytes],
    table: Table,
    left: LeftAlone = NOTHING_LEFT_ALONE,
    *,
    run_id: str,
    now: datetime,
) -> StoredPages:
    """Insert what is new and overwrite what is clean and older; the rest is left as it is, and named.

    Args:
        conn: Inside a transaction with the origin "sync".
        rows: One per page.
        lines: The same as new pages, by their ids (`page_rows.new_page_lines`).
        table: The table of pages.
        left: Fields that keep what they hold here.
        run_id: For the audit.
        now: Becomes `last_synced_at`.
    """
    known = frozenset(_ids(conn, "known_pages", page_ids=[row.page_id for row in rows]))
    new = [row.page_id for row in rows if row.page_id not in known]
    if new and not _insert(conn, {page_id: lines[page_id] for page_id in new}, now):
        return store_pages(conn, rows, lines, table, left, run_id=run_id, now=now)
    if new and left.unread:
        conn.execute(text_for_table(_QUERIES["leave_out_unread"], table), {"new": new, "unread": sorted(left.unread)})
    params = {"run_id": run_id, "now": now, "left": sorted(left.all)}
    taken, to_merge = _overwrite(conn, rows, known, table, params) if known else ([], [])
    handled = {*taken, *(ref.resource_id for ref in to_merge)}
    same = [page_id for page_id in known if page_id not in handled]
    return StoredPages(new, taken, same, to_merge)


def _insert(conn: Connection, lines: Mapping[str, bytes], now: datetime) -> bool:
    """Insert pages of which nothing is known; False when another run has just stored one: it moved between spaces."""
    synced_at = now.isoformat().encode()
    try:
        with conn.transaction():
            conn.execute(_QUERIES["clear_leftovers"], {"page_ids": list(lines)})
            copy_text(
                conn, _QUERIES["copy_new_pages"], b"".join(b"%s\t%s\n" % (line, synced_at) for line in lines.values())
            )
    except UniqueViolation:
        if not _ids(conn, "known_pages", page_ids=list(lines)):
            raise
        return False
    return True


def _overwrite(
    conn: Connection, rows: Sequence[PageRow], known: Collection[str], table: Table, params: Mapping[str, object]
) -> tuple[list[str], list[ResourceRef]]:
    """Overwrite rows that are clean and older; their ids, and the rows to merge instead."""
    conn.execute(_QUERIES["make_incoming_pages"])
    incoming = ((*row.columns, row.labels is not None) for row in rows if row.page_id in known)
    copy_rows(conn, _QUERIES["copy_incoming_pages"], incoming)
    taken, to_merge = _lock(conn, known, table)
    if taken:
        for query in ("complete_incoming_pages", "audit_taken_pages", "update_taken_pages"):
            conn.execute(text_for_table(_QUERIES[query], table), {**params, "taken": taken})
    return taken, to_merge


def relabelled_pages(conn: Connection, space: str, labels: Mapping[str, Sequence[str]]) -> list[ResourceRef]:
    """The current pages of a space that have other labels here than were listed there.

    Args:
        conn: A connection.
        space: Key of the space.
        labels: Page id to its sorted labels; a page that is not in it has none.
    """
    found = conn.execute(_QUERIES["relabelled_pages"], {"space": space, "labels": dump_json(labels)})
    return [_ref(row) for row in found]


def labels_of_space(conn: Connection, space: str) -> set[str]:
    """The labels that are known to be on current pages of a space."""
    return {row["label"] for row in conn.execute(_QUERIES["labels_of_space"], {"space": space})}


def pages_labelled_otherwise(conn: Connection, space: str, listed: Mapping[str, Sequence[str]]) -> list[ResourceRef]:
    """The current pages of a space that have one of these labels here and not there, or there and not here.

    Args:
        conn: A connection.
        space: Key of the space.
        listed: Label to the ids of all pages that have it there.
    """
    found = conn.execute(_QUERIES["pages_labelled_otherwise"], {"space": space, "listed": dump_json(listed)})
    return [_ref(row) for row in found]


def replace_issue_links(conn: Connection, page_ids: Sequence[str], links: Sequence[tuple[str, str, str]]) -> None:
    """Put these (page id, issue key, kind) in place of all that the pages had."""
    if page_ids:
        conn.execute(_QUERIES["clear_issue_links"], {"page_ids": page_ids})
    if links:
        copy_rows(conn, _QUERIES["copy_issue_links"], links)


def store_versions(conn: Connection, versions: Sequence[tuple[str, PageVersion]], new: Collection[str]) -> None:
    """Add versions, each with its page's id; one that is there already stays, with its number put right.

    Args:
        conn: Inside a transaction with the origin "sync".
        versions: The versions.
        new: Ids of pages that no versions are stored of.
    """
    copied = [(page_id, *version) for page_id, version in versions if page_id in new]
    if copied:
        copy_rows(conn, _QUERIES["copy_versions"], copied)
    versions = [one for one in versions if one[0] not in new]
    if versions:
        params = {
            "page_ids": [page_id for page_id, _ in versions],
            "numbers": [version.number for _, version in versions],
            "created": [version.created_at for _, version in versions],
            "authors": [version.author_id for _, version in versions],
            "messages": [version.message for _, version in versions],
        }
        conn.execute(_QUERIES["store_versions"], params)


def store_current_versions(conn: Connection, page_ids: Sequence[str]) -> None:
    """Add the versions that these rows are at."""
    conn.execute(_QUERIES["store_current_versions"], {"page_ids": page_ids})


def rewritten_bodies(conn: Connection, space: str, run_id: str) -> dict[str, str | None]:
    """Page id to body, of the pages of a space whose body a run has merged or sent."""
    found = conn.execute(_QUERIES["rewritten_bodies"], {"space": space, "run_id": run_id})
    return {row["page_id"]: row["body_storage"] for row in found}


def unknown_people(conn: Connection, account_ids: Collection[str]) -> list[str]:
    """Those of the account ids whose names are not stored."""
    found = conn.execute(_QUERIES["unknown_people"], {"account_ids": sorted(account_ids)})
    return [row["account_id"] for row in found]


def count_present_pages(conn: Connection, space: str) -> int:
    """How many pages of the space are stored and, as far as is known, still in Confluence."""
    row = conn.execute(_QUERIES["count_present_pages"], {"space": space}).fetchone()
    return int(row["present"]) if row else 0


def unread_restrictions(conn: Connection, space: str, told: Collection[str], *, limit: int) -> list[str]:
    """Ids of pages of which it is not known who may read them, without those that were told of."""
    return _ids(conn, "unread_restrictions", space=space, told=sorted(told), limit=limit, unknown=NOT_READ_YET)


def stored_pages(conn: Connection, space: str) -> list[str]:
    """Ids of the pages of a space that are stored and, as far as is known, still in Confluence."""
    return _ids(conn, "stored_pages", space=space)


def restrictions_are_due(conn: Connection, space: str) -> bool:
    """Whether it is to be read anew who may read which page of the whole space: that was an hour ago."""
    return any(row["due"] for row in conn.execute(_QUERIES["restrictions_are_due"], {"space": space}))


def restrict_pages(conn: Connection, space: str, told: Mapping[str, str | None], *, asked: bool = False) -> None:
    """Store who alone may read pages of a space, and so what lies below them; of the others nothing was told.

    `asked`: all of the space was asked for now.
    """
    params = {"space": space, "page_ids": list(told), "readers": list(told.values()), "unknown": NOT_READ_YET}
    conn.execute(_QUERIES["restrict_pages"], params)
    if asked:
        conn.execute(_QUERIES["note_restrictions"], {"space": space})


def page_place(db: Database, page_id: str) -> tuple[str, str] | None:
    """Space and status of a page, or "not in Confluence any more"; None for one that is not here."""
    rows = db.query(_QUERIES["page_place"], {"page_id": page_id})
    return next(((row["space_key"], row["status"]) for row in rows), None)


def restricted_pages(db: Database, spaces: Sequence[str]) -> frozenset[str]:
    """Ids of the pages of spaces that not everybody may read."""
    return frozenset(row["page_id"] for row in db.query(_QUERIES["restricted_pages"], {"spaces": list(spaces)}))


def latest_pages(db: Database, spaces: Sequence[str], *, limit: int) -> list[dict[str, Any]]:
    """`page_id`, `space_key`, `title`, `status`, `author` and `version_created_at` of the pages saved last."""
    return db.query(_QUERIES["latest_pages"], {"spaces": list(spaces), "limit": limit})


def _lock(conn: Connection, known: Collection[str], table: Table) -> tuple[list[str], list[ResourceRef]]:
    """Lock the rows that a payload has news of; the ids of those to overwrite, and those to merge instead."""
    statement = text_for_table(_QUERIES["lock_known_pages"], table)
    found = [row for row in conn.execute(statement, {"known": list(known)}) if row["has_news"]]
    taken = [row["page_id"] for row in found if row["is_clean"] and not row["is_older"]]
    return taken, [_ref(row) for row in found if not row["is_clean"] or row["is_older"]]


def _ref(row: Mapping[str, Any]) -> ResourceRef:
    return ResourceRef(
        resource_type="confluence_page", resource_id=row["page_id"], scope=row["space_key"], key=row["page_id"]
    )


def _ids(conn: Connection, query: str, **params: object) -> list[str]:
    return [row["page_id"] for row in conn.execute(_QUERIES[query], params)]
