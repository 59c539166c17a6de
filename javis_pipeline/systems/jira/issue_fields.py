"""What Jira has of each field of an issue: its id there, how it is read, sent, and told of by histories. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, cast

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import Issue, Sort
from javis_pipeline.records.values import Value, as_set
from javis_pipeline.systems.jira.numbers import number_of, sent_number


def _as_it_is(value: Value, jira_id: str) -> object:
    del jira_id
    return value


def _by_id(value: Value, jira_id: str) -> object:
    """A choice as a request names it."""
    del jira_id
    return {"id": value["id"]} if isinstance(value, Mapping) else None


def _id_alone(value: Value, jira_id: str) -> object:
    del jira_id
    return value["id"] if isinstance(value, Mapping) else None


def _words(raw: str | None, text: str | None) -> Value | Missing:
    del raw
    return text or None


def _id(raw: str | None, text: str | None) -> Value | Missing:
    del text
    return raw or None


def _untold(raw: str | None, text: str | None) -> Value | Missing:
    """A history has no text as it was, of a set one element only, and of sprints past ones too."""
    del raw, text
    return MISSING


def _labels(raw: str | None, text: str | None) -> Value | Missing:
    del raw
    return as_set((text or "").split())


def _day(raw: str | None, text: str | None) -> Value | Missing:
    return (raw or text or "")[:10] or None


def _number(raw: str | None, text: str | None) -> Value | Missing:
    return number_of(text or raw)


def _seconds(raw: str | None, text: str | None) -> Value | Missing:
    told = raw or text or ""
    return int(told) if told.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueField:
    """One field of ours.

    Attributes:
        read: Its value in remote form.
        jira_id: Jira's id of it; None where each site has another, or where it is not written.
        send: That value, which is not None, as an edit takes it, with the id of the field there. Parents and estimates
            go out in ways of their own.
        is_person: It goes out as the account that is looked up for it.
        told: The canonical value out of an item of a history, by the item's id and its text; MISSING where it does not
            tell.
        elements: Of a set whose elements go out as objects, in which form.
    """

    read: Callable[[Issue], Value | Missing]
    jira_id: str | None = None
    send: Callable[[Value, str], object] = _as_it_is
    is_person: bool = False
    told: Callable[[str | None, str | None], Value | Missing] = _words
    elements: Sort | None = None


def _choice(name: str, jira_id: str | None, send: Callable[[Value, str], object] = _by_id) -> IssueField:
    """Something out of a list, with an id and a name."""

    def read(issue: Issue) -> Value | Missing:
        chosen, called = getattr(issue, f"{name}_id"), getattr(issue, name)
        if isinstance(chosen, Missing) or isinstance(called, Missing):
            return MISSING
        return None if chosen is None else {"id": chosen, "name": called}

    return IssueField(read=read, jira_id=jira_id, send=send, told=_id)


def _set(name: str, jira_id: str) -> IssueField:
    """Things of the project, by their names."""
    return IssueField(read=_set_of(name), jira_id=jira_id, told=_untold, elements="versions")


def _set_of(name: str) -> Callable[[Issue], Value | Missing]:
    def read(issue: Issue) -> Value | Missing:
        names = getattr(issue, name)
        return names if isinstance(names, Missing) else as_set(names)

    return read


def _due_date(issue: Issue) -> Value | Missing:
    return issue.due_date.isoformat() if issue.due_date else cast(Missing | None, issue.due_date)


FIELDS: Final[Mapping[str, IssueField]] = {
    "title": IssueField(read=attrgetter("title"), jira_id="summary"),
    "description": IssueField(read=attrgetter("description_adf"), jira_id="description", told=_untold),
    "labels": IssueField(read=_set_of("labels"), jira_id="labels", told=_labels),
    "priority": _choice("priority", "priority"),
    "due_date": IssueField(read=_due_date, jira_id="duedate", told=_day),
    "resolution": _choice("resolution", "resolution"),
    "team": _choice("team", None, _id_alone),
    "status": _choice("status", "status"),
    "components": _set("components", "components"),
    "fix_versions": _set("fix_versions", "fixVersions"),
    "affected_versions": _set("affected_versions", "versions"),
    "assignee_id": IssueField(read=attrgetter("assignee_id"), jira_id="assignee", is_person=True, told=_id),
    "story_points": IssueField(read=attrgetter("story_points"), send=sent_number, told=_number),
    "parent_key": IssueField(read=attrgetter("parent_key"), jira_id="parent"),
    "flagged": IssueField(read=attrgetter("flagged")),
    "sprint": IssueField(read=attrgetter("sprint")),
    "sprint_id": IssueField(read=attrgetter("sprint_id"), told=_untold),
    "issue_type": IssueField(read=attrgetter("issue_type")),
    "reporter_id": IssueField(read=attrgetter("reporter_id"), jira_id="reporter", is_person=True, told=_id),
    "estimate_seconds": IssueField(read=attrgetter("estimate_seconds"), jira_id="timeoriginalestimate", told=_seconds),
    "remaining_seconds": IssueField(read=attrgetter("remaining_seconds"), jira_id="timeestimate", told=_seconds),
}
