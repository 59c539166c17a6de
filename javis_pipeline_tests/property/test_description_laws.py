"""Laws of editing and merging descriptions: what nobody touched stays, what cannot be written is never guessed."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from javis_pipeline.sync.richtext.adf import canonical_document, lost_content
from javis_pipeline.sync.richtext.description import (
    Conflict,
    Edited,
    Lossy,
    Merged,
    apply_local_edit,
    merge_descriptions,
)
from javis_pipeline.sync.richtext.markdown_reader import split_markdown
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline_tests.property.adf_documents import mixed_blocks, paragraph


def a_document(blocks: list[Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": blocks}


def as_bytes(blocks: list[Any]) -> list[str]:
    return [json.dumps(block) for block in blocks]


@settings(deadline=None)
@given(mixed_blocks, st.data())
def test_a_new_paragraph_leaves_every_other_block_byte_for_byte(blocks: list[Any], data: st.DataObject) -> None:
    doc = a_document(blocks)
    view = adf_to_markdown(doc)
    texts = [piece.text for piece in split_markdown(view or "")]
    at = data.draw(st.integers(0, len(texts)))

    edited = apply_local_edit(doc, view, "\n\n".join([*texts[:at], "A **new** one", *texts[at:]]))

    assert isinstance(edited, Edited)
    assert edited.doc is not None
    content = edited.doc["content"]
    assert as_bytes(content[:at] + content[at + 1 :]) == as_bytes(blocks)
    assert not edited.removed


@settings(deadline=None)
@given(mixed_blocks, st.data())
def test_keeping_and_moving_blocks_keeps_their_nodes(blocks: list[Any], data: st.DataObject) -> None:
    doc = a_document(blocks)
    view = adf_to_markdown(doc)
    texts = [piece.text for piece in split_markdown(view or "")]
    order = data.draw(st.permutations(range(len(blocks))))
    kept = order[: data.draw(st.integers(1, len(order)))]

    edited = apply_local_edit(doc, view, "\n\n".join(texts[at] for at in kept))

    assert isinstance(edited, Edited)
    assert edited.doc is not None
    assert as_bytes(edited.doc["content"]) == as_bytes([blocks[at] for at in kept])
    assert lost_content(doc, edited.doc, edited.removed) == []


@settings(deadline=None, max_examples=200)
@given(mixed_blocks, st.data())
def test_any_change_of_the_view_is_lossy_or_loses_nothing_that_is_still_shown(
    blocks: list[Any], data: st.DataObject
) -> None:
    doc = a_document(blocks)
    view = adf_to_markdown(doc) or ""
    at = data.draw(st.integers(0, len(view) - 1))
    length = data.draw(st.integers(0, 3))
    changed = view[:at] + data.draw(st.text("ab {}:#*\n", max_size=3)) + view[at + length :]

    edited = apply_local_edit(doc, view, changed)

    if isinstance(edited, Lossy):
        assert edited.reasons
    else:
        assert lost_content(doc, edited.doc, edited.removed) == []
        again = apply_local_edit(edited.doc, adf_to_markdown(edited.doc), adf_to_markdown(edited.doc))
        assert isinstance(again, Edited)
        assert again.doc == edited.doc
        assert all(
            item.kind in ("mention", "annotation", "textColor") or item.shown not in changed for item in edited.removed
        )


@settings(deadline=None)
@given(mixed_blocks, st.data())
def test_edits_of_different_blocks_merge_to_both(blocks: list[Any], data: st.DataObject) -> None:
    base = [paragraph("first"), *blocks, paragraph("last")]
    view = adf_to_markdown(a_document(base)) or ""
    remote = [*base[:-1], paragraph("last, by remote")]
    local = view.replace("first", "first, *by local*", 1)

    merged = merge_descriptions(a_document(base), local, a_document(remote))

    assert isinstance(merged, Merged)
    assert merged.doc is not None
    assert as_bytes(merged.doc["content"][1:]) == as_bytes(remote[1:])
    assert merged.markdown is not None
    assert split_markdown(merged.markdown)[0][:2] == (1, "first, _by local_")


@settings(deadline=None)
@given(mixed_blocks, mixed_blocks)
def test_merging_with_an_untouched_side_gives_the_other(base: list[Any], remote: list[Any]) -> None:
    merged = merge_descriptions(a_document(base), adf_to_markdown(a_document(base)), a_document(remote))

    assert isinstance(merged, Merged)
    assert canonical_document(merged.doc) == canonical_document(a_document(remote))


@settings(deadline=None)
@given(mixed_blocks, st.sampled_from(["local", "# x", "> y"]), st.sampled_from(["remote", "- z"]))
def test_different_edits_of_one_block_conflict(blocks: list[Any], local: str, remote: str) -> None:
    base = [*blocks, paragraph("last")]
    view = adf_to_markdown(a_document(base)) or ""
    by_remote = a_document([*blocks, paragraph(remote)])

    merged = merge_descriptions(a_document(base), view.removesuffix("last") + local, by_remote)

    assert merged == Conflict("overlap", "both sides changed the same place of the text")
