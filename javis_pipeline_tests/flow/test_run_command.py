"""`javis run` as CI uses it: the whole graph, exit codes, a summary, a test report."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from javis_pipeline.cli import runs
from javis_pipeline.cli.run import Report, _as_markdown, _run, _worst
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import IdentityError
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import System
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import run_dagster, run_javis, settings_for

pytestmark = pytest.mark.timeout(240)

# More than a guard lets pass without being asked.
MANY = 25


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    with SandboxServer(World(seed=3)) as server:
        for project, issues in (("OQC", MANY), ("EUV", 2)):
            server.world.jira.create_project(project, project)
            for number in range(issues):
                server.world.jira.create(project, title=f"Calibrate stage {number}")
        values = settings_for(server.world, projects="OQC,EUV", database_url=database_url, home=tmp_path)
        yield {**values, "DAGSTER_POSTGRES_URL": database_url, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}


def test_given_a_guard_in_one_project_then_the_other_is_done_and_everything_says_so(
    settings: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    first = run_javis("run", "--json", settings=settings)
    with Database(database_url) as db:
        db.query("UPDATE jira_issues SET title = title || ' again' WHERE project_key = 'OQC'")
    second = run_javis("run", "--junit", str(tmp_path / "junit.xml"), settings=settings)
    select = ["--select", "jira_issues,jira_writeback", "--partition", "OQC", "-m", "javis_pipeline.definitions"]
    by_dagster = run_dagster("asset", "materialize", *select, settings=settings)

    assert first.returncode == 0, first.stderr
    assert [(report["project"], report["outcome"]) for report in json.loads(first.stdout)] == [
        ("OQC", "done"),
        ("EUV", "done"),
    ]
    assert second.returncode == 4, second.stdout + second.stderr
    assert [line.split("  ")[0] for line in second.stdout.splitlines()] == ["project", "OQC", "EUV"]
    assert f"If that is right: javis sync --expect-writes {MANY}\n" in second.stderr
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None] == ["OQC"]
    assert (tmp_path / "summary.md").read_text().count("| OQC |") == 2
    config = json.dumps({"ops": {"jira_writeback": {"config": {"expect_writes": MANY}}}})
    assert f"start jira_writeback again with this configuration: {config}" in by_dagster.stderr
    assert "DEBUG" not in by_dagster.stderr
    assert "pulled system=jira partition=OQC seen=" in by_dagster.stderr


def test_given_no_project_then_that_is_said(tmp_path: Path) -> None:
    done = run_javis("run", settings={"JAVIS_HOME": str(tmp_path)})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: no Jira project is named; set JIRA_PROJECTS=")


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([0, 0], 0), ([0, 3], 3), ([3, 1], 1), ([1, 4, 0], 4), ([3, 4], 4)],
)
def test_the_exit_code_is_that_of_the_worst(codes: list[int], worst: int) -> None:
    assert _worst([Report("P", "done", code, 1.0) for code in codes]) == worst


def test_a_summary_is_a_table_that_no_message_can_break() -> None:
    report = Report("OQC", "failed", 1, 2.0, error="jira: `x` | y")

    lines = _as_markdown([report]).splitlines()

    assert lines[2].count("|") == lines[4].count("|")
    assert lines[4].startswith("| OQC | failed | - |")
    assert lines[6] == "- **OQC**: `jira:  x  | y`"


@pytest.mark.parametrize("dead", [["jira"], ["jira", "confluence"]], ids=["one", "both"])
def test_given_a_dead_system_then_the_other_is_synced_and_each_says_why(
    monkeypatch: pytest.MonkeyPatch, dead: list[System]
) -> None:
    asked = []

    def materialize(assets: Sequence[str], **_: object) -> dict[str, dict[str, int]]:
        asked.append(list(assets))
        for system in dead:
            if SYSTEMS[system].table in assets:
                error = IdentityError(f"{system} does not know us")
                error.stopped = SYSTEMS[system].table
                raise error
        return {}

    monkeypatch.setattr(runs, "materialize", materialize)
    monkeypatch.setattr(runs, "all_assets", lambda: ["jira_issues", "confluence_pages", "work_context"])

    report = _run("OPS")

    assert asked[1:] == [["confluence_pages", "confluence_writeback"]]
    assert report.outcome == "failed"
    assert report.error == "; ".join(f"{system} does not know us" for system in dead)
