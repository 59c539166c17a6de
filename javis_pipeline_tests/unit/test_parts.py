"""Programs beside a command: none outlives it, and one that ends is noticed."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from javis_pipeline.cli.parts import Part, held, require_free_port, run_while_held, running
from javis_pipeline.errors import JavisError


def python(code: str) -> Part:
    return Part((sys.executable, "-c", code))


# Starts a process of its own, tells both ids, and does not listen to Ctrl-C.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1] + ".part", "w") as file:
    print(os.getpid(), child.pid, file=file)
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(60)
"""


def wait_for(file: Path) -> list[int]:
    deadline = time.monotonic() + 30
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return [int(pid) for pid in file.read_text().split()]


def is_alive(pid: int) -> bool:
    """A zombie that nobody waits for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_end(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_alive, pids))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_given_the_command_is_killed_then_after_five_seconds_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    command = f"""
import time
from javis_pipeline.cli.parts import Part, running
with running({{"it": Part(({sys.executable!r}, "-c", {STUBBORN!r}, {str(file)!r}))}}):
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", command])
    pids = wait_for(file)
    assert all(map(is_alive, pids))

    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert all_end(pids, 5)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
@pytest.mark.parametrize("with_the_command", [True, False])
def test_given_the_keeper_is_killed_then_nothing_is_left_either(tmp_path: Path, with_the_command: bool) -> None:
    file = tmp_path / "pids"
    command = f"""
import time
from javis_pipeline.cli.parts import Part, running
with running({{"it": Part(({sys.executable!r}, "-c", {STUBBORN!r}, {str(file)!r}))}}) as parts:
    parts.wait()
"""
    process = subprocess.Popen([sys.executable, "-c", command], stderr=subprocess.PIPE, text=True)
    pids = wait_for(file)
    keeper = int(Path(f"/proc/{pids[0]}/stat").read_text().rpartition(")")[2].split()[1])

    if with_the_command:
        os.kill(process.pid, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    _, said = process.communicate()

    assert all_end([*pids, keeper], 5)
    assert with_the_command or "the process that keeps the others together was killed" in said


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_given_a_part_ends_then_it_is_named_and_the_others_end(tmp_path: Path) -> None:
    patient = "import sys, os, time; open(sys.argv[1] + '.p', 'w').write(str(os.getpid()));"
    patient += "os.rename(sys.argv[1] + '.p', sys.argv[1]); time.sleep(60)"
    file = tmp_path / "pid"
    breaking = f"import os, time\nwhile not os.path.exists({str(file)!r}): time.sleep(0.05)\nraise SystemExit(7)"
    parts = {"the sandbox": python(breaking), "Dagster": Part((sys.executable, "-c", patient, str(file)))}

    with running(parts) as started, pytest.raises(JavisError, match="the sandbox ended by itself with exit code 7"):
        started.wait()

    assert all_end(wait_for(file), 1)
    assert not started.are_running()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
def test_given_two_that_use_programs_then_they_run_until_neither_does(tmp_path: Path) -> None:
    lock, file = tmp_path / "used", tmp_path / "pids"
    with held(lock, alone=False):
        with held(lock, alone=False):
            run_while_held({"it": Part((sys.executable, "-c", STUBBORN, str(file)))}, lock)
            pids = wait_for(file)
        time.sleep(0.5)
        alive = all(map(is_alive, pids))

    assert alive
    assert all_end(pids, 5)


def test_given_a_taken_port_then_the_line_names_it_and_the_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(JavisError, match=f"port {port} is taken; .* choose another: --sandbox-port"):
            require_free_port(port, "--sandbox-port")

    require_free_port(port, "--sandbox-port")
