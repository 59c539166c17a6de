"""Which edits of a description can be sent, and which wait for a person."""

from collections import Counter
from typing import Any

import pytest

from javis_pipeline.sync.richtext.adf_nodes import markdown_to_adf
from javis_pipeline.sync.richtext.description import (
    Conflict,
    Edited,
    Lossy,
    Merged,
    apply_local_edit,
    merge_descriptions,
)
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, adf_to_text
from javis_pipeline_tests.property.adf_documents import image, mention, panel, paragraph, text

RED = {"type": "textColor", "attrs": {"color": "#ff0000"}}
DOC: dict[str, Any] = {
    "type": "doc",
    "version": 1,
    "content": [
        paragraph("Plain text"),
        paragraph("Ask ", mention("Ann"), " today"),
        panel(paragraph("Careful with this")),
        paragraph({**text("Red alert"), "marks": [RED]}, " in the house"),
        image("plan"),
    ],
}
VIEW = adf_to_markdown(DOC) or ""


def blocks_after(edit: Edited | Lossy) -> list[Any]:
    assert isinstance(edit, Edited)
    return [] if edit.doc is None else edit.doc["content"]


def test_given_no_change_when_applied_then_the_document_is_the_same_object() -> None:
    assert apply_local_edit(DOC, VIEW, VIEW) == Edited(DOC, Counter())


def test_given_a_changed_paragraph_when_applied_then_only_it_is_new() -> None:
    edit = apply_local_edit(DOC, VIEW, VIEW.replace("Plain text", "Plain *words*"))

    assert blocks_after(edit) == [paragraph("Plain ", text("words", "em")), *DOC["content"][1:]]


def test_given_an_edit_around_a_mention_when_applied_then_the_mention_stays_the_node_it_was() -> None:
    edit = apply_local_edit(DOC, VIEW, VIEW.replace("today", "tomorrow"))

    assert blocks_after(edit)[1] == paragraph("Ask ", mention("Ann"), " tomorrow")


def test_given_a_removed_mention_when_applied_then_it_counts_as_removed_by_the_person() -> None:
    edit = apply_local_edit(DOC, VIEW, VIEW.replace(" {@Ann}", ""))

    assert blocks_after(edit)[1] == paragraph("Ask today")
    assert isinstance(edit, Edited)
    assert [special.shown for special in edit.removed] == ["@Ann"]


def test_given_removed_and_moved_blocks_when_applied_then_the_others_are_the_nodes_they_were() -> None:
    parts = VIEW.split("\n\n")

    edit = apply_local_edit(DOC, VIEW, "\n\n".join([parts[4], parts[3], parts[0]]))

    assert blocks_after(edit) == [DOC["content"][4], DOC["content"][3], DOC["content"][0]]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("{@Ann}", "{@Anna}", "{@Anna} was changed", id="another name"),
        pytest.param("{@Ann}", "@Ann", "{@Ann} was changed", id="token without braces"),
        pytest.param("{@Ann}", "**{@Ann}**", "cannot be formatted", id="token in bold"),
        pytest.param("with this\n:::", "with this", "line 5: the fence ::: panel: info is not", id="panel left open"),
        pytest.param("panel: info", "panel: blue", "line 5: a panel is one of info", id="unknown panel"),
        pytest.param("Red alert", "All is well", "line 9: 'Red alert' has a colour", id="coloured words"),
        pytest.param(
            "{mediaSingle: plan.png #plan-id}", "See {mediaSingle: plan.png #plan-id}", "stand alone", id="in line"
        ),
        pytest.param("Plain text", "- > quoted", "line 1: a blockquote cannot stand in a list", id="quote in a list"),
        pytest.param("Plain text", "- [ ] a\n- b", "line 2: a list holds tasks or other items", id="half a task list"),
    ],
)
def test_given_an_edit_that_cannot_be_written_when_applied_then_it_is_lossy_and_says_why(
    old: str, new: str, reason: str
) -> None:
    assert old in VIEW

    edit = apply_local_edit(DOC, VIEW, VIEW.replace(old, new))

    assert isinstance(edit, Lossy)
    assert reason in "; ".join(edit.reasons)


@pytest.mark.parametrize("emptied", [None, "", "\n \n"])
def test_given_an_emptied_view_when_applied_then_there_is_no_description(emptied: str | None) -> None:
    edit = apply_local_edit(DOC, VIEW, emptied)

    assert isinstance(edit, Edited)
    assert edit.doc is None
    assert edit.removed.total() == 3


@pytest.mark.parametrize("base", [None, {"type": "doc", "version": 1, "content": [paragraph()]}])
def test_given_no_description_when_one_is_written_then_it_is_a_document(base: Any) -> None:
    edit = apply_local_edit(base, None, "# Hello\n\nworld")

    assert adf_to_markdown(edit.doc if isinstance(edit, Edited) else None) == "# Hello\n\nworld"


TWINS = [{"type": "mention", "attrs": {"id": number, "text": "@Ann"}} for number in ("1", "2")]


def test_given_two_that_look_the_same_when_edited_around_then_each_stays_in_its_place() -> None:
    doc = {"type": "doc", "version": 1, "content": [paragraph(TWINS[0], " and ", TWINS[1]), paragraph("by ", TWINS[1])]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "Say {@Ann} or {@Ann}\n\nwritten by {@Ann}")

    assert blocks_after(edit) == [
        paragraph("Say ", TWINS[0], " or ", TWINS[1]),
        paragraph("written by ", TWINS[1]),
    ]


def test_given_two_that_look_the_same_when_one_is_copied_then_it_is_lossy() -> None:
    doc = {"type": "doc", "version": 1, "content": [paragraph(TWINS[0], " and ", TWINS[1]), paragraph("end")]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "{@Ann} and {@Ann}\n\nend, {@Ann}")

    assert isinstance(edit, Lossy)
    assert "several different" in edit.reasons[0]


def test_given_a_remote_edit_of_another_block_when_merged_then_both_are_in_it() -> None:
    remote = {**DOC, "content": [*DOC["content"], paragraph("Added remotely")]}

    merged = merge_descriptions(DOC, VIEW.replace("Plain text", "Local text"), remote)

    assert isinstance(merged, Merged)
    assert merged.doc == {**DOC, "content": [paragraph("Local text"), *remote["content"][1:]]}
    assert merged.markdown == VIEW.replace("Plain text", "Local text") + "\n\nAdded remotely"


def test_given_a_panel_changed_remotely_and_removed_locally_when_merged_then_it_is_a_conflict() -> None:
    remote = {**DOC, "content": [*DOC["content"][:2], panel(paragraph("New text")), *DOC["content"][3:]]}

    merged = merge_descriptions(DOC, VIEW.replace("::: panel: info\nCareful with this\n:::\n\n", ""), remote)

    assert merged == Conflict("overlap", "both sides changed the same place of the text")


def test_given_two_items_of_one_list_that_two_people_edit_when_merged_then_both_edits_are_in_it() -> None:
    doc, other = ({**DOC, "content": markdown_to_adf(f"- one\n- two{more}\n\nend")} for more in ("", ", theirs"))

    merged = merge_descriptions(doc, "- one, ours\n- two\n\nend", other)

    assert isinstance(merged, Merged)
    assert merged.markdown == "- one, ours\n- two, theirs\n\nend"


@pytest.mark.parametrize(
    ("local", "remote"), [("BCA", "BC"), ("BC", "BCA"), ("BAC", "BCA")], ids=["deleted there", "deleted here", "both"]
)
def test_given_a_block_that_is_moved_here_and_gone_from_there_when_merged_then_it_is_a_conflict(
    local: str, remote: str
) -> None:
    def document(letters: str) -> dict[str, Any]:
        return {**DOC, "content": [paragraph(letter) for letter in letters]}

    merged = merge_descriptions(document("ABC"), "\n\n".join(local), document(remote))

    assert isinstance(merged, Conflict)
    assert merged.kind == "overlap"


def test_given_a_lossy_edit_when_merged_then_it_is_a_conflict() -> None:
    merged = merge_descriptions(DOC, VIEW.replace("{@Ann}", "{@Anna}"), DOC)

    assert isinstance(merged, Conflict)
    assert merged.kind == "lossy_edit"


def test_given_a_remote_that_is_no_adf_when_merged_then_it_is_a_conflict() -> None:
    merged = merge_descriptions(DOC, "new", {"type": "text"})

    assert isinstance(merged, Conflict)
    assert merged.kind == "unreadable"


def test_given_what_parted_two_lists_is_removed_then_they_stay_two_untouched_lists() -> None:
    lists = [
        {
            "type": "bulletList",
            "attrs": {"localId": name},
            "content": [{"type": "listItem", "content": [paragraph(name)]}],
        }
        for name in ("one", "two")
    ]
    doc = {"type": "doc", "version": 1, "content": [lists[0], paragraph("between"), lists[1]]}

    edit = apply_local_edit(doc, adf_to_markdown(doc), "- one\n\n- two")

    assert blocks_after(edit) == lists


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("{@Ann}", "{@Anna}", "{@Anna}", id="placeholder"),
        pytest.param("panel: info", "panel: blue", "Careful with this", id="panel"),
        pytest.param("Red alert", "All is well", "All is well in the house", id="colour"),
        pytest.param("with this\n:::", "with this", "Careful with this", id="open fence"),
        pytest.param("Plain text", "- # a heading", "a heading", id="heading in a list"),
        pytest.param("Plain text", "See ![the plan](x.png)", "See the plan", id="image"),
        pytest.param(
            "{mediaSingle: plan.png #plan-id}", "x {mediaSingle: plan.png #plan-id}", "x {media", id="in line"
        ),
    ],
)
def test_given_a_loss_that_a_person_accepts_when_applied_then_all_words_are_there(
    old: str, new: str, words: str
) -> None:
    edit = apply_local_edit(DOC, VIEW, VIEW.replace(old, new), accept_loss=True)

    assert isinstance(edit, Edited)
    assert words in (adf_to_text(edit.doc) or "")
    assert isinstance(apply_local_edit(edit.doc, adf_to_markdown(edit.doc), adf_to_markdown(edit.doc)), Edited)
