"""Confluence's JSON as records. Pure. What cannot be read raises `UnreadableRecord` with the path of the field."""

from collections.abc import Iterable
from typing import Any

from javis_pipeline.clients.reading import (
    Json,
    Unreadable,
    as_id,
    as_id_or_none,
    as_instant,
    as_instant_or_none,
    as_list,
    as_number,
    as_object,
    as_text,
    guarded,
)
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.confluence import Page, PageVersion, Space
from javis_pipeline.records.jira import Identity, User


def parse_page(document: object, space_key: str) -> Page:
    """A page of v2, alone or out of a list; `space_key` is that of the document's `spaceId`."""
    return guarded("confluence page", document, lambda: _page(as_object(document, "page"), space_key))


def _page(document: Json, space_key: str) -> Page:
    version = _version(as_object(document.get("version"), "version"), "version")
    return Page(
        page_id=as_id(document.get("id"), "id"),
        space_key=space_key,
        space_id=as_id(document.get("spaceId"), "spaceId"),
        title=as_text(document.get("title"), "title"),
        body_storage=_body(document),
        parent_id=as_id_or_none(document.get("parentId") or None, "parentId"),
        parent_type=document.get("parentType") or None,
        status=as_text(document.get("status"), "status"),
        version_number=version.number,
        version_created_at=version.created_at,
        version_author_id=version.author_id,
        version_message=version.message,
        author_id=document.get("authorId") or None,
        labels=_labels(document),
        created_at=as_instant_or_none(document.get("createdAt"), "createdAt"),
    )


def _body(document: Json) -> str | Missing:
    body = document.get("body")
    storage = body.get("storage") if isinstance(body, dict) else None
    if storage is None:
        return MISSING
    value = as_object(storage, "body.storage").get("value")
    if type(value) is str:
        return value
    raise Unreadable("body.storage.value", "a text", value)


def _labels(document: Json) -> list[str] | Missing:
    """Labels that came with a page. There are at most 50 of them, and a part of a set is not a set."""
    labels = document.get("labels")
    if not isinstance(labels, dict) or (labels.get("meta") or {}).get("hasMore"):
        return MISSING
    return parse_labels(as_list(labels.get("results"), "labels.results"))


def parse_labels(documents: Iterable[Any]) -> list[str]:
    """Sorted names of the global labels; personal ones (`my:`, `team:`) belong to people and are left alone."""
    return sorted(label["name"] for label in documents if label.get("prefix", "global") == "global")


def parse_label_ids(documents: Iterable[Any]) -> list[tuple[str, str]]:
    """(id, name) of the global labels among these."""
    return [(str(label["id"]), label["name"]) for label in documents if label.get("prefix", "global") == "global"]


def parse_included_versions(document: object, page_id: str) -> list[PageVersion]:
    """The versions that came with a page, the newest first; none when they were not asked for."""
    page = document if isinstance(document, dict) else {}
    return [parse_version(version, page_id) for version in (page.get("versions") or {}).get("results") or ()]


def parse_version(document: object, page_id: str) -> PageVersion:
    """A version of `GET /pages/{id}/versions`."""
    return guarded("confluence version of page", page_id, lambda: _version(as_object(document, "version"), "version"))


def _version(version: Json, path: str) -> PageVersion:
    return PageVersion(
        number=as_number(version.get("number"), f"{path}.number"),
        created_at=as_instant(version.get("createdAt"), f"{path}.createdAt"),
        author_id=version.get("authorId") or None,
        message=version.get("message") or None,
    )


def parse_space(document: object) -> Space:
    """A space of v2."""

    def read() -> Space:
        space = as_object(document, "space")
        return Space(
            space_id=as_id(space.get("id"), "id"),
            key=as_text(space.get("key"), "key"),
            name=str(space.get("name") or ""),
            status=str(space.get("status") or "current"),
            homepage_id=as_id_or_none(space.get("homepageId") or None, "homepageId"),
        )

    return guarded("confluence space", document, read)


def parse_operations(document: object) -> set[tuple[str, str]]:
    """(what, to what) of what an account may do, such as ("create", "page")."""

    def read() -> set[tuple[str, str]]:
        operations = as_list(as_object(document, "permissions").get("operations"), "operations")
        return {(str(each.get("operation")), str(each.get("targetType"))) for each in operations}

    return guarded("confluence permissions", document, read)


def parse_user(document: object) -> User:
    """A user of v2 `users-bulk`; the e-mail is not kept."""

    def read() -> User:
        user = as_object(document, "user")
        name = user.get("displayName") or user.get("publicName") or ""
        return User(as_text(user.get("accountId"), "accountId"), str(name), user.get("accountStatus") != "inactive")

    return guarded("confluence user", document, read)


def parse_identity(document: object) -> Identity:
    """The account of v1 `user/current`. Its zone is optional there and only matters for CQL, which decides nothing."""

    def read() -> Identity:
        me = as_object(document, "user")
        return Identity(
            account_id=as_text(me.get("accountId"), "accountId"),
            display_name=str(me.get("displayName") or ""),
            time_zone=str(me.get("timeZone") or "UTC"),
        )

    return guarded("confluence account", "user/current", read)
