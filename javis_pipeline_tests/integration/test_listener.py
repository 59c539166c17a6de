"""The address that strangers reach: what they may cost is bounded."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from javis_pipeline.clients.listener import Bounds, bounded_body, make_listener
from javis_pipeline_tests.sites import free_port

BOUNDS = Bounds(head_bytes=4096, connections=8, seconds=1.0)
GRACE_SECONDS = 3.0  # the machine may be busy
GOOD = b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    async def hook(request: Request) -> Response:
        body = await bounded_body(request, 1000)
        return Response("too long", 413) if body is None else Response(body)

    port = free_port()
    server = make_listener(Starlette(routes=[Route("/hook", hook, methods=["POST"])]), "127.0.0.1", port, bounds=BOUNDS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join(10)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    connection.settimeout(BOUNDS.seconds + GRACE_SECONDS)
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def asked(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        return answer(connection)


def test_given_a_whole_request_then_it_is_answered(port):
    assert asked(port, GOOD).endswith(b"hi")


def test_given_a_client_that_would_keep_the_connection_then_none_of_its_requests_is_cut_off(port):
    client = http.client.HTTPConnection("127.0.0.1", port)
    ends = time.monotonic() + BOUNDS.seconds * 1.5
    while time.monotonic() < ends:
        client.request("POST", "/hook", body=b"hi")
        assert client.getresponse().read() == b"hi"
        time.sleep(0.05)
    client.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /hook HTTP/1.1\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST /hook HTTP/1.1\r\n" + b"X-A: a\r\n" * 50_000 + b"\r\n",
        b"POST /hook HTTP/1.1\r\nHost: a\r\n" + b"X-A: a\r\n" * 700 + b"\r\n",
        b"\x16\x03\x01\x02\x00" * 1000,
    ],
    ids=["request line", "a header", "many headers", "rather many headers", "TLS"],
)
def test_given_a_head_without_end_then_it_is_refused_at_once(port, request_):
    began_at = time.monotonic()

    said = asked(port, request_)

    assert said == b"" or said.startswith(b"HTTP/1.1 4")
    assert time.monotonic() - began_at < BOUNDS.seconds + GRACE_SECONDS


def test_given_a_body_that_is_too_long_then_it_is_refused_unread(port):
    head = b"POST /hook HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 50000000\r\n\r\n"

    assert asked(port, head + b"x" * 2000).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "beginning",
    [b"", b"POST /hook HT", b"POST /hook HTTP/1.1\r\nHost: a\r\n", GOOD[:-1]],
    ids=["nothing", "request line", "headers", "body"],
)
def test_given_a_connection_that_only_stays_open_then_it_is_ended_without_a_word(port, beginning, caplog):
    began_at = time.monotonic()

    asked(port, beginning)

    assert time.monotonic() - began_at < BOUNDS.seconds + GRACE_SECONDS
    assert asked(port, GOOD).endswith(b"hi")
    assert caplog.messages == []


def test_given_a_body_that_ends_too_early_then_nothing_is_written_to_the_log(port, caplog):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(GOOD[:-1])

    assert asked(port, GOOD).endswith(b"hi")
    assert caplog.messages == []


def test_given_a_request_that_trickles_then_it_is_ended(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        assert _trickled(connection) < BOUNDS.seconds + GRACE_SECONDS


def _trickled(connection: socket.socket) -> float:
    """For how many seconds one byte now and then is taken."""
    began_at = time.monotonic()
    with suppress(ConnectionError):
        while time.monotonic() - began_at < BOUNDS.seconds + GRACE_SECONDS:
            connection.sendall(b"P")
            time.sleep(0.05)
    return time.monotonic() - began_at


def test_given_many_connections_that_only_stay_open_then_others_are_still_served(port):
    with ExitStack() as idle:
        for _ in range(3 * BOUNDS.connections):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))

        assert asked(port, GOOD).endswith(b"hi")
