"""The Markdown that a view of a description is written in: which rules of markdown-it hold, and those of our own.

CommonMark with strikethrough, tables, tokens in braces and fenced containers; without HTML and reference links. No text
takes long: what would cost time with the square of its length is given up and told.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkLabel, parseLinkTitle
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, text_join
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from javis_pipeline.sync.richtext.markdown_lines import EMPTY_PARAGRAPH
from javis_pipeline.sync.richtext.placeholders import FENCE, TOKEN

MAX_NESTING = 100

# In what a parse has seen: it met more brackets than it could look behind.
TOO_MANY_BRACKETS = "too many brackets"


class _Helpers:
    """What the rules for links and images ask about brackets."""

    parseLinkDestination = staticmethod(parseLinkDestination)  # noqa: N815  # names of markdown-it
    parseLinkTitle = staticmethod(parseLinkTitle)  # noqa: N815

    @staticmethod
    def parseLinkLabel(state: StateInline, start: int, disableNested: bool = False) -> int:  # noqa: N802, N803
        """Where the label that begins here ends; -1 if it is none, or if looking behind brackets has cost too much."""
        if start > _last_link(state):
            return -1
        cost = state.env.get("looked", 0)
        if cost > _LOOKED_AT_MOST * len(state.src) + _ALWAYS_LOOKED:
            state.env[TOO_MANY_BRACKETS] = True
            return -1
        end = parseLinkLabel(state, start, disableNested)
        state.env["looked"] = cost + (end if end >= 0 else state.posMax) - start
        return end


_LOOKED_AT_MOST = 10
_ALWAYS_LOOKED = 20_000


def _last_link(state: StateInline) -> int:
    """Where the last label of a link can end: before it a bracket may begin one, behind it none does."""
    text, last = state.env.get("last link", ("", -1))
    if text is not state.src:
        last = state.src.rfind("](")
        state.env["last link"] = state.src, last
    return int(last)


class _Markdown(MarkdownIt):
    """An address is data here: not percent-encoded, not judged, not rewritten."""

    def __init__(self, config: str, options: Mapping[str, Any]) -> None:
        super().__init__(config, options)
        self.helpers = _Helpers  # type: ignore[assignment]  # a module there

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # overrides
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # overrides
        return link

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802  # overrides
        return True


@cache
def markdown() -> MarkdownIt:
    """CommonMark without HTML, and reference definitions, with strikethrough, tables and our placeholders."""
    rules = _Markdown("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable(["strikethrough"])
    rules.disable(["reference", "html_block", "html_inline"])
    rules.block.ruler.before("table", "plain line", _plain_line_rule)
    rules.block.ruler.before("table", "plain list", _plain_list_rule)
    rules.block.ruler.before("fence", "container", _container_rule, {"alt": ["paragraph", "blockquote", "list"]})
    rules.block.ruler.at("table", _table_rule, {"alt": ["paragraph"]})
    rules.enable("table")
    rules.inline.ruler.before("escape", "placeholder", _placeholder_rule)
    rules.inline.ruler.before("escape", "line_break", _line_break_rule)
    return rules


def read_lines(tokens: Sequence[Token], seen: dict[str, Any]) -> None:
    """Fill in what stands within the lines of these blocks; `seen` is told of what could not be read."""
    state = StateCore("", markdown(), seen, [line for token in tokens for line in _lines_of(token)])
    for token in state.tokens:
        if token.content and _PLAIN.fullmatch(token.content):
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            token.children = []
            state.md.inline.parse(token.content, state.md, seen, token.children)
    text_join(state)


def _lines_of(token: Token) -> Sequence[Token]:
    if token.type == "table":
        return token.children or ()
    return (token,) if token.type == "inline" else ()


# What no rule for what stands within a line looks at.
_NOT_PLAIN = r"\n!#$%&*+\-:<=>@\[\]\\^_`{}~"
_PLAIN = re.compile(f"[^{_NOT_PLAIN}]*")
_PLAIN_ITEM = re.compile(rf"([-*+]) ((?!\d+[.)])[^\W_](?:[^{_NOT_PLAIN}]*[^\s{_NOT_PLAIN}])?)")


# --- ordinary lines -------------------------------------------------------------------------------------------------


def _plain_line_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001
    """The short way for most lines: a paragraph of one that begins as nothing else does.

    What follows it is nothing, a blank line or the next item of the list that it is in.
    """
    begin, stop = state.bMarks[start] + state.tShift[start], state.eMarks[start]
    if silent or state.is_code_block(start) or _BEGINS_PLAIN.match(state.src, begin, stop) is None:
        return False
    is_last = start + 1 >= state.lineMax or state.isEmpty(start + 1) or _is_next_item(state, start + 1)
    if not is_last or state.src[stop - 1].isspace():
        return False
    state.line = start + 1
    state.push("paragraph_open", "p", 1).map = [start, state.line]
    line = state.push("inline", "", 0)
    line.map, line.content, line.children = [start, state.line], state.src[begin:stop], []
    state.push("paragraph_close", "p", -1)
    return True


def _is_next_item(state: StateBlock, line: int) -> bool:
    if not 0 <= state.sCount[line] < min(state.blkIndent, state.listIndent + 4):
        return False
    return _ITEM.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]) is not None


_BEGINS_PLAIN = re.compile(r"[^\W\d_]|\[|\d+(?:[^\d.)]|$)")
_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)]) [\w\[]")


def _plain_list_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The short way for most lists of bullets: lines of ordinary words, and nothing below an item.

    It is one token, whose `meta` are the words of each item.
    """
    if silent or state.blkIndent or state.listIndent >= 0:
        return False
    words: list[str] = []
    stop, marker = start, ""
    while stop < end and state.sCount[stop] == 0:
        item = _PLAIN_ITEM.fullmatch(state.src, state.bMarks[stop] + state.tShift[stop], state.eMarks[stop])
        if item is None or (marker or item[1]) != item[1]:
            break
        marker = item[1]
        words.append(item[2])
        stop += 1
    if not words or not _ends_list(state, stop):
        return False
    token = state.push("plain_list", "", 0)
    token.map, token.meta = [start, stop], {"words": words}
    state.line = stop
    return True


def _ends_list(state: StateBlock, line: int) -> bool:
    """Whether what begins here can be no part of a list, and of no item, that ends before it."""
    if line < state.lineMax and not state.isEmpty(line):
        return False
    line = state.skipEmptyLines(line)
    if line >= state.lineMax:
        return True
    return state.sCount[line] == 0 and state.src[state.bMarks[line] + state.tShift[line]] not in "-*+"


# --- syntax of our own ----------------------------------------------------------------------------------------------


def _line_at(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _container_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A container: `::: kind` to the line of as many colons that closes it."""
    if state.is_code_block(start):
        return False
    fence = FENCE.match(_line_at(state, start))
    if fence is None:
        return False
    if silent:
        return True
    last = _closing_lines(state, start, end)[start]
    if last is not None:
        after = last + 1
    elif _line_at(state, start).rstrip() == fence[0]:  # closes nothing
        after = start + 1
    else:
        after = next((line for line in range(start + 1, end) if _is_outside(state, line)), end)
    token = state.push("container_open", "", 1)
    token.map, token.info = [start, after], "" if last is None else "closed"
    token.content = state.getLines(start, after, state.blkIndent, False).rstrip("\n")
    line_max, state.lineMax = state.lineMax, after if last is None else last
    state.md.block.tokenize(state, start + 1, state.lineMax)
    state.push("container_close", "", -1)
    state.lineMax, state.line = line_max, after
    return True


def _is_outside(state: StateBlock, line: int) -> bool:
    return state.sCount[line] < state.blkIndent and not state.isEmpty(line)


def _closing_lines(state: StateBlock, start: int, end: int) -> Mapping[int, int | None]:
    """The line that closes the container which begins at `start`, and those of all that begin in it; None for none.

    Fences in a container may be as long as its own if each is closed. Looked up once for all that stand directly in
    one another, however many are not closed.
    """
    known: dict[int, int | None] = state.env.setdefault(f"closed by {state.blkIndent}", {})
    if start in known:
        return known
    begun: list[tuple[int, int]] = []  # (line, length of the fence)
    for line in range(start, end):
        if line > start and _is_outside(state, line):
            break
        text = _line_at(state, line).rstrip()
        fence = FENCE.match(text)
        if fence is None:
            continue
        length = len(fence[0])
        if len(text) > length:
            begun.append((line, length))
        elif closed := [at for at, (_, other) in enumerate(begun) if other == length]:
            known.update({inside: None for inside, _ in begun[closed[-1] :]})
            known[begun[closed[-1]][0]] = line
            del begun[closed[-1] :]
        if not begun:
            break
    known.update({line: None for line, _ in begun})
    known.setdefault(start, None)
    return known


_DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")


def _table_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table as GitHub has it; but a row has the cells that are written, no more and no fewer.

    It is one token, whose `meta` are the rows: the line of each, and its cells. A cell is its words, or one of the
    children of the token where there is more in it than words.
    """
    if start + 1 >= end or state.sCount[start + 1] < state.blkIndent or state.is_code_block(start):
        return False
    head, delimiters = _line_at(state, start), _line_at(state, start + 1)
    if "|" not in head or "|" not in delimiters or _DELIMITERS.fullmatch(delimiters) is None:
        return False
    if len(split_row(head)) != len(split_row(delimiters)):
        return False
    if silent:
        return True
    stop = start + 2
    others = state.md.block.ruler.getRules("blockquote")
    while stop < end and not state.isEmpty(stop) and state.sCount[stop] >= state.blkIndent:
        if state.src[state.bMarks[stop] + state.tShift[stop]] != "|" and any(
            rule(state, stop, end, True) for rule in others
        ):
            break
        stop += 1
    rows = [(line, list(map(_cell, split_row(_line_at(state, line))))) for line in [start, *range(start + 2, stop)]]
    token = state.push("table", "", 0)
    token.map, token.meta = [start, stop], {"rows": rows}
    token.children = [cell for _, cells in rows for cell in cells if isinstance(cell, Token)]
    state.line = stop
    return True


def _cell(text: str) -> str | Token:
    return text if text and _PLAIN.fullmatch(text) else Token("inline", "", 0, content=text)


def split_row(line: str) -> list[str]:
    """The cells of a table's row; a backslash before a bar makes it text."""
    row = line.strip(" \t").removeprefix("|")
    cells = _BAR.split(row)
    if len(cells) > 1 and not cells[-1].strip(" \t"):
        cells.pop()
    return [cell.strip(" \t").replace("\\|", "|") for cell in cells]


_BAR = re.compile(r"(?<!\\)\|")


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
