"""One batch of a pull: fetched from Jira and turned into rows."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypedDict

from javis_pipeline.db.issue_rows import SATELLITES, IssueLine, Satellite
from javis_pipeline.errors import RemoteBusy, RemoteMissing, RemoteRefused
from javis_pipeline.records.create import Met
from javis_pipeline.records.jira import FieldMap, IssueStamp, JsonObject, Sprint, User
from javis_pipeline.records.policy import NOTHING_LEFT_ALONE, LeftAlone
from javis_pipeline.steps.bad_answers import Endurance, Unreadable, halves, not_about_it, not_given
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.steps.worker_processes import Run, run_here
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import BULK_FETCH_LIMIT, JiraClient
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline.systems.jira.made import MARK, Maker
from javis_pipeline.systems.jira.reading import (
    CutOff,
    HistoryRead,
    IssuesRead,
    ReadAs,
    note_user,
    read_history,
    read_issue_documents,
    read_issues,
)
from javis_pipeline.systems.jira.wire.answers import AnswerBatch

log = logging.getLogger(__name__)

# Two bulk fetches and one request for the history of what they brought. Larger batches would need fewer requests for
# the history, but more memory, and leave threads idle at the end.
BATCH_SIZE: Final = 2 * BULK_FETCH_LIMIT

# About so large an answer may be. While it is read it takes ten times as much, and threads hold one each.
ANSWER_BYTES: Final = 1024 * 1024

HISTORY: Final[tuple[Satellite, ...]] = ("status_changes", "sprint_changes")


class _Marks(TypedDict, total=False):
    """What is asked for besides the fields, of one issue."""

    properties: Sequence[str]


class _Asked(TypedDict, total=False):
    """And of many."""

    histories: bool


class Batch(NamedTuple):
    """What became of the wanted issues.

    Attributes:
        issues: The issues that could be read, written for COPY.
        satellites: Per satellite table the rows of each issue of which all are known, by its id, written for COPY.
            Those of other issues stay as they are.
        absent: Ids that are not there (any more), or that we may not see, although Jira listed them for the project.
        made: Issues that our account made, where rows become issues.
        restricted: Ids of issues that have a security level, or do not say whether they have one.
    """

    issues: list[IssueLine]
    satellites: dict[Satellite, dict[str, bytes]]
    users: dict[str, User]
    sprints: dict[int, Sprint]
    teams: dict[str, str]
    unreadable: list[Unreadable]
    absent: list[str]
    made: list[Met]
    restricted: list[str]

    @property
    def brought(self) -> dict[str, datetime]:
        """Id to the change that came."""
        return {issue.jira_id: datetime.fromisoformat(issue.remote_updated_at) for issue in self.issues}


class BatchReader:
    """Fetches batches. Safe to share between threads.

    Args:
        jira: Client of the site.
        project: Key of the project; issues that are in another one now are left to that one.
        fields: The site's fields.
        run: Runs what turns answers into rows: pure functions of modules.
        sprint_name: What the site calls its sprint field.
        sprints: Sprints that are known better than issues tell.
        custom: The custom fields that are read as such.
        left: Fields that keep what they hold here, whatever answers say.
        maker: Our account; where rows become issues, every look asks for their marks.

    Attributes:
        history_refused: What Jira said when it would not give changelogs; they are not asked for again. None as long
            as it gives them.
    """

    def __init__(
        self,
        jira: JiraClient,
        project: str,
        fields: FieldMap,
        *,
        run: Run = run_here,
        sprint_name: str = "sprint",
        sprints: Mapping[int, Sprint] = wire.NO_SPRINTS,
        custom: wire.Custom = wire.NO_CUSTOM,
        left: LeftAlone = NOTHING_LEFT_ALONE,
        maker: Maker | None = None,
    ) -> None:
        self._jira = jira
        self._known = ReadAs(project, fields, JIRA_ISSUE.table, sprints, custom, left, maker, sprint_name)
        self._run = run
        self._asked = wire.issue_fields(fields, custom)
        self._history_fields = ["status", *([fields.sprint] if fields.sprint else [])]
        self._marks: _Marks = {"properties": [MARK]} if maker and maker.makes else {}
        self._with_histories = jira.tells_histories
        self._parts = 1  # of what could be asked for together, so that answers are not too large
        self.history_refused: str | None = None
        self._endurance = Endurance()

    def read(self, wanted: Sequence[IssueStamp]) -> Batch:
        """Fetch these issues with everything that hangs on them."""
        batch = Batch([], {name: {} for name in SATELLITES}, {}, {}, {}, [], [], [], [])
        # A hit can come twice: an issue that changes moves on in the sweep, and a census may name one that was found.
        for ids in in_batches(dict.fromkeys(stamp.jira_id for stamp in wanted), self._jira.bulk_limit):
            for part in in_batches(ids, -(-self._jira.bulk_limit // self._parts)):
                self._add_bulk(batch, part)
        self._add_history(batch)
        return batch

    def _add_bulk(self, batch: Batch, ids: Sequence[str]) -> None:
        """Add issues that are asked for together; an answer that fails is asked for without histories, then in halves,
        until one is alone."""
        histories = self._with_histories
        more: _Asked = {"histories": True} if histories else {}
        try:
            answer = self._jira.bulk_fetch(
                ids,
                self._asked,
                lambda content: self._read_bulk(content, ids),
                **self._marks,
                **more,
            )
        except (RemoteRefused, RemoteBusy) as error:
            self._endurance.bear(error)
            if histories:
                # They may be too long to come along; from now on they are asked for by themselves.
                self._with_histories = False
                self._add_bulk(batch, ids)
                return
            if len(ids) == 1:
                self._add_single(batch, ids[0])
                return
            for half in halves(ids):
                self._add_bulk(batch, half)
            return
        self._endurance.answered()
        self._add(batch, answer)
        for jira_id in ids:
            if jira_id not in answer.ids:
                self._add_single(batch, jira_id)

    def _read_bulk(self, content: bytes, ids: Sequence[str]) -> IssuesRead:
        """What an answer says; it tells also how many issues like these make one of the right size. A single huge one
        makes the next smaller by half at most."""
        whole = len(content) * self._jira.bulk_limit // len(ids)
        self._parts = max(1, min(-(-whole // ANSWER_BYTES), 2 * self._parts))
        return self._run(read_issues, content, ids, self._known)

    def _add(self, batch: Batch, found: IssuesRead) -> None:
        batch.issues.extend(found.issues)
        self._add_users(batch, found.users)
        batch.sprints.update(found.sprints)
        batch.teams.update(found.teams)
        for table, lines in found.satellites.items():
            batch.satellites[table].update(lines)
        batch.unreadable.extend(found.unreadable)
        batch.made.extend(found.made)
        batch.restricted.extend(found.restricted)
        batch.absent.extend(found.elsewhere)  # moved since the sweep: to a project with its own lock, or none of ours
        for cut_off in found.cut_off:
            self._add_cut_off(batch, cut_off)

    def _add_users(self, batch: Batch, users: Mapping[str, User]) -> None:
        for user in users.values():
            note_user(batch.users, user)

    def _add_single(self, batch: Batch, jira_id: str) -> None:
        """Ask by id for an issue that the bulk fetch left out: its answer proves nothing."""
        try:
            document = self._jira.get_issue(jira_id, fields=self._asked, **self._marks)
        except RemoteMissing:
            batch.absent.append(jira_id)
        except (RemoteRefused, RemoteBusy) as error:
            self._endurance.bear(error)
            batch.unreadable.append(not_given(jira_id, error))
        else:
            self._endurance.answered()
            found = read_issue_documents([document], [jira_id], self._known)
            if jira_id not in found.ids:
                found.unreadable.append(not_about_it(jira_id))
            self._add(batch, found)

    def _add_cut_off(self, batch: Batch, cut_off: CutOff) -> None:
        """Add an issue again, with all comments and worklogs."""
        jira_id = str(cut_off.document["id"])
        fields = {name: value for name, value in cut_off.document["fields"].items() if name not in cut_off.lists}
        try:
            for name, ask in (("comment", self._jira.comments), ("worklog", self._jira.worklogs)):
                if name in cut_off.lists:
                    fields |= self._whole_list(name, ask, jira_id)
        except RemoteMissing:
            batch.absent.append(jira_id)  # gone since the bulk fetch
        else:
            whole = {**cut_off.document, "fields": fields}
            self._add(batch, read_issue_documents([whole], [jira_id], self._known))

    def _whole_list(self, name: str, ask: Callable[[str], list[JsonObject]], jira_id: str) -> JsonObject:
        """All comments or worklogs, as an issue's document holds them; nothing where Jira does not give them now."""
        try:
            return {name: {f"{name}s": ask(jira_id)}}
        except RemoteMissing:
            raise
        except (RemoteRefused, RemoteBusy) as error:
            log.warning("%ss of issue %s were not read and stay as they were: %s", name, jira_id, error)
            return {}

    def _add_history(self, batch: Batch) -> None:
        """Status and sprint changes of the issues that came without. They are asked for after the issues: a change in
        between then brings the issue again."""
        told = batch.satellites["status_changes"]
        ids = [issue.jira_id for issue in batch.issues if issue.jira_id not in told]
        if self.history_refused is not None or not ids:
            return
        found = HistoryRead({}, {}, {}, {})

        def lost(jira_id: str, error: RemoteBusy) -> None:
            found.unreadable[jira_id] = f"jira changelog of issue {jira_id}: {error}"

        try:
            for part in self._jira.changelog_bulk(ids, self._history_fields, self._history_of, lost=lost):
                found.status_changes.update(part.status_changes)
                found.sprint_changes.update(part.sprint_changes)
                self._add_users(batch, part.users)
                found.unreadable.update(part.unreadable)
        except (RemoteRefused, RemoteBusy) as error:
            self.history_refused = str(error)
            return
        for reason in found.unreadable.values():
            log.warning("%s; its status history stays as it was", reason)
        changes = {"status_changes": found.status_changes, "sprint_changes": found.sprint_changes}
        for table in HISTORY:
            lines = batch.satellites[table]
            lines.update(dict.fromkeys([jira_id for jira_id in ids if jira_id not in found.unreadable], b""))
            for (jira_id, *_), line in changes[table].items():
                if jira_id in lines:
                    lines[jira_id] += line + b"\n"

    def _history_of(self, content: bytes) -> AnswerBatch[HistoryRead]:
        found: AnswerBatch[HistoryRead] = self._run(read_history, content, self._known.fields, self._known.sprint_name)
        return found
