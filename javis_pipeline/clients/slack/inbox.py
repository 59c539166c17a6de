"""How presses of buttons come from Slack: as signed requests to an address of ours, or over Socket Mode.

Both ways end in `handle(press)`. Slack wants an answer within three seconds, so it is answered before that is done.
"""

import hashlib
import hmac
import logging
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

import orjson

from javis_pipeline.errors import JavisError, RemoteBusy

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from javis_pipeline.clients.slack.client import SlackClient

PATH: Final = "/slack/interactive"
WINDOW: Final = timedelta(minutes=5)
_MAX_BODY: Final = 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button.

    Attributes:
        action_id: What the button does.
        value: What it does it with.
        user_name: For people; the id is what counts.
        channel: Id of the channel.
        message_ts: The message that the button is on.
        thread_ts: The message whose thread that is in; the message itself when it is in none.
    """

    action_id: str
    value: str
    user_id: str
    user_name: str
    channel: str
    message_ts: str
    thread_ts: str


Handle = Callable[[Press], None]


def press_of(payload: object) -> Press | None:
    """The press in a payload; None for another interaction, or for a payload that is not Slack's."""
    try:
        if not isinstance(payload, Mapping) or payload["type"] != "block_actions":
            return None
        action, user, message = payload["actions"][0], payload["user"], payload["container"]
        thread = message.get("thread_ts") or (payload.get("message") or {}).get("thread_ts")
        press = Press(
            action["action_id"],
            action.get("value") or "",
            user["id"],
            user.get("name") or user.get("username") or user["id"],
            message["channel_id"],
            message["message_ts"],
            thread or message["message_ts"],
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    fields = (press.action_id, press.value, press.user_id, press.user_name, press.channel, press.message_ts)
    return press if all(isinstance(value, str) for value in (*fields, press.thread_ts)) else None


def is_signed(secret: str, timestamp: bytes, signature: bytes, body: bytes, *, now: datetime) -> bool:
    """Whether Slack signed the request within the last minutes. Takes any bytes."""
    if not re.fullmatch(rb"[0-9]{1,12}", timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature)


def interactive_app(
    secret: str, *, is_new: Callable[[str], bool], handle: Handle, clock: Callable[[], datetime]
) -> "Starlette":
    """The web application that Slack sends presses to, at `PATH`.

    Args:
        secret: Signing secret of the app.
        is_new: Remembers a signature; False when it was seen before.
        handle: What to do with a press; it runs after Slack was answered.
        clock: Says what time it is, UTC-aware.

    401 for a request that is not signed, too old, or seen before; 400 for a signed one that makes no sense.
    """
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response
    from starlette.routing import Route

    from javis_pipeline.clients.listener import bounded_body

    async def interactive(request: "Request") -> "Response":
        body = await bounded_body(request, _MAX_BODY)
        if body is None:
            return Response("too long", 413)
        timestamps = _raw(request, b"x-slack-request-timestamp")
        signatures = _raw(request, b"x-slack-signature")
        if len(timestamps) != 1 or len(signatures) != 1:
            return Response("not signed", 401)
        if not is_signed(secret, timestamps[0], signatures[0], body, now=clock()):
            return Response("not signed by Slack within the last five minutes", 401)
        try:
            if not await run_in_threadpool(is_new, signatures[0].decode("ascii")):
                return Response("seen before", 401)
        except JavisError as error:
            log.warning("slack_request_not_remembered reason=%s", error)
            return Response("try again", 503)
        payload = _payload(body)
        if payload is None:
            return Response("no payload", 400)
        press = press_of(payload)
        return Response(status_code=200, background=BackgroundTask(safely, handle, press) if press else None)

    return Starlette(routes=[Route(PATH, interactive, methods=["POST"])])


def listen(slack: "SlackClient", app_token: str, handle: Handle) -> "SocketModeClient":
    """A connection over which presses come until it is closed; the SDK makes it anew when it breaks.

    Raises:
        IdentityError: The app-level token is refused.
        RemoteError: Slack cannot be reached.
    """
    from slack_sdk.errors import SlackClientError
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest
    from slack_sdk.socket_mode.response import SocketModeResponse

    class Socket(SocketModeClient):
        def issue_new_wss_url(self) -> str:
            return slack.socket_url(app_token)

    def take(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        press = press_of(request.payload) if request.type == "interactive" else None
        if press is not None:
            safely(handle, press)

    socket = Socket(app_token=app_token, logger=_quiet_logger())
    socket.socket_mode_request_listeners.append(take)
    try:
        socket.connect()
    except (SlackClientError, OSError, ValueError) as error:
        socket.close()
        raise RemoteBusy(f"Slack's socket cannot be opened ({type(error).__name__}); check the network") from None
    except JavisError:
        socket.close()
        raise
    return socket


def _quiet_logger() -> logging.Logger:
    """A logger that keeps the SDK's words to itself: they hold texts of messages; our errors say what happened."""
    logger = logging.getLogger("javis_pipeline.slack_sdk")
    logger.setLevel(logging.CRITICAL)
    return logger


def safely(handle: Handle, press: Press) -> None:
    """Do what a press asks for. Nobody waits for the outcome, so what goes wrong is logged."""
    try:
        handle(press)
    except JavisError as error:
        log.warning("slack_press_failed action=%s reason=%s", press.action_id, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next press must still be heard
        # Its text and traceback stay out of the log: a database quotes the row in them.
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__} in {place.name}, line {place.lineno}"
        log.warning("slack_press_failed action=%s reason=%s", press.action_id, reason)


def _raw(request: "Request", name: bytes) -> list[bytes]:
    return [value for key, value in request.headers.raw if key == name]


def _payload(body: bytes) -> Any:
    """The JSON in the form's field `payload`; None when there is none."""
    try:
        form = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=20)
        return orjson.loads(form["payload"][0])
    except (ValueError, KeyError):
        return None
