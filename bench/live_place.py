"""Where `javis live` is measured: a site in this process, a database in step with it, and the command beside them."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.places import database, postgres
from javis_pipeline.db.connection import Database
from javis_pipeline.db.live import known_workers
from javis_pipeline.db.migrate import migrate
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.webhooks import Webhooks
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.job import Job
from javis_pipeline.steps.sync_scope import pull_scope, write_back_scope
from javis_pipeline.wiring import TABLES, jira_system

LATENCY: Final = timedelta(milliseconds=100)


class LivePlace(NamedTuple):
    """What is measured.

    Attributes:
        pid: Of `javis live`.
    """

    world: World
    db: Database
    settings: Settings
    pid: int

    def sync(self, project: str) -> None:
        """What a run of the project does."""
        sync_project(self.db, self.settings, project)

    def edit(self, key: str, title: str) -> None:
        """Somebody edits an issue in PostgreSQL."""
        with self.db.transaction() as conn:
            conn.execute("UPDATE jira_issues SET title = %s WHERE key = %s", [title, key])

    def titles_here(self, keys: Sequence[str]) -> dict[str, str]:
        """What the issues are called here."""
        rows = self.db.query("SELECT key, title FROM jira_issues WHERE key = ANY(%s)", [list(keys)])
        return {row["key"]: row["title"] for row in rows}

    def title_there(self, key: str) -> str:
        """What the issue is called in Jira."""
        issue = self.world.jira.find(key)
        return str(issue.state.summary) if issue else ""


def sync_project(db: Database, settings: Settings, project: str) -> None:
    """What a run of the project does."""
    with jira_system(settings, db) as system:
        now = datetime.now(UTC)
        job = Job(db=db, system=system, key=project, run_id=f"bench {now}", clock=lambda: datetime.now(UTC))
        pull_scope(job)
        write_back_scope(job)


def site_settings(values: Mapping[str, Any]) -> Settings:
    """Settings of these values, and of no file."""
    return Settings(**{"_env_file": None, **{name.lower(): value for name, value in values.items()}})


@contextmanager
def live_place(projects: Sequence[str], *, issues: int) -> Iterator[LivePlace]:
    """A site with so many issues in each project, in step, with `javis live` and webhooks, at 100 ms a request."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        url = stack.enter_context(database(stack.enter_context(postgres(folder / "postgres"))))
        migrate(url, TABLES)
        world = stack.enter_context(SandboxServer(World(seed=5))).world
        for project in projects:
            world.jira.create_project(project, f"Project {project}")
            for number in range(issues):
                world.jira.create(project, f"Issue {number}")
        db = stack.enter_context(Database(url))
        values = site_values(world, url, projects)
        place = LivePlace(world, db, site_settings(values), 0)
        for project in projects:
            place.sync(project)
        port = _free_port()
        hooks = Webhooks(f"http://127.0.0.1:{port}", world.credentials.webhook_secret, random=world.random("hooks"))
        world.listeners.append(stack.enter_context(hooks))
        pid = stack.enter_context(_live(port, {**values, "JAVIS_HOME": str(folder), "JAVIS_ENV_FILE": os.devnull}))
        while not known_workers(db):
            time.sleep(0.1)
        world.latency = LATENCY
        yield place._replace(pid=pid)


def site_values(world: World, url: str, projects: Sequence[str]) -> dict[str, Any]:
    """Settings, by the names of variables, for a sandbox."""
    return {
        "JIRA_URL": world.base_url,
        "JIRA_EMAIL": "javis@example.com",
        "JIRA_TOKEN": world.credentials.api_token,
        "JIRA_PROJECTS": ",".join(projects),
        "JAVIS_WEBHOOK_SECRET": world.credentials.webhook_secret,
        "DATABASE_URL": url,
    }


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _live(port: int, environment: dict[str, str]) -> Iterator[int]:
    """Process id of `javis live`; what it says goes to the file that BENCH_LOG names."""
    command = [sys.executable, "-m", "javis_pipeline", "live", "--port", str(port)]
    ours = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    with Path(os.environ.get("BENCH_LOG", os.devnull)).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=ours | environment, stderr=log)  # noqa: S603 - our own program
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(60)
