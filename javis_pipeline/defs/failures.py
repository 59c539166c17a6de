"""Our errors in Dagster's terms."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from javis_pipeline.errors import JavisError, RemoteBusy

MAX_RETRIES = 2


@contextmanager
def explained_failures() -> Iterator[None]:
    """Try a step again when the remote said when; fail at once, with the message as description, on our other errors.

    A client has repeated a request several times before it gives up, so a step that starts over at once gains nothing.
    """
    try:
        yield
    except JavisError as error:
        if isinstance(error, RemoteBusy) and error.retry_after is not None:
            raise dg.RetryRequested(
                max_retries=MAX_RETRIES, seconds_to_wait=error.retry_after.total_seconds()
            ) from error
        raise dg.Failure(description=str(error), allow_retries=False) from error
