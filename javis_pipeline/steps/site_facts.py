"""What a site told lately, so that not every run and every process asks for it anew: its fields, its boards.

Nothing that decides who we are or what we may see is among it: that is never older than the run.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

FRESH: Final = timedelta(hours=1)


class Facts(Protocol):
    """What is remembered of one site, as JSON by name."""

    def of(self, name: str, ask: Callable[[], Any]) -> Any:
        """What was told within the last hour, else what `ask` brings now; what it raises passes through.

        Threads that want the same wait for the first of them.
        """
        ...

    def recall(self, names: Collection[str]) -> Mapping[str, Any]:
        """What was kept, however old it is, by name; without those of which nothing was."""
        ...

    def keep(self, told: Mapping[str, Any]) -> None:
        """Remember by name what was told, for `recall`: where it is what was kept, it stays as old as it is."""
        ...

    def forget(self, name: str | None = None) -> bool:
        """Forget what was told, or everything, because it does not fit; whether there was anything."""
        ...


class NothingKept:
    """For whoever asks each time: what is told now is all that there is."""

    def of(self, name: str, ask: Callable[[], Any]) -> Any:
        """What `ask` brings."""
        del name
        return ask()

    def recall(self, names: Collection[str]) -> Mapping[str, Any]:
        """Nothing."""
        del names
        return {}

    def keep(self, told: Mapping[str, Any]) -> None:
        """Remembers nothing."""
        del told

    def forget(self, name: str | None = None) -> bool:
        """Nothing is there to forget."""
        del name
        return False


NOTHING_KEPT: Final = NothingKept()
