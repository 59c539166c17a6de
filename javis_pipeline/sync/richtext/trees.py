"""Three-way merge of trees of blocks: a table, a list, a panel that both sides changed is merged by what is inside.

A format says by its grammar which of its blocks hold others, and how one is put together again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from operator import and_
from typing import Protocol, TypeVar

from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.blocks import Block, Spans, row_widths
from javis_pipeline.sync.richtext.versions import crossed, likest, pairs

S = TypeVar("S")


class Grammar(Protocol[S]):
    """What merging has to know of a format."""

    def kind(self, block: Block[S]) -> str:
        """Only blocks of one kind can be versions of each other."""
        ...

    def words(self, block: Block[S]) -> str:
        """The text of a block, to find out which are versions of each other."""
        ...

    def children(self, block: Block[S]) -> Sequence[Block[S]] | None:
        """The blocks inside; None if it holds no blocks of its own."""
        ...

    def shell(self, base: Block[S], a: Block[S], b: Block[S]) -> Block[S] | None:
        """What three versions have around their children, merged; None where both sides changed the same of it."""
        ...

    def filled(self, shell: Block[S], children: Sequence[Block[S]]) -> Block[S]:
        """The shell around these children."""
        ...

    def spans(self, block: Block[S]) -> Sequence[Spans] | None:
        """Of each row of a table, how many rows and columns each cell spans; None for what is no table."""
        ...

    def leaf(self, base: Block[S], a: Block[S], b: Block[S]) -> Block[S] | None:
        """Two changed versions of a block without children, merged; None where they do not go together."""
        ...


Merge = diff3.Merged[Block[S]] | diff3.Overlap[Block[S]]


def merge_trees(
    grammar: Grammar[S], base: Sequence[Block[S]], a: Sequence[Block[S]], b: Sequence[Block[S]]
) -> Merge[S]:
    """Apply what `a` and `b` each changed in `base`, at any depth; what nobody changed is `b`'s.

    A block that one side moved and the other deleted, or that both moved to different places, overlaps.
    """
    merged = _merge(grammar, base, a, b)
    if isinstance(merged, diff3.Overlap) or list(b) == list(base):
        return merged
    back = tuple(_came_back(grammar, base, a, b, merged.items))
    return diff3.Overlap(back) if back else merged


# --- merging --------------------------------------------------------------------------------------------------------


def _merge(grammar: Grammar[S], base: Sequence[Block[S]], a: Sequence[Block[S]], b: Sequence[Block[S]]) -> Merge[S]:
    if len(base) == len(a) == len(b) == 1:  # as in most cells and items
        return _region(grammar, diff3.Region(tuple(base), tuple(a), tuple(b)))
    return diff3.merge3(base, a, b, partial(_region, grammar))


def _region(grammar: Grammar[S], region: diff3.Region[Block[S]]) -> Merge[S]:
    """A place that one side or both changed, merged block by block; whole if that does not work and only one did."""
    if region.a == region.base:
        return diff3.Merged(region.b)
    if region.b == region.base and all(b.source == base.source for b, base in zip(region.b, region.base, strict=True)):
        return diff3.Merged(region.a)  # not even spelled otherwise
    finer = _by_block(grammar, region)
    whole = diff3.one_side(region)
    if isinstance(finer, diff3.Overlap) and isinstance(whole, diff3.Merged):
        return whole
    return finer


def _by_block(grammar: Grammar[S], region: diff3.Region[Block[S]]) -> Merge[S]:
    base, a, b = region.base, region.a, region.b
    if len(base) == len(a) == len(b) == 1:
        is_block = _kind(grammar, base[0]) == _kind(grammar, a[0]) == _kind(grammar, b[0])
        return _block(grammar, region) if is_block else diff3.one_side(region)
    items: list[Block[S]] = []
    overlaps: list[diff3.Region[Block[S]]] = []
    for part, is_block in _parts(grammar, region):
        merged = _block(grammar, part) if is_block else diff3.one_side(part)
        if isinstance(merged, diff3.Overlap):
            overlaps += merged.regions
        else:
            items += merged.items
    return diff3.Overlap(tuple(overlaps)) if overlaps else diff3.Merged(tuple(items))


def _parts(grammar: Grammar[S], region: diff3.Region[Block[S]]) -> Iterator[tuple[diff3.Region[Block[S]], bool]]:
    """The region in parts: a block that all three have, each in its version (True), and what is between two such."""
    base, a, b = region.base, region.a, region.b
    in_a, in_b = dict(_versions(grammar, base, a)), dict(_versions(grammar, base, b))
    at = at_a = at_b = 0
    for i in range(len(base)):
        if i not in in_a or i not in in_b:
            continue
        j, k = in_a[i], in_b[i]
        if i > at or j > at_a or k > at_b:
            yield diff3.Region(base[at:i], a[at_a:j], b[at_b:k]), False
        yield diff3.Region((base[i],), (a[j],), (b[k],)), True
        at, at_a, at_b = i + 1, j + 1, k + 1
    if at < len(base) or at_a < len(a) or at_b < len(b):
        yield diff3.Region(base[at:], a[at_a:], b[at_b:]), False


def _versions(grammar: Grammar[S], base: Sequence[Block[S]], side: Sequence[Block[S]]) -> Iterator[tuple[int, int]]:
    """Indices of blocks that are versions of each other: equal ones first, then those between."""
    done = done_side = 0
    for match in [*diff3.matches(base, side), diff3.Match(len(base), len(side), 0)]:
        between = base[done : match.a_at], side[done_side : match.b_at]
        for i, j in pairs(*between, partial(_kind, grammar), grammar.words):
            yield done + i, done_side + j
        for at in range(match.length):
            yield match.a_at + at, match.b_at + at
        done, done_side = match.a_at + match.length, match.b_at + match.length


def _block(grammar: Grammar[S], part: diff3.Region[Block[S]]) -> Merge[S]:
    """One block in three versions."""
    (base,), (a,), (b,) = part.base, part.a, part.b
    if a in (base, b):
        return diff3.Merged((b,))
    inside = [_children(grammar, block) for block in (base, a, b)]
    if any(children is None for children in inside):
        merged = a if b == base else grammar.leaf(base, a, b)
        return diff3.Overlap((part,)) if merged is None else diff3.Merged((merged,))
    shell = grammar.shell(base, a, b)
    sides = _in_columns(grammar, (base, a, b), [children or () for children in inside])
    if shell is None or sides is None:
        return diff3.Overlap((part,))
    children = _merge(grammar, *sides)
    if isinstance(children, diff3.Overlap):
        return children
    merged = grammar.filled(shell, children.items)
    if not _is_even(grammar, merged) and _is_even(grammar, a) and _is_even(grammar, b):
        return diff3.Overlap((part,))  # one side added a row, the other a column
    return diff3.Merged((merged,))


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row(Block[S]):
    """A row whose cells stand in columns that have names: in others it is another row, whatever it reads."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Cell(Block[S]):
    """A cell is the same as another only in the same column."""

    column: str


def _kind(grammar: Grammar[S], block: Block[S]) -> str:
    return f"{block.column} {grammar.kind(block)}" if isinstance(block, _Cell) else grammar.kind(block)


def _children(grammar: Grammar[S], block: Block[S]) -> Sequence[Block[S]] | None:
    inside = grammar.children(block)
    if inside is None or not isinstance(block, _Row):
        return inside
    return [_Cell(cell.canonical, cell.source, name) for cell, name in zip(inside, block.columns, strict=True)]


def _is_even(grammar: Grammar[S], block: Block[S]) -> bool:
    rows = grammar.spans(block)
    return rows is None or len(set(row_widths(rows))) < 2


def _in_columns(
    grammar: Grammar[S], tables: Sequence[Block[S]], rows: Sequence[Sequence[Block[S]]]
) -> Sequence[Sequence[Block[S]]] | None:
    """The rows of a table that both sides changed, their cells named by the columns of the base; others as they are.

    None where a side moved a column: a cell that looks like its neighbour would stay behind.
    """
    base, a, b = tables
    if base in (a, b) or grammar.spans(base) is None:
        return rows
    counts = [_columns(grammar, table) for table in tables]
    if not all(counts) or counts == [1, 1, 1]:
        return rows
    named: list[Sequence[Block[S]]] = [_named(rows[0], [str(column) for column in range(counts[0])])]
    for side, count in zip(rows[1:], counts[1:], strict=True):
        names = _names(grammar, rows[0], side, (counts[0], count))
        if names is None:
            return None
        named.append(_named(side, names))
    return named


def _named(rows: Sequence[Block[S]], columns: Sequence[str]) -> Sequence[Block[S]]:
    return [_Row(row.canonical, row.source, tuple(columns)) for row in rows]


def _columns(grammar: Grammar[S], table: Block[S]) -> int:
    """How many columns a table has; 0 for what is none, and where cells span several or rows differ in length."""
    rows = grammar.spans(table) or ()
    plain = len({len(row) for row in rows}) == 1 and all(span == (1, 1) for row in rows for span in row)
    return len(rows[0]) if plain else 0


# Columns are told apart by so many rows.
_COMPARED_ROWS = 50


def _names(
    grammar: Grammar[S], base: Sequence[Block[S]], side: Sequence[Block[S]], counts: tuple[int, int]
) -> Sequence[str] | None:
    """What the columns of a side are called: as in the base, and by their cells where they are new."""
    rows = [(base[i], side[j]) for i, j in islice(_versions(grammar, base, side), _COMPARED_ROWS)]
    cells = [(grammar.children(row) or (), grammar.children(row_side) or ()) for row, row_side in rows]

    def weight(here: int, there: int) -> int:
        return sum(row[here] == row_side[there] for row, row_side in cells)

    columns, columns_side = counts
    stayed = [str(at) for at in range(columns)] if columns == columns_side else None
    if columns * columns_side > _COMPARED_ROWS**2:
        return stayed
    if stayed is not None:
        moved = any(weight(at, other) > weight(at, at) for at in range(columns) for other in range(columns))
        return None if moved else stayed
    names = {j: str(i) for i, j in likest(columns, columns_side, weight)}
    return [
        names.get(at) or "new " + " ".join(row_side[at].canonical for _, row_side in cells)
        for at in range(columns_side)
    ]


# --- moves ----------------------------------------------------------------------------------------------------------


def _came_back(grammar: Grammar[S], *sides: Sequence[Block[S]]) -> Iterator[diff3.Region[Block[S]]]:
    """Blocks of the base that the result (the last side) has oftener than both edits together say.

    Then a move met a deletion or another move; the one that moved it may have edited it as well.
    """
    (base, a, b, merged), alike = _counts(grammar, sides)
    for block, count in merged.items():
        was_there = base[block] + alike[block] > 0
        if was_there and count > max(a[block] + b[block] - base[block], min(a[block], b[block])):
            here, there = a[block] + alike[block], b[block] + alike[block]
            yield diff3.Region((block,), (block,) * here, (block,) * there)
    gone = [block for block in base if not a[block] + b[block] + alike[block] and grammar.children(block) is None]
    new = [block for block in merged if not base[block] + alike[block] and grammar.children(block) is None]
    from_one = [block for block in new if bool(a[block]) != bool(b[block])]
    for i, j in crossed(gone, from_one, grammar.kind, grammar.words):
        yield diff3.Region((gone[i],), (from_one[j],) * a[from_one[j]], (from_one[j],) * b[from_one[j]])


def _counts(
    grammar: Grammar[S], sides: Sequence[Sequence[Block[S]]]
) -> tuple[Sequence[Counter[Block[S]]], Counter[Block[S]]]:
    """How often each block stands in each of these, at any depth, beyond how often it stands in all of them; and that.

    What all have is not taken apart.
    """
    found: list[Counter[Block[S]]] = [Counter() for _ in sides]
    common: Counter[Block[S]] = Counter()
    level = [list(side) for side in sides]
    while any(level):
        tops = [Counter(blocks) for blocks in level]
        alike = reduce(and_, tops)
        common += alike
        for at, top in enumerate(tops):
            found[at] += top - alike
            level[at] = [child for block in (top - alike).elements() for child in grammar.children(block) or ()]
    return found, common
