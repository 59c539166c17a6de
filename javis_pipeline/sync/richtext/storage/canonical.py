"""One spelling per content of storage XHTML: the server rewrites what it stores, and equal must mean equal.

Dropped: ids that the server hands out anew, the order of attributes, comments, blanks between blocks. Blanks within a
line count once. CDATA, `<pre>` and the parameters and plain bodies of macros count as they are.
"""

import re
import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from javis_pipeline.sync.richtext.blocks import Block
from javis_pipeline.sync.richtext.storage.xhtml import INLINE, Child, Element, Slice, Text, parse_storage

_VOLATILE = frozenset({"ac:macro-id", "ac:local-id", "local-id", "ri:version-at-save"})
EXACT = frozenset({"pre", "ac:parameter", "ac:plain-text-body", "ac:plain-text-link-body", "ac:default-parameter"})
_BLANKS = re.compile(r"[ \t\r\n]+")
# Elements whose ends are within a line: blanks there are seen.
_WITHIN_LINE = frozenset({"ac:inline-comment-marker", "ac:link-body"})
# Elements in which a macro stands in a line; elsewhere it is a block.
_LINES = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd"}
    | {"ac:task-body", "ac:link-body", "ac:inline-comment-marker"}
)
_EMPTY = frozenset({"<p></p>", "<p><br></br></p>"})


def canonical_storage(body: str | None) -> str | None:
    """One text per content: equal texts mean equal pages; None for no body or one that shows nothing.

    Raises:
        UnreadableText: The body is no storage XHTML.
    """
    canonical = [block.canonical for block in storage_blocks(body)]
    return "\n".join(canonical) if any(block not in _EMPTY for block in canonical) else None


def storage_blocks(body: str | None) -> list[Block[Slice]]:
    """The blocks of a body, each with its exact source; raises as `canonical_storage` does."""
    return [Block(canonical_slice(piece), piece) for piece in parse_storage(body or "").slices]


def canonical_element(element: Element) -> str:
    """The canonical form of one element with its children."""
    return _element(element, exact=False)


def canonical_slice(piece: Slice) -> str:
    """The canonical form of one block."""
    if piece.children:
        # A block of comments only shows nothing, yet must differ from no block.
        return "".join(_content(piece.children, "", exact=False)) or piece.text
    return _column_tag(piece.text)


def _column_tag(tag: str) -> str:
    """The opening or closing tag of a column; parsed once more as an empty element to know its attributes."""
    if tag.startswith("</"):
        return tag
    element = parse_storage(tag.removesuffix(">") + "/>").root.children[0]
    return "<" + canonical_head(element) + ">" if isinstance(element, Element) else tag


def _element(element: Element, *, exact: bool) -> str:
    if element.canonical is not None and not exact:
        return element.canonical
    inside = _content(element.children, element.name, exact=exact or element.name in EXACT)
    canonical = f"<{canonical_head(element)}>{''.join(inside)}</{element.name}>"
    if not exact:
        element.canonical = canonical  # asked for again with each block that holds it
    return canonical


def canonical_head(element: Element) -> str:
    """The canonical form of what an element has in its opening tag."""
    attrs = (
        f" {name}={quoteattr(unicodedata.normalize('NFC', value))}"
        for name, value in sorted(element.attrs.items())
        if name not in _VOLATILE
    )
    return element.name + "".join(attrs)


def _content(nodes: Sequence[Child], parent: str, *, exact: bool) -> list[str]:
    """Canonical texts of the children of an element of the name `parent`."""
    visible = [node for node in nodes if isinstance(node, Element | Text)]
    texts = []
    for at, node in enumerate(visible):
        if isinstance(node, Element):
            texts.append(_element(node, exact=exact))
        elif node.raw:
            texts.append(f"<![CDATA[{node.value.replace(']]>', ']]]]><![CDATA[>')}]]>")
        elif exact:
            texts.append(escape(node.value))
        else:
            before = _shows_blank(visible[at - 1] if at else None, parent)
            after = _shows_blank(visible[at + 1] if at + 1 < len(visible) else None, parent)
            texts.append(_line(node.value, before=before, after=after))
    return texts


def _line(text: str, *, before: bool, after: bool) -> str:
    """Text with each run of blanks as one; none at an end where it is not seen."""
    line = _BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    if not before:
        line = line.removeprefix(" ")
    if not after:
        line = line.removesuffix(" ")
    return escape(line)


def _shows_blank(neighbour: Child | None, parent: str) -> bool:
    """Whether a blank beside this neighbour is seen: not at the edge of a block, and not beside one."""
    if neighbour is None:
        return parent in _WITHIN_LINE or (not parent.startswith("ac:") and parent in INLINE)
    if not isinstance(neighbour, Element):
        return True
    if neighbour.name == "ac:structured-macro":
        return parent in _LINES or parent in INLINE
    return neighbour.name != "br" and neighbour.name in INLINE
