"""Confluence's JSON as records. Pure. What cannot be read raises `UnreadableRecord` with the path of the field."""

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Final

from javis_pipeline.clients.reading import (
    Json,
    Unreadable,
    as_id,
    as_id_or_none,
    as_instant,
    as_instant_or_none,
    as_list,
    as_numeric_id,
    as_object,
    as_small_number,
    as_text,
    as_text_or_none,
    guarded,
    text_or,
)
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.confluence import Page, PageComment, PageVersion, Space
from javis_pipeline.records.jira import Identity, User

MARK: Final = "javis-record"
"""What we note beside a page that we made."""


def parse_page(document: object, space_key: str) -> Page:
    """A page of v2, alone or out of a list; `space_key` is that of the document's `spaceId`."""
    return guarded("confluence page", document, lambda: _page(as_object(document, "page"), space_key))


def _page(document: Json, space_key: str) -> Page:
    version = _version(as_object(document.get("version"), "version"), "version")
    return Page(
        page_id=as_numeric_id(document.get("id"), "id"),
        space_key=space_key,
        space_id=as_numeric_id(document.get("spaceId"), "spaceId"),
        title=as_text(document.get("title"), "title"),
        body_storage=_body(document),
        parent_id=as_numeric_id(document["parentId"], "parentId") if document.get("parentId") else None,
        parent_type=as_text_or_none(document.get("parentType"), "parentType"),
        status=as_id(document.get("status"), "status"),
        version_number=version.number,
        version_created_at=version.created_at,
        version_author_id=version.author_id,
        version_message=version.message,
        author_id=as_id_or_none(document.get("authorId") or None, "authorId"),
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
    if not isinstance(labels, dict) or as_object(labels.get("meta") or {}, "labels.meta").get("hasMore"):
        return MISSING
    return _global_names(as_list(labels.get("results"), "labels.results"))


def _global_names(documents: Iterable[object]) -> list[str]:
    """Personal labels (`my:`, `team:`) belong to people and are left alone."""
    labels = [as_object(document, "label") for document in documents]
    return sorted(as_text(label.get("name"), "label.name") for label in labels if _is_global(label))


def _is_global(label: Json) -> bool:
    return bool(label.get("prefix", "global") == "global")


def parse_labels(documents: Iterable[object]) -> list[str]:
    """Sorted names of the global labels among these."""
    return guarded("confluence labels", "of a page", lambda: _global_names(documents))


def noted_in(document: Json) -> object:
    """What is noted under our name beside a page that came with its properties; None for nothing."""
    properties = document.get("properties")
    noted = properties.get("results") if isinstance(properties, dict) else None
    for one in noted if isinstance(noted, list) else ():
        if isinstance(one, dict) and one.get("key") == MARK:
            return one.get("value")
    return None


def parse_label_ids(documents: Iterable[object]) -> list[tuple[str, str]]:
    """(id, name) of the global labels among these."""

    def read() -> list[tuple[str, str]]:
        labels = [as_object(document, "label") for document in documents]
        return [
            (as_numeric_id(label.get("id"), "label.id"), as_text(label.get("name"), "label.name"))
            for label in labels
            if _is_global(label)
        ]

    return guarded("confluence labels", "of a space", read)


def parse_page_id(document: object) -> str:
    """The id of a page, of which a list may tell no more."""
    return guarded("confluence page", document, lambda: as_numeric_id(as_object(document, "page").get("id"), "id"))


def parse_restrictions(documents: Iterable[object]) -> dict[str, str | None]:
    """Page id to who alone may read the page itself; None for who may read what it lies in.

    A document that does not say is left out.
    """

    def read(document: object) -> tuple[str, str | None]:
        content = as_object(document, "content")
        told = as_object(as_object(content.get("restrictions"), "restrictions").get("read"), "restrictions.read")
        return as_numeric_id(content.get("id"), "id"), _readers(told)

    found = {}
    for document in documents:
        with suppress(UnreadableRecord):
            page_id, readers = guarded("confluence restrictions of page", document, partial(read, document))
            found[page_id] = readers
    return found


def parse_restriction(document: object, page_id: str) -> str | None:
    """Who alone may read one page itself, of `restriction/byOperation/read`."""
    return guarded("confluence restrictions of page", page_id, lambda: _readers(as_object(document, "restriction")))


def _readers(told: Json) -> str | None:
    readers = as_object(told.get("restrictions"), "restrictions")
    named = []
    for sort, names in (("user", ("accountId", "userKey")), ("group", ("name",))):
        some = as_object(readers.get(sort) or {}, f"restrictions.{sort}")
        found = as_list(some.get("results") or [], f"restrictions.{sort}.results")
        named += [f"{sort}:{_first(as_object(one, sort), names) or 'unnamed'}" for one in found]
        if not found and some.get("size"):
            named.append(f"{sort}:unnamed")  # they are counted, and not shown to us
    return ", ".join(sorted(named))[:1000] or None


def _first(document: Json, names: Iterable[str]) -> object:
    return next((document[name] for name in names if document.get(name)), None)


def parse_included_versions(document: object, page_id: str) -> list[PageVersion]:
    """The versions that came with a page, the newest first; none when they were not asked for."""

    def read() -> list[object]:
        versions = as_object(as_object(document, "page").get("versions") or {}, "versions")
        return as_list(versions.get("results") or [], "versions.results")

    found = guarded("confluence versions of page", page_id, read)
    return [parse_version(version, page_id) for version in found]


def parse_version(document: object, page_id: str) -> PageVersion:
    """A version of `GET /pages/{id}/versions`."""
    return guarded("confluence version of page", page_id, lambda: _version(as_object(document, "version"), "version"))


def _version(version: Json, path: str) -> PageVersion:
    return PageVersion(
        number=as_small_number(version.get("number"), f"{path}.number"),
        created_at=as_instant(version.get("createdAt"), f"{path}.createdAt"),
        author_id=as_id_or_none(version.get("authorId") or None, f"{path}.authorId"),
        message=as_text_or_none(version.get("message"), f"{path}.message"),
    )


def parse_comment(document: object) -> PageComment:
    """A footer comment of v2, alone or out of a list."""

    def read() -> PageComment:
        comment = as_object(document, "comment")
        version, body = _version(as_object(comment.get("version"), "version"), "version"), _body(comment)
        if isinstance(body, Missing):
            raise Unreadable("body.storage", "a text", None)
        is_first = version.number == 1
        author_id = comment.get("authorId") or (version.author_id if is_first else None)
        return PageComment(
            comment_id=as_numeric_id(comment.get("id"), "id"),
            page_id=as_numeric_id(comment["pageId"], "pageId") if comment.get("pageId") else None,
            parent_id=as_numeric_id(comment["parentCommentId"], "parentCommentId")
            if comment.get("parentCommentId")
            else None,
            body_storage=body,
            version=version,
            author_id=as_id_or_none(author_id, "authorId"),
            created_at=as_instant_or_none(comment.get("createdAt"), "createdAt")
            or (version.created_at if is_first else None),
        )

    return guarded("confluence comment", document, read)


def parse_space(document: object) -> Space:
    """A space of v2."""

    def read() -> Space:
        space = as_object(document, "space")
        return Space(
            space_id=as_numeric_id(space.get("id"), "id"),
            key=as_id(space.get("key"), "key"),
            name=as_text_or_none(space.get("name"), "name") or "",
            status=as_text_or_none(space.get("status"), "status") or "current",
            homepage_id=as_numeric_id(space["homepageId"], "homepageId") if space.get("homepageId") else None,
        )

    return guarded("confluence space", document, read)


def parse_operations(document: object) -> set[tuple[str, str]]:
    """(what, to what) of what an account may do, such as ("create", "page")."""

    def read() -> set[tuple[str, str]]:
        operations = as_list(as_object(document, "permissions").get("operations"), "operations")
        allowed = [as_object(each, "operation") for each in operations]
        return {
            (as_text(each.get("operation"), "operation"), as_text(each.get("targetType"), "targetType"))
            for each in allowed
        }

    return guarded("confluence permissions", document, read)


def parse_user(document: object) -> User:
    """A user of v2 `users-bulk`; the e-mail is not kept."""

    def read() -> User:
        user = as_object(document, "user")
        name = text_or(user.get("displayName") or user.get("publicName"), "")
        return User(as_id(user.get("accountId"), "accountId"), name, user.get("accountStatus") != "inactive")

    return guarded("confluence user", document, read)


def parse_identity(document: object) -> Identity:
    """The account of v1 `user/current`. Its zone is optional there and only matters for CQL, which decides nothing."""

    def read() -> Identity:
        me = as_object(document, "user")
        return Identity(
            account_id=as_id(me.get("accountId"), "accountId"),
            display_name=text_or(me.get("displayName"), ""),
            time_zone=text_or(me.get("timeZone"), "UTC"),
        )

    return guarded("confluence account", "user/current", read)
