"""Pressing a button: the payload an app gets, and the two ways it gets it (Socket Mode, or a signed HTTP request)."""

import asyncio
import hashlib
import hmac
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from javis_pipeline.sandbox.slack.site import APP_ID, TEAM_ID, Json, NotOk, SlackSite, User

# Slack shows people an error when an app has not answered by then.
ANSWER_SECONDS = 3.0


def button_payload(site: SlackSite, *, channel: str, ts: str, block_id: str, action_id: str, user: User) -> Json:
    """What an app is told when `user` presses a button. Raises `NotOk` when there is no such message or button."""
    found, message = site.channel(channel), site.message(channel, ts)
    button = _button(message, block_id, action_id)
    action = {name: button[name] for name in ("action_id", "text", "value", "style", "type") if name in button}
    return {
        "type": "block_actions",
        "user": {"id": user.user_id, "username": user.name, "name": user.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "container": {
            "type": "message",
            "message_ts": ts,
            "channel_id": found.channel_id,
            "is_ephemeral": "ephemeral_for" in message,
        },
        "trigger_id": site.new_trigger(),
        "team": {"id": TEAM_ID, "domain": "sandbox"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": found.channel_id, "name": found.name},
        "message": message,
        "state": {"values": {}},
        "response_url": site.response_url(found.channel_id, ts),
        "actions": [action | {"block_id": block_id, "action_ts": f"{site.ground.clock.now().timestamp():.6f}"}],
    }


def signed_request(payload: Json, *, secret: str, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the HTTP request that carries a payload."""
    body = urlencode({"payload": orjson.dumps(payload).decode()}).encode()
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }
    return body, headers


class SocketHub:
    """The connected Socket Mode clients of the app. Lives on the server's event loop only."""

    def __init__(self) -> None:
        self._sockets: list[WebSocket] = []
        self._answers: dict[str, asyncio.Future[None]] = {}

    @property
    def connected(self) -> bool:
        return bool(self._sockets)

    async def serve(self, socket: WebSocket) -> None:
        """Greets a client and takes its acknowledgements until it goes."""
        await socket.accept()
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self._sockets) + 1,
                "connection_info": {"app_id": APP_ID},
                "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
            }
        )
        self._sockets.append(socket)
        try:
            async for text in socket.iter_text():
                self._take(text)
        finally:
            self._sockets.remove(socket)

    async def send(self, payload: Json) -> bool:
        """Hands the payload to one client; True if it acknowledged in time."""
        envelope_id = str(uuid.uuid4())
        answer = self._answers[envelope_id] = asyncio.get_running_loop().create_future()
        envelope = {
            "envelope_id": envelope_id,
            "type": "interactive",
            "accepts_response_payload": True,
            "payload": payload,
        }
        try:
            await self._sockets[0].send_text(orjson.dumps(envelope).decode())
            await asyncio.wait_for(answer, ANSWER_SECONDS)
        except (TimeoutError, WebSocketDisconnect):
            return False
        finally:
            del self._answers[envelope_id]
        return True

    def _take(self, text: str) -> None:
        try:
            envelope_id = orjson.loads(text)["envelope_id"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return  # Slack ignores what is not an acknowledgement
        answer = self._answers.get(envelope_id)
        if answer is not None and not answer.done():
            answer.set_result(None)


async def deliver(site: SlackSite, hub: SocketHub, payload: Json) -> str:
    """Gets the payload to the app, as Slack would. Gives a sentence on how that went, for the person who pressed."""
    if hub.connected:
        taken = await hub.send(payload)
        return "The app took it over Socket Mode." if taken else "The app did not answer over Socket Mode in time."
    if site.request_url is None:
        return "No app listens: connect one over Socket Mode, or name its request URL below."
    body, headers = signed_request(
        payload, secret=site.ground.credentials.slack_signing_secret, at=site.ground.clock.now()
    )
    return await asyncio.to_thread(_post, site.request_url, body, headers)


def _post(url: str, body: bytes, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - a person of the sandbox wrote the address
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310 - as above
            return f"The app answered {response.status}."
    except urllib.error.HTTPError as error:
        with error:
            return f"The app answered {error.code}."
    except (OSError, ValueError) as error:
        return f"The app at {url} could not be reached: {error}."


def _button(message: Json, block_id: str, action_id: str) -> dict[str, Any]:
    for block in message.get("blocks", []):
        elements = [*block.get("elements", []), block.get("accessory")]
        for element in elements if block.get("block_id") == block_id else []:
            if isinstance(element, dict) and element.get("type") == "button" and button_id(element) == action_id:
                return element | {"action_id": action_id}
    raise NotOk("action_not_found")


def button_id(button: dict[str, Any]) -> str:
    """The id by which a press names the button."""
    # Slack gives a button without an action_id one of its own; the value tells such buttons apart here.
    return str(button.get("action_id") or button.get("value") or button["text"]["text"])
