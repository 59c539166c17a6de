"""Answers of Jira Cloud, as they were recorded; what was not, as the published documents show it."""

from collections.abc import Mapping
from typing import Final

from javis_pipeline_tests.forms import jira_parts as jira
from javis_pipeline_tests.forms.parts import ANYTHING, AT, DIGITS, Form, Object

PERSON: Final[Object] = {**jira.PERSON, "accountId": str, "accountType": str, "emailAddress?": str}
TYPE: Final[Object] = {**jira.TYPE, "hierarchyLevel": int, "entityId?": str, "scope?": ANYTHING}
VISIBILITY: Final[Object] = {**jira.VISIBILITY, "identifier?": (str, None)}
PROJECT: Final[Object] = {
    "self": str,
    "id": DIGITS,
    "key": str,
    "name": str,
    "expand": str,
    "avatarUrls": jira.PICTURES,
    "projectTypeKey": str,
    "simplified": bool,
    "style": str,
    "isPrivate": bool,
    "properties": dict,
    "entityId?": str,
    "uuid?": str,
    "projectCategory?": ANYTHING,
    "insight?": ANYTHING,
    "archived?": bool,
}
LOCATION: Final[Object] = {
    "projectId": int,
    "projectKey": str,
    "projectName": str,
    "projectTypeKey": str,
    "displayName": str,
    "name": str,
    "avatarURI?": str,
}
FIELDS: Final[Object] = {
    **jira.fields(PERSON, TYPE, (dict, str)),
    "statuscategorychangedate": AT,
    "statusCategory?": jira.CATEGORY,
    "issuerestriction?": ANYTHING,
}
SOME_OF_AN_ISSUE: Final[Object] = {**jira.ISSUE, "fields?": dict, "properties?": dict, "changelog?": dict}
# Date strings are documented; what comes is milliseconds.
MILLISECONDS_OR_AT: Final[Form] = (int, AT)

FORMS: Final[Mapping[str, Form]] = {
    "cloud/issue": {
        **jira.ISSUE,
        "fields": FIELDS,
        "changelog?": {**jira.BATCH, "histories": [jira.entry(PERSON, **{"fieldId?": str})]},
    },
    "cloud/search": {"issues": [SOME_OF_AN_ISSUE], "isLast": bool, "nextPageToken?": str},
    "cloud/count": {"count": int},
    "cloud/several-issues": {"issues": [SOME_OF_AN_ISSUE], "issueErrors": [ANYTHING]},
    "cloud/several-changelogs": {
        "issueChangeLogs": [
            {
                "issueId": DIGITS,
                "changeHistories": [jira.entry(PERSON, created=MILLISECONDS_OR_AT, **{"fieldId?": str})],
            }
        ],
        "nextPageToken?": str,
    },
    "cloud/changelog": {**jira.LISTED, "values": [jira.entry(PERSON, **{"fieldId?": str})]},
    "cloud/transitions": {
        "expand?": str,
        "transitions": [
            {
                "id": DIGITS,
                "name": str,
                "to": jira.STATUS,
                "hasScreen": bool,
                "isGlobal": bool,
                "isInitial": bool,
                "isAvailable": bool,
                "isConditional": bool,
                "isLooped?": bool,
                "fields?": dict,
            }
        ],
    },
    "cloud/comments": {
        **jira.BATCH,
        "comments": [{**jira.comment(PERSON, dict, VISIBILITY), "jsdPublic?": bool, "jsdAuthorCanSeeRequest?": bool}],
    },
    "cloud/worklogs": {**jira.BATCH, "worklogs": [jira.worklog(PERSON, dict, VISIBILITY)]},
    "cloud/project": {
        **PROJECT,
        "description": str,
        "lead": {name: form for name, form in PERSON.items() if name != "timeZone"} | {"timeZone?": str},
        "components": [ANYTHING],
        "versions": [ANYTHING],
        "issueTypes": [TYPE],
        "roles": dict,
        "assigneeType": str,
        "url?": str,
        "email?": str,
    },
    "cloud/projects": {**jira.LISTED, "values": [PROJECT]},
    "cloud/fields": [{**jira.FIELD, "key": str, "scope?": ANYTHING, "untranslatedName?": str}],
    "cloud/statuses": [{**jira.STATUS, "untranslatedName": str}],
    "cloud/priorities": {**jira.LISTED, "values": [{**jira.LISTED_PRIORITY, "isDefault": bool, "avatarId?": int}]},
    "cloud/resolutions": {**jira.LISTED, "values": [{**jira.RESOLUTION, "isDefault": bool}]},
    "cloud/users": [{**PERSON, "locale?": str}],
    "cloud/myself": {**PERSON, **jira.MYSELF},
    "cloud/permissions": {"permissions": {"BROWSE_PROJECTS": jira.PERMISSION}},
    "cloud/boards": {**jira.LISTED, "values": [{**jira.BOARD, "location?": LOCATION}]},
    "cloud/board": jira.BOARD_COLUMNS,
    "cloud/sprints": {**jira.SPRINTS, "values": [{**jira.SPRINT, "createdDate?": str}]},
    "cloud/link-types": jira.LINK_TYPES,
    "cloud/creatable-types": {**jira.BATCH, "issueTypes": [{**TYPE, "untranslatedName?": str}]},
    "cloud/creatable-fields": {**jira.BATCH, "fields": [{**jira.FIELD_TO_FILL, "fieldId": str, "key": str}]},
    "cloud/made": {"id": DIGITS, "key": str, "self": str, "transition?": ANYTHING},
}
