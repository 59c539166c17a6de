"""Atlassian documents as Jira keeps them: what it refuses, what it rewrites, and their plain text. Pure."""

import re
import uuid
from typing import Any

Node = dict[str, Any]

_WITH_LOCAL_ID = frozenset(
    {"taskList", "taskItem", "decisionList", "decisionItem", "extension", "bodiedExtension", "inlineExtension", "table"}
)
_DEFAULTS: dict[str, Node] = {
    "orderedList": {"order": 1},
    "table": {"isNumberColumnEnabled": False, "layout": "default"},
    "panel": {"panelType": "info"},
    "mediaSingle": {"layout": "center"},
    "tableCell": {},
    "tableHeader": {},
}
_BLOCKS = frozenset(
    {
        "paragraph", "heading", "codeBlock", "blockquote", "rule", "bulletList", "orderedList", "listItem", "panel",
        "table", "tableRow", "tableCell", "tableHeader", "taskList", "taskItem", "decisionList", "decisionItem",
        "expand", "nestedExpand", "mediaSingle", "mediaGroup", "layoutSection", "layoutColumn", "extension",
        "bodiedExtension", "blockCard", "embedCard", "caption", "multiBodiedExtension", "extensionFrame", "syncBlock",
        "bodiedSyncBlock",
    }
)  # fmt: skip
_INLINES = frozenset(
    {
        "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "inlineExtension", "media",
        "mediaInline", "placeholder",
    }
)  # fmt: skip
_SEPARATED = frozenset({"paragraph", "heading", "codeBlock", "rule", "tableRow", "listItem", "taskItem"})


def is_document(value: object) -> bool:
    """Whether Jira takes the value for a document: a `doc` of version 1 whose nodes are known and well formed."""
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        return False
    content = value.get("content")
    return isinstance(content, list) and all(_is_node(node, _BLOCKS) for node in content)


def _is_node(node: object, allowed: frozenset[str]) -> bool:
    if not isinstance(node, dict) or node.get("type") not in allowed:
        return False
    if node["type"] == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    content = node.get("content", [])
    return isinstance(content, list) and all(_is_node(child, _BLOCKS | _INLINES) for child in content)


def stored(document: Node) -> Node:
    """The document as Jira keeps it.

    Equal neighbours in text are merged, defaults are written out, some nodes get a `localId`, empty `content` and
    `marks` go away, lines end in a line feed. The same again changes nothing.
    """
    return _stored_node(document, path="")


def _stored_node(node: Node, path: str) -> Node:
    kind = node["type"]
    attrs = _DEFAULTS.get(kind, {}) | {k: v for k, v in node.get("attrs", {}).items() if v is not None}
    if kind in _WITH_LOCAL_ID and not attrs.get("localId"):
        # From the place in the document, so that the same document is stored the same way twice.
        attrs = attrs | {"localId": str(uuid.uuid5(uuid.NAMESPACE_OID, path + kind))}
    kept: Node = {"type": kind}
    if kind == "doc":
        kept["version"] = 1
    if attrs:
        kept["attrs"] = attrs
    if kind == "text":
        kept["text"] = _lines(node["text"])
        if node.get("marks"):
            kept["marks"] = node["marks"]
        return kept
    content = [_stored_node(child, f"{path}/{place}") for place, child in enumerate(node.get("content", []))]
    if content or kind == "doc":
        kept["content"] = _merged(content)
    if node.get("marks"):
        kept["marks"] = node["marks"]
    return kept


def _merged(nodes: list[Node]) -> list[Node]:
    merged: list[Node] = []
    for node in nodes:
        last = merged[-1] if merged else None
        if last and last["type"] == node["type"] == "text" and last.get("marks") == node.get("marks"):
            merged[-1] = last | {"text": last["text"] + node["text"]}
        else:
            merged.append(node)
    return merged


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def of_text(text: str) -> Node:
    """A document with one paragraph for each block of lines."""
    content = []
    for block in re.split(r"\n\s*\n", _lines(text).strip("\n")):
        inline: list[Node] = []
        for line in block.split("\n"):
            if inline:
                inline.append({"type": "hardBreak"})
            if line:
                inline.append({"type": "text", "text": line})
        content.append({"type": "paragraph", "content": inline} if inline else {"type": "paragraph"})
    return {"type": "doc", "version": 1, "content": content}


def plain_text(node: Node) -> str:
    """The words of a document, as changelogs and text search have them."""
    parts: list[str] = []
    _collect(node, parts)
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()


def _collect(node: Node, parts: list[str]) -> None:
    kind, attrs = node.get("type"), node.get("attrs", {})
    if kind == "text":
        parts.append(node.get("text", ""))
    elif kind == "hardBreak":
        parts.append("\n")
    elif kind in ("mention", "emoji", "status"):
        parts.append(str(attrs.get("text") or attrs.get("shortName") or ""))
    elif kind == "inlineCard":
        parts.append(str(attrs.get("url", "")))
    for child in node.get("content", ()):
        _collect(child, parts)
    if kind in _SEPARATED:
        parts.append("\n")
