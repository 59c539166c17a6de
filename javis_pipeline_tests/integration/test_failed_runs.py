"""Failures that arrive: each failed run is told in Slack once, whatever Slack does in between."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._core.test_utils import create_run_for_test

from javis_pipeline.cli import runs
from javis_pipeline.db.connection import Database
from javis_pipeline.defs import failed_runs
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.digests import CHANNEL, a_slack_world, posts, shown
from javis_pipeline_tests.sites import made_settings


@pytest.fixture
def world() -> Iterator[World]:
    with a_slack_world() as world:
        yield world


class Daemon:
    """Ticks of the sensor, with the cursor that Dagster keeps in between."""

    def __init__(self, instance: dg.DagsterInstance, world: World, db: Database) -> None:
        self.instance = instance
        self.db = db
        self.cursor: str | None = None
        self.settings = made_settings(
            slack_bot_token=world.credentials.slack_bot_token,
            slack_base_url=f"{world.base_url}/api",
            slack_default_channel=CHANNEL,
            javis_ui_url="https://dagster.example",
        )

    def tick(self) -> str:
        """What the sensor says of a tick."""
        resources = {"settings": self.settings, "db": self.db}
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources)
        result: Any = failed_runs.run_failure_to_slack(context)
        self.cursor = result.cursor
        return str(result.skip_reason.skip_message)

    def fail(self, job: str, error: Exception, *, tags: dict[str, str] | None = None) -> str:
        """A run of a job that ends with an error; its id."""
        made = a_job(job, error)
        return made.execute_in_process(instance=self.instance, raise_on_error=False, tags=tags).run_id


def a_job(name: str, error: Exception, *partitions: str) -> dg.JobDefinition:
    """A job that ends with an error."""

    @dg.op(name="step")
    def step() -> None:
        raise error

    @dg.graph(name=f"{name}_graph")
    def steps() -> None:
        step()

    return steps.to_job(name, partitions_def=dg.StaticPartitionsDefinition(partitions) if partitions else None)


@pytest.fixture
def daemon(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setattr(failed_runs, "_SETTLED", timedelta())
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(instance, world, database)
        daemon.tick()
        yield daemon


def test_given_slack_is_away_for_three_failures_then_each_is_told_afterwards_and_none_twice(
    daemon: Daemon, world: World
) -> None:
    world.faults.add(Rule(Fault(FaultKind.RATE_LIMITED, retry_after=3600), path="/api/*"))
    for cause in ("Jira refuses the token", "Confluence is away", "the disk is full"):
        daemon.fail("sync", dg.Failure(description=cause))
        assert "wait for Slack" in daemon.tick()
    assert posts(world) == []

    world.faults.clear()
    for _ in range(3):
        daemon.tick()

    told = [shown(post) for post in posts(world)]
    assert len(told) == 3
    for cause in ("Jira refuses the token", "Confluence is away", "the disk is full"):
        assert sum(cause in text for text in told) == 1


@pytest.mark.parametrize("fault", [FaultKind.LOST_REPLY, FaultKind.LOST_REQUEST, FaultKind.SERVER_ERROR])
def test_given_the_answer_is_lost_then_the_failure_is_told_once(daemon: Daemon, world: World, fault: FaultKind) -> None:
    world.faults.add(Rule(Fault(fault), path="/api/chat.postMessage", last=1))
    daemon.fail("sync", dg.Failure(description="Jira refuses the token"))

    for _ in range(3):
        daemon.tick()

    assert len(posts(world)) == 1


def test_given_a_run_that_dagster_tries_again_then_only_the_last_try_is_told(daemon: Daemon, world: World) -> None:
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "__repository__")
    create_run_for_test(
        daemon.instance,
        job_name="sync",
        status=dg.DagsterRunStatus.FAILURE,
        tags={WILL_RETRY_TAG: "true"},
        remote_job_origin=RemoteJobOrigin(place, "sync"),
    )
    assert daemon.tick() == "no run failed"
    assert posts(world) == []

    daemon.fail("sync", dg.Failure(description="killed again"))
    daemon.tick()

    (post,) = posts(world)
    assert "killed again" in shown(post)


def test_given_a_run_of_dg_launch_that_is_marked_to_be_tried_again_then_it_is_told_since_nobody_can(
    daemon: Daemon, world: World
) -> None:
    daemon.fail("sync", dg.Failure(description="Jira is away"), tags={WILL_RETRY_TAG: "true"})

    assert daemon.tick() == "1 told, 0 wait for Slack"


def test_given_a_sync_of_the_command_line_when_it_fails_then_it_is_told_although_dagster_tries_runs_again(
    daemon: Daemon, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried_again = {"run_retries": {"enabled": True, "max_retries": 1}}
    with dg.DagsterInstance.ephemeral(settings=tried_again) as daemon.instance:
        monkeypatch.setattr(dg.DagsterInstance, "get", lambda: nullcontext(daemon.instance))
        monkeypatch.setattr(runs, "_part_of_everything", lambda _: a_job("sync", dg.Failure("Jira is away"), "OQC"))
        with pytest.raises(dg.Failure):
            runs.materialize(["jira_issues"], partition="OQC", config={}, progress=lambda *_: None)

        assert daemon.tick() == "1 told, 0 wait for Slack"

    assert len(posts(world)) == 1


def test_a_failure_tells_the_run_the_cause_the_remedy_and_a_link(daemon: Daemon, world: World) -> None:
    ours = daemon.fail("sync", dg.Failure(description="Jira refuses the token (401); check JIRA_TOKEN"))
    unforeseen = daemon.fail("census", KeyError("a secret"))
    daemon.tick()

    first, second = (shown(post) for post in posts(world))
    assert "Jira refuses the token (401); check JIRA_TOKEN" in first
    assert f"<https://dagster.example/runs/{ours}|Open the run>" in first
    assert "step step stopped at something that nobody foresaw (KeyError)" in second
    assert "*What to do*: javis doctor checks settings and access" in second
    assert f"Run {unforeseen[:8]}" in second
    assert "a secret" not in second


def test_given_no_ui_is_known_then_it_says_which_setting_makes_the_link(daemon: Daemon, world: World) -> None:
    daemon.settings = daemon.settings.model_copy(update={"javis_ui_url": None})
    run_id = daemon.fail("sync", dg.Failure(description="Jira is away"))
    daemon.tick()

    (post,) = posts(world)
    assert f"Run {run_id[:8]}" in shown(post)
    assert "JAVIS_UI_URL makes this a link" in shown(post)


def test_given_slack_is_not_configured_then_nothing_waits(daemon: Daemon) -> None:
    daemon.settings = daemon.settings.model_copy(update={"slack_bot_token": None})
    daemon.fail("sync", dg.Failure(description="Jira is away"))

    assert daemon.tick() == "1 told, 0 wait for Slack"
    assert daemon.tick() == "no run failed"
