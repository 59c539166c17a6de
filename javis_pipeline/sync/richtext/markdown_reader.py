"""Markdown to ADF: reads what people write in the view of a description.

CommonMark with strikethrough. What ADF or this writer has no place for (a table, an image, a heading in a list) is not
bent into something else: it is told as a problem, and the edit waits for the person.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.markdown_writer import EMPTY_PARAGRAPH, adf_to_text
from javis_pipeline.sync.richtext.placeholders import FENCE, TOKEN, Placeholder

_MAX_NESTING = 100


class Reading(NamedTuple):
    """The nodes of a Markdown text, and what could not be read.

    With a problem, the nodes hold the words in the plainest form; they are sent only if a person accepts the loss.
    """

    nodes: list[dict[str, Any]]
    problems: list[str]
    placeholders: list[Placeholder]
    """Those that the text holds, in order."""


def markdown_to_adf(text: str) -> list[dict[str, Any]]:
    """The top-level ADF nodes of a Markdown text that stands for itself.

    Raises:
        UnreadableText: It holds what cannot be written from Markdown: a placeholder, a table, an image.
    """
    reading = read_markdown(text, {})
    if reading.problems:
        raise UnreadableText("the text cannot be written as a description: " + "; ".join(reading.problems))
    return reading.nodes


def read_markdown(text: str, placeholders: Mapping[str, Placeholder | None]) -> Reading:
    """The top-level ADF nodes of a Markdown text.

    Args:
        text: What a person wrote.
        placeholders: Those of the document that the text was made from, by how they are shown; None if several
            different nodes look the same.
    """
    reader = _Reader(_normal_lines(text), placeholders)
    tokens = _markdown().parse(text)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):  # markdown-it leaves out what is deeper
        reader.problems.append("the text is nested too deep")
    return Reading(reader.blocks(tokens, "doc"), reader.problems, reader.used)


def split_markdown(text: str) -> list[str]:
    """The source of each top-level block, in order, without the blank lines between them."""
    markdown = _markdown()
    lines = _normal_lines(text)
    tokens: list[Token] = []
    markdown.block.parse("\n".join(lines), markdown, {}, tokens)
    starts = [token.map for token in tokens if token.level == 0 and token.map is not None and token.nesting >= 0]
    return ["\n".join(lines[start:end]).rstrip("\n") for start, end in starts]


def _normal_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")


class _PlainAddresses(MarkdownIt):
    """An address is data here: not percent-encoded, not judged, not rewritten."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # overrides
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # overrides
        return link

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802  # overrides
        return True


@cache
def _markdown() -> MarkdownIt:
    """CommonMark without HTML, and reference definitions, with strikethrough and our placeholders."""
    markdown = _PlainAddresses("commonmark", {"html": False, "maxNesting": _MAX_NESTING}).enable(
        ["strikethrough", "table"]
    )
    markdown.disable(["reference", "html_block", "html_inline"])
    markdown.block.ruler.before("fence", "container", _container_rule, {"alt": ["paragraph", "blockquote", "list"]})
    markdown.inline.ruler.before("escape", "placeholder", _placeholder_rule)
    markdown.inline.ruler.before("escape", "line_break", _line_break_rule)
    return markdown


# --- syntax of our own ----------------------------------------------------------------------------------------------


def _container_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A placeholder with a body: `::: kind` to the next line of as many colons."""
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    fence = FENCE.match(first)
    if fence is None:
        return False
    if silent:
        return True
    line = start + 1
    while line < end and not (state.sCount[line] < state.blkIndent and not state.isEmpty(line)):
        if state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip() == fence[0]:
            line += 1
            break
        line += 1
    token = state.push("container", "", 0)
    token.map = [start, line]
    token.content = state.getLines(start, line, state.blkIndent, False).rstrip("\n")
    state.line = line
    return True


def _placeholder_rule(state: StateInline, silent: bool) -> bool:
    match = TOKEN.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("placeholder", "", 0).content = match[0]
    state.pos = match.end()
    return True


def _line_break_rule(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith(EMPTY_PARAGRAPH, state.pos, state.posMax):
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos += len(EMPTY_PARAGRAPH)
    return True


# --- tokens to nodes ------------------------------------------------------------------------------------------------

_MARKS = {"strong": "strong", "em": "em", "s": "strike"}
# What ADF's schema allows only at the top of a document.
_TOP_ONLY = {"heading": "a heading", "rule": "a rule", "blockquote": "a quote"}


class _Reader:
    """Walks the tokens once; `problems` gathers what cannot be an ADF node, `used` the placeholders met."""

    def __init__(self, lines: Sequence[str], placeholders: Mapping[str, Placeholder | None]) -> None:
        self.lines = lines
        self.placeholders = placeholders
        self.problems: list[str] = []
        self.used: list[Placeholder] = []

    def blocks(self, tokens: Sequence[Token], parent: str) -> list[dict[str, Any]]:
        """The nodes of a balanced stretch of block tokens."""
        nodes = []
        at = 0
        while at < len(tokens):
            end = _end_of(tokens, at)
            nodes.append(self._placed(self._block(tokens[at], tokens[at + 1 : end - 1]), parent))
            at = end
        return nodes

    def _block(self, token: Token, inside: Sequence[Token]) -> dict[str, Any]:
        match token.type:
            case "paragraph_open":
                return self._paragraph(inside[0])
            case "heading_open":
                content = self._inline(inside[0])
                return _node("heading", {"level": int(token.tag[1:])}, content)
            case "bullet_list_open":
                return _node("bulletList", {}, self._items(inside))
            case "ordered_list_open":
                start = token.attrGet("start")
                return _node("orderedList", {"order": int(start)} if start is not None else {}, self._items(inside))
            case "blockquote_open":
                return _node("blockquote", {}, self.blocks(inside, "blockquote") or [_node("paragraph")])
            case "fence" | "code_block":
                return _code_block(token)
            case "hr":
                return _node("rule")
            case "container":
                placeholder = self._placeholder(token.content)
                return _plain(token.content) if placeholder is None else dict(placeholder.node)
            case "table_open":
                self.problems.append("a table cannot be written from Markdown; add it in Jira")
                start, end = token.map or (0, 0)
                return _plain("\n".join(self.lines[start:end]))
            case _:
                raise AssertionError(f"a rule of the reader made an unknown token {token.type}")

    def _items(self, tokens: Sequence[Token]) -> list[dict[str, Any]]:
        items = []
        at = 0
        while at < len(tokens):
            end = _end_of(tokens, at)
            blocks = self.blocks(tokens[at + 1 : end - 1], "list")
            items.append(_node("listItem", {}, blocks or [_node("paragraph")]))
            at = end
        return items

    def _placed(self, node: dict[str, Any], parent: str) -> dict[str, Any]:
        """The node, or its words in a paragraph if ADF does not allow it in `parent`."""
        kind = str(node.get("type"))  # a placeholder's node may have any shape
        if parent == "doc" or kind not in _TOP_ONLY:
            return node
        self.problems.append(f"{_TOP_ONLY[kind]} cannot stand in a {parent}")
        return _plain(adf_to_text({"content": [node]}) or "")

    def _paragraph(self, token: Token) -> dict[str, Any]:
        children = token.children or []
        if children and all(child.type == "hardbreak" for child in children):  # one more than there are breaks
            return _node("paragraph", {}, [_node("hardBreak") for _ in children[1:]])
        if len(children) == 1 and children[0].type == "placeholder":
            placeholder = self._placeholder(children[0].content)
            if placeholder is not None and placeholder.block:
                return dict(placeholder.node)
        return _node("paragraph", {}, self._inline(token))

    def _inline(self, token: Token) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = []
        marks: list[dict[str, Any]] = []
        for child in token.children or []:
            kind = child.type.removesuffix("_open").removesuffix("_close")
            if child.nesting < 0:
                marks.pop()
            elif child.nesting > 0:
                marks.append(_link(child) if kind == "link" else {"type": _MARKS[kind]})
            elif kind == "placeholder":
                nodes.append(self._inline_placeholder(child.content, marks))
            elif kind == "hardbreak":
                nodes.append(_node("hardBreak"))
            elif kind == "image":
                self.problems.append(f"the image {child.content!r} cannot be written from Markdown; add it in Jira")
                _append_text(nodes, child.content, marks)
            else:
                text = " " if kind == "softbreak" else child.content
                _append_text(nodes, text, _code_marks(marks) if kind == "code_inline" else marks)
        return nodes

    def _inline_placeholder(self, shown: str, marks: Sequence[Any]) -> dict[str, Any]:
        placeholder = self._placeholder(shown)
        if placeholder is None:
            return {"type": "text", "text": shown}
        if placeholder.block:
            self.problems.append(f"{shown} must stand alone in its paragraph")
            return {"type": "text", "text": shown}
        if marks:
            self.problems.append(f"{shown} cannot be formatted or be part of a link")
        return dict(placeholder.node)

    def _placeholder(self, shown: str) -> Placeholder | None:
        """What a placeholder stands for; None, with a problem told, if that is unknown."""
        if shown not in self.placeholders:
            first = shown.split("\n", 1)[0]
            self.problems.append(
                f"{first} was changed, or is no placeholder of this text: keep it as it was, remove all of it, "
                "or write a backslash before it for plain text"
            )
            return None
        placeholder = self.placeholders[shown]
        if placeholder is None:
            self.problems.append(f"{shown} stands for several different things in this text")
        else:
            self.used.append(placeholder)
        return placeholder


def _plain(text: str) -> dict[str, Any]:
    """A paragraph that holds the lines of a text as they are."""
    content: list[dict[str, Any]] = []
    for line in text.split("\n"):
        content += [_node("hardBreak")] if content else []
        content += [{"type": "text", "text": line}] if line else []
    return _node("paragraph", {}, content)


def _append_text(nodes: list[dict[str, Any]], text: str, marks: Sequence[Any]) -> None:
    """Append text, to the node before if that has the same marks."""
    if not text:
        return
    last = nodes[-1] if nodes else {}
    if last.get("type") == "text" and isinstance(last.get("text"), str) and last.get("marks", []) == list(marks):
        last["text"] += text
        return
    nodes.append({"type": "text", "text": text} | ({"marks": list(marks)} if marks else {}))


def _code_marks(marks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The marks of code within these: ADF knows linked code, but no bold code."""
    return [*(mark for mark in marks if mark["type"] == "link"), {"type": "code"}]


def _link(token: Token) -> dict[str, Any]:
    title = token.attrGet("title")
    return {"type": "link", "attrs": {"href": str(token.attrGet("href") or "")} | ({"title": title} if title else {})}


def _code_block(token: Token) -> dict[str, Any]:
    language = token.info.strip()
    text = token.content.removesuffix("\n")
    content = [{"type": "text", "text": text}] if text else []
    return _node("codeBlock", {"language": language} if language else {}, content)


def _node(kind: str, attrs: Mapping[str, Any] | None = None, content: Sequence[Any] = ()) -> dict[str, Any]:
    node: dict[str, Any] = {"type": kind}
    if attrs:
        node["attrs"] = dict(attrs)
    if content:
        node["content"] = list(content)
    return node


def _end_of(tokens: Sequence[Token], start: int) -> int:
    """Index behind the token that closes the one at `start`."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at + 1
    raise AssertionError("markdown-it opened a block and never closed it")
