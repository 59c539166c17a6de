"""A server on a bare socket that does to a client what no HTTP server does."""

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Trick = Callable[[socket.socket], None]

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def hostile_site(trick: Trick) -> Iterator[str]:
    """The URL of a server that does the trick on each connection, after some of a request came."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as server:
        threading.Thread(target=_serve, args=(server, trick), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, trick: Trick) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_play, args=(client, trick), daemon=True).start()


def _play(client: socket.socket, trick: Trick) -> None:
    with suppress(OSError), client:
        trick(client)


def say(*parts: bytes) -> Trick:
    """These bytes, then the end."""

    def trick(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"".join(parts))

    return trick


def repeat(first: bytes, piece: bytes, *, pause_seconds: float) -> Trick:
    """A beginning, then the same piece as long as somebody listens."""

    def trick(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(first)
        while True:
            client.sendall(piece)
            if pause_seconds:
                threading.Event().wait(pause_seconds)

    return trick


def silent(client: socket.socket) -> None:
    """Takes the request and never says a word."""
    while client.recv(65536):
        pass


def deaf(client: socket.socket) -> None:
    """Does not even take the request."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    threading.Event().wait(5)


def packed(layers: int, megabytes: int) -> Trick:
    """A small answer that is large when it is unpacked, packed several times over."""

    def trick(client: socket.socket) -> None:
        packer = zlib.compressobj(wbits=31)
        content = b"".join([packer.compress(b" " * 1_000_000) for _ in range(megabytes)]) + packer.flush()
        for _ in range(layers - 1):
            content = gzip.compress(content)
        encoding = ", ".join(["gzip"] * layers).encode()
        head = JSON_HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(content))
        say(head, content)(client)

    return trick


SLOW_TRICKS: dict[str, Trick] = {
    "says nothing": silent,
    "does not listen": deaf,
    "status line trickles": repeat(b"HTTP/1.1 ", b"2", pause_seconds=0.05),
    "header trickles": repeat(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", pause_seconds=0.05),
    "headers without end": repeat(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n", pause_seconds=0.05),
    "100 without end": repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=0.05),
    "chunked body trickles": repeat(
        JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", pause_seconds=0.05
    ),
    "chunk size trickles": repeat(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", pause_seconds=0.05),
    "body trickles": repeat(JSON_HEAD + b"Content-Length: 1000000\r\n\r\n", b" ", pause_seconds=0.05),
    "packed body trickles": repeat(
        JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n" + gzip.compress(b"")[:10],
        b"\x00",
        pause_seconds=0.05,
    ),
    "body until the connection ends": repeat(JSON_HEAD + b"\r\n", b" ", pause_seconds=0.05),
}
"""Each would keep a client that only bounds single waits for ever."""

QUICK_TRICKS: dict[str, Trick] = {
    "nothing": say(),
    "noise": say(bytes(range(256)) * 10),
    "HTTP/0.9": say(b"<html>hello</html>"),
    "TLS instead": say(b"\x15\x03\x01\x00\x02\x02\x50"),
    "100 at full speed": repeat(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, pause_seconds=0),
    "one endless header": repeat(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 65536, pause_seconds=0),
    "ten thousand headers": say(b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n" * 10_000, b"\r\n"),
    "endless body": repeat(JSON_HEAD + b"\r\n", b" " * 65536, pause_seconds=0),
    "endless chunk extension": repeat(
        JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536, pause_seconds=0
    ),
    "endless trailers": repeat(
        JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"a" * 8000 + b"\r\n", pause_seconds=0
    ),
    "bomb": packed(1, 200),
    "bomb in a bomb": packed(2, 200),
    "ten layers": packed(10, 1),
    "length too large": say(JSON_HEAD, b"Content-Length: 99999999999999999999\r\n\r\n{}"),
    "length negative": say(JSON_HEAD, b"Content-Length: -1\r\n\r\n{}"),
    "length no number": say(JSON_HEAD, b"Content-Length: many\r\n\r\n{}"),
    "lengths that differ": say(JSON_HEAD, b"Content-Length: 2, 3\r\n\r\n{}"),
    "unknown transfer encoding": say(JSON_HEAD, b"Transfer-Encoding: magic\r\n\r\n{}"),
    "unknown content encoding": say(JSON_HEAD, b"Content-Encoding: magic\r\nContent-Length: 2\r\n\r\n{}"),
    "not packed": say(JSON_HEAD, b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "chunk size negative": say(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n"),
    "chunk size no number": say(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "chunk size huge": say(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}"),
    "status 0": say(b"HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n"),
    "status 103": say(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "status 999": say(b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n"),
    "status of five digits": say(b"HTTP/1.1 20000 OK\r\n\r\n"),
    "NUL in a header": say(JSON_HEAD, b"X-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}"),
    "header without a name": say(JSON_HEAD, b": b\r\nContent-Length: 2\r\n\r\n{}"),
    "folded header": say(JSON_HEAD, b"X-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"),
    "cookies": say(JSON_HEAD, b"Set-Cookie: a=b; Expires=never; Domain=..\r\nContent-Length: 2\r\n\r\n{}"),
    "redirect to itself": say(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"),
    "redirect to nowhere": say(b"HTTP/1.1 301 Moved\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"),
    "half a surrogate": say(JSON_HEAD, b'Content-Length: 14\r\n\r\n{"a":"\\ud800"}'),
    "deep": say(JSON_HEAD, b"\r\n", b"[" * 100_000),
    "refusal of another shape": say(
        b"HTTP/1.1 400 No\r\nContent-Type: application/json\r\n\r\n",
        b'{"errorMessages": 5, "errors": [[]], "message": {}}',
    ),
    "deep refusal": say(
        b"HTTP/1.1 400 No\r\nContent-Type: application/json\r\n\r\n",
        b'{"errorMessages": [' + b"[" * 1000 + b"]" * 1000 + b"]}",
    ),
}
"""Each is over at once, one way or the other."""
