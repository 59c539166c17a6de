"""Making pages in Confluence: what was made in a space since, and the one request that makes a page.

No mark travels with that request: it follows in one of its own, which may not come to pass. So a page without one that
our account made in the window of a request, as it was asked for, is what that request made: no other page of the space
can have had its title.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from javis_pipeline.clients.reading import answered
from javis_pipeline.clients.site_clock import SiteClock
from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import page_place
from javis_pipeline.errors import RemoteError, RemoteMissing, SettingError, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.confluence import Page, Space
from javis_pipeline.records.create import IN_DOUBT, Form, Made, Met, Walk, Wish
from javis_pipeline.records.values import Value
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.made import mark_in, met, noted_for

log = logging.getLogger(__name__)

# Instants of one site differ among themselves, and from what it says of the time.
_MARGIN: Final = timedelta(minutes=2)
# Labels are added by requests of their own.
_GOES_ALONG: Final = ("title", "body_storage", "parent_id")


class PageCreates:
    """Making pages in one space.

    Args:
        client: Client of the site.
        space: The space.
        kind: What a page is there.
        account_id: Ours.
        database: Tells where parents are.
    """

    def __init__(
        self,
        client: ConfluenceClient,
        space: Space,
        kind: Kind,
        account_id: str,
        database: Database,
    ) -> None:
        self._client = client
        self._space = space
        self._kind = kind
        self._account_id = account_id
        self._database = database
        self._site_clock = SiteClock(client)

    def now(self) -> datetime:
        """Confluence's time; no earlier than it is."""
        return self._site_clock.now()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All pages of the space that were made since the first of the wishes was; `above` is an instant in seconds."""
        del known
        at, fences = self.now(), [wish.creation.fence for wish in wishes if wish.creation.fence]
        since = min(datetime.fromtimestamp(above, UTC), *(fence.at for fence in fences), at) - _MARGIN
        ours = {self._account_id, *(fence.account_id for fence in fences)}
        doubtful = [wish for wish in wishes if wish.creation.state in IN_DOUBT]
        seen: list[Met] = []
        is_whole = True
        for document in self._client.pages_made_since(self._space.space_id, since):
            try:
                page = wire.parse_page(document, self._space.key)
            except UnreadableRecord:  # it may be one of ours
                is_whole = False
                continue
            seen.append(self._met(page, doubtful) if page.author_id in ours else met(page, None))
        return Walk(at=at, above=above, met=tuple(seen), since=since if is_whole else None, marked_later=True)

    def _met(self, page: Page, doubtful: Sequence[Wish]) -> Met:
        try:
            mark = mark_in(self._client.mark_of(page.page_id))
        except RemoteMissing:  # it is gone since it was listed
            return met(page, None)
        return met(page, mark, () if mark else self._alike(page, doubtful))

    def _alike(self, page: Page, doubtful: Sequence[Wish]) -> Collection[UUID]:
        """The wish whose request asked for a page like this one, as it was at first."""
        for wish in doubtful:
            above = wish.asked["parent_id"] or self._space.homepage_id
            if above not in (page.parent_id, None):
                continue
            if (first := self._first_version(page.page_id)) and self._is_asked_for(first, wish):
                return [wish.creation.record_id]
        return ()

    def _first_version(self, page_id: str) -> Page | None:
        try:
            return wire.parse_page(self._client.get_page(page_id, version=1), self._space.key)
        except (RemoteMissing, UnreadableRecord):
            return None

    def _is_asked_for(self, first: Page, wish: Wish) -> bool:
        if first.body_storage is MISSING or first.title != wish.asked["title"]:
            return False
        return self._kind.fields["body_storage"].means_the_same(first.body_storage, wish.asked["body_storage"] or "")

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would make it; or why there is none."""
        wanted = {**wish.values, "body_storage": wish.values["body_storage"] or ""}
        parent_id = wish.values["parent_id"]
        given = {name: value for name, value in wanted.items() if name != "parent_id" or parent_id is not None}
        if problem := next(self._problems(given, catalog), None):
            return problem
        if parent_id is not None and (problem := self._parent_problem(str(parent_id))):
            return f"parent_id: {problem}"
        local = {name: value for name, value in given.items() if name in _GOES_ALONG}
        request = {"title": wanted["title"], "body_storage": wanted["body_storage"], "parent_id": parent_id}
        later = tuple(name for name, value in given.items() if name not in local and value)
        return Form(local=local, raw=local, later=later, request=request)

    def _problems(self, values: dict[str, Value], catalog: Catalog) -> Iterator[str]:
        for name, value in values.items():
            codec = self._kind.fields[name].codec
            if why := codec.problem(value, catalog):
                yield f"{name}: {why}"
            elements: Iterable[tuple[str, str]] = ()
            if isinstance(value, tuple):
                elements = codec.bad_elements(value, catalog).items()
            yield from (f"{name}: '{element}' {why}" for element, why in elements)

    def _parent_problem(self, parent_id: str) -> str | None:
        """What is wrong with a parent that is known here; of others Confluence tells."""
        place = page_place(self._database, parent_id)
        if place is None or place == (self._space.key, "current"):
            return None
        space, status = place
        if space != self._space.key:
            return f"page {parent_id} is in space {space}; a page stands in the space of its parent"
        return f"page {parent_id} is {status}; name a current one"

    def create(self, record_id: UUID, form: Form) -> Made:
        """Make a page, and note the record's name beside it."""
        document = self._client.create_page(self._space.space_id, **form.request)
        page_id = answered("confluence page", lambda: wire.parse_page_id(document))
        try:
            self._client.mark_page(page_id, noted_for(record_id))
        except (RemoteError, SettingError) as error:  # it is made all the same
            log.warning("page %s bears no mark of ours; it is known by its id only: %s", page_id, error)
        return Made(remote_id=page_id, key=page_id)
