"""The command line as a shell sees it: fast help, exit codes, one line for an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline.db.migrate import known_revisions
from javis_pipeline.errors import DatabaseError, ScopeBusy, SettingError, SyncHalted, UsageError

# What `javis --help` may import beside the standard library.
LIGHT = {"click", "javis_pipeline", "colorama"}


def javis(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "javis_pipeline", *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_given_help_when_asked_for_then_only_light_modules_are_imported():
    asks = "from javis_pipeline.cli import main; main(['--help'], standalone_mode=False)"

    imported = modules_after(asks) - modules_after("pass")

    assert {module.partition(".")[0] for module in imported} - sys.stdlib_module_names <= LIGHT


def modules_after(code: str) -> set[str]:
    command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split())


def test_every_command_has_help_of_its_own():
    for name in main.list_commands(click.Context(main)):
        result = CliRunner().invoke(main, [name, "--help"])

        assert result.exit_code == 0, (name, result.output)
        assert result.output.startswith(f"Usage: main {name}")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DatabaseError("the disk is full"), 1),
        (ScopeBusy("the disk is full"), 1),
        (UsageError("the disk is full"), 2),
        (SettingError("the disk is\nfull"), 2),
        (SyncHalted("the disk is full"), 4),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_given_our_own_error_when_a_command_raises_it_then_it_is_one_line_and_an_exit_code(error, code, monkeypatch):
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(main, "get_command", lambda ctx, name: failing)

    result = CliRunner().invoke(main, ["anything"])

    assert result.exit_code == code
    assert result.stderr == "Error: the disk is full\n"
    assert result.stdout == ""


def test_given_an_unknown_command_when_called_then_it_is_wrong_usage():
    result = javis("nonsense")

    assert result.returncode == 2
    assert "No such command 'nonsense'" in result.stderr


def test_given_a_malformed_setting_when_a_command_needs_settings_then_the_line_names_it(tmp_path):
    result = javis("db", "url", JIRA_URL="acme")

    assert result.returncode == 2
    assert result.stderr.startswith(
        "Error: JIRA_URL is not an http or https URL; it should look like JIRA_URL=https://"
    )
    assert result.stderr.count("\n") == 1


def test_given_an_embedded_server_when_backed_up_changed_and_restored_then_it_is_as_before(tmp_path):
    home, file = str(tmp_path / "home"), tmp_path / "day.dump"
    try:
        migrated = json.loads(javis("db", "migrate", "--json", JAVIS_HOME=home).stdout)
        address = json.loads(javis("db", "url", "--json", JAVIS_HOME=home).stdout)
        backup = javis("db", "backup", str(file), JAVIS_HOME=home)
        again = javis("db", "backup", str(file), JAVIS_HOME=home)
        sql(address["url"], "DROP TABLE sync_runs CASCADE; CREATE TABLE stray (n integer)")
        restored = javis("db", "restore", str(file), "--yes", JAVIS_HOME=home)

        assert migrated["applied"] == known_revisions()
        assert address["embedded"] is True
        assert (backup.returncode, restored.returncode) == (0, 0), backup.stderr + restored.stderr
        assert oct(file.stat().st_mode)[-3:] == "600"
        assert (again.returncode, again.stderr) == (2, f"Error: {file} exists; name a new file\n")
        assert sql(address["url"], "SELECT to_regclass('sync_runs')::text, to_regclass('stray')::text") == [
            ("sync_runs", None)
        ]

        file.write_bytes(file.read_bytes()[:-5000])
        broken = javis("db", "restore", str(file), "--yes", JAVIS_HOME=home)

        assert broken.returncode == 1
        assert sql(address["url"], "SELECT to_regclass('sync_runs')::text") == [("sync_runs",)]
        assert "has stopped" in javis("db", "stop", JAVIS_HOME=home).stdout
    finally:
        EmbeddedServer(Path(home)).stop()


def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        cursor = conn.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
