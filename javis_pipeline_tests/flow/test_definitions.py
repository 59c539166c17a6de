"""The definitions as Dagster loads them: the graph, what starts by itself, what a tick asks for."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import javis_pipeline
from javis_pipeline_tests.sites import clean_environment

PACKAGE = Path(javis_pipeline.__file__).parent

FACTS = """
import json
from datetime import UTC, datetime
import dagster as dg
from javis_pipeline.definitions import defs

repository = defs.get_repository_def()
graph = defs.resolve_asset_graph()
nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
with dg.DagsterInstance.local_temp() as instance:
    context = dg.build_schedule_context(
        instance=instance, repository_def=repository, scheduled_execution_time=datetime(2026, 3, 2, 12, tzinfo=UTC)
    )
    schedule = repository.get_schedule_def("sync_every_15_minutes")
    tick = schedule.evaluate_tick(context)
    def wait(project):
        tags = {"dagster/partition": project}
        instance.add_run(dg.DagsterRun("sync", status=dg.DagsterRunStatus.STARTING, tags=tags))
    wait("EUV")
    with_one_waiting = schedule.evaluate_tick(context)
    wait("OQC")
    wait("HANDBOOK")
    with_all_waiting = schedule.evaluate_tick(context)
print(json.dumps({
    "deps": {n.key.to_user_string(): sorted(p.to_user_string() for p in n.parent_keys) for n in nodes},
    "undocumented": [n.key.to_user_string() for n in nodes if not n.description] + [
        each.name
        for each in [*repository.get_all_jobs(), *repository.schedule_defs, *repository.sensor_defs]
        if not each.name.startswith("_") and not each.description
    ],
    "ownerless": [n.key.to_user_string() for n in nodes if n.is_materializable and not n.owners],
    "owners": sorted({owner for n in nodes for owner in n.owners}),
    "code": {
        n.key.to_user_string(): reference.url if hasattr(reference, "url") else reference.file_path
        for n in nodes if n.is_materializable
        for reference in n.metadata["dagster/code_references"].code_references
    },
    "writes": {n.key.to_user_string(): n.tags["javis/writes"] for n in nodes if n.is_materializable},
    "checks_of_all_projects_at_once": [
        key.to_user_string() for key in graph.asset_check_keys if graph.get_check_spec(key).partitions_def is None
    ],
    "jobs": {
        job.name: sorted(node.name for node in job.nodes)
        for job in repository.get_all_jobs()
        if not job.name.startswith("_")
    },
    "started": [s.name for s in repository.schedule_defs if s.default_status == dg.DefaultScheduleStatus.RUNNING]
        + [s.name for s in repository.sensor_defs if s.default_status == dg.DefaultSensorStatus.RUNNING],
    "requests": [[r.partition_key, r.run_key] for r in tick.run_requests],
    "with_one_waiting": [r.partition_key for r in with_one_waiting.run_requests],
    "with_all_waiting": with_all_waiting.skip_message,
    "checks": sorted(key.to_user_string() for key in graph.asset_check_keys),
}))
"""


def facts(**variables: str) -> dict[str, Any]:
    settings = {"JIRA_PROJECTS": "OQC,EUV", "CONFLUENCE_SPACES": "OQC:DOC,HANDBOOK:HB", **variables}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FACTS],
        env=clean_environment() | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def loaded() -> dict[str, Any]:
    return facts()


def test_the_graph_goes_from_both_sites_to_slack(loaded: dict[str, Any]) -> None:
    assert loaded["deps"] == {
        "jira_site": [],
        "confluence_site": [],
        "local_edits": [],
        "jira_issues": ["jira_site", "local_edits"],
        "jira_writeback": ["jira_issues"],
        "confluence_pages": ["confluence_site", "local_edits"],
        "confluence_writeback": ["confluence_pages"],
        "sync_conflicts": ["confluence_pages", "confluence_writeback", "jira_issues", "jira_writeback"],
        "work_context": ["confluence_pages", "jira_issues", "sync_conflicts"],
        "ai_suggestions": ["work_context"],
        "slack_risk_alert": ["work_context"],
        "slack_digest": ["ai_suggestions", "sync_conflicts"],
    }


def test_everything_says_what_it_is_and_every_asset_whose(loaded: dict[str, Any]) -> None:
    assert loaded["undocumented"] == []
    assert loaded["ownerless"] == []


def test_an_asset_says_what_it_changes(loaded: dict[str, Any]) -> None:
    outside = {name: system for name, system in loaded["writes"].items() if system != "here"}

    assert outside == {
        "jira_writeback": "jira",
        "confluence_writeback": "confluence",
        "slack_risk_alert": "slack",
        "slack_digest": "slack",
    }


def test_an_asset_leads_to_its_code_and_settings_say_where_that_is_read_and_whose_it_is(loaded: dict[str, Any]) -> None:
    asked = facts(JAVIS_OWNERS="team:platform,mara@acme.com", JAVIS_SOURCE_URL="https://git.acme.com/javis/blob/main")

    assert loaded["owners"] == ["team:javis"]
    assert asked["owners"] == ["mara@acme.com", "team:platform"]
    assert loaded["code"]["jira_issues"] == str(PACKAGE / "defs" / "syncing.py")
    assert asked["code"]["jira_issues"].startswith(
        "https://git.acme.com/javis/blob/main/javis_pipeline/defs/syncing.py#L"
    )
    assert set(asked["code"]) == set(loaded["writes"])


def test_every_check_has_a_result_for_each_project(loaded: dict[str, Any]) -> None:
    assert loaded["checks_of_all_projects_at_once"] == []


def test_jobs_hold_the_parts_of_the_graph_that_belong_together(loaded: dict[str, Any]) -> None:
    sync = ["confluence_pages", "confluence_writeback", "jira_issues", "jira_writeback", "sync_conflicts"]

    jobs = {name: [node for node in nodes if "check" not in node] for name, nodes in loaded["jobs"].items()}

    assert set(jobs) == {"sync", "advise", "risk_alerts", "everything", "verify", "census", "prune"}
    assert set(sync) <= set(jobs["sync"])
    assert {"work_context", "slack_risk_alert"} <= set(jobs["risk_alerts"])
    agreement = {"jira_issues_both_sides_agree", "confluence_pages_both_sides_agree"}
    assert set(jobs["verify"]) == agreement
    assert not any(agreement & set(nodes) for name, nodes in jobs.items() if name != "verify")
    assert {*sync, "work_context", "ai_suggestions", "slack_digest"} <= set(jobs["everything"])


def test_both_sides_are_checked_for_the_same(loaded: dict[str, Any]) -> None:
    assert {
        "jira_writeback:no_rejected_pushes",
        "confluence_writeback:no_rejected_pushes",
        "jira_issues:nothing_quarantined",
        "confluence_pages:nothing_quarantined",
    } <= set(loaded["checks"])


def test_nothing_starts_by_itself_unless_it_is_asked_to(loaded: dict[str, Any]) -> None:
    asked = facts(JAVIS_AUTOSTART="1")

    assert loaded["started"] == []
    assert {"sync_every_15_minutes", "local_changes", "run_failure_to_slack"} <= set(asked["started"])


def test_a_tick_asks_for_one_run_for_each_project(loaded: dict[str, Any]) -> None:
    assert [project for project, _ in loaded["requests"]] == ["OQC", "EUV", "HANDBOOK"]
    assert len({run_key for _, run_key in loaded["requests"]}) == 3


def test_a_tick_asks_for_no_further_run_of_a_project_whose_last_one_still_waits(loaded: dict[str, Any]) -> None:
    assert loaded["with_one_waiting"] == ["OQC", "HANDBOOK"]
    assert "waits in the queue" in loaded["with_all_waiting"]


def test_modules_that_dagster_reads_keep_their_annotations() -> None:
    # Dagster reads annotations at run time; postponed ones break assets with configuration.
    for path in [PACKAGE / "definitions.py", *(PACKAGE / "defs").glob("*.py")]:
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        assert not any(node.module == "__future__" for node in imports), path


LOGGING = """
import logging
import dagster as dg
from javis_pipeline.defs import resources

@dg.op(required_resource_keys={"settings"})
def step():
    logging.getLogger("javis_pipeline.steps").info("the counts")
    logging.getLogger("javis_pipeline.steps").warning("somebody should act")

@dg.job(resource_defs={"settings": resources.settings})
def job():
    step()

ours = {"managed_python_loggers": ["javis_pipeline"], "python_log_level": "INFO"}
with dg.DagsterInstance.ephemeral(settings={"python_logs": ours}) as instance:
    job.execute_in_process(instance=instance)
"""


@pytest.mark.parametrize(("level", "says_counts"), [("INFO", True), ("WARNING", False)])
def test_log_level_chooses_what_a_run_logs(level: str, says_counts: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOGGING],
        env=clean_environment() | {"LOG_LEVEL": level},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "somebody should act" in done.stderr
    assert ("the counts" in done.stderr) is says_counts


AUTOMATION = """
import json
import dagster as dg
from javis_pipeline.definitions import defs

DEPS = ("jira_issues", "confluence_pages", "sync_conflicts")

with dg.DagsterInstance.ephemeral() as instance:
    def hold(asset, project, version):
        tags = {"dagster/data_version": version}
        instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=project, tags=tags))

    def look(cursor):
        among = dg.AssetSelection.assets("work_context", *DEPS)
        found = dg.evaluate_automation_conditions(defs, instance, asset_selection=among, cursor=cursor)
        return found.cursor, sorted(found.get_requested_partitions(dg.AssetKey("work_context")))

    for project in ("OQC", "EUV"):
        for asset in (*DEPS, "work_context"):
            hold(asset, project, "1")
    cursor, first = look(None)
    for asset in DEPS:
        hold(asset, "OQC", "1")
    cursor, same = look(cursor)
    hold("jira_issues", "EUV", "2")
    cursor, changed = look(cursor)
    hold("confluence_pages", "NEW", "1")
    hold("sync_conflicts", "NEW", "1")
    cursor, half = look(cursor)
    hold("jira_issues", "NEW", "1")
    cursor, whole = look(cursor)
print(json.dumps([first, same, changed, half, whole]))
"""


def test_a_context_is_made_anew_when_what_it_is_made_from_differs_and_not_whenever_something_ran() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AUTOMATION],
        env=clean_environment() | {"JIRA_PROJECTS": "OQC,EUV,NEW"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # Of a project whose Jira was never read there is nothing to tell.
    assert json.loads(done.stdout.splitlines()[-1]) == [[], [], ["EUV"], [], ["NEW"]]
