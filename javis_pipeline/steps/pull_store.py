"""One batch of a pull into the database: one transaction, the fast path of the sync."""

from datetime import datetime

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.issues import StoredIssues, set_up_batch, store_issues
from javis_pipeline.db.quarantine import quarantine_record, release_records
from javis_pipeline.db.satellites import replace_satellites, restrict_satellites, store_sprints, store_users
from javis_pipeline.records.jira import Sprint, User
from javis_pipeline.steps.pull_batch import Batch
from javis_pipeline.steps.watermark import Mark


class BatchStore:
    """Stores batches one after the other; the people and sprints of earlier ones are not sent again.

    Args:
        db: The product's database.
        project: Key of the project that is pulled.
        run_id: For the audit.
        now: Dates what is stored.
        refresh: Overwrite also what is as old as the payload.
    """

    def __init__(self, db: Database, project: str, *, run_id: str, now: datetime, refresh: bool) -> None:
        self._db = db
        self._project = project
        self._run_id = run_id
        self._now = now
        self._refresh = refresh
        self._users: set[User] = set()
        self._sprints: set[Sprint] = set()

    def store(self, batch: Batch) -> StoredIssues:
        """Store what the batch brought, and commit."""
        with self._db.transaction(origin="sync") as conn:
            set_up_batch(conn)
            stored = store_issues(conn, batch.issues, run_id=self._run_id, now=self._now, refresh=self._refresh)
            users = [user for user in batch.users.values() if user not in self._users]
            sprints = [sprint for sprint in batch.sprints.values() if sprint not in self._sprints]
            store_users(conn, users)
            store_sprints(conn, sprints)
            self._store_satellites(conn, batch, stored)
            self._store_unreadable(conn, batch)
        self._users.update(users)
        self._sprints.update(sprints)
        return stored

    def _store_satellites(self, conn: Connection, batch: Batch, stored: StoredIssues) -> None:
        """Also of the issues that are left to the merge: nobody edits satellites here. An old payload has old ones."""
        known, new = {*stored.same, *stored.outdated}, set(stored.inserted)
        for table, lines in batch.satellites.items():
            fresh = [jira_id for jira_id in lines if jira_id not in known]
            replaced = [jira_id for jira_id in fresh if jira_id not in new]
            replace_satellites(conn, table, replaced, b"".join([lines[jira_id] for jira_id in fresh]))
        restrict_satellites(conn, [issue.jira_id for issue in batch.issues])

    def _store_unreadable(self, conn: Connection, batch: Batch) -> None:
        release_records(conn, "jira", [issue.jira_id for issue in batch.issues])
        for one in batch.unreadable:
            quarantine_record(
                conn,
                "jira",
                self._project,
                one.remote_id,
                updated_at=one.updated_at,
                payload=one.payload,
                reason=one.reason,
                now=self._now,
            )


def note_batch(mark: Mark, batch: Batch, stored: StoredIssues) -> None:
    """What the watermark may say after the batch was stored."""
    mark.batch(
        [(stamp.jira_id, stamp.remote_updated_at) for stamp in batch.wanted],
        {issue.jira_id: datetime.fromisoformat(issue.remote_updated_at) for issue in batch.issues},
        to_merge={ref.resource_id for ref in stored.to_merge},
        closed={one.remote_id for one in batch.unreadable}.union(batch.absent),
    )
