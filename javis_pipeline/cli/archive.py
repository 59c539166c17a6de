"""`javis archive`: delete an issue or a page here; the next sync archives it there."""

import click

from javis_pipeline.cli.put_away import put_away_here


@click.command()
@click.argument("key", metavar="KEY")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, dry_run: bool, as_json: bool) -> None:
    """Archive an issue or a page of a project for which JAVIS_DELETE says archive or delete.

    The row is deleted here at once, as by a DELETE in SQL; the next sync archives what was seen, unless somebody has
    changed it there since. A page that somebody restores there comes back.
    """
    put_away_here("archive", key, dry_run=dry_run, as_json=as_json)
