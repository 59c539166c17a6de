"""What all our assets have in common: the partitions, whose they are, and where their code is."""

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.defs.partitions import projects
from javis_pipeline.defs.verdicts import tell
from javis_pipeline.settings import Settings, load_settings

# Dagster shows what was made by the code of before.
CODE_VERSION: Final = version("javis-pipeline")

Step = Callable[..., dg.MaterializeResult[None]]

_PACKAGE: Final = Path(__file__).parents[1]
_SETTINGS: Final = load_settings()


def project_asset(
    *,
    group: str,
    kinds: set[str],
    deps: Sequence[dg.AssetsDefinition | dg.AssetSpec],
    writes: str,
    name: str | None = None,
    description: str | None = None,
    pool: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    automation_condition: dg.AutomationCondition[Any] | None = None,
) -> Callable[[Step], dg.AssetsDefinition]:
    """An asset with a partition for each project.

    Args:
        name, description: None for those of the function.
        writes: What making it changes, as the tag `javis/writes`: a system, or `here` for nothing but our tables.
    """

    def asset(step: Step) -> dg.AssetsDefinition:
        @functools.wraps(step)
        def made_and_judged(
            context: dg.AssetExecutionContext, settings: Settings, db: Database, **config: object
        ) -> Iterator[dg.MaterializeResult[None]]:
            yield step(context=context, settings=settings, db=db, **config)
            # By now the materialization is stored, so this is said about it.
            tell(context, settings, db)

        return dg.asset(
            name=name,
            description=description,
            partitions_def=projects,
            deps=deps,
            group_name=group,
            kinds=kinds,
            owners=list(_SETTINGS.javis_owners),
            tags={"javis/writes": writes},
            pool=pool,
            metadata={**(metadata or {}), "dagster/code_references": _where(step)},
            code_version=CODE_VERSION,
            automation_condition=automation_condition,
        )(made_and_judged)

    return asset


def _where(step: Step) -> dg.CodeReferencesMetadataValue:
    """Where the step is written: at JAVIS_SOURCE_URL, else on this machine, which the UI opens in an editor."""
    # Beta in Dagster 1.13: without it the UI only leaves out a link.
    warnings.filterwarnings("ignore", r"Class `\w*CodeReference\w*` is currently in beta")
    file, line = Path(inspect.getfile(step)), inspect.getsourcelines(step)[1]
    name = f"{_PACKAGE.name}/{file.relative_to(_PACKAGE).as_posix()}"
    site = _SETTINGS.javis_source_url
    place: dg.UrlCodeReference | dg.LocalFileCodeReference = (
        dg.UrlCodeReference(url=f"{site}/{name}#L{line}", label=name)
        if site
        else dg.LocalFileCodeReference(file_path=str(file), line_number=line, label=name)
    )
    return dg.CodeReferencesMetadataValue(code_references=[place])
