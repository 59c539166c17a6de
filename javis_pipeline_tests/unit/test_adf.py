"""ADF: what is equal, what must not get lost, and documents of wrong shape."""

import contextlib
import json
from typing import Any

import pytest

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.adf import canonical_document, document_of, lost_content, special_content
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, adf_to_text
from javis_pipeline_tests.property.adf_documents import image, mention, panel, paragraph, text


def a_document(*blocks: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(blocks)}


def a_deep_list(levels: int) -> dict[str, Any]:
    node = paragraph("deepest")
    for _ in range(levels):
        node = {"type": "bulletList", "content": [{"type": "listItem", "content": [node]}]}
    return node


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(paragraph("ab"), paragraph("a", "b"), id="text in pieces"),
        pytest.param(paragraph(text("a", "em", "strong")), paragraph(text("a", "strong", "em")), id="order of marks"),
        pytest.param(paragraph("a"), {**paragraph("a"), "attrs": {"localId": "x"}, "marks": []}, id="volatile ids"),
        pytest.param(paragraph("a "), paragraph("a"), id="blank at the end of a paragraph"),
        pytest.param(
            paragraph(text("a ", "strong"), "b"), paragraph(text("a", "strong"), " b"), id="bold blank at the edge"
        ),
        pytest.param(
            {"type": "orderedList", "attrs": {"order": 1}, "content": []}, {"type": "orderedList"}, id="default order"
        ),
        pytest.param(
            {"type": "table", "attrs": {"width": 760.0}}, {"type": "table", "attrs": {"width": 760}}, id="whole number"
        ),
        pytest.param(
            {"type": "codeBlock", "content": [text("a\r\nb")]},
            {"type": "codeBlock", "content": [text("a\n"), text("b")]},
            id="line ends of code",
        ),
    ],
)
def test_given_two_spellings_when_made_canonical_then_they_are_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert canonical_document(a_document(one, image("x"))) == canonical_document(a_document(other, image("x")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(paragraph("ab"), paragraph("a b"), id="blank between words"),
        pytest.param(paragraph(text("a b", "code")), paragraph(text("a b ", "code")), id="blank in code"),
        pytest.param(paragraph(" a"), paragraph("a"), id="blank at the start"),
        pytest.param(mention("Ann"), mention("Bob"), id="another person"),
        pytest.param(panel(paragraph("a")), panel(paragraph("a"), kind="note"), id="kind of panel"),
        pytest.param(paragraph(text("a", "underline")), paragraph("a"), id="a mark Markdown does not know"),
    ],
)
def test_given_two_contents_when_made_canonical_then_they_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical_document(a_document(one)) != canonical_document(a_document(other))


@pytest.mark.parametrize(
    "doc", [None, a_document(), a_document(paragraph()), {"type": "doc"}, a_document(paragraph(" "))]
)
def test_given_a_document_that_shows_nothing_then_it_equals_none(doc: dict[str, Any] | None) -> None:
    assert canonical_document(doc) is None
    assert adf_to_markdown(doc) is None
    assert adf_to_text(doc) is None


def test_given_blocks_that_show_nothing_when_made_a_document_then_there_is_none() -> None:
    assert document_of([paragraph()]) is None
    assert document_of([paragraph("a")]) == a_document(paragraph("a"))


BAD_DOCUMENTS = [
    pytest.param({"type": "doc", "content": "text"}, id="content is no list"),
    pytest.param({"type": "doc", "content": ["text", None, 7]}, id="content holds no nodes"),
    pytest.param({"type": "paragraph"}, id="another top node"),
    pytest.param({}, id="empty object"),
    pytest.param(a_document({"type": "mystery", "attrs": {"x": [{"y": 1}]}}), id="unknown node"),
    pytest.param(a_document({"type": ["list"], "attrs": 7, "marks": "m", "content": {}}), id="wrong types everywhere"),
    pytest.param(a_document({"content": [{"text": 7}, {"type": "text"}, {"type": "hardBreak"}]}), id="no types"),
    pytest.param(
        a_document(paragraph({"type": "text", "text": None}, {"type": "text", "text": "\ud800"})), id="no text"
    ),
    pytest.param(
        a_document(
            paragraph({**text("a"), "marks": [7, {"type": []}, {"type": "link"}, {"type": "link", "attrs": None}]})
        ),
        id="bad marks",
    ),
    pytest.param(
        a_document({"type": "paragraph", "content": 7}, {"type": "heading", "content": "x"}), id="bad content"
    ),
    pytest.param(a_document({"type": "heading", "attrs": {"level": "two"}}), id="bad level"),
    pytest.param(a_document({"type": "orderedList", "attrs": {"order": "x"}, "content": [7]}), id="bad list"),
    pytest.param(a_document({"type": "bulletList", "content": [{"type": "listItem"}]}), id="list item without content"),
    pytest.param(a_document({"type": "table", "content": [{"type": "tableRow"}, {}]}), id="table without cells"),
    pytest.param(a_document({"type": "date", "attrs": {"timestamp": "9" * 40}}), id="date out of range"),
    pytest.param(a_document(a_deep_list(500)), id="1000 levels deep"),
]


@pytest.mark.parametrize("doc", BAD_DOCUMENTS)
def test_given_a_bad_document_when_shown_then_no_error_comes(doc: dict[str, Any]) -> None:
    adf_to_markdown(doc)
    adf_to_text(doc)
    special_content([doc])


@pytest.mark.parametrize("doc", BAD_DOCUMENTS)
def test_given_a_bad_document_when_compared_then_only_our_error_comes(doc: dict[str, Any]) -> None:
    with contextlib.suppress(UnreadableText):
        canonical_document(doc)


def test_given_five_megabytes_when_shown_then_all_of_it_is_there() -> None:
    doc = a_document(*(paragraph("a word, _another_ and more " * 10) for _ in range(20_000)))
    assert len(json.dumps(doc)) > 5_000_000

    view = adf_to_markdown(doc)

    assert view is not None
    assert view.count("\\_another\\_") == 200_000


def test_given_rich_content_when_made_text_then_words_are_on_lines_without_markup() -> None:
    doc = a_document(
        paragraph("Ask ", mention("Ann"), {"type": "hardBreak"}, text("now", "strong")),
        {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph("* one")]}]},
        image("plan"),
    )

    assert adf_to_text(doc) == "Ask @Ann\nnow\n* one\nmediaSingle: plan.png #plan-id"


def test_given_content_that_is_gone_when_checked_then_it_is_told_unless_a_person_removed_it() -> None:
    before = a_document(paragraph(mention("Ann")), image("plan"), panel(paragraph("a")))
    after = a_document(paragraph("@Ann"), panel(paragraph("another text")))

    lost = lost_content(before, after, special_content([image("plan")]))

    assert [special.shown for special in lost] == ["@Ann"]


def test_given_an_anchor_split_by_formatting_when_checked_then_it_is_not_lost() -> None:
    comment = {"type": "annotation", "attrs": {"annotationType": "inlineComment", "id": "c1"}}
    before = a_document(
        paragraph({**text("ab"), "marks": [comment]}, {**text("c"), "marks": [comment, {"type": "em"}]})
    )
    after = a_document(paragraph({**text("abc"), "marks": [comment]}))

    assert lost_content(before, after, special_content([])) == []
    assert [special.kind for special in lost_content(before, None, special_content([]))] == ["annotation"]
