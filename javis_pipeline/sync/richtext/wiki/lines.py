"""Lines of a text with their ends, which a browser, an editor and a database client each write in their own way."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from javis_pipeline.sync.richtext.diff3 import matches

_END = re.compile(r"(\r\n|\n|\r)")


class Line(NamedTuple):
    """A line without its end, and the end; that of the last line is empty."""

    text: str
    end: str


def split_lines(text: str) -> list[Line]:
    """All lines of a text, at least one; together they are the text."""
    parts = [*_END.split(text), ""]
    return [Line(parts[at], parts[at + 1]) for at in range(0, len(parts), 2)]


def join_lines(lines: Sequence[Line]) -> str:
    """The text of these lines."""
    return "".join([part for line in lines for part in line])


def one_line_end(text: str) -> str:
    """The text with LF for every line end: what it says, however its lines end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def usual_end(lines: Sequence[Line]) -> str:
    """How most of these lines end; empty where no line does."""
    ends = Counter(line.end for line in lines if line.end)
    return ends.most_common(1)[0][0] if ends else ""


def with_ends_of(text: str, model: str) -> str:
    """`text` with the line ends of `model`: each line that both have ends as there, a new one as most do there.

    A person's editor writes its own line ends; that alone changes nothing.
    """
    lines, models = split_lines(text), split_lines(model)
    usual = usual_end(models)
    if not usual:
        return text
    ends = [usual] * len(lines)
    if any(line.end not in (usual, "") for line in models):
        for match in matches([line.text for line in models], [line.text for line in lines]):
            for at in range(match.length):
                ends[match.b_at + at] = models[match.a_at + at].end or usual
    for at in range(len(lines) - 1):
        if ends[at] == "\r" and (lines[at + 1].text, ends[at + 1]) == ("", "\n"):
            ends[at] = "\r\n"  # the two would be one
    ends[-1] = ""
    return join_lines([Line(line.text, end) for line, end in zip(lines, ends, strict=True)])
