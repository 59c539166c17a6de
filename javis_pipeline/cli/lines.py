"""Lines of words, on a terminal no longer than it is wide."""

import re
import shutil
import sys
import textwrap

import click

# Where a line goes on when its own column leaves too little room.
_NEAR = 6
_INDENT = re.compile(r" *(?:[-•→] |\d+\. )?")


def say(
    text: str,
    *,
    hang: int | None = None,
    coloured: tuple[str, str] | None = None,
    bold: bool = False,
    err: bool = False,
) -> None:
    """Print lines. What does not fit on a terminal goes on in the next line: words, ids and commands are not broken.

    Args:
        coloured: A word, and the colour of its first mention.
        hang: Column in which such a line goes on; None for that of its first word, behind a bullet or number.
    """
    if (sys.stderr if err else sys.stdout).isatty():
        width = shutil.get_terminal_size().columns
        text = "\n".join(_fitted(line, width, hang) for line in text.split("\n"))
    if coloured:
        text = text.replace(coloured[0], click.style(coloured[0], fg=coloured[1]), 1)
    click.echo(click.style(text, bold=True) if bold else text, err=err)


def _fitted(line: str, width: int, hang: int | None) -> str:
    if len(line) <= width:
        return line
    start = _INDENT.match(line)
    column = len(start[0]) if hang is None and start else hang or 0
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * (column if column <= width // 2 else _NEAR),
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
