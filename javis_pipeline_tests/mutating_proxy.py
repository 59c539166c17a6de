"""A proxy between the product and the sandbox that changes what the sandbox answers."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Passing(NamedTuple):
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes


Change = Callable[[str, str, Passing], Passing | None]
"""Makes another answer of (method, path, answer); None cuts the connection."""


def unchanged(_method: str, _path: str, answer: Passing) -> Passing:
    """The answer as it is."""
    return answer


class MutatingProxy:
    """Passes requests on to a site on this machine, and its answers back as `change` makes them."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.change: Change = unchanged
        self.url = ""

    def passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Passing | None:
        """What the client gets."""
        connection = http.client.HTTPConnection(self.upstream, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            reply = connection.getresponse()
            kept = {name: value for name, value in reply.getheaders() if name.lower() not in _OF_THE_CONNECTION}
            return self.change(method, path, Passing(reply.status, kept, reply.read()))
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news here."""


_OF_THE_CONNECTION = {"content-length", "transfer-encoding", "connection", "date", "server"}


@contextmanager
def mutating_proxy(upstream: str) -> Iterator[MutatingProxy]:
    """A running proxy on a free port."""
    proxy = MutatingProxy(upstream)
    server = _Server(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(proxy: MutatingProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: else each answer waits for the client's delayed acknowledgement.
        wbufsize = 1 << 16

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {
                n: v for n, v in self.headers.items() if n.lower() not in ("host", "accept-encoding", "connection")
            }
            answer = proxy.passed_on(self.command, self.path, headers, body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *args: object) -> None:
            """Nothing on stderr."""

    return Handler
