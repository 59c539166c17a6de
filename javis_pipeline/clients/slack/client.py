"""Slack's Web API: what the product asks of it, and nothing more."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from javis_pipeline.clients.slack.web import NotOk, SlackWeb
from javis_pipeline.errors import RemoteMissing, RemoteRefused

BASE_URL: Final = "https://slack.com/api/"
DEADLINE: Final = timedelta(seconds=60)
EVENT_TYPE: Final = "javis_post"

Block = dict[str, Any]
"""A piece of Block Kit."""

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{8,}")
# Slack's words for a message that cannot be changed any more, for whatever reason.
_LOST_MESSAGE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_BATCH: Final = 200
_MAX_BATCHES: Final = 50


class Sent(NamedTuple):
    """Where a message is: the channel's id, and the timestamp that is the message's id in it."""

    channel: str
    ts: str


class AppIdentity(NamedTuple):
    """As whom we are known."""

    name: str
    team: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What our messages carry where people do not see it, to be found again.

    Attributes:
        post_id: Row of `slack_posts`.
        part: "main", or the name of a part in its thread.
        content_hash: Of what the message says.
    """

    post_id: UUID
    part: str
    content_hash: str


class Reply(NamedTuple):
    """A message of a thread, as far as we look at it. `mark` is None for one that is not ours."""

    ts: str
    mark: Mark | None
    file_names: tuple[str, ...]


class Upload(NamedTuple):
    """A picture. `alt_text` is for those who do not see it."""

    file_name: str
    title: str
    alt_text: str
    data: bytes


class SlackClient:
    """The Web API as one bot. Safe to share between threads.

    Args:
        bot_token: Token of the bot user.
        base_url: Of the Web API.
        deadline: How long one call takes at most, waits and repeats included.
        sleep: Waits so many seconds.
        clock: Seconds that only grow.

    Every method raises `IdentityError` when the token is refused, `RemoteRefused` for what Slack will never do,
    `RemoteBusy` for what may be tried again, and `OutcomeUnknown` when a message may have been posted or not.
    """

    def __init__(
        self,
        bot_token: str,
        *,
        base_url: str = BASE_URL,
        deadline: timedelta = DEADLINE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = SlackWeb(bot_token, base_url, deadline=deadline, sleep=sleep, clock=clock)
        self._ids: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"SlackClient({self._web.base_url})"

    def identity(self) -> AppIdentity:
        """As whom the token knows us."""
        answer = self._web.write("auth.test")
        return AppIdentity(str(answer.get("user", "")), str(answer.get("team", "")), str(answer.get("user_id", "")))

    def socket_url(self, app_token: str) -> str:
        """Where a Socket Mode connection may be made, once, with the token of the app itself."""
        app = SlackWeb(app_token, self._web.base_url, deadline=DEADLINE)
        return str(app.write("apps.connections.open")["url"])

    def channel_id(self, channel: str) -> str:
        """The id of a channel given by id or by name, with or without `#`. RemoteMissing when there is none."""
        if _CHANNEL_ID.fullmatch(channel):
            return channel
        name = channel.removeprefix("#")
        if name not in self._ids:
            self._ids |= {found["name"]: found["id"] for found in self._channels()}
        if name not in self._ids:
            raise RemoteMissing(
                f"Slack has no channel {channel} that the app sees (channel_not_found); check SLACK_DEFAULT_CHANNEL "
                "and SLACK_CHANNELS, and invite the app there if it is private"
            )
        return self._ids[name]

    def send_message(
        self,
        channel: str,
        text: str,
        blocks: Sequence[Block] | None = None,
        *,
        thread_ts: str | None = None,
        mark: Mark | None = None,
    ) -> Sent:
        """Post a message.

        Args:
            channel: Id or name.
            text: What notifications show; the message itself without blocks.
            blocks: Block Kit.
            thread_ts: The message it answers.
            mark: To find it again by.
        """
        answer = self._web.write(
            "chat.postMessage",
            about=f"channel {channel}",
            channel=channel,
            text=text,
            blocks=list(blocks) if blocks else None,
            thread_ts=thread_ts,
            metadata=_metadata(mark),
            unfurl_links=False,
            unfurl_media=False,
        )
        return Sent(str(answer["channel"]), str(answer["ts"]))

    def update_message(
        self, sent: Sent, text: str, blocks: Sequence[Block] | None = None, *, mark: Mark | None = None
    ) -> bool:
        """Replace a message of ours; False when it is not there any more or may not be changed any more."""
        return self._is_there(
            "chat.update",
            sent,
            text=text,
            blocks=list(blocks) if blocks else None,
            metadata=_metadata(mark),
        )

    def delete_message(self, sent: Sent) -> bool:
        """Take back a message of ours; False when it is not there any more."""
        return self._is_there("chat.delete", sent)

    def whisper(self, channel: str, user_id: str, text: str) -> None:
        """A message that only one member of the channel sees."""
        self._web.write("chat.postEphemeral", about=f"channel {channel}", channel=channel, user=user_id, text=text)

    def find_post(self, channel_id: str, post_id: UUID, *, since: datetime) -> Sent | None:
        """The message that carries `post_id` among those of the channel since an instant; None when it is not there."""
        messages = self._batches(
            "conversations.history",
            "messages",
            channel=channel_id,
            oldest=f"{since.timestamp():.6f}",
            include_all_metadata=True,
        )
        for message in messages:
            mark = _mark(message)
            if mark is not None and mark.post_id == post_id:
                return Sent(channel_id, str(message["ts"]))
        return None

    def replies(self, sent: Sent) -> list[Reply]:
        """The messages of a thread, the first one included, oldest first."""
        messages = self._batches(
            "conversations.replies", "messages", channel=sent.channel, ts=sent.ts, include_all_metadata=True
        )
        return sorted(
            Reply(str(message["ts"]), _mark(message), tuple(str(f.get("name")) for f in message.get("files") or ()))
            for message in messages
        )

    def upload(self, sent: Sent, files: Sequence[Upload]) -> None:
        """Put pictures into a thread, all in one message."""
        shared = [{"id": self._uploaded(file), "title": file.title} for file in files]
        self._web.write(
            "files.completeUploadExternal",
            about=f"channel {sent.channel}",
            files=shared,
            channel_id=sent.channel,
            thread_ts=sent.ts,
        )

    def _uploaded(self, file: Upload) -> str:
        """The id of a file whose bytes Slack has, and which nobody sees yet."""
        place = self._web.read(
            "files.getUploadURLExternal", filename=file.file_name, length=len(file.data), alt_txt=file.alt_text
        )
        self._web.send_file(str(place["upload_url"]), file.data)
        return str(place["file_id"])

    def members(self, channel_id: str) -> frozenset[str]:
        """User ids of the channel's members."""
        return frozenset(map(str, self._batches("conversations.members", "members", channel=channel_id)))

    def member_name(self, user_id: str) -> str:
        """The name of a member; RemoteRefused for one who is unknown or has left."""
        user = self._web.read("users.info", about=f"member {user_id}", user=user_id)["user"]
        if user.get("deleted"):
            raise RemoteRefused(f"the member {user_id} has left the workspace", status=200)
        return str(user.get("real_name") or user.get("name") or user_id)

    def permalink(self, sent: Sent) -> str:
        """Address of a message, for people."""
        answer = self._web.read(
            "chat.getPermalink", about=f"channel {sent.channel}", channel=sent.channel, message_ts=sent.ts
        )
        return str(answer["permalink"])

    def _channels(self) -> list[Any]:
        try:
            return self._channels_of("public_channel,private_channel")
        except NotOk as error:
            if error.code != "missing_scope":
                raise
            # An app that posts in public channels only needs no permission to see private ones.
            return self._channels_of("public_channel")

    def _channels_of(self, types: str) -> list[Any]:
        return self._batches("conversations.list", "channels", types=types, exclude_archived=True)

    def _is_there(self, method: str, sent: Sent, **args: object) -> bool:
        """Whether the message could be changed or taken back."""
        try:
            self._web.write(method, about=f"channel {sent.channel}", channel=sent.channel, ts=sent.ts, **args)
        except NotOk as error:
            if error.code in _LOST_MESSAGE:
                return False
            raise
        return True

    def _batches(self, method: str, name: str, **args: str | int | bool) -> list[Any]:
        """All items of a list that comes in batches."""
        items: list[Any] = []
        cursor: str | None = None
        about = f"channel {args['channel']}" if "channel" in args else ""
        for _ in range(_MAX_BATCHES):
            answer = self._web.read(method, about=about, limit=_BATCH, cursor=cursor, **args)
            items += answer.get(name) or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        return items


def _metadata(mark: Mark | None) -> dict[str, object] | None:
    if mark is None:
        return None
    payload = {"post_id": str(mark.post_id), "part": mark.part, "content_hash": mark.content_hash}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def _mark(message: Mapping[str, Any]) -> Mark | None:
    """The mark of a message; None when it carries none that we can read."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    try:
        return Mark(UUID(str(payload.get("post_id"))), str(payload.get("part")), str(payload.get("content_hash")))
    except ValueError:
        return None
