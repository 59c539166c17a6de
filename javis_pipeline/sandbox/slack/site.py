"""The state of one Slack workspace: channels, members, messages, files, and the app that the product posts as.

Tests, the demo and the sandbox's page call this directly, as people in Slack would; `routes` puts the Web API on top.
Callers in another thread than the server's hold `ground.lock`.
"""

import base64
import hashlib
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from javis_pipeline.sandbox.ground import Ground
from javis_pipeline.sandbox.slack.blocks import MAX_TEXT_IN_ALL, block_problems, text_in_all
from javis_pipeline.sandbox.slack.limits import RateLimits

Json = dict[str, Any]

TEAM_ID = "T0SANDBOX1"
APP_ID = "A0SANDBOX1"
BOT_ID = "B0SANDBOX1"
BOT_USER_ID = "U0SANDBOX1"
BOT_NAME = "javis"
_MAX_TEXT = 40_000
_MAX_METADATA = 8_000
_RESPONSES_PER_URL = 5


class NotOk(Exception):
    """Slack answers `ok: false` with this error; `problems` are the details of `invalid_blocks`."""

    def __init__(self, error: str, problems: Iterable[str] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.problems = list(problems)


@dataclass
class Channel:
    """A channel and its messages, oldest first, as the Web API shows them."""

    channel_id: str
    name: str
    created: int
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    members: list[str] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)


@dataclass
class Upload:
    """A file: announced, then filled, then shared."""

    file_id: str
    name: str
    length: int
    alt_text: str = ""
    title: str = ""
    content: str | None = None  # base64; None until it was uploaded
    shared_in: list[str] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return base64.b64decode(self.content or "")


@dataclass
class User:
    """A member of the workspace."""

    user_id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False
    deleted: bool = False


class SlackSite:
    """One workspace. Ids of channels and users follow from names: settings can name them before there is a server."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.changes = 0
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {BOT_USER_ID: User(BOT_USER_ID, BOT_NAME, "Javis", is_bot=True)}
        self.uploads: dict[str, Upload] = {}
        self.views: list[Json] = []
        self.request_url: str | None = None
        """Where button presses are posted, signed, when no Socket Mode client is connected."""
        self.limits: RateLimits | None = RateLimits(time.monotonic)
        """None: calls are not counted."""
        self._last_number = 0
        self._response_urls: dict[str, tuple[str, str, int]] = {}
        self._triggers: set[str] = set()

    # People's side

    def add_channel(self, name: str, *, topic: str = "", bot_joins: bool = True, is_private: bool = False) -> Channel:
        """A new channel; the app is a member unless `bot_joins` is false."""
        created = int(self.ground.clock.now().timestamp())
        channel = Channel(channel_id_of(name), name, created, topic, is_private)
        channel.members = [BOT_USER_ID] if bot_joins else []
        self.channels[channel.channel_id] = channel
        self.changes += 1
        return channel

    def member(self, real_name: str, *, email: str | None = None) -> User:
        """The person of this name; a new member of the workspace when there is none."""
        user_id = _id_of("U", real_name)
        if user_id not in self.users:
            self.users[user_id] = User(user_id, real_name.lower().replace(" ", "."), real_name, email)
            self.changes += 1
        return self.users[user_id]

    def say(
        self, channel: str, real_name: str, text: str, *, thread_ts: str | None = None, at: datetime | None = None
    ) -> Json:
        """A person writes a message and is a member of the channel from then on."""
        user, found = self.member(real_name), self.channel(channel)
        if user.user_id not in found.members:
            found.members.append(user.user_id)
        return self._append(found, {"user": user.user_id, "text": text}, thread_ts=thread_ts, at=at)

    def archive_channel(self, channel: str) -> None:
        self.channel(channel).is_archived = True
        self.changes += 1

    # The app's side

    def channel(self, name_or_id: str) -> Channel:
        """The channel by id or name, with or without `#`. Raises `NotOk` channel_not_found."""
        by_name = channel_id_of(name_or_id.removeprefix("#"))
        found = self.channels.get(name_or_id) or self.channels.get(by_name)
        if found is None or (found.is_private and BOT_USER_ID not in found.members):
            raise NotOk("channel_not_found")
        return found

    def user(self, user_id: str) -> User:
        """The member. Raises `NotOk` user_not_found."""
        if user_id not in self.users:
            raise NotOk("user_not_found")
        return self.users[user_id]

    def message(self, channel: str, ts: str) -> Json:
        """The message with this timestamp. Raises `NotOk` message_not_found."""
        found = next((message for message in self.channel(channel).messages if message["ts"] == ts), None)
        if found is None:
            raise NotOk("message_not_found")
        return found

    def post(
        self,
        channel: str,
        *,
        text: str = "",
        blocks: list[Any] | None = None,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        files: list[str] | None = None,
    ) -> Json:
        """The app posts a message. Raises `NotOk` as Slack would refuse it."""
        found = self._writable(channel)
        if thread_ts is not None and all(message["ts"] != thread_ts for message in found.messages):
            raise NotOk("thread_not_found")
        _check_content(text, blocks, metadata, has_files=bool(files))
        content: Json = {"user": BOT_USER_ID, "bot_id": BOT_ID, "app_id": APP_ID, "text": text}
        if blocks:
            content["blocks"] = self._with_ids(blocks)
        if metadata:
            content["metadata"] = metadata
        if files:
            content["files"] = [self.file_json(self.uploads[file_id]) for file_id in files]
        return self._append(found, content, thread_ts=thread_ts)

    def update(
        self,
        channel: str,
        ts: str,
        *,
        text: str | None = None,
        blocks: list[Any] | None = None,
        metadata: Json | None = None,
    ) -> Json:
        """The app changes one of its messages; blocks that are not given stay, an empty list removes them."""
        self._writable(channel)
        message = self.message(channel, ts)
        if message.get("bot_id") != BOT_ID:
            raise NotOk("cant_update_message")
        _check_content(text or "", blocks, metadata, has_files="files" in message)
        if text is not None:
            message["text"] = text
        if blocks is not None:
            message["blocks"] = self._with_ids(blocks)
        if metadata is not None:
            message["metadata"] = metadata
        message["edited"] = {"user": BOT_USER_ID, "ts": self._ts(None, None)}
        self.changes += 1
        return message

    def delete(self, channel: str, ts: str) -> None:
        """The app deletes one of its messages."""
        message = self.message(channel, ts)
        if message.get("bot_id") != BOT_ID:
            raise NotOk("cant_delete_message")
        self.channel(channel).messages.remove(message)
        self.changes += 1

    def whisper(self, channel: str, user_id: str, *, text: str, blocks: list[Any] | None = None) -> str:
        """A message that only one member sees; it is on the page, not in the history. Gives its timestamp."""
        found = self._writable(channel)
        if user_id not in found.members:
            raise NotOk("user_not_in_channel")
        _check_content(text, blocks, None)
        content: Json = {"user": BOT_USER_ID, "bot_id": BOT_ID, "text": text, "ephemeral_for": user_id}
        return str(self._append(found, content | ({"blocks": self._with_ids(blocks)} if blocks else {}))["ts"])

    def join(self, channel: str) -> Channel:
        """The app becomes a member of a public channel."""
        found = self.channel(channel)
        if found.is_archived:
            raise NotOk("is_archived")
        if BOT_USER_ID not in found.members:
            found.members.append(BOT_USER_ID)
            self.changes += 1
        return found

    def react(self, channel: str, ts: str, emoji: str) -> None:
        """The app puts an emoji on a message."""
        reactions = self.message(channel, ts).setdefault("reactions", [])
        if any(reaction["name"] == emoji for reaction in reactions):
            raise NotOk("already_reacted")
        reactions.append({"name": emoji, "users": [BOT_USER_ID], "count": 1})
        self.changes += 1

    def readable(self, channel: str) -> list[Json]:
        """The messages of a channel the app is in, newest first, without what only one member sees."""
        found = self.channel(channel)
        if BOT_USER_ID not in found.members:
            raise NotOk("not_in_channel")
        return [message for message in reversed(found.messages) if "ephemeral_for" not in message]

    # Files

    def announce_file(self, name: str, length: int, *, alt_text: str = "") -> Upload:
        """A file that is about to be uploaded."""
        if not name or length <= 0:
            raise NotOk("invalid_arguments")
        upload = Upload(_id_of("F", f"{name} {self._next_number()}"), name, length, alt_text, title=name)
        self.uploads[upload.file_id] = upload
        return upload

    def receive_file(self, file_id: str, data: bytes) -> None:
        """The bytes of an announced file."""
        upload = self.uploads.get(file_id)
        if upload is None or len(data) != upload.length:
            raise NotOk("file_not_found")
        upload.content = base64.b64encode(data).decode()
        self.changes += 1

    def share_files(
        self, file_ids: dict[str, str], channel: str | None, *, comment: str = "", thread_ts: str | None = None
    ) -> list[Upload]:
        """Uploaded files (id to title) become visible, in a message of their own if a channel is given."""
        uploads = [self.uploads[file_id] for file_id in file_ids if file_id in self.uploads]
        if len(uploads) != len(file_ids) or any(upload.content is None for upload in uploads):
            raise NotOk("file_not_found")
        for upload in uploads:
            upload.title = file_ids[upload.file_id] or upload.name
        if channel is not None:
            message = self.post(channel, text=comment, thread_ts=thread_ts, files=[u.file_id for u in uploads])
            for upload in uploads:
                upload.shared_in.append(f"{self.channel(channel).channel_id} {message['ts']}")
        self.changes += 1
        return uploads

    def file_json(self, upload: Upload) -> Json:
        """The file as the Web API shows it."""
        url = f"{self.ground.base_url}/slack/files/{upload.file_id}/{upload.name}"
        return {
            "id": upload.file_id,
            "name": upload.name,
            "title": upload.title,
            "alt_txt": upload.alt_text,
            "size": upload.length,
            "user": BOT_USER_ID,
            "url_private": url,
            "permalink": url,
        }

    # Buttons and modals

    def response_url(self, channel: str, ts: str) -> str:
        """An address that may be posted to a few times, to answer a button press on this message."""
        token = hashlib.sha256(f"{channel} {ts} {self._next_number()}".encode()).hexdigest()[:24]
        self._response_urls[token] = (channel, ts, _RESPONSES_PER_URL)
        return f"{self.ground.base_url}/services/respond/{token}"

    def respond(self, token: str, answer: Json) -> None:
        """What was posted to a response URL happens to the message the button is on."""
        if token not in self._response_urls:
            raise NotOk("expired_url")
        channel, ts, left = self._response_urls.pop(token)
        if left > 1:
            self._response_urls[token] = (channel, ts, left - 1)
        text, blocks = answer.get("text"), answer.get("blocks")
        if answer.get("delete_original"):
            self.delete(channel, ts)
        elif answer.get("replace_original"):
            self.update(channel, ts, text=text, blocks=blocks if blocks is not None else [])
        else:
            self.post(channel, text=text or "", blocks=blocks, thread_ts=answer.get("thread_ts"))

    def new_trigger(self) -> str:
        """Permission to open one modal, as a button press brings it."""
        trigger = f"{self._next_number()}.{TEAM_ID}"
        self._triggers.add(trigger)
        return trigger

    def open_view(self, trigger: str, view: Json) -> Json:
        """A modal opens. Raises `NotOk` for a trigger that was used before or never given."""
        if trigger not in self._triggers:
            raise NotOk("expired_trigger_id")
        problems = block_problems(view.get("blocks") or [], "/view/blocks")
        if problems or view.get("type") != "modal":
            raise NotOk("invalid_arguments", problems or ["must be a modal [json-pointer:/view/type]"])
        self._triggers.discard(trigger)
        shown = {**view, "id": f"V{self._next_number()}", "team_id": TEAM_ID, "app_id": APP_ID, "bot_id": BOT_ID}
        self.views.append(shown)
        self.changes += 1
        return shown

    # Keeping a workspace between runs of the sandbox

    def state(self) -> object:
        """Everything the service knows, as something JSON can hold."""
        return {
            "last_number": self._last_number,
            "request_url": self.request_url,
            "channels": [asdict(channel) for channel in self.channels.values()],
            "users": [asdict(user) for user in self.users.values()],
            "uploads": [asdict(upload) for upload in self.uploads.values()],
            "views": self.views,
        }

    def restore(self, state: Any) -> None:
        """Becomes what `state()` described; response URLs and triggers do not outlive the process, as they expire."""
        self._last_number, self.request_url = state["last_number"], state["request_url"]
        self.channels = {row["channel_id"]: Channel(**row) for row in state["channels"]}
        self.users = {row["user_id"]: User(**row) for row in state["users"]}
        self.uploads = {row["file_id"]: Upload(**row) for row in state["uploads"]}
        self.views = state["views"]

    # What the above share

    def _writable(self, name_or_id: str) -> Channel:
        channel = self.channel(name_or_id)
        if channel.is_archived:
            raise NotOk("is_archived")
        if BOT_USER_ID not in channel.members:
            raise NotOk("not_in_channel")
        return channel

    def _append(
        self, channel: Channel, content: Json, *, thread_ts: str | None = None, at: datetime | None = None
    ) -> Json:
        message = {"type": "message", "team": TEAM_ID, **content, "ts": self._ts(channel, at)}
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
            parent = self.message(channel.channel_id, thread_ts)
            parent["thread_ts"] = thread_ts
            parent["reply_count"] = parent.get("reply_count", 0) + 1
            parent["latest_reply"] = message["ts"]
        channel.messages.append(message)
        self.changes += 1
        return message

    def _ts(self, channel: Channel | None, at: datetime | None) -> str:
        """A timestamp as Slack writes them, later than every one in the channel: it is the message's id there."""
        micros = int((at or self.ground.clock.now()).timestamp() * 1_000_000)
        if channel is not None and channel.messages:
            last = int(channel.messages[-1]["ts"].replace(".", ""))
            micros = max(micros, last + 1)
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def _with_ids(self, blocks: list[Any]) -> list[Json]:
        return [{**block, "block_id": block.get("block_id") or f"b{self._next_number()}"} for block in blocks]

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number


def channel_id_of(name: str) -> str:
    """The id of the channel with this name."""
    return _id_of("C", name)


def _id_of(letter: str, name: str) -> str:
    return letter + hashlib.sha256(name.encode()).hexdigest()[:10].upper()


def _check_content(text: str, blocks: list[Any] | None, metadata: Json | None, *, has_files: bool = False) -> None:
    if not text and not blocks and not has_files:
        raise NotOk("no_text")
    if len(text) > _MAX_TEXT:
        raise NotOk("msg_too_long")
    problems = block_problems(blocks or [])
    if problems:
        raise NotOk("invalid_blocks", problems)
    if text_in_all(blocks or []) > MAX_TEXT_IN_ALL:
        raise NotOk("msg_blocks_too_long")
    if metadata is not None:
        _check_metadata(metadata)


def _check_metadata(metadata: Json) -> None:
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise NotOk("invalid_metadata_format")
    if len(str(metadata)) > _MAX_METADATA:
        raise NotOk("metadata_too_large")
