"""Three versions of a value on the screen: before, here, there."""

import difflib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from javis_pipeline.cli.tables import printable

_PIPED_WIDTH = 160


def print_side_by_side(base: object, local: object, remote: object) -> None:
    """Print what each side made of the base; lines that differ from it are coloured on a terminal."""
    console = Console() if sys.stdout.isatty() else Console(width=_PIPED_WIDTH)
    before = _lines(base)
    table = Table(expand=True)
    for title in ("before", "here", "there"):
        table.add_column(title, ratio=1, overflow="fold")
    table.add_row(Text("\n".join(before)), _marked(before, _lines(local)), _marked(before, _lines(remote)))
    console.print(table)


def _lines(value: object) -> list[str]:
    if value is None:
        return ["(none)"]
    if isinstance(value, list | tuple):
        return [printable(str(item)) for item in value] or ["(none)"]
    return [printable(line) for line in str(value).splitlines()] or ["(empty)"]


def _marked(before: list[str], after: list[str]) -> Text:
    text = Text()
    for line, is_new in _compared(before, after):
        text.append(f"{line}\n", style="bold green" if is_new else "")
    text.rstrip()
    return text


def _compared(before: list[str], after: list[str]) -> Iterator[tuple[str, bool]]:
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, _, _, start, end in matcher.get_opcodes():
        for line in after[start:end]:
            yield line, tag != "equal"
