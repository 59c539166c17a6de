"""Edits at any depth of a description, against an oracle that changes the document itself and merges nothing.

`make laws` tries many more; JAVIS_LAWS_EDITS sets the number of documents.
"""

import copy
import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from javis_pipeline.sync.richtext.adf import canonical_document
from javis_pipeline.sync.richtext.adf_schema import new_faults
from javis_pipeline.sync.richtext.description import Edited, Merged, apply_local_edit, merge_descriptions
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline_tests.property.document_edits import Id, containers_of, id_of, one_side, words_of
from javis_pipeline_tests.property.nested_documents import Maker, Path, node_at, walk
from javis_pipeline_tests.property.sync_histories import how_many

# Of three documents two can be edited in the way that was drawn.
TIMES = how_many("JAVIS_LAWS_EDITS", usual=240, thorough=30_000)

_BLOCKS = {
    "doc",
    "listItem",
    "panel",
    "expand",
    "nestedExpand",
    "blockquote",
    "tableCell",
    "tableHeader",
    "layoutColumn",
}


def edit(doc: Any, random: Random, kinds: list[str]) -> Path | None:
    """Change one thing in the document; where, or None where there is no such thing."""
    kind = random.choice(kinds)
    wanted = {
        "word": {"text"},
        "tick": {"taskItem"},
        "title": {"expand", "nestedExpand"},
        "new": _BLOCKS,
        "item": {"bulletList"},
        "row": {"table"},
    }
    many = {"bulletList", "taskList", "table", "panel", "doc"}
    found = [
        (path, node)
        for path, node in walk(doc)
        if node["type"] in wanted.get(kind, many) and (kind in wanted or len(node["content"]) > 1)
    ]
    if not found:
        return None
    path, node = random.choice(found)
    match kind:
        case "word":
            node["text"] = node["text"].replace(" and ", random.choice([" or ", " and not "]), 1)
        case "tick":
            node["attrs"]["state"] = "DONE"
        case "title":
            node["attrs"]["title"] += " anew"
        case "new":
            new = {"type": "paragraph", "content": [{"type": "text", "text": "all of this is new"}]}
            node["content"].insert(random.randint(1, len(node["content"])), new)
        case "item":
            new = {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "new"}]}]}
            node["content"].insert(random.randint(0, len(node["content"])), new)
        case "row":
            cell = {
                "type": "tableCell",
                "content": [{"type": "paragraph", "content": [{"type": "text", "text": "new"}]}],
            }
            new = {"type": "tableRow", "content": [cell, copy.deepcopy(cell)]}
            node["content"].insert(random.randint(1, len(node["content"])), new)
        case "swap":
            at = random.randrange(len(node["content"]) - 1)
            node["content"][at : at + 2] = reversed(node["content"][at : at + 2])
        case "delete":
            del node["content"][random.randrange(len(node["content"]))]
        case _:
            node["content"].reverse()
    return path


_LEAVES = ["word", "tick", "title"]
_ALL = [*_LEAVES, "word", "new", "item", "row", "swap", "delete", "turn"]


def as_text(doc: Any) -> str:
    return json.dumps(doc, sort_keys=True)


@settings(deadline=None, max_examples=120)
@given(st.randoms(use_true_random=False))
def test_an_edit_at_any_depth_changes_just_that(random: Random) -> None:
    base = {"type": "doc", "version": 1, "content": Maker(random).blocks("doc", 3)}
    wanted = copy.deepcopy(base)
    if edit(wanted, random, _ALL) is None:
        return
    view = adf_to_markdown(wanted)

    edited = apply_local_edit(base, adf_to_markdown(base), view)

    assert isinstance(edited, Edited), edited
    assert as_text(edited.doc) == as_text(wanted)
    assert adf_to_markdown(edited.doc) == view
    assert new_faults(None, edited.doc) == []


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_edits_of_two_people_at_any_depth_are_both_there(random: Random) -> None:
    base = {"type": "doc", "version": 1, "content": Maker(random).blocks("doc", 3)}
    sides = [copy.deepcopy(base), copy.deepcopy(base)]
    small = random.randrange(2)  # the side whose edit is of one leaf, so that the oracle can repeat it on the other
    where = [edit(side, random, _LEAVES if at == small else _ALL) for at, side in enumerate(sides)]
    here, there = where[small], where[1 - small]
    if here is None or there is None or here[:-1] == there[:-1]:
        return  # nothing, or both in one line
    if here[: len(there)] == there or there[: len(here)] == here:
        return
    wanted, source = node_at(both := copy.deepcopy(sides[1 - small]), here), node_at(sides[small], here)
    wanted.update({key: source[key] for key in ("text", "attrs") if key in source})
    ours, theirs = sides

    merged = merge_descriptions(base, adf_to_markdown(ours), theirs)

    assert isinstance(merged, Merged), merged
    assert as_text(merged.doc) == as_text(both)
    assert merged.markdown == adf_to_markdown(both)


@pytest.mark.laws
def test_every_sort_of_edit_in_every_container_goes_out_as_it_was_meant_and_changes_nothing_else() -> None:
    met: set[tuple[str, str, int]] = set()
    for seed in range(TIMES):
        for base, deed, wanted in one_side(Random(seed)):
            before, view = as_text(base), adf_to_markdown(wanted)

            edited = apply_local_edit(base, adf_to_markdown(base), view)

            assert isinstance(edited, Edited), (seed, deed.kind, edited)
            assert canonical_document(edited.doc) == canonical_document(wanted), (seed, deed.kind)
            assert words_of(edited.doc) == words_of(wanted), (seed, deed.kind)
            assert adf_to_markdown(edited.doc) == view, (seed, deed.kind)
            assert new_faults(None, edited.doc) == [], (seed, deed.kind)
            assert as_text(base) == before, (seed, deed.kind)
            old, new, meant = map(nodes_by_id, (base, edited.doc, wanted))
            untouched = {name for name, node in old.items() if meant.get(name) == node}
            assert [name for name in untouched if new.get(name) != old[name]] == [], (seed, deed.kind)
            met |= {(deed.kind, kind, depth) for kind, depth in containers_of(base, deed.touched)}
    assert len(met) > min(TIMES, 400), "the edits have become too few of a sort"


def nodes_by_id(doc: Any) -> Mapping[Id, str]:
    return {id_of(node): as_text(node) for _, node in walk(doc) if id_of(node) is not None}
