"""Hypothesis strategies for ADF documents: the regenerable subset with nasty texts, and content beyond it."""

from itertools import combinations
from typing import Any

from hypothesis import strategies as st

# Line starts, delimiters, links and HTML, our own syntax, blanks and odd characters, plain words.
_NASTY_LINES = (
    ["# x", "## ", "#", "> y", ">", "- z", "-", "+ a", "1. a", "1.", "10) b", "***", "---", "===", "___", "* * *"],
    ["```", "~~~"],
    [
        "`",
        "``",
        "a`b",
        "*a*",
        "**",
        "_a_",
        "__init__",
        "snake_case",
        "a_",
        "_",
        "~",
        "~~a~~",
        "\\",
        "\\*",
        "C:\\dir",
        "a\\",
    ],
    ["[x](y)", "[a]: b", "![i](u)", "!", "[", "]", "<b>", "<br>", "<!-- c -->", "<https://a.b>", "&amp;", "&", "&#32;"],
    [
        "|",
        "| a |",
        "|---|",
        ":::",
        "::: panel",
        "{@Ann}",
        "{status: DONE}",
        "{",
        "}",
        "{{x}}",
        "http://a.b/c_d_e?f=1&g=2",
    ],
    [
        " ",
        "  ",
        "\xa0",
        "\t",
        "a b",
        " lead",
        "trail ",
        "\n",
        "a\nb",
        "\r\n",
        "\u200b",
        "\u2028",
        "e\u0301",
        "ü",
        "日本",
        "😀",
    ],
    ["a.", "(b)", '"q"', "x", "1"],
)
NASTY_TEXTS = [text for line in _NASTY_LINES for text in line]

characters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufdd0\ufffe\uffff")
texts = st.one_of(
    st.sampled_from(NASTY_TEXTS),
    st.text("ab *_`[]()<>#-+.!\\~&{}|:=1\t", min_size=1, max_size=8),
    st.text(characters, min_size=1, max_size=12),
)
code_texts = st.text(st.sampled_from("ab `*\n\t\\<&~>-1 ."), max_size=20)
hrefs = st.one_of(
    st.sampled_from(
        ("https://a.b/c?d=1&e=2", "mailto:a@b.c", "a b", "", "x(y)", "<z>", "a\\b", "&amp;", "#top", "[x]", 'q"r', "ü")
    ),
    st.text(characters, max_size=8),
)


_MARKS = ("strong", "em", "strike", "code", "link")
_MARK_SETS = [marks for size in range(4) for marks in combinations(_MARKS, size)]


@st.composite
def text_nodes(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)
    kinds = draw(st.sampled_from(_MARK_SETS))
    if "code" in kinds:
        text = text.replace("\n", " ").replace("\r", " ")
    marks: list[dict[str, Any]] = []
    for kind in kinds:
        if kind == "link":
            title = draw(st.one_of(st.none(), st.sampled_from(("t", 'a "b"', "\\", "&lt;", "x\ny"))))
            href = draw(st.one_of(hrefs, st.just(text)))
            marks.append({"type": "link", "attrs": {"href": href} | ({"title": title} if title else {})})
        else:
            marks.append({"type": kind})
    return {"type": "text", "text": text} | ({"marks": marks} if marks else {})


def _with(kind: str, content: list[Any], **attrs: Any) -> dict[str, Any]:
    return {"type": kind} | ({"attrs": attrs} if attrs else {}) | ({"content": content} if content else {})


hard_breaks = st.just({"type": "hardBreak"})
inline = st.lists(st.one_of(text_nodes(), text_nodes(), hard_breaks), max_size=4)
paragraphs = inline.map(lambda content: _with("paragraph", content))
headings = st.builds(lambda content, level: _with("heading", content, level=level), inline, st.integers(1, 6))
code_blocks = st.builds(
    lambda text, language: _with(
        "codeBlock", [{"type": "text", "text": text}] if text else [], **({"language": language} if language else {})
    ),
    code_texts,
    st.sampled_from((None, "python", "c++", "objective c")),
)
rules = st.just({"type": "rule"})


def _lists(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    items = st.lists(
        st.lists(inner, min_size=1, max_size=2).map(lambda content: _with("listItem", content)), min_size=1, max_size=2
    )
    return st.one_of(
        items.map(lambda content: _with("bulletList", content)),
        st.builds(lambda content, order: _with("orderedList", content, order=order), items, st.integers(0, 1200)),
    )


in_lists = st.recursive(st.one_of(paragraphs, code_blocks), _lists, max_leaves=3)
blockquotes = st.lists(in_lists, min_size=1, max_size=2).map(lambda content: _with("blockquote", content))
blocks = st.one_of(paragraphs, headings, code_blocks, rules, _lists(in_lists), blockquotes)
documents = st.lists(blocks, max_size=4).map(lambda content: {"type": "doc", "version": 1, "content": content})

# --- beyond the subset ----------------------------------------------------------------------------------------------


def text(value: str, *marks: str) -> dict[str, Any]:
    """A text node with marks that have no attributes."""
    return {"type": "text", "text": value} | ({"marks": [{"type": mark} for mark in marks]} if marks else {})


def paragraph(*content: Any) -> dict[str, Any]:
    """A paragraph of nodes and plain strings."""
    return _with("paragraph", [text(part) if isinstance(part, str) else part for part in content])


def mention(name: str) -> dict[str, Any]:
    """A mention of a person whose account id is made from the name."""
    return {"type": "mention", "attrs": {"id": f"id-{name}", "text": f"@{name}", "localId": f"local-{name}"}}


def panel(*content: Any, kind: str = "info") -> dict[str, Any]:
    """An info panel."""
    return {"type": "panel", "attrs": {"panelType": kind}, "content": list(content)}


def image(name: str) -> dict[str, Any]:
    """A picture in its own line, named by its alternative text."""
    media = {"type": "media", "attrs": {"type": "file", "id": f"{name}-id", "collection": "", "alt": f"{name}.png"}}
    return {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}


def special_blocks(number: int) -> list[dict[str, Any]]:
    """Blocks that Markdown cannot say, each with `number` in its text."""
    name = f"n{number}"
    cell = _with("tableCell", [paragraph(f"cell {name}")], background="#ffffff")
    comment = {"type": "annotation", "attrs": {"annotationType": "inlineComment", "id": name}}
    colour = {"type": "textColor", "attrs": {"color": "#ff0000"}}
    return [
        panel(paragraph(f"panel {name}")),
        image(name),
        _with("table", [_with("tableRow", [cell])]),
        _with("extension", [], extensionType="macro", extensionKey=name, localId=f"l-{name}"),
        paragraph(f"ask {name} ", mention(name), " today"),
        paragraph({**text(f"red {name}"), "marks": [colour]}, " words"),
        paragraph({**text(f"seen {name}"), "marks": [comment]}),
        _with("taskList", [_with("taskItem", [text(f"do {name}")], state="TODO", localId=name)], localId=name),
        _with("blockCard", [], url=f"https://example.com/{name}"),
        _with("bulletList", [_with("listItem", [paragraph(f"item {name}"), image(f"in-list-{name}")])]),
        _with("heading", [text(f"Heading {name}")], level=2),
        paragraph(f"plain {name} ", text("strong", "strong")),
    ]


mixed_blocks = st.lists(st.integers(0, 11), min_size=1, max_size=8).map(
    lambda kinds: [special_blocks(number)[kind] for number, kind in enumerate(kinds)]
)
