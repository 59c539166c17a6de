"""A walk through the Dagster UI as a person takes it: `javis dev` on the demo, seen and clicked in a browser."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.command import environment
from javis_pipeline.sandbox.ground import Edition
from javis_pipeline_tests.browser import CHROMIUM, DRIVER, Browser, chromium
from javis_pipeline_tests.property.sync_histories import how_many
from javis_pipeline_tests.sites import clean_environment, free_port, wait_until_dagster_serves

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="needs a browser and its driver; Debian: apt-get install chromium chromium-driver",
    ),
]

GROUPS = {
    "confluence": ["confluence_pages", "confluence_writeback"],
    "insight": ["ai_suggestions", "work_context"],
    "jira": ["jira_issues", "jira_writeback"],
    "slack": ["slack_digest", "slack_risk_alert"],
    "sources": ["confluence_site", "jira_site", "local_edits"],
    "sync": ["sync_conflicts"],
}
PROJECTS = ("OQC", "EUV", "HANDBOOK")
EDITED = "OQC-7"
# A walk takes minutes; `make walk` takes one on each edition, an ordinary run only the first.
EDITIONS: tuple[Edition, ...] = ("cloud", "data-center")
WALKED = EDITIONS[: how_many("JAVIS_WALKED_EDITIONS", usual=1, thorough=2)]


@pytest.fixture
def sandbox_port() -> int:
    return free_port()


@pytest.fixture(params=WALKED)
def edition(request: pytest.FixtureRequest) -> Edition:
    """What the stand-ins are."""
    chosen: Edition = request.param
    return chosen


@pytest.fixture
def browser(database_url: str, sandbox_port: int, edition: Edition, tmp_path: Path) -> Iterator[Browser]:
    """A browser on a fresh `javis dev` with demo data."""
    port, log = free_port(), tmp_path / "dev.log"
    settings = {"JAVIS_HOME": str(tmp_path), "DATABASE_URL": database_url, "DAGSTER_POSTGRES_URL": database_url}
    options = ("--edition", edition, "--port", str(port), "--sandbox-port", str(sandbox_port))
    with log.open("w") as output:
        dev = subprocess.Popen(
            [sys.executable, "-m", "javis_pipeline", "dev", "--no-live", *options],
            env=clean_environment() | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_dagster_serves(dev, port, log)
        with chromium(f"http://127.0.0.1:{port}", tmp_path / "chromium") as browser:
            yield browser
    finally:
        dev.terminate()
        try:
            dev.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(dev.pid, signal.SIGKILL)
            dev.wait()


def test_a_person_finds_and_does_everything_in_the_ui(
    browser: Browser, database_url: str, sandbox_port: int, edition: Edition, tmp_path: Path
) -> None:
    demo = environment(port=sandbox_port, edition=edition)
    with browser.step("the asset graph", tmp_path):
        the_graph_shows_every_asset_in_its_group(browser)
    with browser.step("a configured run", tmp_path):
        run = one_project_is_launched_with_a_configuration(browser)
    with browser.step("the first sync", tmp_path):
        every_project_was_synced_without_being_asked(browser)
    with browser.step("a backfill", tmp_path):
        all_projects_are_launched_at_once(browser)
    with browser.step("next ticks", tmp_path):
        schedules_say_when_they_tick_next(browser)
    with browser.step("a tick that skipped", tmp_path):
        a_tick_without_edits_says_why_it_asked_for_nothing(browser)
    with browser.step("an edit on both sides", tmp_path):
        a_title_is_edited_on_both_sides(browser, database_url, demo)
    with browser.step("the configured run ends", tmp_path):
        the_run_succeeds_and_shows_its_configuration(browser, run)
    with browser.step("the backfill ends", tmp_path):
        the_backfill_completes_for_all_projects(browser)
    with browser.step("the plots", tmp_path):
        the_work_context_shows_its_plots(browser)
    with browser.step("a tick that asked", tmp_path):
        a_tick_after_an_edit_asks_for_a_run_of_that_project(browser)
    with browser.step("a failing check", tmp_path):
        the_check_says_which_conflict_is_open(browser)


def the_graph_shows_every_asset_in_its_group(browser: Browser) -> None:
    browser.open("/asset-groups/")
    for group in GROUPS:
        browser.click(f"//button[.//*[@title='{group}']]/preceding::button[1]")
    browser.wait_for("\n".join(name for group, assets in GROUPS.items() for name in (group, *assets)))

    browser.click("//button[.//*[@aria-label='settings']][not(normalize-space(.))]")
    browser.click_on("Expand all groups")
    drawn = {*GROUPS, *(asset for assets in GROUPS.values() for asset in assets)}
    browser.until(lambda: drawn <= _nodes(browser, drawn), f"the graph does not have {sorted(drawn)}")


def _nodes(browser: Browser, names: Collection[str]) -> set[str]:
    """Which of `names` the graph shows now; a long one has its middle cut out."""
    labels = [node.text for node in browser.find_all("//*[name()='foreignObject']")]
    patterns = [".+".join(map(re.escape, label.split("…"))) for label in labels]
    return {name for name in names for pattern in patterns if re.fullmatch(pattern, name)}


def one_project_is_launched_with_a_configuration(browser: Browser) -> str:
    """The path of the run's page."""
    browser.open("/assets/jira_issues?view=overview")
    browser.click("//button[normalize-space(.)='Materialize…']/following::button[1]")
    browser.click_on("Open launchpad")
    browser.wait_for("full_refresh: false", "No errors")
    browser.click("//input[@placeholder='Partition']")
    browser.click_on("EUV")
    browser.wait_for("partition: EUV", "force: 'none'", "full_refresh: false")

    browser.replace_last_word("force:", "'none'", "both")
    browser.wait_for("root:ops:jira_issues:config:force not in enum type", "got both")
    browser.replace_last_word("force:", "both", "none")
    browser.replace_last_word("full_refresh:", "false", "true")
    browser.wait_for("force: none", "full_refresh: true", "No errors")
    browser.click_on("Materialize")

    browser.wait_for("Runs\n/", "partition: EUV\njira_issues", "View tags and config")
    return browser.path


def every_project_was_synced_without_being_asked(browser: Browser) -> None:
    browser.open("/assets/sync_conflicts?view=partitions")
    browser.wait_for(f"Materialized ({len(PROJECTS)})", *PROJECTS, anew=True)


def all_projects_are_launched_at_once(browser: Browser) -> None:
    browser.open("/assets/work_context?view=overview")
    browser.click_on("Materialize…")
    browser.wait_for("Launch runs to materialize work_context")
    browser.click_on("All")
    browser.wait_for(f"{len(PROJECTS)} partitions", *PROJECTS)
    browser.click_on("Launch backfill")
    browser.wait_until_gone("Launch runs to materialize work_context")


def schedules_say_when_they_tick_next(browser: Browser) -> None:
    now = datetime.now(UTC)
    browser.open("/automation")
    browser.wait_for("sync_every_15_minutes", "Every 15 minutes", "everything_at_8", "At 08:00 AM UTC")
    browser.click_on("sync_every_15_minutes")
    shown = browser.wait_for("Keep both sides in step.", "Next tick").splitlines()
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15)
    assert shown[shown.index("Next tick") + 1] in (_instant(quarter), _instant(quarter + timedelta(minutes=15)))


def _instant(at: datetime) -> str:
    return f"{at:%b} {at.day}, {at.hour % 12 or 12}:{at:%M:%S %p} UTC"


def a_tick_without_edits_says_why_it_asked_for_nothing(browser: Browser) -> None:
    browser.open("/automation")
    browser.click_on("local_changes")
    browser.wait_for("0 runs requested", anew=True)
    browser.click("//button[normalize-space(.)='0 runs requested']")
    browser.wait_for("Skip reason: nothing was edited here")


def a_title_is_edited_on_both_sides(browser: Browser, database_url: str, demo: dict[str, str]) -> None:
    token, is_cloud = demo["JIRA_TOKEN"], "JIRA_EMAIL" in demo
    issue = f"{demo['JIRA_URL']}/rest/api/{3 if is_cloud else 2}/issue/{EDITED}"
    person = (demo["JIRA_EMAIL"], token) if is_cloud else _Bearer(token)
    with Database(database_url) as db:
        browser.until(
            lambda: db.query("SELECT key FROM jira_issues WHERE key = %s", [EDITED]), "the issue is not pulled"
        )
        there = requests.put(issue, json={"fields": {"summary": "Edited in Jira"}}, auth=person, timeout=60)
        here = db.query("UPDATE jira_issues SET title = 'Edited in SQL' WHERE key = %s RETURNING key", [EDITED])
    assert there.status_code == 204
    assert here


class _Bearer(requests.auth.AuthBase):
    """Signs in by a personal access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def the_run_succeeds_and_shows_its_configuration(browser: Browser, run: str) -> None:
    browser.open(run)
    browser.wait_for("\nSuccess\n", "partition: EUV\njira_issues")
    browser.click_on("View tags and config")
    browser.wait_for("Run configuration", "full_refresh: true")
    browser.open("/assets/jira_issues?partition=EUV&view=partitions")
    browser.wait_for("EUV\nMaterialized", "completeness", "Jira counts about")


def the_backfill_completes_for_all_projects(browser: Browser) -> None:
    browser.open(f"/runs/b/{_asked_for_by_a_person(browser)}")
    browser.wait_for("Status\nSucceeded", "work_context", "100% completed", *PROJECTS, anew=True)
    shown = browser.wait_for("Partitions targeted\nIn progress\nSucceeded\nFailed").splitlines()
    assert shown[shown.index("100% completed") + 1 :][:4] == ["3", "0", "3", "0"]


def _asked_for_by_a_person(browser: Browser) -> str:
    """Id of the backfill that no sensor made: automation makes some of its own, of the projects that need one."""
    query = "{ partitionBackfillsOrError { ... on PartitionBackfills { results { id tags { key } } } } }"
    answer = requests.post(f"{browser.site}/graphql", json={"query": query}, timeout=60).json()
    found = [
        backfill["id"]
        for backfill in answer["data"]["partitionBackfillsOrError"]["results"]
        if "dagster/sensor_name" not in {tag["key"] for tag in backfill["tags"]}
    ]
    assert len(found) == 1, answer
    return str(found[0])


def the_work_context_shows_its_plots(browser: Browser) -> None:
    browser.open("/assets/work_context?partition=OQC&view=partitions")
    for plot in ("cumulative flow", "cycle times", "throughput"):
        assert browser.find(f"//img[@alt='{plot}']").get_property("naturalWidth") == 260
    browser.click("//tr[td[normalize-space(.)='plots']]//*[normalize-space(.)='[Show Markdown]']")
    large = browser.find("//img[@alt='forecast']")
    assert int(str(large.get_property("naturalWidth"))) > 400
    browser.click_on("Close")
    browser.wait_until_gone("Close")

    browser.open("/assets/work_context?view=overview")
    browser.click_on("Plots")
    browser.wait_for("done\n", "in_progress\n", "open\n")
    browser.until(lambda: len(browser.find_all("//canvas")) >= 3, "the counts are not plotted")


def a_tick_after_an_edit_asks_for_a_run_of_that_project(browser: Browser) -> None:
    browser.open("/automation")
    browser.click_on("local_changes")
    browser.wait_for("1 run requested", anew=True)
    browser.click("//button[normalize-space(.)='1 run requested']")
    browser.wait_for("Requested runs", "partition: OQC", "local_changes")
    browser.click_on("View")
    browser.wait_for("\nSuccess\n", "partition: OQC")


def the_check_says_which_conflict_is_open(browser: Browser) -> None:
    browser.open("/assets/sync_conflicts?view=checks")
    browser.wait_for("no_open_conflicts", "Fields that both sides changed wait for a person.")
    # Not the overview: where runs overlap, Dagster shows there that the check is not evaluated.
    browser.click_on("Execution history")
    browser.click(f"//tr[contains(., 'Failed')][contains(., '1 conflict: {EDITED} title')]//button")
    browser.click_on("[Show Markdown]")
    browser.wait_for(EDITED, "both changed", "Edited in SQL", "Edited in Jira")
