"""`javis sync`: one run for each project, through Dagster."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from javis_pipeline.errors import JavisError, UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.sync import PlanItem
    from javis_pipeline.settings import Settings

JIRA_ASSETS = ("jira_issues", "jira_writeback", "sync_conflicts")
ASSETS = {"all": JIRA_ASSETS, "jira": JIRA_ASSETS}
CONFLICTS_WAIT = 3


@dataclass(frozen=True)
class Options:
    """What was asked on the command line."""

    what: str
    full: bool
    force: str
    fields: tuple[str, ...]
    expect_writes: int | None
    expect_account: str | None


@click.command()
@click.argument("what", type=click.Choice(list(ASSETS)), default="all")
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--dry-run", is_flag=True, help="Show what a sync would change, and change nothing anywhere.")
@click.option("--show-conflicts", is_flag=True, help="List the conflicts that wait afterwards, with both values.")
@click.option("--force-local", is_flag=True, help="Resolve the conflicts of this run: the values here win.")
@click.option("--force-remote", is_flag=True, help="Resolve the conflicts of this run: the values there win.")
@click.option("--field", "fields", multiple=True, metavar="FIELD", help="Force only this field; can be given again.")
@click.option("--full", is_flag=True, help="Read everything again, changed or not.")
@click.option("--expect-writes", type=int, metavar="N", help="Allow N writes that a guard stopped.")
@click.option("--expect-account", metavar="ID", help="Allow another account to take a project over.")
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
    expect_account: str | None,
    as_json: bool,
) -> None:
    """Bring both sides into step, one project after the other.

    Changes there come here, edits made here go there, and fields that both sides changed become conflicts: both values
    are kept until you choose. Every sync is a run in the Dagster UI. A project that fails does not stop the others.
    """
    if force_local and force_remote:
        raise UsageError("--force-local and --force-remote exclude each other; give one")
    if fields and not (force_local or force_remote):
        raise UsageError("--field says what to force; give --force-local or --force-remote with it")
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import load_settings
    from javis_pipeline.sync.forcing import forcing_rules

    force = "local" if force_local else "remote" if force_remote else "none"
    forcing_rules(force, fields)  # a mistake is told before anything starts
    options = Options(what, full, force, fields, expect_writes, expect_account)
    settings = load_settings()
    settings.require_jira()
    keys = chosen_projects(projects, settings.require_projects())
    if dry_run:
        _show_plans(settings, keys, options, as_json=as_json)
        return
    context.exit(_sync_all(settings, keys, options, show_conflicts=show_conflicts, as_json=as_json))


def _sync_all(
    settings: "Settings", keys: Sequence[str], options: Options, *, show_conflicts: bool, as_json: bool
) -> int:
    """Sync the projects and print what happened; the exit code."""
    from javis_pipeline.cli import exit_code
    from javis_pipeline.cli.instance import prepare_instance

    prepare_instance(settings)
    reports, worst = [], 0
    for key in keys:
        try:
            report = _sync(key, options)
        except JavisError as error:
            worst = max(worst, exit_code(error))
            report = {"error": str(error)}
        reports.append({"project": key, **report})
        if not as_json:
            _print(key, report)
    waiting = sum(report.get("sync_conflicts", {}).get("open", 0) for report in reports)
    if as_json:
        click.echo(json.dumps(reports, indent=2, default=str))
    elif waiting:
        _point_to_conflicts(settings, keys, show=show_conflicts)
    return worst or (CONFLICTS_WAIT if waiting else 0)


def _sync(project: str, options: Options) -> dict[str, Any]:
    from javis_pipeline.cli.runs import materialize, progress_bar

    account = {"expect_account": options.expect_account} if options.expect_account else {}
    writes = {"expect_writes": options.expect_writes} if options.expect_writes is not None else {}
    pull = {"full_refresh": options.full, "force": options.force, "force_fields": list(options.fields), **account}
    config = {"jira_issues": pull, "jira_writeback": {**writes, **account}}
    with progress_bar(f"jira {project}") as progress:
        return dict(materialize(ASSETS[options.what], partition=project, config=config, progress=progress))


def _print(project: str, report: dict[str, Any]) -> None:
    if "error" in report:
        click.echo(f"jira {project:<8} failed: {report['error']}", err=True)
        return
    pulled, pushed, conflicts = (report[asset] for asset in JIRA_ASSETS)
    click.echo(
        f"jira {project:<8} {pulled['seen']} seen   {pulled['inserted'] + pulled['updated']} pulled   "
        f"{pulled['to_merge']} merged   {pushed['confirmed']} pushed   {conflicts['open']} conflicts   "
        f"{conflicts['errors']} errors   {pulled['quarantined']} quarantined"
    )
    click.echo(f"{'':<13} {pulled['completeness']}")
    if pulled["notes"]:
        click.echo(f"{'':<13} {pulled['notes']}")
    if pushed["unknown"] or pushed["postponed"]:
        click.echo(f"{'':<13} {pushed['unknown']} with unknown outcome, {pushed['postponed']} postponed: the next run")
    if conflicts["errors"]:
        click.echo(f"{'':<13} some edits cannot be sent: javis conflicts list --errors")


def _point_to_conflicts(settings: "Settings", keys: Sequence[str], *, show: bool) -> None:
    from javis_pipeline.cli.conflicts import print_conflicts
    from javis_pipeline.db.conflicts import list_conflicts
    from javis_pipeline.wiring import open_database

    with closing(open_database(settings)) as db:
        found = list_conflicts(db, [scope for key in keys for scope in (key, *settings.spaces_of(key))])
    if show:
        print_conflicts(found)
    elif found:
        click.echo(f"Next: javis conflicts show {str(found[0]['id'])[:8]}")


def _show_plans(settings: "Settings", keys: Sequence[str], options: Options, *, as_json: bool) -> None:
    from javis_pipeline.wiring import open_database

    with closing(open_database(settings)) as db:
        plans = {key: _plan(db, settings, key, options) for key in keys}
    if as_json:
        click.echo(json.dumps([asdict(item) for items in plans.values() for item in items], indent=2, default=str))
        return
    from javis_pipeline.cli.audit import short
    from javis_pipeline.cli.tables import print_table

    rows = [
        (item.key, item.field, _SIDES[item.side], short(item.old), short(item.new), item.reason)
        for items in plans.values()
        for item in items
    ]
    print_table(["key", "field", "where", "before", "after", "why"], rows, empty="Both sides are in step.")
    click.echo("Nothing was changed. Next: javis sync" if rows else "Nothing to do.")


_SIDES = {"local": "here", "remote": "there", "conflict": "conflict", "error": "error", "record": "here"}


def _plan(db: "Database", settings: "Settings", project: str, options: Options) -> "list[PlanItem]":
    from datetime import UTC, datetime
    from functools import partial

    from javis_pipeline.steps.two_way import open_scope, plan
    from javis_pipeline.sync.forcing import forcing_rules
    from javis_pipeline.wiring import jira_client

    rules = forcing_rules(options.force, options.fields)
    with closing(jira_client(settings, read_only=True)) as jira:
        scope = open_scope(
            db,
            jira,
            project,
            run_id="dry-run",
            clock=partial(datetime.now, UTC),
            rules=rules,
            chosen_fields=settings.jira_fields,
        )
        return plan(scope, db, jira, project)
