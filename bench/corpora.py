"""Real and made-up projects as the frames that a work context is built from, and how they looked at an instant.

A corpus is a file in the form that `javis sandbox --load` reads. It has no history of statuses: an issue that is done
at the end was open until its resolution date, and nobody knows when it was begun.
"""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from javis_pipeline.context.build import build_work_context
from javis_pipeline.context.days import Today, looked_up
from javis_pipeline.context.frames import COLUMNS, Frames, frames_of
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import WorkContext

ZONE: Final = ZoneInfo("UTC")
# Parts of a project that are large enough to be looked at like a project.
_PART_MIN: Final = 150
_WEEKDAYS: Final = np.array([1.0, 1.2, 1.2, 1.1, 0.9, 0.1, 0.05])
_MADE_DAYS: Final = 9 * 364
_MADE_END: Final = datetime(2026, 1, 5, tzinfo=UTC)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A project with all that is known of it at the end.

    Attributes:
        touches: One row per comment: `jira_id` and `at` (instant).
        is_made: Made up here; its truth is known.
    """

    name: str
    project: str
    frames: Frames
    touches: pd.DataFrame
    is_made: bool = False

    @property
    def last(self) -> pd.Timestamp:
        """When the last issue was made or finished."""
        issues = self.frames.issues
        return pd.Timestamp(max(issues["created_at"].max(), issues["resolved_at"].max()))


def read_projects(files: Sequence[Path]) -> Iterator[Corpus]:
    """Each file as a project."""
    for file in files:
        yield _corpus(file.name.partition(".")[0], _rows_of(file))


def read_corpora(files: Sequence[Path]) -> Iterator[Corpus]:
    """Each file as a project, and the larger of its components as projects of their own."""
    for file in files:
        rows, name = _rows_of(file), file.name.partition(".")[0]
        yield _corpus(name, rows)
        done = Counter(part for row in rows if row.get("resolved") for part in row.get("components") or ())
        for part, count in done.most_common():
            if count >= _PART_MIN:
                yield _corpus(f"{name}, {part}", [row for row in rows if part in (row.get("components") or ())])


def _rows_of(file: Path) -> list[Json]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
        return [orjson.loads(line) for line in lines]


def as_of(corpus: Corpus, at: datetime) -> Frames:
    """What the pipeline would have known at `at`, but for what the corpus does not tell (module docstring)."""
    frames, instant = corpus.frames, pd.Timestamp(at)
    issues = frames.issues[frames.issues["created_at"] <= instant].copy()
    later = issues["resolved_at"] > instant
    issues.loc[later, ["status", "status_category"]] = ["Open", "new"]
    issues.loc[later, ["status_id"]] = None
    issues["resolved_at"] = issues["resolved_at"].mask(later)
    touched = corpus.touches[corpus.touches["at"] <= instant].groupby("jira_id")["at"].max()
    last = pd.concat([issues["created_at"], issues["resolved_at"], looked_up(issues["jira_id"], touched)], axis=1)
    issues["updated_at"] = last.max(axis=1)
    sprints = frames.sprints[frames.sprints["start_at"] <= instant].copy()
    over = sprints["completed_at"].fillna(sprints["end_at"]) <= instant
    sprints["state"] = np.where(over, "closed", "active")
    members = frames.issue_sprints
    members = members[members["sprint_id"].isin(sprints["sprint_id"]) & members["jira_id"].isin(issues["jira_id"])]
    links = frames.links[frames.links["key"].isin(issues["key"])]
    not_yet = set(frames.issues["key"]) - set(issues["key"])
    links = links[~links["other_key"].isin(not_yet)]
    return replace(
        frames,
        issues=issues.reset_index(drop=True),
        sprints=sprints.reset_index(drop=True),
        issue_sprints=members.reset_index(drop=True),
        links=links.reset_index(drop=True),
    )


def today_of(at: datetime) -> Today:
    """The calendar at `at`."""
    return Today(at, ZONE)


def made_teams(*, teams: int) -> Iterator[list[Corpus]]:
    """Teams that never were, so many of a kind: each of nine years, with weekends and quiet weeks at New Year."""
    for kind in ("drifting", "pauses", "growth", "decline", "bursts"):
        yield [_made(f"made up: {kind}", made_history(kind, seed=seed)) for seed in range(teams)]


def made_history(kind: str, *, seed: int, days: int = _MADE_DAYS) -> npt.NDArray[np.int64]:
    """Items that a made-up team finishes on each of `days`."""
    rng = np.random.default_rng([seed, *kind.encode()])
    day = np.arange(days)
    # The pace is a random walk that is drawn back to its mean, as teams grow, shrink and change their work.
    walk = np.zeros(days)
    for each in range(1, days):
        walk[each] = 0.99 * walk[each - 1] + rng.normal(0.0, 0.07)
    pace = 2.5 * _WEEKDAYS[day % 7] * np.where(day % 364 >= 350, 0.2, 1.0)
    clean_ups = np.zeros(days, dtype=np.int64)
    match kind:
        case "drifting":
            pace = pace * np.exp(walk)
            clean_ups = rng.poisson(15.0, days) * (rng.random(days) < 1 / 90)
        case "pauses":
            pace = pace * np.exp(walk / 2) * _working(rng, days)
        case "growth":
            pace = pace * 0.2 * np.exp(walk / 2 + 3.0 * day / days)
        case "decline":
            pace = pace * 2.0 * np.exp(walk / 2 - 3.0 * day / days)
        case _:
            pace = pace * 0.3 * np.exp(walk / 2)
            releases = np.cumsum(rng.gamma(9.0, 28 / 9, days // 14)).astype(np.int64)
            np.add.at(clean_ups, releases[releases < days], rng.poisson(25, int((releases < days).sum())))
    finished: npt.NDArray[np.int64] = rng.poisson(pace) + clean_ups
    return finished


def _working(rng: np.random.Generator, days: int) -> npt.NDArray[np.float64]:
    """1.0 on the days of work, 0.0 in pauses of two weeks to four months."""
    working, day = np.ones(days), 0
    while day < days:
        day += int(rng.exponential(150)) + 30
        length = int(rng.uniform(14, 120))
        working[day : day + length] = 0.0
        day += length
    return working


def _made(name: str, finished: npt.NDArray[np.int64]) -> Corpus:
    days = np.repeat(np.arange(len(finished)), finished)
    first = _MADE_END - timedelta(days=len(finished))
    rows = [
        {
            "id": place,
            "key": f"MADE-{place}",
            "type": "Task",
            "status": "Done",
            "status_category": "done",
            "created": (first - timedelta(days=60)).isoformat(),
            # No two in one minute: what is closed in bulk says nothing about the pace.
            "resolved": (first + timedelta(days=int(day), seconds=28_800 + 97 * (place % 300))).isoformat(),
        }
        for place, day in enumerate(days)
    ]
    return replace(_corpus(name, rows), is_made=True)


def _corpus(name: str, rows: Sequence[Json]) -> Corpus:
    key = str(rows[0]["key"]).rpartition("-")[0]
    ids = {row["key"]: str(row["id"]) for row in rows}
    sprints = {sprint["id"]: sprint for row in rows for sprint in row.get("sprints") or ()}
    tables: dict[str, list[list[Any]]] = {
        "issues": [[_issue(row).get(column) for column in COLUMNS["issues"]] for row in rows],
        "links": [[row["key"], link["label"], link["key"]] for row in rows for link in row.get("links") or ()],
        "outside_issues": [
            [other, *[None] * (len(COLUMNS["outside_issues"]) - 1)]
            for other in sorted({link["key"] for row in rows for link in row.get("links") or ()} - ids.keys())
        ],
        "sprints": [
            [
                sprint["id"],
                sprint["name"],
                sprint["state"],
                None,
                sprint.get("startDate"),
                sprint.get("endDate"),
                sprint.get("completeDate"),
            ]
            for sprint in sprints.values()
        ],
        "issue_sprints": [
            [ids[row["key"]], each] for row in rows for each in {sprint["id"] for sprint in row.get("sprints") or ()}
        ],
        "users": [[person, person] for person in sorted({row["assignee"] for row in rows if row.get("assignee")})],
    }
    comments = [(ids[row["key"]], comment["created"]) for row in rows for comment in row.get("comments") or ()]
    touches = pd.DataFrame(comments, columns=["jira_id", "at"])
    touches["at"] = pd.to_datetime(touches["at"], utc=True).astype("datetime64[us, UTC]")
    return Corpus(name, key, frames_of({name: _padded(name, table) for name, table in tables.items()}), touches)


def _padded(table: str, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows with what the corpus does not tell as missing."""
    width = len(COLUMNS[table])
    return [[*row, *[None] * (width - len(row))][:width] for row in rows]


def _issue(row: Json) -> dict[str, Any]:
    return {
        "jira_id": str(row["id"]),
        "key": row["key"],
        "title": row.get("summary"),
        "issue_type": row.get("type"),
        "is_subtask": bool(row.get("subtask")),
        "status": row.get("status"),
        "status_category": row.get("status_category"),
        "priority": row.get("priority"),
        "assignee_id": row.get("assignee"),
        "parent_key": row.get("parent") or (row.get("epic") or {}).get("key"),
        "story_points": row.get("story_points"),
        "due_date": row.get("due"),
        "flagged": bool(row.get("flagged")),
        "created_at": row.get("created"),
        "updated_at": row.get("updated"),
        "resolved_at": row.get("resolved"),
        "components": row.get("components") or [],
        "fix_versions": row.get("fix_versions") or [],
    }


def contexts(corpus: Corpus, *, instants: int, thresholds: Thresholds) -> Iterator[tuple[Frames, WorkContext]]:
    """What was known, and the work context made of it, at instants spread over the history, the oldest first."""
    first, last = corpus.frames.issues["created_at"].min(), corpus.last
    for place in np.linspace(0.05, 0.97, instants):
        at = (first + place * (last - first)).to_pydatetime()
        frames = as_of(corpus, at)
        yield frames, build_work_context(frames, corpus.project, now=at, zone=ZONE, thresholds=thresholds)
