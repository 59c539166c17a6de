"""The command line. Each command is a module here with a click command named `command`, imported when it is called.

`javis --help` therefore costs an interpreter and click; a test lists what else it may import.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from javis_pipeline.errors import JavisError, SettingError, SyncHalted, UsageError

# In the order that people meet them.
COMMANDS = {
    "demo": "Everything once, on the sandbox with demo data.",
    "init": "Make a settings file to fill in, and the home.",
    "sandbox": "Run stand-ins for Jira, Confluence, Slack and Claude.",
    "dev": "Start the Dagster UI with schedules and sensors.",
    "doctor": "Check the configuration, one line each, with the remedy.",
    "sync": "Bring Jira, Confluence and PostgreSQL into step.",
    "live": "Keep everything in step within seconds.",
    "run": "Run everything once; for CI.",
    "status": "Show what was synced when, and what waits.",
    "verify": "Compare both sides afresh, and change nothing.",
    "conflicts": "List, show and resolve conflicts.",
    "retry": "Have what was refused sent again.",
    "fields": "List the custom fields of Jira.",
    "new": "Make an issue or a page here; the next sync makes it there.",
    "edit": "Edit fields of an issue here; the next sync sends them.",
    "archive": "Delete an issue or a page here; the next sync archives it there.",
    "delete": "Delete an issue or a page here; the next sync deletes it there.",
    "comment": "Comment on an issue here; the next sync writes it in Jira.",
    "link": "Link two issues here; the next sync links them in Jira.",
    "log": "Log work on an issue here; the next sync writes it in Jira.",
    "attachment": "List and fetch files that hang on issues.",
    "tag": "List, add and remove tags, which are labels in Jira.",
    "audit": "Show who changed what.",
    "undo": "Take back what one run changed.",
    "context": "Show the work context: risks, blockers, forecast.",
    "suggest": "Make, accept and reject suggestions.",
    "roadmap": "Keep the team's own goals.",
    "slack": "Post to Slack, or look at what would be posted.",
    "webhook": "Be told of changes there, instead of waiting.",
    "db": "Manage the database.",
}

# Those that ask the sites; on the demo its stand-ins are started for them.
_ASKING = frozenset({"doctor", "sync", "live", "run", "verify", "suggest", "slack", "attachment"})
_HELP = frozenset({"-h", "--help"})

_FOLDER = Path(__file__).parent
_FAILED, _USAGE, _HALTED = 1, 2, 4


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and prints our own errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [name for name in COMMANDS if (_FOLDER / f"{name}.py").is_file()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        if os.environ.get("JAVIS_ENV_FILE") and os.environ.get("JAVIS_HOME"):
            self._tell_other_home()
        if name in _ASKING and not _HELP & set(rest) and os.environ.get("JAVIS_ENV_FILE"):
            from javis_pipeline.cli.demo_site import stand_ins_on_demand

            ctx.with_resource(stand_ins_on_demand())
        return name, found, rest

    def _tell_other_home(self) -> None:
        from javis_pipeline.settings_origin import other_home

        if homes := other_home():
            shell, chosen = homes
            self._say(f"JAVIS_HOME={shell} of this shell goes before {chosen} of the settings file", "Note")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            # click's own way would import every command for its help.
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except JavisError as error:
            self._say(str(error))
            ctx.exit(exit_code(error))
        except click.Abort:
            if sys.stdin.isatty():
                raise
            click.echo()
            self._say("nobody is there to answer, so nothing was done; --yes does it without asking")
            ctx.exit(_USAGE)

    @staticmethod
    def _say(what: str, kind: str = "Error") -> None:
        from javis_pipeline.cli.lines import say

        say(f"{kind}: {' '.join(what.split())}", err=True)


def exit_code(error: JavisError) -> int:
    """What the shell is told: 2 call again corrected, 4 a guard stopped it, 1 anything else."""
    match error:
        case SettingError() | UsageError():
            return _USAGE
        case SyncHalted():
            return _HALTED
        case _:
            return _FAILED


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="javis-pipeline", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep Jira and Confluence in step with PostgreSQL, in both directions.

    Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 done but conflicts wait, 4 a guard stopped it,
    5 both sides differ and nothing says why (javis verify).
    """
    if os.environ.get("NO_COLOR"):  # click does not know of it
        context.color = False
