"""A self-hosted Confluence's JSON, out of the site's records: only what was asked to be expanded."""

from collections.abc import Collection, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from javis_pipeline.sandbox.confluence.site import Comment, ConfluenceSite, Label, Page, Refused, Space, Version
from javis_pipeline.sandbox.jira.data_center.directory import Directory
from javis_pipeline.sandbox.people import user_key_of

Json = dict[str, Any]

SERVER_ZONE: Final = ZoneInfo("Europe/Berlin")
_PROPERTIES: Final = "metadata.properties."


def timestamp(at: datetime) -> str:
    """`2026-11-23T10:15:02.123+01:00`: in the zone of the server."""
    return at.astimezone(SERVER_ZONE).isoformat(timespec="milliseconds")


PICTURE: Final[Json] = {
    "path": "/confluence/images/icons/profilepics/default.svg",
    "width": 48,
    "height": 48,
    "isDefault": True,
}


def person_json(account_id: str, directory: Directory, name: str) -> Json:
    return {
        "type": "known",
        "username": directory.name(account_id),
        "userKey": user_key_of(account_id),
        "displayName": name,
        "profilePicture": PICTURE,
        "_expandable": {"status": ""},
        "_links": {},
    }


ANONYMOUS: Final[Json] = {"type": "anonymous", "displayName": "Anonymous", "_expandable": {"status": ""}, "_links": {}}


class Views:
    """Documents of a site.

    Args:
        site: The site.
        directory: What people are called there.
        base_url: The address that the site believes to have.
        may_edit: Whether the account may do more than look.
    """

    def __init__(self, site: ConfluenceSite, directory: Directory, base_url: str, *, may_edit: bool = True) -> None:
        self._site = site
        self._directory = directory
        self._base_url = base_url
        self._may_edit = may_edit

    def links(self, **links: str) -> Json:
        return {"base": self._base_url, "context": "/confluence", **links}

    def person(self, account_id: str) -> Json:
        person = self._site.ground.people.get(account_id)
        return person_json(account_id, self._directory, person.name if person else "Unknown")

    def version(self, version: Version, number: int) -> Json:
        return {
            "by": self.person(version.author_id),
            "when": timestamp(version.created_at),
            "message": version.message,
            "number": number,
            "minorEdit": version.minor_edit,
            "hidden": False,
            "_links": {"self": f"{self._base_url}/rest/experimental/content/1/version/{number}"},
        }

    def space(self, space: Space, expand: Collection[str] = ()) -> Json:
        home = space.homepage_id
        shown: Json = {
            "id": int(space.space_id),
            "key": space.key,
            "name": space.name,
            "status": space.status.upper(),
            "type": space.type,
            "_expandable": {"metadata": "", "icon": "", "description": "", "retentionPolicy": ""},
            "_links": {"webui": f"/display/{space.key}", "self": f"{self._base_url}/rest/api/space/{space.key}"},
        }
        if "homepage" in expand and home:
            shown["homepage"] = {"id": home, "type": "page", "status": "current", "title": self._site.pages[home].title}
        return shown

    def page(self, page: Page, expand: Collection[str] = (), number: int | None = None) -> Json:
        """A page, or its historical version `number`."""
        at = number or page.number
        version, space = page.versions[at - 1], self._site.spaces[page.space_id]
        shown: Json = {
            "id": page.page_id,
            "type": "page",
            "status": "historical" if at != page.number else page.status,
            "title": version.title,
            "extensions": {"position": "none"},
            "_links": {
                "webui": f"/display/{space.key}/{page.page_id}",
                "self": f"{self._base_url}/rest/api/content/{page.page_id}",
            },
        }
        parts: dict[str, Any] = {
            "space": lambda: self.space(space),
            "version": lambda: self.version(version, at),
            "ancestors": lambda: [self._ancestor(above) for above in self._site.ancestors(page.page_id)],
            "history": lambda: self._history(page),
            "body.storage": lambda: {"storage": {"value": version.body, "representation": "storage"}},
            "metadata.labels": lambda: {"labels": self.labels(page.labels)},
            "operations": lambda: self._operations(space),
        }
        for name, part in parts.items():
            if name in expand:
                shown[name.partition(".")[0]] = part()
        if asked := [name.removeprefix(_PROPERTIES) for name in expand if name.startswith(_PROPERTIES)]:
            found = {key: self.property(page, key) for key in asked if key in page.properties}
            shown.setdefault("metadata", {})["properties"] = found
        if any(name.startswith("restrictions.read") for name in expand):
            shown["restrictions"] = {"read": self.restriction(page)}
        shown["_expandable"] = {name: "" for name in parts if name not in expand}
        return shown

    def comment(self, comment: Comment, expand: Collection[str] = ()) -> Json:
        """A comment below a page."""
        page, first = self._site.pages[comment.page_id], comment.versions[0]
        made = {"latest": True, "createdBy": self.person(first.author_id), "createdDate": timestamp(first.created_at)}
        parts: dict[str, Any] = {
            "version": lambda: self.version(comment.latest, comment.number),
            "container": lambda: self._ancestor(page),
            "ancestors": lambda: [{"id": comment.parent_id, "type": "comment"}] if comment.parent_id else [],
            "history": lambda: made,
            "body.storage": lambda: {"storage": {"value": comment.latest.body, "representation": "storage"}},
            "extensions": lambda: {"location": "footer"},
        }
        links = {"self": f"{self._base_url}/rest/api/content/{comment.comment_id}"}
        shown: Json = {"id": comment.comment_id, "type": "comment", "status": "current", "_links": links}
        shown |= {name.partition(".")[0]: part() for name, part in parts.items() if name in expand}
        return {**shown, "title": comment.latest.title, "_expandable": {}}

    def property(self, content: Page | Comment, key: str) -> Json:
        value, number = content.properties[key]
        own_id = content.page_id if isinstance(content, Page) else content.comment_id
        links = {"self": f"{self._base_url}/rest/api/content/{own_id}/property/{key}"}
        return {"id": f"{own_id}1", "key": key, "value": value, "version": {"number": number}, "_links": links}

    def _ancestor(self, page: Page) -> Json:
        return {"id": page.page_id, "type": "page", "status": page.status, "title": page.title}

    def _history(self, page: Page) -> Json:
        return {
            "latest": True,
            "createdBy": self.person(page.author_id),
            "createdDate": timestamp(page.created_at),
            "_expandable": {"lastUpdated": "", "previousVersion": "", "contributors": "", "nextVersion": ""},
            "_links": {"self": f"{self._base_url}/rest/api/content/{page.page_id}/history"},
        }

    def _operations(self, space: Space) -> list[Json]:
        allowed = ["read"]
        if self._may_edit and space.key not in self._site.switches.read_only_spaces:
            allowed += ["update", "delete", "create"]
        return [{"operation": what, "targetType": "page"} for what in allowed]

    def labels(self, labels: Sequence[Label]) -> Json:
        shown = [{"prefix": one.prefix, "name": one.name, "id": one.label_id, "label": one.name} for one in labels]
        return {
            "results": shown[:200],
            "start": 0,
            "limit": 200,
            "size": len(shown[:200]),
            "_links": {"next": "/rest/api/content/label?start=200"} if len(shown) > 200 else {},
        }

    def restriction(self, page: Page) -> Json:
        users = [self.person(reader) for reader in page.readers if ":" in reader]
        groups = [{"type": "group", "name": reader, "_links": {}} for reader in page.readers if ":" not in reader]
        return {
            "operation": "read",
            "restrictions": {
                "user": {"results": users, "start": 0, "limit": 200, "size": len(users)},
                "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
            },
            "_expandable": {"content": ""},
            "_links": {"self": f"{self._base_url}/rest/api/content/{page.page_id}/restriction/byOperation/read"},
        }


def problem_json(refused: Refused) -> Json:
    """`authorized` is false whatever happened: it says nothing."""
    data = {
        "authorized": False,
        "valid": True,
        "allowedInReadOnlyMode": refused.code != "READ_ONLY",
        "errors": [],
        "successful": False,
    }
    return {
        "statusCode": refused.status,
        "data": data,
        "message": refused.title,
        "reason": HTTPStatus(refused.status).phrase,
    }
