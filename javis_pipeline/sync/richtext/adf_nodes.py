"""New ADF nodes from what Markdown says."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.adf_schema import block_marks, may_hold, named
from javis_pipeline.sync.richtext.markdown_reader import read_markdown
from javis_pipeline.sync.richtext.markdown_writer import adf_to_text
from javis_pipeline.sync.richtext.placeholders import Node
from javis_pipeline.sync.richtext.said import LINE_KINDS, Mark, Problems, Said, plain_said, words_of
from javis_pipeline.sync.richtext.table_edit import new_table

_NAMESPACE = uuid.UUID("6f1c1d6e-2f3c-4a51-9d0e-6a7c1f6f0a51")
PANELS = ("info", "note", "tip", "warning", "error", "success")


class Known(Protocol):
    """What is known of the document that a text was made from."""

    def taken(self, said: Said) -> Node | None:
        """A node that says this and left its place: it was moved here. It is given once."""
        ...

    def reworded(self, said: Said, parent: str) -> Sequence[dict[str, Any]]:
        """A line with marks that Markdown cannot say which left its place and stands here with some other words; none
        for any other."""
        ...

    def stands_for(self, said: Said) -> Node | None:
        """The node that a token or an opaque container stands for; None, with the problem told, if that is unknown."""
        ...


class Builder:
    """Makes nodes; what cannot be one is told to `problems`, and its words stand in its place."""

    def __init__(self, known: Known, problems: Problems, seed: str) -> None:
        self.known = known
        self.problems = problems
        self.seed = seed
        self.ids = 0

    def blocks(self, parts: Sequence[Said], parent: str) -> list[dict[str, Any]]:
        """Blocks that stand in a node of the kind `parent`."""
        return [node for part in parts for node in self.block(part, parent)]

    def block(self, said: Said, parent: str) -> Iterator[dict[str, Any]]:
        """The block, or its words where it cannot stand."""
        if (moved := self.known.taken(said)) is not None:
            yield self.placed(dict(moved), parent, said.line)
        elif said.kind in LINE_KINDS and (reworded := self.known.reworded(said, parent)):
            yield from (self.placed(node, parent, said.line) for node in reworded)
        elif said.kind == "wrong":
            self.problems.add(said.line, said.text)
            for part in said.content:
                yield from self.block(part, parent)
        else:
            yield self.placed(self._new(said), parent, said.line)

    def placed(self, node: dict[str, Any], parent: str, line: int) -> dict[str, Any]:
        """The node as it may stand in `parent`: without marks that it cannot have there, or else its words."""
        kind = str(node.get("type"))
        if kind in _EXPANDS and not may_hold(parent, kind) and may_hold(parent, _EXPANDS[kind]):
            kind = _EXPANDS[kind]
            node = {"attrs": {}, **node, "type": kind}
        if may_hold(parent, kind):
            return self._with_marks(node, kind, parent, line)
        self.problems.add(line, f"{named(kind)} cannot stand in {named(parent)}")
        text = adf_to_text({"content": [node]}) or ""
        return self._as(parent, plain_said(text, line))

    def _with_marks(self, node: dict[str, Any], kind: str, parent: str, line: int) -> dict[str, Any]:
        marks = node.get("marks")
        if kind not in ("paragraph", "heading") or not isinstance(marks, list) or not marks:
            return node
        allowed = block_marks(parent, kind)
        kept = [mark for mark in marks if isinstance(mark, dict) and mark.get("type") in allowed]
        if len(kept) < len(marks):
            lost = ", ".join(str(mark.get("type")) for mark in marks if mark not in kept)
            self.problems.add(line, f"{named(kind)} in {named(parent)} cannot keep its {lost}")
        rest = {key: value for key, value in node.items() if key != "marks"}
        return rest | ({"marks": kept} if kept else {})

    def _as(self, parent: str, words: Said) -> dict[str, Any]:
        """Words in the plainest form that may stand in `parent`."""
        line = new_node("paragraph", content=self.inline(words.content))
        match parent:
            case "bulletList" | "orderedList":
                return new_node("listItem", content=[line])
            case "taskList":
                return self._item("taskItem", "TODO", line.get("content", []))
            case "decisionList":
                return self._item("decisionItem", "DECIDED", line.get("content", []))
            case "tableRow":
                return new_node("tableCell", content=[line])
            case "table":
                return new_node("tableRow", content=[new_node("tableCell", content=[line])])
            case "layoutSection":
                return new_node("layoutColumn", {"width": 50}, [line])
            case _:
                return line

    def _new(self, said: Said) -> dict[str, Any]:
        attrs = said.attributes
        match said.kind:
            case "token" | "opaque":
                node = self.known.stands_for(said)
                return dict(node) if node is not None else self._as("", plain_said(said.text, said.line))
            case "paragraph" | "heading" | "caption":
                return new_node(said.kind, attrs, self.inline(said.content))
            case "codeBlock":
                language = {"language": attrs["language"]} if attrs.get("language") else {}
                return new_node("codeBlock", language, [new_text(said.text)] if said.text else [])
            case "taskItem" | "decisionItem":
                state = attrs.get("state", "TODO")
                return self._item(
                    said.kind, decided(state) if said.kind == "decisionItem" else state, self.inline(said.content)
                )
            case "taskList" | "decisionList":
                return new_node(said.kind, {"localId": self.local_id()}, self.blocks(said.content, said.kind))
            case "table":
                return new_table(new_node("table", content=self.blocks(said.content, "table")), self.problems, said)
            case "tableRow":
                return new_node("tableRow", content=self.blocks(said.content, "tableRow"))
            case "cell" | "tableCell" | "tableHeader":
                return new_node(said.kind, content=self.blocks(said.content, "tableCell") or [new_node("paragraph")])
            case "layoutSection":
                return self._section(said)
            case _:
                return self._container(said)

    def _item(self, kind: str, state: str, content: Sequence[Any]) -> dict[str, Any]:
        return new_node(kind, {"localId": self.local_id(), "state": state}, content)

    def _section(self, said: Said) -> dict[str, Any]:
        if not 2 <= len(said.content) <= 3:
            self.problems.add(said.line, "a section has two or three columns")
        width = round(100 / max(len(said.content), 1), 2)
        columns = []
        for part in said.content:
            if part.kind == "layoutColumn":
                content = self.blocks(part.content, "layoutColumn") or [new_node("paragraph")]
                columns.append(new_node("layoutColumn", {"width": width}, content))
            else:
                columns += self.block(part, "layoutSection")
        return new_node("layoutSection", content=columns)

    def _container(self, said: Said) -> dict[str, Any]:
        """A container, or its words if it is one that only Jira can make."""
        attrs = dict(said.attrs)
        if said.kind in ("mediaSingle", "bodiedExtension", "bodiedSyncBlock", "layoutColumn"):
            self.problems.add(said.line, f"{named(said.kind)} cannot be made from Markdown; add it in Jira")
            return self._as("", plain_said(words_of(said), said.line))
        if said.kind == "panel" and attrs.get("panelType") not in PANELS:
            self.problems.add(said.line, f"a panel is one of {', '.join(PANELS)}")
            attrs["panelType"] = "info"
        if said.kind == "orderedList" and attrs.get("order") == 1:
            del attrs["order"]
        content = self.blocks(said.content, said.kind)
        if not content and said.kind != "rule":
            content = [new_node("paragraph")]
        return new_node(said.kind, attrs, content)

    def inline(self, parts: Sequence[Said]) -> list[dict[str, Any]]:
        """The nodes of a line."""
        nodes: list[dict[str, Any]] = []
        for part in parts:
            match part.kind:
                case "text":
                    nodes.append(new_text(part.text, part.marks))
                case "hardBreak":
                    nodes.append(new_node("hardBreak"))
                case "wrong":
                    self.problems.add(part.line, part.text)
                    nodes += self.inline(part.content)
                case _:
                    nodes.append(self.token(part))
        return nodes

    def token(self, said: Said) -> dict[str, Any]:
        """The node that a token within a line stands for, or its text."""
        node = self.known.stands_for(said)
        if node is None:
            return new_text(said.text)
        if not may_hold("paragraph", str(node.get("type"))):
            self.problems.add(said.line, f"{said.text} must stand alone in its paragraph")
            return new_text(said.text)
        if said.marks:
            self.problems.add(said.line, f"{said.text} cannot be formatted or be part of a link")
        return dict(node)

    def local_id(self) -> str:
        """An id for a new node, the same for the same edit and different from any other."""
        self.ids += 1
        return str(uuid.uuid5(_NAMESPACE, f"{self.ids} {self.seed}"))


_EXPANDS = {"expand": "nestedExpand", "nestedExpand": "expand"}


def new_node(kind: str, attrs: Any = None, content: Sequence[Any] = ()) -> dict[str, Any]:
    """A node without what is empty."""
    node: dict[str, Any] = {"type": kind}
    if attrs:
        node["attrs"] = dict(attrs)
    if content:
        node["content"] = list(content)
    return node


def new_text(text: str, marks: Sequence[Mark] = ()) -> dict[str, Any]:
    """A text node."""
    return {"type": "text", "text": text} | ({"marks": [adf_mark(mark) for mark in marks]} if marks else {})


def adf_mark(mark: Mark) -> dict[str, Any]:
    """A mark as ADF has it."""
    if mark.kind != "link":
        return {"type": mark.kind}
    return {"type": "link", "attrs": {"href": mark.href or ""} | ({"title": mark.title} if mark.title else {})}


def decided(state: str) -> str:
    """The state of a decision whose box says that of a task."""
    return "DECIDED" if state == "DONE" else "UNDECIDED"


class _Nothing:
    """The knowledge of a text that stands for itself."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def taken(self, said: Said) -> Node | None:  # noqa: ARG002
        return None

    def reworded(self, said: Said, parent: str) -> Sequence[dict[str, Any]]:  # noqa: ARG002
        return ()

    def stands_for(self, said: Said) -> Node | None:
        self.problems.add(said.line, unknown(said))
        return None


def unknown(said: Said) -> str:
    """That a placeholder stands for nothing that is known."""
    first = said.text.split("\n", 1)[0]
    return (
        f"{first} was changed, or is no placeholder of this text: keep it as it was, remove all of it, "
        "or write a backslash before it for plain text"
    )


def markdown_to_adf(text: str) -> list[dict[str, Any]]:
    """The top-level ADF nodes of a Markdown text that stands for itself.

    Raises:
        UnreadableText: It holds what cannot be written from Markdown: a placeholder, an image.
    """
    problems = Problems()
    reading = read_markdown(text)
    nodes = Builder(_Nothing(problems), problems, text).blocks(reading.blocks, "doc")
    for reason in reading.unread:
        problems.add(0, reason)
    if problems.reasons:
        raise UnreadableText("the text cannot be written as a description: " + "; ".join(problems.reasons))
    return nodes
