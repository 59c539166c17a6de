"""`javis sync`: one run for each project, through Dagster."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from javis_pipeline.cli.lines import say
from javis_pipeline.errors import JavisError, UsageError
from javis_pipeline.records.systems import SYSTEMS

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.sync import PlanItem
    from javis_pipeline.records.values import System
    from javis_pipeline.settings import Settings

CONFLICTS_WAIT = 3
DRY_RUN = "dry-run"


@dataclass(frozen=True)
class Options:
    """What was asked on the command line."""

    what: str
    full: bool
    force: str
    fields: tuple[str, ...]
    expect_writes: int | None
    expect_deletions: int | None
    expect_missing: int | None
    expect_account: str | None
    expect_place: str | None


@click.command()
@click.argument("what", type=click.Choice(["all", *SYSTEMS]), default="all")
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--dry-run", is_flag=True, help="Show what a sync would change, and change nothing anywhere.")
@click.option("--show-conflicts", is_flag=True, help="List the conflicts that wait afterwards, with both values.")
@click.option("--force-local", is_flag=True, help="Resolve all open conflicts: the values here win.")
@click.option("--force-remote", is_flag=True, help="Resolve all open conflicts: the values there win.")
@click.option("--field", "fields", multiple=True, metavar="FIELD", help="Force only this field; can be given again.")
@click.option("--full", is_flag=True, help="Read everything again, and find out what was deleted there.")
@click.option("--expect-writes", type=int, metavar="N", help="Allow N writes that a guard stopped.")
@click.option("--expect-deletions", type=int, metavar="N", help="Allow N deletions that a guard stopped.")
@click.option("--expect-missing", type=int, metavar="N", help="With --full: believe a list that is N records shorter.")
@click.option("--expect-account", metavar="ID", help="Allow another account to take a project over.")
@click.option("--expect-place", metavar="ID", help="Allow another project or space to take a key over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    what: str,
    projects: tuple[str, ...],
    dry_run: bool,
    show_conflicts: bool,
    force_local: bool,
    force_remote: bool,
    fields: tuple[str, ...],
    full: bool,
    expect_writes: int | None,
    expect_deletions: int | None,
    expect_missing: int | None,
    expect_account: str | None,
    expect_place: str | None,
    as_json: bool,
) -> None:
    """Bring both sides into step, one project after the other.

    Changes there come here, edits made here go there, and fields that both sides changed become conflicts: both values
    are kept until you choose. Every sync is a run in the Dagster UI. A project that fails does not stop the others, and
    no step of one takes longer than JAVIS_SYNC_MINUTES.
    """
    if force_local and force_remote:
        raise UsageError("--force-local and --force-remote exclude each other; give one")
    if fields and not (force_local or force_remote):
        raise UsageError("--field says what to force; give --force-local or --force-remote with it")
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import SCOPE_SETTINGS, load_settings
    from javis_pipeline.sync.forcing import forcing_rules
    from javis_pipeline.wiring import KINDS

    settings = load_settings()
    fields = _by_id(settings, fields) if fields else ()
    force = "local" if force_local else "remote" if force_remote else "none"
    forcing_rules(force, fields, KINDS.values())  # a mistake is told before anything starts
    if not full and expect_missing is not None:
        raise UsageError("--expect-missing is about what --full finds; give --full with it")
    options = Options(
        what, full, force, fields, expect_writes, expect_deletions, expect_missing, expect_account, expect_place
    )
    keys = chosen_projects(projects, settings.require_sides(what), setting=SCOPE_SETTINGS.get(what, "JIRA_PROJECTS"))
    if dry_run:
        _show_plans(settings, keys, options, as_json=as_json)
        return
    context.exit(_sync_all(settings, keys, options, show_conflicts=show_conflicts, as_json=as_json))


def _by_id(settings: "Settings", fields: tuple[str, ...]) -> tuple[str, ...]:
    """Custom fields may be given by name."""
    from javis_pipeline.steps.edit import ids_of_fields
    from javis_pipeline.wiring import TABLES, open_database

    with closing(open_database(settings)) as db:
        return ids_of_fields(db, TABLES, fields)


def _systems(settings: "Settings", project: str, what: str) -> "list[System]":
    """The systems to sync for a project: those asked for that it has a side in."""
    return [system for system in SYSTEMS if what in ("all", system) and settings.scopes_in(system, project)]


def _sync_all(
    settings: "Settings", keys: Sequence[str], options: Options, *, show_conflicts: bool, as_json: bool
) -> int:
    """Sync the projects and print what happened; the exit code."""
    from javis_pipeline.cli import exit_code
    from javis_pipeline.cli.instance import prepare_instance

    prepare_instance(settings)
    reports, worst = [], 0
    for key in keys:
        report, errors = _sync_each(settings, key, options)
        told = list(dict.fromkeys(map(str, errors)))
        if errors:
            worst = max(worst, *map(exit_code, errors))
            report["error"] = "; ".join(told)
        reports.append({"project": key, **report})
        if not as_json:
            _print(key, report, told)
    waiting = sum(report.get("sync_conflicts", {}).get("open", 0) for report in reports)
    if as_json:
        shown = _with_conflicts(settings, reports) if show_conflicts else reports
        click.echo(json.dumps(shown, indent=2, default=str))
    elif waiting:
        _point_to_conflicts(settings, keys, show=show_conflicts)
    return worst or (CONFLICTS_WAIT if waiting else 0)


def _sync_each(settings: "Settings", project: str, options: Options) -> tuple[dict[str, Any], list[JavisError]]:
    """What became of each system, and why some failed: one that does leaves the others theirs. What a run had done that
    was stopped counts."""
    left, errors = _systems(settings, project, options.what), list[JavisError]()
    stopped: list[dict[str, Any]] = []
    while left:
        stopped.append({})
        try:
            return _added(_sync(project, left, options, stopped[-1]), stopped[:-1]), errors
        except JavisError as error:
            errors.append(error)
            ended = [one for one in left if error.stopped in (SYSTEMS[one].table, SYSTEMS[one].write_back)]
            left = [one for one in left if one not in ended] if ended else []
    return {}, errors


# What a run does once: it is not done again by the next one.
_DONE_ONCE: Final = ("inserted", "updated", "to_merge", "confirmed", "creating_created", "creating_met")


def _added(report: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The report of the last run, with what runs before it did."""
    for asset, counts in report.items():
        for name in _DONE_ONCE:
            if more := sum(one.get(asset, {}).get(name, 0) for one in earlier):
                counts[name] = counts.get(name, 0) + more
    return report


def _sync(project: str, systems: "Sequence[System]", options: Options, done: dict[str, Any]) -> dict[str, Any]:
    """Sync these systems of a project; `done` is given what was done, also where that is stopped."""
    from javis_pipeline.cli.runs import materialize, progress_bar, take_census

    taken_over = {"expect_account": options.expect_account, "expect_place": options.expect_place}
    account = {name: value for name, value in taken_over.items() if value}
    counts = {"expect_writes": options.expect_writes, "expect_deletions": options.expect_deletions}
    writes = {name: number for name, number in counts.items() if number is not None}
    pull = {"full_refresh": options.full, "force": options.force, "force_fields": list(options.fields), **account}
    assets: list[str] = ["sync_conflicts"]
    config: dict[str, dict[str, object]] = {}
    for system in systems:
        pulling, writing = SYSTEMS[system].table, SYSTEMS[system].write_back
        assets += [pulling, writing]
        config |= {pulling: pull, writing: {**writes, **account}}
    with progress_bar(project) as progress:
        report = materialize(assets, partition=project, config=config, progress=progress, done=done)
    if options.full:
        expected = {"expect_deletions": options.expect_deletions, "expect_missing": options.expect_missing}
        allowed = {name: number for name, number in expected.items() if number is not None}
        report["census"] = take_census(systems, partition=project, config=allowed)
    return report


def _print(project: str, report: dict[str, Any], errors: Sequence[str]) -> None:
    from javis_pipeline.context.wording import counted

    for error in errors:
        say(f"{project:<8} failed: {error}", err=True)
    if "sync_conflicts" not in report:
        return
    for system, words in SYSTEMS.items():
        if words.table in report:
            _print_system(f"{project:<8} {system:<10}", report[words.table], report[words.write_back])
        if seen := report.get("census", {}).get(system):
            say(f"{'':<19} census: {seen['found']} found, {seen['missing']} missing, {seen['gone']} gone")
    conflicts = report["sync_conflicts"]
    if conflicts["open"] or conflicts["errors"]:
        say(f"{'':<19} {counted(conflicts['open'], 'conflict')}   {counted(conflicts['errors'], 'error')}")
    if conflicts["errors"]:
        say(f"{'':<19} Why: javis conflicts list --errors")


_NOT_MADE: Final = ("rejected", "unknown", "asks", "waiting", "postponed", "held")


def _print_system(label: str, pulled: dict[str, Any], pushed: dict[str, Any]) -> None:

    say(
        f"{label} {pulled['seen']} seen   {pulled['inserted'] + pulled['updated']} pulled   "
        f"{pulled['to_merge']} merged   {pushed['confirmed']} pushed   {pulled['quarantined']} quarantined",
        hang=20,
    )
    for line in (pulled.get("completeness"), pulled.get("notes")):
        if line:
            say(f"{'':<19} {line}")
    if made := pushed.get("creating_created"):
        say(f"{'':<19} {made} made there of what was inserted here")
    if left := sum(pushed.get(f"creating_{state}", 0) for state in _NOT_MADE):
        say(f"{'':<19} {left} of what was inserted here not made; javis status and javis conflicts say why")
    if pushed["held"]:
        say(f"{'':<19} {pushed['held']} held: sending is switched off; javis status says by what")
    if pushed["unknown"] or pushed["postponed"]:
        say(f"{'':<19} {pushed['unknown']} with unknown outcome, {pushed['postponed']} postponed to the next run")
        if pushed["postponed"]:
            say(f"{'':<19} {pushed.get('why_postponed') or 'javis doctor says whether the site takes edits'}", hang=20)


def _with_conflicts(settings: "Settings", reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    from javis_pipeline.db.conflicts import list_conflicts
    from javis_pipeline.wiring import open_database

    with closing(open_database(settings)) as db:
        return [
            {**report, "conflicts": list_conflicts(db, settings.scopes_of([report["project"]]), quote_restricted=True)}
            for report in reports
        ]


def _point_to_conflicts(settings: "Settings", keys: Sequence[str], *, show: bool) -> None:
    from javis_pipeline.cli.conflicts import print_conflicts
    from javis_pipeline.db.conflicts import list_conflicts
    from javis_pipeline.wiring import open_database

    scopes = settings.scopes_of(keys)
    with closing(open_database(settings)) as db:
        if show:
            print_conflicts(db, scopes)
            return
        oldest = list_conflicts(db, scopes, limit=1)
    if oldest:
        say(f"Next: javis conflicts show {str(oldest[0]['id'])[:8]}")


def _show_plans(settings: "Settings", keys: Sequence[str], options: Options, *, as_json: bool) -> None:
    from javis_pipeline.db.jira_fields import field_names
    from javis_pipeline.db.people import display_names
    from javis_pipeline.wiring import open_database

    with closing(open_database(settings)) as db:
        plans = {key: _plan(db, settings, key, options) for key in keys}
        people, fields = display_names(db), field_names(db)
    if as_json:
        click.echo(json.dumps([asdict(item) for items in plans.values() for item in items], indent=2, default=str))
        return
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.cli.values import short

    shown, left = _first_lines(item for items in plans.values() for item in items)
    rows = [
        (
            item.key,
            fields.get(item.field, item.field),
            _SIDES[item.side],
            short(item.old, people),
            short(item.new, people),
            item.reason,
        )
        for item in shown
    ]
    print_table(["key", "field", "where", "before", "after", "why"], rows, empty="Both sides are in step.")
    for more in _counted(left, fields):
        say(f"and {more}; all of them: --json")
    click.echo("Nothing was changed. Next: javis sync" if rows else "Nothing to do.")


# Of what is new there a first sync brings all: what is edited on both sides must not drown in it.
_NEW_SHOWN = 10
# As many as of conflicts.
_SHOWN = 50


def _first_lines(items: "Iterable[PlanItem]") -> "tuple[list[PlanItem], list[PlanItem]]":
    """What is shown of a plan, and the rest."""
    room = {True: _NEW_SHOWN, False: _SHOWN}
    shown: list[PlanItem] = []
    left: list[PlanItem] = []
    for item in items:
        is_new = _is_new(item)
        (shown if room[is_new] > 0 else left).append(item)
        room[is_new] -= 1
    return shown, left


def _counted(left: "Sequence[PlanItem]", fields: "Mapping[str, str]") -> "Iterator[str]":
    """How many lines are not shown, of what they are."""
    others = [item for item in left if not _is_new(item)]
    if new := len(left) - len(others):
        yield f"{new} more that are new there"
    if others:
        sorts = Counter(f"{fields.get(item.field, item.field)} {_SIDES[item.side]}" for item in others)
        yield f"{len(others)} more: {', '.join(f'{number} {sort}' for sort, number in sorts.most_common())}"


def _is_new(item: "PlanItem") -> bool:
    """Whether the record is not here yet, and comes as it is."""
    return item.side == "record" and item.old is None and item.new == item.key


_SIDES = {
    "local": "here",
    "remote": "there",
    "conflict": "conflict",
    "forced": "conflict",
    "error": "error",
    "record": "here",
    "way": "policy",
}


def _plan(db: "Database", settings: "Settings", project: str, options: Options) -> "list[PlanItem]":
    from javis_pipeline.records.sync import Overrides
    from javis_pipeline.steps.job import Job
    from javis_pipeline.steps.plan_scope import plan_scope
    from javis_pipeline.sync.forcing import forcing_rules
    from javis_pipeline.wiring import KINDS, clock, open_system

    job = partial(
        Job,
        db=db,
        run_id=DRY_RUN,
        clock=clock,
        rules=forcing_rules(options.force, options.fields, KINDS.values()),
        overrides=Overrides(account_id=options.expect_account, place_id=options.expect_place),
    )
    items: list[PlanItem] = []
    for name in _systems(settings, project, options.what):
        with open_system(name, settings, read_only=True) as system:
            for scope in settings.scopes_in(name, project):
                items += plan_scope(job(system=system, key=scope))
    return items
