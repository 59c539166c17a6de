"""`javis slack` against the sandbox."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.digests import CHANNEL, a_slack_world, posts, shown
from javis_pipeline_tests.integration.test_notify import a_project, keep

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def world() -> Iterator[World]:
    with a_slack_world() as world:
        world.slack.add_channel("line-status")
        yield world


@pytest.fixture
def settings(world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    values = {
        "DATABASE_URL": database_url,
        "JAVIS_HOME": str(tmp_path),
        "JAVIS_ENV_FILE": os.devnull,
        "JIRA_URL": world.base_url,
        "JIRA_PROJECTS": "OQC,EUV",
        "CONFLUENCE_SPACES": "OQC:DOC",
        "SLACK_BASE_URL": f"{world.base_url}/api",
        "SLACK_BOT_TOKEN": world.credentials.slack_bot_token,
        "SLACK_CHANNELS": f"OQC:{CHANNEL}",
        "SLACK_DEFAULT_CHANNEL": "line-status",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def javis(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["slack", *arguments])


def test_given_no_options_when_tested_then_each_channel_gets_one_message_and_its_link_is_printed(
    settings: pytest.MonkeyPatch, world: World
) -> None:
    done = javis("test")

    assert done.exit_code == 0, done.output
    assert [len(posts(world)), len(posts(world, "line-status"))] == [1, 1]
    assert done.stdout.count(f"{world.base_url}/slack/") == 2
    assert "*javis* can post here" in shown(posts(world)[0])


def test_given_a_channel_when_tested_then_only_it_gets_a_message(settings: pytest.MonkeyPatch, world: World) -> None:
    (row,) = json.loads(javis("test", "--channel", "#line-status", "--json").stdout)

    assert (row["channel"], row["warnings"]) == ("#line-status", [])
    assert [len(posts(world)), len(posts(world, "line-status"))] == [0, 1]


def test_given_nothing_was_synced_when_status_is_posted_then_it_says_so_and_a_second_one_changes_it(
    settings: pytest.MonkeyPatch, world: World
) -> None:
    first, second = javis("status", "--project", "oqc"), javis("status", "--project", "OQC", "--json")

    assert "OQC  oqc-team  posted  http" in first.stdout
    assert json.loads(second.stdout)[0]["outcome"] in ("unchanged", "updated")
    (post,) = posts(world)
    assert "Nothing was synced yet. Next: `javis sync`" in shown(post)


def test_given_syncs_when_status_is_posted_then_it_tells_project_and_spaces(
    settings: pytest.MonkeyPatch, world: World, database_url: str
) -> None:
    with Database(database_url) as db:
        db.query(
            """INSERT INTO sync_runs (run_id, system, scope, step, started_at, finished_at, outcome, counts, error)
               VALUES ('a', 'jira', 'OQC', 'pull', now(), now(), 'done', '{"pulled": 12}', NULL),
                      ('b', 'confluence', 'DOC', 'pull', now(), now(), 'failed', '{}', 'Confluence is away'),
                      ('c', 'jira', 'EUV', 'pull', now(), now(), 'done', '{}', NULL)"""
        )

    javis("status", "--project", "OQC")

    seen = shown(posts(world)[0])
    assert "OQC: sync failed" in seen
    assert "*Jira OQC*: done" in seen
    assert "Last pull: pulled 12" in seen
    assert "*Confluence DOC*: failed" in seen
    assert "Error: Confluence is away" in seen
    assert "EUV" not in seen


def test_given_a_dry_run_then_the_post_is_printed_and_nothing_is_written(
    settings: pytest.MonkeyPatch, world: World, database_url: str
) -> None:
    with Database(database_url) as db:
        keep(db, a_project(risks=12))

    done = javis("digest", "--project", "OQC", "--dry-run")
    document = json.loads(javis("digest", "--project", "OQC", "--dry-run", "--json").stdout)

    assert "OQC  oqc-team  would be posted" in done.stdout
    assert "== OQC: at risk ==" in done.stdout
    assert "In the thread:\nAll risks" in done.stdout
    assert "Pictures in the thread: OQC-cumulative-flow.png" in done.stdout
    assert document[0]["messages"]["main"]["blocks"][0]["type"] == "header"
    assert posts(world) == []
    with Database(database_url) as db:
        assert db.query("SELECT * FROM slack_posts") == []


def test_given_no_token_then_a_dry_run_works_and_a_post_names_the_setting(
    settings: pytest.MonkeyPatch, world: World
) -> None:
    settings.delenv("SLACK_BOT_TOKEN")

    shown_only, refused = javis("risk", "--dry-run"), javis("risk")

    assert shown_only.exit_code == 0, shown_only.output
    assert "OQC  oqc-team  nothing to tell" in shown_only.stdout
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: SLACK_BOT_TOKEN is not set; set SLACK_BOT_TOKEN=<bot token>")


def test_given_no_context_then_the_digest_says_what_to_do(settings: pytest.MonkeyPatch, world: World) -> None:
    done = javis("digest", "--project", "EUV")

    assert (done.exit_code, done.stdout) == (
        0,
        "EUV  line-status  nothing to tell\n  no work context is stored yet. Next: javis run --project EUV\n",
    )
    assert posts(world, "line-status") == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("status", "--project", "OCQ"), 2, "project OCQ is not in JIRA_PROJECTS (OQC, EUV); did you mean OQC?"),
        (("status", "--channel", "#nowhere"), 1, "Slack has no channel #nowhere that the app sees"),
        (("test", "--channel", "#elsewhere"), 1, "not_in_channel; the app is not in the channel; write /invite"),
        (("serve",), 2, "SLACK_APP_TOKEN is not set; make an app-level token"),
        (("serve", "--http"), 2, "SLACK_SIGNING_SECRET is not set"),
    ],
)
def test_given_something_is_wrong_then_one_line_says_what_to_do(
    settings: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = javis(*arguments)

    assert done.exit_code == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
