"""Which records are gone: absence from a list is only a reason to look, and it takes two looks by id to believe it."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from javis_pipeline.errors import RemoteMissing
from javis_pipeline.records.sync import Overrides, RemoteRecord
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.ports import RemoteRecords, SyncStore
from javis_pipeline.sync.guards import guard_census, guard_deletions
from javis_pipeline.sync.merge import missing_record, reconcile_record
from javis_pipeline.sync.run import Run

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a census came to; `unknown_here` are ids that have no row yet, for a pull."""

    found: int
    probed: int
    missing: int
    gone: int
    unknown_here: frozenset[str]

    def count(self) -> dict[str, int]:
        return {
            "found": self.found,
            "probed": self.probed,
            "missing": self.missing,
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
    """
    found = frozenset(ids)
    guard_census(store.name, found=len(found), last=store.last_census(), overrides=overrides)
    known = store.records()
    unlisted = [ref for ref in known if ref.resource_id not in found]
    probes = [(ref, _probe(remote, ref)) for ref in unlisted]
    gone = [ref for ref, record in probes if record is None and _would_be_gone(store, ref, run)]
    guard_deletions(store.name, gone=len(gone), overrides=overrides)
    for ref, record in probes:
        _note(store, ref, record, run)
    store.note_census(len(found), run.now())
    unknown = found - {ref.resource_id for ref in known}
    counted = Counted(len(found), len(probes), sum(record is None for _, record in probes), len(gone), unknown)
    _LOG.info("census scope=%r %s", store.name, " ".join(f"{name}={n}" for name, n in counted.count().items()))
    return counted


def _probe(remote: RemoteRecords, ref: ResourceRef) -> RemoteRecord | None:
    try:
        return remote.fetch(ref)
    except RemoteMissing:
        return None


def _would_be_gone(store: SyncStore, ref: ResourceRef, run: Run) -> bool:
    plan = missing_record(store.state(ref), run, proved=True)
    return plan.columns.get("remote_state") == "gone"


def _note(store: SyncStore, ref: ResourceRef, record: RemoteRecord | None, run: Run) -> None:
    if record is None:
        store.change(ref, lambda state: missing_record(state, run, proved=True))
    else:
        store.change(ref, lambda state: reconcile_record(state, record, run))
