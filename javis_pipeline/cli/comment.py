"""`javis comment`: comment on an issue or below a page here; the next sync writes it there."""

import json
from contextlib import closing

import click

from javis_pipeline.errors import UsageError


@click.command()
@click.argument("key", metavar="KEY")
@click.argument("text", metavar="TEXT")
@click.option("--role", metavar="NAME", help="Only people of this role in the project may read it.")
@click.option("--internal", is_flag=True, help="In a service project: customers may not read it.")
@click.option("--public", is_flag=True, help="In a service project: customers may read it.")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, text: str, role: str | None, internal: bool, public: bool, dry_run: bool, as_json: bool) -> None:
    """Comment on an issue or a page of a project that JAVIS_COMMENTS names.

    The same as an INSERT INTO comments (issue_key, body) in SQL. TEXT is Markdown. Who may read it is said now, and
    never changed from here. The issue may be one that is not made yet.

    Below a page, named by its id, TEXT is plain; empty lines make paragraphs. The same as an INSERT INTO page_comments
    (page_id, body_storage), which takes storage XHTML.

    \b
    javis comment OQC-12 "Calibrated *twice*." \\
        --role Developers
    javis comment 131090 "Who keeps this?"
    """
    from javis_pipeline.records.systems import SYSTEMS
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.new import new_comment
    from javis_pipeline.wiring import TABLES, apply_policies, open_database

    chosen = [*([f"role:{role}"] if role else []), *(["internal"] if internal else []), *(["public"] if public else [])]
    if len(chosen) > 1:
        raise UsageError("--role, --internal and --public exclude each other; give one")
    settings = load_settings()
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        made, system = new_comment(db, TABLES, key, text, next(iter(chosen), None), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"key": made.key, "record_id": str(made.record_id), "dry_run": dry_run}))
    elif dry_run:
        click.echo("It would be written; nothing was changed.")
    else:
        click.echo(f"{made.key}: written here, and not in {SYSTEMS[system].title} yet.\nNext: javis sync")
