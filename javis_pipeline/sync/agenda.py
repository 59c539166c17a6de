"""Which scope is due when. Pure: the time comes in as seconds of a clock that never goes back."""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0


@dataclass(slots=True)
class _Entry:
    """What is known of one thing.

    Attributes:
        due_at: When it is to be done; infinity when there is nothing to do.
        not_before: It failed, and is left alone until then.
        failures: In a row.
        working: Somebody has it.
    """

    due_at: float = math.inf
    not_before: float = 0.0
    failures: int = 0
    working: bool = False


class Agenda(Generic[T]):
    """Things that are told of, and each done by one at a time: however often it is told of, it is done once more."""

    def __init__(self) -> None:
        self._entries: dict[T, _Entry] = {}

    def tell(self, thing: T, now: float) -> None:
        """There is something to do."""
        entry = self._entries.setdefault(thing, _Entry())
        entry.due_at = min(entry.due_at, now)

    def take(self, now: float) -> T | None:
        """What is to be done now, the longest due first; None where there is nothing. It is not given out again before
        `done` or `failed`."""
        ready = [(entry.due_at, thing) for thing, entry in self._entries.items() if self._at(entry) <= now]
        if not ready:
            return None
        _, thing = min(ready, key=lambda one: one[0])
        entry = self._entries[thing]
        entry.working, entry.due_at = True, math.inf
        return thing

    def done(self, thing: T, now: float, *, again_in: float = math.inf) -> None:
        """It went well; there is more to do after some seconds, where that is said."""
        entry = self._entries[thing]
        entry.working, entry.failures, entry.not_before = False, 0, 0.0
        entry.due_at = min(entry.due_at, now + again_in)

    def failed(self, thing: T, now: float, *, shortest: float = 0.0, longest: float = LONGEST_WAIT) -> float:
        """It did not go well, and is tried again after some seconds, each time twice as many; how many."""
        entry = self._entries[thing]
        wait = max(min(FIRST_WAIT * 2.0**entry.failures, longest), shortest)
        entry.working, entry.failures, entry.not_before = False, min(entry.failures + 1, 32), now + wait
        entry.due_at = min(entry.due_at, now)
        return wait

    def next_at(self) -> float:
        """When something is due next; infinity when nothing is."""
        return min(map(self._at, self._entries.values()), default=math.inf)

    def _at(self, entry: _Entry) -> float:
        return math.inf if entry.working else max(entry.due_at, entry.not_before)
