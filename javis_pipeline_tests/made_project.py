"""A project that never was: some hundred or a hundred thousand issues with their history, sprints, links and pages.

It has what real ones have: reopened issues, finished ones without a resolution date, issues made in progress, dates in
the future, due dates before creation, links to issues that are nowhere, circles. Equal arguments make equal projects.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import sql

from javis_pipeline.db.connection import Connection

NOW: Final = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)

STATUSES: Final = {
    "1": ("To Do", "new"),
    "3": ("In Progress", "indeterminate"),
    "4": ("In Review", "indeterminate"),
    "5": ("Done", "done"),
}
_PRIORITIES = ["Highest", "High", "Medium", "Medium", "Medium", "Low", None]
_TYPES = ["Story", "Story", "Bug", "Bug", "Task", None]
_DAYS = 3 * 365
_SPRINT_DAYS = 14

Row = dict[str, Any]


@dataclass
class MadeProject:
    """Rows by table, each with the columns of the table that it has values for."""

    key: str
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """One more row."""
        self.tables.setdefault(table, []).append(row)


def made_project(key: str, *, issues: int, seed: int, now: datetime = NOW) -> MadeProject:
    """A project whose last event is close to `now`."""
    rng = random.Random(seed)
    project = MadeProject(key)
    _add_surroundings(project, now)
    epics = [f"{key}-{number}" for number in range(1, 2 + issues // 50)]
    for number in range(1, issues + 1):
        _add_issue(project, rng, number, epics, now)
    everything = range(1, issues + 1)
    unfinished = [
        number for number in everything if project.tables["jira_issues"][number - 1]["status_category"] != "done"
    ]
    for _ in range(issues // 20):
        # What is done holds nothing up: most links are to be ones that count.
        _add_link(project, rng, unfinished if rng.random() < 0.6 and len(unfinished) > 1 else everything)
    for page in range(issues // 40):
        _add_page(project, rng, page, issues, now)
    return project


def store_project(conn: Connection, project: MadeProject) -> None:
    """Put the project into the database; the transaction needs the origin "sync"."""
    for table, rows in project.tables.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row.get(name) for name in columns])


def _add_surroundings(project: MadeProject, now: datetime) -> None:
    for status_id, (name, category) in STATUSES.items():
        project.add("statuses", status_id=status_id, name=name, category=category)
    for person in range(12):
        project.add("users", account_id=f"user-{person}", display_name=f"Person {person}")
    for sprint_id, start in enumerate(_sprint_starts(now), start=1):
        end = start + timedelta(days=_SPRINT_DAYS)
        project.add(
            "sprints",
            sprint_id=sprint_id,
            name=f"{project.key} Sprint {sprint_id}",
            state="closed" if end <= now else "active",
            start_at=start,
            end_at=end,
            completed_at=end if end <= now else None,
        )


def _sprint_starts(now: datetime) -> list[datetime]:
    """Starts of all sprints until now, the active one last; it began five days ago."""
    last = now - timedelta(days=5)
    return [last - timedelta(days=_SPRINT_DAYS * back) for back in range(_DAYS // _SPRINT_DAYS, -1, -1)]


def _add_issue(project: MadeProject, rng: random.Random, number: int, epics: list[str], now: datetime) -> None:
    key, jira_id = f"{project.key}-{number}", str(100_000 + number)
    is_epic, is_subtask = key in epics, number % 10 == 0
    created = now - timedelta(days=rng.uniform(0, _DAYS), seconds=rng.randrange(86_400))
    if rng.random() < 0.002:
        created = now + timedelta(days=2)
    moves = list(_moves(rng, created, now))
    status_id = moves[-1][1] if moves else rng.choice(["1"] * 9 + ["3"])
    status, category = STATUSES[status_id]
    changed = [at for at, _ in moves]
    for place, (at, to_id) in enumerate(moves):
        from_id = moves[place - 1][1] if place else "1"
        project.add(
            "status_changes",
            jira_id=jira_id,
            change_id=f"{jira_id}{place}",
            from_id=from_id,
            from_status=STATUSES[from_id][0],
            to_id=to_id,
            to_status=STATUSES[to_id][0],
            changed_at=at,
        )
    project.add(
        "jira_issues",
        key=key,
        jira_id=jira_id,
        project_key=project.key,
        title=None if rng.random() < 0.01 else f"Issue {number}",
        issue_type="Epic" if is_epic else "Sub-task" if is_subtask else rng.choice(_TYPES),
        is_subtask=is_subtask and not is_epic,
        status=status,
        status_id=status_id,
        status_category=category,
        priority=rng.choice(_PRIORITIES),
        assignee_id=None if rng.random() < 0.2 else f"user-{int(12 * rng.random() ** 2)}",
        parent_key=None
        if is_epic
        else f"{project.key}-{number - 1}"
        if is_subtask
        else rng.choice([None, *epics[-8:]]),
        story_points=rng.choice([None, 1, 2, 3, 5]),
        due_date=created.date() + timedelta(days=rng.randrange(-2, 120)) if rng.random() < 0.2 else None,
        flagged=category != "done" and rng.random() < 0.01,
        created_at=created,
        remote_updated_at=max([created, *changed]) + timedelta(days=0 if rng.random() < 0.7 else rng.uniform(0, 3)),
        resolved_at=changed[-1] if category == "done" and rng.random() < 0.97 else None,
    )
    if not is_epic and rng.random() < 0.5:
        _add_to_sprint(project, rng, jira_id, created, now)


def _moves(rng: random.Random, created: datetime, now: datetime) -> Iterator[tuple[datetime, str]]:
    """Changes of status (instant, new status) up to now, oldest first."""
    at = created
    path = rng.choice([["3", "5"], ["3", "4", "5"], ["3", "4", "3", "4", "5"], ["5"], ["3", "5", "3", "5"], []])
    for status_id in path:
        # Work waits for weeks before it begins, and takes days from then on.
        waits = rng.lognormvariate(3.0, 1.2) if status_id == "3" and at is created else rng.lognormvariate(0.8, 0.9)
        at += timedelta(days=waits)
        if at > now and rng.random() > 0.001:
            return
        yield at, status_id


def _add_to_sprint(project: MadeProject, rng: random.Random, jira_id: str, created: datetime, now: datetime) -> None:
    starts = _sprint_starts(now)
    later = [place for place, start in enumerate(starts, start=1) if start > created]
    sprint_id = later[0] if later else len(starts)
    project.add("issue_sprints", jira_id=jira_id, sprint_id=sprint_id)
    if rng.random() < 0.7:
        at = max(created, starts[sprint_id - 1] + timedelta(days=rng.uniform(-3, 2)))
        project.add(
            "sprint_changes", jira_id=jira_id, change_id=f"{jira_id}s", sprint_id=sprint_id, added=True, changed_at=at
        )


def _add_link(project: MadeProject, rng: random.Random, numbers: Sequence[int]) -> None:
    one, other = rng.sample(numbers, 2)
    link_id = str(2 * len(project.tables.get("issue_links", [])))
    kind, outward, inward = rng.choice(
        [("Blocks", "blocks", "is blocked by")] * 3 + [("Relates", "relates to", "relates to")]
    )
    leads_out = rng.random() < 0.1
    project.add(
        "issue_links", link_id=link_id, key=f"{project.key}-{one}#link-{link_id}", jira_id=str(100_000 + one),
        issue_key=f"{project.key}-{one}", project_key=project.key, type=kind,
        direction="inward" if leads_out else "outward", label=inward if leads_out else outward,
        back_label=outward if leads_out else inward, other_id=None if leads_out else str(100_000 + other),
        other_key=f"ELSEWHERE-{other}" if leads_out else f"{project.key}-{other}",
    )  # fmt: skip


def _add_page(project: MadeProject, rng: random.Random, number: int, issues: int, now: datetime) -> None:
    page_id = str(900_000 + number)
    edited = now - timedelta(days=rng.uniform(0, _DAYS))
    project.add(
        "confluence_pages", page_id=page_id, space_key=project.key, space_id="1", title=f"Page {number}",
        version_number=1, version_created_at=edited, created_at=edited,
    )  # fmt: skip
    for issue in rng.sample(range(1, issues + 1), 2):
        project.add("page_issue_links", page_id=page_id, issue_key=f"{project.key}-{issue}", kind="link")
