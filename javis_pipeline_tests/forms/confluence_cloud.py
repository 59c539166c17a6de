"""Answers of Confluence Cloud, as its published documents show them; none that was recorded is at hand."""

from collections.abc import Mapping
from typing import Final

from javis_pipeline_tests.forms.parts import ANYTHING, DIGITS, INSTANT, Form, Object

BASE: Final[Form] = {"base": str, "next?": str}
OF_ITS_OWN: Final[Object] = {"webui": str, "editui?": str, "tinyui?": str}
# What is asked for by itself says where the site is, too.
ALONE: Final[Object] = {"_links": {**OF_ITS_OWN, "base": str}}
BODY: Final[Form] = {"storage?": {"representation": str, "value": str}}
VERSION: Final[Object] = {
    "createdAt": INSTANT,
    "message": str,
    "number": int,
    "minorEdit": bool,
    "authorId": str,
}
PAGE: Final[Object] = {
    "id": DIGITS,
    "status": str,
    "title": str,
    "spaceId": DIGITS,
    "parentId": (DIGITS, None),
    "parentType": (str, None),
    "position": (int, None),
    "authorId": str,
    "ownerId": (str, None),
    "lastOwnerId": (str, None),
    "subtype?": (str, None),
    "createdAt": INSTANT,
    "version": VERSION,
    "body": BODY,
    "_links": OF_ITS_OWN,
}
SPACE: Final[Object] = {
    "id": DIGITS,
    "key": str,
    "name": str,
    "type": str,
    "status": str,
    "authorId": str,
    "spaceOwnerId?": str,
    "currentActiveAlias": str,
    "createdAt": INSTANT,
    "homepageId": DIGITS,
    "description": ANYTHING,
    "icon": ANYTHING,
    "_links": OF_ITS_OWN,
}
COMMENT: Final[Object] = {
    "id": DIGITS,
    "status": str,
    "title": str,
    "pageId": DIGITS,
    "parentCommentId?": DIGITS,
    "version": VERSION,
    "body": BODY,
    "_links": OF_ITS_OWN,
}
PROPERTY: Final[Object] = {"id": DIGITS, "key": str, "value": ANYTHING, "version": VERSION}
LABEL: Final[Object] = {"id": DIGITS, "name": str, "prefix": str}
V1_SPACE: Final[Object] = {
    "id?": int,
    "key": str,
    "name": str,
    "type": str,
    "status": str,
    "_expandable": dict,
    "_links": dict,
}
V1_CONTENT: Final[Object] = {
    "id": DIGITS,
    "type": str,
    "status": str,
    "title": str,
    "space?": V1_SPACE,
    "version?": {"by?": ANYTHING, "when": INSTANT, "message?": str, "number": int, "minorEdit": bool},
    "body?": dict,
    "restrictions?": {"read": ANYTHING},
    "_expandable?": dict,
    "_links": dict,
}
V1_HIT: Final[Object] = {
    "content?": V1_CONTENT,
    "title": str,
    "excerpt": str,
    "url": str,
    "resultGlobalContainer?": {"title": str, "displayUrl": str},
    "breadcrumbs": [ANYTHING],
    "entityType": str,
    "iconCssClass": str,
    "lastModified": INSTANT,
    "friendlyLastModified?": str,
    "score?": float,
}
V1_BATCH: Final[Object] = {"start": int, "limit": int, "size": int, "_links": dict}
V1_RESTRICTION: Final[Form] = {
    "operation": str,
    "restrictions?": {
        "user?": {"results": [ANYTHING], "size": int, "start": int, "limit?": int},
        "group?": {"results": [ANYTHING], "size": int, "start": int, "limit?": int},
    },
    "_expandable": dict,
    "_links": dict,
}


def _batch(form: Form) -> Form:
    return {"results": [form], "_links": BASE}


FORMS: Final[Mapping[str, Form]] = {
    "cloud/spaces": _batch(SPACE),
    "cloud/pages": _batch(PAGE),
    "cloud/page": {**PAGE, **ALONE},
    "cloud/versions": _batch({**VERSION, "page?": {"title": str, "id": DIGITS, "body?": BODY}}),
    "cloud/labels": _batch(LABEL),
    "cloud/properties": _batch(PROPERTY),
    "cloud/page-comments": _batch(COMMENT),
    "cloud/page-comment": {**COMMENT, **ALONE},
    "cloud/cql": {
        **V1_BATCH,
        "results": [V1_HIT],
        "totalSize": int,
        "cqlQuery": str,
        "searchDuration": int,
        "archivedResultCount?": int,
    },
    "cloud/content": {**V1_BATCH, "results": [V1_CONTENT]},
    "cloud/restriction": V1_RESTRICTION,
    "cloud/labelled": {**V1_BATCH, "results": [{**LABEL, "label": str}]},
    "cloud/person": {
        "type": str,
        "accountId": str,
        "accountType": str,
        "email": str,
        "publicName": str,
        "displayName": str,
        "profilePicture": {"path": str, "width": int, "height": int, "isDefault": bool},
        "timeZone?": str,
        "isExternalCollaborator": bool,
        "_expandable": dict,
        "_links": dict,
    },
}
