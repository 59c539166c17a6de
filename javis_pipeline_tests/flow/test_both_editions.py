"""One product of each edition, as companies have them while they move."""

from collections.abc import Iterator

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import confluence_system, jira_system, site_checks
from javis_pipeline_tests.sites import EMAIL, NOON, issue_there, made_settings


@pytest.fixture(params=["cloud", "data-center"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Its edition is that of Jira; Confluence is used in the other one."""
    edition: Edition = request.param
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition=edition)) as server:
        server.world.jira.create_project("OQC", "Optical Quality Control")
        server.world.jira.create("OQC", "First", description="One.")
        space = server.world.confluence.add_space("OQC", "Optical Quality Control")
        server.world.confluence.create_page(space.space_id, "Plan", "<p>Of OQC-1.</p>")
        yield server.world


def settings_of(world: World) -> Settings:
    secrets = world.credentials
    sites = {
        "cloud": ("", EMAIL, secrets.api_token, "/confluence", secrets.personal_token("javis")),
        "data-center": ("/jira", None, secrets.personal_token("javis"), "/wiki", secrets.api_token),
    }
    jira, email, token, confluence, other_token = sites[world.edition]
    return made_settings(
        jira_url=world.base_url + jira,
        jira_email=email,
        jira_token=token,
        jira_projects=("OQC",),
        confluence_url=world.base_url + confluence,
        confluence_email=None if email else EMAIL,
        confluence_token=other_token,
        confluence_spaces="OQC:OQC",
    )


def sync(database: Database, settings: Settings, run: str) -> None:
    with jira_system(settings) as jira, confluence_system(settings) as confluence:
        for system in (jira, confluence):
            job = Job(db=database, system=system, key="OQC", run_id=f"{run}-{system.name}", clock=lambda: NOON)
            pull_scope(job)
            write_back_scope(job)


def test_given_one_product_of_each_edition_then_both_go_both_ways(database: Database, world: World) -> None:
    settings = settings_of(world)
    sync(database, settings, "first")
    database.query("UPDATE jira_issues SET title = 'Better', description = 'One.' || E'\\n\\nTwo.'", [])
    database.query("UPDATE confluence_pages SET title = 'Better plan' WHERE title = 'Plan'", [])

    sync(database, settings, "second")

    issue = issue_there(world, "OQC-1")
    assert issue.state.summary == "Better"
    assert "Better plan" in {page.title for page in world.confluence.pages.values()}
    assert database.query("SELECT DISTINCT sync_status FROM records", []) == [{"sync_status": "synced"}]
    assert database.query("SELECT issue_key FROM page_issue_links", []) == [{"issue_key": "OQC-1"}]


def test_given_one_product_of_each_edition_then_the_doctor_finds_both(world: World) -> None:
    checks = list(site_checks(settings_of(world), now=NOON))

    assert {check.verdict for check in checks if check.subject.startswith("confluence")} == {"ok"}, checks
    assert "failed" not in {check.verdict for check in checks}, checks
    assert any(check.subject.startswith("jira OQC") for check in checks), checks
