"""`javis new`: make a record here, which the next sync makes there."""

import json
from contextlib import closing

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say


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
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.new import new_issue
    from javis_pipeline.wiring import TABLES, apply_policies, open_database

    settings = load_settings()
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        made = new_issue(db, TABLES["jira_issue"], project, type_name, title, parent, assignments, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"key": made.key, "record_id": str(made.record_id), "dry_run": dry_run}))
    elif dry_run:
        say(f"It would be made in {project.upper()}; nothing was changed.")
    else:
        say(f"{made.key}: made here, and not in Jira yet.\nNext: javis sync")
