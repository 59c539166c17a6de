"""One batch of a pull of pages: fetched from Confluence and turned into rows."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from javis_pipeline.clients.reading import id_of
from javis_pipeline.db.page_rows import PageRow
from javis_pipeline.errors import RemoteBusy, RemoteMissing, RemoteRefused, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.confluence import Page, PageStamp, PageVersion, Space
from javis_pipeline.records.create import Met
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.steps.bad_answers import Endurance, Unreadable, kept, not_about_it, not_given
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.made import mark_in, met

log = logging.getLogger(__name__)

# A megabyte or two. Larger batches would need fewer requests, but more memory, and leave threads idle at the end.
BULK_SIZE: Final = 100
# Pages that are asked for one by one, with their labels and versions, are spread over all threads.
SINGLE_SIZE: Final = 2
# So many labels may come with a page; Confluence does not say reliably whether there are more.
_MOST_INCLUDED: Final = 50


class PageBatch(NamedTuple):
    """What became of the wanted pages.

    Attributes:
        wanted: The hits that the batch was fetched for.
        rows: The pages that could be read.
        versions: Versions that came with the pages, each with its page's id.
        people: Account ids of authors.
        absent: Ids that are not there, or that we may not see, although Confluence listed them.
        made: Pages that our account made, where rows become pages.
        lines, links, unlinked: What their texts hold, as `reading.TextsRead` has it.
    """

    wanted: Sequence[PageStamp]
    rows: list[PageRow]
    versions: list[tuple[str, PageVersion]]
    people: set[str]
    unreadable: list[Unreadable]
    absent: list[str]
    made: list[Met]
    lines: Mapping[str, bytes] = MappingProxyType({})
    links: Sequence[tuple[str, str, str]] = ()
    unlinked: Sequence[str] = ()

    @property
    def brought(self) -> dict[str, datetime]:
        """Id to the version that came."""
        return {row.page_id: datetime.fromisoformat(row.version_created_at) for row in self.rows}

    def without(self, held: Collection[str]) -> "PageBatch":
        """The batch without some of its pages."""
        if not held:
            return self
        return self._replace(
            rows=[row for row in self.rows if row.page_id not in held],
            versions=[one for one in self.versions if one[0] not in held],
            links=[link for link in self.links if link[0] not in held],
        )


class PageReader:
    """Fetches batches. Safe to share between threads.

    Args:
        confluence: Client of the site.
        space: The space.
        singly: Ask for each page by itself, with its labels and versions. Else many come in one request, without.
        maker: Our account, where rows become pages.
    """

    def __init__(self, confluence: ConfluenceClient, space: Space, *, singly: bool, maker: str | None = None) -> None:
        self._confluence = confluence
        self._space = space
        self._singly = singly
        self._maker = maker
        self.batch_size = SINGLE_SIZE if singly else BULK_SIZE
        self._endurance = Endurance()

    def read(self, wanted: Sequence[PageStamp]) -> PageBatch:
        """Fetch these pages and read them."""
        batch = PageBatch(wanted, [], [], set(), [], [], [])
        # A hit can come twice: a page that is saved moves on in the list, and a census may name one that was found.
        ids = list(dict.fromkeys(stamp.page_id for stamp in wanted))
        if not self._singly:
            ids = [*self._add_bulk(batch, ids)]
        for page_id in ids:
            self._add_single(batch, page_id)
        return batch

    def _add_bulk(self, batch: PageBatch, ids: Sequence[str]) -> Sequence[str]:
        """Add pages that are asked for together; the ids of those that did not come: the answer's silence proves
        nothing, nor does its failure."""
        try:
            documents = self._confluence.fetch_pages(ids).documents
        except (RemoteRefused, RemoteBusy) as error:
            self._endurance.bear(error)
            return ids
        self._endurance.answered()
        wanted = dict.fromkeys(ids)
        for document in documents:
            if id_of(document) in wanted:  # each once
                del wanted[id_of(document)]
                self._add(batch, document)
        return list(wanted)

    def _add_single(self, batch: PageBatch, page_id: str) -> None:
        try:
            document = self._confluence.get_page(page_id, labels=True, versions=True, marks=self._maker is not None)
        except RemoteMissing:
            batch.absent.append(page_id)
        except (RemoteRefused, RemoteBusy) as error:
            self._endurance.bear(error)
            batch.unreadable.append(not_given(page_id, error))
        else:
            self._endurance.answered()
            if id_of(document) == page_id:
                self._add(batch, document)
            else:
                batch.unreadable.append(not_about_it(page_id))

    def _add(self, batch: PageBatch, document: JsonObject) -> None:
        try:
            page = wire.parse_page(document, self._space.key)
            row = page_row(self._with_all_labels(page))
            versions = wire.parse_included_versions(document, page.page_id) or [_version(page)]
        except UnreadableRecord as error:
            remote_id = id_of(document)
            at = next((stamp.version_created_at for stamp in batch.wanted if stamp.page_id == remote_id), None)
            batch.unreadable.append(Unreadable(remote_id, at, kept(document), str(error)))
        except RemoteMissing:
            batch.absent.append(id_of(document))  # gone since the request before
        else:
            batch.rows.append(row)
            batch.versions.extend((page.page_id, version) for version in versions)
            people = {page.author_id, page.version_author_id, *(version.author_id for version in versions)}
            batch.people.update(account_id for account_id in people if account_id)
            if self._maker is not None and page.author_id == self._maker:
                batch.made.append(met(page, mark_in(wire.noted_in(document))))

    def _with_all_labels(self, page: Page) -> Page:
        cut_off = page.labels is not MISSING and len(page.labels) >= _MOST_INCLUDED
        if not cut_off and not (self._singly and page.labels is MISSING):
            return page
        try:
            return page._replace(labels=self._confluence.labels(page.page_id))
        except RemoteMissing:
            raise
        except (RemoteRefused, RemoteBusy, UnreadableRecord) as error:
            log.warning("labels of page %s were not read and stay as they were: %s", page.page_id, error)
            return page._replace(labels=MISSING)


def _version(page: Page) -> PageVersion:
    """The version that a page is at."""
    return PageVersion(page.version_number, page.version_created_at, page.version_author_id, page.version_message)


def stamp_of(document: JsonObject) -> PageStamp:
    """What a list tells of a page; only its id when the rest makes no sense. UnreadableRecord without one."""
    try:
        page = wire.parse_page(document, "")
    except UnreadableRecord:
        return PageStamp(wire.parse_page_id(document))
    return PageStamp(
        page.page_id, page.version_number, page.version_created_at, page.status, page.parent_id, page.space_id
    )


def page_row(page: Page) -> PageRow:
    """The row of a page; UnreadableRecord when it came without its body."""
    if page.body_storage is MISSING:
        raise UnreadableRecord(f"confluence page {page.page_id} came without its body", remote_id=page.page_id)
    labels = page.labels
    return PageRow(
        page_id=page.page_id,
        space_key=page.space_key,
        space_id=page.space_id,
        title=page.title,
        body_storage=page.body_storage,
        parent_id=page.parent_id,
        status=page.status,
        version_number=page.version_number,
        version_created_at=_text(page.version_created_at) or "",
        version_author_id=page.version_author_id,
        version_message=page.version_message,
        author_id=page.author_id,
        labels=None if labels is MISSING else tuple(labels),
        created_at=_text(page.created_at),
    )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
