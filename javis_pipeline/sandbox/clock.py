"""The time the sandbox lives in."""

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that runs with real time, or stands still until it is moved.

    Args:
        at: Instant (UTC-aware) at which the clock stands still; None for real time.
    """

    def __init__(self, at: datetime | None = None) -> None:
        self._standing = at
        self._moved = timedelta(0)

    def now(self) -> datetime:
        """The current instant, UTC."""
        return (self._standing or datetime.now(UTC)) + self._moved

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward; a running clock keeps running from there."""
        self._moved += by
