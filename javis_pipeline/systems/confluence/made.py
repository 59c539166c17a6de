"""Pages that our account made, and the marks that are noted beside them: pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from javis_pipeline.clients.reading import as_uuid_or_none
from javis_pipeline.records.confluence import Page
from javis_pipeline.records.create import Met

RECORD: Final = "record"


def mark_in(noted: object) -> UUID | None:
    """The wish that a page says it is; None when it says nothing of the kind."""
    return as_uuid_or_none(noted.get(RECORD)) if isinstance(noted, Mapping) else None


def noted_for(record_id: UUID) -> dict[str, Any]:
    """What is noted beside the page that is made of a wish."""
    return {RECORD: str(record_id)}


def met(page: Page, mark: UUID | None, alike: Collection[UUID] = ()) -> Met:
    """A page as a walk or a pull meets it. One that does not say when it was made was made when it was saved."""
    return Met(
        remote_id=page.page_id,
        key=page.page_id,
        number=None,
        created_at=page.created_at or page.version_created_at,
        creator_id=page.author_id,
        mark=mark,
        type_name="page",
        title=page.title,
        alike=alike,
    )
