"""Slack on the page: one channel with its threads, and the forms to write and to say where presses go."""

from typing import Any

from javis_pipeline.sandbox.page.layout import empty
from javis_pipeline.sandbox.page.links import channel_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void
from javis_pipeline.sandbox.page.slack_view import MessageView
from javis_pipeline.sandbox.slack.site import Channel, SlackSite

Json = dict[str, Any]

SHOWN = 200


def channel_view(site: SlackSite, channel: Channel, *, person: str) -> Html:
    """The last messages of a channel, replies below the message they answer."""
    view = MessageView(site, channel_id=channel.channel_id, person=person)
    messages = channel.messages[-SHOWN:]
    replies: dict[str, list[Json]] = {}
    for message in messages:
        if message.get("thread_ts", message["ts"]) != message["ts"]:
            replies.setdefault(message["thread_ts"], []).append(message)
    shown = [
        join(view.message(message), _thread(view, replies.get(message["ts"], [])))
        for message in messages
        if message.get("thread_ts", message["ts"]) == message["ts"]
    ]
    return join(
        el("h1", f"# {channel.name}"),
        el("p", channel.topic, class_="quiet") if channel.topic else None,
        _modal(site, view),
        el("div", *shown, class_="channel") if shown else empty("Nothing was said here yet."),
        _forms(site, channel, person),
    )


def _thread(view: MessageView, replies: list[Json]) -> Html | None:
    return el("div", *map(view.message, replies), class_="thread") if replies else None


def _modal(site: SlackSite, view: MessageView) -> Html | None:
    """The dialog that the app opened last."""
    if not site.views:
        return None
    modal = site.views[-1]
    message = {"ts": "0.0", "user": "", "blocks": modal.get("blocks", [])}
    title = str((modal.get("title") or {}).get("text", "Dialog"))
    return el("details", el("summary", f"The app's last dialog: {title}"), view.blocks(message), class_="modal")


def _forms(site: SlackSite, channel: Channel, person: str) -> Html:
    members = sorted({user.real_name for user in site.users.values() if not user.is_bot} | {person})
    options = [el("option", name, selected=name == person) for name in members]
    write = el(
        "form",
        el("label", el("span", "You are"), el("select", *options, name="person")),
        el("label", el("span", "Message"), void("input", name="text", required=True), class_="wide"),
        el("button", "Send", class_="button primary"),
        method="post",
        action=channel_url(channel.channel_id),
        class_="edit",
    )
    become = el(
        "form",
        el("label", el("span", "Press buttons as"), el("select", *options, name="as")),
        el("button", "Change", class_="button"),
        action=channel_url(channel.channel_id),
        class_="edit",
    )
    where = el(
        "form",
        void("input", type="hidden", name="channel", value=channel.channel_id),
        el(
            "label",
            el("span", "Request URL for button presses (empty: Socket Mode only)"),
            void(
                "input", name="url", value=site.request_url or "", placeholder="http://127.0.0.1:3000/slack/interactive"
            ),
            class_="wide",
        ),
        el("button", "Set", class_="button"),
        method="post",
        action="/slack/request-url",
        class_="edit",
    )
    return join(write, el("details", el("summary", "Buttons"), become, where))
