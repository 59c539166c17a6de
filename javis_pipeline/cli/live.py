"""`javis live`: seconds instead of minutes, by a process that hears of edits and changes and syncs them at once."""

import logging
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import click

from javis_pipeline.errors import JavisError, ScopeWanted

if TYPE_CHECKING:
    from javis_pipeline.db.connection import Database
    from javis_pipeline.settings import Settings

_START_SECONDS = 10.0


@click.command()
@click.option("--no-webhooks", is_flag=True, help="Take no webhooks: `javis webhook serve` does, or nobody.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to take webhooks on.")
@click.option("--port", default=8770, show_default=True, type=click.IntRange(1, 65535), help="TCP port of it.")
def command(no_webhooks: bool, host: str, port: int) -> None:
    """Keep everything in step within seconds, until Ctrl-C.

    Edits in PostgreSQL are sent as soon as they are committed, and what webhooks tell of is read at once, record by
    record and by the rules of `javis sync`. Webhooks are taken at /hooks/jira and /hooks/confluence where
    JAVIS_WEBHOOK_SECRET is set. Schedules stay on: they find what nobody told of, and what was deleted. It may be
    stopped or killed at any time, and two may run.
    """
    from javis_pipeline.cli.instance import dagster_instance
    from javis_pipeline.defs.live_events import telling_dagster
    from javis_pipeline.settings import load_settings
    from javis_pipeline.steps.live import Live
    from javis_pipeline.wiring import apply_policies, clock, live_scopes, open_database

    settings = load_settings()
    settings.require_projects()
    _print_lines(settings.log_level)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def check() -> None:
        if stop.is_set():
            raise ScopeWanted("javis live is being stopped")

    with closing(open_database(settings)) as db:
        apply_policies(db, settings)
        with (
            _webhooks(db, settings, host, port, wanted=not no_webhooks) as address,
            telling_dagster(lambda: dagster_instance(settings), db, settings) as changed,
        ):
            scopes = live_scopes(db, settings, check=check)
            names = ", ".join(f"{one.scope.system} {one.scope.scope}" for one in scopes)
            click.echo(f"Keeping {names} in step. Ctrl-C ends it.", err=True)
            Live(db, scopes, clock=clock, stop=stop, changed=changed, webhooks=address).run()
    click.echo("Ended.", err=True)


def _print_lines(level: str) -> None:
    """What it does and cannot do, a line each, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    ours = logging.getLogger("javis_pipeline")
    ours.setLevel(level)
    ours.addHandler(handler)


@contextmanager
def _webhooks(db: "Database", settings: "Settings", host: str, port: int, *, wanted: bool) -> Iterator[str | None]:
    """Take webhooks while the block lasts; where, or None where none are taken."""
    if wanted and settings.javis_webhook_secret is None:
        without = "JAVIS_WEBHOOK_SECRET is not set, so no webhooks are taken: changes there wait for the schedule."
        click.echo(without, err=True)
    if not wanted or settings.javis_webhook_secret is None:
        yield None
        return
    from javis_pipeline.cli.parts import require_free_port
    from javis_pipeline.clients.listener import make_listener
    from javis_pipeline.clients.webhooks import webhook_app
    from javis_pipeline.wiring import webhook_keepers

    secret = settings.require_webhook_secret()
    require_free_port(port, "--port")
    app = webhook_app(secret, webhook_keepers(db, settings))
    server, ended = make_listener(app, host, port), Event()

    def serve() -> None:
        try:
            server.run()
        finally:
            ended.set()

    thread = Thread(target=serve, name="webhooks", daemon=True)
    thread.start()
    while not server.started and not ended.wait(0.02):
        pass
    if not server.started:
        raise JavisError(f"nothing can listen on {host}:{port}; choose another address: --host, --port")
    address = f"http://{host}:{port}/hooks/"
    click.echo(f"Taking webhooks on {address}", err=True)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
