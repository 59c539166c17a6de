"""The HTTP face of the sandbox's Slack: Web API, uploads, response URLs, Socket Mode, and the buttons of the page."""

import mimetypes
import secrets
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from javis_pipeline.sandbox.slack.interaction import SocketHub, button_payload, deliver
from javis_pipeline.sandbox.slack.methods import METHODS, Call
from javis_pipeline.sandbox.slack.site import Json, NotOk
from javis_pipeline.sandbox.world import World

_SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif"})


def routes(world: World) -> list[BaseRoute]:
    """All routes of Slack: `/api/METHOD`, and at `/services` and `/slack` what has its own hosts in the real one."""
    face = _Face(world)
    return [
        Route("/api/{method}", face.call, methods=["GET", "POST"]),
        Route("/services/upload/{file_id}", face.upload, methods=["POST"]),
        Route("/slack/files/{file_id}/{name}", face.download),
        Route("/services/respond/{token}", face.respond, methods=["POST"]),
        Route("/slack/press", face.press, methods=["POST"]),
        Route("/slack/request-url", face.set_request_url, methods=["POST"]),
        WebSocketRoute("/slack/socket/{ticket}", face.socket),
    ]


class _Face:
    """The endpoints, with what they share and what does not outlive the server."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = world.slack
        self._hub = SocketHub()
        self._tickets: set[str] = set()

    async def call(self, request: Request) -> Response:
        """One method of the Web API. Refusals are `ok: false` with status 200; only rate limits have their own."""
        method, args = request.path_params["method"], await _arguments(request)
        with self._world.lock:
            try:
                self._authenticate(request, method, args)
                wait = self._site.limits.wait_for(method, str(args.get("channel"))) if self._site.limits else None
                if wait is not None:
                    body = {"ok": False, "error": "ratelimited"}
                    return _json(body, status=429, headers={"Retry-After": str(wait)})
                asked_at = f"{request.url.scheme}://{request.url.netloc}"
                return _json({"ok": True, **self._answer(method, args, asked_at)})
            except NotOk as refused:
                return _json(_refusal(refused))

    async def upload(self, request: Request) -> Response:
        """The bytes of a file, sent to the address that announcing it gave."""
        data = await request.body()
        with self._world.lock:
            try:
                self._site.receive_file(request.path_params["file_id"], data)
            except NotOk as refused:
                return Response(refused.error, 400)
        return Response(f"OK - {len(data)}")

    async def download(self, request: Request) -> Response:
        """A file as the page shows it. Only pictures are shown inside a page; anything else is a download."""
        with self._world.lock:
            upload = self._site.uploads.get(request.path_params["file_id"])
        if upload is None or upload.content is None:
            return Response("No such file", 404)
        kind = mimetypes.guess_type(upload.name)[0]
        headers = {"X-Content-Type-Options": "nosniff"}
        if kind not in _SHOWN_INLINE:
            headers["Content-Disposition"] = "attachment"
        return Response(upload.data, media_type=kind or "application/octet-stream", headers=headers)

    async def respond(self, request: Request) -> Response:
        """An answer to a button press, sent to its response URL."""
        try:
            answer = orjson.loads(await request.body())
            with self._world.lock:
                self._site.respond(request.path_params["token"], answer)
        except orjson.JSONDecodeError:
            return Response("invalid_payload", 400)
        except NotOk as refused:
            return Response(refused.error, 404)
        return Response("ok")

    async def press(self, request: Request) -> Response:
        """A person presses a button on the page. The form names channel, ts, block_id, action_id and the person."""
        form = _form(await request.body())
        channel = form.get("channel", "")
        try:
            with self._world.lock:
                payload = button_payload(
                    self._site,
                    channel=channel,
                    ts=form.get("ts", ""),
                    block_id=form.get("block_id", ""),
                    action_id=form.get("action_id", ""),
                    user=self._site.member(form.get("person") or "Site Administrator"),
                )
        except NotOk as refused:
            return Response(refused.error, 404)
        notice = await deliver(self._site, self._hub, payload)
        anchor = "p" + form["ts"].replace(".", "")
        query = urlencode({"notice": notice, "as": form.get("person", "")})
        return RedirectResponse(f"/slack/{quote(channel)}?{query}#{anchor}", status_code=303)

    async def set_request_url(self, request: Request) -> Response:
        """Where presses are posted; empty for nowhere."""
        form = _form(await request.body())
        url = form.get("url", "").strip()
        if url and urlsplit(url).scheme not in {"http", "https"}:
            return Response("The request URL must begin with http:// or https://", 400)
        with self._world.lock:
            self._site.request_url = url or None
            self._site.changes += 1
        return RedirectResponse(f"/slack/{quote(form.get('channel', ''))}", status_code=303)

    async def socket(self, socket: WebSocket) -> None:
        """A Socket Mode client; its ticket came from apps.connections.open and is good for one connection."""
        ticket = socket.path_params["ticket"]
        if ticket not in self._tickets:
            await socket.close(4401)
            return
        self._tickets.discard(ticket)
        await self._hub.serve(socket)

    def _authenticate(self, request: Request, method: str, args: Json) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token if scheme.lower() == "bearer" else str(args.pop("token", ""))
        credentials = self._world.credentials
        if method == "api.test":
            return
        if not token:
            raise NotOk("not_authed")
        if token not in {credentials.slack_bot_token, credentials.slack_app_token}:
            raise NotOk("invalid_auth")
        if (method == "apps.connections.open") != (token == credentials.slack_app_token):
            raise NotOk("not_allowed_token_type")

    def _answer(self, method: str, args: Json, asked_at: str) -> Json:
        if method == "apps.connections.open":
            ticket = secrets.token_urlsafe(12)
            self._tickets.add(ticket)
            return {"url": f"{self._world.base_url.replace('http', 'ws', 1)}/slack/socket/{ticket}"}
        if method not in METHODS:
            raise NotOk("unknown_method")
        return METHODS[method](Call(self._site, args, asked_at))


async def _arguments(request: Request) -> Json:
    """The arguments of a call, wherever they are: query, form or JSON."""
    args: Json = dict(request.query_params)
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        try:
            sent = orjson.loads(body) if body else {}
        except orjson.JSONDecodeError:
            return args
        return args | sent if isinstance(sent, dict) else args
    return args | _form(body)


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _refusal(refused: NotOk) -> Json:
    answer: Json = {"ok": False, "error": refused.error}
    if refused.problems:
        messages = [f"[ERROR] {problem}" for problem in refused.problems]
        answer |= {"errors": refused.problems, "response_metadata": {"messages": messages}}
    return answer


def _json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers, media_type="application/json; charset=utf-8")
