"""An Atlassian document in Jira's wiki markup, for texts that were written as documents. Pure."""

from collections.abc import Callable
from typing import Any

Node = dict[str, Any]
Mention = Callable[[str], str]
"""Account id to the name that a mention holds."""

_MARKS = {"strong": "*{}*", "em": "_{}_", "strike": "-{}-", "underline": "+{}+", "code": "{{{{{}}}}}"}


def from_adf(document: Node, mention: Mention) -> str:
    """The text of a document; what has no markup of its own is left as its words."""
    return "\n\n".join(filter(None, (_block(block, mention) for block in document.get("content", []))))


def _block(node: Node, mention: Mention) -> str:
    attrs = node.get("attrs", {})
    match node["type"]:
        case "heading":
            return f"h{attrs.get('level', 1)}. {_inline(node, mention)}"
        case "bulletList":
            return "\n".join(_items(node, "*", mention))
        case "orderedList":
            return "\n".join(_items(node, "#", mention))
        case "codeBlock":
            language = attrs.get("language")
            kind = f"code:{language}" if language and language != "text" else "code"
            return f"{{{kind}}}\n{_words(node)}\n{{code}}"
        case "blockquote":
            return f"{{quote}}\n{from_adf(node, mention)}\n{{quote}}"
        case "panel":
            return f"{{panel}}\n{from_adf(node, mention)}\n{{panel}}"
        case "rule":
            return "----"
        case "table":
            return "\n".join(_row(row, mention) for row in node.get("content", []))
        case "paragraph":
            return _inline(node, mention)
        case "taskList" | "decisionList":
            return "\n".join(f"* {_inline(item, mention)}" for item in node.get("content", []))
    return from_adf(node, mention) or _inline(node, mention)


def _items(node: Node, marks: str, mention: Mention) -> list[str]:
    lines: list[str] = []
    for item in node.get("content", []):
        first, *rest = item.get("content") or [{"type": "paragraph"}]
        lines.append(f"{marks} {_inline(first, mention)}")
        for block in rest:
            if block["type"] in ("bulletList", "orderedList"):
                lines += _items(block, marks + ("*" if block["type"] == "bulletList" else "#"), mention)
            else:
                lines[-1] += f"\\\\{_inline(block, mention)}"
    return lines


def _row(row: Node, mention: Mention) -> str:
    cells = row.get("content", [])
    bar = "||" if cells and cells[0]["type"] == "tableHeader" else "|"
    texts = (" ".join(_inline(block, mention) for block in cell.get("content", [])) or " " for cell in cells)
    return bar + bar.join(texts) + bar


def _inline(node: Node, mention: Mention) -> str:
    return "".join(_piece(piece, mention) for piece in node.get("content", []))


def _piece(node: Node, mention: Mention) -> str:
    attrs = node.get("attrs", {})
    match node["type"]:
        case "text":
            return _marked(node)
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~{mention(str(attrs.get('id')))}]"
        case "inlineCard":
            return f"[{attrs.get('url', '')}]"
        case "status":
            return f"*{attrs.get('text', '')}*"
        case "emoji":
            return str(attrs.get("text") or attrs.get("shortName") or "")
    return _inline(node, mention)


def _marked(node: Node) -> str:
    text = str(node["text"])
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        else:
            text = _MARKS.get(mark["type"], "{}").format(text)
    return text


def _words(node: Node) -> str:
    return "".join(str(piece.get("text", "")) for piece in node.get("content", []))
