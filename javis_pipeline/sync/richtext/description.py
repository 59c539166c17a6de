"""Edits of a Jira description: a person changes the Markdown view, the ADF document changes in just these blocks.

A block that the person did not touch, or only moved, stays the very node it was. A changed block is written anew, which
is possible only if Markdown says all that was in it; if not, the edit is lossy and waits for the person's decision.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.adf import (
    blocks_of,
    canonical_block,
    document_of,
    lost_content,
    special_content,
)
from javis_pipeline.sync.richtext.adf_tree import AdfGrammar, blocks_as_items
from javis_pipeline.sync.richtext.blocks import Block, Special, similar
from javis_pipeline.sync.richtext.markdown_reader import read_markdown, split_markdown
from javis_pipeline.sync.richtext.markdown_writer import Seen, adf_to_markdown, view_blocks
from javis_pipeline.sync.richtext.placeholders import TOKEN, Node, Placeholder
from javis_pipeline.sync.richtext.trees import merge_trees

Document = dict[str, Any] | None


@dataclass(frozen=True)
class Edited:
    """The document with the edit in it; `removed` is what the person took out that only the remote can make."""

    doc: Document
    removed: Counter[Special]


@dataclass(frozen=True)
class Lossy:
    """The edit touches what cannot be written from Markdown: the view of each such block, and why."""

    blocks: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """A document that holds both sides' edits, and its view."""

    doc: Document
    markdown: str | None


@dataclass(frozen=True)
class Conflict:
    """The edits do not go together; `regions` shows each place in Markdown, for an overlap."""

    kind: Literal["lossy_edit", "overlap", "unreadable"]
    reason: str
    regions: tuple[diff3.Region[str], ...] = ()


def apply_local_edit(
    base_adf: Document, base_view: str | None, new_markdown: str | None, *, accept_loss: bool = False
) -> Edited | Lossy:
    """The base document with a person's edit of its view in it.

    Args:
        base_adf: The document both sides agreed on; None if there was none.
        base_view: The Markdown that the person began with.
        new_markdown: What the person left; None or blank to empty the description.
        accept_loss: True when a person chose to lose what the changed blocks hold beside the Markdown.

    Raises:
        UnreadableText: `base_adf` is no ADF document.
    """
    if (new_markdown or "") == (base_view or ""):
        return Edited(base_adf, Counter())
    nodes = blocks_of(document_of(blocks_of(base_adf)))  # none for a document that shows nothing
    texts, seen = _texts_of(nodes, base_view or "")
    edit = _Edit(nodes, texts, seen, _split_like(texts, new_markdown or ""))
    blocks = edit.apply()
    if edit.reasons and not accept_loss:
        return Lossy(tuple(dict.fromkeys(edit.lossy_blocks)), tuple(dict.fromkeys(edit.reasons)))
    return Edited(document_of(blocks), special_content(nodes) - special_content(blocks))


def merge_descriptions(base_adf: Document, local_markdown: str | None, remote_adf: Document) -> Merged | Conflict:
    """The remote document with a person's edit of the base's view in it, if the two touch different blocks."""
    try:
        edited = apply_local_edit(base_adf, adf_to_markdown(base_adf), local_markdown)
        if isinstance(edited, Lossy):
            return Conflict("lossy_edit", "; ".join(edited.reasons))
        sides = [blocks_as_items(blocks_of(doc)) for doc in (base_adf, edited.doc, remote_adf)]
        merged = merge_trees(AdfGrammar(), *sides)
        if isinstance(merged, diff3.Overlap):
            regions = tuple(_shown(region) for region in merged.regions)
            return Conflict("overlap", f"both sides changed the same {_count(len(regions))} of the text", regions)
        doc = document_of([block.source for block in merged.items])
        if lost := lost_content(remote_adf, doc, edited.removed):
            return Conflict("lossy_edit", "the merged text would lose " + ", ".join(item.shown for item in lost))
        return Merged(doc, adf_to_markdown(doc))
    except UnreadableText as error:
        return Conflict("unreadable", str(error))


def _shown(region: diff3.Region[Block[Node]]) -> diff3.Region[str]:
    def views(blocks: Sequence[Block[Node]]) -> tuple[str, ...]:
        return tuple(view_blocks({"content": [block.source for block in blocks]})[0])

    return diff3.Region(views(region.base), views(region.a), views(region.b))


def _count(places: int) -> str:
    return "place" if places == 1 else f"{places} places"


def _texts_of(nodes: Sequence[Node], view: str) -> tuple[list[str], Seen]:
    """The text of each node in the view the person began with, even if it was written in another way than today's."""
    texts, seen = view_blocks({"content": nodes})
    written = split_markdown(view)
    return (written if len(written) == len(texts) else texts), seen


def _split_like(texts: Sequence[str], new_markdown: str) -> list[str]:
    """The blocks of the new text. Lists side by side read as one list: those that are as they were stay apart."""
    known = set(texts)
    return [piece for text in split_markdown(new_markdown) for piece in _unmerged(text, known)]


def _unmerged(text: str, known: set[str]) -> list[str]:
    """The known texts that `text` is made of, or `text` itself."""
    pieces: list[str] = []
    open_piece = ""
    for part in [] if text in known else text.split("\n\n"):
        open_piece = f"{open_piece}\n\n{part}" if open_piece else part
        if open_piece in known:
            pieces.append(open_piece)
            open_piece = ""
    return pieces if pieces and not open_piece else [text]


class _Edit:
    """One edit of a view. `apply` gives the new blocks; `reasons` and `lossy_blocks` gather what forbids it."""

    def __init__(self, nodes: Sequence[Node], texts: Sequence[str], seen: Seen, new_texts: Sequence[str]) -> None:
        self.nodes = nodes
        self.texts = texts
        self.placeholders = _by_text(seen)
        self.edits = diff3.edits(texts, new_texts)
        self.kept: set[str] = set()  # placeholders that the new text holds where something changed
        self.reasons: list[str] = []
        self.lossy_blocks: list[str] = []

    def apply(self) -> list[Node]:
        left = self._left()
        blocks: list[Node] = []
        written: list[list[str]] = []
        done = 0
        for edit in self.edits:
            blocks += self.nodes[done : edit.start]
            done = edit.end
            written.append([])
            for text in edit.new:
                if left.get(text):  # a block that was moved here
                    blocks.append(self.nodes[left[text].pop(0)])
                else:
                    blocks += self._read(text)
                    written[-1].append(text)
        still_left = {at for places in left.values() for at in places}
        for edit, texts in zip(self.edits, written, strict=True):
            for at in still_left.intersection(range(edit.start, edit.end)):
                self._check_replaced(self.nodes[at], self.texts[at], texts)
        return [*blocks, *self.nodes[done:]]

    def _left(self) -> dict[str, list[int]]:
        """The indices of the blocks that left their place, by their text."""
        left: dict[str, list[int]] = {}
        for edit in self.edits:
            for at in range(edit.start, edit.end):
                left.setdefault(self.texts[at], []).append(at)
        return left

    def _read(self, text: str) -> list[dict[str, Any]]:
        reading = read_markdown(text, self.placeholders)
        if reading.problems:
            self._refuse(text, reading.problems)
        self.kept.update(placeholder.shown for placeholder in reading.placeholders)
        return reading.nodes

    def _check_replaced(self, node: Node, text: str, written: Sequence[str]) -> None:
        """Refuse if the block lives on, changed, in `written` without something that it held."""
        reading = read_markdown(text, self.placeholders)
        if reading.problems or [canonical_block(again) for again in reading.nodes] != [canonical_block(node)]:
            if any(similar(text, new) for new in written):
                self._refuse(text, ["the changed block holds formatting or content that Markdown cannot say"])
            return
        rest = TOKEN.sub("", text)
        for placeholder in reading.placeholders:
            if placeholder.shown not in self.kept and _lives_on(placeholder, rest, written):
                first = placeholder.shown.split("\n", 1)[0]
                self._refuse(text, [f"{first} was changed: keep it as it was, or remove all of it"])

    def _refuse(self, text: str, reasons: Iterable[str]) -> None:
        self.lossy_blocks.append(text)
        self.reasons += reasons


def _lives_on(placeholder: Placeholder, rest: str, written: Sequence[str]) -> bool:
    """Whether what a placeholder showed is plain text in `written` and was not before, in the `rest` of its block."""
    if placeholder.shown[0] != "{":
        return any(similar(placeholder.label, new) for new in written)
    return placeholder.label not in rest and any(placeholder.label in new for new in written)


def _by_text(seen: Seen) -> Mapping[str, Placeholder | None]:
    """Placeholders by how they are shown; None where different nodes look the same."""
    found: dict[str, Placeholder | None] = {}
    for placeholder in seen:
        known = found.setdefault(placeholder.shown, placeholder)
        if known is not None and not _same(known, placeholder):
            found[placeholder.shown] = None
    return found


def _same(one: Placeholder, other: Placeholder) -> bool:
    return one.block == other.block and canonical_block(one.node) == canonical_block(other.node)
