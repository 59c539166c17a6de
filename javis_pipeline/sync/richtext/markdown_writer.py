"""ADF to Markdown: the view of a Jira description that people read and edit.

The regenerable subset (paragraph, heading, lists, code block, rule, blockquote, hard break, and text with the marks
strong, em, strike, code and link) is written so that the reader gives back an equal document. Everything else is shown
as a placeholder (see `placeholders`). Runs for every issue of a first load: ordinary text takes the short ways.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from javis_pipeline.sync.richtext.placeholders import INLINE, Node, Placeholder, container_of, plain_text, token_of

# Deeper nodes are shown as one token: no editor nests this far, and recursion must end before Python ends it.
MAX_DEPTH = 40

EMPTY_PARAGRAPH = "<br>"
# What CommonMark calls whitespace, and what a reader of it trims from the ends of a line.
_BLANKS = (
    " \t\n\r\x0b\x0c\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_TRIMMED = _BLANKS + "\u2028\u2029"

Seen = list[Placeholder]
"""Placeholders in the order in which they were written."""


class Run(NamedTuple):
    """A stretch of text with one set of marks; `placeholder` text is written as it is."""

    text: str
    marks: tuple[str, ...] = ()
    href: str | None = None
    title: str | None = None
    placeholder: bool = False


def adf_to_markdown(doc: Mapping[str, Any] | None) -> str | None:
    """The Markdown view of an ADF document; None for no document or one that shows nothing.

    Never raises for a document of wrong shape: what cannot be read is shown as a placeholder.
    """
    if doc is None:
        return None
    blocks = view_blocks(doc)[0]
    return None if all(block == EMPTY_PARAGRAPH for block in blocks) else "\n\n".join(blocks)


def view_blocks(doc: Mapping[str, Any]) -> tuple[list[str], Seen]:
    """The Markdown of each top-level node, and every placeholder that was written."""
    seen: Seen = []
    return _blocks(_children(doc), seen, 0), seen


def adf_to_text(doc: Mapping[str, Any] | None) -> str | None:
    """The words of an ADF document without markup, one line per block; None for no document."""
    if doc is None:
        return None
    lines: list[str] = []
    _text_lines(doc, lines, 0)
    return "\n".join(lines).strip() or None


# --- blocks ---------------------------------------------------------------------------------------------------------


def _blocks(nodes: Sequence[Any], seen: Seen, depth: int) -> list[str]:
    texts: list[str] = []
    previous, alternate = "", False
    for node in nodes:
        if not isinstance(node, dict):
            node = {"type": "unknown", "attrs": {"text": str(node)}}
        kind = node.get("type")
        if kind == "paragraph" and depth < MAX_DEPTH:  # most blocks are one
            texts.append(_paragraph(node, seen))
            previous, alternate = "", False
            continue
        # Two lists in a row would read as one; a list marker of the other sort starts a new list.
        alternate = kind == previous and not alternate
        previous = kind if kind in ("bulletList", "orderedList") else ""
        mark = len(seen)
        text = _block(node, seen, depth, alternate) if depth < MAX_DEPTH else None
        if text is None:
            del seen[mark:]
            text = _placeholder(node, seen, depth)
        texts.append(text)
    return texts


def _block(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    """The Markdown of a block; None if Markdown cannot say it."""
    match node.get("type"):
        case "bulletList":
            return _bullet_list(node, seen, depth, alternate)
        case "heading":
            return _heading(node, seen)
        case "codeBlock":
            return _code_block(node)
        case "orderedList":
            return _ordered_list(node, seen, depth, alternate)
        case "blockquote":
            return _blockquote(node, seen, depth)
        case "rule":
            return "---"
        case _:
            return None


def _paragraph(node: Node, seen: Seen) -> str:
    content = node.get("content")
    if not isinstance(content, list) or not content:
        return EMPTY_PARAGRAPH
    if len(content) == 1 and (text := _plain(content[0])) is not None:
        return text if _ORDINARY.fullmatch(text) else _guard_line(_escape(text.rstrip(_TRIMMED))) or EMPTY_PARAGRAPH
    return _lines_of(content, seen)


def _heading(node: Node, seen: Seen) -> str | None:
    level = _attrs(node).get("level", 1)
    if level not in (1, 2, 3, 4, 5, 6):
        return None
    lines = [_guard_ends(line) for line in _split_lines(_children(node), seen)]
    text = EMPTY_PARAGRAPH.join(lines)
    if text.endswith("#"):  # would read as the closing sequence of the heading
        text = text[:-1] + "\\#"
    return f"{'#' * int(level)} {text}" if text else "#" * int(level)


def _list(node: Node, seen: Seen, depth: int, markers: Callable[[int], str]) -> str | None:
    items = _children(node)
    lines: list[str] = []
    for number, item in enumerate(items):
        if not isinstance(item, dict) or item.get("type") != "listItem":
            return None
        marker = markers(number)
        body = _item_body(_children(item), seen, depth + 1)
        lines.append(marker + _indent(body, " " * len(marker)))
    return "\n".join(lines) if lines else None


def _item_body(nodes: Sequence[Any], seen: Seen, depth: int) -> str:
    texts = _blocks(nodes, seen, depth)
    if not texts:
        return EMPTY_PARAGRAPH
    body = [texts[0]]
    for before, node, text in zip(nodes, nodes[1:], texts[1:], strict=False):
        body.append("\n" if _may_follow_directly(before, node) else "\n\n")
        body.append(text)
    return "".join(body)


def _may_follow_directly(before: Node, node: Node) -> bool:
    """Whether a list may stand right under a paragraph; a numbered one only if it starts at 1."""
    if before.get("type") != "paragraph":
        return False
    return node.get("type") == "bulletList" or (node.get("type") == "orderedList" and _order(node) == 1)


def _bullet_list(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    marker = "* " if alternate else "- "
    return _list(node, seen, depth, lambda _: marker)


def _ordered_list(node: Node, seen: Seen, depth: int, alternate: bool) -> str | None:
    start, end = _order(node), ")" if alternate else "."
    if start is None or start + len(_children(node)) > 999_999_999:
        return None
    return _list(node, seen, depth, lambda number: f"{start + number}{end} ")


def _order(node: Node) -> int | None:
    order = _attrs(node).get("order", 1)
    return int(order) if isinstance(order, int | float) and order >= 0 and order == int(order) else None


def _blockquote(node: Node, seen: Seen, depth: int) -> str | None:
    body = "\n\n".join(_blocks(_children(node), seen, depth + 1))
    return "\n".join("> " + line if line else ">" for line in body.split("\n")) if body else None


def _code_block(node: Node) -> str:
    texts = [child.get("text") for child in _children(node) if isinstance(child, dict)]
    text = "".join(part for part in texts if isinstance(part, str))
    fence = "`" * (max(2, *map(len, _BACKTICKS.findall(text))) + 1) if "```" in text else "```"
    language = _attrs(node).get("language")
    info = language if isinstance(language, str) and _FENCE_INFO.fullmatch(language) else ""
    return f"{fence}{info}\n{text}\n{fence}" if text else f"{fence}{info}\n{fence}"


# --- what Markdown cannot say ---------------------------------------------------------------------------------------

_LEAVES = ("mediaSingle", "mediaGroup", "media")


def _placeholder(node: Node, seen: Seen, depth: int) -> str:
    if depth >= MAX_DEPTH or node.get("type") in _LEAVES or not _children(node):
        shown = token_of(node)
    else:
        shown = container_of(node, _container_body(node, depth + 1))
    seen.append(Placeholder(shown, node, block=True))
    return shown


def _container_body(node: Node, depth: int) -> str:
    children = [child for child in _children(node) if isinstance(child, dict)]
    inside: Seen = []  # what is inside a placeholder is kept or dropped with it
    match node.get("type"):
        case "table":
            return "\n".join(_table_rows(children, depth))
        case "taskList" | "decisionList":
            return "\n".join(_task_line(child, depth) for child in children)
        case _ if any(child.get("type") in INLINE for child in children):
            return _lines_of(children, inside)
        case _:
            return "\n\n".join(_blocks(children, inside, depth))


def _table_rows(rows: Sequence[Node], depth: int) -> list[str]:
    texts = []
    for number, row in enumerate(rows):
        cells = [" ".join(_blocks(_children(cell), [], depth)) for cell in _children(row) if isinstance(cell, dict)]
        texts.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |")
        if number == 0:
            texts.append("|" + " --- |" * len(cells))
    return texts


def _task_line(item: Node, depth: int) -> str:
    if item.get("type") not in ("taskItem", "decisionItem"):
        return _indent("  " + "\n\n".join(_blocks([item], [], depth)), "  ")
    done = _attrs(item).get("state") in ("DONE", "DECIDED")
    return f"- [{'x' if done else ' '}] " + _indent(_lines_of(_children(item), []), "  ")


# --- inline ---------------------------------------------------------------------------------------------------------


def _lines_of(content: Sequence[Any], seen: Seen) -> str:
    """Inline nodes as the text of a paragraph; a hard break is a backslash at the end of a line."""
    lines = [_guard_line(line) for line in _split_lines(content, seen)]
    if len(lines) == 1 and lines[0]:
        return lines[0]
    ending = 0
    while lines and not lines[-1]:
        lines.pop()
        ending += 1
    if not lines:  # breaks only: one more than an empty paragraph has
        return EMPTY_PARAGRAPH * ending
    text = "\\\n".join(lines)
    if len(lines) > 1:
        text = _TABLE_DELIMITERS.sub(r"\\\g<0>", text)
    return text + EMPTY_PARAGRAPH * ending


def _split_lines(content: Sequence[Any], seen: Seen) -> list[str]:
    """The Markdown of inline nodes, split at hard breaks, with nothing done yet about line starts and ends."""
    breaks = [at for at, node in enumerate(content) if isinstance(node, dict) and node.get("type") == "hardBreak"]
    if not breaks:
        return [_line_of(content, seen, last=True)]
    edges = itertools.pairwise([-1, *breaks, len(content)])
    return [_line_of(content[start + 1 : end], seen, last=end == len(content)) for start, end in edges]


def _line_of(nodes: Sequence[Any], seen: Seen, *, last: bool) -> str:
    """The Markdown of one line of inline nodes; `last` if the block ends with it."""
    if not nodes:
        return ""
    line = _simple_line(nodes, seen, last=last)
    return _line(visible_runs([_run(node, seen) for node in nodes], last=last)) if line is None else line


def _simple_line(content: Sequence[Any], seen: Seen, *, last: bool) -> str | None:
    """The short way for most lines: at most one mark a text, with blanks around it; None if it is not that simple.

    Links and code need no blanks around them: they end by themselves. A marked word may also have brackets around it,
    or the punctuation that ends a clause. Nothing is added to `seen` when it is None.
    """
    out: list[str] = []
    shown: Seen = []
    after = ""  # what stands before this node: a text, a mark, a marked word, a link or code ("closed"), a token
    for node in content:
        if not isinstance(node, dict):
            return None
        text = node.get("text") if node.get("type") == "text" else None
        marks = node.get("marks")
        if not isinstance(text, str):
            if after in _MARKED:
                return None
            out.append(token_of(node))
            shown.append(Placeholder(out[-1], node, block=False))
            after = "token"
        elif not marks and text:
            if after == "text" or not _may_stand_behind(after, text[0]):
                return None
            out.append(_SPECIAL.sub(_escape_run, text))
            after = "text"
        else:
            marked = None if after in _MARKED else _simply_marked(text, marks)
            if marked is None:
                return None
            after = "closed" if marked[0] in "[`<" else "word" if text[-1].isalnum() else "mark"
            if out and not _may_stand_before(after, text[0], out[-1][-1]):
                return None
            out.append(marked)
    if last and after == "text":
        out[-1] = out[-1].rstrip(_TRIMMED)
    seen += shown
    return "".join(out)


_MARKED = frozenset({"mark", "word", "closed"})


def _may_stand_behind(marked: str, char: str) -> bool:
    """Whether a mark of this sort closes in front of a text that begins with `char`."""
    return not (marked == "mark" and char != " ") and not (marked == "word" and char not in " .,;:!?)")


def _may_stand_before(marked: str, first: str, char: str) -> bool:
    """Whether a mark of this sort, on a text that begins with `first`, opens behind `char`."""
    if marked == "closed":
        return char not in "!`"
    return char == " " or (char == "(" and first.isalnum())


def _simply_marked(text: str, marks: Any) -> str | None:
    """A text with one plain mark, which no blank at its ends keeps from closing; None for any other."""
    mark = marks[0] if isinstance(marks, list) and len(marks) == 1 else None
    kind = mark.get("type") if isinstance(mark, dict) else None
    if not text or not isinstance(kind, str) or text[0] in _BLANKS or text[-1] in _BLANKS:
        return None
    if (delimiter := _DELIMITERS.get(kind)) is not None:
        return delimiter + _escape(text) + delimiter
    if kind == "code":
        return None if "`" in text else f"`{text}`"
    attrs = mark.get("attrs") if kind == "link" and mark is not None else None
    href = attrs.get("href") if isinstance(attrs, dict) and not attrs.get("title") else None
    if not isinstance(href, str):
        return None
    if href == text and _AUTOLINK.fullmatch(text):
        return f"<{text}>"
    if "]" in text or _PLAIN_HREF.fullmatch(href) is None:
        return None
    return f"[{_escape(text)}]({href})"


def _run(node: Any, seen: Seen) -> Run:
    if not isinstance(node, dict):
        node = {"type": "unknown", "attrs": {"title": str(node)}}
    text = node.get("text")
    if node.get("type") != "text" or not isinstance(text, str):
        shown = token_of(node)
        seen.append(Placeholder(shown, node, block=False))
        return Run(shown, placeholder=True)
    marks = node.get("marks")
    return run_of(text, marks) if isinstance(marks, list) and marks else Run(text)


_MARKS = ("link", "strong", "em", "strike")


def run_of(text: str, marks: Sequence[Any]) -> Run:
    """A run from an ADF text node; marks that Markdown cannot say are left out."""
    kinds = {str(mark.get("type")): _attrs(mark) for mark in marks if isinstance(mark, dict)}
    link = kinds.get("link", {})
    href, title = link.get("href"), link.get("title")
    return Run(
        text,
        tuple(kind for kind in (("link", "code") if "code" in kinds else _MARKS) if kind in kinds),
        str(href) if "link" in kinds and href is not None else None,
        title if isinstance(title, str) and title else None,
    )


def merge_runs(runs: Sequence[Run]) -> list[Run]:
    """Neighbours with equal marks become one run; empty text vanishes."""
    merged: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if merged and not run.placeholder and merged[-1][1:] == run[1:]:
            merged[-1] = run._replace(text=merged[-1].text + run.text)
        else:
            merged.append(run)
    return merged


def visible_runs(runs: Sequence[Run], *, last: bool) -> list[Run]:
    """The runs of one line as a reader sees them; the blanks that end the last line of a block are not seen."""
    visible = trim_marks(merge_runs(runs))
    while last and visible and not visible[-1].marks and not visible[-1].placeholder:
        text = visible[-1].text.rstrip(_TRIMMED)
        if text:
            visible[-1] = visible[-1]._replace(text=text)
            break
        visible.pop()
    return visible


def trim_marks(runs: list[Run]) -> list[Run]:
    """Runs without strong and em on blanks at the edge of a marked stretch: not seen, and Markdown cannot say it."""
    for mark in ("strong", "em"):
        if not any(mark in run.marks for run in runs):
            continue
        runs = _trim_mark(runs, mark)
        runs = _trim_mark([*reversed(runs)], mark, at_end=True)
        runs.reverse()
    return merge_runs(runs)


def _trim_mark(runs: list[Run], mark: str, *, at_end: bool = False) -> list[Run]:
    """Take `mark` off blanks where a stretch with it begins; with `at_end`, the runs come last first."""
    trimmed: list[Run] = []
    inside = False
    for run in runs:
        if inside or mark not in run.marks or "code" in run.marks:
            inside = mark in run.marks
            trimmed.append(run)
            continue
        body = run.text.rstrip(_BLANKS) if at_end else run.text.lstrip(_BLANKS)
        blanks = run.text[len(body) :] if at_end else run.text[: len(run.text) - len(body)]
        if blanks:
            trimmed.append(run._replace(text=blanks, marks=tuple(kind for kind in run.marks if kind != mark)))
        if body:
            trimmed.append(run._replace(text=body))
            inside = True
    return trimmed


_DELIMITERS = {"strong": "**", "em": "_", "strike": "~~"}


def _line(runs: list[Run]) -> str:
    """The Markdown of one line of runs."""
    if not runs:
        return ""
    if len(runs) == 1 and not runs[0].marks:
        return runs[0].text if runs[0].placeholder else _escape(runs[0].text)
    out: list[str] = []
    open_marks: tuple[str, ...] = ()
    link: Run | None = None
    for run in [*runs, Run("")]:
        marks, body = _marks_and_body(run)
        same_link = link is not None and (link.href, link.title) == (run.href, run.title)
        keep = 0
        while (
            keep < min(len(marks), len(open_marks))
            and marks[keep] == open_marks[keep]
            and (marks[keep] != "link" or same_link)
        ):
            keep += 1
        closing = [_close(mark, link) for mark in reversed(open_marks[keep:])]
        opening = ["[" if mark == "link" else _DELIMITERS[mark] for mark in marks[keep:]]
        if closing or opening:
            body = _flank(out, closing, opening, body)
        out += [*closing, *opening, body]
        open_marks, link = marks, run if "link" in marks else None
    return "".join(out)


def _marks_and_body(run: Run) -> tuple[tuple[str, ...], str]:
    """The marks to open around a run, and its own Markdown."""
    if run.placeholder:
        return (), run.text
    if "code" in run.marks:
        return run.marks[:-1], _code_span(run.text)
    if run.marks == ("link",) and run.text == run.href and run.title is None and _AUTOLINK.fullmatch(run.text):
        return (), f"<{run.text}>"
    body = _escape(run.text)
    return run.marks, body.replace("]", "\\]") if "link" in run.marks else body


def _code_span(text: str) -> str:
    fence = "`"
    if "`" in text:
        lengths = {len(run) for run in _BACKTICKS.findall(text)}
        fence = "`" * next(length for length in range(1, len(lengths) + 2) if length not in lengths)
    padded = text[:1] == "`" or text[-1:] == "`" or (text[:1] == text[-1:] == " " and text.strip(" ") != "")
    return f"{fence} {text} {fence}" if padded else fence + text + fence


def _close(mark: str, link: Run | None) -> str:
    if mark != "link" or link is None:
        return _DELIMITERS[mark]
    title = f' "{_TITLE_UNSAFE.sub(_character_reference, link.title)}"' if link.title else ""
    href = link.href or ""
    if _PLAIN_HREF.fullmatch(href) is None:
        href = "<" + _HREF_UNSAFE.sub(_character_reference, href) + ">"
    return f"]({href}{title})"


def _flank(out: list[str], closing: list[str], opening: list[str], body: str) -> str:
    """Make the delimiters between `out` and `body` open and close: a neighbour in the way is written as `&#..;`.

    CommonMark lets a delimiter open only before a non-blank, close only after one, and punctuation must not be on one
    side of it with a letter on the other. A character reference counts as punctuation on both of its ends.
    """
    first, last = [*closing, *opening][0], [*closing, *opening][-1]
    alone = len(closing) + len(opening) == 1
    if first == "[" and out and out[-1].endswith("!"):  # would read as an image
        out[-1] = out[-1][:-1] + "\\!"
    before = _sort(out[-1][-1]) if out and out[-1] else "edge"
    after = _sort(body[0]) if body else "edge"
    if closing and first in _FLANKING and before == "blank":
        out[-1] = _last_by_reference(out[-1])
        before = "punctuation"
    if opening and last in _FLANKING and after == "blank":
        body = _first_by_reference(body)
        after = "punctuation"
    if not closing and first in _FLANKING and before == "letter" and not (alone and after == "letter" and first != "_"):
        out[-1] = _last_by_reference(out[-1])
    if not opening and last in _FLANKING and after == "letter" and not (alone and before == "letter" and last != "_"):
        body = _first_by_reference(body)
    return body


def _last_by_reference(text: str) -> str:
    """Escaped text with its last character, a letter or a blank, written as a character reference.

    What stands before it was left alone because a letter followed, and must be escaped now: a backslash, underscores.
    """
    head = text[:-1]
    word = head.rstrip("_")
    if head.endswith("\\"):
        head += "\\"
    elif not word.endswith("\\"):
        head = word + "\\_" * (len(head) - len(word))
    return f"{head}&#{ord(text[-1])};"


def _first_by_reference(text: str) -> str:
    """Escaped text with its first character, a letter or a blank, written as a character reference."""
    rest = text[1:].lstrip("_")
    return f"&#{ord(text[0])};" + "\\_" * (len(text) - 1 - len(rest)) + rest


_FLANKING = frozenset(_DELIMITERS.values())


def _sort(char: str) -> str:
    if char in _BLANKS:
        return "blank"
    return "punctuation" if unicodedata.category(char)[0] in "PS" else "letter"


# --- characters -----------------------------------------------------------------------------------------------------

_BACKTICKS = re.compile("`+")
_FENCE_INFO = re.compile(r"[^\s`&\\]+(?: [^\s`&\\]+)*")
_AUTOLINK = re.compile(r"(?:https?|ftp|mailto):[^<>\x00-\x20]+")
_PLAIN_HREF = re.compile(r"[^\s<>()\\&\"\x00-\x20\x7f]+")
_HREF_UNSAFE = re.compile(r"[<>\\&\n\r]")
_TITLE_UNSAFE = re.compile(r"[\"\\&\n\r]")
# A line that means what it says, with nothing to escape in it and at its ends.
_ORDINARY = re.compile(r"[A-Za-z][^`*\[_\\<&~{\n\r]*[A-Za-z0-9.,;:!?)]")
_SPECIAL = re.compile(r"[`*\[_\\<&~{\n\r]+")
_ESCAPED = re.compile(
    r"[`*\[_\n\r]|\\(?=[!-/:-@\[-`{-~]|$)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|(?<=~)~|^~|~$|\{(?=@|[A-Za-z]\w*: )"
)
_TABLE_DELIMITERS = re.compile(r"^[|:-](?=[ \t|:-]*\\?$)", re.M)
_LINE_START = re.compile(r"#{1,6}(?=\s|$)|>|[-+](?=[\s-]|$)|=+\s*$|~~~|:::|(\d{1,9})([.)])(?=\s|$)")
_LINE_STARTERS = frozenset("#>-+=~:0123456789")


def _escape(text: str) -> str:
    return _SPECIAL.sub(_escape_run, text)


def _escape_run(match: re.Match[str]) -> str:
    """A stretch of characters that may mean something in Markdown, escaped as far as they do mean it here."""
    run, text, start = match[0], match.string, match.start()
    if run[0] == "_" and text[start - 1 : start].isalnum() and text[match.end() : match.end() + 1].isalnum():
        if run == "_" * len(run):
            return run  # inside of a word underscores mean nothing
    elif len(run) == 1 and _ESCAPED.match(text, start) is None:
        return run
    return "".join(
        [
            char if _ESCAPED.match(text, at) is None else _REFERENCES.get(char, "\\" + char)
            for at, char in enumerate(run, start)
        ]
    )


_REFERENCES = {"\n": "&#10;", "\r": "&#13;"}


def _character_reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def _guard_line(line: str) -> str:
    """A line whose start is not read as a block, and whose blanks at both ends stay."""
    if line and line[0] in _LINE_STARTERS and (match := _LINE_START.match(line)):
        number = match[1]
        line = f"{number}\\{line[len(number) :]}" if number else "\\" + line
    return _guard_ends(line)


def _guard_ends(line: str) -> str:
    if not line:
        return line
    if line[-1] in _TRIMMED:
        line = f"{line[:-1]}&#{ord(line[-1])};"
    if line[0] in _TRIMMED:
        line = f"&#{ord(line[0])};{line[1:]}"
    return line


def _plain(node: Any) -> str | None:
    """The text of a text node without marks; None for any other node."""
    if not isinstance(node, dict) or node.get("type") != "text" or node.get("marks"):
        return None
    text = node.get("text")
    return text if isinstance(text, str) else None


def _indent(text: str, indent: str) -> str:
    """All lines but the first and the empty ones indented."""
    return _LINE_BREAK.sub("\n" + indent, text) if "\n" in text else text


_LINE_BREAK = re.compile(r"\n(?!\n)")

# --- shapes ---------------------------------------------------------------------------------------------------------

_NOTHING: Mapping[str, Any] = {}


def _children(node: Mapping[str, Any]) -> Sequence[Any]:
    content = node.get("content")
    return content if isinstance(content, list) else ()


def _attrs(node: Mapping[str, Any]) -> Mapping[str, Any]:
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else _NOTHING


# --- plain text -----------------------------------------------------------------------------------------------------


def _text_lines(node: Mapping[str, Any], lines: list[str], depth: int) -> None:
    """Append the text lines of a block, its inline content joined; deeper than the limit nothing is told apart."""
    inline: list[str] = []
    for child in _children(node):
        if not isinstance(child, dict):
            continue
        text = child.get("text")
        kind = child.get("type")
        if isinstance(text, str):
            inline.append(text)
        elif kind == "hardBreak":
            inline.append("\n")
        elif kind in INLINE or kind in _LEAVES:
            inline.append(token_of(child)[1:-1])
        elif depth >= MAX_DEPTH:
            inline.extend(plain_text(child))
        else:
            if inline:
                lines.append("".join(inline))
                inline = []
            _text_lines(child, lines, depth + 1)
    if inline:
        lines.append("".join(inline))
