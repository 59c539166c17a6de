"""Descriptions of the sandbox's issues as its page shows them."""

from typing import Any

import pytest

from javis_pipeline.sandbox.page.adf_view import adf_html

Node = dict[str, Any]


def node(kind: str, *content: Node, **attrs: Any) -> Node:
    """A node with these children and attributes."""
    return {"type": kind, "attrs": attrs, "content": list(content)}


def text(words: str, *marks: Node) -> Node:
    """Words with marks."""
    return {"type": "text", "text": words, "marks": list(marks)}


@pytest.mark.parametrize(
    ("shown", "html"),
    [
        pytest.param(
            node("tableRow", node("tableHeader", text("a"), colspan=2), node("tableCell", text("b"), rowspan=3)),
            '<tr><th colspan="2">a</th><td rowspan="3">b</td></tr>',
            id="cells that span several",
        ),
        pytest.param(node("tableCell", text("<b>")), "<td>&lt;b&gt;</td>", id="a cell of one"),
        pytest.param(
            node("orderedList", node("listItem", text("a")), order=4),
            '<ol start="4"><li>a</li></ol>',
            id="numbers that begin elsewhere",
        ),
        pytest.param(node("date", timestamp="1767225600000"), "<time>2026-01-01</time>", id="a day"),
        pytest.param(node("date", timestamp="9" * 40), f"<time>{'9' * 40}</time>", id="no day"),
        pytest.param(
            node("taskList", node("taskItem", text("a"), state="DONE"), node("taskItem", text("b"), state="TODO")),
            '<ul class="tasks"><li>☑ a</li><li>☐ b</li></ul>',
            id="tasks",
        ),
        pytest.param(
            text("red", {"type": "textColor", "attrs": {"color": "#ff5630"}}),
            '<font color="#ff5630">red</font>',
            id="a colour",
        ),
    ],
)
def test_a_description_is_shown_as_it_is(shown: Node, html: str) -> None:
    assert adf_html({"type": "doc", "content": [shown]}) == html
