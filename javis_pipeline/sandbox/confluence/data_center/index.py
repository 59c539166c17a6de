"""The search indexes of a Confluence with two nodes: one of them learns of changes late."""

from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime
from typing import Final

from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.ground import Happened
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.world import World


class NodeIndexes:
    """What searches know of pages; both nodes know all unless the site has such nodes and an index lag."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance: Final = world.random("confluence nodes")
        self._told = {page.page_id: _as_it_is(page) for page in world.confluence.pages.values()}
        self._missed: dict[str, list[tuple[datetime, Page | None]]] = {}
        world.listeners.append(self._hear)

    def _hear(self, happened: Happened) -> None:
        page = self._world.confluence.pages.get(happened.record_id) if happened.service == "confluence" else None
        if page is None:
            return
        before, self._told[page.page_id] = self._told.get(page.page_id), _as_it_is(page)
        if lag := self._world.jira.behaviour.index_lag:
            self._missed.setdefault(page.page_id, []).append((self._world.clock.now() + lag, before))

    def known(self, pages: Iterable[Page]) -> Iterator[Page]:
        """What the node that is asked knows of these pages."""
        is_behind = Trap.TWO_NODES in self._world.jira.behaviour.traps and self._chance.random() < 0.5
        return self._as_missed(pages) if is_behind else iter(pages)

    def _as_missed(self, pages: Iterable[Page]) -> Iterator[Page]:
        now = self._world.clock.now()
        for page in pages:
            missed = [one for one in self._missed.get(page.page_id, ()) if one[0] > now]
            seen = missed[0][1] if missed else page
            if seen is not None:
                yield seen


def _as_it_is(page: Page) -> Page:
    seen = copy(page)
    seen.versions, seen.labels = [*page.versions], [*page.labels]
    return seen
