"""Webhooks over a real socket: from the address that takes them to the pull that looks, and to the run they start."""

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import dagster as dg
import pytest
import urllib3
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.clients.listener import make_listener
from javis_pipeline.clients.webhooks import MOST_BYTES, Delivery, Keep, webhook_app
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.sensors import remote_changes
from javis_pipeline.errors import DatabaseError, RemoteBusy
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps import sync_scope
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.wiring import jira_system, webhook_keepers
from javis_pipeline_tests.fake_site import Reply, fake_site
from javis_pipeline_tests.sites import EMAIL, free_port, made_settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "a secret of some length"


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.fixture
def settings(world: World) -> Settings:
    return made_settings(
        jira_url=world.base_url,
        jira_email=EMAIL,
        jira_token=world.credentials.api_token,
        jira_projects=("OPS",),
        confluence_spaces="OPS:ENG",
    )


class Hooks:
    """The address that takes webhooks."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/hooks"
        self._http = urllib3.PoolManager(retries=False)

    def post(self, body: object, *, to: str = "jira", secret: str = SECRET, **headers: str) -> int:
        """Status of a signed request; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return self.send(raw, {"X-Hub-Signature": signature, **headers}, to=to)

    def send(self, raw: bytes, headers: Mapping[str, str], *, to: str = "jira") -> int:
        answer = self._http.request("POST", f"{self._url}/{to}", body=raw, headers=headers)
        assert answer.data == b""
        return int(answer.status)


@contextmanager
def listening(keep: Mapping[str, Keep]) -> Iterator[Hooks]:
    port = free_port()
    server = make_listener(webhook_app(SECRET, keep), "127.0.0.1", port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Hooks(port)
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def hooks(database: Database, settings: Settings) -> Iterator[Hooks]:
    with listening(webhook_keepers(database, settings)) as hooks:
        yield hooks


def issue(number: int | str, key: str = "OPS-1") -> dict[str, Any]:
    return {"webhookEvent": "jira:issue_updated", "issue": {"id": str(number), "key": key}}


def waiting(database: Database) -> list[tuple[str, str, str]]:
    rows = database.query("SELECT system, scope, remote_id FROM sync_hints WHERE done_at IS NULL ORDER BY id")
    return [(row["system"], row["scope"], row["remote_id"]) for row in rows]


def pull(database: Database, settings: Settings, world: World) -> Any:
    with jira_system(settings, database) as system:
        job = Job(db=database, system=system, key="OPS", run_id="a run", clock=world.clock.now)
        return pull_scope(job).tally


def test_given_webhooks_then_each_record_of_what_is_synced_waits_once(database: Database, hooks: Hooks) -> None:
    named = {"X-Atlassian-Webhook-Identifier": "delivery-1"}

    assert hooks.post(issue(7), **named) == 202
    assert hooks.post(issue(7), **{"X-Atlassian-Webhook-Identifier": "delivery-2"}) == 202
    database.query("UPDATE sync_hints SET done_at = now()")
    assert hooks.post(issue(7), **named) == 202  # a repeat, an hour later
    assert waiting(database) == []

    assert hooks.post(issue(7)) == 202
    assert hooks.post(issue(8, "XYZ-8")) == 202
    assert hooks.post({"worklog": {"issueId": "99"}}) == 202
    assert hooks.post({"page": "5", "space": "ENG"}, to="confluence") == 202
    assert hooks.post({"page": "6", "space": "OTHER"}, to="confluence") == 202
    assert waiting(database) == [("jira", "OPS", "7"), ("confluence", "ENG", "5")]


def test_given_a_link_in_a_delivery_with_a_name_then_both_its_ends_wait(
    database: Database, hooks: Hooks, settings: Settings, world: World
) -> None:
    ends = [world.jira.create("OPS", title).id for title in ("One end", "The other")]
    pull(database, settings, world)
    link = {"issueLink": {"sourceIssueId": ends[0], "destinationIssueId": ends[1]}}

    assert hooks.post(link, **{"X-Atlassian-Webhook-Identifier": "delivery-1"}) == 202

    assert waiting(database) == [("jira", "OPS", str(end)) for end in ends]


class Slow:
    """Keeps the first delivery until all others are there; one of them can be refused by whoever keeps it."""

    def __init__(self, refused: Exception | None = None) -> None:
        self.kept: list[int] = []
        self.begun, self.goes_on = threading.Event(), threading.Event()
        self._refused = refused

    def keep(self, deliveries: Sequence[Delivery]) -> None:
        self.begun.set()
        assert self.goes_on.wait(10)
        if self._refused and {"odd": 1} in [one.document for one in deliveries]:
            raise self._refused
        self.kept.append(len(deliveries))

    def statuses(self) -> list[int]:
        """What a first, four others and an odd one are answered."""
        with listening({"jira": self.keep}) as hooks, ThreadPoolExecutor(6) as threads:
            answers = [threads.submit(hooks.post, {})]
            assert self.begun.wait(10)
            answers += [threads.submit(hooks.post, body) for body in ({}, {}, {}, {}, {"odd": 1})]
            time.sleep(0.5)  # they are all there; none is answered before it is kept
            assert not any(answer.done() for answer in answers)
            self.goes_on.set()
            return [answer.result() for answer in answers]


def test_given_many_at_once_then_what_comes_while_one_is_kept_is_kept_together() -> None:
    slow = Slow()

    assert slow.statuses() == [202] * 6
    assert slow.kept == [1, 5]


@pytest.mark.parametrize(
    ("refused", "statuses"),
    [(ValueError("odd"), [202] * 5 + [503]), (DatabaseError("away"), [202] + [503] * 5)],
    ids=["only the odd one", "nothing can be kept now"],
)
def test_given_one_that_cannot_be_kept_then_the_others_do_not_pay_for_it(
    refused: Exception, statuses: list[int]
) -> None:
    assert Slow(refused).statuses() == statuses


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b'{"key": "OPS-1"}', {}, 401),
        (b'{"key": "OPS-1"}', {"X-Javis-Secret": "a guess"}, 401),
        (b'{"key": "OPS-1"}', {"X-Hub-Signature": "sha256=" + "0" * 64}, 401),
        (b"no JSON", {"X-Javis-Secret": SECRET}, 400),
        (b" " * (MOST_BYTES + 1), {"X-Javis-Secret": SECRET}, 413),
        (b'{"key": "OPS-1"}', {"X-Javis-Secret": SECRET}, 202),
        (b'[[["odd"]]]', {"X-Javis-Secret": SECRET}, 202),
    ],
    ids=["unsigned", "a wrong secret", "forged", "no JSON", "too long", "an automation rule's", "about nothing"],
)
def test_only_who_knows_the_secret_is_heard(
    database: Database, hooks: Hooks, raw: bytes, headers: dict[str, str], status: int
) -> None:
    assert hooks.send(raw, headers) == status
    assert len(waiting(database)) == (status == 202 and b"key" in raw)


def test_given_many_that_are_refused_then_the_log_says_it_once(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        assert hooks.send(b"{}", {"X-Javis-Secret": "a guess"}) == 401
    assert hooks.send(b"no JSON", {"X-Javis-Secret": SECRET}) == 400

    assert [line for line in caplog.messages if "refused" in line] == [
        "webhooks refused: 1 (401): the sender does not know JAVIS_WEBHOOK_SECRET",
        "webhooks refused: 1 (400): no JSON",
    ]


def test_given_no_database_then_jira_is_asked_to_tell_it_again(database: Database, hooks: Hooks) -> None:
    database.query("ALTER TABLE sync_hints RENAME TO away")

    assert hooks.post(issue(7)) == 503


def test_given_a_hint_when_the_search_does_not_know_of_the_change_then_the_pull_finds_it_by_its_id(
    database: Database, hooks: Hooks, settings: Settings, world: World
) -> None:
    made = world.jira.create("OPS", "Before")
    pull(database, settings, world)
    world.jira.behaviour.index_lag = timedelta(hours=1)
    world.clock.advance(timedelta(minutes=5))
    world.jira.edit(made.state.key, title="After")
    before = database.query("SELECT watermark FROM sync_watermarks")

    hooks.post(issue(made.id, made.state.key))
    pull(database, settings, world)

    assert database.query("SELECT title FROM jira_issues") == [{"title": "After"}]
    assert database.query("SELECT watermark FROM sync_watermarks") == before
    assert waiting(database) == []


def test_given_a_run_that_fails_after_it_took_the_hints_then_the_next_one_has_them(
    database: Database, hooks: Hooks, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what was told meanwhile each record waits once more."""
    made = world.jira.create("OPS", "Before")
    pull(database, settings, world)
    world.jira.behaviour.index_lag = timedelta(hours=1)
    world.jira.edit(made.state.key, title="After")
    hooks.post(issue(made.id, made.state.key))

    def dies(*_: object, **__: object) -> None:
        hooks.post(issue(made.id, made.state.key))
        raise RemoteBusy("jira wants no more requests now")

    with monkeypatch.context() as failing:
        failing.setattr(sync_scope, "pull_records", dies)
        with pytest.raises(RemoteBusy):
            pull(database, settings, world)
    assert waiting(database) == [("jira", "OPS", str(made.id))] * 2

    pull(database, settings, world)
    assert database.query("SELECT title FROM jira_issues") == [{"title": "After"}]
    assert waiting(database) == []


def test_whatever_is_told_the_result_is_the_one_without_hints(
    database: Database, hooks: Hooks, settings: Settings, world: World
) -> None:
    """Lost, late, doubled, reordered, forged and invented ones, over several pulls."""
    rng = Random(5)
    made = [world.jira.create("OPS", f"Issue {number}") for number in range(6)]
    invented = ["1", "999999999", str(10**18)]
    for step in range(4):
        pull(database, settings, world)
        world.clock.advance(timedelta(minutes=2))
        for one in rng.sample(made, 3):
            world.jira.edit(one.state.key, title=f"{one.state.key} in step {step}")
        told = [str(one.id) for one in rng.choices(made, k=5)] + invented
        rng.shuffle(told)
        for number in told:
            hooks.post(issue(number), secret=rng.choice([SECRET, "forged"]))
    tally = pull(database, settings, world)

    here = database.query("SELECT jira_id, title, remote_state FROM jira_issues ORDER BY jira_id")
    there = sorted((str(one.id), one.state.summary) for one in made)
    assert [(row["jira_id"], row["title"]) for row in here] == there
    assert {row["remote_state"] for row in here} == {"present"}
    assert (tally.completeness.missing, tally.completeness.agrees) == (0, True)


def test_given_a_hint_then_the_sensor_starts_one_run_of_its_project(
    database: Database, hooks: Hooks, settings: Settings
) -> None:
    hooks.post(issue(7)), hooks.post(issue(8)), hooks.post({"page": "5", "space": "ENG"}, to="confluence")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"settings": settings, "db": database})
        first = remote_changes(context)
        second = remote_changes(context)

    assert isinstance(first, dg.SensorResult)
    assert isinstance(second, dg.SensorResult)
    requests = list(first.run_requests or ())
    assert [request.partition_key for request in requests] == ["OPS"]
    assert [request.run_key for request in second.run_requests or ()] == [requests[0].run_key]


@pytest.mark.parametrize(
    ("hooks_there", "posted", "said"),
    [
        (Reply([]), 1, "Jira sends its changes there now."),
        (Reply([{"url": "https://hooks.acme.com/hooks/jira"}]), 0, "Jira sends its changes there already."),
        (Reply({"message": "not an administrator"}, status=403), 0, "Send web request"),
    ],
    ids=["an administrator", "for the second time", "anybody"],
)
def test_given_an_account_when_webhooks_are_set_up_then_they_are_made_once_or_it_says_what_to_click(
    monkeypatch: pytest.MonkeyPatch, hooks_there: Reply, posted: int, said: str
) -> None:
    edition = {"deploymentType": "Cloud", "serverTime": "2026-11-01T00:00:00.000+0000", "version": "1001"}
    with fake_site() as site:
        site.script(Reply(edition), hooks_there, Reply({}, status=201))
        for name, value in {
            "JIRA_URL": site.url,
            "JIRA_EMAIL": EMAIL,
            "JIRA_TOKEN": "token",
            "JIRA_PROJECTS": "OPS",
            "JAVIS_WEBHOOK_SECRET": SECRET,
            "JAVIS_ENV_FILE": os.devnull,
        }.items():
            monkeypatch.setenv(name, value)
        answer = CliRunner().invoke(main, ["webhook", "setup", "https://hooks.acme.com/"])

    assert answer.exit_code == 0, answer.output
    assert said in answer.output
    assert SECRET not in answer.output
    made = [request.body for request in site.requests if request.method == "POST"]
    assert len(made) == posted
    assert all(body["secret"] == SECRET and body["url"] == "https://hooks.acme.com/hooks/jira" for body in made)
