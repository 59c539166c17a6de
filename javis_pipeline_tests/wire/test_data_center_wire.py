"""Documents of a Jira that a company runs itself: what they tell otherwise than those of Cloud."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.jira import FieldMap, Issue, Sprint
from javis_pipeline.systems.jira import wire

FIELDS = FieldMap(sprint="customfield_1", epic_link="customfield_2")
BEGIN = "com.atlassian.greenhopper.service.sprint.Sprint@49e59daf"
KNOWN = Sprint(7, "Known", "closed", 3, None, None, None, None)


def document(**fields: Any) -> dict[str, Any]:
    """An issue with as little as it can have."""
    least = {
        "issuetype": {"id": "3", "name": "Task", "subtask": False},
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        "created": "2026-08-14T11:32:11.358+0000",
        "updated": "2026-08-14T11:32:14.234+0000",
    }
    return {"id": "10042", "key": "OPS-42", "fields": {**least, **fields}}


def read(**fields: Any) -> Issue:
    return wire.parse_issue(document(**fields), FIELDS)


def sprint_in(text: str, sprints: Mapping[int, Sprint]) -> Sprint:
    """The only sprint of an issue that tells of it by this text."""
    issue = wire.parse_issue(document(customfield_1=[BEGIN + text]), FIELDS, sprints=sprints)
    assert isinstance(issue.sprints, list)
    (sprint,) = issue.sprints
    return sprint


@pytest.mark.parametrize(
    ("text", "sprint"),
    [
        (
            "[id=7,rapidViewId=3,state=ACTIVE,name=Team, 5 [b],startDate=<null>,endDate=<null>,sequence=7,goal=]",
            (7, "Team, 5 [b]", "active", 3, None),
        ),
        ("[rapidViewId=3,state=CLOSED,name=07.04 - 24.04,completeDate=2014-04-22T17:30:25.628+02:00,id=7]", None),
        ("[id=7,rapidViewId=<null>,state=FUTURE,name=a=b,goal=x,state=CLOSED,name=no,id=9,synced=false]", None),
    ],
    ids=["id first", "id last", "a goal that looks like more"],
)
def test_a_sprint_as_text_is_known_by_its_id_and_told_by_it_where_nothing_else_tells(text, sprint):
    told, known = sprint_in(text, {}), sprint_in(text, {7: KNOWN})

    assert (told.sprint_id, known) == (7, KNOWN)
    assert told.name in ("Team, 5 [b]", "07.04 - 24.04", "a=b")
    assert sprint is None or (told.sprint_id, told.name, told.state, told.board_id, told.goal) == sprint


def test_a_sprint_without_an_id_costs_its_issue_only():
    with pytest.raises(UnreadableRecord, match=r"issue 10042.*customfield_1\.id"):
        read(customfield_1=[f"{BEGIN}[name=x,state=ACTIVE]"])


@pytest.mark.parametrize(
    ("fields", "parent", "epic", "level"),
    [
        ({"customfield_2": "OPS-1"}, "OPS-1", "OPS-1", 0),
        ({"customfield_2": None}, None, None, 0),
        ({}, MISSING, MISSING, 0),
        (
            {
                "issuetype": {"id": "5", "name": "Sub-task", "subtask": True},
                "parent": {"id": "9", "key": "OPS-9"},
                "customfield_2": None,
            },
            "OPS-9",
            MISSING,
            -1,
        ),
        ({"issuetype": {"id": "6", "name": "Epic", "subtask": False}, "customfield_2": None}, None, None, 1),
    ],
    ids=["below an epic", "below nothing", "not told", "sub-task", "epic"],
)
def test_what_an_issue_is_below_is_its_parent_or_its_epic(fields, parent, epic, level):
    issue = read(**fields)

    assert (issue.parent_key, issue.epic_key, issue.hierarchy_level) == (parent, epic, level)


def test_a_site_without_epics_has_nothing_above_an_issue():
    issue = wire.parse_issue(document(), FieldMap())

    assert (issue.parent_key, issue.epic_key) == (None, MISSING)


def test_people_are_known_by_their_keys_and_texts_stay_as_they_are():
    text = "h1. A\r\n\r\n{code}x{code}"
    issue = read(assignee={"key": "JIRAUSER10100", "name": "mara", "displayName": "Mara"}, description=text)

    assert (issue.assignee_id, issue.description, issue.description_adf) == ("JIRAUSER10100", text, None)


def test_histories_that_come_with_issues_are_read_like_others():
    entry = {"id": "5", "created": "2026-08-14T11:32:14.234+0000", "items": []}
    issues = [{"id": "1", "changelog": {"histories": [entry]}}, {"id": "2", "changelog": {"histories": []}}]

    found = wire.changelog_documents(json.dumps({"issues": issues, "total": 2}).encode())

    assert (found.found, found.cursor) == ([("1", entry)], None)
