"""The blocks inside a block of storage XHTML: rows of a table, cells of a row, items of a list, the body of a macro."""

from collections.abc import Sequence

from javis_pipeline.sync.richtext.blocks import Block, Spans, is_another
from javis_pipeline.sync.richtext.storage.canonical import EXACT, canonical_head, canonical_slice, storage_blocks
from javis_pipeline.sync.richtext.storage.xhtml import Element, Slice, Text, join_slices, shell_of, slices_within, walk

# One line of text, or one value.
_LEAVES = EXACT | {"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ac:task-id", "ac:task-uuid", "ac:task-status"}


class StorageGrammar:
    """How merging sees a page; see `trees.Grammar`. One for each merge: a block is taken apart once."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Slice, Sequence[Block[Slice]] | None]] = {}

    def kind(self, block: Block[Slice]) -> str:
        element = block.source.element
        if element is not None:
            number = element.find("ac:task-id")  # a task is another one if its number is
            return f"{element.name} {element.attrs.get('ac:name', '')}{number.text() if number is not None else ''}"
        return "" if block.source.children else block.source.text.split(None, 1)[0]

    def words(self, block: Block[Slice]) -> str:
        nodes = [node for child in block.source.children for node in walk(child)]
        return " ".join(node.value for node in nodes if isinstance(node, Text))

    def children(self, block: Block[Slice]) -> Sequence[Block[Slice]] | None:
        known = self._seen.get(id(block.source))
        if known is None:  # the source is kept, so that its id is no other's
            known = self._seen[id(block.source)] = block.source, _inside(block)
        return known[1]

    def shell(self, base: Block[Slice], a: Block[Slice], b: Block[Slice]) -> Block[Slice] | None:
        heads = [canonical_head(element) for element in map(_container, (base, a, b)) if element is not None]
        if heads[1] == heads[2]:
            return b
        if heads[0] not in heads[1:] or any(is_another(self.words(base), self.words(side)) for side in (a, b)):
            return None  # or one side has put another thing into the place of what the other changed
        return b if heads[0] == heads[1] else a

    def filled(self, shell: Block[Slice], children: Sequence[Block[Slice]]) -> Block[Slice]:
        element = _container(shell)
        assert element is not None, "only a container has a shell"
        around = shell_of(shell.source, element)
        text = around.opening + join_slices([child.source for child in children], around.tail) + around.closing
        filled = _filled(shell.source.gap, text, element, [child.source for child in children])
        self._seen[id(filled.source)] = filled.source, children
        return filled

    def spans(self, block: Block[Slice]) -> Sequence[Spans] | None:
        element = _container(block)
        rows = [row for row in _elements(element) if row.name == "tr"] if element is not None else []
        return [[(_span(cell, "rowspan"), _span(cell, "colspan")) for cell in _elements(row)] for row in rows] or None

    def leaf(self, base: Block[Slice], a: Block[Slice], b: Block[Slice]) -> Block[Slice] | None:  # noqa: ARG002
        return None


def _inside(block: Block[Slice]) -> Sequence[Block[Slice]] | None:
    element = _container(block)
    if element is None:
        return None
    return [Block(canonical_slice(piece), piece) for piece in slices_within(block.source, element)]


def _filled(gap: str, text: str, shell: Element, children: Sequence[Slice]) -> Block[Slice]:
    """A block of this text, of which the children are known; it is read again only where they may read as others."""
    elements = [child.element for child in children]
    if not all(elements):
        (block,) = storage_blocks(text)
        return Block(block.canonical, block.source._replace(gap=gap))
    element = Element(shell.name, shell.attrs, 0, [child for child in elements if child is not None])
    source = Slice(gap, text, (element,), element, b"")
    return Block(canonical_slice(source), source)


def _elements(parent: Element) -> list[Element]:
    return [child for child in parent.children if isinstance(child, Element)]


def _span(cell: Element, name: str) -> int:
    value = cell.attrs.get(name, "")
    return max(int(value), 1) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _container(block: Block[Slice]) -> Element | None:
    element = block.source.element
    return element if element is not None and element.name not in _LEAVES else None
