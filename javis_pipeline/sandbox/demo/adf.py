"""Short words for Atlassian documents, so that the demo's texts stay readable."""

from typing import Any

Adf = dict[str, Any]
Inline = str | Adf


def doc(*blocks: Adf) -> Adf:
    return {"type": "doc", "version": 1, "content": list(blocks)}


def p(*inlines: Inline) -> Adf:
    return {"type": "paragraph", "content": [_inline(inline) for inline in inlines]}


def h(text: str, level: int = 3) -> Adf:
    return {"type": "heading", "attrs": {"level": level}, "content": [_inline(text)]}


def bullets(*items: Inline) -> Adf:
    return {"type": "bulletList", "content": [_item(item) for item in items]}


def steps(*items: Inline) -> Adf:
    return {"type": "orderedList", "attrs": {"order": 1}, "content": [_item(item) for item in items]}


def code(text: str, language: str = "text") -> Adf:
    return {"type": "codeBlock", "attrs": {"language": language}, "content": [_inline(text)]}


def panel(kind: str, *inlines: Inline) -> Adf:
    return {"type": "panel", "attrs": {"panelType": kind}, "content": [p(*inlines)]}


def table(head: list[str], *rows: list[str]) -> Adf:
    lines = [_row("tableHeader", head), *(_row("tableCell", row) for row in rows)]
    return {"type": "table", "attrs": {"isNumberColumnEnabled": False, "layout": "default"}, "content": lines}


def mono(text: str) -> Adf:
    return {"type": "text", "text": text, "marks": [{"type": "code"}]}


def strong(text: str) -> Adf:
    return {"type": "text", "text": text, "marks": [{"type": "strong"}]}


def link(text: str, url: str) -> Adf:
    return {"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": url}}]}


def mention(account_id: str, name: str) -> Adf:
    return {"type": "mention", "attrs": {"id": account_id, "text": f"@{name}"}}


def _inline(inline: Inline) -> Adf:
    return {"type": "text", "text": inline} if isinstance(inline, str) else inline


def _item(item: Inline) -> Adf:
    return {"type": "listItem", "content": [p(item)]}


def _row(kind: str, cells: list[str]) -> Adf:
    return {
        "type": "tableRow",
        "content": [
            {"type": kind, "attrs": {}, "content": [p(cell) if cell else {"type": "paragraph"}]} for cell in cells
        ],
    }
