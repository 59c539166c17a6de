"""Work that is logged on issues: how each entry is read by itself, and how it is written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from javis_pipeline.records.create import Wish
from javis_pipeline.records.jira import Worklog
from javis_pipeline.records.values import Value
from javis_pipeline.systems.jira.wire.hanging import worklog_of
from javis_pipeline.systems.jira.written import WritingCreates, Writings, readers


class JiraWorklogs(Writings[Worklog]):
    """The worklogs of one project for the two-way steps."""

    what: ClassVar[str] = "worklog"

    def _parsed(self, document: object) -> Worklog:
        return worklog_of(document, {})

    def _values(self, one: Worklog) -> Mapping[str, Value]:
        return {
            "seconds": one.seconds,
            "comment": one.comment,
            "started_at": one.started_at.isoformat(),
            "restriction": one.restriction,
        }

    def _by_ids(self, ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return self._client.worklogs_by_id(ids)

    def _alone(self, issue: str, own_id: str) -> object:
        return self._client.worklog(issue, own_id)

    def _edit(self, issue: str, own_id: str, desired: Mapping[str, Value], mark: Mapping[str, object]) -> object:
        return self._client.edit_worklog(issue, own_id, _as_jira_has_it(desired), properties=mark)

    def _remove(self, issue: str, own_id: str) -> None:
        self._client.remove_worklog(issue, own_id)


class WorklogCreates(WritingCreates[Worklog]):
    """Logging work in one project."""

    what: ClassVar[str] = "worklog"

    def _parsed(self, document: object) -> Worklog:
        return worklog_of(document, {})

    def _all_on(self, issue: str) -> Iterable[Mapping[str, Any]]:
        return self._client.worklogs(issue, properties=True)

    def _asks(self, wish: Wish, raw: Mapping[str, Value]) -> Mapping[str, Any] | str:
        restriction = wish.values["restriction"]
        asked = readers(str(restriction) if restriction is not None else None, is_service=False)
        if isinstance(asked, str):
            return f"restriction: {asked}"
        given = {"started_at": wish.values["started_at"], **{name: one for name, one in raw.items() if one is not None}}
        return {"entry": _as_jira_has_it(given), "visibility": asked["visibility"]}

    def _add(self, asked: Mapping[str, Any], properties: Mapping[str, object]) -> object:
        return self._client.add_worklog(
            asked["place"], asked["entry"], visibility=asked["visibility"], properties=properties
        )


def _as_jira_has_it(values: Mapping[str, Value]) -> dict[str, object]:
    """Those of the fields that are given, by Jira's names."""
    found: dict[str, object] = {}
    for name, value in values.items():
        match name:
            case "seconds":
                found["timeSpentSeconds"] = value
            case "started_at":
                started_at = datetime.fromisoformat(str(value))
                found["started"] = f"{started_at:%Y-%m-%dT%H:%M:%S}.{started_at.microsecond // 1000:03d}{started_at:%z}"
            case _:
                found[name] = value
    return found
