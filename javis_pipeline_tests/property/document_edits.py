"""Random documents of nested containers and random edits of them, each known by the ids of the nodes that it is about.

An edit can be done to any document that still has these nodes: what two people meant together is what doing both gives.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from random import Random
from typing import Any

from javis_pipeline_tests.property.nested_documents import Maker, walk

Doc = dict[str, Any]
Id = str | None
"""The id of a node; None for the document itself."""

_FLOWS = {"doc", "panel", "expand", "nestedExpand", "blockquote", "tableCell", "layoutColumn"}
_ITEMS = {"bulletList", "taskList", "decisionList"}
_HOLDERS = _FLOWS | _ITEMS | {"table"}
_WITH_PANELS = {"doc", "expand", "layoutColumn", "tableCell"}


@dataclass(frozen=True)
class Deed:
    """One edit.

    Attributes:
        kind: What it does, and to what.
        touched: The nodes whose children or words it changes, and all that it takes from its place.
        do: Does it to a document; False if its nodes are not there any more.
    """

    kind: str
    touched: frozenset[Id]
    do: Callable[[Doc], bool]


def id_of(node: Any) -> Id:
    found = node.get("attrs", {}).get("localId")
    return found if isinstance(found, str) else None


def done(doc: Doc, *deeds: Deed) -> Doc | None:
    """The document with these edits; None if one of them cannot be done."""
    edited = copy.deepcopy(doc)
    return edited if all(deed.do(edited) for deed in deeds) else None


def place(doc: Doc, wanted: Id) -> tuple[Any, int] | None:
    """The node that holds the wanted one, and where."""
    found = ((node, at) for _, node in walk(doc) for at, child in enumerate(node.get("content", ())))
    return next(((node, at) for node, at in found if id_of(node["content"][at]) == wanted), None)


def node_of(doc: Doc, wanted: Id) -> Any:
    if wanted is None:
        return doc
    found = place(doc, wanted)
    return None if found is None else found[0]["content"][found[1]]


def all_in(node: Any) -> frozenset[Id]:
    return frozenset(id_of(inner) for _, inner in walk(node) if inner["type"] != "text")


def words_of(doc: Any) -> Counter[str]:
    """How often each word is shown, titles too."""
    found: Counter[str] = Counter()
    for _, node in walk(doc):
        found.update(f"{node.get('text', '')} {node.get('attrs', {}).get('title', '')}".split())
    return found


def a_paragraph(text: str) -> Doc:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


class Editor:
    """Makes edits of one document for one side, whose new words begin with `name`."""

    def __init__(self, doc: Doc, random: Random, name: str) -> None:
        self.doc, self.random, self.maker = doc, random, name
        self.nodes = [node for _, node in walk(doc)]
        self.number = 0

    def deed(self) -> Deed | None:
        kinds = [
            self.word,
            self.tick,
            self.decide,
            self.title,
            self.delete,
            self.move,
            self.away,
            self.add_column,
            self.drop_column,
        ]
        return self.random.choice([*kinds, self.insert, self.insert, self.delete, self.move])()

    def new(self) -> str:
        self.number += 1
        return f"{self.maker}{self.number}"

    def some(self, wanted: Callable[[Any], bool]) -> Any:
        found = [node for node in self.nodes if wanted(node)]
        return self.random.choice(found) if found else None

    def some_child(self, kinds: set[str]) -> tuple[Any, Any]:
        parent = self.some(lambda node: node["type"] in kinds and len(node["content"]) > 1)
        return (None, None) if parent is None else (parent, self.random.choice(parent["content"]))

    # --- words and attributes ---

    def word(self) -> Deed | None:
        text, name = self.some(lambda node: node["type"] == "text"), self.new()
        line = next(node for node in self.nodes if any(child is text for child in node.get("content", ())))
        first = text["text"].split()[0] + " "

        def do(doc: Doc) -> bool:
            found = next((node for _, node in walk(doc) if node.get("text", "").startswith(first)), None)
            if found is not None:
                found["text"] = found["text"].replace(" and ", f" {name} ", 1)
            return found is not None

        return Deed("word", frozenset({id_of(line)}), do)

    def tick(self) -> Deed | None:
        return self._attribute({"taskItem"}, lambda attrs: attrs.update(state="DONE"))

    def decide(self) -> Deed | None:
        return self._attribute({"decisionItem"}, lambda attrs: attrs.update(state="UNDECIDED"))

    def title(self) -> Deed | None:
        name = self.new()
        return self._attribute({"expand", "nestedExpand"}, lambda attrs: attrs.update(title=f"{attrs['title']} {name}"))

    def _attribute(self, kinds: set[str], change: Callable[[Any], None]) -> Deed | None:
        node = self.some(lambda node: node["type"] in kinds)
        if node is None:
            return None
        wanted = id_of(node)

        def do(doc: Doc) -> bool:
            found = node_of(doc, wanted)
            if found is not None:
                change(found["attrs"])
            return found is not None

        return Deed(f"attribute of {node['type']}", frozenset({wanted}), do)

    # --- blocks ---

    def insert(self) -> Deed | None:
        parent = self.some(lambda node: node["type"] in _HOLDERS)
        new = self.a_block(parent)
        spot = self.spot(parent)
        return Deed(
            f"{new['type']} into {parent['type']}",
            frozenset({id_of(parent)}),
            lambda doc: self.put(doc, id_of(parent), spot, copy.deepcopy(new)),
        )

    def a_block(self, parent: Any) -> Doc:
        text = f"{self.new()} {self.new()}"
        match parent["type"]:
            case "bulletList":
                return {"type": "listItem", "content": [a_paragraph(text)]}
            case "taskList":
                attrs = {"localId": self.new(), "state": "TODO"}
                return {"type": "taskItem", "attrs": attrs, "content": [{"type": "text", "text": text}]}
            case "decisionList":
                attrs = {"localId": self.new(), "state": "DECIDED"}
                return {"type": "decisionItem", "attrs": attrs, "content": [{"type": "text", "text": text}]}
            case "table":
                cells = [{"type": "tableCell", "content": [a_paragraph(self.new())]} for _ in range(2)]
                return {"type": "tableRow", "content": cells}
        code = {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [{"type": "text", "text": text}]}
        blocks = [a_paragraph(text), code, {"type": "bulletList", "content": [self.a_block({"type": "bulletList"})]}]
        if parent["type"] != "blockquote":
            lists = ({"type": kind, "attrs": {"localId": self.new()}} for kind in ("taskList", "decisionList"))
            blocks += [{**new, "content": [self.a_block(new)]} for new in lists]
        if parent["type"] in _WITH_PANELS:
            blocks.append({"type": "panel", "attrs": {"panelType": "info"}, "content": [a_paragraph(text)]})
        return self.random.choice(blocks)

    def spot(self, parent: Any) -> Id:
        """The child behind which something is to stand; None for the first place."""
        at = self.random.randint(1 if parent["type"] == "table" else 0, len(parent["content"]))
        return id_of(parent["content"][at - 1]) if at else None

    @staticmethod
    def put(doc: Doc, parent: Id, behind: Id, new: Doc) -> bool:
        holder = node_of(doc, parent)
        if holder is None:
            return False
        at = next((at for at, child in enumerate(holder["content"]) if id_of(child) == behind), None)
        if behind is not None and at is None:
            return False
        holder["content"].insert(0 if behind is None or at is None else at + 1, new)
        return True

    @staticmethod
    def take(doc: Doc, wanted: Id) -> Any:
        found = place(doc, wanted)
        return None if found is None or len(found[0]["content"]) < 2 else found[0]["content"].pop(found[1])

    def delete(self) -> Deed | None:
        parent, child = self.some_child(_HOLDERS)
        if child is None:
            return None
        touched = all_in(child) | {id_of(parent)}
        return Deed(f"delete in {parent['type']}", touched, lambda doc: self.take(doc, id_of(child)) is not None)

    def move(self) -> Deed | None:
        """Within a container; which of its children then moved nobody can tell, so all are touched."""
        parent, child = self.some_child(_HOLDERS)
        if child is None:
            return None
        first = self.random.random() < 0.5 and parent["type"] != "table"
        others = [id_of(other) for other in parent["content"] if other is not child]
        return self._moved(child, id_of(parent), None if first else self.random.choice(others), all_in(parent))

    def away(self) -> Deed | None:
        """Into another container of the kind."""
        parent, child = self.some_child(_FLOWS | _ITEMS)
        if child is None or (parent["type"] in _FLOWS and child["type"] not in ("paragraph", "codeBlock")):
            return None
        kinds = _FLOWS if parent["type"] in _FLOWS else {parent["type"]}
        inside = all_in(child)
        target = self.some(lambda node: node["type"] in kinds and node is not parent and id_of(node) not in inside)
        if target is None:
            return None
        return self._moved(child, id_of(target), self.spot(target), inside | {id_of(parent), id_of(target)})

    def _moved(self, child: Any, parent: Id, behind: Id, touched: frozenset[Id]) -> Deed:
        def do(doc: Doc) -> bool:
            node = self.take(doc, id_of(child))
            return node is not None and self.put(doc, parent, behind, node)

        return Deed(f"move {child['type']}", touched, do)

    # --- columns ---

    def add_column(self) -> Deed | None:
        at = self.random.randint(0, 2)
        names = [self.new() for _ in range(9)]

        def add(rows: list[Any]) -> None:
            for row, name in zip(rows, names, strict=False):
                row["content"].insert(at, {"type": "tableCell", "content": [a_paragraph(name)]})

        return self._columns("add", add)

    def drop_column(self) -> Deed | None:
        at = self.random.randint(0, 1)

        def drop(rows: list[Any]) -> None:
            for row in rows:
                del row["content"][min(at, len(row["content"]) - 1)]

        return self._columns("drop", drop)

    def _columns(self, kind: str, change: Callable[[list[Any]], None]) -> Deed | None:
        table = self.some(lambda node: node["type"] == "table")
        if table is None:
            return None

        def do(doc: Doc) -> bool:
            found = node_of(doc, id_of(table))
            if found is None or min(len(row["content"]) for row in found["content"]) < 2:
                return False
            change(found["content"])
            return True

        return Deed(f"{kind} column", all_in(table), do)


def uneven_tables(doc: Doc) -> int:
    tables = [node for _, node in walk(doc) if node["type"] == "table"]
    return sum(len({len(row["content"]) for row in table["content"]}) > 1 for table in tables)


# --- the same documents as pages --------------------------------------------------------------------------------------

_TAGS = {"bulletList": "ul", "listItem": "li", "tableRow": "tr", "tableCell": "td", "blockquote": "blockquote"}
_MACROS = {
    "panel": "info",
    "expand": "expand",
    "nestedExpand": "expand",
    "layoutSection": "section",
    "layoutColumn": "column",
}


def as_page(node: Any) -> str:
    """The document in storage XHTML; ids that Confluence hands out anew go into `local-id`."""
    kind, inside = node["type"], "".join(as_page(child) for child in node.get("content", ()))
    local = f' local-id="{id_of(node)}"' if id_of(node) else ""
    match kind:
        case "doc":
            return inside
        case "text":
            words = escape(node["text"])
            return f'<span style="color: red">{words}</span>' if "marks" in node else words
        case "mention":
            return '<ac:link><ri:user ri:account-id="u" /></ac:link>'
        case "hardBreak":
            return "<br />"
        case "paragraph":
            return f"\n<p{local}>{inside}</p>"
        case "codeBlock":
            code = "".join(child["text"] for child in node["content"])
            return (
                f'\n<ac:structured-macro ac:name="code"{local.replace("local-id", "ac:macro-id")}>'
                f"<ac:plain-text-body><![CDATA[{code}]]></ac:plain-text-body></ac:structured-macro>"
            )
        case "decisionList":
            return f'<ac:adf-extension><ac:adf-node type="decision-list">{inside}</ac:adf-node></ac:adf-extension>'
        case "decisionItem":
            state = f'<ac:adf-attribute key="state">{node["attrs"]["state"]}</ac:adf-attribute>'
            content = f"<ac:adf-content>{inside}</ac:adf-content>"
            return f'<ac:adf-node type="decision-item"{local}>{state}{content}</ac:adf-node>'
        case "table":
            return f"<table{local}><tbody>{inside}</tbody></table>"
        case "taskList":
            return f"<ac:task-list>{inside}</ac:task-list>"
        case "taskItem":
            number = str(id_of(node)).replace("ours", "1000").replace("theirs", "2000").removeprefix("id")
            state = "complete" if node["attrs"]["state"] == "DONE" else "incomplete"
            return (
                f"\n<ac:task><ac:task-id>{number}</ac:task-id><ac:task-status>{state}</ac:task-status>"
                f"<ac:task-body>{inside}</ac:task-body></ac:task>"
            )
        case _ if kind in _TAGS:
            return f"<{_TAGS[kind]}{local}>{inside}</{_TAGS[kind]}>"
    title = f'<ac:parameter ac:name="title">{node["attrs"]["title"]}</ac:parameter>' if "title" in node["attrs"] else ""
    head = f'<ac:structured-macro ac:name="{_MACROS[kind]}"{local.replace("local-id", "ac:macro-id")}>{title}'
    return f"{head}<ac:rich-text-body>{inside}</ac:rich-text-body></ac:structured-macro>"


@dataclass(frozen=True)
class TwoSides:
    """What two people did to one document at the same time; `both` is what they meant, where that is certain."""

    base: Doc
    here: Doc
    there: Doc
    both: Doc | None
    kinds: str


def containers_of(doc: Doc, wanted: frozenset[Id]) -> Iterator[tuple[str, int]]:
    """The kinds of the containers that hold one of these nodes, and how deep they are; the document is at 0."""
    for path, node in walk(doc):
        if any(id_of(child) in wanted for child in node.get("content", ()) if child["type"] != "text"):
            yield node["type"], len(path)


def one_side(random: Random) -> Iterator[tuple[Doc, Deed, Doc]]:
    """A document, one edit of it and the document after it; nothing where no edit can be done."""
    base = {"type": "doc", "version": 1, "content": Maker(random).blocks("doc", 3)}
    deed = Editor(base, random, "ours").deed()
    wanted = None if deed is None else done(base, deed)
    if deed is not None and wanted is not None:
        yield base, deed, wanted


def two_sides(random: Random, most: int) -> Iterator[TwoSides]:
    """One document, edited at most so many times on each side; nothing where no edit can be done."""
    base = {"type": "doc", "version": 1, "content": Maker(random).blocks("doc", 3)}
    sides = []
    for name in ("ours", "theirs"):
        editor = Editor(base, random, name)
        deeds = [editor.deed() for _ in range(random.randint(1, most))]
        sides.append([deed for deed in deeds if deed is not None])
    here, there = done(base, *sides[0]), done(base, *sides[1])
    if all(sides) and here is not None and there is not None:
        touched = [frozenset().union(*(deed.touched for deed in side)) for side in sides]
        both = done(base, *sides[0], *sides[1]) if not touched[0] & touched[1] else None
        yield TwoSides(base, here, there, both, str([[deed.kind for deed in side] for side in sides]))
