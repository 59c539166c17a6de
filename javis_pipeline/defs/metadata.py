"""What a materialization shows in the UI: counts, sample rows, schemas, pictures."""

import base64
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import quote

import dagster as dg

# Metadata is stored in Dagster's event log, once per run: keep it small.
SAMPLE_ROWS = 10
# Enough for lines, areas and the edges of letters.
_COLOURS: Final = 48
# What is shorter is shown where it stands, the rest behind "[Show Markdown]".
UNFOLDED: Final = 1000


class Link(str):
    """Markdown made here, which `markdown_table` leaves as it is."""

    __slots__ = ()


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; text is escaped, so that a title cannot add cells, markup or rows. "none" without rows."""
    lines = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    if not lines:
        return "*none*"
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns), *lines])


def unfolded_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.MetadataValue[Any]:
    """As many rows as the UI shows without a click; the others are counted."""
    for shown in range(len(rows), 0, -1):
        more = f"\n\nand {len(rows) - shown} more" if shown < len(rows) else ""
        text = markdown_table(columns, rows[:shown]) + more
        if len(text) < UNFOLDED or shown == 1:
            return dg.MetadataValue.md(text)
    return dg.MetadataValue.md(markdown_table(columns, ()))


def link(text: str, url: str) -> Link:
    """A table cell that leads to `url`."""
    return Link(f"[{_cell(text)}]({url})")


def issue_link(key: str, site: str | None) -> Link:
    """The key of an issue as Markdown that leads to the issue; only the key where no Jira `site` is configured."""
    return link(key, f"{site}/browse/{key}") if site else Link(_cell(key))


def issue_links(keys: Iterable[str], site: str | None) -> Link:
    """The keys of issues as Markdown, each as in `issue_link`."""
    return Link(", ".join(issue_link(key, site) for key in keys))


def page_link(title: str, pages: str | None, page_id: str) -> Link:
    """The title of a page as Markdown that leads to the page; only the title where nobody knows where `pages` are."""
    if pages is None or not page_id.isdigit():  # it is not made there yet
        return Link(_cell(title))
    return link(title, f"{pages}/pages/viewpage.action?pageId={page_id}")


def _cell(value: object) -> str:
    if isinstance(value, Link):
        return value
    if isinstance(value, datetime):
        return _unbroken(f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    if isinstance(value, date):
        return _unbroken(str(value))
    text = "" if value is None else " ".join(str(value).split())
    return plain(text if len(text) <= 100 else text[:99] + "…")


def _unbroken(text: str) -> str:
    """`text` with hyphens and blanks at which no line ends: a narrow column would break a date into three lines."""
    return text.replace("-", "\N{NON-BREAKING HYPHEN}").replace(" ", "\N{NO-BREAK SPACE}")


def plain(text: str) -> str:
    """`text` as Markdown that shows it as it is."""
    return "".join(f"\\{char}" if char in r"\`*_[]<>|~#!" else char for char in text)


def drawing(svg: str, title: str, words: str) -> dg.MetadataValue[Any]:
    """A small SVG and what is said beside it, which the UI shows without a click; where none is drawn, the words."""
    # Of what stands in an address only what Markdown or HTML would take for their own has to be written otherwise.
    data = quote(svg, safe="=':/,;")
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml,{data})  \n{words}" if svg else f"*{words}*")


def picture(png: bytes, title: str) -> str:
    """A PNG as Markdown, inline and small: the UI shows it without fetching anything."""
    from PIL import Image  # with matplotlib, and only where something is drawn

    smaller = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(_COLOURS).save(smaller, "PNG", optimize=True)
    return f"![{title}](data:image/png;base64,{base64.b64encode(smaller.getvalue()).decode()})"


def version_of(*parts: object) -> str:
    """A short name for what an asset holds: the same parts give the same name."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def materialized(
    context: dg.AssetExecutionContext, metadata: Mapping[str, Any], *, data_version: str
) -> dg.MaterializeResult[None]:
    """What an asset returns: the metadata, and a name for what it holds now.

    The metadata is added to the materialization alone: Dagster would store that of a result a second time, in the event
    of the step's output.

    Args:
        data_version: The same as last time when the asset holds the same; what depends on it is then up to date.
    """
    context.add_asset_metadata(metadata)
    return dg.MaterializeResult(data_version=dg.DataVersion(data_version))


def without_side(context: dg.AssetExecutionContext, note: str) -> dg.MaterializeResult[None]:
    """What a side that the project does not have gives: it is there, since all below it would be skipped, and empty."""
    return materialized(context, {"dagster/row_count": 0, "note": note}, data_version="none")
