"""What only adds detail may fail, and which field is which may become unclear: issues are synced all the same."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.world import World
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline_tests.flow.test_answers_fuzzed import clients, small_world
from javis_pipeline_tests.flow.test_sync_two_way import Both
from javis_pipeline_tests.mutating_proxy import MutatingProxy, Passing, mutating_proxy, unchanged

CHECKBOXES = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"


@pytest.fixture
def proxy(world: World) -> Iterator[MutatingProxy]:
    with mutating_proxy(world.base_url) as proxy:
        yield proxy


@pytest.fixture
def world() -> Iterator[World]:
    with small_world() as world:
        yield world


@contextmanager
def synced(database: Database, world: World, proxy: MutatingProxy) -> Iterator[Both]:
    with clients(world, proxy.url) as (jira, _):
        both = Both(database, world, jira)
        both.sync()
        yield both


def failing(path: str, status: int) -> Callable[[str, str, Passing], Passing]:
    def change(_method: str, asked: str, answer: Passing) -> Passing:
        if not re.search(path, asked):
            return answer
        said = orjson.dumps({"errorMessages": ["Internal server error"], "errors": {}})
        return answer._replace(status=status, body=said)

    return change


def changed(path: str, read: Callable[[Any], Any]) -> Callable[[str, str, Passing], Passing]:
    def change(_method: str, asked: str, answer: Passing) -> Passing:
        if not re.search(path, asked):
            return answer
        return answer._replace(body=orjson.dumps(read(orjson.loads(answer.body))))

    return change


@pytest.mark.parametrize("status", [403, 500, 503])
@pytest.mark.parametrize(
    "path",
    [
        r"/agile/1.0/board\?",
        r"/board/\d+/configuration",
        r"/board/\d+/sprint",
        r"/rest/api/3/status$",
        r"/priority/search",
        r"/approximate-count",
        r"/changelog/bulkfetch",
    ],
    ids=["boards", "a board's configuration", "sprints", "statuses", "priorities", "the count", "histories"],
)
def test_given_an_endpoint_that_only_adds_detail_when_it_fails_then_issues_are_synced_both_ways(
    database, world, proxy, path, status
):
    with synced(database, world, proxy) as both:
        before = both.sql("SELECT * FROM sprints ORDER BY 1") + both.sql("SELECT * FROM status_changes ORDER BY 1, 2")
        world.jira.edit("OPS-1", title="there")
        both.sql("UPDATE jira_issues SET title = 'here' WHERE key = 'OPS-2'")
        proxy.change = failing(path, status)

        both.sync()

        assert both.sql("SELECT title FROM jira_issues WHERE key = 'OPS-1'") == [{"title": "there"}]
        assert title_there(both.client, "OPS-2") == "here"
        after = both.sql("SELECT * FROM sprints ORDER BY 1") + both.sql("SELECT * FROM status_changes ORDER BY 1, 2")
        assert [row for row in before if row not in after] == []


def title_there(jira: JiraClient, key: str) -> str:
    return str(jira.get_issue(key, fields=["summary"])["fields"]["summary"])


def twins(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each of our roles' fields once more, as an administrator makes it."""
    roles = [
        one
        for one in definitions
        if one["name"] in ("Story Points", "Sprint", "Flagged", "Team", "Story point estimate")
    ]
    copies = [{**one, "id": f"customfield_9900{number}"} for number, one in enumerate(roles)]
    more = {"id": "customfield_99100", "name": "Platforms", "custom": True, "schema": {"custom": CHECKBOXES}}
    return [*definitions, *copies, more]


def without(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in definitions if not one["id"].startswith("customfield_")]


@pytest.mark.parametrize("unclear", [twins, without], ids=["doubled", "gone"])
def test_given_roles_whose_field_is_not_known_any_more_then_nothing_is_emptied_and_edits_wait(
    database, world, proxy, unclear
):
    columns = "story_points, sprint, sprint_id, flagged, team, local_modified_fields"
    with synced(database, world, proxy) as both:
        before = both.sql(f"SELECT key, {columns} FROM jira_issues ORDER BY key")
        proxy.change = _unclear(unclear)
        both.sql("UPDATE jira_issues SET title = 'mine' WHERE key = 'OPS-2'")  # the careful path
        both.sql("UPDATE jira_issues SET story_points = 80 WHERE key = 'OPS-4'")  # an edit that has to wait
        world.jira.edit("OPS-6", title="theirs")  # the fast path

        for _ in range(2):
            both.sync(full=True)

        kept = both.sql(f"SELECT key, {columns} FROM jira_issues WHERE key <> 'OPS-4' ORDER BY key")
        assert kept == [row for row in before if row["key"] != "OPS-4"]
        waiting = both.sql("SELECT story_points, local_modified_fields FROM jira_issues WHERE key = 'OPS-4'")
        assert (waiting[0]["story_points"], waiting[0]["local_modified_fields"]) == (80, {"story_points": 4})
        assert both.sql("SELECT * FROM sync_conflicts") == []
        assert both.sql("SELECT * FROM sync_audit WHERE field IN ('story_points', 'sprint', 'flagged')") == []

        proxy.change = unchanged
        both.sync()

        assert both.sql("SELECT sync_errors FROM jira_issues WHERE sync_errors <> '{}'") == []
        assert world.jira.issues[world.jira.ids_by_key["OPS-4"]].state.story_points == 80


def _unclear(read: Callable[[Any], Any]) -> Callable[[str, str, Passing], Passing]:
    fields, boards = changed(r"/rest/api/3/field$", read), failing(r"/board/\d+/configuration", 403)
    return lambda method, path, answer: boards(method, path, fields(method, path, answer))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc", "", 5, None, {}])
def test_given_a_zone_of_the_account_that_nobody_knows_then_changes_are_found_all_the_same(
    database, world, proxy, zone
):
    with synced(database, world, proxy) as both:
        proxy.change = changed(r"/myself$", lambda me: {**me, "timeZone": zone})
        world.jira.edit("OPS-1", title="there")
        if zone is None:
            proxy.change = changed(r"/myself$", lambda me: {name: me[name] for name in me if name != "timeZone"})

        both.sync()

        assert both.sql("SELECT title FROM jira_issues WHERE key = 'OPS-1'") == [{"title": "there"}]


def test_given_a_missing_permission_in_the_login_header_then_the_run_goes_on(database, world, proxy):
    def change(_method: str, path: str, answer: Passing) -> Passing:
        return answer._replace(headers={**answer.headers, "X-Seraph-LoginReason": "AUTHORISATION_FAILED"})

    with synced(database, world, proxy) as both:
        proxy.change = change
        world.jira.edit("OPS-1", title="there")

        both.sync()

        assert both.sql("SELECT title FROM jira_issues WHERE key = 'OPS-1'") == [{"title": "there"}]


def test_given_a_document_with_a_number_that_is_not_whole_when_edited_here_then_it_goes_back_digit_by_digit(
    database, world, proxy
):
    layout = {
        "type": "layoutSection",
        "content": [
            {"type": "layoutColumn", "attrs": {"width": width}, "content": [paragraph("Old")]}
            for width in (33.33, 66.67)
        ],
    }
    document = {"type": "doc", "version": 1, "content": [paragraph("Text"), layout]}
    with synced(database, world, proxy) as both:
        both.client.edit_issue("OPS-3", fields={"description": document})
        both.sync()
        both.sql("UPDATE jira_issues SET description = replace(description, 'Text', 'Edited') WHERE key = 'OPS-3'")

        both.sync()

        found = both.client.get_issue("OPS-3", fields=["description"])["fields"]["description"]
        assert found["content"][0] == paragraph("Edited")
        assert [column["attrs"]["width"] for column in found["content"][1]["content"]] == [33.33, 66.67]


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}
