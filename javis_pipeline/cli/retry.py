"""`javis retry`: have the remote asked again for what it refused."""

import json
from contextlib import closing

import click

from javis_pipeline.cli.lines import say


@click.command()
@click.argument("key")
@click.option("--field", metavar="FIELD", help="Only this field.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, field: str | None, as_json: bool) -> None:
    """Have the next sync send again what Jira or Confluence refused of KEY: an issue's key or a page's id.

    A refusal is about the moment, so each is tried again by itself: after a run, an hour, six hours, and every day.
    This is for those who know that its cause is gone. Writing the same value once more in SQL does the same.
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.edit import ids_of_fields
    from javis_pipeline.steps.retry import retry
    from javis_pipeline.wiring import TABLES, clock, open_database

    with closing(open_database(load_settings())) as db:
        (named,) = ids_of_fields(db, TABLES, [field]) if field else (None,)
        asked = retry(db, TABLES, key, named, now=clock())
    if as_json:
        click.echo(json.dumps({"key": asked.key, "fields": asked.fields}))
    else:
        say(f"{asked.key}: {', '.join(asked.fields)} will be sent again.\nNext: javis sync")
