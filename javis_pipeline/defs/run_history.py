"""Dagster keeps every run and event for ever; this forgets the old ones."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_BATCH = 200


def prune_runs(instance: dg.DagsterInstance, *, before: datetime, dry_run: bool = False) -> int:
    """Delete the runs that ended and were made before an instant, with their events and logs; how many.

    What a sensor said of a check, which is of no run, counts as one for each look that it took; so does each event of
    an asset that is of no run.

    A run that holds the newest materialization of an asset's partition, or the newest result of a check, stays: without
    it Dagster would call the partition missing, and start over what waits for it.
    """
    kept = _runs_to_keep(instance)
    old = instance.get_run_ids(dg.RunsFilter(statuses=FINISHED, created_before=before))
    gone = [run_id for run_id in (*old, *_looks(instance, before)) if run_id not in kept]
    if not dry_run:
        for start in range(0, len(gone), _BATCH):
            _delete(instance, gone[start : start + _BATCH])
    return len(gone) + _prune_events_of_no_run(instance, before, dry_run=dry_run)


def _prune_events_of_no_run(instance: dg.DagsterInstance, before: datetime, *, dry_run: bool) -> int:
    """Delete what was told of assets without a run before an instant, but the newest of each kind, asset and partition:
    no run's end takes it along. How many."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return 0
    events, tags = SqlEventLogStorageTable.c, AssetEventTagsTable.c
    kept = (
        sa.select(sa.func.max(events.id))
        .where(events.asset_key.is_not(None))
        .group_by(events.dagster_event_type, events.asset_key, events.partition)
    )
    until = before.astimezone(UTC).replace(tzinfo=None)
    old = sa.select(events.id).where(
        events.run_id == "", events.asset_key.is_not(None), events.timestamp < until, events.id.not_in(kept)
    )
    with storage.index_connection() as conn:
        ids = list(conn.execute(old).scalars())
        for start in range(0, 0 if dry_run else len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            conn.execute(sa.delete(AssetEventTagsTable).where(tags.event_id.in_(some)))
            conn.execute(sa.delete(SqlEventLogStorageTable).where(events.id.in_(some)))
    return len(ids)


def _runs_to_keep(instance: dg.DagsterInstance) -> set[str]:
    storage = instance.event_log_storage
    kept: set[str] = set()
    for key in instance.all_asset_keys():
        if newest_of_all := instance.get_latest_materialization_event(key):
            kept.add(newest_of_all.run_id)
        newest = storage.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
        ids = list(newest.values())
        for start in range(0, len(ids), _BATCH):
            wanted = dg.AssetRecordsFilter(key, storage_ids=ids[start : start + _BATCH])
            kept |= {record.run_id for record in instance.fetch_materializations(wanted, limit=_BATCH).records}
    return kept | _runs_of_newest_checks(storage)


def _runs_of_newest_checks(storage: object) -> set[str]:
    if not isinstance(storage, SqlEventLogStorage):
        return set()
    checks = AssetCheckExecutionsTable.c
    newest = sa.select(sa.func.max(checks.id)).group_by(checks.asset_key, checks.check_name, checks.partition)
    with storage.index_connection() as conn:
        return set(conn.execute(sa.select(checks.run_id).where(checks.id.in_(newest))).scalars())


def _looks(instance: dg.DagsterInstance, before: datetime) -> list[str]:
    """The ids under which results of checks were told before an instant, and that no run has."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return []
    checks = AssetCheckExecutionsTable.c
    # As Dagster writes it: in UTC, without saying so.
    until = before.astimezone(UTC).replace(tzinfo=None)
    with storage.index_connection() as conn:
        told = sa.select(checks.run_id).distinct().where(checks.evaluation_event_timestamp < until)
        ids = [run_id for run_id in conn.execute(told).scalars() if run_id]
    runs: set[str] = set()
    for start in range(0, len(ids), _BATCH):
        runs |= set(instance.get_run_ids(dg.RunsFilter(run_ids=ids[start : start + _BATCH])))
    return [run_id for run_id in ids if run_id not in runs]


def _delete(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        # `delete_run` leaves the results of checks behind.
        with storage.index_connection() as conn:
            conn.execute(sa.delete(AssetCheckExecutionsTable).where(AssetCheckExecutionsTable.c.run_id.in_(run_ids)))
