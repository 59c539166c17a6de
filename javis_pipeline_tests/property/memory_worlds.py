"""The worlds in memory that every law is tried in: a system gets all laws by naming its world here."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from javis_pipeline_tests.property.field_histories import CHOICES, NUMBER, FieldHistory
from javis_pipeline_tests.property.page_histories import OwnPageHistory, PageHistory
from javis_pipeline_tests.property.sync_histories import History, how_many
from javis_pipeline_tests.property.sync_memory import MemoryRemote
from javis_pipeline_tests.property.wiki_histories import WikiHistory

_MOST: Final = how_many("JAVIS_LAWS_HISTORIES", usual=1_200, thorough=10_000)


@dataclass(frozen=True, kw_only=True)
class MemoryWorld:
    """A sort of records, and how much is tried with it.

    Attributes:
        make: A history of such records.
        histories: How many are played where nothing else is said.
        busy_day: Records, each with another mixture of edits on the two sides.
        points: More points than that, at which a run can die, are in a run after such a day.
        short_day: The same with few records.
        undone: Fields that are edited and undone.
    """

    name: str
    make: type[History]
    histories: int
    busy_day: Callable[[], History]
    points: int
    short_day: Callable[[], History]
    undone: tuple[str, ...]

    def some(self, share: float) -> range:
        """Seeds of a part of the histories."""
        return range(max(10, int(self.histories * share)))


def _busy(make: type[History], *, records: int, edits: int) -> Callable[[], History]:
    def day() -> History:
        history = make(Random(7), records=records, faulty=False)
        history.field_names = list(history.synced)
        if isinstance(history.remote, MemoryRemote):
            history.remote.marks = True
        history.rng = Random(11)
        for _ in range(edits):
            history.edit_locally()
            history.edit_remotely()
        return history

    return day


WORLDS: Final = (
    MemoryWorld(
        name="issues",
        make=History,
        histories=_MOST,
        busy_day=_busy(History, records=12, edits=30),
        points=150,
        short_day=_busy(History, records=3, edits=8),
        undone=("priority", "due_date", "labels"),
    ),
    MemoryWorld(
        name="wiki",
        make=WikiHistory,
        histories=how_many("JAVIS_LAWS_HISTORIES", usual=200, thorough=10_000),
        busy_day=_busy(WikiHistory, records=6, edits=20),
        points=60,
        short_day=_busy(WikiHistory, records=3, edits=8),
        undone=("priority", "description", "labels"),
    ),
    MemoryWorld(
        name="fields",
        make=FieldHistory,
        histories=how_many("JAVIS_LAWS_HISTORIES", usual=150, thorough=10_000),
        busy_day=_busy(FieldHistory, records=3, edits=12),
        points=30,
        short_day=_busy(FieldHistory, records=2, edits=6),
        undone=(NUMBER, CHOICES, "labels"),
    ),
    MemoryWorld(
        name="pages",
        make=PageHistory,
        histories=_MOST * 3 // 10,
        busy_day=_busy(PageHistory, records=8, edits=24),
        points=100,
        short_day=_busy(PageHistory, records=3, edits=8),
        undone=("title", "body_storage", "labels"),
    ),
    MemoryWorld(
        name="own pages",
        make=OwnPageHistory,
        histories=how_many("JAVIS_LAWS_HISTORIES", usual=100, thorough=10_000),
        busy_day=_busy(OwnPageHistory, records=6, edits=18),
        points=60,
        short_day=_busy(OwnPageHistory, records=3, edits=8),
        undone=("title", "body_storage", "labels"),
    ),
)
