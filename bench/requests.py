"""How many requests each thing costs: a sync that finds nothing new, an edit, a transition, a page; and so an hour.

Counted by a sandbox, of the sync's steps alone, with what the site told lately known. Beside it what that makes an hour
for so many projects, each with one board and one space, and how far that is from what Atlassian allows.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.places import database, postgres
from javis_pipeline.db.connection import Database
from javis_pipeline.db.migrate import migrate
from javis_pipeline.records.values import System
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.sync.request_costs import BURST, MINUTES, UNCHANGED
from javis_pipeline.wiring import TABLES, open_system

PROJECT: Final = "OPS"
_RECORDS: Final = 120
_PROJECTS: Final = (1, 10, 20, 100)


class Cost(NamedTuple):
    """What something costs.

    Attributes:
        what: In words.
        requests: So many for each.
        most: As many as it may cost.
    """

    what: str
    requests: float
    most: float


def measure() -> int:
    """Print the tables; 1 when something costs more than it may, else 0."""
    with _place() as place:
        costs = list(_costs(place))
    for cost in costs:
        missed = "  MISSED" if cost.requests > cost.most else ""
        print(f"{cost.what:<44}{cost.requests:>7.2f}   <= {cost.most}{missed}")
    each = sum(cost.requests for cost in costs[:2])
    print(f"\n{'requests an hour, unchanged, every':<36}" + "".join(f"{minutes:>8} min" for minutes in MINUTES))
    for projects in _PROJECTS:
        hourly = [projects * each * 60 / minutes for minutes in MINUTES]
        print(f"{f'{projects} projects, a space each':<36}" + "".join(f"{number:>12.0f}" for number in hourly))
    print(f"\nAtlassian sets no limit an hour for an API token; {BURST} a second are {BURST * 3600} an hour.")
    return int(any(cost.requests > cost.most for cost in costs))


class _Place:
    """A site of two products, and a database that is in step with it."""

    def __init__(self, world: World, db: Database, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self.db = db

    def sync(self, system: System) -> int:
        """Pull and write back; how many requests that took."""
        self._world.exchanges.clear()
        with open_system(system, self._settings, self.db) as opened:
            now = datetime.now(UTC)
            job = Job(db=self.db, system=opened, key=PROJECT, run_id=f"bench {now}", clock=lambda: now)
            pull_scope(job)
            write_back_scope(job)
        return len(self._world.exchanges.matching())


@contextmanager
def _place() -> Iterator[_Place]:
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        url = stack.enter_context(database(stack.enter_context(postgres(folder / "postgres"))))
        migrate(url, TABLES)
        world = stack.enter_context(SandboxServer(World(seed=5))).world
        _fill(world)
        db = stack.enter_context(Database(url))
        yield _Place(world, db, _settings(world))


def _settings(world: World) -> Settings:
    values: dict[str, Any] = {
        "_env_file": None,
        "jira_url": world.base_url,
        "jira_email": "javis@example.com",
        "jira_token": world.credentials.api_token,
        "jira_projects": (PROJECT,),
        "confluence_spaces": f"{PROJECT}:{PROJECT}",
    }
    return Settings(**values)


def _fill(world: World) -> None:
    world.jira.create_project(PROJECT, "Operations")
    world.jira.create_sprint(PROJECT, "Sprint 1", state="active")
    space = world.confluence.add_space(PROJECT, "Operations")
    for number in range(_RECORDS):
        world.jira.create(PROJECT, f"Issue {number}")
        world.confluence.create_page(space.space_id, f"Page {number}", "<p>As it was.</p>")


def _costs(place: _Place) -> Iterator[Cost]:
    systems: tuple[System, ...] = ("jira", "confluence")
    for system in systems:
        for _ in range(3):  # the first loads, and the second asks what is then known for an hour
            unchanged = place.sync(system)
        yield Cost(f"{system}: nothing new", unchanged, UNCHANGED[system])
    issues, pages = "UPDATE jira_issues SET ", "UPDATE confluence_pages SET "
    yield _cost(place, "an edit of an issue, of 10", "jira", issues + "title = title || '!'", 10, 2.2)
    yield _cost(place, "an edit of an issue, alone", "jira", issues + "title = title || '!'", 1, 2.2)
    yield _cost(place, "a transition, of 10", "jira", issues + "status = 'In Progress'", 10, 3.2)
    both = issues + "title = title || '?', status = 'Done'"
    yield _cost(place, "an edit and a transition, of 10", "jira", both, 10, 5.2)
    yield _cost(place, "an edit of a page, of 10", "confluence", pages + "title = title || '!'", 10, 3.2)


def _cost(place: _Place, what: str, system: System, edit: str, records: int, most: float) -> Cost:
    """What an edit of so many records costs for each of them, beyond a sync that finds nothing new."""
    unchanged = place.sync(system)
    table = edit.split()[1]
    place.db.query(f"{edit} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} ORDER BY ctid LIMIT {records}))")  # noqa: S608
    asked = place.sync(system)
    left = place.db.query("SELECT count(*) AS n FROM records WHERE sync_status <> 'synced'")[0]["n"]
    if left:
        raise SystemExit(f"bench: {what}: {left} records did not go out; the measurement is worth nothing")
    return Cost(what, (asked - unchanged) / records, most)
