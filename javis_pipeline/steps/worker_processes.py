"""Processes beside this one: pure work that would hold up the threads of a long load is done there.

They are an aid and never a must: what they cannot do, or leave undone because they died, is done here.
"""

import ctypes
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pickle import PickleBuffer
from queue import SimpleQueue
from threading import Lock
from typing import Any, Final, ParamSpec, Protocol, Self, TypeVar

from javis_pipeline.steps.batches import rare_collections

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# More would be idle: fetching and storing take as long as two need for their part.
PROCESSES: Final = 2
# With fewer batches of a pull it is over before they are of use.
WORTH_WORKERS: Final = 3
# Time to end for a process whose pipe was closed.
END_SECONDS: Final = 5.0
# Of glibc: blocks from a size on are given back to the system as soon as they are free. The number is that of malloc.h,
# the size the one that it begins with, before it makes it a hundred times as large for the sake of a large answer.
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 128 * 1024
# What Python itself needs of the environment; accounts and tokens are in the rest of it.
PASSED_ON: Final = (
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONHOME",
)

# At the end nothing is left to tidy up, and Python would take its time for it.
_SERVE: Final = "import os; from javis_pipeline.steps.worker_processes import serve; serve({}); os._exit(0)"


class Run(Protocol):
    """Calls a function, somewhere."""

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result."""
        ...


def run_here(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the function in this process."""
    return function(*args, **kwargs)


class WorkerProcesses:
    """Run functions of modules, with arguments and results that can be pickled. Safe to share between threads.

    Until they are started all is done in this process. Several blocks may share them: the processes end with the last,
    or with this process.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._one_here = Lock()
        self._sharing = 0
        self._clear()

    def _clear(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._pipes: list[Connection] = []
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._usable = False

    def __enter__(self) -> Self:
        with self._lock:
            self._sharing += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._sharing -= 1
            if self._sharing == 0:
                self._end()

    def _end(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._clear()

    def start(self) -> None:
        """Start the processes where they are not yet; worth it from some hundred records on."""
        with self._lock:
            if self._processes:
                return
            _give_back_large_blocks()
            try:
                for _ in range(PROCESSES):
                    self._start()
            except OSError as error:
                log.warning("no worker processes can be started (%s); all is done in one process", error)
            else:
                self._usable = True

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result; waits while all processes are busy."""
        if self._usable:
            pipe = self._idle.get()
            try:
                _send(pipe, (function, [_apart(one) for one in args], kwargs))
                done, result = pipe.recv()
                if done:
                    return result  # type: ignore[no-any-return]
                log.info("a worker process could not do %s; it is done again here", function.__name__)
            except (OSError, EOFError):
                if self._usable:
                    log.warning("a worker process ended unexpectedly; from now on all is done in one process")
                self._usable = False
            finally:
                self._idle.put(pipe)
        with self._one_here:  # more at once would take as long, and many times the memory
            return function(*args, **kwargs)

    def _start(self) -> None:
        ours, theirs = Pipe()
        with theirs:
            self._processes.append(
                subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [sys.executable, "-P", "-c", _SERVE.format(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env={name: os.environ[name] for name in PASSED_ON if name in os.environ}
                    | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )
            )
        self._pipes.append(ours)
        self._idle.put(ours)


WORKERS: Final = WorkerProcesses()
"""Those of this process: whatever it loads at once shares them, because it cannot feed more."""


def serve(descriptor: int) -> None:
    """Do what is asked over this pipe until its other end is closed."""
    _give_back_large_blocks()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process was interrupted too, and will close the pipe
    with Connection(descriptor) as pipe, rare_collections():
        while True:
            try:
                function, args, kwargs = _receive(pipe)
            except EOFError:
                return
            try:
                answer = (True, function(*args, **kwargs))
            except Exception:  # noqa: BLE001 - whatever it is, the caller meets it too, and knows what to do
                answer = (False, None)
            pipe.send(answer)


def _apart(value: object) -> object:
    """Bytes as what goes beside the rest: an answer would be copied several times on its way otherwise."""
    return PickleBuffer(value) if type(value) is bytes else value


def _send(pipe: Connection, value: object) -> None:
    beside: list[PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=beside.append)
    pipe.send((pickled, len(beside)))
    for part in beside:
        pipe.send_bytes(part)


def _receive(pipe: Connection) -> Any:
    pickled, beside = pipe.recv()
    return pickle.loads(pickled, buffers=[pipe.recv_bytes() for _ in range(beside)])  # noqa: S301 - of our own process


def _give_back_large_blocks() -> None:
    """Have this process give back memory of answers, from now on.

    glibc would keep of each thread as much as the largest answer took. Other C libraries do not.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
