"""What is deleted here is put away there where that is switched on, and only as it was seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.policies import store_policies
from javis_pipeline.errors import SyncHalted, UsageError
from javis_pipeline.records.policy import Policy, Way
from javis_pipeline.records.sync import Overrides
from javis_pipeline.records.values import System
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.confluence.site import Page
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import Issue
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.put_away import put_away
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.sync_scope import count_scope, pull_scope, write_back_scope
from javis_pipeline.steps.system import RemoteSystem
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.data_center import DataCenterClient
from javis_pipeline.systems.confluence.system import ConfluenceSystem
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline.wiring import TABLES
from javis_pipeline_tests.sites import NOON


@dataclass
class Both:
    """A project or a space on both sides; `way` is what the setting says, `makes` whether rows become records there."""

    database: Database
    world: World
    system: System
    client: Any
    way: Way | None
    overrides: Overrides = field(default=NO_OVERRIDES)
    makes: bool = False
    runs: int = 0

    @property
    def key(self) -> str:
        return "OPS" if self.system == "jira" else "DOC"

    @property
    def table(self) -> str:
        return "jira_issues" if self.system == "jira" else "confluence_pages"

    @property
    def id(self) -> str:
        return "jira_id" if self.system == "jira" else "page_id"

    def job(self) -> Job:
        self.runs += 1
        ways = {self.key: self.way} if self.way else {}
        creating = (self.key,) if self.makes else ()
        system: RemoteSystem = (
            replace(system_of(self.client, ("OPS",), {}), ways_out=ways, creating=creating)
            if self.system == "jira"
            else ConfluenceSystem(self.client, scopes=("DOC",), ways_out=ways, creating=creating)
        )
        clock = self.world.clock.now
        return Job(
            db=self.database,
            system=system,
            key=self.key,
            run_id=f"run-{self.runs}",
            clock=clock,
            overrides=self.overrides,
            threads=1,
        )

    def sync(self, after: timedelta = timedelta(hours=1), *, full: bool = False) -> None:
        self.world.clock.advance(after)
        pull_scope(self.job(), full=full)
        write_back_scope(self.job())

    def count(self) -> None:
        self.world.clock.advance(timedelta(hours=1))
        count_scope(self.job())

    def say(self, statement: str, **params: Any) -> None:
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            conn.execute(statement.encode(), params)

    def delete(self, key: str) -> None:
        self.say(f"DELETE FROM {self.table} WHERE key = %(key)s", key=key)

    def row(self, key: str) -> dict[str, Any]:
        with self.database.transaction() as conn:
            row = conn.execute(f"SELECT * FROM {self.table} WHERE key = %(key)s".encode(), {"key": key}).fetchone()
        assert row is not None
        return row

    def issue(self, key: str) -> Issue:
        found = self.world.jira.find(key)
        assert found is not None
        return found

    def pages(self) -> list[Page]:
        return [page for page in self.world.confluence.pages.values() if page.title.startswith("Old")]

    def writes(self) -> int:
        found = [*self.world.exchanges.matching("DELETE"), *self.world.exchanges.matching("PUT")]
        return len(found) + sum(one.path.endswith("/archive") for one in self.world.exchanges.matching("POST"))


@contextmanager
def both_sides(
    database: Database, system: System, way: Way | None, *, edition: str = "cloud", makes: bool = False
) -> Iterator[Both]:
    key = "OPS" if system == "jira" else "DOC"
    with database.transaction() as conn:
        ways = [Policy(system, key, "delete", way, "JAVIS_DELETE")] if way else []
        store_policies(conn, [*ways, *([Policy(system, key, "create", "on", "JAVIS_CREATE")] if makes else [])])
    world = World(seed=3, clock=Clock(NOON), edition="cloud" if edition == "cloud" else "data-center")
    with SandboxServer(world), _client(world, system, edition) as client:
        if system == "jira":
            world.jira.create_project("OPS", "Operations")
            for number in range(8):
                world.jira.create("OPS", f"Old {number}", priority="Medium")
        else:
            space = world.confluence.add_space("DOC", "Documents")
            for number in range(8):
                world.confluence.create_page(space.space_id, f"Old {number}", "<p>Old.</p>")
        both = Both(database, world, system, client, way, makes=makes)
        both.sync()
        world.exchanges.clear()
        yield both


def _client(world: World, system: System, edition: str) -> Any:
    token, options = world.credentials.api_token, {"limits": Limits(tries=2), "sleep": lambda _: None}
    own = world.credentials.personal_token("us")
    if system == "jira" and edition == "cloud":
        return JiraClient(world.base_url, "us@example.com", token, **options)  # type: ignore[arg-type]
    if system == "jira":
        return connect(f"{world.base_url}/jira", None, own, rate=10_000, **options)  # type: ignore[arg-type]
    if edition == "cloud":
        return ConfluenceClient(world.base_url, "us@example.com", token, **options)  # type: ignore[arg-type]
    url = f"{world.base_url}/confluence"
    return DataCenterClient(url, None, own, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("way", "becomes"), [("archive", "archived"), ("delete", "trashed")])
def test_given_a_page_that_is_deleted_here_then_it_is_put_away_there_and_comes_back_when_it_is_restored_there(
    database: Database, way: Way, becomes: str
) -> None:
    with both_sides(database, "confluence", way) as both:
        page = both.pages()[0]
        both.delete(page.page_id)
        items = plan_scope(both.job())
        both.sync()
        away, state = both.row(page.page_id), page.status
        both.sync()
        sent = both.writes()
        both.world.confluence.restore_page(page.page_id)
        both.sync()

        assert [(item.key, item.side, item.field) for item in items] == [(page.page_id, "remote", "(row)")]
        assert (state, sent) == (becomes, 1)
        assert (away["removal"], away["local_deleted_at"] is not None, away["sync_errors"]) == ("done", True, {})
        back = both.row(page.page_id)
        assert (back["removal"], back["local_deleted_at"], back["status"]) == (None, None, "current")
        assert page.status == "current"
        audit = both.database.query("SELECT reason FROM sync_audit WHERE field = '(row)' ORDER BY id")
        assert [row["reason"] for row in audit] == [
            "archived" if way == "archive" else "removed",
            "it was restored there",
        ]


def test_given_the_setting_is_off_then_a_deleted_row_is_hidden_here_only_until_a_person_says_otherwise(
    database: Database,
) -> None:
    with both_sides(database, "confluence", None) as both:
        page = both.pages()[0]
        both.delete(page.page_id)
        with pytest.raises(UsageError, match="JAVIS_DELETE=KEY:archive"):
            put_away(database, TABLES, page.page_id, "archive")
        both.sync()
        hidden = (both.writes(), page.status, both.row(page.page_id)["removal"])
        with database.transaction() as conn:
            store_policies(conn, [Policy("confluence", "DOC", "delete", "archive", "JAVIS_DELETE")])
        both.way = "archive"
        both.sync()
        still = (both.writes(), page.status)
        put_away(database, TABLES, page.page_id, "archive")
        with pytest.raises(UsageError, match="JAVIS_DELETE=KEY:delete"):
            put_away(database, TABLES, page.page_id, "delete")
        both.sync()

        assert (hidden, still) == ((0, "current", None), (0, "current"))
        assert page.status == "archived"


def test_given_the_setting_is_switched_off_before_the_sync_then_nothing_is_removed(database: Database) -> None:
    with both_sides(database, "confluence", "delete") as both:
        page = both.pages()[0]
        both.delete(page.page_id)
        both.way = None
        both.sync()

        assert (page.status, both.writes()) == ("current", 0)
        assert both.row(page.page_id)["removal"] == "delete"


@pytest.mark.parametrize("when", ["before the pull", "after the pull", "a label, after the pull"])
def test_given_a_page_that_somebody_edited_there_then_it_is_not_put_away_and_a_person_is_asked(
    database: Database, when: str
) -> None:
    with both_sides(database, "confluence", "delete") as both:
        page = both.pages()[0]
        both.delete(page.page_id)

        def edit() -> None:
            if "label" in when:
                both.world.confluence.add_label(page.page_id, "kept")
            else:
                both.world.confluence.edit_page(page.page_id, body="<p>New.</p>")

        if when == "before the pull":
            edit()
        else:
            path = f"/wiki/api/v2/pages/{page.page_id}"
            both.world.faults.add(Rule(method="GET", path=path, first=1, last=1, action=edit))
        both.sync()
        (conflict,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")
        asked = (page.status, both.row(page.page_id)["local_deleted_at"])
        job = both.job()
        store = job.store
        seen = store.conflict(conflict["id"])
        assert seen is not None
        resolve(store, conflict["id"], "local", job.run(job.open()), by="ann", seen=seen)
        both.sync()

        assert conflict["kind"] == "remote_edit_vs_local_delete"
        assert asked == ("current", None)
        assert page.status == "trashed", "who was asked, and chose the deletion, has it"


def test_given_many_deleted_rows_then_the_guard_asks_first(database: Database) -> None:
    with both_sides(database, "confluence", "archive") as both:
        for page in both.pages()[:6]:
            both.delete(page.page_id)
        with pytest.raises(SyncHalted, match="6 records are to be put away"):
            both.sync()
        before = both.writes()
        both.overrides = Overrides(deletions=6, writes=6)
        both.sync()

        assert before == 0
        assert [page.status for page in both.pages()].count("archived") == 6


def test_given_a_reply_that_was_lost_then_the_page_is_seen_to_be_put_away(database: Database) -> None:
    with both_sides(database, "confluence", "delete") as both:
        page = both.pages()[0]
        both.delete(page.page_id)
        both.world.faults.add(Rule(Fault(FaultKind.LOST_REPLY), method="DELETE"))
        both.sync()
        both.sync()

        assert (page.status, both.row(page.page_id)["removal"], both.writes()) == ("trashed", "done", 1)


def test_given_an_issue_that_is_gone_there_then_the_command_has_nothing_to_put_away(database: Database) -> None:
    with both_sides(database, "jira", "delete") as both:
        both.delete("OPS-1")
        both.sync()
        with pytest.raises(UsageError, match="OPS-1 is not in Jira"):
            put_away(database, TABLES, "OPS-1", "delete")

        assert both.row("OPS-1")["removal"] == "done"


def test_given_a_confluence_of_a_companys_own_then_a_page_goes_into_the_trash_and_none_into_an_archive(
    database: Database,
) -> None:
    with both_sides(database, "confluence", "archive", edition="data-center") as both:
        first, second = both.pages()[:2]
        both.delete(first.page_id)
        both.sync()
        refused = (first.status, both.row(first.page_id)["sync_errors"]["(row)"])
        with database.transaction() as conn:
            store_policies(conn, [Policy("confluence", "DOC", "delete", "delete", "JAVIS_DELETE")])
        both.way = "delete"
        both.delete(second.page_id)
        both.sync()

        assert refused[0] == "current"
        assert "JAVIS_DELETE=KEY:delete" in refused[1]
        assert (second.status, both.row(second.page_id)["removal"]) == ("trashed", "done")


@pytest.mark.parametrize("edition", ["cloud", "data-center"])
def test_given_issues_that_are_deleted_here_then_they_are_archived_and_come_back_when_they_are_restored(
    database: Database, edition: str
) -> None:
    with both_sides(database, "jira", "archive", edition=edition) as both:
        issue = both.issue("OPS-2")
        both.delete("OPS-2")
        both.sync()
        away, archived = both.row("OPS-2"), issue.archived
        both.sync()
        sent = both.writes()
        both.world.jira.archive("OPS-2", archived=False)
        both.count()

        assert (archived, away["removal"], away["remote_state"], sent) == (True, "done", "hidden", 1)
        back = both.row("OPS-2")
        assert (back["removal"], back["local_deleted_at"], back["remote_state"]) == (None, None, "present")


@pytest.mark.parametrize("change", [{"title": "New"}, {"labels": ["kept"]}], ids=["title", "labels"])
def test_given_an_issue_that_somebody_edited_after_that_was_decided_then_it_is_not_archived_and_a_person_is_asked(
    database: Database, change: dict[str, Any]
) -> None:
    with both_sides(database, "jira", "archive") as both:
        issue = both.issue("OPS-1")
        both.delete("OPS-1")
        both.delete("OPS-2")  # of one alone the look is the decision's

        def edit() -> None:
            both.world.jira.edit("OPS-1", **change)

        path = f"/rest/api/3/issue/{issue.id}"
        both.world.faults.add(Rule(method="GET", path=path, first=1, last=1, action=edit))
        both.sync()
        (conflict,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")

        assert conflict["kind"] == "remote_edit_vs_local_delete"
        assert (issue.archived, both.row("OPS-1")["local_deleted_at"]) == (False, None)
        assert both.issue("OPS-2").archived


@pytest.mark.parametrize("edition", ["cloud", "data-center"])
def test_given_an_issue_that_is_archived_there_then_its_row_is_hidden_until_it_is_restored(
    database: Database, edition: str
) -> None:
    with both_sides(database, "jira", None, edition=edition) as both:
        both.world.jira.archive("OPS-2")
        both.count()
        hidden = both.row("OPS-2")
        both.say("UPDATE jira_issues SET title = 'Mine' WHERE key = 'OPS-2'")
        both.sync()
        edited, sent = both.row("OPS-2"), both.writes()
        both.world.jira.archive("OPS-2", archived=False)
        both.count()
        both.sync()

        assert (hidden["remote_state"], hidden["local_deleted_at"], hidden["sync_status"]) == ("hidden", None, "synced")
        assert "archived" in str(edited["sync_errors"])
        assert sent == 0
        assert (both.row("OPS-2")["remote_state"], both.row("OPS-2")["sync_errors"]) == ("present", {})
        assert both.issue("OPS-2").state.summary == "Mine"


@pytest.mark.parametrize("way", ["archive", "delete"])
def test_given_issues_that_are_to_go_then_one_with_subtasks_stays_and_says_why(database: Database, way: Way) -> None:
    with both_sides(database, "jira", way) as both:
        both.world.jira.create("OPS", "Below", type="Sub-task", parent_key="OPS-1")
        both.sync()
        both.delete("OPS-1")
        both.delete("OPS-2")
        both.sync()

        assert not both.issue("OPS-1").archived
        assert "subtasks" in both.row("OPS-1")["sync_errors"]["(row)"]
        assert both.row("OPS-2")["removal"] == "done"
        assert both.row("OPS-2")["remote_state"] == ("hidden" if way == "archive" else "gone")


@pytest.mark.parametrize("edition", ["cloud", "data-center"])
def test_given_a_jira_without_an_archive_then_the_row_says_what_can_be_done_and_nothing_is_deleted_instead(
    database: Database, edition: str
) -> None:
    with both_sides(database, "jira", "archive", edition=edition) as both:
        both.world.jira.behaviour.traps = frozenset({Trap.NO_ARCHIVE})
        both.delete("OPS-1")
        both.sync()

        assert "has no archive, or the account may not archive" in both.row("OPS-1")["sync_errors"]["(row)"]
        assert "JAVIS_DELETE=KEY:delete" in both.row("OPS-1")["sync_errors"]["(row)"]
        assert both.issue("OPS-1").archived is False
