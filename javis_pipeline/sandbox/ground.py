"""What the four services stand on."""

import random
from collections.abc import Callable
from threading import RLock
from typing import Literal, NamedTuple

from javis_pipeline.sandbox.clock import Clock
from javis_pipeline.sandbox.credentials import Credentials
from javis_pipeline.sandbox.people import People

Edition = Literal["cloud", "data-center"]
"""Whether Atlassian runs the site, or a company does by itself."""


class Happened(NamedTuple):
    """Something that happened to a record of a service.

    Attributes:
        what: "created", "updated" or "deleted".
        where: Key of the issue, or of the page's space.
    """

    service: Literal["jira", "confluence"]
    what: str
    record_id: str
    where: str


class Ground:
    """Time, chance, accounts and tokens that all services of one sandbox share.

    Everything that reads or changes a service does so inside `with ground.lock:`, because a test or the demo acts as a
    person in one thread while requests are answered in another.
    """

    def __init__(self, *, seed: int = 1, clock: Clock | None = None, edition: Edition = "cloud") -> None:
        self.seed = seed
        self.edition = edition
        self.clock = clock or Clock()
        self.people = People()
        self.credentials = Credentials(seed)
        self.lock = RLock()
        # Told of what happens to records, while the lock is held.
        self.listeners: list[Callable[[Happened], None]] = []
        # Where clients reach the sandbox, without a slash at the end; the server sets it once it listens.
        self.base_url = "http://127.0.0.1:8765"

    @property
    def configured_url(self) -> str:
        """What the products believe to be their host, and show in links: companies rarely reach theirs by that."""
        return self.base_url if self.edition == "cloud" else self.base_url.replace("127.0.0.1", "localhost")

    def tell(self, happened: Happened) -> None:
        """Tell whoever listens."""
        for listener in self.listeners:
            listener(happened)

    def random(self, purpose: str) -> random.Random:
        """A source of chance of its own, always the same for the same seed and purpose."""
        return random.Random(f"{self.seed}:{purpose}")  # noqa: S311 - chance in a test double, not a secret
