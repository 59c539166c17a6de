"""What `javis live` changed is told to Dagster without a run: rarely, and so that what depends on it is made anew."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.defs import live_events
from javis_pipeline.defs.live_events import telling_dagster
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.settings import Settings
from javis_pipeline.steps.live_scope import Turn
from javis_pipeline_tests.sites import made_settings

OPS = ScopeRef("jira", "OPS")
READ = Turn({"stored": 2}, changed=True)
SENT = Turn({"confirmed": 1}, changed=True)


@pytest.fixture
def settings() -> Settings:
    return made_settings(jira_projects=("OPS",), confluence_spaces="OPS:ENG")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def make_issue(database: Database, key: str) -> None:
    with database.transaction(origin="sync") as conn:
        conn.execute(
            "INSERT INTO jira_issues (key, jira_id, project_key, title) VALUES (%s, %s, 'OPS', 'Fix login')",
            [key, key.rpartition("-")[2]],
        )


def events(instance: dg.DagsterInstance, asset: str) -> list[dg.EventLogRecord]:
    """Oldest first."""
    return [*reversed(instance.fetch_materializations(dg.AssetKey(asset), limit=100).records)]


def eventually(is_so: Callable[[], object]) -> None:
    ends = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends, "it is not so by now"
        time.sleep(0.01)


def test_given_many_turns_then_dagster_is_told_once_a_minute_and_of_each_state_once(
    database: Database, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "EVERY_SECONDS", 0.5)

    @contextmanager
    def opened() -> Iterator[dg.DagsterInstance]:
        yield instance

    make_issue(database, "OPS-1")
    with telling_dagster(opened, database, settings) as changed:
        changed(OPS, READ)
        eventually(lambda: events(instance, "jira_issues"))
        make_issue(database, "OPS-2")
        for _ in range(5):
            changed(OPS, READ)
        changed(OPS, SENT)
        changed(ScopeRef("jira", "XYZ"), SENT)  # not synced
        time.sleep(0.1)
        assert len(events(instance, "jira_issues")) == 1, "so many are told of within a minute"
        eventually(lambda: events(instance, "jira_writeback"))
        changed(OPS, READ)  # and nothing is otherwise
        time.sleep(0.7)

    told = events(instance, "jira_issues")
    tags = [dict(one.asset_materialization.tags or {}) for one in told if one.asset_materialization]
    versions = [one["dagster/data_version"] for one in tags]
    counts = [one.asset_materialization.metadata["stored"].value for one in told if one.asset_materialization]
    assert [one.partition_key for one in told] == ["OPS", "OPS"]
    assert [one.run_id for one in told] == ["", ""]
    assert len(set(versions)) == 2
    assert counts == [2, 10]
    assert len(events(instance, "jira_writeback")) == 1


def test_given_two_processes_then_dagster_is_told_once_a_minute_all_the_same(
    database: Database, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "EVERY_SECONDS", 1.0)

    @contextmanager
    def opened() -> Iterator[dg.DagsterInstance]:
        yield instance

    make_issue(database, "OPS-1")
    one, other = (telling_dagster(opened, database, settings) for _ in range(2))
    with one as changed, other as changed_too:
        changed(OPS, READ)
        eventually(lambda: events(instance, "jira_issues"))
        make_issue(database, "OPS-2")
        changed_too(OPS, READ)
        time.sleep(0.3)
        assert len(events(instance, "jira_issues")) == 1, "the other did not know"
        eventually(lambda: len(events(instance, "jira_issues")) == 2)

    with telling_dagster(opened, database, settings) as changed:  # as after a restart
        changed(OPS, READ)
    assert len(events(instance, "jira_issues")) == 2, "nothing is otherwise"


def test_given_dagster_is_away_then_nothing_waits_for_it_and_it_is_told_when_it_is_back(
    database: Database, settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "EVERY_SECONDS", 0.1)
    away = [True, True]

    @contextmanager
    def opened() -> Iterator[dg.DagsterInstance]:
        if away:
            away.pop()
            raise ConnectionError
        yield instance

    make_issue(database, "OPS-1")
    with telling_dagster(opened, database, settings) as changed:
        changed(OPS, READ)
        eventually(lambda: events(instance, "jira_issues"))
