"""Random histories of records that are deleted here and put away there, and their laws: nothing is put away there but
what was seen as it was, and nothing while that is switched off; what is restored there comes back.

Where they are played says a world: in memory, or with PostgreSQL and a site behind a socket.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from javis_pipeline.records.policy import Way
from javis_pipeline.records.sync import Away, Removal
from javis_pipeline_tests.property.sync_memory import Halt

FAULTS: Final = ("ok", "ok", "ok", "lost_before", "lost_after", "late", "busy", "refused")
"""What becomes of a write, each as likely as it stands here."""
EVENTS: Final = ("delete", "delete", "delete", "edit", "edit there", "away", "restore", "setting", "choose")
"""What happens, each as likely as it stands here."""


@dataclass(frozen=True)
class Row:
    """How a record stands here; `errors` are what its row says."""

    is_deleted: bool
    removal: Removal | None
    errors: Any = None


class AwayHistory(ABC):
    """A random history of two records; the rest is what a world has to know of them, and to do."""

    ways: Sequence[Way] = ("archive", "delete")
    rounds = 6
    longest = 14
    rng: Random
    crash_rate = 0.0
    way: Way | None = None
    put = 0

    # what a world does

    @abstractmethod
    def ids(self) -> Sequence[str]:
        """The two records."""

    @abstractmethod
    def delete_here(self, record: str) -> None: ...

    @abstractmethod
    def change_here(self, record: str) -> None: ...

    @abstractmethod
    def change_there(self, record: str) -> None: ...

    @abstractmethod
    def put_there(self, record: str, away: Away) -> None: ...

    @abstractmethod
    def restore_there(self, record: str) -> None: ...

    @abstractmethod
    def set_way(self, way: Way | None) -> None: ...

    @abstractmethod
    def choose(self) -> None:
        """A person answers what is asked."""

    @abstractmethod
    def let_fail(self, fate: Callable[[], str]) -> None:
        """Let writes meet with these fates."""

    @abstractmethod
    def one_sync(self) -> None:
        """One run, which may die or be put off."""

    @abstractmethod
    def execute_late(self) -> None:
        """What was to be executed late is."""

    @abstractmethod
    def pass_time(self, span: timedelta) -> None: ...

    @abstractmethod
    def standing(self, record: str) -> Row: ...

    @abstractmethod
    def is_away(self, record: str) -> bool:
        """Whether the record is not where people work with it."""

    # what happens

    def play(self) -> None:
        self.set_way(self.rng.choice((*self.ways, None)))
        for _ in range(self.rng.randint(4, self.longest)):
            self.crash_rate = self.rng.choice((0, 0, 0.05))
            self.let_fail(lambda: self.rng.choice(FAULTS))
            self.event()
            if self.rng.random() < 0.6:
                self.one_sync()
            self.execute_late()
        self.settle_down()

    def event(self) -> None:
        rng, record = self.rng, self.rng.choice(self.ids())
        match rng.choice(EVENTS):
            case "delete":
                self.delete_here(record)
            case "edit":
                self.change_here(record)
            case "edit there":
                self.change_there(record)
            case "away":
                self.put_there(record, rng.choice(("archived", "trashed")))
            case "restore":
                self.restore_there(record)
            case "setting":
                self.set_way(rng.choice((None, *self.ways)))
            case "choose":
                self.choose()
        self.pass_time(timedelta(minutes=rng.choice((1, 10))))

    def settle_down(self) -> None:
        self.crash_rate = 0
        self.let_fail(lambda: "ok")
        for _ in range(self.rounds):
            self.pass_time(timedelta(days=1))
            self.one_sync()
        for record in self.ids():
            self.check_row(record)

    # the laws

    def check_sent(self, *, removes: bool, removal: Removal | None, changed: Collection[str]) -> None:
        """What is put away is wanted away, as it was seen. `changed` are fields that are otherwise there than they were
        seen, where nobody chose the deletion in spite of that."""
        self.put += 1
        if self.way is None or (removes and self.way == "archive") or removal in (None, "done"):
            raise Halt("something is put away that nobody wants away")
        if changed:
            raise Halt(f"{', '.join(changed)} was seen to be changed, and the record is put away")

    def check_row(self, record: str) -> None:
        row, is_away = self.standing(record), self.is_away(record)
        if not row.is_deleted or is_away:
            return
        if row.removal == "done":
            raise Halt("it was restored there, and stays deleted here")
        if row.removal is not None and self.way is not None:
            raise Halt(f"a deletion was lost: {row.errors}")


def play(history: AwayHistory, seed: int) -> None:
    """Play a history; a broken law names its seed."""
    try:
        history.play()
    except Halt as broken:
        raise Halt(f"seed {seed}: {broken}") from broken
