"""Parts of requests to Jira: the path of an issue, the body of an edit."""

from collections.abc import Mapping, Sequence

from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.jira.jql import ISSUE_ID, ISSUE_KEY


def checked_issue(issue: str) -> str:
    """The id or key; ValueError when it is neither, so that nothing else gets into a path or a body."""
    if not (ISSUE_ID.fullmatch(issue) or ISSUE_KEY.fullmatch(issue)):
        raise ValueError(f"{issue!r} is neither an issue id nor an issue key")
    return issue


def issue_path(api: str, issue: str) -> str:
    """The path of an issue."""
    return f"{api}/issue/{checked_issue(issue)}"


def edit_body(
    fields: Mapping[str, object] | None,
    update: Mapping[str, Sequence[Mapping[str, object]]] | None,
    properties: Mapping[str, object] | None,
    history_metadata: Mapping[str, object] | None,
) -> JsonObject:
    """The parts of an edit that are there, in the form of the official document."""
    body: JsonObject = {}
    if fields:
        body["fields"] = dict(fields)
    if update:
        body["update"] = {field: [dict(verb) for verb in verbs] for field, verbs in update.items()}
    if properties:
        body["properties"] = [{"key": key, "value": value} for key, value in properties.items()]
    if history_metadata:
        body["historyMetadata"] = dict(history_metadata)
    return body
