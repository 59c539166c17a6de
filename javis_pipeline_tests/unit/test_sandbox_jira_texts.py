"""Texts in the sandbox's Jira: wiki markup becomes a document, and documents are stored as Jira stores them."""

import pytest

from javis_pipeline.sandbox.jira import adf
from javis_pipeline.sandbox.jira.wiki import to_adf


def text(words, *marks):
    return {"type": "text", "text": words} | ({"marks": [{"type": mark} for mark in marks]} if marks else {})


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


def doc(*content):
    return {"type": "doc", "version": 1, "content": list(content)}


@pytest.mark.parametrize(
    ("source", "document"),
    [
        ("", doc()),
        ("one\r\ntwo", doc(paragraph(text("one"), {"type": "hardBreak"}, text("two")))),
        ("one\n\n\nthree", doc(paragraph(text("one")), paragraph(text("three")))),
        ("h2. Title", doc({"type": "heading", "attrs": {"level": 2}, "content": [text("Title")]})),
        ("a *bold* _slanted_ -gone- {{x}}", doc(paragraph(
            text("a "), text("bold", "strong"), text(" "), text("slanted", "em"), text(" "), text("gone", "strike"),
            text(" "), text("x", "code")))),
        ("snake_case_name 2*3*4", doc(paragraph(text("snake_case_name 2*3*4")))),
        ("----", doc({"type": "rule"})),
        ("bq. said", doc({"type": "blockquote", "content": [paragraph(text("said"))]})),
        ("{code:java}\nint x;\n{code}", doc(
            {"type": "codeBlock", "attrs": {"language": "java"}, "content": [text("int x;")]})),
        ("{noformat}never closed", doc({"type": "codeBlock", "content": [text("never closed")]})),
        ("{panel:title=x}inside{panel}", doc(paragraph(text("inside")))),
    ],
)  # fmt: skip
def test_wiki_markup_becomes_a_document(source, document):
    assert to_adf(source) == document


def test_lists_are_nested_and_kinds_are_kept_apart():
    document = to_adf("* a\n** b\n# c")

    assert document["content"] == [
        {"type": "bulletList", "content": [{"type": "listItem", "content": [
            paragraph(text("a")),
            {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph(text("b"))]}]},
        ]}]},
        {"type": "orderedList", "content": [{"type": "listItem", "content": [paragraph(text("c"))]}]},
    ]  # fmt: skip


def test_links_have_their_words():
    [node] = to_adf("[the site|https://example.com/a]")["content"][0]["content"]

    assert node == {
        "type": "text",
        "text": "the site",
        "marks": [{"type": "link", "attrs": {"href": "https://example.com/a"}}],
    }


@pytest.mark.parametrize(
    "source", ["{code}x{code} and more", "{noformat}\nx\n{noformat} and more", "{code}\nx{code} and more"]
)
def test_text_behind_a_closing_macro_stays(source):
    assert adf.plain_text(to_adf(source)) == "x\nand more"


@pytest.mark.parametrize(
    "value",
    [
        "text",
        None,
        {"type": "doc"},
        {"type": "doc", "version": 2, "content": []},
        doc({"type": "nonsense"}),
        doc(paragraph(text(""))),
    ],
)
def test_what_is_not_a_document_is_told_apart(value):
    assert not adf.is_document(value)


def test_a_stored_document_is_rewritten_once_and_then_stays():
    sent = doc(
        paragraph(text("a"), text("b\r\n"), text("c", "strong")),
        {"type": "orderedList", "content": [{"type": "listItem", "content": [{"type": "paragraph", "content": []}]}]},
        {"type": "taskList", "attrs": {"localId": ""}, "content": []},
    )

    stored = adf.stored(sent)

    assert stored["content"][0] == paragraph(text("ab\n"), text("c", "strong"))
    assert stored["content"][1]["attrs"] == {"order": 1}
    assert stored["content"][1]["content"][0]["content"] == [{"type": "paragraph"}]
    assert stored["content"][2]["attrs"]["localId"]
    assert adf.stored(stored) == stored


def test_plain_text_reads_as_people_read_it():
    document = doc(
        paragraph(text("one"), {"type": "hardBreak"}, {"type": "mention", "attrs": {"text": "@Ann"}}),
        {"type": "codeBlock", "content": [text("x = 1")]},
    )

    assert adf.plain_text(document) == "one\n@Ann\nx = 1"
    assert adf.plain_text(adf.of_text("a\nb\n\nc")) == "a\nb\nc"
