"""Rows that are inserted here become issues there, once: with PostgreSQL and a site behind a socket."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import ARRAY, FetchedValue, Text, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from javis_pipeline.cli import main
from javis_pipeline.clients.calls import Limits
from javis_pipeline.db.connection import Database
from javis_pipeline.db.creates import PostgresCreates, doubt_all
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.status import scope_status
from javis_pipeline.errors import IdentityError, RemoteBusy, SyncHalted
from javis_pipeline.records.create import Made
from javis_pipeline.records.policy import Policy
from javis_pipeline.records.sync import Overrides
from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.faults import Fault, FaultKind, Rule
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.job import NO_OVERRIDES, Job
from javis_pipeline.steps.meet import answer_creation
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.source import IssueSource
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.sites import NOON, settings_for

POST = "/rest/api/3/issue"
ALLOWED = Policy("jira", "OPS", "create", "on", "JAVIS_CREATE")


@dataclass
class Both:
    """A project on both sides."""

    database: Database
    world: World
    client: JiraClient
    runs: int = 0
    creating: tuple[str, ...] = ("OPS",)
    overrides: Overrides = field(default=NO_OVERRIDES)

    def job(self) -> Job:
        self.runs += 1
        return Job(
            db=self.database,
            system=JiraSystem(self.client, scopes=("OPS",), creating=self.creating),
            key="OPS",
            run_id=f"run-{self.runs}",
            clock=self.world.clock.now,
            overrides=self.overrides,
        )

    def sync(self, after: timedelta = timedelta(hours=1)) -> WrittenBack:
        self.world.clock.advance(after)
        pull_scope(self.job())
        return write_back_scope(self.job())

    def wishes(self) -> PostgresCreates:
        job = self.job()
        return job.books(job.system.kind).wishes

    def insert(self, **columns: Any) -> str:
        """What an application does; the key that it gets."""
        given = {"project_key": "OPS", "issue_type": "Task", **columns}
        names, values = ", ".join(given), ", ".join(f"%({name})s" for name in given)
        with self.database.transaction() as conn:
            conn.execute("SET LOCAL ROLE javis_app")
            row = conn.execute(
                f"INSERT INTO jira_issues ({names}) VALUES ({values}) RETURNING key".encode(), given
            ).fetchone()
        assert row is not None
        return str(row["key"])

    def row(self, key: str) -> dict[str, Any]:
        (row,) = self.database.query("SELECT * FROM jira_issues WHERE key = javis_key(%(key)s)", {"key": key})
        return row

    def there(self) -> list[str]:
        return sorted(issue.state.summary or "" for issue in self.world.jira.issues.values())

    def posts(self) -> int:
        return sum(one.path == POST for one in self.world.exchanges.matching("POST", POST))

    def goes_wrong(self, kind: FaultKind, **where: Any) -> None:
        self.world.faults.add(Rule(Fault(kind), method="POST", path=POST, **where))


@contextmanager
def making(database: Database) -> Iterator[Both]:
    with database.transaction() as conn:
        store_policies(conn, [ALLOWED])
    with SandboxServer(World(seed=3, clock=Clock(NOON))) as server:
        world = server.world
        world.jira.create_project("OPS", "Operations")
        world.jira.create("OPS", "Old", priority="Medium")
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
    with making(database) as sides:
        yield sides


def test_given_a_row_that_an_application_inserts_then_it_is_an_issue_and_keeps_its_name(both: Both) -> None:
    key = both.insert(title="Calibrate", labels=["lab", "b"], due_date="2026-12-01", description="Twice.\n\n- well")
    before = both.row(key)

    both.sync()

    after = both.row(key)
    assert key.startswith("OPS-new-")
    assert (before["remote_state"], before["jira_id"]) == ("wanted", None)
    assert (after["key"], after["remote_state"], after["sync_status"]) == ("OPS-2", "present", "synced")
    assert after["record_id"] == before["record_id"]
    assert (after["priority"], after["status"]) == ("Medium", "To Do"), "what Jira gives of itself is the base"
    assert (after["local_modified_fields"], after["sync_errors"]) == ({}, {})
    issue = both.world.jira.find("OPS-2")
    assert issue is not None
    assert issue.properties["javis.record"] == {"record": str(before["record_id"])}
    assert issue.state.labels == ("b", "lab")
    assert both.posts() == 1
    both.sync()
    assert both.posts() == 1


def test_given_an_epic_three_stories_and_two_subtasks_when_killed_three_times_then_there_are_exactly_six(
    both: Both,
) -> None:
    epic = both.insert(title="Epic", issue_type="Epic")
    stories = [both.insert(title=f"Story {n}", issue_type="Story", parent_key=epic) for n in (1, 2, 3)]
    subs = [both.insert(title=f"Sub {n}", issue_type="Sub-task", parent_key=stories[0].lower()) for n in (1, 2)]
    both.database.query("UPDATE jira_issues SET title = 'Story one' WHERE key = %(key)s", {"key": stories[0]})
    for number in (1, 2, 3):
        kind = (FaultKind.LOST_REPLY, FaultKind.LATE, FaultKind.SERVER_ERROR)[number - 1]
        both.goes_wrong(kind, first=1, last=1)
        both.sync()
        both.world.faults.clear()
    for _ in range(6):
        both.world.jira.create("OPS", "Somebody else's")
        both.sync(timedelta(minutes=20))

    titles = [title for title in both.there() if title not in ("Old", "Somebody else's")]
    assert titles == ["Epic", "Story 2", "Story 3", "Story one", "Sub 1", "Sub 2"]
    rows = {both.row(key)["title"]: both.row(key) for key in (epic, *stories, *subs)}
    assert {row["parent_key"] for title, row in rows.items() if title.startswith("Story")} == {rows["Epic"]["key"]}
    assert {rows["Sub 1"]["parent_key"], rows["Sub 2"]["parent_key"]} == {rows["Story one"]["key"]}
    assert {row["remote_state"] for row in rows.values()} == {"present"}


def test_given_a_lost_reply_and_nobody_elses_work_then_a_person_is_asked_and_answers(both: Both) -> None:
    key = both.insert(title="Lost")
    both.goes_wrong(FaultKind.LOST_REQUEST)
    both.sync(timedelta(minutes=1))
    both.world.faults.clear()
    unknown = both.row(key)
    both.sync(timedelta(minutes=16))
    both.sync(timedelta(minutes=16))
    (conflict,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")
    asked = both.posts()

    answer_creation(both.wishes(), conflict["record_id"], "again", None, by="ann", now=both.world.clock.now())
    both.sync()

    assert unknown["sync_status"] == "pushing"
    assert "not known yet" in unknown["sync_errors"]["(row)"]
    assert (conflict["kind"], asked) == ("creation_unknown", 1)
    assert both.there() == ["Lost", "Old"]
    assert both.row(key)["key"] == "OPS-2"
    assert both.database.query("SELECT FROM sync_conflicts WHERE state = 'open'") == []


def test_given_a_reply_that_was_lost_after_it_was_done_then_the_mark_is_found_and_nothing_is_asked_again(
    both: Both,
) -> None:
    key = both.insert(title="Once")
    both.goes_wrong(FaultKind.LOST_REPLY)
    both.sync(timedelta(minutes=1))
    both.database.query("UPDATE jira_issues SET title = 'Edited meanwhile' WHERE title = 'Once'")
    both.sync(timedelta(minutes=1))

    assert both.posts() == 1
    assert both.there() == ["Edited meanwhile", "Old"]
    assert both.row(key)["sync_status"] == "synced"


def test_given_a_status_and_a_refused_field_then_they_follow_as_a_transition_and_as_an_error(both: Both) -> None:
    key = both.insert(title="Moving", status="In Progress")

    both.sync()

    issue = both.world.jira.find("OPS-2")
    assert issue is not None
    assert both.world.jira.statuses[issue.state.status_id].name == "In Progress"
    assert (both.row(key)["status"], both.row(key)["sync_status"]) == ("In Progress", "synced")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"issue_type": "Saga"}, "there is no issue type 'Saga' in OPS; possible: "),
        ({"issue_type": "Sub-task"}, "lies below another issue; set parent_key"),
        ({"priority": "Huge"}, "'Huge' is not a priority here; set one of: "),
        ({"assignee_id": "no such person"}, "is not an account id"),
        ({"labels": ["two words"]}, "holds a blank"),
    ],
    ids=["type", "parent", "priority", "person", "label"],
)
def test_given_what_cannot_be_made_then_the_row_says_why_and_is_made_once_it_is_mended(
    both: Both, columns: dict[str, Any], says: str
) -> None:
    key = both.insert(title="Wrong", **columns)
    both.sync()
    refused = both.row(key)
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        conn.execute(
            "UPDATE jira_issues SET issue_type = 'Task', priority = 'High', assignee_id = NULL, labels = '{}'"
            " WHERE title = 'Wrong'"
        )
    both.sync()

    assert refused["sync_status"] == "error"
    assert says in refused["sync_errors"]["(row)"]
    assert both.posts() == 1
    assert both.row(key)["remote_state"] == "present"


def test_given_what_only_jira_can_know_to_be_wrong_then_the_row_names_the_column_and_the_remedy(both: Both) -> None:
    key = both.insert(title="Wrong", parent_key="OPS-99")
    both.sync()

    assert both.row(key)["sync_errors"]["(row)"] == (
        "it was not made: parent_key: Could not find issue by id or key. Mend it here with UPDATE, or delete the row; "
        "it is tried again then"
    )


def test_given_a_project_that_no_setting_names_then_an_insert_is_refused_with_the_setting(both: Both) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation) as refused:
        both.insert(title="x", project_key="WEB")

    assert "JAVIS_CREATE" in (refused.value.diag.message_hint or "")


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"title": "x" * 300}, psycopg.errors.CheckViolation),
        ({"title": None}, psycopg.errors.NotNullViolation),
        ({"title": "x", "key": "OPS-1"}, psycopg.errors.UniqueViolation),
        ({"title": "x", "key": "OPS-77"}, psycopg.errors.RestrictViolation),
        ({"title": "x", "story_points": "NaN"}, psycopg.errors.CheckViolation),
    ],
    ids=["long", "none", "key there is", "key", "number"],
)
def test_given_what_is_known_to_be_wrong_then_it_is_refused_where_it_is_written(
    both: Both, columns: dict[str, Any], error: type[psycopg.Error]
) -> None:
    with pytest.raises(error):
        both.insert(**columns)


def test_given_one_wish_that_is_written_twice_then_it_is_one(both: Both) -> None:
    name = "11111111-2222-4333-8444-555555555555"
    key = both.insert(title="Once", record_id=name)
    again = "INSERT INTO jira_issues (project_key, issue_type, title, record_id) VALUES ('OPS', 'Task', 'Once', %(id)s)"
    both.database.query(f"{again} ON CONFLICT (record_id) DO NOTHING", {"id": name})
    with pytest.raises(psycopg.errors.UniqueViolation):
        both.database.query(again, {"id": name})
    both.sync()
    both.database.query(f"{again} ON CONFLICT (record_id) DO NOTHING", {"id": name})
    both.sync()

    assert both.there() == ["Old", "Once"]
    assert both.row(key)["key"] == "OPS-2"


def _copy(both: Both, *rows: tuple[object, ...]) -> None:
    """What an application does that has many."""
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL ROLE javis_app")
        with conn.cursor().copy(
            "COPY issues_in (project_key, issue_type, title, labels, record_id) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row(("OPS", "Task", *row))


def test_given_rows_that_are_copied_selected_or_rolled_back_then_those_that_stay_are_issues_once(both: Both) -> None:
    names = [uuid4() for _ in range(3)]
    for _ in range(2):
        _copy(both, *((f"Copied {number}", ["b", "a"], name) for number, name in enumerate(names)))
    with pytest.raises(psycopg.errors.CheckViolation):
        _copy(both, ("Good", None, None), ("x" * 300, None, None))
    keys = both.database.query(
        "INSERT INTO jira_issues (project_key, issue_type, title) SELECT 'OPS', 'Task', 'Selected ' || n "
        "FROM generate_series(1, 2) AS n RETURNING key"
    )
    both.sync()

    assert both.there() == ["Copied 0", "Copied 1", "Copied 2", "Old", "Selected 1", "Selected 2"]
    assert both.posts() == 5
    assert {both.row(row["key"])["remote_state"] for row in keys} == {"present"}
    (row,) = both.database.query("SELECT labels, key FROM jira_issues WHERE record_id = %(id)s", {"id": names[0]})
    assert row["labels"] == ["a", "b"]


def test_given_wishes_then_nothing_counts_them_but_status_and_a_withdrawn_one_is_never_made(both: Both) -> None:
    key = both.insert(title="Not any more")
    (status,) = [one for one in scope_status(both.database) if one["system"] == "jira"]
    both.database.query("DELETE FROM jira_issues WHERE key = %(key)s", {"key": key})
    both.sync()

    assert (status["records"], status["wanted"], status["tombstones"]) == (1, 1, 0)
    assert both.there() == ["Old"]


def test_given_a_wish_that_is_deleted_while_nobody_knows_whether_it_was_made_then_it_is_known_and_stays_deleted(
    both: Both,
) -> None:
    key = both.insert(title="Gone by then")
    both.goes_wrong(FaultKind.LOST_REPLY)
    both.sync(timedelta(minutes=1))
    both.database.query("DELETE FROM jira_issues WHERE key = %(key)s", {"key": key})
    for _ in range(3):
        both.sync()

    row = both.row(key)
    assert both.posts() == 1
    assert (row["key"], row["remote_state"], row["local_deleted_at"] is not None) == ("OPS-2", "present", True)
    assert both.database.query("SELECT FROM sync_conflicts WHERE state = 'open'") == []


def test_given_a_dry_run_then_it_shows_what_would_be_made_and_makes_nothing(both: Both) -> None:
    key = both.insert(title="Planned")

    items = plan_scope(both.job())

    assert [(item.key, item.side, item.new) for item in items] == [(key, "remote", "Planned")]
    assert (both.posts(), both.database.query("SELECT FROM sync_creates")) == (0, [])


def test_given_many_wishes_then_the_guard_asks_first_and_few_requests_make_them(both: Both) -> None:
    for number in range(30):
        both.insert(title=f"Many {number}")
    with pytest.raises(SyncHalted, match="30 writes"):
        both.sync()
    both.overrides = Overrides(writes=30)
    both.world.exchanges.clear()
    both.sync()

    asked = [one for one in both.world.exchanges.matching() if not one.path.startswith("/rest/agile")]
    assert both.posts() == 30
    assert len(asked) - 30 < 30
    assert len(both.there()) == 31


def _backed_up(both: Both, key: str) -> Callable[[], None]:
    """A backup that knows the wish and no more; what restores it, as far as the wish goes."""
    both.wishes().begin()
    with both.database.transaction(origin="sync") as conn:
        kept = conn.execute("SELECT to_jsonb(r)::text AS row FROM jira_issues AS r WHERE key = %s", [key]).fetchone()
    assert kept is not None

    def restore() -> None:
        with both.database.transaction(origin="sync") as conn:
            conn.execute("DELETE FROM jira_issues WHERE key <> 'OPS-1'")
            conn.execute("DELETE FROM key_aliases")
            conn.execute(
                "INSERT INTO jira_issues SELECT * FROM jsonb_populate_record(NULL::jira_issues, %s)", [kept["row"]]
            )
            conn.execute(
                "UPDATE sync_creates SET state = 'planned', attempt = 0, remote_id = NULL, remote_key = NULL, "
                "shows_mark = NULL, fence_number = NULL, fence_at = NULL, fence_account = NULL, evidence = '{}'"
            )
        doubt_all(both.database, both.world.clock.now())

    return restore


def test_given_a_restored_database_that_does_not_know_what_it_made_then_it_finds_the_marks(both: Both) -> None:
    key = both.insert(title="Before the backup")
    restore = _backed_up(both, key)
    both.sync()
    restore()
    write_back_scope(both.job())  # no pull has met the mark

    assert both.posts() == 1
    assert both.row(key)["key"] == "OPS-2"


def _restored_and_read(both: Both, restore: Callable[[], None]) -> None:
    restore()
    both.world.clock.advance(timedelta(hours=1))
    pull_scope(both.job(), full=True)
    write_back_scope(both.job())


def test_given_a_restored_database_and_a_site_that_shows_no_marks_then_a_person_is_asked_before_anything_is_made(
    both: Both,
) -> None:
    key = both.insert(title="Before the backup")
    restore = _backed_up(both, key)
    both.sync()
    made = both.world.jira.find("OPS-2")
    assert made is not None
    made.properties.clear()
    _restored_and_read(both, restore)
    (asked,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")
    status = both.row(key)["sync_status"]
    found = Made(remote_id=str(made.id), key="OPS-2")
    answer_creation(both.wishes(), asked["record_id"], "is", found, by="ann", now=both.world.clock.now())
    both.sync()

    assert (asked["kind"], [one["key"] for one in asked["details"]["alike"]]) == ("creation_unknown", ["OPS-2"])
    assert (both.posts(), status, both.there()) == (1, "conflict", ["Before the backup", "Old"])
    assert both.row(key)["key"] == "OPS-2"


def test_given_a_restored_database_whose_wish_went_out_never_then_it_goes_out_when_all_there_is_was_read(
    both: Both,
) -> None:
    key = both.insert(title="Never sent")
    restore = _backed_up(both, key)
    both.world.jira.create("OPS", "Somebody else's", by="Mara")
    restore()
    both.sync(timedelta(minutes=1))
    early = both.posts()
    _restored_and_read(both, lambda: None)

    assert (early, both.posts()) == (0, 1)
    assert both.row(key)["key"] == "OPS-3"


def test_given_a_refusal_in_the_words_of_a_collision_then_the_row_says_so_and_the_others_go_on(both: Both) -> None:
    keys = [both.insert(title=title) for title in ("First", "Second")]
    both.goes_wrong(FaultKind.CONFLICT, first=1, last=1)
    both.sync()
    made, refused = sorted((both.row(key) for key in keys), key=lambda row: str(row["remote_state"]))
    both.sync()

    assert (refused["sync_status"], "updated by another" in refused["sync_errors"]["(row)"]) == ("error", True)
    assert (made["remote_state"], both.there(), both.posts()) == ("present", ["First", "Old", "Second"], 3)


def test_given_an_answer_that_names_nobody_then_nobody_knows_whether_it_was_made(both: Both) -> None:
    key = both.insert(title="Lost on the way")
    both.goes_wrong(FaultKind.HTML, first=1, last=1)
    with pytest.raises(IdentityError):
        both.sync(timedelta(minutes=1))
    unknown = both.row(key)
    both.world.jira.create("OPS", "Somebody else's")
    early = [both.sync(timedelta(minutes=4)) and both.posts() for _ in range(2)]

    assert "not known yet" in unknown["sync_errors"]["(row)"]
    assert early == [1, 1], "a proxy may still hold what it answered for"


def test_given_a_site_that_asks_for_patience_then_it_is_made_by_the_next_run(both: Both) -> None:
    both.insert(title="Patient")
    both.goes_wrong(FaultKind.RATE_LIMITED)
    with pytest.raises(RemoteBusy):
        both.sync()
    asked = both.posts()
    both.world.faults.clear()
    both.sync()

    assert (asked, both.there()) == (1, ["Old", "Patient"])
    assert isinstance(both.world.clock.now(), datetime)


def test_given_a_run_that_is_tried_again_then_it_counts_what_its_first_attempt_made_and_brought(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IssueSource, "batch_size", 25)
    monkeypatch.setattr("javis_pipeline.steps.pull.THREADS", 1)  # one batch after the other
    for number in range(5):
        both.insert(title=f"Patient {number}")
    both.goes_wrong(FaultKind.RATE_LIMITED, first=3)
    job = replace(both.job(), threads=1)
    with pytest.raises(RemoteBusy):
        write_back_scope(job)
    both.world.faults.clear()
    made = write_back_scope(job).as_metadata()["creating_created"]
    for number in range(40):
        both.world.jira.create("OPS", f"Theirs {number}")
    both.world.clock.advance(timedelta(hours=1))
    path = "/rest/api/3/issue/bulkfetch"
    both.world.faults.add(Rule(Fault(FaultKind.RATE_LIMITED), method="POST", path=path, first=2))
    job = both.job()
    with pytest.raises(RemoteBusy):
        pull_scope(job)
    both.world.faults.clear()
    before = both.database.query("SELECT key FROM jira_issues WHERE starts_with(title, 'Theirs')")
    brought = pull_scope(job).tally.inserted
    counts = {row["step"]: row["counts"] for row in both.database.query("SELECT * FROM sync_runs")}

    assert 0 < len(before) < 40
    assert (made, brought, counts["pull"]["inserted"]) == (5, 40, 40)


def test_given_a_row_of_the_same_issue_that_was_edited_too_then_no_value_is_lost(both: Both) -> None:
    key = both.insert(title="Lost")
    both.goes_wrong(FaultKind.LOST_REQUEST)
    both.sync(timedelta(minutes=1))
    both.world.faults.clear()
    for _ in range(2):
        both.sync(timedelta(minutes=16))
    both.world.jira.create("OPS", "By hand")
    both.sync(timedelta(minutes=1))
    record_id = both.row(key)["record_id"]
    both.database.query("UPDATE jira_issues SET due_date = '2026-12-24', labels = '{a}' WHERE key = 'OPS-2'")
    both.database.query("UPDATE jira_issues SET due_date = '2026-12-31' WHERE key = %(key)s", {"key": key})
    found = both.world.jira.find("OPS-2")
    assert found is not None
    made = Made(remote_id=str(found.id), key="OPS-2")
    answer_creation(both.wishes(), record_id, "is", made, by="ann", now=both.world.clock.now())
    both.sync()

    row = both.row("OPS-2")
    assert (str(row["due_date"]), row["labels"], row["record_id"]) == ("2026-12-31", ["a"], record_id)
    (offer,) = both.database.query("SELECT * FROM sync_conflicts WHERE state = 'open'")
    assert (offer["kind"], offer["field_name"], offer["remote_value"]) == ("edited_twice", "due_date", "2026-12-24")
    assert (str(found.state.due), offer["record_id"]) == ("2026-12-31", record_id)


class _Base(DeclarativeBase):
    """Models of an application."""


class _Issue(_Base):
    __tablename__ = "jira_issues"

    record_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(server_default=FetchedValue())
    project_key: Mapped[str]
    issue_type: Mapped[str]
    title: Mapped[str]
    labels: Mapped[list[str]] = mapped_column(ARRAY(Text))


def test_given_an_application_with_sqlalchemy_then_it_makes_edits_and_reads_back_an_issue(both: Both) -> None:
    url = both.database.url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, connect_args={"options": "-c role=javis_app"})
    with Session(engine, expire_on_commit=False) as session:
        issue = _Issue(project_key="OPS", issue_type="Task", title="By a model", labels=["b", "a"])
        session.add(issue)
        session.flush()
        first = issue.key
        issue.title = "By a model, edited"
        session.commit()
        both.sync()
        stale = session.merge(issue)  # what was in memory all the time is saved again
        session.commit()
        session.refresh(stale)
        found = (stale.key, stale.title, list(stale.labels), stale.record_id)
    engine.dispose()
    both.sync()

    assert first.startswith("OPS-new-")
    assert found == ("OPS-2", "By a model, edited", ["a", "b"], issue.record_id)
    assert (both.there(), both.posts()) == (["By a model, edited", "Old"], 1)


# The command line


@pytest.fixture
def commanded(both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    values = settings_for(both.world, projects="OPS", database_url=both.database.url, home=tmp_path)
    for name, value in (values | {"JAVIS_CREATE": "OPS"}).items():
        monkeypatch.setenv(name, value)
    return both


def javis(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_given_a_new_issue_by_command_then_every_command_knows_it_by_its_first_key(commanded: Both) -> None:
    made = json.loads(javis("new", "issue", "--project", "ops", "--type", "Epic", "--title", "Big", "--json").output)
    checked = javis("new", "issue", "--project", "OPS", "--type", "Task", "--title", "Not", "--dry-run")
    child = javis(
        *("new", "issue", "--project", "OPS", "--type", "Story", "--title", "Below", "--parent", made["key"]),
        *("--set", "labels=a,b"),
    )
    javis("edit", made["key"], "--set", "title=Bigger")
    commanded.sync()
    edited = javis("edit", made["key"].upper(), "--set", "title=Biggest")
    told = javis("audit", "--issue", made["key"])

    assert "nothing was changed" in checked.output
    assert "not in Jira yet" in child.output
    assert commanded.there() == ["Below", "Bigger", "Old"]
    assert edited.output.startswith("OPS-2: edited here")
    assert "made" in told.output
    assert commanded.row("OPS-3")["parent_key"] == "OPS-2"


def test_given_a_project_that_is_not_named_when_made_by_command_then_it_says_which_setting_names_it(
    commanded: Both,
) -> None:
    refused = javis("new", "issue", "--project", "WEB", "--type", "Task", "--title", "x")

    assert refused.exit_code == 2
    assert "JAVIS_CREATE" in refused.output


def test_given_a_question_when_answered_by_command_then_the_row_is_that_issue(commanded: Both) -> None:
    key = commanded.insert(title="Lost")
    commanded.goes_wrong(FaultKind.LOST_REQUEST)
    commanded.sync(timedelta(minutes=1))
    commanded.world.faults.clear()
    for _ in range(2):
        commanded.sync(timedelta(minutes=16))
    commanded.world.jira.create("OPS", "By hand")
    commanded.sync(timedelta(minutes=1))
    javis("edit", "OPS-2", "--set", "due_date=2026-12-24")
    listed = javis("conflicts")
    (conflict,) = commanded.database.query("SELECT id::text AS id FROM sync_conflicts WHERE state = 'open'")
    wrong = javis("conflicts", "resolve", conflict["id"][:8], "--local")
    answered = javis("conflicts", "resolve", conflict["id"][:8], "--is", "OPS-2")
    commanded.sync()

    assert "creation unknown" in listed.output
    assert (wrong.exit_code, answered.exit_code) == (2, 0)
    assert (commanded.row(key)["key"], commanded.row(key)["title"]) == ("OPS-2", "By hand")
    assert str(commanded.row(key)["due_date"]) == "2026-12-24", "what was edited in the row that it was goes along"
    assert commanded.row(key)["sync_status"] == "synced"
    assert commanded.posts() == 1
