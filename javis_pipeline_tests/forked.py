"""Programs in processes of their own, forked from one that has imported what no setting changes.

A program sees what it would see if it were started: its arguments, its environment, its folder, its own output. Only
the seconds in which Python would import Dagster are spared, dozens of times in a run of the tests.
"""

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

processes: Final = multiprocessing.get_context("forkserver")
# Partitions and schedules are made of settings when `javis_pipeline.defs` is imported: that is for each program to do.
processes.set_forkserver_preload(["dagster", "dagster._cli", "pandas", "networkx", "javis_pipeline_tests.one_sync"])


def run_module(
    module: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`python -m module arguments`, with nothing to read, until it ends."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        process = processes.Process(
            target=_run, args=(module, list(arguments), dict(environment), os.getcwd(), out.name, err.name)
        )
        process.start()
        try:
            process.join()
        finally:
            process.kill()
            process.join()
        code = process.exitcode
        assert code is not None, "a process that was waited for has ended"
        process.close()
        return subprocess.CompletedProcess([module, *arguments], code, _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _run(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: str, out: str, err: str
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        os.dup2(os.open(path, mode), number)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # which multiprocessing leaves out
