"""How content that Markdown has no syntax for is shown in a Markdown view.

A leaf is one token in braces, `{@Ann Smith}` or `{mediaSingle: plan.png}`, and is found again in the document it came
from by its text. A node with children is a fenced container, in which what is inside can be edited:

    ::: panel: info
    The text of the panel.
    :::
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

Node = Mapping[str, Any]

# A token opens with `{@` or `{kind: `; the writer escapes these two openings in ordinary text and no other brace.
TOKEN = re.compile(r"\{(?:@|[A-Za-z]\w*: )[^{}\n]*\}")
FENCE = re.compile(r":{3,}")

# Nodes that stand within a line. No set: what a damaged node has as its type may be of any sort.
INLINE = (
    *("text", "hardBreak", "mention", "emoji", "date", "status", "placeholder"),
    *("inlineCard", "mediaInline", "inlineExtension"),
)

_LABEL_LENGTH = 80
_UNSAFE_IN_LABEL = re.compile(r"[{}\s]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_NOTHING: Mapping[str, Any] = {}


def children_of(node: Node) -> Sequence[Any]:
    """The content of a node, none if it is no list."""
    content = node.get("content")
    return content if isinstance(content, list) else ()


def nodes_within(nodes: Iterable[Any]) -> Iterator[Node]:
    """These nodes and all that are in them, at any depth; what is no node is left out."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            if "content" in node:  # most are texts
                waiting += children_of(node)


def attrs_of(node: Node) -> Mapping[str, Any]:
    """The attributes of a node, none if they are no object."""
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else _NOTHING


class Container(NamedTuple):
    """A kind of fenced container that can be edited: the ADF node that it is, and the attribute in its first line."""

    kind: str
    label: str = ""


CONTAINERS: Mapping[str, Container] = {
    "panel": Container("panel", "panelType"),
    "expand": Container("expand", "title"),
    "nestedExpand": Container("nestedExpand", "title"),
    "layoutSection": Container("layoutSection"),
    "layoutColumn": Container("layoutColumn"),
    "table": Container("table"),
    "row": Container("tableRow"),
    "cell": Container("tableCell"),
    "header": Container("tableHeader"),
    "taskList": Container("taskList"),
    "decisionList": Container("decisionList"),
    "mediaSingle": Container("mediaSingle", "shown"),
    "bodiedExtension": Container("bodiedExtension", "shown"),
    "bodiedSyncBlock": Container("bodiedSyncBlock", "shown"),
}
_WORDS: Mapping[str, str] = {container.kind: word for word, container in CONTAINERS.items()}


def read_head(line: str) -> tuple[str, str]:
    """The word for the kind of a container and what follows it, of the line that opens it."""
    word, _, label = line.strip().lstrip(":").partition(":")
    return word.strip(), label.strip()


def kind_of_token(shown: str) -> str | None:
    """The kind of node that a token stands for, if that stands where blocks stand."""
    kind = "mention" if shown.startswith("{@") else shown[1:].partition(":")[0]
    return None if kind in INLINE else kind


class Placeholder(NamedTuple):
    """A node as it is shown in a Markdown view."""

    shown: str
    node: Node


def token_of(node: Node) -> str:
    """The token that stands for a node: its kind and what a person would call it."""
    kind = str(node.get("type", "unknown"))
    label = _clean(_label(kind, node, attrs_of(node)))
    if kind == "mention":
        return "{@" + label.removeprefix("@") + "}"
    return "{" + _kind_word(kind) + ": " + label + "}"


def container_of(node: Node, body: str) -> str:
    """The fenced container that stands for a node with children, whose text is `body`."""
    longest = max((len(run) for run in FENCE.findall(body)), default=2)
    fence = ":" * max(3, longest + 1)
    kind = str(node.get("type", "unknown"))
    label = head_label(node)
    head = _WORDS.get(kind) or _kind_word(kind)
    inside = f"{body}\n" if body else ""
    return f"{fence} {head}{': ' + label if label else ''}\n{inside}{fence}"


def head_label(node: Node) -> str:
    """What the first line of a container says beside its kind: all of a title, else what it would be called."""
    attrs = attrs_of(node)
    kind = str(node.get("type"))
    if kind in ("expand", "nestedExpand"):
        return " ".join(str(attrs.get("title") or "").split())
    if kind == "mediaSingle":
        return _clean(" ".join(_media_names(node)))
    return "" if kind in _UNLABELLED else _clean(_container_label(attrs))


_UNLABELLED = frozenset(container.kind for container in CONTAINERS.values() if not container.label)


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
        stack.extend(reversed(children_of(current)))


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
    attrs = attrs_of(node)
    if node.get("type") in ("media", "mediaInline"):
        name = str(attrs.get("alt") or attrs.get("url") or "").strip()
        yield " ".join(part for part in (name, "#" + str(attrs["id"])[:8] if attrs.get("id") else "") if part)
    for child in children_of(node):
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


def spelled(value: object) -> str:
    """One JSON text per value, for comparing: a number is the same whether it was read as a float or as a Decimal."""
    return spelled_plain(with_plain_numbers(value))


def spelled_plain(value: object) -> str:
    """One JSON text per value in which each number is in its plain form already."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def with_plain_numbers(value: object) -> object:
    """The value with each number as an integer if it is whole, else as a float."""
    if isinstance(value, Mapping):
        return {name: with_plain_numbers(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_plain_numbers(part) for part in value]
    if isinstance(value, float | Decimal):
        return int(value) if value == int(value) else float(value)
    return value
