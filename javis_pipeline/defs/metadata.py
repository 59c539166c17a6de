"""What a materialization shows in the UI: counts, sample rows, schemas, pictures."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from javis_pipeline.db.connection import Database

# Metadata is stored in Dagster's event log, once per run: keep it small.
SAMPLE_ROWS = 10


class Link(str):
    """Markdown made here, which `markdown_table` leaves as it is."""

    __slots__ = ()


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; text is escaped, so that a title cannot add cells, markup or rows. "none" without rows."""
    lines = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    if not lines:
        return "*none*"
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns), *lines])


def link(text: str, url: str) -> Link:
    """A table cell that leads to `url`."""
    return Link(f"[{_cell(text)}]({url})")


def issue_link(key: str, site: str | None) -> Link:
    """The key of an issue as Markdown that leads to the issue; only the key where no Jira `site` is configured."""
    return link(key, f"{site}/browse/{key}") if site else Link(_cell(key))


def issue_links(keys: Iterable[str], site: str | None) -> Link:
    """The keys of issues as Markdown, each as in `issue_link`."""
    return Link(", ".join(issue_link(key, site) for key in keys))


def page_link(title: str, site: str | None, space: str, page_id: str) -> Link:
    """The title of a page as Markdown that leads to the page; only the title where no Confluence `site` is known."""
    return link(title, f"{site}/wiki/spaces/{space}/pages/{page_id}") if site else Link(_cell(title))


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


def picture(png: bytes, title: str) -> dg.MetadataValue[Any]:
    """A PNG, inline: the UI shows it without fetching anything."""
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def table_metadata(db: Database, table: str, where: Mapping[str, object]) -> dict[str, Any]:
    """Name, columns and number of rows of the slice of `table` given by `where`.

    `table` and the keys of `where` are names from our code, never from outside.
    """
    condition = " AND ".join(f"{column} = %({column})s" for column in where)
    count = db.query(f"SELECT count(*) AS rows FROM {table} WHERE {condition}", dict(where))  # noqa: S608 names are ours
    return {**table_columns(db, table), "dagster/row_count": count[0]["rows"]}


def table_columns(db: Database, table: str) -> dict[str, Any]:
    """Name and columns of a table, from the database's own catalog."""
    columns = db.query(
        """SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required,
                  col_description(attrelid, attnum) AS description
             FROM pg_attribute WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
            ORDER BY attnum""",
        {"table": table},
    )
    return {
        "dagster/table_name": table,
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    name=column["name"],
                    type=column["type"],
                    description=column["description"],
                    constraints=dg.TableColumnConstraints(nullable=not column["required"]),
                )
                for column in columns
            ]
        ),
    }
