"""`javis conflicts`: what both sides changed, and choosing."""

import getpass
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.conflicts import FoundConflict
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.values import ScopeRef

# Whether a row was made, and how often: no value can be chosen.
_ABOUT_MAKING = frozenset({"creation_unknown", "made_twice"})
# Of a list on a terminal: two screens.
MOST_LISTED = 50

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Group, invoke_without_command=True)
@_as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List conflicts, show both values side by side, and choose.

    A conflict is a field that changed here and there since both sides last agreed. Both values are kept; the other
    fields of the issue go on being synced.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@command.command("list")
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--errors", is_flag=True, help="List what could not be synced instead, with the reason.")
@click.option("--limit", type=click.IntRange(min=1), help=f"Most to show; {MOST_LISTED} if not said, with --json all.")
@_as_json
def list_(
    projects: tuple[str, ...] = (), errors: bool = False, limit: int | None = None, as_json: bool = False
) -> None:
    """List the conflicts that wait, oldest first."""
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.db.conflicts import list_conflicts, list_errors
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    settings = load_settings()
    keys = chosen_projects(projects, settings.partitions) if projects else []
    scopes = settings.scopes_of(keys) or None
    with closing(open_database(settings)) as db:
        if as_json:
            found = (list_errors if errors else list_conflicts)(db, scopes, quote_restricted=True, limit=limit)
            click.echo(json.dumps(found, indent=2, default=str))
        elif errors:
            _print_errors(db, scopes, limit or MOST_LISTED)
        else:
            print_conflicts(db, scopes, limit or MOST_LISTED)


def print_conflicts(db: "Database", scopes: "Sequence[ScopeRef] | None" = None, limit: int = MOST_LISTED) -> None:
    """The oldest open conflicts as a table, how many more there are, and the next command."""
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.cli.values import short
    from javis_pipeline.db.conflicts import list_conflicts, outline_conflicts
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names

    found = list_conflicts(db, scopes, quote_restricted=True, limit=limit)
    people, fields = display_names(db), field_names(db)
    rows = [
        (
            str(conflict["id"])[:8],
            conflict["key"],
            fields.get(conflict["field_name"], conflict["field_name"]),
            conflict["kind"].replace("_", " "),
            short(conflict["base_value"], people),
            short(conflict["local_value"], people),
            short(conflict["remote_value"], people),
            _who(conflict),
        )
        for conflict in found
    ]
    columns = ["id", "key", "field", "kind", "before", "here", "there", "changed there by"]
    print_table(columns, rows, empty="No conflicts.")
    if len(found) == limit:
        _say_how_many_more(len(outline_conflicts(db, scopes)) - limit)
    if found:
        click.echo(f"Next: javis conflicts show {rows[0][0]}")


def _print_errors(db: "Database", scopes: "Sequence[ScopeRef] | None", limit: int) -> None:
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.db.conflicts import list_errors, outline_errors
    from javis_pipeline.db.jira_fields import field_names

    found, fields = list_errors(db, scopes, quote_restricted=True, limit=limit), field_names(db)
    rows = [(error["key"], fields.get(error["field"], error["field"]), error["reason"]) for error in found]
    print_table(
        ["key", "field", "why it is not in step"],
        rows,
        empty="Nothing failed. What waits for the next sync: javis status.",
    )
    if len(found) == limit:
        _say_how_many_more(len(outline_errors(db, scopes)) - limit)


def _say_how_many_more(more: int) -> None:
    if more > 0:
        say(f"and {more} more: --limit shows more of them, --project those of one project")


def _who(conflict: Mapping[str, Any]) -> str:
    at = conflict["details"].get("remote_at")
    when = datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M") if at else ""
    return ", ".join(filter(None, (conflict["remote_author"], when)))


@command.command()
@click.argument("conflict_id", metavar="ID")
@_as_json
def show(conflict_id: str, as_json: bool) -> None:
    """Show one conflict side by side, with the value both sides agreed on last. ID may be cut short."""
    from javis_pipeline.db.conflicts import list_conflicts
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        found = _find(db, conflict_id)
        rows = list_conflicts(db, [found.scope_ref], quote_restricted=True, only=found.conflict_id)
        people, fields = display_names(db), field_names(db)
    conflict = next(iter(rows), None)
    if conflict is None:
        raise UsageError(f"conflict {conflict_id} is {found.state}; javis conflicts lists those that are open")
    if as_json:
        click.echo(json.dumps(conflict, indent=2, default=str))
        return
    from javis_pipeline.cli.side_by_side import print_differences, print_side_by_side
    from javis_pipeline.cli.tables import printable
    from javis_pipeline.cli.values import named
    from javis_pipeline.sync.richtext.storage.differences import page_differences

    click.secho(f"{conflict['key']}  {printable(conflict['title'] or '')}", bold=True)
    kind, since = conflict["kind"].replace("_", " "), conflict["created_at"]
    say(f"{fields.get(conflict['field_name'], conflict['field_name'])}: {kind}, open since {since:%Y-%m-%d %H:%M}")
    who = _who(conflict)
    if who:
        say(f"changed there by {who}")
    _print_losses(conflict["details"])
    whole = [named(conflict[f"{side}_value"], people) for side in ("base", "local", "remote")]
    values = _excerpts(whole)
    places = page_differences(*values) if conflict["field_name"] == "body_storage" and values == whole else None
    if places:
        print_differences(places)
    else:
        print_side_by_side(*values)
    if values != whole:
        say("This is what lies around the differences; --json prints all of it.")
    short_id = str(conflict["id"])[:8]
    say(f"Next: javis conflicts resolve {short_id} --local, or --remote, or --value TEXT")


def _excerpts(values: Sequence[Any]) -> list[Any]:
    """The values as far as they are shown: nobody reads more on a screen, and comparing much of it takes long."""
    from javis_pipeline.records.excerpts import around_differences

    texts = iter(around_differences([v for v in values if isinstance(v, str)], most=50_000, most_lines=1_000))
    return [next(texts) if isinstance(value, str) else value for value in values]


def _print_losses(details: Mapping[str, Any], *, err: bool = False) -> None:
    """Why the text here cannot go out as it is, and what goes if it does."""
    from javis_pipeline.cli.tables import printable
    from javis_pipeline.records.losses import losses_shown, reasons_shown

    for reason in reasons_shown(details):
        say(printable(reason), err=err)
    losses = losses_shown(details)
    if losses:
        say("with --local this goes from the other side:", err=err)
        for loss in losses:
            say(f"  {printable(loss)}", err=err)


@command.command()
@click.argument("conflict_id", metavar="ID")
@click.option("--local", is_flag=True, help="The value here wins, and goes there with the next sync.")
@click.option("--remote", is_flag=True, help="The value there wins, and replaces the one here.")
@click.option("--value", metavar="TEXT", help="This value wins on both sides; written as for javis edit.")
@click.option("--merged", type=click.File(), metavar="FILE", help="The text in FILE wins; - reads standard input.")
@click.option("--again", "answer", flag_value="again", help="Of a row that may have been made: it was not; make it.")
@click.option("--gone", "answer", flag_value="gone", help="It was made, and is gone or out of sight.")
@click.option("--withdraw", "answer", flag_value="withdraw", help="It is not wanted any more.")
@click.option("--is", "is_key", metavar="KEY", help="It was made: it is KEY.")
@_as_json
def resolve(
    conflict_id: str,
    local: bool,
    remote: bool,
    value: str | None,
    merged: TextIO | None,
    answer: str | None,
    is_key: str | None,
    as_json: bool,
) -> None:
    """End a conflict as you choose. ID may be cut short.

    If a side has moved since the conflict was last synced, nothing is done and you are told.
    """
    if sum((local, remote, value is not None, merged is not None, answer is not None, is_key is not None)) != 1:
        raise UsageError(
            "say which value wins: --local, --remote, --value TEXT or --merged FILE; "
            "of a row that may have been made: --again, --is KEY, --gone or --withdraw"
        )
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    with closing(open_database(load_settings())) as db:
        found = _find(db, conflict_id)
        if found.kind in _ABOUT_MAKING:
            field = _answer(db, found, answer or ("is" if is_key else None), is_key)
        elif answer or is_key:
            raise UsageError(
                f"conflict {conflict_id} is about a value: --local, --remote, --value TEXT or --merged FILE"
            )
        elif merged is not None:
            field = _resolve(db, found, "merged", merged.read())
        else:
            field = _resolve(db, found, "local" if local else "remote" if remote else "manual", value)
    if as_json:
        click.echo(json.dumps({"id": str(found.conflict_id), "field": field, "state": "resolved"}))
    else:
        say(f"Resolved: {field}.\nNext: javis sync")


def _answer(db: "Database", found: "FoundConflict", answer: Any, key: str | None) -> str:
    """Say what became of a row that may have been made, and name it."""
    from javis_pipeline.db.creates import PostgresCreates
    from javis_pipeline.records.systems import SYSTEMS
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.meet import answer_creation
    from javis_pipeline.wiring import TABLES, clock, find_record

    if answer is None:
        raise UsageError("say what became of it: --again, --is KEY, --gone or --withdraw")
    assert found.record_id is not None
    by = getpass.getuser()
    table = TABLES[found.resource_type]
    book = PostgresCreates(db, table, found.scope, run_id=f"answer by {by}", now=clock)
    if found.kind == "made_twice":
        book.end_twins(found.record_id, by)
        return f"both stay; remove in {SYSTEMS[table.system].title} the one that is too many"
    if key and table.place.hangs_on and "#" not in key:
        raise UsageError(
            f"say what it is written on too: KEY#{table.place.hangs_on.called}{key}, as javis conflicts does"
        )
    made = find_record(load_settings(), table.system, key) if key else None
    return f"making {answer_creation(book, found.record_id, answer, made, by=by, now=clock())}"


def _find(db: "Database", prefix: str) -> "FoundConflict":
    from javis_pipeline.db.conflicts import find_conflicts, list_conflicts

    found = find_conflicts(db, prefix)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"several conflicts have an id that begins with {prefix}; give more of it")
    first = [str(row["id"])[:8] for row in list_conflicts(db, limit=3)]
    hint = f"; open ones: {', '.join(first)}" if first else "; none is open"
    raise UsageError(f"there is no conflict {prefix}{hint}")


def _resolve(db: "Database", found: "FoundConflict", choice: Any, text: str | None) -> str:
    """Resolve, and name what was resolved."""
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.sync_store import PostgresStore
    from javis_pipeline.steps.edit import read_value
    from javis_pipeline.steps.resolve import resolve as resolve_conflict
    from javis_pipeline.wiring import TABLES, local_run

    store = PostgresStore(db, TABLES[found.resource_type], found.scope)
    conflict = store.conflict(found.conflict_id)
    assert conflict is not None
    value = None if text is None else read_value(db, conflict.field, text.rstrip("\n"), TABLES[found.resource_type])
    run = local_run(found.resource_type, store.catalog())
    resolve_conflict(store, found.conflict_id, choice, run, by=getpass.getuser(), value=value, seen=conflict)
    if choice == "local":
        _print_losses(conflict.details, err=True)
    return f"{field_names(db).get(conflict.field, conflict.field)} of {conflict.ref.key}"
