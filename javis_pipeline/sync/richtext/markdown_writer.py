"""ADF to Markdown: the view of a Jira description that people read and edit.

Paragraphs, headings, lists, tasks, code blocks, rules, quotes, tables and containers are written so that the reader
gives back what they say. Everything else is shown as a placeholder (see `placeholders`). Runs for every issue of a
first load: ordinary text takes the short ways.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from javis_pipeline.sync.richtext.markdown_characters import ORDINARY, TRIMMED, escape, guard_ends, guard_line, plain
from javis_pipeline.sync.richtext.markdown_lines import EMPTY_PARAGRAPH, Seen, lines_of, split_lines
from javis_pipeline.sync.richtext.placeholders import (
    CONTAINERS,
    INLINE,
    Node,
    Placeholder,
    attrs_of,
    children_of,
    container_of,
    plain_text,
    token_of,
)

# Of what is written. Raise it when a document is written otherwise than before: what is stored is carried over then.
VIEW_VERSION = 2
# Deeper nodes are shown as one token: no editor nests this far, and recursion must end before Python ends it.
MAX_DEPTH = 40

_BACKTICKS = re.compile("`+")
_FENCE_INFO = re.compile(r"[^\s`&\\]+(?: [^\s`&\\]+)*")


def adf_to_markdown(doc: Mapping[str, Any] | None) -> str | None:
    """The Markdown view of an ADF document; None for no document or one that shows nothing.

    Never raises for a document of wrong shape: what cannot be read is shown as a placeholder.
    """
    if doc is None:
        return None
    blocks = view_blocks(doc)[0]
    return None if all(block == EMPTY_PARAGRAPH for block in blocks) else "\n\n".join(blocks)


def view_blocks(doc: Mapping[str, Any]) -> tuple[list[str], Seen]:
    """The Markdown of each top-level node, and every placeholder that was written."""
    seen: Seen = []
    return _blocks(children_of(doc), seen, 0), seen


def adf_to_text(doc: Mapping[str, Any] | None) -> str | None:
    """The words of an ADF document without markup, one line per block; None for no document."""
    if doc is None:
        return None
    lines: list[str] = []
    _text_lines(doc, lines, 0)
    return "\n".join(lines).strip() or None


# --- blocks ---------------------------------------------------------------------------------------------------------


def _blocks(nodes: Sequence[Any], seen: Seen, depth: int) -> list[str]:
    texts: list[str] = []
    previous, alternate = "", False
    for node in nodes:
        if not isinstance(node, dict):
            node = {"type": "unknown", "attrs": {"text": str(node)}}
        kind = node.get("type")
        if kind == "paragraph" and depth < MAX_DEPTH:  # most blocks are one
            texts.append(_paragraph(node, seen))
            previous, alternate = "", False
            continue
        # Two lists in a row would read as one; a list marker of the other sort starts a new list.
        sort = _SORTS.get(str(kind), "")
        alternate = sort == previous != "" and not alternate
        previous = sort
        mark = len(seen)
        text = _block(node, seen, depth, alternate) if depth < MAX_DEPTH else None
        if text is None:
            del seen[mark:]
            text = _placeholder(node, seen, depth)
        texts.append(text)
    return texts


_SORTS = {"bulletList": "bullets", "taskList": "bullets", "orderedList": "numbers"}


def _block(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    """The Markdown of a block; None if Markdown cannot say it."""
    match node.get("type"):
        case "bulletList":
            return _bullet_list(node, seen, depth, alternate)
        case "heading":
            return _heading(node, seen)
        case "codeBlock":
            return _code_block(node)
        case "orderedList":
            return _ordered_list(node, seen, depth, alternate)
        case "blockquote":
            return _blockquote(node, seen, depth)
        case "rule":
            return "---"
        case "table":
            return _table(node, seen, depth)
        case "taskList":
            return _task_list(node, seen, depth, "* " if alternate else "- ")
        case "decisionList":
            body = _task_list(node, seen, depth, "- ")
            return None if body is None else container_of(node, body)
        case "mediaSingle":
            return _media_single(node, seen)
        case kind if kind in _CONTAINERS and children_of(node):
            return _container(node, seen, depth)
        case _:
            return None


_CONTAINERS = tuple(container.kind for container in CONTAINERS.values())


def _paragraph(node: Node, seen: Seen) -> str:
    content = node.get("content")
    if not isinstance(content, list) or not content:
        return EMPTY_PARAGRAPH
    if len(content) == 1 and (text := plain(content[0])) is not None:
        return text if ORDINARY.fullmatch(text) else guard_line(escape(text.rstrip(TRIMMED))) or EMPTY_PARAGRAPH
    return lines_of(content, seen)


def _heading(node: Node, seen: Seen) -> str | None:
    level = attrs_of(node).get("level", 1)
    if level not in (1, 2, 3, 4, 5, 6):
        return None
    lines = [guard_ends(line) for line in split_lines(children_of(node), seen)]
    text = EMPTY_PARAGRAPH.join(lines)
    if text.endswith("#"):  # would read as the closing sequence of the heading
        text = text[:-1] + "\\#"
    return f"{'#' * int(level)} {text}" if text else "#" * int(level)


def _list(node: Node, seen: Seen, depth: int, markers: Callable[[int], str]) -> str | None:
    items = children_of(node)
    lines: list[str] = []
    for number, item in enumerate(items):
        if not isinstance(item, dict) or item.get("type") != "listItem":
            return None
        marker = markers(number)
        body = _item_body(children_of(item), seen, depth + 1)
        lines.append(marker + _indent(body, " " * len(marker)))
    return "\n".join(lines) if lines else None


def _item_body(nodes: Sequence[Any], seen: Seen, depth: int) -> str:
    texts = _blocks(nodes, seen, depth)
    if len(texts) < 2:
        return texts[0] if texts else EMPTY_PARAGRAPH
    body = [texts[0]]
    for before, node, text in zip(nodes, nodes[1:], texts[1:], strict=False):
        body.append("\n" if _may_follow_directly(before, node) else "\n\n")
        body.append(text)
    return "".join(body)


def _may_follow_directly(before: Node, node: Node) -> bool:
    """Whether a list may stand right under a paragraph; a numbered one only if it starts at 1."""
    if before.get("type") != "paragraph":
        return False
    return node.get("type") == "bulletList" or (node.get("type") == "orderedList" and _order(node) == 1)


def _bullet_list(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    marker = "* " if alternate else "- "
    return _list(node, seen, depth, lambda _: marker)


def _ordered_list(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    start, end = _order(node), ")" if alternate else "."
    if start is None or start + len(children_of(node)) > 999_999_999:
        return None
    return _list(node, seen, depth, lambda number: f"{start + number}{end} ")


def _order(node: Node) -> int | None:
    order = attrs_of(node).get("order", 1)
    return int(order) if isinstance(order, int | float) and order >= 0 and order == int(order) else None


def _blockquote(node: Node, seen: Seen, depth: int) -> str | None:
    body = "\n\n".join(_blocks(children_of(node), seen, depth + 1))
    return "\n".join("> " + line if line else ">" for line in body.split("\n")) if body else None


def _code_block(node: Node) -> str:
    texts = [child.get("text") for child in children_of(node) if isinstance(child, dict)]
    text = "".join(part for part in texts if isinstance(part, str))
    fence = "`" * (max(2, *map(len, _BACKTICKS.findall(text))) + 1) if "```" in text else "```"
    language = attrs_of(node).get("language")
    info = language if isinstance(language, str) and _FENCE_INFO.fullmatch(language) else ""
    return f"{fence}{info}\n{text}\n{fence}" if text else f"{fence}{info}\n{fence}"


# --- tables and tasks -----------------------------------------------------------------------------------------------


def _table(node: Node, seen: Seen, depth: int) -> str | None:
    """A table as GitHub has it if each cell is a line or some, else a container of rows and cells."""
    rows = _nodes(node, "tableRow")
    if not rows:
        return None
    mark = len(seen)
    lines = [_pipe_row(row, seen) for row in rows]
    if None in lines:
        del seen[mark:]
        return _container(node, seen, depth)
    delimiters = "|" + " --- |" * len(children_of(rows[0]))
    return "\n".join([str(lines[0]), delimiters, *map(str, lines[1:])])


def _nodes(node: Node, *kinds: str) -> Sequence[Node]:
    """The children of a node if each is of one of these kinds; none if not."""
    children = children_of(node)
    return children if all(isinstance(child, dict) and child.get("type") in kinds for child in children) else ()


def _pipe_row(row: Node, seen: Seen) -> str | None:
    cells = [_pipe_cell(cell, seen) for cell in _nodes(row, "tableCell", "tableHeader")]
    if not cells or None in cells:
        return None
    return "| " + " | ".join(map(str, cells)) + " |"


def _pipe_cell(cell: Node, seen: Seen) -> str | None:
    """The text of a cell on one line: `<br>` for a line break, twice for the end of a paragraph."""
    paragraphs = children_of(cell)
    texts = []
    for paragraph in paragraphs:
        if not isinstance(paragraph, dict) or paragraph.get("type") != "paragraph":
            return None
        lines = _cell_lines(children_of(paragraph), seen)
        if not all(lines) and (len(paragraphs) > 1 or len(lines) > 1):
            return None
        texts.append(EMPTY_PARAGRAPH.join(lines))
    return (EMPTY_PARAGRAPH * 2).join(texts).replace("|", "\\|")


def _cell_lines(content: Sequence[Any], seen: Seen) -> list[str]:
    if len(content) == 1 and (text := plain(content[0])) is not None and ORDINARY.fullmatch(text):
        return [text]
    return [guard_ends(line) for line in split_lines(content, seen)]


def _task_list(node: Node, seen: Seen, depth: int, marker: str) -> str | None:
    """Items with a box; a list below an item belongs to it."""
    lines: list[str] = []
    below: list[Node] = []
    for item in _nodes(node, "taskItem", "taskList", "decisionItem"):
        if item.get("type") == "taskList":
            if not lines:
                return None
            below.append(item)
            continue
        lines += _indented_below(below, seen, depth)
        below = []
        text = _task_text(item, seen)
        if text is None:
            return None
        done = attrs_of(item).get("state") in ("DONE", "DECIDED")
        lines.append(f"{marker}[{'x' if done else ' '}] {_indent(text, '  ')}")
    lines += _indented_below(below, seen, depth)
    return "\n".join(lines) if lines else None


def _task_text(item: Node, seen: Seen) -> str | None:
    content = children_of(item)
    if not all(isinstance(child, dict) and child.get("type") in INLINE for child in content):
        return None
    return lines_of(content, seen)


def _indented_below(lists: Sequence[Node], seen: Seen, depth: int) -> Iterator[str]:
    if lists:
        yield "  " + _indent("\n\n".join(_blocks(lists, seen, depth + 1)), "  ")


# --- containers and placeholders ------------------------------------------------------------------------------------

_LEAVES = ("mediaSingle", "mediaGroup", "media")


def _container(node: Node, seen: Seen, depth: int) -> str | None:
    """A container that can be edited; None if it holds what stands within a line."""
    children = children_of(node)
    if any(isinstance(child, dict) and child.get("type") in INLINE for child in children):
        return None
    between = "\n" if node.get("type") in ("table", "tableRow", "layoutSection") else "\n\n"
    return container_of(node, between.join(_blocks(children, seen, depth + 1)))


def _media_single(node: Node, seen: Seen) -> str | None:
    """A picture with a caption is a container; None for one without."""
    children = children_of(node)
    if len(children) != 2 or any(not isinstance(child, dict) for child in children):
        return None
    if [child.get("type") for child in children] != ["media", "caption"]:
        return None
    return container_of(node, lines_of(children_of(children[1]), seen))


def _placeholder(node: Node, seen: Seen, depth: int) -> str:
    if depth >= MAX_DEPTH or node.get("type") in _LEAVES or not children_of(node):
        shown = token_of(node)
    else:
        shown = container_of(node, _opaque_body(node, depth + 1))
    seen.append(Placeholder(shown, node))
    return shown


def _opaque_body(node: Node, depth: int) -> str:
    children = [child for child in children_of(node) if isinstance(child, dict)]
    inside: Seen = []  # what is inside of it is kept or dropped with it
    if any(child.get("type") in INLINE for child in children):
        return lines_of(children, inside)
    return "\n\n".join(_blocks(children, inside, depth))


def _indent(text: str, indent: str) -> str:
    """All lines but the first and the empty ones indented."""
    return _LINE_BREAK.sub("\n" + indent, text) if "\n" in text else text


_LINE_BREAK = re.compile(r"\n(?!\n)")


# --- plain text -----------------------------------------------------------------------------------------------------


def _text_lines(node: Mapping[str, Any], lines: list[str], depth: int) -> None:
    """Append the text lines of a block, its inline content joined; deeper than the limit nothing is told apart."""
    inline: list[str] = []
    for child in children_of(node):
        if not isinstance(child, dict):
            continue
        text = child.get("text")
        kind = child.get("type")
        if isinstance(text, str):
            inline.append(text)
        elif kind == "hardBreak":
            inline.append("\n")
        elif kind in INLINE or kind in _LEAVES:
            inline.append(token_of(child)[1:-1])
        elif depth >= MAX_DEPTH:
            inline.extend(plain_text(child))
        else:
            if inline:
                lines.append("".join(inline))
                inline = []
            _text_lines(child, lines, depth + 1)
    if inline:
        lines.append("".join(inline))
