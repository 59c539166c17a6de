"""What Confluence gives of a space, for one pull."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import count
from typing import Final, Self

from javis_pipeline.db.connection import Database
from javis_pipeline.db.page_rows import NOTHING_LISTED
from javis_pipeline.db.pages import unknown_people
from javis_pipeline.db.satellites import store_users
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.confluence import PageStamp, Space
from javis_pipeline.records.jira import JsonObject, User
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.system import Extent, RemoteCount, Rest
from javis_pipeline.steps.worker_processes import WORKERS, WORTH_WORKERS
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.comments import CommentSweep
from javis_pipeline.systems.confluence.kind import CONFLUENCE_PAGE
from javis_pipeline.systems.confluence.labels import NOT_GIVEN, LabelSweep, relabelled_in_turn
from javis_pipeline.systems.confluence.reader import PageBatch, PageReader, stamp_of
from javis_pipeline.systems.confluence.reading import read_texts
from javis_pipeline.systems.confluence.restrictions import RestrictionSweep

# The list is sorted by a date that can change while we page. So many older pages in a row are its end.
ENOUGH_OLDER: Final = 100
_ARCHIVED: Final = "the space is archived, so its pages cannot be edited; restore it in Confluence to edit them here"
# Of hits that make no sense, so many are told.
_TOLD: Final = 3


class PageSource:
    """The space's pages, as Confluence gives them to one pull.

    Args:
        confluence: Client of the site.
        space: The space.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
        extent: What is read. All pages: many in one request, and labels by lists. Else each by itself, with its
            labels, and of named ones no others are asked for.
        maker: Our account, where rows become pages.

    Attributes:
        seen: Pages that the sweep has listed.
    """

    def __init__(
        self,
        confluence: ConfluenceClient,
        space: Space,
        *,
        projects: Collection[str] = (),
        extent: Extent,
        maker: str | None = None,
    ) -> None:
        self._confluence = confluence
        self._space = space
        self._extent = extent
        self._projects = frozenset(projects)
        self._reader = PageReader(confluence, space, singly=extent != "whole", maker=maker)
        self._batches = count(1)
        self._labels: LabelSweep | None = None
        self._listed: Future[dict[str, str]]
        self._restrictions = RestrictionSweep(confluence, space, extent=extent)
        self._comments = CommentSweep(confluence, space, extent)
        self._saw_all = False
        self._misses: list[str] = []
        self._people: set[str] = set()
        self._unlinked: list[str] = []
        self.seen = 0

    def __enter__(self) -> Self:
        self._beside = ThreadPoolExecutor(2, thread_name_prefix=f"beside-{self._space.key}")
        WORKERS.__enter__()
        if self._extent == "whole":
            self._labels = LabelSweep(self._confluence, self._space)
        elif self._extent == "changed":
            self._listed = self._beside.submit(self._confluence.space_labels, self._space.space_id)
        return self

    def __exit__(self, *_: object) -> None:
        if self._labels is not None:
            self._labels.close()
        self._restrictions.close()
        self._beside.shutdown(cancel_futures=True)
        WORKERS.__exit__()

    @property
    def batch_size(self) -> int:
        """Pages asked for together."""
        return self._reader.batch_size

    @property
    def missed(self) -> bool:
        """Whether the sweep met a page without an id."""
        return bool(self._misses)

    def sweep(self, since: datetime | None, *, dated: bool = True) -> Iterator[list[PageStamp]]:
        """Stamps of the pages that were saved at or after an instant, the last one first, and of some older ones."""
        del dated  # they come along
        older = 0
        for documents in self._confluence.page_batches(self._space.space_id):
            stamps = self._stamps(documents)
            self.seen += len(stamps)
            yield stamps
            older = _older_at_end(stamps, since, older)
            if older >= ENOUGH_OLDER and self._confluence.lists_newest_first:
                return
        self._saw_all = not self._misses

    def stamp(self, remote_id: str) -> PageStamp:
        """The stamp of a page of which only the id is known."""
        return PageStamp(remote_id)

    def read(self, wanted: Sequence[PageStamp]) -> PageBatch:
        """Fetch these pages and read them; of those that come without labels the lists tell."""
        if self._extent == "whole" and next(self._batches) == WORTH_WORKERS:
            WORKERS.start()
        batch = self._reader.read(wanted)
        ids = [row.page_id for row in batch.rows]
        self._people.update(batch.people)
        self._restrictions.note(ids)
        labels = (self._labels and self._labels.by_page) or NOTHING_LISTED
        listed = {page_id: labels[page_id] for page_id in ids if page_id in labels}
        texts = WORKERS.run(read_texts, batch.rows, CONFLUENCE_PAGE.table, self._projects, listed)
        self._unlinked.extend(texts.unlinked)
        return batch._replace(lines=texts.lines, links=texts.links, unlinked=texts.unlinked)

    def counted(self) -> RemoteCount | None:
        """What the sweep listed, when it listed all."""
        return RemoteCount(self.seen, f"Confluence lists {self.seen}", of_hits=True) if self._saw_all else None

    def round_off(self, db: Database, *, run_id: str, now: datetime) -> Rest:
        """Store the names of authors and who may read which page, and compare labels."""
        notes: list[str] = []
        about_readers = self._beside.submit(self._read_restrictions, db)
        relabelled = self._relabelled(db, notes)
        notes += [*about_readers.result(), *self._read_comments(db, run_id, now), *self._misses[:_TOLD]]
        with db.transaction() as conn:
            strangers = unknown_people(conn, self._people)
        people = self._named(strangers, notes)
        with db.transaction(origin="sync") as conn:
            store_users(conn, people)
        if self._space.status == "archived":
            notes.append(_ARCHIVED)
        if self._unlinked:
            count = len(self._unlinked)
            notes.append(f"{count} pages are not well-formed; which issues they speak of is not known")
        return Rest(notes, relabelled, self._comments.left)

    def _relabelled(self, db: Database, notes: list[str]) -> list[ResourceRef]:
        if self._extent == "named":
            return []
        found: list[ResourceRef] = []
        refused = None
        try:
            if self._labels is None:
                found = relabelled_in_turn(db, self._confluence, self._space, self._listed.result())
            else:
                found, refused = self._labels.relabelled(db), self._labels.refused
        except NOT_GIVEN as error:
            refused = str(error)
        if refused is not None:
            notes.append(f"labels were not read: {refused}")
        return found

    def _read_restrictions(self, db: Database) -> list[str]:
        """What is to be said of those that could not be read."""
        try:
            self._restrictions.store(db)
        except NOT_GIVEN as error:
            return [f"who may read some pages was not read, so new ones are kept from readers: {error}"]
        return []

    def _read_comments(self, db: Database, run_id: str, now: datetime) -> list[str]:
        """The same of what is said below pages."""
        try:
            self._comments.store(db, run_id=run_id, now=now)
        except NOT_GIVEN as error:
            return [f"comments below pages were not read: {error}"]
        self._people |= self._comments.people
        notes = []
        if unreadable := self._comments.unreadable:
            notes.append(f"{unreadable} comments below pages make no sense, and were not read")
        if gone := self._comments.too_many:
            notes.append(f"{gone} comments below pages are not found any more; as these are so many, all of them stay")
        return notes

    def _stamps(self, documents: Sequence[JsonObject]) -> list[PageStamp]:
        """What the list tells. A page without an id cannot be asked for: the watermark stays before it."""
        stamps = []
        for document in documents:
            try:
                stamps.append(stamp_of(document))
            except UnreadableRecord as error:
                self._misses.append(f"{error}; it is looked for again in the next run")
        return stamps

    def _named(self, account_ids: Sequence[str], notes: list[str]) -> list[User]:
        try:
            return self._confluence.users(account_ids)
        except NOT_GIVEN as error:
            notes.append(f"names of people were not read: {error}")
            return []


def _older_at_end(stamps: Sequence[PageStamp], since: datetime | None, older: int) -> int:
    """How many pages at the end of the list so far are older than `since`; `older` were before these stamps."""
    for stamp in stamps:
        is_older = since is not None and stamp.version_created_at is not None and stamp.version_created_at < since
        older = older + 1 if is_older else 0
    return older
