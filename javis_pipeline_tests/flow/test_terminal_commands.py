"""What people type: the shell, the sandbox's settings, commands on the demo, goals."""

import os
import socket
import time
from pathlib import Path

import pytest

from javis_pipeline.cli.demo_site import claim_stand_ins, point_at_demo
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.command import environment
from javis_pipeline_tests.sites import free_port, made_settings, run_javis

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "JAVIS_HOME": str(tmp_path)}


def test_the_shell_runs_a_statement_and_shows_the_address_to_nobody(settings: dict[str, str]) -> None:
    done = run_javis(
        "db", "shell", "-c", "SELECT 'first'", "-c", "SELECT current_setting('application_name')", settings=settings
    )
    wrong = run_javis("db", "shell", "-c", "SELECT nothing", settings=settings)

    assert done.returncode == 0, done.stderr
    assert 0 < done.stdout.index("first") < done.stdout.index("javis db shell")
    assert wrong.returncode != 0
    assert 'column "nothing" does not exist' in wrong.stderr


@pytest.mark.parametrize("arguments", [("sandbox", "--port", "9911", "env"), ("sandbox", "env", "--port", "9911")])
def test_the_port_is_obeyed_on_either_side_of_env(arguments: tuple[str, ...]) -> None:
    done = run_javis(*arguments, settings={})

    assert "JIRA_URL=http://127.0.0.1:9911\n" in done.stdout


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("named", ["postgresql://u:p@db.example:5432/x", ""], ids=["a database", "none"])
def test_the_demos_file_leads_every_shell_to_the_database_that_the_demo_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "DATABASE_URL": named})

    point_at_demo(made_settings(javis_home=tmp_path), port=8765)

    lines = Path(os.environ["JAVIS_ENV_FILE"]).read_text().splitlines()
    assert [line for line in lines if line.startswith("DATABASE_URL")] == ([f"DATABASE_URL={named}"] if named else [])


def test_given_the_demo_has_ended_when_a_command_asks_the_sites_then_they_run_for_it(
    settings: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    values = {**environment(port=port), **settings, "JAVIS_DEMO_PORT": str(port)}
    file = tmp_path / "env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    done = run_javis("doctor", settings={"JAVIS_ENV_FILE": str(file)})

    assert f"stand-ins run at http://127.0.0.1:{port} for this command" in done.stderr
    assert "ok    jira OQC " in done.stdout
    deadline = time.monotonic() + 5
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(port)


def test_given_stand_ins_that_are_started_then_no_program_of_that_command_starts_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, file = free_port(), tmp_path / "env"
    file.write_text(f"JAVIS_HOME={tmp_path}\nJAVIS_DEMO_PORT={port}\n")
    monkeypatch.setenv("JAVIS_ENV_FILE", str(file))
    monkeypatch.setenv("JAVIS_DEMO_PORT", str(port))

    first, again = claim_stand_ins(), claim_stand_ins()

    assert [part.command[-4:-2] for part in first.values()] == [("--port", str(port))]
    assert again == {}


def test_given_an_issue_that_is_no_epic_then_no_goal_takes_it(settings: dict[str, str]) -> None:
    with Database(settings["DATABASE_URL"]) as db, db.transaction(origin="sync") as conn:
        conn.execute(
            """INSERT INTO jira_issues (key, jira_id, project_key, title, issue_type, hierarchy_level)
               VALUES ('OQC-1', '1', 'OQC', 'one', 'Epos', 1), ('OQC-2', '2', 'OQC', 'two', 'Story', 0)"""
        )

    taken = run_javis("roadmap", "add", "Half the downtime", "--epic", "OQC-1", settings=settings)
    refused = run_javis("roadmap", "add", "Half again", "--epic", "OQC-2", settings=settings)

    assert taken.returncode == 0, taken.stderr
    assert (refused.returncode, refused.stderr) == (
        2,
        "Error: OQC-2 is a Story; only epics work towards a goal\n",
    )


def test_people_are_named_in_the_audit(settings: dict[str, str]) -> None:
    with Database(settings["DATABASE_URL"]) as db, db.transaction(origin="sync") as conn:
        conn.execute("INSERT INTO users (account_id, display_name) VALUES ('712020:mara', 'Mara Lindqvist')")
        conn.execute(
            """INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
               VALUES ('r1', 'local', 'jira_issue', '1', 'assignee_id', NULL, '"712020:mara"', 'pull', 'x', now())"""
        )

    shown = run_javis("audit", "--run", "r1", settings=settings)
    as_json = run_javis("audit", "--run", "r1", "--json", settings=settings)

    assert "Mara Lindqvist" in shown.stdout, shown.stderr
    assert "712020:mara" in as_json.stdout


def test_fields_are_named_in_the_audit_and_what_has_no_value_says_what_became_of_it(settings: dict[str, str]) -> None:
    with Database(settings["DATABASE_URL"]) as db:
        with db.transaction(origin="sync") as conn:
            conn.execute(
                """INSERT INTO jira_issues (key, jira_id, project_key, title, issue_type)
                   VALUES ('OQC-1', '1', 'OQC', 'one', 'Story')"""
            )
            conn.execute(
                """INSERT INTO jira_fields (field_id, name, type, sort, policy, first_seen_at, last_seen_at)
                   VALUES ('customfield_1', 'Severity', 'x', 'option', 'two_way', now(), now()),
                          ('customfield_2', 'Team', 'x', 'text', 'two_way', now(), now()),
                          ('customfield_3', 'Team', 'x', 'text', 'two_way', now(), now())"""
            )
            conn.execute(
                """INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, new, reason, actor, at)
                   VALUES ('r1', 'local', 'jira_issue', '1', 'customfield_1', '"S1"', 'pull', 'x', now()),
                          ('r1', 'local', 'jira_issue', '1', 'customfield_2', '"Optics"', 'pull', 'x', now())"""
            )
        with db.transaction(origin="application") as conn:
            conn.execute("DELETE FROM jira_issues WHERE key = 'OQC-1'")

    of_run = run_javis("audit", "--run", "r1", settings=settings)
    of_issue = run_javis("audit", "--issue", "OQC-1", settings=settings)

    assert "Severity" in of_run.stdout, of_run.stderr
    assert "customfield_1" not in of_run.stdout
    assert "Team (customfield_2)" in of_run.stdout
    assert "deleted here" in of_issue.stdout, of_issue.stderr
    assert "true" not in of_issue.stdout.lower()


def test_given_several_mistakes_in_the_file_then_each_is_a_line_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("JIRA_URL=acme/jira\nJIRA_EMIAL=me@acme.com\nJIRA_PROJECTS=oqc ops\nJAVIS_TIMEZONE=Europe/Berln\n")
    file.chmod(0o600)

    done = run_javis("doctor", settings={"JAVIS_ENV_FILE": str(file), "JAVIS_HOME": str(tmp_path)})

    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith(("FAIL", "warn"))] == [
        "warn  settings                   JIRA_EMIAL is no setting, so it does nothing",
        "FAIL  settings                   JIRA_URL is not an http or https URL",
        "FAIL  settings                   JIRA_PROJECTS holds something that is not a project key",
        "FAIL  settings                   JAVIS_TIMEZONE is not the name of a time zone",
    ]
    assert done.stdout.count("it should look like") == 3
    assert "did you mean JIRA_EMAIL?" in done.stdout
