"""Who is told how far a step is: the command line's bar, or nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from javis_pipeline.steps.ports import Progress


def _unseen(done: int, total: int | None) -> None:
    """A run that Dagster started is watched in its log."""


_watcher: ContextVar[Progress] = ContextVar("progress", default=_unseen)


def watcher() -> Progress:
    """Whom the step that runs here has to tell."""
    return _watcher.get()


@contextmanager
def watched(progress: Progress) -> Iterator[None]:
    """Runs that are executed in this block, in this process, tell `progress`."""
    token = _watcher.set(progress)
    try:
        yield
    finally:
        _watcher.reset(token)
