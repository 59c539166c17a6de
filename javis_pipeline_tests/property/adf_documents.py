"""Hypothesis strategies for ADF documents: the regenerable subset with nasty texts, and content beyond it."""

from typing import Any

from hypothesis import strategies as st

NASTY_TEXTS = (
    "# x", "## ", "#", "> y", ">", "- z", "-", "+ a", "1. a", "1.", "10) b", "***", "---", "===", "___", "* * *", "```", "~~~",
    "`", "``", "a`b", "*a*", "**", "_a_", "__init__", "snake_case", "a_", "_", "~", "~~a~~", "[x](y)", "[a]: b", "![i](u)",
    "!", "[", "]", "<b>", "<br>", "<!-- c -->", "<https://a.b>", "&amp;", "&", "&#32;", "\\", "\\*", "C:\\dir", "a\\", "|", "| a |",
    "|---|", ":::", "::: panel", "{@Ann}", "{status: DONE}", "{", "}", "{{x}}", "http://a.b/c_d_e?f=1&g=2", " ", "  ", "\xa0", "\t",
    "a b", " lead", "trail ", "ü", "日本", "😀", "\u200b", "\u2028", "e\u0301", "a.", "(b)", "\"q\"", "x", "1", "\n", "a\nb", "\r\n",
)  # fmt: skip

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


@st.composite
def text_nodes(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)
    kinds = draw(st.sets(st.sampled_from(("strong", "em", "strike", "code", "link")), max_size=3))
    if "code" in kinds:
        text = text.replace("\n", " ").replace("\r", " ")
    marks: list[dict[str, Any]] = []
    for kind in sorted(kinds):
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
inline = st.lists(st.one_of(text_nodes(), text_nodes(), hard_breaks), max_size=5)
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
        st.lists(inner, min_size=1, max_size=3).map(lambda content: _with("listItem", content)), min_size=1, max_size=3
    )
    return st.one_of(
        items.map(lambda content: _with("bulletList", content)),
        st.builds(lambda content, order: _with("orderedList", content, order=order), items, st.integers(0, 1200)),
    )


in_lists = st.recursive(st.one_of(paragraphs, code_blocks), _lists, max_leaves=6)
blockquotes = st.lists(in_lists, min_size=1, max_size=3).map(lambda content: _with("blockquote", content))
blocks = st.one_of(paragraphs, headings, code_blocks, rules, _lists(in_lists), blockquotes)
documents = st.lists(blocks, max_size=6).map(lambda content: {"type": "doc", "version": 1, "content": content})
