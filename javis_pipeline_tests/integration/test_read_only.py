"""The switch that stops all sending: a run pulls, decides and shows, and nothing goes out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count

import psycopg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies, why_held
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.sites import issue_there, made_settings

_runs = count(1)
now = partial(datetime.now, UTC)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=5)) as server:
        server.world.jira.create_project("OQC", "Optical quality control")
        server.world.jira.create("OQC", title="Calibrate")
        yield server.world


def sync(database: Database, world: World, *, read_only: bool = False) -> WrittenBack:
    """One run of the project OQC."""
    with JiraClient(
        world.base_url, "ada@example.com", world.credentials.api_token, rate=10_000, read_only=read_only
    ) as jira:
        job = Job(db=database, system=JiraSystem(jira), key="OQC", run_id=f"run-{next(_runs)}", clock=now)
        pull_scope(job)
        return write_back_scope(job)


def policies(database: Database, **environment: str) -> None:
    with database.transaction() as conn:
        store_policies(conn, made_settings(**environment).policies())


def title(world: World) -> str:
    return str(issue_there(world, "OQC-1").state.summary)


SWITCHES = {
    "setting": lambda db: policies(db, javis_read_only="1"),
    "row for the scope": lambda db: db.query(
        "INSERT INTO sync_policies (system, scope, verb, policy) VALUES ('jira', 'OQC', 'send', 'off')"
    ),
    "row for all": lambda db: db.query(
        "INSERT INTO sync_policies (system, scope, verb, policy) VALUES ('*', '*', 'send', 'off')"
    ),
}
BACK = {"setting": lambda db: policies(db)}


@pytest.mark.parametrize("switch", SWITCHES)
def test_given_the_switch_then_a_run_pulls_and_decides_and_sends_nothing_and_all_goes_out_after_it(
    database: Database, world: World, switch: str
) -> None:
    sync(database, world)
    database.query("UPDATE jira_issues SET title = 'From here'")
    world.jira.create("OQC", title="From there")
    SWITCHES[switch](database)

    # As the setting makes it, the client refuses to write as well.
    held = sync(database, world, read_only=switch == "setting")

    assert (held.pushed.held, held.pushed.confirmed) == (1, 0)
    assert title(world) == "Calibrate"
    assert database.query("SELECT count(*) AS n FROM jira_issues") == [{"n": 2}]
    assert database.query("SELECT state FROM sync_outbox") == [{"state": "planned"}]

    BACK.get(switch, lambda db: db.query("DELETE FROM sync_policies"))(database)
    sent = sync(database, world)

    assert (sent.pushed.held, sent.pushed.confirmed) == (0, 1)
    assert title(world) == "From here"


def test_given_a_switch_for_another_scope_then_this_one_sends(database: Database, world: World) -> None:
    sync(database, world)
    for system, scope in (("jira", "EUV"), ("confluence", "OQC")):
        database.query(
            "INSERT INTO sync_policies (system, scope, verb, policy) VALUES (%s, %s, 'send', 'off')", [system, scope]
        )
    database.query("UPDATE jira_issues SET title = 'From here'")

    assert sync(database, world).pushed.confirmed == 1


def test_given_a_setting_when_stored_again_then_its_time_stays_and_peoples_rows_do_too(database: Database) -> None:
    database.query("INSERT INTO sync_policies (system, scope, verb, policy) VALUES ('jira', 'OQC', 'send', 'off')")
    policies(database, javis_read_only="1", javis_read_restricted="1")
    database.query("UPDATE sync_policies SET set_at = '2026-01-01T00:00Z'")

    policies(database, javis_read_only="1", javis_read_restricted="1")
    rows = "SELECT system, scope, verb, policy, setting, set_at < '2026-01-02' AS old FROM sync_policies ORDER BY 1, 3"
    kept = [tuple(row.values()) for row in database.query(rows)]
    policies(database)

    assert kept == [
        ("*", "*", "read_restricted", "on", "JAVIS_READ_RESTRICTED", True),
        ("*", "*", "send", "off", "JAVIS_READ_ONLY", True),
        ("jira", "OQC", "send", "off", None, True),
    ]
    assert [row["setting"] for row in database.query(rows)] == [None]


def test_given_a_held_scope_then_the_reason_names_the_setting_and_its_time(database: Database) -> None:
    policies(database, javis_read_only="1")
    database.query("UPDATE sync_policies SET set_at = '2026-03-02T12:00Z'")

    with database.transaction() as conn:
        assert why_held(conn, "confluence", "HB") == (
            "sending is switched off by JAVIS_READ_ONLY, since 2026-03-02 12:00 UTC"
        )


def test_given_an_application_then_it_sees_the_switches_and_turns_none(make_login: Callable[..., str]) -> None:
    with psycopg.connect(make_login("javis_app"), autocommit=True) as app:
        assert app.execute("SELECT * FROM sync_policies").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("INSERT INTO sync_policies (system, scope, verb, policy) VALUES ('*', '*', 'send', 'on')")
