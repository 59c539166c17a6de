"""`javis context` as people and programs see it."""

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline_tests.made_project import made_project, store_project

ESCAPE = "\x1b]0;owned\x07"


@pytest.fixture
def shell(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Runs `javis` on a database with one project of 300 issues and one of none."""
    with database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=300, seed=5, now=datetime.now(UTC)))
        conn.execute("UPDATE jira_issues SET title = title || %s", [ESCAPE])
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("JIRA_PROJECTS", "OQC,EUV")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["context", *arguments])

    return run


def test_the_page_of_a_project_fits_one_screen_and_begins_with_the_verdict(shell):
    result = shell("--project", "oqc")

    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert lines[0].startswith(("OQC  AT RISK  ", "OQC  TO WATCH  ", "OQC  FINE  "))
    assert {"Why", "Sprint", "Work", "Pace", "Blocked", "People", "Epics"} <= {line.split(" ")[0] for line in lines}
    assert lines[-1] == "Next: javis suggest --project OQC"
    assert len(lines) <= 40
    assert "\x1b" not in result.stdout


def test_given_several_projects_then_each_is_one_line(shell):
    result = shell()

    header, first, second, last = result.stdout.splitlines()
    assert header.split()[:2] == ["project", "state"]
    assert first.split()[0] == "OQC"
    assert second.split()[:2] == ["EUV", "EMPTY"]
    assert last == "Next: javis context --project OQC"


def test_given_a_project_without_issues_then_the_page_says_what_to_do(shell):
    result = shell("--project", "EUV")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == ["No issue of EUV is here yet.", "Next: javis sync --project EUV"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--project", "OQX"], "no project 'OQX' is synced here; the nearest: OQC"),
        (["--project", "OQC", "--sprint", "OQC Sprimt 7"], "the nearest: OQC Sprint 7"),
        (["--sprint", "OQC Sprint 7"], "add --project (OQC, EUV)"),
        (["--project", "OQC", "--plot", "flow.jpg"], "call it flow.png"),
        (["--project", "OQC", "--plot", "/nowhere/flow.png"], "/nowhere/flow.png cannot be written"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_is_right(shell, arguments, message):
    result = shell(*arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_json_is_one_object_for_one_project_and_a_list_for_all(shell):
    one, every = json.loads(shell("--project", "OQC", "--json").stdout), json.loads(shell("--json").stdout)

    assert one["project_key"] == "OQC"
    assert one["counts"]["total"] == 300
    assert [context["project_key"] for context in every] == ["OQC", "EUV"]
    assert every[0]["context_hash"] == one["context_hash"]


def test_a_closed_sprint_can_be_asked_for(shell, database):
    (row,) = database.query(
        "SELECT name FROM sprints JOIN issue_sprints USING (sprint_id) WHERE state = 'closed' LIMIT 1"
    )

    result = shell("--project", "OQC", "--sprint", row["name"].lower())

    assert next(line for line in result.stdout.splitlines() if line.startswith("Sprint")).startswith(
        f"Sprint   {row['name']}, closed: "
    )


def test_risks_and_blockers_are_listed(shell):
    result = shell("--project", "OQC", "--show-risks", "--show-blockers")

    assert "severity  kind" in result.stdout
    assert " blocks " in result.stdout
    assert "\x1b" not in result.stdout


def test_the_plot_is_a_png(shell, tmp_path: Path):
    target = tmp_path / "oqc.png"

    result = shell("--project", "OQC", "--plot", str(target))

    assert result.exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert result.stderr == f"Drew {target}\n"


@pytest.mark.parametrize(("columns", "most_lines"), [(80, 40), (60, 80)])
def test_on_a_terminal_no_line_is_wider_than_it_and_titles_cannot_move_the_cursor(shell, columns, most_lines):
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": f"{columns}", "LINES": "50", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "javis_pipeline", "context", "--project", "OQC"],
        stdout=terminal,
        stdin=subprocess.DEVNULL,
        env=environment,
    ) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(controller):
            shown += chunk
        assert process.wait() == 0
    os.close(controller)

    text = shown.decode()
    plain = re.sub("\x1b\\[[0-9;]*m", "", text).splitlines()
    assert "\x1b[1m" in text
    assert "\x1b]0;" not in text
    assert len(plain) <= most_lines
    assert max(map(len, plain)) <= columns
    # On a narrow one what is too long goes on below instead of being cut off.
    assert columns >= 80 or (
        any(line.startswith(" " * 9) for line in plain) and not any("…" in line[-1:] for line in plain)
    )


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65_536)
    except OSError:  # how Linux says that the other end was closed
        return b""
