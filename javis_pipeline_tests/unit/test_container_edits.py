"""Edits inside of tables, tasks, panels and other containers of a description."""

import json
import re
import time
from typing import Any

import pytest

from javis_pipeline.sync.richtext.adf_schema import new_faults
from javis_pipeline.sync.richtext.description import (
    Conflict,
    Edited,
    Lossy,
    Merged,
    apply_local_edit,
    merge_descriptions,
)
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline_tests.property.adf_documents import mention, panel, paragraph, text


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def cell(*content: Any, kind: str = "tableCell", **attrs: Any) -> dict[str, Any]:
    return node(kind, *(paragraph(part) if isinstance(part, str) else part for part in content), **attrs)


def row(*cells: Any, kind: str = "tableCell") -> dict[str, Any]:
    return node("tableRow", *(cell(part, kind=kind) if isinstance(part, str) else part for part in cells))


def task(words: Any, name: str, state: str = "TODO") -> dict[str, Any]:
    return node("taskItem", *([text(words)] if isinstance(words, str) else words), localId=name, state=state)


TABLE = node(
    "table",
    row("Part", "Price", kind="tableHeader"),
    row(cell("Lens", background="#ffffff"), "120 000 | 71"),
    row("Stage", cell(paragraph("see ", mention("Ann")))),
    layout="default",
    localId="t",
)
TASKS = node("taskList", task("order", "1"), task("check", "2", "DONE"), localId="l")
DOC: dict[str, Any] = {
    "type": "doc",
    "version": 1,
    "content": [
        TABLE,
        TASKS,
        panel(paragraph("Careful"), node("bulletList", node("listItem", paragraph("one")))),
        node("expand", paragraph("more"), title="Old title"),
        {"type": "blockquote", "content": [paragraph("said so")]},
        node("decisionList", node("decisionItem", text("we go"), localId="d", state="DECIDED"), localId="dl"),
        node(
            "layoutSection",
            node("layoutColumn", paragraph("left"), width=66.6),
            node("layoutColumn", paragraph("right"), width=33.3),
        ),
        node(
            "table",
            row(cell(paragraph("a"), node("bulletList", node("listItem", paragraph("in a cell")))), "b"),
        ),
    ],
}
VIEW = adf_to_markdown(DOC) or ""


def test_the_view_says_tables_tasks_and_containers_in_a_form_that_can_be_edited() -> None:
    assert VIEW.split("\n\n")[:2] == [
        "| Part | Price |\n| --- | --- |\n| Lens | 120 000 \\| 71 |\n| Stage | see {@Ann} |",
        "- [ ] order\n- [x] check",
    ]
    assert ":::: table\n::: row" in VIEW.replace("::::: table\n:::: row", ":::: table\n::: row")


@pytest.mark.parametrize(
    ("old", "new", "in_json", "now"),
    [
        pytest.param("71 |", "72 |", "| 71", "| 72", id="cell"),
        pytest.param("Lens", "Lenses", "Lens", "Lenses", id="cell with a background"),
        pytest.param("see {@Ann}", "ask {@Ann}", '"see "', '"ask "', id="beside a mention in a cell"),
        pytest.param("order", "order two", '"order"', '"order two"', id="task"),
        pytest.param("- [ ] order", "- [x] order", '"state": "TODO"', '"state": "DONE"', id="ticked task"),
        pytest.param("- [x] check", "- [ ] check", '"state": "DONE"', '"state": "TODO"', id="task opened again"),
        pytest.param("Careful", "Very careful", "Careful", "Very careful", id="panel"),
        pytest.param("- one", "- one more", '"one"', '"one more"', id="list in a panel"),
        pytest.param("panel: info", "panel: warning", '"info"', '"warning"', id="sort of a panel"),
        pytest.param("Old title", "New title", "Old title", "New title", id="title"),
        pytest.param("said so", "never said", "said so", "never said", id="quote"),
        pytest.param("we go", "we stay", "we go", "we stay", id="decision"),
        pytest.param("right", "to the right", '"right"', '"to the right"', id="column"),
        pytest.param("in a cell", "in this cell", "in a cell", "in this cell", id="list in a cell"),
    ],
)
def test_given_one_word_when_edited_then_all_around_it_stays_byte_for_byte(
    old: str, new: str, in_json: str, now: str
) -> None:
    assert VIEW.count(old) == 1

    edit = apply_local_edit(DOC, VIEW, VIEW.replace(old, new))

    assert isinstance(edit, Edited), edit
    assert json.dumps(edit.doc) == json.dumps(DOC).replace(in_json, now, 1)
    assert adf_to_markdown(edit.doc) == VIEW.replace(old, new)


def table_after(old: str, new: str) -> Any:
    edit = apply_local_edit(DOC, VIEW, VIEW.replace(old, new, 1))
    assert isinstance(edit, Edited), edit
    assert edit.doc is not None
    assert edit.doc["content"][1:] == DOC["content"][1:]
    return edit.doc["content"][0]


def test_given_a_new_row_when_applied_then_it_has_plain_cells_and_the_others_stay() -> None:
    table = table_after("| Lens", "| Mirror | 9 |\n| Lens")

    assert [part["content"][0]["type"] for part in table["content"]] == [
        "tableHeader", "tableCell", "tableCell", "tableCell",
    ]  # fmt: skip
    assert [*table["content"][:1], *table["content"][2:]] == TABLE["content"]


def test_given_a_short_new_row_when_applied_then_it_is_filled_up() -> None:
    assert len(table_after("| Lens", "| Mirror |\n| Lens")["content"][1]["content"]) == 2


def test_given_a_new_column_when_applied_then_each_cell_is_like_its_row() -> None:
    rows = VIEW.split("\n\n")[0].split("\n")
    new = "\n".join(f"{line} {extra} |" for line, extra in zip(rows, ["Who", "---", "x", "y"], strict=True))

    table = table_after("\n".join(rows), new)

    assert [part["content"][2]["type"] for part in table["content"]] == ["tableHeader", "tableCell", "tableCell"]
    assert [part["content"][:2] for part in table["content"]] == [part["content"] for part in TABLE["content"]]


def test_given_a_removed_row_and_a_moved_one_when_applied_then_the_rest_are_the_rows_they_were() -> None:
    lines = VIEW.split("\n\n")[0].split("\n")

    table = table_after("\n".join(lines), "\n".join([*lines[:2], lines[3], lines[2]]))
    assert table["content"] == [TABLE["content"][0], TABLE["content"][2], TABLE["content"][1]]
    assert table_after("\n" + lines[2], "")["content"] == [TABLE["content"][0], TABLE["content"][2]]


def test_given_a_row_removed_and_another_form_of_the_table_when_applied_then_the_row_that_stays_is_the_one_it_was() -> (
    None
):
    stays = row(cell("c and d", background="#eeeeee"), "e and f")
    several = cell(paragraph("a and b"), node("bulletList", node("listItem", paragraph("x and y"))))
    doc = {"type": "doc", "version": 1, "content": [node("table", row("a and b", several), stays)]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "| c and d | e and f |\n| --- | --- |")

    assert isinstance(edit, Edited)
    assert edit.doc is not None
    assert edit.doc["content"] == [node("table", stays)]


def test_given_a_new_table_and_new_tasks_when_written_then_they_are_nodes() -> None:
    edit = apply_local_edit(
        None, None, "| a | b |\n|---|---|\n| 1 | **2** |\n\n- [ ] do\n  - [x] this\n\n::: panel: note\nx\n:::"
    )

    assert isinstance(edit, Edited)
    assert edit.doc is not None
    table, tasks, box = edit.doc["content"]
    assert [part["type"] for part in table["content"][0]["content"]] == ["tableHeader", "tableHeader"]
    assert [part["type"] for part in tasks["content"]] == ["taskItem", "taskList"]
    assert box == node("panel", paragraph("x"), panelType="note")
    assert len({tasks["attrs"]["localId"], *(part["attrs"]["localId"] for part in tasks["content"])}) == 3
    assert new_faults(None, edit.doc) == []


def test_given_tasks_and_a_list_when_what_was_between_goes_then_both_stay_as_they_were() -> None:
    tasks = node("taskList", task("do", "1"), localId="2")
    items = node("bulletList", node("listItem", paragraph("x")))
    doc = {"type": "doc", "version": 1, "content": [tasks, paragraph("between"), items]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "- [ ] do\n\n- x")

    assert isinstance(edit, Edited)
    assert edit.doc == {**doc, "content": [tasks, items]}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param(
            "| 120 000 \\| 71 |", "| 120 000 | 71 |", "line 3: the row is 3 columns wide, the table 2", id="row"
        ),
        pytest.param("| Stage | see", "| Stage see", "line 4: the row is 1 column wide, the table 2", id="broken row"),
        pytest.param("- [x] check", "- check", "a list holds tasks or other items", id="half deleted task list"),
        pytest.param("| see {@Ann} |", "| see {@Anna} |", "line 4: {@Anna} was changed", id="token in a cell"),
        pytest.param("Careful", "> Careful", "a blockquote cannot stand in a panel", id="quote in a panel"),
        pytest.param("more\n:::", "more", "the fence ::: expand: Old title is not closed", id="open fence"),
    ],
)
def test_given_what_cannot_be_written_when_applied_then_it_says_where(old: str, new: str, reason: str) -> None:
    assert VIEW.count(old) == 1

    edit = apply_local_edit(DOC, VIEW, VIEW.replace(old, new))

    assert isinstance(edit, Lossy)
    assert reason in "; ".join(edit.reasons)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param("| --- | --- |\n", "", "line 1: these cells", id="no line of dashes"),
        pytest.param("| a | b |\n", "", "line 1: these cells", id="no first row"),
        pytest.param("| 1 | 2 |\n", "| 1 | 2 |\n\n", "line 5: these cells", id="cut in two"),
        pytest.param("x = 1\n```", "x = 1", "line 10: the fence ``` is not closed", id="open code"),
        pytest.param("- [x] did", "- did", "line 7: a list holds tasks", id="no box"),
    ],
)
def test_given_broken_markup_when_applied_then_nothing_goes_out_as_other_than_it_was(
    old: str, new: str, line: str
) -> None:
    text = "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n\n- [ ] do\n- [x] did\n- [ ] more\n\n```\nx = 1\n```\n\nend"
    doc = apply_local_edit(None, None, text)
    assert isinstance(doc, Edited)
    assert adf_to_markdown(doc.doc) == text

    edit = apply_local_edit(doc.doc, text, text.replace(old, new))

    assert isinstance(edit, Lossy)
    assert [reason for reason in edit.reasons if reason.startswith(line)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(("71 |", "72 |"), ("Lens", "Lenses"), id="two cells"),
        pytest.param(("- [ ] order", "- [x] order"), ("order", "order now"), id="ticked and reworded"),
        pytest.param(("order", "order two"), ("check", "check it"), id="two tasks"),
        pytest.param(("Careful", "Take care"), ("one", "one and two"), id="two blocks of a panel"),
        pytest.param(("left", "to the left"), ("right", "to the right"), id="two columns"),
        pytest.param(("| Lens", "| New | 1 |\n| Lens"), ("| Stage |", "| Stages |"), id="new row and a cell"),
    ],
)
def test_given_two_people_in_two_places_of_a_container_when_merged_then_both_edits_are_in_it(
    ours: tuple[str, str], theirs: tuple[str, str]
) -> None:
    remote = apply_local_edit(DOC, VIEW, VIEW.replace(*theirs))
    assert isinstance(remote, Edited)

    merged = merge_descriptions(DOC, VIEW.replace(*ours), remote.doc)

    assert isinstance(merged, Merged)
    both = VIEW.replace(*ours)
    assert merged.markdown == (both.replace(*theirs) if theirs[0] in both else both.replace(ours[1], ours[1] + " now"))


def test_given_two_people_in_one_cell_when_merged_then_it_is_a_conflict_of_one_place() -> None:
    remote = apply_local_edit(DOC, VIEW, VIEW.replace("71 |", "73 |"))
    assert isinstance(remote, Edited)

    merged = merge_descriptions(DOC, VIEW.replace("71 |", "72 |"), remote.doc)

    assert merged == Conflict("overlap", "both sides changed the same place of the text")


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(node("codeBlock", text("a = 1 and b = 2 and c = 3")), id="code"),
        pytest.param(paragraph("a = 1 and b = 2 and c = 3"), id="paragraph"),
    ],
)
def test_given_a_block_moved_out_of_the_only_container_when_applied_then_that_stays_what_it_was(moved: Any) -> None:
    inside, outside = ([node("panel", paragraph("red or blue"), *more, panelType="custom")] for more in ([moved], []))
    base, wanted = ({"type": "doc", "version": 1, "content": blocks} for blocks in (inside, [*outside, moved]))

    edit = apply_local_edit(base, adf_to_markdown(base), adf_to_markdown(wanted))

    assert isinstance(edit, Edited), edit
    assert edit.doc == wanted


def test_given_what_jira_itself_put_where_a_new_one_cannot_stand_when_edited_then_it_stays_there() -> None:
    quote = {"type": "blockquote", "content": [paragraph("deep word")]}
    doc = {"type": "doc", "version": 1, "content": [node("bulletList", node("listItem", quote))]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "- > deeper word")

    assert isinstance(edit, Edited)
    assert json.dumps(edit.doc) == json.dumps(doc).replace("deep word", "deeper word")


LONGEST = 32_767
_PASTED = (
    *("[", "![", "*[", "[](", "<![CDATA[", "**a", "`a", "{a: b} ", "x "),
    *("- \n", "# \n", "> - \n", "| a |\n|---|\n", "- [ ] a\n- b\n", "::: panel: info\n"),
)


@pytest.mark.parametrize("piece", _PASTED)
def test_given_whatever_was_pasted_when_written_then_there_is_an_answer_at_once(piece: str) -> None:
    text = (piece * LONGEST)[:LONGEST]
    before = time.process_time()

    apply_local_edit(DOC, VIEW, text)

    assert time.process_time() - before < 5  # a second on a machine that does nothing else


def test_given_many_coloured_stretches_when_all_words_change_then_there_is_an_answer_at_once() -> None:
    colour = {"marks": [{"type": "textColor", "attrs": {"color": "#ff0000"}}]}
    parts = [text(f"w{at}x{word} ") | (colour if at % 2 else {}) for at in range(150) for word in range(25)]
    doc = {"type": "doc", "version": 1, "content": [paragraph(*parts)]}
    before = time.process_time()

    edit = apply_local_edit(doc, adf_to_markdown(doc), " ".join(f"n{at}" for at in range(4_000)))

    assert time.process_time() - before < 5
    assert isinstance(edit, Lossy)


def _letters(between: str, *, before: str = "") -> str:
    text = before + between.join("abcdefghijk"[at % 11] for at in range(LONGEST))
    return text[: text.rindex("\n", 0, LONGEST)]


@pytest.mark.parametrize(
    "longest",
    [
        pytest.param(_letters(" |\n| ", before="| x |\n|---|\n| "), id="rows"),
        pytest.param(_letters("\n- ", before="- "), id="items"),
        pytest.param(f"|{'a|' * 8_000}\n|{'-|' * 8_000}", id="columns"),
    ],
)
def test_given_all_of_a_longest_text_changed_on_both_sides_when_merged_then_there_is_an_answer_at_once(
    longest: str,
) -> None:
    new = apply_local_edit(None, None, longest)
    assert isinstance(new, Edited)
    view = adf_to_markdown(new.doc) or ""
    remote = apply_local_edit(new.doc, view, re.sub(r"[a-k](?= \||\n|$)", r"\g<0>y", view))
    assert isinstance(remote, Edited)
    before = time.process_time()

    merged = merge_descriptions(new.doc, re.sub(r"[a-k](?= \||\n|$)", r"\g<0>z", view), remote.doc)

    assert time.process_time() - before < 5  # a second on a machine that does nothing else
    assert isinstance(merged, Conflict)


def test_given_more_brackets_than_can_be_read_when_written_then_it_says_so_and_keeps_the_text() -> None:
    many = "[" * 5_000 + "a" + "](b)" * 2_000

    edit = apply_local_edit(None, None, many)

    assert isinstance(edit, Lossy)
    assert edit.reasons == (
        "line 1: so many brackets cannot be read: write a backslash before each [ that begins no link",
    )


@pytest.mark.parametrize("depth", [10, 45])
def test_given_deep_nesting_when_a_word_is_edited_then_it_is_an_edit_or_a_reason(depth: int) -> None:
    inner: dict[str, Any] = paragraph("deep")
    for _ in range(depth):
        inner = node("bulletList", node("listItem", inner))
    doc = {"type": "doc", "version": 1, "content": [inner, paragraph("end")]}
    view = adf_to_markdown(doc) or ""

    edit = apply_local_edit(doc, view, view.replace("end", "the end"))

    assert isinstance(edit, Edited)
    assert edit.doc is not None
    assert edit.doc["content"] == [inner, paragraph("the end")]
