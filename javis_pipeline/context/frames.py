"""The tables that a work context is built from, as DataFrames with fixed columns and dtypes.

| dtype | holds | missing |
|---|---|---|
| str | text, ids, keys | NaN |
| bool | true or false | never |
| Int64 | whole numbers | NA |
| float64 | numbers | NaN |
| day | datetime64[s] without zone: a calendar date | NaT |
| instant | datetime64[us, UTC] | NaT |
| object | a list of str | never |
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

INSTANT: Final = "datetime64[us, UTC]"
DAY: Final = "datetime64[s]"

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    # One row per issue of the project that is there on both sides. updated_at is the later of both sides' last changes.
    "issues": {
        "jira_id": "str",
        "key": "str",
        "title": "str",
        "issue_type": "str",
        "hierarchy_level": "Int64",
        "is_subtask": "bool",
        "status": "str",
        "status_id": "str",
        "status_category": "str",
        "priority": "str",
        "assignee_id": "str",
        "parent_key": "str",
        "story_points": "float64",
        "due_date": "day",
        "flagged": "bool",
        "created_at": "instant",
        "updated_at": "instant",
        "resolved_at": "instant",
        "components": "object",
        "fix_versions": "object",
    },
    # One row per issue of other projects at an end of a link; all but the key is NaN when it is not synced.
    "outside_issues": {
        "key": "str",
        "title": "str",
        "issue_type": "str",
        "status": "str",
        "status_category": "str",
        "priority": "str",
        "assignee_id": "str",
        "parent_key": "str",
        "story_points": "float64",
        "due_date": "day",
        "created_at": "instant",
    },
    # One row per link and end that is synced, of every project: "key <label> other_key". Later links have higher ids.
    "links": {"key": "str", "label": "str", "other_key": "str", "link_id": "str"},
    # One row per change of status of the project's issues. Needs to reach back as far as the figures do.
    "status_changes": {
        "jira_id": "str",
        "from_id": "str",
        "from_status": "str",
        "to_id": "str",
        "to_status": "str",
        "changed_at": "instant",
    },
    "statuses": {"status_id": "str", "name": "str", "category": "str"},
    # One row per sprint that an issue of the project is or was in.
    "sprints": {
        "sprint_id": "Int64",
        "name": "str",
        "state": "str",
        "goal": "str",
        "start_at": "instant",
        "end_at": "instant",
        "completed_at": "instant",
    },
    "issue_sprints": {"jira_id": "str", "sprint_id": "Int64"},
    "sprint_changes": {"jira_id": "str", "sprint_id": "Int64", "added": "bool", "changed_at": "instant"},
    # One row per person who is an assignee in the project.
    "users": {"account_id": "str", "display_name": "str"},
    # One row per page that names an issue of the project.
    "pages": {"page_id": "str", "space_key": "str", "title": "str", "edited_at": "instant"},
    "page_links": {"page_id": "str", "issue_key": "str"},
    # One row per open conflict of the project and its spaces.
    "conflicts": {"resource_type": "str", "resource_id": "str", "field_name": "str", "created_at": "instant"},
    # One row per version of the project that is to be released on a known day.
    "versions": {"version_id": "str", "name": "str", "release_on": "day"},
    # One row per active vision of the roadmap.
    "visions": {
        "vision_id": "Int64",
        "title": "str",
        "horizon": "day",
        "owner_id": "str",
        "epic_keys": "object",
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """One DataFrame per entry of `COLUMNS`, each with a plain range index."""

    issues: pd.DataFrame
    outside_issues: pd.DataFrame
    links: pd.DataFrame
    status_changes: pd.DataFrame
    statuses: pd.DataFrame
    sprints: pd.DataFrame
    issue_sprints: pd.DataFrame
    sprint_changes: pd.DataFrame
    users: pd.DataFrame
    pages: pd.DataFrame
    page_links: pd.DataFrame
    conflicts: pd.DataFrame
    versions: pd.DataFrame
    visions: pd.DataFrame


def frames_of(tables: Mapping[str, Iterable[Sequence[Any]]]) -> Frames:
    """Frames from rows of plain Python values in the order of `COLUMNS`; tables that are left out are empty."""
    unknown = tables.keys() - COLUMNS.keys()
    if unknown:
        raise ValueError(f"no frame is called {', '.join(sorted(unknown))}")
    return Frames(**{name: _frame(columns, tables.get(name, ())) for name, columns in COLUMNS.items()})


def _frame(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    given = list(rows)
    return pd.DataFrame(
        {name: _series([row[place] for row in given], dtype) for place, (name, dtype) in enumerate(columns.items())}
    )


def _series(values: Sequence[Any], dtype: str) -> "pd.Series[Any]":
    match dtype:
        case "instant":
            return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True)).astype(INSTANT)
        case "day":
            return pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype(DAY)
        case _:
            return pd.Series(values, dtype=dtype)
