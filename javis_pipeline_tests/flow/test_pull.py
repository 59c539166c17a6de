"""The pull of a Jira project from the sandbox into PostgreSQL, over real sockets."""

import dataclasses
import itertools
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.errors import IdentityError, RemoteBusy, ScopeBusy, SettingError, SyncHalted
from javis_pipeline.records.jira import FieldMap, IssueStamp
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.steps.sync_scope import pull_scope
from javis_pipeline.steps.tally import Tally
from javis_pipeline.steps.worker_processes import WorkerProcesses
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.mirror import IssueMirror
from javis_pipeline.systems.jira.reader import BatchReader
from javis_pipeline.systems.jira.site import NO_CHOICE
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.fake_site import Reply, fake_site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BULK_FETCH = "/rest/api/3/issue/bulkfetch"


@pytest.fixture
def world() -> Iterator[World]:
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        server.world.jira.create_project("OPS", "Operations")
        yield server.world


@pytest.fixture
def site(world: World) -> "Site":
    return Site(world)


class Site:
    """The sandbox's Jira with a client for it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jira = world.jira

    def client(self, email: str = "ada@example.com", token: str | None = None) -> JiraClient:
        return JiraClient(
            self.world.base_url,
            email,
            token or self.world.credentials.api_token,
            rate=10_000,
            limits=Limits(tries=2),
            sleep=lambda seconds: None,
        )

    def issue(self, title: str = "An issue", **values: Any) -> str:
        """Key of a new issue, a minute younger than the one before."""
        self.later(minutes=1)
        return self.jira.create("OPS", title, **values).state.key

    def later(self, **time: float) -> None:
        self.world.clock.advance(timedelta(**time))

    def fetched(self) -> int:
        """How many issues were asked for in bulk since the last call."""
        asked = self.world.exchanges.matching("POST", BULK_FETCH)
        self.world.exchanges.clear()
        documents: list[Any] = [exchange.json() for exchange in asked]
        return sum(len(document["issueIdsOrKeys"]) for document in documents)


def pull(
    database: Database,
    site: Site,
    project: str = "OPS",
    *,
    client: JiraClient | None = None,
    chosen_fields: Mapping[str, str] = NO_CHOICE,
    overrides: Overrides = NO_OVERRIDES,
    **options: Any,
) -> Tally:
    with client or site.client() as jira:
        job = Job(
            db=database,
            system=JiraSystem(jira, chosen_fields=chosen_fields),
            key=project,
            run_id=f"run-{next(_numbers):06}",
            clock=site.world.clock.now,
            overrides=overrides,
        )
        return pull_scope(job, **options).tally


_numbers = itertools.count(1)


def column(database: Database, query: str) -> list[Any]:
    """The only column of a query."""
    return [next(iter(row.values())) for row in database.query(query)]


def edit(database: Database, statement: str) -> None:
    with database.transaction() as conn:
        conn.execute(statement)


# What is stored


def test_given_an_empty_database_when_pulled_then_issues_and_all_that_hangs_on_them_are_stored(database, site):
    sprint = site.jira.create_sprint("OPS", "Sprint 7", state="active", start=NOON, end=NOON + timedelta(days=14))
    first = site.issue(
        "Fix login", labels=["web"], priority="High", story_points=3, due_date="2026-03-20", sprint="Sprint 7"
    )
    second = site.issue("Deploy", description="Read **this** first")
    site.jira.link(first, "Blocks", second)
    site.jira.comment(first, "Seen again today", by="Lin Local")
    site.jira.log_work(first, 5400, by="Lin Local")
    site.jira.transition(first, "In Progress")

    tally = pull(database, site)

    assert (tally.inserted, tally.whole, tally.completeness.agrees) == (2, True, True)
    issue = database.query("SELECT * FROM jira_issues WHERE title = 'Fix login'")[0]
    assert issue["labels"] == ["web"]
    assert (issue["priority"], issue["status"], issue["sprint"]) == ("High", "In Progress", "Sprint 7")
    assert (issue["story_points"], str(issue["due_date"])) == (3, "2026-03-20")
    assert (issue["remote_state"], issue["local_modified_fields"]) == ("present", {})
    assert column(database, "SELECT other_key FROM issue_links WHERE label = 'blocks'") == [second]
    assert column(database, "SELECT body FROM comments") == ["Seen again today"]
    assert column(database, "SELECT seconds FROM worklogs") == [5400]
    assert column(database, "SELECT sprint_id FROM issue_sprints") == [sprint.number]
    assert column(database, "SELECT to_status FROM status_changes") == ["In Progress"]
    assert "Lin Local" in column(database, "SELECT display_name FROM users")
    assert column(database, "SELECT state FROM sprints") == ["active"]
    assert column(database, "SELECT count(*) FROM priorities") != [0]
    assert column(database, "SELECT category FROM statuses WHERE name = 'Done'") == ["done"]


def test_given_a_description_when_pulled_then_its_document_and_its_markdown_are_stored(database, site):
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Why"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "now", "marks": [{"type": "strong"}]}]},
        ],
    }
    site.issue(description=document)

    pull(database, site)

    stored = database.query(
        "SELECT description, description_adf, content_hash = jira_issue_content_hash(i) AS fits FROM jira_issues i"
    )
    assert stored[0]["description"] == "## Why\n\n**now**"
    assert [node["type"] for node in stored[0]["description_adf"]["content"]] == ["heading", "paragraph"]
    assert stored[0]["fits"]


def test_given_more_comments_than_jira_shows_in_an_issue_when_pulled_then_all_are_stored(database, site):
    site.jira.behaviour.comments_shown = 5
    key = site.issue()
    for number in range(12):
        site.jira.comment(key, f"Comment {number}")

    pull(database, site)

    assert len(column(database, "SELECT body FROM comments")) == 12


def test_given_a_text_with_a_nul_when_pulled_then_it_is_stored_with_the_replacement_character(database, site):
    key = site.issue()
    site.jira.comment(key, "before\0after")

    pull(database, site)

    assert column(database, "SELECT body FROM comments") == ["before\N{REPLACEMENT CHARACTER}after"]


# What is fetched


def test_given_nothing_changed_when_pulled_again_then_nothing_is_fetched(database, site):
    site.issue(), site.issue()
    before = pull(database, site)
    site.fetched()

    tally = pull(database, site)

    assert site.fetched() == 0
    assert (tally.inserted, tally.updated, tally.whole) == (0, 0, False)
    assert tally.watermark == before.watermark


def test_given_one_issue_changed_when_pulled_then_only_that_one_is_fetched_and_its_satellites_are_replaced(
    database, site
):
    site.issue("Untouched")
    key = site.issue("Old title")
    other = site.issue("Other")
    site.jira.link(key, "Relates", other)
    pull(database, site)
    site.fetched()

    site.later(minutes=5)
    site.jira.edit(key, title="New title")
    site.jira.comment(key, "Renamed it")
    tally = pull(database, site)

    assert site.fetched() == 1
    assert (tally.updated, tally.inserted) == (1, 0)
    assert set(column(database, "SELECT title FROM jira_issues")) == {"Untouched", "New title", "Other"}
    assert column(database, "SELECT body FROM comments") == ["Renamed it"]
    assert column(database, "SELECT count(*) FROM issue_links") == [1]
    audited = database.query("SELECT field, old, new FROM sync_audit")
    assert audited == [{"field": "title", "old": "Old title", "new": "New title"}]


def test_given_a_change_that_the_search_shows_hours_late_when_pulled_then_it_is_found(database, site):
    late, prompt = site.issue("Late"), site.issue("Prompt")
    pull(database, site)
    site.jira.behaviour.index_lag = timedelta(hours=9)
    site.later(minutes=10)
    site.jira.edit(late, title="Late, changed")
    site.jira.behaviour.index_lag = timedelta(0)
    site.later(minutes=10)
    site.jira.edit(prompt, title="Prompt, changed")

    first = pull(database, site)
    site.later(hours=10)
    second = pull(database, site)

    assert (first.updated, second.updated) == (1, 1)
    assert set(column(database, "SELECT title FROM jira_issues")) == {"Late, changed", "Prompt, changed"}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "Asia/Kathmandu"])
def test_given_an_account_in_another_zone_than_the_site_when_pulled_then_no_change_is_lost(database, site, zone):
    person = site.world.people.signing_in("ada@example.com")
    site.world.people.add(dataclasses.replace(person, time_zone=zone))
    key = site.issue()
    pull(database, site)

    site.later(minutes=1)
    site.jira.edit(key, title="Changed")
    tally = pull(database, site)

    assert tally.updated == 1
    assert tally.notes == ()


def test_given_the_hour_that_clocks_repeat_when_pulled_then_no_change_is_lost(database, site):
    # 01:10 in New York, for the first time
    site.world.clock.advance(datetime(2026, 11, 1, 5, 10, tzinfo=UTC) - site.world.clock.now())
    key = site.issue()
    pull(database, site)

    site.later(hours=13)
    site.jira.edit(key, title="Changed", at=datetime(2026, 11, 1, 6, 20, tzinfo=UTC))  # 01:20, for the second time
    tally = pull(database, site)

    assert tally.updated == 1


def test_given_a_sprint_was_renamed_when_pulled_then_its_issues_show_it_although_none_changed(database, site):
    sprint = site.jira.create_sprint("OPS", "Sprint 7", state="active")
    site.issue(sprint="Sprint 7")
    pull(database, site)

    site.jira.change_sprint(sprint.number, name="Sprint 7, extended")
    pull(database, site)

    assert column(database, "SELECT name FROM sprints") == ["Sprint 7, extended"]
    assert column(database, "SELECT sprint FROM jira_issues") == ["Sprint 7, extended"]


def test_given_everything_is_asked_for_again_when_pulled_then_unchanged_issues_are_fetched_too(database, site):
    site.issue(), site.issue()
    pull(database, site)
    site.fetched()

    tally = pull(database, site, full=True)

    assert site.fetched() == 2
    assert (tally.updated, tally.whole) == (2, True)


def test_given_ids_that_only_a_census_found_when_pulled_then_they_are_fetched_besides(database, site):
    site.issue()
    pull(database, site)
    site.jira.behaviour.index_lag = timedelta(days=30)
    unseen = site.jira.issues[site.jira.ids_by_key[site.issue("Unseen")]]

    tally = pull(database, site, also=[str(unseen.id), "999999"])

    assert (tally.inserted, tally.completeness.missing) == (1, 1)


# Edits made here


def test_given_a_local_edit_when_the_issue_changes_remotely_then_the_row_is_left_to_the_merge(database, site):
    key = site.issue("Old title")
    pull(database, site)
    edit(database, "UPDATE jira_issues SET title = 'My title'")

    site.later(minutes=5)
    site.jira.edit(key, title="Their title", priority="High")
    site.jira.comment(key, "Changed the title")
    tally = pull(database, site)

    assert [ref.key for ref in tally.to_merge] == [key]
    assert column(database, "SELECT title FROM jira_issues") == ["My title"]
    assert column(database, "SELECT body FROM comments") == ["Changed the title"]
    assert column(database, "SELECT local_modified_fields FROM jira_issues") == [{"title": "Old title"}]


def test_given_an_issue_waits_for_its_merge_then_the_watermark_does_not_pass_its_change(database, site):
    key, other = site.issue(), site.issue()
    pull(database, site)
    edit(database, f"UPDATE jira_issues SET title = 'Mine' WHERE key = '{key}'")
    site.later(minutes=5)
    waits_since = site.world.clock.now()
    site.jira.edit(key, title="Theirs")
    site.later(hours=20)
    site.jira.edit(other, title="Changed")

    tally = pull(database, site)

    assert tally.watermark == waits_since


def test_given_a_row_deleted_here_when_the_issue_changes_then_it_is_left_to_the_merge(database, site):
    key = site.issue()
    pull(database, site)
    edit(database, "DELETE FROM jira_issues")
    site.later(minutes=5)
    site.jira.edit(key, title="Changed")

    tally = pull(database, site)

    assert (len(tally.to_merge), tally.updated) == (1, 0)


# Moves and renames


def test_given_an_issue_moved_to_another_project_when_pulled_there_then_it_is_the_same_row_under_its_new_key(
    database, site
):
    site.jira.create_project("DEV", "Development")
    parent = site.issue("Parent", type="Epic")
    child = site.issue("Child", parent_key=parent)
    pull(database, site)

    site.later(minutes=5)
    new_key = site.jira.move(parent, "DEV")
    tally = pull(database, site, project="DEV")

    assert tally.renamed == 1
    assert column(database, "SELECT key FROM jira_issues WHERE title = 'Parent'") == [new_key]
    assert column(database, "SELECT key FROM key_aliases") == [parent]
    assert column(database, f"SELECT parent_key FROM jira_issues WHERE key = '{child}'") == [new_key]


def test_given_an_issue_left_the_project_since_the_sweep_when_fetched_then_it_is_not_stored(database, site):
    site.jira.create_project("DEV", "Development")
    key = site.issue()
    site.world.faults.add(Rule(path=BULK_FETCH, last=1, action=lambda: site.jira.move(key, "DEV")))

    tally = pull(database, site)

    assert (tally.inserted, tally.completeness.missing) == (0, 1)


# What goes wrong


def test_given_jira_gives_up_on_a_first_load_when_started_again_then_it_continues_with_what_is_missing(
    database, site, monkeypatch
):
    monkeypatch.setattr("javis_pipeline.steps.pull.THREADS", 1)  # one batch after the other
    for number in range(650):
        site.jira.create("OPS", f"Issue {number}")
    site.world.faults.add(Rule(Fault(FaultKind.UNAVAILABLE), path="/rest/api/3/issue*", first=3))
    with pytest.raises(RemoteBusy):
        pull(database, site)
    stored = column(database, "SELECT count(*) FROM jira_issues")[0]
    site.world.faults.rules.clear()
    site.fetched()

    tally = pull(database, site)

    assert 0 < stored < 650
    assert site.fetched() == 650 - stored
    assert (tally.inserted, tally.completeness.known, tally.whole) == (650 - stored, 650, True)
    assert column(database, "SELECT outcome FROM sync_runs ORDER BY started_at, run_id") == ["failed", "done"]


def test_given_an_issue_that_cannot_be_read_when_pulled_then_it_is_kept_aside_until_it_changes(database, site):
    site.issue("Fine")
    key = site.issue("Broken")
    issue = site.jira.issues[site.jira.ids_by_key[key]]
    issue.state = dataclasses.replace(issue.state, summary=["not", "a", "text"])
    site.jira.touch(issue)

    first = pull(database, site)
    site.fetched()
    again = pull(database, site)
    fetched_again = site.fetched()
    site.later(minutes=5)
    site.jira.edit(key, title="Repaired")
    repaired = pull(database, site)

    assert (first.inserted, first.unreadable, first.completeness.quarantined) == (1, 1, 1)
    assert (fetched_again, again.completeness.quarantined) == (0, 1)
    assert (repaired.inserted, repaired.completeness.quarantined) == (1, 0)


def test_given_changelogs_are_refused_when_a_batch_is_read_then_its_issues_come_without_history():
    with fake_site() as refusing, JiraClient(refusing.url, "ada@example.com", "token") as jira:
        fields = {"summary": "Fine", "created": "2026-03-02T12:00:00.000Z", "updated": "2026-03-02T12:00:00.000Z"}
        refusing.script(
            Reply({"issues": [{"id": "10042", "key": "OPS-7", "fields": fields}]}),
            Reply({"errorMessages": ["no permission"]}, status=403),
        )
        reader = BatchReader(jira, "OPS", FieldMap())

        batch = reader.read([IssueStamp("10042", "OPS-7", None)])

    assert [issue.key for issue in batch.issues] == ["OPS-7"]
    assert batch.satellites["status_changes"] == {}
    assert "no permission" in (reader.history_refused or "")


def test_given_a_field_fails_to_load_when_pulled_then_its_value_stays(database, site):
    key = site.issue("Old", labels=["web"], due_date="2026-03-20")
    pull(database, site)
    site.jira.behaviour.absent_fields = 1.0
    site.later(minutes=5)

    site.jira.edit(key, labels=["mobile"])
    tally = pull(database, site)

    assert tally.updated + tally.unreadable == 1
    assert column(database, "SELECT labels FROM jira_issues") == [["web"]]


def test_given_a_dead_token_that_jira_answers_with_empty_lists_when_pulled_then_nothing_is_believed(database, site):
    site.issue()
    pull(database, site)

    with pytest.raises(IdentityError):
        pull(database, site, client=site.client(token="expired"))

    assert column(database, "SELECT remote_state FROM jira_issues") == ["present"]


def test_given_another_account_than_last_time_when_pulled_then_a_person_has_to_allow_it(database, site):
    site.issue()
    pull(database, site)

    with pytest.raises(SyncHalted, match="--expect-account") as halted:
        pull(database, site, client=site.client("grace@example.com"))
    account_id = site.world.people.signing_in("grace@example.com").account_id
    allowed = pull(database, site, client=site.client("grace@example.com"), overrides=Overrides(account_id=account_id))

    assert account_id in str(halted.value)
    assert allowed.completeness.known == 1


def test_given_a_project_that_is_not_visible_when_pulled_then_it_is_an_error_and_not_an_empty_project(database, site):
    site.issue()
    pull(database, site)
    site.jira.hide_project("OPS")

    with pytest.raises(SettingError, match="OPS"):
        pull(database, site)

    assert column(database, "SELECT error FROM sync_runs WHERE outcome = 'failed'") != []


def test_given_another_run_holds_the_project_when_pulled_then_it_is_told_who(database, site):
    with hold_scope(database, "jira", "OPS", holder="the other run"), pytest.raises(ScopeBusy, match="the other run"):
        pull(database, site)


def test_given_issues_that_vanished_from_the_search_when_pulled_then_none_is_taken_for_deleted(database, site):
    site.issue()
    key = site.issue()
    pull(database, site)
    site.jira.hide(key)

    tally = pull(database, site, full=True)

    assert column(database, "SELECT remote_state FROM jira_issues") == ["present", "present"]
    assert (tally.completeness.known, tally.completeness.site_count) == (2, 1)


def test_given_an_issue_is_asked_for_besides_that_the_sweep_finds_too_then_it_is_stored_once(database, site):
    keys = [site.issue(f"Issue {number}") for number in range(120)]
    found_by_a_census = str(site.jira.ids_by_key[keys[0]])

    tally = pull(database, site, also=[found_by_a_census])

    assert (tally.inserted, tally.completeness.known) == (120, 120)


def test_given_answers_that_leave_a_persons_name_out_then_the_name_stays(database):
    ann, nameless = {"accountId": "acc:ann", "displayName": "Ann"}, {"accountId": "acc:ann"}
    fields = {"created": "2026-03-02T12:00:00.000Z", "updated": "2026-03-02T12:00:00.000Z"}
    entry = {"id": "7", "author": nameless, "created": 1_772_452_800_000, "items": []}
    with fake_site() as answering, JiraClient(answering.url, "ada@example.com", "token") as jira:
        answering.script(
            Reply(
                {
                    "issues": [
                        {"id": "10042", "key": "OPS-7", "fields": fields | {"assignee": ann, "reporter": nameless}}
                    ]
                }
            ),
            Reply({"issueChangeLogs": [{"issueId": "10042", "changeHistories": [entry]}]}),
        )
        batch = BatchReader(jira, "OPS", FieldMap()).read([IssueStamp("10042", "OPS-7", None)])

    with database.transaction(origin="sync") as conn:
        IssueMirror("OPS").store(conn, batch, run_id="run", now=NOON, refresh=False)

    assert column(database, "SELECT display_name FROM users") == ["Ann"]


def test_what_worker_processes_read_is_what_this_process_reads(site, caplog):
    caplog.set_level(logging.INFO)
    for number in range(3):
        key = site.issue(f"Issue {number}", labels=["web"], description="Two\nlines")
        site.jira.comment(key, f"Comment {number}")
        site.jira.log_work(key, 3600)
    with site.client() as jira, WorkerProcesses() as workers:
        stamps = list(jira.search_ids("project = OPS"))
        workers.start()

        there = BatchReader(jira, "OPS", FieldMap(), run=workers.run).read(stamps)
        here = BatchReader(jira, "OPS", FieldMap()).read(stamps)

    assert len(here.issues) == 3
    assert there == here
    assert "worker process" not in caplog.text


def test_given_a_row_that_was_removed_for_good_when_pulled_again_then_nothing_is_left_of_what_hung_on_it(
    database, site
):
    key = site.issue("Removed")
    for text in ("One", "Two"):
        site.jira.comment(key, text)
    pull(database, site)
    with database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("DELETE FROM jira_issues")
        conn.execute("UPDATE comments SET comment_id = '0' WHERE ctid = (SELECT min(ctid) FROM comments)")

    again = pull(database, site, full=True)

    assert again.inserted == 1
    assert column(database, "SELECT key FROM jira_issues") == [key]
    assert len(column(database, "SELECT body FROM comments")) == 2
    assert "0" not in column(database, "SELECT comment_id FROM comments")


VERSIONS = "SELECT concat_ws(' ', name, release_on, released) FROM versions ORDER BY name"


def test_versions_come_with_their_days_and_go_and_one_that_makes_no_sense_costs_itself(database, site):
    key, project = site.issue("Planned"), site.jira.projects["OPS"]
    site.jira.plan_version("OPS", "2.3", release_on=date(2026, 2, 1))
    site.jira.plan_version("OPS", "2.4", key, release_on=date(2026, 3, 9))
    site.jira.plan_version("OPS", "some day")
    project.released.add("2.3")
    first = pull(database, site)
    before = column(database, VERSIONS)

    project.release_dates["2.3"] = date(2026, 2, 2)
    project.release_dates["some day"] = cast(date, SimpleNamespace(isoformat=lambda: "soon"))
    doubtful = pull(database, site)
    with_doubt = column(database, VERSIONS)
    del project.release_dates["some day"], project.versions["2.3"]
    pull(database, site)

    assert before == ["2.3 2026-02-01 t", "2.4 2026-03-09 f", "some day f"]
    assert column(database, "SELECT fix_versions FROM jira_issues") == [["2.4"]]
    assert with_doubt == ["2.3 2026-02-02 t", "2.4 2026-03-09 f", "some day f"]
    assert not any("version" in note for note in first.notes)
    assert any("jira version" in note for note in doubtful.notes)
    assert column(database, VERSIONS) == ["2.4 2026-03-09 f", "some day f"]
