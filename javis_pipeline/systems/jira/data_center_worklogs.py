"""Work that is logged in a Jira that a company runs itself. Nothing can be noted on a worklog there: what we wrote is
known by what it says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from javis_pipeline.records.create import Wish
from javis_pipeline.records.jira import Worklog
from javis_pipeline.records.sync import FieldChange, RemoteRecord
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.systems.jira.worklogs import JiraWorklogs, WorklogCreates

# Databases below a Jira keep different parts of a second.
_SAME_MOMENT: Final = timedelta(seconds=1)


class DataCenterWorklogs(JiraWorklogs):
    """The worklogs of one project for the two-way steps."""

    def _edit(self, issue: str, own_id: str, desired: Mapping[str, Value], mark: Mapping[str, object]) -> object:
        del mark
        return super()._edit(issue, own_id, desired, {})

    def _record(self, ref: ResourceRef, document: Mapping[str, Any], mark: UUID | None = None) -> RemoteRecord:
        return replace(super()._record(ref, document, mark), bears_no_marks=True)

    def _changes(self, one: Worklog, document: Mapping[str, Any], mark: UUID | None) -> list[FieldChange]:
        """The last edit, which made it what it is now; any of ours, if our account made it."""
        values = self._values(one)
        told = [replace(change, new=values[change.field]) for change in super()._changes(one, document, mark)]
        return [replace(change, op_id=None) if change.author_id == self._account_id else change for change in told]


class DataCenterWorklogCreates(WorklogCreates):
    """Logging work in one project."""

    def _alike(self, one: Worklog, wishes: Sequence[Wish]) -> Collection[UUID]:
        return [wish.creation.record_id for wish in wishes if self._is_asked_for(one, wish.asked)]

    def _is_asked_for(self, one: Worklog, asked: Mapping[str, Value]) -> bool:
        began = datetime.fromisoformat(str(asked["started_at"]))
        same_time = abs(one.started_at - began) < _SAME_MOMENT and one.seconds == asked["seconds"]
        same_text = self._kind.fields["comment"].means_the_same(one.comment, asked["comment"])
        return same_time and same_text and one.restriction == asked["restriction"]

    def _add(self, asked: Mapping[str, Any], properties: Mapping[str, object]) -> object:
        del properties
        return super()._add(asked, {})
