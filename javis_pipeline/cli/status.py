"""`javis status`: what was synced when, and what waits for whom."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from javis_pipeline.db.live import Known
    from javis_pipeline.db.slack_posts import Waiting
    from javis_pipeline.settings import Settings


@click.command()
@click.option("--sizes", is_flag=True, help="Also show how much room each table takes.")
@click.option("--requests", is_flag=True, help="Show what runs that find nothing new ask of the sites, and no more.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(sizes: bool, requests: bool, as_json: bool) -> None:
    """Show each project and space: last sync, records, and what waits for a push, a decision or a repair."""
    from javis_pipeline.cli.lines import say
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.db.live import known_workers
    from javis_pipeline.db.slack_posts import waiting_posts
    from javis_pipeline.db.status import left_waiting, scope_status, table_sizes
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database

    settings = load_settings()
    if requests:
        _show_requests(settings, as_json=as_json)
        return
    with open_database(settings) as db:
        scopes = scope_status(db)
        posts = waiting_posts(db)
        workers = known_workers(db)
        tables = table_sizes(db) if sizes else []
    if as_json:
        document: dict[str, Any] = {
            "scopes": scopes,
            "waiting_posts": [post._asdict() for post in posts],
            "live": [worker._asdict() for worker in workers],
        }
        document |= {"tables": tables} if sizes else {}
        click.echo(json.dumps(document, default=_json_value, indent=2))
        return

    now = datetime.now(UTC)
    print_table(
        [
            "system",
            "scope",
            "records",
            "last run",
            "newest change",
            "unpushed",
            "conflicts",
            "errors",
            "quarantined",
            "deleted",
        ],
        [_row(scope, now) for scope in scopes],
        empty="Nothing was synced yet. Next: javis sync",
    )
    waiting = left_waiting(scopes, settings.scopes_of(settings.partitions))
    told = (_live(worker, now) for worker in workers)
    for line in (*told, *waiting, *(_waiting_post(post, now) for post in posts), *_explanations(scopes)):
        say(line)
    if sizes:
        click.echo()
        rows = [(table["table"], f"{table['bytes'] / 1_048_576:.1f} MB", table["rows_estimate"]) for table in tables]
        print_table(["table", "size", "rows, about"], rows, empty="No tables.")


def _show_requests(settings: "Settings", *, as_json: bool) -> None:
    """What the configured projects and spaces ask for an hour, by how often they are synced."""
    from javis_pipeline.cli.lines import say
    from javis_pipeline.cli.tables import print_table
    from javis_pipeline.sync.request_costs import BURST, MINUTES, requests_an_hour

    scopes = Counter(ref.system for ref in settings.scopes_of(settings.partitions))
    asked = requests_an_hour(scopes)
    if as_json:
        document = [one._asdict() | {"hourly": dict(zip(MINUTES, one.hourly, strict=True))} for one in asked]
        click.echo(json.dumps({"requests": document, "burst": BURST}))
        return
    columns = ["system", "scopes", "each run", *(f"every {minutes} min" for minutes in MINUTES)]
    rows = [(one.system, one.scopes, f"<= {one.each}", *one.hourly) for one in asked]
    print_table(columns, rows, empty="JIRA_PROJECTS names nothing to sync.")
    say(
        f"Requests an hour of runs that find nothing new, with a board a project; a changed record is 2 to 4 more. "
        f"Atlassian counts no requests an hour of an API token; it slows at {BURST} a second: {BURST * 3600} an hour."
    )


def _row(scope: Mapping[str, Any], now: datetime) -> list[object]:
    outcome = scope["outcome"] or ("running" if scope["started_at"] else "never")
    ran = f"{ago(scope['started_at'], now)}, {outcome}" if scope["started_at"] else outcome
    return [
        scope["system"],
        scope["scope"],
        scope["records"],
        ran,
        ago(scope["watermark"], now),
        scope["unpushed"],
        scope["conflicts"],
        scope["errors"],
        scope["quarantined"],
        scope["tombstones"] + scope["local_deletes"],
    ]


def _live(worker: "Known", now: datetime) -> str:
    """How a process of `javis live` is."""
    where = f"javis live (process {worker.pid} on {worker.host})"
    if not worker.is_running:
        return f"{where} ended without a word, {ago(worker.seen_at, now)}: changes wait for sensors and schedules"
    heard = f"heard of something {ago(worker.heard_at, now)}" if worker.heard_at else "heard of nothing so far"
    how = "" if worker.is_notified else "; it asks every 2 s, since notifications of the database do not arrive"
    trouble = f"; not in step: {worker.trouble}" if worker.trouble else ""
    return f"{where} runs, and {heard}{how}{trouble}"


def _waiting_post(post: "Waiting", now: datetime) -> str:
    """What Slack has not taken."""
    kind, _, job = post.kind.partition(" ")
    what = f"that {job} failed" if job else f"the {kind.replace('_', ' ')}"
    return (
        f"slack {post.project_key or 'all projects'}: Slack has not taken {what}, {ago(post.claimed_at, now)}; "
        "the next run posts it. javis doctor says whether Slack answers"
    )


def _why_it_ended(scope: dict[str, Any]) -> str:
    place = f"{scope['system']} {scope['scope']}: "  # some errors begin with it
    return place + str(scope["error"]).removeprefix(place)


def _explanations(scopes: list[dict[str, Any]]) -> list[str]:
    """Why the last run did not end well, and the next command for what waits."""
    lines = [_why_it_ended(scope) for scope in scopes if scope["error"]]
    lines += [
        f"{scope['system']} {scope['scope']}: nothing is sent, by {scope['held_by']}"
        for scope in scopes
        if scope["held_by"]
    ]
    lines += [
        f"{scope['system']} {scope['scope']}: {scope['wanted']} inserted here and not made there yet"
        for scope in scopes
        if scope["wanted"]
    ]
    lines += [
        f"{scope['system']} {scope['scope']}: {scope['to_put_away']} deleted here and not put away there yet"
        for scope in scopes
        if scope["to_put_away"]
    ]
    if any(scope["conflicts"] for scope in scopes):
        lines.append("Next: javis conflicts list")
    elif any(scope["errors"] for scope in scopes):
        lines.append("Next: javis conflicts list --errors")
    elif any(scope["unpushed"] or scope["wanted"] or scope["to_put_away"] for scope in scopes):
        lines.append("Next: javis sync")
    return lines


def ago(instant: datetime | None, now: datetime) -> str:
    """How long ago, in one unit, as in "3 min ago"; "-" for None."""
    if instant is None:
        return "-"
    seconds = max((now - instant).total_seconds(), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{int(seconds)} s ago"


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
