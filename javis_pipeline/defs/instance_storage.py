"""Where Dagster keeps runs, events and logs: in the same place, however it was started.

dagster.yaml has no conditions: `postgres_url: {env: X}` with X unset fails every command. These classes decide instead.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData
from dagster_postgres.storage import DagsterPostgresStorage
from sqlalchemy import Engine, create_engine

from javis_pipeline.db.connection import dagster_url
from javis_pipeline.settings import load_settings

# A connection that has been idle for long may have been dropped on the way without a word.
_RECYCLE_SECONDS = 60


class JavisStorage(DagsterPostgresStorage):
    """`DagsterPostgresStorage` whose URL comes from our settings: the given one, or a database of the embedded server.

    Dagster's own connects anew for each statement: three hundred times in a run of the whole graph, which costs more
    than the steps have to do when nothing changed. This one keeps a connection.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        engine = _engine(postgres_url)
        self._run_storage._engine = engine
        self._event_log_storage._engine = engine
        self._schedule_storage._engine = engine

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],  # noqa: ARG003 the base class passes it
    ) -> "JavisStorage":
        return cls(dagster_url(load_settings()), inst_data=inst_data)


class JavisLogs(LocalComputeLogManager):
    """What steps print, in files of Dagster's home as our settings name it.

    A `dagster` or `dg` without DAGSTER_HOME would keep them in a temporary folder and delete them when it ends.
    """

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],  # noqa: ARG003 the base class passes it
    ) -> "JavisLogs":
        folder = load_settings().dagster_folder / "storage"
        folder.mkdir(parents=True, exist_ok=True)
        close_to_others(folder)
        return cls(str(folder), inst_data=inst_data)


def close_to_others(folder: Path) -> None:
    """Nobody but its owner and its group may look into the folder; one that belongs to another user is left alone."""
    found = folder.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o007:
        folder.chmod(found.st_mode & 0o770)


@cache
def _engine(url: str) -> Engine:
    """Connections of this process, however many instances it makes: one is kept, others live while they are used."""
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=1,
        max_overflow=-1,
        pool_recycle=_RECYCLE_SECONDS,
        pool_pre_ping=True,
    )
    # A forked process must not speak on its parent's connection, nor end it.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine
