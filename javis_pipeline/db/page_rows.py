"""Rows of pages, and how COPY wants them written.

Needs no database driver: a long load makes them in processes of their own (`steps/worker_processes.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from javis_pipeline.db.content_hash import array_text, content_hasher
from javis_pipeline.db.copy_lines import copy_lines
from javis_pipeline.records.tables import Table

NOTHING_LISTED: Final[Mapping[str, Sequence[str]]] = {}


class PageRow(NamedTuple):
    """A page: the columns of `confluence_pages`, instants as PostgreSQL's text of them.

    `labels` are sorted, or None where they were not read.
    """

    page_id: str
    space_key: str
    space_id: str
    title: str
    body_storage: str
    parent_id: str | None
    status: str
    version_number: int
    version_created_at: str
    version_author_id: str | None
    version_message: str | None
    author_id: str | None
    labels: tuple[str, ...] | None
    created_at: str | None

    @property
    def columns(self) -> tuple[str | int | None, ...]:
        """The values of the columns up to `created_at`, for COPY."""
        return (*self[:12], array_text(self.labels or ()), self.created_at)


def new_page_lines(
    rows: Sequence[PageRow], table: Table, listed: Mapping[str, Sequence[str]] = NOTHING_LISTED
) -> dict[str, bytes]:
    """Page id to its row, as it is stored where nothing is known of the page: written for COPY, with the content hash.

    Args:
        rows: One per page.
        table: The table of pages.
        listed: Page id to its sorted labels, for rows that came without. Only here: of what is stored, a list proves
            nothing.
    """
    content_hash = content_hasher(table)
    whole = [row if row.labels is not None else row._replace(labels=tuple(listed.get(row.page_id, ()))) for row in rows]
    lines = copy_lines([(*row.columns, content_hash(row)) for row in whole])
    return {row.page_id: line for row, line in zip(rows, lines, strict=True)}
