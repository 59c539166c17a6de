"""Descriptions as Markdown: shown, edited by a word, and read back, beside the floor.

The floor is what any tool does for the same documents: read their JSON, have markdown-it parse a Markdown text of that
length, write JSON again. Ours shows the documents, carries the edits over to them, and shows what came of it. One of
ten documents has a table, tasks and a panel, and the edit is inside of one of these.
"""

import itertools
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt

from bench.issues import document
from javis_pipeline.sync.richtext.description import Edited, apply_local_edit
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown

DESCRIPTIONS: Final = 5_000
RATIO: Final = 1.7
# Of all: most have only paragraphs, headings, lists and code.
_WITH_CONTAINERS: Final = 10
_WORDS: Final = [
    "the",
    "stage",
    "drifts",
    "when",
    "a",
    "room",
    "is",
    "warm",
    "and",
    "the",
    "lens",
    "is",
    "cold",
    "so",
    "look",
    "at",
    "the",
    "log",
]

Node = dict[str, Any]


class Edit(NamedTuple):
    """A document, its view, and the view after a person's edit."""

    doc: Node
    view: str
    wanted: str


def measure(*, rounds: int, descriptions: int = DESCRIPTIONS) -> int:
    """Print the table; 1 when the target was missed, else 0."""
    print(f"{descriptions} descriptions, {rounds} rounds", file=sys.stderr, flush=True)
    rng = random.Random(7)  # noqa: S311 - the same for everybody
    edits = [_edit(rng, number) for number in range(descriptions)]
    texts = [json.dumps(edit.doc) for edit in edits]
    floors, shown, written = zip(*(_round(edits, texts) for _ in range(rounds)), strict=True)
    floor, view, edit = map(statistics.median, (floors, shown, written))
    ratio = (view + edit) / floor
    print(f"{f'{descriptions} descriptions':<28}{'floor':>9}{'view':>9}{'edit':>9}{'ratio':>8}   target")
    missed = ratio > RATIO
    seconds = "".join(f"{value:>7.2f} s" for value in (floor, view, edit))
    print(f"{'shown, edited, read back':<28}{seconds}{ratio:>8.2f}   <= {RATIO:g}{'  MISSED' * missed}")
    return int(missed)


def _round(edits: Sequence[Edit], texts: Sequence[str]) -> tuple[float, float, float]:
    """Seconds of the floor, of showing, and of carrying edits over and showing again."""
    return (
        _seconds(lambda: _floor(edits, texts)),
        _seconds(lambda: [adf_to_markdown(edit.doc) for edit in edits]),
        _seconds(lambda: _carry_over(edits)),
    )


def _seconds(work: Callable[[], object]) -> float:
    began_at = time.process_time()
    work()
    return time.process_time() - began_at


def _floor(edits: Sequence[Edit], texts: Sequence[str]) -> None:
    parser = MarkdownIt("commonmark").enable("table")
    for edit, text in zip(edits, texts, strict=True):
        parser.parse(edit.wanted)
        json.dumps(json.loads(text))


def _carry_over(edits: Sequence[Edit]) -> None:
    for edit in edits:
        edited = apply_local_edit(edit.doc, edit.view, edit.wanted)
        if not isinstance(edited, Edited) or adf_to_markdown(edited.doc) != edit.wanted:
            raise SystemExit(f"bench: {edit.wanted!r} did not come back as meant; the figures are worth nothing")


# --- what is edited -------------------------------------------------------------------------------------------------


def _edit(rng: random.Random, number: int) -> Edit:
    doc = document(rng, rng.randrange(2, 10))
    if number % _WITH_CONTAINERS == 0:
        doc["content"] += _containers(rng)
    view = adf_to_markdown(doc) or ""
    words = [at for at in range(len(view)) if view.startswith("the ", at)]
    at = words[-1] if words else len(view)
    return Edit(doc, view, f"{view[:at]}edited {view[at:]}" if words else f"{view}\n\nedited")


def _containers(rng: random.Random) -> list[Node]:
    ids = map(str, itertools.count())
    rows = [_node("tableRow", *(_node("tableCell", *_lines(rng, 1)) for _ in range(4))) for _ in range(12)]
    tasks = [
        {"type": "taskItem", "attrs": {"localId": next(ids), "state": "TODO"}, "content": _lines(rng, 1)[0]["content"]}
        for _ in range(5)
    ]
    return [
        _node("table", *rows),
        {**_node("taskList", *tasks), "attrs": {"localId": next(ids)}},
        {**_node("panel", *_lines(rng, 2)), "attrs": {"panelType": "info"}},
    ]


def _lines(rng: random.Random, lines: int) -> list[Node]:
    """Paragraphs, each of a sentence."""
    sentences = [" ".join(rng.choices(_WORDS, k=9)) + " the end." for _ in range(lines)]
    return [_node("paragraph", {"type": "text", "text": sentence}) for sentence in sentences]


def _node(kind: str, *content: Node) -> Node:
    return {"type": kind, "content": list(content)}
