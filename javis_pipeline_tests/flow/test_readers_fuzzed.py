"""Law: whatever a site answers, each thing that is read of it comes out as its type says, or as an error of ours.

Every call of both clients, and all that is made of their answers, over a socket with answers that are spoiled on their
way; `make fuzz` spoils ten thousand of them.
"""

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from javis_pipeline.errors import JavisError, UnreadableRecord
from javis_pipeline.records.confluence import PageStamp
from javis_pipeline.records.jira import FieldMap, IssueStamp
from javis_pipeline.records.sync import Operation, OperationKind
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sandbox.world import World
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.reader import PageReader, stamp_of
from javis_pipeline.systems.confluence.records import ConfluenceRecords
from javis_pipeline.systems.confluence.site import read_site as read_space
from javis_pipeline.systems.jira import jql
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.reader import BatchReader
from javis_pipeline.systems.jira.records import JiraRecords
from javis_pipeline.systems.jira.site import read_site
from javis_pipeline_tests.flow.test_answers_fuzzed import Weather, clients, small_world
from javis_pipeline_tests.mutating_proxy import mutating_proxy
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.well_typed import misfits

ANSWERS = how_many("JAVIS_FUZZED_ANSWERS", usual=400, thorough=10_000)
PARTS = 4
LONGEST_SECONDS = 30.0
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(7200)]

Read = Callable[[], object]


class Site:
    """What is asked of a Jira and a Confluence, with ids that are there."""

    def __init__(self, world: World, fields: FieldMap) -> None:
        self.fields = fields
        self.issues = list(world.jira.issues)[:4]
        self.stamps = [IssueStamp(str(issue_id), "", None) for issue_id in self.issues]
        self.issue = ResourceRef(resource_type="jira_issue", resource_id=str(self.issues[0]), scope="OPS", key="OPS-1")
        self.space = world.confluence.space("ENG").space_id
        self.pages = list(world.confluence.pages)[:3]
        self.page = ResourceRef(
            resource_type="confluence_page", resource_id=self.pages[0], scope="ENG", key=self.pages[0]
        )

    def of_jira(self, jira: JiraClient) -> Sequence[Read]:
        records = JiraRecords(jira, self.fields)
        issue = self.issue.resource_id
        return [
            jira.prove_identity,
            lambda: read_site(jira, "OPS"),
            lambda: jira.project("NOPE"),
            jira.statuses,
            jira.priorities,
            jira.server_time,
            lambda: jira.permissions("OPS", ["EDIT_ISSUES"]),
            lambda: [jira.sprints(board.board_id) for board in jira.boards("OPS")],
            lambda: [jira.estimation_field(board.board_id) for board in jira.boards("OPS")],
            lambda: list(jira.search_ids(jql.sweep("OPS"), unreadable=_leave_out)),
            lambda: jira.count(jql.in_project("OPS")),
            lambda: BatchReader(jira, "OPS", self.fields).read(self.stamps),
            lambda: BatchReader(jira, "OPS", self.fields).read(self.stamps),
            lambda: records.fetch(self.issue),
            lambda: records.fetch(self.issue),
            lambda: records.history(self.issue),
            lambda: records.send(self._operation("edit", title="Another"), records.fetch(self.issue)),
            lambda: records.send(self._transition(), records.fetch(self.issue)),
            lambda: jira.comments(issue),
            lambda: jira.worklogs(issue),
            lambda: jira.property(issue, "javis.op"),
            lambda: jira.editmeta(issue),
        ]

    def of_confluence(self, confluence: ConfluenceClient) -> Sequence[Read]:
        records = ConfluenceRecords(confluence, {})
        return [
            confluence.prove_identity,
            lambda: read_space(confluence, "ENG"),
            lambda: confluence.spaces(["NOPE"]),
            lambda: confluence.may_edit_pages(self.space),
            lambda: confluence.users(["a", "b"]),
            lambda: [stamp_of(page) for batch in confluence.page_batches(self.space) for page in batch],
            lambda: self._page_reader(confluence, singly=True).read([PageStamp(page) for page in self.pages]),
            lambda: self._page_reader(confluence, singly=False).read([PageStamp(page) for page in self.pages]),
            lambda: records.fetch(self.page),
            lambda: records.history(self.page),
            lambda: records.send(self._page_edit(), records.fetch(self.page)),
            lambda: confluence.labels(self.page.resource_id),
            lambda: [confluence.pages_with_label(label, self.space) for label in confluence.space_labels(self.space)],
            lambda: confluence.add_labels(self.page.resource_id, ["one"]),
            lambda: confluence.remove_label(self.page.resource_id, "two"),
            lambda: list(confluence.search("type = page")),
        ]

    def _page_reader(self, confluence: ConfluenceClient, *, singly: bool) -> PageReader:
        return PageReader(confluence, read_space(confluence, "ENG").space, singly=singly)

    def _operation(self, kind: OperationKind, **desired: Value) -> Operation:
        ref = self.page if "body_storage" in desired else self.issue
        options: dict[str, Any] = {
            "expected": {},
            "desired": desired,
            "local": desired,
            "add": {},
            "remove": {},
            "local_seq": 1,
        }
        return Operation(
            op_id=UUID(int=7), ref=ref, kind=kind, fields=tuple(desired), **options, created_at=NOON, run_id="run"
        )

    def _transition(self) -> Operation:
        return self._operation("transition", status={"ids": ["3", "10001"], "name": "Done"})

    def _page_edit(self) -> Operation:
        return self._operation("edit", body_storage="<p>Another</p>")


def _leave_out(error: UnreadableRecord) -> None:
    del error


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with small_world() as world:
        yield world


@pytest.mark.parametrize("part", range(PARTS))
def test_given_spoiled_answers_then_what_is_read_is_of_its_type_or_an_error_of_ours(world, part):
    rng, caught, uncaught, answers = random.Random(f"readers {part}"), Counter[str](), Counter[str](), 0
    with clients(world, world.base_url) as (jira, _):
        site = Site(world, read_site(jira, "OPS").fields)
    with mutating_proxy(world.base_url) as proxy:
        while answers < ANSWERS // PARTS:
            weather = proxy.change = Weather(rng, {"": rng.choice((0.3, 0.6, 1.0))})
            with clients(world, proxy.url) as (jira, confluence):
                for read in rng.sample([*site.of_jira(jira), *site.of_confluence(confluence)], 8):
                    outcome(read, caught, uncaught)
            answers += weather.spoiled.total()

    print(f"{answers} answers spoiled, caught {dict(caught)}")
    assert uncaught == Counter()


def outcome(read: Read, caught: Counter[str], uncaught: Counter[str]) -> None:
    """Count what came of it."""
    began_at = time.monotonic()
    try:
        found = read()
        uncaught.update(misfits(found))
        caught["read"] += 1
    except JavisError as error:
        caught[type(error).__name__] += 1
        if "\n" in str(error):
            uncaught[f"more than one line: {error}"] += 1
    except Exception as error:  # noqa: BLE001 - what this test is about
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        uncaught[f"{type(error).__name__} {error} at {places}"[:400]] += 1
    if time.monotonic() - began_at > LONGEST_SECONDS:
        uncaught["took too long"] += 1
