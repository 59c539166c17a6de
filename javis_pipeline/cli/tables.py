"""Tables on stdout: drawn on a terminal, a block a record on a narrow one, plain columns when piped."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from javis_pipeline.cli.lines import say

# Wide enough that a piped table is never wrapped or cut.
_PIPED_WIDTH = 10_000
# Below it, and where columns would break words into pieces, each record is a block.
_NARROW = 80
_PADDINGS = (1, 0)
# What people copy into the next command.
_IDS = frozenset({"id", "key", "run", "epic", "scope", "project"})


def printable(text: str) -> str:
    """`text` on one line, without what could move the cursor or colour the screen."""
    return "".join(char if char.isprintable() else " " for char in text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print the rows, or the sentence `empty` when there are none. Numbers are aligned to the right.

    Cells are text, never markup or control codes: an issue's title cannot colour the screen or add a column.
    """
    found = [list(row) for row in rows]
    if not found:
        say(empty)
        return
    console = console_of_stdout()
    texts = [[column, *(_cell(row[index]).plain for row in found)] for index, column in enumerate(columns)]
    padding, widths = _layout(texts, console.width)
    if console.width < _NARROW or not widths:
        _print_blocks(console, columns, found)
        return
    on_terminal = SIMPLE_HEAD if sys.stdout.isatty() else None
    table = Table(box=on_terminal, pad_edge=False, show_edge=False, padding=(0, padding))
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], int | float) or row[index] is None for row in found)
        justify: JustifyMethod = "right" if numbers else "left"
        table.add_column(column, justify=justify, overflow="fold", width=widths[index])
    for row in found:
        table.add_row(*map(_cell, row))
    _write(console, table)


def _layout(columns: Sequence[Sequence[str]], room: int) -> tuple[int, list[int]]:
    """Blanks around columns, and how wide each is: no word is broken, and nothing of what people copy; [] if too wide.

    Args:
        columns: Of each its name, and its cells.
    """
    least = [max(map(cell_len, _unbroken(name, cells))) for name, *cells in columns]
    widths = [max(map(cell_len, cells)) for cells in columns]
    for padding in _PADDINGS:
        left = room - (2 * padding + 1) * (len(columns) - 1)
        if sum(least) <= left:
            while sum(widths) > left:
                widest = max(range(len(widths)), key=lambda place: (widths[place] > least[place], widths[place]))
                widths[widest] -= 1
            return padding, widths
    return 0, []


def _unbroken(name: str, cells: Sequence[str]) -> Iterator[str]:
    yield ""
    yield from name.split()
    for cell in cells:
        yield from [cell] if name in _IDS else cell.split()


def console_of_stdout(piped_width: int = _PIPED_WIDTH) -> Console:
    """The terminal; or, when there is none, lines of that width."""
    if not sys.stdout.isatty():
        return Console(width=piped_width)
    # To Rich, bold and dim are no colours; who asks for none wants plain text.
    return Console(color_system=None if os.environ.get("NO_COLOR") else "auto")


def _write(console: Console, drawn: RenderableType) -> None:
    """Print without the blanks that fill the last column: they would wrap, and be in every diff of a piped table."""
    with console.capture() as captured:
        console.print(drawn)
    sys.stdout.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def _cell(value: object) -> Text:
    return Text("" if value is None else printable(str(value)))


def _print_blocks(console: Console, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A line for each column that has a value, and an empty line between records."""
    width = max(map(len, columns))
    for index, row in enumerate(rows):
        if index:
            console.print()
        block = Table.grid(padding=(0, 2))
        block.add_column(no_wrap=True, min_width=width)
        block.add_column(overflow="fold")
        for column, value in zip(columns, row, strict=True):
            if value not in (None, ""):
                block.add_row(Text(column, style="dim"), _cell(value))
        _write(console, block)
