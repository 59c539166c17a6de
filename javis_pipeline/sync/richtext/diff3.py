"""Difference and three-way merge of sequences of blocks.

Items are compared by equality and hash only. Time grows with the length times the number of differences, after items
that are unique on both sides have been used as anchors.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Edit(Generic[T]):
    """`base[start:end]` became `new`; never both empty."""

    start: int
    end: int
    new: tuple[T, ...]

    @property
    def grows(self) -> bool:
        """Whether there are more items than before."""
        return len(self.new) > self.end - self.start


@dataclass(frozen=True)
class Region(Generic[T]):
    """A stretch that both sides changed, each in its own way."""

    base: tuple[T, ...]
    a: tuple[T, ...]
    b: tuple[T, ...]


@dataclass(frozen=True)
class Merged(Generic[T]):
    """Both sides' edits applied; an item that `a` did not change is `b`'s."""

    items: tuple[T, ...]


@dataclass(frozen=True)
class Overlap(Generic[T]):
    """Both sides changed the same items; at least one region, in order."""

    regions: tuple[Region[T], ...]


class Match(NamedTuple):
    """`a[a_at : a_at + length] == b[b_at : b_at + length]`."""

    a_at: int
    b_at: int
    length: int


def one_side(region: Region[T]) -> Merged[T] | Overlap[T]:
    """What the only side that changed a region made of it, or both alike; else it overlaps."""
    if region.a in (region.base, region.b):
        return Merged(region.b)
    return Merged(region.a) if region.b == region.base else Overlap((region,))


def merge3(
    base: Sequence[T],
    a: Sequence[T],
    b: Sequence[T],
    resolve: Callable[[Region[T]], Merged[T] | Overlap[T]] = one_side,
) -> Merged[T] | Overlap[T]:
    """Apply what `a` and `b` each changed in `base`.

    Edits of different items merge, also of neighbours. Two edits that touch and both add items overlap: in which order,
    and whether both added the same, cannot be known.

    Args:
        resolve: What becomes of a region that was changed; an item in it that `b` left alone is `b`'s.
    """
    held = list(base)  # the base, of what `b` still has in b's own items
    kept = matches(base, b)
    for match in kept:
        held[match.a_at : match.a_at + match.length] = b[match.b_at : match.b_at + match.length]
    items: list[T] = []
    regions: list[Region[T]] = []
    done = 0
    for start, end, edits_a, edits_b in _groups(edits(base, a), _edits(base, b, kept)):
        items += held[done:start]
        done = end
        new_a, new_b = _applied(base, start, end, edits_a), _applied(held, start, end, edits_b)
        merged = resolve(Region(tuple(base[start:end]), new_a, new_b))
        if isinstance(merged, Overlap):
            regions += merged.regions
        else:
            items += merged.items
    return Overlap(tuple(regions)) if regions else Merged((*items, *held[done:]))


def edits(base: Sequence[T], other: Sequence[T]) -> list[Edit[T]]:
    """What turns `base` into `other`, in order; between two edits there is at least one item that stays."""
    return _edits(base, other, matches(base, other))


def _edits(base: Sequence[T], other: Sequence[T], kept: Sequence[Match]) -> list[Edit[T]]:
    found: list[Edit[T]] = []
    base_at = other_at = 0
    for match in [*kept, Match(len(base), len(other), 0)]:
        if match.a_at > base_at or match.b_at > other_at:
            found.append(Edit(base_at, match.a_at, tuple(other[other_at : match.b_at])))
        base_at, other_at = match.a_at + match.length, match.b_at + match.length
    return found


def matches(a: Sequence[T], b: Sequence[T]) -> list[Match]:
    """The stretches that both hold in the same order, none empty, none touching the next on both sides."""
    joined: list[Match] = []
    numbers: dict[T, int] = {}  # quicker to compare than what they stand for
    for i, j in _pairs(*([numbers.setdefault(item, len(numbers)) for item in side] for side in (a, b))):
        last = joined[-1] if joined else None
        if last is not None and (last.a_at + last.length, last.b_at + last.length) == (i, j):
            joined[-1] = last._replace(length=last.length + 1)
        else:
            joined.append(Match(i, j, 1))
    return joined


# --- merge ----------------------------------------------------------------------------------------------------------


def _groups(edits_a: list[Edit[T]], edits_b: list[Edit[T]]) -> Iterator[tuple[int, int, list[Edit[T]], list[Edit[T]]]]:
    """Edits that belong together, in order: (start, end, those of a, those of b), not overlapping the next group."""
    group: list[tuple[Edit[T], bool]] = []
    merged = sorted([(edit, True) for edit in edits_a] + [(edit, False) for edit in edits_b], key=_place)
    for edit, is_a in merged:
        if group and not any(_overlap(other, edit) for other, other_is_a in group if other_is_a != is_a):
            yield _group(group)
            group = []
        group.append((edit, is_a))
    if group:
        yield _group(group)


def _place(edit: tuple[Edit[T], bool]) -> tuple[int, int]:
    return edit[0].start, edit[0].end


def _group(group: list[tuple[Edit[T], bool]]) -> tuple[int, int, list[Edit[T]], list[Edit[T]]]:
    start, end = min(edit.start for edit, _ in group), max(edit.end for edit, _ in group)
    return start, end, [edit for edit, is_a in group if is_a], [edit for edit, is_a in group if not is_a]


def _overlap(one: Edit[T], other: Edit[T]) -> bool:
    if one.start < other.end and other.start < one.end:
        return True
    touch = one.end == other.start or other.end == one.start
    return touch and one.grows and other.grows


def _applied(base: Sequence[T], start: int, end: int, edits_inside: list[Edit[T]]) -> tuple[T, ...]:
    """`base[start:end]` with the edits applied."""
    items: list[T] = []
    for edit in edits_inside:
        items += base[start : edit.start]
        items += edit.new
        start = edit.end
    return (*items, *base[start:end])


# --- alignment ------------------------------------------------------------------------------------------------------


def _pairs(a: Sequence[int], b: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Indices of equal items, rising on both sides: both ends, anchors, the stretches between two of these."""
    head, tail = _ends(a, b)
    yield from ((at, at) for at in range(head))
    a_at = b_at = head
    end, end_b = len(a) - tail, len(b) - tail
    if head < end and head < end_b and (end - head, end_b - head) != (1, 1):
        anchors = _anchors(a[head:end], b[head:end_b])
        for i, j in [*((head + i, head + j) for i, j in anchors), (end, end_b)]:
            yield from _stretch(a, b, a_at, i, b_at, j)
            if i < end:
                yield i, j
            a_at, b_at = i + 1, j + 1
    yield from ((len(a) - at, len(b) - at) for at in range(tail, 0, -1))


def _ends(a: Sequence[int], b: Sequence[int]) -> tuple[int, int]:
    """How many items at the beginning, and behind these at the end, are the same."""
    shorter = min(len(a), len(b))
    head = next((at for at in range(shorter) if a[at] != b[at]), shorter)
    tail = next((at for at in range(shorter - head) if a[-1 - at] != b[-1 - at]), shorter - head)
    return head, tail


def _anchors(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    """The longest rising run of items that stand exactly once on each side."""
    count_a, count_b = Counter(a), Counter(b)
    where = {item: j for j, item in enumerate(b) if count_b[item] == 1}
    common = [(i, where[item]) for i, item in enumerate(a) if count_a[item] == 1 and item in where]
    return _longest_rising(common)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second elements rise (patience sorting)."""
    tops: list[int] = []  # second element of the best run of each length
    ends: list[int] = []  # index in pairs of that run's last pair
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        ends[pile : pile + 1] = [at]
    run = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _stretch(
    a: Sequence[int], b: Sequence[int], a_at: int, a_end: int, b_at: int, b_end: int
) -> Iterator[tuple[int, int]]:
    """Pairs within two slices: equal heads and tails, and what Myers' algorithm finds between them."""
    while a_at < a_end and b_at < b_end and a[a_at] == b[b_at]:
        yield a_at, b_at
        a_at, b_at = a_at + 1, b_at + 1
    tail = 0
    while a_at < a_end - tail and b_at < b_end - tail and a[a_end - tail - 1] == b[b_end - tail - 1]:
        tail += 1
    inside_b = set(b[b_at : b_end - tail])
    left = [i for i in range(a_at, a_end - tail) if a[i] in inside_b]
    inside_a = {a[i] for i in left}
    right = [j for j in range(b_at, b_end - tail) if b[j] in inside_a]
    for x, y in _myers([a[i] for i in left], [b[j] for j in right]):
        yield left[x], right[y]
    yield from ((a_end - at, b_end - at) for at in range(tail, 0, -1))


# Beyond this many differences two stretches count as wholly different: safe, and it bounds time and memory.
_FARTHEST = 400


def _myers(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of a longest common subsequence, by the greedy O(ND) algorithm of Myers (1986); none if it is too far."""
    if not a or not b:
        return []
    end_a, end_b = len(a), len(b)
    most = min(end_a + end_b, _FARTHEST)
    reach = [0] * (2 * most + 3)  # furthest index in a on each diagonal; those below zero are counted from the end
    trace: list[list[int]] = []
    for distance in range(most + 1):
        trace.append(reach.copy())
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            while x < end_a and x - k < end_b and a[x] == b[x - k]:
                x += 1
            reach[k] = x
            if x >= end_a and x - k >= end_b:
                return _walk_back(trace, x, k)
    return []


def _walk_back(trace: list[list[int]], x: int, k: int) -> list[tuple[int, int]]:
    """The pairs on the path that ends at index `x` of diagonal `k`."""
    pairs = []
    for distance in range(len(trace) - 1, -1, -1):
        reach = trace[distance]
        down = k == -distance or (k != distance and reach[k - 1] < reach[k + 1])
        start = reach[k + 1] if down else reach[k - 1] + 1
        while x > start:
            x -= 1
            pairs.append((x, x - k))
        k, x = (k + 1, start) if down else (k - 1, start - 1)
    return pairs[::-1]
