"""How long an edit takes to the other side with `javis live`: by SQL to Jira, and from Jira by a webhook to PostgreSQL.

Measured end to end, each begun when the one before has arrived, and as a burst, at 100 ms a request.
"""

import time
from collections.abc import Callable
from itertools import count
from typing import Final

from bench.live_place import LivePlace, live_place

TARGET_SECONDS: Final = 2.0
_PROJECT: Final = "OPS"
# So many that a burst of 200 is no reason for the guard to ask.
_ISSUES: Final = 1_200
_LOOK_SECONDS: Final = 0.005
_PATIENCE_SECONDS: Final = 300.0


def measure(*, edits: int = 200) -> int:
    """Print the times; 1 when a target was missed, else 0."""
    with live_place([_PROJECT], issues=_ISSUES) as place:
        print(f"{'seconds to the other side':<34}{'median':>9}{'p95':>9}{'last':>9}")
        there, here = _Way(place, to_jira=True), _Way(place, to_jira=False)
        alone = [
            _told("edit by SQL, one by one", there.one_by_one(edits)),
            _told("change in Jira, one by one", here.one_by_one(edits)),
        ]
        _told("edits by SQL, a burst", there.burst(edits))
        _told("changes in Jira, a burst", here.burst(edits))
    return int(any(p95 > TARGET_SECONDS for p95 in alone))


def p95_of(seconds: list[float]) -> float:
    """The 95th percentile; 0 for none."""
    return sorted(seconds)[int(len(seconds) * 0.95)] if seconds else 0.0


def _told(what: str, seconds: list[float]) -> float:
    """Print a line; the 95th percentile."""
    ordered, p95 = sorted(seconds), p95_of(seconds)
    missed = "  MISSED" if p95 > TARGET_SECONDS and "one by one" in what else ""
    print(f"{what:<34}{ordered[len(ordered) // 2]:>9.2f}{p95:>9.2f}{ordered[-1]:>9.2f}{missed}", flush=True)
    return p95


class _Way:
    """One direction."""

    _stamps = count()

    def __init__(self, place: LivePlace, *, to_jira: bool) -> None:
        self._place = place
        self._to_jira = to_jira

    def one_by_one(self, number: int) -> list[float]:
        """How long each took."""
        return [self.burst(1, first=one)[0] for one in range(number)]

    def burst(self, number: int, *, first: int = 0) -> list[float]:
        """How long each took, all begun at once."""
        began, found = time.monotonic(), []
        wanted = {f"{_PROJECT}-{first + one + 1}": f"Another title {next(self._stamps)}" for one in range(number)}
        for key, title in wanted.items():
            self._begin(key, title)
        while wanted:
            arrived = self._arrived(list(wanted))
            for key in [key for key, title in wanted.items() if arrived(key) == title]:
                found.append(time.monotonic() - began)
                del wanted[key]
            time.sleep(_LOOK_SECONDS)
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise SystemExit(f"bench: {len(wanted)} did not arrive; the measurement is worth nothing")
        return found

    def _begin(self, key: str, title: str) -> None:
        if self._to_jira:
            self._place.edit(key, title)
        else:
            self._place.world.jira.edit(key, title=title)

    def _arrived(self, keys: list[str]) -> Callable[[str], str | None]:
        return self._place.title_there if self._to_jira else self._place.titles_here(keys).get
