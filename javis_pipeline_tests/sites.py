"""Small sandboxes, the command line pointed at them, and servers in processes of their own."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from javis_pipeline.sandbox.jira.custom import TEAMS
from javis_pipeline.sandbox.jira.issues import Issue
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline_tests.forked import run_module

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EMAIL = "javis@example.com"
START_SECONDS = 180


def settings_for(world: World, *, projects: str, database_url: str | None, home: Path) -> dict[str, str]:
    """Environment variables that point the product at a served world and a database (None: the embedded one)."""
    values = {
        "JIRA_URL": world.base_url,
        "JIRA_EMAIL": EMAIL,
        "JIRA_TOKEN": world.credentials.api_token,
        "JIRA_PROJECTS": projects,
        "JAVIS_HOME": str(home),
        "JAVIS_ENV_FILE": os.devnull,
    }
    return values if database_url is None else {**values, "DATABASE_URL": database_url}


def made_settings(**values: Any) -> Settings:
    """Settings of these values, in the form that variables have or in their own, without any settings file."""
    return Settings(**{"_env_file": None, **values})


def issue_there(world: World, key: str) -> Issue:
    """The issue in the sandbox that has this key."""
    issue = world.jira.find(key)
    assert issue is not None, f"the sandbox has no {key}"
    return issue


def team_called(name: str) -> str:
    """Id of one of the sandbox's teams."""
    return next(team_id for team_id, called in TEAMS.items() if called == name)


def run_javis(*arguments: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`javis` in a process of its own."""
    return run_module("javis_pipeline", arguments, clean_environment() | dict(settings))


def run_dagster(*arguments: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`dagster` in a process of its own."""
    return run_module("dagster", arguments, clean_environment() | dict(settings))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_until_dagster_serves(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the webserver of `server` answers on `port`; fail with the end of its `log` when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the webserver did not start: {log.read_text()[-2000:]}")


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of ours and Dagster's, and without a settings file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "JAVIS_"))}
    return inherited | {"JAVIS_ENV_FILE": os.devnull}
