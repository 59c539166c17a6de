"""What a table needs beside its texts: cells of new rows and columns like those around them, rows of one width."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from javis_pipeline.sync.richtext.blocks import Spans, row_widths
from javis_pipeline.sync.richtext.placeholders import Node, attrs_of, children_of
from javis_pipeline.sync.richtext.said import Problems, Said

_HEADERS = ("tableHeader",)
_PLAIN = ("tableCell",)


def new_table(table: dict[str, Any], problems: Problems, said: Said) -> dict[str, Any]:
    """A table that was not there before: its first row are headers, short rows are filled up."""
    return _fitted(table, [_HEADERS, _PLAIN], problems, said)


def edited_table(before: Node, table: dict[str, Any], problems: Problems, said: Said) -> dict[str, Any]:
    """An edited table: new cells are of the sort of those around them."""
    rows = [_sorts(row) for row in children_of(before) if isinstance(row, dict)]
    alike = [rows[0], rows[1] if len(rows) > 1 else _PLAIN]
    even = len(set(_widths(children_of(before)))) <= 1
    return _fitted(table, alike, problems if even else Problems(), said)


def _fitted(table: dict[str, Any], sorts: Sequence[Sequence[str]], problems: Problems, said: Said) -> dict[str, Any]:
    """The table with cells of the sorts of its first and of its other rows, and what is wrong with a row's width."""
    rows = [row for row in children_of(table) if isinstance(row, dict)]
    widths = _widths(rows)
    width = Counter(widths).most_common(1)[0][0] if widths else 0
    fitted = []
    for at, row in enumerate(rows):
        cells = list(children_of(row))
        is_new = all(cell.get("type") == "cell" for cell in cells)
        if is_new and 0 < widths[at] < width:
            cells += [{"type": "cell", "content": [{"type": "paragraph"}]}] * (width - widths[at])
        elif widths[at] != width:
            line = said.content[at].line if at < len(said.content) else said.line
            columns = "column" if widths[at] == 1 else "columns"
            problems.add(line, f"the row is {widths[at]} {columns} wide, the table {width}")
        fitted.append({**row, "content": _with_sorts(cells, sorts[min(at, 1)])})
    return {**table, "content": fitted}


def _with_sorts(cells: Sequence[Any], sorts: Sequence[str]) -> list[Any]:
    """The cells of a row: new ones, of no sort yet, are like their neighbours; in a new row, like their column."""
    fitted: list[Any] = []
    behind: str | None = None
    known = [cell.get("type") for cell in cells if cell.get("type") != "cell"]
    for at in reversed(range(len(cells))):
        sort = cells[at].get("type")
        if sort == "cell":
            sort = (behind or known[-1]) if known else sorts[min(at, len(sorts) - 1)]
            fitted.append({**cells[at], "type": sort})
        else:
            behind = sort
            fitted.append(cells[at])
    return fitted[::-1]


def _sorts(row: Node) -> Sequence[str]:
    return [str(cell.get("type")) for cell in children_of(row) if isinstance(cell, dict)] or _PLAIN


def _widths(rows: Sequence[Any]) -> list[int]:
    return row_widths(table_spans(rows))


def table_spans(rows: Sequence[Any]) -> list[Spans]:
    """Of the rows of a table, how many rows and columns each cell spans."""
    cells = [[attrs_of(cell) for cell in children_of(row) if isinstance(cell, dict)] for row in rows]
    return [[(_span(attrs, "rowspan"), _span(attrs, "colspan")) if attrs else (1, 1) for attrs in row] for row in cells]


def _span(attrs: Any, name: str) -> int:
    value = attrs.get(name)
    return int(value) if isinstance(value, int | float) and value >= 1 else 1
