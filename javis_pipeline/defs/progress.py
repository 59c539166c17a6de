"""Who is told how far a step is: the command line's bar, or the log."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from javis_pipeline.steps.ports import Progress

_watcher: ContextVar[Progress | None] = ContextVar("progress", default=None)
log = logging.getLogger(__name__)


def in_the_log(*, every_seconds: float = 60.0) -> Progress:
    """Says how far a step is that takes longer: a run that Dagster started is watched in its log."""
    told_at = time.monotonic()

    def tell(done: int, total: int | None) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= every_seconds:
            told_at = time.monotonic()
            log.info("so far: %d%s", done, "" if total is None else f" of {total}")

    return tell


def watcher() -> Progress:
    """Whom the step that runs here has to tell."""
    return _watcher.get() or in_the_log()


@contextmanager
def watched(progress: Progress) -> Iterator[None]:
    """Runs that are executed in this block, in this process, tell `progress`."""
    token = _watcher.set(progress)
    try:
        yield
    finally:
        _watcher.reset(token)
