"""`javis log`: log work on an issue here; the next sync writes it in Jira."""

import json
import re
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from javis_pipeline.cli.lines import say
from javis_pipeline.errors import UsageError

_SPENT = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,4})m)?")


@click.command()
@click.argument("key", metavar="KEY")
@click.argument("spent", metavar="TIME")
@click.option(
    "--started", metavar="TIME", help="When it began, as 2026-12-01T09:00 in JAVIS_TIMEZONE; without it, so long ago."
)
@click.option("--comment", metavar="TEXT", help="What was done, in Markdown.")
@click.option("--dry-run", is_flag=True, help="Only check it, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(key: str, spent: str, started: str | None, comment: str | None, dry_run: bool, as_json: bool) -> None:
    """Log work on an issue of a project that JAVIS_WORKLOGS names.

    The same as an INSERT INTO worklogs (issue_key, started_at, seconds) in SQL. TIME is hours and minutes. What is left
    to do on the issue stays as it was. The issue may be one that is not made yet.

    \b
    javis log OQC-12 1h30m \\
        --comment "Calibrated *twice*."
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.new import new_on_issue
    from javis_pipeline.wiring import TABLES, apply_policies, clock, open_database

    seconds = _seconds(spent)
    settings = load_settings()
    began = _instant(started, settings.javis_timezone) if started else clock() - timedelta(seconds=seconds)
    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        given = {"started_at": began, "seconds": seconds, "comment": comment}
        made = new_on_issue(db, TABLES["jira_worklog"], key, given, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"key": made.key, "record_id": str(made.record_id), "dry_run": dry_run}))
    elif dry_run:
        say("It would be logged; nothing was changed.")
    else:
        say(f"{made.key}: logged here, and not in Jira yet.\nNext: javis sync")


def _seconds(spent: str) -> int:
    found = _SPENT.fullmatch(spent.strip().lower())
    seconds = sum(int(part or 0) * unit for part, unit in zip(found.groups(), (3_600, 60), strict=True)) if found else 0
    if not seconds:
        raise UsageError(f"{spent!r} is no time; write it as 1h30m, 2h or 45m")
    return seconds


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no moment; write it as 2026-12-01T09:00") from error
    return found if found.tzinfo else found.replace(tzinfo=zone)
