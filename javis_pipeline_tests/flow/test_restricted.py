"""Restricted text: the marks come with the records, and who may not see such text does not, wherever it is kept."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import psycopg
import pytest

from javis_pipeline.db.conflicts import list_conflicts, list_errors
from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import restricted_issues
from javis_pipeline.db.policies import store_policies
from javis_pipeline.db.quarantine import quarantine_record
from javis_pipeline.db.status import latest_issues
from javis_pipeline.defs.plans import differences_table, plan_table
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.steps.build_context import ContextScope, build_context
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.notify import open_conflicts
from javis_pipeline.steps.send_edits import WrittenBack
from javis_pipeline.steps.sync_scope import Pulled, pull_scope, write_back_scope
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.system import JiraSystem
from javis_pipeline_tests.sites import made_settings

SECRET = "takeover"  # stands in every text that is restricted here, and in no other
_runs = count(1)
now = partial(datetime.now, UTC)


@pytest.fixture
def world() -> Iterator[World]:
    """OQC-1 is for everybody, with comments and work that are not; OQC-2 is for the board only."""
    with SandboxServer(World(seed=5)) as server:
        site = server.world.jira
        site.create_project("OQC", "Optical quality control")
        site.create("OQC", title="Calibrate")
        site.create("OQC", title=f"Prepare the {SECRET}")
        site.comment("OQC-1", "Fine")
        site.comment("OQC-1", f"Before the {SECRET}", role="Board")
        site.comment("OQC-1", f"No word of the {SECRET}", internal=True)
        site.comment("OQC-2", f"The {SECRET} it is")
        for role in (None, "Board"):
            site.log_work("OQC-1", 3600, role=role)
        site.log_work("OQC-2", 60)
        site.restrict("OQC-2", "Board only")
        yield server.world


def a_client(world: World) -> JiraClient:
    return JiraClient(world.base_url, "ada@example.com", world.credentials.api_token, rate=10_000)


def pull(database: Database, world: World, **options: Any) -> Pulled:
    with a_client(world) as jira:
        job = Job(db=database, system=JiraSystem(jira), key="OQC", run_id=f"run-{next(_runs)}", clock=now)
        return pull_scope(job, **options)


def write_back(database: Database, world: World) -> WrittenBack:
    with a_client(world) as jira:
        return write_back_scope(
            Job(db=database, system=JiraSystem(jira), key="OQC", run_id=f"run-{next(_runs)}", clock=now)
        )


def everything(url: str) -> dict[str, str]:
    """All that a login can read, as text by table."""
    with psycopg.connect(url, autocommit=True) as conn:
        tables = conn.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
        ).fetchall()
        return {
            table: "\n".join(row[0] for row in conn.execute(f"SELECT t::text FROM public.{table} AS t"))
            for (table,) in tables
        }


def where_told(url: str) -> list[str]:
    return [table for table, text in everything(url).items() if SECRET in text]


def test_given_marks_in_jira_when_pulled_then_they_are_stored(database: Database, world: World) -> None:
    pull(database, world)

    levels = database.query("SELECT key, security_level FROM jira_issues ORDER BY key")
    comments = database.query("SELECT restriction, restricted FROM comments ORDER BY comment_id::bigint")
    work = database.query("SELECT restriction, restricted FROM worklogs ORDER BY worklog_id::bigint")
    assert [tuple(row.values()) for row in levels] == [("OQC-1", None), ("OQC-2", "Board only")]
    assert [tuple(row.values()) for row in comments] == [
        (None, False), ("role:Board", False), ("internal", False), (None, True),
    ]  # fmt: skip
    assert [tuple(row.values()) for row in work] == [(None, False), ("role:Board", False), (None, True)]


@pytest.fixture
def told(database: Database, world: World, make_login: Callable[..., str]) -> Callable[..., list[str]]:
    """Tables in which a login of a role finds restricted text; every book holds some."""
    pull(database, world)
    database.query(f"UPDATE jira_issues SET title = 'Here: the {SECRET}', due_date = '2031-01-01' WHERE key = 'OQC-2'")
    database.query("UPDATE jira_issues SET status = 'Nowhere' WHERE key = 'OQC-2'")
    world.jira.edit("OQC-2", title=f"There: the {SECRET}", description=f"All of the {SECRET}", by="Mara")
    pull(database, world)
    write_back(database, world)
    database.query(f"UPDATE jira_issues SET description = 'Here: {SECRET}' WHERE key = 'OQC-2'")
    with a_client(world) as jira, database.transaction(origin="sync") as conn:
        document = jira.get_issue("OQC-2", fields=["summary", "security"])
        quarantine_record(conn, "jira", "OQC", "9", updated_at=None, payload=document, reason="no status", now=now())
    write_back(database, world)
    logins: dict[str, str] = {}
    return lambda role: where_told(logins.setdefault(role, make_login(role)))


KEPT_IN = {
    "comments", "jira_issues", "local_edits", "sync_audit", "sync_conflict_values", "sync_conflicts", "sync_outbox",
    "sync_quarantine",
}  # fmt: skip


def test_given_restricted_text_in_every_book_then_readers_find_none_and_others_all(
    told: Callable[..., list[str]],
) -> None:
    assert set(told("javis_app")) == KEPT_IN
    assert set(told("javis_sync")) == KEPT_IN
    assert told("javis_read") == []


def test_given_the_setting_then_readers_see_restricted_text_until_it_is_unset(
    database: Database, told: Callable[..., list[str]]
) -> None:
    def set_to(value: str) -> None:
        with database.transaction() as conn:
            store_policies(conn, made_settings(javis_read_restricted=value).policies())

    set_to("1")
    assert set(told("javis_read")) == KEPT_IN
    set_to("0")
    assert told("javis_read") == []


def test_given_a_login_with_a_grant_of_its_own_then_it_sees_what_all_may_read(
    database: Database, told: Callable[..., list[str]], make_login: Callable[..., str]
) -> None:
    with psycopg.connect(make_login(), autocommit=True) as other:
        database.query(f"GRANT SELECT ON jira_issues TO {other.info.user}")

        assert other.execute("SELECT key FROM jira_issues").fetchall() == [("OQC-1",)]


def test_given_an_issue_that_becomes_restricted_then_what_was_kept_of_it_is_too(
    database: Database, world: World, make_login: Callable[..., str]
) -> None:
    reader = make_login("javis_read")
    pull(database, world)
    database.query(f"UPDATE jira_issues SET title = 'Now about the {SECRET}' WHERE key = 'OQC-1'")
    write_back(database, world)
    world.jira.comment("OQC-1", f"So, the {SECRET}")
    pull(database, world)
    build_context(database, a_scope(), now=now())
    before = where_told(reader)

    world.jira.restrict("OQC-1", "Board only")
    pull(database, world)
    restricted = where_told(reader)
    world.jira.restrict("OQC-1", None)
    pull(database, world)
    after = where_told(reader)

    assert {"jira_issues", "comments", "local_edits", "sync_audit", "sync_outbox"} <= set(before)
    assert restricted == []
    # Jira shows all of it again; what we kept while it was restricted stays so.
    assert {"jira_issues", "comments"} <= set(after)


def test_given_an_answer_without_the_field_then_a_level_that_was_known_stays(database: Database, world: World) -> None:
    pull(database, world)
    world.jira.behaviour.left_out = frozenset({"security"})
    world.jira.edit("OQC-2", title=f"Prepare the {SECRET} well", by="Mara")

    pull(database, world)

    assert database.query("SELECT security_level FROM jira_issues WHERE key = 'OQC-2'") == [
        {"security_level": "Board only"}
    ]
    assert database.query("SELECT restricted FROM comments ORDER BY comment_id::bigint DESC LIMIT 1") == [
        {"restricted": True}
    ]


def a_scope() -> ContextScope:
    settings = made_settings()
    return ContextScope("OQC", (), settings.javis_timezone, settings.thresholds())


def test_given_restricted_text_then_context_and_posts_and_the_ui_name_the_issue_and_do_not_quote_it(
    database: Database, world: World, told: Callable[..., list[str]]
) -> None:
    scopes = [ScopeRef("jira", "OQC")]

    context = build_context(database, a_scope(), now=now())
    posted = open_conflicts(database, scopes)
    shown = [
        *list_conflicts(database, scopes),
        *list_errors(database, scopes),
        *latest_issues(database, "OQC", limit=9),
    ]
    quoted = list_conflicts(database, scopes, quote_restricted=True)

    assert SECRET not in json.dumps(database.query("SELECT context FROM work_contexts"), default=str)
    assert SECRET not in repr(context)
    assert posted
    assert SECRET not in repr(posted)
    assert SECRET not in repr(shown)
    assert SECRET in repr(quoted)


def test_given_an_edit_of_restricted_text_that_cannot_go_out_then_no_reason_and_no_loss_quotes_it(
    database: Database, world: World
) -> None:
    media = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "7", "alt": SECRET}}]}
    with a_client(world) as jira:
        jira.edit_issue("OQC-2", fields={"description": {"type": "doc", "version": 1, "content": [media]}})
    pull(database, world)
    database.query("UPDATE jira_issues SET labels = '{two words}' WHERE key = 'OQC-2'")  # Jira takes no blank
    database.query("UPDATE jira_issues SET description = 'Without it' WHERE key = 'OQC-2'")
    plan = plan_table(write_back(database, world).decided.items, restricted=restricted_issues(database, "OQC"))
    world.jira.hide("OQC-2")
    shown = [*list_conflicts(database, None), *list_errors(database, None)]

    assert {row["title"] for row in shown} == {"(restricted)"}
    assert SECRET not in repr(shown)
    assert "OQC-2" in str(plan)
    assert SECRET not in str(plan)
    assert SECRET in repr(list_errors(database, None, quote_restricted=True))


def test_given_restricted_text_that_differs_then_the_nightly_check_does_not_quote_it(
    database: Database, world: World
) -> None:
    pull(database, world)
    with database.transaction(origin="sync") as conn:
        conn.execute("UPDATE jira_issues SET title = title || '!'")

    with a_client(world) as jira:
        job = Job(db=database, system=JiraSystem(jira), key="OQC", run_id="verify", clock=now)
        found = verify_scope(job, choose=None, pause=lambda: None)

    assert [(each.key, each.restricted) for each in found.differences] == [("OQC-1", False), ("OQC-2", True)]
    assert SECRET not in str(differences_table(found.differences))


def test_given_a_database_of_the_release_before_when_pulled_then_all_is_read_again_once(
    database: Database, world: World
) -> None:
    pull(database, world)
    with database.transaction(origin="sync") as conn:
        # As the migration leaves it: stored without marks, and to be read again.
        conn.execute("UPDATE jira_issues SET security_level = NULL")
        conn.execute("UPDATE comments SET restriction = NULL")
        conn.execute("UPDATE sync_watermarks SET last_full_at = NULL")

    again, then = pull(database, world), pull(database, world)

    assert (again.tally.updated, then.tally.updated) == (2, 0)
    assert database.query("SELECT count(*) AS n FROM jira_issues WHERE security_level IS NOT NULL") == [{"n": 1}]
    assert database.query("SELECT count(*) AS n FROM comments WHERE restriction IS NOT NULL") == [{"n": 2}]
