"""How content that Markdown cannot say is shown in a Markdown view.

A leaf is one token in braces, `{@Ann Smith}` or `{mediaSingle: plan.png}`; a node with children is a fenced container
that shows what is inside. A token is found again in the document it came from by its text alone:

    ::: panel: info
    The text of the panel.
    :::
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

Node = Mapping[str, Any]

# A token opens with `{@` or `{kind: `; the writer escapes these two openings in ordinary text and no other brace.
TOKEN = re.compile(r"\{(?:@|[A-Za-z]\w*: )[^{}\n]*\}")
FENCE = re.compile(r":{3,}")

# Nodes that stand within a line.
INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "placeholder"}
    | {"inlineCard", "mediaInline", "inlineExtension"}
)

_LABEL_LENGTH = 80
_UNSAFE_IN_LABEL = re.compile(r"[{}\s]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Placeholder(NamedTuple):
    """A node as it is shown in a Markdown view; `block` if it stands where blocks stand, not within a line."""

    shown: str
    node: Node
    block: bool

    @property
    def label(self) -> str:
        """What is inside of the braces or between the fences."""
        return self.shown[1:-1] if self.shown[0] == "{" else "\n".join(self.shown.split("\n")[1:-1])


def token_of(node: Node) -> str:
    """The token that stands for a node: its kind and what a person would call it."""
    kind = str(node.get("type", "unknown"))
    attrs = node.get("attrs")
    label = _clean(_label(kind, node, attrs if isinstance(attrs, dict) else {}))
    if kind == "mention":
        return "{@" + label.removeprefix("@") + "}"
    return "{" + _kind_word(kind) + ": " + label + "}"


def container_of(node: Node, body: str) -> str:
    """The fenced container that stands for a node with children, whose text is `body`."""
    longest = max((len(run) for run in FENCE.findall(body)), default=2)
    fence = ":" * max(3, longest + 1)
    attrs = node.get("attrs")
    label = _clean(_container_label(attrs if isinstance(attrs, dict) else {}))
    head = _kind_word(str(node.get("type", "unknown")))
    return f"{fence} {head}{': ' + label if label else ''}\n{body}\n{fence}"


def plain_text(node: Node, limit: int = 1000) -> Iterator[str]:
    """The texts inside a node in reading order, at most `limit` nodes deep into the walk."""
    stack: list[Any] = [node]
    while stack and limit:
        limit -= 1
        current = stack.pop()
        if not isinstance(current, dict):
            continue
        if isinstance(text := current.get("text"), str):
            yield text
        if isinstance(content := current.get("content"), list):
            stack.extend(reversed(content))


def _label(kind: str, node: Node, attrs: Mapping[str, Any]) -> str:
    match kind:
        case "mention" | "status" | "placeholder":
            return str(attrs.get("text") or attrs.get("id") or "")
        case "emoji":
            return str(attrs.get("shortName") or attrs.get("text") or "")
        case "date":
            return _date(attrs.get("timestamp"))
        case "mediaSingle" | "mediaGroup" | "media" | "mediaInline":
            return " ".join(_media_names(node))
        case _:
            return _container_label(attrs) or " ".join(plain_text(node))


def _container_label(attrs: Mapping[str, Any]) -> str:
    for name in ("url", "title", "panelType", "extensionKey", "state", "resourceId"):
        if attrs.get(name):
            return str(attrs[name])
    return ""


def _media_names(node: Node) -> Iterator[str]:
    """Names of the media in a node; the start of the file id tells equal names apart."""
    attrs = node.get("attrs")
    if isinstance(attrs, dict) and node.get("type") in ("media", "mediaInline"):
        name = str(attrs.get("alt") or attrs.get("url") or "").strip()
        yield " ".join(part for part in (name, "#" + str(attrs["id"])[:8] if attrs.get("id") else "") if part)
    content = node.get("content")
    for child in content if isinstance(content, list) else []:
        if isinstance(child, dict) and child.get("type") in ("media", "mediaInline"):
            yield from _media_names(child)


def _date(timestamp: object) -> str:
    """The day of an ADF date, whose timestamp is milliseconds since 1970 in a string."""
    try:
        return (_EPOCH + timedelta(milliseconds=int(str(timestamp)))).date().isoformat()
    except (ValueError, OverflowError):
        return str(timestamp)


def _kind_word(kind: str) -> str:
    return re.sub(r"\W", "", kind) if re.match(r"[A-Za-z]", kind) else "unknown"


def _clean(label: str) -> str:
    """A label on one line without braces, cut to a readable length."""
    text = _UNSAFE_IN_LABEL.sub(" ", label).strip()
    return text if len(text) <= _LABEL_LENGTH else text[: _LABEL_LENGTH - 1].rstrip() + "…"
