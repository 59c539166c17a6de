"""The same issues as a Jira tells them that a company runs itself: wiki markup, people by name, sprints as texts."""

import random
from datetime import UTC, datetime
from typing import Any, Final

from bench.issues import SPRINT_FIELD, STORY_POINTS_FIELD, cloud_changes, cloud_fields

BOARD: Final = 1
SPRINTS: Final = range(1, 41)
FIELDS: Final = [
    {
        "id": STORY_POINTS_FIELD,
        "name": "Story Points",
        "schema": {"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float"},
    },
    {
        "id": SPRINT_FIELD,
        "name": "Sprint",
        "schema": {"type": "array", "items": "string", "custom": "com.pyxis.greenhopper.jira:gh-sprint"},
    },
]
# Markup says in fewer characters what a document says; with so much of it an issue has 9 KB too.
_TIMES: Final = 3


def fields(rng: random.Random) -> dict[str, Any]:
    """The fields of an issue but for `updated`."""
    told: dict[str, Any] = _told(cloud_fields(rng))
    told["description"] = "\r\n\r\n".join([told["description"]] * _TIMES)
    del told["issuetype"]["hierarchyLevel"]
    sprints = told[SPRINT_FIELD]
    return told | {SPRINT_FIELD: sprints and [_sprint_text(sprint) for sprint in sprints]}


def changes(rng: random.Random) -> list[dict[str, Any]]:
    """The history of an issue, which names fields but not their ids."""
    return [
        {
            **_told(entry),
            "created": datetime.fromtimestamp(entry["created"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "items": [{name: value for name, value in item.items() if name != "fieldId"} for item in entry["items"]],
        }
        for entry in cloud_changes(rng)
    ]


def _told(value: Any) -> Any:
    match value:
        case {"type": "doc", "content": blocks}:
            return "\r\n\r\n".join(_wiki(block) for block in blocks)
        case {"accountId": account_id, **known}:
            name = f"person.{account_id.lstrip('5f7e0') or '0'}"
            told = {key: each for key, each in known.items() if key != "accountType"}
            return {**told, "name": name, "key": f"JIRAUSER{account_id[-5:]}", "emailAddress": f"{name}@bench.example"}
        case dict():
            return {name: _told(each) for name, each in value.items()}
        case list():
            return [_told(each) for each in value]
        case _:
            return value


def _wiki(block: dict[str, Any]) -> str:
    """A block of a document in wiki markup."""
    match block:
        case {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": href}}]}:
            return f"[{text}|{href}]"
        case {"type": "text", "text": text, "marks": _}:
            return f"*{text}*"
        case {"type": "text", "text": text}:
            return str(text)
        case {"type": "codeBlock", "content": [{"text": text}]}:
            return f"{{code:sql}}\r\n{text}\r\n{{code}}"
    inside = [_wiki(each) for each in block["content"]]
    match block["type"]:
        case "heading":
            return f"h2. {''.join(inside)}"
        case "bulletList":
            return "\r\n".join(f"* {item}" for item in inside)
        case _:
            return "".join(inside)


def _sprint_text(sprint: dict[str, Any]) -> str:
    number, start, end = sprint["id"], sprint["startDate"], sprint["endDate"]
    return (
        f"com.atlassian.greenhopper.service.sprint.Sprint@49e59daf[id={number},rapidViewId={BOARD},state=CLOSED,"
        f"name={sprint['name']},startDate={start},endDate={end},completeDate={end},activatedDate={start},"
        f"sequence={number},goal=,synced=false,autoStartStop=false,incompleteIssuesDestinationId=<null>]"
    )
