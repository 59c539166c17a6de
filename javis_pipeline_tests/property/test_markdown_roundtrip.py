"""Laws of the Markdown view: what can be written can be read back, and the view splits into its blocks."""

from typing import Any

from hypothesis import given, settings

from javis_pipeline.sync.richtext.adf import canonical_blocks, document_of
from javis_pipeline.sync.richtext.markdown_reader import markdown_to_adf, split_markdown
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, view_blocks
from javis_pipeline_tests.property.adf_documents import documents


@settings(max_examples=300, deadline=None)
@given(documents)
def test_the_regenerable_subset_survives_markdown_exactly(doc: dict[str, Any]) -> None:
    view = adf_to_markdown(doc)

    again = markdown_to_adf(view or "")

    expected = canonical_blocks(doc) if view is not None else []
    assert canonical_blocks(document_of(again)) == expected


@settings(max_examples=300, deadline=None)
@given(documents)
def test_a_view_splits_into_the_blocks_it_was_made_of(doc: dict[str, Any]) -> None:
    blocks, _ = view_blocks(doc)

    assert split_markdown("\n\n".join(blocks)) == blocks
