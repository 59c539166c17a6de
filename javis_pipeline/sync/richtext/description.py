"""Edits of a Jira description: a person changes the Markdown view, the ADF document changes in just these nodes.

A node that the person did not touch, or only moved, stays the very node it was, at any depth. Of a changed node only
that is written anew which its view says otherwise now. If that is not possible, the edit is lossy and waits for the
person's decision.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.adf import blocks_of, document_of, lost_content, special_content
from javis_pipeline.sync.richtext.adf_schema import new_faults
from javis_pipeline.sync.richtext.adf_tree import AdfGrammar
from javis_pipeline.sync.richtext.blocks import Special
from javis_pipeline.sync.richtext.hidden_marks import marked_words
from javis_pipeline.sync.richtext.markdown_reader import split_markdown
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, view_blocks
from javis_pipeline.sync.richtext.node_edit import edit_nodes
from javis_pipeline.sync.richtext.placeholders import Node
from javis_pipeline.sync.richtext.trees import merge_trees

Document = dict[str, Any] | None


@dataclass(frozen=True)
class Edited:
    """The document with the edit in it; `removed` is what the person took out that only the remote can make."""

    doc: Document
    removed: Counter[Special]


@dataclass(frozen=True)
class Lossy:
    """The edit touches what cannot be written from Markdown.

    Attributes:
        reasons: Why, each with the line of the new text.
        goes: What the document would lose if a person accepts that.
    """

    reasons: tuple[str, ...]
    goes: Counter[Special]


@dataclass(frozen=True)
class Merged:
    """A document that holds both sides' edits, and its view."""

    doc: Document
    markdown: str | None


@dataclass(frozen=True)
class Conflict:
    """The edits do not go together."""

    kind: Literal["lossy_edit", "overlap", "unreadable"]
    reason: str


def apply_local_edit(
    base_adf: Document, base_view: str | None, new_markdown: str | None, *, accept_loss: bool = False
) -> Edited | Lossy:
    """The base document with a person's edit of its view in it.

    Args:
        base_adf: The document both sides agreed on; None if there was none.
        base_view: The Markdown that the person began with; it may spell otherwise what the document says.
        new_markdown: What the person left; None or blank to empty the description.
        accept_loss: True when a person chose to lose what the changed nodes hold beside the Markdown.

    Raises:
        UnreadableText: `base_adf` is no ADF document.
    """
    nodes = blocks_of(document_of(blocks_of(base_adf)))  # none for a document that shows nothing
    if (new_markdown or "") == (base_view or ""):
        return Edited(base_adf, Counter())
    edit = edit_nodes(nodes, base_view or "", new_markdown or "")
    doc = document_of(edit.nodes)
    gone, came = _apart(nodes, edit.nodes)
    # Most edits are of words: then all that is special stands in nodes that stayed, and none of them is looked at.
    had = special_content(gone)
    lost = had - special_content(came) if had else had
    goes = special_content(nodes) - special_content(edit.nodes) if lost else lost  # what else has an anchor keeps it
    looks = marked_words(gone)
    looks -= marked_words(came) if looks else looks
    faults = [fault.reason for fault in new_faults(_doc(gone), _doc(came))]
    if faults or (edit.problems and not accept_loss):
        return Lossy(tuple(dict.fromkeys([*edit.problems, *faults])), goes + looks)
    return Edited(doc, goes)


def _apart(before: Sequence[Node], after: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The nodes of each side that are not the very nodes of the other: most stay as they were."""
    ids_before, ids_after = set(map(id, before)), set(map(id, after))
    return [node for node in before if id(node) not in ids_after], [
        node for node in after if id(node) not in ids_before
    ]


def _doc(nodes: Sequence[Node]) -> Node:
    return {"type": "doc", "content": nodes}


def carry_over(adf: Document, old_view: str | None, text: str | None) -> str | None:
    """A person's edit of a view that an earlier release wrote, as the same edit of today's view.

    Where the edit would be a question, only the blocks that the person left alone are written as today.
    """
    view = adf_to_markdown(adf)
    if text is None or old_view == view:
        return text
    try:
        edited = apply_local_edit(adf, old_view, text)
        carried = adf_to_markdown(edited.doc) if isinstance(edited, Edited) else None
        again = apply_local_edit(adf, view, carried)
    except UnreadableText:
        return text
    if isinstance(edited, Edited) and isinstance(again, Edited) and again.doc == edited.doc:
        return carried
    return _blocks_carried_over(adf, old_view, text)


def _blocks_carried_over(adf: Document, old_view: str | None, text: str) -> str:
    texts = view_blocks(adf or {})[0]
    began = [piece.text for piece in split_markdown(old_view or "")]
    if len(began) != len(texts):
        return text
    pieces = [piece.text for piece in split_markdown(text)]
    for match in diff3.matches(began, pieces):
        pieces[match.b_at : match.b_at + match.length] = texts[match.a_at : match.a_at + match.length]
    return "\n\n".join(pieces)


def merge_descriptions(base_adf: Document, local_markdown: str | None, remote_adf: Document) -> Merged | Conflict:
    """The remote document with a person's edit of the base's view in it, if the two touch different blocks."""
    try:
        edited = apply_local_edit(base_adf, adf_to_markdown(base_adf), local_markdown)
        if isinstance(edited, Lossy):
            return Conflict("lossy_edit", "; ".join(edited.reasons))
        grammar = AdfGrammar()
        merged = merge_trees(grammar, *(grammar.items(blocks_of(doc)) for doc in (base_adf, edited.doc, remote_adf)))
        if isinstance(merged, diff3.Overlap):
            count = _count(len(merged.regions))
            return Conflict("overlap", f"both sides changed the same {count} of the text")
        doc = document_of([block.source for block in merged.items])
        if lost := lost_content(remote_adf, doc, edited.removed):
            return Conflict("lossy_edit", "the merged text would lose " + ", ".join(item.shown for item in lost))
        if faults := new_faults(remote_adf, doc):
            return Conflict("overlap", f"the merged text would not be valid: {faults[0].reason}")
        return Merged(doc, adf_to_markdown(doc))
    except UnreadableText as error:
        return Conflict("unreadable", str(error))


def _count(places: int) -> str:
    return "place" if places == 1 else f"{places} places"
