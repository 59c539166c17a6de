"""Characters that mean something in Markdown: written so that they are read as themselves."""

import re
from typing import Any

# What CommonMark calls whitespace, and what a reader of it trims from the ends of a line.
BLANKS = " \t\n\r\x0b\x0c\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
TRIMMED = BLANKS + "\u2028\u2029"

BACKTICKS = re.compile("`+")
AUTOLINK = re.compile(r"(?:https?|ftp|mailto):[^<>\x00-\x20]+")
PLAIN_HREF = re.compile(r"[^\s<>()\\&\"\x00-\x20\x7f]+")
HREF_UNSAFE = re.compile(r"[<>\\&\n\r]")
TITLE_UNSAFE = re.compile(r"[\"\\&\n\r]")
# A line that means what it says, with nothing to escape in it and at its ends.
ORDINARY = re.compile(r"[A-Za-z][^`*\[_\\<&~{\n\r]*[A-Za-z0-9.,;:!?)]")
SPECIAL = re.compile(r"[`*\[_\\<&~{\n\r]+")
_ESCAPED = re.compile(
    r"[`*\[_\n\r]|\\(?=[!-/:-@\[-`{-~]|$)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|(?<=~)~|^~|~$|\{(?=@|[A-Za-z]\w*: )"
)
TABLE_DELIMITERS = re.compile(r"^[|:-](?=[ \t|:-]*\\?$)", re.M)
_LINE_START = re.compile(r"#{1,6}(?=\s|$)|>|[-+](?=[\s-]|$)|=+\s*$|~~~|:::|(\d{1,9})([.)])(?=\s|$)")
_LINE_STARTERS = frozenset("#>-+=~:0123456789")


def escape(text: str) -> str:
    """The text, such that Markdown means each of its characters."""
    return SPECIAL.sub(escape_run, text)


def escape_run(match: re.Match[str]) -> str:
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


def character_reference(match: re.Match[str]) -> str:
    """The character as a number (`&#10;`), which no trimming takes away."""
    return f"&#{ord(match[0])};"


def guard_line(line: str) -> str:
    """A line whose start is not read as a block, and whose blanks at both ends stay."""
    if line and line[0] in _LINE_STARTERS and (match := _LINE_START.match(line)):
        number = match[1]
        line = f"{number}\\{line[len(number) :]}" if number else "\\" + line
    return guard_ends(line)


def guard_ends(line: str) -> str:
    """The line, whose blanks at both ends are written such that no reader trims them."""
    if not line:
        return line
    if line[-1] in TRIMMED:
        line = f"{line[:-1]}&#{ord(line[-1])};"
    if line[0] in TRIMMED:
        line = f"&#{ord(line[0])};{line[1:]}"
    return line


def plain(node: Any) -> str | None:
    """The text of a text node without marks; None for any other node."""
    if not isinstance(node, dict) or node.get("type") != "text" or node.get("marks"):
        return None
    text = node.get("text")
    return text if isinstance(text, str) else None
