"""Tables of a project to its work context, kept when it changed."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.db.connection import Database
from javis_pipeline.db.context import context_rows, known_projects, newest_context, store_context
from javis_pipeline.errors import UsageError
from javis_pipeline.records.context import WorkContext, context_hash, from_json, to_json

# Stored contexts are looked at to see what changed since the last post; a season is plenty.
_KEPT = timedelta(days=90)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ContextScope:
    """What a context is about and how it is judged.

    Attributes:
        project_key: Key of the project.
        spaces: Confluence spaces that come with it.
        zone: Zone that days are counted in.
    """

    project_key: str
    spaces: Sequence[str] = ()
    zone: ZoneInfo = field(default_factory=partial(ZoneInfo, "UTC"))
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class KeptContext:
    """A context, and whether it differs from the one that was kept before."""

    context: WorkContext
    context_hash: str
    changed: bool


def read_context(db: Database, scope: ContextScope, *, now: datetime, sprint: str | None = None) -> WorkContext:
    """The work context of a project at `now`; nothing is written.

    Args:
        sprint: Name of a sprint to describe first, whatever its state.

    Raises:
        UsageError: No sprint of the project has that name; the message names the nearest.
    """
    # pandas takes a third of a second to import, and most programs that import this module read no context.
    from javis_pipeline.context.build import build_work_context
    from javis_pipeline.context.frames import frames_of
    from javis_pipeline.context.sprints import sprint_named

    frames = frames_of(_rows(db, scope, now))
    if sprint is not None and sprint_named(frames, sprint) is None:
        names = list(dict.fromkeys(frames.sprints["name"].iloc[::-1]))
        raise UsageError(f"no sprint of {scope.project_key} is called {sprint!r}{_nearest(sprint, names)}")
    return build_work_context(
        frames, scope.project_key, now=now, zone=scope.zone, thresholds=scope.thresholds, sprint=sprint
    )


def build_context(db: Database, scope: ContextScope, *, now: datetime) -> KeptContext:
    """The work context of a project, kept unless nothing in it has changed since the last one."""
    context = read_context(db, scope, now=now)
    digest = context_hash(context)
    with db.transaction() as conn:
        changed = store_context(conn, to_json(context), context_hash=digest, keep_since=now - _KEPT)
    counts = {total.severity: 0 for total in context.risk_totals}
    for total in context.risk_totals:
        counts[total.severity] += total.count
    log.info(
        "built context project=%s issues=%d high=%d medium=%d low=%d blocked=%d changed=%s",
        scope.project_key,
        context.counts.total,
        counts.get("high", 0),
        counts.get("medium", 0),
        counts.get("low", 0),
        context.blockers.blocked,
        changed,
    )
    return KeptContext(context, digest, changed)


def last_context(db: Database, project_key: str) -> WorkContext | None:
    """The newest context that was kept; None when there is none yet."""
    with db.transaction() as conn:
        document = newest_context(conn, project_key)
    return None if document is None else from_json(document)


def synced_projects(db: Database) -> list[str]:
    """Keys of the projects that have issues here, in order."""
    with db.transaction() as conn:
        return known_projects(conn)


def check_project(db: Database, project_key: str, configured: Collection[str] = ()) -> None:
    """UsageError, naming the nearest, unless the project is configured or has issues here."""
    known = list(dict.fromkeys((*configured, *synced_projects(db))))
    if project_key not in known:
        raise UsageError(
            f"no project {project_key!r} is synced here{_nearest(project_key, known)}. "
            "Name it in JIRA_PROJECTS and run javis sync to have it"
        )


class Projects(Protocol):
    """Whoever knows the projects of a site; a client of Jira does."""

    def project(self, key: str) -> object:
        """The project; SettingError names the nearest when it is not visible."""
        ...


class ContextAggregator:
    """Work contexts for programs. It reads the database; what Jira holds comes there by the sync."""

    def __init__(
        self,
        db: Database,
        jira: Projects | None = None,
        *,
        spaces: Mapping[str, Sequence[str]] | None = None,
        zone: ZoneInfo | None = None,
        thresholds: Thresholds | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """An aggregator of projects.

        Args:
            jira: Asked only to tell a project that was never synced from one that does not exist; None: not asked.
            spaces: Confluence spaces by project; their open conflicts are risks of the project.
            zone: Zone that days are counted in; UTC when left out.
            thresholds: From where on something is a risk; the defaults when left out.
            clock: Says what time it is, UTC-aware; the system clock when left out.
        """
        self._db = db
        self._jira = jira
        self._spaces = spaces or {}
        self._zone = zone or ZoneInfo("UTC")
        self._thresholds = thresholds or Thresholds()
        self._clock = clock or partial(datetime.now, UTC)

    def get_work_context(self, project: str, include_risks: bool = True, include_blockers: bool = True) -> WorkContext:
        """The work context of a project now; a part that is not included is empty.

        Raises:
            UsageError: The project is not synced here; the message names the nearest, or says that Jira knows it.
            SettingError: Jira does not know it either.
        """
        try:
            check_project(self._db, project)
        except UsageError:
            if self._jira is None:
                raise
            self._jira.project(project)  # raises, and names the nearest that the account sees
            raise UsageError(
                f"project {project} is in Jira, but was never synced here; name it in JIRA_PROJECTS and run "
                f"javis sync jira --project {project}"
            ) from None
        scope = ContextScope(project, self._spaces.get(project, ()), self._zone, self._thresholds)
        context = read_context(self._db, scope, now=self._clock())
        return context.without(risks=not include_risks, blockers=not include_blockers)


def _rows(db: Database, scope: ContextScope, now: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the project's tables, by the name of the frame they are for."""
    limits = scope.thresholds
    midnight = datetime.combine(now.astimezone(scope.zone).date(), time(), scope.zone)
    with db.transaction() as conn:
        # One snapshot: a sync that commits between two queries must not make an issue blocked by one that is done.
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return context_rows(
            conn,
            project_key=scope.project_key,
            spaces=scope.spaces,
            labels=(*limits.blocks_labels, *limits.blocked_by_labels),
            since=midnight - timedelta(weeks=limits.weeks),
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    by_lower = {each.casefold(): each for each in reversed(known)}
    close = get_close_matches(name.casefold(), by_lower, n=3, cutoff=0.4) or list(by_lower)[-3:]
    return f"; the nearest: {', '.join(by_lower[each] for each in close)}" if close else ""
