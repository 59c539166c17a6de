"""What Jira gives of a project, for one pull."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Final, NamedTuple, Self

from javis_pipeline.db.connection import Database
from javis_pipeline.db.dimensions import (
    ISSUE_TYPES,
    RESOLUTIONS,
    knows_choices,
    store_components,
    store_names,
    store_priorities,
    store_sprints,
    store_statuses,
    store_versions,
)
from javis_pipeline.db.field_views import refresh_view
from javis_pipeline.db.jira_fields import count_uses, store_fields
from javis_pipeline.errors import RemoteRefused, UnreadableRecord
from javis_pipeline.records.jira import Called, IssueStamp, Priority, ProjectParts, Sprint, Status
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.steps.batches import in_batches
from javis_pipeline.steps.site_facts import NOTHING_KEPT, Facts
from javis_pipeline.steps.system import Extent, RemoteCount, Rest
from javis_pipeline.steps.worker_processes import WORKERS, WORTH_WORKERS
from javis_pipeline.sync.policies import left_alone
from javis_pipeline.systems.jira import jql
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.custom_fields import policy_of
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline.systems.jira.made import Maker
from javis_pipeline.systems.jira.reader import BATCH_SIZE, Batch, BatchReader
from javis_pipeline.systems.jira.site import JiraSite, answer_of, note_sprints, noted, sprints_of

# Added when Jira does not read instants as we mean them: no zone is further off.
ZONE_DOUBT: Final = timedelta(hours=26)

_STAMPS: Final = 1000


class _Dimensions(NamedTuple):
    """Small tables of the site that change without any issue changing, and what could not be read of them.

    Attributes:
        sprints: By the id of their board.
        parts: Of the project; all versions of it are known if `whole`.
    """

    statuses: list[Status]
    priorities: list[Priority]
    sprints: Mapping[int, Sequence[Sprint]]
    resolutions: list[Called]
    parts: ProjectParts
    whole: bool
    notes: list[str]


class IssueSource:
    """The project's issues, as Jira gives them to one pull.

    Args:
        jira: Client of the site.
        site: The account, the project and its fields.
        extent: What is read; of all, past sprints as well, and of named issues nothing that hangs on none.
        facts: What the site told lately.
        maker: Our account, where rows become issues.

    Attributes:
        missed: Whether the sweep met a hit without an id.
    """

    batch_size: Final = BATCH_SIZE

    def __init__(
        self,
        jira: JiraClient,
        site: JiraSite,
        *,
        extent: Extent = "whole",
        facts: Facts = NOTHING_KEPT,
        maker: Maker | None = None,
    ) -> None:
        self._table = JIRA_ISSUE.table
        self._jira = jira
        self._site = site
        self._facts = facts
        self._extent = extent
        self._sprint_facts = NOTHING_KEPT if extent == "whole" else facts
        self._project = site.project.key
        self._reader = BatchReader(
            jira,
            self._project,
            site.fields,
            run=WORKERS.run,
            sprint_name=site.names.get("sprint", "sprint"),
            sprints=site.sprints,
            custom=site.custom,
            left=left_alone(site.policies),
            maker=maker,
        )
        self._batches = count(1)
        self._notes: list[str] = []
        self._has_read = False
        self.missed = False

    def __enter__(self) -> Self:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix=f"beside-{self._project}")
        if self._extent != "named":
            self._dimensions: Future[_Dimensions] = self._threads.submit(self._read_dimensions)
            self._count: Future[int | None] = self._threads.submit(self._site_count)
        WORKERS.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        WORKERS.__exit__()

    def sweep(self, since: datetime | None, *, dated: bool = True) -> Iterator[list[IssueStamp]]:
        """Stamps of the issues that changed at or after an instant, the oldest change first.

        Without dates Jira gives thousands of hits a request; with them often a hundred.
        """
        changed = None if since is None else self._changed_since(since)
        return in_batches(self._jira.sweep(self._project, changed, dated=dated, unreadable=self._miss), _STAMPS)

    def stamp(self, remote_id: str) -> IssueStamp:
        """The stamp of an issue of which only the id is known."""
        return IssueStamp(remote_id, "", None)

    def read(self, wanted: Sequence[IssueStamp]) -> Batch:
        """Fetch these issues with everything that hangs on them."""
        self._has_read = True
        if next(self._batches) == WORTH_WORKERS:
            WORKERS.start()
        return self._reader.read(wanted)

    def counted(self) -> RemoteCount | None:
        """Jira's own estimate, never a reason to delete."""
        found = None if self._extent == "named" else self._count.result()
        return None if found is None else RemoteCount(found, f"Jira counts about {found}", max(5, found // 100))

    def round_off(self, db: Database, *, run_id: str, now: datetime) -> Rest:
        """Store the statuses, priorities and sprints of the site."""
        del run_id, now  # none of it is audited
        differ: list[ResourceRef] = []
        if self._extent != "named":
            differ = self._store_dimensions(db, self._dimensions.result())
            self._count.result()  # for what it has to say
        with db.statement() as conn:
            all_known = not self._has_read or knows_choices(conn, self._project)
        if not all_known:
            self._ask_for_choices_again(db)
        if self._reader.history_refused is not None:
            self._notes.append(
                "status and sprint changes were not read and stay as they were; javis sync --full reads them later: "
                f"{self._reader.history_refused}"
            )
        return Rest(self._notes, differ)

    def _store_dimensions(self, db: Database, dimensions: _Dimensions) -> list[ResourceRef]:
        """Issues of which only a look tells what the names in them are by now."""
        sprints = [sprint for sprints in dimensions.sprints.values() for sprint in sprints]
        versions, components, types = dimensions.parts
        differ: list[ResourceRef] = []
        with db.transaction(origin="sync") as conn:
            store_statuses(conn, dimensions.statuses, self._table)
            store_priorities(conn, dimensions.priorities, self._table)
            store_names(conn, RESOLUTIONS, dimensions.resolutions, self._table)
            store_names(conn, ISSUE_TYPES, types or [], self._table)
            store_sprints(conn, sprints, self._table)
            if versions is not None:
                differ += store_versions(conn, self._project, versions, self._table, are_all=dimensions.whole)
            if components is not None and dimensions.whole:
                differ += store_components(conn, self._project, components, self._table)
        note_sprints(dimensions.sprints, self._facts)
        self._notes[:0] = dimensions.notes
        self._note_fields(db)
        return differ

    def _ask_for_choices_again(self, db: Database) -> None:
        """An issue has a status or a priority that the site did not have lately."""
        forgotten = [self._facts.forget(name) for name in ("statuses", "priorities")]
        if not any(forgotten):
            return
        statuses, _ = answer_of("statuses were", self._statuses)
        priorities, _ = answer_of("priorities were", self._priorities)
        with db.transaction(origin="sync") as conn:
            store_statuses(conn, statuses or [], self._table)
            store_priorities(conn, priorities or [], self._table)

    def _note_fields(self, db: Database) -> None:
        """Store what the site's fields are called, and, where issues came, how many have them; name the columns of the
        view by name after them."""
        with db.transaction(origin="sync") as conn:
            ways = [(field, policy_of(field, self._site.policies)) for field in self._site.defined]
            changed = store_fields(conn, ways)
        if self._has_read:
            self._facts.of(f"uses of fields in {self._project}", partial(_count_uses, db, self._project))
        if changed.renamed:
            self._notes.append(f"fields of the site have other names now: {'; '.join(changed.renamed)}")
        if changed.gone:
            self._notes.append(
                f"the site does not list these fields any more, and their values stay: {', '.join(changed.gone)}"
            )
        custom = self._site.custom
        if late := refresh_view(db, self._project, [field for field in self._site.defined if field.field_id in custom]):
            self._notes.append(late)

    def _site_count(self) -> int | None:
        with noted(self._notes, "Jira's estimate of its issues was"):
            return self._jira.count(jql.in_project(self._project))
        return None

    def _miss(self, error: UnreadableRecord) -> None:
        """A hit without an id cannot be asked for: the watermark stays before it, and the next run meets it again."""
        self._notes.append(f"{error}; it is looked for again in the next run")
        self.missed = True

    def _changed_since(self, since: datetime) -> str:
        """The clause for what changed at or after an instant.

        Numbers are instants without any zone, but Jira documents that for its server edition only; so it is asked
        whether it reads them like the documented spelling, in which a wrong zone silently loses issues.
        """
        zone = self._site.identity.time_zone
        if jql.is_known_zone(zone):
            with suppress(RemoteRefused, UnreadableRecord):
                if self._facts.of(f"instants are read alike in {zone}", lambda: self._reads_alike(since, zone)):
                    return jql.updated_since_ms(since)
            doubt = f"Jira does not read instants in JQL as numbers or not in the zone {zone}"
        else:
            doubt = f"this machine does not know the zone {zone[:60]} of the account"
        self._notes.append(f"{doubt}; a wider sweep was made")
        return jql.updated_since(since - ZONE_DOUBT, "UTC")

    def _reads_alike(self, since: datetime, zone: str) -> bool:
        return next(self._jira.search_ids(jql.readings_differ(self._project, since, zone)), None) is None

    def _read_dimensions(self) -> _Dimensions:
        jira, site = self._jira, self._site
        notes = [*site.notes, *(str(ambiguity) for ambiguity in site.ambiguities)]
        if site.boards is None:
            notes.append("boards are not visible, so sprints are known from issues only: let the account see boards")
        with ThreadPoolExecutor(3, thread_name_prefix=f"small-tables-{self._project}") as threads:
            asked_parts = threads.submit(_read_parts, jira, self._project)
            asked_statuses = threads.submit(answer_of, "statuses were", self._statuses)
            asked_priorities = threads.submit(answer_of, "priorities were", self._priorities)
            asked_resolutions = threads.submit(answer_of, "resolutions were", self._resolutions)
            sprints = sprints_of(jira, site.boards or (), notes, facts=self._sprint_facts)
        parts, about_parts = asked_parts.result()
        statuses, about_statuses = asked_statuses.result()
        priorities, about_priorities = asked_priorities.result()
        resolutions, about_resolutions = asked_resolutions.result()
        return _Dimensions(
            statuses or [],
            priorities or [],
            sprints,
            resolutions or [],
            parts,
            not about_parts,
            [*notes, *about_parts, *about_statuses, *about_priorities, *about_resolutions],
        )

    def _statuses(self) -> list[Status]:
        return [Status(*told) for told in self._facts.of("statuses", lambda: [*map(list, self._jira.statuses())])]

    def _resolutions(self) -> list[Called]:
        return [Called(*told) for told in self._facts.of("resolutions", lambda: [*map(list, self._jira.resolutions())])]

    def _priorities(self) -> list[Priority]:
        return [Priority(*told) for told in self._facts.of("priorities", lambda: [*map(list, self._jira.priorities())])]


def _read_parts(jira: JiraClient, project: str) -> tuple[ProjectParts, list[str]]:
    """What a project has for issues to refer to, as far as it can be read, and what is to be said of the rest."""
    told: list[str] = []
    with noted(told, "versions, components and issue types were"):
        return jira.parts(project, lambda error: told.append(str(error))), told
    return ProjectParts(None, None, None), told


def _count_uses(db: Database, project: str) -> str:
    """Count how many issues have each field. That reads all of them, so it is not done in each run."""
    with db.transaction(origin="sync") as conn:
        count_uses(conn, project)
    return "counted"
