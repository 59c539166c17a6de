"""What is forgotten of Dagster's runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster_postgres.event_log import PostgresEventLogStorage

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.maintenance import prune_job
from javis_pipeline.defs.run_history import prune_runs
from javis_pipeline.defs.verdicts import report
from javis_pipeline_tests.sites import made_settings

SOON = datetime.now(UTC) + timedelta(days=1)
PARTITIONS = dg.StaticPartitionsDefinition(["OQC", "EUV"])


@dg.asset(partitions_def=PARTITIONS)
def issues() -> None: ...


@dg.asset
def site() -> None: ...


@dg.asset_check(asset=site)
def site_is_fine() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(database_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance on PostgreSQL, as in production."""
    url = database_url.replace("postgresql://", "postgresql+psycopg2://", 1)
    config = {"storage": {"postgres": {"postgres_url": url}}, "telemetry": {"enabled": False}}
    with dg.instance_for_test(temp_dir=str(tmp_path), overrides=config) as instance:
        yield instance


def run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, partition: str | None = None) -> str:
    return dg.materialize(assets, instance=instance, partition_key=partition).run_id


def runs(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.get_run_ids())


def run_ids_in(instance: dg.DagsterInstance, table: sa.Table) -> set[str]:
    storage = instance.event_log_storage
    assert isinstance(storage, PostgresEventLogStorage)
    with storage.index_connection() as conn:
        return set(conn.execute(sa.select(table.c.run_id)).scalars())


def test_given_several_runs_of_each_partition_when_pruned_then_the_newest_of_each_stays(
    instance: dg.DagsterInstance,
) -> None:
    for _ in range(2):
        run(instance, issues, partition="EUV")
    run(instance, issues, partition="OQC")
    newest = {run(instance, issues, partition="OQC"), runs_of(instance, "EUV")[0]}

    assert prune_runs(instance, before=SOON) == 2
    assert runs(instance) == newest
    assert instance.get_materialized_partitions(issues.key) == {"OQC", "EUV"}
    assert run_ids_in(instance, SqlEventLogStorageTable) == newest
    assert prune_runs(instance, before=SOON) == 0


def runs_of(instance: dg.DagsterInstance, partition: str) -> list[str]:
    """Ids of the partition's runs, newest first."""
    return list(instance.get_run_ids(dg.RunsFilter(tags={"dagster/partition": partition})))


def test_given_checks_when_pruned_then_only_the_newest_results_stay(instance: dg.DagsterInstance) -> None:
    for _ in range(3):
        last = run(instance, site, site_is_fine)

    assert prune_runs(instance, before=SOON) == 2
    assert run_ids_in(instance, AssetCheckExecutionsTable) == {last}


def test_given_looks_of_a_sensor_when_pruned_then_only_the_newest_result_stays(instance: dg.DagsterInstance) -> None:
    def look(run_id: str) -> None:
        told = dg.AssetCheckEvaluation(asset_key=site.key, check_name="site_is_fine", passed=True, metadata={})
        report(instance, told, run_id=run_id, job_name="watch")

    for run_id in ("first", "second", "last"):
        look(run_id)

    assert prune_runs(instance, before=SOON - timedelta(days=2)) == 0
    assert prune_runs(instance, before=SOON, dry_run=True) == 2
    assert prune_runs(instance, before=SOON) == 2
    assert run_ids_in(instance, AssetCheckExecutionsTable) == {"last"}
    assert run_ids_in(instance, SqlEventLogStorageTable) == {"last"}


def test_given_an_old_run_when_pruned_then_its_logs_go_too(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    old, new = run(instance, site), run(instance, site)

    prune_runs(instance, before=SOON)

    assert not list(tmp_path.glob(f"**/{old}"))
    assert list(tmp_path.glob(f"**/{new}"))


def test_given_a_dry_run_or_young_runs_when_pruned_then_nothing_goes(instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        run(instance, site)

    assert prune_runs(instance, before=SOON, dry_run=True) == 1
    assert prune_runs(instance, before=SOON - timedelta(days=2)) == 0
    assert len(runs(instance)) == 2


def test_given_a_run_that_has_not_ended_when_pruned_then_it_stays(instance: dg.DagsterInstance) -> None:
    defs = dg.Definitions([site], jobs=[dg.define_asset_job("job", "*")])
    waiting = instance.create_run_for_job(defs.resolve_job_def("job"))

    assert prune_runs(instance, before=SOON) == 0
    assert waiting.run_id in runs(instance)


def test_given_the_monthly_job_when_it_runs_then_both_databases_are_pruned_and_it_tells_what_went(
    instance: dg.DagsterInstance, database: Database
) -> None:
    database.query(
        "INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, reason, actor, at)"
        " VALUES ('r', 'local', 'jira_issue', '1', 'title', 'pull', 'sync', now() - interval '1000 days')"
    )
    resources = {"settings": made_settings(), "db": database}

    done = prune_job.execute_in_process(instance=instance, resources=resources)

    (output,) = done.filter_events(lambda event: event.is_successful_output)
    told = output.step_output_data.metadata
    assert "| sync\\_audit | 400 | 1 |" in str(told["forgotten"].value)
    assert told["runs"].value == 0
    assert database.query("SELECT 1 FROM sync_audit") == []


def test_given_events_of_no_run_when_pruned_then_the_newest_of_each_asset_and_partition_stays(
    instance: dg.DagsterInstance,
) -> None:
    for version in range(3):
        for partition in ("OQC", "EUV"):
            tags = {"dagster/data_version": f"{partition} {version}"}
            told = dg.AssetMaterialization(issues.key, partition=partition, tags=tags)
            instance.report_runless_asset_event(told)
        instance.report_runless_asset_event(dg.AssetObservation(site.key))
    made = run(instance, issues, partition="OQC")

    shown = prune_runs(instance, before=SOON, dry_run=True)
    gone = prune_runs(instance, before=SOON)

    # Of OQC the run is newer.
    assert (shown, gone) == (7, 7)
    assert prune_runs(instance, before=SOON) == 0
    assert runs(instance) == {made}
    left = instance.fetch_materializations(issues.key, limit=10).records
    assert {(record.partition_key, record.run_id) for record in left} == {("OQC", made), ("EUV", "")}
    assert len(instance.fetch_observations(site.key, limit=10).records) == 1
