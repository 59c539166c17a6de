"""Documents of any shape: the view and the text never fail, comparing fails with our own error only."""

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext.adf import canonical_document, special_content
from javis_pipeline.sync.richtext.description import merge_descriptions
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown, adf_to_text

KINDS = [
    "doc",
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "codeBlock",
    "blockquote",
    "rule",
    "text",
]
KINDS += [
    "hardBreak",
    "mention",
    "media",
    "mediaSingle",
    "table",
    "tableRow",
    "tableCell",
    "taskList",
    "date",
    "??",
    "",
]

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(KINDS))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["type", "content", "attrs", "marks", "text", "level", "order", "language", "timestamp", "href"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(values)
def test_no_shape_of_a_document_raises_anything_but_our_error(content: Any) -> None:
    doc = {"type": "doc", "content": content}

    adf_to_markdown(doc)
    adf_to_text(doc)
    special_content([doc])
    with contextlib.suppress(UnreadableText):
        canonical_document(doc)
    merge_descriptions(doc, "new text", doc)
