"""Pull: the issues of a Jira project, with all that hangs on them, into PostgreSQL.

A sweep of ids and change times finds what differs from what is stored; that is fetched by several threads and stored
batch by batch, each in a transaction of its own. A run that dies leaves whole batches; the next one continues with what
is missing. Rows that people edited here, or that have a conflict or a write under way, are left as they are and named,
for the merge.
"""

import logging
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from javis_pipeline.clients.jira import jql
from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import StoredIssues, count_present_issues, issues_to_fetch
from javis_pipeline.db.quarantine import count_quarantined
from javis_pipeline.db.satellites import store_priorities, store_sprints, store_statuses
from javis_pipeline.db.watermarks import Watermark, advance_watermark, read_watermark
from javis_pipeline.errors import RemoteRefused, UnreadableRecord
from javis_pipeline.records.jira import IssueStamp, Priority, Sprint, Status
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import as_they_come, in_batches, read_ahead
from javis_pipeline.steps.jira_site import JiraSite, noted
from javis_pipeline.steps.ports import Progress
from javis_pipeline.steps.pull_batch import BATCH_SIZE, Batch, BatchReader
from javis_pipeline.steps.pull_store import BatchStore, note_batch
from javis_pipeline.steps.watermark import Mark
from javis_pipeline.steps.worker_processes import WorkerProcesses

log = logging.getLogger(__name__)

# The search index can lag behind for hours; two were not enough for others. Reading stamps again is cheap, and what did
# not change is not fetched again.
HORIZON: Final = timedelta(hours=12)
# Added when Jira does not read instants as we mean them: no zone is further off.
ZONE_DOUBT: Final = timedelta(hours=26)
# Requests under way at once. They mostly wait; the client's own pace keeps the rate within what Jira allows.
THREADS: Final = 12

# With fewer batches a pull is over before worker processes are of use.
_WORKERS_FROM_BATCH: Final = 3

_STAMPS: Final = 1000


class Completeness(NamedTuple):
    """Whether we have what Jira has.

    Attributes:
        known: Issues stored here and, as far as is known, in Jira.
        seen: Hits of this run's sweep.
        missing: Hits that are not in the project when they are asked for by id, or that we may not see.
        quarantined: Issues of the project that cannot be read.
        site_count: Jira's own estimate of how many issues there are; None where it gives none.
    """

    known: int
    seen: int
    missing: int
    quarantined: int
    site_count: int | None

    @property
    def agrees(self) -> bool:
        """Whether the counts differ by no more than the estimate may be wrong."""
        if self.site_count is None:
            return True
        return abs(self.known + self.quarantined - self.site_count) <= max(5, self.site_count // 100)

    def __str__(self) -> str:
        ours = f"{self.known} known, {self.seen} seen, {self.missing} missing, {self.quarantined} quarantined"
        if self.site_count is None:
            return f"{ours}: not compared"
        return f"{ours}; Jira counts about {self.site_count}: {'agrees' if self.agrees else 'DIFFERS'}"


@dataclass(frozen=True, slots=True)
class IssuesTally:
    """What a pull did.

    Attributes:
        site: The account, the project and its fields, as the pull found them.
        whole: The sweep covered the whole project, not only what changed lately.
        inserted, updated: Issues that were stored.
        unchanged: Hits that were stored already.
        renamed: Issues that have another key now.
        unreadable: Issues that went into quarantine in this run.
        to_merge: Issues that changed remotely and are edited, in conflict or being written here, or that came in an
            older state than is stored.
        watermark: Every change up to then is stored.
        notes: What a person should know, each with the remedy.
    """

    site: JiraSite
    whole: bool
    inserted: int
    updated: int
    unchanged: int
    renamed: int
    unreadable: int
    to_merge: tuple[ResourceRef, ...]
    completeness: Completeness
    watermark: datetime | None
    notes: tuple[str, ...]

    def as_metadata(self) -> dict[str, int | str | bool]:
        """The counts, flat, for the log, the book of runs and the UI."""
        return {
            "whole": self.whole,
            "seen": self.completeness.seen,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "renamed": self.renamed,
            "to_merge": len(self.to_merge),
            "unreadable": self.unreadable,
            "missing": self.completeness.missing,
            "known": self.completeness.known,
            "quarantined": self.completeness.quarantined,
            "site_count": "" if self.completeness.site_count is None else self.completeness.site_count,
            "agrees": self.completeness.agrees,
            "completeness": str(self.completeness),
            "watermark": self.watermark.isoformat() if self.watermark else "",
            "notes": "; ".join(self.notes),
        }


def pull_issues(
    db: Database,
    jira: JiraClient,
    site: JiraSite,
    *,
    run_id: str,
    now: datetime,
    full: bool = False,
    also: Collection[str] = (),
    progress: Progress,
) -> IssuesTally:
    """Bring the stored issues of a project up to what Jira holds, except those that need a merge.

    Args:
        db: The product's database.
        jira: Client of the site.
        site: The account, the project and its fields, as they were proved just now.
        run_id: Names the run in the audit.
        now: Dates what is stored; it decides nothing.
        full: Read every issue again, changed or not. A first load does that anyway.
        also: Ids to fetch besides, such as those that only a census found.
        progress: Told after each batch.

    Raises:
        RemoteBusy: Jira gave up on us; what was stored until then stays, and the next run continues.
    """
    with db.transaction() as conn:
        before = read_watermark(conn, "jira", site.project.key)
    return _Pull(db, jira, site, before, run_id=run_id, now=now, full=full, also=also).run(progress)


class _Dimensions(NamedTuple):
    """Small tables of the site that change without any issue changing, and what could not be read of them."""

    statuses: list[Status]
    priorities: list[Priority]
    sprints: list[Sprint]
    notes: list[str]


def _read_dimensions(jira: JiraClient, site: JiraSite) -> _Dimensions:
    found = _Dimensions([], [], [], [*site.notes, *(str(ambiguity) for ambiguity in site.ambiguities)])
    with noted(found.notes, "statuses were"):
        found.statuses.extend(jira.statuses())
    with noted(found.notes, "priorities were"):
        found.priorities.extend(jira.priorities())
    if site.boards is None:
        found.notes.append("boards are not visible, so sprints are known from issues only: let the account see boards")
    sprints: dict[int, Sprint] = {}
    for board in site.boards or ():
        with noted(found.notes, f"sprints of board {board.name} were"):
            sprints |= {sprint.sprint_id: sprint for sprint in jira.sprints(board.board_id)}
    found.sprints.extend(sprints.values())
    return found


def _site_count(jira: JiraClient, project: str, notes: list[str]) -> int | None:
    with noted(notes, "Jira's estimate of its issues was"):
        return jira.count(jql.in_project(project))
    return None


@dataclass(slots=True)
class _Counts:
    """What the batches so far added up to."""

    seen: int = 0
    unchanged: int = 0
    inserted: int = 0
    updated: int = 0
    renamed: int = 0
    unreadable: int = 0
    missing: int = 0
    to_merge: list[ResourceRef] = field(default_factory=list)
    mark: Mark = field(default_factory=Mark)

    def add(self, batch: Batch, stored: StoredIssues) -> None:
        self.inserted += len(stored.inserted)
        self.updated += len(stored.updated)
        self.unchanged += len(stored.same)
        self.renamed += len(stored.renamed)
        self.unreadable += len(batch.unreadable)
        self.missing += len(batch.absent)
        self.to_merge += stored.to_merge
        note_batch(self.mark, batch, stored)

    @property
    def handled(self) -> int:
        return self.unchanged + self.inserted + self.updated + self.unreadable + self.missing + len(self.to_merge)


class _Pull:
    """One pull under way."""

    def __init__(
        self,
        db: Database,
        jira: JiraClient,
        site: JiraSite,
        before: Watermark,
        *,
        run_id: str,
        now: datetime,
        full: bool,
        also: Collection[str],
    ) -> None:
        self._db = db
        self._jira = jira
        self._site = site
        self._project = site.project.key
        self._watermark = before.watermark
        self._now = now
        self._full = full
        self._also = also
        self._whole = full or before.watermark is None
        self._workers = WorkerProcesses()
        self._reader = BatchReader(jira, self._project, site.fields, run=self._workers.run)
        self._store = BatchStore(db, self._project, run_id=run_id, now=now, refresh=full)
        self._counts = _Counts()
        self._notes: list[str] = []
        self._missed = False

    def run(self, progress: Progress) -> IssuesTally:
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"pull-{self._project}")
        with self._workers:
            try:
                dimensions = threads.submit(_read_dimensions, self._jira, self._site)
                site_count = threads.submit(_site_count, self._jira, self._project, self._notes)
                # One more than there are threads: none waits while a batch is stored.
                for batch in as_they_come(threads, self._reader.read, self._batches(threads), most=THREADS + 1):
                    stored = self._store.store(batch)
                    self._counts.add(batch, stored)
                    progress(self._counts.handled, site_count.result() if self._whole else None)
                return self._finish(dimensions.result(), site_count.result())
            finally:
                threads.shutdown(cancel_futures=True)

    def _batches(self, threads: ThreadPoolExecutor) -> Iterator[list[IssueStamp]]:
        for number, batch in enumerate(in_batches(self._wanted(threads), BATCH_SIZE), 1):
            if number == _WORKERS_FROM_BATCH:
                self._workers.start()
            yield batch

    def _wanted(self, threads: ThreadPoolExecutor) -> Iterator[IssueStamp]:
        """Hits that are not stored as they are, while the sweep still goes on; then what was asked for by id.

        Where nothing is compared, the dates are left out: Jira then gives thousands of hits a request.
        """
        query = jql.sweep(self._project, None if self._whole else self._changed_lately())
        compare = not self._full and not (self._whole and self._nothing_stored())
        hits = self._jira.search_ids(query, dated=compare, unreadable=self._miss)
        for stamps in read_ahead(threads, in_batches(hits, _STAMPS)):
            self._counts.seen += len(stamps)
            yield from self._not_stored(stamps) if compare else stamps
        for jira_id in self._also:
            yield IssueStamp(jira_id, "", None)

    def _miss(self, error: UnreadableRecord) -> None:
        """A hit without an id cannot be asked for: the watermark stays before it, and the next run meets it again."""
        self._notes.append(f"{error}; it is looked for again in the next run")
        self._missed = True

    def _nothing_stored(self) -> bool:
        with self._db.transaction() as conn:
            return count_present_issues(conn, self._project) == 0

    def _not_stored(self, stamps: list[IssueStamp]) -> Iterator[IssueStamp]:
        with self._db.transaction() as conn:
            wanted = set(issues_to_fetch(conn, stamps, self._project))
        for stamp in stamps:
            if stamp.jira_id in wanted:
                yield stamp
            else:
                self._counts.unchanged += 1
                self._counts.mark.stored(stamp.remote_updated_at)

    def _changed_lately(self) -> str:
        """The clause for what changed since the watermark, and the horizon before it.

        Numbers are instants without any zone, but Jira documents that for its server edition only; so it is asked
        whether it reads them like the documented spelling, in which a wrong zone silently loses issues.
        """
        assert self._watermark is not None
        since = self._watermark - HORIZON
        zone = self._site.identity.time_zone
        if jql.is_known_zone(zone):
            with suppress(RemoteRefused, UnreadableRecord):
                if next(self._jira.search_ids(jql.readings_differ(self._project, since, zone)), None) is None:
                    return jql.updated_since_ms(since)
            doubt = f"Jira does not read instants in JQL as numbers or not in the zone {zone}"
        else:
            doubt = f"this machine does not know the zone {zone[:60]} of the account"
        self._notes.append(f"{doubt}; a wider sweep was made")
        return jql.updated_since(since - ZONE_DOUBT, "UTC")

    def _finish(self, dimensions: _Dimensions, site_count: int | None) -> IssuesTally:
        """Only now everything up to the watermark is stored."""
        counts = self._counts
        with self._db.transaction(origin="sync") as conn:
            store_statuses(conn, dimensions.statuses)
            store_priorities(conn, dimensions.priorities)
            store_sprints(conn, dimensions.sprints)
            if not self._missed:
                full_at = self._now if self._whole else None
                advance_watermark(conn, "jira", self._project, counts.mark.value, full_at=full_at)
            after = read_watermark(conn, "jira", self._project)
            known = count_present_issues(conn, self._project)
            quarantined = count_quarantined(conn, "jira", self._project)
        if self._reader.history_refused is not None:
            self._notes.append(
                "status and sprint changes were not read and stay as they were; javis sync --full reads them later: "
                f"{self._reader.history_refused}"
            )
        return IssuesTally(
            site=self._site,
            whole=self._whole,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            renamed=counts.renamed,
            unreadable=counts.unreadable,
            to_merge=tuple(counts.to_merge),
            completeness=Completeness(known, counts.seen, counts.missing, quarantined, site_count),
            watermark=after.watermark,
            notes=(*dimensions.notes, *self._notes),
        )
