"""Slack's Web API methods: arguments in, the answer's JSON out."""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from javis_pipeline.sandbox.slack.site import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    TEAM_ID,
    Channel,
    Json,
    NotOk,
    SlackSite,
    User,
)

_MAX_LIMIT = 999


@dataclass(frozen=True)
class Call:
    """One call of a method, arguments from query, form or JSON body, at an address without a slash at its end."""

    site: SlackSite
    args: Json
    asked_at: str

    def text(self, name: str) -> str:
        """A required argument. Raises `NotOk` when it is missing."""
        value = self.args.get(name)
        if value in (None, ""):
            raise NotOk("invalid_arguments", [f"missing required field: {name}"])
        return str(value)

    def optional(self, name: str) -> str | None:
        value = self.args.get(name)
        return None if value in (None, "") else str(value)

    def flag(self, name: str) -> bool:
        return str(self.args.get(name, "")).lower() in {"1", "true"}

    def parsed(self, name: str, *, kind: type, error: str) -> Any:
        """An argument that is JSON, sent as such or as text; None when it is absent. Raises `NotOk(error)`."""
        value = self.args.get(name)
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError as wrong:
                raise NotOk(error) from wrong
        if value is not None and not isinstance(value, kind):
            raise NotOk(error)
        return value


def auth_test(call: Call) -> Json:
    return {
        "url": f"{call.site.ground.base_url}/",
        "team": "Sandbox",
        "user": BOT_NAME,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def post_message(call: Call) -> Json:
    channel = call.text("channel")
    message = call.site.post(
        channel,
        text=call.optional("text") or call.optional("markdown_text") or "",
        blocks=_blocks(call),
        thread_ts=call.optional("thread_ts"),
        metadata=_metadata(call),
    )
    return {"channel": call.site.channel(channel).channel_id, "ts": message["ts"], "message": message}


def update_message(call: Call) -> Json:
    channel, ts = call.text("channel"), call.text("ts")
    message = call.site.update(channel, ts, text=call.optional("text"), blocks=_blocks(call), metadata=_metadata(call))
    return {
        "channel": call.site.channel(channel).channel_id,
        "ts": ts,
        "text": message["text"],
        "message": message,
    }


def delete_message(call: Call) -> Json:
    call.site.delete(call.text("channel"), call.text("ts"))
    return {"channel": call.site.channel(call.text("channel")).channel_id, "ts": call.text("ts")}


def post_ephemeral(call: Call) -> Json:
    ts = call.site.whisper(
        call.text("channel"), call.text("user"), text=call.optional("text") or "", blocks=_blocks(call)
    )
    return {"message_ts": ts}


def get_permalink(call: Call) -> Json:
    channel = call.site.channel(call.text("channel"))
    message = call.site.message(channel.channel_id, call.text("message_ts"))
    anchor = "p" + message["ts"].replace(".", "")
    url = f"{call.site.ground.base_url}/slack/{channel.channel_id}#{anchor}"
    return {"channel": channel.channel_id, "permalink": url}


def list_channels(call: Call) -> Json:
    types = (call.optional("types") or "public_channel").split(",")
    shown = [
        channel_json(channel)
        for channel in call.site.channels.values()
        if ("private_channel" if channel.is_private else "public_channel") in types
        and (not channel.is_private or BOT_USER_ID in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    return _batch(call, "channels", shown)


def channel_info(call: Call) -> Json:
    return {"channel": channel_json(call.site.channel(call.text("channel")))}


def channel_history(call: Call) -> Json:
    messages = [
        message
        for message in call.site.readable(call.text("channel"))
        if message.get("thread_ts", message["ts"]) == message["ts"] and _in_window(call, message["ts"])
    ]
    answer = _batch(call, "messages", _shown(call, messages))
    has_more = bool(answer["response_metadata"]["next_cursor"])
    return answer | {"has_more": has_more, "channel_actions_ts": None, "channel_actions_count": 0, "pin_count": 0}


def thread_replies(call: Call) -> Json:
    ts = call.text("ts")
    messages = [
        message
        for message in reversed(call.site.readable(call.text("channel")))
        if message["ts"] == ts or (message.get("thread_ts") == ts and _in_window(call, message["ts"]))
    ]
    if not messages:
        raise NotOk("thread_not_found")
    answer = _batch(call, "messages", _shown(call, messages))
    return answer | {"has_more": bool(answer["response_metadata"]["next_cursor"])}


def channel_members(call: Call) -> Json:
    return _batch(call, "members", list(call.site.channel(call.text("channel")).members))


def join_channel(call: Call) -> Json:
    return {"channel": channel_json(call.site.join(call.text("channel")))}


def user_info(call: Call) -> Json:
    return {"user": user_json(call.site.user(call.text("user")))}


def list_users(call: Call) -> Json:
    now = int(call.site.ground.clock.now().timestamp())
    return _batch(call, "members", [user_json(user) for user in call.site.users.values()]) | {"cache_ts": now}


def lookup_by_email(call: Call) -> Json:
    email = call.text("email").lower()
    found = next((user for user in call.site.users.values() if (user.email or "").lower() == email), None)
    if found is None:
        raise NotOk("users_not_found")
    return {"user": user_json(found)}


def get_upload_url(call: Call) -> Json:
    length = call.text("length")
    if not length.isdecimal():
        raise NotOk("invalid_arguments", ["length must be a number"])
    upload = call.site.announce_file(call.text("filename"), int(length), alt_text=call.optional("alt_txt") or "")
    return {"upload_url": f"{call.asked_at}/services/upload/{upload.file_id}", "file_id": upload.file_id}


def complete_upload(call: Call) -> Json:
    files = call.parsed("files", kind=list, error="invalid_arguments") or []
    titles = {str(file.get("id")): str(file.get("title") or "") for file in files}
    channels = call.optional("channels") or call.optional("channel_id")
    for channel in (channels or "").split(","):
        uploads = call.site.share_files(
            titles,
            channel or None,
            comment=call.optional("initial_comment") or "",
            thread_ts=call.optional("thread_ts"),
        )
    return {"files": [call.site.file_json(upload) for upload in uploads]}


def file_info(call: Call) -> Json:
    upload = call.site.uploads.get(call.text("file"))
    if upload is None:
        raise NotOk("file_not_found")
    return {"file": call.site.file_json(upload)}


def add_reaction(call: Call) -> Json:
    call.site.react(call.text("channel"), call.text("timestamp"), call.text("name"))
    return {}


def open_view(call: Call) -> Json:
    view = call.parsed("view", kind=dict, error="invalid_arguments")
    if view is None:
        raise NotOk("invalid_arguments", ["missing required field: view"])
    return {"view": call.site.open_view(call.text("trigger_id"), view)}


METHODS: dict[str, Callable[[Call], Json]] = {
    "api.test": lambda call: {"args": call.args},
    "auth.test": auth_test,
    "chat.postMessage": post_message,
    "chat.update": update_message,
    "chat.delete": delete_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
    "conversations.list": list_channels,
    "conversations.info": channel_info,
    "conversations.history": channel_history,
    "conversations.replies": thread_replies,
    "conversations.members": channel_members,
    "conversations.join": join_channel,
    "users.info": user_info,
    "users.list": list_users,
    "users.lookupByEmail": lookup_by_email,
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": file_info,
    "reactions.add": add_reaction,
    "views.open": open_view,
}


def channel_json(channel: Channel) -> Json:
    return {
        "id": channel.channel_id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": BOT_USER_ID,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_member": BOT_USER_ID in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def user_json(user: User) -> Json:
    return {
        "id": user.user_id,
        "team_id": TEAM_ID,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "is_bot": user.is_bot,
        "tz": "Etc/UTC",
        "profile": {"real_name": user.real_name, "display_name": user.name, "email": user.email},
    }


def _blocks(call: Call) -> list[Any] | None:
    blocks: list[Any] | None = call.parsed("blocks", kind=list, error="invalid_blocks_format")
    return blocks


def _metadata(call: Call) -> Json | None:
    metadata: Json | None = call.parsed("metadata", kind=dict, error="invalid_metadata_format")
    return metadata


def _in_window(call: Call, ts: str) -> bool:
    oldest, latest = call.optional("oldest") or "0", call.optional("latest") or "inf"
    try:
        at, first, last = float(ts), float(oldest), float(latest)
    except ValueError as error:
        raise NotOk("invalid_ts_oldest") from error
    return first <= at <= last if call.flag("inclusive") else first < at < last


def _shown(call: Call, messages: Iterable[Json]) -> list[Json]:
    if call.flag("include_all_metadata"):
        return list(messages)
    return [{name: value for name, value in message.items() if name != "metadata"} for message in messages]


def _batch(call: Call, name: str, items: list[Any]) -> Json:
    """The part of `items` that `cursor` and `limit` ask for. The cursor is an offset, as the lists are short."""
    limit = call.optional("limit") or "100"
    if not limit.isdecimal() or int(limit) > 1000:
        raise NotOk("invalid_limit")
    most = min(int(limit), _MAX_LIMIT) or 100
    start = _offset(call.optional("cursor"))
    more = start + most < len(items)
    cursor = base64.b64encode(f"after:{start + most}".encode()).decode() if more else ""
    return {name: items[start : start + most], "response_metadata": {"next_cursor": cursor}}


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).removeprefix(b"after:"))
    except (binascii.Error, ValueError) as error:
        raise NotOk("invalid_cursor") from error
