"""Answers of a Confluence that a company runs itself, as its published documents show them; none recorded is at hand.

Those documents mark nothing as required, and leave out `_links`, `_expandable` and the names of an account, which every
answer has: what may be missing here is what has to be asked for.
"""

from collections.abc import Mapping
from typing import Final

from javis_pipeline_tests.forms.parts import ANYTHING, DIGITS, INSTANT, Form, Object

PERSON: Final[Object] = {
    "type": str,
    "username": str,
    "userKey": str,
    "displayName": str,
    "profilePicture": {"path": str, "width": int, "height": int, "isDefault": bool},
    "_links": dict,
    "_expandable": dict,
}
VERSION: Final[Object] = {
    "by": PERSON,
    "when": INSTANT,
    "message": str,
    "number": int,
    "minorEdit": bool,
    "hidden?": bool,
    "syncRev?": str,
    "_links?": dict,
    "_expandable?": dict,
}
BRIEF: Final[Object] = {"id": DIGITS, "type": str, "status": str, "title": str}
SPACE: Final[Object] = {
    "id": int,
    "key": str,
    "name": str,
    "status": str,
    "type": str,
    "homepage?": BRIEF,
    "_links": dict,
    "_expandable": dict,
}
CONTENT: Final[Object] = {
    **BRIEF,
    "space?": SPACE,
    "history?": {
        "latest": bool,
        "createdBy": PERSON,
        "createdDate": INSTANT,
        "_links?": dict,
        "_expandable?": dict,
    },
    "version?": VERSION,
    "ancestors?": [{**BRIEF, "_links?": dict, "_expandable?": dict, "extensions?": dict}],
    "operations?": [{"operation": str, "targetType": str}],
    "container?": ANYTHING,
    "body?": {"storage": {"representation": str, "value": str}},
    "metadata?": {"labels": ANYTHING},
    "extensions?": dict,
    "_links": dict,
    "_expandable": dict,
}
BATCH: Final[Object] = {"start": int, "limit": int, "size": int, "_links": dict}
LABEL: Final[Object] = {"prefix": str, "name": str, "id": DIGITS, "label": str}

FORMS: Final[Mapping[str, Form]] = {
    "server/spaces": {**BATCH, "results": [SPACE]},
    "server/space": SPACE,
    # A scan goes on from a cursor, and has no start.
    "server/scan": {"results": [CONTENT], "cursor": str, "limit": int, "size": int, "_links": dict},
    "server/contents": {**BATCH, "results": [CONTENT]},
    "server/content": CONTENT,
    "server/versions": {**BATCH, "results": [VERSION]},
    "server/labels": {**BATCH, "results": [LABEL]},
    "server/property": {"id": DIGITS, "key": str, "value": ANYTHING, "version": dict, "_links?": dict},
    "server/page-comments": {**BATCH, "results": [CONTENT]},
    "server/person": PERSON,
}
