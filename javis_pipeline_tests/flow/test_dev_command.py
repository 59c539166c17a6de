"""`javis dev`: what it starts, and that nothing of it is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from javis_pipeline.db.embedded import EmbeddedServer
from javis_pipeline_tests.sites import clean_environment, free_port, run_javis, wait_until_dagster_serves

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc"),
]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    EmbeddedServer(tmp_path / "demo-data-center").stop()


def processes_of(home: Path) -> list[str]:
    """Commands of the processes whose environment names the home, without the shared database."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(home) in (folder / "environ").read_bytes().decode(errors="replace"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended, or is somebody else's
    return [command for command in found if command and "postgres" not in command]


def test_given_javis_dev_is_killed_then_after_five_seconds_nothing_of_it_is_left(home: Path) -> None:
    port, log = free_port(), home / "dev.log"
    ports = ["--port", str(port), "--sandbox-port", str(free_port()), "--webhook-port", str(free_port())]
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "javis_pipeline", "dev", "--edition", "data-center", *ports],
            env=clean_environment() | {"JAVIS_HOME": str(home), "JAVIS_ENV_FILE": os.devnull},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    wait_until_dagster_serves(server, port, log)
    running = processes_of(home)
    second = run_javis("dev", "--port", str(port), settings={"JAVIS_HOME": str(home)})

    server.send_signal(signal.SIGKILL)
    server.wait()
    time.sleep(5)

    assert processes_of(home) == []
    for part in (
        "sandbox --demo --edition data-center",
        "dev -m javis_pipeline.definitions",
        "dagster_webserver",
        "_daemon",
        "slack serve",
        "live --port",
    ):
        assert any(part in command for command in running), (part, running)
    said = log.read_text()
    assert "Superseded" not in said
    assert "superseded" not in said
    assert "will not be used" not in said
    assert "for this command" not in said
    assert sum("sandbox --demo" in command and "keeper" not in command for command in running) == 1, running
    assert second.returncode == 1
    assert second.stderr == (f"Error: port {port} is taken; end what listens there, or choose another: --port\n")
