"""`javis roadmap`: goals are kept, linked, settled, and show in the context."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.steps.build_context import ContextScope, read_context
from javis_pipeline_tests.made_project import NOW, made_project, store_project


@pytest.fixture
def shell(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Runs `javis roadmap` on a database with one project of 60 issues, two of them epics."""
    with database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=60, seed=5))
        conn.execute("UPDATE jira_issues SET status_category = 'new' WHERE key IN ('OQC-1', 'OQC-2')")
    monkeypatch.setenv("DATABASE_URL", database.url)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["roadmap", *arguments])

    return run


def _listed(shell, *arguments: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(shell("list", "--json", *arguments).stdout)
    return listed


def test_a_goal_is_added_linked_and_shown_in_the_context(shell, database):
    added = shell(
        "add", "Fast", "--description", "A second", "--horizon", "2026-12-31", "--owner", "user-1", "--epic", "oqc-1"
    )
    linked = shell("link", "1", "OQC-2", "OQC-1")

    assert (added.exit_code, linked.exit_code) == (0, 0), added.output + linked.output
    (goal,) = _listed(shell)
    assert (goal["title"], goal["horizon"], goal["owner_id"]) == ("Fast", "2026-12-31", "user-1")
    assert goal["epic_keys"] == ["OQC-1", "OQC-2"]
    (vision,) = read_context(database, ContextScope("OQC"), now=NOW).visions
    assert (vision.title, vision.live_epic_keys) == ("Fast", ("OQC-1", "OQC-2"))


def test_goals_are_listed_the_nearest_horizon_first(shell):
    for title, horizon in (("Later", "2027-06-01"), ("Sooner", "2026-06-01")):
        shell("add", title, "--horizon", horizon)
    shell("add", "Some day")

    assert [goal["title"] for goal in _listed(shell)] == ["Sooner", "Later", "Some day"]
    assert shell("list").stdout.splitlines()[0].split() == ["id", "title", "horizon", "owner", "epics", "state"]


def test_epics_can_be_taken_away(shell):
    shell("add", "Fast", "--epic", "OQC-1", "--epic", "OQC-2")

    shell("link", "1", "--remove", "OQC-1")

    assert _listed(shell)[0]["epic_keys"] == ["OQC-2"]


def test_settled_goals_are_shown_only_when_asked_for(shell):
    shell("add", "Fast")

    shell("settle", "1", "achieved")

    assert _listed(shell) == []
    assert [goal["state"] for goal in _listed(shell, "--all")] == ["achieved"]


def test_given_no_goals_then_the_list_says_how_to_add_one(shell):
    assert "Next: javis roadmap add" in shell("list").stdout


def test_given_an_epic_that_is_not_synced_then_it_is_linked_with_a_warning(shell):
    result = shell("add", "Fast", "--epic", "EUV-9")

    assert result.exit_code == 0
    assert "EUV-9" in result.stderr
    assert _listed(shell)[0]["epic_keys"] == ["EUV-9"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", " "], "a goal needs a title"),
        (["add", "Fast", "--epic", "epic one"], "'EPIC ONE' is not an issue key"),
        (["link", "7", "OQC-1"], "there is no goal 7"),
        (["settle", "7", "dropped"], "there is no goal 7"),
    ],
)
def test_wrong_usage_changes_nothing_and_says_what_is_right(shell, arguments, message):
    result = shell(*arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert _listed(shell, "--all") == []
