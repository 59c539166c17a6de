"""Tables on stdout: drawn on a terminal, plain columns when piped."""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Wide enough that a piped table is never wrapped or cut.
_PIPED_WIDTH = 10_000


def printable(text: str) -> str:
    """`text` on one line, without what could move the cursor or colour the screen."""
    return "".join(char if char.isprintable() else " " for char in text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print the rows, or the sentence `empty` when there are none. Numbers are aligned to the right.

    Cells are text, never markup or control codes: an issue's title cannot colour the screen or add a column.
    """
    found = [list(row) for row in rows]
    if not found:
        sys.stdout.write(f"{empty}\n")
        return
    table = Table(box=SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], int | float) or row[index] is None for row in found)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in found:
        table.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=_PIPED_WIDTH)
    console.print(table)
