"""What a person sees of a description, and what their Markdown becomes."""

from typing import Any

import pytest

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.adf_nodes import markdown_to_adf
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline_tests.property.adf_documents import image, mention, panel, paragraph, text

BREAK = {"type": "hardBreak"}


def view(*blocks: Any) -> str | None:
    return adf_to_markdown({"type": "doc", "version": 1, "content": list(blocks)})


def a_list(kind: str, *items: Any, **attrs: Any) -> dict[str, Any]:
    content = [{"type": "listItem", "content": item if isinstance(item, list) else [item]} for item in items]
    return {"type": kind, "attrs": attrs, "content": content}


def a_link(value: str, href: str, **attrs: Any) -> dict[str, Any]:
    return {**text(value), "marks": [{"type": "link", "attrs": {"href": href, **attrs}}]}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# no heading", "\\# no heading"),
        ("#hashtag", "#hashtag"),
        ("> no quote", "\\> no quote"),
        ("- no item", "\\- no item"),
        ("-5 degrees", "-5 degrees"),
        ("1. no item", "1\\. no item"),
        ("1.5 is a number", "1.5 is a number"),
        ("2 * 3 * 4", "2 \\* 3 \\* 4"),
        ("snake_case_name", "snake_case_name"),
        ("_private and __init__", "\\_private and \\_\\_init\\_\\_"),
        ("use `make`", "use \\`make\\`"),
        ("see [1]", "see \\[1]"),
        ("a < b and <b>", "a < b and \\<b>"),
        ("you & me, &amp;", "you & me, \\&amp;"),
        ("C:\\temp\\*", "C:\\temp\\\\\\*"),
        ("~5 and ~~x~~", "\\~5 and \\~\\~x\\~\\~"),
        ("mail {@Ann}", "mail \\{@Ann}"),
        ('{"json": {"a": 1}}', '{"json": {"a": 1}}'),
        ("::: fence", "\\::: fence"),
        ("| a | b |", "| a | b |"),
        (" leading", "&#32;leading"),
        ("trailing ", "trailing"),
        ("Hello!", "Hello!"),
    ],
)
def test_given_text_that_looks_like_markup_when_shown_then_only_that_is_escaped(written: str, shown: str) -> None:
    assert view(paragraph(written)) == shown
    assert markdown_to_adf(shown) == [paragraph(written.rstrip())]


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        pytest.param(paragraph("a", BREAK, "b"), "a\\\nb", id="hard break"),
        pytest.param(paragraph("a", BREAK), "a<br>", id="hard break at the end"),
        pytest.param(paragraph(BREAK), "<br><br>", id="hard break alone"),
        pytest.param(paragraph(text("a", "strong"), " ", text("b", "em")), "**a** _b_", id="marks"),
        pytest.param(paragraph(text("Label: ", "strong"), "x"), "**Label:** x", id="bold blank"),
        pytest.param(paragraph("in", text("word", "em")), "i&#110;_word_", id="mark inside of a word"),
        pytest.param(paragraph(text("a`b", "code")), "``a`b``", id="code with a backtick"),
        pytest.param(
            paragraph(a_link("the docs", "https://e.com/x_(y)")), "[the docs](<https://e.com/x_(y)>)", id="link"
        ),
        pytest.param(
            paragraph(a_link("https://e.com/?a=1&b", "https://e.com/?a=1&b")), "<https://e.com/?a=1&b>", id="url"
        ),
        pytest.param(paragraph(a_link("a]b", "#x", title='t "q"')), '[a\\]b](#x "t &#34;q&#34;")', id="link title"),
        pytest.param({"type": "heading", "attrs": {"level": 2}, "content": [text("C#")]}, "## C\\#", id="heading"),
        pytest.param({"type": "rule"}, "---", id="rule"),
        pytest.param(
            {"type": "codeBlock", "attrs": {"language": "md"}, "content": [text("```\nx\n```")]},
            "````md\n```\nx\n```\n````",
            id="fence in code",
        ),
        pytest.param(
            a_list("bulletList", [paragraph("a"), a_list("orderedList", paragraph("b"), order=1)], paragraph("c")),
            "- a\n  1. b\n- c",
            id="nested list",
        ),
        pytest.param(a_list("orderedList", paragraph("a"), paragraph("b"), order=9), "9. a\n10. b", id="start number"),
        pytest.param({"type": "blockquote", "content": [paragraph("a"), paragraph("b")]}, "> a\n>\n> b", id="quote"),
    ],
)
def test_given_a_block_when_shown_then_it_is_markdown_that_reads_back(block: dict[str, Any], shown: str) -> None:
    assert view(block) == shown
    assert view(*markdown_to_adf(shown)) == shown


def test_given_two_lists_in_a_row_when_shown_then_they_stay_two() -> None:
    shown = view(a_list("bulletList", paragraph("a")), a_list("bulletList", paragraph("b")))

    assert shown == "- a\n\n* b"
    assert len(markdown_to_adf(shown)) == 2


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        pytest.param(paragraph("Ask ", mention("Ann Smith"), " now"), "Ask {@Ann Smith} now", id="mention"),
        pytest.param(image("plan"), "{mediaSingle: plan.png #plan-id}", id="picture"),
        pytest.param(panel(paragraph("Careful")), "::: panel: info\nCareful\n:::", id="panel"),
        pytest.param(panel(panel(paragraph("a"))), ":::: panel: info\n::: panel: info\na\n:::\n::::", id="nested"),
        pytest.param(
            paragraph({**text("x"), "marks": [{"type": "annotation", "attrs": {"id": "1"}}, {"type": "code"}]}, "y"),
            "`x`y",
            id="commented code",
        ),
        pytest.param({"type": "extension", "attrs": {"extensionKey": "toc"}}, "{extension: toc}", id="macro"),
        pytest.param(
            paragraph({"type": "date", "attrs": {"timestamp": "1767225600000"}}), "{date: 2026-01-01}", id="date"
        ),
        pytest.param(
            paragraph({"type": "status", "attrs": {"text": "IN\nWORK {1}", "color": "blue"}}),
            "{status: IN WORK 1}",
            id="status with odd characters",
        ),
        pytest.param(
            {
                "type": "table",
                "content": [
                    {"type": "tableRow", "content": [{"type": "tableHeader", "content": [paragraph("a | b")]}]},
                    {
                        "type": "tableRow",
                        "content": [{"type": "tableCell", "content": [paragraph("1"), paragraph("2")]}],
                    },
                ],
            },
            "| a \\| b |\n| --- |\n| 1<br><br>2 |",
            id="table",
        ),
        pytest.param(
            {
                "type": "taskList",
                "content": [{"type": "taskItem", "attrs": {"state": "DONE"}, "content": [text("ship it")]}],
            },
            "- [x] ship it",
            id="tasks",
        ),
    ],
)
def test_given_what_markdown_cannot_say_when_shown_then_a_person_sees_what_it_is(
    block: dict[str, Any], shown: str
) -> None:
    assert view(block) == shown


@pytest.mark.parametrize(
    ("markdown", "reason"),
    [
        pytest.param("| a |\n| --- |\n| 1 | 2 |", "the row is 2 columns wide, the table 1", id="row of a table"),
        pytest.param("![alt](x.png)", "image", id="image"),
        pytest.param("- # a", "heading cannot stand in a list", id="heading in a list"),
        pytest.param("> ---", "rule cannot stand in a blockquote", id="rule in a quote"),
        pytest.param("{@Somebody}", "{@Somebody}", id="unknown placeholder"),
        pytest.param(">" * 120 + " a", "nested too deep", id="nesting"),
    ],
)
def test_given_markdown_without_a_place_in_adf_when_read_then_it_says_so(markdown: str, reason: str) -> None:
    with pytest.raises(UnreadableText, match=reason):
        markdown_to_adf(markdown)


@pytest.mark.parametrize(
    ("markdown", "blocks"),
    [
        ("one\ntwo", [paragraph("one two")]),
        ("<b>html</b>", [paragraph("<b>html</b>")]),
        ("[ref]: https://e.com", [paragraph("[ref]: https://e.com")]),
        ("*a*", [paragraph(text("a", "em"))]),
        ("-", [a_list("bulletList", {"type": "paragraph"}) | {}]),
    ],
)
def test_given_what_people_type_when_read_then_nothing_of_it_vanishes(markdown: str, blocks: list[Any]) -> None:
    assert view(*markdown_to_adf(markdown)) == view(*blocks)
