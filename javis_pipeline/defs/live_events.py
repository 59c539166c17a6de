"""What `javis live` changed, told to Dagster without a run: the UI shows it, and what depends on it is made anew."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Condition, Thread
from typing import Any, Final, NamedTuple

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.live import one_at_a_time
from javis_pipeline.defs.sides import SIDES
from javis_pipeline.errors import JavisError
from javis_pipeline.records.values import ScopeRef, System
from javis_pipeline.settings import Settings
from javis_pipeline.steps.live_scope import Turn

OpenInstance = Callable[[], AbstractContextManager[dg.DagsterInstance]]
Changed = Callable[[ScopeRef, Turn], None]

# Each event is kept for long; so many of an asset's partition are enough for whoever looks.
EVERY_SECONDS: Final = 60.0
# An event under way is waited for so long.
_END_SECONDS: Final = 3.0
_US: Final = "javis live"
_VERSION: Final = "dagster/data_version"
_SENT: Final = frozenset({"confirmed", "rejected", "unknown"})

log = logging.getLogger(__name__)


class _Place(NamedTuple):
    """A side of a project: a partition of two assets."""

    system: System
    project: str


@contextmanager
def telling_dagster(open_instance: OpenInstance, db: Database, settings: Settings) -> Iterator[Changed]:
    """While the block lasts: takes what changed where, and tells it, once a minute for each asset and partition.

    Dagster is told beside the sync, which never waits for it; what cannot be told is told a minute later.
    """
    teller = _Teller(open_instance, db, settings)
    thread = Thread(target=teller.run, name="live-dagster", daemon=True)
    thread.start()
    try:
        yield teller.note
    finally:
        teller.stop()
        thread.join(_END_SECONDS)


class _Teller:
    """Collects what changed, and tells it in a thread of its own."""

    def __init__(self, open_instance: OpenInstance, db: Database, settings: Settings) -> None:
        self._open_instance = open_instance
        self._db = db
        self._settings = settings
        self._news = Condition()
        self._counts: dict[_Place, Counter[str]] = {}
        self._due: dict[_Place, float] = {}
        self._stopped = False

    def note(self, scope: ScopeRef, turn: Turn) -> None:
        """Something is otherwise now."""
        project = self._settings.project_of(scope)
        if project is None:
            return
        with self._news:
            self._counts.setdefault(_Place(scope.system, project), Counter()).update(turn.counts)
            self._news.notify()

    def stop(self) -> None:
        """Tell nothing more, but what is due."""
        with self._news:
            self._stopped = True
            self._news.notify()

    def run(self) -> None:
        """Until it is stopped."""
        with ExitStack() as opened:
            instance: dg.DagsterInstance | None = None
            while (found := self._next()) is not None:
                place, counts = found
                try:
                    instance = instance or opened.enter_context(self._open_instance())
                    with one_at_a_time(self._db, f"{place.system} {place.project}"):
                        if wait := self._tell(instance, place, counts):
                            self._keep(place, counts, wait)
                except Exception as error:  # noqa: BLE001 - the sync goes on without Dagster, whatever it lacks
                    why = str(error) if isinstance(error, JavisError) else type(error).__name__
                    log.warning("Dagster is not told of %s %s: %s", *place, why)
                    self._keep(place, counts, EVERY_SECONDS)

    def _next(self) -> tuple[_Place, Counter[str]] | None:
        """A side whose minute has come, with what changed there; None when it was stopped."""
        with self._news:
            while True:
                now = time.monotonic()
                due = {place: self._due.get(place, now) for place in self._counts}
                place = min(due, key=due.__getitem__, default=None)
                if place is not None and due[place] <= now:
                    self._due[place] = now + EVERY_SECONDS
                    return place, self._counts.pop(place)
                if self._stopped:
                    return None
                self._news.wait(None if place is None else due[place] - now)

    def _keep(self, place: _Place, counts: Counter[str], wait: float) -> None:
        with self._news:
            if not self._stopped:
                self._counts.setdefault(place, Counter()).update(counts)
                self._due[place] = time.monotonic() + wait

    def _tell(self, instance: dg.DagsterInstance, place: _Place, counts: Counter[str]) -> float:
        """Tell it; or in how many seconds, where another process told of this side within the last minute."""
        side = SIDES[place.system]
        held = side.held(self._db, self._settings.scopes_in(place.system, place.project))
        metadata: dict[str, Any] = {"dagster/row_count": held.rows, "told_by": _US, **counts}
        assets = [side.words.table, *([side.words.write_back] if counts.keys() & _SENT else [])]
        newest = {key: _newest(instance, key, place.project) for key in map(dg.AssetKey, assets)}
        if wait := max(_seconds_to_wait(event) for event in newest.values()):
            return wait
        for key, event in newest.items():
            if _version_of(event) == held.version:
                continue
            instance.report_runless_asset_event(
                dg.AssetMaterialization(key, partition=place.project, metadata=metadata, tags={_VERSION: held.version})
            )
        return 0.0


def _newest(instance: dg.DagsterInstance, key: dg.AssetKey, project: str) -> dg.EventLogRecord | None:
    """What Dagster was told last of a partition, by a run or by whoever."""
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[project])
    return next(iter(instance.fetch_materializations(wanted, limit=1).records), None)


def _seconds_to_wait(event: dg.EventLogRecord | None) -> float:
    """How long nothing is told after this event."""
    told = event.asset_materialization if event is not None else None
    if event is None or told is None or "told_by" not in told.metadata:
        return 0.0
    return min(max(event.timestamp + EVERY_SECONDS - time.time(), 0.0), EVERY_SECONDS)


def _version_of(event: dg.EventLogRecord | None) -> str | None:
    told = event.asset_materialization if event is not None else None
    return (told.tags or {}).get(_VERSION) if told is not None else None
