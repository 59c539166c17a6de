"""Connections that are lent again and again."""

import select
import time
from typing import Final

import psycopg
from psycopg.rows import DictRow
from psycopg_pool import ConnectionPool

# One that was used a moment ago, and of which nothing was heard since, is believed to be there.
_BELIEVED_SECONDS: Final = 1.0


class Pooled(psycopg.Connection[DictRow]):
    """A connection that knows when it was used last."""

    used_at: float = float("-inf")

    def note_use(self) -> None:
        """It comes back now."""
        self.used_at = time.monotonic()

    def check(self) -> None:
        """Raise OperationalError where it is gone: that it ends is all that a server says to who asked nothing."""
        heard = select.poll()
        heard.register(self.fileno(), select.POLLIN)
        if heard.poll(0) or time.monotonic() - self.used_at > _BELIEVED_SECONDS:
            ConnectionPool.check_connection(self)
