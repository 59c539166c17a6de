"""Documents of a self-hosted Confluence in the form in which `wire` reads those of Cloud. Pure.

What is not there, or is of another sort than expected, goes through as it is: `wire` says what cannot be read.
"""

from collections.abc import Mapping
from typing import Any, Final

from javis_pipeline.clients.reading import Json, as_number
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.confluence.wire import MARK

# The property of a page that holds what messages of its versions would have said, by the instant of the version: for
# sites that keep none.
MARKS: Final = "javis-op"
# What a page has to come with.
OF_A_PAGE: Final = f"version,ancestors,space,history,metadata.labels,metadata.properties.{MARKS}"
OF_A_COMMENT: Final = "body.storage,version,container,ancestors,history,extensions"
OF_ITS_TEXT: Final = f"body.storage,{OF_A_PAGE},metadata.properties.{MARK}"

NO_MARKS: Final[Mapping[str, str]] = {}


def page(document: Any) -> Any:
    """A page, alone or out of a list."""
    if not isinstance(document, dict):
        return document
    space, history, labels = (_inside(document, *path) for path in (("space",), ("history",), ("metadata", "labels")))
    above = document.get("ancestors")
    parent = above[-1] if isinstance(above, list) and above else None
    told: JsonObject = {
        **{name: document.get(name) for name in ("id", "status", "title")},
        "spaceId": _text(space.get("id")),
        "version": version(document.get("version"), marks_of(_inside(document, "metadata", "properties", MARKS))),
        "authorId": _person(history.get("createdBy")),
        "createdAt": history.get("createdDate"),
        "parentId": parent.get("id") if isinstance(parent, dict) else parent,
        "parentType": None if parent is None else "page",
    }
    told |= {"body": document["body"]} if "body" in document else {}
    if noted := _inside(document, "metadata", "properties", MARK):
        told["properties"] = {"results": [{"key": MARK, "value": noted.get("value")}]}
    return told | ({"labels": _labels(labels)} if "results" in labels else {})


def comment(document: Any) -> Any:
    """A comment, alone or out of a list."""
    if not isinstance(document, dict):
        return document
    history, container, above = _inside(document, "history"), _inside(document, "container"), document.get("ancestors")
    parent = above[-1] if isinstance(above, list) and above else None
    return {
        **{name: document.get(name) for name in ("id", "status", "body")},
        "pageId": container.get("id") if container.get("type") == "page" else None,
        "parentCommentId": parent.get("id") if isinstance(parent, dict) else parent,
        "version": version(document.get("version")),
        "authorId": _person(history.get("createdBy")),
        "createdAt": history.get("createdDate"),
    }


def is_below_the_text(document: Any) -> bool:
    """Whether a comment is about the page, and not about words in it."""
    return _inside(document, "extensions").get("location") == "footer"


def version(document: Any, marks: Mapping[str, str] = NO_MARKS) -> Any:
    """A version of a page, with the message that it came with or, where it has none, the one in `marks`."""
    if not isinstance(document, dict):
        return document
    at, message = document.get("when"), document.get("message")
    return {
        "number": document.get("number"),
        "createdAt": at,
        "authorId": _person(document.get("by")),
        "message": marks.get(at, message) if not message and isinstance(at, str) else message,
    }


def marks_of(document: object) -> dict[str, str]:
    """What the property `MARKS` says, by the instant of the version."""
    return {at: said for at, said in _inside(document, "value").items() if isinstance(said, str)}


def number_of(document: object) -> int:
    """The number of a property's version."""
    return as_number(_inside(document, "version").get("number"), "version.number")


def space(document: object) -> object:
    """A space, with its home page."""
    if not isinstance(document, dict):
        return document
    status = document.get("status")
    return {
        **{name: document.get(name) for name in ("key", "name")},
        "id": _text(document.get("id")),
        "status": status.lower() if isinstance(status, str) else status,
        "homepageId": _inside(document, "homepage").get("id"),
    }


def user(document: object) -> object:
    """A person, by the key that stays when somebody is renamed; nobody for whoever is not logged in."""
    if not isinstance(document, dict):
        return document
    return {"accountId": _person(document), "displayName": document.get("displayName")}


def label_names(document: object) -> list[object]:
    """The names of the global labels that came with a page."""
    found = _inside(document, "metadata", "labels").get("results")
    labels = [label for label in found if isinstance(label, dict)] if isinstance(found, list) else []
    return [label.get("name") for label in labels if label.get("prefix", "global") == "global"]


def _labels(labels: Json) -> JsonObject:
    more = _inside(labels, "_links").get("next")
    return {"results": labels["results"], "meta": {"hasMore": more is not None}}


def _person(document: object) -> object:
    """The key of a person; anonymous callers and people who are gone have none."""
    return document.get("userKey") if isinstance(document, dict) else document


def _inside(document: object, *path: str) -> Json:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else {}


def _text(number: Any) -> Any:
    """Ids of spaces are numbers there."""
    return str(number) if type(number) is int else number
