"""`javis edit`: change fields of an issue or a page here."""

import json
from contextlib import closing
from dataclasses import asdict

import click

from javis_pipeline.cli.lines import say


@click.command()
@click.argument("key")
@click.option("--set", "assignments", multiple=True, required=True, metavar="FIELD=VALUE", help="Can be given again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Change fields of an issue (by its key) or of a page (by its id) here; the next sync sends them.

    The same as an UPDATE in SQL.

    \b
    javis edit OQC-7 --set title="Calibrate twice" \\
        --set due_date=2026-12-01 --set labels=urgent,lab
    javis edit OQC-7 --set assignee_id="Mara Lindqvist"
    javis edit OQC-7 --set assignee_id=
    javis edit OQC-7 --set "Severity=S1"
    javis edit 98310 --set title="How we work"

    Labels are comma-separated; people are named, or given by the id of their account; nothing after = empties the
    field. Custom fields go by their name or id, where JIRA_FIELD_POLICY lets them. A number is the id of a page.
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.edit import edit_record
    from javis_pipeline.wiring import TABLES, open_database

    with closing(open_database(load_settings())) as db:
        edited = edit_record(db, TABLES, key, assignments, application="javis edit")
    if as_json:
        click.echo(json.dumps(asdict(edited)))
        return
    site = edited.system.capitalize()
    if edited.fields:
        say(f"{edited.key}: edited here and not in {site} yet: {', '.join(edited.fields)}\nNext: javis sync")
    else:
        say(f"{edited.key}: as in {site}; nothing to sync.")
