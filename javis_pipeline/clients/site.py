"""What the clients of all systems have in common: one transport to one site, open until it is closed."""

import random
from collections.abc import Callable
from typing import Self, TypedDict

from javis_pipeline.clients.calls import Exchange, Limits
from javis_pipeline.clients.http import Transport
from javis_pipeline.clients.pacing import Pace


class Options(TypedDict, total=False):
    """How a client of a site talks.

    Attributes:
        read_only: Refuse everything that could write.
        rate: Requests a second on average.
        record: Called with every exchange.
        limits: Bounds of one call.
        pace: Shared with others who ask the site; None for one of its own, of that rate.
        clock, sleep, jitter: Stand-ins for tests.
    """

    read_only: bool
    rate: float
    record: Callable[[Exchange], None]
    limits: Limits
    pace: Pace | None
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: random.Random


class SiteClient:
    """A client for one site. Safe to share between threads."""

    def __init__(self, http: Transport) -> None:
        self._http = http

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client can be used again."""
        self._http.close()
