"""What the forms of both editions of Jira have in common."""

from typing import Final

from javis_pipeline_tests.forms.parts import ANYTHING, AT, DAY, DIGITS, INSTANT, Form, Object

PICTURES: Final[Form] = {"48x48?": str, "32x32?": str, "24x24?": str, "16x16?": str}
PERSON: Final[Object] = {
    "self": str,
    "displayName": str,
    "active": bool,
    "timeZone": str,
    "avatarUrls": PICTURES,
}
# What an account is told of itself besides.
MYSELF: Final[Object] = {
    "locale": str,
    "expand": str,
    "groups": {"size": int, "items": [ANYTHING]},
    "applicationRoles": {"size": int, "items": [ANYTHING]},
}
CATEGORY: Final[Form] = {"self": str, "id": int, "key": str, "colorName": str, "name": str}
STATUS: Final[Object] = {
    "self": str,
    "id": DIGITS,
    "name": str,
    "description": str,
    "iconUrl": str,
    "statusCategory": CATEGORY,
    "scope?": ANYTHING,
}
TYPE: Final[Object] = {
    "self": str,
    "id": DIGITS,
    "name": str,
    "description": str,
    "iconUrl": str,
    "subtask": bool,
    "avatarId?": int,
}
PRIORITY: Final[Object] = {"self": str, "id": DIGITS, "name": str, "iconUrl": str}
LISTED_PRIORITY: Final[Object] = {**PRIORITY, "description": str, "statusColor": str}
RESOLUTION: Final[Object] = {"self": str, "id": DIGITS, "name": str, "description": str}
LINK_TYPES: Final[Form] = {
    "issueLinkTypes": [{"id": DIGITS, "name": str, "inward": str, "outward": str, "self": str}],
}
PERMISSION: Final[Object] = {
    "id": str,
    "key": str,
    "name": str,
    "type": str,
    "description": str,
    "havePermission": bool,
    "deprecatedKey?": bool,
}
VISIBILITY: Final[Object] = {"type": str, "value": str}
BATCH: Final[Object] = {"startAt": int, "maxResults": int, "total": int}
LISTED: Final[Object] = {**BATCH, "isLast": bool, "self?": str, "nextPage?": str}
ISSUE: Final[Object] = {"id": DIGITS, "key": str, "self": str, "expand?": str}
FIELD: Final[Object] = {
    "id": str,
    "name": str,
    "custom": bool,
    "orderable": bool,
    "navigable": bool,
    "searchable": bool,
    "clauseNames": [str],
    "schema?": {"type": str, "items?": str, "system?": str, "custom?": str, "customId?": int, "configuration?": dict},
}
FIELD_TO_FILL: Final[Object] = {
    "required": bool,
    "schema": {"type": str, "items?": str, "system?": str, "custom?": str, "customId?": int, "configuration?": dict},
    "name": str,
    "hasDefaultValue": bool,
    "operations": [str],
    "allowedValues?": [ANYTHING],
    "autoCompleteUrl?": str,
    "defaultValue?": ANYTHING,
}
BOARD: Final[Object] = {"id": int, "self": str, "name": str, "type": str}
# A batch of sprints does not say how many there are.
SPRINTS: Final[Object] = {"startAt": int, "maxResults": int, "isLast": bool}
SPRINT: Final[Object] = {
    "id": int,
    "self": str,
    "state": str,
    "name": str,
    "originBoardId": int,
    "goal?": str,
    "startDate?": INSTANT,
    "endDate?": INSTANT,
    "completeDate?": INSTANT,
}
BOARD_COLUMNS: Final[Form] = {
    **BOARD,
    "filter": {"id": DIGITS, "self": str},
    "columnConfig": {
        "columns": [{"name": str, "statuses": [{"id": DIGITS, "self": str}], "min?": int, "max?": int}],
        "constraintType": str,
    },
    "estimation?": {"type": str, "field?": {"fieldId": str, "displayName": str}},
    "ranking": {"rankCustomFieldId": int},
    "location?": ANYTHING,
    "subQuery?": ANYTHING,
}


def entry(person: Form, *, created: Form = AT, **more: Form) -> Object:
    """One entry of a changelog."""
    item: Form = {
        "field": str,
        "fieldtype": str,
        "from": (str, None),
        "fromString": (str, None),
        "to": (str, None),
        "toString": (str, None),
        **more,
    }
    return {"id": DIGITS, "author?": person, "created": created, "items": [item], "historyMetadata?": ANYTHING}


def comment(person: Form, text: Form, visibility: Form) -> Object:
    """One comment on an issue."""
    return {
        "self": str,
        "id": DIGITS,
        "author": person,
        "updateAuthor": person,
        "body": text,
        "created": AT,
        "updated": AT,
        "visibility?": visibility,
        "properties?": [ANYTHING],
    }


def worklog(person: Form, text: Form, visibility: Form) -> Object:
    """One worklog of an issue, whose comment the edition shows as it shows texts."""
    return {
        "self": str,
        "id": DIGITS,
        "issueId": DIGITS,
        "author": person,
        "updateAuthor": person,
        "created": AT,
        "updated": AT,
        "started": AT,
        "timeSpent": str,
        "timeSpentSeconds": int,
        "visibility?": visibility,
        "properties?": [ANYTHING],
        **({"comment": text} if text is str else {"comment?": text}),
    }


def fields(person: Form, sort: Form, text: Form) -> Object:
    """The fields that every issue has, whatever a site has of its own."""
    return {
        "summary": (str, None),
        "issuetype": sort,
        "status": STATUS,
        "priority": (PRIORITY, None),
        "project": ANYTHING,
        "assignee": (person, None),
        "reporter": (person, None),
        "creator": (person, None),
        "created": AT,
        "updated": AT,
        "resolutiondate": (AT, None),
        "duedate": (DAY, None),
        "resolution": ANYTHING,
        "labels": [str],
        "components": [ANYTHING],
        "fixVersions": [ANYTHING],
        "versions": [ANYTHING],
        "issuelinks": [ANYTHING],
        "subtasks": [ANYTHING],
        "description": (text, None),
        "environment": (text, None),
        "timespent": (int, None),
        "timeestimate": (int, None),
        "timeoriginalestimate": (int, None),
        "votes": {"self": str, "votes": int, "hasVoted": bool},
        "watches": {"self": str, "watchCount": int, "isWatching": bool},
        # Asked for by name, on some screens only, or only where they are set.
        "parent?": ANYTHING,
        "security?": ANYTHING,
        "timetracking?": ANYTHING,
        "attachment?": [ANYTHING],
        "comment?": {"comments": [ANYTHING], **BATCH, "self?": str},
        "worklog?": {"worklogs": [ANYTHING], **BATCH},
        "archiveddate?": (AT, None),
        "archivedby?": ANYTHING,
        "workratio?": int,
        "lastViewed?": (AT, None),
        "progress?": ANYTHING,
        "aggregateprogress?": ANYTHING,
        "aggregatetimespent?": (int, None),
        "aggregatetimeestimate?": (int, None),
        "aggregatetimeoriginalestimate?": (int, None),
    }
