"""`javis tag`: labels of issues."""

import json
from contextlib import closing
from dataclasses import asdict

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say

_issue = click.option("--issue", "key", required=True, metavar="KEY", help="The issue.")
_tags = click.option("--tag", "tags", multiple=True, required=True, help="As in priority:high; can be given again.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Group)
def command() -> None:
    """List, add and remove tags. Tags are Jira's labels: changing one here is an edit that the next sync sends."""


@command.command("list")
@click.option("--issue", "key", metavar="KEY", help="Only this issue's tags.")
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@_as_json
def list_(key: str | None, projects: tuple[str, ...], as_json: bool) -> None:
    """Show the tags in use, the most used first."""
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.edit import list_labels
    from javis_pipeline.wiring import open_database

    settings = load_settings()
    chosen = chosen_projects(projects, settings.jira_projects) if projects else None
    with closing(open_database(settings)) as db:
        found = list_labels(db, key=key, projects=chosen)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    rows = [(row["label"], row["issues"], ", ".join(row["such_as"])) for row in found]
    print_table(["tag", "issues", "such as"], rows, empty="No tags.")


@command.command()
@_issue
@_tags
@_as_json
def add(key: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Add tags to an issue."""
    _change(key, tags, (), as_json=as_json)


@command.command()
@_issue
@_tags
@_as_json
def remove(key: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Remove tags from an issue."""
    _change(key, (), tags, as_json=as_json)


def _change(key: str, added: tuple[str, ...], removed: tuple[str, ...], *, as_json: bool) -> None:
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.edit import change_labels
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        edited = change_labels(db, key, add=added, remove=removed)
    if as_json:
        click.echo(json.dumps(asdict(edited)))
    elif "labels" in edited.fields:
        say(f"{edited.key}: tags changed here.\nNext: javis sync")
    else:
        say(f"{edited.key}: tags as in Jira; nothing to sync.")
