"""`javis undo`: take back what one run changed."""

import getpass
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.sync import PlanItem
    from javis_pipeline.sync.undo import Left


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; needs --yes to do anything.")
def command(run_id: str, yes: bool, as_json: bool) -> None:
    """Set back what the run RUN changed, here and there; shows the plan first. The id may be cut short.

    What was edited since is left alone and becomes a conflict. The undo is a run of its own, so it can be undone. What
    the run made or put away there stays so; what can be done about it is said.
    """
    from javis_pipeline.context.wording import counted
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        items, left = _undo(db, run_id, really=False)
        if not as_json:
            _print(items, display_names(db), field_names(db))
            _offer(left)
        if not items or not (yes or (not as_json and click.confirm("Set these back?"))):
            if as_json:
                click.echo(json.dumps([asdict(item) for item in items], indent=2, default=str))
            return
        done, _ = _undo(db, run_id, really=True)
    if as_json:
        click.echo(json.dumps([asdict(item) for item in done], indent=2, default=str))
    else:
        say(f"{counted(len(done), 'field')} set back here.\nNext: javis sync")


def _undo(db: "Database", run_id: str, *, really: bool) -> "tuple[list[PlanItem], list[Left]]":
    from javis_pipeline.db.audit import scopes_of_run
    from javis_pipeline.db.sync_store import PostgresStore
    from javis_pipeline.steps.undo import plan_undo, undo_run
    from javis_pipeline.wiring import TABLES, local_run

    scopes = scopes_of_run(db, run_id)
    if len({scope.run_id for scope in scopes}) != 1:
        what = "several runs begin with" if scopes else "no run that changed anything is called"
        raise UsageError(f"{what} {run_id}; javis audit lists the runs")
    items: list[PlanItem] = []
    left: list[Left] = []
    for scope in scopes:
        store = PostgresStore(db, TABLES[scope.resource_type], scope.scope)
        undo = undo_run if really else plan_undo
        done = undo(store, scope.run_id, local_run(scope.resource_type, store.catalog()), by=getpass.getuser())
        items.extend(done.items)
        left.extend(done.left)
    return items, left


def _offer(left: "list[Left]") -> None:
    for one in left:
        say(f"{one.ref.key} was {one.became} by this run. {one.way_back}")


def _print(items: "list[PlanItem]", people: Mapping[str, str], fields: Mapping[str, str]) -> None:
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.cli.values import short

    rows = [
        (
            item.key,
            fields.get(item.field, item.field),
            short(item.old, people),
            short(item.new, people),
            _becomes(item),
        )
        for item in items
    ]
    print_table(["key", "field", "now", "back to", "becomes"], rows, empty="Nothing is left to undo.")


def _becomes(item: "PlanItem") -> str:
    if item.side == "conflict":
        return "a conflict: it was changed since"
    return "an edit here, for the next sync" if item.side == "local" else "an edit there"
