"""Laws of the Markdown view: what can be written can be read back, and the view splits into its blocks."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from javis_pipeline.sync.richtext.adf import canonical_document, document_of
from javis_pipeline.sync.richtext.adf_nodes import markdown_to_adf
from javis_pipeline.sync.richtext.markdown_reader import Piece, read_markdown, read_pieces, split_markdown
from javis_pipeline.sync.richtext.markdown_syntax import markdown, read_lines
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, view_blocks
from javis_pipeline.sync.richtext.said import Said
from javis_pipeline_tests.property.adf_documents import documents


@settings(max_examples=150, deadline=None)
@given(documents)
def test_the_regenerable_subset_survives_markdown_exactly(doc: dict[str, Any]) -> None:
    view = adf_to_markdown(doc)
    blocks, _ = view_blocks(doc)

    assert [piece.text for piece in split_markdown("\n\n".join(blocks))] == blocks
    assert canonical_document(document_of(markdown_to_adf(view or ""))) == canonical_document(doc)
    assert (view is None) == (canonical_document(doc) is None)


def _text_of(lines: list[tuple[str, str, str]]) -> str:
    return "\n".join(map("".join, lines))


_LINE_STARTS = ("", " ", "  ", "    ", "\t", "- ", "* ", "1. ", "12) ", "> ", "::: panel\n", ":::\n", "# ", "```\n")
_WORDS = ("a", "b c", "[ ] d", "[e", "7", "7.", "x | y", "-|-", "---", "===", "é", "*f*", "{g: h}", "i ", "", "\n")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(_LINE_STARTS)] * 2, st.sampled_from(_WORDS)), max_size=8).map(_text_of))
def test_the_short_ways_of_reading_give_what_the_long_ones_give(text: str) -> None:
    short, long = markdown.__wrapped__().disable("plain list"), markdown.__wrapped__().disable("plain line")
    blocks, wanted = _blocks(short, text), _blocks(long.disable("plain list"), text)

    read_lines(blocks, {})
    for line in _lines(wanted):
        line.children = [token for part in long.parseInline(line.content) for token in part.children or ()]

    assert blocks == wanted


def _blocks(markdown: MarkdownIt, text: str) -> list[Token]:
    tokens: list[Token] = []
    markdown.block.parse(text, markdown, {}, tokens)
    return tokens


def _lines(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from _lines(token.children or ()) if token.type == "table" else [token] if token.type == "inline" else []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(_LINE_STARTS)] * 2, st.sampled_from(_WORDS)), max_size=8).map(_text_of))
def test_a_list_of_plain_words_reads_as_any_list(text: str) -> None:
    blocks = _blocks(markdown.__wrapped__().disable("plain list"), text)

    read, wanted = read_markdown(text), read_pieces([Piece(1, text, blocks)])
    assert read == wanted
    assert [said.line for said in _within(read.blocks)] == [said.line for said in _within(wanted.blocks)]


def _within(blocks: Sequence[Said]) -> Iterator[Said]:
    for said in blocks:
        yield said
        yield from _within(said.content)


@settings(max_examples=50, deadline=None)
@given(documents)
def test_the_canonical_form_does_not_see_what_servers_rewrite(doc: dict[str, Any]) -> None:
    assert canonical_document(rewritten(doc)) == canonical_document(doc)


def rewritten(node: dict[str, Any]) -> dict[str, Any]:
    """The node as a server may give it back: new ids, defaults written out, texts cut in two, marks in other order."""
    content: list[dict[str, Any]] = []
    for child in node.get("content", []):
        text = child.get("text", "")
        halves = [text[:1], text[1:]] if child["type"] == "text" and len(text) > 1 else [text]
        marks = {"marks": child["marks"][::-1]} if "marks" in child else {}
        content += [{**child, "text": half, **marks} for half in halves] if text else [rewritten(child)]
    attrs = {"localId": "new", **({"order": 1} if node["type"] == "orderedList" else {}), **node.get("attrs", {})}
    return {**node, "attrs": attrs, "marks": node.get("marks", []), "content": content}
