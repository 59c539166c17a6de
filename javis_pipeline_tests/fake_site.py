"""A tiny HTTP server that answers from a script: for what a transport has to endure."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One scripted answer; `send` is how many bytes of the body are sent before the connection ends (None: all)."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    send: int | None = None
    packed: bool = False
    chunked: bool = False
    hang_up: bool = False
    pause_seconds: float = 0.0

    @property
    def content(self) -> bytes:
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return gzip.compress(raw) if self.packed else raw


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class FakeSite:
    """Answers requests in order with `replies`, the last one for ever; notes every request."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.requests: list[Request] = []
        self.connections: set[tuple[str, int]] = set()
        self.url = ""

    def script(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def fake_site() -> Iterator[FakeSite]:
    """A running FakeSite on a free port."""
    site = FakeSite()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(site: FakeSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            site.connections.add(self.client_address)
            site.requests.append(Request(self.command, self.path, dict(self.headers), json.loads(raw) if raw else None))
            reply = site.next_reply()
            if reply.hang_up:
                self.close_connection = True
                return
            self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            content = reply.content
            self.send_response_only(reply.status)  # without a Date of its own
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Type", reply.content_type)
                if reply.packed:
                    self.send_header("Content-Encoding", "gzip")
                if reply.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if reply.status != 204:
                self._send_body(reply, content)

        def _send_body(self, reply: Reply, content: bytes) -> None:
            sent = content if reply.send is None else content[: reply.send]
            if reply.chunked:
                for start in range(0, len(sent), 1000):
                    part = sent[start : start + 1000]
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                if reply.send is None:
                    self.wfile.write(b"0\r\n\r\n")
            else:
                self.wfile.write(sent)
            self.wfile.flush()
            if reply.pause_seconds:
                threading.Event().wait(reply.pause_seconds)
            if reply.send is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Nothing on stderr."""

    return Handler
