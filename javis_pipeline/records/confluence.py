"""What Confluence holds, as values: spaces, pages, versions. Instants are UTC-aware."""

from datetime import datetime
from typing import NamedTuple

from javis_pipeline.records import Missing


class Space(NamedTuple):
    """A space as the account sees it; `status` is current, archived or trashed."""

    space_id: str
    key: str
    name: str
    status: str
    homepage_id: str | None


class Page(NamedTuple):
    """One page. Field names are the columns of `confluence_pages`.

    `parent_type` tells what `parent_id` is: page, folder, whiteboard ... `body_storage` is MISSING when the answer came
    without a body, `labels` (sorted names of global labels) when it came without labels or with a part of them only.
    """

    page_id: str
    space_key: str
    space_id: str
    title: str
    body_storage: str | Missing
    parent_id: str | None
    parent_type: str | None
    status: str
    version_number: int
    version_created_at: datetime
    version_author_id: str | None
    version_message: str | None
    author_id: str | None
    labels: list[str] | Missing
    created_at: datetime | None


class PageVersion(NamedTuple):
    """A version of a page. `number` is a position, no identity: when a version is deleted, later ones move up."""

    number: int
    created_at: datetime
    author_id: str | None
    message: str | None


class PageComment(NamedTuple):
    """A comment below the text of a page.

    Attributes:
        page_id: None for an answer of which only the comment above it was told.
        parent_id: The comment that it answers.
        author_id, created_at: None where only who changed it last was told.
    """

    comment_id: str
    page_id: str | None
    parent_id: str | None
    body_storage: str
    version: PageVersion
    author_id: str | None
    created_at: datetime | None

    @property
    def version_number(self) -> int:
        """How often it was saved."""
        return self.version.number

    @property
    def updated_at(self) -> datetime:
        """When it was saved last."""
        return self.version.created_at


class PageStamp(NamedTuple):
    """What a list tells of a page without its body: enough to see whether it is stored as it is.

    A page that cannot be read has an id only: it has to be fetched to be quarantined.
    """

    page_id: str
    version_number: int | None = None
    version_created_at: datetime | None = None
    status: str = ""
    parent_id: str | None = None
    space_id: str = ""

    @property
    def remote_id(self) -> str:
        return self.page_id

    @property
    def key(self) -> str:
        """The id again: a page has no other name than its title, which changes."""
        return self.page_id

    @property
    def changed_at(self) -> datetime | None:
        return self.version_created_at
