"""Answers of a Jira that a company runs itself, as those of 8.20, 9 and 10 were recorded."""

from collections.abc import Mapping
from typing import Final

from javis_pipeline_tests.forms import jira_parts as jira
from javis_pipeline_tests.forms.parts import ANYTHING, AT, DIGITS, Form, Object

PERSON: Final[Object] = {**jira.PERSON, "name": str, "key": str, "emailAddress?": str}
FOUND_PERSON: Final[Object] = {**PERSON, "deleted": bool, "locale": str}
VISIBLE_LEAD: Final[Object] = {name: form for name, form in PERSON.items() if name != "timeZone"}
PROJECT: Final[Object] = {
    "self": str,
    "id": DIGITS,
    "key": str,
    "name": str,
    "expand": str,
    "avatarUrls": jira.PICTURES,
    "projectTypeKey": str,
    "archived": bool,
    "projectCategory?": ANYTHING,
}

FORMS: Final[Mapping[str, Form]] = {
    "server/issue": {
        **jira.ISSUE,
        "fields": jira.fields(PERSON, jira.TYPE, str),
        "changelog?": {**jira.BATCH, "histories": [jira.entry(PERSON)]},
        "renderedFields?": ANYTHING,
        "transitions?": [ANYTHING],
        "names?": ANYTHING,
        "schema?": ANYTHING,
    },
    "server/search": {**jira.BATCH, "issues": [ANYTHING], "expand?": str},
    "server/transitions": {
        "expand?": str,
        "transitions": [{"id": DIGITS, "name": str, "to": jira.STATUS, "fields?": dict}],
    },
    "server/comments": {**jira.BATCH, "comments": [jira.comment(PERSON, str, jira.VISIBILITY)]},
    "server/worklogs": {**jira.BATCH, "worklogs": [jira.worklog(PERSON, str, jira.VISIBILITY)]},
    "server/project": {
        **PROJECT,
        "description": str,
        "lead": {**VISIBLE_LEAD, "timeZone?": str},
        "components": [ANYTHING],
        "versions": [ANYTHING],
        "issueTypes": [jira.TYPE],
        "roles": dict,
        "assigneeType": str,
        "url?": str,
    },
    "server/projects": [PROJECT],
    "server/fields": [jira.FIELD],
    "server/statuses": [jira.STATUS],
    "server/priorities": [jira.LISTED_PRIORITY],
    "server/resolutions": [jira.RESOLUTION],
    "server/users": [FOUND_PERSON],
    "server/myself": {**FOUND_PERSON, **jira.MYSELF},
    "server/boards": {**jira.LISTED, "values": [jira.BOARD]},
    "server/board": jira.BOARD_COLUMNS,
    "server/sprints": {
        **jira.SPRINTS,
        "values": [{**jira.SPRINT, "synced?": bool, "autoStartStop?": bool, "activatedDate?": ANYTHING}],
    },
    "server/link-types": jira.LINK_TYPES,
    "server/creatable-types": {**jira.LISTED, "values": [jira.TYPE]},
    "server/creatable-fields": {**jira.LISTED, "values": [{**jira.FIELD_TO_FILL, "fieldId": str, "key?": str}]},
    "server/info": {
        "baseUrl": str,
        "version": str,
        "versionNumbers": [int],
        "deploymentType": str,
        "buildNumber": int,
        "buildDate": AT,
        "databaseBuildNumber?": int,
        "serverTime": AT,
        "scmInfo": str,
        "serverTitle": str,
    },
}
