"""What a project costs in a database of a million issues, beside one of a hundred thousand: the others do not matter.

One project is fetched; the others are its rows again under other keys, put there by SQL. `javis status`, which is about
all of them, has a limit of its own.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psycopg import sql

from bench.live_place import site_settings, site_values, sync_project
from bench.places import database, postgres
from javis_pipeline.db.conflicts import list_conflicts
from javis_pipeline.db.connection import Database
from javis_pipeline.db.hints import waiting_hints
from javis_pipeline.db.live import known_workers
from javis_pipeline.db.migrate import migrate
from javis_pipeline.db.slack_posts import waiting_posts
from javis_pipeline.db.status import scope_status
from javis_pipeline.records.values import ScopeRef
from javis_pipeline.sandbox.server import SandboxServer
from javis_pipeline.sandbox.world import World
from javis_pipeline.settings import Settings
from javis_pipeline.steps.build_context import ContextScope, read_context
from javis_pipeline.steps.wake import Memory, wake
from javis_pipeline.wiring import TABLES

RATIO: Final = 1.5
STATUS_SECONDS: Final = 1.0
SMALL: Final = 10
_PROJECT: Final = "P1"
# Noise of a measurement that takes a few milliseconds.
_LEAST_SECONDS: Final = 0.02
_EDITED: Final = 150
_CONFLICTS: Final = 20

# Columns of a copied row that are otherwise in another project; what refers to a record by its id moves with it.
_KEY: Final = "regexp_replace({column}, '^P1-', %(project)s || '-')"
_ID: Final = "({column}::bigint + %(shift)s)::text"
_NEW: Final = "gen_random_uuid()"
_OTHERWISE: Final[Mapping[str, Mapping[str, str]]] = {
    "jira_issues": {
        "key": _KEY,
        "parent_key": _KEY,
        "jira_id": _ID,
        "parent_id": _ID,
        "project_key": "%(project)s",
        "record_id": _NEW,
    },
    "key_aliases": {"jira_id": _ID, "key": _KEY},
    "status_changes": {"jira_id": _ID, "change_id": _ID},
    "comments": {
        "jira_id": _ID,
        "comment_id": _ID,
        "issue_key": _KEY,
        "project_key": "%(project)s",
        "record_id": _NEW,
        "key": "%(project)s || ' ' || {column}",
    },
    "worklogs": {"jira_id": _ID, "worklog_id": _ID},
    "sync_audit": {"resource_id": _ID, "record_id": _NEW},
    "sync_outbox": {"op_id": _NEW, "resource_id": _ID, "scope": "%(project)s", "record_id": _NEW},
    "sync_runs": {"run_id": "{column} || %(project)s", "scope": "%(project)s"},
    "sync_watermarks": {"scope": "%(project)s"},
}
_OF_PROJECT: Final[Mapping[str, str]] = {
    "jira_issues": "project_key = 'P1'",
    "key_aliases": "key LIKE 'P1-%%'",
    "comments": "project_key = 'P1'",
    "sync_outbox": "scope = 'P1'",
    "sync_runs": "scope = 'P1' AND system = 'jira'",
    "sync_watermarks": "scope = 'P1' AND system = 'jira'",
    "sync_audit": "resource_id IN (SELECT jira_id FROM jira_issues WHERE project_key = 'P1')",
}
_OF_ISSUES: Final = "jira_id IN (SELECT jira_id FROM jira_issues WHERE project_key = 'P1')"


def measure(*, projects: int, each: int) -> int:
    """Print the table; 1 when a target was missed, else 0."""
    with _place(each) as (db, settings):
        _fill(db, each, range(2, SMALL + 1))
        small = _seconds(db, settings, SMALL)
        _fill(db, each, range(SMALL + 1, projects + 1))
        large = _seconds(db, settings, projects)
    print(f"{'one project of so many':<26}{SMALL:>9}{projects:>9}{'ratio':>8}   target")
    missed = False
    for name, seconds in large.items():
        ratio = max(seconds, _LEAST_SECONDS) / max(small[name], _LEAST_SECONDS)
        is_late = seconds > STATUS_SECONDS if name == "status" else ratio > RATIO
        target = f"<= {STATUS_SECONDS} s" if name == "status" else f"<= {RATIO} x"
        print(f"{name:<26}{small[name]:>7.3f} s{seconds:>7.3f} s{ratio:>8.2f}   {target}{'  MISSED' * is_late}")
        missed |= is_late
    return int(missed)


@contextmanager
def _place(issues: int) -> Iterator[tuple[Database, Settings]]:
    """A site with one project that was fetched, edited, and has conflicts."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="javis-bench-", ignore_cleanup_errors=True))
        )
        url = stack.enter_context(database(stack.enter_context(postgres(folder / "postgres"))))
        migrate(url, TABLES)
        world = stack.enter_context(SandboxServer(World(seed=5))).world
        _fill_site(world, issues)
        db = stack.enter_context(Database(url))
        settings = site_settings(site_values(world, url, [_PROJECT]))
        sync_project(db, settings, _PROJECT)
        _edit(world, db)
        for _ in range(2):
            sync_project(db, settings, _PROJECT)
        yield db, settings


def _fill_site(world: World, issues: int) -> None:
    """Every third issue was begun, and every fifth is talked about."""
    world.jira.create_project(_PROJECT, "Project 1")
    for number in range(issues):
        key = world.jira.create(_PROJECT, f"Issue {number}", description=f"What is to be done, {number}.").state.key
        if number % 3 == 0:
            world.jira.transition(key, "In Progress")
        if number % 5 == 0:
            world.jira.comment(key, "Seen.")


def _edit(world: World, db: Database) -> None:
    edited = [f"{_PROJECT}-{number + 1}" for number in range(_EDITED)]
    for key in edited[:_CONFLICTS]:
        world.jira.edit(key, title=f"{key} as they want it")
    with db.transaction() as conn:
        conn.execute("UPDATE jira_issues SET title = title || ' here' WHERE key = ANY(%s)", [edited])


def _fill(db: Database, each: int, projects: Iterable[int]) -> None:
    """The project again, so often."""
    for number in projects:
        print(f"project {number}", file=sys.stderr, flush=True)
        values = {"project": f"P{number}", "shift": (number - 1) * max(each * 10, 1_000_000)}
        with db.transaction() as conn:
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute("SET LOCAL synchronous_commit = off")
            for table in _OTHERWISE:
                columns = conn.execute(
                    "SELECT column_name AS name FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND table_name = %s"
                    " AND is_generated = 'NEVER' AND is_identity = 'NO'",
                    [table],
                )
                conn.execute(_copy(table, [row["name"] for row in columns]), values)
    with db.connect("bench") as conn:
        conn.autocommit = True
        conn.execute("VACUUM (ANALYZE)")


def _copy(table: str, columns: list[str]) -> sql.Composed:
    shown = [sql.SQL(_OTHERWISE[table].get(name, "{column}")).format(column=sql.Identifier(name)) for name in columns]
    return sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(shown),
        sql.Identifier(table),
        sql.SQL(_OF_PROJECT.get(table, _OF_ISSUES)),
    )


def _seconds(db: Database, settings: Settings, projects: int) -> dict[str, float]:
    """How long each thing takes, by what it is."""
    now = datetime.now(UTC)
    keys = [f"P{number + 1}" for number in range(projects)]
    memory = Memory(read_to=0)
    scope = ContextScope(_PROJECT)

    def tick() -> None:
        wake(db, memory, projects=keys, project_of=lambda ref: ref.scope, is_busy=lambda _: False)
        with db.transaction() as conn:
            waiting_hints(conn)

    def status() -> None:
        scope_status(db)
        waiting_posts(db)
        known_workers(db)

    return {
        "sync that finds nothing": _median(lambda: sync_project(db, settings, _PROJECT)),
        "work context": _median(lambda: read_context(db, scope, now=now)),
        "conflicts": _median(lambda: list_conflicts(db, [ScopeRef("jira", _PROJECT)], quote_restricted=True)),
        "sensors": _median(tick),
        "status": _median(status),
    }


def _median(work: Callable[[], object]) -> float:
    def timed() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    work()
    return statistics.median(timed() for _ in range(5))
