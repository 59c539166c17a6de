"""The Markdown of a page for people and for the AI: to read, never to write back."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.richtext.storage.xhtml import INLINE, Child, Element, Text, parse_storage

_MARKS = {
    "strong": "strong", "b": "strong", "em": "em", "i": "em", "code": "code", "tt": "code", "kbd": "code",
    "s": "strike", "del": "strike", "strike": "strike",
}  # fmt: skip
_PANELS = {"info": "info", "note": "note", "tip": "success", "warning": "warning", "panel": "note"}
_CODE_MACROS = ("code", "noformat")
_BLANKS = re.compile(r"[ \t\r\n]+")


def storage_to_markdown(body: str | None) -> str | None:
    """The page's content as Markdown; what Markdown has no words for is shown as a placeholder with its name.

    Raises:
        UnreadableText: The body is no storage XHTML.
    """
    return adf_to_markdown({"content": _blocks(parse_storage(body or "").root.children)})


def _blocks(children: Sequence[Child]) -> list[dict[str, Any]]:
    """Block nodes; inline content between blocks becomes a paragraph."""
    nodes: list[dict[str, Any]] = []
    line: list[dict[str, Any]] = []
    for child in children:
        block = _block(child) if isinstance(child, Element) else None
        if block is None:
            line += _inline(child, ())
            continue
        nodes += [*_paragraph(line), *block]
        line = []
    return [*nodes, *_paragraph(line)]


def _block(element: Element) -> list[dict[str, Any]] | None:
    """The block nodes of an element; None if it stands within a line."""
    name = element.name
    match name:
        case "p":  # may hold a macro that is a block
            return _blocks(element.children)
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return [_node("heading", _line(element), level=int(name[1]))]
        case "ul" | "ol":
            return _list(element)
        case "blockquote":
            inside = _blocks(element.children)
            return [_node("blockquote", inside)] if inside else []
        case "hr":
            return [_node("rule")]
        case "pre":
            return [_code(element.text(), "")]
        case "table":
            caption = element.find("caption")
            above = _blocks(caption.children) if caption is not None else []
            return [*above, _node("table", list(_rows(element)))]
        case "ac:task-list":
            return [_node("taskList", list(_tasks(element)))]
        case "ac:adf-extension":
            return _extension(element)
        case "ac:structured-macro" | "ac:macro":
            return _macro(element)
        case _ if name in INLINE or name.startswith("ri:"):
            return None
        case _:  # columns, divisions and what else only holds blocks
            return _blocks(element.children)


def _list(element: Element) -> list[dict[str, Any]]:
    items = [_item(child) for child in element.children if isinstance(child, Element)]
    if element.name == "ul":
        return [_node("bulletList", items)] if items else []
    start = element.attrs.get("start", "1")
    return [_node("orderedList", items, order=int(start) if start.isdecimal() else 1)] if items else []


def _extension(element: Element) -> list[dict[str, Any]]:
    """A node of the new editor: a panel of a sort of its own, or what else it holds; the fallback says it once more."""
    node = element.find("ac:adf-node")
    if node is None:
        fallback = element.find("ac:adf-fallback")
        return _blocks(fallback.children) if fallback is not None else []
    inside = [block for child in node.children if isinstance(child, Element) for block in _adf_content(child)]
    if node.attrs.get("type") != "panel":
        return inside
    sort = node.find("ac:adf-attribute", "key", "panel-type")
    return [_node("panel", inside, panelType=sort.text().strip() if sort is not None else "custom")]


def _adf_content(element: Element) -> list[dict[str, Any]]:
    match element.name:
        case "ac:adf-content":
            return _blocks(element.children)
        case "ac:adf-node":
            return [block for child in element.children if isinstance(child, Element) for block in _adf_content(child)]
        case _:
            return []


def _macro(element: Element) -> list[dict[str, Any]] | None:
    name = element.attrs.get("ac:name", "")
    body = element.find("ac:rich-text-body")
    if name in _CODE_MACROS:
        plain = element.find("ac:plain-text-body")
        return [_code(plain.text() if plain is not None else "", _parameter(element, "language"))]
    if body is None:
        return None
    if name in _PANELS:
        return [_node("panel", _blocks(body.children), panelType=_PANELS[name])]
    return [_node(name or "macro", _blocks(body.children), title=_parameter(element, "title"))]


def _item(element: Element) -> dict[str, Any]:
    return _node("listItem", _blocks(element.children) or [_node("paragraph")])


def _tasks(tasks: Element) -> Iterator[dict[str, Any]]:
    """Each task with its state, and the tasks below it."""
    for task in tasks.children:
        if not isinstance(task, Element):
            continue
        status, body = task.find("ac:task-status"), task.find("ac:task-body")
        inside = body.children if body is not None else []
        below = [child for child in inside if isinstance(child, Element) and child.name == "ac:task-list"]
        line = [node for child in inside if child not in below for node in _inline(child, ())]
        done = status is not None and status.text().strip() == "complete"
        yield _node("taskItem", line, state="DONE" if done else "TODO")
        for more in below:
            yield _node("taskList", list(_tasks(more)))


def _rows(table: Element) -> Iterator[dict[str, Any]]:
    for child in table.children:
        if isinstance(child, Element):
            if child.name == "tr":
                cells = [cell for cell in child.children if isinstance(cell, Element)]
                yield _node("tableRow", [_node("tableCell", _blocks(cell.children)) for cell in cells])
            elif child.name in ("thead", "tbody", "tfoot"):
                yield from _rows(child)


def _code(text: str, language: str) -> dict[str, Any]:
    return _node("codeBlock", [{"type": "text", "text": text}] if text else [], language=language)


def _line(element: Element) -> list[dict[str, Any]]:
    return [node for child in element.children for node in _inline(child, ())]


def _inline(child: Child, marks: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Inline nodes of a child, its text with these marks."""
    if isinstance(child, Text):
        return [_text(_BLANKS.sub(" ", child.value), marks)]
    if not isinstance(child, Element):
        return []
    match child.name:
        case "br":
            return [_node("hardBreak")]
        case "time":
            return [_text(child.attrs.get("datetime", ""), marks)]
        case "ac:emoticon":
            name = child.attrs.get("ac:emoji-shortname") or child.attrs.get("ac:name", "")
            return [_node("emoji", shortName=name)]
        case "ac:image":
            caption = child.find("ac:caption")
            below = [_text(f" {caption.text().strip()}", ())] if caption is not None else []
            return [_node("image", title=child.attrs.get("ac:alt") or _target(child)), *below]
        case "ac:structured-macro" | "ac:macro":
            return _inline_macro(child)
        case "ac:link":
            return _link(child, marks)
        case "ac:placeholder" | "ac:parameter":
            return []
        case _:
            inside = _with_mark(child, marks)
            return [node for part in child.children for node in _inline(part, inside)]


def _with_mark(element: Element, marks: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    if element.name == "a" and "href" in element.attrs:
        return (*marks, {"type": "link", "attrs": {"href": element.attrs["href"]}})
    mark = _MARKS.get(element.name)
    return (*marks, {"type": mark}) if mark is not None else marks


def _inline_macro(element: Element) -> list[dict[str, Any]]:
    """A macro within a line: an issue by its key, a status by its text, any other by its name."""
    name = element.attrs.get("ac:name", "")
    if name == "jira" and (shown := _parameter(element, "key") or _parameter(element, "jqlQuery")):
        return [_text(shown, ())]
    if name == "profile" and (user := element.find("ac:parameter", "ac:name", "user")) is not None:
        return [_node("mention", text=_target(user))]
    if name == "status":
        return [_node("status", text=_parameter(element, "title"))]
    return [_node("macro", title=name)]


def _link(element: Element, marks: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """A link to a page, a file or a person, by its text or else by the name of what it leads to."""
    user = element.find("ri:user")
    if user is not None:
        return [_node("mention", text=_target(element))]
    body = element.find("ac:link-body") or element.find("ac:plain-text-link-body")
    if body is not None:
        return [node for part in body.children for node in _inline(part, marks)]
    return [_text(_target(element) or element.attrs.get("ac:anchor", ""), marks)]


def _target(element: Element) -> str:
    """The name of the resource that a link or an image leads to."""
    names = (
        "ri:content-title",
        "ri:filename",
        "ri:value",
        "ri:account-id",
        "ri:username",
        "ri:userkey",
        "ri:space-key",
    )
    for child in element.children:
        if isinstance(child, Element):
            for name in names:
                if name in child.attrs:
                    return child.attrs[name]
    return ""


def _parameter(macro: Element, name: str) -> str:
    parameter = macro.find("ac:parameter", "ac:name", name)
    return parameter.text().strip() if parameter is not None else ""


def _paragraph(line: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A paragraph of these inline nodes, without the blanks at line starts that XHTML does not show; none of blanks."""
    shown: list[dict[str, Any]] = []
    for node in line:
        at_start = not shown or shown[-1]["type"] == "hardBreak"
        if at_start and node["type"] == "text":
            node = {**node, "text": node["text"].lstrip(" ")}
        if node.get("text") != "":
            shown.append(node)
    return [_node("paragraph", shown)] if any(node["type"] != "hardBreak" for node in shown) else []


def _text(value: str, marks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "text", "text": value, "marks": list(marks)}


def _node(kind: str, content: Sequence[dict[str, Any]] = (), **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}
