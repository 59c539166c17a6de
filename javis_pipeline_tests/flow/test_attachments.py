"""Files that hang on issues, of both editions: what is known of them here, and one of them fetched."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.attachments import safe_name
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline_tests.sites import settings_for

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT = ("JIRA_URL", "JIRA_EMAIL", "JIRA_TOKEN")
PHOTO = bytes(range(256)) * 2000


def account(world: World) -> tuple[str, str | None, str]:
    """Address, who signs in, and with what."""
    if world.edition == "cloud":
        return world.base_url, "us@example.com", world.credentials.api_token
    return f"{world.base_url}/jira", None, world.credentials.personal_token("javis")


class Site:
    """A project with files, here and there."""

    def __init__(self, world: World, database: Database) -> None:
        self.world, self.database = world, database

    def sync(self) -> None:
        world = self.world
        world.clock.advance(timedelta(hours=1))
        with closing(connect(*account(world), limits=Limits(tries=2), sleep=lambda _: None)) as client:
            system = system_of(client, ["OPS"], {})
            pull_scope(Job(db=self.database, system=system, key="OPS", run_id="run", clock=world.clock.now))

    def ids(self) -> list[str]:
        return [row["attachment_id"] for row in self.database.query("SELECT * FROM attachments ORDER BY created_at")]


@pytest.fixture(params=["cloud", "data-center"])
def site(request, database: Database, database_url: str, tmp_path: Path, monkeypatch) -> Iterator[Site]:
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=request.param)) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create("OPS", "Lamp flickers")
        world.jira.attach("OPS-1", "lamp Ä.jpg", PHOTO, mime_type="image/jpeg", by="Mara", at=NOON)
        settings = settings_for(world, projects="OPS", database_url=database_url, home=tmp_path)
        for name, value in {**settings, **dict(zip(ACCOUNT, account(world), strict=True))}.items():
            monkeypatch.setenv(name, value or "")
        monkeypatch.chdir(tmp_path)
        found = Site(world, database)
        found.sync()
        yield found


def javis(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_an_issues_files_are_listed_and_one_comes_byte_for_byte(site, tmp_path):
    (listed,) = json.loads(javis("attachment", "list", "ops-1", "--json").output)
    assert (listed["key"], listed["name"], listed["size"], listed["author"]) == (
        *("OPS-1", "lamp Ä.jpg", len(PHOTO)),
        site.world.people.named("Mara").name,
    )
    assert "lamp Ä.jpg" in javis("attachment", "list", "OPS-1").output

    fetched = javis("attachment", "get", listed["attachment_id"])

    assert fetched.exit_code == 0, fetched.output
    assert (tmp_path / "lamp Ä.jpg").read_bytes() == PHOTO
    assert javis("attachment", "get", listed["attachment_id"]).exit_code == 2  # it replaces nothing
    assert list(tmp_path.glob(".*.part")) == []


def test_a_file_that_is_added_or_removed_there_comes_and_goes_here(site):
    site.world.jira.attach("OPS-1", "log.txt", b"12:00 lamp off")
    site.sync()
    assert len(site.ids()) == 2

    issue = next(iter(site.world.jira.issues.values()))
    del issue.attachments[0]
    site.world.jira.edit("OPS-1", title="Lamp does not flicker")
    site.sync()
    assert site.ids() == [str(issue.attachments[0].id)]


def test_a_file_of_a_restricted_issue_is_kept_from_readers(site, make_login, database_url):
    site.world.jira.restrict("OPS-1", "Staff only")
    site.sync()

    with Database(make_login("javis_read")) as reader:
        assert reader.query("SELECT * FROM attachments") == []
    assert len(site.ids()) == 1


def test_credentials_stay_with_the_site_and_what_is_gone_or_too_large_is_said(site, tmp_path):
    (attachment_id,) = site.ids()
    site.world.exchanges.clear()
    assert javis("attachment", "get", attachment_id, "--out", str(tmp_path / "a.jpg")).exit_code == 0
    elsewhere = site.world.exchanges.matching(path="/media")
    assert all("authorization" not in {name.lower() for name in each.request_headers} for each in elsewhere)
    assert bool(elsewhere) == (site.world.edition == "cloud")

    site.world.jira.attach("OPS-1", "film.mp4", bytes(1_000_001))
    site.sync()
    too_large = javis("attachment", "get", site.ids()[1], "--most-mb", "1")
    assert (too_large.exit_code, "more than 1000000 bytes" in too_large.output) == (1, True)

    next(iter(site.world.jira.issues.values())).attachments.clear()
    gone = javis("attachment", "get", attachment_id)
    assert (gone.exit_code, "not found" in gone.output) == (1, True)
    assert "javis attachment list KEY" in javis("attachment", "get", "77").output
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".part", ".mp4")] == []
    nowhere = javis("attachment", "get", attachment_id, "--out", str(tmp_path / "no" / "a.jpg"))
    assert (nowhere.exit_code, "cannot be made: No such file" in nowhere.output) == (2, True)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\boot.ini", "C__boot.ini"),
        (".bashrc", "bashrc"),
        ("a\x1b[31m\n\u202egpj.exe", "a_[31m__gpj.exe"),
        ("...", "attachment-7"),
        ("ж" * 300 + ".txt", "ж" * 73 + ".txt"),
        ("x." + "y" * 300, "a." + "y" * 19),
    ],
)
def test_a_name_is_never_a_way_out_of_the_folder(name, safe):
    assert safe_name(name, "7") == safe
