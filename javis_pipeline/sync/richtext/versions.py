"""Which of the new items is which of the old ones, after an edit."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from javis_pipeline.sync.richtext.blocks import alike, likeness, words_in

S = TypeVar("S")

# More pairs than this are not compared with each other: what stands between equal items is then one place.
_COMPARED_PAIRS = 2500


def pairs(
    olds: Sequence[S], news: Sequence[S], kind: Callable[[S], str], words: Callable[[S], str]
) -> list[tuple[int, int]]:
    """Which of the new items is which of the old ones after an edit, rising on both sides.

    As many of the same kinds in the same order are each other's versions, unless words of one are in the place of
    another; else those whose words are the same or alike.
    """
    kinds_old, kinds_new = [kind(item) for item in olds], [kind(item) for item in news]
    in_order = [(at, at) for at in range(len(olds))] if kinds_old == kinds_new else []
    if len(olds) * len(news) > _COMPARED_PAIRS or len(in_order) == 1:
        return in_order
    texts_old, texts_new = [words(item) for item in olds], [words(item) for item in news]
    words_old, words_new = list(map(words_in, texts_old)), list(map(words_in, texts_new))

    def weight(i: int, j: int) -> int:
        if kinds_old[i] != kinds_new[j]:
            return 0
        return 3 if texts_old[i] == texts_new[j] else 2 * alike(words_old[i], words_new[j])

    changed = [at for at, _ in in_order if not weight(at, at)]
    if in_order and not any(weight(i, j) for i in changed for j in changed):
        return in_order
    return likest(len(olds), len(news), weight)


def crossed(
    olds: Sequence[S], news: Sequence[S], kind: Callable[[S], str], words: Callable[[S], str]
) -> list[tuple[int, int]]:
    """Which of the new items is which of the old ones where they changed and also changed places: the likest first."""
    if len(olds) * len(news) > _COMPARED_PAIRS:
        return []
    words_old, words_new = [words_in(words(item)) for item in olds], [words_in(words(item)) for item in news]
    likest = sorted(
        (-likeness(words_old[i], words_new[j]), i, j)
        for i, old in enumerate(olds)
        for j, new in enumerate(news)
        if kind(old) == kind(new) and alike(words_old[i], words_new[j])
    )
    found: dict[int, int] = {}
    for _, i, j in likest:
        if i not in found and j not in found.values():
            found[i] = j
    return sorted(found.items())


def likest(rows: int, columns: int, weight: Callable[[int, int], int]) -> list[tuple[int, int]]:
    """The rising run of pairs that are most alike, all taken together."""
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    like = [[weight(i, j) for j in range(columns)] for i in range(rows)]
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
