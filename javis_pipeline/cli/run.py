"""`javis run`: the whole graph, for CI and for people without a daemon."""

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree

import click

from javis_pipeline.errors import JavisError, SettingError, SyncHalted
from javis_pipeline.records.systems import SYSTEMS

if TYPE_CHECKING:
    from javis_pipeline.settings import Settings

Outcome = Literal["done", "conflicts wait", "stopped by a guard", "failed"]
CONFLICTS_WAIT = 3


@dataclass(frozen=True)
class Report:
    """How the run of one project ended.

    Attributes:
        project: The project.
        outcome: In words.
        exit_code: What the shell would be told of this project alone.
        seconds: How long it took.
        counts: Counts and texts of each asset's metadata; empty for a run that failed.
        error: Why it failed; empty when it did not.
    """

    project: str
    outcome: Outcome
    exit_code: int
    seconds: float
    counts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""

    def count(self, assets: Iterable[str], names: Iterable[str]) -> int | str:
        """The sum of the assets' counts; "-" when there are none, as for a side that the project does not have."""
        shown = [self.counts[asset] for asset in assets if asset in self.counts]
        found = [values[name] for values in shown for name in names if name in values]
        return sum(found) if found else "-"


@click.command()
@click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; can be given again.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write a test report: a case a project.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, projects: tuple[str, ...], junit: Path | None, as_json: bool) -> None:
    """Run everything once: sync, context, suggestions and Slack, one project after the other.

    A project that fails does not stop the others, nor a system the sync of the other; the exit code is that of the
    worst. Where GITHUB_STEP_SUMMARY names a file, as in a GitHub workflow, the summary is written there as well.
    """
    from javis_pipeline.cli.instance import prepare_instance
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    keys = chosen_projects(projects, _configured(settings))
    prepare_instance(settings)
    reports = [_run(key) for key in keys]
    if junit:
        junit.write_bytes(_as_junit(reports))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_as_markdown(reports))
    if as_json:
        click.echo(json.dumps([vars(report) for report in reports], indent=2, default=str))
    else:
        _print(reports)
    context.exit(_worst(reports))


def _configured(settings: "Settings") -> Sequence[str]:
    if not settings.partitions:
        settings.require_projects()  # says how to name one
    if settings.jira_projects:
        settings.require_jira()
    return settings.partitions


def _run(project: str) -> Report:
    from javis_pipeline.cli import exit_code
    from javis_pipeline.cli.runs import all_assets, materialize, progress_bar

    started = time.monotonic()
    try:
        with progress_bar(project) as progress:
            counts = materialize(all_assets(), partition=project, config={}, progress=progress)
    except SettingError:
        raise  # it is about all projects
    except JavisError as error:
        outcome: Outcome = "stopped by a guard" if isinstance(error, SyncHalted) else "failed"
        told = "; ".join([str(error), *_sync_others(project, error)])
        return Report(project, outcome, exit_code(error), time.monotonic() - started, error=told)
    waits = counts["sync_conflicts"]["open"] > 0
    outcome, code = ("conflicts wait", CONFLICTS_WAIT) if waits else ("done", 0)
    return Report(project, outcome, code, time.monotonic() - started, counts)


def _sync_others(project: str, error: JavisError) -> list[str]:
    """Sync the systems that a failure is not about, and say what fails there; what is made of all of them waits."""
    from javis_pipeline.cli.runs import materialize, progress_bar

    parts = [(words.table, words.write_back) for words in SYSTEMS.values()]
    told: list[str] = []
    for part in parts if any(error.stopped in part for part in parts) else ():
        if error.stopped not in part:
            try:
                with progress_bar(project) as progress:
                    materialize(part, partition=project, config={}, progress=progress)
            except JavisError as other:
                told.append(str(other))
    return told


def _worst(reports: Iterable[Report]) -> int:
    """A guard is worse than a failure, and both than conflicts, which a person may leave for later."""
    return max((report.exit_code for report in reports), key=(0, CONFLICTS_WAIT, 1, 2, 4).index)


# What the summary shows of each project: heading, assets, and which of their counts are added up.
_COLUMNS = (
    ("issues", ("jira_issues",), ("inserted", "updated")),
    ("pages", ("confluence_pages",), ("inserted", "updated")),
    ("merged", ("jira_issues", "confluence_pages"), ("to_merge",)),
    ("sent", ("jira_writeback", "confluence_writeback"), ("confirmed",)),
    ("conflicts", ("sync_conflicts",), ("open",)),
    ("errors", ("sync_conflicts",), ("errors",)),
    ("suggestions", ("ai_suggestions",), ("suggestions",)),
)
_HEADINGS = ("project", "outcome", *(heading for heading, _, _ in _COLUMNS), "seconds")


def _row(report: Report) -> tuple[object, ...]:
    counts = (report.count(assets, names) for _, assets, names in _COLUMNS)
    return (report.project, report.outcome, *counts, round(report.seconds))


def _print(reports: Sequence[Report]) -> None:
    from javis_pipeline.cli.lines import say
    from javis_pipeline.cli.tables import print_table

    print_table(_HEADINGS, map(_row, reports), empty="")
    for report in reports:
        if report.error:
            say(f"{report.project}: {report.error}", err=True)
    if any(report.outcome == "conflicts wait" for report in reports):
        click.echo("Next: javis conflicts list")


def _as_markdown(reports: Sequence[Report]) -> str:
    def cells(values: Iterable[object]) -> str:
        return f"| {' | '.join(str(value) for value in values)} |"

    lines = [
        "### javis run",
        "",
        cells(_HEADINGS),
        cells("---" for _ in _HEADINGS),
        *(cells(map(str, _row(report))) for report in reports),
    ]
    errors = [f"- **{report.project}**: `{report.error.replace('`', ' ')}`" for report in reports if report.error]
    return "\n".join([*lines, "", *errors, ""])


def _as_junit(reports: Sequence[Report]) -> bytes:
    """A case a project. Conflicts that wait are no failure: the run did what it should."""
    suite = ElementTree.Element("testsuite", name="javis run", tests=str(len(reports)))
    suite.set("failures", str(sum(bool(report.error) for report in reports)))
    suite.set("time", f"{sum(report.seconds for report in reports):.1f}")
    for report in reports:
        case = ElementTree.SubElement(suite, "testcase", classname="javis", name=report.project)
        case.set("time", f"{report.seconds:.1f}")
        if report.error:
            ElementTree.SubElement(case, "failure", type=report.outcome, message=report.error)
        ElementTree.SubElement(case, "system-out").text = json.dumps(dict(report.counts), default=str)
    document: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document
