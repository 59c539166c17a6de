"""Which issues a webhook of Jira tells of: one of an administrator, of an automation rule, or of Data Center. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from javis_pipeline.records.hints import Told
from javis_pipeline.systems.jira.jql import ISSUE_ID, ISSUE_KEY

_OF_COMMENT: Final = re.compile(r"/issue/([1-9][0-9]{0,18})/comment/")


def told_issues(document: object) -> list[Told]:
    """The issues that a body names; none where it is about something else, or makes no sense."""
    if not isinstance(document, Mapping):
        return []
    return [told for told in _named(document) if told.remote_id or told.scope]


def _named(document: Mapping[str, Any]) -> Iterator[Told]:
    issue = document.get("issue")
    if isinstance(issue, Mapping):
        yield Told(_id(issue.get("id")), _project(issue.get("key")))
    elif issue is not None or "key" in document:  # an automation rule's own body
        named = issue if issue is not None else document["key"]
        yield Told(_id(document.get("id")) or _id(named), _project(named))
    for part, names in (("worklog", ("issueId",)), ("issueLink", ("sourceIssueId", "destinationIssueId"))):
        holder = document.get(part)
        if isinstance(holder, Mapping):
            yield from (Told(_id(holder.get(name)), None) for name in names)

    comment = document.get("comment")
    if issue is None and isinstance(comment, Mapping):  # older releases of Data Center tell no more
        found = _OF_COMMENT.search(str(comment.get("self"))[:1000])
        yield Told(found[1] if found else "", None)


def _id(value: object) -> str:
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and len(text) < 20 and ISSUE_ID.fullmatch(text) else ""


def _project(key: object) -> str | None:
    if isinstance(key, str) and len(key) < 300 and ISSUE_KEY.fullmatch(key):
        return key.rpartition("-")[0]
    return None
