"""`javis context`: are we fine, and if not, why."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from javis_pipeline.errors import UsageError

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.records.context import WorkContext
    from javis_pipeline.settings import Settings


@click.command()
@click.option("--project", metavar="KEY", help="Only this project, on a page of its own.")
@click.option("--show-risks", is_flag=True, help="List all risks, the worst first.")
@click.option("--show-blockers", is_flag=True, help="List what holds up what.")
@click.option("--sprint", metavar="NAME", help="Describe this sprint, whatever its state.")
@click.option("--plot", metavar="FILE.png", type=click.Path(dir_okay=False, path_type=Path), help="Draw four charts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    project: str | None, show_risks: bool, show_blockers: bool, sprint: str | None, plot: Path | None, as_json: bool
) -> None:
    """Show the work context: what is at risk, what blocks what, and when it will be done.

    It is computed from what the last sync brought; nothing is fetched and nothing is changed.
    """
    from javis_pipeline.cli import context_page as page
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    if plot is not None and plot.suffix.lower() != ".png":
        raise UsageError(f"--plot draws PNG files; call it {plot.with_suffix('.png')}")
    settings = load_settings()
    with open_database(settings) as db:
        keys = _projects(db, settings, project)
        if len(keys) != 1 and (sprint or plot):
            raise UsageError(f"--sprint and --plot are about one project; add --project ({', '.join(keys)})")
        contexts = [_read(db, settings, key, sprint) for key in keys]
    if plot is not None:
        _draw(contexts[0], plot)
    if as_json:
        _print_json(contexts, alone=project is not None)
    elif show_risks or show_blockers:
        for context in contexts:
            page.print_details(context, risks=show_risks, blockers=show_blockers)
    elif len(contexts) == 1:
        page.print_page(contexts[0])
    else:
        page.print_summary(contexts)


def _projects(db: "Database", settings: "Settings", asked: str | None) -> list[str]:
    """The project that was asked for; else those that are configured, else those that are here."""
    from javis_pipeline.steps.build_context import check_project, synced_projects

    if asked is not None:
        check_project(db, asked.upper(), settings.jira_projects)
        return [asked.upper()]
    return list(settings.jira_projects) or synced_projects(db)


def _read(db: "Database", settings: "Settings", project: str, sprint: str | None) -> "WorkContext":
    from javis_pipeline.steps.build_context import read_context
    from javis_pipeline.wiring import context_scope

    return read_context(db, context_scope(settings, project), now=datetime.now(UTC), sprint=sprint)


def _draw(context: "WorkContext", path: Path) -> None:
    from javis_pipeline.context.plots import overview

    picture = overview(context)
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}); name a file in a folder that exists") from error
    click.echo(f"Drew {path}", err=True)


def _print_json(contexts: Sequence["WorkContext"], *, alone: bool) -> None:
    from javis_pipeline.records.context import context_hash, to_json

    documents = [{**to_json(context), "context_hash": context_hash(context)} for context in contexts]
    click.echo(json.dumps(documents[0] if alone else documents, indent=2, ensure_ascii=False))
