"""Keeps programs together: when one ends, or whoever started them is gone, all of them end.

It is a program of its own, which needs nothing but the standard library, and leads a process group; what the programs
start in turn stays in that group, so that nothing is left behind. Its standard input is a pipe from whoever started it:
the pipe ends with that process, even when it is killed with -9. A guard outside the group ends the group when the
keeper itself is killed so.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

# Dagster ends its servers one after the other.
PATIENCE_SECONDS = 30.0
# Whoever started them was killed, and expects that nothing is left.
HASTE_SECONDS = 2.5
_LOOK_EVERY_SECONDS = 0.1

Running = dict[str, "subprocess.Popen[bytes]"]


def main() -> None:
    """Run the programs that the first argument names as JSON: name to {"command": [...], "quiet": bool, "cwd": ...}.

    A second argument names a file: then they run, whoever started them, while anybody holds a lock on it; the process
    that was started ends at once.
    """
    users = sys.argv[2:]
    if users and os.fork():
        return
    _set_guard(os.getpgrp())
    # A handler, not "ignore": what is ignored would be ignored by the programs too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    running = {name: _start(**program) for name, program in json.loads(sys.argv[1]).items()}
    patience = _wait(running, partial(_is_unused, *users) if users else _is_pipe_over)
    _stop(running, patience)
    # Whatever is left in the group, and this process, which has nothing more to do.
    os.killpg(0, signal.SIGKILL)


def _set_guard(group: int) -> None:
    """Have a process outside the group kill what is left of the group as soon as this one is gone."""
    until_gone, held = os.pipe()  # the programs do not inherit it
    if os.fork():
        os.close(until_gone)
        return
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for descriptor in (held, *(stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr))):
        os.close(descriptor)
    os.read(until_gone, 1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    os._exit(0)


def _start(command: list[str], *, quiet: bool, cwd: str | None) -> "subprocess.Popen[bytes]":
    # Our own standard output is the pipe that reports go into.
    output = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, cwd=cwd)  # noqa: S603 - our own programs


def _wait(running: Running, is_over: Callable[[], float | None]) -> float:
    """Wait until a program ends, which is reported, or it is over; how long the others are given to end."""
    while True:
        for name, process in running.items():
            if process.poll() is not None:
                _report({"name": name, "code": process.returncode})
                return PATIENCE_SECONDS
        patience = is_over()
        if patience is not None:
            return patience


def _is_pipe_over() -> float | None:
    if select.select([sys.stdin], [], [], _LOOK_EVERY_SECONDS)[0]:
        return PATIENCE_SECONDS if sys.stdin.readline() else HASTE_SECONDS
    return None


def _is_unused(file: str) -> float | None:
    """Over when nobody holds a lock on the file. Ours then lasts as long as we do: who comes now waits."""
    time.sleep(_LOOK_EVERY_SECONDS)
    lock = os.open(file, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return HASTE_SECONDS


def _report(ended: Mapping[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(ended), flush=True)


def _stop(running: Running, patience: float) -> None:
    for process in running.values():
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + patience
    for process in running.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0))


if __name__ == "__main__":
    main()
