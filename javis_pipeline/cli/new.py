"""`javis new`: make a record here, which the next sync makes there."""

import json
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.tables import Table
    from javis_pipeline.records.values import ResourceType
    from javis_pipeline.steps.new import New


@click.group(cls=Group)
def command() -> None:
    """Make something here; the next sync makes it there."""


@command.command()
@click.option("--project", required=True, metavar="KEY", help="Key of the project.")
@click.option("--type", "type_name", required=True, metavar="NAME", help="Type of the issue, such as Story.")
@click.option("--title", required=True, help="One line.")
@click.option("--parent", metavar="KEY", help="Issue that it lies below; may be one that is not made yet.")
@click.option("--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="As for javis edit.")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def issue(
    project: str,
    type_name: str,
    title: str,
    parent: str | None,
    assignments: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make an issue in a project that JAVIS_CREATE names.

    The same as an INSERT INTO jira_issues (project_key, issue_type, title) in SQL. It has a key of its own at once, by
    which it can be edited and named as a parent, and which goes on leading to it when Jira has given it another.

    \b
    javis new issue --project OQC --type Story \\
        --title "Calibrate twice" --parent OQC-1 \\
        --set due_date=2026-12-01
    """
    from javis_pipeline.steps.new import new_issue

    def make(db: "Database", table: "Table") -> "New":
        return new_issue(db, table, project, type_name, title, parent, assignments, dry_run=dry_run)

    _make(make, "jira_issue", project.upper(), dry_run=dry_run, as_json=as_json)


@command.command()
@click.option("--space", required=True, metavar="KEY", help="Key of the space.")
@click.option("--title", required=True, help="One line; no other page of the space has it.")
@click.option("--parent", metavar="ID", help="Page that it stands under; may be one that is not made yet.")
@click.option("--set", "assignments", multiple=True, metavar="FIELD=VALUE", help="As for javis edit.")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def page(
    space: str, title: str, parent: str | None, assignments: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Make a page in a space of a project that JAVIS_CREATE names.

    The same as an INSERT INTO confluence_pages (space_key, title, body_storage) in SQL. It has a key of its own at
    once, by which it can be edited and named as a parent, and which goes on leading to it when Confluence has given it
    an id.

    \b
    javis new page --space OQC --title "Calibration" \\
        --set body_storage="<p>Twice a week.</p>"
    """
    from javis_pipeline.steps.new import new_page

    def make(db: "Database", table: "Table") -> "New":
        return new_page(db, table, space, title, parent, assignments, dry_run=dry_run)

    _make(make, "confluence_page", space, dry_run=dry_run, as_json=as_json)


def _make(
    make: Callable[["Database", "Table"], "New"], kind: "ResourceType", where: str, *, dry_run: bool, as_json: bool
) -> None:
    """Make a record of a kind, and say so."""
    from javis_pipeline.records.systems import SYSTEMS
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import TABLES, apply_policies, open_database

    settings, table = load_settings(), TABLES[kind]
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        made = make(db, table)
    if as_json:
        click.echo(json.dumps({"key": made.key, "record_id": str(made.record_id), "dry_run": dry_run}))
    elif dry_run:
        say(f"It would be made in {where}; nothing was changed.")
    else:
        say(f"{made.key}: made here, and not in {SYSTEMS[table.system].title} yet.\nNext: javis sync")
