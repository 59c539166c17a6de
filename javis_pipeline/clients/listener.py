"""An address of ours that strangers can reach: what they may cost is bounded before anybody knows who they are.

For Slack's buttons, and for whatever else is told to us over HTTP. TLS is the business of the proxy in front.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.requests import Request
    from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a stranger may cost.

    Attributes:
        head_bytes: Of request line and headers together.
        connections: Open at once; one more closes the oldest, so that who only keeps them open keeps nobody out.
        seconds: From the connection to the last byte of the answer.
    """

    head_bytes: int = 16 * 1024
    connections: int = 64
    seconds: float = 15.0


USUAL: Final = Bounds()


def make_listener(app: "ASGIApp", host: str, port: int, *, bounds: Bounds = USUAL) -> uvicorn.Server:
    """A server for an application; `run()` serves until Ctrl-C."""

    class Protocol(_BoundedProtocol):
        most = bounds

    # Its warnings are about what strangers send: whoever likes could fill the log.
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Protocol,
            ws="none",
            lifespan="off",
            backlog=bounds.connections,
            h11_max_incomplete_event_size=bounds.head_bytes,
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            # A connection has its time: who went on to use it would be cut off in the middle of a later request.
            headers=[("Connection", "close")],
        )
    )


async def bounded_body(request: "Request", most: int) -> bytes | None:
    """The body of a request; None when it is longer, and then the rest of it is not read, or when it does not come."""
    from starlette.requests import ClientDisconnect

    parts, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                return None
            parts.append(chunk)
    except ClientDisconnect:  # nobody hears the answer, and whoever likes could fill the log
        return None
    return b"".join(parts)


class _BoundedProtocol(H11Protocol):
    """A connection that is over when its time is."""

    most = USUAL
    _end: "asyncio.TimerHandle | None" = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._end = self.loop.call_later(self.most.seconds, transport.abort)
        if len(self.connections) > self.most.connections:
            # The loop's timers tell who came first.
            oldest = min((one for one in self.connections if isinstance(one, _BoundedProtocol)), key=_ends_at)
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        # A head is measured while it is incomplete: what comes at once has to be read piece by piece.
        piece = self.most.head_bytes // 4
        for start in range(0, len(data), piece):
            if not self.transport.is_closing():
                super().data_received(data[start : start + piece])

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)


def _ends_at(connection: _BoundedProtocol) -> float:
    return connection._end.when() if connection._end is not None else 0.0
