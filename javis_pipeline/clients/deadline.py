"""An end that nothing outlasts: no name that is looked up for ever, no header that trickles, no endless `100 Continue`.

Time limits of sockets are for each piece that arrives. Here every wait, from the name of the host to the last byte of
the answer, gets only what is left of the whole call.
"""

import io
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache, partial
from http.client import HTTPException, HTTPResponse
from socket import socket
from typing import Any, Final, TypeVar, cast

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError

T = TypeVar("T")

# Status line and headers, interim answers included. Python bounds each line and their number, not the interim answers.
HEAD_BYTES: Final = 1 << 20


def within(seconds: float, call: Callable[[], T], *, too_late: Callable[[T], object] = id) -> T:
    """The result of `call()`.

    For what cannot be interrupted, such as looking up a name. It runs in a thread, left behind when it is late.

    Args:
        seconds: How long it may take.
        call: What to do.
        too_late: Gets a result that comes when nobody waits for it any more.

    Raises:
        TimeoutError: It takes longer.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="bounded", daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    except TimeoutError:
        outcome.add_done_callback(lambda late: too_late(late.result()) if late.exception() is None else None)
        raise


class Deadline:
    """When the call under way on one connection has to be over, how much may come, and whether any of it was sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends_at = -math.inf
        self._piece = 0.0
        self.body_bytes = 0
        self.sent = False
        self._answer: io.RawIOBase | None = None

    def begin(self, ends_at: float, piece_seconds: float, body_bytes: int) -> None:
        """A call begins. It ends at an instant of the clock, no wait for a piece takes longer than given, and no body
        is larger."""
        self._ends_at, self._piece, self.body_bytes, self.sent = ends_at, piece_seconds, body_bytes, False

    def opened(self, answer: io.RawIOBase) -> None:
        """An answer begins to come."""
        self._answer = answer

    def end(self) -> None:
        """The call is over; what is left of an answer that was refused half-way lets go of its socket."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def seconds(self) -> float:
        """How long the next wait may take; TimeoutError when the call's time is over."""
        left = self._ends_at - self._clock()
        if left <= 0:
            raise TimeoutError("the call's time is over")
        return min(left, self._piece)


class BoundedAdapter(HTTPAdapter):
    """One connection for requests, bounded by `deadline`."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        pool = cast(HTTPConnectionPool, super().get_connection_with_tls_context(request, verify, proxies, cert))
        if isinstance(pool.ConnectionCls, type):
            kind = _bounded(pool.ConnectionCls)
            pool.ConnectionCls = partial(kind, deadline=self._deadline)  # type: ignore[assignment] # it is only called
        return pool


class _Bounded(HTTPConnection):
    """A connection whose every wait ends with the deadline."""

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline
        self.response_class = partial(_BoundedResponse, deadline=deadline)  # type: ignore[assignment] # as above

    def _new_conn(self) -> socket:
        """A name is looked up and several addresses are tried, each for the whole time limit: together for one."""
        seconds = min(self._deadline.seconds(), float(self.timeout or math.inf))
        try:
            sock = within(seconds, super()._new_conn, too_late=socket.close)
        except TimeoutError as late:
            raise ConnectTimeoutError(self, f"no connection within {seconds:.0f} s") from late
        sock.settimeout(seconds)  # for what TLS says first
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        assert self.sock is not None, "connected, or raised"
        self.sock.settimeout(self._deadline.seconds())
        self._deadline.sent = True
        super().send(data)


@cache
def _bounded(kind: type) -> type[_Bounded]:
    """The same kind of connection, plain or with TLS or through a proxy, with an end to every wait."""
    return type(f"Bounded{kind.__name__}", (_Bounded, kind), {})


class _BoundedResponse(HTTPResponse):
    """An answer that is read no longer than the deadline allows, and whose head has an end."""

    def __init__(self, sock: socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        self._pieces = _Pieces(sock, deadline)
        deadline.opened(self._pieces)
        super().__init__(self._pieces, *args, **options)  # type: ignore[arg-type] # of a socket it wants the file only

    def begin(self) -> None:
        super().begin()
        # As it comes, packed or not: chunks have sizes, and trailers no end.
        self._pieces.most = HEAD_BYTES + 2 * self._pieces.deadline.body_bytes


class _Pieces(io.RawIOBase):
    """The bytes that come out of a socket. Each wait for some of them gets what is left of the call.

    Attributes:
        most: How many bytes may come; HTTPException after that.
    """

    def __init__(self, sock: socket, deadline: Deadline) -> None:
        super().__init__()
        self.most = HEAD_BYTES
        self.deadline = deadline
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self.deadline.seconds())
        count = self._sock.recv_into(buffer)
        self.most -= count
        if self.most < 0:
            raise HTTPException("the answer does not end")
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
