"""The forms of answers of real sites, as recorded answers have them, by hand: what the sandbox must and may say.

`python -m javis_pipeline_tests.recorded NAME FILE...` holds one of these forms against answers that were recorded at a
site (JSON): what a real site does not say is not expected of the sandbox either. `NAME[]` for files that hold a list.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

Form: TypeAlias = "type | re.Pattern[str] | list[Form] | tuple[Form, ...] | Object | None"
"""A type; a pattern of a text; a list of one form; any of several; an object, in which a name with "?" may be missing;
None for null. `object` is anything."""

DIGITS: Final = re.compile(r"\d+")
AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
ANYTHING: Final = object
Object: TypeAlias = dict[str, Form]
PICTURES: Final[Form] = {"48x48?": str, "32x32?": str, "24x24?": str, "16x16?": str}

_PERSON: Final[dict[str, Form]] = {
    "self": str,
    "displayName": str,
    "active": bool,
    "timeZone": str,
    "avatarUrls": PICTURES,
}
SERVER_PERSON: Final[dict[str, Form]] = {**_PERSON, "name": str, "key": str, "emailAddress?": str}
CLOUD_PERSON: Final[Form] = {**_PERSON, "accountId": str, "accountType": str, "emailAddress?": str}
_CATEGORY: Final[Form] = {"self": str, "id": int, "key": str, "colorName": str, "name": str}
_STATUS: Final[Form] = {
    "self": str,
    "id": DIGITS,
    "name": str,
    "description": str,
    "iconUrl": str,
    "statusCategory": _CATEGORY,
    "scope?": ANYTHING,
}
_TYPE: Final[dict[str, Form]] = {
    "self": str,
    "id": DIGITS,
    "name": str,
    "description": str,
    "iconUrl": str,
    "subtask": bool,
    "avatarId?": int,
}
CLOUD_TYPE: Final[Form] = {**_TYPE, "hierarchyLevel": int, "entityId?": str, "scope?": ANYTHING}
_PRIORITY: Final[Form] = {"self": str, "id": DIGITS, "name": str, "iconUrl": str}
_BATCH: Final[dict[str, Form]] = {"startAt": int, "maxResults": int, "total": int}


def _entry(person: Form, **more: Form) -> dict[str, Form]:
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
    return {"id": DIGITS, "author?": person, "created": AT, "items": [item], "historyMetadata?": ANYTHING}


def _fields(person: Form, sort: Form, text: Form) -> dict[str, Form]:
    """The fields that every issue has, whatever a site has of its own."""
    return {
        "summary": (str, None),
        "issuetype": sort,
        "status": _STATUS,
        "priority": (_PRIORITY, None),
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
        "comment?": {"comments": [ANYTHING], **_BATCH, "self?": str},
        "worklog?": {"worklogs": [ANYTHING], **_BATCH},
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


_CLOUD_FIELDS: Final[dict[str, Form]] = {
    **_fields(CLOUD_PERSON, CLOUD_TYPE, (dict, str)),
    "statuscategorychangedate": AT,
    "statusCategory?": _CATEGORY,
    "issuerestriction?": ANYTHING,
}
_ISSUE: Final[dict[str, Form]] = {"id": DIGITS, "key": str, "self": str, "expand?": str}

FORMS: Final[Mapping[str, Form]] = {
    "server/issue": {
        **_ISSUE,
        "fields": _fields(SERVER_PERSON, _TYPE, str),
        "changelog?": {**_BATCH, "histories": [_entry(SERVER_PERSON)]},
        "renderedFields?": ANYTHING,
        "transitions?": [ANYTHING],
        "names?": ANYTHING,
        "schema?": ANYTHING,
    },
    "server/search": {**_BATCH, "issues": [ANYTHING], "expand?": str},
    "server/transitions": {
        "expand?": str,
        "transitions": [{"id": DIGITS, "name": str, "to": _STATUS, "fields?": dict}],
    },
    "server/comments": {
        **_BATCH,
        "comments": [
            {
                "self": str,
                "id": DIGITS,
                "author": SERVER_PERSON,
                "updateAuthor": SERVER_PERSON,
                "body": str,
                "created": AT,
                "updated": AT,
                "visibility?": {"type": str, "value": str},
            }
        ],
    },
    "server/worklogs": {
        **_BATCH,
        "worklogs": [
            {
                "self": str,
                "id": DIGITS,
                "issueId": DIGITS,
                "author": SERVER_PERSON,
                "updateAuthor": SERVER_PERSON,
                "comment": str,
                "created": AT,
                "updated": AT,
                "started": AT,
                "timeSpent": str,
                "timeSpentSeconds": int,
                "visibility?": {"type": str, "value": str},
            }
        ],
    },
    "server/project": {
        "self": str,
        "id": DIGITS,
        "key": str,
        "name": str,
        "expand?": str,
        "description": str,
        "lead": {key: form for key, form in SERVER_PERSON.items() if key != "timeZone"} | {"timeZone?": str},
        "components": [ANYTHING],
        "versions": [ANYTHING],
        "issueTypes": [_TYPE],
        "roles": dict,
        "assigneeType": str,
        "avatarUrls": PICTURES,
        "projectTypeKey": str,
        "archived": bool,
        "projectCategory?": ANYTHING,
    },
    "server/boards": {**_BATCH, "isLast": bool, "values": [{"id": int, "self": str, "name": str, "type": str}]},
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
    "cloud/issue": {
        **_ISSUE,
        "fields": _CLOUD_FIELDS,
        "changelog?": {**_BATCH, "histories": [_entry(CLOUD_PERSON, **{"fieldId?": str})]},
    },
}


def differences(form: Form, answer: object, *, whole: bool = True, at: str = "") -> Iterator[str]:
    """What of an answer does not have the form. Not `whole`: more than the form has names for is fine."""
    match form:
        case None:
            if answer is not None:
                yield f"{at} is not null"
        case tuple():
            found = [list(differences(one, answer, whole=whole, at=at)) for one in form]
            if all(found):
                yield from min(found, key=lambda each: len(each) + 100 * (each[0].endswith("is not null")))
        case list():
            if not isinstance(answer, list):
                yield f"{at} is no list"
                return
            for one in answer:
                yield from differences(form[0], one, whole=whole, at=f"{at}[]")
        case dict():
            yield from _of_object(form, answer, whole=whole, at=at)
        case re.Pattern():
            if not isinstance(answer, str) or not form.fullmatch(answer):
                yield f"{at} is not like {form.pattern}"
        case type():
            if not isinstance(answer, form) or (form is int and isinstance(answer, bool)):
                yield f"{at} is no {form.__name__}"


def _of_object(form: dict[str, Form], answer: object, *, whole: bool, at: str) -> Iterator[str]:
    if not isinstance(answer, dict):
        yield f"{at} is no object"
        return
    known = {name.removesuffix("?"): inner for name, inner in form.items()}
    for name in known:
        if name not in answer and name in form:
            yield f"{at}.{name} is missing"
    for name, value in answer.items():
        if name in known:
            yield from differences(known[name], value, whole=whole, at=f"{at}.{name}")
        elif whole and not name.startswith("customfield_"):
            yield f"{at}.{name} is in no recorded answer"


def main(name: str, *files: str) -> int:
    """Hold a form against recorded answers; exit code 1 when one has another."""
    form, told = FORMS[name.removesuffix("[]")], False
    for file in files:
        answer: Any = json.loads(Path(file).read_text(encoding="utf-8"))
        for one in answer if name.endswith("[]") else [answer]:
            for difference in sorted(set(differences(form, one, whole=False))):
                sys.stdout.write(f"{file}: {difference}\n")
                told = True
    return int(told)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
