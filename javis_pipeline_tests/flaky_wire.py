"""A wire between the product and a server that can be cut, as a cable or a firewall does it."""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

# Sent and closed with this, a connection ends in a reset: whoever reads gets an error instead of an end.
_RESET = struct.pack("ii", 1, 0)


class FlakyWire:
    """Forwards connections of a port of 127.0.0.1 to another until it is cut, and again when it is mended."""

    def __init__(self, to_port: int) -> None:
        self._to = ("127.0.0.1", to_port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._whole = True
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        # A blocked accept outlives the close of its socket.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    @property
    def is_used(self) -> bool:
        """Whether a connection goes through it now."""
        with self._lock:
            return bool(self._open)

    def cut(self) -> None:
        """Reset what is open, and whatever comes until `mend`."""
        with self._lock:
            self._whole = False
            torn, self._open = self._open, set()
        for each in torn:
            _reset(each)

    def mend(self) -> None:
        """Forward again."""
        with self._lock:
            self._whole = True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._to, timeout=30)
            except OSError:  # the server is away
                _reset(client)
                continue
            threading.Thread(target=self._connect, args=(client, server), daemon=True).start()

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        """Forward both ways until both have ended."""
        with self._lock:
            if self._whole:
                self._open |= {client, server}
        if client not in self._open:
            _reset(client)
            _reset(server)
            return
        back = threading.Thread(target=_forward, args=(server, client), daemon=True)
        back.start()
        _forward(client, server)
        back.join()
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()


def _forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    # Who waits for it in another thread is woken by the shutdown, not by the close.
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
