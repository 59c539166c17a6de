"""`javis demo`: everything once, on the sandbox."""

import shlex
import textwrap
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli import sandbox
from javis_pipeline.cli.again import called_again
from javis_pipeline.cli.lines import say

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.sandbox.ground import Edition
    from javis_pipeline.settings import Settings

# Somebody else than the account that syncs; the sandbox takes any address with its token.
COLLEAGUE = "mara.lindqvist@example.com"
MOST_SUGGESTIONS = 3


@click.command()
@click.option("--sandbox-port", default=8765, show_default=True, help="Port of the sandbox on 127.0.0.1.")
@sandbox.edition
@click.option("--fresh", is_flag=True, help="Forget the demo of before, and begin anew.")
def command(sandbox_port: int, edition: "Edition", fresh: bool) -> None:
    """Run the whole graph on stand-ins with demo data, edit both sides, run it again, and show what came of it.

    Needs no account and touches nothing but a folder of its own in the home. Again is fine.
    """
    from javis_pipeline.cli.demo_site import demo_site, forget_demo
    from javis_pipeline.cli.instance import prepare_instance
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    started = time.monotonic()
    if fresh:
        forget_demo(load_settings(), edition)
    with demo_site(load_settings(), port=sandbox_port, edition=edition) as site:
        settings = load_settings()
        _say(f"Stand-ins for Jira, Confluence and Slack run at {site}")
        prepare_instance(settings)
        _run_graph(settings, "First run: everything is pulled, judged and posted")
        with closing(open_database(settings)) as db:
            _edit_both_sides(db, settings)
            _run_graph(settings, "Second run: edits go out, come in, are merged, or meet in a conflict")
            _show(db, settings)
            _show_post(db, settings, settings.require_projects()[0])
    _say(f"Done in {time.monotonic() - started:.0f} s. What next:")
    _print_next(settings, edition)


def _print_next(settings: "Settings", edition: "Edition") -> None:
    """Commands that work as they stand: as this program was called, and on the demo."""
    javis = called_again()
    dev = "dev" if edition == "cloud" else f"dev --edition {edition}"
    lines = [
        (f"export JAVIS_ENV_FILE={shlex.quote(str(settings.javis_home / 'env'))}", "then commands speak of the demo:"),
        (f"{javis} conflicts", "both values side by side, and choosing"),
        (f"{javis} context --project {settings.require_projects()[0]}", "are we fine, and if not, why"),
        (f"{javis} sync", "sends what you chose; starts the stand-ins for as long as it needs them"),
        ("unset JAVIS_ENV_FILE", "back to your own settings:"),
        (f"{javis} {dev}", "the demo in the Dagster UI, with schedules and sensors"),
        (f"{javis} init", "your own Jira: README, Real accounts"),
    ]
    for command, purpose in lines:
        say(f"  {command}\n      {purpose}")


def _say(text: str) -> None:
    say(f"\n{text}", bold=True)


def _run_graph(settings: "Settings", title: str) -> None:
    from javis_pipeline.cli.runs import all_assets, materialize, progress_bar
    from javis_pipeline.context.wording import counted

    _say(title)
    for project in settings.require_projects():
        with progress_bar(project) as progress:
            done = materialize(all_assets(), partition=project, config={}, progress=progress)
        pulled, pushed, pages = done["jira_issues"], done["jira_writeback"], done["confluence_pages"]
        context, advice = done["work_context"], done["ai_suggestions"]
        say(
            f"  {project}: {pulled['inserted'] + pulled['updated']} issues and "
            f"{pages['inserted'] + pages['updated']} pages pulled, {pulled['to_merge']} merged, "
            f"{counted(pushed['confirmed'], 'write')} sent, {counted(done['sync_conflicts']['open'], 'conflict')}; "
            f"{counted(context['open'], 'open issue')}, "
            f"{counted(advice['suggestions'], 'suggestion')} by {advice['engine']}",
            hang=2,
        )


def _edit_both_sides(db: "Database", settings: "Settings") -> None:
    """A push, a merge of two people's edits of one issue, and a conflict."""
    from javis_pipeline.db.status import untouched_issues
    from javis_pipeline.wiring import jira_client

    _say("People edit on both sides")
    pushed, merged, disputed = untouched_issues(db, limit=3)
    now = datetime.now(UTC).strftime("%H:%M:%S")
    _here(db, "UPDATE jira_issues SET title = title || %s WHERE key = %s", f" ({now})", pushed)
    _here(db, "UPDATE jira_issues SET labels = array_append(labels, %s) WHERE key = %s", "from-sql", merged)
    _here(db, "UPDATE jira_issues SET title = %s WHERE key = %s", f"As decided here at {now}", disputed)
    with closing(jira_client(settings.model_copy(update={"jira_email": COLLEAGUE}))) as mara:
        mara.edit_issue(merged, fields={"duedate": "2027-01-29"})
        say(f"  there  Mara sets the due date of {merged}", hang=9)
        mara.edit_issue(disputed, fields={"summary": f"As decided there at {now}"})
        say(f"  there  Mara changes the title of {disputed}", hang=9)


def _here(db: "Database", statement: str, *values: str) -> None:
    db.query(statement, values)
    say(f"  here   {statement.replace('%s', '{!r}').format(*values)}", hang=9)


def _show(db: "Database", settings: "Settings") -> None:
    from javis_pipeline.cli.conflicts import print_conflicts
    from javis_pipeline.db.suggestions import proposed_titles
    from javis_pipeline.steps.build_context import last_context

    _say("Conflicts: both values are kept until somebody chooses")
    print_conflicts(db)
    for project in settings.require_projects():
        context = last_context(db, project)
        assert context is not None
        _say(f"{project}: the worst risks, and what to do")
        for risk in context.risks[:MOST_SUGGESTIONS]:
            say(f"  {risk.severity:<7} {risk.summary}", hang=10)
        for title in proposed_titles(db, project, limit=MOST_SUGGESTIONS):
            say(f"  next    {title}", hang=10)


def _show_post(db: "Database", settings: "Settings", project: str) -> None:
    """The digest as Slack got it, in plain text."""
    from javis_pipeline.posts.blocks import as_text
    from javis_pipeline.posts.digest import digest_message
    from javis_pipeline.steps.notify import read_digest
    from javis_pipeline.wiring import slack_outlet

    outlet = slack_outlet(settings, project)
    digest = read_digest(db, outlet)
    assert digest is not None
    _say(f"What Slack's channel {outlet.channel} got")
    say(textwrap.indent(as_text(digest_message(digest, None, outlet.sites)), "  "))
