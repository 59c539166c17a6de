"""Syncs of a project in processes of their own, so that they can be killed.

One does what the assets do, without Dagster's start: pull, then write back, under the lock, with the settings of its
environment and a clock that is as many seconds off as asked for. They are forked, so that most of a life is no start.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from uuid import uuid4

from javis_pipeline.records.sync import Overrides
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import jira_system, open_database
from javis_pipeline_tests.forked import processes


@dataclass
class RunningSync:
    """A sync under way.

    Attributes:
        kill: End its process at once.
    """

    process: ForkServerProcess
    told: Connection
    kill: Callable[[], None]

    @property
    def is_running(self) -> bool:
        return self.process.exitcode is None

    def wait(self) -> tuple[int, str]:
        """Its exit code, and why it failed, unless it was killed."""
        self.process.join()
        code = self.process.exitcode
        assert code is not None, "a process that was waited for has ended"
        words = ""
        with contextlib.suppress(EOFError):  # it had nothing to say
            words = str(self.told.recv())
        self.told.close()
        self.process.close()
        return code, words


def start_sync(project: str, settings: Mapping[str, str], *, offset: float) -> RunningSync:
    """Begin a sync of `project` whose environment is `settings`, and whose clock is `offset` seconds off."""
    told, telling = processes.Pipe(duplex=False)
    process = processes.Process(target=_sync, args=(project, dict(settings), offset, telling), daemon=True)
    process.start()
    telling.close()
    return RunningSync(process, told, process.kill)


def _sync(project: str, settings: Mapping[str, str], offset: float, telling: Connection) -> None:
    os.environ.clear()
    os.environ.update(settings)
    try:
        _pull_and_write_back(project, timedelta(seconds=offset))
    except Exception:  # noqa: BLE001 - whoever started it decides whether it may fail
        telling.send(traceback.format_exc())
        sys.exit(1)


def _pull_and_write_back(project: str, offset: timedelta) -> None:
    settings = Settings()
    with open_database(settings) as db, jira_system(settings) as system:
        job = Job(
            db=db,
            system=system,
            key=project,
            run_id=str(uuid4()),
            overrides=Overrides(writes=10_000, deletions=10_000),
            clock=lambda: datetime.now(UTC) + offset,
        )
        pull_scope(job)
        write_back_scope(job)
