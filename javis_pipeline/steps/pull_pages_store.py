"""One batch of a pull of pages into the database: one transaction, the fast path of the sync."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.issues import set_up_batch
from javis_pipeline.db.pages import StoredPages, replace_issue_links, store_pages, store_versions
from javis_pipeline.db.quarantine import quarantine_record, release_records
from javis_pipeline.steps.pull_pages_batch import PageBatch
from javis_pipeline.steps.watermark import Mark


class PageStore:
    """Stores batches one after the other.

    Args:
        db: The product's database.
        space: Key of the space that is pulled.
        run_id: For the audit.
        now: Dates what is stored.
    """

    def __init__(self, db: Database, space: str, *, run_id: str, now: datetime) -> None:
        self._db = db
        self._space = space
        self._run_id = run_id
        self._now = now

    def store(self, batch: PageBatch, listed: Mapping[str, Sequence[str]]) -> StoredPages:
        """Store what the batch brought, and commit; `listed` are labels of pages that may come without, by page id."""
        with self._db.transaction(origin="sync") as conn:
            set_up_batch(conn)
            stored = store_pages(conn, batch.rows, run_id=self._run_id, now=self._now, listed=listed)
            self._store_links(conn, batch, stored)
            store_versions(conn, batch.versions, frozenset(stored.inserted))
            self._store_unreadable(conn, batch)
        return stored

    def _store_links(self, conn: Connection, batch: PageBatch, stored: StoredPages) -> None:
        """Also of pages that are left to the merge: it is the text in Confluence that speaks of issues."""
        untouched = {*stored.same, *batch.unlinked}
        known = [*stored.updated, *(ref.resource_id for ref in stored.to_merge)]
        links = [link for link in batch.links if link[0] not in untouched]
        replace_issue_links(conn, [page_id for page_id in known if page_id not in untouched], links)

    def _store_unreadable(self, conn: Connection, batch: PageBatch) -> None:
        release_records(conn, "confluence", [row.page_id for row in batch.rows])
        for one in batch.unreadable:
            quarantine_record(
                conn,
                "confluence",
                self._space,
                one.remote_id,
                updated_at=one.updated_at,
                payload=one.payload,
                reason=one.reason,
                now=self._now,
            )


def note_batch(mark: Mark, batch: PageBatch, stored: StoredPages) -> None:
    """What the watermark may say after the batch was stored."""
    mark.batch(
        [(stamp.page_id, stamp.version_created_at) for stamp in batch.wanted],
        {row.page_id: datetime.fromisoformat(row.version_created_at) for row in batch.rows},
        to_merge={ref.resource_id for ref in stored.to_merge},
        closed={one.remote_id for one in batch.unreadable}.union(batch.absent),
    )
