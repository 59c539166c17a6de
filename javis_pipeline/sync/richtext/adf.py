"""ADF documents: one spelling per content, and what in them only the remote can make.

Canonical form is for comparing, never for sending: what is sent is always the node that was received, or a new one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.blocks import Special
from javis_pipeline.sync.richtext.markdown_characters import TRIMMED
from javis_pipeline.sync.richtext.markdown_lines import Run, visible_runs
from javis_pipeline.sync.richtext.placeholders import (
    Node,
    children_of,
    head_label,
    nodes_within,
    plain_text,
    spelled,
    spelled_plain,
    token_of,
    with_plain_numbers,
)

# Python's recursion ends near 1000 frames; editors nest lists some ten deep.
MAX_NESTING = 100

# Ids the server hands out anew whenever it likes.
_VOLATILE = frozenset({"localId"})
# The marks that ADF knows together with code; it has no bold code.
_CODE_MARKS = frozenset({"code", "link", "annotation"})
# An attribute with one of these values means the same as no attribute.
_DEFAULTS: Mapping[tuple[str, str], tuple[object, ...]] = {
    ("orderedList", "order"): (1,),
    ("codeBlock", "language"): ("",),
    ("codeBlock", "wrap"): (False,),
    ("codeBlock", "hideLineNumbers"): (False,),
    ("table", "isNumberColumnEnabled"): (False,),
    ("table", "layout"): ("default",),
    ("tableCell", "colspan"): (1,),
    ("tableCell", "rowspan"): (1,),
    ("tableHeader", "colspan"): (1,),
    ("tableHeader", "rowspan"): (1,),
    ("mediaSingle", "layout"): ("center",),
    ("mention", "accessLevel"): ("",),
    ("mention", "userType"): ("DEFAULT",),
    ("status", "style"): ("",),
    ("hardBreak", "text"): ("\n",),
    ("expand", "title"): ("",),
    ("nestedExpand", "title"): ("",),
    ("link", "title"): ("",),
}


def canonical_document(doc: Mapping[str, Any] | None) -> str | None:
    """One JSON text per content: equal texts mean equal documents; None for no document or one that shows nothing.

    Raises:
        UnreadableText: It is no ADF document, or nested deeper than any editor makes.
    """
    blocks = canonical_blocks(doc)
    return "[" + ",".join(blocks) + "]" if any(block != _EMPTY for block in blocks) else None


def canonical_blocks(doc: Mapping[str, Any] | None) -> list[str]:
    """The canonical form of each top-level node; raises as `canonical_document` does."""
    return [canonical_block(block) for block in blocks_of(doc)]


def canonical_block(node: Node) -> str:
    """The canonical form of one node with its children; raises as `canonical_document` does."""
    if (plain := _plain_text(node)) is not None:
        return f'{{"content":[{{"marks":[],"text":{quoted(plain)},"type":"text"}}],"type":"paragraph"}}'
    try:
        return spelled_plain(_canonical(node, 0))
    except RecursionError as error:  # attributes may nest as well
        raise UnreadableText("the ADF document has attributes nested too deep") from error


def _plain_text(node: Node) -> str | None:
    """The text of a paragraph that holds nothing but one text without marks, as most do; None for other nodes."""
    if node.keys() != _BARE or node["type"] != "paragraph":
        return None
    content = node["content"]
    part = content[0] if isinstance(content, list) and len(content) == 1 else None
    if not isinstance(part, dict) or part.keys() != _TEXT or part["type"] != "text":
        return None
    text = part["text"]
    return text.rstrip(TRIMMED) or None if isinstance(text, str) else None


_BARE = {"type", "content"}
_TEXT = {"type", "text"}


def blocks_of(doc: Mapping[str, Any] | None) -> list[Node]:
    """The top-level nodes of a document, none for no document.

    Raises:
        UnreadableText: It is no ADF document.
    """
    if doc is None:
        return []
    if not isinstance(doc, dict) or doc.get("type") != "doc":
        raise UnreadableText("the text is no ADF document: its top node must be an object of type doc")
    content = doc.get("content")
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise UnreadableText("the ADF document has a content that is no list of nodes")
    return content


def document_of(blocks: Sequence[Node]) -> dict[str, Any] | None:
    """A document of these top-level nodes; None if they show nothing."""
    if not any(_shows_something(block) for block in blocks):
        return None
    return {"type": "doc", "version": 1, "content": list(blocks)}


def _shows_something(block: Node) -> bool:
    if block.get("type") != "paragraph":
        return True
    first = next(iter(children_of(block)), None)
    text = first.get("text") if isinstance(first, dict) and first.get("type") == "text" else None
    return (isinstance(text, str) and text[:1].isalnum()) or canonical_block(block) != _EMPTY


def check_depth(depth: int) -> None:
    """Raise `UnreadableText` for what is nested deeper than any editor makes."""
    if depth > MAX_NESTING:
        raise UnreadableText(f"the ADF document is nested deeper than {MAX_NESTING} levels")


def _canonical(node: Any, depth: int) -> Any:
    check_depth(depth)
    if not isinstance(node, dict):
        return with_plain_numbers(node)
    kind = str(node.get("type"))
    same = {
        name: value if isinstance(value, str) else with_plain_numbers(value)
        for name, value in node.items()
        if name not in ("attrs", "marks", "content", "version")
    }
    if attrs := _canonical_attrs(kind, node.get("attrs")):
        same["attrs"] = attrs
    if marks := _canonical_marks(node.get("marks")):
        same["marks"] = marks
    if content := _canonical_content(kind, node.get("content"), depth):
        same["content"] = content
    return same


def _canonical_attrs(kind: str, attrs: Any) -> dict[str, Any]:
    if not isinstance(attrs, dict):
        return {}
    return {
        name: with_plain_numbers(value)
        for name, value in attrs.items()
        if value is not None and name not in _VOLATILE and value not in _DEFAULTS.get((kind, name), ())
    }


def _canonical_marks(marks: Any) -> tuple[str, ...]:
    """Marks as texts, sorted: the kind, with attributes also these."""
    if not isinstance(marks, list):
        return ()
    kinds = [str(mark.get("type")) if isinstance(mark, dict) else "" for mark in marks]
    keys = set()
    for kind, mark in zip(kinds, marks, strict=True):
        if kind and ("code" not in kinds or kind in _CODE_MARKS):
            attrs = _canonical_attrs(kind, mark.get("attrs"))
            keys.add(f"{kind} {spelled(attrs)}" if attrs else kind)
    return tuple(sorted(keys))


def _canonical_content(kind: str, content: Any, depth: int) -> list[Any]:
    if not isinstance(content, list):
        return []
    if kind == "codeBlock":
        return _code_text(content)
    nodes: list[Any] = []
    runs: list[Run] = []
    for child in content:
        if isinstance(child, dict) and child.get("type") == "text" and isinstance(child.get("text"), str):
            runs.append(Run(child["text"], _canonical_marks(child.get("marks"))))
            continue
        if runs:
            nodes += _texts(runs, last=False)
            runs = []
        nodes.append(_canonical(child, depth + 1))
    return nodes + _texts(runs, last=kind in ("paragraph", "heading")) if runs else nodes


def _texts(runs: Sequence[Run], *, last: bool) -> list[Any]:
    return [{"type": "text", "text": run.text, "marks": run.marks} for run in visible_runs(runs, last=last)]


def _code_text(content: Sequence[Any]) -> list[Any]:
    """The text of a code block as one, with the line ends that every platform reads."""
    texts = [child.get("text") if isinstance(child, dict) else None for child in content]
    if not all(isinstance(text, str) for text in texts):
        return [with_plain_numbers(part) for part in content]
    code = "".join(str(text) for text in texts).replace("\r\n", "\n").replace("\r", "\n")
    return [code] if code else []


_EMPTY = canonical_block({"type": "paragraph"})

# --- content that only the remote can make --------------------------------------------------------------------------


# The rest, and what only gives shape to a node that is counted for itself.
_NOT_SPECIAL = frozenset(
    {"doc", "paragraph", "heading", "bulletList", "orderedList", "listItem", "codeBlock", "rule", "blockquote"}
    | {"hardBreak", "text", "tableRow", "tableCell", "tableHeader", "caption", "taskItem", "decisionItem"}
    | {"mediaSingle", "mediaGroup", "layoutSection", "layoutColumn"}
)


def special_content(nodes: Iterable[Any]) -> Counter[Special]:
    """What in these nodes, at any depth, only the remote can make; an anchor counts once, however it is split."""
    found: Counter[Special] = Counter()
    anchors: set[Special] = set()
    for node in nodes_within(nodes):
        kind = str(node.get("type"))
        if kind not in _NOT_SPECIAL:
            found[_special(kind, node)] += 1
        if marks := node.get("marks"):
            anchors |= _anchors(marks)
    found.update(anchors)
    return found


def lost_content(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, removed_by_person: Counter[Special]
) -> list[Special]:
    """What was in `before`, is not in `after` and was not removed by the person: send only if there is none."""
    had = special_content([before])
    return sorted((had - special_content([after]) - removed_by_person).elements()) if had else []


def _special(kind: str, node: Node) -> Special:
    """A node that holds others is called by its kind, for its text may change."""
    identity = _identity(kind, node.get("attrs"))
    if not children_of(node):
        return Special(kind, token_of(node)[1:-1], identity)
    label = head_label(node)
    return Special(kind, f"{kind}: {label}" if label else kind, identity, " ".join(plain_text(node)))


def _identity(kind: str, attrs: Any) -> str:
    return spelled(_canonical_attrs(kind, attrs))


def _anchors(marks: Any) -> set[Special]:
    if not isinstance(marks, list):
        return set()
    return {
        Special("annotation", "an inline comment", _identity("annotation", mark.get("attrs")))
        for mark in marks
        if isinstance(mark, dict) and mark.get("type") == "annotation"
    }
