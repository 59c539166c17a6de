"""Atlassian documents as HTML for the page."""

from datetime import UTC, datetime
from typing import Any

from javis_pipeline.sandbox.page.links import safe_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void

Node = dict[str, Any]

_WRAPPED = {
    "paragraph": "p",
    "bulletList": "ul",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
    "caption": "figcaption",
}
_MARKS = {"strong": "strong", "em": "em", "strike": "s", "code": "code", "underline": "u"}


def adf_html(node: Node | None) -> Html:
    """The document; what is unknown shows its content."""
    if node is None:
        return el("p", "No description.", class_="empty")
    return _content(node)


def _content(node: Node) -> Html:
    return join(*(_node(child) for child in node.get("content", [])))


def _node(node: Node) -> Html:
    kind, attributes = node.get("type"), node.get("attrs", {})
    match kind:
        case "text":
            return _text(node)
        case "heading":
            return el("h3" if attributes.get("level") in (1, 2) else "h4", _content(node))
        case "expand" | "nestedExpand":
            title = str(attributes.get("title") or "More")
            return el("details", el("summary", title), _content(node), open=True)
        case "layoutSection":
            return el("div", *(el("div", _content(column)) for column in node.get("content", [])), class_="columns")
        case "taskList" | "decisionList":
            return el("ul", _content(node), class_="tasks")
        case "decisionItem":
            return el("li", "⤷ ", _content(node))
        case "codeBlock":
            return el("pre", el("code", _content(node)))
        case "panel":
            return el("div", _content(node), class_=f"panel {attributes.get('panelType', 'info')}")
        case "table":
            return el("div", el("table", el("tbody", _content(node))), class_="scroll")
        case "tableHeader" | "tableCell":
            spans = {name: str(attributes[name]) for name in ("colspan", "rowspan") if name in attributes}
            return el("th" if kind == "tableHeader" else "td", _content(node), **spans)
        case "orderedList":
            return el("ol", _content(node), start=str(attributes.get("order", 1)))
        case "taskItem":
            return el("li", "☑ " if attributes.get("state") == "DONE" else "☐ ", _content(node))
        case "hardBreak":
            return void("br")
        case "rule":
            return void("hr")
        case "mention" | "emoji" | "status":
            return el("span", str(attributes.get("text") or attributes.get("shortName") or "?"), class_="mark")
        case "date":
            return el("time", _day(str(attributes.get("timestamp", ""))))
        case "inlineCard" | "blockCard" | "embedCard":
            return _link(str(attributes.get("url", "")), str(attributes.get("url", "")))
        case "media" | "mediaInline" | "extension" | "inlineExtension":
            return el("span", f"[{attributes.get('extensionKey') or 'picture'}]", class_="mark")
        case _:
            tag = _WRAPPED.get(str(kind))
            return el(tag, _content(node)) if tag else _content(node)


def _day(timestamp: str) -> str:
    """The day of a date, whose timestamp is milliseconds since 1970 in a text."""
    is_one = timestamp.isdecimal() and len(timestamp) < 15  # before the year 5139
    return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat() if is_one else timestamp


def _text(node: Node) -> Html:
    shown = join(str(node.get("text", "")))
    for mark in node.get("marks", []):
        if mark.get("type") == "link":
            shown = _link(str(mark.get("attrs", {}).get("href", "")), shown)
        elif mark.get("type") in ("textColor", "backgroundColor"):
            shown = _coloured(mark, shown)
        elif mark.get("type") in _MARKS:
            shown = el(_MARKS[mark["type"]], shown)
    return shown


def _coloured(mark: Node, shown: Html) -> Html:
    """Coloured words; without a style, which the page's policy forbids."""
    colour = str(mark.get("attrs", {}).get("color", ""))
    return el("font", shown, color=colour) if mark["type"] == "textColor" else el("mark", shown)


def _link(url: str, text: str) -> Html:
    safe = safe_url(url)
    return el("a", text, href=safe, rel="noreferrer") if safe else join(text)
