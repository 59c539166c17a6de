"""Programs that run beside a command, and none of which outlives it."""

import fcntl
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from javis_pipeline.errors import JavisError


@dataclass(frozen=True)
class Part:
    """A program.

    Attributes:
        command: The program and its arguments.
        quiet: Whether what it prints to standard output is thrown away; else it goes to standard error.
        cwd: Working directory; None for ours.
    """

    command: tuple[str, ...]
    quiet: bool = False
    cwd: str | None = None


class Parts:
    """Running programs. Made by `running`."""

    def __init__(self, keeper: "subprocess.Popen[str]") -> None:
        self._keeper = keeper

    def wait(self) -> None:
        """Return never: JavisError when one of them ends, after the others were ended too."""
        assert self._keeper.stdout is not None
        report = self._keeper.stdout.readline()
        self._keeper.wait()
        if not report:
            raise JavisError("the process that keeps the others together was killed; they have ended")
        ended = json.loads(report)
        raise JavisError(f"{ended['name']} ended by itself with exit code {ended['code']}, so everything has ended")

    def are_running(self) -> bool:
        """Whether none has ended so far."""
        return self._keeper.poll() is None

    def stop(self) -> None:
        """End them all; return when they have."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        with suppress(BrokenPipeError):
            self._keeper.stdin.write("stop\n")
            self._keeper.stdin.flush()
        self._keeper.wait()
        with suppress(BrokenPipeError):
            self._keeper.stdin.close()
        self._keeper.stdout.close()


@contextmanager
def held(file: Path, *, alone: bool) -> Iterator[None]:
    """Hold a lock on the file while the block lasts: together with others, or alone; waits for those in its way."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def run_while_held(parts: Mapping[str, Part], file: Path) -> None:
    """Start programs that run while anybody holds the file: this process, or others that came meanwhile."""
    # Not our standard error: whoever reads it would wait for its end as long as others use the programs.
    _keeper(parts, str(file), streams=subprocess.DEVNULL, errors=subprocess.DEVNULL).wait()


def _keeper(
    parts: Mapping[str, Part], *arguments: str, streams: int, errors: int | None = None
) -> "subprocess.Popen[str]":
    programs = json.dumps({name: asdict(part) for name, part in parts.items()})
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(Path(__file__).with_name("keeper.py")), programs, *arguments],
        text=True,
        # A group of its own: Ctrl-C on the terminal is for us, and we end the others in order.
        start_new_session=True,
        stdin=streams,
        stdout=streams,
        stderr=errors,
    )


@contextmanager
def running(parts: Mapping[str, Part]) -> Iterator[Parts]:
    """Run the programs while the block lasts. They end with this process, however it ends."""
    started = Parts(_keeper(parts, streams=subprocess.PIPE))
    try:
        yield started
    finally:
        started.stop()


def require_free_port(port: int, option: str) -> None:
    """JavisError when something listens on the port of 127.0.0.1 already; `option` chooses another."""
    with socket.socket() as probe:
        # A port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise JavisError(f"port {port} is taken; end what listens there, or choose another: {option}") from None
