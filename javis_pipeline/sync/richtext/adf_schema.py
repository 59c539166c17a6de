"""What Jira takes as an ADF document: which nodes may stand in which, with which marks and attributes.

Written from the published format, for the nodes that javis makes or moves. A node or an attribute of a kind that is not
named here is not judged: it came from Jira.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from javis_pipeline.sync.richtext.placeholders import Node, attrs_of, children_of


class Fault(NamedTuple):
    """What the format does not allow."""

    kind: str
    reason: str


def new_faults(before: Node | None, after: Node | None) -> list[Fault]:
    """What the format does not allow in `after`, beyond what `before` had already."""
    faults = Counter(_faults(after))
    return list((faults - Counter(_faults(before))).elements()) if faults else []


def may_hold(parent: str, child: str) -> bool:
    """Whether a node of one kind may stand in one of the other."""
    allowed = _HOLDS.get(parent)
    return allowed is None or child in allowed or child not in _KNOWN


def block_marks(parent: str, kind: str) -> frozenset[str]:
    """The marks that a block may have in a parent, beside those that are not judged."""
    return _BLOCK_MARKS.get(kind, {}).get(parent, frozenset())


def named(kind: str) -> str:
    """A kind of node as people call it, with its article."""
    return _NAMES.get(kind, f"a node {kind}")


_LINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "date", "status", "placeholder"}
    | {"inlineCard", "mediaInline", "inlineExtension"}
)
_LIST_BLOCKS = frozenset({"paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "extension"})
_PANEL_BLOCKS = _LIST_BLOCKS | {"heading", "taskList", "decisionList", "rule", "mediaGroup", "blockCard"}
_NESTED_BLOCKS = (_PANEL_BLOCKS - {"blockCard"}) | {"panel", "blockquote"}
_CELL_BLOCKS = _PANEL_BLOCKS | {"panel", "blockquote", "embedCard", "nestedExpand"}
_BODY_BLOCKS = (_CELL_BLOCKS - {"nestedExpand"}) | {"table"}
_COLUMN_BLOCKS = _BODY_BLOCKS | {"expand", "bodiedExtension"}

_HOLDS: Mapping[str, frozenset[str]] = {
    "doc": _COLUMN_BLOCKS | {"layoutSection", "syncBlock", "bodiedSyncBlock"},
    "paragraph": _LINE,
    "heading": _LINE,
    "taskItem": _LINE,
    "decisionItem": _LINE,
    "caption": _LINE - {"mediaInline", "inlineExtension"},
    "codeBlock": frozenset({"text"}),
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": _LIST_BLOCKS | {"taskList"},
    "taskList": frozenset({"taskItem", "taskList", "blockTaskItem"}),
    "decisionList": frozenset({"decisionItem"}),
    "blockquote": _LIST_BLOCKS | {"mediaGroup"},
    "panel": _PANEL_BLOCKS,
    "expand": _BODY_BLOCKS | {"nestedExpand"},
    "nestedExpand": _NESTED_BLOCKS,
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": _CELL_BLOCKS,
    "tableHeader": _CELL_BLOCKS,
    "layoutSection": frozenset({"layoutColumn"}),
    "layoutColumn": _COLUMN_BLOCKS,
    "bodiedExtension": _BODY_BLOCKS,
    "bodiedSyncBlock": _BODY_BLOCKS | {"expand", "layoutSection"},
    "mediaSingle": frozenset({"media", "caption"}),
    "mediaGroup": frozenset({"media"}),
}
_KNOWN = frozenset(_HOLDS) | frozenset(kind for kinds in _HOLDS.values() for kind in kinds)
# Nodes that have to hold something.
_NOT_EMPTY = frozenset(
    {"bulletList", "orderedList", "listItem", "taskList", "decisionList", "blockquote", "panel", "expand"}
    | {"nestedExpand", "table", "tableCell", "tableHeader", "layoutColumn", "bodiedExtension", "mediaGroup"}
)

_FREE = frozenset({"alignment", "indentation", "fontSize"})
_BLOCK_MARKS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "paragraph": {
        **dict.fromkeys(("doc", "layoutColumn", "bodiedSyncBlock"), _FREE),
        **dict.fromkeys(("tableCell", "tableHeader"), frozenset({"alignment", "fontSize"})),
        **dict.fromkeys(("listItem", "panel", "expand", "nestedExpand", "bodiedExtension"), frozenset({"fontSize"})),
    },
    "heading": dict.fromkeys(
        ("doc", "layoutColumn", "tableCell", "tableHeader", "bodiedSyncBlock"), frozenset({"alignment", "indentation"})
    ),
    "codeBlock": {"doc": frozenset({"breakout"})},
}
_PANELS = frozenset({"info", "note", "tip", "warning", "error", "success", "custom"})
# Attributes that a node must have, and the values they may have.
_ATTRS: Mapping[str, Mapping[str, frozenset[Any] | type]] = {
    "heading": {"level": frozenset({1, 2, 3, 4, 5, 6})},
    "taskItem": {"state": frozenset({"TODO", "DONE"}), "localId": str},
    "taskList": {"localId": str},
    "decisionItem": {"state": str, "localId": str},
    "decisionList": {"localId": str},
    "panel": {"panelType": _PANELS},
    "nestedExpand": {},
    "layoutColumn": {"width": object},
    "mention": {"id": str},
}
# Nothing but where they stand, and what they hold, can be wrong about these.
_SIMPLE = _KNOWN - _ATTRS.keys() - {"layoutSection"}


def _faults(doc: Node | None) -> Iterator[Fault]:
    stack: list[tuple[Node, str]] = [(doc, "")] if doc is not None else []
    while stack:
        node, parent = stack.pop()
        kind = str(node.get("type"))
        if kind == "text":
            if not may_hold(parent, kind) or not node.get("text") or node.get("marks"):
                yield from _faults_of(node, kind, parent)
            continue
        children = children_of(node)
        if not children or kind not in _SIMPLE or "marks" in node or not may_hold(parent, kind):
            yield from _faults_of(node, kind, parent)
        stack += [(child, kind) for child in children if isinstance(child, dict)]


def _faults_of(node: Node, kind: str, parent: str) -> Iterator[Fault]:
    if parent and not may_hold(parent, kind):
        yield Fault(kind, f"{named(kind)} cannot stand in {named(parent)}")
    if kind in _NOT_EMPTY and not children_of(node):
        yield Fault(kind, f"{named(kind)} cannot be empty")
    if kind == "layoutSection" and not 2 <= len(children_of(node)) <= 3:
        yield Fault(kind, "a section has two or three columns")
    if kind == "text":
        yield from _text_faults(node, parent)
    elif kind in _BLOCK_MARKS and node.get("marks"):
        for mark in set(_marks(node)) - block_marks(parent, kind):
            yield Fault(kind, f"{named(kind)} in {named(parent)} cannot have the mark {mark}")
    for name, values in _ATTRS.get(kind, {}).items():
        value = attrs_of(node).get(name)
        fits = value in tuple(values) if isinstance(values, frozenset) else isinstance(value, values)
        if not fits or value is None:
            yield Fault(kind, f"{named(kind)} cannot have {value!r} as its {name}")


def _text_faults(node: Node, parent: str) -> Iterator[Fault]:
    marks = _marks(node)
    if not node.get("text"):
        yield Fault("text", "a text cannot be empty")
    if parent == "codeBlock" and marks:
        yield Fault("text", "text in a code block cannot have marks")
    if "code" in marks and set(marks) - {"code", "link", "annotation"}:
        yield Fault("text", "code within a line can be a link and have a comment, no more")


def _marks(node: Node) -> list[str]:
    marks = node.get("marks")
    return [str(mark.get("type")) for mark in marks if isinstance(mark, dict)] if isinstance(marks, list) else []


_NAMES: Mapping[str, str] = {
    "doc": "the text itself",
    "listItem": "a list",
    "bulletList": "a list",
    "orderedList": "a numbered list",
    "taskList": "a task list",
    "taskItem": "a task",
    "blockquote": "a blockquote",
    "codeBlock": "a code block",
    "tableRow": "a row",
    "tableCell": "a cell",
    "tableHeader": "a cell",
    "mediaSingle": "a picture",
    "mediaGroup": "a group of files",
    "decisionList": "a list of decisions",
    "layoutSection": "a section of columns",
    "layoutColumn": "a column",
    "nestedExpand": "an expand",
    **{kind: f"a {kind}" for kind in ("paragraph", "heading", "rule", "table", "panel", "caption")},
    "expand": "an expand",
    "extension": "a macro",
    "bodiedExtension": "a macro",
}
