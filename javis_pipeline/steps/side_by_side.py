"""Work on several records at once: their requests wait side by side."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

# So many for each thread are under way or wait to be asked for: however many there are, memory stays flat.
_AHEAD: Final = 16

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T], *, threads: int) -> Iterator[R]:
    """The results in the order of the items; an error is raised where its item comes.

    With one thread the work is done as the results are asked for, in the caller's thread.
    """
    if threads <= 1:
        yield from map(work, items)
        return
    rest = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        futures: deque[Future[R]] = deque(pool.submit(work, item) for item in islice(rest, _AHEAD * threads))
        try:
            while futures:
                yield futures.popleft().result()
                futures.extend(pool.submit(work, item) for item in islice(rest, 1))
        finally:
            for future in futures:
                future.cancel()
