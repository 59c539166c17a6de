"""`javis fields`: the custom fields of the Jira site."""

import json
from contextlib import closing

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say


@click.group(cls=Group, invoke_without_command=True)
@click.option("--project", metavar="KEY", help="Only those that issues of this project have.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, project: str | None, as_json: bool) -> None:
    """List the custom fields of Jira: id, name, how their values read, and how many issues have one.

    Their values are in jira_issues.custom_fields, by id, and by name in the view of each project (issues_oqc of OQC).
    """
    if ctx.invoked_subcommand is None:
        _list(project, as_json)


def _list(project: str | None, as_json: bool) -> None:
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.db.jira_fields import list_fields
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db, db.transaction() as conn:
        fields = list_fields(conn, project and project.upper())
    if as_json:
        click.echo(json.dumps(fields, indent=2, default=str, ensure_ascii=False))
        return
    rows = [
        [
            field["field_id"],
            field["name"],
            field["sort"],
            field["policy"],
            field["issues"],
            ", ".join(field["projects"]),
            "gone" if field["gone_at"] else "",
        ]
        for field in fields
    ]
    empty = (
        f"No issue of {project} has a custom field." if project else "No custom field is known yet. Next: javis sync"
    )
    print_table(["id", "name", "reads as", "policy", "issues", "projects", ""], rows, empty=empty)


@command.command("rebuild-view")
@click.argument("project", metavar="PROJECT")
def rebuild(project: str) -> None:
    """Make the view of PROJECT anew.

    Its columns have the names of today, and there are none for fields that are gone. What others have made of the view
    has to be dropped first.
    """
    from javis_pipeline.db.field_views import rebuild_view
    from javis_pipeline.errors import UsageError
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    key = project.upper()
    with closing(open_database(load_settings())) as db, db.transaction(origin="sync") as conn:
        fields = rebuild_view(conn, key)
    if fields is None:
        raise UsageError(f"there is no view of {key}; the next sync of the project makes it")
    say(f"issues_{key.lower()} is new, with {fields} custom fields.")
