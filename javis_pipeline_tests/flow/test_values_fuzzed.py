"""Hostile values by SQL, as an application: refused at once or an error on their row, and the neighbours are synced.

`JAVIS_FUZZED_VALUES` says how many are tried.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.sites import issue_there

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(3_600)]

TRIED = how_many("JAVIS_FUZZED_VALUES", usual=48, thorough=5_000)
ROWS = 12
CHARACTERS = (
    "aZ09 \t\n\r\x01\x0b\x1f\x7f\x85\xa0\u0301\u200b\u202e\u2028\ufeff\ufffd\U0001f600\U000e0001"
    "<>&\"'`*_#|[](){}\\~^%$@!"
)
PIECES = [
    "```", "~~~\n", "| a | b |\n|---|\n", "> > > ", "- [ ] ", "1. " * 40, "[x](javascript:alert(1))", "![](x)", "***",
    "<script>", "</p>", "<!--", "]]>", "&#0;", "&bogus;", "{{x}}", "{panel}", "::: info", "@[Ann](u1)",
    "\\" * 9, "\n" * 9, "  " * 30 + "- deep\n", "#" * 9 + " x", "https://x y",
    "%s%n", "'; DROP TABLE jira_issues; --", "\u202etxt.exe",
]  # fmt: skip


def text(chance: random.Random) -> str:
    made = "".join(
        chance.choice(PIECES) if chance.random() < 0.3 else chance.choice(CHARACTERS) * chance.choice([1, 1, 1, 40])
        for _ in range(chance.randrange(0, 40))
    )
    return made * chance.choice([1, 1, 1, 1, 500])


def number(chance: random.Random) -> str:
    digits = "".join(chance.choice("0123456789") for _ in range(chance.choice([1, 3, 17, 18, 40, 300, 5001])))
    return chance.choice([
        "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e308", "1e-320", "-0", "0.1", f"{digits}", f"-{digits}",
        f"0.{digits}",
        f"{digits[:9]}e{chance.randrange(-400, 400)}",
    ])  # fmt: skip


def day(chance: random.Random) -> str:
    year = chance.choice([1, 999, 1900, 2026, 9999, 10_000, 99_999, 5_874_897])
    return chance.choice([
        "infinity", "-infinity", f"{year:04}-02-28", f"{min(year, 4700):04}-01-01 BC", "1582-10-10",
        "0001-01-01", "9999-12-31",
    ])  # fmt: skip


def labels(chance: random.Random) -> Any:
    items = [
        chance.choice(["a", "A", "lab", "", " ", "two words", "x" * 300, "ß", "é", text(chance)[:90]]) for _ in range(5)
    ]
    return chance.choice([
        items, [], None, [None], [*items, None], [items, items], ["\x01"],
        [f"l{n}" for n in range(chance.choice([300, 1001]))],
    ])  # fmt: skip


def name(chance: random.Random) -> str | None:
    return chance.choice([
        None, "", " ", "To Do", "to do", "Done", "In Progress", "Highest", "OQC-1", "OQC-2", "oqc-3", "OQC-999",
        "EUV-1", "-1", "qm:1", text(chance)[:200],
    ])  # fmt: skip


VALUES: dict[str, Callable[[random.Random], Any]] = {
    "title": text,
    "description": text,
    "story_points": number,
    "due_date": day,
    "labels": labels,
    "status": name,
    "priority": name,
    "assignee_id": name,
    "parent_key": name,
}
TYPES = {"story_points": "::numeric", "due_date": "::date", "labels": "::text[]"}


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=5)) as server:
        server.world.jira.create_project("OQC", "Optical quality control")
        for number_ in range(ROWS + 1):
            server.world.jira.create("OQC", title=f"Issue {number_}", labels=["lab"])
        yield server.world


def sync(database: Database, world: World, turn: int) -> None:
    with JiraClient(
        world.base_url,
        "ada@example.com",
        world.credentials.api_token,
        rate=100_000,
        limits=Limits(tries=2),
        sleep=lambda seconds: None,
    ) as jira:
        job = Job(
            db=database,
            system=JiraSystem(jira),
            key="OQC",
            run_id=f"run-{turn}",
            clock=partial(datetime.now, UTC),
            overrides=Overrides(writes=10_000),
        )
        pull_scope(job)
        write_back_scope(job)


UNTOLD = """
    SELECT key, local_modified_fields, sync_status FROM jira_issues AS i
     WHERE local_modified_fields <> '{}' AND sync_errors = '{}'
       AND NOT EXISTS (SELECT FROM sync_conflicts AS c WHERE c.resource_id = i.jira_id AND c.state = 'open')
       AND NOT EXISTS (SELECT FROM sync_outbox AS o WHERE o.resource_id = i.jira_id AND o.state IN ('planned', 'sent'))
"""


def test_given_hostile_values_by_sql_then_each_is_refused_or_told_and_the_neighbours_are_synced(
    database: Database, world: World, make_login: Callable[..., str]
) -> None:
    chance = random.Random(TRIED)
    refused = accepted = 0
    sync(database, world, 0)
    with psycopg.connect(make_login("javis_app"), autocommit=True) as app:
        for turn in range(1, 1 + -(-TRIED // ROWS)):
            for row in range(2, ROWS + 2):
                column = chance.choice(list(VALUES))
                value = VALUES[column](chance)
                statement = f"UPDATE jira_issues SET {column} = %s{TYPES.get(column, '')} WHERE key = %s"
                try:
                    app.execute(statement.encode(), [value, f"OQC-{row}"])
                except (psycopg.errors.CheckViolation, psycopg.DataError):
                    refused += 1
                else:
                    accepted += 1
            app.execute("UPDATE jira_issues SET title = %s WHERE key = 'OQC-1'", [f"Innocent {turn}"])

            sync(database, world, turn)

            assert issue_there(world, "OQC-1").state.summary == f"Innocent {turn}"
            assert database.query(UNTOLD) == []

    assert refused + accepted == ROWS * -(-TRIED // ROWS)
    assert min(refused, accepted) > 0
