"""Two people edit one document at the same time, in whatever way: both edits are there, or it is a conflict.

`make laws` tries many more; JAVIS_LAWS_TWO_SIDES sets the number.
"""

import json
import re
from collections import Counter
from random import Random
from typing import Any

import pytest

from javis_pipeline.sync.richtext.adf_schema import new_faults
from javis_pipeline.sync.richtext.description import Edited, Merged, apply_local_edit, merge_descriptions
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.sync.richtext.storage.page import Merged as MergedPage
from javis_pipeline.sync.richtext.storage.page import merge_pages
from javis_pipeline.sync.richtext.storage.xhtml import Text, parse_storage
from javis_pipeline.sync.richtext.storage.xhtml import walk as walk_page
from javis_pipeline_tests.property.document_edits import TwoSides, as_page, two_sides, uneven_tables, words_of
from javis_pipeline_tests.property.nested_documents import walk
from javis_pipeline_tests.property.sync_histories import how_many

TIMES = how_many("JAVIS_LAWS_TWO_SIDES", usual=120, thorough=6_000)
BATCHES = 4

pytestmark = pytest.mark.laws


def cases(batch: int) -> list[tuple[int, TwoSides]]:
    seeds = range(batch * TIMES // BATCHES, (batch + 1) * TIMES // BATCHES)
    return [(seed, sides) for seed in seeds for sides in two_sides(Random(seed), most=3)]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_edits_of_two_people_of_any_sort_are_both_in_the_description_or_it_is_a_conflict(batch: int) -> None:
    for seed, sides in cases(batch):
        view = adf_to_markdown(sides.here)
        ours = apply_local_edit(sides.base, adf_to_markdown(sides.base), view)
        if not isinstance(ours, Edited) or ours.doc is None:
            continue  # the edit of one side is a question by itself

        merged = merge_descriptions(sides.base, view, sides.there)

        if sides.both is not None:
            assert isinstance(merged, Merged), (seed, sides.kinds, merged)
        if isinstance(merged, Merged):
            result = merged.doc or {"type": "doc", "content": []}  # each deleted what the other left
            docs = (sides.base, ours.doc, sides.there, result)
            assert amiss(list(map(words_of, docs))) == [], (seed, sides.kinds)
            assert sides.both is None or words_of(result) == words_of(sides.both), (seed, sides.kinds)
            assert new_faults(None, result) == [], (seed, sides.kinds)
            even = not uneven_tables(ours.doc) + uneven_tables(sides.there)
            assert not (even and uneven_tables(result)), (seed, sides.kinds)
            assert untouched(*docs) == [], (seed, sides.kinds)
            assert merged.markdown == adf_to_markdown(sides.both or result), (seed, sides.kinds)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_edits_of_two_people_of_any_sort_are_both_in_the_page_or_it_is_a_conflict(batch: int) -> None:
    for seed, sides in cases(batch):
        pages = [as_page(doc) for doc in (sides.base, sides.here, sides.there)]

        merged = merge_pages(*pages)

        if sides.both is not None:
            assert isinstance(merged, MergedPage), (seed, sides.kinds)
            assert without_ids(merged.body) == without_ids(as_page(sides.both)), (seed, sides.kinds)
        if isinstance(merged, MergedPage):
            texts = [shown(page) for page in (*pages, merged.body)]
            assert amiss(texts) == [], (seed, sides.kinds)
            base, here, there, result = [states(page) for page in (*pages, merged.body)]
            meant = {task: there.get(task) if here.get(task) == base[task] else here.get(task) for task in base}
            assert [task for task in result if meant.get(task) not in (None, result[task])] == [], (seed, sides.kinds)


def amiss(texts: list[Counter[str]]) -> list[str]:
    """Words of base, both sides and merged that were lost, came back, or stand there oftener than anybody said."""
    base, here, there, merged = texts
    once = [word for word in base | here | there | merged if max(base[word], here[word], there[word]) == 1]
    wanted = {word: there[word] if here[word] == base[word] else here[word] for word in once}
    return [word for word in once if merged[word] != wanted[word]]


def untouched(base: Any, here: Any, there: Any, merged: Any) -> list[str]:
    """Nodes that are not what the one side made of them that changed them, or both alike.

    A node that gave its id to another is none: ids are Jira's to give, and the words are looked at by themselves.
    """
    sides = [
        {
            node["attrs"]["localId"]: json.dumps({**node, "content": []}, sort_keys=True)
            for _, node in walk(doc)
            if "localId" in node.get("attrs", {})
        }
        for doc in (base, here, there, merged)
    ]
    before, ours, theirs, result = sides
    wrong = []
    for name in before:
        versions = before[name], ours.get(name), theirs.get(name)
        wanted = versions[2] if versions[1] == versions[0] else versions[1]
        if len(set(versions)) < 3 and wanted and name in result and result[name] != wanted:
            wrong.append(name)
    return wrong


def shown(page: str) -> Counter[str]:
    """The words of a page that tell it from others: they begin with a letter and end with a digit."""
    texts = [node.value for node in walk_page(parse_storage(page).root) if isinstance(node, Text)]
    return Counter(word for text in texts for word in text.split() if word[0].isalpha() and word[-1].isdigit())


def states(page: str) -> dict[str, str]:
    """The state of each task of a page, by its number."""
    return dict(re.findall(r"<ac:task-id>(\d+)</ac:task-id><ac:task-status>(\w+)</ac:task-status>", page))


def without_ids(page: str) -> str:
    """The page without what Confluence hands out anew whenever it likes."""
    return re.sub(r' (local-id|ac:macro-id)="[^"]*"', "", page)
