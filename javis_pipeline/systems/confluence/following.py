"""What hangs on the text of a page and no pull fetches again: its version, and the issues that it speaks of."""

from collections.abc import Collection

from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import replace_issue_links, restrict_pages, rewritten_bodies, store_current_versions
from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.storage.references import issue_references


def follow_texts(db: Database, run_id: str, *, space: str, projects: Collection[str]) -> None:
    """Versions and mentions of issues of the texts of a space that a run merged or sent."""
    with db.transaction(origin="sync") as conn:
        bodies = rewritten_bodies(conn, space, run_id)
        links = {page_id: _links(page_id, body, projects) for page_id, body in bodies.items()}
        known = [page_id for page_id, found in links.items() if found is not None]
        replace_issue_links(conn, known, [link for found in links.values() for link in found or ()])
        store_current_versions(conn, list(bodies))
        restrict_pages(conn, space, {})  # a page that was moved lies below another one now


def _links(page_id: str, body: str | None, projects: Collection[str]) -> list[tuple[str, str, str]] | None:
    """(page id, issue key, kind) of the mentions in a text; None when an edit has made it malformed."""
    try:
        return [(page_id, link.key, link.kind) for link in issue_references(body, projects)]
    except UnreadableText:
        return None
