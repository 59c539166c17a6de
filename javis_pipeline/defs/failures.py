"""Our errors in Dagster's terms."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from javis_pipeline.errors import JavisError, RemoteBusy, ScopeBusy

MAX_RETRIES = 2
DEFAULT_WAIT_SECONDS = 30.0


@contextmanager
def explained_failures() -> Iterator[None]:
    """Retry what is only busy; fail at once, with the message as description, on every other error of ours."""
    try:
        yield
    except (RemoteBusy, ScopeBusy) as error:
        wait = getattr(error, "retry_after", None)
        raise dg.RetryRequested(
            max_retries=MAX_RETRIES, seconds_to_wait=wait.total_seconds() if wait else DEFAULT_WAIT_SECONDS
        ) from error
    except JavisError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
