"""Which field of the site means what may change between two runs: what is not known is not emptied, and comes later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.sandbox.world import World
from javis_pipeline_tests.flow.test_answers_fuzzed import clients, small_world
from javis_pipeline_tests.flow.test_side_endpoints import changed, failing
from javis_pipeline_tests.flow.test_sync_two_way import Both
from javis_pipeline_tests.mutating_proxy import Change, MutatingProxy, Passing, mutating_proxy
from javis_pipeline_tests.sites import team_called

PLAIN_NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"
ROLES = ("Story Points", "Sprint", "Epic Link", "Flagged", "Team")
COLUMNS = "story_points, sprint, sprint_id, epic_key, flagged, team"

Fields = list[dict[str, Any]]


def in_turn(*changes: Change) -> Change:
    """One change after the other."""

    def change(method: str, path: str, answer: Passing) -> Passing | None:
        for one in changes:
            passed = one(method, path, answer)
            if passed is None:
                return None
            answer = passed
        return answer

    return change


def of_each_issue(read: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Another form of the fields of each issue that is read by id."""
    bulk = changed(r"/issue/bulkfetch", lambda answer: {**answer, "issues": [fields(one) for one in answer["issues"]]})
    single = changed(r"/rest/api/3/issue/\d+\?", lambda answer: fields(answer))

    def fields(issue: dict[str, Any]) -> dict[str, Any]:
        return {**issue, "fields": read(issue["fields"])} if "fields" in issue else issue

    return in_turn(bulk, single)


# An older site: epics are known by a field of their own, not by the parent.
no_parents = of_each_issue(lambda fields: {name: value for name, value in fields.items() if name != "parent"})


# What a board estimates with is not told.
no_boards = failing(r"/board/\d+/configuration", 403)


def defined(read: Callable[[Fields], Fields]) -> Change:
    return changed(r"/rest/api/3/field$", read)


def doubled(definitions: Fields) -> Fields:
    ours = [one for one in definitions if one["name"] in ROLES]
    return [*definitions, *({**one, "id": f"customfield_9900{number}"} for number, one in enumerate(ours))]


def gone(definitions: Fields) -> Fields:
    return [one for one in definitions if one["name"] not in ROLES]


def estimated_by_boards(definitions: Fields) -> Fields:
    return [_plain(one) if one["name"] == "Story Points" else one for one in definitions]


def _plain(definition: dict[str, Any]) -> dict[str, Any]:
    return {**definition, "schema": {**definition["schema"], "custom": PLAIN_NUMBER}}


@contextmanager
def a_classic_site(database: Database, weather: Change) -> Iterator[tuple[World, MutatingProxy, Both]]:
    """Eight issues of an epic, in step."""
    with small_world() as world, mutating_proxy(world.base_url) as proxy, clients(world, proxy.url) as (jira, _):
        for name in ("E1", "E2"):
            world.jira.create("OPS", name, type="Epic")
        world.jira.create_sprint("OPS", "S2", state="future")
        for number in range(1, 9):
            world.jira.edit(f"OPS-{number}", parent_key="OPS-9")
            jira.edit_issue(f"OPS-{number}", fields={world.jira.fields.team.id: team_called("Platform")})
        proxy.change = weather
        both = Both(database, world, jira)
        both.sync()
        yield world, proxy, both


def roles_here(both: Both) -> dict[str, dict[str, Any]]:
    rows = both.sql(f"SELECT key, {COLUMNS} FROM jira_issues WHERE issue_type <> 'Epic' ORDER BY key")
    return {row.pop("key"): row for row in rows}


def edit_roles_there(world: World, both: Both, key: str) -> None:
    world.jira.edit(key, story_points=40, sprint="S2", parent_key="OPS-10", flagged=key != "OPS-2")
    both.client.edit_issue(key, fields={world.jira.fields.team.id: team_called("Optics")})


@pytest.mark.parametrize(
    ("usual", "unclear", "roles"),
    [
        (no_parents, in_turn(defined(doubled), no_boards), COLUMNS),
        (no_parents, in_turn(defined(gone), no_boards), COLUMNS),
        (
            in_turn(no_parents, defined(estimated_by_boards)),
            no_boards,
            "story_points",
        ),
    ],
    ids=["doubled", "gone", "a board's configuration refused"],
)
def test_given_fields_that_are_not_clear_for_a_while_then_nothing_is_emptied_and_later_all_comes_by_itself(
    database, usual, unclear, roles
):
    with a_classic_site(database, usual) as (world, proxy, both):
        before = roles_here(both)
        assert before["OPS-1"]["epic_key"] == "OPS-9"
        assert None not in [row[name] for row in before.values() for name in COLUMNS.split(", ")]
        world.jira.edit("OPS-3", title="theirs")
        both.sql("UPDATE jira_issues SET title = 'ours' WHERE key IN ('OPS-2', 'OPS-3')")  # an edit, a conflict
        proxy.change = in_turn(usual, unclear)
        for key in ("OPS-1", "OPS-2", "OPS-3"):
            edit_roles_there(world, both, key)

        for _ in range(2):
            both.sync()

        unread = roles.split(", ")
        assert [[row[name] for name in unread] for row in roles_here(both).values()] == [
            [row[name] for name in unread] for row in before.values()
        ]
        assert both.sql("SELECT key FROM jira_issues WHERE title IN ('ours', 'theirs') ORDER BY key") == [
            {"key": "OPS-2"},
            {"key": "OPS-3"},
        ]
        assert both.sql("SELECT field_name FROM sync_conflicts") == [{"field_name": "title"}]
        told = both.sql("SELECT field FROM sync_audit WHERE side = 'local' AND field = ANY (%s)", unread)
        assert told == []

        proxy.change = usual
        both.sync()

        expected = {"story_points": 40, "sprint": "S2", "epic_key": "OPS-10", "team": "Optics"}
        now = roles_here(both)
        for key in ("OPS-1", "OPS-2", "OPS-3"):
            assert {name: now[key][name] for name in expected} == expected
            assert now[key]["flagged"] is (key != "OPS-2")
        assert {key: row for key, row in now.items() if key > "OPS-3"} == {
            key: row for key, row in before.items() if key > "OPS-3"
        }
        assert both.sql("SELECT sync_errors FROM jira_issues WHERE sync_errors <> '{}'") == []


def test_given_another_field_takes_over_a_role_then_its_values_come_without_being_asked_for(database):
    with a_classic_site(database, no_parents) as (world, proxy, both):
        points = world.jira.fields.story_points.id

        def moved(definitions: Fields) -> Fields:
            ours = next(one for one in definitions if one["id"] == points)
            return [*(one for one in definitions if one is not ours), {**ours, "id": "customfield_99001"}]

        proxy.change = in_turn(
            no_parents, defined(moved), of_each_issue(lambda fields: {**fields, "customfield_99001": 77})
        )
        both.sync()

        assert {row["story_points"] for row in roles_here(both).values()} == {77}


def read_at(both: Both) -> datetime:
    found: datetime = both.sql("SELECT last_full_at FROM sync_watermarks")[0]["last_full_at"]
    return found


@pytest.mark.parametrize(
    "harmless",
    [
        lambda definitions: [{**one, "name": f"{one['name']} (neu)"} for one in definitions],
        lambda definitions: [
            *definitions,
            {"id": "customfield_99", "name": "Other", "schema": {"custom": PLAIN_NUMBER}},
        ],
        lambda definitions: list(reversed(definitions)),
    ],
    ids=["renamed", "one more", "another order"],
)
def test_given_a_change_of_the_sites_fields_that_means_nothing_then_nothing_is_read_again(database, harmless):
    def but_the_flag(definitions: Fields) -> Fields:
        flags = [one for one in definitions if one["name"] == "Flagged"]  # its name is what tells it
        return [*harmless([one for one in definitions if one not in flags]), *flags]

    with a_classic_site(database, no_parents) as (_, proxy, both):
        before = read_at(both)
        proxy.change = in_turn(no_parents, defined(but_the_flag))

        both.sync()

        assert read_at(both) == before


def test_given_an_epic_that_came_from_the_parent_when_the_parent_goes_then_it_goes_with_it(database):
    with a_classic_site(database, defined(gone)) as (world, _, both):
        assert roles_here(both)["OPS-1"]["epic_key"] == "OPS-9"
        both.sql("UPDATE jira_issues SET title = 'ours' WHERE key = 'OPS-2'")
        for key in ("OPS-1", "OPS-2"):
            world.jira.edit(key, parent_key=None)

        both.sync()

        now = roles_here(both)
        assert [now[key]["epic_key"] for key in ("OPS-1", "OPS-2", "OPS-3")] == [None, None, "OPS-9"]


def test_the_epic_of_a_sub_task_is_that_of_its_story_whatever_becomes_of_the_story(database):
    def epics() -> list[str | None]:
        parts = both.sql("SELECT key, epic_key FROM jira_issues WHERE is_subtask ORDER BY jira_id::int")
        return [part["epic_key"] for part in parts]

    with a_classic_site(database, defined(gone)) as (world, _, both):
        for number in (1, 1, 2):
            world.jira.create("OPS", "part", type="Sub-task", parent_key=f"OPS-{number}")
        both.sync()
        assert epics() == ["OPS-9", "OPS-9", "OPS-9"]

        # There: another epic for one story, none for the other, and a part that came with neither.
        world.jira.edit("OPS-1", parent_key="OPS-10")
        world.jira.edit("OPS-2", parent_key=None)
        world.jira.edit("OPS-11", title="changed as well")
        both.sync()
        assert epics() == ["OPS-10", "OPS-10", None]

        # Here: the same by an edit, and a part that is merged.
        both.sql("UPDATE jira_issues SET parent_key = 'OPS-9' WHERE key = 'OPS-1'")
        both.sql("UPDATE jira_issues SET title = 'ours' WHERE key = 'OPS-12'")
        world.jira.edit("OPS-12", due_date="2026-09-09")
        both.sync()
        assert epics() == ["OPS-9", "OPS-9", None]
