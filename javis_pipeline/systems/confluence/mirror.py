"""Pages of one space here: batches stored set-wise, the fast path of the sync."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.creates import PostgresCreates
from javis_pipeline.db.pages import (
    StoredPages,
    count_present_pages,
    pages_to_fetch,
    replace_issue_links,
    store_pages,
    store_versions,
)
from javis_pipeline.records.confluence import PageStamp
from javis_pipeline.records.policy import NOTHING_LEFT_ALONE, LeftAlone
from javis_pipeline.steps.meet import meet_made
from javis_pipeline.steps.system import Stored
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.reader import PageBatch


class PageMirror:
    """The space's pages, with all that hangs on them.

    Args:
        space: Key of the space.
        left: Fields that keep what they hold here.
    """

    # More would only wait for each other.
    at_once: Final = 2

    def __init__(self, space: str, left: LeftAlone = NOTHING_LEFT_ALONE) -> None:
        self._space = space
        self._left = left

    def differing(self, conn: Connection, stamps: Sequence[PageStamp]) -> set[str]:
        """Ids of the pages that are not stored as these stamps say."""
        return pages_to_fetch(conn, self._space, stamps)

    def store(self, conn: Connection, batch: PageBatch, *, run_id: str, now: datetime, refresh: bool) -> Stored:
        """Store what the batch brought; a version tells all, so that one that is stored needs no `refresh`. What wishes
        are in doubt about is left to them."""
        del refresh
        book = PostgresCreates(None, CONFLUENCE_PAGE.table, self._space, run_id=run_id, now=lambda: now)
        batch = batch.without(meet_made(conn, book, batch.made, now) if batch.made else ())
        stored = store_pages(conn, batch.rows, batch.lines, CONFLUENCE_PAGE.table, self._left, run_id=run_id, now=now)
        _store_links(conn, batch, stored)
        store_versions(conn, batch.versions, frozenset(stored.inserted))
        return Stored(stored.inserted, stored.updated, (), stored.same, stored.to_merge)

    def count(self, conn: Connection) -> int:
        """How many pages of the space are stored and, as far as is known, still in Confluence."""
        return count_present_pages(conn, self._space)


def _store_links(conn: Connection, batch: PageBatch, stored: StoredPages) -> None:
    """Also of pages that are left to the merge: it is the text in Confluence that speaks of issues."""
    untouched = {*stored.same, *batch.unlinked}
    known = [*stored.updated, *(ref.resource_id for ref in stored.to_merge)]
    links = [link for link in batch.links if link[0] not in untouched]
    replace_issue_links(conn, [page_id for page_id in known if page_id not in untouched], links)
