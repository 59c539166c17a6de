"""Where Dagster keeps its runs: how it talks to the database."""

from pathlib import Path

import psycopg
import pytest

from javis_pipeline.defs.instance_storage import JavisLogs, JavisStorage


@pytest.fixture
def dagster_url(database_url: str) -> str:
    return database_url.replace("postgresql://", "postgresql+psycopg2://", 1)


def test_given_several_instances_when_they_read_and_write_then_their_process_keeps_one_connection(
    database_url: str, dagster_url: str
) -> None:
    for _ in range(3):
        storage = JavisStorage(dagster_url)
        storage.run_storage.set_cursor_values({"seen": "1"})
        storage.event_log_storage.get_pool_limits()
        storage.schedule_storage.all_instigator_state()

    with psycopg.connect(database_url) as conn:
        assert len(others(conn)) == 1


def test_given_a_connection_that_broke_when_dagster_reads_then_it_is_replaced(
    database_url: str, dagster_url: str
) -> None:
    storage = JavisStorage(dagster_url)
    storage.run_storage.set_cursor_values({"seen": "1"})
    with psycopg.connect(database_url, autocommit=True) as conn:
        for pid in others(conn):
            conn.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    assert storage.run_storage.get_cursor_values({"seen"}) == {"seen": "1"}


def others(conn: psycopg.Connection) -> list[int]:
    """The other connections to the database of this one."""
    rows = conn.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return [pid for (pid,) in rows]


def test_what_runs_print_is_not_for_others_on_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVIS_HOME", str(tmp_path))

    logs = JavisLogs.from_config_value(None, {})

    folder = tmp_path / "dagster" / "storage"
    assert logs._base_dir == str(folder)
    assert folder.stat().st_mode & 0o007 == 0
