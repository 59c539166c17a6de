"""Storage XHTML as a tree with positions, and as blocks that keep their exact source.

Parsed by expat alone: no document type, so no entity but HTML's named characters, nothing external, nothing to expand.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html.entities import html5
from typing import NamedTuple
from xml.parsers import expat

from javis_pipeline.errors import UnreadableText

MAX_BYTES = 5_000_000
MAX_NESTING = 200

# What pages may use; any other prefix makes Confluence refuse the page.
_PREFIXES = frozenset({"ac", "ri", "at", "xml", "xmlns"})
# Only these hold columns of a page: their contents are blocks of their own.
_TRANSPARENT = frozenset({"ac:layout", "ac:layout-section", "ac:layout-cell"})
INLINE = frozenset(
    {"a", "abbr", "b", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s"}
    | {"samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"}
    | {"ac:emoticon", "ac:image", "ac:inline-comment-marker", "ac:link", "ac:placeholder"}
)
_XML_ENTITIES = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
_NAMED = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&([A-Za-z][A-Za-z0-9]*);", re.S)
_ROOT = "storage"
# Texts that are asked for again and again within one decision; what is shorter is read at once, what is longer is
# not kept.
_KEPT = range(2_000, 1_000_000)
_KEPT_TEXTS = 4


@dataclass(eq=False, slots=True)
class Element:
    """An element, which nobody changes once it is read.

    Attributes:
        start, closing: The byte offsets in the source of its opening and its closing tag.
        canonical: Its canonical form, once somebody asked for it.
    """

    name: str
    attrs: dict[str, str]
    start: int
    children: "list[Element | Text | Comment]" = field(default_factory=list)
    closing: int = 0
    canonical: str | None = None

    def find(self, name: str, attr: str = "", value: str = "") -> "Element | None":
        """The first child element of that name, with that attribute if one is given."""
        for child in self.children:
            if isinstance(child, Element) and child.name == name and (not attr or child.attrs.get(attr) == value):
                return child
        return None

    def text(self) -> str:
        """All text inside, as it stands."""
        return "".join(node.value for node in walk(self) if isinstance(node, Text))


@dataclass(eq=False, slots=True)
class Text:
    """Character data, of a CDATA section if `raw`."""

    value: str
    raw: bool
    start: int


@dataclass(eq=False, slots=True)
class Comment:
    """A comment or a processing instruction: kept, never compared inside of a block."""

    value: str
    start: int


Child = Element | Text | Comment


class Slice(NamedTuple):
    """The exact source of a block and of the blanks before it.

    Attributes:
        children: The nodes of the block; none for the opening or closing tag of a column.
        element: The element that the block is; None for text within a line and for tags of columns.
        source: The whole text that the offsets in `children` are about.
    """

    gap: str
    text: str
    children: tuple[Child, ...]
    element: Element | None
    source: bytes


class Shell(NamedTuple):
    """What an element has around its blocks."""

    opening: str
    tail: str
    closing: str


class Page(NamedTuple):
    """A parsed page. The blocks' gaps and texts and then `tail` are the source, character by character."""

    root: Element
    slices: list[Slice]
    tail: str


def parse_storage(body: str) -> Page:
    """The tree and the blocks of a page's storage XHTML, for reading; the last long ones are kept.

    Raises:
        UnreadableText: Too large, not well-formed, with a document type, or nested too deep; says line and column.
    """
    return _parsed_lately(body) if len(body) in _KEPT else _parsed(body)


@lru_cache(maxsize=_KEPT_TEXTS)
def _parsed_lately(body: str) -> Page:
    return _parsed(body)


def _parsed(body: str) -> Page:
    try:
        source = body.encode()
    except UnicodeEncodeError as error:
        raise _unreadable("it holds half a character", body[: error.start]) from error
    if len(source) > MAX_BYTES:
        raise UnreadableText(f"the page body has {len(source):,} bytes; Confluence takes at most {MAX_BYTES:,}")
    root = _Parser(source).parse()
    slices, tail = _slices(source, root, 0, len(source))
    return Page(root, slices, tail)


def slices_within(piece: Slice, element: Element) -> list[Slice]:
    """The blocks inside the element of a slice."""
    return _slices(piece.source, element, _inside(element).start, element.closing)[0]


def shell_of(piece: Slice, element: Element) -> Shell:
    """What the element of a slice has around the blocks inside."""
    inside = _inside(element)
    if not inside and element.closing == element.start:  # <td/>
        return Shell(piece.text[:-2].rstrip() + ">", "", f"</{element.name}>")
    text, start = piece.text.encode(), element.start
    tail = _slices(piece.source, element, inside.start, inside.stop)[1]
    return Shell(text[: inside.start - start].decode(), tail, text[inside.stop - start :].decode())


def _inside(element: Element) -> range:
    """The offsets in the source of what is between the tags of an element."""
    return range(element.children[0].start if element.children else element.closing, element.closing)


def join_slices(slices: Sequence[Slice], tail: str) -> str:
    """The source that these blocks make."""
    return "".join(part for piece in slices for part in (piece.gap, piece.text)) + tail


def walk(node: Child) -> Iterator[Child]:
    """The node and everything inside of it, in reading order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Element):
            stack.extend(reversed(current.children))


class _Parser:
    """One parse. Named characters are put in before, so expat's offsets are mapped back to those of the source."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.moved_at: list[int] = []  # offsets in the text that expat sees, from which on ...
        self.moved_by: list[int] = []  # ... it is this much shorter than the source
        self.text = f"<{_ROOT}>".encode() + self._with_characters() + f"</{_ROOT}>".encode()
        self.root = Element(_ROOT, {}, 0)
        self.open: list[Element] = []
        self.raw = False
        self.expat = expat.ParserCreate("utf-8")
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._characters
        self.expat.CommentHandler = self._comment
        self.expat.ProcessingInstructionHandler = self._instruction
        self.expat.StartCdataSectionHandler = self._start_cdata
        self.expat.EndCdataSectionHandler = self._end_cdata

    def parse(self) -> Element:
        try:
            self.expat.Parse(self.text, True)
        except expat.ExpatError as error:
            at = self._source_offset(self.expat.ErrorByteIndex)
            what = expat.ErrorString(error.code)
            if self.source[max(at - 2, 0) :].upper().startswith(b"<!DOCTYPE"):
                at, what = at - 2, "a document type is not allowed"
            raise _unreadable(what, self.source[:at].decode(errors="replace")) from error
        return self.root

    def _with_characters(self) -> bytes:
        """The source with HTML's named characters as characters, outside of CDATA and comments."""
        grown = -len(_ROOT) - 2  # the tag that is put before it

        def character(match: re.Match[bytes]) -> bytes:
            nonlocal grown
            name = match[1]
            if name is None or name in _XML_ENTITIES or (found := html5.get(name.decode() + ";")) is None:
                return match[0]  # an unknown name is left for expat to refuse, in its place
            new = found.encode()
            grown += len(match[0]) - len(new)
            self.moved_at.append(match.end() - grown)
            self.moved_by.append(grown)
            return new

        return _NAMED.sub(character, self.source)

    def _source_offset(self, offset: int) -> int:
        if not self.moved_at:
            return min(max(offset - len(_ROOT) - 2, 0), len(self.source))
        at = bisect_right(self.moved_at, offset) - 1
        moved = self.moved_by[at] if at >= 0 else -len(_ROOT) - 2
        return min(max(offset + moved, 0), len(self.source))

    def _here(self) -> int:
        return self._source_offset(self.expat.CurrentByteIndex)

    def _start(self, name: str, attrs: dict[str, str]) -> None:
        if not self.open:
            self.open.append(self.root)
            return
        prefix, colon, _ = name.partition(":")
        if colon and prefix not in _PREFIXES:
            raise _unreadable(f"the prefix {prefix!r} is unknown", self.source[: self._here()].decode(errors="replace"))
        if len(self.open) > MAX_NESTING:
            raise UnreadableText(f"the page is nested deeper than {MAX_NESTING} levels")
        element = Element(name, attrs, self._here())
        self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop().closing = self._here()

    def _characters(self, value: str) -> None:
        siblings = self.open[-1].children
        last = siblings[-1] if siblings else None
        if isinstance(last, Text) and last.raw == self.raw:
            last.value += value
        else:
            siblings.append(Text(value, self.raw, self._here()))

    def _comment(self, value: str) -> None:
        self.open[-1].children.append(Comment(value, self._here()))

    def _instruction(self, target: str, data: str) -> None:
        self._comment(f"?{target} {data}")

    def _start_cdata(self) -> None:
        self.raw = True
        self.open[-1].children.append(Text("", True, self._here()))

    def _end_cdata(self) -> None:
        self.raw = False


# --- blocks ---------------------------------------------------------------------------------------------------------


def _slices(source: bytes, parent: Element, begin: int, finish: int) -> tuple[list[Slice], str]:
    """The blocks within `parent`, whose inside is a stretch of the source, and the blanks behind the last."""
    slices = []
    done = begin
    for start, end, children in _pieces(parent, finish):
        text = source[start:end].decode()
        kept = text.lstrip(_BLANKS)
        gap = source[done:start].decode() + text[: len(text) - len(kept)]
        slices.append(Slice(gap, kept.rstrip(_BLANKS), children, _block_element(children), source))
        done = end - (len(kept) - len(slices[-1].text))  # a blank is one byte
    return slices, source[done:finish].decode()


def _block_element(children: Sequence[Child]) -> Element | None:
    only = children[0] if len(children) == 1 else None
    return only if isinstance(only, Element) and only.name not in INLINE else None


def _pieces(parent: Element, end: int) -> Iterator[tuple[int, int, tuple[Child, ...]]]:
    """(start, end, nodes) of each block within `parent`, whose inside ends at `end`."""
    bounds = [*(child.start for child in parent.children), end]
    group: list[Child] = []
    for child, begin, finish in zip(parent.children, bounds, bounds[1:], strict=False):
        if _is_inline(child) or (group and _is_blank(child)):
            group.append(child)
            continue
        if group:
            yield group[0].start, begin, tuple(group)
            group = []
        if isinstance(child, Element) and child.name in _TRANSPARENT and child.children:
            yield begin, child.children[0].start, ()
            yield from _pieces(child, child.closing)
            yield child.closing, finish, ()
        elif not _is_blank(child):
            yield begin, finish, (child,)
    if group:
        yield group[0].start, end, tuple(group)


def _is_inline(child: Child) -> bool:
    if isinstance(child, Text):
        return not _is_blank(child)
    return isinstance(child, Element) and child.name in INLINE


def _is_blank(child: Child) -> bool:
    return isinstance(child, Text) and not child.raw and child.value.strip(_BLANKS) == ""


_BLANKS = " \t\r\n"


def _unreadable(what: str, before: str) -> UnreadableText:
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return UnreadableText(
        f"the page body is no storage XHTML: {what}, at line {line}, column {column}", line=line, column=column
    )
