"""`javis doctor`: is the configuration right, and if not, what to do."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from javis_pipeline.errors import SettingError

if TYPE_CHECKING:
    from javis_pipeline.settings import Settings
    from javis_pipeline.steps.doctor import Check

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
    checks = []
    for check in _checks():
        checks.append(check)
        if not as_json:
            mark, colour = _MARKS[check.verdict]
            click.echo(f"{click.style(f'{mark:<5}', fg=colour)} {check.subject:<26} {check.finding}")
            if check.remedy:
                click.echo(f"{'':<33}{check.remedy}")
    failed = sum(check.verdict == "failed" for check in checks)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        click.echo(_verdict(checks))
    context.exit(1 if failed else 0)


def _verdict(checks: "Sequence[Check]") -> str:
    """The last line: what to do next."""
    counts = Counter(check.verdict for check in checks)
    if counts["failed"]:
        return f"{counts['failed']} failed."
    if all(check.verdict == "skipped" for check in checks if check.subject.startswith(("jira", "confluence"))):
        return "There is nothing to sync yet. Next: fill in .env"
    if counts["warning"]:
        return f"{counts['warning']} to look at; nothing failed. Next: javis sync --dry-run"
    return "All is well. Next: javis sync --dry-run"


def _checks() -> Iterator["Check"]:
    from javis_pipeline.settings import load_settings, settings_origin
    from javis_pipeline.steps.doctor import Check, check_settings

    yield from check_settings(settings_origin())
    try:
        settings = load_settings()
    except SettingError as error:
        yield Check("settings", "failed", str(error))
        return
    yield from _service_checks(settings)


def _service_checks(settings: "Settings") -> Iterator["Check"]:
    from javis_pipeline.db.connection import display_name
    from javis_pipeline.steps.doctor import (
        Check,
        check_claude,
        check_database,
        check_left_waiting,
        check_people,
        check_sending,
        check_slack,
    )
    from javis_pipeline.wiring import claude_client, jira_client, open_database, site_checks, slack_client

    given = settings.database_url
    where = display_name(given.get_secret_value()) if given else "the embedded server"
    yield check_database(lambda: open_database(settings), where)
    yield check_sending(
        lambda: open_database(settings), settings.scopes_of(settings.partitions), read_only=settings.javis_read_only
    )
    yield from check_left_waiting(lambda: open_database(settings), settings.scopes_of(settings.partitions))
    yield from site_checks(settings, now=datetime.now(UTC))
    claude = claude_client(settings)
    if claude is None:
        yield Check("claude", "skipped", "ANTHROPIC_API_KEY is not set: the rules make the suggestions")
    else:
        with closing(claude):
            yield check_claude(claude, settings.anthropic_model)
    if settings.slack_bot_token is None:
        yield Check("slack", "skipped", "SLACK_BOT_TOKEN is not set: nothing is posted")
    else:
        channels = {project: settings.slack_channel(project) for project in settings.partitions}
        slack = slack_client(settings)
        yield from check_slack(slack, channels)
        if any("@" in person for person in settings.slack_people) and settings.jira_url:
            with closing(jira_client(settings, read_only=True)) as jira:
                yield from check_people(slack, jira.account_of, settings.slack_people)
        else:
            yield from check_people(slack, None, settings.slack_people)
