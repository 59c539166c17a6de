"""`javis sandbox`: stand-ins for Jira, Confluence, Slack and Claude."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from javis_pipeline.cli.groups import Group
from javis_pipeline.errors import JavisError, UsageError

if TYPE_CHECKING:
    from javis_pipeline.sandbox.ground import Edition

_port = click.option("--port", default=8765, show_default=True, help="TCP port.")
_seed = click.option("--seed", default=1, show_default=True, help="Source of all chance, and of the tokens.")
edition = click.option(
    "--edition",
    type=click.Choice(["cloud", "data-center"]),
    default="cloud",
    show_default=True,
    help="What the stand-ins are: Atlassian's, or a company's own below /jira and /confluence.",
)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Group, invoke_without_command=True)
@_port
@_seed
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--demo", is_flag=True, help="Fill it with two lively projects, OQC and EUV.")
@click.option("--load", multiple=True, type=_file, help="Fill it with the issues of a corpus file (.ndjson.gz).")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Directory that keeps the state.")
@click.option("--faults", default="", help='What goes wrong: "lost-reply PUT /rest/api/3/issue/* #3; 503 1%".')
@click.option("--latency", default=0, show_default=True, help="Milliseconds that each answer takes at least.")
@click.option("--index-lag", default=0.0, show_default=True, help="Seconds until Jira's search knows of a change.")
@click.option("--flicker", default=0.0, show_default=True, help="Chance of a search hit to be missing for once.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="Whether rate limits hold.")
@click.option(
    "--bad-login",
    type=click.Choice(["anonymous", "refused"]),
    default="anonymous",
    show_default=True,
    help="What a wrong token gets: empty lists, or 401.",
)
@edition
@click.option("--traps", default="", help='Habits of Data Center sites: "basic-off,low-cap", "seed" or "all".')
@click.option("--webhook", metavar="URL", help="Where webhooks of what happens go, as http://127.0.0.1:8770.")
@click.option("--webhook-habits", default="", help='What goes wrong with them: "late,doubled,reordered,lost" or "all".')
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="File that gets every exchange.")
@click.pass_context
def command(context: click.Context, /, latency: int, index_lag: float, **options: Any) -> None:
    """Run stand-ins for Jira, Confluence, Slack and Claude on one port, until Ctrl-C.

    They are as awkward as the real services. A page to look and edit is at the address that is printed; `javis sandbox
    env` prints the settings that point everything else at it. Any e-mail address is accepted with the token.
    """
    if context.invoked_subcommand is not None:
        # What is said before `env` holds for it as well.
        context.default_map = {
            context.invoked_subcommand: {name: options[name] for name in ("port", "seed", "edition")}
        }
        return
    from javis_pipeline.sandbox.command import Options, run

    try:
        run(Options(**options, latency=timedelta(milliseconds=latency), index_lag=timedelta(seconds=index_lag)))
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise JavisError(f"sandbox: {error}. Is the port taken? Choose another: --port") from error


@command.command(short_help="Print settings that point at it.")
@_port
@_seed
@edition
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def env(port: int, seed: int, edition: "Edition", as_json: bool) -> None:
    """Print the settings that point the product at the sandbox: javis sandbox env > .env"""
    from javis_pipeline.sandbox.command import environment

    settings = environment(port=port, seed=seed, edition=edition)
    click.echo(json.dumps(settings) if as_json else "\n".join(f"{name}={value}" for name, value in settings.items()))
