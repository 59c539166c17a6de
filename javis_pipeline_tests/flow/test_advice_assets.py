"""The advice as Dagster makes it: what the UI shows of it, and the check before anybody is told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.made_project import made_project, store_project
from javis_pipeline_tests.sites import run_dagster, settings_for

GRAPH = Path(__file__).with_name("advice_graph.py")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        yield server.world


@pytest.fixture
def settings(world: World, database: Database, tmp_path: Path) -> dict[str, str]:
    """A project in the database, and Claude in the settings."""
    with database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=200, seed=5, now=datetime.now(UTC)))
    home = tmp_path / "dagster"
    home.mkdir()
    return {
        **settings_for(world, projects="OQC", database_url=database.url, home=tmp_path),
        "DAGSTER_HOME": str(home),
        "ANTHROPIC_API_KEY": world.credentials.anthropic_api_key,
        "ANTHROPIC_BASE_URL": world.base_url,
    }


def materialize(settings: dict[str, str]) -> int:
    done = run_dagster(
        "asset", "materialize", "--select", "*", "--partition", "OQC", "-f", str(GRAPH), settings=settings
    )
    assert settings["ANTHROPIC_API_KEY"] not in done.stdout + done.stderr
    return done.returncode


def shown(settings: dict[str, str]) -> dict[str, Any]:
    """The metadata of the newest advice."""
    with dg.DagsterInstance.from_config(settings["DAGSTER_HOME"]) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("ai_suggestions"))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_claude_is_paid_once_for_a_state_of_the_project_and_what_is_ungrounded_is_told_to_nobody(
    world: World, settings: dict[str, str], database: Database
) -> None:
    told = Path(settings["JAVIS_HOME"], "told")

    assert materialize(settings) == 0

    first = shown(settings)
    assert (first["engine"], first["model"], first["reused"]) == ("claude", "claude-sonnet-5-5 (sandbox)", False)
    assert first["output_tokens"] > 0
    assert first["ranked"].startswith("**1. ")
    assert f"]({world.base_url}/browse/OQC-" in first["ranked"]
    assert told.exists()

    told.unlink()
    world.exchanges.clear()
    database.query("""UPDATE ai_suggestions SET evidence = '{"finding_ids": ["overdue:OQC-0"], "issue_keys": []}'""")

    assert materialize(settings) == 1

    second = shown(settings)
    assert (second["reused"], second["output_tokens"]) == (True, 0)
    assert world.exchanges.matching() == []
    assert not told.exists()
