"""A pull of Jira as people start it: by `dagster`, by `dg`, by `javis`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.verdicts import VERDICTS
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import run_dagster, run_javis, settings_for

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        site = server.world.jira
        site.create_project("OQC", "Optical quality control")
        for number in range(1, 4):
            site.create("OQC", title=f"Calibrate stage {number}")
        yield server.world


@pytest.fixture
def settings(world: World, database_url: str, tmp_path: Path) -> dict[str, str]:
    # A fresh, empty home is what a machine of a CI has.
    home = tmp_path / "dagster"
    home.mkdir()
    values = settings_for(world, projects="OQC", database_url=database_url, home=tmp_path)
    return {**values, "DAGSTER_HOME": str(home)}


def titles(database_url: str) -> list[str]:
    with Database(database_url) as db:
        return [row["title"] for row in db.query("SELECT title FROM jira_issues ORDER BY key")]


def materialize(settings: dict[str, str], partition: str):
    select = ["--select", "jira_issues", "--partition", partition]
    return run_dagster("asset", "materialize", *select, "-m", "javis_pipeline.definitions", settings=settings)


def test_given_an_empty_dagster_home_when_materialized_by_the_command_line_then_the_issues_are_stored(
    settings: dict[str, str], database_url: str
) -> None:
    done = materialize(settings, "OQC")

    assert done.returncode == 0, done.stderr
    assert titles(database_url) == ["Calibrate stage 1", "Calibrate stage 2", "Calibrate stage 3"]
    assert "pulled system=jira partition=OQC seen=3 inserted=3" in done.stderr


def test_given_a_wrong_token_when_materialized_then_the_run_fails_with_the_remedy_and_without_the_token(
    settings: dict[str, str], database_url: str
) -> None:
    done = materialize({**settings, "JIRA_TOKEN": "s3cret-token"}, "OQC")

    assert done.returncode == 1
    assert "did not accept the credentials" in done.stderr
    assert "s3cret-token" not in done.stderr + done.stdout
    assert titles(database_url) == []


def test_given_the_instance_file_when_synced_twice_then_the_second_run_stores_nothing_and_both_are_in_the_instance(
    settings: dict[str, str],
) -> None:
    # Both may live in one database.
    settings = {**settings, "DAGSTER_POSTGRES_URL": settings["DATABASE_URL"]}
    del settings["DAGSTER_HOME"]

    first = run_javis("sync", "jira", "--json", settings=settings)
    second = run_javis("sync", "jira", "--json", settings=settings)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert json.loads(first.stdout)[0]["jira_issues"]["inserted"] == 3
    assert json.loads(second.stdout)[0]["jira_issues"]["unchanged"] == 3
    with Database(settings["DATABASE_URL"]) as db:
        assert db.query("SELECT status FROM runs") == [{"status": "SUCCESS"}, {"status": "SUCCESS"}]
        checks = db.query("SELECT DISTINCT check_name AS name FROM asset_check_executions WHERE partition = 'OQC'")
        stored = db.query(
            "SELECT run_id, sum(length(event)) AS bytes FROM event_logs WHERE run_id <> '' GROUP BY run_id"
        )
    assert {check["name"] for check in checks} == {verdict.name for verdict in VERDICTS}
    # They are kept for a month: what a sync of both sides stores is told in docs/operations.md.
    assert max(run["bytes"] for run in stored) < 60_000


def test_given_a_status_after_a_sync_then_it_says_what_is_there(settings: dict[str, str]) -> None:
    before = run_javis("status", settings=settings)
    run_javis("sync", "jira", settings=settings)
    after = run_javis("status", "--json", settings=settings)

    assert before.stdout == "Nothing was synced yet. Next: javis sync\n"
    (scope,) = json.loads(after.stdout)["scopes"]
    assert (scope["system"], scope["scope"], scope["records"], scope["outcome"]) == ("jira", "OQC", 3, "done")


@pytest.mark.parametrize(
    ("changes", "arguments", "code", "message"),
    [
        pytest.param({"JIRA_URL": ""}, ["sync"], 2, "JIRA_URL is not set", id="no URL"),
        pytest.param({"JIRA_URL": "jira.example"}, ["sync"], 2, "JIRA_URL is not an http", id="malformed URL"),
        pytest.param({"JIRA_URL": "http://127.0.0.1:9"}, ["sync"], 1, "127.0.0.1:9", id="nobody there"),
        pytest.param({"JIRA_TOKEN": "x"}, ["sync"], 1, "Check JIRA_EMAIL", id="dead token"),
        pytest.param({"JIRA_PROJECTS": "OQX"}, ["sync"], 2, "nearest it sees are OQC", id="unknown project"),
        pytest.param({"JIRA_PROJECTS": ""}, ["sync"], 2, "no Jira project is named", id="no project"),
        pytest.param({}, ["sync", "--project", "OQ"], 2, "did you mean OQC", id="project not configured"),
        pytest.param({"JIRA_EMAIL": ""}, ["sync"], 2, "is Atlassian Cloud", id="no address"),
        pytest.param(
            {"DATABASE_URL": "postgresql://u:hush@127.0.0.1:9/x"}, ["status"], 1, "127.0.0.1", id="no database"
        ),
    ],
)
def test_bad_settings_end_in_one_line_with_the_remedy(
    settings: dict[str, str], changes: dict[str, str], arguments: list[str], code: int, message: str
) -> None:
    done = run_javis(*arguments, settings=settings | changes)

    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


def test_given_a_healthy_configuration_then_the_doctor_finds_nothing_and_writes_nothing(
    world: World, settings: dict[str, str]
) -> None:
    done = run_javis("doctor", "--json", settings=settings)

    checks = {check["subject"]: check["verdict"] for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert checks["jira identity"] == checks["jira OQC"] == checks["database"] == "ok"
    posted = {exchange.path for exchange in world.exchanges.matching() if exchange.method != "GET"}
    assert posted == {"/rest/api/3/search/approximate-count"}, "a question that is asked by POST"


def test_the_definitions_load(settings: dict[str, str]) -> None:
    done = run_dagster("definitions", "validate", "-m", "javis_pipeline.definitions", settings=settings)

    assert done.returncode == 0, done.stderr
