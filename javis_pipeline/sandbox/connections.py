"""The open TCP connections, so that a fault can close the one a request came by."""

import asyncio


class Connections:
    """Transports by the address of their client."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        """Notes a new connection."""
        self._open[_client(transport)] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        """Forgets a connection that ended."""
        self._open.pop(_client(transport), None)

    def close(self, client: tuple[str, int], *, flush: bool) -> None:
        """Ends the connection from `client`: after what was already written to it (`flush`), or at once."""
        transport = self._open.get((client[0], client[1]))
        if transport is None:
            return
        if flush:
            transport.close()
        else:
            transport.abort()


def _client(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return host, port
