"""Suggestions in a post: each step whole, so that nobody accepts what they have not read."""

import re
from collections.abc import Sequence
from typing import Final

from javis_pipeline.posts.blocks import Block, Message, button, buttons, footnote, section, text_in_all
from javis_pipeline.posts.naming import Naming
from javis_pipeline.posts.text import escaped
from javis_pipeline.records.digest import Digest, Proposal
from javis_pipeline.records.suggestion import Action

ACCEPT, REJECT = "javis_accept", "javis_reject"

# Together with the buttons' questions well within what a message may hold.
_MOST: Final = 11_000
_NAMES_WITHIN: Final = re.compile(r" \(Slack \w+\)$")


def proposals_message(digest: Digest, naming: Naming) -> Message:
    """All suggestions with their steps and buttons, as far as they fit; the others are counted."""
    blocks: list[Block] = [section(f"*What to do next* ({engine_label(digest)})")]
    notes = escaped(" ".join(digest.notes), 250)
    if notes:
        blocks.append(footnote(notes))
    shown = 0
    for rank, proposal in enumerate(digest.proposals, start=1):
        made = _proposal(rank, proposal, naming)
        if text_in_all([*blocks, *made]) > _MOST or len(blocks) + len(made) > 48:
            break
        blocks += made
        shown = rank
    if shown < len(digest.proposals):
        blocks.append(footnote(f"and {len(digest.proposals) - shown} more: `javis suggest`"))
    return Message("What to do next", tuple(blocks))


def proposal_line(rank: int, proposal: Proposal, naming: Naming) -> str:
    """A suggestion on one line; who has the issue is called, where that may be: it is theirs to do."""
    key = proposal.actions[0].issue_key if proposal.actions else next(iter(proposal.issue_keys), "")
    who = naming.mention(key) if proposal.state == "proposed" else naming.owner(key)
    state = "" if proposal.state == "proposed" else f" (_{proposal.state}_)"
    return f"{rank}. {naming.text(proposal.title, 220)}{f' ({who})' if who else ''}{state}"


def without_id(decided_by: str) -> str:
    """The name of who decided; the id behind it is for the books."""
    return _NAMES_WITHIN.sub("", decided_by)


def engine_label(digest: Digest) -> str:
    """Who suggests."""
    if digest.engine == "claude":
        return f"by Claude, {escaped(digest.model or 'model not known', 80)}"
    return "by the rules, without a language model"


def _proposal(rank: int, proposal: Proposal, naming: Naming) -> list[Block]:
    head = f"*{rank}. {naming.text(proposal.title, 240)}*\n{escaped(proposal.rationale, 1_000)}".rstrip()
    blocks = [section(head), *(section(f"→ {step}") for step in _steps(proposal.actions, naming))]
    if proposal.state != "proposed":
        name = without_id(proposal.decided_by or "")
        by = f" by {escaped(name, 80)}" if name else ""
        return [*blocks, footnote(f"*{proposal.state.capitalize()}*{by}")]
    value = str(proposal.suggestion_id)
    question = ("Accept this suggestion?", "All of its steps, as they stand above.")
    accept = button("Accept", ACCEPT, value, style="primary", confirm=question)
    return [*blocks, buttons(f"suggestion {value}", accept, button("Reject", REJECT, value))]


def _steps(actions: Sequence[Action], naming: Naming) -> list[str]:
    """Each step in words; the same comment on several issues comes once."""
    drafts: dict[str, list[str]] = {}
    steps = []
    for action in actions:
        if action.kind == "comment_draft":
            drafts.setdefault(action.value, []).append(action.issue_key)
        else:
            steps.append(_step(action, naming))
    for text, keys in drafts.items():
        on = ", ".join(naming.sites.issue(key) for key in keys)
        steps.append(f"comment on {on}: “{escaped(text, 2_500)}”")
    return steps


def _step(action: Action, naming: Naming) -> str:
    key, value = naming.sites.issue(action.issue_key), escaped(action.value, 2_500)
    match action.kind:
        case "set_priority":
            return f"set the priority of {key} to {value}"
        case "add_label":
            return f"add the label {value} to {key}"
        case "set_due_date":
            return f"set the due date of {key} to {value}"
        case "assign":
            return f"assign {key} to {naming.person(action.value)}"
        case "link_blocker":
            return f"in Jira, link {key} as blocked by {naming.sites.issue(action.value)}"
        case "split":
            return f"split {key}: “{value}”" if action.titles else f"in Jira, split {key}: “{value}”"
        case "comment_draft":
            return f"comment on {key}: “{value}”"
