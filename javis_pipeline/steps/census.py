"""Which records are gone: absence from a list is only a reason to look, and it takes two looks by id to believe it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import assert_never

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.sync import Overrides
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.look import Busy, Gone, Look, Patience, Refused, Seen, Unreadable, look, not_synced
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.sync.guards import guard_census, guard_deletions
from javis_pipeline.sync.merge import missing_record, reconcile_record
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a census came to.

    Attributes:
        probed: Records that are not listed, and were asked for by id.
        missing: Those of them that were not found.
        unreadable: Those of them that the remote neither showed nor missed.
        gone: Those of the missing ones that had been missing before.
        unknown_here: Ids that have no row yet, for a pull.
    """

    found: int
    probed: int
    missing: int
    unreadable: int
    gone: int
    unknown_here: frozenset[str]

    def count(self) -> dict[str, int]:
        return {
            "found": self.found,
            "probed": self.probed,
            "missing": self.missing,
            "unreadable": self.unreadable,
            "gone": self.gone,
            "unknown_here": len(self.unknown_here),
        }


def take_census(
    store: SyncStore,
    remote: RemoteRecords,
    ids: Collection[str],
    run: Run,
    overrides: Overrides,
) -> Counted:
    """Compare the ids that the remote lists with our rows, and probe what it does not list.

    Call it only when this run has proved who we are and that the scope is visible.

    Args:
        store: Our side.
        remote: The other side.
        ids: Ids that the remote lists for the scope.
        run: Rules, clock, ids.
        overrides: What a person allowed for this run.

    Raises:
        SyncHalted: The list is suspiciously short, or many records are gone; nothing was changed.
        RemoteBusy: The site wants no more requests now.
    """
    found = frozenset(ids)
    guard_census(store.name, found=len(found), last=store.last_census(), overrides=overrides)
    known = store.records()
    unlisted = [ref for ref in known if ref.resource_id not in found]
    probes = [(ref, look(remote, ref)) for ref in unlisted]
    missing = [ref for ref, seen in probes if isinstance(seen, Gone)]
    gone = [ref for ref in missing if _would_be_gone(store, ref, run)]
    guard_deletions(store.name, gone=len(gone), overrides=overrides)
    patience = Patience()
    failed = sum(not _note(store, ref, seen, run, patience) for ref, seen in probes)
    store.note_census(len(found), run.now())
    unknown = found - {ref.resource_id for ref in known}
    counted = Counted(len(found), len(probes), len(missing), failed, len(gone), unknown)
    _LOG.info("census scope=%r %s", store.name, " ".join(f"{name}={n}" for name, n in counted.count().items()))
    return counted


def _would_be_gone(store: SyncStore, ref: ResourceRef, run: Run) -> bool:
    try:
        plan = missing_record(store.state(ref), run, proved=True)
    except UnreadableRecord:
        return False  # said on its row when the probe is noted
    return plan.columns.get("remote_state") == "gone"


def _note(store: SyncStore, ref: ResourceRef, seen: Look, run: Run, patience: Patience) -> bool:
    """Note what a probe saw; False when it was nothing that says whether the record is there."""
    try:
        match seen:
            case Seen(record):
                patience.answered()
                store.change(ref, lambda state: reconcile_record(state, record, run))
                return True
            case Gone():
                store.change(ref, lambda state: missing_record(state, run, proved=True))
                return True
            case Unreadable(why) | Refused(why):
                store.fail(ref, not_synced(why))
            case Busy(error):
                store.fail(ref, not_synced(patience.bear(error)))
            case never:
                assert_never(never)
    except UnreadableRecord as error:
        store.fail(ref, not_synced(str(error)))
    return False
