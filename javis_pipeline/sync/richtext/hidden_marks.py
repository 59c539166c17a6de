"""Marks that Markdown cannot say: a colour, an underline, the anchor of a comment."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from javis_pipeline.sync.richtext.blocks import Special
from javis_pipeline.sync.richtext.placeholders import Node, nodes_within, spelled

_NONE: frozenset[str] = frozenset()
_SAYABLE = frozenset({"link", "strong", "em", "strike", "code"})

_MARK_NAMES: Mapping[str, str] = {
    "textColor": "a colour",
    "backgroundColor": "a background",
    "underline": "an underline",
    "subsup": "a raised or lowered form",
    "annotation": "an inline comment",
}


def hidden_marks(node: Node) -> frozenset[str]:
    """The marks of a node that Markdown cannot say, as texts to compare."""
    marks = node.get("marks")
    if not isinstance(marks, list):
        return _NONE
    return frozenset(spelled(mark) for mark in marks if isinstance(mark, dict) and mark.get("type") not in _SAYABLE)


def marked_words(nodes: Iterable[Any]) -> Counter[Special]:
    """The marks in these nodes, at any depth, that Markdown cannot say, each with its first words; no comments."""
    found: Counter[Special] = Counter()
    for node in nodes_within(nodes):
        for mark in hidden_marks(node):
            kind = str(json.loads(mark).get("type"))
            if kind != "annotation":  # counted as content: it is about more than a look
                found[Special(kind, name_of_mark(mark), mark, str(node.get("text", "")))] += 1
    return found


def name_of_mark(mark: str) -> str:
    """A mark that Markdown cannot say, as people call it."""
    kind = str(json.loads(mark).get("type"))
    return _MARK_NAMES.get(kind, f"the mark {kind}")


def is_look(mark: str) -> bool:
    """Whether a mark is about how words look; a comment is about what they say."""
    kind = json.loads(mark).get("type")
    return kind in _MARK_NAMES and kind != "annotation"
