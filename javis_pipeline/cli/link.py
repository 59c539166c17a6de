"""`javis link`: link two issues here; the next sync links them in Jira."""

import json
from contextlib import closing

import click

from javis_pipeline.cli.lines import say


@click.command()
@click.argument("key", metavar="KEY")
@click.argument("label", metavar="LABEL")
@click.argument("other", metavar="KEY")
@click.option("--remove", is_flag=True, help="Undo the link instead.")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, label: str, other: str, remove: bool, dry_run: bool, as_json: bool) -> None:
    """Link two issues, the one that its words speak of in a project that JAVIS_LINKS names.

    The same as an INSERT INTO issue_links (issue_key, label, other_key) in SQL. LABEL is what the first does to the
    second, in the words of either direction. Both may be issues that are not made yet.

    \b
    javis link OQC-12 blocks OQC-7
    javis link OQC-7 "is blocked by" OQC-12 --remove
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.new import new_on_issue, remove_link
    from javis_pipeline.wiring import TABLES, apply_policies, open_database

    settings = load_settings()
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        if remove:
            done = remove_link(db, key, label, other, dry_run=dry_run)
        else:
            given = {"label": label, "other_key": other}
            done = new_on_issue(db, TABLES["jira_link"], key, given, dry_run=dry_run)
    what = "taken away" if remove else "linked"
    if as_json:
        click.echo(json.dumps({"key": done.key, "record_id": str(done.record_id), "dry_run": dry_run}))
    elif dry_run:
        say(f"It would be {what}; nothing was changed.")
    else:
        say(f"{done.key}: {what} here, and not in Jira yet.\nNext: javis sync")
