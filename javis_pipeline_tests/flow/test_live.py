"""`javis live` over real sockets: edits go there and changes come here within seconds, whatever happens in between."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from javis_pipeline.clients.listener import make_listener
from javis_pipeline.clients.webhooks import webhook_app
from javis_pipeline.db.connection import Database
from javis_pipeline.db.live import known_workers
from javis_pipeline.db.local_edits import read_journal
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import ScopeWanted
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.sandbox.faults import parse_rules
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.webhooks import Habit, Webhooks
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.live import Live
from javis_pipeline.steps.live_scope import Turn
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import jira_system, live_scopes, webhook_keepers
from javis_pipeline_tests.sites import EMAIL, clean_environment, free_port, issue_there, made_settings

SOON = 10.0


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        server.world.jira.create_project("OPS", "Operations")
        space = server.world.confluence.add_space("ENG", "Engineering")
        server.world.confluence.create_page(space.space_id, "Plan", "<p>Before</p>")
        for number in range(3):
            server.world.jira.create("OPS", f"Issue {number}")
        yield server.world


@pytest.fixture
def values(world: World, database: Database) -> Mapping[str, str]:
    return {
        "JIRA_URL": world.base_url,
        "JIRA_EMAIL": EMAIL,
        "JIRA_TOKEN": world.credentials.api_token,
        "JIRA_PROJECTS": "OPS",
        "CONFLUENCE_URL": f"{world.base_url}/wiki",
        "CONFLUENCE_SPACES": "OPS:ENG",
        "JAVIS_WEBHOOK_SECRET": world.credentials.webhook_secret,
        "DATABASE_URL": database.url,
        "DAGSTER_POSTGRES_URL": "postgresql://nobody@127.0.0.1:1/away",  # the sync goes on without it
        "JAVIS_ENV_FILE": os.devnull,
    }


@pytest.fixture
def settings(values: Mapping[str, str]) -> Settings:
    return made_settings(**{name.lower(): value for name, value in values.items() if name != "JAVIS_ENV_FILE"})


def sync(database: Database, settings: Settings) -> None:
    """What a run does, for Jira."""
    with jira_system(settings, database) as system:
        job = Job(db=database, system=system, key="OPS", run_id="a run", clock=lambda: datetime.now(UTC))
        pull_scope(job)
        write_back_scope(job)


@pytest.fixture
def pulled(database: Database, settings: Settings) -> Database:
    from javis_pipeline.wiring import open_system

    for system, key in (("jira", "OPS"), ("confluence", "ENG")):
        with open_system(system, settings, database) as opened:  # type: ignore[arg-type]
            pull_scope(Job(db=database, system=opened, key=key, run_id="first", clock=lambda: datetime.now(UTC)))
    return database


class Running:
    """A live sync in a thread of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.stop = threading.Event()
        self.turns: list[tuple[ScopeRef, Turn]] = []
        scopes = live_scopes(database, settings, check=self._check)
        clock = lambda: datetime.now(UTC)  # noqa: E731
        self.live = Live(database, scopes, clock=clock, stop=self.stop, changed=lambda *turn: self.turns.append(turn))
        self.thread = threading.Thread(target=self.live.run, daemon=True)

    def _check(self) -> None:
        if self.stop.is_set():
            raise ScopeWanted("it is being stopped")


@contextmanager
def running(database: Database, settings: Settings) -> Iterator[Running]:
    live = Running(database, settings)
    live.thread.start()
    eventually(lambda: [worker for worker in known_workers(database) if worker.is_running])
    try:
        yield live
    finally:
        live.stop.set()
        live.thread.join(20)
        assert not live.thread.is_alive()


@contextmanager
def webhooks(world: World, database: Database, settings: Settings, *habits: Habit) -> Iterator[Webhooks]:
    """Both ends of the webhooks."""
    port, secret = free_port(), world.credentials.webhook_secret
    server = make_listener(webhook_app(secret, webhook_keepers(database, settings)), "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with Webhooks(f"http://127.0.0.1:{port}", secret, habits=habits, random=world.random("habits")) as sender:
        world.listeners.append(sender)
        yield sender
        world.listeners.remove(sender)
    server.should_exit = True
    thread.join(10)


def eventually(is_so: Callable[[], Any], *, within: float = SOON) -> None:
    ends = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < ends, "it is not so by now"
        time.sleep(0.02)


def edit(database: Database, key: str, title: str) -> None:
    with database.transaction() as conn:
        conn.execute("UPDATE jira_issues SET title = %s WHERE key = %s", [title, key])


def title_here(database: Database, key: str) -> str:
    return str(database.query("SELECT title FROM jira_issues WHERE key = %s", [key])[0]["title"])


def title_there(world: World, key: str) -> str:
    return str(issue_there(world, key).state.summary)


def test_given_edits_and_changes_then_each_is_on_the_other_side_within_seconds(
    world: World, pulled: Database, settings: Settings
) -> None:
    with webhooks(world, pulled, settings), running(pulled, settings) as live:
        edit(pulled, "OPS-1", "Edited here")
        eventually(lambda: title_there(world, "OPS-1") == "Edited here")

        world.jira.edit("OPS-2", title="Changed there")
        eventually(lambda: title_here(pulled, "OPS-2") == "Changed there")

        made = world.jira.create("OPS", "New there")
        eventually(lambda: pulled.query("SELECT 1 AS one FROM jira_issues WHERE jira_id = %s", [str(made.id)]))

        page = next(page for page in world.confluence.pages.values() if page.title == "Plan")
        world.confluence.edit_page(page.page_id, body="<p>After</p>")
        eventually(lambda: pulled.query("SELECT 1 AS one FROM confluence_pages WHERE body_storage LIKE '%After%'"))
        with pulled.transaction() as conn:
            conn.execute("UPDATE confluence_pages SET title = 'Plan B' WHERE title = 'Plan'")
        eventually(lambda: page.title == "Plan B")

        eventually(lambda: not pulled.query("SELECT 1 AS one FROM sync_hints WHERE done_at IS NULL"))

    assert {scope.system for scope, _ in live.turns} == {"jira", "confluence"}
    assert known_workers(pulled) == []  # it has signed off


def test_given_a_run_that_wants_the_scope_then_it_has_it_and_what_was_edited_meanwhile_goes_out_after_it(
    world: World, pulled: Database, settings: Settings
) -> None:
    with running(pulled, settings):
        with hold_scope(pulled, "jira", "OPS", holder="a run"):
            edit(pulled, "OPS-1", "Edited here")
            time.sleep(1.0)
            assert title_there(world, "OPS-1") == "Issue 0"
        eventually(lambda: title_there(world, "OPS-1") == "Edited here")
        before = time.monotonic()
        for number in range(5):
            edit(pulled, "OPS-2", f"Edited {number}")
            sync(pulled, settings)
        assert time.monotonic() - before < 20
        eventually(lambda: title_there(world, "OPS-2") == "Edited 4")


def test_given_a_site_that_is_away_then_nothing_is_lost_and_it_is_told(
    world: World, pulled: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("javis_pipeline.steps.live._NOTE_SECONDS", 0.1)
    world.faults.add(*parse_rules("503 GET *"))
    world.faults.add(*parse_rules("503 POST *"))
    with webhooks(world, pulled, settings), running(pulled, settings):
        edit(pulled, "OPS-1", "Edited here")
        world.jira.edit("OPS-2", title="Changed there")
        eventually(lambda: any(worker.trouble for worker in known_workers(pulled)))
        asked = len(world.exchanges.matching())
        time.sleep(1.0)
        assert len(world.exchanges.matching()) - asked < 20, "it asks again and again"
        world.faults.clear()

        eventually(lambda: title_there(world, "OPS-1") == "Edited here", within=30)
        eventually(lambda: title_here(pulled, "OPS-2") == "Changed there", within=30)
        eventually(lambda: not any(worker.trouble for worker in known_workers(pulled)))


def test_given_a_database_that_ends_all_sessions_or_fails_then_what_was_edited_meanwhile_goes_out(
    world: World, pulled: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [ValueError("of another sort")]

    def read(*given: Any) -> Any:
        if fails:
            raise fails.pop()
        return read_journal(*given)

    with running(pulled, settings), Database(pulled.url, application_name="admin") as admin:
        monkeypatch.setattr("javis_pipeline.steps.live.read_journal", read)
        admin.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        edit(admin, "OPS-1", "Edited here")
        eventually(lambda: title_there(world, "OPS-1") == "Edited here", within=20)
        eventually(lambda: not fails, within=20)
        edit(admin, "OPS-2", "Edited later")
        eventually(lambda: title_there(world, "OPS-2") == "Edited later", within=20)


def test_given_no_notifications_then_it_asks(
    world: World,
    pulled: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As behind PgBouncer in transaction mode: what is notified does not arrive."""
    monkeypatch.setattr("javis_pipeline.db.live._PROBE_SECONDS", 0.1)
    monkeypatch.setattr("javis_pipeline.db.live._CHANNELS", ())
    monkeypatch.setattr("javis_pipeline.db.live._PROBE", "another_channel")
    monkeypatch.setattr("javis_pipeline.db.live.Ear.is_told", lambda _: False)
    with running(pulled, settings):
        assert [worker.is_notified for worker in known_workers(pulled)] == [False]
        edit(pulled, "OPS-1", "Edited here")
        eventually(lambda: title_there(world, "OPS-1") == "Edited here")
    assert "every 2 s" in caplog.text


def test_given_webhooks_that_are_late_doubled_reordered_and_lost_then_both_sides_agree_after_one_run(
    world: World, pulled: Database, settings: Settings
) -> None:
    with webhooks(world, pulled, settings, *Habit), running(pulled, settings):
        for number in range(12):
            world.jira.edit(f"OPS-{number % 3 + 1}", title=f"There {number}")
            edit(pulled, f"OPS-{(number + 1) % 3 + 1}", f"Here {number}") if number % 4 == 0 else None
            time.sleep(0.05)
        time.sleep(0.5)
    for _ in range(2):
        sync(pulled, settings)
    conflicts = {
        row["key"]
        for row in pulled.query(
            "SELECT key FROM jira_issues JOIN sync_conflicts ON resource_id = jira_id WHERE state = 'open'"
        )
    }
    for key in ("OPS-1", "OPS-2", "OPS-3"):
        assert key in conflicts or title_here(pulled, key) == title_there(world, key)


@contextmanager
def live_process(values: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`javis live` as people start it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "javis_pipeline", "live", *arguments],
        env=clean_environment() | dict(values),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_given_the_command_when_it_is_killed_and_started_again_then_nothing_is_lost_and_a_signal_ends_it(
    world: World, pulled: Database, values: Mapping[str, str]
) -> None:
    with live_process(values, "--port", str(free_port())) as first:
        eventually(lambda: known_workers(pulled), within=40)
        first.kill()
        edit(pulled, "OPS-2", "While nobody listened")
    with live_process(values, "--no-webhooks") as second:
        eventually(lambda: title_there(world, "OPS-2") == "While nobody listened", within=40)
        second.send_signal(signal.SIGTERM)
        assert second.wait(10) == 0
    assert [worker.is_running for worker in known_workers(pulled)] == [True]  # the one that was killed, for a minute
