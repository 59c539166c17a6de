"""Two-way sync as people use it: SQL and commands here, other people there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import issue_there, run_javis, settings_for

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        site = server.world.jira
        site.create_project("OQC", "Optical quality control")
        for number in range(1, 5):
            site.create("OQC", title=f"Calibrate stage {number}", labels=["lab"], assignee="Mara")
        yield server.world


@pytest.fixture
def settings(world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    home = tmp_path / "dagster"
    home.mkdir()
    values = settings_for(world, projects="OQC", database_url=database_url, home=tmp_path)
    values["DAGSTER_HOME"] = str(home)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def synced(settings: dict[str, str]) -> dict[str, str]:
    assert sync(settings).returncode == 0
    return settings


def sync(settings: dict[str, str], *arguments: str):
    return run_javis("sync", "jira", *arguments, settings=settings)


def javis(*arguments: str):
    """A command in this process; those that start Dagster run in one of their own."""
    return CliRunner().invoke(main, list(arguments))


def row(database_url: str, key: str) -> dict[str, Any]:
    with Database(database_url) as db:
        return db.query("SELECT * FROM jira_issues WHERE key = %s", [key])[0]


def test_given_edits_on_both_sides_when_synced_then_both_agree_but_for_the_conflict_and_people_settle_that(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    with Database(database_url) as db:
        db.query("UPDATE jira_issues SET title = 'From SQL', labels = array_append(labels, 'sql') WHERE key = 'OQC-1'")
    javis("edit", "OQC-2", "--set", "due_date=2026-12-01")
    javis("tag", "add", "--issue", "OQC-3", "--tag", "priority:high")
    javis("edit", "OQC-4", "--set", "title=Said here")
    world.jira.edit("OQC-2", title="From there", by="Mara")
    world.jira.edit("OQC-3", add_labels=["there"], by="Mara")
    world.jira.edit("OQC-4", title="Said there", by="Mara")

    done = sync(synced, "--show-conflicts")

    assert done.returncode == 3, done.stderr
    issues = {key: issue_there(world, key).state for key in ("OQC-1", "OQC-2", "OQC-3", "OQC-4")}
    assert (issues["OQC-1"].summary, sorted(issues["OQC-1"].labels)) == ("From SQL", ["lab", "sql"])
    assert str(issues["OQC-2"].due) == "2026-12-01"
    assert row(database_url, "OQC-2")["title"] == "From there"
    assert sorted(issues["OQC-3"].labels) == row(database_url, "OQC-3")["labels"] == ["lab", "priority:high", "there"]
    assert (issues["OQC-4"].summary, row(database_url, "OQC-4")["title"]) == ("Said there", "Said here")
    for shown in ("OQC-4", "Calibrate stage 4", "Said here", "Said there", "Mara"):
        assert shown in done.stdout

    (report,) = json.loads(sync(synced, "--show-conflicts", "--json").stdout)
    assert report["conflicts"] == json.loads(javis("conflicts", "list", "--json").stdout)
    (conflict,) = report["conflicts"]
    shown = javis("conflicts", "show", conflict["id"][:8]).stdout
    resolved = javis("conflicts", "resolve", conflict["id"][:8], "--value", "Said by both")
    after = sync(synced)

    assert "Said here" in shown
    assert "Said there" in shown
    assert resolved.exit_code == 0, resolved.output
    assert after.returncode == 0, after.stdout + after.stderr
    assert issue_there(world, "OQC-4").state.summary == row(database_url, "OQC-4")["title"] == "Said by both"
    assert "No conflicts." in javis("conflicts").stdout


def test_given_a_run_when_undone_then_both_sides_are_as_before_but_for_what_was_edited_since(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    javis("edit", "OQC-1", "--set", "title=Wrong")
    javis("edit", "OQC-2", "--set", "title=Wrong too")
    sync(synced)
    (run,) = json.loads(javis("audit", "--json").stdout)
    world.jira.edit("OQC-2", title="Better", by="Mara")
    sync(synced)

    planned = javis("undo", run["run_id"], "--json")
    before = issue_there(world, "OQC-1").state.summary
    undone = javis("undo", run["run_id"], "--yes")
    sync(synced)

    assert {item["key"] for item in json.loads(planned.stdout)} == {"OQC-1", "OQC-2"}
    assert before == "Wrong"
    assert undone.exit_code == 0, undone.output
    assert issue_there(world, "OQC-1").state.summary == row(database_url, "OQC-1")["title"] == "Calibrate stage 1"
    assert issue_there(world, "OQC-2").state.summary == "Better"


def test_given_a_dry_run_then_it_tells_what_a_sync_does_and_changes_nothing(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    javis("edit", "OQC-1", "--set", "title=From here")
    world.jira.edit("OQC-2", title="From there", by="Mara")
    edited = row(database_url, "OQC-1")
    asked = len(world.exchanges.matching("PUT"))

    planned = sync(synced, "--dry-run", "--json")

    lines = {(item["key"], item["field"], item["side"]) for item in json.loads(planned.stdout)}
    assert lines == {("OQC-1", "title", "remote"), ("OQC-2", "title", "local")}
    assert len(world.exchanges.matching("PUT")) == asked
    assert row(database_url, "OQC-1") == edited
    assert row(database_url, "OQC-2")["title"] == "Calibrate stage 2"


@pytest.mark.usefixtures("settings")
def test_given_a_first_contact_when_run_dry_then_what_is_new_is_named_and_counted(world: World) -> None:
    for number in range(5, 15):
        world.jira.create("OQC", title=f"Calibrate stage {number}")

    told, whole = javis("sync", "jira", "--dry-run"), javis("sync", "jira", "--dry-run", "--json")

    assert told.output.count("new on the remote") == 10
    assert "\nand 4 more that are new there; all of them: --json\n" in told.output
    assert len(json.loads(whole.stdout)) == 14


def test_given_more_edits_than_fit_on_a_screen_when_run_dry_then_the_first_are_shown_and_the_others_counted(
    world: World, synced: dict[str, str]
) -> None:
    for number in range(5, 65):
        world.jira.create("OQC", title=f"Calibrate stage {number}")
    assert sync(synced).returncode == 0
    for key in [f"OQC-{number}" for number in range(1, 61)]:
        world.jira.edit(key, title=f"{key} from there", by="Mara")

    told = javis("sync", "jira", "--dry-run")

    assert told.output.count(" from there") == 50
    assert "\nand 10 more: 10 title here; all of them: --json\n" in told.output


def test_given_a_run_that_a_guard_stopped_then_the_status_says_why_once(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    for number in range(5, 35):
        world.jira.create("OQC", title=f"Calibrate stage {number}")
    sync(synced)
    with psycopg.connect(database_url) as conn:
        edited = conn.execute("UPDATE jira_issues SET title = title || ' here'").rowcount

    stopped, told = sync(synced), javis("status")

    assert stopped.returncode == 4
    assert f"\njira OQC: {edited} writes to {edited} records are planned" in told.output


def test_given_a_force_then_the_conflicts_of_that_field_are_resolved_and_no_others(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    javis("edit", "OQC-1", "--set", "title=Here", "--set", "due_date=2026-12-01")
    world.jira.edit("OQC-1", title="There", due_date="2026-12-24", by="Mara")

    done = sync(synced, "--force-local", "--field", "title")

    assert done.returncode == 3, done.stderr
    issue = issue_there(world, "OQC-1").state
    assert (issue.summary, str(issue.due)) == ("Here", "2026-12-24")
    assert str(row(database_url, "OQC-1")["due_date"]) == "2026-12-01"


def test_given_an_issue_that_was_deleted_there_when_synced_in_full_then_the_census_tells_and_nothing_is_deleted_yet(
    world: World, synced: dict[str, str], database_url: str
) -> None:
    world.jira.delete("OQC-4")

    done = sync(synced, "--full", "--json")

    (report,) = json.loads(done.stdout)
    assert report["census"]["jira"]["missing"] == 1
    assert report["census"]["jira"]["gone"] == 0
    assert row(database_url, "OQC-4")["remote_missing_since"] is not None


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("status", "Nowhere", "not a status"),
        ("labels", "{two words}", "blank"),
        ("assignee_id", "nobody", "nobody"),
        ("due_date", "1066-10-14", "1970"),
        ("reporter_id", "somebody", "cannot be changed from here"),
    ],
)
def test_given_an_edit_that_jira_cannot_take_then_it_stays_with_the_reason_and_the_rest_is_synced(
    world: World, synced: dict[str, str], database_url: str, field: str, value: str, reason: str
) -> None:
    with Database(database_url) as db:
        db.query(f"UPDATE jira_issues SET {field} = %s WHERE key = 'OQC-1'", [value])
        db.query("UPDATE jira_issues SET title = 'Fine' WHERE key = 'OQC-2'")
    done = sync(synced)

    edited = row(database_url, "OQC-1")
    assert done.returncode == 0, done.stderr
    assert edited["sync_status"] == "error"
    assert reason in edited["sync_errors"][field]
    assert field in edited["local_modified_fields"]
    assert issue_there(world, "OQC-2").state.summary == "Fine"
    assert "OQC-1" in javis("conflicts", "list", "--errors").stdout


def test_given_a_text_that_jira_never_takes_then_an_edit_is_refused_at_once_by_the_issues_key(
    synced: dict[str, str], database_url: str
) -> None:
    for title, says in (("x" * 300, "must have at most 255 characters, and has 300"), ("", "must not be empty")):
        done = javis("edit", "OQC-1", "--set", f"title={title}")

        assert (done.exit_code, f"title of OQC-1 {says}. Nothing was written." in done.stderr) == (2, True), done.output
    assert row(database_url, "OQC-1")["local_modified_fields"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sync", "--force-local", "--force-remote"], "exclude each other"),
        (["sync", "--field", "title"], "give --force-local or --force-remote"),
        (["sync", "--force-local", "--field", "titel"], "fields: "),
        (["conflicts", "show", "77"], "there is no conflict 77"),
        (["conflicts", "resolve", "77"], "say which value wins"),
        (["edit", "OQC-44", "--set", "title=x"], "javis status lists the projects"),
        (["edit", "OQC-1", "--set", "titel=x"], "did you mean title?"),
        (["edit", "OQC-1", "--set", "due_date=soon"], "should look like"),
        (["tag", "add", "--issue", "OQC-1", "--tag", "two words"], "no blanks"),
        (["audit", "--issue", "OQC-9"], "there is no issue OQC-9"),
        (["audit", "--issue", "99"], "there is no page 99 here; the id of a page is the number in its address"),
        (["comment", "99", "hello"], "there is no page 99 here"),
        (["undo", "nothing"], "javis audit lists the runs"),
    ],
)
def test_wrong_usage_ends_in_one_line_with_the_remedy(
    settings: dict[str, str], arguments: list[str], message: str
) -> None:
    done = javis(*arguments)

    assert done.exit_code == 2, done.output
    assert message in done.stderr
