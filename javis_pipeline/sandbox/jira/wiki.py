"""Jira's wiki markup to an Atlassian document, for issues that come from an older Jira. Pure."""

import re
from typing import Any

Node = dict[str, Any]

_MACRO = re.compile(r"^\s*\{(code|noformat)(?::([^}]*))?\}")
_HEADING = re.compile(r"^\s*h([1-6])\.\s+(.*)$")
_ITEM = re.compile(r"^\s*([*#-]+)\s+(.*)$")
_QUOTE = re.compile(r"^\s*bq\.\s+(.*)$")
_RULE = re.compile(r"^\s*-{4,}\s*$")
_DROPPED = re.compile(r"\{(?:html|panel|quote|color|anchor|toc)(?::[^}]*)?\}")
_INLINE = re.compile(
    r"(?=[{\[h*_-])(?:"  # most positions are none of these, and are passed over quickly
    r"\{\{(?P<code>.+?)\}\}"
    r"|\[(?P<label>[^\]|\n]+)\|(?P<target>(?:https?|mailto|ftp)[^\]\s|]*)(?:\|[^\]]*)?\]"
    r"|\[(?P<bare>(?:https?://|mailto:)[^\]\s]+)\]"
    r"|(?P<url>https?://[^\s\])>}|\"]+)"
    r"|(?<![\w*])\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w-])-(?P<strike>[^\s-](?:[^-\n]*[^\s-])?)-(?![\w-])"
    r")"
)


def to_adf(source: str) -> Node:
    """The document that a text in wiki markup becomes.

    Paragraphs, headings, nested lists, code, quotes, rules, links, bold, italic, strike-through. Other macros are
    dropped and their content kept; tables stay as the text they were written in.
    """
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {"type": "doc", "version": 1, "content": _blocks(lines)}


def _blocks(lines: list[str]) -> list[Node]:
    blocks: list[Node] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif macro := _MACRO.match(line):
            block, at = _code(lines, at, macro)
            blocks.append(block)
        elif heading := _HEADING.match(line):
            blocks.append(_with_content("heading", _inline(heading[2]), {"level": int(heading[1])}))
            at += 1
        elif _RULE.match(line):
            blocks.append({"type": "rule"})
            at += 1
        elif quote := _QUOTE.match(line):
            blocks.append({"type": "blockquote", "content": [_with_content("paragraph", _inline(quote[1]))]})
            at += 1
        elif _ITEM.match(line):
            items, at = _items(lines, at)
            blocks += _lists(items, 1)
        else:
            paragraph, at = _paragraph(lines, at)
            if paragraph:
                blocks.append(_with_content("paragraph", paragraph))
    return blocks


def _code(lines: list[str], at: int, macro: re.Match[str]) -> tuple[Node, int]:
    closing = "{" + macro[1] + "}"
    first = lines[at][macro.end() :]
    inside = [first] if first.strip() else []
    end = at
    if closing in first:
        text, _, behind = first.partition(closing)
    else:
        end = next((line for line in range(at + 1, len(lines)) if closing in lines[line]), len(lines))
        inside += lines[at + 1 : end]
        last, _, behind = lines[end].partition(closing) if end < len(lines) else ("", "", "")
        inside += [last] if last.strip() else []
        text = "\n".join(inside)
    if behind.strip():  # goes on behind the macro, on its last line
        lines[end], after = behind, end
    else:
        after = end + 1
    block: Node = {"type": "codeBlock"}
    language = (macro[2] or "").split("|")[0]
    if macro[1] == "code" and language and "=" not in language:
        block["attrs"] = {"language": language.strip()}
    if text:
        block["content"] = [{"type": "text", "text": text}]
    return block, after


def _items(lines: list[str], at: int) -> tuple[list[tuple[str, str]], int]:
    items = []
    while at < len(lines) and (match := _ITEM.match(lines[at])):
        items.append((match[1], match[2]))
        at += 1
    return items, at


def _lists(items: list[tuple[str, str]], depth: int) -> list[Node]:
    lists: list[Node] = []
    at = 0
    while at < len(items):
        marks, text = items[at]
        kind = "orderedList" if marks[min(depth, len(marks)) - 1] == "#" else "bulletList"
        end = at + 1
        while end < len(items) and len(items[end][0]) > depth:
            end += 1
        content: list[Node] = [_with_content("paragraph", _inline(text))]
        if end > at + 1:
            content += _lists(items[at + 1 : end], depth + 1)
        entry = {"type": "listItem", "content": content}
        if lists and lists[-1]["type"] == kind:
            lists[-1]["content"].append(entry)
        else:
            lists.append({"type": kind, "content": [entry]})
        at = end
    return lists


def _paragraph(lines: list[str], at: int) -> tuple[list[Node], int]:
    content: list[Node] = []
    while at < len(lines) and lines[at].strip():
        line = lines[at]
        if content and (_HEADING.match(line) or _ITEM.match(line) or _MACRO.match(line) or _RULE.match(line)):
            break
        inline = _inline(line.strip())
        if inline and content:
            content.append({"type": "hardBreak"})
        content += inline
        at += 1
    return content, at


def _inline(text: str) -> list[Node]:
    if "{" in text:
        text = _DROPPED.sub("", text)
    nodes: list[Node] = []
    at = 0
    for match in _INLINE.finditer(text):
        _add_text(nodes, text[at : match.start()])
        kind = str(match.lastgroup)
        if kind == "target":
            _add_text(nodes, match["label"], {"type": "link", "attrs": {"href": match["target"]}})
        elif kind in ("bare", "url"):
            _add_text(nodes, match[kind], {"type": "link", "attrs": {"href": match[kind]}})
        else:
            _add_text(nodes, match[kind], {"type": kind})
        at = match.end()
    _add_text(nodes, text[at:])
    return nodes


def _add_text(nodes: list[Node], text: str, mark: Node | None = None) -> None:
    if text:
        nodes.append({"type": "text", "text": text} | ({"marks": [mark]} if mark else {}))


def _with_content(kind: str, content: list[Node], attrs: Node | None = None) -> Node:
    node: Node = {"type": kind}
    if attrs:
        node["attrs"] = attrs
    if content:
        node["content"] = content
    return node
