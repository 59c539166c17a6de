"""The two sides of a project in one table: what the UI shows of a system. Assets, checks and ops are made from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import dagster as dg

from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import restricted_issues
from javis_pipeline.db.jira_fields import list_fields
from javis_pipeline.db.pages import latest_pages, restricted_pages
from javis_pipeline.db.status import Held, issues_held, latest_issues, pages_held
from javis_pipeline.defs.metadata import SAMPLE_ROWS, issue_link, page_link
from javis_pipeline.defs.sources import confluence_site, jira_site
from javis_pipeline.records.systems import SYSTEMS, SystemWords
from javis_pipeline.records.values import System
from javis_pipeline.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Side:
    """What the UI shows of a system.

    Attributes:
        site: What is outside the graph.
        pulls, writes: What the two assets do.
        url_of: Where people look at it.
        held: What is here of some scopes.
        restricted: Ids of records that are named and not quoted.
        latest_columns, latest: The records that changed last.
        own_columns, own: The fields that only this site has, each with what it is and whether it is edited here.
        is_one: A project is one scope there, so that its counts are shown as they are.
    """

    system: System
    site: dg.AssetSpec
    pulls: str
    writes: str
    url_of: Callable[[Settings], str | None]
    held: Callable[[Database, Sequence[str]], Held]
    restricted: Callable[[Database, Sequence[str]], frozenset[str]]
    latest_columns: Sequence[str]
    latest: Callable[[Database, Sequence[str], Settings], Iterable[Sequence[object]]]
    own_columns: Sequence[str] = ()
    own: Callable[[Database, Sequence[str]], Iterable[Sequence[object]]] | None = None
    is_one: bool = False

    @property
    def words(self) -> SystemWords:
        """What people call it and what is in it."""
        return SYSTEMS[self.system]

    @property
    def pool(self) -> str:
        """How many runs may talk to it at a time is the limit of this pool."""
        return f"{self.system}_api"

    @property
    def none(self) -> str:
        """What is said of a project without this side."""
        return f"no {self.words.title} side"


def _latest_issues(db: Database, projects: Sequence[str], settings: Settings) -> Iterable[Sequence[object]]:
    for issue in [row for project in projects for row in latest_issues(db, project, limit=SAMPLE_ROWS)]:
        key = issue_link(issue["key"], settings.jira_url)
        yield key, issue["title"], issue["status"], issue["assignee"], issue["remote_updated_at"]


def _own_fields(db: Database, projects: Sequence[str]) -> Iterable[Sequence[object]]:
    """Those that issues of the projects have, or that can be edited here."""
    with db.transaction() as conn:
        found = list_fields(conn)
    for field in found:
        is_edited = field["policy"] in ("two_way", "local_to_remote")
        if is_edited or {*projects} & {*field["projects"]}:
            yield field["name"], "editable" if is_edited else "read only", field["sort"], field["field_id"]


def _latest_pages(db: Database, spaces: Sequence[str], settings: Settings) -> Iterable[Sequence[object]]:
    for page in latest_pages(db, spaces, limit=SAMPLE_ROWS):
        title = page_link(page["title"], settings.confluence_pages, page["page_id"])
        yield title, page["space_key"], page["status"], page["author"], page["version_created_at"]


JIRA: Final = Side(
    system="jira",
    site=jira_site,
    pulls="""One row per Jira issue of the project, with links, comments, worklogs, sprints, people and status changes.

    Only what changed since the last run is fetched. What was edited here as well is merged field by field; fields that
    both sides changed become conflicts.
    """,
    writes="Edits made here and resolved conflicts, sent to Jira: only fields that changed, and only onto what was "
    "seen.",
    url_of=lambda settings: settings.jira_url,
    held=issues_held,
    restricted=lambda db, projects: frozenset().union(*(restricted_issues(db, project) for project in projects)),
    latest_columns=("issue", "title", "status", "assignee", "updated"),
    latest=_latest_issues,
    own_columns=("custom field", "here", "reads as", "id"),
    own=_own_fields,
    is_one=True,
)

CONFLUENCE: Final = Side(
    system="confluence",
    site=confluence_site,
    pulls="""One row per page of the project's Confluence spaces, with labels, versions, authors and mentions of issues.

    Only what changed since the last run is fetched. What was edited here as well is merged, texts block by block; what
    both sides changed becomes a conflict.
    """,
    writes="Edits made here and resolved conflicts, sent to Confluence as new versions, each only onto the version "
    "we saw.",
    url_of=lambda settings: settings.confluence_site,
    held=pages_held,
    restricted=restricted_pages,
    latest_columns=("page", "space", "status", "last editor", "saved"),
    latest=_latest_pages,
)

SIDES: Final[Mapping[System, Side]] = {side.system: side for side in (JIRA, CONFLUENCE)}
