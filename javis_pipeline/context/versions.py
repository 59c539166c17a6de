"""How far the versions are that are to be released on a known day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from javis_pipeline.context.areas import names_in
from javis_pipeline.context.days import as_date, natural_order
from javis_pipeline.context.frames import Frames
from javis_pipeline.records.plans import VersionState

# A date that passed so long ago is nobody's plan any more; the version was released, and nobody told Jira.
_OVER_DAYS: Final = 365


def with_version_names(issues: pd.DataFrame) -> pd.DataFrame:
    """One row per work item and version that it names, with that name as `version`.

    Args:
        issues: As `with_history` returns them.
    """
    items = issues[issues["is_item"]]
    names = pd.Series([names_in(cell) for cell in items["fix_versions"]], index=items.index, dtype=object)
    named = items.assign(version=names).explode("version")
    return named[named["version"].notna()]


def describe_versions(frames: Frames, issues: pd.DataFrame, today: dt.date) -> tuple[VersionState, ...]:
    """The versions that something is left of, the one that is due first at the front.

    Args:
        issues: As `with_history` returns them.
    """
    if frames.versions.empty:
        return ()
    by_name = dict(iter(with_version_names(issues).groupby("version")))
    described = []
    for version_id, name, release in frames.versions.itertuples(index=False, name=None):
        release_on, items = as_date(release), by_name.get(name)
        if items is not None and release_on is not None and (today - release_on).days <= _OVER_DAYS:
            described.append(_described(version_id, name, release_on, items))
    return tuple(version for version in described if version.remaining_keys)


def _described(version_id: str, name: str, release_on: dt.date, items: pd.DataFrame) -> VersionState:
    left = items[items["is_open"]].sort_values("key", key=natural_order)
    new = left["status_category"] == "new"
    return VersionState(
        version_id=version_id,
        name=name,
        release_on=release_on,
        items=len(items),
        done=int(items["is_done"].sum()),
        not_started=int(new.sum()),
        remaining_keys=(*left.loc[new, "key"], *left.loc[~new, "key"]),
    )


def finished_in_versions(recent: pd.DataFrame, versions: Sequence[VersionState]) -> Mapping[str, int]:
    """How many of the finished items name each version, by its name."""
    if not versions:
        return {}
    counts = with_version_names(recent)["version"].value_counts()
    return {version.name: int(counts.get(version.name, 0)) for version in versions}
