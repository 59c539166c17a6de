"""Merging a page's body, and the check that nothing in it is lost on the way."""

import re
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import Literal

from javis_pipeline.errors import UnreadableText
from javis_pipeline.sync.richtext import diff3
from javis_pipeline.sync.richtext.blocks import Special
from javis_pipeline.sync.richtext.storage.blocks_inside import StorageGrammar
from javis_pipeline.sync.richtext.storage.canonical import canonical_element, storage_blocks
from javis_pipeline.sync.richtext.storage.xhtml import Element, join_slices, parse_storage, walk
from javis_pipeline.sync.richtext.trees import merge_trees


@dataclass(frozen=True)
class Merged:
    """A body that holds both sides' edits; blocks that the local side left alone are the remote's, byte for byte."""

    body: str


@dataclass(frozen=True)
class Conflict:
    """The edits do not go together."""

    kind: Literal["lossy_edit", "overlap", "unreadable"]
    reason: str


def check_storage(body: str) -> None:
    """Nothing, if Confluence would take the body.

    Raises:
        UnreadableText: Too large or no storage XHTML; says line and column.
    """
    parse_storage(body)


def paragraphs_of(text: str) -> str:
    """Plain text as storage XHTML: empty lines make paragraphs."""
    parts = filter(None, (part.strip() for part in re.split(r"\n\s*\n", text)))
    return "".join("<p>{}</p>".format(escape(part, quote=False).replace("\n", "<br/>")) for part in parts)


def merge_pages(base: str | None, local: str | None, remote: str | None) -> Merged | Conflict:
    """The remote body with the local edits of the base in it, if the two sides changed different blocks."""
    try:
        merged = merge_trees(StorageGrammar(), storage_blocks(base), storage_blocks(local), storage_blocks(remote))
        if isinstance(merged, diff3.Overlap):
            many = len(merged.regions)
            places = "the same block" if many == 1 else f"the same {many} places"
            return Conflict("overlap", f"both sides changed {places} of the page")
        body = join_slices([block.source for block in merged.items], parse_storage(remote or "").tail)
        return _checked(body, base, local, remote)
    except UnreadableText as error:
        return Conflict("unreadable", str(error))


def _checked(body: str, base: str | None, local: str | None, remote: str | None) -> Merged | Conflict:
    try:
        check_storage(body)
    except UnreadableText:  # one side moved a column that the other filled
        return Conflict("overlap", "both sides changed the columns of the page")
    removed = special_content(base) - special_content(local)
    if lost := lost_content(remote, body, removed):
        return Conflict("lossy_edit", "the merged page would lose " + ", ".join(item.shown for item in lost))
    return Merged(body)


# --- what must not get lost -----------------------------------------------------------------------------------------


def lost_content(before: str | None, after: str | None, removed_by_person: Counter[Special]) -> list[Special]:
    """What was in `before`, is not in `after` and was not removed by the person: send only if there is none."""
    return sorted((special_content(before) - special_content(after) - removed_by_person).elements())


def special_content(body: str | None) -> Counter[Special]:
    """Macros, links to pages, attachments, mentions, tasks and anchors of inline comments in a body.

    An anchor counts once, however it is split: its text may be formatted in parts.
    """
    found: Counter[Special] = Counter()
    anchors: set[Special] = set()
    for node in walk(parse_storage(body or "").root):
        if isinstance(node, Element) and (special := _special(node)) is not None:
            if special.kind == "inline-comment-marker":
                anchors.add(special)
            else:
                found[special] += 1
    found.update(anchors)
    return found


def _special(element: Element) -> Special | None:
    prefix, _, kind = element.name.partition(":")
    match prefix, kind:
        case "ac", "structured-macro" | "macro":
            name = element.attrs.get("ac:name", "")
            return Special("macro", f"the macro {name}", name + _parameters(element))
        case "ac", "inline-comment-marker":
            return Special(kind, "an inline comment", element.attrs.get("ac:ref", ""))
        case "ac", "task":
            number = element.find("ac:task-id")
            return Special(kind, "a task", number.text() if number is not None else "")
        case "ac", "emoticon" | "placeholder" | "adf-extension":
            return Special(kind, kind, _identity(element))
        case "ri", _:
            return Special(kind, f"the {kind} {_name_of(element)}", _identity(element))
        case _:
            return None


def _parameters(element: Element) -> str:
    """The parameters of a macro; its body may be edited without it being another macro."""
    return "".join(
        canonical_element(child)
        for child in element.children
        if isinstance(child, Element) and child.name in ("ac:parameter", "ac:default-parameter")
    )


def _identity(element: Element) -> str:
    return canonical_element(Element(element.name, element.attrs, 0))


def _name_of(element: Element) -> str:
    for name in ("ri:filename", "ri:content-title", "ri:account-id", "ri:userkey", "ri:username", "ri:value", "ri:key"):
        if name in element.attrs:
            return element.attrs[name]
    return ""
