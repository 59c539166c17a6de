"""One batch of a pull: fetched from Jira and turned into rows, in a thread of its own."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

import orjson

from javis_pipeline.clients.jira import wire
from javis_pipeline.clients.jira.client import BULK_FETCH_LIMIT, JiraClient
from javis_pipeline.db.copying import array_text
from javis_pipeline.db.issues import IssueRow
from javis_pipeline.db.satellites import SATELLITES, Satellite, SatelliteRow
from javis_pipeline.errors import RemoteMissing, RemoteRefused, UnreadableRecord
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import (
    ChangelogEntry,
    Comment,
    FieldMap,
    Issue,
    IssueStamp,
    JsonObject,
    Sprint,
    User,
    Worklog,
)
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown

log = logging.getLogger(__name__)

T = TypeVar("T")

# Two bulk fetches and one request for the history of what they brought. Larger batches would need fewer requests for
# the history, but more memory, and leave threads idle at the end.
BATCH_SIZE: Final = 2 * BULK_FETCH_LIMIT

HISTORY: Final[tuple[Satellite, ...]] = ("status_changes", "sprint_changes")


class Unreadable(NamedTuple):
    """A document that could not be read, and why."""

    remote_id: str
    updated_at: datetime | None
    payload: JsonObject
    reason: str


class Batch(NamedTuple):
    """What became of the wanted issues.

    Attributes:
        wanted: The hits that the batch was fetched for.
        rows: The issues that could be read.
        covered: Per satellite table the issues whose satellites are all known; those of the others stay as they are.
        satellites: Rows per satellite table, of covered issues only.
        absent: Ids that are not there (any more), or that we may not see, although Jira listed them for the project.
    """

    wanted: Sequence[IssueStamp]
    rows: list[IssueRow]
    covered: dict[Satellite, list[str]]
    satellites: dict[Satellite, list[SatelliteRow]]
    users: set[User]
    sprints: set[Sprint]
    unreadable: list[Unreadable]
    absent: list[str]


class BatchReader:
    """Fetches batches. Safe to share between threads.

    Attributes:
        history_refused: What Jira said when it would not give changelogs; they are not asked for again. None as long
            as it gives them.
    """

    def __init__(self, jira: JiraClient, project: str, fields: FieldMap) -> None:
        self._jira = jira
        self._project = project
        self._fields = fields
        self._asked = wire.issue_fields(fields)
        self._history_fields = ["status", *([fields.sprint] if fields.sprint else [])]
        self.history_refused: str | None = None

    def read(self, wanted: Sequence[IssueStamp]) -> Batch:
        """Fetch these issues with everything that hangs on them."""
        batch = Batch(
            wanted, [], {name: [] for name in SATELLITES}, {name: [] for name in SATELLITES}, set(), set(), [], []
        )
        for stamps in in_batches(wanted, BULK_FETCH_LIMIT):
            fetched = self._jira.bulk_fetch([stamp.jira_id for stamp in stamps], self._asked)
            for document in fetched.documents:
                self._add_document(batch, document)
            for jira_id in fetched.missing:
                self._add_single(batch, jira_id)
        self._add_history(batch)
        return batch

    def _add_single(self, batch: Batch, jira_id: str) -> None:
        """Ask by id for an issue that the bulk fetch left out: its answer proves nothing."""
        try:
            document = self._jira.get_issue(jira_id, fields=self._asked)
        except RemoteMissing:
            batch.absent.append(jira_id)
        else:
            self._add_document(batch, document)

    def _add_document(self, batch: Batch, document: JsonObject) -> None:
        remote_id = str(document.get("id"))
        try:
            issue = self._complete(wire.parse_issue(document, self._fields))
            row = issue_row(issue)
            satellites = satellite_rows(issue)
        except UnreadableRecord as error:
            batch.unreadable.append(Unreadable(remote_id, _updated_at(document), document, str(error)))
            return
        except RemoteMissing:
            batch.absent.append(remote_id)  # gone since the bulk fetch
            return
        if issue.project_key != self._project:
            batch.absent.append(remote_id)  # moved since the sweep: to a project that has its own lock, or none of ours
        else:
            batch.rows.append(row)
            batch.users.update(issue.users)
            batch.sprints.update(issue.sprints or ())
            for name, rows in satellites.items():
                batch.covered[name].append(issue.jira_id)
                batch.satellites[name] += rows

    def _complete(self, issue: Issue) -> Issue:
        """The issue with all comments and worklogs: Jira cuts long lists off."""
        if issue.comments is not MISSING and issue.comment_total > len(issue.comments):
            comments, users = wire.parse_comments(self._jira.comments(issue.jira_id), issue.jira_id)
            issue = issue._replace(comments=comments, users=[*issue.users, *users])
        if issue.worklogs is not MISSING and issue.worklog_total > len(issue.worklogs):
            worklogs, users = wire.parse_worklogs(self._jira.worklogs(issue.jira_id), issue.jira_id)
            issue = issue._replace(worklogs=worklogs, users=[*issue.users, *users])
        return issue

    def _add_history(self, batch: Batch) -> None:
        """Status and sprint changes, asked for after the issues: a change in between then brings the issue again."""
        if self.history_refused is not None or not batch.rows:
            return
        ids = [row.jira_id for row in batch.rows]
        entries: dict[tuple[str, str], ChangelogEntry] = {}
        unreadable: set[str] = set()
        try:
            for jira_id, document in self._jira.changelog_bulk(ids, self._history_fields):
                try:
                    entry = wire.parse_changelog_entry(document, jira_id)
                except UnreadableRecord as error:
                    log.warning("%s; its status history stays as it was", error)
                    unreadable.add(jira_id)
                else:
                    entries[jira_id, entry.entry_id] = entry
        except RemoteRefused as error:
            self.history_refused = str(error)
            return
        for entry in entries.values():
            if entry.jira_id not in unreadable:
                self._add_entry(batch, entry)
        for table in HISTORY:
            batch.covered[table] += [jira_id for jira_id in ids if jira_id not in unreadable]

    def _add_entry(self, batch: Batch, entry: ChangelogEntry) -> None:
        batch.satellites["status_changes"] += wire.status_changes(entry)[:1]
        batch.satellites["sprint_changes"] += wire.sprint_changes(entry, self._fields)
        if entry.author:
            batch.users.add(entry.author)


def _updated_at(document: JsonObject) -> datetime | None:
    """When a document that cannot be read was changed; None if even that cannot be read."""
    try:
        return wire.parse_stamp(document).remote_updated_at
    except UnreadableRecord:
        return None


def issue_row(issue: Issue) -> IssueRow:
    """The row of an issue; what is MISSING is named in it and empty."""
    document = _known(issue.description_adf)
    due_date, story_points, resolved_at = issue.due_date, issue.story_points, issue.resolved_at
    return IssueRow(
        jira_id=issue.jira_id,
        key=issue.key,
        project_key=issue.project_key,
        title=_known(issue.title),
        description=adf_to_markdown(document) if document else _known(issue.description),
        description_adf=_json(document) if document else None,
        environment=_markdown(issue.environment),
        labels=_names(issue.labels),
        priority=_known(issue.priority),
        priority_id=_known(issue.priority_id),
        assignee_id=_known(issue.assignee_id),
        due_date=due_date.isoformat() if due_date else None,
        story_points=None if story_points is None or story_points is MISSING else str(story_points),
        status=_known(issue.status),
        status_id=_known(issue.status_id),
        status_category=issue.status_category,
        parent_key=_known(issue.parent_key),
        parent_id=issue.parent_id,
        issue_type=_known(issue.issue_type),
        issue_type_id=issue.issue_type_id,
        is_subtask=issue.is_subtask,
        hierarchy_level=issue.hierarchy_level,
        reporter_id=_known(issue.reporter_id),
        creator_id=issue.creator_id,
        epic_key=issue.epic_key,
        sprint=_known(issue.sprint),
        sprint_id=issue.sprint_id,
        team=issue.team,
        flagged=bool(issue.flagged),
        resolution=_known(issue.resolution),
        components=_names(issue.components),
        fix_versions=_names(issue.fix_versions),
        affected_versions=_names(issue.affected_versions),
        estimate_seconds=issue.estimate_seconds,
        remaining_seconds=issue.remaining_seconds,
        spent_seconds=issue.spent_seconds,
        custom_fields=_json(issue.custom_fields) if issue.custom_fields else "{}",
        created_at=issue.created_at.isoformat(),
        resolved_at=resolved_at.isoformat() if resolved_at else None,
        remote_updated_at=issue.remote_updated_at.isoformat(),
        missing=_names(issue.missing),
    )


def satellite_rows(issue: Issue) -> dict[Satellite, list[SatelliteRow]]:
    """Rows of what came with the issue, per table; a table whose part of the issue is MISSING is left out."""
    jira_id = issue.jira_id
    found: dict[Satellite, list[SatelliteRow]] = {}
    if issue.links is not MISSING:
        links = {(link.link_id, link.direction): (jira_id, *link) for link in issue.links}
        found["issue_links"] = list(links.values())
    if issue.sprints is not MISSING:
        found["issue_sprints"] = [(jira_id, sprint.sprint_id) for sprint in issue.sprints]
    if issue.comments is not MISSING:
        comments = {comment.comment_id: _comment_row(jira_id, comment) for comment in issue.comments}
        found["comments"] = list(comments.values())
    if issue.worklogs is not MISSING:
        worklogs = {worklog.worklog_id: _worklog_row(jira_id, worklog) for worklog in issue.worklogs}
        found["worklogs"] = list(worklogs.values())
    return found


def _comment_row(jira_id: str, comment: Comment) -> SatelliteRow:
    created_at, updated_at = comment.created_at.isoformat(), comment.updated_at
    body = _markdown(comment.body) or ""
    return jira_id, comment.comment_id, comment.author_id, body, created_at, updated_at and updated_at.isoformat()


def _worklog_row(jira_id: str, worklog: Worklog) -> SatelliteRow:
    return jira_id, worklog.worklog_id, worklog.author_id, worklog.started_at.isoformat(), worklog.seconds


def _known(value: T | Missing) -> T | None:
    return None if value is MISSING else value


def _names(names: Iterable[str] | Missing) -> str:
    return array_text(names) if names else "{}"


def _markdown(rich_text: JsonObject | str | None) -> str | None:
    return adf_to_markdown(rich_text) if isinstance(rich_text, dict) else rich_text


def _json(value: JsonObject) -> str:
    return orjson.dumps(value).decode()
