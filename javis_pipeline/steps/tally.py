"""What a pull was of, and what it did: for the log, the book of runs and the UI."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from javis_pipeline.records.values import ResourceRef, ResourceType, System
from javis_pipeline.steps.system import RemoteCount


class Scope(NamedTuple):
    """What is pulled."""

    system: System
    resource_type: ResourceType
    key: str


class Completeness(NamedTuple):
    """Whether we have what the remote has.

    Attributes:
        known: Records stored here and, as far as is known, there.
        seen: Hits of this run's sweep.
        missing: Hits that are not there when they are asked for by id, or that we may not see.
        quarantined: Records of the scope that cannot be read.
        counted: How many there are; None where the remote does not tell.
    """

    known: int
    seen: int
    missing: int
    quarantined: int
    counted: RemoteCount | None

    @property
    def site_count(self) -> int | None:
        """How many records should be here."""
        if self.counted is None:
            return None
        return self.counted.number - (self.missing if self.counted.of_hits else 0)

    @property
    def agrees(self) -> bool:
        """Whether the counts differ by no more than that of the remote may be wrong."""
        if self.counted is None or self.site_count is None:
            return True
        return abs(self.known + self.quarantined - self.site_count) <= self.counted.slack

    def __str__(self) -> str:
        ours = f"{self.known} known, {self.seen} seen, {self.missing} missing, {self.quarantined} quarantined"
        if self.counted is None:
            return f"{ours}: not compared"
        return f"{ours}; {self.counted.said}: {'agrees' if self.agrees else 'DIFFERS'}"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a pull did.

    Attributes:
        scope: Key of the project or space.
        whole: The sweep covered the whole scope, not only what changed lately.
        inserted, updated: Records that were stored.
        unchanged: Hits that were stored already.
        renamed: Records that have another key now.
        unreadable: Records that went into quarantine in this run.
        to_merge: Records that changed remotely and are edited, in conflict or being written here, that came in an older
            state than is stored, or whose change no stamp tells.
        left: The same of what hangs on records.
        watermark: Every change up to then is stored.
        notes: What a person should know, each with the remedy.
    """

    scope: str
    whole: bool
    inserted: int
    updated: int
    unchanged: int
    renamed: int
    unreadable: int
    to_merge: tuple[ResourceRef, ...]
    left: tuple[ResourceRef, ...]
    completeness: Completeness
    watermark: datetime | None
    notes: tuple[str, ...]

    def after(self, done: Mapping[str, int]) -> "Tally":
        """This, and what an earlier attempt of the run had stored."""
        return replace(
            self,
            inserted=self.inserted + done.get("inserted", 0),
            updated=self.updated + done.get("updated", 0),
            renamed=self.renamed + done.get("renamed", 0),
        )

    def as_metadata(self) -> dict[str, int | str | bool]:
        """The counts, flat, for the log, the book of runs and the UI."""
        found = self.completeness
        return {
            "whole": self.whole,
            "seen": found.seen,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "renamed": self.renamed,
            "to_merge": len(self.to_merge),
            "unreadable": self.unreadable,
            "missing": found.missing,
            "known": found.known,
            "quarantined": found.quarantined,
            "site_count": "" if found.site_count is None else found.site_count,
            "agrees": found.agrees,
            "completeness": str(found),
            "watermark": self.watermark.isoformat() if self.watermark else "",
            "notes": "; ".join(self.notes),
        }
