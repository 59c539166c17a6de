"""Three versions of a value on the screen: before, here, there."""

import difflib
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from javis_pipeline.cli.tables import console_of_stdout, printable
from javis_pipeline.sync.richtext.storage.differences import Difference

_PIPED_WIDTH = 160


def print_side_by_side(base: object, local: object, remote: object) -> None:
    """Print what each side made of the base; lines that differ from it are coloured on a terminal."""
    table = _table()
    _add_row(table, base, local, remote)
    _print(table)


def print_differences(differences: Iterable[Difference]) -> None:
    """Print the places where a page differs, and how much between them is the same."""
    table = _table()
    for place in differences:
        if place.alike:
            table.add_row(Text(f"… {place.alike} blocks alike …", style="dim"), end_section=True)
        _add_row(table, place.before or None, place.here or None, place.there or None, end_section=True)
    _print(table)


def _table() -> Table:
    table = Table(expand=True)
    for title in ("before", "here", "there"):
        table.add_column(title, ratio=1, overflow="fold")
    return table


def _add_row(table: Table, base: object, local: object, remote: object, *, end_section: bool = False) -> None:
    before = _lines(base)
    sides = (_marked(before, _lines(local)), _marked(before, _lines(remote)))
    table.add_row(Text("\n".join(before)), *sides, end_section=end_section)


def _print(table: Table) -> None:
    console_of_stdout(_PIPED_WIDTH).print(table)


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
