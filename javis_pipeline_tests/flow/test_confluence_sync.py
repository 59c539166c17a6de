"""The Confluence side of the graph, as Dagster runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import run_dagster, settings_for

pytestmark = pytest.mark.timeout(180)

ASSETS = """
import dagster as dg

from javis_pipeline.defs import resources
from javis_pipeline.defs.syncing import PULLED, WRITTEN
from javis_pipeline.defs.sources import confluence_site, local_edits

defs = dg.Definitions(
    assets=[confluence_site, local_edits, PULLED["confluence"], WRITTEN["confluence"]],
    resources={"settings": resources.settings, "db": resources.db},
    executor=dg.in_process_executor,
)
"""


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3)) as server:
        yield server.world


@pytest.fixture
def pages(world: World) -> list[Page]:
    return [
        world.confluence.create_page(world.confluence.add_space(key, key).space_id, f"Plan of {key}", "<p>OQC-1</p>")
        for key in ("OQC", "DOC")
    ]


@pytest.fixture
def settings(world: World, database_url: str, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "dagster"
    home.mkdir()
    values = settings_for(world, projects="OQC,EUV", database_url=database_url, home=tmp_path)
    return {**values, "CONFLUENCE_SPACES": "OQC:OQC,OQC:DOC", "DAGSTER_HOME": str(home)}


def materialize(settings: dict[str, str], folder: Path, partition: str):
    script = folder / "assets.py"
    script.write_text(ASSETS)
    select = ["--select", "confluence_pages,confluence_writeback", "--partition", partition]
    return run_dagster("asset", "materialize", *select, "-f", str(script), settings=settings)


def test_given_a_project_with_two_spaces_when_materialized_then_both_go_both_ways(
    settings: dict[str, str], pages: list[Page], database_url: str, tmp_path: Path
) -> None:
    first = materialize(settings, tmp_path, "OQC")
    with Database(database_url) as db:
        stored = db.query("SELECT space_key FROM confluence_pages WHERE title LIKE 'Plan%%' ORDER BY 1", {})
        db.query("UPDATE confluence_pages SET title = 'New plan of DOC' WHERE page_id = %s", [pages[1].page_id])

    second = materialize(settings, tmp_path, "OQC")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert [row["space_key"] for row in stored] == ["DOC", "OQC"]
    assert [page.title for page in pages] == ["Plan of OQC", "New plan of DOC"]


def test_given_a_project_without_spaces_when_materialized_then_nothing_is_asked(
    settings: dict[str, str], world: World, tmp_path: Path
) -> None:
    done = materialize({**settings, "CONFLUENCE_SPACES": ""}, tmp_path, "EUV")

    assert done.returncode == 0, done.stderr
    assert list(world.exchanges.matching()) == []


def test_given_a_space_that_is_not_there_when_materialized_then_the_run_fails_with_the_remedy(
    settings: dict[str, str], pages: list[Page], tmp_path: Path
) -> None:
    done = materialize({**settings, "CONFLUENCE_SPACES": "OQC:OQCX"}, tmp_path, "OQC")

    assert done.returncode == 1
    assert "nearest it sees are OQC" in done.stderr


def test_given_only_a_confluence_account_when_everything_is_materialized_then_jira_is_not_needed(
    settings: dict[str, str], pages: list[Page], world: World, database_url: str
) -> None:
    account = {
        "CONFLUENCE_URL": world.base_url,
        "CONFLUENCE_EMAIL": settings["JIRA_EMAIL"],
        "CONFLUENCE_TOKEN": settings["JIRA_TOKEN"],
        "CONFLUENCE_SPACES": "HANDBOOK:DOC",
    }
    without_jira = {name: value for name, value in settings.items() if not name.startswith("JIRA_")} | account
    everything = ["-m", "javis_pipeline.definitions", "--select", "*", "--partition", "HANDBOOK"]

    done = run_dagster("asset", "materialize", *everything, settings=without_jira)

    assert done.returncode == 0, done.stderr
    with Database(database_url) as db:
        stored = db.query("SELECT page_id FROM confluence_pages WHERE title LIKE 'Plan%%'", {})
    assert [row["page_id"] for row in stored] == [pages[1].page_id]
