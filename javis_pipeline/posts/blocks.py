"""Messages as Block Kit, within Slack's limits. Pure.

Text that people wrote cannot mention anybody, link anywhere or format anything: it is escaped, and the text objects are
`verbatim`, so that Slack does not look for links and names in it either.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from javis_pipeline.posts.text import escaped, escaped_url, length, plain
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import System

Block = dict[str, Any]

MAX_BLOCKS: Final = 50
MAX_HEADER: Final = 150
MAX_IN_ALL: Final = 13_000
_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,40}", re.ASCII)
ISSUE_KEY = re.compile(r"\b[A-Z][A-Z0-9_]{0,40}-[0-9]{1,10}\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: blocks, and the text for notifications and for clients that show no blocks."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Sites:
    """Where links lead.

    Attributes:
        jira: Base URL of the Jira site; None for no links.
        confluence: URL below which Confluence shows pages; None for no links.
        ui: Base URL of Dagster's UI; None for no links.
        people: Slack's member ids by account id: those who may be called by their name.
    """

    jira: str | None = None
    confluence: str | None = None
    ui: str | None = None
    people: Mapping[str, str] = field(default_factory=dict)

    def board(self, project: str) -> str:
        """A link to where Jira shows the project, its board; empty where the site is not known."""
        if not self.jira or not _PROJECT.fullmatch(project):
            return ""
        return f"<{escaped_url(f'{self.jira}/browse/{project}')}|board>"

    def run(self, project: str) -> str:
        """A link to the digest's runs for a project; empty where the UI is not known."""
        if not self.ui or not _PROJECT.fullmatch(project):
            return ""
        return f"<{escaped_url(f'{self.ui}/assets/slack_digest?partition={project}')}|run>"

    def issue(self, key: str) -> str:
        """The issue's key, as a link where the site is known."""
        if not self.jira or not ISSUE_KEY.fullmatch(key):
            return escaped(key, 60)
        return f"<{escaped_url(f'{self.jira}/browse/{key}')}|{key}>"

    def record(self, system: System, resource_id: str, name: str) -> str:
        """What people call a record, as a link where its site is known."""
        return self.issue(name) if SYSTEMS[system].is_keyed else self.page(resource_id, name)

    def page(self, page_id: str, title: str) -> str:
        """The page's title, as a link where the site is known."""
        label = escaped(title) or "untitled page"
        if not self.confluence or not page_id.isdigit():  # it is not made there yet
            return label
        return f"<{escaped_url(f'{self.confluence}/pages/viewpage.action?pageId={page_id}')}|{label}>"


def header(text: str) -> Block:
    """A headline; nothing in it is interpreted."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(text, MAX_HEADER) or "…", "emoji": False}}


def section(text: str) -> Block:
    """A paragraph of mrkdwn, which the caller has fitted."""
    return {"type": "section", "text": _mrkdwn(text)}


def footnote(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts if text]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def buttons(block_id: str, *elements: Block) -> Block:
    """A row of buttons; the block id is unique in its message."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(
    label: str, action_id: str, value: str, *, style: str | None = None, confirm: tuple[str, str] | None = None
) -> Block:
    """A button.

    Args:
        label: What it says.
        action_id: What it does.
        value: What it does it with; comes back when it is pressed.
        style: "primary" or "danger".
        confirm: Title and text of the question that is asked first.
    """
    made: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "action_id": action_id,
        "value": value,
    }
    if style:
        made["style"] = style
    if confirm:
        title, text = confirm
        made["confirm"] = {
            "title": {"type": "plain_text", "text": plain(title, 100), "emoji": False},
            "text": {"type": "plain_text", "text": plain(text, 200), "emoji": False},
            "confirm": {"type": "plain_text", "text": label, "emoji": False},
            "deny": {"type": "plain_text", "text": "Not now", "emoji": False},
        }
    return made


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def as_text(message: Message) -> str:
    """A message for a terminal: the blocks' text, with links as their labels and buttons in brackets."""
    lines = [_block_text(block) for block in message.blocks]
    return "\n".join(line for line in lines if line)


def _block_text(block: Block) -> str:
    match block["type"]:
        case "header":
            return f"== {block['text']['text']} =="
        case "section":
            return _unmarked(block["text"]["text"])
        case "context":
            return "\n".join(_unmarked(element["text"]) for element in block["elements"])
        case "actions":
            return "  ".join(f"[{element['text']['text']}]" for element in block["elements"])
        case _:
            return ""


def _unmarked(mrkdwn: str) -> str:
    labelled = re.sub(r"<[^|>]*\|([^>]*)>", r"\1", mrkdwn)
    bare = re.sub(r"(?<![^\W_])[*_](\S[^*\n]*?)[*_](?![^\W_])", r"\1", labelled)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def text_in_all(value: object) -> int:
    """Characters of text in blocks, at any depth."""
    if isinstance(value, Mapping):
        own = length(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(text_in_all(inner) for inner in value.values())
    return sum(map(text_in_all, value)) if isinstance(value, list | tuple) else 0


def message_json(message: Message) -> bytes:
    """A message in one spelling, to compare with."""
    return orjson.dumps([message.text, message.blocks], option=orjson.OPT_SORT_KEYS)
