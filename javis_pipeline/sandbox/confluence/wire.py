"""Confluence's JSON, out of the site's records. v2 first, then what is left of v1."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from javis_pipeline.sandbox.confluence.site import Comment, Label, Page, Refused, Space, Version
from javis_pipeline.sandbox.confluence.storage import plain_text
from javis_pipeline.sandbox.people import Person

Json = dict[str, Any]


def timestamp(at: datetime) -> str:
    """`2026-11-23T09:15:02.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def version_json(version: Version, number: int) -> Json:
    return {
        "number": number,
        "message": version.message,
        "minorEdit": version.minor_edit,
        "authorId": version.author_id,
        "createdAt": timestamp(version.created_at),
    }


def page_json(page: Page, space: Space, *, body_format: str | None, number: int | None = None) -> Json:
    """A page, or its historical version `number`. The body is there only if a format was asked for."""
    shown_number = number or page.number
    version = page.versions[shown_number - 1]
    web = f"/spaces/{space.key}/pages/{page.page_id}"
    return {
        "id": page.page_id,
        "status": "historical" if shown_number != page.number else page.status,
        "title": version.title,
        "spaceId": page.space_id,
        "parentId": page.parent_id,
        "parentType": "page" if page.parent_id else None,
        "position": page.position,
        "authorId": page.author_id,
        "ownerId": page.owner_id,
        "lastOwnerId": None,
        "subtype": None,
        "createdAt": timestamp(page.created_at),
        "version": version_json(version, shown_number),
        "body": {} if body_format is None else {body_format: {"representation": body_format, "value": version.body}},
        "_links": {
            "webui": f"{web}/{quote_plus(version.title)}",
            "editui": f"/pages/resumedraft.action?draftId={page.page_id}",
            "tinyui": f"/x/{page.page_id}",
        },
    }


def detailed_version_json(page: Page, number: int) -> Json:
    version = page.versions[number - 1]
    neighbours = {"prevVersion": number - 1 or None, "nextVersion": number + 1 if number < page.number else None}
    details = {"contentTypeModified": False, "collaborators": [version.author_id], **neighbours}
    return version_json(version, number) | {name: value for name, value in details.items() if value is not None}


def space_json(space: Space) -> Json:
    return {
        "id": space.space_id,
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "currentActiveAlias": space.key,
        "authorId": space.author_id,
        "createdAt": timestamp(space.created_at),
        "homepageId": space.homepage_id,
        "description": None,
        "icon": None,
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def property_json(page: Page, key: str) -> Json:
    value, number = page.properties[key]
    version = version_json(replace(page.latest, message="", minor_edit=False), number)
    return {"id": f"{page.page_id}{len(key)}", "key": key, "value": value, "version": version}


def comment_json(comment: Comment, space: Space, *, body_format: str | None) -> Json:
    """A comment below a page; of an answer only the comment above it is told."""
    latest = comment.latest
    above = {"parentCommentId": comment.parent_id} if comment.parent_id else {"pageId": comment.page_id}
    return {
        "id": comment.comment_id,
        "status": "current",
        "title": latest.title,
        **above,
        "version": version_json(latest, comment.number),
        "body": {} if body_format is None else {body_format: {"representation": body_format, "value": latest.body}},
        "_links": {"webui": f"/spaces/{space.key}/pages/{comment.page_id}?focusedCommentId={comment.comment_id}"},
    }


def label_json(label: Label) -> Json:
    return {"id": label.label_id, "name": label.name, "prefix": label.prefix}


def child_json(page: Page) -> Json:
    return {
        "id": page.page_id,
        "status": page.status,
        "title": page.title,
        "spaceId": page.space_id,
        "childPosition": page.position,
        "type": "page",
    }


def problem_json(refused: Refused) -> Json:
    """The error envelope of v2."""
    error = {"status": refused.status, "code": refused.code, "title": refused.title, "detail": refused.detail}
    return {"errors": [error]}


# v1


def v1_problem_json(refused: Refused) -> Json:
    data = {"authorized": refused.status != 403, "valid": True, "errors": [], "successful": False}
    return {"statusCode": refused.status, "data": data, "message": refused.title}


def v1_labels_json(labels: list[Label]) -> Json:
    results = [label_json(label) | {"label": label.name} for label in labels]
    return {"results": results, "start": 0, "limit": 200, "size": len(results), "_links": {}}


def v1_user_json(person: Person) -> Json:
    return {
        "type": "known",
        "accountId": person.account_id,
        "accountType": "atlassian",
        "email": person.email if person.email_visible else "",
        "publicName": person.name,
        "displayName": person.name,
        "profilePicture": {"path": "/wiki/aa-avatar/default", "width": 48, "height": 48, "isDefault": True},
        "isExternalCollaborator": False,
        "timeZone": person.time_zone,
        "_expandable": {},
        "_links": {},
    }


def _v1_space_json(space: Space) -> Json:
    return {
        "id": int(space.space_id),
        "key": space.key,
        "name": space.name,
        "type": space.type,
        "status": space.status,
        "_expandable": {},
        "_links": {"webui": f"/spaces/{space.key}"},
    }


def v1_content_json(page: Page, space: Space) -> Json:
    version = page.latest
    return {
        "id": page.page_id,
        "type": "page",
        "status": page.status,
        "title": page.title,
        "space": _v1_space_json(space),
        "version": {
            "by": {"type": "known", "accountId": version.author_id},
            "when": timestamp(version.created_at),
            "message": version.message,
            "number": page.number,
            "minorEdit": version.minor_edit,
        },
        "body": {"storage": {"value": page.body, "representation": "storage"}},
        "_links": {"webui": f"/spaces/{space.key}/pages/{page.page_id}"},
    }


def v1_restriction_json(page: Page) -> Json:
    """Who alone may read a page itself; what lies above it is not told."""
    users = [reader for reader in page.readers if ":" in reader]
    groups = [reader for reader in page.readers if ":" not in reader]
    return {
        "operation": "read",
        "restrictions": {
            "user": {
                "results": [{"type": "known", "accountId": user} for user in users],
                "start": 0,
                "limit": 200,
                "size": len(users),
            },
            "group": {
                "results": [{"type": "group", "name": name} for name in groups],
                "start": 0,
                "limit": 200,
                "size": len(groups),
            },
        },
        "_expandable": {"content": f"/rest/api/content/{page.page_id}"},
        "_links": {"self": f"/rest/api/content/{page.page_id}/restriction/byOperation/read"},
    }


def v1_search_result_json(page: Page, space: Space) -> Json:
    content = v1_content_json(page, space)
    del content["body"]
    del content["version"]
    return {
        "content": content,
        "title": page.title,
        "excerpt": plain_text(page.body)[:200],
        "url": f"/spaces/{space.key}/pages/{page.page_id}",
        "resultGlobalContainer": {"title": space.name, "displayUrl": f"/spaces/{space.key}"},
        "breadcrumbs": [],
        "entityType": "content",
        "iconCssClass": "aui-icon content-type-page",
        "lastModified": timestamp(page.modified_at),
        "friendlyLastModified": page.modified_at.strftime("%b %d, %Y"),
        "score": 0.0,
    }
