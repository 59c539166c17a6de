"""A sandbox with demo data in a process of its own, and settings that point everything at it."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from javis_pipeline.cli.lines import say
from javis_pipeline.cli.parts import Part, Parts, held, require_free_port, run_while_held, running
from javis_pipeline.errors import JavisError, SettingError
from javis_pipeline.settings import Settings

if TYPE_CHECKING:
    from javis_pipeline.sandbox.ground import Edition

START_SECONDS = 60.0
PORT_OPTION = "--sandbox-port"
_DATABASES = ("DATABASE_URL", "DAGSTER_POSTGRES_URL")


@contextmanager
def demo_site(settings: Settings, *, port: int, edition: "Edition" = "cloud") -> Iterator[str]:
    """Run a demo sandbox while the block lasts; gives its URL. Everything is pointed at it, as by `point_at_demo`."""
    require_free_port(port, PORT_OPTION)
    point_at_demo(settings, port=port, edition=edition)
    with running(claim_stand_ins()) as parts:
        wait_until_it_answers(port, parts)
        yield demo_url(port)


def demo_url(port: int) -> str:
    """Where the demo sandbox is."""
    return f"http://127.0.0.1:{port}"


def claim_stand_ins(webhook_port: int | None = None) -> dict[str, Part]:
    """The demo's sandbox, to be run by the caller; none where settings do not speak of the demo, or where it runs.

    What happens in it is kept for the next time. Programs that this process starts meanwhile do not start it again.

    Args:
        webhook_port: Who listens on this port of 127.0.0.1 is told of what happens in it.
    """
    from javis_pipeline.settings import load_settings

    settings = load_settings()
    port = settings.javis_demo_port
    if not port or _answers(port):
        return {}
    os.environ["JAVIS_DEMO_PORT"] = "0"
    state, edition = str(settings.javis_home / "sandbox"), _edition(settings)
    arguments = ("sandbox", "--demo", "--edition", edition, "--port", str(port), "--state", state)
    telling = ("--webhook", f"http://127.0.0.1:{webhook_port}") if webhook_port else ()
    return {"the sandbox": Part((sys.executable, "-m", "javis_pipeline", *arguments, *telling), quiet=True)}


def point_at_demo(settings: Settings, *, port: int, edition: "Edition" = "cloud") -> None:
    """Point this process's environment at the demo, and write a settings file that does it for other commands.

    The demo has a home of its own, so its projects never meet those of real accounts; so has that of each edition.
    """
    from javis_pipeline.sandbox.command import environment

    home = _home(settings, edition)
    # The stand-in for Claude knows nothing of work; the rules answer about what is really there.
    known = {
        name: value
        for name, value in environment(port=port, edition=edition).items()
        if not name.startswith("ANTHROPIC_")
    }
    values = {"JIRA_EMAIL": "", **known, "ANTHROPIC_API_KEY": "", "JAVIS_HOME": str(home), "JAVIS_DEMO_PORT": str(port)}
    # Where the shell names a database the demo is in that one, also for a shell that does not name it.
    values |= {name: os.environ[name] for name in _DATABASES if os.environ.get(name)}
    file = home / "env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    os.environ["JAVIS_ENV_FILE"] = str(file)
    os.environ.update(values)


def wait_until_it_answers(port: int, parts: Parts | None = None) -> None:
    """Return once the sandbox, one of the parts, takes connections; JavisError when it does not start."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        has_ended = parts is not None and not parts.are_running()
        if has_ended or time.monotonic() > deadline:
            raise JavisError(f"the sandbox did not start on port {port}; run it alone to see why: javis sandbox --demo")
        time.sleep(0.1)


@contextmanager
def stand_ins_on_demand() -> Iterator[None]:
    """Have the demo's sandbox run while the block lasts, where settings speak of the demo.

    Commands at the same time share it; the last one ends it.
    """
    from javis_pipeline.settings import load_settings

    try:
        settings = load_settings()
    except SettingError:
        # The command itself tells what is wrong; these are not the demo's settings.
        yield
        return
    port, users = settings.javis_demo_port, settings.javis_home / "stand-ins.used"
    if not port:
        yield
        return
    with held(users, alone=False):
        with held(settings.javis_home / "stand-ins.started", alone=True):
            if parts := claim_stand_ins():
                run_while_held(parts, users)
                wait_until_it_answers(port)
                say(f"The demo's stand-ins run at {demo_url(port)} for this command.", err=True)
        yield


def forget_demo(settings: Settings, edition: "Edition" = "cloud") -> None:
    """Stop the demo's database and delete its folder."""
    from javis_pipeline.db.embedded import EmbeddedServer

    home = _home(settings, edition)
    EmbeddedServer(home, pg_bin=settings.javis_pg_bin).stop()
    shutil.rmtree(home)


def _edition(settings: Settings) -> "Edition":
    """Of the demo that the settings speak of: only a company's own Jira is below a path."""
    return "data-center" if settings.jira_url and settings.jira_url.endswith("/jira") else "cloud"


def _home(settings: Settings, edition: "Edition") -> Path:
    home = settings.javis_home / ("demo" if edition == "cloud" else f"demo-{edition}")
    home.mkdir(parents=True, exist_ok=True)
    return home


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
