"""Where Dagster keeps runs and events: the given PostgreSQL, else a database of the embedded server.

dagster.yaml has no conditions: `postgres_url: {env: X}` with X unset fails every command. This class decides instead.
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres.storage import DagsterPostgresStorage

from javis_pipeline.db.connection import dagster_url
from javis_pipeline.settings import load_settings


class JavisStorage(DagsterPostgresStorage):
    """`DagsterPostgresStorage` whose URL comes from our settings; it takes no configuration of its own."""

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
