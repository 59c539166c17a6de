"""What a site told lately is not asked for again; what decides whom we read as, and what we see, always is."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from unittest.mock import Mock

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.site_facts import SiteFacts
from javis_pipeline.errors import IdentityError
from javis_pipeline.records.values import System
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import open_system
from javis_pipeline_tests.sites import EMAIL, made_settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SYSTEMS: tuple[System, ...] = ("jira", "confluence")


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        server.world.jira.create("OPS", "An issue")
        server.world.confluence.add_space("OPS", "Operations")
        yield server.world


def settings_of(world: World, *, token: str | None = None, email: str = EMAIL) -> Settings:
    return made_settings(
        jira_url=world.base_url,
        jira_email=email,
        jira_token=token or world.credentials.api_token,
        jira_projects=("OPS",),
        confluence_spaces="OPS:OPS",
    )


def sync(database: Database, settings: Settings, *, anew: bool = False) -> None:
    with ExitStack() as stack:
        for name in SYSTEMS:
            system = stack.enter_context(open_system(name, settings, database, anew=anew))
            job = Job(db=database, system=system, key="OPS", run_id="a run", clock=lambda: NOON)
            pull_scope(job)
            write_back_scope(job)


def asked(world: World) -> list[str]:
    """What was asked since the last call."""
    paths = [exchange.path for exchange in world.exchanges.matching()]
    world.exchanges.clear()
    return paths


def test_given_an_unchanged_project_and_space_then_a_sync_costs_few_requests(database: Database, world: World) -> None:
    for _ in range(2):  # a first load has no need to know how instants are read
        sync(database, settings_of(world))
    asked(world)

    sync(database, settings_of(world))

    paths = asked(world)
    jira = [path for path in paths if not path.startswith("/wiki")]
    assert sorted(jira) == [
        "/rest/agile/1.0/board/1/sprint",
        "/rest/api/3/myself",
        "/rest/api/3/project/OPS",
        "/rest/api/3/project/search",
        "/rest/api/3/search/approximate-count",
        "/rest/api/3/search/jql",
    ]
    assert len(paths) - len(jira) == 4
    assert paths.count("/wiki/rest/api/user/current") == 1


@pytest.mark.parametrize("other", ["an hour later", "another account", "another token", "asked for all"])
def test_what_was_told_long_ago_or_to_somebody_else_is_asked_for_again(
    database: Database, world: World, other: str
) -> None:
    sync(database, settings_of(world))
    asked(world)
    settings = settings_of(world)
    match other:
        case "an hour later":
            database.query("UPDATE site_facts SET asked_at = asked_at - interval '61 minutes'")
        case "another account":
            database.query("DELETE FROM sync_watermarks")
            settings = settings_of(world, email="ada@example.com")
        case "another token":
            database.query("UPDATE site_facts SET asked_as = left(asked_as, -3) || 'xyz'")

    sync(database, settings, anew=other == "asked for all")

    assert {"/rest/api/2/serverInfo", "/rest/api/3/field", "/rest/api/3/status"} <= set(asked(world))


def test_given_a_token_that_died_then_what_is_known_of_the_site_lets_nobody_in(
    database: Database, world: World
) -> None:
    sync(database, settings_of(world))
    old, world.credentials.api_token = world.credentials.api_token, "ATATT3xNew"

    with pytest.raises(IdentityError):
        sync(database, settings_of(world, token=old))

    assert database.query("SELECT name FROM site_facts WHERE system = 'jira'") == []


def test_given_a_status_that_came_lately_then_it_is_known_with_the_first_issue_that_has_it(
    database: Database, world: World
) -> None:
    sync(database, settings_of(world))
    database.query("DELETE FROM statuses")
    database.query("UPDATE site_facts SET value = '[]' WHERE name = 'statuses'")
    world.clock.advance(timedelta(minutes=1))
    world.jira.create("OPS", "Another issue")

    sync(database, settings_of(world))

    assert database.query("SELECT name FROM statuses") != []


def test_given_a_sprint_that_is_over_then_its_end_is_read_once_and_never_again(
    database: Database, world: World
) -> None:
    sprint = world.jira.create_sprint("OPS", "Sprint 1", state="active")
    sync(database, settings_of(world))
    world.jira.change_sprint(sprint.number, state="closed", complete=NOON)
    asked(world)

    sync(database, settings_of(world))
    ended = asked(world).count("/rest/agile/1.0/board/1/sprint")
    sync(database, settings_of(world))

    assert ended == 2
    assert asked(world).count("/rest/agile/1.0/board/1/sprint") == 1
    assert database.query("SELECT state FROM sprints") == [{"state": "closed"}]


def test_given_a_field_that_somebody_chose_and_made_a_moment_ago_then_it_is_found(
    database: Database, world: World
) -> None:
    sync(database, settings_of(world))
    database.query("UPDATE site_facts SET value = '[]' WHERE name = 'fields'")
    chosen = {"story_points": world.jira.fields.story_points.id}

    sync(database, settings_of(world).model_copy(update={"jira_fields": chosen}))

    assert database.query("SELECT field_ids ->> 'story_points' AS id FROM sync_watermarks WHERE system = 'jira'") == [
        {"id": chosen["story_points"]}
    ]


def test_given_many_threads_that_want_the_same_then_one_asks(database: Database) -> None:
    facts, begun, answers = SiteFacts(database, "jira", "us", fresh=HOUR), Barrier(5), []

    def ask() -> list[str]:
        answers.append("asked")
        return ["a \x00 field", "\U0001f600"]

    def want() -> None:
        begun.wait()
        assert facts.of("fields", ask) == ["a \x00 field", "\U0001f600"]

    threads = [Thread(target=want) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["asked"]
    assert SiteFacts(database, "jira", "others", fresh=HOUR).recall(["fields"]) == {}
    assert SiteFacts(database, "confluence", "us", fresh=HOUR).recall(["fields"]) == {}


def test_what_was_kept_together_is_recalled_together_and_what_stays_the_same_is_not_written_again(
    database: Database,
) -> None:
    facts = SiteFacts(database, "jira", "us", fresh=HOUR)
    facts.keep({"one": [1, 2], "other": []})
    written = "SELECT name, xmin::text AS written FROM site_facts ORDER BY name"
    before = {row["name"]: row["written"] for row in database.query(written)}

    facts.keep({"other": [3], "one": [1, 2]})

    after = {row["name"]: row["written"] for row in database.query(written)}
    assert facts.recall(["one", "other", "unknown"]) == {"one": [1, 2], "other": [3]}
    assert after["one"] == before["one"]
    assert after["other"] != before["other"]


def test_given_many_questions_at_once_then_the_database_is_asked_once_and_forgetting_is_seen(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"estimation of board {number}" for number in range(60)]
    others = SiteFacts(database, "jira", "us", fresh=HOUR)
    for name in names:
        others.of(name, lambda: [8])
    facts, asking = SiteFacts(database, "jira", "us", fresh=HOUR), Mock(side_effect=database.statement)
    monkeypatch.setattr(database, "statement", asking)

    assert [facts.of(name, lambda: [0]) for name in names] == [[8]] * 60
    assert asking.call_count == 1
    assert facts.forget()
    assert [facts.of(name, lambda: [0]) for name in names[:2]] == [[0]] * 2
