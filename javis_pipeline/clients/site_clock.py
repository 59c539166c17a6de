"""A site's own time, asked for once."""

import threading
import time
from datetime import datetime, timedelta
from typing import Protocol


class Clocked(Protocol):
    """A client of a site that tells its time."""

    def server_time(self) -> datetime:
        """The time by the site's clock, asked for now."""
        ...


class SiteClock:
    """The site's time; no earlier than it is. Safe to share between threads."""

    def __init__(self, client: Clocked) -> None:
        self._client = client
        self._asked: tuple[datetime, float] | None = None
        self._asking = threading.Lock()

    def now(self) -> datetime:
        """The time by the site's clock."""
        with self._asking:
            if self._asked is None:
                began = time.monotonic()
                self._asked = (self._client.server_time(), began)
        told, began = self._asked
        return told + timedelta(seconds=time.monotonic() - began)
