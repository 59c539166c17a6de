"""A space of the sandbox and our copy of it: what tests of pages do on both sides."""

import itertools
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.confluence.site import ConfluenceSite, Page
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.steps.reconcile import Reconciled
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.sync.policies import Policies
from javis_pipeline.sync.run import Rules, Run
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_runs = itertools.count(1)


class Synced(NamedTuple):
    """What a whole run did."""

    pulled: Tally
    merged: Reconciled
    sent: WrittenBack


def a_client(
    world: World, exchanges: list[Exchange] | None = None, *, email: str = "ada@example.com"
) -> ConfluenceClient:
    """A client that waits for nothing."""
    return ConfluenceClient(
        world.base_url,
        email,
        world.credentials.api_token,
        limits=Limits(tries=2),
        sleep=lambda seconds: None,
        rate=1000,
        record=(lambda _: None) if exchanges is None else exchanges.append,
    )


def a_data_center_client(
    world: World, exchanges: list[Exchange] | None = None, *, name: str = "ada"
) -> ConfluenceClient:
    """The same for the sandbox's self-hosted Confluence."""
    return DataCenterClient(
        f"{world.base_url}/confluence",
        None,
        world.credentials.personal_token("ada"),
        limits=Limits(tries=2),
        sleep=lambda seconds: None,
        rate=1000,
        record=(lambda _: None) if exchanges is None else exchanges.append,
    )


class SyncedSpace:
    """The space ENG on both sides.

    Attributes:
        now: The runs' clock.
    """

    def __init__(self, database: Database, world: World, client: ConfluenceClient) -> None:
        self.database = database
        self.world = world
        self.client = client
        self.now = NOON
        self.policies: Policies = {}

    @property
    def site(self) -> ConfluenceSite:
        return self.world.confluence

    # what people do

    def page(self, title: str, body: str = "<p>Text.</p>", **options: Any) -> Page:
        """A new page in Confluence."""
        self.world.clock.advance(timedelta(minutes=1))
        return self.site.create_page(self.site.space("ENG").space_id, title, body, **options)

    def edit_there(self, page: Page, **changes: Any) -> None:
        """A person saves the page in the browser."""
        self.world.clock.advance(timedelta(minutes=1))
        self.site.edit_page(page.page_id, **changes)

    def edit_here(self, page: Page, **columns: object) -> None:
        """A person's UPDATE."""
        for name, value in columns.items():
            self.database.query(f"UPDATE confluence_pages SET {name} = %s WHERE page_id = %s", [value, page.page_id])

    def row(self, page: Page) -> dict[str, Any]:
        return self.database.query("SELECT * FROM confluence_pages WHERE page_id = %s", [page.page_id])[0]

    # what the sync does

    def job(
        self,
        run_id: str | None = None,
        *,
        rules: Rules | None = None,
        spaces: Collection[str] = (),
        overrides: Overrides = NO_OVERRIDES,
        key: str = "ENG",
    ) -> Job:
        return Job(
            db=self.database,
            system=ConfluenceSystem(self.client, scopes=spaces, projects=["OQC"], policies=self.policies),
            key=key,
            run_id=run_id or f"run-{next(_runs)}",
            clock=lambda: self.now,
            rules=rules or Rules(),
            overrides=overrides,
        )

    @property
    def run(self) -> Run:
        """A run that only changes our side."""
        job = self.job()
        return job.run(job.open())

    def pull(self, *, full: bool = False) -> Tally:
        return pull_scope(self.job(), full=full).tally

    def sync(self, *, full: bool = False, rules: Rules | None = None, overrides: Overrides = NO_OVERRIDES) -> Synced:
        """A whole run; the clock moves on."""
        self.now += timedelta(minutes=15)
        job = self.job(rules=rules, overrides=overrides)
        pulled, merged = pull_scope(job, full=full)
        return Synced(pulled, merged, write_back_scope(job))
