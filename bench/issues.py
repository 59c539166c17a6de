"""Jira answers for the measurements: as large and as mixed as those of a real project, rendered once.

An issue is one of a few hundred bodies (about 9 KB: users with avatars, empty custom fields, a description of some
length, comments, links, sprints) with its own id, key and time, so that a million of them take no memory here.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

PROJECT: Final = "BENCH"
PROJECT_ID: Final = "10000"
ACCOUNT_ID: Final = "5b10a2844c20165700ede21g"
ACCOUNT_NAME: Final = "bench"
ACCOUNT: Final = {
    "accountId": ACCOUNT_ID,
    "displayName": "Bench",
    "active": True,
    "timeZone": "Etc/UTC",
}
SPRINT_FIELD: Final = "customfield_10020"
STORY_POINTS_FIELD: Final = "customfield_10016"
FIELDS: Final = [
    {
        "id": STORY_POINTS_FIELD,
        "name": "Story point estimate",
        "schema": {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points", "customId": 10016},
    },
    {
        "id": SPRINT_FIELD,
        "name": "Sprint",
        "schema": {"type": "array", "custom": "com.pyxis.greenhopper.jira:gh-sprint", "customId": 10020},
    },
]
STATUSES: Final = [("10000", "To Do", "new"), ("3", "In Progress", "indeterminate"), ("10001", "Done", "done")]
PRIORITIES: Final = ["Highest", "High", "Medium", "Low", "Lowest"]

_BODIES = 400
# Stands in a body for the issue's id: no two comments of a site have the same.
_ISSUE = "@issue@"
_ORIGIN = "https://bench.example"
_FIRST_ID = 100_000
# Ids of a project are so far from those of the next.
_MOST_ISSUES = 1_000_000
_PROSE: Final = (
    "the build fails on the second start when a cache of the old format is found and nobody removed it before; users "
    "see an empty list, the log shows a timeout after thirty seconds, restarting the worker helps until the next deploy"
)
_WORDS: Final = _PROSE.split()


def user(number: int) -> dict[str, Any]:
    """A user as Jira shows them everywhere, avatars included."""
    account_id = f"5f7e{number:020d}"
    avatar = f"{_ORIGIN}/avatar/{account_id}/32e2b3a1-9c4d-4f7e-8a51"
    return {
        "self": f"{_ORIGIN}/rest/api/3/user?accountId={account_id}",
        "accountId": account_id,
        "avatarUrls": {size: f"{avatar}/{size[:2]}" for size in ("48x48", "24x24", "16x16", "32x32")},
        "displayName": f"Person Number {number}",
        "active": True,
        "timeZone": "Europe/Berlin",
        "accountType": "atlassian",
    }


def document(rng: random.Random, paragraphs: int) -> dict[str, Any]:
    """An ADF document: headings, marked text, a list, a code block and a panel, as people write them."""
    content: list[dict[str, Any]] = []
    for number in range(paragraphs):
        match rng.randrange(8):
            case 0:
                content.append({"type": "heading", "attrs": {"level": 2}, "content": [_text(_sentence(rng, 4))]})
            case 1:
                items = [{"type": "listItem", "content": [_paragraph(rng, 8)]} for _ in range(3)]
                content.append({"type": "bulletList", "content": items})
            case 2 if number:
                code = [_text("SELECT key, status FROM jira_issues WHERE due_date < now();")]
                content.append({"type": "codeBlock", "attrs": {"language": "sql"}, "content": code})
            case _:
                content.append(_paragraph(rng, 22))
    return {"type": "doc", "version": 1, "content": content}


def _paragraph(rng: random.Random, words: int) -> dict[str, Any]:
    sentence = _sentence(rng, words)
    if rng.random() >= 0.3:
        return {"type": "paragraph", "content": [_text(sentence)]}
    link = {"type": "link", "attrs": {"href": f"{_ORIGIN}/browse/{PROJECT}-{rng.randrange(1, 900)}"}}
    nodes = [_text(f"{sentence} See "), _text("there", [link]), _text(", but "), _text("not now", [{"type": "strong"}])]
    return {"type": "paragraph", "content": [*nodes, _text(".")]}


def _text(text: str, marks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": text, "marks": marks} if marks else {"type": "text", "text": text}


def _sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(_WORDS, k=words)).capitalize() + "."


def cloud_fields(rng: random.Random) -> dict[str, Any]:
    """The fields of an issue but for `updated`, which differs from issue to issue."""
    status_id, status, category = rng.choice(STATUSES)
    priority = rng.randrange(len(PRIORITIES))
    created = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(400_000))
    fields: dict[str, Any] = {
        "summary": _sentence(rng, 9),
        "description": document(rng, rng.randrange(2, 10)),
        "labels": rng.sample(["backend", "frontend", "customer", "regression", "flaky"], rng.randrange(3)),
        "priority": {
            "self": f"{_ORIGIN}/rest/api/3/priority/3",
            "iconUrl": f"{_ORIGIN}/images/icons/priorities/medium_new.svg",
            "name": PRIORITIES[priority],
            "id": str(priority + 1),
        },
        "assignee": user(rng.randrange(60)) if rng.random() < 0.8 else None,
        "reporter": user(rng.randrange(60)),
        "creator": user(rng.randrange(60)),
        "duedate": "2026-12-24" if rng.random() < 0.3 else None,
        "status": {
            "self": f"{_ORIGIN}/rest/api/3/status/{status_id}",
            "description": "",
            "iconUrl": f"{_ORIGIN}/images/icons/statuses/generic.png",
            "name": status,
            "id": status_id,
            "statusCategory": {
                "self": f"{_ORIGIN}/rest/api/3/statuscategory/4",
                "id": 4,
                "key": category,
                "name": status,
            },
        },
        "issuetype": {
            "self": f"{_ORIGIN}/rest/api/3/issuetype/10001",
            "id": "10001",
            "description": "Stories track functionality or features expressed as user goals.",
            "iconUrl": f"{_ORIGIN}/rest/api/2/universal_avatar/view/type/issuetype/avatar/10315?size=medium",
            "name": "Story",
            "subtask": False,
            "avatarId": 10315,
            "hierarchyLevel": 0,
        },
        "project": {
            "self": f"{_ORIGIN}/rest/api/3/project/{PROJECT_ID}",
            "id": PROJECT_ID,
            "key": PROJECT,
            "name": "Bench",
        },
        "resolution": {"id": "10000", "name": "Done"} if category == "done" else None,
        "resolutiondate": "2025-03-04T10:00:00.000+0000" if category == "done" else None,
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "environment": None,
        "components": [{"id": "10", "name": "Core"}],
        "fixVersions": [{"id": "20", "name": "1.0", "released": True}] if rng.random() < 0.4 else [],
        "versions": [],
        "timeoriginalestimate": None,
        "timeestimate": None,
        "timespent": None,
        "issuelinks": [_link(rng, number) for number in range(rng.randrange(3))],
        "worklog": {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
        STORY_POINTS_FIELD: rng.choice([None, 1.0, 2.0, 3.0, 5.0, 8.0]),
        SPRINT_FIELD: [sprint(rng.randrange(1, 40))] if rng.random() < 0.6 else None,
    }
    fields |= {f"customfield_{10100 + number}": None for number in range(58)}
    fields["comment"] = _comments(rng, rng.randrange(3))
    return fields


def _link(rng: random.Random, number: int) -> dict[str, Any]:
    other = rng.randrange(1, 20_000)
    kind = {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    status = {"name": "To Do", "id": "10000"}
    return {
        "id": f"{_ISSUE}{number + 1}",
        "self": f"{_ORIGIN}/rest/api/3/issueLink/{900_000 + other}",
        "type": kind,
        rng.choice(["inwardIssue", "outwardIssue"]): {
            "id": str(_FIRST_ID + other),
            "key": f"{PROJECT}-{other}",
            "self": f"{_ORIGIN}/rest/api/3/issue/{_FIRST_ID + other}",
            "fields": {"summary": _sentence(rng, 8), "status": status},
        },
    }


def sprint(number: int) -> dict[str, Any]:
    """A sprint that is over, as Jira shows them in issues and of a board."""
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(weeks=2 * number)
    return {
        "id": number,
        "name": f"Sprint {number}",
        "state": "closed",
        "boardId": 1,
        "goal": "",
        "startDate": start.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "endDate": (start + timedelta(days=14)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }


def _comments(rng: random.Random, count: int) -> dict[str, Any]:
    comments = []
    for number in range(count):
        author = user(rng.randrange(60))
        at = f"2025-0{number + 1}-11T09:30:00.000+0000"
        comments.append(
            {
                "self": f"{_ORIGIN}/rest/api/3/issue/1/comment/{number}",
                "id": f"{_ISSUE}{number + 1}",
                "author": author,
                "body": document(rng, 2),
                "updateAuthor": author,
                "created": at,
                "updated": at,
                "jsdPublic": True,
            }
        )
    return {"comments": comments, "self": f"{_ORIGIN}/comment", "maxResults": count, "total": count, "startAt": 0}


def cloud_changes(rng: random.Random) -> list[dict[str, Any]]:
    """The `changeHistories` of an issue: a few status changes, as asked for by field."""
    histories = []
    before = STATUSES[0]
    for number in range(rng.randrange(1, 6)):
        after = rng.choice(STATUSES)
        item = {
            "field": "status",
            "fieldtype": "jira",
            "fieldId": "status",
            "from": before[0],
            "fromString": before[1],
            "to": after[0],
            "toString": after[1],
        }
        created = 1_735_000_000_000 + number * 86_400_000
        histories.append(
            {"id": str(number + 1), "author": user(rng.randrange(60)), "created": created, "items": [item]}
        )
        before = after
    return histories


class IssueSource:
    """The issues of a project: ids, the time of each, and their JSON.

    Args:
        count: How many issues there are.
        now: The youngest issue was updated then, the oldest two years before.
        project: Key of the project.
        number: Which of the site's projects it is.
        fields: Makes the fields of an issue but for `updated`.
        bodies: How often; after so many issues they come again, each with its own id, key and time.
        changes: Makes the history of an issue.
    """

    def __init__(
        self,
        count: int,
        now: datetime,
        *,
        project: str = PROJECT,
        number: int = 0,
        fields: Callable[[random.Random], dict[str, Any]] = cloud_fields,
        bodies: int = _BODIES,
        changes: Callable[[random.Random], list[dict[str, Any]]] = cloud_changes,
    ) -> None:
        rng = random.Random(4)  # noqa: S311 - repeatable, not secret
        self._fields = [fields(rng) for _ in range(bodies)]
        self._project = project.encode()
        self._before = _FIRST_ID + number * _MOST_ISSUES
        for body in self._fields:
            body["project"] |= {"key": project, "id": str(int(PROJECT_ID) + number)}
        self._bodies: dict[frozenset[str], dict[int, bytes]] = {}
        told = [changes(rng) for _ in range(_BODIES)]
        self._changes = [orjson.dumps(each) for each in told]
        # As `expand=changelog` puts them into a document.
        self._changelogs = [
            b'"changelog":{"startAt":0,"maxResults":%d,"total":%d,"histories":%s}' % (len(each), len(each), rendered)
            for each, rendered in zip(told, self._changes, strict=True)
        ]
        self.ids = range(self._before + 1, self._before + count + 1)
        newest = int(now.timestamp() * 1000)
        step = int(timedelta(days=730).total_seconds() * 1000) // count
        self._updated = [newest - (count - number) * step for number in range(1, count + 1)]
        self.gone: set[int] = set()

    def updated_ms(self, jira_id: int) -> int:
        """When the issue was last updated, in milliseconds since 1970."""
        return self._updated[jira_id - self._before - 1]

    def touch(self, count: int, at_ms: int, *, first: int = 0) -> None:
        """Update `count` issues, spread over the project."""
        for number in self._spread(count, first):
            self._updated[number] = at_ms

    def delete(self, count: int, *, first: int) -> None:
        """Have `count` issues, spread over the project, be gone."""
        self.gone.update(self.ids[number] for number in self._spread(count, first))

    def _spread(self, count: int, first: int) -> range:
        return range(first, len(self.ids), max(1, len(self.ids) // count))[:count]

    def since(self, lower_ms: int) -> list[int]:
        """Ids of the issues updated at that time or later, oldest first."""
        found = [jira_id for jira_id in self.ids if self.updated_ms(jira_id) >= lower_ms and jira_id not in self.gone]
        return sorted(found, key=lambda jira_id: (self.updated_ms(jira_id), jira_id))

    def stamps(self, ids: Iterable[int]) -> bytes:
        """Search hits with `updated` only."""
        return b",".join(
            b'{"id":"%d","key":"%s-%d","fields":{"updated":"%s"}}'
            % (jira_id, self._project, jira_id - self._before, _timestamp(self.updated_ms(jira_id)))
            for jira_id in ids
        )

    def issues(self, ids: Iterable[int], asked: frozenset[str], *, histories: bool = False) -> bytes:
        """Issue documents with the fields that were asked for; `*all` asks for all, the empty ones too."""
        bodies = self._bodies.setdefault(asked, {})
        return b",".join(
            b'{"expand":"","id":"%d","self":"%s/rest/api/3/issue/%d","key":"%s-%d",%s"fields":{"updated":"%s",%s}'
            % (
                jira_id,
                _ORIGIN.encode(),
                jira_id,
                self._project,
                jira_id - self._before,
                self._changelogs[jira_id % _BODIES] + b"," if histories else b"",
                _timestamp(self.updated_ms(jira_id)),
                self._rendered(bodies, asked, jira_id % len(self._fields)).replace(_ISSUE.encode(), b"%d" % jira_id),
            )
            for jira_id in ids
            if jira_id not in self.gone
        )

    def _rendered(self, bodies: dict[int, bytes], asked: frozenset[str], number: int) -> bytes:
        """A body's fields without the opening brace, rendered when they are first asked for: there may be thousands."""
        if number not in bodies:
            shown = {name: value for name, value in self._fields[number].items() if name in asked or "*all" in asked}
            bodies[number] = orjson.dumps(shown)[1:]
        return bodies[number]

    def changelogs(self, ids: Iterable[int]) -> bytes:
        """Changelogs as changelog/bulkfetch lists them."""
        return b",".join(
            b'{"issueId":"%d","changeHistories":%s}' % (jira_id, self._changes[jira_id % _BODIES]) for jira_id in ids
        )


def _timestamp(ms: int) -> bytes:
    instant = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}+0000".encode()
