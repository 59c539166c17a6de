"""An edit of a view, carried over to the nodes that it showed.

The view of the nodes is read back into what it says (`said.Said`), which mirrors them node by node, and compared with
what the new text says. What did not change keeps its node; a changed node is taken apart as far as it is mirrored.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.adf import canonical_block
from javis_pipeline.sync.richtext.adf_nodes import PANELS, Builder, decided, new_text, unknown
from javis_pipeline.sync.richtext.blocks import ALIKE, likeness, words_in
from javis_pipeline.sync.richtext.hidden_marks import hidden_marks, name_of_mark
from javis_pipeline.sync.richtext.line_edit import edit_line, is_mirrored, shortened
from javis_pipeline.sync.richtext.lists_apart import MAY_BE_LISTS, lists_apart
from javis_pipeline.sync.richtext.markdown_reader import Piece, read_markdown, read_pieces, split_markdown
from javis_pipeline.sync.richtext.markdown_writer import view_blocks
from javis_pipeline.sync.richtext.placeholders import Node, Placeholder, attrs_of, children_of, token_of
from javis_pipeline.sync.richtext.places import Place, is_version, places
from javis_pipeline.sync.richtext.said import LINE_KINDS, Problems, Said, lines_within, words_of
from javis_pipeline.sync.richtext.table_edit import edited_table

Made = Callable[[], list[dict[str, Any]]]
"""Makes nodes once it is known what left its place, and so may have been moved here."""


@dataclass(frozen=True)
class NodeEdit:
    """The nodes after the edit; with `problems`, what could not be written stands there in the plainest form."""

    nodes: list[dict[str, Any]]
    problems: list[str]


def edit_nodes(nodes: Sequence[Node], base_view: str, new_markdown: str) -> NodeEdit:
    """The top-level nodes of a document after an edit of their view, which the person began with.

    Only blocks whose text changed are read: most edits are about one of many.
    """
    texts, seen = view_blocks({"content": nodes})
    edit = _Edit(new_markdown, seen)
    began = _began(texts, base_view)
    pieces = split_markdown(new_markdown)
    stays: dict[int, int] = {}  # index of a piece to that of the block that it is
    for match in diff3.matches(began, [piece.text for piece in pieces]):
        stays |= {match.b_at + at: match.a_at + at for at in range(match.length)}
    same = frozenset(stays.values())
    before = [Said("same", text=began[at]) if at in same else _as_one(text) for at, text in enumerate(texts)]
    gone = {began[at]: said for at, said in enumerate(before) if at not in same}
    after: list[Said] = []
    new: list[Piece] = []
    for at, piece in enumerate(pieces):
        known = before[stays[at]] if at in stays else gone.get(piece.text)  # stays here, or was moved here
        if known is None:
            new.append(piece)
        else:
            after += [*edit.read(new), known]
            new = []
    after += edit.read(new)
    edit.after, edit.once = after, _once(before, after)
    made = edit.children(nodes, before, after, "doc")
    return NodeEdit([node for make in made for node in make()], edit.problems.reasons)


def _once(before: Sequence[Said], after: Sequence[Said]) -> frozenset[Said]:
    """Lines that stand once in both texts: wherever that is, they are the same, and no version of another."""
    old, new = Counter(lines_within(before)), Counter(lines_within(after))
    return frozenset(
        said for said, times in old.items() if times == 1 == new[said] and len(words_of(said).split()) >= _OF_ITS_OWN
    )


# A line of so many words is not met by chance.
_OF_ITS_OWN = 3


def _began(texts: Sequence[str], base_view: str) -> Sequence[str]:
    """The text of each node in the view the person began with, even if it was written in another way than today's."""
    if base_view == "\n\n".join(texts):
        return texts
    began = [piece.text for piece in split_markdown(base_view)]
    return began if len(began) == len(texts) else texts


def _as_one(text: str) -> Said:
    """What the view of one node says; one opaque block if it reads as something else."""
    blocks = read_markdown(text).blocks
    return blocks[0] if len(blocks) == 1 else Said("opaque", text=text)


class _Edit:
    """One edit. First all is compared, which gathers in `left` what left its place; then nodes are made."""

    def __init__(self, seed: str, seen: Sequence[Placeholder]) -> None:
        self.problems = Problems()
        self.builder = Builder(self, self.problems, seed)
        self.shown = _by_token((placeholder.shown, placeholder.node) for placeholder in seen)
        self.left: dict[Said, list[Node]] = defaultdict(list)
        self.after: Sequence[Said] = ()
        self.once: frozenset[Said] = frozenset()
        self.marked: list[tuple[Said, Node]] | None = None  # known when all has been compared

    def read(self, pieces: Sequence[Piece]) -> Sequence[Said]:
        """What pieces of the new text that follow each other say."""
        reading = read_pieces(pieces)
        for reason in reading.unread:
            self.problems.add(pieces[0].line, reason)
        return reading.blocks

    # --- what is known, for the builder ---

    def taken(self, said: Said) -> Node | None:
        """A node that says this and left its place."""
        places = self.left.get(said)
        return places.pop(0) if places and words_of(said) else None

    def reworded(self, said: Said, parent: str) -> Sequence[dict[str, Any]]:
        """A line that left its place with marks that Markdown cannot say, and stands here with some other words."""
        if self.marked is None:
            self.marked = self._marked()
        words = words_in(words_of(said)) if self.marked else Counter()
        like = {
            at: likeness(words_in(words_of(old)), words)
            for at, (old, _) in enumerate(self.marked)
            if old.kind == said.kind
        }
        likest = max(like, key=like.__getitem__, default=None)
        if likest is None or like[likest] <= ALIKE:
            return ()
        before, node = self.marked.pop(likest)
        return self.version(node, before, said, parent)()

    def _marked(self) -> list[tuple[Said, Node]]:
        """The lines with marks that Markdown cannot say which left their place and stand nowhere as they were."""
        lines = [
            (said, node)
            for said, nodes in self.left.items()
            if said.kind in LINE_KINDS
            for node in nodes
            if any(isinstance(child, dict) and hidden_marks(child) for child in children_of(node))
        ]
        now = set(lines_within(self.after)) if lines else set()
        return [(said, node) for said, node in lines if said not in now]

    def stands_for(self, said: Said) -> Node | None:
        """The one node of the document that is shown so."""
        nodes = self.shown.get(said.text, ())
        if len(nodes) == 1:
            return nodes[0]
        several = f"{said.text} stands for several different things in this text"
        self.problems.add(said.line, several if nodes else unknown(said))
        return None

    # --- blocks ---

    def children(self, nodes: Sequence[Node], before: Sequence[Said], after: Sequence[Said], parent: str) -> list[Made]:
        """What makes the children of a node of the kind `parent`; `before` mirrors `nodes`."""
        if (
            len(before) == len(after) == 1
            and after[0].kind not in MAY_BE_LISTS
            and is_version(before[0], after[0], self.once)
        ):
            return [self.version(nodes[0], before[0], after[0], parent)]  # as in most cells and items
        made: list[Made] = []
        done = 0
        for place in places(before, lists_apart(before, after), self.once):
            made += [_same(node) for node in nodes[done : place.start]]
            made += self._region(nodes, before, place, parent)
            done = place.end
        return made + [_same(node) for node in nodes[done:]]

    def _region(self, nodes: Sequence[Node], before: Sequence[Said], place: Place, parent: str) -> list[Made]:
        for at in place.gone:
            self._leave(nodes[at], before[at])
        fresh = [said for at, said in enumerate(place.new) if at not in place.version_of and said not in place.moved]
        if any(before[at].kind == "table" for at in range(place.start, place.end)):
            self._check_rows(fresh)
        dropped = [nodes[at] for at in place.gone if before[at] not in place.moved]
        if 0 < len(dropped) <= sum(said.kind in LINE_KINDS for said in fresh):
            self._check_hidden(dropped, fresh[0].line)
        return [
            self.version(nodes[place.version_of[at]], before[place.version_of[at]], said, parent)
            if at in place.version_of
            else self._fresh(said, parent)
            for at, said in enumerate(place.new)
        ]

    def _leave(self, node: Node, said: Said) -> None:
        """A node that left its place, and what is inside of it, may have moved elsewhere."""
        self.left[said].append(node)
        inside = _inside(node)
        if said.kind in LINE_KINDS or len(inside) != len(said.content):
            return
        for child, part in zip(inside, said.content, strict=True):
            self._leave(child, part)

    def _check_rows(self, fresh: Sequence[Said]) -> None:
        """Rows that are text now beside a table that changed: a line of the table is broken, or missing."""
        for said in fresh:
            words = words_of(said) if said.kind == "paragraph" else ""
            if len(words) > 1 and words[0] == words[-1] == "|":
                self.problems.add(said.line, _LOST_ROW)

    def _check_hidden(self, gone: Sequence[Node], line: int) -> None:
        """Words with a mark that Markdown cannot say, and other words in their place: is the mark to go?"""
        for node in gone:
            for child in children_of(node) if node.get("type") in LINE_KINDS else ():
                for mark in hidden_marks(child) if isinstance(child, dict) else ():
                    self.problems.add(
                        line,
                        f"{shortened(str(child.get('text')))!r} has {name_of_mark(mark)}, "
                        "and other words stand in its place",
                    )

    def _fresh(self, said: Said, parent: str) -> Made:
        return lambda: list(self.builder.block(said, parent))

    def version(self, node: Node, before: Said, after: Said, parent: str) -> Made:
        """What makes the node anew: `before` is what it said."""
        if before == after:
            return _same(node)
        if after.kind == "wrong" or before.kind in ("token", "opaque") or not _mirrors(node, before):
            return self._replaced(node, before, after, parent)
        if before.kind == after.kind or {before.kind, after.kind} <= _CELLS:
            return self._changed(node, before, after, parent)
        if {before.kind, after.kind} in ({"paragraph", "heading"}, {"bulletList", "orderedList"}):
            kept = {key: value for key, value in node.items() if key not in ("type", "attrs")}
            shell = {"type": after.kind, **kept} | ({"attrs": dict(after.attrs)} if after.attrs else {})
            return self._changed(shell, before, after, parent)
        return self._replaced(node, before, after, parent)

    def _replaced(self, node: Node, before: Said, after: Said, parent: str) -> Made:
        """Another node in its place: fine if the view said all of the old one, or if that is gone for all to see."""
        self._leave(node, before)
        shown = before.kind in ("token", "opaque")
        if after.kind != "wrong" and not self._is_said(node, before, parent):
            if not shown:
                reason = "what was changed holds formatting or content that Markdown cannot say"
                self.problems.add(after.line, reason)
            elif _lives_on(before, after):
                first = before.text.split("\n", 1)[0]
                self.problems.add(after.line, f"{first} was changed: keep it as it was, or remove all of it")
        return self._fresh(after, parent)

    def _is_said(self, node: Node, said: Said, parent: str) -> bool:
        """Whether a new node that says the same would be equal."""
        problems = Problems()
        (again, *more) = Builder(self, problems, "").block(said, parent)
        return not problems.reasons and not more and canonical_block(again) == canonical_block(node)

    def _changed(self, node: Node, before: Said, after: Said, parent: str) -> Made:
        head = self._with_attrs(node, before, after)
        if after.kind in LINE_KINDS:
            return self._line(head, before, after, parent)
        if after.kind == "codeBlock":
            text = [new_text(after.text)] if after.text else []
            content = {} if before.text == after.text else {"content": text}
            return lambda: [self._placed({**head, **content}, before, parent, after.line)]
        made = self.children(_inside(node), before.content, after.content, str(node.get("type")))

        def make() -> list[dict[str, Any]]:
            inside = [child for part in made for child in part()]
            changed = _with_inside(head, inside)
            if after.kind == "table":
                changed = edited_table(node, changed, self.problems, after)
            return [self._placed(changed, before, parent, after.line)]

        return make

    def _placed(self, node: dict[str, Any], before: Said, parent: str, line: int) -> dict[str, Any]:
        """A node that is what it was stays where it was, even where a new one could not stand."""
        kind = str(node.get("type"))
        return node if kind in (before.kind, *_CELLS) else self.builder.placed(node, parent, line)

    def _with_attrs(self, node: Node, before: Said, after: Said) -> dict[str, Any]:
        """The node with the attributes that are said otherwise now."""
        if before.attrs == after.attrs:
            return dict(node)
        old, new = before.attributes, after.attributes
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        if "shown" in changed:
            self.problems.add(after.line, f"the first line of {after.kind} was changed: keep it as it was")
            del changed["shown"]
        if changed.get("panelType", "info") not in PANELS:
            self.problems.add(after.line, f"a panel is one of {', '.join(PANELS)}")
            del changed["panelType"]
        if before.kind == "decisionItem" and "state" in changed:
            changed["state"] = decided(changed["state"])
        if not changed:
            return dict(node)
        return {**node, "attrs": {**attrs_of(node), **changed}}

    # --- lines ---

    def _line(self, head: dict[str, Any], before: Said, after: Said, parent: str) -> Made:
        content = children_of(head)
        tokens = [node for node in content if node.get("type") not in ("text", "hardBreak")]
        shown = _by_token((token_of(node), node) for node in tokens) if tokens else {}

        def new(said: Said) -> list[dict[str, Any]]:
            nodes = shown.get(said.text, ()) if said.kind == "token" else ()
            if len(nodes) == 1 and not said.marks:  # what looks the same elsewhere in the text is another's
                return [dict(nodes[0])]
            return self.builder.inline([said])

        def make() -> list[dict[str, Any]]:
            line = edit_line(content, before.content, after.content, new)
            for problem in line.problems:
                self.problems.add(after.line, problem)
            kept = {key: value for key, value in head.items() if key != "content"}
            changed = kept | ({"content": line.nodes} if line.nodes else {})
            return [self._placed(changed, before, parent, after.line)]

        return make


_LOST_ROW = (
    "these cells stand in no table: below the first row of a table comes a line like | --- | --- |, "
    "and no line between its rows is blank"
)


def _by_token(shown: Iterable[tuple[str, Node]]) -> Mapping[str, Sequence[Node]]:
    """Each token with what it stands for; one of each of the nodes that mean the same."""
    nodes: dict[str, dict[str, Node]] = defaultdict(dict)
    for token, node in shown:
        nodes[token][canonical_block(node)] = node
    return {token: list(different.values()) for token, different in nodes.items()}


def _same(node: Node) -> Made:
    return lambda: [node]  # type: ignore[list-item]  # a node that is kept is not written into


_CELLS = {"cell", "tableCell", "tableHeader"}


def _mirrors(node: Node, said: Said) -> bool:
    """Whether what is said has a part for each part of the node."""
    kind = node.get("type")
    if kind != said.kind and not (said.kind == "cell" and kind in _CELLS):
        return False
    if kind in LINE_KINDS:
        return all(isinstance(child, dict) for child in children_of(node)) and is_mirrored(
            children_of(node), said.content
        )
    if kind == "codeBlock":
        return said.text == "".join(str(child.get("text")) for child in children_of(node) if isinstance(child, dict))
    inside = _inside(node)
    return len(inside) == len(said.content) and all(isinstance(child, dict) for child in inside)


def _inside(node: Node) -> Sequence[Any]:
    """The children that a view shows; of a picture only its caption."""
    children = children_of(node)
    return children[1:] if node.get("type") == "mediaSingle" else children


def _with_inside(node: Node, inside: Sequence[Any]) -> dict[str, Any]:
    before = list(children_of(node)[:1]) if node.get("type") == "mediaSingle" else []
    return {**node, "content": [*before, *inside]}


def _lives_on(before: Said, after: Said) -> bool:
    """Whether a placeholder was changed rather than removed: its words, or its kind, are in what stands there now."""
    label = before.text[1:-1] if before.kind == "token" else "\n".join(before.text.split("\n")[1:-1])
    words = words_of(after)
    return bool(label) and (label in words or words in label or (after.kind == before.kind))
