"""Which parts of the product people know: the components of what they worked on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from javis_pipeline.records.people import PersonLoad

_COMPONENTS_LISTED: Final = 5


def with_components(workload: Sequence[PersonLoad], issues: pd.DataFrame) -> tuple[PersonLoad, ...]:
    """The workload with the components that each person's issues, open or finished, are mostly of.

    Args:
        issues: Needs `assignee_id`, `components`.
    """
    people = [load.account_id for load in workload]
    mine = issues.loc[issues["assignee_id"].isin(people), ["assignee_id", "components"]]
    counts: dict[str, Counter[str]] = {person: Counter() for person in people}
    for person, components in mine.itertuples(index=False, name=None):
        counts[person].update(names_in(components))
    return tuple(replace(load, components=_most(counts[load.account_id])) for load in workload)


def names_in(cell: object) -> tuple[str, ...]:
    """The names in a cell of names; () for a missing one."""
    return tuple(cell) if isinstance(cell, list | tuple) else ()


def _most(counts: Counter[str]) -> tuple[str, ...]:
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(ranked[:_COMPONENTS_LISTED])
