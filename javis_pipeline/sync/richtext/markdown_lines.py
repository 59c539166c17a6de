"""Inline ADF nodes to a line of Markdown: the text of a paragraph, a heading, a task, a cell.

Text with the marks strong, em, strike, code and link is written so that the reader gives back equal text; other nodes
are tokens (see `placeholders`). Runs for every issue of a first load: ordinary text takes the short ways.
"""

import itertools
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from javis_pipeline.sync.richtext.markdown_characters import (
    AUTOLINK,
    BACKTICKS,
    BLANKS,
    HREF_UNSAFE,
    PLAIN_HREF,
    SPECIAL,
    TABLE_DELIMITERS,
    TITLE_UNSAFE,
    TRIMMED,
    character_reference,
    escape,
    escape_run,
    guard_line,
)
from javis_pipeline.sync.richtext.placeholders import Placeholder, attrs_of, token_of

EMPTY_PARAGRAPH = "<br>"

Seen = list[Placeholder]
"""Placeholders in the order in which they were written."""


class Run(NamedTuple):
    """A stretch of text with one set of marks; `placeholder` text is written as it is."""

    text: str
    marks: tuple[str, ...] = ()
    href: str | None = None
    title: str | None = None
    placeholder: bool = False


# --- lines ----------------------------------------------------------------------------------------------------------


def lines_of(content: Sequence[Any], seen: Seen) -> str:
    """Inline nodes as the text of a paragraph; a hard break is a backslash at the end of a line."""
    lines = [guard_line(line) for line in split_lines(content, seen)]
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
        text = TABLE_DELIMITERS.sub(r"\\\g<0>", text)
    return text + EMPTY_PARAGRAPH * ending


def split_lines(content: Sequence[Any], seen: Seen) -> list[str]:
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
            shown.append(Placeholder(out[-1], node))
            after = "token"
        elif not marks and text:
            if after == "text" or not _may_stand_behind(after, text[0]):
                return None
            out.append(SPECIAL.sub(escape_run, text))
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
        out[-1] = out[-1].rstrip(TRIMMED)
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
    if not text or not isinstance(kind, str) or text[0] in BLANKS or text[-1] in BLANKS:
        return None
    if (delimiter := _DELIMITERS.get(kind)) is not None:
        return delimiter + escape(text) + delimiter
    if kind == "code":
        return None if "`" in text else f"`{text}`"
    attrs = mark.get("attrs") if kind == "link" and mark is not None else None
    href = attrs.get("href") if isinstance(attrs, dict) and not attrs.get("title") else None
    if not isinstance(href, str):
        return None
    if href == text and AUTOLINK.fullmatch(text):
        return f"<{text}>"
    if "]" in text or PLAIN_HREF.fullmatch(href) is None:
        return None
    return f"[{escape(text)}]({href})"


def _run(node: Any, seen: Seen) -> Run:
    if not isinstance(node, dict):
        node = {"type": "unknown", "attrs": {"title": str(node)}}
    text = node.get("text")
    if node.get("type") != "text" or not isinstance(text, str):
        shown = token_of(node)
        seen.append(Placeholder(shown, node))
        return Run(shown, placeholder=True)
    marks = node.get("marks")
    return run_of(text, marks) if isinstance(marks, list) and marks else Run(text)


_MARKS = ("link", "strong", "em", "strike")


def run_of(text: str, marks: Sequence[Any]) -> Run:
    """A run from an ADF text node; marks that Markdown cannot say are left out."""
    kinds = {str(mark.get("type")): attrs_of(mark) for mark in marks if isinstance(mark, dict)}
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
        text = visible[-1].text.rstrip(TRIMMED)
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
        body = run.text.rstrip(BLANKS) if at_end else run.text.lstrip(BLANKS)
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
        return runs[0].text if runs[0].placeholder else escape(runs[0].text)
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
    if run.marks == ("link",) and run.text == run.href and run.title is None and AUTOLINK.fullmatch(run.text):
        return (), f"<{run.text}>"
    body = escape(run.text)
    return run.marks, body.replace("]", "\\]") if "link" in run.marks else body


def _code_span(text: str) -> str:
    fence = "`"
    if "`" in text:
        lengths = {len(run) for run in BACKTICKS.findall(text)}
        fence = "`" * next(length for length in range(1, len(lengths) + 2) if length not in lengths)
    padded = text[:1] == "`" or text[-1:] == "`" or (text[:1] == text[-1:] == " " and text.strip(" ") != "")
    return f"{fence} {text} {fence}" if padded else fence + text + fence


def _close(mark: str, link: Run | None) -> str:
    if mark != "link" or link is None:
        return _DELIMITERS[mark]
    title = f' "{TITLE_UNSAFE.sub(character_reference, link.title)}"' if link.title else ""
    href = link.href or ""
    if PLAIN_HREF.fullmatch(href) is None:
        href = "<" + HREF_UNSAFE.sub(character_reference, href) + ">"
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
    if char in BLANKS:
        return "blank"
    return "punctuation" if unicodedata.category(char)[0] in "PS" else "letter"
