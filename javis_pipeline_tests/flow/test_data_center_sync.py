"""A Jira that a company runs itself, pulled and written over a real socket, with the habits such sites have."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import IdentityError, JavisError, SettingError
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import count_scope, pull_scope, write_back_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.doctor import check_jira
from javis_pipeline.systems.jira.editions import connect, system_of
from javis_pipeline_tests.sites import issue_there

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "h1. *Plan*\r\n\r\n{code}\r\nx # y\r\n{code}\r\n\r\nend"


class Both:
    """The site and our side of the project OPS."""

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world = database, world
        self.runs = 0

    def client(self, *, email: str | None = None, token: str | None = None) -> JiraClient:
        secret = token or self.world.credentials.personal_token("javis")
        url = f"{self.world.base_url}/jira"
        return connect(url, email, secret, limits=Limits(tries=2), sleep=lambda _: None, rate=10_000)

    def sync(self, *, full: bool = False) -> tuple[Tally, WrittenBack]:
        self.world.clock.advance(timedelta(hours=1))
        self.runs += 1
        with self.client() as client:
            job = self.job(client)
            return pull_scope(job, full=full).tally, write_back_scope(job)

    def job(self, client: JiraClient) -> Job:
        system, now = system_of(client, ["OPS"], {}), self.world.clock.now
        return Job(db=self.database, system=system, key="OPS", run_id=f"run-{self.runs}", clock=now, threads=1)

    def count(self, *, gone: int) -> None:
        self.world.clock.advance(timedelta(hours=1))
        with self.client() as client:
            count_scope(replace(self.job(client), overrides=Overrides(deletions=gone)))

    def sql(self, statement: str, *params: object) -> list[dict[str, Any]]:
        return self.database.query(statement, params)

    def row(self, key: str) -> dict[str, Any]:
        (row,) = self.sql("SELECT * FROM jira_issues WHERE key = %s", key)
        return row

    def asked(self, path: str) -> int:
        return len(self.world.exchanges.matching(path=f"/jira{path}"))


@pytest.fixture
def both(database: Database) -> Iterator[Both]:
    with SandboxServer(World(seed=3, clock=Clock(NOON), edition="data-center")) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create("OPS", "Epic", type="Epic")
        for number in range(2, 8):
            world.jira.create("OPS", f"Issue {number}", priority="Medium", labels=["team"], assignee="Mara")
        yield Both(database, world)


def trapped(both: Both, *traps: Trap) -> None:
    both.world.jira.behaviour.traps = frozenset(traps)


def test_issues_come_with_their_texts_as_they_are_and_all_that_hangs_on_them(both):
    jira = both.world.jira
    sprint = jira.create_sprint("OPS", "Sprint, 1", state="active", goal="a,state=CLOSED,name=no")
    jira.edit("OPS-2", description=TEXT, parent_key="OPS-1", sprint=sprint.number, story_points=5)
    jira.create("OPS", "Part", type="Sub-task", parent_key="OPS-2")
    jira.comment("OPS-2", "see [~mara]\r\n# one", by="Tom")
    jira.transition("OPS-2", "In Progress", by="Tom")
    jira.link("OPS-2", "Blocks", "OPS-3")
    jira.log_work("OPS-2", 600)

    tally, _ = both.sync()

    assert (tally.inserted, tally.completeness.agrees) == (8, True)
    row = both.row("OPS-2")
    assert (row["description"], row["description_adf"]) == (TEXT, None)
    assert (row["parent_key"], row["epic_key"], row["sprint"], row["story_points"]) == (
        "OPS-1",
        "OPS-1",
        "Sprint, 1",
        5,
    )
    assert (both.row("OPS-8")["parent_key"], both.row("OPS-8")["is_subtask"]) == ("OPS-2", True)
    assert [both.row(key)["hierarchy_level"] for key in ("OPS-1", "OPS-2", "OPS-8")] == [1, 0, -1]
    directory, mara = jira.directory, both.world.people.named("Mara").account_id
    assert row["assignee_id"] == directory.key(mara)
    assert both.sql("SELECT body FROM comments") == [{"body": "see [~mara]\r\n# one"}]
    assert both.sql("SELECT to_status FROM status_changes") == [{"to_status": "In Progress"}]
    assert both.sql("SELECT state, goal FROM sprints") == [{"state": "active", "goal": "a,state=CLOSED,name=no"}]
    assert len(both.sql("SELECT * FROM sprint_changes")) == 1
    assert (len(both.sql("SELECT * FROM issue_links")), len(both.sql("SELECT * FROM worklogs"))) == (1, 1)


def test_a_second_run_changes_nothing_and_finds_what_is_new(both):
    both.sync()
    both.world.jira.edit("OPS-3", title="new there")
    both.world.exchanges.clear()

    tally, _ = both.sync()

    assert (tally.updated, both.row("OPS-3")["title"], both.asked("/rest/api/2/issue")) == (1, "new there", 0)


def test_edits_go_out_in_the_forms_of_the_edition_and_are_looked_at_after(both):
    both.world.jira.edit("OPS-2", description=TEXT)
    tom = both.world.jira.directory.key(both.world.people.named("Tom").account_id)
    both.world.jira.edit("OPS-3", assignee="Tom")
    both.sync()
    both.sql(
        "UPDATE jira_issues SET title = 'here', labels = '{team,urgent}', assignee_id = %s WHERE key = 'OPS-2'", tom
    )
    both.sql("UPDATE jira_issues SET description = replace(description, 'end', 'fin') WHERE key = 'OPS-2'")
    both.sql(
        "UPDATE jira_issues SET parent_key = 'OPS-1', story_points = 8, due_date = '2026-05-01' WHERE key = 'OPS-4'"
    )
    both.sql("UPDATE jira_issues SET status = 'In Progress', assignee_id = NULL WHERE key = 'OPS-5'")

    _, written = both.sync()

    assert (written.pushed.confirmed, written.pushed.rejected) == (4, 0)
    two, four, five = (issue_there(both.world, f"OPS-{number}").state for number in (2, 4, 5))
    assert (two.summary, two.labels, two.description) == ("here", ("team", "urgent"), (TEXT.replace("end", "fin"),))
    assert two.assignee == both.world.people.named("Tom").account_id
    assert (four.parent_id, four.story_points, str(four.due)) == (
        issue_there(both.world, "OPS-1").id,
        8.0,
        "2026-05-01",
    )
    assert (both.world.jira.statuses[five.status_id].name, five.assignee) == ("In Progress", None)
    assert both.sql("SELECT key, sync_errors FROM jira_issues WHERE sync_errors <> '{}'") == []
    tally, written = both.sync()
    assert (tally.updated, written.pushed.confirmed) == (0, 0)


def test_both_sides_edit_other_blocks_of_a_text_and_it_is_merged_and_keeps_its_line_ends(both):
    both.world.jira.edit("OPS-2", description=TEXT)
    both.sync()
    both.sql("UPDATE jira_issues SET description = replace(description, 'end', 'fin') WHERE key = 'OPS-2'")
    both.world.jira.edit("OPS-2", description=TEXT.replace("Plan", "New plan"))

    both.sync()

    wanted = TEXT.replace("end", "fin").replace("Plan", "New plan")
    assert issue_there(both.world, "OPS-2").state.description == (wanted,)
    assert both.row("OPS-2")["description"] == wanted


@pytest.mark.parametrize(
    "trap",
    [
        *(Trap.LOW_CAP, Trap.UNKNOWN_ID, Trap.NO_MARKS, Trap.TRANSITION_500, Trap.TWO_NODES, Trap.HUB),
        *(Trap.NO_SOFTWARE, Trap.CLOSED, Trap.SERVER_ZONE),
    ],
)
def test_with_each_habit_that_one_can_live_with_both_sides_agree_in_the_end(both, trap):
    both.world.jira.link("OPS-6", "Blocks", "OPS-7")
    trapped(both, trap)
    both.sync()
    both.sql("UPDATE jira_issues SET title = 'here', status = 'In Progress' WHERE key = 'OPS-2'")
    both.world.jira.edit("OPS-3", title="there")

    both.sync()

    two = issue_there(both.world, "OPS-2").state
    assert (two.summary, both.world.jira.statuses[two.status_id].name) == ("here", "In Progress")
    assert both.row("OPS-3")["title"] == "there"
    assert len(both.sql("SELECT * FROM jira_issues")) == 7
    assert both.sql("SELECT * FROM sync_quarantine") == []
    assert len(both.sql("SELECT * FROM issue_links")) == 1


def test_two_nodes_of_which_one_is_behind_hide_nothing_for_long(both):
    trapped(both, Trap.TWO_NODES)
    both.sync()
    both.world.jira.behaviour.index_lag = timedelta(minutes=90)
    for number in range(2, 8):
        both.world.jira.edit(f"OPS-{number}", title=f"there {number}")

    for _ in range(3):
        both.sync()

    assert [both.row(f"OPS-{number}")["title"] for number in range(2, 8)] == [f"there {n}" for n in range(2, 8)]


def test_somebody_who_was_anonymised_is_somebody_else_from_then_on(both):
    tom = both.world.people.named("Tom").account_id
    both.world.jira.edit("OPS-3", assignee="Tom")
    both.sync()
    both.world.jira.directory.anonymise(tom)
    both.world.jira.touch_all()

    both.sync(full=True)

    new = both.world.jira.directory.key(tom)
    assert both.row("OPS-3")["assignee_id"] == new
    assert both.sql("SELECT display_name FROM users WHERE account_id = %s", new)[0]["display_name"].startswith("user-")


def test_a_field_that_is_not_on_the_screen_is_refused_by_its_name_and_the_rest_goes_out(both):
    both.sync()
    trapped(both, Trap.NARROW_SCREEN)
    both.sql("UPDATE jira_issues SET title = 'here', due_date = '2026-05-01' WHERE key = 'OPS-2'")

    both.sync()
    both.sync()

    assert issue_there(both.world, "OPS-2").state.summary == "here"
    assert "not on the appropriate screen" in both.row("OPS-2")["sync_errors"]["due_date"]


def test_somebody_who_was_renamed_is_written_by_the_new_name_and_hidden_people_are_told_as_that(both):
    tom = both.world.people.named("Tom").account_id
    key = both.world.jira.directory.key(tom)
    both.world.jira.edit("OPS-3", assignee="Tom")
    both.sync()
    both.world.jira.directory.rename(tom, "tom.the.second")
    both.sql("UPDATE jira_issues SET assignee_id = %s WHERE key = 'OPS-2'", key)

    both.sync()
    trapped(both, Trap.HIDDEN_PEOPLE)
    both.sql("UPDATE jira_issues SET assignee_id = %s WHERE key = 'OPS-4'", key)
    both.sync()

    assert issue_there(both.world, "OPS-2").state.assignee == tom
    assert "Browse users" in both.row("OPS-4")["sync_errors"]["assignee_id"]


@pytest.mark.parametrize("trap", [Trap.READ_ONLY, Trap.READ_ONLY_ADMIN])
def test_nothing_is_written_while_the_site_is_read_only_and_all_goes_out_after(both, trap):
    both.sync()
    trapped(both, trap)
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-2'")

    _, written = both.sync()
    there = issue_there(both.world, "OPS-2").state.summary
    trapped(both)
    both.sync()

    assert written.pushed.postponed == 1
    assert (there, issue_there(both.world, "OPS-2").state.summary) == ("Issue 2", "here")
    assert both.row("OPS-2")["sync_errors"] == {}


@pytest.mark.parametrize(
    ("trap", "error", "words"),
    [
        (Trap.BASIC_OFF, IdentityError, "Basic Authentication has been disabled.*personal access token"),
        (Trap.LOGIN_PAGE, SettingError, "web page instead of JSON"),
        (Trap.REDIRECT, SettingError, "redirects elsewhere"),
        (None, IdentityError, "Client must be authenticated|answered as anonymous|named"),
    ],
)
def test_who_is_not_let_in_is_told_why_once_and_nothing_is_stored(both, trap, error, words):
    trapped(both, *([trap] if trap else []))
    both.world.jira.behaviour.bad_login = "refused"

    with pytest.raises(error, match=words), both.client(email="ann", token="wrong") as client:
        client.prove_identity()


def test_a_dead_token_that_is_answered_with_200_is_noticed_before_anything_is_believed(both):
    with both.client(token="wrong") as client, pytest.raises(IdentityError):
        client.prove_identity()


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        (Trap.EXPIRING, "ends on 2026-03-07: make a new one"),
        (Trap.AGING, "Jira 9.4.30 is older than 9.12"),
        (Trap.HIDDEN_PEOPLE, "grants it the global permission Browse users"),
    ],
)
def test_what_will_not_last_or_will_not_do_is_noted_in_each_run(both, trap, words):
    trapped(both, trap)

    tally, _ = both.sync()

    assert any(words in note for note in tally.notes)


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        (Trap.OLD, "Jira 8.13.27 is too old"),
        (Trap.ARCHIVED, "OPS is archived"),
        (Trap.MAINTENANCE, "in maintenance"),
        (Trap.REINDEX, "builds its index anew"),
        (Trap.BLOCKED, "allows this account no requests at all"),
    ],
)
def test_a_site_that_cannot_be_synced_now_says_so_in_one_line(both, trap, words):
    trapped(both, trap)

    with pytest.raises(JavisError, match=words):
        both.sync()

    assert both.sql("SELECT * FROM jira_issues") == []


def test_what_one_of_two_indexes_does_not_know_yet_is_found_with_its_history_and_what_is_gone_is_found_missing(both):
    jira = both.world.jira
    trapped(both, Trap.TWO_NODES)
    known = [jira.create("OPS", f"known {number}").state.key for number in range(120)]
    both.sync()
    jira.behaviour.index_lag = timedelta(minutes=150)
    for key in known[:50]:
        jira.edit(key, title="late")
    new = [jira.create("OPS", "late").state.key for _ in range(50)]
    for key in new:
        jira.transition(key, "In Progress", by="Tom")
    for key in known[100:]:
        jira.delete(key)

    for _ in range(3):
        both.sync()
    for _ in range(2):
        both.count(gone=20)

    assert both.sql("SELECT count(*) AS n FROM jira_issues WHERE title LIKE 'late%%'") == [{"n": 100}]
    assert both.sql("SELECT count(*) AS n FROM status_changes") == [{"n": 50}]
    assert both.sql("SELECT count(*) AS n FROM jira_issues WHERE remote_state = 'gone'") == [{"n": 20}]


def test_a_history_that_never_comes_in_time_costs_itself_and_not_those_of_the_other_issues(both):
    for key, changes in (("OPS-2", 12), ("OPS-3", 30), ("OPS-4", 12)):
        for number in range(changes):
            both.world.jira.transition(key, "To Do" if number % 2 else "In Progress", by="Tom")
    trapped(both, Trap.LONG_HISTORIES)

    both.sync()

    found = both.sql("SELECT key, count(*) AS n FROM status_changes JOIN jira_issues USING (jira_id) GROUP BY key")
    assert {row["key"]: row["n"] for row in found} == {"OPS-2": 12, "OPS-4": 12}
    assert both.sql("SELECT * FROM sync_quarantine") == []


def test_where_dates_are_read_in_another_zone_than_our_own_the_sweep_is_wider_and_says_so(both):
    trapped(both, Trap.SERVER_ZONE)
    both.world.jira.behaviour.time_zone = "Asia/Tokyo"
    both.world.jira.create("OPS", "long ago", at=NOON - timedelta(hours=20))
    both.sync()
    both.world.jira.edit("OPS-3", title="there")

    tally, _ = both.sync()

    assert both.row("OPS-3")["title"] == "there"
    assert any("a wider sweep was made" in note for note in tally.notes)


@pytest.mark.parametrize("night", ["2026-03-29T00:10", "2026-10-25T00:10"])
def test_what_changes_while_the_clocks_change_is_found(both, night):
    both.world.clock.advance(datetime.fromisoformat(f"{night}+00:00") - both.world.clock.now())
    both.sync()
    for hour in range(3):
        both.world.jira.edit("OPS-3", title=f"there {hour}")

        both.sync()

        assert both.row("OPS-3")["title"] == f"there {hour}"


def test_an_account_that_may_not_edit_is_told_so_and_the_edit_waits(both):
    both.sync()
    trapped(both, Trap.NO_EDIT)
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-2'")

    both.sync()

    assert "do not have permission to edit" in both.row("OPS-2")["sync_errors"]["title"]
    assert (both.row("OPS-2")["title"], issue_there(both.world, "OPS-2").state.summary) == ("here", "Issue 2")
    trapped(both)
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-2'")
    both.world.clock.advance(timedelta(days=1))
    both.sync()
    assert issue_there(both.world, "OPS-2").state.summary == "here"


def test_a_site_in_read_only_mode_is_told_by_the_doctor(both):
    trapped(both, Trap.READ_ONLY)

    with both.client() as client:
        said = [check.finding for check in check_jira(client, ["OPS"], {}, now=both.world.clock.now())]

    why = "the site is in read-only mode (Upgrade at noon); edits go out when an administrator ends that"
    assert said.count(why) == 1


def test_a_site_without_boards_is_no_fault_for_the_doctor(both):
    trapped(both, Trap.NO_SOFTWARE)

    with both.client() as client:
        checks = [*check_jira(client, ["OPS"], {}, now=both.world.clock.now())]

    (fields,) = [check for check in checks if check.verdict != "ok"]
    assert (fields.subject, fields.verdict) == ("jira OPS fields", "warning")
    assert "they were not read: jira: GET /rest/agile/1.0/board: not found" in fields.remedy
    assert "It is not synced until you choose: JIRA_FIELDS=story_points:" in fields.remedy


def test_searches_that_alone_do_not_answer_are_told_by_the_doctor(both):
    trapped(both, Trap.REINDEX)

    with both.client() as client:
        checks = [*check_jira(client, ["OPS"], {}, now=both.world.clock.now())]

    (failed,) = [check for check in checks if check.verdict != "ok"]
    assert failed.subject == "jira OPS search"
    assert "POST /rest/api/2/search failed" in failed.finding
    assert "sync again when searches answer" in failed.remedy


def test_a_field_that_reads_otherwise_each_time_it_is_asked_for_is_no_change_of_the_issue(both):
    development = both.world.jira.fields.development
    assert development is not None
    both.sync()
    before = both.row("OPS-2")

    tally, written = both.sync(full=True)

    after = both.row("OPS-2")
    assert (after["custom_fields"], after["content_hash"]) == (before["custom_fields"], before["content_hash"])
    assert (tally.to_merge, written.pushed.confirmed, both.sql("SELECT * FROM sync_conflicts")) == ((), 0, [])
