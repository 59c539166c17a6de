"""Where three versions of a page differ, for people to read."""

from collections.abc import Sequence
from typing import NamedTuple

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.blocks import Block
from javis_pipeline.sync.richtext.storage.canonical import storage_blocks
from javis_pipeline.sync.richtext.storage.projection import storage_to_markdown
from javis_pipeline.sync.richtext.storage.xhtml import Slice

_Blocks = Sequence[Block[Slice]]
_Edits = Sequence[diff3.Edit[Block[Slice]]]


class Difference(NamedTuple):
    """A place where a side changed the page.

    Attributes:
        alike: Blocks between the place before (or the top of the page) and this one, the same on all sides.
        before, here, there: The place in Markdown, or in XHTML where Markdown does not show what differs; empty for
            nothing.
    """

    alike: int
    before: str
    here: str
    there: str


def page_differences(base: str | None, local: str | None, remote: str | None) -> list[Difference] | None:
    """The places in the order of the page; None when one of the texts is malformed."""
    try:
        before, here, there = storage_blocks(base), storage_blocks(local), storage_blocks(remote)
    except UnreadableText:
        return None
    edits_here, edits_there = diff3.edits(before, here), diff3.edits(before, there)
    found: list[Difference] = []
    done = 0
    for start, end in _places([*edits_here, *edits_there]):
        sides = (before[start:end], _side(before, edits_here, start, end), _side(before, edits_there, start, end))
        found.append(Difference(start - done, *_shown(sides)))
        done = end
    return found


def _places(edits: _Edits) -> list[tuple[int, int]]:
    """The stretches of the base that edits are about, in order; those that touch are one."""
    places: list[tuple[int, int]] = []
    for start, end in sorted((edit.start, edit.end) for edit in edits):
        if places and start <= places[-1][1]:
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((start, end))
    return places


def _side(base: _Blocks, edits: _Edits, start: int, end: int) -> _Blocks:
    """What a side made of a stretch of the base that holds its edits whole."""
    blocks: list[Block[Slice]] = []
    for edit in edits:
        if start <= edit.start and edit.end <= end:
            blocks += [*base[start : edit.start], *edit.new]
            start = edit.end
    return [*blocks, *base[start:end]]


def _shown(sides: Sequence[_Blocks]) -> tuple[str, str, str]:
    """The three sides in one form: the readable one, if it tells apart what is different."""
    texts = [_markdown(blocks) for blocks in sides]
    canonical = [tuple(block.canonical for block in blocks) for blocks in sides]
    if len(set(texts)) < len(set(canonical)):
        texts = ["\n".join(block.source.text for block in blocks) for blocks in sides]
    before, here, there = texts
    return before, here, there


def _markdown(blocks: _Blocks) -> str:
    """Opening and closing tags of columns stand as they are: they hold no text."""
    parts = [
        storage_to_markdown(block.source.text) or "" if block.source.children else block.source.text for block in blocks
    ]
    return "\n\n".join(part.strip("\n") for part in parts)
