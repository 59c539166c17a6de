"""The middleware that makes faults happen and notes what was asked."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from javis_pipeline.sandbox.exchanges import Exchange
from javis_pipeline.sandbox.faults import Fault, FaultKind
from javis_pipeline.sandbox.refusals import refusal
from javis_pipeline.sandbox.world import World

# Scoped tokens reach a site through one host for all sites; what follows the cloud id is the site's own path.
GATEWAY = re.compile(r"^/ex/(?:jira|confluence)/[^/]+")
HTML = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in to continue.</body></html>"


@dataclass
class _LateRequest:
    scope: Scope
    body: bytes
    after: int


class Weather:
    """Between the socket and the services: latency, faults, the gateway prefix, and the log of exchanges."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world
        self._late: list[_LateRequest] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; lifespan events and the sandbox's own controls pass through."""
        if scope["type"] != "http" or scope["path"].startswith("/sandbox/"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        exchange = self._note(scope, body)
        scope = _without_gateway(scope)
        fault = self._world.faults.pick(scope["method"], scope["path"])
        exchange.fault = fault.kind.value if fault else None
        if self._world.latency:
            await asyncio.sleep(self._world.latency.total_seconds())
        # Noted before the last byte goes out: who has the answer may read the log at once.
        answer = _Answer(
            send,
            at=self._world.clock.now(),
            ending=lambda whole: self._world.exchanges.end(exchange, whole.status, whole.headers, whole.body),
        )
        await self._happen(fault, scope, body, receive, answer)
        await self._apply_late()

    def _note(self, scope: Scope, body: bytes) -> Exchange:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return self._world.exchanges.begin(
            scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"), headers, body
        )

    async def _happen(
        self, fault: Fault | None, scope: Scope, body: bytes, receive: Receive, answer: "_Answer"
    ) -> None:
        match fault.kind if fault else None:
            case None:
                await self._execute(scope, body, answer.send)
            case FaultKind.SLOW:
                assert fault is not None
                await asyncio.sleep(fault.seconds)
                await self._execute(scope, body, answer.send)
            case FaultKind.SERVER_ERROR:
                await self._execute(scope, body, _swallow)
                await self._refuse(scope, 500, fault, answer)
            case FaultKind.RATE_LIMITED | FaultKind.UNAVAILABLE | FaultKind.NOT_FOUND | FaultKind.CONFLICT as kind:
                await self._refuse(scope, int(kind.value), fault, answer)
            case FaultKind.HTML:
                await answer.reply(200, {"content-type": "text/html;charset=UTF-8"}, HTML)
            case FaultKind.CUT_BODY:
                await self._cut(scope, body, receive, answer)
            case FaultKind.LOST_REPLY:
                await self._execute(scope, body, _swallow)
                await self._close(scope, receive, flush=False)
            case FaultKind.LATE:
                assert fault is not None
                self._late.append(_LateRequest(scope, body, fault.after))
                await self._close(scope, receive, flush=False)
            case FaultKind.LOST_REQUEST:
                await self._close(scope, receive, flush=False)

    async def _execute(self, scope: Scope, body: bytes, send: Send) -> None:
        # A copy, because routing writes into the scope.
        await self._app(dict(scope), _receive_once(body), send)

    async def _refuse(self, scope: Scope, status: int, fault: Fault | None, answer: "_Answer") -> None:
        assert fault is not None
        headers, body = refusal(scope["path"], status, fault)
        await answer.reply(status, headers, body)

    async def _cut(self, scope: Scope, body: bytes, receive: Receive, answer: "_Answer") -> None:
        whole = _Answer(_swallow)
        await self._execute(scope, body, whole.send)
        half = bytes(whole.body[: len(whole.body) // 2])
        await answer.send({"type": "http.response.start", "status": whole.status, "headers": whole.raw_headers})
        await answer.send({"type": "http.response.body", "body": half, "more_body": True})
        await self._close(scope, receive, flush=True)

    async def _close(self, scope: Scope, receive: Receive, *, flush: bool) -> None:
        if scope.get("client"):
            self._world.connections.close(scope["client"], flush=flush)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _apply_late(self) -> None:
        for late in self._late:
            late.after -= 1
        due, self._late = [x for x in self._late if x.after < 0], [x for x in self._late if x.after >= 0]
        for late in due:
            await self._execute(late.scope, late.body, _swallow)


class _Answer:
    """Passes an answer on and keeps a copy of it.

    The head waits for the first piece of the body: a client that needs no body may act on the head alone.
    """

    def __init__(
        self, send: Send, *, at: datetime | None = None, ending: Callable[["_Answer"], None] | None = None
    ) -> None:
        self._send = send
        self._at = at
        self._ending = ending
        self.status: int | None = None
        self.raw_headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self._head: Message | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            date = [(b"date", format_datetime(self._at, usegmt=True).encode())] if self._at else []
            self.status, self.raw_headers = message["status"], [*message["headers"], *date]
            self._head = {**message, "headers": self.raw_headers}
            return
        self.body += message.get("body", b"")
        if self._ending and not message.get("more_body"):
            self._ending(self)
        if self._head is not None:
            await self._send(self._head)
            self._head = None
        await self._send(message)

    async def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        fields = headers | {"content-length": str(len(body))}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _receive_once(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _swallow(message: Message) -> None:
    """Sends an answer nowhere."""


def _without_gateway(scope: Scope) -> Scope:
    prefix = GATEWAY.match(scope["path"])
    return dict(scope) | {"path": scope["path"][prefix.end() :] or "/"} if prefix else scope
