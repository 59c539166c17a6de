"""`javis audit`: who changed what."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import click

from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError


@click.command()
@click.option("--issue", "key", metavar="KEY", help="Everything that happened to this issue, page or comment.")
@click.option("--run", "run_id", metavar="RUN", help="Everything that this run changed; the id may be cut short.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Most lines to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str | None, run_id: str | None, limit: int, as_json: bool) -> None:
    """Show who changed what: the runs that changed something, or all changes of one run or one record."""
    if key and run_id:
        raise UsageError("--issue and --run exclude each other; give one")
    from javis_pipeline.db.audit import changes_of_record, changes_of_run, recent_runs
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.edit import find_record
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        if key:
            rows = changes_of_record(db, find_record(db, key), limit=limit)
        elif run_id:
            rows = changes_of_run(db, run_id, limit=limit)
        else:
            rows = recent_runs(db, limit=limit)
        people, fields = display_names(db), field_names(db)
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
    elif key or run_id:
        _print_changes(rows, people, fields)
    else:
        _print_runs(rows)


def _print_runs(rows: Sequence[Mapping[str, Any]]) -> None:
    from javis_pipeline.cli.tables import print_table

    cells = [
        (
            row["run_id"][:8],
            _instant(row["at"]),
            row["records"],
            row["local_changes"],
            row["remote_changes"],
            "undo" if row["is_undo"] else "",
        )
        for row in rows
    ]
    print_table(
        ["run", "at", "records", "changed here", "changed there", ""], cells, empty="No sync changed anything yet."
    )
    if rows:
        say(f"Next: javis audit --run {rows[0]['run_id'][:8]}")


def _print_changes(rows: Sequence[Mapping[str, Any]], people: Mapping[str, str], fields: Mapping[str, str]) -> None:
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.cli.values import short

    cells = [
        (
            _instant(row["at"]),
            *([row["key"]] if "key" in row else []),
            "here" if row["side"] == "local" else "there",
            fields.get(row["field"], row["field"]),
            short(row["old"], people),
            short(row["new"], people),
            row["reason"],
            people.get(row["actor"], row["actor"]),
            *([] if "key" in row else [(row["run_id"] or "")[:8]]),
        )
        for row in rows
    ]
    keyed = bool(rows) and "key" in rows[0]
    columns = ["at", *(["key"] if keyed else []), "side", "field", "before", "after", "why", "who"]
    print_table([*columns, *([] if keyed else ["run"])], cells, empty="Nothing was changed.")


def _instant(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
