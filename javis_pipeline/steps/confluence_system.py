"""Confluence as the sync sees a system: how a space is opened, and both ways to its pages."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from javis_pipeline.clients.confluence.client import ConfluenceClient
from javis_pipeline.clients.confluence.remote import ConfluenceRecords
from javis_pipeline.db.connection import Database
from javis_pipeline.db.pages import pages_to_fetch, replace_issue_links, rewritten_bodies, store_current_versions
from javis_pipeline.errors import UnreadableRecord, UnreadableText
from javis_pipeline.records.values import ResourceRef, ResourceType, System
from javis_pipeline.steps.confluence_site import ConfluenceSite, read_site
from javis_pipeline.steps.ports import Listed, Progress, RemoteRecords
from javis_pipeline.steps.pull_pages import PagesTally, pull_pages
from javis_pipeline.steps.pull_pages_batch import stamp_of
from javis_pipeline.sync.richtext.storage.references import issue_references


@dataclass(frozen=True)
class ConfluenceSystem:
    """A Confluence site.

    Attributes:
        client: Client of the site.
        spaces: Keys of all synced spaces: a page that moves to one of them is followed.
        projects: Keys of the Jira projects whose issues a page may mention by key alone.
    """

    name: ClassVar[System] = "confluence"
    resource_type: ClassVar[ResourceType] = "confluence_page"
    client: ConfluenceClient
    spaces: Collection[str] = ()
    projects: Collection[str] = ()

    def scopes(self, key: str) -> frozenset[str]:
        """The synced spaces."""
        return frozenset({key, *self.spaces})

    def open(self, key: str) -> "OpenSpace":
        """A space, after proving who we are and that it is visible."""
        return OpenSpace(self.client, read_site(self.client, key), self.projects)


@dataclass(frozen=True)
class OpenSpace:
    """A space that is visible to us."""

    client: ConfluenceClient
    site: ConfluenceSite
    projects: Collection[str]

    @property
    def account_id(self) -> str:
        """As whom we read and write."""
        return self.site.identity.account_id

    @property
    def unwritable(self) -> Mapping[str, str]:
        """Every site takes every field of a page."""
        return {}

    @property
    def records(self) -> RemoteRecords:
        """Its pages, one by one."""
        space = self.site.space
        why = None if space.status == "current" else f"the space is {space.status}; restore it in Confluence"
        return ConfluenceRecords(self.client, {space.space_id: space.key}, read_only=why)

    def pull(
        self,
        db: Database,
        *,
        run_id: str,
        now: datetime,
        full: bool,
        also: Collection[str],
        again: Collection[str],
        progress: Progress,
    ) -> PagesTally:
        """Bring the stored pages up to what Confluence holds, except those that need a merge.

        `again` needs no request: a page changes with its version, except for labels, which have a round of their own.
        """
        del again
        return pull_pages(
            db,
            self.client,
            self.site,
            run_id=run_id,
            now=now,
            projects=self.projects,
            full=full,
            also=also,
            progress=progress,
        )

    def listed(self, db: Database) -> Listed:
        """The pages of the space that the list makes sense of: one that it leaves out is asked for by itself."""
        space = self.site.space
        stamps = []
        for document in self.client.pages(space.space_id):
            with suppress(UnreadableRecord):
                stamps.append(stamp_of(document))
        with db.transaction() as conn:
            wanted = pages_to_fetch(conn, stamps)
        return Listed(
            frozenset(stamp.page_id for stamp in stamps),
            [ResourceRef("confluence_page", page_id, space.key, page_id) for page_id in sorted(wanted)],
        )

    def follow(self, db: Database, run_id: str) -> None:
        """Versions and mentions of issues of the texts that the run merged or sent: no pull fetches them again."""
        with db.transaction(origin="sync") as conn:
            bodies = rewritten_bodies(conn, self.site.space.key, run_id)
            links = {page_id: self._links(page_id, body) for page_id, body in bodies.items()}
            known = [page_id for page_id, found in links.items() if found is not None]
            replace_issue_links(conn, known, [link for found in links.values() for link in found or ()])
            store_current_versions(conn, list(bodies))

    def _links(self, page_id: str, body: str | None) -> list[tuple[str, str, str]] | None:
        """(page id, issue key, kind) of the mentions in a text; None when an edit has made it malformed."""
        try:
            return [(page_id, link.key, link.kind) for link in issue_references(body, self.projects)]
        except UnreadableText:
            return None
