"""`javis doctor`: is the configuration right, and if not, what to do."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from javis_pipeline.errors import SettingError

if TYPE_CHECKING:
    from javis_pipeline.settings import Settings
    from javis_pipeline.steps.doctor import Check

# The column of findings and remedies.
_FINDING = 33
_MARKS = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "failed": ("FAIL", "red"),
    "skipped": ("-", "bright_black"),
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check database, Jira, Confluence, Claude and Slack, one line each, with the remedy. Writes nothing anywhere."""
    from javis_pipeline.cli.lines import say

    checks = []
    for check in _checks():
        checks.append(check)
        if not as_json:
            mark, colour = _MARKS[check.verdict]
            say(f"{mark:<5} {check.subject:<26} {check.finding}", hang=_FINDING, coloured=(mark, colour))
            if check.remedy:
                say(f"{'':<{_FINDING}}{check.remedy}", hang=_FINDING)
    failed = sum(check.verdict == "failed" for check in checks)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        click.echo(_verdict(checks))
    context.exit(1 if failed else 0)


def _verdict(checks: "Sequence[Check]") -> str:
    """The last line: what to do next."""
    from javis_pipeline.records.systems import SYSTEMS

    counts = Counter(check.verdict for check in checks)
    if counts["failed"]:
        return f"{counts['failed']} failed."
    if all(check.verdict == "skipped" for check in checks if check.subject.startswith(tuple(SYSTEMS))):
        return "There is nothing to sync yet. Next: fill in .env"
    if counts["warning"]:
        return f"{counts['warning']} to look at; nothing failed. Next: javis sync --dry-run"
    return "All is well. Next: javis sync --dry-run"


def _checks() -> Iterator["Check"]:
    from javis_pipeline.settings import load_settings, settings_origin
    from javis_pipeline.steps.doctor import Check, check_settings

    yield from check_settings(settings_origin())
    try:
        settings = load_settings(warn=False)
    except SettingError as error:
        for fault in error.faults:
            finding, _, remedy = fault.partition("; ")
            yield Check("settings", "failed", finding, remedy)
        return
    yield from _service_checks(settings)


def _service_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.wiring import site_checks

    yield from _database_checks(settings)
    yield from site_checks(settings, now=datetime.now(UTC))
    yield from _claude_checks(settings)
    yield from _slack_checks(settings)
    yield from _webhook_checks(settings)


def _database_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.db.connection import display_name
    from javis_pipeline.steps.doctor import check_database, check_left_waiting, check_live, check_sending
    from javis_pipeline.wiring import open_database

    given, scopes = settings.database_url, settings.scopes_of(settings.partitions)
    opened = partial(open_database, settings)
    yield check_database(opened, display_name(given.get_secret_value()) if given else "the embedded server")
    yield check_sending(opened, scopes, read_only=settings.javis_read_only)
    yield from check_left_waiting(opened, scopes)
    yield check_live(opened)


def _webhook_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.steps.doctor import Check, check_webhooks
    from javis_pipeline.wiring import open_database

    if settings.javis_webhook_secret is None:
        yield Check("webhooks", "skipped", "JAVIS_WEBHOOK_SECRET is not set: changes there come with the schedule")
        return
    try:
        settings.require_webhook_secret()
    except SettingError as error:
        yield Check("webhooks", "failed", str(error))
        return
    yield check_webhooks(partial(open_database, settings))


def _claude_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.steps.doctor import Check, check_claude
    from javis_pipeline.wiring import claude_client

    claude = claude_client(settings)
    if claude is None:
        yield Check("claude", "skipped", "ANTHROPIC_API_KEY is not set: the rules make the suggestions")
        return
    with closing(claude):
        yield check_claude(claude, settings.anthropic_model)


def _slack_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.steps.doctor import Check, check_people, check_slack
    from javis_pipeline.wiring import jira_client, slack_client

    if settings.slack_bot_token is None:
        yield Check("slack", "skipped", "SLACK_BOT_TOKEN is not set: nothing is posted")
        return
    slack, people = slack_client(settings), settings.slack_people
    yield from check_slack(slack, {project: settings.slack_channel(project) for project in settings.partitions})
    # Only Jira knows to whom an address belongs.
    if settings.jira_url and any("@" in person for person in people):
        with closing(jira_client(settings, read_only=True)) as jira:
            yield from check_people(slack, jira.account_of, people)
    else:
        yield from check_people(slack, None, people)
