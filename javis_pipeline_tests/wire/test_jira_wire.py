"""Jira's documents as records: what each form becomes, and what is refused."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.jira import (
    Attachment,
    ChangelogEntry,
    Comment,
    FieldMap,
    Issue,
    Link,
    Priority,
    Sort,
    Sprint,
    SprintChange,
    StatusChange,
    User,
)
from javis_pipeline.records.sync import Move
from javis_pipeline.systems.jira import wire

NOON = "2026-09-27T12:00:00.000+0000"
DATA = Path(__file__).parents[1] / "data"
DOCUMENT = json.loads((DATA / "jira_issue_v3.json").read_text(encoding="utf-8"))
FIELDS = FieldMap(
    story_points="customfield_10016",
    sprint="customfield_10020",
    team="customfield_10001",
    flagged="customfield_10021",
)

CUSTOM: Mapping[str, Sort] = {"customfield_10050": "option", "customfield_10051": "text", "customfield_10052": "text"}


def an_issue(**fields: object) -> Issue:
    """The example issue with these fields replaced; `...` takes a field away."""
    return wire.parse_issue(a_document(**fields), FIELDS, custom=CUSTOM)


def a_document(**fields: object) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    document["fields"].update(fields)
    document["fields"] = {name: value for name, value in document["fields"].items() if value is not ...}
    return document


def test_given_a_cloud_issue_then_every_column_is_read():
    issue = an_issue()

    assert (issue.jira_id, issue.key, issue.project_key) == ("10042", "OPS-7", "OPS")
    assert issue.title == 'Login fails — "größer" than ever'
    assert (issue.description, issue.description_adf) == (None, DOCUMENT["fields"]["description"])
    assert issue.labels == ["backend", "urgent"]
    assert (issue.priority, issue.priority_id) == ("High", "2")
    assert (issue.status, issue.status_id, issue.status_category) == ("In Progress", "3", "indeterminate")
    assert (issue.issue_type, issue.is_subtask, issue.hierarchy_level) == ("Story", False, 0)
    assert (issue.assignee_id, issue.reporter_id, issue.creator_id) == ("acc:ann", "acc:bob", "acc:bob")
    assert (issue.due_date, issue.story_points) == (date(2026, 10, 1), Decimal("2.5"))
    assert (issue.parent_key, issue.parent_id, issue.epic_key) == ("OPS-1", "10001", "OPS-1")
    assert (issue.sprint, issue.sprint_id, issue.team, issue.flagged) == ("Sprint 8", 8, "Platform", True)
    assert (issue.resolution, issue.resolved_at) == (None, None)
    assert (issue.components, issue.fix_versions, issue.affected_versions) == (["api", "web"], [], ["1.0"])
    assert (issue.estimate_seconds, issue.remaining_seconds, issue.spent_seconds) == (3600, 0, None)
    assert (issue.custom_fields, issue.custom_raw) == ({"customfield_10050": "Berlin"}, {"customfield_10050": "77"})
    assert issue.custom_empty == ("customfield_10051",)
    assert issue.created_at == datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert issue.remote_updated_at == datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC)
    assert issue.missing == ()


def test_given_a_cloud_issue_then_its_satellites_are_read():
    users: dict[str, User] = {}
    issue = wire.parse_issue(a_document(), FIELDS, users)

    assert isinstance(issue.sprints, list)
    assert [sprint.sprint_id for sprint in issue.sprints] == [7, 8]
    assert issue.sprints[0] == Sprint(
        7,
        "Sprint 7",
        "closed",
        1,
        "Ship",
        datetime(2026, 9, 6, 8, tzinfo=UTC),
        datetime(2026, 9, 20, 8, tzinfo=UTC),
        datetime(2026, 9, 20, 9, tzinfo=UTC),
    )
    assert issue.links == [
        Link("501", "Blocks", "outward", "blocks", "is blocked by", "10050", "OPS-9"),
        Link("502", "Blocks", "inward", "is blocked by", "blocks", "10051", "WEB-2"),
    ]
    assert issue.comments == [
        Comment(
            "900",
            "acc:eve",
            {"type": "doc", "version": 1, "content": []},
            datetime(2026, 9, 2, 8, tzinfo=UTC),
            datetime(2026, 9, 3, 8, tzinfo=UTC),
        )
    ]
    assert (issue.comment_total, issue.worklog_total) == (12, 1)
    assert issue.worklogs is not MISSING
    assert [one[:4] for one in issue.worklogs] == [("300", "acc:ann", datetime(2026, 9, 5, 7, tzinfo=UTC), 1800)]
    assert issue.attachments == [
        Attachment("700", "acc:eve", "lamp.jpg", "image/jpeg", 512, datetime(2026, 9, 2, 8, tzinfo=UTC))
    ]
    assert sorted(users.values()) == [
        User("acc:ann", "Ann", True),
        User("acc:bob", "Bob", False),
        User("acc:eve", "Eve", True),
    ]
    assert "ann@example.org" not in repr(issue)


@pytest.mark.parametrize(
    ("field", "columns"),
    [
        ("summary", ["title"]),
        ("description", ["description", "description_adf"]),
        ("labels", ["labels"]),
        ("priority", ["priority", "priority_id"]),
        ("assignee", ["assignee_id"]),
        ("duedate", ["due_date"]),
        ("customfield_10016", ["story_points"]),
        ("customfield_10020", ["sprint", "sprint_id", "sprints"]),
        ("resolutiondate", ["resolved_at"]),
        ("issuelinks", ["links"]),
        ("comment", ["comments"]),
    ],
)
def test_given_an_absent_key_then_the_column_is_missing_and_not_empty(field, columns):
    issue = an_issue(**{field: ...})

    assert [getattr(issue, column) for column in columns] == [MISSING] * len(columns)
    assert issue.missing == tuple(columns)


@pytest.mark.parametrize(
    ("field", "column", "empty"),
    [
        ("summary", "title", None),
        ("description", "description_adf", None),
        ("labels", "labels", []),
        ("priority", "priority", None),
        ("assignee", "assignee_id", None),
        ("duedate", "due_date", None),
        ("customfield_10016", "story_points", None),
        ("customfield_10020", "sprint", None),
        ("customfield_10021", "flagged", False),
        ("issuelinks", "links", []),
        ("comment", "comments", []),
    ],
)
def test_given_an_explicit_null_then_the_column_is_empty(field, column, empty):
    issue = an_issue(**{field: None})

    assert getattr(issue, column) == empty
    assert issue.missing == ()


def test_given_no_parent_key_then_there_is_no_parent():
    issue = an_issue(parent=...)

    # What its epic is, only a field for that would tell.
    assert (issue.parent_key, issue.epic_key) == (None, MISSING)
    assert "parent_key" not in issue.missing


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-09-27T10:03:11.123+0200", datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC)),
        ("2026-09-27T10:03:11.123-0930", datetime(2026, 9, 27, 19, 33, 11, 123000, tzinfo=UTC)),
        ("2026-09-27T10:03:11.123Z", datetime(2026, 9, 27, 10, 3, 11, 123000, tzinfo=UTC)),
        ("2026-09-27T10:03:11+00:00", datetime(2026, 9, 27, 10, 3, 11, tzinfo=UTC)),
    ],
)
def test_timestamps_of_all_forms_become_utc(text, instant):
    updated_at = an_issue(updated=text).remote_updated_at

    assert updated_at == instant
    assert updated_at.tzinfo is UTC


@pytest.mark.parametrize(("number", "points"), [(3, "3"), (3.0, "3"), (0.1, "0.1"), (13.25, "13.25")])
def test_story_points_are_exact(number, points):
    assert str(an_issue(customfield_10016=number).story_points) == points


@pytest.mark.parametrize(
    ("states", "current"),
    [
        ({1: "closed", 2: "active", 3: "future"}, "S2"),
        ({1: "closed", 4: "future", 3: "future"}, "S3"),
        ({1: "closed", 2: "CLOSED"}, "S2"),
    ],
    ids=["active", "next", "last"],
)
def test_the_sprint_of_an_issue_is_the_active_else_the_next_else_the_last(states, current):
    sprints = [{"id": number, "name": f"S{number}", "state": state} for number, state in states.items()]

    assert an_issue(customfield_10020=sprints).sprint == current


def test_given_a_v2_document_then_wiki_text_old_sprints_and_user_names_are_read():
    sprint = (
        "com.atlassian.greenhopper.service.sprint.Sprint@38c6bd04[id=1,rapidViewId=2,state=ACTIVE,name=Fix, ship=now,"
        "goal=,startDate=2019-05-23T14:02:10.170Z,endDate=<null>,completeDate=<null>,sequence=1]"
    )
    issue = an_issue(
        description="h1. Title",
        environment="Linux",
        assignee={"name": "ann", "key": "JIRAUSER1", "displayName": "Ann", "active": True},
        customfield_10020=[sprint],
    )

    assert (issue.description, issue.description_adf, issue.environment) == ("h1. Title", None, "Linux")
    assert issue.assignee_id == "JIRAUSER1"
    assert issue.sprints == [
        Sprint(1, "Fix, ship=now", "active", 2, None, datetime(2019, 5, 23, 14, 2, 10, 170000, tzinfo=UTC), None, None)
    ]


def test_given_an_agile_document_then_its_own_sprint_epic_and_flag_count():
    document = a_document(
        parent=...,
        flagged=True,
        epic={"id": 1, "key": "OPS-1"},
        sprint={"id": 9, "name": "S9", "state": "active"},
        closedSprints=[{"id": 8, "name": "S8", "state": "closed"}],
    )
    issue = wire.parse_issue(document, FieldMap())

    assert (issue.sprint, issue.epic_key, issue.flagged) == ("S9", "OPS-1", True)
    assert isinstance(issue.sprints, list)
    assert [sprint.sprint_id for sprint in issue.sprints] == [8, 9]


def test_given_an_epic_link_and_no_parent_then_it_names_the_epic():
    issue = wire.parse_issue(a_document(parent=..., customfield_9="OPS-3"), FieldMap(epic_link="customfield_9"))

    assert (issue.parent_key, issue.epic_key) == (None, "OPS-3")


@pytest.mark.parametrize(("key", "category"), [("done", "done"), ("undefined", None), (None, None)])
def test_only_the_three_known_status_categories_count(key, category):
    status = {"id": "3", "name": "Odd", "statusCategory": {"key": key}}

    assert an_issue(status=status).status_category == category


def test_given_a_user_without_an_account_then_it_is_the_unknown_one():
    assert an_issue(assignee={"accountId": "", "displayName": "Former user"}).assignee_id == "unknown"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"summary": 7}, "fields.summary"),
        ({"updated": None}, "fields.updated"),
        ({"updated": ...}, "fields.updated"),
        ({"created": "yesterday"}, "fields.created"),
        ({"updated": "2026-09-27T10:03:11.123"}, "fields.updated"),
        ({"duedate": "2026-13-01"}, "fields.duedate"),
        ({"labels": "urgent"}, "fields.labels"),
        ({"labels": [1]}, "fields.labels"),
        ({"status": None}, "fields.status"),
        ({"priority": {"name": "High"}}, "fields.priority.id"),
        ({"customfield_10016": "3"}, "fields.customfield_10016"),
        ({"customfield_10016": True}, "fields.customfield_10016"),
        ({"customfield_10020": [{"id": "x"}]}, "fields.customfield_10020.id"),
        ({"description": ["no"]}, "fields.description"),
        ({"assignee": "ann"}, "fields.assignee"),
        (
            {"issuelinks": [{"id": "1", "type": {"name": "Blocks"}, "inwardIssue": 5}]},
            r"fields.issuelinks\[1\].inwardIssue",
        ),
        ({"comment": {"comments": [{"id": "5", "body": None}]}}, r"comment\[5\].created"),
        ({"worklog": {"worklogs": [{"id": "5"}]}}, r"worklog\[5\].started"),
        ({"worklog": {"worklogs": [{"id": "5", "started": NOON, "timeSpentSeconds": 2**63}]}}, r".*timeSpentSeconds"),
        ({"attachment": [{"id": "7", "filename": "a.txt"}]}, r"fields.attachment\[7\].size"),
        ({"attachment": {"id": "7"}}, "fields.attachment"),
        ({"parent": {"id": "1"}}, "fields.parent.key"),
        ({"updated": "0001-01-01T00:00:00.000+0100"}, "fields.updated"),
        ({"updated": "12026-01-01T00:00:00.000+0100"}, "fields.updated"),
        ({"timespent": 2**70}, "fields.timespent"),
        ({"timespent": True}, "fields.timespent"),
        ({"issuetype": {"id": "1", "name": "Task", "hierarchyLevel": "high"}}, "fields.issuetype.hierarchyLevel"),
        ({"customfield_10021": "Impediment"}, "fields.customfield_10021"),
        ({"customfield_10020": [{"id": 7, "name": {"a": 1}, "state": "active"}]}, "fields.customfield_10020.name"),
    ],
)
def test_given_what_jira_does_not_document_then_the_record_is_refused_with_the_path(fields, path):
    with pytest.raises(UnreadableRecord, match=f"jira issue 10042 cannot be read: {path}: ") as refused:
        an_issue(**fields)

    assert refused.value.remote_id == "10042"


def test_given_a_mistyped_year_in_a_sprint_then_only_that_date_is_not_known():
    sprint = {"id": 7, "name": "S7", "state": "active", "startDate": NOON, "endDate": "20261-03-01T10:00:00.000Z"}

    sprints = an_issue(customfield_10020=[sprint]).sprints
    assert isinstance(sprints, list)
    (found,) = sprints

    assert (found.name, found.start_at is not None, found.end_at) == ("S7", True, None)


@pytest.mark.parametrize("end", [{}, {"inwardIssue": None}, {"outwardIssue": None, "inwardIssue": None}])
def test_given_a_link_whose_other_end_is_not_shown_then_the_other_links_are_read(end):
    hidden = {"id": "1", "type": {"name": "Blocks"}, **end}
    shown = {"id": "2", "type": {"name": "Blocks", "outward": "blocks"}, "outwardIssue": {"id": "5", "key": "OPS-5"}}

    links = an_issue(issuelinks=[hidden, shown]).links
    assert isinstance(links, list)
    assert [link.link_id for link in links] == ["2"]


@pytest.mark.parametrize("document_id", [True, None, "", "10042/..", "0", "-1", {"id": 1}, 1.5, "9" * 300, "\u0663"])
def test_given_an_id_that_is_none_then_the_document_is_refused(document_id):
    with pytest.raises(UnreadableRecord):
        wire.parse_issue({**DOCUMENT, "id": document_id}, FIELDS)
    with pytest.raises(UnreadableRecord):
        wire.parse_stamp({"id": document_id, "key": "A-1"})


@pytest.mark.parametrize("document", [None, [], "x", {}, {"id": "1"}, {"id": "1", "fields": []}])
def test_given_no_issue_at_all_then_it_is_refused(document):
    with pytest.raises(UnreadableRecord):
        wire.parse_issue(document, FIELDS)


def test_the_list_of_fields_to_ask_for_covers_what_is_read():
    assert set(DOCUMENT["fields"]) - set(wire.issue_fields(FIELDS)) == {"customfield_10050", "customfield_10051"}
    assert wire.issue_fields(FIELDS, ["customfield_10050", "summary"]).count("summary") == 1


def test_given_a_hit_whose_date_cannot_be_read_then_it_still_names_the_issue():
    stamps = [
        wire.parse_stamp({"id": "1", "key": "A-1", "fields": {"updated": updated}})
        for updated in ("2026-09-27T10:03:11.123+0200", None, "soon")
    ]

    assert [stamp.remote_updated_at for stamp in stamps] == [
        datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC),
        None,
        None,
    ]


# Changelog


def an_entry(*items: dict[str, Any], **more: object) -> ChangelogEntry:
    document = {"id": "77", "created": "2026-09-01T10:00:00.000+0200", "items": list(items), **more}
    return wire.parse_changelog_entry(document, "10042")


@pytest.mark.parametrize(
    "created",
    ["2023-11-14T22:13:20.000+0000", "2023-11-14T23:13:20.000+0100", 1700000000000, 1700000000],
    ids=["text", "text with offset", "milliseconds", "seconds"],
)
def test_an_entry_may_be_dated_by_a_text_or_a_number(created):
    assert an_entry(created=created).created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def told(*items: object, users: dict[str, User] | None = None, **more: object) -> wire.ChangesTold:
    document = {"id": "77", "created": "2026-09-01T10:00:00.000+0200", "items": list(items), **more}
    return wire.changes_told(document, "10042", FIELDS, {} if users is None else users)


@pytest.mark.parametrize("name", [{"field": "status", "fieldId": "status"}, {"field": "Status"}])
def test_given_a_status_change_then_it_is_found_with_or_without_the_fields_id(name):
    users: dict[str, User] = {}
    found = told(
        {"field": "summary", "fieldId": "summary", "from": None, "fromString": "a", "to": None, "toString": "b"},
        {**name, "from": "1", "fromString": "To Do", "to": "3", "toString": "Doing"},
        author={"accountId": "acc:ann", "displayName": "Ann"},
        users=users,
    )

    assert found == ([StatusChange("10042", "77", "acc:ann", "1", "To Do", "3", "Doing", AT)], [])
    assert users["acc:ann"].display_name == "Ann"


def test_given_a_custom_field_called_status_then_it_is_no_status_change():
    assert told({"field": "Status", "fieldId": "customfield_1", "from": "1", "to": "2"}) == ([], [])


@pytest.mark.parametrize("name", [{"field": "Sprint", "fieldId": "customfield_10020"}, {"field": "Sprint"}])
def test_given_a_change_of_sprints_then_only_what_entered_or_left_shows(name):
    assert told({**name, "from": "7, 8", "to": "7, 9, 10"}).of_sprints == [
        SprintChange("10042", "77", 8, False, AT),
        SprintChange("10042", "77", 9, True, AT),
        SprintChange("10042", "77", 10, True, AT),
    ]


def test_given_another_fields_change_that_makes_no_sense_then_the_status_is_told_all_the_same():
    strange = {"field": "Progress", "fieldId": "progress", "from": {"percent": 1}, "to": []}
    status = {"field": "status", "fieldId": "status", "from": "1", "fromString": "A", "to": "2", "toString": "B"}

    assert told(strange) == ([], [])
    assert [change.to_status for change in told(strange, status).of_status] == ["B"]


@pytest.mark.parametrize("spoiled", [{"from": {"id": "1"}}, {"toString": ["B"]}])
def test_given_a_change_of_the_status_that_makes_no_sense_then_it_says_where(spoiled):
    status = {"field": "status", "fieldId": "status", "from": "1", "fromString": "A", "to": "2", "toString": "B"}

    with pytest.raises(UnreadableRecord, match=r"issue 10042 .*: changelog\[77\]"):
        told({**status, **spoiled})


def test_given_marks_of_a_sender_then_the_entry_keeps_them():
    metadata = {"type": "javis", "extraData": {"op": "1"}}

    assert an_entry(historyMetadata=metadata).history_metadata == metadata
    assert an_entry().history_metadata is None


# Site


def test_given_a_transition_screen_then_required_fields_without_a_default_are_named():
    transition = wire.parse_transition(
        {
            "id": "31",
            "name": "Done",
            "to": {"id": "5", "name": "Closed"},
            "fields": {
                "resolution": {"required": True, "hasDefaultValue": False},
                "priority": {"required": True, "hasDefaultValue": True},
                "summary": {"required": False},
            },
        }
    )

    assert (transition.to_status_id, transition.required_fields) == ("5", ("resolution",))


def a_way(way_id: str, status_id: str, **more: object) -> dict[str, object]:
    return {"id": way_id, "name": f"Way {way_id}", "to": {"id": status_id, "name": "Anything"}, **more}


def test_only_ways_whose_screens_are_told_and_ask_for_nothing_can_be_taken_without_another_look():
    asks = {"resolution": {"required": True, "hasDefaultValue": False}}
    ways = [
        a_way("21", "5", fields={}), a_way("3", "5", fields={}), a_way("4", "6", fields=asks), a_way("5", "7"),
    ]  # fmt: skip

    assert wire.moves_in({"transitions": ways}) == {"5": Move("3", "Way 3")}


@pytest.mark.parametrize("document", [{}, {"transitions": None}, {"transitions": [{"fields": {}, "id": []}]}])
def test_given_an_issue_that_does_not_tell_where_it_can_go_then_that_is_not_known(document):
    assert wire.moves_in(document) is None


def test_priorities_are_ranked_as_the_site_lists_them():
    priorities = wire.parse_priorities([{"id": "5", "name": "Now"}, {"id": "1", "name": "Later"}])

    assert priorities == [Priority("5", "Now", 0), Priority("1", "Later", 1)]


def a_log(*ids: object, **other: object) -> dict[str, object]:
    histories = [{"id": one} for one in ids]
    return {"changelog": {"startAt": 0, "total": len(ids), "histories": histories, **other}}


def test_given_a_whole_changelog_with_an_issue_then_its_entries_come_oldest_first():
    found = wire.whole_changelog_in(a_log("10", "9", "11"))

    assert found is not None
    assert [entry["id"] for entry in found] == ["9", "10", "11"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"changelog": []},
        a_log("1", total=2),
        a_log("1", total="1"),
        a_log("1", startAt=1),
        a_log("1", startAt={}),
        a_log("1", "1"),
        a_log("1", "01"),
        a_log("1", {}),
        a_log("1", []),
        a_log("1", None),
        a_log("1", "x"),
        a_log("1", "\u0663"),
        a_log("9" * 5000),
        a_log("1", histories=["1"]),
    ],
)
def test_given_a_changelog_of_which_it_cannot_be_told_that_it_is_whole_then_it_is_asked_for(document):
    assert wire.whole_changelog_in(document) is None
