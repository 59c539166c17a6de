"""Atlassian documents as HTML for the page."""

from typing import Any

from javis_pipeline.sandbox.page.links import safe_url
from javis_pipeline.sandbox.page.markup import Html, el, join, void

Node = dict[str, Any]

_WRAPPED = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
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
        case "taskItem":
            return el("li", "☑ " if attributes.get("state") == "DONE" else "☐ ", _content(node))
        case "hardBreak":
            return void("br")
        case "rule":
            return void("hr")
        case "mention" | "emoji" | "status":
            return el("span", str(attributes.get("text") or attributes.get("shortName") or "?"), class_="mark")
        case "inlineCard" | "blockCard" | "embedCard":
            return _link(str(attributes.get("url", "")), str(attributes.get("url", "")))
        case "media" | "mediaInline" | "extension" | "inlineExtension":
            return el("span", f"[{attributes.get('extensionKey') or 'picture'}]", class_="mark")
        case _:
            tag = _WRAPPED.get(str(kind))
            return el(tag, _content(node)) if tag else _content(node)


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
