"""Work is logged on both sides: with PostgreSQL and a site behind a socket. What comments do is tried with comments."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.faults import FaultKind
from javis_pipeline.sandbox.jira.issues import Issue, Worklog
from javis_pipeline.steps.verify import verify_scope
from javis_pipeline_tests.flow.test_comments import Talk, talking
from javis_pipeline_tests.sites import settings_for

POSTS = "/rest/api/3/issue/*/worklog"
BEGAN = datetime(2026, 2, 27, 8, 30, tzinfo=UTC)


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    with talking(database) as sides:
        sides.world.jira.log_work("OPS-1", 1_800, by="Mara")
        _issue(sides).state.time_tracking["remainingEstimateSeconds"] = 36_000
        sides.sync()
        sides.world.exchanges.clear()
        yield sides


def _issue(talk: Talk) -> Issue:
    found = talk.world.jira.find("OPS-1")
    assert found is not None
    return found


def _there(talk: Talk) -> list[Worklog]:
    return _issue(talk).worklogs


def _log(talk: Talk, seconds: int = 3_600, **more: Any) -> str:
    """The name of new work."""
    given = {"issue_key": "OPS-1", "started_at": BEGAN, "seconds": seconds, **more}
    names, values = ", ".join(given), ", ".join(f"%({name})s" for name in given)
    (row,) = talk.say(f"INSERT INTO worklogs ({names}) VALUES ({values}) RETURNING record_id, key", **given)
    return str(row["record_id"])


def test_given_work_that_is_logged_edited_and_deleted_here_then_jira_follows_and_what_is_left_to_do_stays(
    talk: Talk,
) -> None:
    name = _log(talk, comment="Done *twice*")
    wished = talk.row(name, "worklogs")
    talk.sync()
    made, there = talk.row(name, "worklogs"), _there(talk)[-1]
    talk.say("UPDATE worklogs SET seconds = 5400, comment = 'Done' WHERE record_id = %(id)s", id=name)
    talk.sync()
    edited, spent = talk.row(name, "worklogs"), there.seconds
    talk.say("DELETE FROM worklogs WHERE record_id = %(id)s", id=name)
    talk.sync()

    assert (wished["worklog_id"], wished["remote_state"]) == (None, "wanted")
    assert (made["key"], made["started_at"]) == (f"OPS-1#worklog-{made['worklog_id']}", BEGAN)
    assert (made["sync_status"], made["local_modified_fields"], made["comment"]) == ("synced", {}, "Done _twice_")
    assert (there.started, spent, edited["seconds"], edited["comment"]) == (BEGAN, 5_400, 5_400, "Done")
    assert (edited["sync_status"], edited["sync_errors"]) == ("synced", {})
    assert [one.seconds for one in _there(talk)] == [1_800]
    assert _issue(talk).state.time_tracking == {"remainingEstimateSeconds": 36_000}
    asked = [one for method in ("POST", "PUT", "DELETE") for one in talk.world.exchanges.matching(method)]
    written = [one for one in asked if "/worklog" in one.path and not one.path.endswith("/list")]
    assert len(written) == 3
    assert all("notifyUsers=false" in one.query for one in written)


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.LATE])
def test_given_a_reply_that_is_lost_then_the_work_is_there_once(talk: Talk, kind: FaultKind) -> None:
    name = _log(talk)
    talk.goes_wrong(kind, path=POSTS, first=1, last=1)
    talk.sync()
    talk.world.faults.clear()
    for _ in range(3):
        talk.sync(timedelta(minutes=20))

    assert [one.seconds for one in _there(talk)] == [1_800, 3_600]
    assert talk.row(name, "worklogs")["sync_status"] == "synced"
    assert talk.database.query("SELECT count(*) AS n FROM worklogs") == [{"n": 2}]


def test_given_another_length_on_both_sides_then_a_person_is_asked(talk: Talk) -> None:
    name = _log(talk)
    talk.sync()
    talk.say("UPDATE worklogs SET seconds = 60 WHERE record_id = %(id)s", id=name)
    there = _there(talk)[-1]
    there.seconds, there.updated, there.editor = 120, talk.world.clock.now(), _there(talk)[0].author
    talk.world.jira.touch(_issue(talk))
    talk.sync()

    (conflict,) = talk.database.query("SELECT kind, field_name FROM sync_conflicts WHERE state = 'open'")
    assert (conflict["kind"], conflict["field_name"]) == ("both_changed", "seconds")
    assert there.seconds == 120


@pytest.mark.parametrize("milliseconds", [0, 980, 981])
def test_given_work_that_began_at_any_instant_then_both_sides_agree(talk: Talk, milliseconds: int) -> None:
    _log(talk, started_at=BEGAN + timedelta(milliseconds=milliseconds))
    talk.sync()

    assert verify_scope(talk.job(), choose=None, pause=lambda: None).differences == []


def test_given_what_may_not_be_logged_then_it_is_refused_at_once(talk: Talk) -> None:
    name = _log(talk)
    talk.sync()
    theirs = "(SELECT worklog_id FROM worklogs WHERE seconds = 1800)"
    values = "('OPS-1', now(), -3600)"
    refused = [
        (f"INSERT INTO worklogs (issue_key, started_at, seconds) VALUES {values}", "seconds must be at least 60"),
        (f"UPDATE worklogs SET seconds = 0 WHERE record_id = '{name}'", "seconds must be at least 60"),
        ("INSERT INTO worklogs (issue_key, seconds) VALUES ('OPS-1', 60)", "started_at of a new record must be given"),
        ("INSERT INTO worklogs (issue_key, started_at) VALUES ('OPS-1', now())", "seconds of a new record must be"),
        (f"UPDATE worklogs SET seconds = 60 WHERE worklog_id = {theirs}", "was written by somebody else"),
        (f"UPDATE worklogs SET started_at = now() WHERE record_id = '{name}'", "is given when it is written"),
    ]
    for statement, message in refused:
        with pytest.raises(psycopg.Error) as error:
            talk.say(statement)
        assert message in str(error.value.diag.message_primary), statement
        assert error.value.diag.message_hint, statement
    assert [one.seconds for one in _there(talk)] == [1_800, 3_600]


def test_given_work_by_command_then_it_is_logged_and_edited_by_its_key(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = settings_for(talk.world, projects="OPS", database_url=talk.database.url, home=tmp_path)
    for name, value in (values | {"JAVIS_WORKLOGS": "OPS:two_way", "JAVIS_TIMEZONE": "Europe/Berlin"}).items():
        monkeypatch.setenv(name, value)

    def javis(*arguments: str) -> str:
        return CliRunner().invoke(main, list(arguments)).output

    odd = javis("log", "OPS-1", "soon")
    made = json.loads(javis("log", "ops-1", "1h30m", "--started", "2026-02-27T09:30", "--comment", "By hand", "--json"))
    talk.sync()
    key = talk.row(made["record_id"], "worklogs")["key"]
    edited = javis("edit", key, "--set", "seconds=600")
    talk.sync()

    assert "1h30m, 2h or 45m" in odd
    assert f"{key}: edited here" in edited
    assert [(one.seconds, one.started) for one in _there(talk)][1:] == [(600, BEGAN)]
