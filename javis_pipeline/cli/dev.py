"""`javis dev`: the Dagster UI with schedules and sensors, on the sandbox until real accounts are named."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import click

STOP_SECONDS = 30.0


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the UI on 127.0.0.1.")
@click.option("--sandbox-port", default=8765, show_default=True, help="Port of the sandbox, when it is used.")
@click.pass_context
def command(context: click.Context, port: int, sandbox_port: int) -> None:
    """Start the Dagster UI, the scheduler and the sensors; stop with Ctrl-C.

    Without JIRA_URL a sandbox with demo data is started beside it, and schedules and sensors run. With real accounts
    they are stopped until you switch them on, or set JAVIS_AUTOSTART=1.
    """
    from javis_pipeline.cli.demo_site import demo_site
    from javis_pipeline.cli.instance import prepare_instance
    from javis_pipeline.settings import load_settings

    with ExitStack() as stack:
        settings = load_settings()
        if settings.jira_url is None:
            site = stack.enter_context(demo_site(settings, port=sandbox_port))
            os.environ["JAVIS_AUTOSTART"] = "1"
            settings = load_settings()
            click.echo(f"Sandbox   {site} (Jira, Confluence and Slack to look at and edit)", err=True)
        settings.require_projects()
        prepare_instance(settings)
        click.echo(f"Dagster   http://127.0.0.1:{port}", err=True)
        context.exit(_dagster_dev(port))


def _dagster_dev(port: int) -> int:
    """Run `dagster dev` until it ends, or until Ctrl-C or SIGTERM; its exit code."""
    # Started from a script, this process may have inherited that SIGINT is ignored; Dagster's would then never stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    module = "javis_pipeline.definitions"
    arguments = ["-m", "dagster", "dev", "-m", module, "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([sys.executable, *arguments])  # noqa: S603 - fixed program, no shell
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return 0
