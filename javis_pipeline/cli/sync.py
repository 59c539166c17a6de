"""`javis sync`: one run for each project, through Dagster."""

import json
from typing import Any

import click

from javis_pipeline.errors import JavisError

JIRA_ASSETS = ("jira_issues",)
ASSETS = {"all": JIRA_ASSETS, "jira": JIRA_ASSETS}


@click.command()
@click.argument("what", type=click.Choice(list(ASSETS)), default="all")
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--full", is_flag=True, help="Read everything again, changed or not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, what: str, projects: tuple[str, ...], full: bool, as_json: bool) -> None:
    """Bring Jira and PostgreSQL into step, one project after the other.

    Every sync is a run in the Dagster UI. A project that fails does not keep the others from being synced.
    """
    from javis_pipeline.cli import exit_code
    from javis_pipeline.cli.instance import prepare_instance
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    settings.require_jira()
    keys = chosen_projects(projects, settings.require_projects())
    prepare_instance(settings)
    reports, worst = [], 0
    for key in keys:
        try:
            report = _sync(ASSETS[what], key, full=full)
        except JavisError as error:
            worst = max(worst, exit_code(error))
            report = {"error": str(error)}
        reports.append({"project": key, **report})
        if not as_json:
            _print(key, report)
    if as_json:
        click.echo(json.dumps(reports, indent=2, default=str))
    context.exit(worst)


def _sync(assets: tuple[str, ...], project: str, *, full: bool) -> dict[str, Any]:
    from javis_pipeline.cli.runs import materialize, progress_bar

    with progress_bar(f"jira {project}") as progress:
        return materialize(assets, partition=project, config={"jira_issues": {"full_refresh": full}}, progress=progress)


def _print(project: str, report: dict[str, Any]) -> None:
    if "error" in report:
        click.echo(f"jira {project:<8} failed: {report['error']}", err=True)
        return
    pulled = report["jira_issues"]
    click.echo(
        f"jira {project:<8} {pulled['seen']} seen   {pulled['inserted']} new   {pulled['updated']} updated   "
        f"{pulled['to_merge']} to merge   {pulled['unreadable']} quarantined"
    )
    click.echo(f"{'':<13} {pulled['completeness']}")
    if pulled["notes"]:
        click.echo(f"{'':<13} {pulled['notes']}")
