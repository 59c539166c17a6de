"""Slack messages as HTML for the page: mrkdwn and Block Kit, with buttons that work."""

import re
from datetime import UTC, datetime
from typing import Any

from javis_pipeline.sandbox.page.links import safe_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void
from javis_pipeline.sandbox.slack.interaction import button_id
from javis_pipeline.sandbox.slack.site import SlackSite

Json = dict[str, Any]

_EMOJI = {
    "warning": "⚠️", "white_check_mark": "✅", "x": "❌", "rotating_light": "🚨", "bulb": "💡", "eyes": "👀",
    "large_green_circle": "🟢", "large_yellow_circle": "🟡", "red_circle": "🔴", "large_orange_circle": "🟠",
    "calendar": "📅", "chart_with_upwards_trend": "📈", "hourglass": "⌛", "no_entry": "⛔", "fire": "🔥",
    "arrow_right": "➡️", "tada": "🎉", "memo": "📝", "link": "🔗", "busts_in_silhouette": "👥",
}  # fmt: skip
_QUOTE = re.compile(r"(^>[^\n]*(?:\n>[^\n]*)*)", re.MULTILINE)
_TOKEN = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>|:(?P<emoji>[a-z0-9_+-]+):"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])|(?<!\w)~(?P<strike>[^~\n]+)~(?!\w)",
    re.DOTALL,
)


class MessageView:
    """Shows the messages of one channel.

    Args:
        site: The workspace.
        channel_id: The channel, for the forms of its buttons.
        person: Name of the person who looks and presses.
    """

    def __init__(self, site: SlackSite, *, channel_id: str, person: str) -> None:
        self._site = site
        self._channel_id = channel_id
        self._person = person

    def message(self, message: Json) -> Html:
        """One message with its picture, name, time, content, files and reactions."""
        name, is_app = self._author(message)
        blocks = self.blocks(message)
        words = None if blocks else el("div", self.mrkdwn(message.get("text", "")), class_="text")
        head = join(
            el("strong", name),
            el("span", "APP", class_="app") if is_app else None,
            el("time", _clock(message["ts"])),
            el("span", "(edited)", class_="quiet") if "edited" in message else None,
            el("span", "only visible to one member", class_="quiet") if "ephemeral_for" in message else None,
        )
        body = el("div", el("div", head, class_="who"), words, blocks, *map(self._file, message.get("files", [])),
                  self._reactions(message), class_="body")  # fmt: skip
        face = el("div", "J" if is_app else name[:1], class_="face app-face" if is_app else "face")
        anchor = "p" + message["ts"].replace(".", "")
        return el("article", face, body, id=anchor, class_="message")

    def blocks(self, message: Json) -> Html:
        """The blocks of a message."""
        return join(*(self._block(block, message) for block in message.get("blocks") or []))

    def mrkdwn(self, text: str) -> Html:
        """Slack's own marks as HTML; `&amp;`, `&lt;` and `&gt;` are what they stand for."""
        pieces = _QUOTE.split(text)
        quoted = [el("blockquote", self._marks(piece.replace("\n>", "\n")[1:].strip())) for piece in pieces[1::2]]
        plain = [self._marks(piece.strip("\n")) if len(pieces) > 1 else self._marks(piece) for piece in pieces[::2]]
        return join(plain[0], *(join(quote, rest) for quote, rest in zip(quoted, plain[1:], strict=True)))

    def _marks(self, text: str) -> Html:
        parts: list[str] = []
        end = 0
        for match in _TOKEN.finditer(text):
            parts += [_plain(text[end : match.start()]), self._marked(match)]
            end = match.end()
        return join(*parts, _plain(text[end:]))

    def _marked(self, match: re.Match[str]) -> Html:
        if match["block"]:
            return el("pre", el("code", _unescaped(match["block"].strip("\n"))))
        if match["code"]:
            return el("code", _unescaped(match["code"]))
        if match["angle"]:
            return self._angle(match["angle"])
        if match["emoji"]:
            return join(_EMOJI.get(match["emoji"], match[0]))
        for name, tag in (("bold", "strong"), ("italic", "em"), ("strike", "s")):
            if match[name]:
                return el(tag, self._marks(match[name]))
        return join(match[0])

    def _angle(self, inside: str) -> Html:
        target, _, label = inside.partition("|")
        if target.startswith("@"):
            user = self._site.users.get(target[1:])
            return el("span", f"@{user.real_name if user else target[1:]}", class_="mark")
        if target.startswith("#"):
            channel = self._site.channels.get(target[1:])
            return el("span", f"#{channel.name if channel else label or target[1:]}", class_="mark")
        if target.startswith("!"):
            return el("span", label or f"@{target[1:].split('^')[0]}", class_="mark loud")
        safe = safe_url(_unescaped(target))
        return el("a", _unescaped(label or target), href=safe, rel="noreferrer") if safe else _plain(inside)

    def _block(self, block: Json, message: Json) -> Html:
        match block.get("type"):
            case "header":
                return el("h3", self._text(block.get("text")))
            case "divider":
                return void("hr")
            case "section":
                return self._section(block, message)
            case "context":
                return el("div", *(self._context(each) for each in block["elements"]), class_="context")
            case "actions":
                return el("div", *(self._element(each, block, message) for each in block["elements"]), class_="actions")
            case "image":
                return self._image(block)
            case "markdown":
                return el("div", str(block.get("text", "")), class_="text pre")
            case _:
                return el("div", *(join(text, void("br")) for text in _texts(block)), class_="text")

    def _section(self, block: Json, message: Json) -> Html:
        text = el("div", self._text(block.get("text")), class_="text") if "text" in block else None
        fields = [el("div", self._text(field)) for field in block.get("fields", [])]
        shown = join(text, el("div", *fields, class_="fields") if fields else None)
        if "accessory" not in block:
            return shown
        side = el("div", self._element(block["accessory"], block, message), class_="accessory")
        return el("div", el("div", shown), side, class_="section")

    def _context(self, element: Json) -> Html:
        return self._image(element) if element.get("type") == "image" else el("span", self._text(element))

    def _element(self, element: Json, block: Json, message: Json) -> Html:
        if element.get("type") == "image":
            return self._image(element)
        if element.get("type") != "button":
            return el("span", f"[{element.get('type')}]", class_="mark")
        style = f"button {element.get('style', '')}".strip()
        label = self._text(element.get("text"))
        url = safe_url(str(element.get("url", "")))
        if url:
            return el("a", label, href=url, class_=style, rel="noreferrer")
        hidden = {
            "channel": self._channel_id,
            "ts": message["ts"],
            "block_id": str(block.get("block_id", "")),
            "action_id": button_id(element),
            "person": self._person,
        }
        inputs = [void("input", type="hidden", name=name, value=value) for name, value in hidden.items()]
        asked = element.get("confirm", {}).get("text", {}).get("text")
        button = el("button", label, class_=style, title=asked)
        return el("form", *inputs, button, method="post", action="/slack/press")

    def _image(self, image: Json) -> Html:
        url = safe_url(str(image.get("image_url", "")))
        alt = str(image.get("alt_text", ""))
        return void("img", src=url, alt=alt, loading="lazy") if url else el("span", f"[{alt}]", class_="mark")

    def _text(self, text: Json | None) -> Html:
        if not isinstance(text, dict):
            return Html()
        shown = str(text.get("text", ""))
        if text.get("type") == "mrkdwn":
            return self.mrkdwn(shown)
        return join(re.sub(r":([a-z0-9_+-]+):", lambda match: _EMOJI.get(match[1], match[0]), shown))

    def _file(self, file: Json) -> Html:
        upload = self._site.uploads.get(file["id"])
        if upload is None:
            return el("span", "[deleted file]", class_="mark")
        source = f"/slack/files/{upload.file_id}/{upload.name}"
        title = upload.title or upload.name
        if upload.name.lower().endswith((".png", ".jpg", ".jpeg", ".gif")):
            picture = void("img", src=source, alt=upload.alt_text or title, loading="lazy")
            return el("figure", el("figcaption", title), el("a", picture, href=source))
        return el("p", el("a", title, href=source))

    def _reactions(self, message: Json) -> Html | None:
        shown = [
            el("span", f"{_EMOJI.get(reaction['name'], reaction['name'])} {reaction['count']}", class_="mark")
            for reaction in message.get("reactions", [])
        ]
        return el("div", *shown) if shown else None

    def _author(self, message: Json) -> tuple[str, bool]:
        user = self._site.users.get(str(message.get("user")))
        return (user.real_name if user else "somebody"), bool(user and user.is_bot)


def _texts(value: Any) -> list[str]:
    """All texts in a block, in order."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(text: str) -> Html:
    lines = _unescaped(text).split("\n")
    return join(*(join(void("br") if number else None, line) for number, line in enumerate(lines)))


def _clock(ts: str) -> str:
    return datetime.fromtimestamp(float(ts), UTC).strftime("%a %d %b, %H:%M")
