"""Markdown to what it says: reads what people write in the view of a description.

CommonMark with strikethrough, tables, tasks and fenced containers. What has no place in ADF (an image, a fence that is
not closed) is not bent into something else: it is told as wrong, with its line, and the edit waits for the person.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from markdown_it.token import Token

from javis_pipeline.sync.richtext.markdown_syntax import MAX_NESTING, TOO_MANY_BRACKETS, markdown, read_lines
from javis_pipeline.sync.richtext.placeholders import CONTAINERS, kind_of_token, read_head
from javis_pipeline.sync.richtext.said import Mark, Said, plain_said, words_of, wrong


class Reading(NamedTuple):
    """The blocks of a Markdown text; `unread` says why, where some of it was not read."""

    blocks: tuple[Said, ...]
    unread: tuple[str, ...]


def read_markdown(text: str) -> Reading:
    """What a Markdown text says."""
    return read_pieces(split_markdown(text))


class Piece(NamedTuple):
    """A top-level block of a Markdown text: the number of its first line, its source, and the tokens of its blocks."""

    line: int
    text: str
    tokens: Sequence[Token]


def split_markdown(text: str) -> list[Piece]:
    """The top-level blocks of a text, without the blank lines between them."""
    lines = _normal_lines(text)
    tokens: list[Token] = []
    markdown().block.parse("\n".join(lines), markdown(), {}, tokens)
    pieces: list[Piece] = []
    for at, end in _stretches(tokens):
        start, stop = tokens[at].map or (0, 0)
        pieces.append(Piece(start + 1, "\n".join(lines[start:stop]).rstrip("\n"), tokens[at:end]))
    return pieces


def read_pieces(pieces: Iterable[Piece]) -> Reading:
    """What pieces of a text say; each is read once at most, for its tokens are filled in."""
    tokens = [token for piece in pieces for token in piece.tokens]
    seen: dict[str, Any] = {}
    read_lines(tokens, seen)
    unread = [_TOO_MANY_BRACKETS] if TOO_MANY_BRACKETS in seen else []
    if any(token.level >= MAX_NESTING - 1 for token in tokens):  # markdown-it leaves out what is deeper
        unread.append("the text is nested too deep")
    return Reading(tuple(_blocks(tokens)), tuple(unread))


_TOO_MANY_BRACKETS = "so many brackets cannot be read: write a backslash before each [ that begins no link"


def _normal_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")


# --- tokens to what they say ----------------------------------------------------------------------------------------

_MARKS = {"strong": "strong", "em": "em", "s": "strike"}
_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")


def _line_of(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0


def _blocks(tokens: Sequence[Token]) -> Iterator[Said]:
    """The blocks of a balanced stretch of block tokens."""
    for token, inside in _pieces(tokens):
        yield _block(token, inside)


def _block(token: Token, inside: Sequence[Token]) -> Said:
    line = _line_of(token)
    match token.type:
        case "paragraph_open":
            return _paragraph(_inline(inside[0], line), line)
        case "heading_open":
            return Said("heading", _inline(inside[0], line), (("level", int(token.tag[1:])),), line=line)
        case "bullet_list_open":
            return _bullets(inside)
        case "plain_list":
            return Said("bulletList", tuple(_plain_items(token)), line=line)
        case "ordered_list_open":
            start = token.attrGet("start")
            order = (("order", 1 if start is None else int(start)),)
            return Said("orderedList", _items(inside), order, line=line)
        case "blockquote_open":
            return Said("blockquote", tuple(_blocks(inside)) or (Said("paragraph"),), line=line)
        case "fence" | "code_block":
            return _code(token, line)
        case "hr":
            return Said("rule", line=line)
        case "container_open":
            return _container(token, inside, line)
        case "table":
            return Said("table", tuple(_row(cells, at + 1) for at, cells in token.meta["rows"]), line=line)
        case _:
            raise AssertionError(f"a rule of the reader made an unknown token {token.type}")


def _code(token: Token, line: int) -> Said:
    attrs = (("language", token.info.strip()),)
    code = Said("codeBlock", attrs=attrs, text=token.content.removesuffix("\n"), line=line)
    if token.type == "code_block" or _is_closed(token):
        return code
    return wrong(f"the fence {token.markup} is not closed: add a line of {token.markup}", [code], line)


def _is_closed(fence: Token) -> bool:
    """Whether there are two lines more than those of the code; the last line of a text has no end."""
    start, end = fence.map or (0, 0)
    lines = fence.content.count("\n") + (fence.content[-1:] not in ("", "\n"))
    return end - start == lines + 2


def _items(tokens: Sequence[Token]) -> tuple[Said, ...]:
    return tuple(
        Said("listItem", tuple(_blocks(inside)) or (Said("paragraph"),), line=_line_of(item))
        for item, inside in _pieces(tokens)
    )


def _plain_items(token: Token) -> Iterator[Said]:
    for at, words in enumerate(token.meta["words"], start=_line_of(token)):
        yield Said("listItem", (Said("paragraph", (Said("text", text=words),), line=at),), line=at)


def _bullets(tokens: Sequence[Token]) -> Said:
    """A bullet list, or a list of tasks if each item begins with a box."""
    boxes = [_TASK.match(_first_line(inside)) is not None for _, inside in _pieces(tokens)]
    lists = [
        _tasks(items) if is_task else Said("bulletList", items, line=items[0].line)
        for is_task, items in _runs(boxes, _items(tokens))
    ]
    if len(lists) == 1:
        return lists[0]
    return wrong(MIXED_LIST, lists, next(part.line for part in lists if part.kind == "bulletList"))


MIXED_LIST = "a list holds tasks or other items, not both: give each item a box like - [ ], or none"


def _runs(boxes: Sequence[bool], items: Sequence[Said]) -> Iterator[tuple[bool, tuple[Said, ...]]]:
    """The items in runs of those with a box and those without."""
    for is_task, run in groupby(zip(boxes, items, strict=True), key=itemgetter(0)):
        yield is_task, tuple(item for _, item in run)


def _tasks(items: Sequence[Said]) -> Said:
    return Said("taskList", tuple(part for item in items for part in _task(item)), line=items[0].line)


def _container(token: Token, inside: Sequence[Token], line: int) -> Said:
    if not token.info:
        first = token.content.split("\n", 1)[0].rstrip()
        what = "closes nothing" if first == first[0] * len(first) else "is not closed: add the line of colons"
        return wrong(f"the fence {first} {what}", _blocks(inside), line)
    kind, label = read_head(token.content.split("\n", 1)[0])
    container = CONTAINERS.get(kind)
    if container is None:
        return Said("opaque", text=token.content, line=line)
    attrs = ((container.label, label),)
    content = tuple(_blocks(inside))
    if kind == "table":
        content = tuple(row for part in content for row in (part.content if part.kind == "table" else (part,)))
    elif kind in ("taskList", "decisionList"):
        return _task_container(kind, token.content, content, line)
    elif kind == "mediaSingle":
        if len(content) != 1 or content[0].kind != "paragraph":
            return Said("opaque", text=token.content, line=line)
        content = (Said("caption", content[0].content, line=line),)
    return Said(container.kind, content, attrs if container.label else (), line=line)


def _task_container(kind: str, text: str, content: tuple[Said, ...], line: int) -> Said:
    if len(content) != 1 or content[0].kind != "taskList":
        return wrong(f"{kind} holds nothing but lines like - [ ] something", [plain_said(text, line)], line)
    items = content[0].content
    if kind == "taskList":
        return content[0]
    if any(item.kind != "taskItem" for item in items):
        return wrong("a decision holds one line of text", [plain_said(text, line)], line)
    return Said(kind, tuple(Said("decisionItem", i.content, i.attrs, line=i.line) for i in items), line=line)


def _row(cells: Sequence[str | Token], line: int) -> Said:
    return Said("tableRow", tuple(Said("cell", _cell(cell, line), line=line) for cell in cells), line=line)


def _cell(cell: str | Token, line: int) -> tuple[Said, ...]:
    """The paragraphs of a cell, which two line breaks part."""
    if isinstance(cell, str):
        return (Said("paragraph", (Said("text", text=cell),), line=line),)
    parts: list[list[Said]] = [[]]
    for node in _inline(cell, line):
        if node.kind == "hardBreak" and parts[-1] and parts[-1][-1].kind == "hardBreak":
            parts[-1].pop()
            parts.append([])
        else:
            parts[-1].append(node)
    return tuple(_paragraph(tuple(part), line) for part in parts)


def _paragraph(content: tuple[Said, ...], line: int) -> Said:
    if len(content) == 1 and content[0].kind == "token" and kind_of_token(content[0].text) is not None:
        return Said("token", text=content[0].text, line=line)
    return Said("paragraph", _without_one_break(content), line=line)


def _without_one_break(content: tuple[Said, ...]) -> tuple[Said, ...]:
    """A line of breaks only has one more than there are."""
    return content[1:] if content and all(node.kind == "hardBreak" for node in content) else content


def _task(item: Said) -> Iterator[Said]:
    """A task of a list item that begins with a box, and the list of tasks below it."""
    first, *rest = item.content
    content = list(first.content)
    box = _TASK.match(content[0].text)
    assert box is not None, "a task's line begins with its box"
    if after := content[0].text[box.end() :]:
        content[0] = Said("text", text=after, marks=content[0].marks)
    else:
        del content[0]
    attrs = (("state", "TODO" if box[1] == " " else "DONE"),)
    yield Said("taskItem", _without_one_break(tuple(content)), attrs, line=first.line)
    for block in rest:
        if block.kind in ("taskList", "wrong"):
            yield block
        else:
            reason = "a task is one line of text, with other tasks below it at most"
            yield wrong(reason, [Said("taskItem", (Said("text", text=words_of(block)),), attrs)], block.line)


def _first_line(tokens: Sequence[Token]) -> str:
    """The source of the line that a list item begins with; nothing if it begins with another block."""
    return tokens[1].content if len(tokens) > 1 and tokens[0].type == "paragraph_open" else ""


def _inline(token: Token, line: int) -> tuple[Said, ...]:
    nodes: list[Said] = []
    marks: list[Mark] = []
    for child in token.children or []:
        kind = child.type.removesuffix("_open").removesuffix("_close")
        if child.nesting < 0:
            marks.pop()
        elif child.nesting > 0:
            marks.append(_link(child) if kind == "link" else Mark(_MARKS[kind]))
        elif kind == "placeholder":
            nodes.append(Said("token", text=child.content, marks=tuple(marks), line=line))
        elif kind == "hardbreak":
            nodes.append(Said("hardBreak"))
        elif kind == "image":
            reason = f"the image {child.content!r} cannot be written from Markdown; add it in Jira"
            nodes.append(wrong(reason, [Said("text", text=child.content, marks=tuple(marks))], line))
        else:
            text = " " if kind == "softbreak" else child.content
            _append_text(nodes, text, _code_marks(marks) if kind == "code_inline" else tuple(marks))
    return tuple(nodes)


def _append_text(nodes: list[Said], text: str, marks: tuple[Mark, ...]) -> None:
    """Append text, to the node before if that has the same marks."""
    if not text:
        return
    if nodes and nodes[-1].kind == "text" and nodes[-1].marks == marks:
        text = nodes.pop().text + text
    nodes.append(Said("text", text=text, marks=marks))


def _code_marks(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks of code within these: ADF knows linked code, but no bold code."""
    return (*(mark for mark in marks if mark.kind == "link"), Mark("code"))


def _link(token: Token) -> Mark:
    title: Any = token.attrGet("title")
    return Mark("link", str(token.attrGet("href") or ""), str(title) if title else None)


def _pieces(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token that opens something or stands alone, and the tokens inside."""
    for at, end in _stretches(tokens):
        yield tokens[at], tokens[at + 1 : end - 1]


def _stretches(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The stretches of tokens that open and close one thing, or are one that stands alone."""
    start = depth = 0
    for at, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield start, at + 1
            start = at + 1
    assert depth == 0, "markdown-it closes every block it opens"
