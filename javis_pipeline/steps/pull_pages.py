"""Pull: the pages of a Confluence space, with all that hangs on them, into PostgreSQL.

A sweep of stamps (version, state, place) finds what differs from what is stored; that is fetched by several threads and
stored batch by batch, each in a transaction of its own. A run that dies leaves whole batches; the next one continues
with what is missing. Rows that people edited here, or that have a conflict or a write under way, are left as they are
and named, for the merge.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from javis_pipeline.clients.confluence.client import ConfluenceClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import (
    NOTHING_LISTED,
    StoredPages,
    count_present_pages,
    labels_of_space,
    pages_labelled_otherwise,
    pages_to_fetch,
    relabelled_pages,
    unknown_people,
)
from javis_pipeline.db.quarantine import count_quarantined
from javis_pipeline.db.satellites import store_users
from javis_pipeline.db.watermarks import Watermark, advance_watermark, note_labels, read_watermark
from javis_pipeline.errors import RemoteBusy, RemoteRefused, UnreadableRecord
from javis_pipeline.records.confluence import PageStamp
from javis_pipeline.records.jira import JsonObject, User
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import as_they_come, in_batches
from javis_pipeline.steps.confluence_site import ConfluenceSite
from javis_pipeline.steps.ports import Progress
from javis_pipeline.steps.pull_pages_batch import PageBatch, PageReader, stamp_of
from javis_pipeline.steps.pull_pages_store import PageStore, note_batch
from javis_pipeline.steps.rounds import labels_in_turn
from javis_pipeline.steps.watermark import Mark

log = logging.getLogger(__name__)

# How far back stamps are read again: clocks of the site's nodes differ, and reading stamps again is cheap.
HORIZON: Final = timedelta(hours=12)
# The list is sorted by a date that can change while we page. So many older pages in a row are its end.
ENOUGH_OLDER: Final = 100
# Requests under way at once. They mostly wait; the client's own pace keeps the rate within what Confluence allows.
THREADS: Final = 12

# Batches that are stored at once: more would only wait for each other.
STORING_THREADS: Final = 2


class PageCompleteness(NamedTuple):
    """Whether we have what Confluence has.

    Attributes:
        known: Pages stored here and, as far as is known, in Confluence.
        seen: Pages that this run's sweep listed.
        missing: Pages that were listed and are not there when they are asked for by id, or that we may not see.
        quarantined: Pages of the space that cannot be read.
        whole: The sweep listed every page of the space; else nothing can be compared.
    """

    known: int
    seen: int
    missing: int
    quarantined: int
    whole: bool

    @property
    def agrees(self) -> bool:
        """Whether as many pages are known as there are, as far as this sweep can tell."""
        return not self.whole or self.known + self.quarantined + self.missing == self.seen

    def __str__(self) -> str:
        compared = ("agrees" if self.agrees else "DIFFERS") if self.whole else "not compared"
        return (
            f"{self.known} known, {self.seen} seen, {self.missing} missing, {self.quarantined} quarantined: {compared}"
        )


@dataclass(frozen=True, slots=True)
class PagesTally:
    """What a pull did.

    Attributes:
        site: The account and the space, as the pull found them.
        whole: Every page was looked at with its labels, not only what changed lately.
        inserted, updated: Pages that were stored.
        unchanged: Hits that were stored already.
        unreadable: Pages that went into quarantine in this run.
        to_merge: Pages that changed remotely and are edited, in conflict or being written here, or of which only the
            labels seem to have changed.
        watermark: Every version up to then is stored.
        notes: What a person should know, each with the remedy.
    """

    site: ConfluenceSite
    whole: bool
    inserted: int
    updated: int
    unchanged: int
    unreadable: int
    to_merge: tuple[ResourceRef, ...]
    completeness: PageCompleteness
    watermark: datetime | None
    notes: tuple[str, ...]

    def as_metadata(self) -> dict[str, int | str | bool]:
        """The counts, flat, for the log, the book of runs and the UI."""
        return {
            "whole": self.whole,
            "seen": self.completeness.seen,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "to_merge": len(self.to_merge),
            "unreadable": self.unreadable,
            "missing": self.completeness.missing,
            "known": self.completeness.known,
            "quarantined": self.completeness.quarantined,
            "agrees": self.completeness.agrees,
            "completeness": str(self.completeness),
            "watermark": self.watermark.isoformat() if self.watermark else "",
            "notes": "; ".join(self.notes),
        }


def pull_pages(
    db: Database,
    confluence: ConfluenceClient,
    site: ConfluenceSite,
    *,
    run_id: str,
    now: datetime,
    projects: Collection[str] = (),
    full: bool = False,
    also: Collection[str] = (),
    progress: Progress,
) -> PagesTally:
    """Bring the stored pages of a space up to what Confluence holds, except those that need a merge.

    Args:
        db: The product's database.
        confluence: Client of the site.
        site: The account and the space, as they were proved just now.
        run_id: Names the run in the audit.
        now: Dates what is stored; it decides nothing.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
        full: Read every page again, changed or not. A first load does that anyway.
        also: Ids to fetch besides, such as those that only a census found.
        progress: Told after each batch.

    Raises:
        RemoteBusy: Confluence gave up on us; what was stored until then stays, and the next run continues.
    """
    with db.transaction() as conn:
        before = read_watermark(conn, "confluence", site.space.key)
    pull = _Pull(db, confluence, site, before, run_id=run_id, now=now, projects=projects, full=full, also=also)
    return pull.run(progress)


@dataclass(slots=True)
class _Counts:
    """What the batches so far added up to."""

    seen: int = 0
    unchanged: int = 0
    inserted: int = 0
    updated: int = 0
    unreadable: int = 0
    missing: int = 0
    unlinked: int = 0
    to_merge: list[ResourceRef] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    mark: Mark = field(default_factory=Mark)

    def add(self, batch: PageBatch, stored: StoredPages) -> None:
        self.inserted += len(stored.inserted)
        self.updated += len(stored.updated)
        self.unchanged += len(stored.same)
        self.unreadable += len(batch.unreadable)
        self.missing += len(batch.absent)
        self.unlinked += len(batch.unlinked)
        self.to_merge += stored.to_merge
        self.people |= batch.people
        note_batch(self.mark, batch, stored)

    @property
    def handled(self) -> int:
        return self.unchanged + self.inserted + self.updated + self.unreadable + self.missing + len(self.to_merge)


class _LabelSweep:
    """The labels of all pages of a space, in one request for each label that there is, however many pages.

    A label is no new version of its page: a list of what changed lately does not show it.

    Attributes:
        refused: What Confluence said when it would not give them; None as long as it does.
    """

    def __init__(self, confluence: ConfluenceClient, space_id: str) -> None:
        # Threads of their own: the first pages cannot be stored before all labels are known.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pull-labels")
        self._found = self._threads.submit(self._sweep, confluence, space_id)
        self.refused: str | None = None

    def _sweep(self, confluence: ConfluenceClient, space_id: str) -> dict[str, Future[list[str]]]:
        labels = confluence.space_labels(space_id)
        return {
            name: self._threads.submit(confluence.pages_with_label, label_id, space_id)
            for label_id, name in labels.items()
        }

    def close(self) -> None:
        """Ask for nothing more."""
        self._threads.shutdown(cancel_futures=True)

    @cached_property
    def by_page(self) -> Mapping[str, Sequence[str]] | None:
        """Page id to its sorted labels, pages without any left out; None where Confluence does not give them."""
        labels: dict[str, list[str]] = {}
        try:
            for name, page_ids in sorted(self._found.result().items()):
                for page_id in page_ids.result():
                    labels.setdefault(page_id, []).append(name)
        except (RemoteRefused, RemoteBusy, UnreadableRecord) as error:
            self.refused = str(error)
            return None
        return labels


class _Pull:
    """One pull under way."""

    def __init__(
        self,
        db: Database,
        confluence: ConfluenceClient,
        site: ConfluenceSite,
        before: Watermark,
        *,
        run_id: str,
        now: datetime,
        projects: Collection[str],
        full: bool,
        also: Collection[str],
    ) -> None:
        self._db = db
        self._confluence = confluence
        self._site = site
        self._space = site.space
        self._watermark = before.watermark
        self._labels_to = before.labels_to
        self._run_id = run_id
        self._now = now
        self._full = full
        self._also = also
        self._whole = full or before.watermark is None
        self._saw_all = False
        self._reader = PageReader(confluence, site.space, projects=projects, singly=not self._whole)
        self._store = PageStore(db, site.space.key, run_id=run_id, now=now)
        self._storing = BoundedSemaphore(STORING_THREADS)
        self._counts = _Counts()
        self._missed: list[str] = []
        self._unnamed: list[str] = []

    def run(self, progress: Progress) -> PagesTally:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"pull-{self._space.key}")
        labels = _LabelSweep(self._confluence, self._space.space_id) if self._whole else None
        try:
            wanted = in_batches(self._wanted(), self._reader.batch_size)
            for batch, stored in as_they_come(threads, partial(self._read_and_store, labels), wanted, most=THREADS):
                self._counts.add(batch, stored)
                progress(self._counts.handled, self._counts.seen if self._saw_all else None)
            if labels and labels.by_page is not None:
                self._compare_labels(labels.by_page)
            refused = labels.refused if labels else self._compare_some_labels(threads)
            return self._finish(refused)
        finally:
            threads.shutdown(cancel_futures=True)
            if labels:
                labels.close()

    def _read_and_store(self, labels: _LabelSweep | None, wanted: Sequence[PageStamp]) -> tuple[PageBatch, StoredPages]:
        """In a thread of its own; batches have no page in common."""
        batch = self._reader.read(wanted)
        listed = (labels and labels.by_page) or NOTHING_LISTED
        with self._storing:
            return batch, self._store.store(batch, listed)

    def _wanted(self) -> Iterator[PageStamp]:
        """The hits of the sweep that are not stored as they are, while it goes on; then what was asked for by id."""
        since = None if self._whole or self._watermark is None else self._watermark - HORIZON
        compare = not self._full and not (self._whole and self._nothing_stored())
        older = 0
        for documents in self._confluence.page_batches(self._space.space_id):
            stamps = self._stamps(documents)
            self._counts.seen += len(stamps)
            yield from self._not_stored(stamps) if compare else stamps
            older = _older_at_end(stamps, since, older)
            if older >= ENOUGH_OLDER:
                break
        else:
            self._saw_all = not self._missed
        for page_id in self._also:
            yield PageStamp(page_id)

    def _stamps(self, documents: Sequence[JsonObject]) -> list[PageStamp]:
        """What the list tells. A page without an id cannot be asked for: the watermark stays before it."""
        stamps = []
        for document in documents:
            try:
                stamps.append(stamp_of(document))
            except UnreadableRecord as error:
                self._missed.append(f"{error}; it is looked for again in the next run")
        return stamps

    def _nothing_stored(self) -> bool:
        with self._db.transaction() as conn:
            return count_present_pages(conn, self._space.key) == 0

    def _not_stored(self, stamps: Sequence[PageStamp]) -> Iterator[PageStamp]:
        with self._db.transaction() as conn:
            wanted = pages_to_fetch(conn, stamps)
        for stamp in stamps:
            if stamp.page_id in wanted:
                yield stamp
            else:
                self._counts.unchanged += 1
                self._counts.mark.stored(stamp.version_created_at)

    def _compare_some_labels(self, threads: ThreadPoolExecutor) -> str | None:
        """What `_compare_labels` does for the labels whose turn it is, in a request each, and for those that are on no
        page any more. What Confluence said when it would not give them; None when it did."""
        space = self._space
        try:
            listed = {name: label_id for label_id, name in self._confluence.space_labels(space.space_id).items()}
            with self._db.transaction() as conn:
                here = labels_of_space(conn, space.key)
            turn = labels_in_turn(listed, here, self._labels_to)
            pages = threads.map(lambda name: self._confluence.pages_with_label(listed[name], space.space_id), turn)
            found = {**{name: [] for name in here - set(listed)}, **dict(zip(turn, pages, strict=True))}
        except (RemoteRefused, RemoteBusy, UnreadableRecord) as error:
            return str(error)
        with self._db.transaction(origin="sync") as conn:
            self._hand_on(pages_labelled_otherwise(conn, space.key, found))
            if turn:
                note_labels(conn, space.key, up_to=turn[-1])
        return None

    def _compare_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """Pages with other labels are read by id, one by one, in the merge: a list is no proof that a label is gone."""
        with self._db.transaction() as conn:
            self._hand_on(relabelled_pages(conn, self._space.key, labels))

    def _hand_on(self, relabelled: Sequence[ResourceRef]) -> None:
        named = {ref.resource_id for ref in self._counts.to_merge}
        self._counts.to_merge += [ref for ref in relabelled if ref.resource_id not in named]

    def _finish(self, labels_refused: str | None) -> PagesTally:
        """Only now everything up to the watermark is stored."""
        counts, space = self._counts, self._space.key
        with self._db.transaction() as conn:
            strangers = unknown_people(conn, counts.people)
        people = self._people(strangers)
        with self._db.transaction(origin="sync") as conn:
            store_users(conn, people)
            if not self._missed:
                full_at = self._now if self._whole else None
                advance_watermark(conn, "confluence", space, counts.mark.value, full_at=full_at)
            after = read_watermark(conn, "confluence", space)
            known = count_present_pages(conn, space)
            quarantined = count_quarantined(conn, "confluence", space)
        return PagesTally(
            site=self._site,
            whole=self._whole,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            unreadable=counts.unreadable,
            to_merge=tuple(counts.to_merge),
            completeness=PageCompleteness(known, counts.seen, counts.missing, quarantined, self._saw_all),
            watermark=after.watermark,
            notes=tuple(self._notes(labels_refused)),
        )

    def _people(self, account_ids: Sequence[str]) -> list[User]:
        try:
            return self._confluence.users(account_ids)
        except (RemoteRefused, RemoteBusy, UnreadableRecord) as error:
            self._unnamed.append(f"names of people were not read: {error}")
            return []

    def _notes(self, labels_refused: str | None) -> Iterator[str]:
        if labels_refused is not None:
            yield f"labels were not read: {labels_refused}"
        yield from (*self._missed[:3], *self._unnamed)
        if self._space.status == "archived":
            yield "the space is archived, so its pages cannot be edited; restore it in Confluence to edit them here"
        if self._counts.unlinked:
            yield f"{self._counts.unlinked} pages are not well-formed; which issues they speak of is not known"


def _older_at_end(stamps: Sequence[PageStamp], since: datetime | None, older: int) -> int:
    """How many pages at the end of the list so far are older than `since`; `older` were before these stamps."""
    for stamp in stamps:
        is_older = since is not None and stamp.version_created_at is not None and stamp.version_created_at < since
        older = older + 1 if is_older else 0
    return older
