"""Materialising assets from the command line: in this process, as a run that the UI shows."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from javis_pipeline.errors import JavisError

if TYPE_CHECKING:
    from dagster import DagsterEvent, JobDefinition

    from javis_pipeline.records.values import System
    from javis_pipeline.steps.ports import Progress

# Dagster would mark the run as one that it tries again, which it cannot from elsewhere; and of such a run that failed
# nobody is told.
_NOT_TRIED_AGAIN: Final = {"dagster/max_retries": "0"}


def all_assets() -> list[str]:
    """Names of all assets that a run can make."""
    from javis_pipeline.definitions import defs

    return sorted(key.to_user_string() for key in defs.resolve_asset_graph().materializable_asset_keys)


def materialize(
    assets: Sequence[str],
    *,
    partition: str,
    config: Mapping[str, Mapping[str, object]],
    progress: "Progress",
    done: dict[str, dict[str, Any]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Materialise assets of one project; the counts and texts of their metadata, by asset and name.

    Args:
        assets: Names of assets; what they need must be among them or materialised before.
        partition: The project.
        config: Configuration by asset; assets that take none are left out.
        progress: Told how far a pull is.
        done: Is given the same, also of a run that was stopped.

    Raises:
        JavisError: What stopped the run, as the step raised it.
    """
    import dagster as dg

    from javis_pipeline.defs.progress import watched

    run_config = _run_config({asset: values for asset, values in config.items() if asset in assets})
    run_id, done = str(uuid4()), {} if done is None else done
    with dg.DagsterInstance.get() as instance, watched(progress), _our_errors():
        try:
            _part_of_everything(assets).execute_in_process(
                instance=instance, partition_key=partition, run_config=run_config, tags=_NOT_TRIED_AGAIN, run_id=run_id
            )
        finally:
            stored = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
            done |= _counts(entry.dagster_event for entry in stored if entry.dagster_event)
    return done


def _part_of_everything(assets: Sequence[str]) -> "JobDefinition":
    """The job `everything` for these assets, without the checks of the night, which ask the sites."""
    import dagster as dg

    from javis_pipeline.definitions import defs

    everything = defs.resolve_job_def("everything")
    selected = frozenset(dg.AssetKey(asset) for asset in assets)
    known = everything.asset_layer.asset_graph.asset_check_keys
    # Dagster's annotation knows of assets only.
    checks = [key for key in known if key.asset_key in selected and everything.asset_layer.has(key)]  # type: ignore[arg-type]
    return everything.get_subset(asset_selection=selected, asset_check_selection=frozenset(checks))


def take_census(
    systems: "Sequence[System]", *, partition: str, config: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """Run the census of one project; its counts by system. Raises as `materialize` does."""
    import dagster as dg

    from javis_pipeline.definitions import defs
    from javis_pipeline.defs.census import OPS

    ops = {OPS[system]: system for system in systems}
    with dg.DagsterInstance.get() as instance, _our_errors():
        result = defs.resolve_job_def("census").execute_in_process(
            instance=instance,
            partition_key=partition,
            op_selection=list(ops),
            tags=_NOT_TRIED_AGAIN,
            run_config=_run_config(dict.fromkeys(ops, config)),
        )
    return {
        ops[str(event.node_name)]: {name: value.value for name, value in event.step_output_data.metadata.items()}
        for event in result.all_events
        if event.is_successful_output
    }


def _run_config(config: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    return {
        "ops": {name: {"config": dict(values)} for name, values in config.items()},
        # Dagster's own events are in the instance; on a terminal they would bury ours.
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


@contextmanager
def _our_errors() -> Iterator[None]:
    """Raise the error of ours that made an asset fail, instead of what Dagster made of it."""
    try:
        yield
    except Exception as error:
        ours = next((cause for cause in _causes(error) if isinstance(cause, JavisError)), None)
        if ours is None:
            raise
        raise ours from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, nearest first. Chains of Dagster's can be circular."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__


def _counts(events: "Iterable[DagsterEvent]") -> dict[str, dict[str, Any]]:
    from dagster import BoolMetadataValue, FloatMetadataValue, IntMetadataValue, TextMetadataValue

    plain = (BoolMetadataValue, FloatMetadataValue, IntMetadataValue, TextMetadataValue)
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        materialization = event.step_materialization_data.materialization
        values = {
            name: value.value
            for name, value in materialization.metadata.items()
            if isinstance(value, plain) and not name.startswith("dagster/")
        }
        found[materialization.asset_key.to_user_string()] = values
    return found


@contextmanager
def progress_bar(label: str) -> Iterator["Progress"]:
    """A bar on stderr that fills as a pull goes on; nothing when stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None  # noqa: ARG005 - nobody sees it
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
