"""The HTTP face of a self-hosted Confluence, below a context path of its own: REST v1 and nothing else."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from javis_pipeline.sandbox.confluence import cql
from javis_pipeline.sandbox.confluence.data_center.index import NodeIndexes
from javis_pipeline.sandbox.confluence.data_center.views import ANONYMOUS, SERVER_ZONE, Json, Views, problem_json
from javis_pipeline.sandbox.confluence.site import Comment, ConfluenceSite, Page, Refused, Space
from javis_pipeline.sandbox.credentials import basic_login
from javis_pipeline.sandbox.jira.data_center.door import FOR_EVER, LOGIN_PAGE, MOVED, XSRF_PAGE
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.people import Person, user_key_of
from javis_pipeline.sandbox.world import World

VERSION: Final = "10.0.3"
AGING_VERSION: Final = "8.0.4"
OLD_VERSION: Final = "7.18.1"
_BUSY_PAGE: Final = b"<html><head><title>503</title></head><body>Confluence is being upgraded.</body></html>"
_READ_ONLY: Final = "Confluence is in read-only mode"
_COMMENTS: Final = re.compile(r'type = comment and space = "([^"]+)" order by lastmodified desc')
_CURSOR: Final = re.compile(r"content:false:(\d+)")


class Page200(Exception):
    """Something in front of Confluence answers in its place."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = Response(body, status, headers, media_type="text/html")


@dataclass(frozen=True)
class Call:
    """One request; `person` is None for an anonymous caller."""

    world: World
    indexes: NodeIndexes
    person: Person | None
    ids: dict[str, str]
    query: dict[str, str]
    body: bytes

    @property
    def site(self) -> ConfluenceSite:
        return self.world.confluence

    @property
    def traps(self) -> frozenset[Trap]:
        return frozenset(self.world.jira.behaviour.traps)

    @property
    def views(self) -> Views:
        base_url = self.world.base_url.replace("127.0.0.1", "localhost")
        may_edit = Trap.NO_EDIT not in self.traps
        return Views(self.site, self.world.jira.directory, f"{base_url}/confluence", may_edit=may_edit)

    @property
    def expand(self) -> frozenset[str]:
        return frozenset(filter(None, self.query.get("expand", "").split(",")))

    @property
    def version(self) -> str:
        return OLD_VERSION if Trap.OLD in self.traps else AGING_VERSION if Trap.AGING in self.traps else VERSION

    def page(self) -> Page:
        """The page that the path names; to an anonymous caller there is none."""
        page = self.site.pages.get(self.ids["id"])
        if page is None or page.hidden or self.person is None:
            raise _no_content(self.ids["id"])
        return page

    def content(self) -> Page | Comment:
        """The page or the comment that the path names."""
        is_comment = self.person is not None and self.ids["id"] in self.site.comments.by_id
        return self.site.comments.one(self.ids["id"]) if is_comment else self.page()

    def space(self, key: str) -> Space:
        found = next((space for space in self.site.spaces.values() if space.key == key), None)
        if found is None or self.person is None:
            raise Refused(404, "NOT_FOUND", f"No space with key : {key}")
        return found

    def json(self) -> Any:
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, "BAD_REQUEST", f"Could not parse the body: {error}") from error

    def limit(self, most: int) -> int:
        """What is asked for, cut in silence to what the site gives."""
        asked = self.query.get("limit", "25")
        return min(int(asked) if asked.isdecimal() else 25, 10 if Trap.LOW_CAP in self.traps else most)


Handler = Callable[[Call], Response]


def routes(world: World) -> list[BaseRoute]:
    """All routes, without the context path."""
    v1 = "/rest/api"
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/pages/viewpage.action", show_page),
        ("GET", "/rest/applinks/1.0/manifest", manifest),
        ("GET", f"{v1}/server-information", server_information),
        ("GET", f"{v1}/accessmode", access_mode),
        ("GET", f"{v1}/user/current", current_user),
        ("GET", f"{v1}/user", one_user),
        ("GET", f"{v1}/space", list_spaces),
        ("GET", f"{v1}/space/{{key}}", get_space),
        ("GET", f"{v1}/space/{{key}}/trash", list_trash),
        ("GET", f"{v1}/content/scan", scan),
        ("GET", f"{v1}/content/search", search),
        ("GET", f"{v1}/content", list_content),
        ("POST", f"{v1}/content", create_content),
        ("GET", f"{v1}/content/{{id}}", get_content),
        ("PUT", f"{v1}/content/{{id}}", update_content),
        ("DELETE", f"{v1}/content/{{id}}", delete_content),
        ("GET", f"{v1}/content/{{id}}/child/comment", list_comments),
        ("GET", f"{v1}/content/{{id}}/label", list_labels),
        ("POST", f"{v1}/content/{{id}}/label", add_labels),
        ("DELETE", f"{v1}/content/{{id}}/label", remove_label),
        ("GET", f"{v1}/content/{{id}}/property/{{key}}", get_property),
        ("POST", f"{v1}/content/{{id}}/property", make_property),
        ("PUT", f"{v1}/content/{{id}}/property/{{key}}", set_property),
        ("GET", f"{v1}/content/{{id}}/version", list_versions),
        ("GET", "/rest/experimental/content/{id}/version", list_versions_as_before),
        ("GET", f"{v1}/content/{{id}}/restriction/byOperation/read", read_restriction),
    ]
    indexes = NodeIndexes(world)
    return [Route(path, _endpoint(world, indexes, handler), methods=[method]) for method, path, handler in table]


def _endpoint(world: World, indexes: NodeIndexes, handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        headers: dict[str, str] = {}
        with world.lock:
            try:
                response = handler(_call(world, indexes, request, body, headers))
            except Page200 as page:
                response = page.response
            except Refused as refused:
                response = _json(problem_json(refused), status=refused.status)
        response.headers.update(headers)
        return response

    return endpoint


# Who comes in


def _call(world: World, indexes: NodeIndexes, request: Request, body: bytes, headers: dict[str, str]) -> Call:
    traps, is_write = world.jira.behaviour.traps, request.method != "GET"
    if Trap.MAINTENANCE in traps:
        raise Page200(503, _BUSY_PAGE)
    if Trap.BLOCKED in traps:
        headers |= {"X-RateLimit-Limit": "0", "X-RateLimit-FillRate": "0", "Retry-After": FOR_EVER}
        raise Page200(429, b"Rate limit exceeded.")
    if request.headers.get("user-agent", "").startswith("Mozilla") and is_write:
        raise Page200(403, XSRF_PAGE)
    person = _caller(world, request.headers.get("authorization"))
    name = "anonymous" if person is None else world.jira.directory.name(person.account_id)
    headers |= {"X-AUSERNAME": quote(name, safe=""), "Retry-After": "0", "X-RateLimit-Remaining": "69"}
    if person is None and Trap.CLOSED in traps:
        raise Refused(403, "FORBIDDEN", "User not permitted to use Confluence")
    if is_write and Trap.NO_EDIT in traps:
        raise Refused(403, "FORBIDDEN", "Could not update Content of type : class com.atlassian.confluence.pages.Page")
    if is_write and person is None:
        raise Refused(403, "FORBIDDEN", "User not permitted to use Confluence")
    if is_write and Trap.READ_ONLY in traps:
        raise Refused(405, "READ_ONLY", _READ_ONLY)
    return Call(world, indexes, person, request.path_params, dict(request.query_params), body)


def _caller(world: World, header: str | None) -> Person | None:
    secrets, directory = world.credentials, world.jira.directory
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() == "bearer" and (owner := secrets.owner_of(value.strip())):
        return directory.signing_in(owner)
    if scheme.lower() == "basic" and Trap.BASIC_OFF in world.jira.behaviour.traps:
        raise Page200(403, b"Basic Authentication has been disabled on this instance")
    login = basic_login(header)
    if login and login.token == secrets.personal_token(login.email):
        return directory.signing_in(login.email)
    if header:
        _turn_away(world)
    return None


def _turn_away(world: World) -> None:
    """What stands in front of the site, where something does; else the caller is anonymous."""
    traps = world.jira.behaviour.traps
    if Trap.LOGIN_PAGE in traps:
        raise Page200(200, LOGIN_PAGE)
    if Trap.REDIRECT in traps:
        raise Page200(302, b"", MOVED)
    if world.jira.behaviour.bad_login == "refused":
        raise Refused(401, "UNAUTHORIZED", "Client must be authenticated to access this resource.")


def _json(value: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _no_content(page_id: str) -> Refused:
    return Refused(404, "NOT_FOUND", f"No content found with id: ContentId{{id={page_id}}}")


# The site and its people


def show_page(call: Call) -> Response:
    """People see the page that the sandbox shows of any edition."""
    return RedirectResponse(f"/wiki/pages/viewpage.action?{urlencode(call.query)}", 303)


def manifest(call: Call) -> Response:
    return _json({"id": "c-1", "name": "Confluence", "typeId": "confluence", "version": call.version})


def server_information(call: Call) -> Response:
    if call.version != VERSION:
        raise Refused(404, "NOT_FOUND", "null for uri: /rest/api/server-information")
    if call.person is None:
        raise Refused(401, "UNAUTHORIZED", "Client must be authenticated to access this resource.")
    return _json({"baseUrl": call.views.links()["base"], "version": call.version, "buildNumber": 10003})


def access_mode(call: Call) -> Response:
    is_read_only = not call.traps.isdisjoint({Trap.READ_ONLY, Trap.READ_ONLY_ADMIN})
    return _json("READ_ONLY" if is_read_only else "READ_WRITE")


def current_user(call: Call) -> Response:
    return _json(call.views.person(call.person.account_id) if call.person else ANONYMOUS)


def one_user(call: Call) -> Response:
    if Trap.HIDDEN_PEOPLE in call.traps or call.person is None:
        raise Refused(403, "FORBIDDEN", "Not permitted to view user profiles")
    wanted = call.query.get("key", "")
    found = next((one for one in call.world.people.all() if user_key_of(one.account_id) == wanted), None)
    if found is None:
        raise Refused(404, "NOT_FOUND", f"No user found with key : {wanted}")
    return _json(call.views.person(found.account_id))


# Spaces


def list_spaces(call: Call) -> Response:
    spaces = [] if call.person is None else list(call.site.spaces.values())
    return _by_offset(call, spaces, 1000, lambda space: call.views.space(space, call.expand), "/rest/api/space")


def get_space(call: Call) -> Response:
    return _json(call.views.space(call.space(call.ids["key"]), call.expand))


def list_trash(call: Call) -> Response:
    raise Refused(403, "FORBIDDEN", f"Only an administrator of {call.space(call.ids['key']).key} sees its trash")


# Pages


def scan(call: Call) -> Response:
    if call.version == OLD_VERSION and "cursor" not in call.query and "spaceKey" not in call.query:
        raise Refused(400, "BAD_REQUEST", "spaceKey is missing")
    pages = sorted(_pages(call), key=lambda page: int(page.page_id))
    if "cursor" in call.query:
        cursor = _CURSOR.fullmatch(call.query["cursor"])
        if cursor is None:
            raise Refused(400, "BAD_REQUEST", f"Invalid cursor : {call.query['cursor']}")
        pages = [page for page in pages if int(page.page_id) > int(cursor[1])]
    limit = call.limit(_most(call))
    shown = pages[:limit]
    links = {}
    if len(pages) > limit:
        rest = {name: value for name, value in call.query.items() if name != "cursor"}
        query = urlencode({**rest, "cursor": f"content:false:{shown[-1].page_id}"})
        links = {"next": f"/rest/api/content/scan?{query}"}
    results = [call.views.page(page, call.expand) for page in shown]
    answer = {"results": results, "limit": limit, "size": len(results), "_links": call.views.links(**links)}
    return _json({**answer, "cursor": call.query.get("cursor", "")})


def _most(call: Call) -> int:
    return 50 if "body.storage" in call.expand else 200 if call.expand else 1000


def _pages(call: Call) -> Iterable[Page]:
    key = call.query.get("spaceKey")
    space_ids = [call.space(key).space_id] if key else list(call.site.spaces)
    status = call.query.get("status", "current")
    statuses = ("current", "trashed") if status == "any" else (status,)
    return [] if call.person is None else call.site.visible_pages(statuses=statuses, space_ids=space_ids)


def list_content(call: Call) -> Response:
    title = call.query.get("title")
    found = [page for page in _pages(call) if title in (None, page.title)]
    return _by_offset(call, found, _most(call), lambda page: call.views.page(page, call.expand), "/rest/api/content")


def search(call: Call) -> Response:
    """Pages, or the comments below those of a space, the last saved first."""
    if about_comments := _COMMENTS.fullmatch(call.query.get("cql", "")):
        return _search_comments(call, call.space(about_comments[1]))
    try:
        found = cql.search(call.site, call.query.get("cql", ""), SERVER_ZONE, call.indexes.known)
    except Refused as refused:
        raise Refused(400, "BAD_REQUEST", refused.title) from refused
    pages = [] if call.person is None else found
    path = "/rest/api/content/search"
    return _by_offset(call, pages, _most(call), lambda page: call.views.page(page, call.expand), path)


def _search_comments(call: Call, space: Space) -> Response:
    found = [one for one in call.site.comments.visible() if call.site.pages[one.page_id].space_id == space.space_id]
    found.sort(key=lambda one: (one.latest.created_at, int(one.comment_id)), reverse=True)
    path = "/rest/api/content/search"
    return _by_offset(call, found, _most(call), lambda one: call.views.comment(one, call.expand), path)


def _by_offset(call: Call, items: list[Any], most: int, show: Callable[[Any], Json], path: str) -> Response:
    start, limit = int(call.query.get("start", "0")), call.limit(most)
    shown = [show(item) for item in items[start : start + limit]]
    links = {}
    if len(items) > start + limit:
        query = urlencode({**call.query, "limit": limit, "start": start + limit})
        links = {"next": f"{path}?{query}"}
    answer = {"results": shown, "start": start, "limit": limit, "size": len(shown)}
    return _json({**answer, "_links": call.views.links(**links)})


def get_content(call: Call) -> Response:
    if call.person is not None and call.ids["id"] in call.site.comments.by_id:
        return _json(call.views.comment(call.site.comments.one(call.ids["id"]), call.expand))
    return get_page(call)


def get_page(call: Call) -> Response:
    page, status = call.page(), call.query.get("status", "current")
    number = None
    if status == "historical":
        wanted = call.query.get("version", "")
        if not wanted.isdecimal() or not 1 <= int(wanted) <= page.number:
            raise _no_content(page.page_id)
        number = int(wanted)
    elif status != "any" and page.status not in status.split(","):
        raise _no_content(page.page_id)
    return _json(call.views.page(page, call.expand or {"history", "space", "version"}, number))


def create_content(call: Call) -> Response:
    sent = call.json()
    if isinstance(sent, dict) and sent.get("type") == "comment":
        return _create_comment(call, sent)
    above, stored = sent.get("ancestors"), (sent.get("body") or {}).get("storage")
    if sent.get("type") != "page" or not isinstance(sent.get("space"), dict):
        raise Refused(400, "BAD_REQUEST", "type and space must be given")
    assert call.person is not None, "nobody writes without a login"
    page = call.site.create_page(
        call.space(str(sent["space"].get("key"))).space_id,
        str(sent.get("title") or ""),
        str(stored["value"]) if stored else "",
        parent_id=str(above[-1]["id"]) if above else None,
        author_id=call.person.account_id,
    )
    return _json(call.views.page(page, {"body.storage", "version", "space", "history", "ancestors"}))


def update_content(call: Call) -> Response:
    if call.ids["id"] in call.site.comments.by_id:
        return _update_comment(call)
    page, sent = call.page(), call.json()
    version = sent.get("version") if isinstance(sent, dict) else None
    if not isinstance(version, dict) or not isinstance(version.get("number"), int) or sent.get("type") != "page":
        raise Refused(400, "BAD_REQUEST", "type and version.number must be given")
    above, stored = sent.get("ancestors"), (sent.get("body") or {}).get("storage")
    assert call.person is not None, "nobody writes without a login"
    try:
        page = call.site.update_page(
            page.page_id,
            number=version["number"],
            title=str(sent.get("title") or ""),
            body=str(stored["value"]) if stored else page.body,
            status=sent.get("status") or page.status,
            message="" if Trap.NO_MARKS in call.traps else str(version.get("message") or ""),
            parent_id=str(above[-1]["id"]) if above else None,
            author_id=call.person.account_id,
        )
    except Refused as refused:
        status = 400 if "already exists" in refused.title else refused.status
        raise Refused(status, refused.code, refused.title) from refused
    return _json(call.views.page(page, {"body.storage", "version", "space", "history", "ancestors"}))


def delete_content(call: Call) -> Response:
    if call.ids["id"] in call.site.comments.by_id and call.person is not None:
        call.site.comments.remove(call.ids["id"], author_id=call.person.account_id)
        return Response(status_code=204)
    call.site.trash_page(call.page().page_id)
    return Response(status_code=204)


# What hangs on a page


_OF_A_COMMENT: Final = frozenset({"body.storage", "version", "container", "history", "extensions"})


def list_comments(call: Call) -> Response:
    """What is said below a page, without the answers: nobody asks for all depths."""
    call.page()
    found = call.site.comments.below(call.ids["id"]) if call.query.get("location", "footer") == "footer" else []
    path = f"/rest/api/content/{call.ids['id']}/child/comment"
    return _by_offset(call, found, _most(call), lambda one: call.views.comment(one, call.expand), path)


def _create_comment(call: Call, sent: Json) -> Response:
    container, stored = sent.get("container"), (sent.get("body") or {}).get("storage")
    if not isinstance(container, dict) or not isinstance(stored, dict):
        raise Refused(400, "BAD_REQUEST", "container and body.storage must be given")
    assert call.person is not None, "nobody writes without a login"
    page_id, text = str(container.get("id")), str(stored.get("value"))
    comment = call.site.comments.create(page_id, text, author_id=call.person.account_id)
    return _json(call.views.comment(comment, _OF_A_COMMENT))


def _update_comment(call: Call) -> Response:
    sent = call.json()
    version, stored = sent.get("version") or {}, (sent.get("body") or {}).get("storage")
    if not isinstance(version.get("number"), int) or sent.get("type") != "comment" or not sent.get("title"):
        raise Refused(400, "BAD_REQUEST", "type, title and version.number must be given")
    assert call.person is not None, "nobody writes without a login"
    comment = call.site.comments.update(
        call.ids["id"],
        str((stored or {}).get("value")),
        number=version["number"],
        message="" if Trap.NO_MARKS in call.traps else str(version.get("message") or ""),
        author_id=call.person.account_id,
    )
    return _json(call.views.comment(comment, _OF_A_COMMENT))


def list_labels(call: Call) -> Response:
    prefix = call.query.get("prefix")
    labels = [label for label in call.page().labels if prefix in (None, label.prefix)]
    path = f"/rest/api/content/{call.ids['id']}/label"
    return _by_offset(call, labels, 200, lambda label: call.views.labels([label])["results"][0], path)


def add_labels(call: Call) -> Response:
    page, sent = call.page(), call.json()
    for label in sent if isinstance(sent, list) else [sent]:
        call.site.add_label(page.page_id, str(label.get("name", "")), prefix=str(label.get("prefix", "global")))
    return _json(call.views.labels(page.labels))


def remove_label(call: Call) -> Response:
    page, name = call.page(), call.query.get("name", "")
    if all(label.name != name.lower() for label in page.labels):
        raise Refused(404, "NOT_FOUND", f"No label found with name : {name}")
    call.site.remove_label(page.page_id, name)
    return Response(status_code=204)


def get_property(call: Call) -> Response:
    content, key = call.content(), call.ids["key"]
    if key not in content.properties:
        raise Refused(404, "NOT_FOUND", f"Cannot find property with key {key} on the content")
    return _json(call.views.property(content, key))


def make_property(call: Call) -> Response:
    content, sent = call.content(), call.json()
    key = call.site.note(content, str(sent.get("key")), sent.get("value"))
    return _json(call.views.property(content, key))


def set_property(call: Call) -> Response:
    content, key, sent = call.content(), call.ids["key"], call.json()
    number = (sent.get("version") or {}).get("number")
    if number != content.properties.get(key, [None, 0])[1] + 1:
        raise Refused(409, "CONFLICT", "Version must be incremented when updating a property")
    content.properties[key] = [sent.get("value"), number]
    return _json(call.views.property(content, key))


def list_versions(call: Call) -> Response:
    """Here since a later release; before it was an experiment."""
    if call.version != VERSION:
        raise Refused(404, "NOT_FOUND", "null for uri: /rest/api/content/version")
    return list_versions_as_before(call)


def list_versions_as_before(call: Call) -> Response:
    content = call.content()
    numbers = list(range(content.number, 0, -1))
    path = f"/rest/api/content/{call.ids['id']}/version"
    return _by_offset(call, numbers, 200, lambda at: call.views.version(content.versions[at - 1], at), path)


def read_restriction(call: Call) -> Response:
    return _json(call.views.restriction(call.page()))
