"""Issues, comments and links are made in a Jira that a company runs itself, once, over a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.records.policy import Policy
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import Issue, WikiText
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.data_center_system import DataCenterSystem
from javis_pipeline_tests.flow.test_data_center_sync import NOON, Both, trapped

POLICIES = [
    Policy("jira", "OPS", verb, "on", setting)  # type: ignore[arg-type]
    for verb, setting in (("create", "JAVIS_CREATE"), ("comments", "JAVIS_COMMENTS"), ("links", "JAVIS_LINKS"))
]


class Making(Both):
    """The site and our side, with everything switched on."""

    def job(self, client: JiraClient) -> Job:
        job = super().job(client)
        assert isinstance(job.system, DataCenterSystem)
        written = {"comments": ("OPS",), "links": ("OPS",)}
        return replace(job, system=replace(job.system, creating=("OPS",), written=written))

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


def test_on_a_site_that_keeps_no_marks_with_an_issue_they_go_on_their_own(both: Making) -> None:
    trapped(both, Trap.NO_MARKS)
    issue = both.insert("jira_issues", project_key="OPS", issue_type="Task", title="Unmarked")
    both.sync()

    assert both.issue(issue["key"]).properties["javis.record"] == {"record": str(issue["record_id"])}
    assert both.now(issue["key"])["sync_status"] == "synced"
