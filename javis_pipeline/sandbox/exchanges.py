"""The requests that the sandbox was sent, for tests to read and for checks against the API documents."""

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from javis_pipeline.sandbox.faults import FaultKind

KEPT = 20_000
MUTILATED = (FaultKind.HTML.value, FaultKind.CUT_BODY.value)


@dataclass
class Exchange:
    """One request and, once there is one, its answer. `at` is when the request came, in Unix time."""

    number: int
    at: float
    method: str
    path: str
    query: str
    request_headers: dict[str, str]
    request_body: bytes
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None

    def json(self) -> object:
        """The request's body; None when it has none or is not JSON."""
        return _readable(self.request_body) if self.request_body[:1] in (b"{", b"[") else None

    @property
    def url(self) -> str:
        """Path and query as they were sent, without host."""
        return f"{self.path}?{self.query}" if self.query else self.path


class ExchangeLog:
    """The last requests in order; with `record_to`, also all of them in a file, one JSON document a line."""

    def __init__(self, record_to: Path | None = None) -> None:
        self.record_to = record_to
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._count = 0

    def begin(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Exchange:
        """Notes a request that has just come; secrets in its headers are not kept."""
        self._count += 1
        shown = {name: "***" if name in {"authorization", "x-api-key"} else value for name, value in headers.items()}
        exchange = Exchange(self._count, time.time(), method, path, query, shown, body)
        self._kept.append(exchange)
        return exchange

    def end(self, exchange: Exchange, status: int | None, headers: dict[str, str], body: bytes | bytearray) -> None:
        """Notes the answer and writes the exchange to the file, if there is one.

        Not written is one whose answer a fault mutilated: no API document describes those.
        """
        exchange.status, exchange.response_headers = status, headers
        if self.record_to is None or exchange.fault in MUTILATED:
            return
        row = {
            "method": exchange.method,
            "url": exchange.url,
            "request_headers": exchange.request_headers,
            "request_body": _readable(exchange.request_body),
            "status": exchange.status,
            "response_headers": exchange.response_headers,
            "response_body": _readable(bytes(body)),
        }
        with self.record_to.open("ab") as file:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def matching(self, method: str | None = None, path: str = "") -> list[Exchange]:
        """The kept requests of a method (None: any) whose path begins with `path`, oldest first."""
        return [e for e in [*self._kept] if method in (None, e.method) and e.path.startswith(path)]

    def clear(self) -> None:
        """Forgets the kept requests; numbers go on."""
        self._kept.clear()


def _readable(body: bytes) -> object:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
