"""Issues of one project here: batches stored set-wise, the fast path of the sync."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.creates import PostgresCreates
from javis_pipeline.db.dimensions import TEAMS, store_names, store_sprints
from javis_pipeline.db.hanging import insert_hanging, merge_hanging
from javis_pipeline.db.issues import (
    NO_ELEMENTS,
    Elements,
    StoredIssues,
    count_present_issues,
    issues_to_fetch,
    store_issues,
)
from javis_pipeline.db.satellites import replace_satellites, restrict_satellites, store_users
from javis_pipeline.records.jira import Called, IssueStamp, Sprint, User
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.meet import meet_made
from javis_pipeline.steps.system import Stored
from javis_pipeline.systems.jira.kind import JIRA_ISSUE, WRITTEN_HERE
from javis_pipeline.systems.jira.reader import Batch


class IssueMirror:
    """The project's issues, with all that hangs on them.

    The people, sprints and teams of earlier batches are not sent again, so batches are stored one after the other.

    Args:
        project: Key of the project.
        elements: What custom fields are to people here.
    """

    at_once: Final = 1

    def __init__(self, project: str, elements: Elements = NO_ELEMENTS) -> None:
        self._project = project
        self._elements = elements
        self._users: set[User] = set()
        self._sprints: set[Sprint] = set()
        self._teams: set[Called] = set()

    def differing(self, conn: Connection, stamps: Sequence[IssueStamp]) -> list[str]:
        """Ids of the issues that are not stored as these stamps say."""
        return issues_to_fetch(conn, stamps, self._project)

    def store(self, conn: Connection, batch: Batch, *, run_id: str, now: datetime, refresh: bool) -> Stored:
        """Store what the batch brought; what wishes are in doubt about is left to them."""
        book = PostgresCreates(None, JIRA_ISSUE.table, self._project, run_id=run_id, now=lambda: now)
        held = meet_made(conn, book, batch.made, now) if batch.made else frozenset()
        issues = [issue for issue in batch.issues if issue.jira_id not in held]
        table = JIRA_ISSUE.table
        stored = store_issues(conn, issues, table, self._elements, run_id=run_id, now=now, refresh=refresh)
        users = [user for user in batch.users.values() if user not in self._users]
        sprints = [sprint for sprint in batch.sprints.values() if sprint not in self._sprints]
        teams = {Called(*team) for team in batch.teams.items()} - self._teams
        store_users(conn, users)
        store_sprints(conn, sprints, table)
        if teams:
            store_names(conn, TEAMS, teams, table)
        left = _store_satellites(conn, batch, stored, held, run_id=run_id, now=now)
        self._users.update(users)
        self._sprints.update(sprints)
        self._teams.update(teams)
        return Stored(stored.inserted, stored.updated, stored.renamed, stored.same, stored.to_merge, left)

    def count(self, conn: Connection) -> int:
        """How many issues of the project are stored and, as far as is known, still in Jira."""
        return count_present_issues(conn, self._project)


def _store_satellites(
    conn: Connection, batch: Batch, stored: StoredIssues, held: Collection[str], *, run_id: str, now: datetime
) -> list[ResourceRef]:
    """Also of the issues that are left to the merge: of their satellites people edit only kinds that are left to a
    merge of their own. An old payload has old ones."""
    old, new = {*stored.outdated, *held}, set(stored.inserted)
    left: list[ResourceRef] = []
    for name, lines in batch.satellites.items():
        kind = WRITTEN_HERE.get(name)
        # What is edited of these does not always change its issue.
        known = old if kind else old.union(stored.same)
        fresh = [jira_id for jira_id in lines if jira_id not in known]
        replaced = [jira_id for jira_id in fresh if jira_id not in new]
        if kind is None:
            replace_satellites(conn, name, replaced, b"".join([lines[jira_id] for jira_id in fresh]))
            continue
        came = b"".join([lines[jira_id] for jira_id in replaced])
        left += merge_hanging(conn, kind.table, replaced, came, run_id=run_id, now=now)
        came_new = [jira_id for jira_id in fresh if jira_id in new]
        insert_hanging(conn, kind.table, came_new, b"".join([lines[jira_id] for jira_id in came_new]))
    restrict_satellites(conn, batch.restricted)
    return left
