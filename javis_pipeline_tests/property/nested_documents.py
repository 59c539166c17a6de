"""Documents three containers deep, in which each word and each node is there once."""

from collections.abc import Iterator
from random import Random
from typing import Any

Path = tuple[int, ...]

_INSIDE = {
    "doc": ["panel", "expand", "table", "blockquote", "layoutSection"],
    "panel": [],
    "expand": ["panel", "table", "nestedExpand", "blockquote"],
    "nestedExpand": ["panel", "blockquote"],
    "tableCell": ["panel", "nestedExpand", "blockquote"],
    "layoutColumn": ["panel", "expand", "table", "blockquote"],
    "blockquote": [],
}
_COLOUR = {"type": "textColor", "attrs": {"color": "#ff0000"}}


class Maker:
    """Makes documents three containers deep; each word and each node is there once."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.number = 0

    def name(self, letter: str) -> str:
        self.number += 1
        return f"{letter}{self.number}"

    def text(self, **more: Any) -> dict[str, Any]:
        return {"type": "text", "text": f"{self.name('w')} and {self.name('w')}", **more}

    def node(self, kind: str, content: list[Any], **attrs: Any) -> dict[str, Any]:
        return {"type": kind, "attrs": {"localId": self.name("id"), **attrs}, "content": content}

    def line(self) -> list[Any]:
        mention = {"type": "mention", "attrs": {"id": "u", "text": "@Ann", "localId": self.name("id")}}
        more = [[], [], [mention], [self.text(marks=[_COLOUR])], [{"type": "hardBreak"}, self.text()]]
        return [self.text(), *self.random.choice(more)]

    def blocks(self, parent: str, depth: int) -> list[Any]:
        return [self.block(parent, depth) for _ in range(self.random.randint(1, 3 if parent == "doc" else 2))]

    def block(self, parent: str, depth: int) -> dict[str, Any]:
        lists = ["bulletList"] if parent == "blockquote" else ["bulletList", "taskList", "decisionList"]
        kind = self.random.choice(["paragraph", "codeBlock", *lists, *(_INSIDE[parent] * 2 if depth else [])])
        match kind:
            case "paragraph":
                return self.node(kind, self.line())
            case "codeBlock":
                code = f"{self.text()['text']}\n  {self.text()['text']}"
                return self.node(kind, [{"type": "text", "text": code}], language="sql")
            case "decisionList":
                return self.node(kind, [self.node("decisionItem", self.line(), state="DECIDED") for _ in range(2)])
            case "bulletList":
                return self.node(kind, [self.node("listItem", [self.node("paragraph", self.line())]) for _ in range(2)])
            case "taskList":
                return self.node(kind, [self.node("taskItem", self.line(), state="TODO") for _ in range(2)])
            case "table":
                return self.node(kind, [self.row(depth) for _ in range(2)], layout="wide")
            case "layoutSection":
                columns = [self.blocks("layoutColumn", depth - 1) for _ in range(2)]
                return self.node(kind, [self.node("layoutColumn", column, width=50) for column in columns])
            case "panel":
                return self.node(kind, self.blocks(kind, depth - 1), panelType="custom")
            case "expand" | "nestedExpand":
                return self.node(kind, self.blocks(kind, depth - 1), title=self.name("t"))
            case _:
                return self.node(kind, self.blocks(kind, depth - 1))

    def row(self, depth: int) -> dict[str, Any]:
        simple = self.random.random() < 0.5
        cells = [
            [self.node("paragraph", self.line())] if simple else self.blocks("tableCell", depth - 1) for _ in range(2)
        ]
        return self.node("tableRow", [self.node("tableCell", cell, background="#eeeeee") for cell in cells])


def walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, node
    for at, child in enumerate(node.get("content", ())):
        yield from walk(child, (*path, at))


def node_at(node: Any, path: Path) -> Any:
    for at in path:
        node = node["content"][at]
    return node
