"""The HTTP face of the sandbox's Confluence: REST v2, and of v1 the label writes, CQL and the current user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from javis_pipeline.sandbox.confluence import cql, wire
from javis_pipeline.sandbox.confluence.batches import Batch, Key, batch_of, limit_of, links
from javis_pipeline.sandbox.confluence.data_center import routes as data_center
from javis_pipeline.sandbox.confluence.site import Comment, ConfluenceSite, Page, Refused, Space
from javis_pipeline.sandbox.credentials import basic_login
from javis_pipeline.sandbox.people import Person
from javis_pipeline.sandbox.world import World

_BODY_FORMATS = frozenset({"storage", "view"})
_PAGE_SORTS: dict[str, Callable[[Page], Key]] = {
    "id": lambda page: (int(page.page_id),),
    "title": lambda page: (page.title.casefold(), int(page.page_id)),
    "created-date": lambda page: (page.created_at.isoformat(), int(page.page_id)),
    "modified-date": lambda page: (page.modified_at.isoformat(), int(page.page_id)),
}


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    world: World
    person: Person
    path: str
    ids: dict[str, str]
    query: dict[str, str]
    multi: dict[str, list[str]]
    body: bytes

    @property
    def site(self) -> ConfluenceSite:
        return self.world.confluence

    def json(self) -> Any:
        """The request's body. Raises `Refused` 400 when it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Request body is not JSON: {error}") from error

    def values(self, name: str) -> list[str]:
        """A list parameter, repeated or separated by commas; ids in it must be numbers."""
        return [part for value in self.multi.get(name, []) for part in value.split(",") if part]

    def page(self) -> Page:
        """The page that the path names. Raises `Refused` 404."""
        return self.site.page(self.ids["id"])


Handler = Callable[[Call], Response]


def routes(world: World) -> list[BaseRoute]:
    """All routes of Confluence: below `/wiki` as Cloud has it, below `/confluence` as a company's own site has it."""
    v2, v1 = "/wiki/api/v2", "/wiki/rest/api"
    table: list[tuple[str, str, Handler]] = [
        ("GET", f"{v2}/spaces", list_spaces),
        ("GET", f"{v2}/spaces/{{id}}", get_space),
        ("GET", f"{v2}/spaces/{{id}}/pages", list_pages),
        ("GET", f"{v2}/spaces/{{id}}/content/labels", list_space_labels),
        ("GET", f"{v2}/spaces/{{id}}/operations", list_operations),
        ("GET", f"{v2}/labels/{{label_id}}/pages", list_labelled_pages),
        ("GET", f"{v2}/pages", list_pages),
        ("POST", f"{v2}/pages", create_page),
        ("GET", f"{v2}/pages/{{id}}", get_page),
        ("PUT", f"{v2}/pages/{{id}}", update_page),
        ("DELETE", f"{v2}/pages/{{id}}", delete_page),
        ("GET", f"{v2}/pages/{{id}}/versions", list_versions),
        ("GET", f"{v2}/pages/{{id}}/versions/{{number}}", get_version),
        ("GET", f"{v2}/pages/{{id}}/labels", list_labels),
        ("GET", f"{v2}/pages/{{id}}/properties", list_properties),
        ("POST", f"{v2}/pages/{{id}}/properties", make_property),
        ("GET", f"{v2}/pages/{{id}}/children", list_children),
        ("GET", f"{v2}/pages/{{id}}/direct-children", list_children),
        ("GET", f"{v2}/pages/{{id}}/ancestors", list_ancestors),
        ("GET", f"{v2}/pages/{{id}}/footer-comments", list_comments_below),
        ("GET", f"{v2}/footer-comments", list_comments),
        ("POST", f"{v2}/footer-comments", create_comment),
        ("GET", f"{v2}/footer-comments/{{id}}", get_comment),
        ("PUT", f"{v2}/footer-comments/{{id}}", update_comment),
        ("DELETE", f"{v2}/footer-comments/{{id}}", delete_comment),
        ("GET", f"{v2}/footer-comments/{{id}}/versions", list_comment_versions),
        ("POST", f"{v2}/users-bulk", list_users),
        ("GET", f"{v1}/user/current", current_user),
        ("POST", f"{v1}/content/archive", archive_content),
        ("POST", f"{v1}/content/{{id}}/label", add_labels),
        ("DELETE", f"{v1}/content/{{id}}/label", remove_label),
        ("DELETE", f"{v1}/content/{{id}}/label/{{name}}", remove_label),
        ("DELETE", f"{v1}/content/{{id}}/version/{{number}}", delete_version),
        ("GET", f"{v1}/content/search", search_content),
        ("GET", f"{v1}/content/{{id}}/restriction/byOperation/read", read_restriction),
        ("GET", f"{v1}/search", search),
        ("GET", f"{v1}/content/{{id}}", get_content),
        ("PUT", f"{v1}/content/{{id}}", update_content),
    ]
    cloud = [Route(path, _endpoint(world, handler), methods=[method]) for method, path, handler in table]
    return [*cloud, Mount("/confluence", routes=data_center.routes(world))]


def _endpoint(world: World, handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        with world.lock:
            try:
                return handler(_call(world, request, body))
            except Refused as refused:
                return _refusal(request.url.path, refused)

    return endpoint


def _call(world: World, request: Request, body: bytes) -> Call:
    person = _caller(world, request.headers.get("authorization"))
    query = request.query_params
    multi = {name: query.getlist(name) for name in query}
    return Call(world, person, request.url.path, request.path_params, dict(query), multi, body)


def _caller(world: World, authorization: str | None) -> Person:
    login = basic_login(authorization)
    if login is None and (authorization or "").lower().startswith("basic"):
        raise Refused(401, "UNAUTHORIZED", "Basic authentication with malformed credentials")
    if login is None or login.token != world.credentials.api_token:
        raise Refused(403, "FORBIDDEN", "Current user not permitted to use Confluence")
    return world.people.signing_in(login.email)


def _refusal(path: str, refused: Refused) -> Response:
    if refused.status == 403:
        return _json({"message": refused.title, "statusCode": 403}, status=403)
    is_v1 = path.startswith("/wiki/rest/")
    return _json(wire.v1_problem_json(refused) if is_v1 else wire.problem_json(refused), status=refused.status)


def _json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


# v2: spaces and pages


def list_spaces(call: Call) -> Response:
    keys, ids = call.values("keys"), call.values("ids")
    found = [
        space
        for space in call.site.spaces.values()
        if (not keys or space.key in keys) and (not ids or space.space_id in ids)
    ]
    return _batch(call, batch_of(found, lambda space: (int(space.space_id),), query=call.query), wire.space_json)


def get_space(call: Call) -> Response:
    return _json(wire.space_json(_space(call)))


def list_operations(call: Call) -> Response:
    allowed = [("use", "space")]
    if not call.site.switches.read_only_spaces & {_space(call).key}:
        allowed += [("create", "page"), ("delete", "page"), ("create", "comment")]
    return _json({"operations": [{"operation": what, "targetType": target} for what, target in allowed]})


def _space(call: Call) -> Space:
    space = call.site.spaces.get(call.ids["id"])
    if space is None:
        raise Refused(404, "NOT_FOUND", f"No space with id : {call.ids['id']}")
    return space


def list_pages(call: Call) -> Response:
    sort = call.query.get("sort", "id")
    name = sort.removeprefix("-")
    if name not in _PAGE_SORTS:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Invalid sort : {sort}")
    space_ids = [call.ids["id"]] if "id" in call.ids else call.values("space-id")
    wanted_ids, title = call.values("id"), call.query.get("title")
    found = [
        page
        for page in call.site.visible_pages(
            statuses=call.values("status") or ("current", "archived"), space_ids=frozenset(space_ids)
        )
        if (not wanted_ids or page.page_id in wanted_ids) and title in {None, page.title}
    ]
    batch = batch_of(found, _PAGE_SORTS[name], query=call.query, descending=sort.startswith("-"))
    body_format = _body_format(call)
    return _batch(call, batch, lambda page: _page_json(call, page, body_format=body_format))


def get_page(call: Call) -> Response:
    page = call.page()
    statuses = call.values("status")
    draft_wanted = call.query.get("get-draft") == "true" or "draft" in statuses
    if (page.status == "draft" and not draft_wanted) or (statuses and page.status not in {*statuses, "draft"}):
        raise Refused(404, "NOT_FOUND", f"No content found with id : {page.page_id}")
    number = _version_number(page, call.query["version"]) if "version" in call.query else None
    answer = _page_json(call, page, body_format=_body_format(call), number=number)
    if call.query.get("include-labels") == "true":
        answer["labels"] = _included([wire.label_json(label) for label in page.labels])
    if call.query.get("include-versions") == "true":
        newest_first = range(page.number, 0, -1)
        answer["versions"] = _included([wire.version_json(page.versions[at - 1], at) for at in newest_first])
    if call.query.get("include-properties") == "true":
        answer["properties"] = _included([wire.property_json(page, key) for key in page.properties])
    if call.query.get("include-version") == "false":
        del answer["version"]
    return _single(call, answer)


def _included(items: list[wire.Json]) -> wire.Json:
    """A list inside of a page: never more than 50."""
    return {"results": items[:50], "meta": {"hasMore": len(items) > 50}, "_links": {}}


def create_page(call: Call) -> Response:
    sent = _object(call.json())
    if not isinstance(sent.get("spaceId"), str):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "spaceId is required and must be a string")
    page = call.site.create_page(
        sent["spaceId"],
        str(sent.get("title") or ""),
        _sent_body(sent.get("body")) if "body" in sent else "",
        parent_id=sent.get("parentId"),
        status=sent.get("status", "current"),
        author_id=call.person.account_id,
    )
    if call.query.get("root-level") == "true":
        call.site.move_page(page.page_id, None)
    return _single(call, _page_json(call, page, body_format="storage"))


def update_page(call: Call) -> Response:
    page, sent = call.page(), _object(call.json())
    missing = [name for name in ("id", "status", "title", "body", "version") if sent.get(name) in (None, "")]
    if missing:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"{', '.join(missing)} must be given")
    number = _object(sent["version"]).get("number")
    if str(sent["id"]) != page.page_id or not isinstance(number, int):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "id must be that of the path, version.number an integer")
    page = call.site.update_page(
        page.page_id,
        number=number,
        title=str(sent["title"]),
        body=_sent_body(sent["body"]),
        status=sent["status"],
        message=str(sent["version"].get("message") or ""),
        parent_id=sent.get("parentId"),
        author_id=call.person.account_id,
    )
    return _single(call, _page_json(call, page, body_format="storage"))


def delete_page(call: Call) -> Response:
    page = call.page()
    if call.query.get("purge") == "true":
        call.site.purge_page(page.page_id)
    elif page.status == "trashed":
        raise Refused(404, "NOT_FOUND", f"No content found with id : {page.page_id}")
    else:
        call.site.trash_page(page.page_id)
    return Response(status_code=204)


# v2: what hangs on a page


def list_versions(call: Call) -> Response:
    page, body_format = call.page(), _body_format(call)
    descending = call.query.get("sort") != "modified-date"
    batch = batch_of(range(1, page.number + 1), lambda number: (number,), query=call.query, descending=descending)

    def version_json(number: int) -> wire.Json:
        version = page.versions[number - 1]
        body = {} if body_format is None else {body_format: {"representation": body_format, "value": version.body}}
        return wire.version_json(version, number) | {
            "page": {"id": page.page_id, "title": version.title, "body": body},
        }

    return _batch(call, batch, version_json)


def get_version(call: Call) -> Response:
    page = call.page()
    return _json(wire.detailed_version_json(page, _version_number(page, call.ids["number"])))


def list_comments(call: Call) -> Response:
    """Of the whole site: a list of one space there is none."""
    return _list_comments(call, call.site.comments.visible())


def list_comments_below(call: Call) -> Response:
    return _list_comments(call, call.site.comments.below(call.ids["id"]))


def _list_comments(call: Call, comments: list[Comment]) -> Response:
    sort = call.query.get("sort", "created-date")
    if sort.removeprefix("-") not in ("created-date", "modified-date"):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Invalid sort : {sort}")
    at = -1 if "modified" in sort else 0
    batch = batch_of(
        comments,
        lambda one: (wire.timestamp(one.versions[at].created_at), int(one.comment_id)),
        query=call.query,
        descending=sort.startswith("-"),
    )
    body_format = _body_format(call)
    return _batch(call, batch, lambda one: _comment_json(call, one, body_format))


def create_comment(call: Call) -> Response:
    sent = _object(call.json())
    if not isinstance(sent.get("pageId"), str):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "pageId is required and must be a string")
    body = _sent_body(sent.get("body"))
    comment = call.site.comments.create(sent["pageId"], body, author_id=call.person.account_id)
    return _single(call, _comment_json(call, comment, "storage"), status=201)


def update_comment(call: Call) -> Response:
    sent = _object(call.json())
    version = _object(sent.get("version"))
    if not isinstance(version.get("number"), int):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "version.number must be an integer")
    comment = call.site.comments.update(
        call.ids["id"],
        _sent_body(sent.get("body")),
        number=version["number"],
        message=str(version.get("message") or ""),
        author_id=call.person.account_id,
    )
    return _single(call, _comment_json(call, comment, "storage"))


def delete_comment(call: Call) -> Response:
    call.site.comments.remove(call.ids["id"], author_id=call.person.account_id)
    return Response(status_code=204)


def get_comment(call: Call) -> Response:
    return _single(call, _comment_json(call, call.site.comments.one(call.ids["id"]), _body_format(call)))


def _comment_json(call: Call, comment: Comment, body_format: str | None) -> wire.Json:
    space = call.site.spaces[call.site.pages[comment.page_id].space_id]
    return wire.comment_json(comment, space, body_format=body_format)


def list_comment_versions(call: Call) -> Response:
    comment = call.site.comments.one(call.ids["id"])
    newest = call.query.get("sort", "").startswith("-")
    numbers = range(1, comment.number + 1)
    batch = batch_of(numbers, lambda number: (number,), query=call.query, descending=newest)
    return _batch(call, batch, lambda number: wire.version_json(comment.versions[number - 1], number))


def list_labels(call: Call) -> Response:
    prefix = call.query.get("prefix")
    labels = [label for label in call.page().labels if prefix in {None, label.prefix}]
    return _batch(call, batch_of(labels, lambda label: (int(label.label_id),), query=call.query), wire.label_json)


def list_properties(call: Call) -> Response:
    page, wanted = call.page(), call.query.get("key")
    found = [(number, key) for number, key in enumerate(page.properties) if wanted in (None, key)]
    batch = batch_of(found, lambda one: one, query=call.query)
    return _batch(call, batch, lambda one: wire.property_json(page, one[1]))


def make_property(call: Call) -> Response:
    page, sent = call.page(), _object(call.json())
    return _json(wire.property_json(page, call.site.note(page, str(sent.get("key")), sent.get("value"))))


def list_space_labels(call: Call) -> Response:
    pages = call.site.visible_pages(statuses=("current", "archived"), space_ids=[_space(call).space_id])
    labels = {label.label_id: label for page in pages for label in page.labels}
    return _batch(
        call, batch_of(labels.values(), lambda label: (int(label.label_id),), query=call.query), wire.label_json
    )


def list_labelled_pages(call: Call) -> Response:
    pages = [
        page
        for page in call.site.visible_pages(
            statuses=("current", "archived"), space_ids=frozenset(call.values("space-id"))
        )
        if any(label.label_id == call.ids["label_id"] for label in page.labels)
    ]
    batch = batch_of(pages, lambda page: (int(page.page_id),), query=call.query)
    return _batch(call, batch, lambda page: _page_json(call, page, body_format=_body_format(call)))


def list_children(call: Call) -> Response:
    children = call.site.children(call.page().page_id)
    batch = batch_of(children, lambda page: (page.position, int(page.page_id)), query=call.query)
    return _batch(call, batch, wire.child_json)


def list_ancestors(call: Call) -> Response:
    nearest = call.site.ancestors(call.page().page_id)[-limit_of(call.query) :]
    return _json({"results": [{"id": page.page_id, "type": "page"} for page in nearest], "_links": {}})


def list_users(call: Call) -> Response:
    account_ids = _object(call.json()).get("accountIds")
    if not isinstance(account_ids, list):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "accountIds must be a list")
    people = [person for person in map(call.world.people.get, account_ids) if person is not None]
    results = [
        {
            "accountId": person.account_id,
            "displayName": person.name,
            "publicName": person.name,
            "email": person.email or "" if person.email_visible else "",
            "accountType": "atlassian",
            "accountStatus": "active" if person.active else "inactive",
        }
        for person in people
    ]
    return _json({"results": results, "_links": {}})


# v1


def current_user(call: Call) -> Response:
    return _json(wire.v1_user_json(call.person))


def add_labels(call: Call) -> Response:
    page, sent = call.page(), call.json()
    for label in sent if isinstance(sent, list) else [sent]:
        fields = _object(label)
        call.site.add_label(page.page_id, str(fields.get("name", "")), prefix=str(fields.get("prefix", "global")))
    return _json(wire.v1_labels_json(page.labels))


def remove_label(call: Call) -> Response:
    name = call.ids.get("name") or call.query.get("name", "")
    call.site.remove_label(call.page().page_id, name)
    return Response(status_code=204)


def delete_version(call: Call) -> Response:
    page = call.page()
    call.site.delete_version(page.page_id, _version_number(page, call.ids["number"]))
    return Response(status_code=204)


def search(call: Call) -> Response:
    found = cql.search(call.site, call.query.get("cql", ""), call.person.zone)
    start, limit = _whole(call, "start", 0), _whole(call, "limit", 25)
    results = [
        wire.v1_search_result_json(page, call.site.spaces[page.space_id]) for page in found[start : start + limit]
    ]
    more = f"/rest/api/search?start={start + limit}&limit={limit}" if start + limit < len(found) else None
    answer = {
        "results": results,
        "start": start,
        "limit": limit,
        "size": len(results),
        "totalSize": len(found),
        "cqlQuery": call.query.get("cql", ""),
        "searchDuration": 7,
        "_links": {"base": f"{call.world.base_url}/wiki", "context": "/wiki"} | ({"next": more} if more else {}),
    }
    return _json(answer)


def archive_content(call: Call) -> Response:
    pages = [call.site.page(str(_object(one).get("id"))) for one in _object(call.json()).get("pages") or ()]
    for page in pages:
        if page.status != "current":
            raise Refused(400, "INVALID_REQUEST_PARAMETER", f"Content {page.page_id} is not current")
        call.site.archive_page(page.page_id)
    return _json({"id": "1", "links": {"status": "/rest/api/longtask/1"}}, status=202)


def search_content(call: Call) -> Response:
    """With expanded restrictions at most fifty at once, and the rest after the link, as Confluence does it."""
    found = cql.search(call.site, call.query.get("cql", ""), call.person.zone)
    expanded = "restrictions.read" in call.query.get("expand", "")
    start, limit = _whole(call, "start", 0), _whole(call, "limit", 25)
    limit = min(limit, 50) if expanded else limit
    results = [wire.v1_content_json(page, call.site.spaces[page.space_id]) for page in found[start : start + limit]]
    for page, document in zip(found[start:], results, strict=False):
        if expanded:
            document["restrictions"] = {"read": wire.v1_restriction_json(page)}
    more = f"/rest/api/content/search?start={start + limit}&limit={limit}" if start + limit < len(found) else None
    links = {"next": more} if more else {}
    return _json({"results": results, "start": start, "limit": limit, "size": len(results), "_links": links})


def read_restriction(call: Call) -> Response:
    return _json(wire.v1_restriction_json(call.page()))


def get_content(call: Call) -> Response:
    if call.site.switches.v1_content_gone:
        raise _gone()
    page = call.page()
    return _json(wire.v1_content_json(page, call.site.spaces[page.space_id]))


def update_content(_call: Call) -> Response:
    raise _gone()


def _gone() -> Refused:
    return Refused(410, "GONE", "This endpoint has been removed. Use /wiki/api/v2/pages/{id}")


# What the answers share


def _batch(call: Call, batch: Batch[Any], to_json: Callable[[Any], wire.Json]) -> Response:
    found = links(
        batch,
        path=call.path,
        query=call.query,
        base_url=call.world.base_url,
        foreign=call.site.switches.foreign_next_links,
    )
    headers = {"Link": f'<{found["next"]}>; rel="next", <{found["base"]}>; rel="base"'} if "next" in found else None
    return _json({"results": [to_json(item) for item in batch.items], "_links": found}, headers=headers)


def _single(call: Call, answer: wire.Json, *, status: int = 200) -> Response:
    answer["_links"]["base"] = f"{call.world.base_url}/wiki"
    return _json(answer, status=status)


def _page_json(call: Call, page: Page, *, body_format: str | None, number: int | None = None) -> wire.Json:
    return wire.page_json(page, call.site.spaces[page.space_id], body_format=body_format, number=number)


def _body_format(call: Call) -> str | None:
    body_format = call.query.get("body-format")
    if body_format is not None and body_format not in _BODY_FORMATS:
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"body-format {body_format} is not one this sandbox speaks")
    return body_format


def _version_number(page: Page, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= page.number:
        raise Refused(404, "NOT_FOUND", f"No version {text} found for content with id : {page.page_id}")
    return int(text)


def _sent_body(sent: object) -> str:
    """The storage XHTML of a written body: `{representation, value}`, alone or under the name of its representation."""
    body = _object(sent)
    body = _object(body["storage"]) if "storage" in body else body
    if body.get("representation", "storage") != "storage" or not isinstance(body.get("value"), str):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "body must be {representation: storage, value: XHTML}")
    return str(body["value"])


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(400, "INVALID_REQUEST_PARAMETER", "A JSON object was expected")
    return value


def _whole(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal():
        raise Refused(400, "INVALID_REQUEST_PARAMETER", f"{name} must be a number, was {text}")
    return int(text)
