"""The page at `/`. Issues and pages are where Jira and Confluence have them, so links to those work here as well."""

from collections.abc import Callable
from importlib.resources import files
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from javis_pipeline.sandbox.confluence.site import Refused
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.page.channel_views import channel_view
from javis_pipeline.sandbox.page.home import home_view
from javis_pipeline.sandbox.page.issue_views import issue_view, project_view, save_issue
from javis_pipeline.sandbox.page.layout import document, empty
from javis_pipeline.sandbox.page.links import channel_url, issue_url, page_url, project_url, space_url
from javis_pipeline.sandbox.page.markup import Html
from javis_pipeline.sandbox.page.space_views import page_view, save_page, space_view
from javis_pipeline.sandbox.slack.site import Channel, NotOk, SlackSite
from javis_pipeline.sandbox.world import World

PERSON = "Robin Remote"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data: http: https:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def routes(world: World) -> list[BaseRoute]:
    """All routes of the page."""
    face = _Face(world)
    both = ["GET", "POST"]
    return [
        Route("/", face.home),
        Route("/style.css", _style),
        Route("/projects/{key}", face.project),
        Route("/browse/{key}", face.issue, methods=both),
        Route("/wiki/pages/viewpage.action", face.page_by_id),
        Route("/wiki/spaces/{key}", face.space),
        Route("/wiki/spaces/{key}/overview", face.space),
        Route("/wiki/spaces/{key}/pages/{page_id}", face.page, methods=both),
        Route("/wiki/spaces/{key}/pages/{page_id}/{title:path}", face.page, methods=both),
        Route("/slack/{channel}", face.channel, methods=both),
    ]


class _Face:
    def __init__(self, world: World) -> None:
        self._world = world

    async def home(self, request: Request) -> Response:
        """Everything at a glance."""
        return self._shown(request, lambda: ("Sandbox", home_view(self._world), "/"))

    async def project(self, request: Request) -> Response:
        """The issues of a project."""
        key, query = request.path_params["key"], request.query_params
        number = int(query["number"]) if query.get("number", "").isdecimal() else 1

        def view() -> tuple[str, Html, str] | None:
            if self._world.jira.project(key) is None:
                return None
            words, now = query.get("q", ""), self._world.clock.now()
            return (
                key,
                project_view(self._world.jira, key, words=words, number=max(1, number), now=now),
                project_url(key),
            )

        return self._shown(request, view)

    async def issue(self, request: Request) -> Response:
        """One issue, or what its form asks for."""
        key, jira = request.path_params["key"], self._world.jira
        form, refused = await _form(request), ""
        if request.method == "POST":
            if _is_foreign(request):
                return _foreign()
            try:
                save_issue(jira, key, form, person=PERSON)
                return _see_other(issue_url(key), "Saved.")
            except InvalidEditError as error:
                refused = str(error)

        def view() -> tuple[str, Html, str] | None:
            issue = jira.find(key)
            if issue is None:
                return None
            shown = issue_view(jira, issue, now=self._world.clock.now(), tried=form if refused else None)
            return f"{issue.state.key} {issue.state.summary}", shown, project_url(issue.state.project)

        return self._shown(request, view, refused=refused)

    async def space(self, request: Request) -> Response:
        """The pages of a space."""
        key, site = request.path_params["key"], self._world.confluence

        def view() -> tuple[str, Html, str] | None:
            space = next((space for space in site.spaces.values() if space.key == key), None)
            if space is None:
                return None
            return space.name, space_view(site, space, now=self._world.clock.now()), space_url(key)

        return self._shown(request, view)

    async def page_by_id(self, request: Request) -> Response:
        """Where links lead that know no more of a page than its id."""
        page_id = request.query_params.get("pageId", "")
        with self._world.lock:
            site = self._world.confluence
            page = site.pages.get(page_id)
            key = site.spaces[page.space_id].key if page else "-"
        return _see_other(f"/wiki/spaces/{key}/pages/{page_id}", "")

    async def page(self, request: Request) -> Response:
        """One page, or what its form asks for."""
        key, page_id, site = request.path_params["key"], request.path_params["page_id"], self._world.confluence
        form, refused = await _form(request), ""
        if request.method == "POST":
            if _is_foreign(request):
                return _foreign()
            try:
                with self._world.lock:
                    save_page(site, page_id, form, person=PERSON)
                return _see_other(page_url(key, page_id), "Saved.")
            except Refused as error:
                refused = error.title

        def view() -> tuple[str, Html, str] | None:
            page = site.pages.get(page_id)
            if page is None or page.hidden:
                return None
            shown = page_view(site, page, now=self._world.clock.now(), tried=form if refused else None)
            return page.title, shown, space_url(site.spaces[page.space_id].key)

        return self._shown(request, view, refused=refused)

    async def channel(self, request: Request) -> Response:
        """One channel, or a message to it."""
        slack, name = self._world.slack, request.path_params["channel"]
        try:
            with self._world.lock:
                channel = slack.channel(name)
        except NotOk:
            return self._shown(request, lambda: None)
        if request.method == "POST":
            if _is_foreign(request):
                return _foreign()
            form = await _form(request)
            person, text = form.get("person") or PERSON, form.get("text", "").strip()
            if text:
                with self._world.lock:
                    slack.say(channel.channel_id, person, _as_typed(text))
            return _see_other(channel_url(channel.channel_id), "", {"as": person})

        def view() -> tuple[str, Html, str]:
            person = request.query_params.get("as") or _first_member(slack, channel)
            return f"#{channel.name}", channel_view(slack, channel, person=person), channel_url(channel.channel_id)

        return self._shown(request, view)

    def _shown(
        self, request: Request, view: Callable[[], tuple[str, Html, str] | None], *, refused: str = ""
    ) -> Response:
        """The view as a document, made while nobody changes anything; 404 when there is none."""
        with self._world.lock:
            made = view()
            title, content, here = made or ("Not here", empty("There is nothing at this address."), "")
            notice = refused or request.query_params.get("notice", "")
            text = document(self._world, title, content, here=here, notice=notice, bad=bool(refused))
        return HTMLResponse(text, 404 if made is None else 422 if refused else 200, _HEADERS)


async def _style(_request: Request) -> Response:
    text = files("javis_pipeline.sandbox.page").joinpath("style.css").read_text()
    return Response(text, media_type="text/css", headers={"Cache-Control": "no-cache"})


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _is_foreign(request: Request) -> bool:
    """Whether another site's page sent the form. Whoever runs a sandbox also visits other sites."""
    return request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


def _foreign() -> Response:
    return Response("Forms of other sites are not taken.", 403)


def _see_other(url: str, notice: str, more: dict[str, str] | None = None) -> Response:
    query = {"notice": notice, **(more or {})} if notice else more or {}
    return RedirectResponse(f"{url}?{urlencode(query)}" if query else url, status_code=303)


def _first_member(slack: SlackSite, channel: Channel) -> str:
    """Somebody who may press buttons here: apps can ask for that."""
    members = (slack.user(user_id) for user_id in channel.members)
    return next((member.real_name for member in members if not member.is_bot), PERSON)


def _as_typed(text: str) -> str:
    """What Slack makes of text that a person typed: its control characters are escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
