"""Blocks that two people moved, and marks that Markdown cannot say, in every sort of container."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from javis_pipeline.sync.richtext.description import (
    Conflict,
    Edited,
    Lossy,
    Merged,
    apply_local_edit,
    merge_descriptions,
)
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.richtext.storage import page
from javis_pipeline_tests.property.adf_documents import panel, paragraph, text

Node = dict[str, Any]
Line = list[Node]
NAMES = ["one alpha", "two beta", "three gamma", "four delta"]
MOVED = [*NAMES[1:3], NAMES[0], NAMES[3]]
TO_THE_END = [*NAMES[1:], NAMES[0]]


def doc(*content: Node) -> Node:
    return {"type": "doc", "version": 1, "content": list(content)}


def _with(kind: str, *content: Node, **attrs: Any) -> Node:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def _boxes(name: str, lines: Sequence[Line], sort: str = "task") -> Node:
    state = "TODO" if sort == "task" else "DECIDED"
    items = (_with(f"{sort}Item", *line, localId=line[-1]["text"][:6], state=state) for line in lines)
    return _with(f"{sort}List", *items, localId=name)


def _list(lines: Sequence[Line]) -> Node:
    return _with("bulletList", *({"type": "listItem", "content": [_with("paragraph", *line)]} for line in lines))


CONTAINERS: dict[str, Callable[[Sequence[str]], Node]] = {
    "text": lambda names: doc(*(paragraph(name) for name in names)),
    "list": lambda names: doc(_with("bulletList", *(_with("listItem", paragraph(name)) for name in names))),
    "tasks": lambda names: doc(
        _with("taskList", *(_with("taskItem", text(name), localId=name, state="TODO") for name in names), localId="l")
    ),
    "rows": lambda names: doc(
        _with("table", *(_with("tableRow", _with("tableCell", paragraph(name))) for name in names))
    ),
    "panel": lambda names: doc(panel(*(paragraph(name) for name in names))),
}
PAGES: dict[str, Callable[[Sequence[str]], str]] = {
    "text": lambda names: "".join(f"<p>{name}</p>" for name in names),
    "list": lambda names: f"<ul>{''.join(f'<li>{name}</li>' for name in names)}</ul>",
    "rows": lambda names: f"<table><tbody>{''.join(f'<tr><td>{n}</td></tr>' for n in names)}</tbody></table>",
}
EDITS = [
    pytest.param(MOVED, NAMES[1:], id="moved and deleted"),
    pytest.param(NAMES[1:], MOVED, id="deleted and moved"),
    pytest.param(MOVED, TO_THE_END, id="moved to two places"),
    pytest.param(MOVED, ["one alpha, said anew", *NAMES[1:]], id="moved and edited"),
    pytest.param(["one alpha, said anew", *NAMES[1:]], MOVED, id="edited and moved"),
]


@pytest.mark.parametrize("made", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(("ours", "theirs"), EDITS)
def test_a_block_of_a_description_that_two_people_treat_differently_is_a_conflict(
    made: Callable[[Sequence[str]], Node], ours: list[str], theirs: list[str]
) -> None:
    assert isinstance(merge_descriptions(made(NAMES), adf_to_markdown(made(ours)), made(theirs)), Conflict)


@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize(("ours", "theirs"), EDITS)
def test_a_block_of_a_page_that_two_people_treat_differently_is_a_conflict(
    made: Callable[[Sequence[str]], str], ours: list[str], theirs: list[str]
) -> None:
    assert isinstance(page.merge_pages(made(NAMES), made(ours), made(theirs)), page.Conflict)


@pytest.mark.parametrize("made", CONTAINERS.values(), ids=CONTAINERS)
def test_a_block_of_a_description_that_both_moved_to_one_place_stands_once(
    made: Callable[[Sequence[str]], Node],
) -> None:
    merged = merge_descriptions(made(NAMES), adf_to_markdown(made(MOVED)), made(MOVED))

    assert isinstance(merged, Merged)
    assert merged.doc == made(MOVED)


@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
def test_a_block_of_a_page_that_both_moved_to_one_place_stands_once(made: Callable[[Sequence[str]], str]) -> None:
    assert page.merge_pages(made(NAMES), made(MOVED), made(MOVED)) == page.Merged(made(MOVED))


MARKS = {
    "colour": {"type": "textColor", "attrs": {"color": "#ff0000"}},
    "background": {"type": "backgroundColor", "attrs": {"color": "#00ff00"}},
    "underline": {"type": "underline"},
    "lowered": {"type": "subsup", "attrs": {"type": "sub"}},
    "comment": {"type": "annotation", "attrs": {"id": "c", "annotationType": "inlineComment"}},
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_mark_goes_along_when_its_block_moves_and_is_asked_about_when_its_words_are_others(mark: Node) -> None:
    base = doc(
        paragraph("before"),
        paragraph("see ", {**text("these few words"), "marks": [mark]}, " here"),
        paragraph("after"),
    )
    view = adf_to_markdown(base) or ""
    before, marked, after = view.split("\n\n")
    kept = [f"{marked}\n\n{before}\n\n{after}", f"{before}\n\n- {marked}\n\n{after}", view.replace("few", "few more")]
    lost = [view.replace("these few words", "something quite different altogether"), f"{before}\n\nAnother\n\n{after}"]

    for new in kept:
        edit = apply_local_edit(base, view, new)
        assert isinstance(edit, Edited), new
        assert json.dumps(mark) in json.dumps(edit.doc), new
    for new in lost:
        assert isinstance(apply_local_edit(base, view, new), Lossy), new


ELSEWHERE: dict[str, Callable[[Sequence[Line], Sequence[Line]], Node]] = {
    "tasks": lambda ours, theirs: doc(*(_boxes(name, lines) for name, lines in (("a", ours), ("b", theirs)))),
    "decisions": lambda ours, theirs: doc(
        *(_boxes(name, lines, "decision") for name, lines in (("a", ours), ("b", theirs)))
    ),
    "lists": lambda ours, theirs: doc(_list(ours), paragraph("between"), _list(theirs)),
    "panels": lambda ours, theirs: doc(
        *(panel(*(_with("paragraph", *line) for line in lines)) for lines in (ours, theirs))
    ),
}


def _line(words: str, *marks: Node) -> Line:
    return [text("first of all "), {**text(words), **({"marks": list(marks)} if marks else {})}]


COLOUR = {"type": "textColor", "attrs": {"color": "#ff5630"}}
STAYS, COMES, COLOURED = _line("one alpha"), _line("two beta"), _line("by Friday and not later", COLOUR)


@pytest.mark.parametrize("made", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param([STAYS], [COMES, _line("by Friday or not later", COLOUR)], id="a word is another"),
        pytest.param([STAYS, COMES], [COLOURED], id="into the place of one that moved as well"),
    ],
)
def test_a_mark_goes_along_when_its_line_moves_into_another_container(
    made: Any, ours: list[Line], theirs: list[Line]
) -> None:
    base, wanted = made([STAYS, COLOURED], [COMES]), made(ours, theirs)

    edit = apply_local_edit(base, adf_to_markdown(base), adf_to_markdown(wanted))

    assert isinstance(edit, Edited), edit
    assert edit.doc == wanted


def test_statuses_that_look_the_same_are_told_apart_by_their_blocks() -> None:
    def status(colour: str) -> Node:
        return {"type": "status", "attrs": {"text": "DONE", "color": colour}}

    base = doc(
        paragraph("first ", status("green")),
        paragraph("second ", status("red")),
        panel(paragraph("third ", status("blue"))),
        paragraph("fourth"),
    )
    view = adf_to_markdown(base) or ""

    for word in ("first", "second", "third", "fourth"):
        edit = apply_local_edit(base, view, view.replace(word, f"the {word}"))
        assert isinstance(edit, Edited), word
        assert json.dumps(edit.doc) == json.dumps(base).replace(word, f"the {word}")


def _tasks(*tasks: tuple[str, str]) -> Node:
    items = (_with("taskItem", text(words), localId=words, state=state) for words, state in tasks)
    return doc(_with("taskList", *items, localId="l"))


def _task_page(*tasks: tuple[str, str]) -> str:
    items = (
        f"<ac:task><ac:task-id>{words[-1]}</ac:task-id><ac:task-status>{state}</ac:task-status>"
        f"<ac:task-body>{words}</ac:task-body></ac:task>"
        for words, state in tasks
    )
    return f"<ac:task-list>{''.join(items)}</ac:task-list>"


def test_given_a_task_ticked_here_and_another_put_in_its_place_there_then_the_tick_is_not_the_others() -> None:
    base, here = _tasks(("ship it 1", "TODO"), ("stay 2", "TODO")), _tasks(("ship it 1", "DONE"), ("stay 2", "TODO"))
    there = _tasks(("call Ann today 3", "TODO"), ("stay 2", "TODO"))

    assert isinstance(merge_descriptions(base, adf_to_markdown(here), there), Conflict)

    before = _task_page(("ship it 1", "incomplete"), ("stay 2", "incomplete"))
    ticked = _task_page(("ship it 1", "complete"), ("stay 2", "incomplete"))
    replaced = _task_page(("call Ann today 3", "incomplete"), ("stay 2", "incomplete"))

    assert isinstance(page.merge_pages(before, ticked, replaced), page.Conflict)
    assert page.merge_pages(before, ticked, before.replace("ship it 1<", "ship it soon 1<")) == page.Merged(
        ticked.replace("ship it 1<", "ship it soon 1<")
    )


def test_given_a_panel_recoloured_here_and_another_put_in_its_place_there_then_it_is_a_conflict() -> None:
    def a_panel(words: str, kind: str) -> Node:
        return doc(_with("panel", paragraph(words), panelType=kind))

    here = adf_to_markdown(a_panel("Do not touch the line", "warning"))

    reworded = merge_descriptions(
        a_panel("Do not touch the line", "info"), here, a_panel("Do not ever touch the line", "info")
    )
    replaced = merge_descriptions(a_panel("Do not touch the line", "info"), here, a_panel("Lunch is at noon", "info"))

    assert isinstance(reworded, Merged)
    assert reworded.doc == a_panel("Do not ever touch the line", "warning")
    assert isinstance(replaced, Conflict)
