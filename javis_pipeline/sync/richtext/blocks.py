"""What both text formats have in common: blocks, and content that only the remote can make."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Generic, TypeVar

S = TypeVar("S")

# Texts of which more than this part is the same are one text, edited.
ALIKE = 0.5
_COMPARED = 4000
# Up to this length letters are compared, then words: comparing letters takes the square of the length.
_SHORT = 300
# A shorter text stands in another by chance.
_PHRASE = 8
_FEW_WORDS = 3


@dataclass(frozen=True, eq=False)
class Block(Generic[S]):
    """Equal blocks say the same; `source` (an ADF node, a stretch of XHTML) may be spelled differently."""

    canonical: str
    source: S = field(compare=False)

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return other.__class__ is self.__class__ and self.canonical == other.canonical


@dataclass(frozen=True, order=True)
class Special:
    """Content that javis can keep but not make again: a mention, a file, a macro, a table, the anchor of a comment.

    Attributes:
        shown: What a person calls it, for messages.
        identity: Tells it from others of its kind: its canonical attributes.
        words: The text inside, which may change without it being another one.
    """

    kind: str
    shown: str
    identity: str
    words: str = field(default="", compare=False)


def similar(old: str, new: str) -> bool:
    """Whether `new` looks like `old` after an edit, rather than like another text in its place."""
    old, new = old.strip()[:_COMPARED], new.strip()[:_COMPARED]
    if not old or not new:
        return False
    if old == new or (min(len(old), len(new)) >= _PHRASE and (old in new or new in old)):
        return True
    short = max(len(old), len(new)) <= _SHORT
    matcher = SequenceMatcher(None, old if short else old.split(), new if short else new.split(), autojunk=False)
    return matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE


def words_in(text: str) -> Counter[str]:
    """The words and signs of a text, as far as `alike` looks."""
    return Counter(_WORD.findall(text[:_COMPARED]))


def likeness(old: Counter[str], new: Counter[str]) -> float:
    """How much of the words of two texts is the same, from 0 to 1; a text is like one that it is part of."""
    common, fewer = (old & new).total(), min(old.total(), new.total())
    part = common / fewer - 0.25 if fewer >= _FEW_WORDS else 0
    return max(part, 2 * common / max(old.total() + new.total(), 1))


def alike(old: Counter[str], new: Counter[str]) -> bool:
    """Whether most words of one are in the other: quicker and coarser than `similar`, for comparing many with many."""
    return likeness(old, new) > ALIKE


def is_another(old: str, new: str) -> bool:
    """Whether a text is so unlike the one whose place it has that it is about something else."""
    before, after = words_in(old), words_in(new)
    return bool(before) and bool(after) and not alike(before, after)


_WORD = re.compile(r"\w+|[^\w\s]")


Spans = Sequence[tuple[int, int]]
"""Of each cell of a row, how many rows and columns it spans."""


def row_widths(rows: Sequence[Spans]) -> list[int]:
    """How many columns each row of a table takes, with those that a cell of an earlier row covers."""
    widths = []
    covers: list[tuple[int, int]] = []  # (rows still covered, columns)
    for cells in rows:
        taken = [*covers, *cells]
        widths.append(sum(columns for _, columns in taken))
        covers = [(left - 1, columns) for left, columns in taken if left > 1]
    return widths
