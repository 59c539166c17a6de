"""Our errors in Dagster's terms."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import dagster as dg

from javis_pipeline.errors import JavisError, RemoteBusy, SyncHalted

MAX_RETRIES = 2
# A waiting step keeps its run, its slot in the pool, and whoever typed `javis sync`; the schedule comes again anyway.
LONGEST_WAIT = timedelta(minutes=5)


@contextmanager
def explained_failures() -> Iterator[None]:
    """Try a step again when the remote said when, and that is soon; else fail, with the message as description.

    A client has repeated a request several times before it gives up, so a step that starts over at once gains nothing.
    """
    try:
        yield
    except JavisError as error:
        error.stopped = dg.OpExecutionContext.get().op.name
        wait = error.retry_after if isinstance(error, RemoteBusy) else None
        if wait is not None and wait <= LONGEST_WAIT:
            raise dg.RetryRequested(max_retries=MAX_RETRIES, seconds_to_wait=wait.total_seconds()) from error
        raise dg.Failure(description=_for_launchpad(error), allow_retries=False) from error


def _for_launchpad(error: JavisError) -> str:
    """The message; what a person may allow is named as the launchpad, and `--config-json`, want it."""
    if not isinstance(error, SyncHalted) or error.allow is None:
        return str(error)
    op = dg.OpExecutionContext.get().op.name
    config = json.dumps({"ops": {op: {"config": dict([error.allow])}}})
    return f"{error.finding} If that is right, start {op} again with this configuration: {config}"
