"""Blocks of wiki markup: the smallest stretches of lines that two people can change without minding each other.

A block is a blank line, a heading, a quotation of one line, a rule, an item of a list, a row of a table, a paragraph,
or all that lies between the two ends of a macro. Nobody has to parse what is inside one: it is kept as it stands.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from javis_pipeline.sync.richtext.blocks import Block
from javis_pipeline.sync.richtext.wiki.lines import Line, join_lines, one_line_end, split_lines

WikiBlock = Block[tuple[Line, ...]]
"""Lines that belong together; equal ones say the same, however their lines end."""

_Kind = Literal["blank", "single", "item", "row", "macro", "paragraph"]

# Not \{escaped}, nor {{monospaced}}.
_MACRO = re.compile(r"(?<![\\{])\{([A-Za-z][\w-]*)(:[^{}]*)?\}")
_VERBATIM: Final = frozenset({"code", "noformat"})
# What stays open to the end of the text when nobody closes it. Other names may stand alone: {anchor:x}, {toc}.
_PAIRED: Final = frozenset({*_VERBATIM, "quote", "panel", "color", "expand"})
# A color is given to words within a line, all others are blocks.
_INLINE: Final = frozenset({"color"})

_SINGLE = re.compile(r"[ \t]*(?:h[1-6]\.|bq\.|-{4,}[ \t]*$)")
_ITEM = re.compile(r"[ \t]*(?:[*#]+|-+)[ \t]")
_ROW = re.compile(r"[ \t]*\|")
_AT_START = re.compile(r"[ \t]*\{([A-Za-z][\w-]*)")


def split_wiki(text: str) -> list[WikiBlock]:
    """All blocks of a text, at least one; the lines of all of them are the text."""
    blocks: list[WikiBlock] = []
    lines: list[Line] = []
    former: _Kind = "blank"
    for stretch in _stretches(split_lines(text)):
        kind = _kind(stretch)
        # A plain line goes on with the paragraph, the item or the row above it.
        if lines and not (kind == "paragraph" and former in ("paragraph", "item", "row")):
            blocks.append(_block(lines))
            lines, former = [], kind
        if not lines:
            former = kind
        lines += stretch
    blocks.append(_block(lines))
    return blocks


def is_row(block: WikiBlock) -> bool:
    """Whether a block is a row of a table."""
    return _ROW.match(block.canonical) is not None


def _block(lines: Sequence[Line]) -> WikiBlock:
    return WikiBlock(one_line_end(join_lines([*lines[:-1], lines[-1]._replace(end="")])), tuple(lines))


def _kind(stretch: Sequence[Line]) -> _Kind:
    first = stretch[0].text
    if not first.strip() and len(stretch) == 1:
        return "blank"
    if _SINGLE.match(first):
        return "single"
    if _ITEM.match(first):
        return "item"
    if _ROW.match(first):
        return "row"
    macro = _AT_START.match(first)
    if macro and (len(stretch) > 1 or macro[1].lower() in _PAIRED) and macro[1].lower() not in _INLINE:
        return "macro"
    return "paragraph"


def _stretches(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines, those together over whose end a macro is open."""
    stretch: list[Line] = []
    for line, is_open in zip(lines, _open_at_ends(lines), strict=True):
        stretch.append(line)
        if not is_open:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _open_at_ends(lines: Sequence[Line]) -> Iterator[bool]:
    """Of each line, whether a macro is open at its end."""
    tokens = [[(found[1].lower(), found[2] is None) for found in _MACRO.finditer(line.text)] for line in lines]
    scan = _Scan(Counter(name for found in tokens for name, is_bare in found if is_bare))
    for found in tokens:
        for name, is_bare in found:
            scan.meet(name, is_bare=is_bare)
        yield scan.is_open


class _Scan:
    """Which macros are open, as one reads on.

    Args:
        closers: How often each name still comes without parameters, which is how a macro is closed.
    """

    def __init__(self, closers: Counter[str]) -> None:
        self._closers = closers
        self._open: list[str] = []
        self._names: Counter[str] = Counter()
        self._verbatim: str | None = None

    @property
    def is_open(self) -> bool:
        return bool(self._open) or self._verbatim is not None

    def meet(self, name: str, *, is_bare: bool) -> None:
        """Read on over a macro's end, either one."""
        if is_bare:
            self._closers[name] -= 1
        if self._verbatim is not None:
            if is_bare and name == self._verbatim:
                self._verbatim = None
        elif name in _VERBATIM:
            self._verbatim = name
        elif is_bare and self._names[name]:
            self._close(name)
        elif self._opens(name, is_bare=is_bare):
            self._open.append(name)
            self._names[name] += 1

    def _opens(self, name: str, *, is_bare: bool) -> bool:
        if name in _INLINE and is_bare:
            return False
        return name in _PAIRED or self._closers[name] > 0

    def _close(self, name: str) -> None:
        """Close the innermost macro of this name, and what was left open inside it."""
        while True:
            closed = self._open.pop()
            self._names[closed] -= 1
            if closed == name:
                return
