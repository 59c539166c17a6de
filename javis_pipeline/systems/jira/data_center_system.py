"""A Jira that a company runs itself, as the sync sees it: texts in wiki markup, epics in a field of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from javis_pipeline.db.connection import Database
from javis_pipeline.records import Missing
from javis_pipeline.records.jira import Issue
from javis_pipeline.records.sync import RemoteRecord
from javis_pipeline.records.values import Value
from javis_pipeline.steps.ports import OneByOne
from javis_pipeline.steps.system import nothing_before
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.jira.comments import JiraComments
from javis_pipeline.systems.jira.create import JiraCreates
from javis_pipeline.systems.jira.data_center_create import DataCenterCommentCreates, DataCenterCreates
from javis_pipeline.systems.jira.data_center_worklogs import DataCenterWorklogCreates, DataCenterWorklogs
from javis_pipeline.systems.jira.kind import DATA_CENTER_COMMENT, DATA_CENTER_ISSUE, DATA_CENTER_WORKLOG, WIKI
from javis_pipeline.systems.jira.records import JiraRecords, Request
from javis_pipeline.systems.jira.site import JiraSite
from javis_pipeline.systems.jira.system import LINKS, Hangs, JiraSystem, by_author, for_readers


class DataCenterRecords(OneByOne, JiraRecords):
    """The issues of one project. Many together come only out of the search index, which may be behind."""

    def _description(self, issue: Issue) -> Value | Missing:
        return issue.description

    def _set_parent(self, request: Request, value: Value, current: RemoteRecord) -> None:
        """What is above an issue is the parent of a sub-task, and the epic of any other: `parent` would be taken there,
        and nothing would change."""
        epic_link = self._fields.epic_link
        if current.facts.get("is_subtask") is True:
            super()._set_parent(request, value, current)
        elif epic_link is None:
            raise self._refused("parent_key", "this site has no field for epics, or our account does not see it")
        else:
            request.fields[epic_link] = value


@dataclass(frozen=True)
class DataCenterSystem(JiraSystem):
    """A Jira site of a company's own."""

    kind: ClassVar[Kind] = DATA_CENTER_ISSUE
    records: ClassVar[type[JiraRecords]] = DataCenterRecords
    in_markup: ClassVar[bool] = True
    hangs: ClassVar[Sequence[Hangs]] = (
        Hangs(DATA_CENTER_COMMENT, by_author(JiraComments), for_readers(DataCenterCommentCreates)),
        Hangs(DATA_CENTER_WORKLOG, by_author(DataCenterWorklogs), for_readers(DataCenterWorklogCreates)),
        LINKS,
    )
    creates: ClassVar[type[JiraCreates]] = DataCenterCreates

    def _field_ids(self, site: JiraSite) -> dict[str, str]:
        return {**super()._field_ids(site), "description": WIKI}

    def _before(self, key: str) -> Callable[[Database], object]:
        del key  # nothing here is a view of something else
        return nothing_before
