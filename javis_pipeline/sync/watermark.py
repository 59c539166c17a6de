"""How far a pull may say that everything is stored: one rule for both systems."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Mark:
    """What the watermark may be, batch after batch.

    Nothing that was wanted, and neither came nor was refused, may be passed.

    Attributes:
        newest: The latest change that is stored; None when nothing is.
        oldest_open: The earliest change that is not; None when there is none.
    """

    newest: datetime | None = None
    oldest_open: datetime | None = None

    def stored(self, at: datetime | None) -> None:
        """A change is stored."""
        if at is not None:
            self.newest = max(self.newest or at, at)

    def open(self, at: datetime | None) -> None:
        """A change is not stored yet."""
        if at is not None:
            self.oldest_open = min(self.oldest_open or at, at)

    def batch(
        self,
        wanted: Iterable[tuple[str, datetime | None]],
        brought: Mapping[str, datetime],
        *,
        to_merge: Collection[str],
        closed: Collection[str],
    ) -> None:
        """A batch was stored.

        Args:
            wanted: Id and the change that was seen, of each hit that was asked for; None where that is not known.
            brought: Id to the change that came.
            to_merge: Ids that the merge has to deal with first.
            closed: Ids that are not there, or that are quarantined until they change.
        """
        for remote_id, seen in wanted:
            came = brought.get(remote_id)
            if remote_id in to_merge:
                self.open(min(filter(None, (seen, came)), default=None))
            elif remote_id not in closed and (came is None or (seen is not None and came < seen)):
                self.open(seen)
        for remote_id, came in brought.items():
            if remote_id not in to_merge:
                self.stored(came)

    @property
    def value(self) -> datetime | None:
        """The latest change of which all before it are stored too; None when nothing is known."""
        return min(filter(None, (self.newest, self.oldest_open)), default=None) if self.newest else None
