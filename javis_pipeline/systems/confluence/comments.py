"""What is said below pages, as a pull reads it: no new version of one, and no page tells it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from javis_pipeline.db.connection import Database
from javis_pipeline.db.page_comments import (
    Came,
    Known,
    comments_standing,
    known_comments,
    merge_comments,
    note_comments,
)
from javis_pipeline.db.pages import stored_pages
from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records.confluence import PageComment, Space
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.system import Extent
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.comment_records import with_author
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT

# Lists are behind by some minutes, and in the order of a clock that is not ours.
OVERLAP: Final = timedelta(hours=1)
# So many that were not listed are asked for by themselves in a run.
MOST_PROBED: Final = 100
MOST_GONE: Final = 20
# Answers to answers.
MOST_ABOVE: Final = 50


@dataclass
class CommentSweep:
    """What was said below the pages of a space: lately, once an hour; all, once a day and in a whole pull.

    Attributes:
        people: Account ids of authors, once they are stored.
        unreadable: How many comments make no sense.
        too_many: How many were not found, where that is too many to be believed.
        left: Those that were edited here, or about which something is under way: they are for the merge.
    """

    confluence: ConfluenceClient
    space: Space
    extent: Extent
    people: set[str] = field(default_factory=set)
    unreadable: int = 0
    too_many: int = 0
    left: list[ResourceRef] = field(default_factory=list)

    def store(self, db: Database, *, run_id: str, now: datetime) -> None:
        """Store what Confluence tells, and remove what is gone.

        Args:
            db: The product's database.
            run_id: For the audit.
            now: Dates what is stored.

        Raises:
            RemoteRefused, RemoteBusy: It does not tell; nothing was changed.
        """
        key = self.space.key
        with db.transaction() as conn:
            standing, known, pages = comments_standing(conn, key), known_comments(conn, key), stored_pages(conn, key)
        if self.extent == "named" or not (standing.due or self.extent == "whole"):
            return
        whole = self.extent == "whole" or standing.newest is None or not standing.listed
        since = None if whole or standing.newest is None else standing.newest - OVERLAP
        listed = {one.comment_id: one for one in self._listed(since)}
        listed |= self._unread(known.values(), listed)
        placed = self._placed(listed, known, frozenset(pages))
        found = [(page_id, self._with_author(one, known)) for page_id, one in placed if _is_news(one, known)]
        unlisted = [one for one in known.values() if one.comment_id not in listed]
        missing = self._missing(one for one in unlisted if not one.is_over and (whole or one.missing_since))
        if self._are_suspicious(missing, known):
            missing = []
        proved = [one for one in missing if known[one].was_missing]
        over = [one.comment_id for one in unlisted if one.is_over and whole]
        came = Came(found, missing, [*proved, *over])
        with db.transaction(origin="sync") as conn:
            self.left = merge_comments(conn, CONFLUENCE_COMMENT.table, key, came, known, run_id=run_id, now=now)
            note_comments(conn, key, whole=whole and not self.unreadable)
        self.people |= {one.author_id for _, one in found if one.author_id}

    def _listed(self, since: datetime | None) -> Iterator[PageComment]:
        """Those that were saved at or after an instant, and some older ones."""
        for batch in self.confluence.comment_batches(self.space.key):
            comments = [one for one in map(self._read, batch) if one is not None]
            yield from comments
            if since is not None and comments and comments[-1].updated_at < since:
                return

    def _unread(self, known: Iterable[Known], listed: Mapping[str, PageComment]) -> dict[str, PageComment]:
        """Those of ours of which only the id is known yet."""
        wanted = [one.comment_id for one in known if one.updated_at is None and one.comment_id not in listed]
        return {comment_id: one for comment_id in wanted if (one := self._one(comment_id)) is not None}

    def _read(self, document: object) -> PageComment | None:
        try:
            return wire.parse_comment(document)
        except UnreadableRecord:
            self.unreadable += 1
            return None

    def _placed(
        self, listed: Mapping[str, PageComment], known: Mapping[str, Known], pages: frozenset[str]
    ) -> list[tuple[str, PageComment]]:
        """Those on pages of the space, each with the page that it, or what it answers, is below."""
        placed = ((self._page_of(one, listed, known), one) for one in listed.values())
        return [(page_id, one) for page_id, one in placed if page_id in pages]

    def _page_of(
        self, comment: PageComment, listed: Mapping[str, PageComment], known: Mapping[str, Known]
    ) -> str | None:
        above = comment
        for _ in range(MOST_ABOVE):
            if above.page_id is not None or above.parent_id is None:
                return above.page_id
            if above.parent_id in known:
                return known[above.parent_id].page_id
            found = listed.get(above.parent_id) or self._one(above.parent_id)
            if found is None:
                return None
            above = found
        return None

    def _one(self, comment_id: str) -> PageComment | None:
        try:
            return self._read(self.confluence.comment(comment_id))
        except RemoteMissing:
            return None

    def _with_author(self, comment: PageComment, known: Mapping[str, Known]) -> PageComment:
        """With who wrote it, where that is not known and somebody has changed it since."""
        here = known.get(comment.comment_id)
        if here is not None and here.author_id is not None:
            return comment._replace(author_id=here.author_id, created_at=here.created_at or comment.created_at)
        return with_author(self.confluence, comment)

    def _missing(self, unlisted: Iterable[Known]) -> list[str]:
        """Those that are not found by themselves either, those that were missed before first."""
        asked = sorted(unlisted, key=lambda one: (one.missing_since is None, one.comment_id))[:MOST_PROBED]
        return [one.comment_id for one in asked if self._is_missing(one.comment_id)]

    def _are_suspicious(self, missing: Sequence[str], known: Mapping[str, Known]) -> bool:
        """Whether so many are gone at once that something else is the matter; then none is removed."""
        self.too_many = len(missing) if len(missing) > MOST_GONE and len(missing) * 2 > len(known) else 0
        return self.too_many > 0

    def _is_missing(self, comment_id: str) -> bool:
        try:
            self.confluence.comment(comment_id)
        except RemoteMissing:
            return True
        return False


def _is_news(comment: PageComment, known: Mapping[str, Known]) -> bool:
    """Whether an answer is no older than what is here: then it tells nothing."""
    here = known.get(comment.comment_id)
    return here is None or here.updated_at is None or here.updated_at <= comment.updated_at
