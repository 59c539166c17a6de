"""Who may read which page: no page tells it, and it is no new version of one."""

from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import restrict_pages, restrictions_are_due, stored_pages, unread_restrictions
from javis_pipeline.errors import RemoteBusy, RemoteRefused, UnreadableRecord
from javis_pipeline.records.confluence import Space
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.steps.system import Extent
from javis_pipeline.systems.confluence.client import ConfluenceClient

# Archived pages are in no index; so many are asked for one by one in a run.
MOST_SINGLE: Final = 100
# Pages that are asked for in one request, and requests side by side.
AT_ONCE: Final = 50
THREADS: Final = 6


class RestrictionSweep:
    """Who may read the pages of a space: of all in a whole pull, and once an hour; else of those that came.

    A list of the space would be read batch after batch; pages by their ids are asked for side by side.

    Args:
        confluence: Client of the site.
        space: The space.
        extent: What is pulled. Of all pages each is asked for while the others are read; of named ones no others are.
    """

    def __init__(self, confluence: ConfluenceClient, space: Space, *, extent: Extent) -> None:
        self._confluence = confluence
        self._space = space
        self._extent = extent
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pull-restrictions")
        self._asked: list[Future[dict[str, str | None]]] = []
        self._brought: set[str] = set()

    def note(self, page_ids: Collection[str]) -> None:
        """The pull has read these pages."""
        self._brought.update(page_ids)
        if self._extent == "whole" and page_ids:
            self._asked.append(self._threads.submit(self._confluence.restrictions_of, page_ids))

    def close(self) -> None:
        """Ask for nothing more."""
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
            is_due = self._extent == "whole" or (self._extent == "changed" and restrictions_are_due(conn, key))
            wanted = stored_pages(conn, key) if is_due else sorted(self._brought)
        told = self._told(wanted)
        with db.transaction(origin="sync") as conn:
            restrict_pages(conn, key, told, asked=is_due)
            left = [] if self._extent == "named" else unread_restrictions(conn, key, told, limit=MOST_SINGLE)
        self._store_singles(db, left)

    def _told(self, wanted: Sequence[str]) -> dict[str, str | None]:
        """What is told of these, and of those that were asked for already."""
        left = [page_id for page_id in wanted if not self._asked or page_id not in self._brought]
        told: dict[str, str | None] = {}
        for answer in [*self._asked, *self._ask(left)]:
            told |= answer.result()
        return told

    def _ask(self, page_ids: Sequence[str]) -> list[Future[dict[str, str | None]]]:
        return [self._threads.submit(self._confluence.restrictions_of, ids) for ids in in_batches(page_ids, AT_ONCE)]

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
