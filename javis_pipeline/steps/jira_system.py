"""Jira as the sync sees a system: how a project is opened, and both ways to its issues."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from javis_pipeline.clients.jira import jql
from javis_pipeline.clients.jira.client import JiraClient
from javis_pipeline.clients.jira.remote import JiraRecords
from javis_pipeline.db.connection import Database
from javis_pipeline.db.issues import issues_to_fetch
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.values import ResourceRef, ResourceType, System
from javis_pipeline.steps.jira_site import JiraSite, read_site
from javis_pipeline.steps.ports import Listed, Progress, RemoteRecords
from javis_pipeline.steps.pull import IssuesTally, pull_issues
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown


@dataclass(frozen=True)
class JiraSystem:
    """A Jira site.

    Attributes:
        client: Client of the site.
        projects: Keys of all synced projects: an issue that moves to one of them is followed.
        chosen_fields: A person's choice of custom fields, role to field id.
    """

    name: ClassVar[System] = "jira"
    resource_type: ClassVar[ResourceType] = "jira_issue"
    client: JiraClient
    projects: Collection[str] = ()
    chosen_fields: Mapping[str, str] = field(default_factory=dict)

    def scopes(self, key: str) -> frozenset[str]:
        """The synced projects."""
        return frozenset({key, *self.projects})

    def open(self, key: str) -> "OpenProject":
        """A project, after proving who we are and that it is visible, with its fields found."""
        return OpenProject(self.client, read_site(self.client, key, chosen=self.chosen_fields))


@dataclass(frozen=True)
class OpenProject:
    """A project that is visible to us."""

    client: JiraClient
    site: JiraSite

    @property
    def account_id(self) -> str:
        """As whom we read and write."""
        return self.site.identity.account_id

    @property
    def unwritable(self) -> Mapping[str, str]:
        """Story points, where no field was found for them."""
        if self.site.fields.story_points:
            return {}
        candidates = [ambiguity for ambiguity in self.site.ambiguities if ambiguity.role == "story_points"]
        why = str(candidates[0]) if candidates else "this site has no story points field that the account can see"
        return {"story_points": f"{why}; javis doctor says more"}

    @property
    def records(self) -> RemoteRecords:
        """Its issues, one by one."""
        return JiraRecords(self.client, self.site.fields, render=adf_to_markdown)

    def pull(
        self,
        db: Database,
        *,
        run_id: str,
        now: datetime,
        full: bool,
        also: Collection[str],
        again: Collection[str],
        progress: Progress,
    ) -> IssuesTally:
        """Bring the stored issues up to what Jira holds, except those that need a merge."""
        return pull_issues(
            db, self.client, self.site, run_id=run_id, now=now, full=full, also=[*also, *again], progress=progress
        )

    def listed(self, db: Database) -> Listed:
        """The issues of the project that the search makes sense of: one that it leaves out is asked for by itself."""
        project = self.site.project.key
        left_out: list[UnreadableRecord] = []
        stamps = list(self.client.search_ids(jql.sweep(project), unreadable=left_out.append))
        with db.transaction() as conn:
            wanted = set(issues_to_fetch(conn, stamps, project))
        return Listed(
            frozenset(stamp.jira_id for stamp in stamps),
            [ResourceRef("jira_issue", one.jira_id, project, one.key) for one in stamps if one.jira_id in wanted],
        )

    def follow(self, db: Database, run_id: str) -> None:
        """What hangs on an issue comes with a pull."""
