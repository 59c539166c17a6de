"""Issues are linked on both sides: with PostgreSQL and a site behind a socket."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.faults import FaultKind
from javis_pipeline.steps.plan_scope import plan_scope
from javis_pipeline_tests.flow.test_comments import Talk, talking
from javis_pipeline_tests.sites import settings_for

POSTS = "/rest/api/3/issueLink"
INSERT = "INSERT INTO issue_links (issue_key, label, other_key) VALUES (%(key)s, %(label)s, %(other)s)"


@pytest.fixture
def talk(database: Database) -> Iterator[Talk]:
    """A project with three issues, the first of which blocks the second."""
    with talking(database) as sides:
        for title in ("Second", "Third"):
            sides.world.jira.create("OPS", title, priority="Medium")
        sides.world.jira.link("OPS-1", "Blocks", "OPS-2")
        sides.sync()
        sides.world.exchanges.clear()
        yield sides


def _link(talk: Talk, key: str, label: str, other: str, more: str = "") -> dict[str, Any] | None:
    found = talk.say(f"{INSERT} {more} RETURNING key, record_id", key=key, label=label, other=other)
    return found[0] if found else None


def _rows(talk: Talk) -> list[str]:
    """What the links say that are there, here."""
    found = talk.database.query(
        "SELECT issue_key, label, other_key FROM issue_links WHERE local_deleted_at IS NULL ORDER BY 1, 2, 3"
    )
    return [" ".join(row.values()) for row in found]


def _there(talk: Talk) -> list[str]:
    """The same in Jira."""
    jira = talk.world.jira
    links = {link.id: link for issue in jira.issues.values() for link in issue.links}
    keys = {issue.id: issue.state.key for issue in jira.issues.values()}
    said = (
        f"{keys[one.source]} {jira.link_types[one.type_id].outward} {keys[one.destination]}" for one in links.values()
    )
    return sorted(said)


def _posts(talk: Talk) -> int:
    return sum(one.path == POSTS for one in talk.world.exchanges.matching("POST"))


def test_given_links_that_are_inserted_from_either_end_and_deleted_then_jira_follows(talk: Talk) -> None:
    known = _rows(talk)
    wished = _link(talk, "OPS-1", "blocks", "OPS-3")
    again = _link(talk, "ops-3", "Is Blocked By", "ops-1", "ON CONFLICT (record_id) DO NOTHING")
    other = _link(talk, "OPS-2", "is duplicated by", "OPS-3")
    planned = [item.reason for item in plan_scope(talk.job())]
    talk.sync()
    made, there = _rows(talk), _there(talk)
    talk.say("DELETE FROM issue_links WHERE other_key = 'OPS-2' AND label = 'blocks'")
    done = talk.sync()
    talk.sync()

    assert known == ["OPS-1 blocks OPS-2"]
    assert wished is not None
    assert wished["key"].startswith("OPS-1-new-")
    assert (again, other is None) == (None, False)
    assert planned == ["inserted here, and made there"] * 2
    assert made == there == ["OPS-1 blocks OPS-2", "OPS-1 blocks OPS-3", "OPS-3 duplicates OPS-2"]
    assert (done.pushed.confirmed, _posts(talk)) == (1, 2)
    assert _rows(talk) == _there(talk) == ["OPS-1 blocks OPS-3", "OPS-3 duplicates OPS-2"]
    row = talk.row(wished["record_id"], "issue_links")
    assert row["key"] == f"OPS-1#link-{row['link_id']}"
    assert (row["sync_status"], row["sync_errors"], row["other_id"] is not None) == ("synced", {}, True)
    ends = talk.database.query("SELECT issue_key, label FROM links_of_issues WHERE other_key = 'OPS-3'")
    assert [(one["issue_key"], one["label"]) for one in ends] == [("OPS-1", "blocks"), ("OPS-2", "is duplicated by")]


def test_given_a_link_that_somebody_made_there_meanwhile_then_it_is_the_one_and_nothing_is_sent(talk: Talk) -> None:
    wished = _link(talk, "OPS-3", "relates to", "OPS-1")
    talk.world.jira.link("OPS-1", "Relates", "OPS-3")
    talk.sync()
    talk.sync()

    assert wished is not None
    assert _there(talk) == ["OPS-1 blocks OPS-2", "OPS-1 relates to OPS-3"]
    assert (len(_rows(talk)), _posts(talk)) == (2, 0)
    (row,) = talk.database.query(
        "SELECT link_id FROM issue_links WHERE record_id = %(id)s", {"id": wished["record_id"]}
    )
    assert row["link_id"] is not None


@pytest.mark.parametrize("kind", [FaultKind.LOST_REPLY, FaultKind.LOST_REQUEST, FaultKind.LATE])
def test_given_a_request_or_reply_that_is_lost_then_the_next_run_sees_to_it(talk: Talk, kind: FaultKind) -> None:
    _link(talk, "OPS-1", "blocks", "OPS-3")
    talk.goes_wrong(kind, path=POSTS, first=1, last=1)
    talk.sync()
    talk.world.faults.clear()
    talk.sync(timedelta(minutes=1))
    talk.sync(timedelta(minutes=20))

    assert _rows(talk) == _there(talk) == ["OPS-1 blocks OPS-2", "OPS-1 blocks OPS-3"]
    (status,) = talk.database.query("SELECT sync_status FROM issue_links WHERE other_key = 'OPS-3'")
    assert status["sync_status"] == "synced"


def test_given_a_link_that_is_deleted_and_inserted_again_before_the_sync_then_it_stays(talk: Talk) -> None:
    talk.say("DELETE FROM issue_links")
    _link(talk, "OPS-1", "blocks", "OPS-2")
    talk.sync()
    talk.sync()

    assert _rows(talk) == _there(talk) == ["OPS-1 blocks OPS-2"]
    assert not talk.world.exchanges.matching("DELETE")


def test_given_a_link_that_is_undone_there_then_it_goes_here(talk: Talk) -> None:
    (link,) = {link.id for issue in talk.world.jira.issues.values() for link in issue.links}
    talk.client.unlink(str(link))
    talk.sync()

    assert _rows(talk) == []


def test_given_issues_that_are_not_made_yet_then_their_link_follows_them(talk: Talk) -> None:
    insert = "INSERT INTO jira_issues (project_key, issue_type, title) VALUES ('OPS', 'Task', %(title)s) RETURNING key"
    one, other = (talk.say(insert, title=title)[0]["key"] for title in ("New", "Newer"))
    _link(talk, one, "is blocked by", other)
    talk.sync()
    talk.sync()

    keys = {row["title"]: row["key"] for row in talk.say("SELECT key, title FROM jira_issues")}
    assert _there(talk) == ["OPS-1 blocks OPS-2", f"{keys['Newer']} blocks {keys['New']}"]
    assert {keys["New"], keys["Newer"]} == {"OPS-4", "OPS-5"}
    assert _rows(talk) == _there(talk)


def test_given_what_cannot_be_linked_then_it_is_refused_at_once(talk: Talk) -> None:
    refused = [
        (("OPS-1", "blocks", "ops-1"), "OPS-1 cannot be linked to itself", "Nothing was written"),
        (("OPS-1", "hinders", "OPS-2"), "there is no link 'hinders' in Jira", "is blocked by"),
        (("OPS-1", "blocks", "OPS-99"), "there is no issue OPS-99 here", "Nothing was written"),
        (("OPS-99", "blocks", "OPS-1"), "there is no issue OPS-99 here", "Nothing was written"),
    ]
    for (key, label, other), message, hint in refused:
        with pytest.raises(psycopg.Error) as error:
            _link(talk, key, label, other)
        assert message in str(error.value.diag.message_primary)
        assert hint in str(error.value.diag.message_hint)
    with pytest.raises(psycopg.errors.UniqueViolation):
        _link(talk, "OPS-1", "blocks", "OPS-2")
    with pytest.raises(psycopg.Error, match="a link is not changed"):
        talk.say("UPDATE issue_links SET label = 'relates to'")
    with talk.database.transaction() as conn:
        conn.execute("DELETE FROM sync_policies WHERE verb = 'links'")
    with pytest.raises(psycopg.Error) as error:
        talk.say("DELETE FROM issue_links")
    assert "JAVIS_LINKS" in str(error.value.diag.message_hint)
    assert _there(talk) == ["OPS-1 blocks OPS-2"]


def test_given_links_by_command_then_they_are_made_and_undone_from_either_end(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = settings_for(talk.world, projects="OPS", database_url=talk.database.url, home=tmp_path)
    for name, value in (values | {"JAVIS_LINKS": "OPS:two_way"}).items():
        monkeypatch.setenv(name, value)

    def javis(*arguments: str) -> str:
        return CliRunner().invoke(main, list(arguments)).output

    made = json.loads(javis("link", "ops-1", "blocks", "ops-3", "--json"))
    unknown = javis("link", "OPS-1", "hinders", "OPS-3")
    undone = javis("link", "OPS-2", "is blocked by", "OPS-1", "--remove")
    none = javis("link", "OPS-2", "blocks", "OPS-1", "--remove")
    talk.sync()

    assert made["key"].startswith("OPS-1-new-")
    assert "Possible: blocks, clones" in unknown
    assert "taken away here, and not in Jira yet" in undone
    assert "OPS-2 is not linked to OPS-1 by 'blocks'" in none
    assert _there(talk) == ["OPS-1 blocks OPS-3"]
