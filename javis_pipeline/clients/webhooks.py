"""The web application that Jira and Confluence tell of changes at `/hooks/jira` and `/hooks/confluence`.

Who does not know the secret learns nothing and costs little; who does is answered as soon as the hint is stored.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from javis_pipeline.errors import JavisError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MOST_BYTES: Final = 1024 * 1024
_MOST_NAME: Final = 200
_TELL_SECONDS: Final = 60.0


class Delivery(NamedTuple):
    """What was told at once.

    Attributes:
        document: The body, JSON.
        name: What the sender calls the delivery; None where it has no name.
    """

    document: object
    name: str | None


Keep = Callable[[Sequence[Delivery]], object]
"""Keeps what deliveries tell, all or none."""

log = logging.getLogger(__name__)


def is_signed(secret: str, signature: bytes, body: bytes) -> bool:
    """Whether the bytes were signed with the secret, as Jira does it. Takes any bytes."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}".encode(), signature)


def webhook_app(secret: str, keep: Mapping[str, Keep]) -> "Starlette":
    """The application.

    Args:
        secret: What every caller has to know: it signs the body with it, or says it in the header `X-Javis-Secret`.
        keep: What to do with what is told, by the last part of the path.

    202 when it is kept, or known; 401 for who does not know the secret, 400 for who does and makes no sense, 413 for
    what is too long, and 503 when it cannot be kept now: Jira tells it again then.
    """
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from javis_pipeline.clients.listener import bounded_body

    refused = _Refused()

    def receiver(keeper: Keep) -> Callable[["Request"], object]:
        gathered = _Gathered(keeper)

        async def receive(request: "Request") -> "Response":
            body = await bounded_body(request, MOST_BYTES)
            if body is None:
                return Response(status_code=refused.as_status(413, "longer than a megabyte, or cut off"))
            if not _knows(secret, request, body):
                return Response(status_code=refused.as_status(401, "the sender does not know JAVIS_WEBHOOK_SECRET"))
            try:
                document = orjson.loads(body)
            except orjson.JSONDecodeError:
                return Response(status_code=refused.as_status(400, "no JSON"))
            try:
                await gathered.keep(Delivery(document, _name(request)))
            except JavisError as error:
                return Response(status_code=refused.as_status(503, str(error)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the sender should try again
                # Its text stays out of the log: a database quotes the row in it.
                return Response(status_code=refused.as_status(503, type(error).__name__))
            return Response(status_code=202)

        return receive

    return Starlette(routes=[Route(f"/hooks/{name}", receiver(one), methods=["POST"]) for name, one in keep.items()])


class _Gathered:
    """Deliveries that come while others are kept, and are then kept together: one commit for all of them."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._keeping = asyncio.Lock()

    async def keep(self, delivery: Delivery) -> None:
        """Returns when it is kept, and raises what kept it from that."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, kept))
        async with self._keeping:
            if not kept.done():
                await self._keep_waiting()
        await kept

    async def _keep_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        errors = await asyncio.to_thread(_errors_of, self._keep, [delivery for delivery, _ in waiting])
        for (_, kept), error in zip(waiting, errors, strict=True):
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)


def _errors_of(keep: Keep, deliveries: Sequence[Delivery]) -> list[Exception | None]:
    """What keeps each of the deliveries from being kept; where it is one of them, the others do not pay for it."""
    try:
        keep(deliveries)
    except Exception as error:  # noqa: BLE001 - whatever it is, the sender should try again
        if isinstance(error, JavisError) or len(deliveries) == 1:
            return [error] * len(deliveries)
        return [_errors_of(keep, [delivery])[0] for delivery in deliveries]
    return [None] * len(deliveries)


class _Refused:
    """Tells in the log why webhooks were refused: each reason once, and then how often it came, once a minute.

    Whoever sends many of them does not fill the log.
    """

    def __init__(self) -> None:
        self._told_at: dict[int, float] = {}
        self._since: Counter[int] = Counter()

    def as_status(self, status: int, why: str) -> int:
        """The status again."""
        now = time.monotonic()
        self._since[status] += 1
        if now - self._told_at.get(status, -_TELL_SECONDS) >= _TELL_SECONDS:
            log.warning("webhooks refused: %d (%d): %s", self._since[status], status, why)
            self._told_at[status], self._since[status] = now, 0
        return status


def _knows(secret: str, request: "Request", body: bytes) -> bool:
    said, signatures = _raw(request, b"x-javis-secret"), _raw(request, b"x-hub-signature")
    if len(said) == 1:
        return hmac.compare_digest(secret.encode(), said[0])
    return len(signatures) == 1 and is_signed(secret, signatures[0], body)


def _name(request: "Request") -> str | None:
    names = _raw(request, b"x-atlassian-webhook-identifier")
    return names[0][:_MOST_NAME].decode("latin-1").replace("\x00", "") or None if len(names) == 1 else None


def _raw(request: "Request", name: bytes) -> list[bytes]:
    return [value for key, value in request.headers.raw if key == name]
