"""Two people change the columns, rows and cells of one table; cells that look alike stay in their columns."""

from typing import Any

import pytest

from javis_pipeline.sync.richtext.description import Edited, Merged, apply_local_edit, merge_descriptions
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.richtext.storage.page import Merged as MergedPage
from javis_pipeline.sync.richtext.storage.page import merge_pages
from javis_pipeline_tests.property.adf_documents import paragraph

MERGED = [
    pytest.param("A B/yes yes", "N A B/yes yes yes", "A B/no yes", "N A B/yes no yes", id="new first, other cell"),
    pytest.param("A B/yes yes", "A N B/yes yes yes", "A B/yes no", "A N B/yes yes no", id="new between, last cell"),
    pytest.param("A B C/x x x", "B C/x x", "A B C/x x y", "B C/x y", id="first gone, last cell"),
    pytest.param("A B/x x", "N A B/x x x", "A B M/x x x", "N A B M/x x x x", id="a column at each end"),
    pytest.param("A B/x x", "N A B/x x x", "N A B/x x x", "N A B/x x x", id="both the same column"),
    pytest.param("A B/x y/u v", "A B/x y/n n/u v", "A B/x z/u v", "A B/x z/n n/u v", id="a row and a cell"),
]
CONFLICTS = [
    pytest.param("A B/x y", "A B/x y/n n", "A B C/x y z", id="a row here, a column there"),
    pytest.param("A B/x y", "A/x", "A B/x z", id="column gone here, its cell changed there"),
    pytest.param("A B/x x/y y", "B A/x x/y y", "A B/x z/y y", id="columns swapped here, a cell there"),
    pytest.param("A B/x x", "A N B/x x x", "A M B/x x x", id="two columns in one place"),
]


def described(table: str) -> dict[str, Any]:
    rows = [
        {"type": "tableRow", "content": [{"type": kind, "content": [paragraph(word)]} for word in line.split()]}
        for line, kind in zip(table.split("/"), ["tableHeader", *["tableCell"] * 9], strict=False)
    ]
    return {"type": "doc", "version": 1, "content": [{"type": "table", "content": rows}]}


def stored(table: str) -> str:
    rows = ["".join(f"<td><p>{word}</p></td>" for word in line.split()) for line in table.split("/")]
    return "<table><tbody>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</tbody></table>"


@pytest.mark.parametrize(("base", "here", "there", "both"), MERGED)
def test_given_columns_and_cells_changed_apart_when_merged_then_each_cell_is_in_its_column(
    base: str, here: str, there: str, both: str
) -> None:
    merged = merge_descriptions(described(base), adf_to_markdown(described(here)), described(there))

    assert isinstance(merged, Merged)
    assert merged.doc == described(both)
    assert merge_pages(*map(stored, (base, here, there))) == MergedPage(stored(both))


@pytest.mark.parametrize(("base", "here", "there"), CONFLICTS)
def test_given_columns_that_nobody_can_tell_when_merged_then_it_is_a_conflict(base: str, here: str, there: str) -> None:
    one = merge_descriptions(described(base), adf_to_markdown(described(here)), described(there))
    other = merge_descriptions(described(base), adf_to_markdown(described(there)), described(here))

    assert not isinstance(one, Merged)
    assert not isinstance(other, Merged)
    assert not isinstance(merge_pages(*map(stored, (base, here, there))), MergedPage)


COLOUR = {"type": "textColor", "attrs": {"color": "#ff0000"}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("- one red word\n- two", "- two\n- one red bird", id="item"),
        pytest.param("one red word\n\n> two\n\nthree", "> two\n\nthree\n\none red bird", id="paragraph"),
    ],
)
def test_given_a_block_moved_and_edited_at_once_then_its_colour_goes_along(old: str, new: str) -> None:
    made = apply_local_edit(None, None, old)
    assert isinstance(made, Edited)
    assert made.doc is not None
    base = coloured(made.doc, "one red word")

    edit = apply_local_edit(base, old, new)

    assert isinstance(edit, Edited)
    wanted = apply_local_edit(None, None, new)
    assert isinstance(wanted, Edited)
    assert edit.doc == coloured(wanted.doc, "one red bird")


def coloured(node: Any, words: str) -> Any:
    """The document with the colour on these words."""
    if isinstance(node, list):
        return [coloured(child, words) for child in node]
    if node.get("text") == words:
        return {**node, "marks": [COLOUR]}
    return {**node, "content": coloured(node["content"], words)} if "content" in node else node
