"""Jira's JSON as records. Pure, and quick: a first load runs through here a hundred thousand times.

Shapes: Jira Cloud REST v3 (rich text is ADF), the agile API, and v2 documents (rich text is wiki markup, users have
names instead of account ids), which are read but never written. What cannot be read raises `UnreadableRecord` with
the id of the record and the path of the field; nothing is guessed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar

from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import (
    Board,
    ChangeItem,
    ChangelogEntry,
    Comment,
    FieldMap,
    Identity,
    Issue,
    IssueStamp,
    JsonObject,
    Link,
    Priority,
    Project,
    Sprint,
    SprintChange,
    Status,
    StatusChange,
    Transition,
    User,
    Worklog,
)

T = TypeVar("T")
Json = Mapping[str, Any]

# What an Issue is read from; the fields of a FieldMap come on top.
ISSUE_FIELDS: Final = (
    "summary",
    "description",
    "labels",
    "priority",
    "assignee",
    "duedate",
    "status",
    "parent",
    "issuetype",
    "project",
    "reporter",
    "creator",
    "resolution",
    "resolutiondate",
    "created",
    "updated",
    "environment",
    "components",
    "fixVersions",
    "versions",
    "timeoriginalestimate",
    "timeestimate",
    "timespent",
    "issuelinks",
    "comment",
    "worklog",
)

# Jira says so where it no longer knows who it was; all such people are one.
UNKNOWN_ACCOUNT: Final = "unknown"

_MAYBE_MISSING: Final = tuple(
    name
    for name, type_ in Issue.__annotations__.items()
    if type_ is Missing or Missing in getattr(type_, "__args__", ())
)
_MAYBE_MISSING_AT: Final = tuple(Issue._fields.index(name) for name in _MAYBE_MISSING)

# Jira 8 and 9 give sprints as the text of a Java object. Names may hold commas and equals signs, so a value ends
# only where one of the known attributes begins.
_SPRINT_ATTRIBUTES: Final = (
    "id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced"
)
_SPRINT_TEXT: Final = re.compile(rf"[\[,]({_SPRINT_ATTRIBUTES})=(.*?)(?=,(?:{_SPRINT_ATTRIBUTES})=|\]$)", re.DOTALL)


class _Unreadable(Exception):
    """What stands at `path` is not what Jira documents."""

    def __init__(self, path: str, expected: str, found: object) -> None:
        super().__init__(f"{path}: expected {expected}, found {type(found).__name__}")


def _guarded(what: str, subject: object, read: Callable[[], T]) -> T:
    """The result of `read`; a failure becomes an UnreadableRecord that names `subject`, an id or a document."""
    try:
        return read()
    except _Unreadable as error:
        found = subject.get("id") or subject.get("key") or "?" if isinstance(subject, dict) else subject
        remote_id = found if isinstance(found, str | int) else "?"
        raise UnreadableRecord(f"jira {what} {remote_id} cannot be read: {error}", remote_id=str(remote_id)) from error


# Instants and plain values


def _instant(value: object, path: str) -> datetime:
    """A Jira timestamp ("2026-09-27T10:03:11.123+0200", or ending in Z) in UTC."""
    if type(value) is str:
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            raise _Unreadable(path, "a timestamp", value) from None
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise _Unreadable(path, "a timestamp with an offset", value)


def _instant_or_none(value: object, path: str) -> datetime | None:
    return None if value is None or value == "" else _instant(value, path)


def _object(value: object, path: str) -> Json:
    if type(value) is dict:
        return value
    raise _Unreadable(path, "an object", value)


def _list(value: object, path: str) -> list[Any]:
    if type(value) is list:
        return value
    raise _Unreadable(path, "a list", value)


def _string(value: object, path: str) -> str:
    if type(value) is str and value:
        return value
    raise _Unreadable(path, "a text", value)


def _id(value: object, path: str) -> str:
    """An id; the agile API gives some as numbers."""
    if (type(value) is str and value) or type(value) is int:
        return str(value)
    raise _Unreadable(path, "an id", value)


def _optional_id(value: object, path: str) -> str | None:
    return None if value is None else _id(value, path)


def _text(fields: Json, name: str) -> str | Missing | None:
    value = fields.get(name, MISSING)
    if value is None or value is MISSING or type(value) is str:
        return value
    raise _Unreadable(f"fields.{name}", "a text or null", value)


def _seconds(fields: Json, name: str) -> int | None:
    value = fields.get(name)
    if value is None or type(value) is int:
        return value
    raise _Unreadable(f"fields.{name}", "a number of seconds or null", value)


def _named(fields: Json, name: str) -> tuple[str, str] | tuple[Missing, Missing] | tuple[None, None]:
    """Name and id of an option-like value: priority, status, resolution, issue type."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None:
        return None, None
    option = _object(value, f"fields.{name}")
    return _string(option.get("name"), f"fields.{name}.name"), _id(option.get("id"), f"fields.{name}.id")


def _names(fields: Json, name: str) -> list[str] | Missing:
    """Sorted names of a list of options: components, versions."""
    if name not in fields:
        return MISSING
    options = _list(fields[name] or [], f"fields.{name}")
    return sorted(_string(_object(one, f"fields.{name}").get("name"), f"fields.{name}.name") for one in options)


def _labels(fields: Json) -> list[str] | Missing:
    if "labels" not in fields:
        return MISSING
    return sorted(_string(label, "fields.labels") for label in _list(fields["labels"] or [], "fields.labels"))


def _due_date(fields: Json) -> date | Missing | None:
    value = _text(fields, "duedate")
    if not value:
        return value if value is MISSING else None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _Unreadable("fields.duedate", "a date", value) from None


def _rich_text(value: object, path: str) -> JsonObject | str | None:
    """An ADF document (v3) or wiki markup (v2), untouched."""
    if value is None or type(value) is str or type(value) is dict:
        return value
    raise _Unreadable(path, "a document, a text or null", value)


def _description(fields: Json) -> tuple[str | Missing | None, JsonObject | Missing | None]:
    value = fields.get("description", MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None or type(value) is dict:
        return None, value
    if type(value) is str:
        return value, None
    raise _Unreadable("fields.description", "a document, a text or null", value)


# People


def _account(value: object, path: str, users: dict[str, User]) -> str | None:
    """Account id of a user object, noted in `users`; None for nobody. v2 sites have a key or name instead of an id."""
    if value is None:
        return None
    user = _object(value, path)
    account_id = user.get("accountId") or user.get("key") or user.get("name") or UNKNOWN_ACCOUNT
    if type(account_id) is not str:
        raise _Unreadable(f"{path}.accountId", "a text", account_id)
    if account_id not in users:
        users[account_id] = User(account_id, str(user.get("displayName") or ""), user.get("active") is not False)
    return account_id


def _person(fields: Json, name: str, users: dict[str, User]) -> str | Missing | None:
    value = fields.get(name, MISSING)
    return MISSING if value is MISSING else _account(value, f"fields.{name}", users)


# Satellites of an issue


def _sprint(value: object, path: str) -> Sprint:
    """A sprint: an object of the sprint field or the agile API, or the text of Jira 8 and 9."""
    sprint = _sprint_from_text(value, path) if type(value) is str else _object(value, path)
    sprint_id = sprint.get("id")
    if type(sprint_id) is not int:
        raise _Unreadable(f"{path}.id", "a number", sprint_id)
    board_id = sprint.get("boardId", sprint.get("originBoardId"))
    return Sprint(
        sprint_id=sprint_id,
        name=str(sprint.get("name") or sprint_id),
        state=_string(sprint.get("state"), f"{path}.state").lower(),
        board_id=board_id if type(board_id) is int else None,
        goal=sprint.get("goal") or None,
        start_at=_instant_or_none(sprint.get("startDate"), f"{path}.startDate"),
        end_at=_instant_or_none(sprint.get("endDate"), f"{path}.endDate"),
        completed_at=_instant_or_none(sprint.get("completeDate"), f"{path}.completeDate"),
    )


def _sprint_from_text(text: str, path: str) -> Json:
    values: dict[str, Any] = {name: None if value == "<null>" else value for name, value in _SPRINT_TEXT.findall(text)}
    for name, target in (("id", "id"), ("rapidViewId", "boardId")):
        number = values.get(name)
        if number is not None and not number.isdecimal():
            raise _Unreadable(f"{path}.{name}", "a number", number)
        values[target] = int(number) if number is not None else None
    return values


def _sprints(fields: Json, field_id: str | None) -> list[Sprint] | Missing:
    """Sprints of the sprint field; without one, those of an agile document. Ordered by id."""
    found: list[Any]
    if field_id is not None and field_id in fields:
        path, found = f"fields.{field_id}", _list(fields[field_id] or [], f"fields.{field_id}")
    elif "sprint" in fields or "closedSprints" in fields:
        path, found = "fields.sprint", _list(fields.get("closedSprints") or [], "fields.closedSprints")
        found = [*found, fields["sprint"]] if fields.get("sprint") else found
    else:
        return MISSING
    if not found:
        return []
    return sorted({sprint.sprint_id: sprint for sprint in (_sprint(one, path) for one in found)}.values())


def _current_sprint(sprints: list[Sprint] | Missing) -> Sprint | None:
    """The active sprint, else the next one, else the last one that the issue was in."""
    if not sprints:
        return None
    for state in ("active", "future"):
        for sprint in sprints:
            if sprint.state == state:
                return sprint
    return sprints[-1]


def _links(fields: Json) -> list[Link] | Missing:
    if "issuelinks" not in fields:
        return MISSING
    found = _list(fields["issuelinks"] or [], "fields.issuelinks")
    return [_link(_object(one, "fields.issuelinks")) for one in found]


def _link(link: Json) -> Link:
    path = f"fields.issuelinks[{link.get('id')}]"
    direction: Literal["outward", "inward"] = "outward" if "outwardIssue" in link else "inward"
    other = _object(link.get(f"{direction}Issue"), f"{path}.{direction}Issue")
    kind = _object(link.get("type"), f"{path}.type")
    name = _string(kind.get("name"), f"{path}.type.name")
    return Link(
        link_id=_id(link.get("id"), f"{path}.id"),
        type=name,
        direction=direction,
        label=str(kind.get(direction) or name),
        other_id=_optional_id(other.get("id"), f"{path}.{direction}Issue.id"),
        other_key=_string(other.get("key"), f"{path}.{direction}Issue.key"),
    )


def _comments(fields: Json, users: dict[str, User]) -> tuple[list[Comment] | Missing, int]:
    value = fields.get("comment", MISSING)
    if value is MISSING:
        return MISSING, 0
    batch = _object(value, "fields.comment") if value is not None else {}
    found = _list(batch.get("comments") or [], "fields.comment.comments")
    return [_comment(one, users) for one in found], _total(batch, found)


def _comment(value: object, users: dict[str, User]) -> Comment:
    comment = _object(value, "comment")
    path = f"comment[{comment.get('id')}]"
    return Comment(
        comment_id=_id(comment.get("id"), f"{path}.id"),
        author_id=_account(comment.get("author"), f"{path}.author", users),
        body=_rich_text(comment.get("body"), f"{path}.body"),
        created_at=_instant(comment.get("created"), f"{path}.created"),
        updated_at=_instant_or_none(comment.get("updated"), f"{path}.updated"),
    )


def _worklogs(fields: Json, users: dict[str, User]) -> tuple[list[Worklog] | Missing, int]:
    value = fields.get("worklog", MISSING)
    if value is MISSING:
        return MISSING, 0
    batch = _object(value, "fields.worklog") if value is not None else {}
    found = _list(batch.get("worklogs") or [], "fields.worklog.worklogs")
    return [_worklog(one, users) for one in found], _total(batch, found)


def _worklog(value: object, users: dict[str, User]) -> Worklog:
    worklog = _object(value, "worklog")
    path = f"worklog[{worklog.get('id')}]"
    seconds = worklog.get("timeSpentSeconds")
    if type(seconds) is not int:
        raise _Unreadable(f"{path}.timeSpentSeconds", "a number of seconds", seconds)
    return Worklog(
        worklog_id=_id(worklog.get("id"), f"{path}.id"),
        author_id=_account(worklog.get("author"), f"{path}.author", users),
        started_at=_instant(worklog.get("started"), f"{path}.started"),
        seconds=seconds,
    )


def _total(batch: Json, found: list[Any]) -> int:
    total = batch.get("total")
    return total if type(total) is int else len(found)


# Site-specific fields


def _story_points(fields: Json, field_id: str | None) -> Decimal | Missing | None:
    value = fields.get(field_id, MISSING) if field_id else MISSING
    if value is None or value is MISSING:
        return value
    if type(value) is int:
        return Decimal(value)
    if type(value) is float:
        return Decimal(int(value)) if value.is_integer() else Decimal(str(value))
    raise _Unreadable(f"fields.{field_id}", "a number or null", value)


def _flagged(fields: Json, field_id: str | None) -> bool | Missing:
    if field_id is not None and field_id in fields:
        return bool(fields[field_id])
    agile = fields.get("flagged", MISSING)
    return agile if type(agile) is bool else MISSING


def _team(fields: Json, field_id: str | None) -> str | None:
    """Name of the team; sites that keep only its id or title are accepted."""
    value = fields.get(field_id) if field_id else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("title") or value.get("id")
    return str(value) if value else None


def _parent(fields: Json) -> tuple[str | None, str | None, int | None]:
    """Key, id and hierarchy level of the parent.

    Jira leaves `parent` out of issues that have none (instead of giving null), so here absent does mean empty.
    """
    value = fields.get("parent")
    if not value:
        return None, None, None
    parent = _object(value, "fields.parent")
    inner = parent.get("fields")
    kind = inner.get("issuetype") if isinstance(inner, dict) else None
    level = kind.get("hierarchyLevel") if isinstance(kind, dict) else None
    return _string(parent.get("key"), "fields.parent.key"), _optional_id(parent.get("id"), "fields.parent.id"), level


def _epic_key(fields: Json, field_id: str | None, parent_key: str | None, parent_level: int | None) -> str | None:
    if parent_level == 1:
        return parent_key
    if field_id is not None and fields.get(field_id):
        return _string(fields[field_id], f"fields.{field_id}")
    epic = fields.get("epic")
    return epic.get("key") if isinstance(epic, dict) else None


# Issues


def issue_fields(fields: FieldMap, extra: Iterable[str] = ()) -> list[str]:
    """What to ask for, so that `parse_issue` finds everything; `extra` fields arrive in `custom_fields`."""
    return list(dict.fromkeys([*ISSUE_FIELDS, *(field_id for field_id in fields if field_id), *extra]))


def parse_issue(document: object, fields: FieldMap) -> Issue:
    """An issue document of v3, v2 or the agile API.

    Raises:
        UnreadableRecord: Something in it is not what Jira documents; the message holds the path of the field.
    """
    return _guarded("issue", document, lambda: _issue(_object(document, "issue"), fields))


def _issue(document: Json, field_map: FieldMap) -> Issue:
    fields = _object(document.get("fields"), "fields")
    key = _string(document.get("key"), "key")
    users: dict[str, User] = {}
    description, description_adf = _description(fields)
    priority, priority_id = _named(fields, "priority")
    status, status_id = _named(fields, "status")
    issue_type, issue_type_id = _named(fields, "issuetype")
    type_ = fields.get("issuetype") or {}
    parent_key, parent_id, parent_level = _parent(fields)
    sprints = _sprints(fields, field_map.sprint)
    sprint = _current_sprint(sprints)
    comments, comment_total = _comments(fields, users)
    worklogs, worklog_total = _worklogs(fields, users)
    issue = Issue(
        jira_id=_id(document.get("id"), "id"),
        key=key,
        project_key=_project_key(fields, key),
        title=_text(fields, "summary"),
        description=description,
        description_adf=description_adf,
        labels=_labels(fields),
        priority=priority,
        priority_id=priority_id,
        assignee_id=_person(fields, "assignee", users),
        due_date=_due_date(fields),
        story_points=_story_points(fields, field_map.story_points),
        status=_required(status, "fields.status"),
        status_id=_required(status_id, "fields.status"),
        parent_key=parent_key,
        parent_id=parent_id,
        status_category=_status_category(fields),
        issue_type=_required(issue_type, "fields.issuetype"),
        issue_type_id=issue_type_id or None,
        is_subtask=type_.get("subtask") is True,
        hierarchy_level=type_.get("hierarchyLevel"),
        reporter_id=_person(fields, "reporter", users),
        creator_id=_person(fields, "creator", users) or None,
        epic_key=_epic_key(fields, field_map.epic_link, parent_key, parent_level),
        sprint=MISSING if sprints is MISSING else sprint.name if sprint else None,
        sprint_id=sprint.sprint_id if sprint else None,
        team=_team(fields, field_map.team),
        flagged=_flagged(fields, field_map.flagged),
        resolution=_named(fields, "resolution")[0],
        environment=_rich_text(fields.get("environment"), "fields.environment"),
        components=_names(fields, "components"),
        fix_versions=_names(fields, "fixVersions"),
        affected_versions=_names(fields, "versions"),
        estimate_seconds=_seconds(fields, "timeoriginalestimate"),
        remaining_seconds=_seconds(fields, "timeestimate"),
        spent_seconds=_seconds(fields, "timespent"),
        custom_fields=_custom_fields(fields, field_map),
        created_at=_instant(fields.get("created"), "fields.created"),
        resolved_at=_resolved_at(fields),
        remote_updated_at=_instant(fields.get("updated"), "fields.updated"),
        sprints=sprints,
        links=_links(fields),
        comments=comments,
        comment_total=comment_total,
        worklogs=worklogs,
        worklog_total=worklog_total,
        users=list(users.values()),
        missing=(),
    )
    missing = tuple(_MAYBE_MISSING[n] for n, at in enumerate(_MAYBE_MISSING_AT) if issue[at] is MISSING)
    return issue._replace(missing=missing) if missing else issue


def _required(value: str | Missing | None, path: str) -> str | Missing:
    """Every issue has a status and a type: null there is not empty but wrong."""
    if value is None:
        raise _Unreadable(path, "an object", value)
    return value


def _project_key(fields: Json, key: str) -> str:
    project = fields.get("project")
    if isinstance(project, dict) and project.get("key"):
        return _string(project["key"], "fields.project.key")
    return key.rpartition("-")[0]


def _status_category(fields: Json) -> str | None:
    status = fields.get("status")
    category = status.get("statusCategory") if isinstance(status, dict) else None
    return category.get("key") if isinstance(category, dict) else None


def _resolved_at(fields: Json) -> datetime | Missing | None:
    value = fields.get("resolutiondate", MISSING)
    return MISSING if value is MISSING else _instant_or_none(value, "fields.resolutiondate")


def _custom_fields(fields: Json, field_map: FieldMap) -> JsonObject:
    return {
        name: value
        for name, value in fields.items()
        if value is not None and name.startswith("customfield_") and name not in field_map
    }


def parse_stamp(document: object) -> IssueStamp:
    """Id, key and `updated` of a search hit that was asked for `updated` only."""

    def read() -> IssueStamp:
        hit = _object(document, "issue")
        return IssueStamp(_id(hit.get("id"), "id"), _string(hit.get("key"), "key"), _stamped_at(hit.get("fields")))

    return _guarded("search hit", document, read)


def _stamped_at(fields: object) -> datetime | None:
    try:
        return _instant(_object(fields, "fields").get("updated"), "fields.updated")
    except _Unreadable:
        # Not refused here: the fetch that follows sees the whole issue and says what is wrong with it.
        return None


def parse_comments(documents: Iterable[object], jira_id: str) -> tuple[list[Comment], list[User]]:
    """Comments of one issue as `GET issue/{id}/comment` lists them, and their authors."""
    users: dict[str, User] = {}
    comments = _guarded("comments of issue", jira_id, lambda: [_comment(one, users) for one in documents])
    return comments, list(users.values())


# Changelog


def parse_changelog_entry(document: object, jira_id: str) -> ChangelogEntry:
    """One changelog entry, of the issue's own changelog or of changelog/bulkfetch."""
    return _guarded("changelog of issue", jira_id, lambda: _changelog_entry(_object(document, "changelog"), jira_id))


def _changelog_entry(document: Json, jira_id: str) -> ChangelogEntry:
    users: dict[str, User] = {}
    path = f"changelog[{document.get('id')}]"
    author_id = _account(document.get("author"), f"{path}.author", users)
    metadata = document.get("historyMetadata")
    return ChangelogEntry(
        entry_id=_id(document.get("id"), f"{path}.id"),
        jira_id=jira_id,
        author=users[author_id] if author_id is not None else None,
        created_at=_entry_instant(document.get("created"), f"{path}.created"),
        items=tuple(_change_item(one, f"{path}.items") for one in _list(document.get("items") or [], f"{path}.items")),
        history_metadata=metadata if isinstance(metadata, dict) else None,
    )


def _entry_instant(value: object, path: str) -> datetime:
    """A timestamp, or the epoch number (milliseconds; seconds in some answers) that changelog/bulkfetch may give."""
    if type(value) is int or type(value) is float:
        seconds = value / 1000 if value >= 100_000_000_000 else value
        return datetime.fromtimestamp(seconds, UTC)
    return _instant(value, path)


def _change_item(value: object, path: str) -> ChangeItem:
    item = _object(value, path)
    return ChangeItem(
        field=_string(item.get("field"), f"{path}.field"),
        field_id=item.get("fieldId") or None,
        old=_raw(item.get("from")),
        old_text=_raw(item.get("fromString")),
        new=_raw(item.get("to")),
        new_text=_raw(item.get("toString")),
    )


def _raw(value: object) -> str | None:
    return None if value is None else str(value)


def concerns(item: ChangeItem, field_id: str, field_name: str) -> bool:
    """Whether the item changed this field; entries often lack the field's id."""
    if item.field_id is not None:
        return item.field_id == field_id
    return item.field.lower() == field_name.lower()


def status_changes(entry: ChangelogEntry) -> list[StatusChange]:
    """Status changes in an entry: at most one, as Jira works today."""
    return [
        StatusChange(
            jira_id=entry.jira_id,
            change_id=entry.entry_id,
            author_id=entry.author.account_id if entry.author else None,
            from_id=item.old,
            from_status=item.old_text,
            to_id=item.new,
            to_status=item.new_text,
            changed_at=entry.created_at,
        )
        for item in entry.items
        if concerns(item, "status", "status")
    ]


def sprint_changes(entry: ChangelogEntry, fields: FieldMap) -> list[SprintChange]:
    """Sprints that the issue entered or left with an entry; past sprints stay in the set, so they do not show."""
    changes = []
    for item in entry.items:
        if concerns(item, fields.sprint or "", "sprint"):
            old, new = _sprint_ids(item.old), _sprint_ids(item.new)
            changes += [(sprint_id, False) for sprint_id in sorted(old - new)]
            changes += [(sprint_id, True) for sprint_id in sorted(new - old)]
    return [SprintChange(entry.jira_id, entry.entry_id, *change, entry.created_at) for change in changes]


def _sprint_ids(value: str | None) -> set[int]:
    """Numbers of a text such as "7, 8"."""
    return {int(part) for part in (value or "").replace(",", " ").split() if part.isdecimal()}


# Site, projects, boards, transitions


def parse_server_time(document: object) -> datetime:
    """The clock of `GET /rest/api/3/serverInfo`."""

    def read() -> datetime:
        return _instant(_object(document, "serverInfo").get("serverTime"), "serverTime")

    return _guarded("site", "serverInfo", read)


def parse_identity(document: object) -> Identity:
    """The account of `GET /rest/api/3/myself`."""

    def read() -> Identity:
        me = _object(document, "myself")
        return Identity(
            account_id=_string(me.get("accountId"), "accountId"),
            display_name=str(me.get("displayName") or ""),
            time_zone=_string(me.get("timeZone"), "timeZone"),
        )

    return _guarded("account", "myself", read)


def parse_project(document: object) -> Project:
    """A project of `project/search` or `project/{key}`."""

    def read() -> Project:
        project = _object(document, "project")
        return Project(
            project_id=_id(project.get("id"), "id"),
            key=_string(project.get("key"), "key"),
            name=str(project.get("name") or ""),
            archived=project.get("archived") is True,
        )

    return _guarded("project", document, read)


def parse_status(document: object) -> Status:
    """A status of `GET /rest/api/3/status`."""

    def read() -> Status:
        status = _object(document, "status")
        category = _object(status.get("statusCategory"), "statusCategory")
        return Status(
            status_id=_id(status.get("id"), "id"),
            name=_string(status.get("name"), "name"),
            category=_string(category.get("key"), "statusCategory.key"),
        )

    return _guarded("status", document, read)


def parse_priorities(documents: Iterable[object]) -> list[Priority]:
    """Priorities of `GET /rest/api/3/priority/search`, which lists the most urgent first."""

    def read() -> list[Priority]:
        priorities = [_object(document, "priority") for document in documents]
        return [
            Priority(_id(priority.get("id"), "id"), _string(priority.get("name"), "name"), rank)
            for rank, priority in enumerate(priorities)
        ]

    return _guarded("priorities", "of the site", read)


def parse_board(document: object) -> Board:
    """A board of the agile API."""

    def read() -> Board:
        board = _object(document, "board")
        board_id = board.get("id")
        if type(board_id) is not int:
            raise _Unreadable("id", "a number", board_id)
        return Board(board_id, str(board.get("name") or ""), str(board.get("type") or ""))

    return _guarded("board", document, read)


def parse_sprint(document: object) -> Sprint:
    """A sprint of the agile API."""
    return _guarded("sprint", document, lambda: _sprint(document, "sprint"))


def parse_transition(document: object) -> Transition:
    """A transition, asked for with `expand=transitions.fields`."""

    def read() -> Transition:
        transition = _object(document, "transition")
        to = _object(transition.get("to"), "to")
        screen = transition.get("fields")
        required = (
            name
            for name, field in (screen if isinstance(screen, dict) else {}).items()
            if isinstance(field, dict) and field.get("required") and not field.get("hasDefaultValue")
        )
        return Transition(
            transition_id=_id(transition.get("id"), "id"),
            name=str(transition.get("name") or ""),
            to_status_id=_id(to.get("id"), "to.id"),
            to_status=str(to.get("name") or ""),
            required_fields=tuple(sorted(required)),
        )

    return _guarded("transition", document, read)
