"""Small sandboxes, and the command line pointed at them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from javis_pipeline.sandbox.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EMAIL = "javis@example.com"


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


def run_javis(*arguments: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`javis` in a process of its own."""
    return _run([sys.executable, "-m", "javis_pipeline", *arguments], settings)


def run_dagster(*arguments: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`dagster` in a process of its own."""
    return _run([sys.executable, "-m", "dagster", *arguments], settings)


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of ours and Dagster's, and without a settings file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "JAVIS_"))}
    return inherited | {"JAVIS_ENV_FILE": os.devnull}


def _run(command: list[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=clean_environment() | dict(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
