"""The web application that Jira and Confluence tell of changes at `/hooks/jira` and `/hooks/confluence`.

Who does not know the secret learns nothing and costs little; who does is answered as soon as the hint is stored.
"""

import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import orjson

from javis_pipeline.errors import JavisError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MOST_BYTES: Final = 1024 * 1024
_MOST_NAME: Final = 200
_TELL_SECONDS: Final = 60.0

Keep = Callable[[object, str | None], object]
"""Keeps what a body (JSON) tells; the second is the delivery's id, None where it has none."""

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
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response
    from starlette.routing import Route

    from javis_pipeline.clients.listener import bounded_body

    refused = _Refused()

    def receiver(keeper: Keep) -> Callable[["Request"], object]:
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
                await run_in_threadpool(keeper, document, _delivery(request))
            except JavisError as error:
                return Response(status_code=refused.as_status(503, str(error)))
            except Exception as error:  # noqa: BLE001 - whatever it is, the sender should try again
                # Its text stays out of the log: a database quotes the row in it.
                return Response(status_code=refused.as_status(503, type(error).__name__))
            return Response(status_code=202)

        return receive

    return Starlette(routes=[Route(f"/hooks/{name}", receiver(one), methods=["POST"]) for name, one in keep.items()])


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


def _delivery(request: "Request") -> str | None:
    names = _raw(request, b"x-atlassian-webhook-identifier")
    return names[0][:_MOST_NAME].decode("latin-1").replace("\x00", "") or None if len(names) == 1 else None


def _raw(request: "Request", name: bytes) -> list[bytes]:
    return [value for key, value in request.headers.raw if key == name]
