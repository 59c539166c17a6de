"""Issues, comments, worklogs and links are made in a Jira that a company runs itself, once, over a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.errors import RemoteBusy
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import Issue, WikiText
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center_system import DataCenterSystem
from javis_pipeline_tests.flow.test_data_center_sync import NOON, Both, trapped

POLICIES = [
    Policy("jira", "OPS", verb, "on", setting)  # type: ignore[arg-type]
    for verb, setting in (
        ("create", "JAVIS_CREATE"),
        ("comments", "JAVIS_COMMENTS"),
        ("worklogs", "JAVIS_WORKLOGS"),
        ("links", "JAVIS_LINKS"),
    )
]


MANY = 60


class Making(Both):
    """The site and our side, with everything switched on."""

    overrides = NO_OVERRIDES

    def job(self, client: JiraClient) -> Job:
        job = super().job(client)
        assert isinstance(job.system, DataCenterSystem)
        written = {"comments": ("OPS",), "worklogs": ("OPS",), "links": ("OPS",)}
        return replace(job, overrides=self.overrides, system=replace(job.system, creating=("OPS",), written=written))

    def insert(self, table: str, **given: Any) -> dict[str, Any]:
        names, values = ", ".join(given), ", ".join(f"%({name})s" for name in given)
        statement = f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING key, record_id"
        (row,) = self.database.query(statement, given)
        return row

    def now(self, key: str) -> dict[str, Any]:
        (row,) = self.sql("SELECT * FROM jira_issues WHERE key = javis_key(%s)", key)
        return row

    def issue(self, key: str) -> Issue:
        found = self.world.jira.find(self.now(key)["key"])
        assert found is not None
        return found


@pytest.fixture
def both(database: Database) -> Iterator[Making]:
    with database.transaction() as conn:
        store_policies(conn, POLICIES)
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition="data-center")) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create("OPS", "Old", priority="Medium", assignee="Mara")
        sides = Making(database, world)
        sides.sync()
        yield sides


def test_an_epic_a_story_and_a_sub_task_with_comments_and_a_link_are_made_once(both: Making) -> None:
    mara = both.row("OPS-1")["assignee_id"]
    common = {"project_key": "OPS", "assignee_id": mara}
    epic = both.insert("jira_issues", issue_type="Epic", title="Plan", description="h1. *Plan*", **common)
    story = both.insert("jira_issues", issue_type="Story", title="Step", parent_key=epic["key"], **common)
    sub = both.insert("jira_issues", issue_type="Sub-task", title="Part", parent_key=story["key"], **common)
    comment = both.insert("comments", issue_key=sub["key"], body="h2. As *wiki*")
    both.insert("issue_links", issue_key="OPS-1", label="is blocked by", other_key=story["key"])
    both.sync()
    both.sync()

    made = {name: both.issue(one["key"]) for name, one in (("epic", epic), ("story", story), ("sub", sub))}
    assert len(both.world.jira.issues) == 4
    assert made["story"].state.parent_id == made["epic"].id
    assert made["sub"].state.parent_id == made["story"].id
    assert made["epic"].properties["javis.record"] == {"record": str(epic["record_id"])}
    rows = [both.now(one["key"]) for one in (epic, story, sub)]
    assert [(row["sync_status"], row["sync_errors"], row["local_modified_fields"]) for row in rows] == [
        ("synced", {}, {})
    ] * 3
    assert (rows[0]["description"], rows[1]["parent_key"]) == ("h1. *Plan*", rows[0]["key"])
    (said,) = both.sql("SELECT * FROM comments WHERE record_id = %s", comment["record_id"])
    assert (said["body"], said["sync_status"], said["issue_key"]) == ("h2. As *wiki*", "synced", rows[2]["key"])
    assert len(both.world.jira.comments(made["sub"])) == 1
    both.sql("UPDATE comments SET body = 'Better' WHERE record_id = %s RETURNING key", comment["record_id"])
    both.sync()
    (there,) = both.world.jira.comments(made["sub"])
    assert there.body == WikiText("Better")
    (link,) = both.sql("SELECT issue_key, label, other_key, sync_status FROM issue_links")
    assert (link["issue_key"], link["label"], link["other_key"]) == (rows[1]["key"], "blocks", "OPS-1")
    both.sql("DELETE FROM comments WHERE record_id = %s RETURNING key", comment["record_id"])
    both.sql("DELETE FROM issue_links RETURNING key")
    both.sync()
    assert both.world.jira.comments(made["sub"]) == []
    assert made["story"].links == []


def test_what_that_jira_says_of_its_field_for_epics_is_said_of_the_column(both: Making) -> None:
    wrong = both.insert("jira_issues", project_key="OPS", issue_type="Story", title="Step", parent_key="OPS-99")
    both.sync()

    said = both.now(wrong["key"])["sync_errors"]["(row)"]
    assert said.startswith("it was not made: parent_key: Could not find issue by id or key. Mend it here with UPDATE")


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.LATE, FaultKind.SERVER_ERROR])
def test_a_reply_that_is_lost_doubles_nothing(both: Making, kind: FaultKind) -> None:
    issue = both.insert("jira_issues", project_key="OPS", issue_type="Task", title="Once")
    comment = both.insert("comments", issue_key="OPS-1", body="Once")
    for path in ("/jira/rest/api/2/issue", "/jira/rest/api/2/issue/*/comment"):
        both.world.faults.add(Rule(Fault(kind), method="POST", path=path, first=1, last=1))
    both.sync()
    both.world.faults.clear()
    for _ in range(3):
        both.world.clock.advance(timedelta(minutes=20))
        both.sync()

    (said,) = both.sql("SELECT * FROM comments WHERE record_id = %s", comment["record_id"])
    assert [one.state.summary for one in both.world.jira.issues.values()] == ["Old", "Once"]
    assert len(both.world.jira.comments(both.issue("OPS-1"))) == 1
    assert (both.now(issue["key"])["sync_status"], said["sync_status"]) == ("synced", "synced")


def test_of_many_what_was_made_before_a_site_asked_for_patience_costs_nothing_again(both: Making) -> None:
    statement = "INSERT INTO jira_issues (project_key, issue_type, title) SELECT 'OPS', 'Task', 'Many ' || n "
    both.sql(f"{statement} FROM generate_series(1, %s) AS n RETURNING key", MANY)
    both.overrides = Overrides(writes=MANY)
    both.world.faults.add(
        Rule(Fault(FaultKind.RATE_LIMITED), method="POST", path="/jira/rest/api/2/issue", first=MANY // 2, last=MANY)
    )
    both.world.exchanges.clear()
    with pytest.raises(RemoteBusy):
        both.sync()
    both.world.faults.clear()
    both.sync()

    walks = both.asked("/rest/api/2/issue/OPS-")
    assert walks <= 50, "four walks, each a little past the last number"
    assert len(both.world.exchanges.matching()) <= MANY + walks + MANY // 10 + 70
    assert len(both.world.jira.issues) == MANY + 1


def test_on_a_site_that_keeps_no_marks_with_an_issue_they_go_on_their_own(both: Making) -> None:
    trapped(both, Trap.NO_MARKS)
    issue = both.insert("jira_issues", project_key="OPS", issue_type="Task", title="Unmarked")
    both.sync()

    assert both.issue(issue["key"]).properties["javis.record"] == {"record": str(issue["record_id"])}
    assert both.now(issue["key"])["sync_status"] == "synced"


def _log(both: Making, seconds: int = 3_600, **more: Any) -> dict[str, Any]:
    return both.insert("worklogs", issue_key="OPS-1", started_at=NOON, seconds=seconds, **more)


def _work(both: Making, name: dict[str, Any]) -> dict[str, Any]:
    (row,) = both.sql("SELECT * FROM worklogs WHERE record_id = %s", name["record_id"])
    return row


def test_work_that_is_logged_edited_and_deleted_here_is_so_there_and_what_is_left_to_do_stays(both: Making) -> None:
    issue = both.issue("OPS-1")
    issue.state.time_tracking["remainingEstimateSeconds"] = 36_000
    name = _log(both, comment="h2. As *wiki*\nand more")
    both.sync()
    made = _work(both, name)
    (there,) = issue.worklogs
    first = (there.seconds, there.started, there.text)
    both.sql(
        "UPDATE worklogs SET seconds = 5400, comment = 'Done' WHERE record_id = %s RETURNING key", made["record_id"]
    )
    both.sync()
    edited = _work(both, name)
    there.seconds, there.updated = 7_200, both.world.clock.now()
    both.world.jira.bump(issue, both.world.clock.now())
    both.sync()
    pulled = _work(both, name)
    both.sql("DELETE FROM worklogs WHERE record_id = %s RETURNING key", made["record_id"])
    both.sync()

    assert first == (3_600, NOON, WikiText("h2. As *wiki*\nand more"))
    assert (made["key"], made["comment"]) == (f"OPS-1#worklog-{there.id}", "h2. As *wiki*\nand more")
    assert (edited["seconds"], edited["comment"], pulled["seconds"]) == (5_400, "Done", 7_200)
    assert [row["sync_status"] for row in (made, edited, pulled)] == ["synced"] * 3
    assert issue.worklogs == []
    assert issue.state.time_tracking == {"remainingEstimateSeconds": 36_000}


@pytest.mark.parametrize("kind", [FaultKind.LATE, FaultKind.LOST_REQUEST])
def test_of_work_logged_twice_alike_whose_replies_are_lost_there_are_two(both: Making, kind: FaultKind) -> None:
    names = [_log(both, comment="Same"), _log(both, comment="Same")]
    both.world.faults.add(Rule(Fault(kind), method="POST", path="/jira/rest/api/2/issue/*/worklog", first=1, last=2))
    both.sync()
    both.world.faults.clear()
    with both.client() as client:
        client.server_time()  # what was late is executed
    for _ in range(4):
        both.world.clock.advance(timedelta(minutes=20))
        both.sync()

    assert [one.seconds for one in both.issue("OPS-1").worklogs] == [3_600, 3_600]
    rows = [_work(both, name) for name in names]
    assert {row["worklog_id"] for row in rows} == {str(one.id) for one in both.issue("OPS-1").worklogs}
    assert {row["sync_status"] for row in rows} == {"synced"}


def test_a_lost_reply_beside_other_work_of_ours_is_asked_about(both: Making) -> None:
    _log(both)
    both.world.faults.add(
        Rule(Fault(FaultKind.LOST_REPLY), method="POST", path="/jira/rest/api/2/issue/*/worklog", first=1, last=1)
    )
    both.sync()
    both.world.faults.clear()
    both.issue("OPS-1").worklogs[0].seconds = 60
    for _ in range(3):
        both.world.clock.advance(timedelta(minutes=20))
        both.sync()

    asked = both.sql("SELECT kind FROM sync_conflicts WHERE state = 'open'")
    assert asked == [{"kind": "creation_unknown"}]
    assert len(both.issue("OPS-1").worklogs) == 1


def test_an_edit_of_work_that_was_executed_late_is_undone_by_the_newer_one(both: Making) -> None:
    name = _log(both)
    both.sync()
    update = "UPDATE worklogs SET seconds = %s WHERE record_id = %s RETURNING key"
    both.sql(update, 7_200, name["record_id"])
    both.world.faults.add(
        Rule(Fault(FaultKind.LOST_REQUEST), method="PUT", path="/jira/rest/api/2/issue/*/worklog/*", first=1)
    )
    both.sync()
    both.world.faults.clear()
    both.sql(update, 10_800, name["record_id"])
    both.sync()
    both.sync()
    issue = both.issue("OPS-1")
    (there,) = issue.worklogs
    newest = there.seconds
    there.seconds, there.updated, there.editor = 7_200, both.world.clock.now(), there.author
    both.world.jira.bump(issue, both.world.clock.now())
    both.sync()
    both.sync()

    assert (newest, there.seconds, _work(both, name)["seconds"]) == (10_800, 10_800, 10_800)
