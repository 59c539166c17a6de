"""Slack at the end of the graph, run through Dagster as people run it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.digests import CHANNEL, a_slack_world, posts, replies, shown
from javis_pipeline_tests.sites import run_dagster, settings_for

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def world() -> Iterator[World]:
    with a_slack_world() as world:
        world.jira.create_project("OQC", "Optical quality control")
        for number in range(1, 4):
            world.jira.create("OQC", title=f"Calibrate <!channel> stage {number}", due_date="2020-01-01")
        yield world


@pytest.fixture
def settings(world: World, database_url: str, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "dagster"
    home.mkdir()
    return {
        **settings_for(world, projects="OQC", database_url=database_url, home=tmp_path),
        "DAGSTER_HOME": str(home),
        "SLACK_BASE_URL": f"{world.base_url}/api",
        "SLACK_BOT_TOKEN": world.credentials.slack_bot_token,
        "SLACK_CHANNELS": f"OQC:{CHANNEL}",
    }


def materialize(settings: dict[str, str], select: str = "*"):
    arguments = ["asset", "materialize", "--select", select, "--partition", "OQC"]
    return run_dagster(*arguments, "-m", "javis_pipeline.definitions", settings=settings)


def test_given_unchanged_data_when_the_whole_graph_runs_twice_then_there_is_one_digest_and_no_alert_beside_it(
    world: World, settings: dict[str, str]
) -> None:
    first, second = materialize(settings), materialize(settings)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    (digest,) = posts(world)
    assert "OQC-1|OQC-1> Calibrate" in shown(digest)
    assert "by the rules, without a language model" in shown(digest)
    assert "Calibrate &lt;!channel&gt; stage 1" in shown(digest)
    assert sum(len(reply.get("files", ())) for reply in replies(world)) == 4


def test_given_slack_refuses_then_the_run_names_the_remedy_and_the_sync_is_unharmed(
    world: World, settings: dict[str, str], database_url: str
) -> None:
    done = materialize({**settings, "SLACK_CHANNELS": "OQC:#elsewhere"})

    assert done.returncode == 1
    assert "not_in_channel; the app is not in the channel; write /invite" in done.stderr
    with Database(database_url) as db:
        assert db.query("SELECT count(*) AS issues FROM jira_issues") == [{"issues": 3}]
        assert db.query("SELECT count(*) AS advice FROM ai_advice") == [{"advice": 1}]


def test_given_no_token_then_the_graph_runs_to_its_end(world: World, settings: dict[str, str]) -> None:
    del settings["SLACK_BOT_TOKEN"]

    done = materialize(settings)

    assert done.returncode == 0, done.stderr
    assert posts(world) == []
