"""ADF documents as trees of blocks, for merging: which nodes hold blocks, and what else two sides may change of one."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from javis_pipeline.sync.richtext.adf import canonical_block, check_depth
from javis_pipeline.sync.richtext.blocks import Block, Spans, is_another
from javis_pipeline.sync.richtext.placeholders import INLINE, Node, children_of, plain_text
from javis_pipeline.sync.richtext.table_edit import table_spans


class AdfGrammar:
    """How merging sees a description; see `trees.Grammar`.

    One for each merge: what the sides have in common is looked at once.
    """

    def __init__(self) -> None:
        self._inside: dict[int, tuple[Node, Sequence[Block[Node]] | None]] = {}
        self._items: dict[int, Block[Node]] = {}

    def items(self, nodes: Sequence[Node]) -> list[Block[Node]]:
        """Nodes to compare, align and merge.

        Raises:
            UnreadableText: They are nested deeper than any editor makes.
        """
        return self._at_depth(nodes, 0)

    def _at_depth(self, nodes: Sequence[Node], depth: int) -> list[Block[Node]]:
        check_depth(depth)
        return [self._items.get(id(node)) or self._known(node, depth) for node in nodes]

    def _known(self, node: Node, depth: int) -> Block[Node]:
        item = self._items[id(node)] = self._new_item(node, depth)
        return item

    def _new_item(self, node: Node, depth: int = 0) -> Block[Node]:
        """A node that holds blocks is spelled by what they are spelled like: each is looked at once."""
        nodes = blocks_inside(node)
        inside = None if nodes is None else self._at_depth(nodes, depth + 1)
        self._inside[id(node)] = node, inside  # the node is kept beside its blocks, so that its id is no other's
        if not inside:
            return Block(canonical_block(node), node)
        return Block(f"{_spelled_head(node)}[{','.join(block.canonical for block in inside)}]", node)

    def kind(self, block: Block[Node]) -> str:
        return str(block.source.get("type"))

    def words(self, block: Block[Node]) -> str:
        return " ".join(plain_text(block.source))

    def children(self, block: Block[Node]) -> Sequence[Block[Node]] | None:
        return self._inside[id(block.source)][1]

    def shell(self, base: Block[Node], a: Block[Node], b: Block[Node]) -> Block[Node] | None:
        head = self._head(base, a, b)
        return None if head is None else Block("", head)

    def _head(self, base: Block[Node], a: Block[Node], b: Block[Node]) -> dict[str, Any] | None:
        """The merged head; None also where one side put another thing into the place of what the other changed."""
        if _is_bare(base.source) and _is_bare(a.source) and _is_bare(b.source):
            return {"type": base.source["type"]}
        head = _merged_head(base.source, a.source, b.source)
        if head is None or _head_of(a.source) == _head_of(b.source):
            return head
        words = self.words(base)
        return None if any(is_another(words, self.words(side)) for side in (a, b)) else head

    def filled(self, shell: Block[Node], children: Sequence[Block[Node]]) -> Block[Node]:
        return self._new_item({**shell.source, "content": [child.source for child in children]})

    def spans(self, block: Block[Node]) -> Sequence[Spans] | None:
        node = block.source
        return (
            table_spans([row for row in children_of(node) if isinstance(row, dict)])
            if node.get("type") == "table"
            else None
        )

    def leaf(self, base: Block[Node], a: Block[Node], b: Block[Node]) -> Block[Node] | None:
        """A task that one side ticked and the other reworded is both."""
        if all(_is_bare(block.source) for block in (base, a, b)):
            return None  # nothing but content, which both changed
        inside = [_only_content(block.source) for block in (base, a, b)]
        canonical = [canonical_block(node) for node in inside]
        if canonical[0] not in canonical[1:] and canonical[1] != canonical[2]:
            return None
        head = self._head(base, a, b)
        if head is None:
            return None
        return self._new_item({**head, **inside[2 if canonical[1] == canonical[0] else 1]})


def _spelled_head(node: Node) -> str:
    return _spelled_kind(str(node["type"])) if _is_bare(node) else canonical_block({**node, "content": None})


def _is_bare(node: Node) -> bool:
    """Whether a node has nothing but its kind and what is inside."""
    return node.keys() == _BARE


_BARE = {"type", "content"}


@cache
def _spelled_kind(kind: str) -> str:
    return canonical_block({"type": kind})


def blocks_inside(node: Node) -> Sequence[Node] | None:
    """The blocks that a node holds; None if it holds a line of text, code, or nothing that is a node."""
    content = node.get("content")
    if not isinstance(content, list) or node.get("type") in _LINES:
        return None
    for child in content:
        if not isinstance(child, dict) or child.get("type") in INLINE:
            return None
    return content


_LINES = frozenset({"paragraph", "heading", "codeBlock", "taskItem", "decisionItem", "caption"})


def _only_content(node: Node) -> dict[str, Any]:
    return {name: node[name] for name in ("type", "content") if name in node}


def _merged_head(base: Node, a: Node, b: Node) -> dict[str, Any] | None:
    """All of a node but its content, attribute by attribute; None where both sides changed the same one."""
    merged = _merged_keys(*map(_attrs, (base, a, b)))
    rest = _merged_keys(*({key: node[key] for key in node if key not in ("attrs", "content")} for node in (base, a, b)))
    if merged is None or rest is None:
        return None
    return rest | ({"attrs": merged} if merged or "attrs" in b else {})


def _head_of(node: Node) -> Mapping[str, Any]:
    """All of a node but its content and the id that is Jira's to give."""
    attrs = {name: value for name, value in _attrs(node).items() if name != "localId"}
    return {**node, "attrs": attrs, "content": None}


def _attrs(node: Node) -> Mapping[str, Any]:
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else {}


def _merged_keys(base: Mapping[str, Any], a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for key in [*b, *(key for key in a if key not in b)]:
        before, ours, theirs = ((key in side, side.get(key)) for side in (base, a, b))
        if key != "localId" and before not in (ours, theirs) and ours != theirs:
            return None
        if key == "localId":
            has, value = theirs if theirs[0] else ours
        else:
            has, value = theirs if ours == before else ours
        if has:
            merged[key] = value
    return merged
