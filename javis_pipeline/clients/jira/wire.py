"""Jira's JSON as records. Pure, and quick: a first load runs through here a hundred thousand times.

Shapes: Jira Cloud REST v3 (rich text is ADF), the agile API, and v2 documents (rich text is wiki markup, users have
names instead of account ids), which are read but never written. What cannot be read raises `UnreadableRecord` with
the id of the record and the path of the field; nothing is guessed.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from operator import attrgetter, is_
from typing import Any, Final, Literal, get_args, get_type_hints

import orjson

from javis_pipeline.clients.reading import (
    AnswerBatch,
    Json,
    Unreadable,
    answered,
    as_id,
    as_id_or_none,
    as_instant,
    as_instant_or_none,
    as_list,
    as_number,
    as_numeric_id,
    as_object,
    as_small_number,
    as_text,
    as_text_or_none,
    batch_of,
    guarded,
    items_of,
)
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
    "security",
)

STATUS_CATEGORIES: Final = frozenset({"new", "indeterminate", "done"})

# Jira says so where it no longer knows who it was; all such people are one.
UNKNOWN_ACCOUNT: Final = "unknown"

_MAYBE_MISSING: Final = tuple(name for name, type_ in get_type_hints(Issue).items() if Missing in get_args(type_))
_may_be_missing: Final = attrgetter(*_MAYBE_MISSING)

# Jira 8 and 9 give sprints as the text of a Java object. Names may hold commas and equals signs, so a value ends
# only where one of the known attributes begins.
_SPRINT_ATTRIBUTES: Final = (
    "id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced"
)
_SPRINT_TEXT: Final = re.compile(rf"[\[,]({_SPRINT_ATTRIBUTES})=(.*?)(?=,(?:{_SPRINT_ATTRIBUTES})=|\]$)", re.DOTALL)


# Plain values


def _text(fields: Json, name: str) -> str | Missing | None:
    value = fields.get(name, MISSING)
    if value is None or value is MISSING or type(value) is str:
        return value
    raise Unreadable(f"fields.{name}", "a text or null", value)


def _seconds(fields: Json, name: str) -> int | None:
    value = fields.get(name)
    return None if value is None else as_number(value, f"fields.{name}")


def _named(fields: Json, name: str) -> tuple[str, str] | tuple[Missing, Missing] | tuple[None, None]:
    """Name and id of an option-like value: priority, status, resolution, issue type."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None:
        return None, None
    option = as_object(value, f"fields.{name}")
    return as_text(option.get("name"), f"fields.{name}.name"), as_id(option.get("id"), f"fields.{name}.id")


def _security_level(fields: Json) -> str | Missing | None:
    """Name of the level that restricts who sees the issue; whatever restricts it counts, also without a name."""
    value = fields.get("security", MISSING)
    if value is None or value is MISSING:
        return value
    level = as_object(value, "fields.security")
    return str(level.get("name") or level.get("id") or "unnamed")


def _restriction(entry: Json, path: str) -> str | None:
    """Who alone may read a comment or worklog: "role:NAME", "group:NAME" or "internal"; None for everybody.

    A service project hides internal comments from customers by `jsdPublic`.
    """
    visibility = entry.get("visibility")
    if visibility:
        seen_by = as_object(visibility, f"{path}.visibility")
        return f"{seen_by.get('type') or 'some'}:{seen_by.get('value') or seen_by.get('identifier') or 'unnamed'}"
    return "internal" if entry.get("jsdPublic") is False else None


def _names(fields: Json, name: str) -> list[str] | Missing:
    """Sorted names of a list of options: components, versions."""
    if name not in fields:
        return MISSING
    if not fields[name]:
        return []
    options = as_list(fields[name], f"fields.{name}")
    return sorted(as_text(as_object(one, f"fields.{name}").get("name"), f"fields.{name}.name") for one in options)


def _labels(fields: Json) -> list[str] | Missing:
    if "labels" not in fields:
        return MISSING
    return sorted(as_text(label, "fields.labels") for label in as_list(fields["labels"] or [], "fields.labels"))


def _due_date(fields: Json) -> date | Missing | None:
    value = _text(fields, "duedate")
    if not value:
        return value if value is MISSING else None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unreadable("fields.duedate", "a date", value) from None


def _rich_text(value: object, path: str) -> JsonObject | str | None:
    """An ADF document (v3) or wiki markup (v2), untouched."""
    if value is None or type(value) is str or type(value) is dict:
        return value
    raise Unreadable(path, "a document, a text or null", value)


def _description(fields: Json) -> tuple[str | Missing | None, JsonObject | Missing | None]:
    value = fields.get("description", MISSING)
    if value is MISSING:
        return MISSING, MISSING
    if value is None or type(value) is dict:
        return None, value
    if type(value) is str:
        return value, None
    raise Unreadable("fields.description", "a document, a text or null", value)


# People


def _account(value: object, path: str, users: dict[str, User]) -> str | None:
    """Account id of a user object, noted in `users`; None for nobody."""
    if value is None:
        return None
    user = as_object(value, path)
    account_id = _account_id(user, path)
    known = users.get(account_id)
    if known is None or not known.display_name:  # some answers leave the name out
        users[account_id] = _user(user, account_id)
    return account_id


def _account_id(user: Json, path: str) -> str:
    """The account id of a user object; v2 sites have a key or name instead."""
    account_id = user.get("accountId") or user.get("key") or user.get("name") or UNKNOWN_ACCOUNT
    return as_id(account_id, f"{path}.accountId")


def _user(user: Json, account_id: str) -> User:
    name = user.get("displayName")
    return User(account_id, name if type(name) is str else "", user.get("active") is not False)


def _person(fields: Json, name: str, users: dict[str, User]) -> str | Missing | None:
    value = fields.get(name, MISSING)
    return MISSING if value is MISSING else _account(value, f"fields.{name}", users)


# Satellites of an issue


def _sprint(value: object, path: str) -> Sprint:
    """A sprint: an object of the sprint field or the agile API, or the text of Jira 8 and 9."""
    sprint = _sprint_from_text(value, path) if type(value) is str else as_object(value, path)
    sprint_id = as_number(sprint.get("id"), f"{path}.id")
    board_id = sprint.get("boardId", sprint.get("originBoardId"))
    return Sprint(
        sprint_id=sprint_id,
        name=as_text_or_none(sprint.get("name"), f"{path}.name") or str(sprint_id),
        state=as_text(sprint.get("state"), f"{path}.state").lower(),
        board_id=None if board_id is None else as_number(board_id, f"{path}.boardId"),
        goal=as_text_or_none(sprint.get("goal"), f"{path}.goal"),
        start_at=_planned(sprint.get("startDate")),
        end_at=_planned(sprint.get("endDate")),
        completed_at=_planned(sprint.get("completeDate")),
    )


def _planned(value: object) -> datetime | None:
    """A date of a sprint, which people type: a mistyped year is no date, and must not cost all issues of the sprint."""
    try:
        return as_instant_or_none(value, "")
    except Unreadable:
        return None


def _sprint_from_text(text: str, path: str) -> Json:
    values: dict[str, Any] = {name: None if value == "<null>" else value for name, value in _SPRINT_TEXT.findall(text)}
    for name, target in (("id", "id"), ("rapidViewId", "boardId")):
        number = values.get(name)
        if number is not None and not (number.isdecimal() and len(number) < 19):
            raise Unreadable(f"{path}.{name}", "a number", number)
        values[target] = int(number) if number is not None else None
    return values


def _sprints(fields: Json, field_id: str | None) -> list[Sprint] | Missing:
    """Sprints of the sprint field; without one, those of an agile document. Ordered by id."""
    found: list[Any]
    if field_id is not None and field_id in fields:
        path, found = f"fields.{field_id}", as_list(fields[field_id] or [], f"fields.{field_id}")
    elif "sprint" in fields or "closedSprints" in fields:
        path, found = "fields.sprint", as_list(fields.get("closedSprints") or [], "fields.closedSprints")
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
    found = [as_object(one, "fields.issuelinks") for one in as_list(fields["issuelinks"] or [], "fields.issuelinks")]
    # One that leads to what the account may not see has no other end.
    return [_link(one) for one in found if one.get("outwardIssue") is not None or one.get("inwardIssue") is not None]


def _link(link: Json) -> Link:
    path = f"fields.issuelinks[{link.get('id')}]"
    direction: Literal["outward", "inward"] = "inward" if link.get("outwardIssue") is None else "outward"
    other = as_object(link.get(f"{direction}Issue"), f"{path}.{direction}Issue")
    kind = as_object(link.get("type"), f"{path}.type")
    name = as_text(kind.get("name"), f"{path}.type.name")
    return Link(
        link_id=as_id(link.get("id"), f"{path}.id"),
        type=name,
        direction=direction,
        label=as_text_or_none(kind.get(direction), f"{path}.type.{direction}") or name,
        other_id=as_id_or_none(other.get("id"), f"{path}.{direction}Issue.id"),
        other_key=as_id(other.get("key"), f"{path}.{direction}Issue.key"),
    )


def _comments(fields: Json, users: dict[str, User]) -> tuple[list[Comment] | Missing, int]:
    value = fields.get("comment", MISSING)
    if value is MISSING:
        return MISSING, 0
    batch = as_object(value, "fields.comment") if value is not None else {}
    found = as_list(batch.get("comments") or [], "fields.comment.comments")
    return [_comment(one, users) for one in found], _total(batch, found)


def _comment(value: object, users: dict[str, User]) -> Comment:
    comment = as_object(value, "comment")
    path = f"comment[{comment.get('id')}]"
    return Comment(
        comment_id=as_id(comment.get("id"), f"{path}.id"),
        author_id=_account(comment.get("author"), f"{path}.author", users),
        body=_rich_text(comment.get("body"), f"{path}.body"),
        created_at=as_instant(comment.get("created"), f"{path}.created"),
        updated_at=as_instant_or_none(comment.get("updated"), f"{path}.updated"),
        restriction=_restriction(comment, path),
    )


def _worklogs(fields: Json, users: dict[str, User]) -> tuple[list[Worklog] | Missing, int]:
    value = fields.get("worklog", MISSING)
    if value is MISSING:
        return MISSING, 0
    batch = as_object(value, "fields.worklog") if value is not None else {}
    found = as_list(batch.get("worklogs") or [], "fields.worklog.worklogs")
    return [_worklog(one, users) for one in found], _total(batch, found)


def _worklog(value: object, users: dict[str, User]) -> Worklog:
    worklog = as_object(value, "worklog")
    path = f"worklog[{worklog.get('id')}]"
    return Worklog(
        worklog_id=as_id(worklog.get("id"), f"{path}.id"),
        author_id=_account(worklog.get("author"), f"{path}.author", users),
        started_at=as_instant(worklog.get("started"), f"{path}.started"),
        seconds=as_number(worklog.get("timeSpentSeconds"), f"{path}.timeSpentSeconds"),
        restriction=_restriction(worklog, path),
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
    raise Unreadable(f"fields.{field_id}", "a number or null", value)


def _flagged(fields: Json, field_id: str | None) -> bool | Missing:
    if field_id is not None and field_id in fields:
        return bool(as_list(fields[field_id] or [], f"fields.{field_id}"))
    agile = fields.get("flagged", MISSING)
    return agile if type(agile) is bool else MISSING


def _team(fields: Json, field_id: str | None) -> str | Missing | None:
    """Name of the team; sites that keep only its id or title are accepted."""
    value = fields.get(field_id, MISSING) if field_id else MISSING
    if value is MISSING:
        return MISSING
    if isinstance(value, dict):
        value = value.get("name") or value.get("title") or value.get("id")
    return as_text_or_none(value, f"fields.{field_id}")


def _parent(fields: Json) -> tuple[str | None, str | None, int | None]:
    """Key, id and hierarchy level of the parent.

    Jira leaves `parent` out of issues that have none (instead of giving null), so here absent does mean empty.
    """
    value = fields.get("parent")
    if not value:
        return None, None, None
    parent = as_object(value, "fields.parent")
    inner = parent.get("fields")
    kind = inner.get("issuetype") if isinstance(inner, dict) else None
    level = _level(kind, "fields.parent.fields.issuetype") if isinstance(kind, dict) else None
    return as_id(parent.get("key"), "fields.parent.key"), as_id_or_none(parent.get("id"), "fields.parent.id"), level


def _level(issue_type: Json, path: str) -> int | None:
    level = issue_type.get("hierarchyLevel")
    return None if level is None else as_small_number(level, f"{path}.hierarchyLevel")


def _epic_key(fields: Json, field_id: str | None, parent_key: str | None, parent_level: int | None) -> str | None:
    if parent_level == 1:
        return parent_key
    if field_id is not None and fields.get(field_id):
        return as_id(fields[field_id], f"fields.{field_id}")
    epic = fields.get("epic")
    return as_id_or_none(epic.get("key"), "fields.epic.key") if isinstance(epic, dict) else None


# Issues


def issue_documents(content: bytes) -> list[JsonObject]:
    """The issues of an answer of `issue/bulkfetch`."""
    answer = orjson.loads(content)
    return answered("jira issue/bulkfetch", lambda: items_of(answer, "issues"))


def issue_fields(fields: FieldMap, extra: Iterable[str] = ()) -> list[str]:
    """What to ask for, so that `parse_issue` finds everything; `extra` fields arrive in `custom_fields`."""
    return list(dict.fromkeys([*ISSUE_FIELDS, *(field_id for field_id in fields if field_id), *extra]))


def parse_issue(document: object, fields: FieldMap, users: dict[str, User] | None = None) -> Issue:
    """An issue document of v3, v2 or the agile API.

    Args:
        document: The document.
        fields: The site's fields.
        users: Gets everybody whom the document names, by account id; who is in it already is not read again.

    Raises:
        UnreadableRecord: Something in it is not what Jira documents; the message holds the path of the field.
    """
    found = {} if users is None else users
    return guarded("jira issue", document, lambda: _issue(as_object(document, "issue"), fields, found))


def _issue(document: Json, field_map: FieldMap, users: dict[str, User]) -> Issue:
    fields = as_object(document.get("fields"), "fields")
    key = as_id(document.get("key"), "key")
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
        jira_id=as_numeric_id(document.get("id"), "id"),
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
        hierarchy_level=_level(type_, "fields.issuetype"),
        reporter_id=_person(fields, "reporter", users),
        creator_id=_person(fields, "creator", users) or None,
        epic_key=_epic_key(fields, field_map.epic_link, parent_key, parent_level),
        sprint=MISSING if sprints is MISSING else sprint.name if sprint else None,
        sprint_id=sprint.sprint_id if sprint else None,
        team=_team(fields, field_map.team),
        flagged=_flagged(fields, field_map.flagged),
        resolution=_named(fields, "resolution")[0],
        security_level=_security_level(fields),
        environment=_rich_text(fields.get("environment"), "fields.environment"),
        components=_names(fields, "components"),
        fix_versions=_names(fields, "fixVersions"),
        affected_versions=_names(fields, "versions"),
        estimate_seconds=_seconds(fields, "timeoriginalestimate"),
        remaining_seconds=_seconds(fields, "timeestimate"),
        spent_seconds=_seconds(fields, "timespent"),
        custom_fields=_custom_fields(fields, field_map),
        created_at=as_instant(fields.get("created"), "fields.created"),
        resolved_at=_resolved_at(fields),
        remote_updated_at=as_instant(fields.get("updated"), "fields.updated"),
        sprints=sprints,
        links=_links(fields),
        comments=comments,
        comment_total=comment_total,
        worklogs=worklogs,
        worklog_total=worklog_total,
        missing=(),
    )
    if not any(map(is_, _may_be_missing(issue), repeat(MISSING))):
        return issue
    missing = (name for name, value in zip(_MAYBE_MISSING, _may_be_missing(issue), strict=True) if value is MISSING)
    return issue._replace(missing=tuple(missing))


def _required(value: str | Missing | None, path: str) -> str | Missing:
    """Every issue has a status and a type: null there is not empty but wrong."""
    if value is None:
        raise Unreadable(path, "an object", value)
    return value


def _project_key(fields: Json, key: str) -> str:
    project = fields.get("project")
    if isinstance(project, dict) and project.get("key"):
        return as_id(project["key"], "fields.project.key")
    return key.rpartition("-")[0]


def _status_category(fields: Json) -> str | None:
    """One of the three categories that mean something; None for Jira's "No category"."""
    status = fields.get("status")
    category = status.get("statusCategory") if isinstance(status, dict) else None
    key = category.get("key") if isinstance(category, dict) else None
    return key if key in STATUS_CATEGORIES else None


def _resolved_at(fields: Json) -> datetime | Missing | None:
    value = fields.get("resolutiondate", MISSING)
    return MISSING if value is MISSING else as_instant_or_none(value, "fields.resolutiondate")


def _custom_fields(fields: Json, field_map: FieldMap) -> JsonObject:
    return {
        name: value
        for name, value in fields.items()
        if value is not None and name.startswith("customfield_") and name not in field_map
    }


def parse_stamp(document: object) -> IssueStamp:
    """Id, key and (if it is there and can be read) `updated` of a search hit."""

    def read() -> IssueStamp:
        hit = as_object(document, "issue")
        jira_id, key = as_numeric_id(hit.get("id"), "id"), as_id(hit.get("key"), "key")
        return IssueStamp(jira_id, key, _stamped_at(hit.get("fields")))

    return guarded("jira search hit", document, read)


def _stamped_at(fields: object) -> datetime | None:
    try:
        return as_instant(as_object(fields, "fields").get("updated"), "fields.updated")
    except Unreadable:
        # Not refused here: the fetch that follows sees the whole issue and says what is wrong with it.
        return None


# Changelog


def changelog_documents(content: bytes) -> AnswerBatch[list[tuple[str, JsonObject]]]:
    """Issue ids and changelog entries of an answer of `changelog/bulkfetch`."""
    answer = orjson.loads(content)

    def read() -> AnswerBatch[list[tuple[str, JsonObject]]]:
        logs = items_of(answer, "issueChangeLogs")
        entries = ((as_id(log["issueId"], "issueId"), items_of(log, "changeHistories")) for log in logs)
        return batch_of(answer, [(jira_id, entry) for jira_id, found in entries for entry in found])

    return answered("jira changelog/bulkfetch", read)


def parse_changelog_entry(document: object, jira_id: str) -> ChangelogEntry:
    """One changelog entry, of the issue's own changelog or of changelog/bulkfetch."""
    return guarded(
        "jira changelog of issue", jira_id, lambda: _changelog_entry(as_object(document, "changelog"), jira_id)
    )


def _changelog_entry(document: Json, jira_id: str) -> ChangelogEntry:
    path = f"changelog[{document.get('id')}]"
    items_path, author_path = f"{path}.items", f"{path}.author"
    author = document.get("author")
    metadata = document.get("historyMetadata")
    return ChangelogEntry(
        entry_id=as_id(document.get("id"), f"{path}.id"),
        jira_id=jira_id,
        author=None if author is None else _user(author, _account_id(as_object(author, author_path), author_path)),
        created_at=_entry_instant(document.get("created"), f"{path}.created"),
        items=tuple([_change_item(one, items_path) for one in as_list(document.get("items") or [], items_path)]),
        history_metadata=metadata if isinstance(metadata, dict) else None,
    )


def _entry_instant(value: object, path: str) -> datetime:
    """A timestamp, or the epoch number (milliseconds; seconds in some answers) that changelog/bulkfetch may give."""
    if type(value) is int or type(value) is float:
        seconds = value / 1000 if value >= 100_000_000_000 else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise Unreadable(path, "a timestamp of our era", value) from None
    return as_instant(value, path)


def _change_item(value: object, path: str) -> ChangeItem:
    get = as_object(value, path).get
    return ChangeItem(
        as_text(get("field"), f"{path}.field"),
        as_text_or_none(get("fieldId"), f"{path}.fieldId"),
        _raw(get("from"), path),
        _raw(get("fromString"), path),
        _raw(get("to"), path),
        _raw(get("toString"), path),
    )


def _raw(value: object, path: str) -> str | None:
    if value is None or type(value) is str:
        return value
    if type(value) is int or type(value) is float:
        return str(value)
    raise Unreadable(path, "a text, a number or null", value)


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
    parts = (value or "").replace(",", " ").split()
    return {int(part) for part in parts if part.isdecimal() and len(part) < 19}


# Site, projects, boards, transitions


def parse_server_time(document: object) -> datetime:
    """The clock of `GET /rest/api/3/serverInfo`."""

    def read() -> datetime:
        return as_instant(as_object(document, "serverInfo").get("serverTime"), "serverTime")

    return guarded("jira site", "serverInfo", read)


def parse_identity(document: object) -> Identity:
    """The account of `GET /rest/api/3/myself`."""

    def read() -> Identity:
        me = as_object(document, "myself")
        return Identity(
            account_id=as_text(me.get("accountId"), "accountId"),
            display_name=as_text_or_none(me.get("displayName"), "displayName") or "",
            time_zone=as_text_or_none(me.get("timeZone"), "timeZone") or "UTC",
        )

    return guarded("jira account", "myself", read)


def parse_project(document: object) -> Project:
    """A project of `project/search` or `project/{key}`."""

    def read() -> Project:
        project = as_object(document, "project")
        return Project(
            project_id=as_id(project.get("id"), "id"),
            key=as_id(project.get("key"), "key"),
            name=as_text_or_none(project.get("name"), "name") or "",
            archived=project.get("archived") is True,
        )

    return guarded("jira project", document, read)


def parse_status(document: object) -> Status:
    """A status of `GET /rest/api/3/status`."""

    def read() -> Status:
        status = as_object(document, "status")
        category = as_object(status.get("statusCategory"), "statusCategory")
        return Status(
            status_id=as_id(status.get("id"), "id"),
            name=as_text(status.get("name"), "name"),
            category=as_text(category.get("key"), "statusCategory.key"),
        )

    return guarded("jira status", document, read)


def parse_permissions(document: object) -> dict[str, bool]:
    """Name to whether the account has it, of `GET /rest/api/3/mypermissions`."""

    def read() -> dict[str, bool]:
        permissions = as_object(as_object(document, "answer").get("permissions"), "permissions")
        return {name: as_object(one, name).get("havePermission") is True for name, one in permissions.items()}

    return answered("jira mypermissions", read)


def parse_estimation_field(document: object) -> str | None:
    """Id of the field in a board's configuration that it estimates with; None when it uses none."""

    def read() -> str | None:
        estimation = as_object(as_object(document, "answer").get("estimation") or {}, "estimation")
        field = as_object(estimation.get("field") or {}, "estimation.field")
        return as_id_or_none(field.get("fieldId"), "estimation.field.fieldId")

    return answered("jira board configuration", read)


def parse_count(document: object) -> int:
    """The number of `POST /rest/api/3/search/approximate-count`."""
    return answered("jira search/approximate-count", lambda: as_number(as_object(document, "answer")["count"], "count"))


def parse_priorities(documents: Iterable[object]) -> list[Priority]:
    """Priorities of `GET /rest/api/3/priority/search`, which lists the most urgent first."""

    def read() -> list[Priority]:
        priorities = [as_object(document, "priority") for document in documents]
        return [
            Priority(as_id(priority.get("id"), "id"), as_text(priority.get("name"), "name"), rank)
            for rank, priority in enumerate(priorities)
        ]

    return guarded("jira priorities", "of the site", read)


def parse_board(document: object) -> Board:
    """A board of the agile API."""

    def read() -> Board:
        board = as_object(document, "board")
        board_id = as_number(board.get("id"), "id")
        name, kind = (as_text_or_none(board.get(what), what) or "" for what in ("name", "type"))
        return Board(board_id, name, kind)

    return guarded("jira board", document, read)


def parse_sprint(document: object) -> Sprint:
    """A sprint of the agile API."""
    return guarded("jira sprint", document, lambda: _sprint(document, "sprint"))


def parse_transition(document: object) -> Transition:
    """A transition, asked for with `expand=transitions.fields`."""

    def read() -> Transition:
        transition = as_object(document, "transition")
        to = as_object(transition.get("to"), "to")
        screen = transition.get("fields")
        required = (
            name
            for name, field in (screen if isinstance(screen, dict) else {}).items()
            if isinstance(field, dict) and field.get("required") and not field.get("hasDefaultValue")
        )
        return Transition(
            transition_id=as_id(transition.get("id"), "id"),
            name=as_text_or_none(transition.get("name"), "name") or "",
            to_status_id=as_id(to.get("id"), "to.id"),
            to_status=as_text_or_none(to.get("name"), "to.name") or "",
            required_fields=tuple(sorted(required)),
        )

    return guarded("jira transition", document, read)
