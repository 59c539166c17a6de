"""What the database refuses where something is written here, in its own words."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from javis_pipeline.errors import UsageError


@contextmanager
def refusals_told() -> Iterator[None]:
    """What is refused while the block lasts is a UsageError, with the remedy that the database names."""
    try:
        yield
    except psycopg.Error as error:
        raise UsageError(_told(error)) from error


def _told(error: psycopg.Error) -> str:
    said = (error.diag.message_primary or str(error)).removeprefix("javis: ")
    return f"{said}. {error.diag.message_hint}" if error.diag.message_hint else said
