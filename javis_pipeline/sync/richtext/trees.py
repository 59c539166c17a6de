"""Three-way merge of trees of blocks: a table, a list, a panel that both sides changed is merged by what is inside.

A format says by its grammar which of its blocks hold others, and how one is put together again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.blocks import Block, alike

S = TypeVar("S")

# More pairs than this are not compared with each other: what stands between equal blocks is then one place.
_COMPARED_PAIRS = 2500


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
    if isinstance(merged, diff3.Overlap):
        return merged
    back = tuple(_came_back(grammar, base, a, b, merged.items))
    return diff3.Overlap(back) if back else merged


def pairs(
    olds: Sequence[S], news: Sequence[S], kind: Callable[[S], str], words: Callable[[S], str]
) -> list[tuple[int, int]]:
    """Which of the new items is which of the old ones after an edit, rising on both sides.

    As many of the same kinds in the same order are each other's versions; else those whose words are the same or alike.
    """
    kinds_old, kinds_new = [kind(item) for item in olds], [kind(item) for item in news]
    if kinds_old == kinds_new:
        return [(at, at) for at in range(len(olds))]
    if len(olds) * len(news) > _COMPARED_PAIRS:
        return []
    words_old, words_new = [words(item) for item in olds], [words(item) for item in news]

    def likeness(i: int, j: int) -> int:
        if kinds_old[i] != kinds_new[j]:
            return 0
        return 3 if words_old[i] == words_new[j] else 2 * alike(words_old[i], words_new[j])

    return _likest(len(olds), len(news), likeness)


def _likest(rows: int, columns: int, likeness: Callable[[int, int], int]) -> list[tuple[int, int]]:
    """The rising run of pairs that are most alike, all taken together."""
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    like = [[likeness(i, j) for j in range(columns)] for i in range(rows)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            taken = best[i + 1][j + 1] + like[i][j]
            best[i][j] = max(taken, best[i + 1][j], best[i][j + 1])
    found = []
    i = j = 0
    while i < rows and j < columns:
        if like[i][j] and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


# --- merging --------------------------------------------------------------------------------------------------------


def _merge(grammar: Grammar[S], base: Sequence[Block[S]], a: Sequence[Block[S]], b: Sequence[Block[S]]) -> Merge[S]:
    return diff3.merge3(base, a, b, partial(_region, grammar))


def _region(grammar: Grammar[S], region: diff3.Region[Block[S]]) -> Merge[S]:
    """A place that one side or both changed, merged block by block; whole if that does not work and only one did."""
    finer = _by_block(grammar, region)
    whole = diff3.one_side(region)
    if isinstance(finer, diff3.Overlap) and isinstance(whole, diff3.Merged):
        return whole
    return finer


def _by_block(grammar: Grammar[S], region: diff3.Region[Block[S]]) -> Merge[S]:
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
        for i, j in pairs(*between, grammar.kind, grammar.words):
            yield done + i, done_side + j
        for at in range(match.length):
            yield match.a_at + at, match.b_at + at
        done, done_side = match.a_at + match.length, match.b_at + match.length


def _block(grammar: Grammar[S], part: diff3.Region[Block[S]]) -> Merge[S]:
    """One block in three versions."""
    (base,), (a,), (b,) = part.base, part.a, part.b
    if a in (base, b):
        return diff3.Merged((b,))
    inside = [grammar.children(block) for block in (base, a, b)]
    if any(children is None for children in inside):
        merged = a if b == base else grammar.leaf(base, a, b)
        return diff3.Overlap((part,)) if merged is None else diff3.Merged((merged,))
    shell = grammar.shell(base, a, b)
    children = _merge(grammar, *(list(children or ()) for children in inside))
    if shell is None:
        return diff3.Overlap((part,))
    if isinstance(children, diff3.Overlap):
        return children
    return diff3.Merged((grammar.filled(shell, children.items),))


# --- moves ----------------------------------------------------------------------------------------------------------


def _came_back(grammar: Grammar[S], *sides: Sequence[Block[S]]) -> Iterator[diff3.Region[Block[S]]]:
    """Blocks of the base that the result (the last side) has oftener than both edits together say.

    Then a move met a deletion or another move.
    """
    tops = [Counter(side) for side in sides]
    same = {block for block, count in tops[0].items() if all(top[block] == count for top in tops)}
    base, a, b, merged = (_count(grammar, [block for block in side if block not in same]) for side in sides)
    for block, before in base.items():
        if merged[block] > max(a[block] + b[block] - before, min(a[block], b[block])):
            yield diff3.Region((block,), (block,) * a[block], (block,) * b[block])


def _count(grammar: Grammar[S], blocks: Sequence[Block[S]]) -> Counter[Block[S]]:
    """How often each block stands in these, at any depth."""
    found: Counter[Block[S]] = Counter()
    stack = list(blocks)
    while stack:
        block = stack.pop()
        found[block] += 1
        stack += grammar.children(block) or ()
    return found
