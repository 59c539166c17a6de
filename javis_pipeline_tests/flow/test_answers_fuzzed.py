"""Law: whatever a site answers, there is no traceback, no hang and no wrong value, and the rest goes on.

Answers of the sandbox are spoiled on their way through a proxy, in pulls, merges, write-backs and censuses of a project
and a space that people edit on both sides; then the weather clears, and both sides have to agree. `make fuzz` spoils
ten thousand answers; JAVIS_FUZZED_ANSWERS sets the number.
"""

import random
import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import JavisError
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.sync_scope import count_scope
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient as OwnConfluence
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center import DataCenterClient
from javis_pipeline.systems.jira.rows import issue_row
from javis_pipeline.systems.jira.site import read_site
from javis_pipeline_tests.confluence_spaces import SyncedSpace
from javis_pipeline_tests.flow.test_sync_two_way import Both
from javis_pipeline_tests.mutating_proxy import MutatingProxy, Passing, mutating_proxy, unchanged
from javis_pipeline_tests.mutations import spoiled
from javis_pipeline_tests.property.sync_histories import how_many

ANSWERS = how_many("JAVIS_FUZZED_ANSWERS", usual=160, thorough=10_000)
PARTS = 4
_NUMBERS = re.compile(r"(OPS-)?\d+")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONGEST_SECONDS = 60.0
ROUNDS_OF_WEATHER = 10
EDITS = 4
# One fault alone is met deep inside; several at once meet each other, and a run is what costs time.
AT_ONCE = (1, 2, 4, 8)
LIMITS = Limits(connect_seconds=5, read_seconds=5, call_seconds=10, tries=2, wait_seconds=1)
ALL_ALLOWED = Overrides(writes=10_000, deletions=10_000, missing=10_000)

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(7200)]


@dataclass
class Weather:
    """Spoils some of the answers to requests that have one of some words in their method and path, at the word's rate.

    The word "" stands for all but those that are `spared`.
    """

    rng: random.Random
    rates: Mapping[str, float]
    spared: tuple[str, ...] = ()
    spoiled: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, method: str, path: str, answer: Passing) -> Passing | None:
        with self.lock:
            if self.rng.random() >= self.rate_of(f"{method} {path}"):
                return answer
            self.spoiled[f"{method} {_NUMBERS.sub('N', path.partition('?')[0])}"] += 1
            return spoiled(answer, self.rng)

    def rate_of(self, request: str) -> float:
        is_spared = any(word in request for word in self.spared)
        rates = [rate for word, rate in self.rates.items() if (word or not is_spared) and word in request]
        return max(rates, default=0)


@dataclass
class Storm:
    """A project and a space on both sides, with weather in between."""

    database: Database
    world: World
    proxy: MutatingProxy
    rng: random.Random
    titles: dict[str, set[str]] = field(default_factory=dict)
    uncaught: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    spoiled: Counter[str] = field(default_factory=Counter)
    edits: int = 0

    def play(self, answers: int) -> None:
        """Weather until so many answers were spoiled; after some rounds it clears, and both sides have to agree."""
        rounds = 0
        while self.spoiled.total() < answers:
            rounds += 1
            self.edit()
            rates = dict(self.rng.sample(WEATHERS, self.rng.choice(AT_ONCE)))
            weather = self.proxy.change = Weather(self.rng, rates, OF_THE_SITE)
            self.sync_all(self.proxy.url, full=self.rng.random() < 0.4)
            self.proxy.change = unchanged
            self.spoiled += weather.spoiled
            if rounds % ROUNDS_OF_WEATHER == 0:
                self.clear_up()
        self.clear_up()

    def edit(self) -> None:
        """People at work on both sides."""
        for _ in range(EDITS):
            self.edits += 1
            key, there = f"OPS-{self.rng.randint(1, 8)}", f"OPS-{self.rng.randint(1, 8)}"
            self.titles[key].add(f"here {self.edits}")
            statement = "UPDATE jira_issues SET title = %s, story_points = %s WHERE key = %s"
            self.database.query(statement, [f"here {self.edits}", self.rng.randint(1, 9), key])
            self.titles[there].add(f"there {self.edits}")
            self.world.jira.edit(there, title=f"there {self.edits}", labels=["team", f"l{self.edits % 5}"])
        self.database.query("UPDATE jira_issues SET status = 'In Progress' WHERE key = 'OPS-2'")
        pages = [page for page in self.world.confluence.pages.values() if page.status == "current"]
        page, other = self.rng.choice(pages), self.rng.choice(pages)
        statement = "UPDATE confluence_pages SET body_storage = %s WHERE page_id = %s"
        self.database.query(statement, [f"<p>here {self.edits}</p>", page.page_id])
        self.world.confluence.edit_page(other.page_id, body=f"<p>there {self.edits}</p>")

    def sync_all(self, url: str, *, full: bool, force: str = "none") -> None:
        """Each step by itself, whatever became of the others."""
        with clients(self.world, url) as (jira, confluence):
            both = Both(self.database, self.world, jira, runs=self.edits * 100)
            space = SyncedSpace(self.database, self.world, confluence)
            space.now = self.world.clock.now()
            self.attempt(lambda: both.sync(full=full, overrides=ALL_ALLOWED, force=force))
            self.attempt(lambda: count_scope(both.job(ALL_ALLOWED)))
            self.attempt(lambda: space.sync(full=full, overrides=ALL_ALLOWED))
            self.attempt(lambda: count_scope(space.job(overrides=ALL_ALLOWED)))

    def attempt(self, step: Callable[[], object]) -> None:
        began_at = time.monotonic()
        try:
            step()
        except JavisError as error:
            self.caught[type(error).__name__] += 1
            if "\n" in str(error):
                self.uncaught[f"more than one line: {error}"] += 1
        except Exception as error:  # noqa: BLE001 - what this test is about
            places = [
                f"{frame.filename.rpartition('javis_pipeline')[2]}:{frame.lineno}"
                for frame in traceback.extract_tb(error.__traceback__)[-3:]
            ]
            self.uncaught[f"{type(error).__name__} {error} at {' < '.join(reversed(places))}"[:400]] += 1
        assert time.monotonic() - began_at < LONGEST_SECONDS, "a step took too long"

    def clear_up(self) -> None:
        """Two whole runs without weather, in which the remote wins, make both sides equal; one takes no more doubt."""
        before = self.caught.copy()
        for _ in range(2):
            self.sync_all(self.world.base_url, full=True, force="remote")
        assert self.caught == before, "in good weather nothing fails"
        with clients(self.world, self.world.base_url) as (jira, _):
            self.compare(jira)

    def compare(self, jira: JiraClient) -> None:
        """Our rows are what Jira holds, and Jira holds nothing that nobody wrote."""
        fields = read_site(jira, "OPS").fields
        rows = {row["jira_id"]: row for row in self.database.query(ROWS)}
        for document in jira.search("project = OPS", wire.issue_fields(fields)):
            there = issue_row(wire.parse_issue(jira.get_issue(document["id"]), fields))
            assert there.title in self.titles[there.key], f"{there.key} has a title that nobody wrote: {there.title}"
            here = rows[there.jira_id]
            if here["sync_errors"] == "{}":
                told = {name: _text(value) for name in SHOWN if (value := getattr(there, name)) is not None}
                assert {name: here[name] for name in SHOWN if here[name] is not None} == told


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


SHOWN = ("key", "title", "description", "labels", "priority", "status", "due_date", "story_points", "sprint", "flagged")
ROWS = f"SELECT {', '.join(f'{name}::text' for name in ('jira_id', 'sync_errors', *SHOWN))} FROM jira_issues"
# Without these nothing goes on, so they have weather of their own.
OF_THE_SITE = ("myself", "project/search", "2/project?", "serverInfo", "user/current", "/spaces", "/rest/api/space")
WEATHERS = (
    ("", 0.1),
    ("", 0.3),
    ("PUT /", 0.7),
    ("POST /", 0.5),
    ("/rest/api/3/issue/", 0.4),
    ("/rest/api/2/issue/", 0.4),
    ("bulkfetch", 0.8),
    ("search", 0.6),
    ("/agile/", 0.8),
    ("/field", 0.9),
    ("/changelog", 0.7),
    ("/wiki/api/v2/pages", 0.5),
    ("/wiki/", 0.2),
    ("/content/scan", 0.6),
    ("/content/", 0.4),
    ("/confluence/", 0.2),
    ("/pat/", 0.9),
    ("mode", 0.9),
    ("/properties/", 0.9),
    ("/label", 0.7),
    ("/version", 0.7),
    ("transitions", 0.9),
    ("myself", 0.5),
    ("project", 0.6),
    ("/space", 0.6),
    ("user/current", 0.6),
    ("status", 0.8),
    ("priority", 0.8),
    ("users-bulk", 0.9),
    ("count", 0.9),
    ("operations", 0.9),
)


@contextmanager
def clients(world: World, url: str) -> Iterator[tuple[JiraClient, ConfluenceClient]]:
    """New ones: what one learnt of limits in bad weather holds for a day."""
    options: dict[str, Any] = {"limits": LIMITS, "sleep": lambda _: None, "rate": 10_000.0}
    jira: JiraClient
    confluence: ConfluenceClient
    if world.edition == "cloud":
        token = world.credentials.api_token
        jira = JiraClient(url, "us@example.com", token, **options)
        confluence = ConfluenceClient(url, "us@example.com", token, **options)
    else:
        token = world.credentials.personal_token("javis")
        jira = DataCenterClient(f"{url}/jira", None, token, **options)
        confluence = OwnConfluence(f"{url}/confluence", None, token, **options)
    with jira, confluence:
        yield jira, confluence


@contextmanager
def small_world(edition: Edition = "cloud") -> Iterator[World]:
    """A served project and a space with a little of everything."""
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create_sprint("OPS", "S1", state="active")
        for number in range(1, 9):
            world.jira.create("OPS", f"Issue {number}", priority="Medium", labels=["team"])
            world.jira.edit(f"OPS-{number}", story_points=number, sprint="S1", flagged=number % 2 == 0)
            world.jira.comment(f"OPS-{number}", "Some words.")
            world.jira.log_work(f"OPS-{number}", 600)
        world.jira.link("OPS-1", "Blocks", "OPS-2")
        world.confluence.add_space("ENG", "Engineering", at=NOON - timedelta(days=30))
        for number in range(1, 6):
            page = world.confluence.create_page(world.confluence.space("ENG").space_id, f"Page {number}", "<p>Text</p>")
            world.confluence.add_label(page.page_id, f"label{number % 2}")
        yield world


@contextmanager
def a_storm(database: Database, seed: int, edition: Edition = "cloud") -> Iterator[Storm]:
    with small_world(edition) as world, mutating_proxy(world.base_url) as proxy:
        storm = Storm(database, world, proxy, random.Random(seed))
        storm.titles = {f"OPS-{number}": {f"Issue {number}"} for number in range(1, 9)}
        storm.sync_all(world.base_url, full=True)
        yield storm


@pytest.mark.parametrize(("edition", "part"), [*(("cloud", part) for part in range(PARTS)), ("data-center", PARTS)])
def test_given_spoiled_answers_then_no_traceback_no_hang_no_wrong_value_and_the_rest_goes_on(database, edition, part):
    with a_storm(database, part, edition) as storm:
        storm.play(ANSWERS // PARTS)

        told = f"{storm.spoiled.total()} answers spoiled, {storm.edits} edits, caught {dict(storm.caught)}"
        print(told, storm.spoiled.most_common(), *storm.uncaught, sep="\n")
        assert storm.uncaught == Counter()
