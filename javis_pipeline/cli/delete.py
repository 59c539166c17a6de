"""`javis delete`: delete an issue or a page here; the next sync deletes it there."""

import click

from javis_pipeline.cli.put_away import put_away_here


@click.command()
@click.argument("key", metavar="KEY")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, dry_run: bool, as_json: bool) -> None:
    """Delete an issue or a page of a project for which JAVIS_DELETE says delete.

    The row is deleted here at once, as by a DELETE in SQL; the next sync deletes what was seen, unless somebody has
    changed it there since. A page goes into the trash of its space; an issue is gone for good, and one with sub-tasks
    is not deleted.
    """
    put_away_here("delete", key, dry_run=dry_run, as_json=as_json)
