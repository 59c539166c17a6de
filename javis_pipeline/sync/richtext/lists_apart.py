"""Lists that stand side by side, which Markdown reads as one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from javis_pipeline.sync.richtext.markdown_reader import MIXED_LIST
from javis_pipeline.sync.richtext.said import Said

LISTS = ("bulletList", "orderedList", "taskList")
MAY_BE_LISTS = (*LISTS, "wrong")


def lists_apart(before: Sequence[Said], after: Sequence[Said]) -> list[Said]:
    """What the new text says. Lists side by side read as one: those that are as they were stay apart."""
    lists: dict[Said, list[Said]] = defaultdict(list)
    for said in sorted(set(before), key=lambda one: len(one.content)):
        if said.kind in LISTS and said.content:
            lists[said.content[0]].append(said)
    return [part for said in after for part in _as_lists(said, lists)]


def _as_lists(said: Said, lists: Mapping[Said, Sequence[Said]]) -> list[Said]:
    """The known lists, by their first items, that a list is made of, or itself."""
    if said.kind == "wrong" and said.text == MIXED_LIST:
        runs = [part for run in said.content for part in _as_lists(run, lists)]
        return runs if all(run in lists.get(run.content[0], ()) for run in runs) else [said]
    parts: list[Said] = []
    at = 0 if said.kind in LISTS and said not in lists.get(said.content[0], ()) else len(said.content)
    while at < len(said.content):
        for known in lists.get(said.content[at], ()):
            if known.kind == said.kind and said.content[at : at + len(known.content)] == known.content:
                parts.append(known)
                at += len(known.content)
                break
        else:
            return [said]
    return parts if len(parts) > 1 else [said]
