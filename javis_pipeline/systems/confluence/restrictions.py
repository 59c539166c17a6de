"""Who may read which page: no page tells it, and it is no new version of one."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import restrict_pages, restrictions_are_due, unread_restrictions
from javis_pipeline.errors import RemoteBusy, RemoteRefused, UnreadableRecord
from javis_pipeline.records.confluence import Space
from javis_pipeline.systems.confluence.client import ConfluenceClient

# Archived pages are in no index; so many are asked for one by one in a run.
MOST_SINGLE: Final = 100


class RestrictionSweep:
    """Who may read the pages of a space: of all while a whole pull goes on, and once an hour; else of those that came.

    Attributes:
        brought: Ids of the pages that the pull has read.
    """

    def __init__(self, confluence: ConfluenceClient, space: Space) -> None:
        self._confluence = confluence
        self._space = space
        self._is_over = Event()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="pull-restrictions")
        self._listed: Future[dict[str, str | None]] | None = None
        self.brought: set[str] = set()

    def begin(self) -> None:
        """List all of the space, while its pages are read."""
        self._listed = self._threads.submit(self._list)

    def close(self) -> None:
        """Ask for nothing more."""
        self._is_over.set()
        self._threads.shutdown(cancel_futures=True)

    def store(self, db: Database) -> None:
        """Store what Confluence says of them.

        Raises:
            RemoteRefused, RemoteBusy, UnreadableRecord: Confluence does not give it of some. What was not known is not
                known yet, so these pages stay hidden.
        """
        key = self._space.key
        with db.transaction(origin="sync") as conn:
            restrict_pages(conn, key, {})  # a page may lie below another one now
            is_due = self._listed is not None or restrictions_are_due(conn, key)
        told = self._told() if is_due else self._confluence.restrictions_of(self.brought)
        with db.transaction(origin="sync") as conn:
            restrict_pages(conn, key, told, asked=is_due)
            left = unread_restrictions(conn, key, told, limit=MOST_SINGLE)
        self._store_singles(db, left)

    def _list(self) -> dict[str, str | None]:
        told: dict[str, str | None] = {}
        for batch in self._confluence.restrictions(self._space.key):
            told |= batch
            if self._is_over.is_set():
                break
        return told

    def _told(self) -> dict[str, str | None]:
        return self._list() if self._listed is None else self._listed.result()

    def _store_singles(self, db: Database, page_ids: list[str]) -> None:
        told: dict[str, str | None] = {}
        missed: Exception | None = None
        for page_id in page_ids:
            try:
                told[page_id] = self._confluence.restriction(page_id)
            except (RemoteRefused, UnreadableRecord) as error:
                missed = error
            except RemoteBusy as error:
                missed = error
                break
        with db.transaction(origin="sync") as conn:
            restrict_pages(conn, self._space.key, told)
        if missed:
            raise missed
