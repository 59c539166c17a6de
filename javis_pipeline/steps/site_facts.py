"""What a site told lately, so that not every run and every process asks for it anew: its fields, its boards.

Nothing that decides who we are or what we may see is among it: that is never older than the run.
"""

from collections.abc import Callable
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

    def recall(self, name: str) -> Any | None:
        """What was kept, however old it is; None where nothing was."""
        ...

    def keep(self, name: str, value: Any) -> None:
        """Remember what was told just now."""
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

    def recall(self, name: str) -> None:
        """Nothing."""
        del name

    def keep(self, name: str, value: Any) -> None:
        """Remembers nothing."""
        del name, value

    def forget(self, name: str | None = None) -> bool:
        """Nothing is there to forget."""
        del name
        return False


NOTHING_KEPT: Final = NothingKept()
