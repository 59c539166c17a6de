"""What `javis archive` and `javis delete` have in common."""

import json
from contextlib import closing
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.lines import say
from javis_pipeline.records.systems import SYSTEMS

if TYPE_CHECKING:
    from javis_pipeline.records.policy import Way


def put_away_here(way: "Way", key: str, *, dry_run: bool, as_json: bool) -> None:
    """Delete a record here, so that the next sync puts it away there, and say so."""
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.put_away import put_away
    from javis_pipeline.wiring import TABLES, apply_policies, open_database

    settings = load_settings()
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        done = put_away(db, TABLES, key, way, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"key": done.key, "record_id": str(done.record_id), "way": way, "dry_run": dry_run}))
    elif dry_run:
        say(f"{done.key} would be {way}d; nothing was changed.")
    else:
        say(f"{done.key}: deleted here, and not {way}d in {SYSTEMS[done.system].title} yet.\nNext: javis sync")
