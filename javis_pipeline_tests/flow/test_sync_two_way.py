"""Whole two-way runs of a project: the real pull, the real merge, the real site behind a socket."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.db import connection
from javis_pipeline.db.conflicts import list_conflicts
from javis_pipeline.db.connection import Database
from javis_pipeline.db.status import left_waiting, scope_status
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.errors import DatabaseError, RemoteBusy, ScopeBusy, SyncHalted
from javis_pipeline.records.sync import Operation, Overrides
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.doctor import check_left_waiting
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.reconcile import Reconciled
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import count_scope, pull_scope, write_back_scope
from javis_pipeline.steps.undo import undo_run
from javis_pipeline.sync.run import Rules, Run
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.editions import system_of
from javis_pipeline.systems.jira.system import JiraSystem

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Both:
    """A project on both sides, and runs of the sync between them."""

    database: Database
    world: World
    client: JiraClient
    projects: tuple[str, ...] = ("OPS",)
    runs: int = 0

    def job(self, overrides: Overrides = NO_OVERRIDES, *, key: str = "OPS", **rules) -> Job:
        self.runs += 1
        return Job(
            db=self.database,
            system=system_of(self.client, self.projects, {}),
            key=key,
            run_id=f"run-{self.runs}",
            clock=self.world.clock.now,
            rules=Rules(**rules),
            overrides=overrides,
        )

    @property
    def run(self) -> Run:
        """A run that only changes our side."""
        job = self.job()
        return job.run(job.open())

    def sync(
        self, *, overrides: Overrides = NO_OVERRIDES, full: bool = False, key: str = "OPS", **rules
    ) -> tuple[Reconciled, WrittenBack]:
        self.world.clock.advance(timedelta(hours=1))
        job = self.job(overrides, key=key, **rules)
        return pull_scope(job, full=full).merged, write_back_scope(job)

    def sql(self, statement: str, *params: object) -> list[dict[str, Any]]:
        return self.database.query(statement, params)

    def here(self) -> dict[str, tuple[Any, ...]]:
        rows = self.sql("SELECT key, title, priority, labels, status, due_date::text FROM jira_issues ORDER BY key")
        return {row.pop("key"): tuple(row.values()) for row in rows}

    def there(self) -> dict[str, tuple[Any, ...]]:
        fields = ["summary", "priority", "labels", "status", "duedate"]
        found = {}
        for key in self.here():
            f = self.client.get_issue(key, fields=fields)["fields"]
            priority = f["priority"]["name"] if f["priority"] else None
            found[key] = (f["summary"], priority, f["labels"], f["status"]["name"], f["duedate"])
        return found


@contextmanager
def both_sides(database: Database, issues: int = 12) -> Iterator[Both]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        for number in range(issues):
            world.jira.create("OPS", f"Issue {number}", priority="Medium", labels=["team"])
        token = world.credentials.api_token
        with JiraClient(
            world.base_url, "us@example.com", token, limits=Limits(tries=2), sleep=lambda _: None
        ) as client:
            both = Both(database, world, client)
            both.sync()
            world.exchanges.clear()
            yield both


@pytest.fixture
def both(database: Database) -> Iterator[Both]:
    with both_sides(database) as found:
        yield found


def test_given_edits_on_both_sides_when_synced_then_both_agree_except_where_both_edited(both):
    both.sql("UPDATE jira_issues SET title = 'here', labels = array_append(labels, 'urgent') WHERE key = 'OPS-1'")
    both.sql("UPDATE jira_issues SET status = 'In Progress', due_date = '2026-05-01' WHERE key = 'OPS-2'")
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-3'")
    both.world.jira.edit("OPS-3", title="theirs", by="Tom Remote")
    both.world.jira.edit("OPS-4", title="there", priority="High")

    decided, written = both.sync()

    here, there = both.here(), both.there()
    assert [key for key in here if here[key] != there[key]] == ["OPS-3"]
    assert here["OPS-1"] == ("here", "Medium", ["team", "urgent"], "To Do", None)
    assert (here["OPS-2"][3:], here["OPS-4"][:2]) == (("In Progress", "2026-05-01"), ("there", "High"))
    assert (here["OPS-3"][0], there["OPS-3"][0]) == ("mine", "theirs")
    conflict = both.sql("SELECT * FROM sync_conflicts")[0]
    tom = both.world.people.named("Tom Remote").account_id
    assert (conflict["base_value"], conflict["local_value"], conflict["remote_value"]) == ("Issue 2", "mine", "theirs")
    assert (conflict["details"]["remote_author"], conflict["details"]["remote_at"][:10]) == (tom, "2026-03-02")
    # No issue names him, so that his name is known from the history alone.
    assert both.sql("SELECT * FROM users WHERE account_id = %s", tom) == []
    assert list_conflicts(both.database)[0]["remote_author"] == "Tom Remote"
    assert (written.pushed.confirmed, decided.count()["conflicted"]) == (3, 1)


def test_given_nothing_changed_when_synced_again_then_nothing_is_written_anywhere(both):
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-1'")
    both.sync()
    before = both.sql("SELECT * FROM jira_issues ORDER BY key")
    both.world.exchanges.clear()

    both.sync()

    assert both.sql("SELECT * FROM jira_issues ORDER BY key") == before
    assert both.world.exchanges.matching("PUT") == []


def test_given_a_label_that_changes_only_in_case_when_synced_then_it_is_so_on_both_sides(both):
    both.world.jira.create("OPS", "Labelled", labels=["urgent"])
    both.sync()
    key = both.sql("SELECT key FROM jira_issues WHERE title = 'Labelled'")[0]["key"]
    both.sql("UPDATE jira_issues SET labels = '{Urgent}' WHERE key = %s", key)

    both.sync()
    both.sync()

    row = both.sql("SELECT labels, local_modified_fields, sync_errors FROM jira_issues WHERE key = %s", key)[0]
    assert tuple(row.values()) == (["Urgent"], {}, {})
    assert both.client.get_issue(key)["fields"]["labels"] == ["Urgent"]


def test_given_a_put_then_it_holds_only_what_was_edited(both):
    both.sql("UPDATE jira_issues SET due_date = '2026-05-01' WHERE key = 'OPS-1'")

    both.sync()

    (put,) = both.world.exchanges.matching("PUT")
    body = json.loads(put.request_body)
    assert (body["fields"], body.get("update")) == ({"duedate": "2026-05-01"}, None)


def test_given_an_edit_and_a_transition_then_no_request_asks_twice_for_the_same(both):
    both.sql("UPDATE jira_issues SET title = 'here', labels = '{team,new}' WHERE key = 'OPS-1'")
    both.sync()
    edit = [exchange.method for exchange in both.world.exchanges.matching() if "/issue/" in exchange.path]
    both.world.exchanges.clear()
    both.sql("UPDATE jira_issues SET status = 'In Progress' WHERE key = 'OPS-2'")
    both.sync()
    transition = [exchange.method for exchange in both.world.exchanges.matching() if "/issue/" in exchange.path]

    assert edit == ["GET", "PUT"]  # what it is decided on and sent onto, and the write, which tells the rest
    assert transition == ["GET", "POST", "GET"]  # the ways out of the status come with the first, and a look after


def test_given_many_edits_then_one_request_shows_them_all_and_each_costs_a_look_and_a_write(both):
    both.sync()
    both.sql("UPDATE jira_issues SET title = title || ' in spring' RETURNING key")
    edited = len(both.here())
    both.world.exchanges.clear()

    _, written = both.sync()

    assert written.pushed.confirmed == edited > 2
    asked = both.world.exchanges.matching
    assert len(asked("PUT")) == edited
    looks = [sent for sent in asked("GET") if sent.path.startswith("/rest/api/3/issue/")]
    assert len(looks) == edited
    assert len([sent for sent in asked("POST") if sent.path == "/rest/api/3/issue/bulkfetch"]) == 1


def test_given_a_dry_run_then_it_only_reads_and_says_what_the_run_then_does(both):
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key IN ('OPS-1', 'OPS-3')")
    both.world.jira.edit("OPS-3", title="theirs")
    both.world.clock.advance(timedelta(hours=1))
    tables = ("jira_issues", "sync_outbox", "sync_conflicts", "sync_audit", "sync_watermarks", "sync_runs")
    before = {table: both.sql(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
    both.world.exchanges.clear()

    shown = plan_scope(both.job())

    assert {table: both.sql(f"SELECT * FROM {table} ORDER BY 1") for table in tables} == before
    assert {(each.method, each.path) for each in both.world.exchanges.matching() if each.method != "GET"} <= {
        ("POST", "/rest/api/3/search/jql"),
        ("POST", "/rest/api/3/issue/bulkfetch"),
    }
    decided, written = both.sync()
    assert {(i.key, i.field, i.side, i.old, i.new) for i in shown} == {
        (i.key, i.field, i.side, i.old, i.new) for i in (*decided.items, *written.decided.items)
    }


def test_given_a_choice_when_synced_then_it_holds_on_both_sides_and_undo_takes_the_run_back(both):
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-1'")
    both.world.jira.edit("OPS-1", title="theirs")
    both.sync()
    conflict = both.sql("SELECT id FROM sync_conflicts")[0]["id"]

    resolve(both.job().store, conflict, "local", both.run, by="ann")
    both.sync()
    run_id = both.sql("SELECT run_id FROM sync_audit WHERE side = 'remote'")[0]["run_id"]
    assert both.there()["OPS-1"][0] == "mine"
    undo_run(both.job().store, run_id, both.run, by="ann")
    both.sync()

    assert both.there()["OPS-1"][0] == both.here()["OPS-1"][0] == "theirs"


def test_given_a_row_changed_unseen_then_a_full_run_keeps_both_values(both):
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET title = 'unseen' WHERE key = 'OPS-1'")

    both.sync(full=True)

    found = both.sql("SELECT kind, local_value, remote_value FROM sync_conflicts")
    assert found == [{"kind": "unmarked_local_change", "local_value": "unseen", "remote_value": "Issue 0"}]
    assert both.here()["OPS-1"][0] == "unseen"


def test_given_a_deleted_issue_then_two_censuses_make_it_a_tombstone(both):
    both.world.jira.delete("OPS-5")

    for _ in range(2):
        count_scope(both.job())
        both.world.clock.advance(timedelta(minutes=11))

    assert both.sql("SELECT key FROM jira_issues WHERE remote_state = 'gone'") == [{"key": "OPS-5"}]


@pytest.mark.parametrize("force", ["local", "remote"])
def test_given_an_edit_of_an_issue_that_is_gone_when_forced_then_it_is_decided_as_the_dry_run_says(both, force):
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-5'")
    both.world.jira.delete("OPS-5")
    for _ in range(2):
        count_scope(both.job())
        both.world.clock.advance(timedelta(minutes=11))
    conflicts = "SELECT kind, resolution::text FROM sync_conflicts"
    assert both.sql(conflicts) == [{"kind": "edit_vs_remote_delete", "resolution": "pending"}]

    forced = [(item.key, item.side) for item in plan_scope(both.job(force=force)) if item.side == "forced"]
    both.sync(force=force)

    assert forced == [("OPS-5", "forced")]
    assert both.sql(conflicts) == [{"kind": "edit_vs_remote_delete", "resolution": force}]


def test_given_a_write_back_that_is_halted_then_the_status_says_so_with_the_counts_of_the_pull(database):
    with both_sides(database, issues=30) as both:
        both.sql("UPDATE jira_issues SET title = 'here'")

        with pytest.raises(SyncHalted):
            both.sync()
        (halted,) = scope_status(database)
        both.sync(overrides=Overrides(writes=30))
        (done,) = scope_status(database)

    assert halted["outcome"] == "halted"
    assert "30 writes to 30 records are planned" in halted["error"]
    assert halted["finished_at"] is not None
    assert halted["counts"]["agrees"] is True
    assert (done["outcome"], done["error"]) == ("done", None)
    steps = both.sql("SELECT step, outcome, counts -> 'confirmed' AS sent FROM sync_runs ORDER BY started_at, step")
    assert [tuple(row.values()) for row in steps[-2:]] == [("pull", "done", None), ("write_back", "done", 30)]


def test_given_edits_when_they_are_written_back_then_it_is_told_how_many_are_decided_and_sent(both):
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key IN ('OPS-1', 'OPS-2', 'OPS-3')")
    told: list[tuple[int, int | None]] = []

    write_back_scope(both.job(), progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)] * 2


def test_given_a_lock_that_is_lost_then_nothing_is_sent_and_the_next_run_sends_it(both):
    both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-1'")
    both.world.clock.advance(timedelta(hours=1))

    class Cut(PostgresStore):
        """Somebody ends the lock's session before anything is sent."""

        def operations(self, state: str, *, limit: int | None = None) -> Sequence[Operation]:
            both.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'javis sync%%'"
            )
            return super().operations(state, limit=limit)

    with pytest.raises(ScopeBusy):
        write_back_scope(replace(both.job(), make_store=Cut))

    assert both.world.exchanges.matching("PUT") == []
    assert [row["sync_status"] for row in both.sql("SELECT sync_status FROM jira_issues WHERE key = 'OPS-1'")] == [
        "local_modified"
    ]
    (status,) = scope_status(both.database)
    assert (status["outcome"], status["counts"]["agrees"]) == ("failed", True)
    assert "run the sync again" in status["error"]
    both.sync()
    assert both.there()["OPS-1"][0] == "here"


def test_given_a_census_then_it_is_in_the_book_of_runs(both):
    count_scope(both.job())

    (noted,) = both.sql("SELECT outcome, counts -> 'found' AS found FROM sync_runs WHERE step = 'census'")
    assert noted == {"outcome": "done", "found": 12}


def test_given_whole_runs_then_the_token_is_in_no_table_and_no_log(both, caplog):
    caplog.set_level(logging.DEBUG)
    both.sql("UPDATE jira_issues SET title = 'here', status = 'Nope' WHERE key = 'OPS-1'")
    both.world.jira.edit("OPS-1", title="theirs")
    both.sync()

    tables = [row["relname"] for row in both.sql("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")]
    stored = "".join(str(both.sql(f'SELECT * FROM "{table}"')) for table in tables)

    assert both.world.credentials.api_token not in stored + caplog.text


# What moves, goes back, or is seen again


def rename_project(both: Both, old: str, new: str) -> None:
    """What an administrator does; no issue is touched by it."""
    jira = both.world.jira
    project = jira.projects.pop(old)
    project.key = new
    jira.projects[new] = project
    jira.ids_by_project[new] = jira.ids_by_project.pop(old)
    for issue_id in jira.ids_by_project[new]:
        issue = jira.issues[issue_id]
        key = issue.state.key.replace(f"{old}-", f"{new}-")
        issue.state = replace(issue.state, key=key, project=new)
        jira.ids_by_key[key] = issue.id
    for number, board in list(jira.boards.items()):
        if board.project == old:
            jira.boards[number] = replace(board, project=new)
    jira.touch_all()


def test_given_a_project_whose_key_was_changed_then_its_rows_follow_and_what_waited_goes_out(both):
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-1'")
    rename_project(both, "OPS", "OPX")
    both.projects = ("OPX",)

    for _ in range(2):
        both.sync(key="OPX")

    keys = both.sql("SELECT key, project_key FROM jira_issues ORDER BY jira_id")
    assert [tuple(row.values()) for row in keys] == [(f"OPX-{number}", "OPX") for number in range(1, 13)]
    assert both.there()["OPX-1"][0] == "mine"
    assert both.sql("SELECT count(*) AS former FROM key_aliases") == [{"former": 12}]


def test_given_a_key_that_was_given_to_another_project_then_nothing_is_mixed_until_a_person_says_so(both):
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-1'")
    rename_project(both, "OPS", "OPX")
    other = both.world.jira.create_project("OPS", "Another")
    both.world.jira.create("OPS", "Not ours")
    before = both.here()

    for verb in (pull_scope, write_back_scope, count_scope, plan_scope):
        with pytest.raises(SyncHalted, match=f"led to 10000; .* javis sync --expect-place {other.id}$"):
            verb(both.job())

    assert both.here() == before
    assert both.world.jira.find("OPS-1").state.summary == "Not ours"

    both.projects = ("OPX", "OPS")
    both.sync(key="OPX")
    both.sync(key="OPS", overrides=Overrides(place_id=other.id))
    both.sync(key="OPS")

    assert {key: title for key, (title, *_) in both.here().items()} == {
        **{f"OPX-{number}": f"Issue {number - 1}" for number in range(2, 13)},
        "OPX-1": "mine",
        "OPS-1": "Not ours",
    }
    assert both.here() == both.there()


def test_given_a_run_that_has_had_its_time_then_it_lets_go_and_the_next_one_goes_on(both):
    both.sql("UPDATE jira_issues SET title = 'mine ' || key")
    asked: list[Exchange] = []  # a second for each answer
    token = both.world.credentials.api_token
    with JiraClient(
        both.world.base_url,
        "us@example.com",
        token,
        limits=Limits(run_seconds=25),
        clock=lambda: float(len(asked)),
        record=asked.append,
    ) as slow:
        job = replace(both.job(Overrides(writes=100)), system=JiraSystem(slow, scopes=("OPS",)), threads=1)
        with pytest.raises(RemoteBusy, match="JAVIS_SYNC_MINUTES"):
            write_back_scope(job)
    sent = [title for title, *_ in both.there().values() if title.startswith("mine")]

    both.sync(overrides=Overrides(writes=100))

    assert 0 < len(sent) < 12
    assert {key: title for key, (title, *_) in both.there().items()} == {
        f"OPS-{number}": f"mine OPS-{number}" for number in range(1, 13)
    }


def test_given_a_row_that_somebody_keeps_locked_then_it_is_left_and_the_others_go_on(both, monkeypatch, caplog):
    monkeypatch.setattr(connection, "_LOCK_PATIENCE", "50ms")
    both.sql("UPDATE jira_issues SET title = 'mine ' || key WHERE key IN ('OPS-1', 'OPS-2', 'OPS-3')")
    with both.database.connect("an editor") as other, other.transaction():
        other.execute("SELECT FROM jira_issues WHERE key = 'OPS-1' FOR UPDATE")

        both.sync()

        assert [both.there()[key][0] for key in ("OPS-2", "OPS-3")] == ["mine OPS-2", "mine OPS-3"]
        assert "the row of OPS-1 is held by another session" in caplog.text

    both.sync()
    assert both.there()["OPS-1"][0] == "mine OPS-1"


def test_given_a_table_that_somebody_keeps_locked_then_the_run_ends_with_the_remedy(both, monkeypatch):
    monkeypatch.setattr(connection, "_LOCK_PATIENCE", "50ms")
    both.world.jira.edit("OPS-1", title="theirs")
    with both.database.connect("an editor") as other, other.transaction():
        other.execute("LOCK TABLE jira_issues IN SHARE MODE")

        with pytest.raises(DatabaseError, match="pg_terminate_backend"):
            both.sync()

    both.sync()
    assert both.here()["OPS-1"][0] == "theirs"


def test_given_a_conflict_of_an_issue_that_moved_then_it_waits_in_its_present_project(both):
    both.world.jira.create_project("EUV", "Sources")
    both.projects = ("OPS", "EUV")
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-1'")
    both.world.jira.edit("OPS-1", title="theirs")
    both.sync()
    key = both.world.jira.move("OPS-1", "EUV")

    both.sync()
    both.sync(key="EUV")

    assert both.sql("SELECT scope FROM sync_conflicts WHERE state = 'open'") == [{"scope": "EUV"}]
    assert both.sql("SELECT project_key, sync_errors FROM jira_issues WHERE key = %s", key) == [
        {"project_key": "EUV", "sync_errors": {}}
    ]


def test_given_an_updated_that_went_back_then_what_the_site_holds_is_taken_and_an_edit_goes_out(both):
    both.world.jira.edit("OPS-1", title="later")
    both.sync()
    issue = both.world.jira.find("OPS-1")
    issue.state = replace(issue.state, summary="as in the backup", updated=issue.state.created)
    both.world.jira.touch(issue)

    both.sync(full=True)
    taken = both.here()["OPS-1"][0]
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-1'")
    both.sync()

    assert (taken, both.there()["OPS-1"][0]) == ("as in the backup", "mine")


def test_given_two_misses_with_a_sight_in_between_then_there_is_no_tombstone(both):
    both.world.jira.hide("OPS-1")
    count_scope(both.job())
    both.world.jira.hide("OPS-1", hidden=False)
    both.world.clock.advance(timedelta(days=1))
    count_scope(both.job())
    both.world.jira.hide("OPS-1")
    both.world.clock.advance(timedelta(days=30))

    count_scope(both.job())

    assert both.sql("SELECT remote_state::text FROM jira_issues WHERE key = 'OPS-1'") == [{"remote_state": "present"}]
    both.world.clock.advance(timedelta(minutes=11))
    count_scope(both.job())
    assert both.sql("SELECT remote_state::text FROM jira_issues WHERE key = 'OPS-1'") == [{"remote_state": "gone"}]


def test_given_edits_of_a_project_that_left_the_settings_then_status_and_doctor_say_so(both):
    both.sql("UPDATE jira_issues SET title = 'mine' WHERE key IN ('OPS-1', 'OPS-2')")
    line = "jira OPS is not in the settings any more: 2 edited rows and 0 conflicts wait there, and nothing is sent"
    elsewhere = [ScopeRef("jira", "EUV"), ScopeRef("confluence", "OPS")]

    assert left_waiting(scope_status(both.database), elsewhere) == [line]
    assert left_waiting(scope_status(both.database), [ScopeRef("jira", "OPS")]) == []
    found = list(check_left_waiting(lambda: Database(both.database.url), elsewhere))
    assert [(check.verdict, check.finding) for check in found] == [("warning", line)]


def test_given_a_name_that_changed_without_its_issues_then_the_next_run_brings_it(both):
    jira = both.world.jira
    (before,) = both.sql("SELECT DISTINCT issue_type FROM jira_issues")
    kind = jira.types.named(before["issue_type"])
    assert kind is not None
    jira.types.add(replace(kind, name="Chore"))
    jira.touch_all()

    both.sync()

    assert both.sql("SELECT DISTINCT issue_type FROM jira_issues") == [{"issue_type": "Chore"}]


def test_given_a_row_changed_unseen_then_ordinary_runs_find_it_within_a_day(both):
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("UPDATE jira_issues SET title = 'unseen' WHERE key = 'OPS-1'")
    both.world.clock.advance(timedelta(days=1))

    both.sync()

    assert both.sql("SELECT kind FROM sync_conflicts") == [{"kind": "unmarked_local_change"}]
