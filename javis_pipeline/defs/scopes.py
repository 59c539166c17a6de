"""A step's context and configuration as a job of the sync."""

from collections.abc import Sequence
from typing import Protocol

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.records.sync import Overrides
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.system import RemoteSystem
from javis_pipeline.sync.run import Rules
from javis_pipeline.wiring import clock


class Configured(Protocol):
    """A run configuration that says what a person allowed."""

    def rules(self) -> Rules: ...

    def overrides(self) -> Overrides: ...


def sync_jobs(
    context: dg.OpExecutionContext | dg.AssetExecutionContext,
    db: Database,
    system: RemoteSystem,
    keys: Sequence[str],
    config: Configured,
) -> list[Job]:
    """One job for each project or space."""
    return [
        Job(
            db=db,
            system=system,
            key=key,
            run_id=context.run.run_id,
            clock=clock,
            rules=config.rules(),
            overrides=config.overrides(),
        )
        for key in keys
    ]
