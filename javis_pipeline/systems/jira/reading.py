"""Answers of Jira as rows for PostgreSQL. Pure, so that a second process can do it; most of a first load's work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from javis_pipeline.clients.reading import guarded, id_of
from javis_pipeline.db.copy_lines import copy_lines
from javis_pipeline.db.issue_rows import (
    SATELLITES,
    IssueLine,
    IssueRow,
    Satellite,
    SatelliteRow,
    issue_lines,
)
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.create import Met
from javis_pipeline.records.jira import (
    FieldMap,
    Issue,
    JsonObject,
    Sprint,
    User,
)
from javis_pipeline.records.policy import NOTHING_LEFT_ALONE, LeftAlone
from javis_pipeline.records.tables import Table
from javis_pipeline.steps.bad_answers import Unreadable, kept
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.made import Maker, made_by
from javis_pipeline.systems.jira.rows import issue_row, satellite_rows
from javis_pipeline.systems.jira.wire.answers import AnswerBatch

Hanging = Mapping[Satellite, list[SatelliteRow]]
# Documents that are objects and rows at once: with all of an answer it would be several times as much memory.
_AT_ONCE: Final = 20
# Fields with what tells their values in the form of the remote.
_RAW: Final = {
    "description": "description_adf",
    **{name: f"{name}_id" for name in ("priority", "status", "resolution", "team")},
}


class CutOff(NamedTuple):
    """An issue's document whose `lists` ("comment", "worklog") do not hold all: Jira cuts long ones off."""

    document: JsonObject
    lists: tuple[str, ...]


class IssuesRead(NamedTuple):
    """What issue documents say.

    Attributes:
        issues: The issues that could be read.
        satellites: Per satellite table the rows of each issue of which all are known, by its id, written for COPY.
        users: Everybody who is named, by account id.
        teams: The teams that are named, by id.
        ids: Ids of all documents.
        elsewhere: Ids of issues that are in another project now.
        cut_off: Issues that are not among the others, because something of them is missing.
        made: Those that the maker made.
        restricted: Ids of issues that have a security level, or do not say whether they have one.
    """

    issues: list[IssueLine]
    satellites: dict[Satellite, dict[str, bytes]]
    users: dict[str, User]
    sprints: dict[int, Sprint]
    teams: dict[str, str]
    ids: set[str]
    elsewhere: list[str]
    cut_off: list[CutOff]
    unreadable: list[Unreadable]
    made: list[Met]
    restricted: list[str]


class HistoryRead(NamedTuple):
    """What changelog entries say of status and sprints.

    Attributes:
        status_changes, sprint_changes: Rows by their primary keys (the issue's id comes first), written for COPY.
        unreadable: Issues with an entry that cannot be read, and why.
    """

    status_changes: dict[SatelliteRow, bytes]
    sprint_changes: dict[SatelliteRow, bytes]
    users: dict[str, User]
    unreadable: dict[str, str]


class ReadAs(NamedTuple):
    """What is known when a project's issues are read.

    Attributes:
        project: Key of the project; issues that are in another one now are left to that one.
        fields: The site's fields.
        table: Says what is hashed: a process that reads need not know how a kind is merged.
        sprints: Sprints that are known better than issues tell.
        custom: The custom fields that are read as such.
        left: Fields that keep what they hold here, whatever answers say.
        maker: Our account.
        sprint_name: What the site calls its sprint field.
    """

    project: str
    fields: FieldMap
    table: Table
    sprints: Mapping[int, Sprint] = wire.NO_SPRINTS
    custom: wire.Custom = wire.NO_CUSTOM
    left: LeftAlone = NOTHING_LEFT_ALONE
    maker: Maker | None = None
    sprint_name: str = "sprint"


def read_issues(content: bytes, ids: Sequence[str], known: ReadAs) -> IssuesRead:
    """The issues in an answer that was asked for these ids."""
    return read_issue_documents(_let_go(wire.issue_documents(content)), ids, known)


def _let_go(documents: list[JsonObject]) -> Iterator[JsonObject]:
    """The documents, of which the list keeps none that was given: as objects they take many times their size."""
    documents.reverse()
    while documents:
        yield documents.pop()


def read_issue_documents(documents: Iterable[JsonObject], ids: Sequence[str], known: ReadAs) -> IssuesRead:
    """What these documents say of the issues with these ids, each once. A document that cannot be read does not take
    the others with it; one that nobody asked for, or that comes again, is left out."""
    found = IssuesRead([], {name: {} for name in SATELLITES}, {}, {}, {}, set(), [], [], [], [], [])
    for part in in_batches(_asked_for(documents, ids, found.ids), _AT_ONCE):
        whole = [one for document in part if (one := _read_or_set_aside(document, found, known)) is not None]
        _write(whole, found, known)
    return found


def _asked_for(documents: Iterable[JsonObject], ids: Sequence[str], met: set[str]) -> Iterator[JsonObject]:
    """Those of issues with these ids that are met for the first time."""
    wanted = frozenset(ids)
    for document in documents:
        jira_id = id_of(document)
        if jira_id in wanted and jira_id not in met:
            met.add(jira_id)
            yield document


class _Whole(NamedTuple):
    """An issue of which all is known, and the rows of it."""

    issue: Issue
    row: IssueRow
    hanging: Hanging


def _read_or_set_aside(document: JsonObject, found: IssuesRead, known: ReadAs) -> _Whole | None:
    """The issue; None, and a note of it in `found`, where it cannot be stored as it is."""
    try:
        one = guarded("jira issue", document, partial(_read, document, found.users, known))
    except UnreadableRecord as error:
        found.unreadable.append(Unreadable(id_of(document), _updated_at(document), kept(document), str(error)))
        return None
    if (made := made_by(document, known.maker)) is not None:
        found.made.append(made)
    lists = _cut_off_lists(one.issue)
    if one.issue.project_key != known.project:
        found.elsewhere.append(one.issue.jira_id)
    elif lists:
        found.cut_off.append(CutOff(document, lists))
    else:
        history = _history_with(document, known.fields, known.sprint_name, found.users)
        return one._replace(hanging={**one.hanging, **history})
    return None


def _write(whole: Sequence[_Whole], found: IssuesRead, known: ReadAs) -> None:
    """Add these issues, and what they name, to what was found."""
    issues, rows = [one.issue for one in whole], [one.row for one in whole]
    found.issues.extend(issue_lines(rows, known.table))
    found.restricted.extend([issue.jira_id for issue in issues if issue.security_level is not None])
    found.sprints.update({sprint.sprint_id: sprint for issue in issues for sprint in issue.sprints or ()})
    found.teams.update({row.team_id: row.team for row in rows if row.team_id and row.team})
    for field_id in [field_id for field_id, sort in known.custom.items() if sort == "team"]:
        named = [issue for issue in issues if field_id in issue.custom_raw]
        found.teams.update({issue.custom_raw[field_id]: issue.custom_fields[field_id] for issue in named})
    _write_hanging(whole, found.satellites)


def _read(document: JsonObject, users: dict[str, User], known: ReadAs) -> _Whole:
    issue = wire.parse_issue(document, known.fields, users, known.sprints, known.custom)
    if known.left.all:
        issue = _without(issue, known.left)
    # What has a column of its own now may once have been one of many.
    return _Whole(issue, issue_row(issue, known.fields), satellite_rows(issue, known.maker))


def _without(issue: Issue, left: LeftAlone) -> Issue:
    """The issue as if the document had not held these fields; what is only kept a new row takes all the same."""
    names = [name for name in issue._fields if name in left.unread]
    raw = [beside for name, beside in _RAW.items() if name in left.unread]
    missing = dict.fromkeys((*issue.missing, *names, *(name for name in issue._fields if name in left.kept)))
    without: dict[str, Any] = dict.fromkeys((*names, *raw), MISSING)
    empty = tuple(name for name in issue.custom_empty if name not in left.kept)
    return issue._replace(**without, missing=tuple(missing), custom_empty=empty)


def _write_hanging(whole: Sequence[_Whole], lines: Mapping[Satellite, dict[str, bytes]]) -> None:
    rows: dict[Satellite, list[SatelliteRow]] = {name: [] for name in SATELLITES}
    for issue, _, hanging in whole:
        for table, found in hanging.items():
            rows[table] += found
            lines[table][issue.jira_id] = b""
    for table, of_table in rows.items():
        of_issues = lines[table]
        for row, line in zip(of_table, copy_lines(of_table), strict=True):
            of_issues[str(row[0])] += line + b"\n"


def _cut_off_lists(issue: Issue) -> tuple[str, ...]:
    totals = (("comment", issue.comments, issue.comment_total), ("worklog", issue.worklogs, issue.worklog_total))
    return tuple([name for name, came, total in totals if _is_cut_off(came, total)])


def _is_cut_off(came: Sized | Missing, total: int) -> bool:
    return came is not MISSING and total > len(came)


def _updated_at(document: JsonObject) -> datetime | None:
    """When a document that cannot be read was changed; None if even that cannot be read."""
    try:
        return wire.parse_stamp(document).remote_updated_at
    except UnreadableRecord:
        return None


def read_history(content: bytes, fields: FieldMap, sprint_name: str = "sprint") -> AnswerBatch[HistoryRead]:
    """The status and sprint changes in an answer that holds changelogs."""
    documents, cursor, told = wire.changelog_documents(content)
    users: dict[str, User] = {}
    unreadable: dict[str, str] = {}
    of_status: list[SatelliteRow] = []
    of_sprints: list[SatelliteRow] = []
    for jira_id, document in documents:
        try:
            status_rows, sprint_rows = _changes(document, jira_id, fields, sprint_name, users)
        except UnreadableRecord as error:
            unreadable[jira_id] = str(error)
            continue
        of_status += status_rows
        of_sprints += sprint_rows
    status_changes = dict(zip([row[:2] for row in of_status], copy_lines(of_status), strict=True))
    sprint_changes = dict(zip([row[:4] for row in of_sprints], copy_lines(of_sprints), strict=True))
    return AnswerBatch(HistoryRead(status_changes, sprint_changes, users, unreadable), cursor, told)


def _history_with(document: JsonObject, fields: FieldMap, sprint_name: str, users: dict[str, User]) -> Hanging:
    """The changes that came with an issue; nothing where not all came or can be read: then they are asked for."""
    entries = wire.whole_changelog_in(document)
    if entries is None:
        return {}
    of_status: dict[SatelliteRow, SatelliteRow] = {}
    of_sprints: dict[SatelliteRow, SatelliteRow] = {}
    try:
        for entry in entries:
            status_rows, sprint_rows = _changes(entry, str(document["id"]), fields, sprint_name, users)
            of_status.update({row[:2]: row for row in status_rows})
            of_sprints.update({row[:4]: row for row in sprint_rows})
    except UnreadableRecord:
        return {}
    return {"status_changes": [*of_status.values()], "sprint_changes": [*of_sprints.values()]}


def _changes(
    document: JsonObject, jira_id: str, fields: FieldMap, sprint_name: str, users: dict[str, User]
) -> tuple[list[SatelliteRow], list[SatelliteRow]]:
    """What an entry says of the status, and of sprints, as rows."""
    told = wire.changes_told(document, jira_id, fields, users, sprint_name)
    return (
        [(*change[:-1], change.changed_at.isoformat()) for change in told.of_status],
        [(*change[:-1], change.changed_at.isoformat()) for change in told.of_sprints],
    )


def note_user(users: dict[str, User], user: User) -> None:
    """Add somebody; some answers leave the name out, which must not replace it."""
    known = users.get(user.account_id)
    if known is None or not known.display_name:
        users[user.account_id] = user
