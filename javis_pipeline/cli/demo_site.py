"""A sandbox with demo data in a process of its own, and settings that point everything at it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from javis_pipeline.errors import JavisError
from javis_pipeline.settings import Settings

START_SECONDS = 60.0


@contextmanager
def demo_site(settings: Settings, *, port: int) -> Iterator[str]:
    """Run a demo sandbox while the block lasts; gives its URL.

    The demo has a home of its own, so its projects never meet those of real accounts. This process's environment is
    pointed at it, and a settings file there does the same for other commands: JAVIS_ENV_FILE=.javis/demo/env.
    """
    home = settings.javis_home / "demo"
    home.mkdir(parents=True, exist_ok=True)
    if _answers(port):
        raise JavisError(f"port {port} is taken, perhaps by another sandbox; choose another: --sandbox-port")
    arguments = ["sandbox", "--demo", "--port", str(port), "--state", str(home / "sandbox")]
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, "-m", "javis_pipeline", *arguments], stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_it_answers(process, port)
        _point_at(home, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise JavisError(f"the sandbox did not start on port {port}; run it alone to see why: javis sandbox --demo")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _point_at(home: Path, port: int) -> None:
    from javis_pipeline.sandbox.command import environment

    # The stand-in for Claude knows nothing of work; the rules answer about what is really there.
    known = {name: value for name, value in environment(port=port).items() if not name.startswith("ANTHROPIC_")}
    values = {**known, "ANTHROPIC_API_KEY": "", "JAVIS_HOME": str(home)}
    file = home / "env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    os.environ["JAVIS_ENV_FILE"] = str(file)
    os.environ.update(values)
