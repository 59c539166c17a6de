"""Serving the sandbox: in a thread for tests and the demo, in the foreground for the command."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from javis_pipeline.sandbox.app import create_app
from javis_pipeline.sandbox.connections import Connections
from javis_pipeline.sandbox.world import World

SAVE_SECONDS = 20.0


class SandboxServer:
    """Serves a world from a thread while the block lasts.

        with SandboxServer(World(seed=7)) as server:
            requests.get(f"{server.base_url}/rest/api/3/serverInfo")

    Args:
        world: What is served.
        port: TCP port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, world: World, *, port: int = 0) -> None:
        self.world = world
        self._socket = _listen("127.0.0.1", port)
        world.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = _uvicorn(world)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def base_url(self) -> str:
        """Where clients reach it, without a slash at the end."""
        return self.world.base_url

    def __enter__(self) -> Self:
        """Returns once requests are answered: connections made before that wait in the backlog of the socket."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the open connections and the thread, and saves the state."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.world.save()


def serve(world: World, *, host: str, port: int, listening: Callable[[str], None]) -> None:
    """Serves the world in the foreground until SIGINT or SIGTERM; saves its state meanwhile and at the end.

    Args:
        world: What is served.
        host: Address to listen on.
        port: TCP port; 0 takes a free one.
        listening: Called with the base URL once clients can connect.

    Raises:
        OSError: The port is taken, or may not be used.
    """
    # uvicorn ends in good order on a signal and then raises it again, which by default would kill us before the save.
    signal.signal(signal.SIGTERM, _interrupt)
    with _listen(host, port) as open_socket:
        world.base_url = f"http://{host}:{open_socket.getsockname()[1]}"
        stop = threading.Event()
        saver = threading.Thread(target=_save_until, args=(world, stop), daemon=True)
        saver.start()
        listening(world.base_url)
        try:
            _uvicorn(world).run(sockets=[open_socket])
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            saver.join()
            world.save()


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
    raise KeyboardInterrupt


def _save_until(world: World, stop: threading.Event) -> None:
    while not stop.wait(SAVE_SECONDS):
        world.save()


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(128)
    return listening


def _uvicorn(world: World) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(world),
        http=_tracked(world.connections),
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the time of the sandbox is another
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )
    return uvicorn.Server(config)


def _tracked(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, telling `connections` which transport belongs to which client."""

    class TrackedProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            super().connection_made(transport)
            connections.opened(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport)
            super().connection_lost(exc)

    return TrackedProtocol
