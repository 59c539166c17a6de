"""What a site told, kept for all processes that ask the same site as the same account."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from threading import Lock
from typing import Any, Final, NamedTuple

import orjson

from javis_pipeline.db.connection import Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.values import System

_QUERIES = named_queries("site_facts")

# What was read together is believed for so long: a run asks for dozens of facts at once, and who lives for days has to
# see what others forgot.
_BELIEVED_SECONDS: Final = 5.0


class _Fresh(NamedTuple):
    """What was told, as JSON, and until when it counts, by our clock."""

    value: str
    until: float


class SiteFacts:
    """What is kept of one site. Safe to share between threads; ages are those of the server's clock.

    Args:
        db: The product's database.
        system: Which site.
        asked_as: Where and as whom it is asked; what was told to others is not known.
        fresh: How long something counts.
    """

    def __init__(self, db: Database, system: System, asked_as: str, *, fresh: timedelta) -> None:
        self._db = db
        self._whose: dict[str, object] = {"system": system, "asked_as": asked_as}
        self._fresh = fresh
        self._asking: defaultdict[str, Lock] = defaultdict(Lock)
        self._naming = Lock()
        self._known: dict[str, _Fresh] = {}
        self._read_at = float("-inf")

    def of(self, name: str, ask: Callable[[], Any]) -> Any:
        """What was told lately, else what `ask` brings now; threads that want the same wait for the first of them."""
        with self._naming:
            asking = self._asking[name]
        with asking:
            known = self._read_together().get(name)
            if known is None or time.monotonic() > known.until:
                known = self._read_fresh(name).get(name)
            if known is not None:
                return orjson.loads(known.value)
            told = ask()
            self._keep("keep_fresh", {name: told})
            return told

    def _read_together(self) -> Mapping[str, _Fresh]:
        """All that was told lately."""
        with self._naming:
            if time.monotonic() - self._read_at > _BELIEVED_SECONDS:
                self._known = self._read_fresh(None)
                self._read_at = time.monotonic()
            return self._known

    def _read_fresh(self, name: str | None) -> dict[str, _Fresh]:
        began = time.monotonic()
        with self._db.statement() as conn:
            params = {**self._whose, "name": name, "fresh": self._fresh}
            rows = conn.execute(_QUERIES["recall_fresh"], params).fetchall()
        return {row["name"]: _Fresh(row["value"], began + row["seconds"]) for row in rows}

    def recall(self, names: Collection[str]) -> Mapping[str, Any]:
        """What was kept, however old it is, by name; without those of which nothing was."""
        if not names:
            return {}
        with self._db.statement() as conn:
            rows = conn.execute(_QUERIES["recall"], {**self._whose, "names": list(names)}).fetchall()
        return {row["name"]: orjson.loads(row["value"]) for row in rows}

    def keep(self, told: Mapping[str, Any]) -> None:
        """Remember by name what was told, for `recall`: where it is what was kept, it stays as old as it is."""
        if told:
            self._keep("keep", told)

    def _keep(self, query: str, told: Mapping[str, Any]) -> None:
        values = [orjson.dumps(value).decode() for value in told.values()]
        with self._db.statement() as conn:
            conn.execute(_QUERIES[query], {**self._whose, "names": [*told], "values": values})

    def forget(self, name: str | None = None) -> bool:
        """Forget what was told, or everything; whether there was anything."""
        with self._db.statement() as conn:
            forgotten = conn.execute(_QUERIES["forget"], {**self._whose, "name": name}).rowcount > 0
        with self._naming:
            self._known, self._read_at = {}, float("-inf")
        return forgotten
