"""The product as logins that own nothing: the whole sync as one of javis_sync, edits as one of javis_app."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from javis_pipeline.db.backup import back_up, restore
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import DatabaseError
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.sites import issue_there, run_javis, settings_for

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=5)) as server:
        site = server.world.jira
        site.create_project("OQC", "Optical quality control")
        for number in range(1, 5):
            key = site.create("OQC", title=f"Calibrate stage {number}", labels=["lab"], assignee="Mara").state.key
            site.comment(key, "Done?")
        space = server.world.confluence.add_space("OQC", "Optical quality control")
        server.world.confluence.create_page(space.space_id, "Plan", "<p>first</p>")
        yield server.world


@pytest.fixture
def dagster_url(server_url: str, database_url: str) -> Iterator[str]:
    """A database for Dagster, which the product's logins do not own."""
    name = f"{urlsplit(database_url).path[1:]}_dagster"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def as_login(
    world: World, database_url: str, dagster_url: str, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    home = tmp_path / "dagster"
    home.mkdir()

    def run(login: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        values = settings_for(world, projects="OQC", database_url=login, home=tmp_path) | {
            "DAGSTER_HOME": str(home),
            "DAGSTER_POSTGRES_URL": dagster_url,
            "CONFLUENCE_SPACES": "OQC:OQC",
        }
        return run_javis(*arguments, settings=values)

    return run


def test_the_sync_runs_with_the_rights_of_javis_sync_and_people_edit_with_those_of_javis_app(
    world: World, make_login: Callable[..., str], as_login: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    sync, app = make_login("javis_sync"), make_login("javis_app")
    first = as_login(sync, "sync")
    assert first.returncode == 0, first.stderr

    edited = as_login(app, "edit", "OQC-1", "--set", "title=By a command")
    with psycopg.connect(app, autocommit=True) as conn:
        conn.execute("UPDATE jira_issues SET title = 'By SQL', labels = labels || '{sql}' WHERE key = 'OQC-2'")
        conn.execute("UPDATE confluence_pages SET body_storage = '<p>second</p>'")
    world.jira.edit("OQC-3", title="By Mara", by="Mara")
    second = as_login(sync, "sync")

    assert edited.returncode == 0, edited.stderr
    assert second.returncode == 0, second.stderr
    assert [issue_there(world, f"OQC-{n}").state.summary for n in (1, 2)] == ["By a command", "By SQL"]
    assert all("second" in page.body for page in world.confluence.pages.values())
    with Database(sync) as db:
        assert db.query("SELECT title FROM jira_issues WHERE key = 'OQC-3'") == [{"title": "By Mara"}]
        assert db.query("SELECT count(*) AS n FROM jira_issues WHERE sync_status <> 'synced'") == [{"n": 0}]


def test_given_a_login_of_the_sync_when_it_backs_up_then_the_owner_restores_all_of_it(
    database: Database, make_login: Callable[..., str], tmp_path: Path
) -> None:
    database.query(
        "INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, reason, actor, at)"
        " VALUES ('r', 'local', 'jira_issue', '1', 'title', 'pull', 'sync', now())"
    )

    back_up(make_login("javis_sync"), tmp_path / "dump", pg_bin=None)
    database.query("DELETE FROM sync_audit")
    database.close()
    restore(database.url, tmp_path / "dump", pg_bin=None)

    with Database(database.url) as restored:
        assert restored.query("SELECT run_id FROM sync_audit") == [{"run_id": "r"}]


@pytest.mark.parametrize("role", ["javis_app", "javis_read"])
def test_given_another_login_when_it_backs_up_then_it_is_refused_and_no_file_is_left(
    database: Database, make_login: Callable[..., str], tmp_path: Path, role: str
) -> None:
    with pytest.raises(DatabaseError):
        back_up(make_login(role), tmp_path / "dump", pg_bin=None)

    assert list(tmp_path.iterdir()) == []
