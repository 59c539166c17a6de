"""Edits within a line: words that stay keep their nodes and all their marks, also those that Markdown cannot say.

A new word gets the marks of what it replaced or stands inside of. Where words with a colour, a comment or another mark
that Markdown cannot say were replaced beyond recognition, nobody can know what becomes of the mark: that is told.
"""

import itertools
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.adf_nodes import adf_mark, new_text
from javis_pipeline.sync.richtext.blocks import similar
from javis_pipeline.sync.richtext.hidden_marks import hidden_marks, is_look, name_of_mark
from javis_pipeline.sync.richtext.placeholders import Node, attrs_of
from javis_pipeline.sync.richtext.said import Mark, Said

_OBJECT = "\ufffc"
_WITH_CODE = frozenset({"link", "annotation", "code"})
_WORD = re.compile(r"\w+|.", re.S)


class _Atom(NamedTuple):
    """A character of a line, or a node in it."""

    char: str
    marks: tuple[Mark, ...]
    node: Said | None = None

    @property
    def key(self) -> str:
        return self.char if self.node is None else f"{_OBJECT}{self.node.kind} {self.node.text}"


@dataclass(frozen=True)
class LineEdit:
    """A changed line; `problems` says what would get lost."""

    nodes: list[dict[str, Any]]
    problems: list[str]


def is_mirrored(content: Sequence[Any], said: Sequence[Said]) -> bool:
    """Whether a line says all of these nodes, character by character; blanks at its end are not said."""
    here, there = _source_text(content), "".join(part.text if part.kind == "text" else _OBJECT for part in said)
    return here is not None and here.startswith(there) and not here[len(there) :].strip()


def edit_line(
    content: Sequence[Node], before: Sequence[Said], after: Sequence[Said], new: Callable[[Said], list[dict[str, Any]]]
) -> LineEdit:
    """The nodes of a line after an edit of what they say.

    Args:
        content: The nodes, mirrored by `before`.
        before: What they say.
        after: What they shall say.
        new: Makes the nodes for what was not in the line before.
    """
    if (nodes := _texts_changed(content, before, after)) is not None:
        return LineEdit(nodes, [])
    edit = _LineEdit(content, _atoms(before), _atoms(after), new)
    return LineEdit(edit.nodes(), edit.problems())


def _texts_changed(
    content: Sequence[Node], before: Sequence[Said], after: Sequence[Said]
) -> list[dict[str, Any]] | None:
    """The short way for most edits: each part of the line is what it was, but some texts read otherwise.

    None if it is not that simple.
    """
    if not len(content) == len(before) == len(after):
        return None
    nodes: list[dict[str, Any]] = []
    for node, old, new in zip(content, before, after, strict=True):
        if old == new:
            nodes.append(dict(node))
            continue
        text = node.get("text")
        if old.kind != "text" or new.kind != "text" or old.marks != new.marks or not isinstance(text, str):
            return None
        if not text.startswith(old.text) or hidden_marks(node):
            return None
        nodes.append({**node, "text": new.text + text[len(old.text) :]})
    return nodes


def _source_text(content: Sequence[Any]) -> str | None:
    parts = []
    for node in content:
        if not isinstance(node, dict):
            return None
        text = node.get("text")
        parts.append(text if node.get("type") == "text" and isinstance(text, str) else _OBJECT)
    return "".join(parts)


def _text(atoms: Sequence[_Atom]) -> str:
    return "".join(atom.char for atom in atoms)


def _atoms(said: Sequence[Said]) -> list[_Atom]:
    atoms: list[_Atom] = []
    for part in said:
        if part.kind == "text":
            atoms += (_Atom(char, part.marks) for char in part.text)
        else:
            atoms.append(_Atom(_OBJECT, part.marks, part))
    return atoms


class _LineEdit:
    def __init__(
        self,
        content: Sequence[Node],
        before: Sequence[_Atom],
        after: Sequence[_Atom],
        new: Callable[[Said], list[dict[str, Any]]],
    ) -> None:
        self.content = content
        self.before = before
        self.after = after
        self.new = new
        self.owners = [at for at, node in enumerate(content) for _ in range(_length(node))]
        self.hidden = [hidden_marks(node) for node in content]
        self.came_from: list[int | None] = [None] * len(after)
        self.lost_in_code: set[str] = set()
        places = list(self._align())
        stays = [(at, place) for at, place in enumerate(self.came_from) if place is not None]  # rising on both sides
        self.stays_at, self.stays_from = [at for at, _ in stays], [place for _, place in stays]
        self.kept = frozenset(self.stays_from)
        self.place_of = {at: index for index, place in enumerate(places) for at in range(place[2], place[3])}
        self.replaced = [(self._one_of_each(start, end), start, end) for start, end, _, _ in places]
        self.around: dict[tuple[int, int | None, int | None], tuple[frozenset[str], list[int]]] = {}
        self.left = list(itertools.accumulate(self.came_from, _last_known))
        self.right = list(itertools.accumulate(reversed(self.came_from), _last_known))[::-1]

    def _one_of_each(self, start: int, end: int) -> list[int]:
        """A place of each node, with each set of marks, that has letters which were replaced."""
        found = {
            (self.owners[place], self.before[place].marks): place
            for place in range(start, end)
            if place not in self.kept
        }
        return list(found.values())

    # --- alignment ---

    def _align(self) -> Iterator[tuple[int, int, int, int]]:
        """Fill `came_from`; gives the stretches that changed, as (start, end) before and after."""
        old, new = _words(self.before), _words(self.after)
        at = at_new = 0
        ends = diff3.Match(len(old), len(new), 0)
        for match in [*diff3.matches([word for word, _ in old], [word for word, _ in new]), ends]:
            start, start_new = _offset(old, match.a_at, self.before), _offset(new, match.b_at, self.after)
            if start > at or start_new > at_new:
                yield from self._refined(at, start, at_new, start_new)
            at, at_new = (
                _offset(old, match.a_at + match.length, self.before),
                _offset(new, match.b_at + match.length, self.after),
            )
            for step in range(at - start):
                self.came_from[start_new + step] = start + step

    def _refined(self, start: int, end: int, start_new: int, end_new: int) -> Iterator[tuple[int, int, int, int]]:
        """A stretch that changed; where one word replaced one, without the letters that both begin and end with."""
        yield start, end, start_new, end_new
        while start < end and start_new < end_new and self.before[start].key == self.after[start_new].key:
            self.came_from[start_new] = start
            start, start_new = start + 1, start_new + 1
        while start < end and start_new < end_new and self.before[end - 1].key == self.after[end_new - 1].key:
            self.came_from[end_new - 1] = end - 1
            end, end_new = end - 1, end_new - 1

    # --- nodes ---

    def nodes(self) -> list[dict[str, Any]]:
        groups: list[tuple[int | None, Any, str]] = []  # (node it is part of, marks or new nodes, text)
        for at, atom in enumerate(self.after):
            owner, marks = self._owner_and_marks(at, atom)
            if atom.node is not None:
                groups.append((owner, None if owner is not None else self.new(atom.node), ""))
            elif groups and groups[-1][2] and groups[-1][:2] == (owner, marks):
                groups[-1] = (owner, marks, groups[-1][2] + atom.char)
            else:
                groups.append((owner, marks, atom.char))
        self._keep_blanks(groups)
        return _joined([(group[0], node) for group in groups for node in self._made(*group)])

    def _made(self, owner: int | None, marks: Any, text: str) -> list[dict[str, Any]]:
        if owner is not None:
            node = dict(self.content[owner])
            return [{**node, "text": text} if text else node]
        return [new_text(text) | ({"marks": marks} if marks else {})] if text else list(marks)

    def _keep_blanks(self, groups: list[tuple[int | None, Any, str]]) -> None:
        """Blanks at the end of the line are not seen; they stay if what is before them does."""
        if not self.after or self.came_from[-1] != len(self.before) - 1:
            return
        blanks = (_source_text(self.content) or "")[len(self.before) :]
        for owner, blank in zip(self.owners[len(self.before) :], blanks, strict=True):
            if groups and groups[-1][0] == owner:
                groups[-1] = (owner, None, groups[-1][2] + blank)
            else:
                groups.append((owner, None, blank))

    def _owner_and_marks(self, at: int, atom: _Atom) -> tuple[int | None, Any]:
        """The node that a character or an object is part of; if that is a new one, its marks."""
        came_from = self.came_from[at]
        if came_from is not None:
            owner = self.owners[came_from]
            if self.before[came_from].marks == atom.marks:
                return owner, None
            return None, self._marks(atom.marks, self.hidden[owner], [owner])
        if atom.node is not None:
            return None, None
        hidden, near = self._around(at)
        for place in near:
            if self.before[place].node is None and self.before[place].marks == atom.marks:
                owner = self.owners[place]
                if self.hidden[owner] == hidden:
                    return owner, None
        return None, self._marks(atom.marks, hidden, [self.owners[place] for place in near])

    def _around(self, at: int) -> tuple[frozenset[str], list[int]]:
        """The hidden marks of a new character, and the places before the edit that it may belong to.

        It has the marks of all that it replaced; if that is nothing, those of what it stands inside of.
        """
        key = self.place_of[at], self.left[at], self.right[at]
        if key not in self.around:
            replaced, start, end = self.replaced[key[0]]
            sides = [place for place in key[1:] if place is not None]
            old = replaced or [place for place in sides if start <= place < end]
            inside = old or (sides if len(sides) == 2 else [])  # at the ends it is inside of nothing
            marks = [self.hidden[self.owners[place]] for place in inside]
            self.around[key] = frozenset.intersection(*marks) if marks else frozenset(), [*old, *sides]
        return self.around[key]

    def _marks(self, said: Sequence[Mark], hidden: frozenset[str], owners: Sequence[int]) -> list[Any]:
        """The marks of a new text node: those that are said, as the line had them before, and the hidden ones."""
        if any(mark.kind == "code" for mark in said):
            kept = frozenset(mark for mark in hidden if json.loads(mark).get("type") in _WITH_CODE)
            self.lost_in_code |= hidden - kept
            hidden = kept
        return [*(self._said_mark(mark, owners) for mark in said), *(json.loads(mark) for mark in sorted(hidden))]

    def _said_mark(self, mark: Mark, owners: Sequence[int]) -> Any:
        """A link has attributes beside its address and title; one that was there keeps them."""
        for owner in owners if mark.kind == "link" else ():
            for old in self.content[owner].get("marks") or ():
                attrs = attrs_of(old) if isinstance(old, dict) and old.get("type") == "link" else {}
                if (attrs.get("href"), attrs.get("title") or None) == (mark.href, mark.title):
                    return old
        return adf_mark(mark)

    # --- what would get lost ---

    def problems(self) -> list[str]:
        found = [
            f"code cannot have {name_of_mark(mark)}: the words would lose it" for mark in sorted(self.lost_in_code)
        ]
        for mark, start, end in self._stretches():
            now = self._now(start, end)
            was = _text(self.before[start:end])
            if now.strip() and not _is_recognised(mark, was, now, alone=not self.kept):
                words, again = shortened(was), shortened(now)
                found.append(f"{words!r} has {name_of_mark(mark)}, which Markdown cannot say, and reads {again!r} now")
        return [*found, *self._tokens_as_text()]

    def _stretches(self) -> Iterator[tuple[str, int, int]]:
        """Each hidden mark with the stretch of the line that has it."""
        began: dict[str, int] = {}
        at, end = 0, len(self.before)
        for node, hidden in zip(self.content, self.hidden, strict=True):
            for mark in sorted(began.keys() - hidden):
                yield mark, began.pop(mark), min(at, end)
            if at < end:  # what is behind are blanks that nobody sees
                began |= dict.fromkeys(hidden - began.keys(), at)
            at += _length(node)
        yield from ((mark, start, end) for mark, start in sorted(began.items()))

    def _now(self, start: int, end: int) -> str:
        """What stands now between what was left and right of a stretch."""
        before, behind = bisect_left(self.stays_from, start), bisect_left(self.stays_from, end)
        first = self.stays_at[before - 1] + 1 if before else 0
        last = self.stays_at[behind] if behind < len(self.stays_at) else len(self.after)
        return _text(self.after[first : min(last, first + _LOOKED_AT)])

    def _tokens_as_text(self) -> Iterator[str]:
        """A token whose label is plain text now: someone took its braces for decoration."""
        was, now = _text(self.before), _text(self.after)
        for at, atom in enumerate(self.before):
            if at in self.kept or atom.node is None or atom.node.kind != "token":
                continue
            label = atom.node.text[1:-1]
            if label and label not in was and label in now:
                yield f"{atom.node.text} was changed: keep it as it was, or remove all of it"


def _is_recognised(mark: str, was: str, now: str, *, alone: bool) -> bool:
    """Whether words that changed are still those that a mark is about.

    One word for another in a line that stays is the same place with the same look; a comment was about the word.
    """
    if was == now or similar(was, now):
        return True
    return is_look(mark) and not alone and bool(_ONE_WORD.fullmatch(was.strip()) and _ONE_WORD.fullmatch(now.strip()))


_ONE_WORD = re.compile(r"\w+")


def shortened(text: str) -> str:
    """A text as far as a message shows it."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"


_SHOWN = 60
# More than this of the words that stand in the place of others is not looked at.
_LOOKED_AT = 5_000


def _length(node: Node) -> int:
    text = node.get("text")
    return len(text) if node.get("type") == "text" and isinstance(text, str) else 1


def _words(atoms: Sequence[_Atom]) -> list[tuple[str, int]]:
    """Words, blanks, signs and objects, each with its offset."""
    text = _text(atoms)
    return [
        (match[0] if match[0] != _OBJECT else atoms[match.start()].key, match.start()) for match in _WORD.finditer(text)
    ]


def _offset(words: Sequence[tuple[str, int]], index: int, atoms: Sequence[_Atom]) -> int:
    return words[index][1] if index < len(words) else len(atoms)


def _joined(parts: Sequence[tuple[int | None, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The nodes; texts of one look become one where what stood between them is gone."""
    nodes: list[dict[str, Any]] = []
    before: int | None = None
    for owner, node in parts:
        were_neighbours = before is not None and owner == before + 1
        alike = nodes and _look(nodes[-1]) == _look(node) != {} and not were_neighbours
        if alike:
            nodes[-1] = {**nodes[-1], "text": nodes[-1]["text"] + node["text"]}
        else:
            nodes.append(node)
        before = owner
    return nodes


def _look(node: Node) -> Mapping[str, Any]:
    """All of a text node but its text; nothing for other nodes."""
    if node.get("type") != "text":
        return {}
    return {key: value for key, value in node.items() if key != "text"}


def _last_known(known: int | None, place: int | None) -> int | None:
    return known if place is None else place
