"""Documents of issues as records, and the hits of a search as stamps."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Final, get_args, get_type_hints

import orjson

from javis_pipeline.clients.reading import (
    Json,
    Unreadable,
    answered,
    as_id,
    as_id_or_none,
    as_instant,
    as_instant_or_none,
    as_list,
    as_numeric_id,
    as_object,
    as_small_number,
    as_text_or_none,
    guarded,
    items_of,
)
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import FieldMap, Issue, IssueStamp, JsonObject, Sprint, User
from javis_pipeline.systems.jira.wire.custom import NO_CUSTOM, Custom, custom_values
from javis_pipeline.systems.jira.wire.hanging import attachments_in, comments_in, links_in, worklogs_in
from javis_pipeline.systems.jira.wire.people import person_in
from javis_pipeline.systems.jira.wire.plain import (
    description_in,
    due_date_in,
    labels_in,
    named_in,
    names_in,
    rich_text_in,
    seconds_in,
    text_in,
)
from javis_pipeline.systems.jira.wire.planning import NO_SPRINTS, current_sprint, sprints_in

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
    "attachment",
    "security",
)


STATUS_CATEGORIES: Final = frozenset({"new", "indeterminate", "done"})


_MAYBE_MISSING: Final = tuple(name for name, type_ in get_type_hints(Issue).items() if Missing in get_args(type_))
_may_be_missing: Final = attrgetter(*_MAYBE_MISSING)


def issue_documents(content: bytes) -> list[JsonObject]:
    """The issues of an answer of `issue/bulkfetch`."""
    answer = orjson.loads(content)
    return answered("jira issue/bulkfetch", lambda: items_of(answer, "issues"))


def issue_fields(fields: FieldMap, extra: Iterable[str] = ()) -> list[str]:
    """What to ask for, so that `parse_issue` finds everything; `extra` fields arrive in `custom_fields`."""
    return list(dict.fromkeys([*ISSUE_FIELDS, *(field_id for field_id in fields if field_id), *extra]))


def parse_issue(
    document: object,
    fields: FieldMap,
    users: dict[str, User] | None = None,
    sprints: Mapping[int, Sprint] = NO_SPRINTS,
    custom: Custom = NO_CUSTOM,
) -> Issue:
    """An issue document of v3, v2 or the agile API.

    Args:
        document: The document.
        fields: The site's fields.
        users: Gets everybody whom the document names, by account id; who is in it already is not read again.
        sprints: Sprints that are known better than a document tells.
        custom: The custom fields that are read as such.

    Raises:
        UnreadableRecord: Something in it is not what Jira documents; the message holds the path of the field.
    """
    found = {} if users is None else users
    return guarded("jira issue", document, lambda: _issue(as_object(document, "issue"), fields, found, sprints, custom))


def _issue(
    document: Json, field_map: FieldMap, users: dict[str, User], known: Mapping[int, Sprint], custom: Custom
) -> Issue:
    fields = as_object(document.get("fields"), "fields")
    key = as_id(document.get("key"), "key")
    description, description_adf = description_in(fields)
    priority, priority_id = named_in(fields, "priority")
    status, status_id = named_in(fields, "status")
    issue_type, issue_type_id = named_in(fields, "issuetype")
    type_ = fields.get("issuetype") or {}
    parent_key, parent_id, parent_level = _parent(fields)
    # A sub-task's is that of its story, which the database knows.
    is_subtask = type_.get("subtask") is True
    resolution, resolution_id = named_in(fields, "resolution")
    epic_key = MISSING if is_subtask else _epic_key(fields, field_map.epic_link, parent_key, parent_level)
    levels = not type_ or "hierarchyLevel" in type_  # where the type is not told, nothing is guessed from it
    sprints = sprints_in(fields, field_map.sprint, known)
    sprint = current_sprint(sprints)
    team, team_id = _team(fields, field_map.team)
    comments, comment_total = comments_in(fields, users)
    worklogs, worklog_total = worklogs_in(fields, users)
    of_site = custom_values(fields, custom)
    return _with_missing_named(
        Issue(
            jira_id=as_numeric_id(document.get("id"), "id"),
            key=key,
            project_key=_project_key(fields, key),
            title=text_in(fields, "summary"),
            description=description,
            description_adf=description_adf,
            labels=labels_in(fields),
            priority=priority,
            priority_id=priority_id,
            assignee_id=person_in(fields, "assignee", users),
            due_date=due_date_in(fields),
            story_points=_story_points(fields, field_map.story_points),
            status=_required(status, "fields.status"),
            status_id=_required(status_id, "fields.status"),
            parent_key=parent_key if levels or parent_key else _above(epic_key, type_, field_map),
            parent_id=parent_id,
            status_category=_status_category(fields),
            issue_type=_required(issue_type, "fields.issuetype"),
            issue_type_id=issue_type_id or None,
            is_subtask=is_subtask,
            hierarchy_level=_level(type_, "fields.issuetype") if levels else _usual_level(type_),
            reporter_id=person_in(fields, "reporter", users),
            creator_id=person_in(fields, "creator", users),
            epic_key=epic_key,
            sprint=MISSING if sprints is MISSING else sprint.name if sprint else None,
            sprint_id=MISSING if sprints is MISSING else sprint.sprint_id if sprint else None,
            team=team,
            team_id=team_id,
            flagged=_flagged(fields, field_map.flagged),
            resolution=resolution,
            resolution_id=resolution_id,
            security_level=_security_level(fields),
            environment=rich_text_in(fields, "environment"),
            components=names_in(fields, "components"),
            fix_versions=names_in(fields, "fixVersions"),
            affected_versions=names_in(fields, "versions"),
            estimate_seconds=seconds_in(fields, "timeoriginalestimate"),
            remaining_seconds=seconds_in(fields, "timeestimate"),
            spent_seconds=seconds_in(fields, "timespent"),
            custom_fields=of_site.values,
            custom_raw=of_site.raw,
            custom_empty=of_site.empty,
            created_at=as_instant(fields.get("created"), "fields.created"),
            resolved_at=_resolved_at(fields),
            remote_updated_at=as_instant(fields.get("updated"), "fields.updated"),
            sprints=sprints,
            links=links_in(fields),
            comments=comments,
            comment_total=comment_total,
            worklogs=worklogs,
            worklog_total=worklog_total,
            attachments=attachments_in(fields, users),
            missing=(),
        )
    )


def _with_missing_named(issue: Issue) -> Issue:
    """The issue, with the names of its fields that are MISSING."""
    missing = [name for name, value in zip(_MAYBE_MISSING, _may_be_missing(issue), strict=True) if value is MISSING]
    return Issue._make([*issue[:-1], tuple(missing)]) if missing else issue  # `_replace` takes several times as long


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


def _team(fields: Json, field_id: str | None) -> tuple[str | Missing | None, str | Missing | None]:
    """Name and id of the team; where a site tells only one of them, both are that."""
    value = fields.get(field_id, MISSING) if field_id else MISSING
    if value is MISSING:
        return MISSING, MISSING
    name = id_ = value
    if isinstance(value, dict):
        id_ = value.get("id")
        name = value.get("name") or value.get("title") or id_
        id_ = str(id_) if type(id_) is int else id_ or name
    return as_text_or_none(name, f"fields.{field_id}"), as_text_or_none(id_, f"fields.{field_id}.id")


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


def _above(epic_key: str | Missing | None, issue_type: Json, field_map: FieldMap) -> str | Missing | None:
    """What an issue is below where a site knows no levels: there `parent` is for sub-tasks only, and an epic stands in
    a field of its own."""
    return None if field_map.epic_link is None or issue_type.get("subtask") is True else epic_key


def _usual_level(issue_type: Json) -> int:
    """The level that types have everywhere, on a site that knows no levels."""
    return -1 if issue_type.get("subtask") is True else int(issue_type.get("name") == "Epic")


def _level(issue_type: Json, path: str) -> int | None:
    level = issue_type.get("hierarchyLevel")
    return None if level is None else as_small_number(level, f"{path}.hierarchyLevel")


def _epic_key(
    fields: Json, field_id: str | None, parent_key: str | None, parent_level: int | None
) -> str | Missing | None:
    """The parent where it is an epic, else what the field for it says; MISSING where there is no such field."""
    if parent_level == 1:
        return parent_key
    if field_id is not None and field_id in fields:
        return as_id_or_none(fields[field_id] or None, f"fields.{field_id}")
    epic = fields.get("epic", MISSING)
    if epic is None or epic is MISSING:
        return epic
    return as_id_or_none(as_object(epic, "fields.epic").get("key"), "fields.epic.key")


def _security_level(fields: Json) -> str | Missing | None:
    """Name of the level that restricts who sees the issue; whatever restricts it counts, also without a name."""
    value = fields.get("security", MISSING)
    if value is None or value is MISSING:
        return value
    level = as_object(value, "fields.security")
    return str(level.get("name") or level.get("id") or "unnamed")
