"""A canned Jira with several projects and several boards each, as `bench.server` has one.

python -m bench.many_server ISSUES LATENCY_MS CERTIFICATE KEY      all projects together have that many issues
"""

import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from bench.issues import PROJECT_ID, IssueSource
from bench.server import CannedJira, serve

PROJECTS: Final = tuple(f"BENCH{letter}" for letter in "ABCDEFGH")
BOARDS: Final = 8
_SPRINTS: Final = 60
_NAMED: Final = re.compile(r"project = \"?(\w+)")
_BOARD: Final = re.compile(r"/rest/agile/1\.0/board/(\d+)/(sprint|configuration)")


class _AllIssues:
    """The issues of several projects as those of one."""

    def __init__(self, sources: list[IssueSource]) -> None:
        self._sources = sources
        self.ids = list(chain.from_iterable(source.ids for source in sources))

    def _by_source(self, ids: Iterable[int]) -> list[tuple[IssueSource, list[int]]]:
        wanted = list(ids)
        parts = [(source, [one for one in wanted if one in source.ids]) for source in self._sources]
        return [(source, part) for source, part in parts if part]

    def since(self, lower_ms: int) -> list[int]:
        return list(chain.from_iterable(source.since(lower_ms) for source in self._sources))

    def stamps(self, ids: Iterable[int]) -> bytes:
        return b",".join(source.stamps(part) for source, part in self._by_source(ids))

    def issues(self, ids: Iterable[int], asked: frozenset[str]) -> bytes:
        return b",".join(source.issues(part, asked) for source, part in self._by_source(ids))

    def changelogs(self, ids: Iterable[int]) -> bytes:
        return b",".join(source.changelogs(part) for source, part in self._by_source(ids))

    def touch(self, count: int, at_ms: int, *, first: int = 0) -> None:
        for source in self._sources:
            source.touch(count // len(self._sources), at_ms, first=first)

    def delete(self, count: int, *, first: int) -> None:
        for source in self._sources:
            source.delete(count // len(self._sources), first=first)


class CannedProjects:
    """Answers for several projects."""

    def __init__(self, issues: int) -> None:
        now = datetime.now(UTC)
        sources = [
            IssueSource(issues // len(PROJECTS), now, project=key, number=number) for number, key in enumerate(PROJECTS)
        ]
        self._all = CannedJira(_AllIssues(sources))
        self._by_key = {key: CannedJira(source) for key, source in zip(PROJECTS, sources, strict=True)}

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The JSON for a request; None for one it does not know."""
        found = _NAMED.search(orjson.loads(body).get("jql", "")) if method == "POST" else None
        if found or method == "POST":
            return (self._by_key[found[1]] if found else self._all).answer(method, path, body)
        place, _, query = path.partition("?")
        known = self._document(place, {name: values[0] for name, values in parse_qs(query).items()})
        return self._all.answer(method, path, body) if known is None else orjson.dumps(known)

    def _document(self, path: str, query: dict[str, str]) -> Any:
        if path == "/rest/api/3/project/search":
            key = query["keys"]
            number = int(PROJECT_ID) + PROJECTS.index(key)
            return _listed([{"id": str(number), "key": key, "name": key, "archived": False}])
        if path.startswith("/rest/api/3/project/"):
            return _listed([])
        if path == "/rest/agile/1.0/board":
            first = BOARDS * PROJECTS.index(query["projectKeyOrId"]) + 1
            boards = range(first, first + BOARDS)
            return _listed([{"id": board, "name": f"Board {board}", "type": "scrum"} for board in boards])
        if board := _BOARD.fullmatch(path):
            return {"estimation": {}} if board[2] == "configuration" else _sprints(int(board[1]), query)
        return None


def _sprints(board: int, query: dict[str, str]) -> Any:
    states = query.get("state", "closed,active").split(",")
    every = [
        {
            "id": 1000 * board + number,
            "name": f"Sprint {number} of {board}",
            "state": "active" if number == _SPRINTS else "closed",
        }
        for number in range(1, _SPRINTS + 1)
    ]
    return _listed([sprint for sprint in every if sprint["state"] in states], int(query["startAt"]))


def _listed(values: list[Any], start: int = 0) -> Any:
    end = start + 50
    shown = values[start:end]
    return {"values": shown, "isLast": end >= len(values), "startAt": start, "maxResults": 50}


def main() -> None:
    """Serve a Jira with as many issues as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    serve(CannedProjects(int(count)), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
