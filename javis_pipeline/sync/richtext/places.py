"""Where the parts of a text changed, and which new part is which old one."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.said import Said, words_of
from javis_pipeline.sync.richtext.versions import crossed, pairs


class Place(NamedTuple):
    """Where the children of a node changed: those from `start` to `end` became `new`.

    Attributes:
        version_of: Which of the new ones is which of the node's old ones, changed; it may have stood in another place.
        gone: The old ones that have no new version.
        moved: What left its place unchanged and stands in another.
    """

    start: int
    end: int
    new: Sequence[Said]
    version_of: Mapping[int, int]
    gone: Sequence[int]
    moved: frozenset[Said]


def places(before: Sequence[Said], after: Sequence[Said], once: Collection[Said]) -> list[Place]:
    """Where the parts of a node, or of a text, are others than before, in their order.

    Args:
        before: The parts as they were.
        after: The parts as they are.
        once: What stands once in the whole text, before and after, and so is no version of anything else.
    """
    if len(before) == len(after) == 1 and is_version(before[0], after[0], once):
        return [] if before == after else [Place(0, 1, after, {0: 0}, (), frozenset())]
    edits = diff3.edits(before, after)
    olds = [range(edit.start, edit.end) for edit in edits]
    gone = {before[at] for old in olds for at in old}
    moved = frozenset(said for edit in edits for said in edit.new if said in once or (said in gone and words_of(said)))
    moved |= {said for said in gone if said in once}
    versions = _versions(before, edits, moved)
    stay = {at for version_of in versions for at in version_of.values()}
    return [
        Place(edit.start, edit.end, edit.new, version_of, [at for at in old if at not in stay], moved)
        for edit, old, version_of in zip(edits, olds, versions, strict=True)
    ]


def is_version(before: Said, after: Said, once: Collection[Said]) -> bool:
    """Whether the only part can be what the only one before was."""
    if before == after:
        return True
    return _family(before) == _family(after) and before not in once and after not in once


def _versions(
    before: Sequence[Said], edits: Sequence[diff3.Edit[Said]], moved: frozenset[Said]
) -> Sequence[Mapping[int, int]]:
    """For each edit, which of its new parts is which old one: as they stand there, then across the edits."""
    versions: list[dict[int, int]] = []
    left: list[int] = []
    fresh: list[tuple[int, int]] = []  # (edit, its part)
    for number, edit in enumerate(edits):
        old = [at for at in range(edit.start, edit.end) if before[at] not in moved]
        new = [at for at, said in enumerate(edit.new) if said not in moved]
        found = pairs([before[at] for at in old], [edit.new[at] for at in new], _family, words_of)
        versions.append({new[j]: old[i] for i, j in found})
        stay = set(versions[-1].values())
        left += [at for at in old if at not in stay]
        fresh += [(number, at) for at in new if at not in versions[-1]]
    news = [edits[number].new[at] for number, at in fresh]
    for i, j in crossed([before[at] for at in left], news, _family, words_of):
        number, at = fresh[j]
        versions[number][at] = left[i]
    return versions


_FAMILIES = {
    "heading": "paragraph",
    "orderedList": "bulletList",
    "tableCell": "cell",
    "tableHeader": "cell",
}


def _family(said: Said) -> str:
    """Which kinds can be versions of each other."""
    return _FAMILIES.get(said.kind, said.kind)
