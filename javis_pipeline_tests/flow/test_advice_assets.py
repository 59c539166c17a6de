"""The advice as Dagster makes it: what the UI shows of it, and the check before anybody is told."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.made_project import made_project, store_project
from javis_pipeline_tests.sites import settings_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        yield server.world


@pytest.fixture(scope="module")
def reports(world: World, shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `advice_graph` prints of its runs: the first, one after tampering, one after a change of the project."""
    with shared_database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=200, seed=5, now=datetime.now(UTC)))
    settings = {
        **settings_for(world, projects="OQC", database_url=shared_database.url, home=tmp_path_factory.mktemp("home")),
        "ANTHROPIC_API_KEY": world.credentials.anthropic_api_key,
        "ANTHROPIC_BASE_URL": world.base_url,
    }

    done = subprocess.run(
        [sys.executable, "-m", "javis_pipeline_tests.flow.advice_graph"],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert world.credentials.anthropic_api_key not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_claude_is_paid_once_for_a_state_of_the_project_and_what_is_ungrounded_is_told_to_nobody(
    world: World, reports: list[dict[str, Any]]
) -> None:
    fine, tampered, _ = reports
    advice = fine["advice"]
    assert (fine["success"], fine["told"]) == (True, True)
    assert (advice["engine"], advice["model"], advice["reused"]) == ("claude", "claude-sonnet-5-5 (sandbox)", False)
    assert advice["output_tokens"] > 0
    assert advice["ranked"].startswith("**1. ")
    assert f"]({world.base_url}/browse/OQC-" in advice["ranked"]
    assert (tampered["success"], tampered["told"]) == (False, False)
    assert (tampered["advice"]["reused"], tampered["advice"]["output_tokens"]) == (True, 0)
    assert len(world.exchanges.matching("POST", "/v1/messages/count_tokens")) == 2


def test_every_run_shows_the_pictures_of_the_context_as_it_is(reports: list[dict[str, Any]]) -> None:
    first, unchanged, changed = (report["pictures"] for report in reports)

    assert all(text.startswith("![") for text in first.values())
    assert unchanged == first
    assert changed["cumulative_flow"] != first["cumulative_flow"]


def test_what_the_context_is_about_is_named_as_people_name_it_and_leads_to_jira(
    world: World, reports: list[dict[str, Any]]
) -> None:
    tables = reports[0]["tables"]

    assert all(f"]({world.base_url}/browse/OQC-" in table for table in tables.values())
    assert "| OQC Sprint " in tables["forecast_dates"]
    assert "| high | [OQC-" in tables["risks"]
