"""A canned Jira in a process of its own: as quick as TLS lets it be, so that the client is what is measured.

    python -m bench.server ISSUES LATENCY_MS [CERTIFICATE KEY]      prints its port, serves until its stdin is closed

Threads with blocking sockets: OpenSSL works outside the interpreter lock. It knows just the requests of a pull.
"""

import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final, Protocol, cast

import orjson

from bench.issues import (
    ACCOUNT,
    ACCOUNT_ID,
    ACCOUNT_NAME,
    FIELDS,
    PRIORITIES,
    PROJECT,
    PROJECT_ID,
    STATUSES,
    IssueSource,
)

SINCE: Final = re.compile(r"updated >= (\d+)(?! *and *updated)", re.IGNORECASE)
# The question whether both ways to write an instant mean the same: here they do, so nothing is found.
SELF_TEST: Final = re.compile(r"updated *<", re.IGNORECASE)
_PROJECT: Final = {"id": PROJECT_ID, "key": PROJECT, "name": "Bench", "archived": False}


class Issues(Protocol):
    """What an `IssueSource` gives."""

    @property
    def ids(self) -> Sequence[int]: ...
    def touch(self, count: int, at_ms: int, *, first: int = 0) -> None: ...
    def delete(self, count: int, *, first: int) -> None: ...
    def since(self, lower_ms: int) -> list[int]: ...
    def stamps(self, ids: Iterable[int]) -> bytes: ...
    def issues(self, ids: Iterable[int], asked: frozenset[str]) -> bytes: ...
    def changelogs(self, ids: Iterable[int]) -> bytes: ...


class CannedJira:
    """Answers requests from issues."""

    def __init__(self, source: Issues) -> None:
        self._source = source
        self._sweeps: dict[str, list[int]] = {}
        self._posts: dict[str, Callable[[dict[str, Any]], bytes]] = {
            "/rest/api/3/search/jql": self._search,
            "/rest/api/3/search/approximate-count": self._count,
            "/rest/api/3/issue/bulkfetch": self._bulk_fetch,
            "/rest/api/3/changelog/bulkfetch": self._changelogs,
            "/bench/touch": self._touch,
        }

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The JSON for a request; None for one it does not know."""
        path = path.partition("?")[0]
        if method == "POST":
            handler = self._posts.get(path)
            return handler(orjson.loads(body)) if handler else None
        document = _CONSTANT.get(path)
        return None if document is None else orjson.dumps(document)

    def _search(self, query: dict[str, Any]) -> bytes:
        limit = query.get("maxResults", 50)
        token = query.get("nextPageToken")
        if token:
            found = self._sweeps.pop(token)
        elif SELF_TEST.search(query["jql"]):
            found = []
        else:
            since = SINCE.search(query["jql"])
            found = self._source.since(int(since[1]) if since else 0)
        batch, rest = found[:limit], found[limit:]
        end = b'"isLast":true}'
        if rest:
            following = f"t{id(rest)}-{len(rest)}"
            self._sweeps[following] = rest
            end = b'"nextPageToken":"%s","isLast":false}' % following.encode()
        return b'{"issues":[' + self._source.stamps(batch) + b"]," + end

    def _count(self, query: dict[str, Any]) -> bytes:  # noqa: ARG002 - all handlers take the body
        return b'{"count":%d}' % len(self._source.ids)

    def _bulk_fetch(self, query: dict[str, Any]) -> bytes:
        issues = self._source.issues(map(int, query["issueIdsOrKeys"]), frozenset(query["fields"]))
        return b'{"issues":[' + issues + b'],"issueErrors":[]}'

    def _changelogs(self, query: dict[str, Any]) -> bytes:
        return b'{"issueChangeLogs":[' + self._source.changelogs(map(int, query["issueIdsOrKeys"])) + b"]}"

    def _touch(self, query: dict[str, Any]) -> bytes:
        return touched(self._source, query)


def touched(source: Issues, query: dict[str, Any]) -> bytes:
    """Have some issues change, or be gone where no time is told."""
    count, first = query["count"], query.get("first", 0)
    if query["at_ms"] is None:
        source.delete(count, first=first)
    else:
        source.touch(count, query["at_ms"], first=first)
    return b"{}"


_CONSTANT: Final[dict[str, object]] = {
    "/rest/api/3/myself": ACCOUNT,
    "/rest/api/2/serverInfo": {
        "deploymentType": "Cloud",
        "serverTime": "2026-11-01T00:00:00.000+0000",
        "version": "1001",
    },
    "/rest/api/3/field": FIELDS,
    "/rest/api/3/mypermissions": {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}},
    f"/rest/api/3/project/{PROJECT}": {**_PROJECT, "versions": [], "components": [], "issueTypes": []},
    "/rest/api/3/resolution/search": {"values": [], "isLast": True, "total": 0, "startAt": 0, "maxResults": 50},
    "/rest/api/3/project/search": {"values": [_PROJECT], "isLast": True, "total": 1, "startAt": 0, "maxResults": 50},
    "/rest/api/3/status": [
        {"id": status_id, "name": name, "statusCategory": {"key": category}} for status_id, name, category in STATUSES
    ],
    "/rest/api/3/statuses/search": {
        "isLast": True,
        "values": [{"id": status_id, "name": name, "statusCategory": "DONE"} for status_id, name, _ in STATUSES],
    },
    "/rest/api/3/priority": [{"id": str(number), "name": name} for number, name in enumerate(PRIORITIES, 1)],
    "/rest/api/3/priority/search": {
        "isLast": True,
        "values": [{"id": str(number), "name": name} for number, name in enumerate(PRIORITIES, 1)],
    },
    "/rest/agile/1.0/board": {"isLast": True, "startAt": 0, "maxResults": 50, "total": 0, "values": []},
}


# Each edition has a header of its own for who is asking.
_HEAD: Final = (
    b"HTTP/1.1 %%s\r\nContent-Type: application/json\r\nX-AAccountId: %s\r\nX-AUSERNAME: %s\r\n"
    b"Content-Length: %%d\r\n\r\n" % (ACCOUNT_ID.encode(), ACCOUNT_NAME.encode())
)


class Answers(Protocol):
    """What a canned site knows."""

    def answer(self, method: str, path: str, body: bytes) -> bytes | None:
        """The JSON for a request (path with query); None for one it does not know."""
        ...


def _serve_connection(conn: socket.socket, site: Answers, latency: float) -> None:
    with conn, conn.makefile("rb", 65_536) as stream:
        while request := _read_request(cast(BinaryIO, stream)):
            time.sleep(latency)
            body = site.answer(*request)
            status = b"404 Not Found" if body is None else b"200 OK"
            body = b'{"errorMessages":["unknown here"]}' if body is None else body
            conn.sendall(_HEAD % (status, len(body)) + body)


def _read_request(stream: BinaryIO) -> tuple[str, str, bytes] | None:
    """Method, path and body; None at the end of the connection."""
    line = stream.readline()
    if not line:
        return None
    length = 0
    while (header := stream.readline()) not in (b"\r\n", b""):
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    method, path, _ = line.decode("ascii").split(" ")
    return method, path, stream.read(length)


def _accept(listener: socket.socket, site: Answers, latency: float, tls: ssl.SSLContext | None) -> None:
    while True:
        conn, _ = listener.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def serve(conn: socket.socket = conn) -> None:
            try:
                _serve_connection(tls.wrap_socket(conn, server_side=True) if tls else conn, site, latency)
            except OSError:
                conn.close()  # the client went away: that is how its connections end

        threading.Thread(target=serve, daemon=True).start()


def serve(site: Answers, latency_ms: int, certificate: Sequence[str]) -> None:
    """Print the port, and serve until stdin is closed, which happens also when the measuring process dies."""
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        accepting = threading.Thread(target=_accept, args=(listener, site, latency_ms / 1000, tls), daemon=True)
        accepting.start()
        sys.stdin.read()


def main() -> None:
    """Serve a Jira with as many issues as the first argument says."""
    count, latency_ms, *certificate = sys.argv[1:]
    serve(CannedJira(IssueSource(int(count), datetime.now(UTC))), int(latency_ms), certificate)


if __name__ == "__main__":
    main()
