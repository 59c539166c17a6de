"""Conflicts in a post: both values, and the buttons that choose between them."""

import difflib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from javis_pipeline.posts.blocks import Block, Message, Sites, button, buttons, footnote, section
from javis_pipeline.posts.text import counted, escaped, escaped_lines, length
from javis_pipeline.records.digest import OpenConflict
from javis_pipeline.records.excerpts import around_differences
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import Value, dump_json

KEEP_LOCAL, KEEP_REMOTE, SHOW_DIFF = "javis_keep_local", "javis_keep_remote", "javis_show_diff"

_CONFLICT_WORDS: Final[Mapping[str, str]] = {
    "both_changed": "was changed on both sides",
    "first_contact": "differs at the first sync",
    "unmarked_local_change": "was changed here behind the sync's back",
    "stale_write_suspected": "went back to an old value here",
    "lossy_edit": "was edited here in a way that would lose formatting",
    "overwrote_remote": "was overwritten just after it was changed",
    "undo_of_changed": "changed after the run that is to be undone",
    "edited_twice": "edited here in two rows, before they were known to be one record",
    "edit_vs_remote_delete": "was edited here and deleted there",
    "remote_edit_vs_local_delete": "was deleted here and edited there",
    "creation_unknown": "was to be made, and nobody knows whether it was",
    "made_twice": "was made twice",
}
_WHOLE_RECORD: Final = "(row)"
# Of a post, with their values.
CONFLICTS_SHOWN: Final = 12
_LOSSES: Final = 5


def conflicts_message(conflicts: Sequence[OpenConflict], sites: Sites) -> Message:
    """The conflicts with their values and buttons, as far as they fit; the others are counted."""
    blocks = [section(f"*{counted(len(conflicts), 'conflict')} to decide*")]
    for conflict in conflicts[:CONFLICTS_SHOWN]:
        blocks += _conflict(conflict, sites)
    if len(conflicts) > CONFLICTS_SHOWN:
        blocks.append(footnote(f"and {len(conflicts) - CONFLICTS_SHOWN} more: `javis conflicts list`"))
    return Message("Conflicts to decide", tuple(blocks))


def conflicts_line(conflicts: Sequence[OpenConflict], sites: Sites) -> str:
    """How many there are, and the first of them."""
    more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
    waits = "waits" if len(conflicts) == 1 else "wait"
    return f"*{counted(len(conflicts), 'conflict')}* {waits} for a choice: {conflict_name(conflicts[0], sites)}{more}"


def conflict_name(conflict: OpenConflict, sites: Sites) -> str:
    """The issue or page, and the field, in words."""
    record = sites.record(conflict.system, conflict.resource_id, conflict.name)
    return record if conflict.field == _WHOLE_RECORD else f"{record} {escaped(conflict.field.replace('_', ' '), 40)}"


def _first(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - _LOSSES} more" if len(lines) > _LOSSES else ""
    return escaped("; ".join(lines[:_LOSSES]), 300) + more


def _conflict(conflict: OpenConflict, sites: Sites) -> list[Block]:
    there = SYSTEMS[conflict.system].title
    lines = [f"{conflict_name(conflict, sites)} {_CONFLICT_WORDS.get(conflict.kind, 'is in conflict')}"]
    if conflict.field != _WHOLE_RECORD:
        lines += [f"Ours: {escaped(shown_value(conflict.local), 120)}"]
        lines += [f"{there}'s: {escaped(shown_value(conflict.remote), 120)}"]
    if conflict.loses:
        lines += [f"Ours loses: {_first(conflict.loses)}"]
    if conflict.doubts:
        lines += [f"Why it waits: {_first(conflict.doubts)}"]
    value = f"{conflict.conflict_id} {conflict.fingerprint}"
    sent = f"The next sync sends ours to {there}."
    taken = f"Ours is replaced by what {there} holds."
    return [
        section("\n".join(lines)),
        buttons(
            f"conflict {conflict.conflict_id}",
            button("Keep ours", KEEP_LOCAL, value, confirm=("Keep ours?", sent)),
            button(f"Keep {there}'s", KEEP_REMOTE, value, confirm=(f"Keep {there}'s?", taken)),
            button("Show both", SHOW_DIFF, value),
        ),
    ]


def shown_value(value: Value) -> str:
    """A value in words; "nothing" for none."""
    match value:
        case None | "" | ():
            return "nothing"
        case str() | Decimal() | int():
            return str(value)
        case tuple():
            return ", ".join(value)
        case _:
            return dump_json(value)


# More than this is not compared: a post shows less, and comparing takes the square of the number of lines.
_COMPARED = 20_000
_COMPARED_LINES = 400


def diff_message(conflict: OpenConflict, sites: Sites) -> Message:
    """Both values of a conflict against each other, line by line."""
    there = SYSTEMS[conflict.system].title
    sides = [shown_value(side) for side in (conflict.local, conflict.remote)]
    ours, theirs = (side.splitlines() for side in around_differences(sides, most=_COMPARED, most_lines=_COMPARED_LINES))
    _, _, *lines = [*difflib.unified_diff(theirs, ours, lineterm="", n=2)] or ["", ""]
    text = "\n".join("…" if line.startswith("@@") else line for line in lines[1:]) or "Both sides hold the same by now."
    blocks = [section(f"*{conflict_name(conflict, sites)}*: lines with + are ours, with - {there}'s")]
    blocks.append(section(f"```\n{escaped_lines(text, 2_600)}\n```"))
    if length(text) > 2_500:
        blocks.append(footnote(f"All of it: `javis conflicts show {conflict.conflict_id}`"))
    return Message(f"Both values of {escaped(conflict.name)}", tuple(blocks))
