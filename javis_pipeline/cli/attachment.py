"""`javis attachment`: files that hang on issues."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MEGABYTE = 1_000_000


@click.group(cls=Group)
def command() -> None:
    """List and fetch files that hang on Jira issues. They stay in Jira; nothing is uploaded."""


@command.command("list")
@click.argument("key")
@_as_json
def list_(key: str, as_json: bool) -> None:
    """Show the files of an issue, as the last sync found them."""
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.attachments import list_attachments
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        found = list_attachments(db, key)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    print_table(["id", "name", "size", "by", "at"], [_shown(row) for row in found], empty="No files.")


@command.command("get")
@click.argument("attachment_id", metavar="ID")
@click.option("--out", type=click.Path(path_type=Path), help="File or folder that it goes to; else the current folder.")
@click.option("--most-mb", default=1000, show_default=True, help="A file of more megabytes is refused.")
@_as_json
def get(attachment_id: str, out: Path | None, most_mb: int, as_json: bool) -> None:
    """Fetch a file by its id, which `javis attachment list` shows.

    It never replaces a file that is there, and its name is made safe.
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.attachments import fetch_attachment
    from javis_pipeline.wiring import jira_client, open_database

    settings = load_settings()
    with closing(open_database(settings)) as db, closing(jira_client(settings, read_only=True)) as jira:
        fetched = fetch_attachment(db, jira, attachment_id, to=out, most_bytes=most_mb * _MEGABYTE)
    if as_json:
        click.echo(json.dumps({"path": str(fetched.path), "size": fetched.size, "told_size": fetched.told_size}))
        return
    note = "" if fetched.size == fetched.told_size else f"; Jira says it has {fetched.told_size}"
    say(f"{fetched.path}: {fetched.size} bytes{note}.")


def _shown(row: Mapping[str, Any]) -> tuple[str, ...]:
    at = f"{row['created_at']:%Y-%m-%d %H:%M}"
    return row["attachment_id"], row["name"], _size(row["size"]), row["author"] or "", at


def _size(size: int) -> str:
    for unit, most in (("B", 1000), ("kB", 1000**2), ("MB", 1000**3)):
        if size < most:
            return f"{size * 1000 // most} {unit}"
    return f"{size // 1000**3} GB"
