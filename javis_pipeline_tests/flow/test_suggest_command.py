"""`javis suggest` as people run it: asked, accepted, rejected, in a scope, and with nothing to go on."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.claude.site import Behaviour
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.sites import EMAIL, issue_there, settings_for

pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture
def world() -> Iterator[World]:
    """OQC: an epic with a late issue, and an issue that three others wait for. EUV: nothing wrong."""
    with SandboxServer(World(seed=3)) as server:
        site = server.world.jira
        site.create_project("OQC", "Optical quality control")
        site.create_project("EUV", "Sources")
        late = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
        site.create("OQC", "Calibration", type="Epic")
        site.create("OQC", "Calibrate <stage> one", due_date=late, parent_key="OQC-1")
        site.create("OQC", "Order the laser")
        for number in range(4, 7):
            site.create("OQC", f"Align mirror {number}", due_date=late if number == 4 else None)
            site.link("OQC-3", "Blocks", f"OQC-{number}")
        start = datetime.now(UTC) - timedelta(days=7)
        site.create_sprint("OQC", "Sprint 31", state="active", start=start, end=start + timedelta(days=14))
        site.edit("OQC-4", sprint="Sprint 31")
        site.create("EUV", "Write it down")
        yield server.world


def a_job(database: Database, jira: JiraClient, project: str, run_id: str) -> Job:
    return Job(db=database, system=JiraSystem(jira), key=project, run_id=run_id, clock=partial(datetime.now, UTC))


@pytest.fixture
def settings(world: World, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """OQC and EUV are pulled; OPS is configured, and nothing of it is here."""
    with JiraClient(world.base_url, EMAIL, world.credentials.api_token, rate=10_000) as jira:
        for project in ("OQC", "EUV"):
            pull_scope(a_job(database, jira, project, f"run-{project}"))
    for name, value in settings_for(world, projects="OQC,EUV,OPS", database_url=database.url, home=tmp_path).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def claude_key(world: World, settings: pytest.MonkeyPatch) -> str:
    settings.setenv("ANTHROPIC_BASE_URL", world.base_url)
    settings.setenv("ANTHROPIC_API_KEY", world.credentials.anthropic_api_key)
    return world.credentials.anthropic_api_key


def shell(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["suggest", *arguments])


def suggested(*arguments: str) -> list[dict[str, Any]]:
    done = shell("--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_given_no_key_then_the_rules_answer_and_say_so() -> None:
    done = shell()

    assert done.exit_code == 0, done.stderr
    assert "OQC: suggestions by the rules, without a model" in done.stdout
    assert "Start OQC-3 “Order the laser”: OQC-4 waits for it" in done.stdout
    assert "EUV: suggestions by the rules, without a model\n  Nothing to suggest: no risk was found." in done.stdout
    assert done.stdout.endswith("Next: javis suggest accept ID, or javis suggest reject ID\n")


def test_given_a_key_when_asked_twice_then_claude_is_paid_once(world: World, claude_key: str) -> None:
    (first,) = suggested("--project", "OQC")
    world.exchanges.clear()
    (second,) = suggested("--project", "oqc")
    page = shell("--project", "OQC")

    assert (first["engine"], first["reused"], second["reused"]) == ("claude", False, True)
    assert first["usage"]["output_tokens"] > 0
    assert [each["id"] for each in first["suggestions"]] == [each["id"] for each in second["suggestions"]]
    assert world.exchanges.matching() == []
    assert "suggestions by claude-sonnet-5-5 (sandbox)" in page.stdout
    assert "Nothing changed since Claude was asked; nothing was sent." in page.stdout


def test_given_claude_refuses_then_the_rules_answer_and_the_reason_is_shown(world: World, claude_key: str) -> None:
    world.claude.expect(Behaviour("refusal"))

    done = shell("--project", "OQC")

    assert done.exit_code == 0
    assert "suggestions by the rules" in done.stdout
    assert "The rules answer in Claude's place: Claude declined to answer." in done.stdout
    assert claude_key not in done.output


def test_given_a_suggestion_when_accepted_then_it_is_a_local_edit_and_again_is_refused(
    database: Database,
) -> None:
    (advice,) = suggested("--project", "OQC")
    (first,) = (each for each in advice["suggestions"] if each["issue_keys"][0] == "OQC-3")
    assert first["actions"][0]["words"] == "set the priority of OQC-3 to High"

    done = shell("accept", first["id"][:8])
    again = shell("accept", first["id"][:8])

    assert done.exit_code == 0, done.stderr
    assert "done here: set the priority of OQC-3 to High" in done.stdout
    assert done.stdout.endswith("Next: javis sync\n")
    assert again.exit_code == 2
    assert "was accepted before by" in again.stderr
    assert database.query("SELECT field, new, application FROM local_edits") == [
        {"field": "priority", "new": "High", "application": "ai"}
    ]


@pytest.mark.parametrize(
    ("allowed", "told", "here"),
    [
        ("OQC:two_way", "  done here: comment on OQC-", 1),
        ("EUV:two_way", "With JAVIS_COMMENTS=OQC:two_way the next sync would have posted it.", 0),
    ],
)
def test_a_drafted_comment_is_written_where_the_settings_of_now_allow_it(
    database: Database, monkeypatch: pytest.MonkeyPatch, allowed: str, told: str, here: int
) -> None:
    (advice,) = suggested("--project", "OQC")
    draft = next(each for each in advice["suggestions"] if each["actions"][0]["kind"] == "comment_draft")
    monkeypatch.setenv("JAVIS_COMMENTS", allowed)

    done = shell("accept", draft["id"])

    assert done.exit_code == 0, done.stderr
    assert told in done.stdout
    assert len(database.query("SELECT 1 FROM comments WHERE remote_state = 'wanted'")) == here


def accepted_priority() -> None:
    """Accept raising the priority of OQC-3."""
    (advice,) = suggested("--project", "OQC")
    (first,) = (each for each in advice["suggestions"] if each["issue_keys"][0] == "OQC-3")
    assert shell("accept", first["id"]).exit_code == 0


def synced(world: World, database: Database, run_id: str) -> WrittenBack:
    """One sync of OQC, both ways."""
    with JiraClient(world.base_url, EMAIL, world.credentials.api_token, rate=10_000) as jira:
        job = a_job(database, jira, "OQC", run_id)
        pull_scope(job)
        return write_back_scope(job)


def priorities(world: World, database: Database) -> tuple[str, str]:
    """Of OQC-3: in Jira, and here."""
    state = issue_there(world, "OQC-3").state
    (row,) = database.query("SELECT priority FROM jira_issues WHERE key = 'OQC-3'")
    return world.jira.priorities[str(state.priority_id)].name, row["priority"]


def test_given_an_accepted_suggestion_when_synced_then_jira_has_it_and_an_undo_takes_it_back(
    world: World, database: Database
) -> None:
    accepted_priority()

    synced(world, database, "run-push")
    pushed = priorities(world, database)
    undone = CliRunner().invoke(main, ["undo", "run-push", "--yes"])
    synced(world, database, "run-undo")

    assert pushed == ("High", "High")
    assert undone.exit_code == 0, undone.output
    assert priorities(world, database) == ("Medium", "Medium")


def test_given_somebody_changed_the_same_in_jira_when_synced_then_it_is_a_conflict_like_any_other(
    world: World, database: Database
) -> None:
    accepted_priority()
    world.jira.edit("OQC-3", priority="Lowest", by="Mara")

    synced(world, database, "run-push")

    assert priorities(world, database) == ("Lowest", "High")
    assert database.query("SELECT field_name, state::text FROM sync_conflicts") == [
        {"field_name": "priority", "state": "open"}
    ]


def test_given_a_rejected_suggestion_then_it_is_shown_as_such_and_cannot_be_accepted() -> None:
    (advice,) = suggested("--project", "OQC")
    name = advice["suggestions"][0]["id"][:8]

    rejected = shell("reject", name, "--json")
    accepted = shell("accept", name)
    (shown,) = suggested("--project", "OQC")

    assert json.loads(rejected.stdout)["state"] == "rejected"
    assert accepted.exit_code == 2
    assert shown["suggestions"][0]["state"] == "rejected"


def test_given_an_epic_then_only_its_issues_are_spoken_of() -> None:
    (advice,) = suggested("--epic", "oqc-1")

    keys = {key for each in advice["suggestions"] for key in each["issue_keys"]}
    assert advice["scope"] == "epic:OQC-1"
    assert keys == {"OQC-2"}


def test_given_a_sprint_then_only_its_open_issues_are_spoken_of_and_only_its_project_is_asked() -> None:
    (advice,) = suggested("--sprint", "sprint 31")

    keys = {key for each in advice["suggestions"] for key in each["issue_keys"]}
    assert (advice["project"], keys) == ("OQC", {"OQC-4"})
    (suggestion,) = advice["suggestions"]
    assert set(suggestion["finding_ids"]) >= {
        f"{kind}:OQC-4" for kind in ("overdue", "blocked", "unassigned_in_sprint")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--epic", "XYZ-1"], "project XYZ is not in JIRA_PROJECTS (OQC, EUV, OPS)", id="another project"),
        pytest.param(["--epic", "OQC-2"], "OQC-2 is no epic of project OQC here; open epics: OQC-1", id="no epic"),
        pytest.param(["--epic", "OQC-1", "--project", "EUV"], "OQC-1 is no epic of project EUV", id="of another one"),
        pytest.param(["--epic", "calibration"], "it should look like OQC-4", id="a name"),
        pytest.param(["--sprint", "Sprint 9"], "no sprint of OQC, EUV, OPS is called 'Sprint 9'", id="no sprint"),
        pytest.param(["--sprint", "x", "--epic", "OQC-1"], "exclude each other", id="both"),
        pytest.param(["accept", "1"], "too short", id="a rank"),
        pytest.param(["reject", "0badc0de"], "there is no suggestion '0badc0de'", id="unknown id"),
    ],
)
def test_what_cannot_be_answered_ends_in_one_line_with_the_remedy(arguments: list[str], message: str) -> None:
    done = shell(*arguments)

    assert done.exit_code == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_given_a_project_of_which_nothing_is_here_then_it_says_what_to_run_and_the_others_are_answered() -> None:
    alone, among = shell("--project", "OPS"), shell("--json")

    assert alone.exit_code == 2
    assert "OPS: no issue is here yet. Next: javis sync --project OPS" in alone.stderr
    assert [each["project"] for each in json.loads(among.stdout)] == ["OQC", "EUV"]
    assert "OPS: no issue is here yet" in among.stderr
