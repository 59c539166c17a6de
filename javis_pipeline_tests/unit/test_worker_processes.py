"""Work done in other processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from javis_pipeline.steps.worker_processes import PROCESSES, WorkerProcesses


@pytest.fixture
def workers():
    with WorkerProcesses() as found:
        found.start()
        yield found


def test_given_none_was_started_then_all_is_done_in_this_process():
    with WorkerProcesses() as workers:
        assert workers.run(os.getpid) == os.getpid()


def test_given_they_cannot_be_started_then_all_is_done_in_this_process(monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with WorkerProcesses() as workers:
        workers.start()

        assert workers.run(os.getpid) == os.getpid()
    assert "/nowhere/python" in caplog.text


def test_given_they_were_started_then_they_do_it_and_give_the_same_results(workers):
    done_by = {workers.run(os.getpid) for _ in range(20)}

    assert os.getpid() not in done_by
    assert len(done_by) == PROCESSES
    assert workers.run(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]


@pytest.mark.parametrize("content", [b"", b"an answer", b"a large answer" * 100_000])
def test_given_bytes_then_they_come_there_as_bytes(workers, content):
    assert workers.run(bytes.upper, content) == content.upper()
    assert workers.run(bytes.startswith, content, b"a") == content.startswith(b"a")


def test_given_an_error_there_then_it_is_raised_here(workers):
    with pytest.raises(ValueError, match="invalid literal"):
        workers.run(int, "seven")

    assert workers.run(int, "7") == 7


def test_they_know_no_account(monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "secret")
    with WorkerProcesses() as workers:
        workers.start()

        assert workers.run(os.getenv, "JIRA_TOKEN") is None


def test_given_a_process_dies_then_nothing_is_lost(workers, caplog):
    pids = {workers.run(os.getpid) for _ in range(20)}
    os.kill(pids.pop(), signal.SIGKILL)

    results = [workers.run(divmod, number, 7) for number in range(50)]

    assert results == [divmod(number, 7) for number in range(50)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_given_the_block_ends_then_no_process_is_left():
    with WorkerProcesses() as workers:
        workers.start()
        pids = {workers.run(os.getpid) for _ in range(20)}

    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_given_several_blocks_share_them_then_they_are_started_once_and_end_with_the_last():
    workers = WorkerProcesses()
    with workers:
        with workers:
            workers.start()
            workers.start()
            pids = {workers.run(os.getpid) for _ in range(20)}
        assert {workers.run(os.getpid) for _ in range(20)} == pids
        assert len(pids) == PROCESSES

    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with workers:
        assert workers.run(os.getpid) == os.getpid()


_STARTS_WORKERS = """
import os, time
from javis_pipeline.steps.worker_processes import WorkerProcesses
workers = WorkerProcesses()
workers.start()
print(*{workers.run(os.getpid) for _ in range(20)}, flush=True)
time.sleep(60)
"""


def test_given_the_process_that_started_them_is_killed_then_they_end_too():
    command = [sys.executable, "-c", _STARTS_WORKERS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        starter.kill()

    deadline = time.monotonic() + 30
    while any(_is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(pids) == PROCESSES
    assert not any(_is_running(pid) for pid in pids)


def _is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended yet; an orphan may wait to be buried."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").is_dir()  # ended just now, or a system that buries orphans by itself
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how large a process is")
def test_given_large_answers_were_read_then_the_processes_are_about_as_small_as_before(workers):
    before = [resident_megabytes(workers) for _ in range(PROCESSES)]

    for size in (8, 20, 18, 16, 12, 10) * PROCESSES:
        workers.run(len, bytes(size * 1024 * 1024))

    after = [resident_megabytes(workers) for _ in range(PROCESSES)]
    assert max(after) < max(before) + 6


def resident_megabytes(workers: WorkerProcesses) -> float:
    pages = int(workers.run(Path.read_text, Path("/proc/self/statm")).split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
