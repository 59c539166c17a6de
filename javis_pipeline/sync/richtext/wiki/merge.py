"""Both sides' edits of a text in wiki markup, put together block by block."""

import re
from collections.abc import Sequence
from typing import TypeAlias

from javis_pipeline.sync.richtext.diff3 import Merged, Overlap, Region, merge3, one_side
from javis_pipeline.sync.richtext.wiki.blocks import WikiBlock, is_row, split_wiki
from javis_pipeline.sync.richtext.wiki.lines import Line, join_lines, split_lines, usual_end, with_ends_of

_Resolved: TypeAlias = Merged[WikiBlock] | Overlap[WikiBlock]

# A stretch of a row in which no cell ends: a link, an image, a macro and an escaped character hold bars of their own.
_CELL_PART = re.compile(r"\|+|\[[^\[\]]*\]|\{[^{}]*\}|![^\s!|][^!]*!|\\.|[^|\[{!\\]+|.", re.DOTALL)


def merge_wiki(base: str, local: str, remote: str) -> str | None:
    """A text with what each side changed in the base; None where both changed the same block.

    Blocks that nobody changed here are the remote's, byte for byte. Lines end as they do there.
    """
    here = split_wiki(with_ends_of(local, remote))
    merged = merge3(split_wiki(base), here, split_wiki(remote), resolve=_resolve)
    if isinstance(merged, Overlap):
        return None
    text = _text(merged.items, usual_end(split_lines(remote)) or usual_end(split_lines(local)) or "\n")
    # Two edits may be one thing together that neither was: an opened macro swallows what follows it.
    return text if split_wiki(text) == list(merged.items) else None


def _text(blocks: Sequence[WikiBlock], usual: str) -> str:
    """The text of these blocks; one that was the last has no line end yet, and the one that is needs none."""
    lines = [line for block in blocks for line in _ended(block.source, usual)]
    return join_lines([*lines[:-1], lines[-1]._replace(end="")])


def _ended(lines: Sequence[Line], usual: str) -> Sequence[Line]:
    return lines if lines[-1].end else [*lines[:-1], lines[-1]._replace(end=usual)]


def _resolve(region: Region[WikiBlock]) -> _Resolved:
    """Where each side still has as many blocks, each is what the side made of it that changed it."""
    whole = one_side(region)
    if isinstance(whole, Merged) or not len(region.base) == len(region.a) == len(region.b):
        return whole
    places = [_at_one_place(*blocks) for blocks in zip(region.base, region.a, region.b, strict=True)]
    overlaps = [place for place in places if isinstance(place, Overlap)]
    if overlaps:
        return Overlap(tuple(region for overlap in overlaps for region in overlap.regions))
    return Merged(tuple(item for place in places if isinstance(place, Merged) for item in place.items))


def _at_one_place(base: WikiBlock, a: WikiBlock, b: WikiBlock) -> _Resolved:
    resolved = one_side(Region((base,), (a,), (b,)))
    if isinstance(resolved, Merged) or not all(map(is_row, (base, a, b))):
        return resolved
    row = _merge_rows(base.canonical, a.canonical, b.canonical)
    if row is None:
        return resolved
    lines = split_lines(with_ends_of(row, join_lines(b.source)))
    lines[-1] = lines[-1]._replace(end=b.source[-1].end)
    return Merged((WikiBlock(row, tuple(lines)),))


def _merge_rows(base: str, a: str, b: str) -> str | None:
    """A row cell by cell; None where a cell was changed on both sides, came or went."""
    sides = [_cells(row) for row in (base, a, b)]
    if len({tuple(cells[1::2]) for cells in sides}) > 1:
        return None
    merged: list[str] = []
    for cell in zip(*sides, strict=True):
        found = one_side(Region(*((part,) for part in cell)))
        if isinstance(found, Overlap):
            return None
        merged += found.items
    return "".join(merged)


def _cells(row: str) -> list[str]:
    """Cells and the bars between them, in turn; the first cell is what stands before the first bar."""
    parts = [""]
    for part in _CELL_PART.findall(row):
        if part[0] == "|":
            parts += [part, ""]
        else:
            parts[-1] += part
    return parts
