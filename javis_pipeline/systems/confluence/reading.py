"""Texts of pages as PostgreSQL gets them, and the issues that they speak of. Pure, so that a second process can do it;
most of a first load's work."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from javis_pipeline.db.page_rows import PageRow, new_page_lines
from javis_pipeline.errors import UnreadableText
from javis_pipeline.records.tables import Table
from javis_pipeline.sync.richtext.storage.references import issue_references


class TextsRead(NamedTuple):
    """What the texts of pages hold.

    Attributes:
        lines: Page id to its row as a new page, written for COPY.
        links: (page id, issue key, kind) of the mentions of issues.
        unlinked: Ids of pages whose text is not well-formed, so that its mentions are not known.
    """

    lines: dict[str, bytes]
    links: list[tuple[str, str, str]]
    unlinked: list[str]


def read_texts(
    rows: Sequence[PageRow], table: Table, projects: Collection[str], listed: Mapping[str, Sequence[str]]
) -> TextsRead:
    """Read the texts of these pages.

    Args:
        rows: One per page.
        table: The table of pages.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
        listed: Page id to its sorted labels, for rows that came without.
    """
    found = TextsRead(new_page_lines(rows, table, listed), [], [])
    for row in rows:
        try:
            mentions = issue_references(row.body_storage, projects)
        except UnreadableText:
            found.unlinked.append(row.page_id)
        else:
            found.links.extend((row.page_id, mention.key, mention.kind) for mention in mentions)
    return found
