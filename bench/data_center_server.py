"""A canned Jira as a company runs it itself, for the measurements; called as `bench.server` is.

It finds by ranges and lists of ids, or by the time of the last change, a thousand at most, and tells histories with the
issues.
"""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from bench import data_center_issues as there
from bench.issues import (
    ACCOUNT_NAME,
    PRIORITIES,
    PROJECT,
    PROJECT_ID,
    STATUSES,
    STORY_POINTS_FIELD,
    IssueSource,
    sprint,
)
from bench.server import SELF_TEST, SINCE, serve, touched

_MOST: Final = 1000
_ABOVE: Final = re.compile(r"id > (\d+)")
_UP_TO: Final = re.compile(r"id <= (\d+)")
_LISTED: Final = re.compile(r"id in \(([\d, ]+)\)")
_PROJECT: Final = {"id": PROJECT_ID, "key": PROJECT, "name": "Bench", "archived": False}
_API: Final = "/rest/api/2"
_BOARDS: Final = "/rest/agile/1.0/board"


class CannedDataCenter:
    """Answers requests from an `IssueSource`."""

    def __init__(self, source: IssueSource) -> None:
        self._source = source

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The JSON for a request; None for one it does not know."""
        path = path.partition("?")[0]
        if (method, path) == ("POST", f"{_API}/search"):
            return self._search(orjson.loads(body))
        if (method, path) == ("POST", "/bench/touch"):
            return touched(self._source, orjson.loads(body))
        document = _CONSTANT.get(path)
        return None if document is None else orjson.dumps(document)

    def _search(self, query: dict[str, Any]) -> bytes:
        most = min(query.get("maxResults", 50), _MOST)
        found = self._found(query["jql"])
        first = found[:most]
        head = b'{"expand":"names,schema","startAt":0,"maxResults":%d,"total":%d,"issues":[' % (most, len(found))
        return head + self._documents(first, query) + b"]}"

    def _found(self, jql: str) -> Sequence[int]:
        listed = _LISTED.search(jql)
        if listed:
            return [*map(int, listed[1].split(","))]
        if SELF_TEST.search(jql):
            return []
        since, above, up_to = SINCE.search(jql), _ABOVE.search(jql), _UP_TO.search(jql)
        every = self._source.ids
        found: Sequence[int] = every
        if above or up_to:
            after, last = int(above[1]) if above else every[0] - 1, int(up_to[1]) if up_to else every[-1]
            found = range(max(after + 1, every[0]), min(last, every[-1]) + 1)
        if since:
            found = [each for each in found if self._source.updated_ms(each) >= int(since[1])]
        if self._source.gone:
            found = [each for each in found if each not in self._source.gone]
        return found[::-1] if jql.endswith("DESC") else found

    def _documents(self, ids: Sequence[int], query: dict[str, Any]) -> bytes:
        asked = frozenset(query["fields"])
        if asked <= {"updated", "key"}:
            return self._source.stamps(ids)
        return self._source.issues(ids, asked, histories="changelog" in query.get("expand", ()))


_CONSTANT: Final[dict[str, object]] = {
    f"{_API}/serverInfo": {
        "deploymentType": "Server",
        "serverTime": "2026-11-01T00:00:00.000+0000",
        "version": "10.3.19",
        "versionNumbers": [10, 3, 19],
    },
    f"{_API}/myself": {
        "key": "JIRAUSER10000",
        "name": ACCOUNT_NAME,
        "displayName": "Bench",
        "active": True,
        "timeZone": "Etc/UTC",
    },
    "/rest/pat/latest/tokens": [],
    f"{_API}/field": there.FIELDS,
    f"{_API}/mypermissions": {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}},
    f"{_API}/project": [_PROJECT],
    f"{_API}/project/{PROJECT}": {**_PROJECT, "versions": [], "components": [], "issueTypes": []},
    f"{_API}/resolution": [],
    f"{_API}/status": [
        {"id": status_id, "name": name, "statusCategory": {"key": category}} for status_id, name, category in STATUSES
    ],
    f"{_API}/priority": [{"id": str(number), "name": name} for number, name in enumerate(PRIORITIES, 1)],
    _BOARDS: {"isLast": True, "startAt": 0, "values": [{"id": there.BOARD, "name": "Bench", "type": "scrum"}]},
    f"{_BOARDS}/{there.BOARD}/configuration": {
        "estimation": {"type": "field", "field": {"fieldId": STORY_POINTS_FIELD}}
    },
    f"{_BOARDS}/{there.BOARD}/sprint": {
        "isLast": True,
        "startAt": 0,
        "values": [{**sprint(number), "originBoardId": there.BOARD} for number in there.SPRINTS],
    },
}


def main() -> None:
    """Serve a Jira with as many issues as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    source = IssueSource(int(count), datetime.now(UTC), fields=there.fields, changes=there.changes)
    serve(CannedDataCenter(source), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
