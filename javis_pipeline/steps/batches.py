"""Fetching and storing side by side: batches of work, several under way at once."""

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def read_ahead(threads: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    """The items; while one is worked on, the next is fetched by one of the threads."""
    following = threads.submit(next, items, _END)
    while (item := following.result()) is not _END:
        following = threads.submit(next, items, _END)
        yield item  # type: ignore[misc]


_END: Final = object()


def as_they_come(
    threads: ThreadPoolExecutor, read: Callable[[Item], Result], wanted: Iterable[Item], *, most: int
) -> Iterator[Result]:
    """What `read` makes of each item, in the order in which it is ready.

    There are never more than `most` under way, so that memory stays flat.
    """
    under_way: set[Future[Result]] = set()
    for item in wanted:
        under_way.add(threads.submit(read, item))
        if len(under_way) >= most:
            ready, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ready)
    while under_way:
        ready, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in ready)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Garbage is collected a hundred times less often.

    A batch, or a long text, is a hundred thousand objects without cycles, which go away by themselves; looking through
    all that are under way again and again would take a quarter of the time of a first load, and of a merge.
    """
    _rarely.begin()
    try:
        yield
    finally:
        _rarely.end()


class _Rarely:
    """How many want it rare now: the first makes it so, and the last puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanting = 0
        self._before = gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            self._wanting += 1
            if self._wanting == 1:
                self._before = gc.get_threshold()
                gc.set_threshold(100 * self._before[0], *self._before[1:])

    def end(self) -> None:
        with self._lock:
            self._wanting -= 1
            if self._wanting == 0:
                gc.set_threshold(*self._before)


_rarely: Final = _Rarely()
