"""`javis slack`: post to Slack, look at what would be posted, and listen to its buttons."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.cli.lines import say
from javis_pipeline.errors import RemoteRefused, SettingError

if TYPE_CHECKING:
    from javis_pipeline.clients.slack.client import SlackClient
    from javis_pipeline.clients.slack.inbox import Press
    from javis_pipeline.db.connection import Database
    from javis_pipeline.settings import Settings
    from javis_pipeline.steps.notify import Outlet
    from javis_pipeline.steps.publish import Post, Preview, Published
    from javis_pipeline.steps.slack_answers import Desk

    MakePost = Callable[["Database", "Settings", "Outlet", datetime], "Post | None"]

_NO_CONTEXT = "no work context is stored yet. Next: javis run --project {project}"
_NO_WEEK = "nothing was suggested in the last whole week, and no date of a forecast came due in it."

_WORDS = {
    "posted": "posted",
    "updated": "the last post was changed",
    "unchanged": "nothing new since the last post",
    "nothing_to_say": "nothing to tell",
}


@click.group(cls=Group)
def command() -> None:
    """Post to Slack, look at what would be posted, and listen to its buttons.

    Needs SLACK_BOT_TOKEN, and a channel in SLACK_DEFAULT_CHANNEL or SLACK_CHANNELS. Nothing is told twice: a post that
    says nothing new is not sent, and news of the same day change the post of that day.

    The app's bot needs the scopes chat:write, channels:read, channels:history and files:write; for private channels
    groups:read and groups:history as well. Invite it to each channel.
    """


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """The options that the commands share."""
    for option in reversed(
        (
            click.option("--project", "projects", multiple=True, metavar="KEY", help="Only this project; repeatable."),
            click.option("--channel", metavar="CHANNEL", help="Name or id, instead of the configured channel."),
            click.option("--dry-run", is_flag=True, help="Print what would be posted; write nothing anywhere."),
            click.option("--json", "as_json", is_flag=True, help="Print JSON; with --dry-run the blocks, too."),
        )
    ):
        function = option(function)
    return function


@command.command()
@_options
def test(projects: tuple[str, ...], channel: str | None, dry_run: bool, as_json: bool) -> None:
    """Post a test message to each channel, and check what else the app needs there."""
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.posts.blocks import as_text
    from javis_pipeline.posts.notices import hello_message
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import slack_client, slack_outlet

    settings, now = load_settings(), datetime.now(UTC)
    by_project = projects or (settings.partitions and not channel)
    keys = chosen_projects(projects, settings.partitions) if by_project else ["test"]
    outlets = {outlet.channel: outlet for outlet in (slack_outlet(settings, key, channel) for key in keys)}
    slack = slack_client(settings)
    if dry_run:
        message = as_text(hello_message("the app", now, settings.javis_timezone))
        rows = [{"channel": name, "would_post": message} for name in outlets]
    else:
        rows = [_tried(slack, outlet, now) for outlet in outlets.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        say(f"{row['channel']}   {row.get('would_post') or row['permalink']}")
        for warning in row.get("warnings", ()):
            say(f"  {warning}", err=True)


def _tried(slack: "SlackClient", outlet: "Outlet", now: datetime) -> dict[str, Any]:
    from uuid import uuid4

    from javis_pipeline.steps.notify import send_test

    sent = send_test(slack, outlet, now=now)
    warnings = []
    for purpose, need in (
        ("a post whose answer was lost cannot be found again", partial(slack.find_post, since=now, post_id=uuid4())),
        ("buttons need SLACK_ALLOWED_USERS", slack.members),
    ):
        try:
            need(sent.channel)
        except RemoteRefused as error:
            warnings.append(f"{purpose}: {error}")
    return {"channel": outlet.channel, "permalink": slack.permalink(sent), "warnings": warnings}


@command.command()
@_options
def digest(projects: tuple[str, ...], channel: str | None, dry_run: bool, as_json: bool) -> None:
    """Post the digest, as every morning: sprint, risks, suggestions, conflicts, and what is new.

    It tells the work context and the suggestions that are stored: javis run makes new ones.
    """
    _run(_digest_post, projects, channel, dry_run=dry_run, as_json=as_json)


@command.command()
@_options
def risk(projects: tuple[str, ...], channel: str | None, dry_run: bool, as_json: bool) -> None:
    """Post which risks are new, worse or gone, if any are. Risks of low severity are left to the digest."""
    _run(_alert_post, projects, channel, dry_run=dry_run, as_json=as_json)


@command.command()
@_options
def week(projects: tuple[str, ...], channel: str | None, dry_run: bool, as_json: bool) -> None:
    """Post what the last week's advice came to, and which dates of the forecast held; once for each week."""
    _run(_week_post, projects, channel, dry_run=dry_run, as_json=as_json, without=_NO_WEEK)


@command.command()
@_options
def status(projects: tuple[str, ...], channel: str | None, dry_run: bool, as_json: bool) -> None:
    """Post the last sync of each project and its spaces: when, counts, conflicts, errors, and how old it is."""
    _run(_status_post, projects, channel, dry_run=dry_run, as_json=as_json)


def _digest_post(db: "Database", settings: "Settings", outlet: "Outlet", now: datetime) -> "Post | None":  # noqa: ARG001 - one signature for all
    from javis_pipeline.steps.notify import digest_post, read_digest
    from javis_pipeline.wiring import calling

    found = read_digest(db, outlet)
    return None if found is None else digest_post(found, calling(settings, outlet))


def _alert_post(db: "Database", settings: "Settings", outlet: "Outlet", now: datetime) -> "Post | None":
    from javis_pipeline.steps.build_context import read_context
    from javis_pipeline.steps.notify import alert_post
    from javis_pipeline.wiring import context_scope

    return alert_post(read_context(db, context_scope(settings, outlet.project), now=now), outlet)


def _week_post(db: "Database", settings: "Settings", outlet: "Outlet", now: datetime) -> "Post | None":  # noqa: ARG001 - one signature for all
    from javis_pipeline.steps.look_back import read_week, week_post

    week = read_week(db, outlet, now=now)
    return None if week is None else week_post(week, outlet)


def _status_post(db: "Database", settings: "Settings", outlet: "Outlet", now: datetime) -> "Post | None":  # noqa: ARG001 - one signature for all
    from javis_pipeline.steps.notify import read_status, status_post

    return status_post(read_status(db, outlet), outlet, now=now)


def _run(
    make: "MakePost",
    projects: Sequence[str],
    channel: str | None,
    *,
    dry_run: bool,
    as_json: bool,
    without: str = _NO_CONTEXT,
) -> None:
    """Post for each project, or show what would be posted; `without`: why there is no post to make, and what to do."""
    from javis_pipeline.cli.projects import chosen_projects
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import open_database, slack_client, slack_outlet

    settings, now = load_settings(), datetime.now(UTC)
    if not settings.partitions:
        settings.require_projects()  # says what to set
    outlets = [slack_outlet(settings, key, channel) for key in chosen_projects(projects, settings.partitions)]
    # Without a token there is something to see, but nobody to tell.
    slack = None if dry_run and settings.slack_bot_token is None else slack_client(settings)
    rows = []
    with closing(open_database(settings)) as db:
        for outlet in outlets:
            post = make(db, settings, outlet, now)
            row = {"project": outlet.project, "channel": outlet.channel, "dry_run": dry_run}
            if post is None:
                row |= {"outcome": "nothing_to_say", "notes": [without.format(project=outlet.project)]}
            else:
                row |= _shown(db, slack, outlet, post, now) if dry_run else _told(db, slack, outlet, post, now)
            rows.append(row)
            if not as_json:
                _print(row)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))


def _shown(
    db: "Database", slack: "SlackClient | None", outlet: "Outlet", post: "Post", now: datetime
) -> dict[str, Any]:
    from javis_pipeline.steps.publish import preview

    found: Preview = preview(db, slack, post, now=now, zone=outlet.zone)
    messages = {"main": found.drawing.main, **found.drawing.details}
    return {
        "outcome": found.outcome,
        "notes": [],
        "messages": {part: {"text": m.text, "blocks": list(m.blocks)} for part, m in messages.items()},
        "pictures": list(found.drawing.pictures),
    }


def _told(db: "Database", slack: "SlackClient | None", outlet: "Outlet", post: "Post", now: datetime) -> dict[str, Any]:
    from javis_pipeline.steps.publish import publish

    assert slack is not None
    published: Published = publish(db, slack, post, now=now, zone=outlet.zone)
    link = slack.permalink(published.sent) if published.sent else None
    return {"outcome": published.outcome, "notes": list(published.notes), "permalink": link}


def _print(row: dict[str, Any]) -> None:
    from javis_pipeline.posts.blocks import Message, as_text

    would = "would be " if row["dry_run"] and row["outcome"] == "posted" else ""
    what = f"{would}{_WORDS[row['outcome']]}"
    say(f"{row['project']}  {row['channel']}  {what}  {row.get('permalink') or ''}".rstrip())
    for note in row["notes"]:
        say(f"  {note}")
    if row["outcome"] == "nothing_to_say":
        return
    for part, message in row.get("messages", {}).items():
        text = as_text(Message(message["text"], tuple(message["blocks"])))
        say(f"\n{text}" if part == "main" else f"\nIn the thread:\n{text}")
    if row.get("pictures"):
        say(f"\nPictures in the thread: {', '.join(row['pictures'])}")


@command.command()
@click.option("--http", is_flag=True, help="Take signed requests at /slack/interactive, instead of Socket Mode.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: address to listen on.")
@click.option("--port", default=3002, show_default=True, type=click.IntRange(0, 65535), help="With --http: TCP port.")
def serve(http: bool, host: str, port: int) -> None:
    """Listen to the buttons of the posts until Ctrl-C.

    With SLACK_APP_TOKEN over Socket Mode, which needs no public address. With --http and SLACK_SIGNING_SECRET at an
    address that a proxy makes public with TLS; enter it in the app's settings under Interactivity.
    """
    from javis_pipeline.settings import load_settings
    from javis_pipeline.wiring import (
        TABLES,
        apply_policies,
        calling,
        local_run,
        open_database,
        slack_client,
        slack_outlet,
    )

    settings = load_settings()
    account = settings.require_slack()
    secret, app_token = account.signing_secret, account.app_token
    if http and secret is None:
        raise SettingError("SLACK_SIGNING_SECRET is not set; it is in the app's settings under Basic Information")
    if not http and app_token is None:
        raise SettingError(
            "SLACK_APP_TOKEN is not set; make an app-level token with connections:write under Basic Information, "
            "or set SLACK_SIGNING_SECRET and give --http"
        )
    from javis_pipeline.steps.slack_answers import Desk

    with closing(open_database(settings)) as db:
        apply_policies(db, settings)

        def outlet_of(project: str) -> "Outlet":
            return calling(settings, slack_outlet(settings, project))

        desk = Desk(db, TABLES, slack_client(settings), outlet_of, local_run, frozenset(account.allowed_users))
        if http and secret is not None:
            _serve_http(desk, secret.get_secret_value(), host, port)
        elif app_token is not None:
            _serve_socket(desk, app_token.get_secret_value())


def _handler(desk: "Desk") -> "Callable[[Press], None]":
    from javis_pipeline.steps.slack_answers import answer_press

    def handle(press: "Press") -> None:
        answer_press(desk, press, now=datetime.now(UTC))

    return handle


def _serve_socket(desk: "Desk", app_token: str) -> None:
    import threading

    from javis_pipeline.clients.slack.inbox import listen

    with closing(listen(desk.slack, app_token, _handler(desk))):
        click.echo("Listening to the buttons over Socket Mode. Ctrl-C ends it.", err=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("Ended.", err=True)


def _serve_http(desk: "Desk", secret: str, host: str, port: int) -> None:
    from javis_pipeline.clients.listener import make_listener
    from javis_pipeline.clients.slack.inbox import PATH, interactive_app
    from javis_pipeline.steps.slack_answers import is_new_request

    clock = partial(datetime.now, UTC)
    app = interactive_app(
        secret, is_new=lambda seen: is_new_request(desk.db, seen, now=clock()), handle=_handler(desk), clock=clock
    )
    say(f"Listening to the buttons on http://{host}:{port}{PATH}. Ctrl-C ends it.", err=True)
    make_listener(app, host, port).run()
