"""`javis dev`: the Dagster UI with schedules and sensors, on the sandbox until real accounts are named."""

import importlib.util
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from javis_pipeline.cli import sandbox
from javis_pipeline.cli.lines import say
from javis_pipeline.cli.parts import Part

if TYPE_CHECKING:
    from javis_pipeline.sandbox.ground import Edition
    from javis_pipeline.settings import Settings


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the UI on 127.0.0.1.")
@click.option("--sandbox-port", default=8765, show_default=True, help="Port of the sandbox, when it is used.")
@sandbox.edition
@click.option("--live/--no-live", default=True, show_default=True, help="Also run `javis live`, with the schedules.")
@click.option("--webhook-port", default=8770, show_default=True, help="Port of `javis live` for webhooks.")
@click.pass_context
def command(
    context: click.Context, /, *, port: int, sandbox_port: int, edition: "Edition", live: bool, webhook_port: int
) -> None:
    """Start the Dagster UI, the scheduler, the sensors and `javis live`; stop with Ctrl-C.

    Without JIRA_URL a sandbox with demo data is started beside it, and all of them run. With real accounts schedules
    and sensors are stopped until you switch them on, and `javis live` is left out, unless you set JAVIS_AUTOSTART=1.
    With SLACK_APP_TOKEN the buttons of posts are listened to.
    """
    from javis_pipeline.cli.demo_site import (
        PORT_OPTION,
        claim_stand_ins,
        demo_url,
        point_at_demo,
        wait_until_it_answers,
    )
    from javis_pipeline.cli.instance import prepare_instance
    from javis_pipeline.cli.parts import require_free_port, running
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    require_free_port(port, "--port")
    if settings.jira_url is None:
        require_free_port(sandbox_port, PORT_OPTION)
        point_at_demo(settings, port=sandbox_port, edition=edition)
        os.environ["JAVIS_AUTOSTART"] = "1"
        settings = load_settings()
    settings.require_projects()
    live = live and settings.javis_autostart
    if live and settings.javis_webhook_secret is not None:
        require_free_port(webhook_port, "--webhook-port")
    prepare_instance(settings)
    site, stand_ins = settings.javis_demo_port, claim_stand_ins(webhook_port if live else None)
    _stop_by_signal()
    try:
        with running(stand_ins | _parts(settings, port, webhook_port if live else None)) as started:
            if site:
                wait_until_it_answers(site, started)
                say(f"Sandbox   {demo_url(site)} (Jira, Confluence and Slack to look at and edit)", err=True)
            click.echo(f"Dagster   http://127.0.0.1:{port}", err=True)
            if live:
                click.echo("Live      edits and changes are on the other side within seconds", err=True)
            started.wait()
    except KeyboardInterrupt:
        context.exit(0)


def _parts(settings: "Settings", port: int, webhook_port: int | None) -> dict[str, Part]:
    """Dagster, the listener to the buttons where there is a token for it, and the live sync where it has a port."""
    _name_places(settings)
    ours = (sys.executable, "-m", "javis_pipeline")
    # In its own home Dagster finds no .env, which for it would go before the environment, and no second dagster.yaml.
    parts = {"Dagster": Part((*_dagster_dev(), "-h", "127.0.0.1", "-p", str(port)), cwd=str(settings.dagster_folder))}
    if settings.slack_bot_token is not None and settings.slack_app_token is not None:
        parts["the listener to Slack's buttons"] = Part((*ours, "slack", "serve"))
    if webhook_port is not None:
        parts["the live sync"] = Part((*ours, "live", "--port", str(webhook_port)), quiet=True)
    return parts


def _name_places(settings: "Settings") -> None:
    """Have processes with another working directory find the same files."""
    from javis_pipeline.home import settings_file

    places = {
        "JAVIS_ENV_FILE": settings_file(),
        "JAVIS_HOME": settings.javis_home,
        "JAVIS_PG_BIN": settings.javis_pg_bin,
    }
    os.environ.update({name: str(path.absolute()) for name, path in places.items() if path is not None})


def _dagster_dev() -> tuple[str, ...]:
    """`dg dev` where dg is installed, else the older command, which only warns that there is a newer one."""
    target = ("-m", "javis_pipeline.definitions")
    if importlib.util.find_spec("dagster_dg_cli"):
        return (sys.executable, "-m", "dagster_dg_cli.cli", "dev", *target)
    return (sys.executable, "-W", "ignore:Function `dev_command` is superseded", "-m", "dagster", "dev", *target)


def _stop_by_signal() -> None:
    # Started from a script, this process may have inherited that SIGINT is ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
