"""What a Markdown text says: a tree shaped like an ADF document, with nothing in it that Markdown has no words for.

A description is edited by comparing what its view said with what it says now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """A mark on a text that Markdown can say; a link has an address and may have a title."""

    kind: str
    href: str | None = None
    title: str | None = None


# Not frozen, which would make each three times as dear: a long text is fifty thousand of them.
@dataclass(slots=True, eq=False)
class Said:
    """One node, never written into. Two that say the same are equal wherever they stand.

    Attributes:
        kind: The type of the ADF node; or `cell` where the sort of a table's cell is not said, `token` for one that
            stands for something else, `opaque` for a fenced container that is no container of ours, `wrong` for what
            cannot be a node, with the reason in `text` and its words in `content`.
        attrs: The attributes that Markdown says, sorted by name.
        text: Of a text, a code block, a token, an opaque container.
        line: Where it stands, counted from 1.
    """

    kind: str
    content: "tuple[Said, ...]" = ()
    attrs: tuple[tuple[str, Any], ...] = ()
    text: str = ""
    marks: tuple[Mark, ...] = ()
    line: int = 0
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Each is compared often, and what is inside of it with it.
        self._hash = hash((self.kind, self.content, self.attrs, self.text, self.marks))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Said) or self._hash != other._hash:
            return False
        return (self.kind, self.text, self.marks, self.attrs) == (
            other.kind,
            other.text,
            other.marks,
            other.attrs,
        ) and self.content == other.content

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes by name, as a document has them."""
        return dict(self.attrs)


# Their content stands within a line.
LINE_KINDS = frozenset({"paragraph", "heading", "taskItem", "decisionItem", "caption"})
# Blocks that are nothing but text.
_TEXT_BLOCKS = ("codeBlock", "opaque")


def words_of(said: Said) -> str:
    """The text of a node with its children, for comparing and for people."""
    parts: list[str] = []
    stack = [said]
    while stack:
        current = stack.pop()
        if current.text and current.kind != "wrong":
            parts += (" ", current.text) if current.kind in _TEXT_BLOCKS else (current.text,)
        elif current.kind in LINE_KINDS or current.kind == "hardBreak":
            parts.append(" ")
        stack += reversed(current.content)
    return "".join(parts).strip()


def lines_within(parts: Iterable[Said]) -> Iterator[Said]:
    """The lines among these and in them, at any depth."""
    stack = list(parts)
    while stack:
        said = stack.pop()
        if said.kind in LINE_KINDS:
            yield said
        else:
            stack += said.content


def plain_said(text: str, line: int) -> Said:
    """A paragraph that holds the lines of a text as they are."""
    content: list[Said] = []
    for part in text.split("\n"):
        content += [Said("hardBreak")] if content else []
        content += [Said("text", text=part)] if part else []
    return Said("paragraph", tuple(content), line=line)


def wrong(reason: str, instead: Iterable[Said], line: int) -> Said:
    """What cannot be a node, and the words that stand for it if a person accepts that."""
    return Said("wrong", tuple(instead), text=reason, line=line)


class Problems:
    """What cannot be written, by line."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def add(self, line: int, reason: str) -> None:
        """Note a reason; the line is 0 where no single one is meant."""
        self.reasons.append(f"line {line}: {reason}" if line else reason)
