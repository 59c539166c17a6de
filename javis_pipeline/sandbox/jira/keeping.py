"""The state of a Jira site as something JSON can hold, and back."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from javis_pipeline.sandbox.jira.catalogue import (
    Board,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    Sprint,
    Status,
)
from javis_pipeline.sandbox.jira.issues import Attachment, Change, Comment, Ghost, Issue, IssueState, Link, Worklog
from javis_pipeline.sandbox.jira.store import JiraStore


@dataclass
class _KeptAttachment:
    id: int
    author: str
    name: str
    mime_type: str
    content: str
    created: datetime


@dataclass
class _KeptIssue:
    state: IssueState
    comments: list[Comment]
    history: list[Change]
    worklogs: list[Worklog]
    attachments: list[_KeptAttachment]
    properties: dict[str, Any]
    packed_comments: str | None
    hidden: bool
    archived: bool


@dataclass
class _Kept:
    """Everything of a site but what follows from the rest."""

    changes: int
    statuses: list[Status]
    priorities: list[Priority]
    types: list[IssueType]
    resolutions: list[Resolution]
    link_types: list[LinkType]
    sprints: list[Sprint]
    boards: list[Board]
    projects: list[Project]
    ghosts: list[Ghost]
    ids_by_key: dict[str, int]
    links: list[Link]
    issues: list[_KeptIssue]
    last_id: int


_KEPT = TypeAdapter(_Kept)


def state(store: JiraStore) -> object:
    """All of the site, JSON-able."""
    kept = _Kept(
        changes=store.changes,
        statuses=list(store.statuses),
        priorities=list(store.priorities),
        types=list(store.types),
        resolutions=list(store.resolutions),
        link_types=list(store.link_types),
        sprints=list(store.sprints),
        boards=list(store.boards.values()),
        projects=list(store.projects.values()),
        ghosts=list(store.ghosts.values()),
        ids_by_key=store.ids_by_key,
        links=list({link.id: link for issue in store.issues.values() for link in issue.links}.values()),
        issues=[_kept_issue(issue) for issue in store.issues.values()],
        last_id=store.next_id(),
    )
    return _KEPT.dump_python(kept, mode="json")


def restore(store: JiraStore, state: object) -> None:
    """Fills an empty site with what `state` described.

    Raises:
        pydantic.ValidationError: It is not the state of a Jira site.
    """
    kept = _KEPT.validate_python(state)
    store.statuses.fill(kept.statuses)
    store.priorities.fill(kept.priorities)
    store.types.fill(kept.types)
    store.resolutions.fill(kept.resolutions)
    store.link_types.fill(kept.link_types)
    store.sprints.fill(kept.sprints)
    store.boards = {board.number: board for board in kept.boards}
    store.projects = {project.key: project for project in kept.projects}
    for ghost in kept.ghosts:
        store.place_ghost(ghost)
    for issue in kept.issues:
        store.place(_issue(issue))
    store.ids_by_key = dict(kept.ids_by_key)
    for each in store.issues.values():
        store.adopt(each, each.state.parent_id)
    for link in kept.links:
        for id_ in (link.source, link.destination):
            if id_ in store.issues:
                store.issues[id_].links.append(link)
    store.reserve(kept.last_id)
    store.changes = kept.changes


def _kept_issue(issue: Issue) -> _KeptIssue:
    packed = base64.b64encode(issue.packed_comments).decode() if issue.packed_comments else None
    return _KeptIssue(
        issue.state,
        issue.comments,
        issue.history,
        issue.worklogs,
        [_kept_attachment(one) for one in issue.attachments],
        issue.properties,
        packed,
        issue.hidden,
        issue.archived,
    )


def _issue(kept: _KeptIssue) -> Issue:
    return Issue(
        kept.state.id,
        kept.state,
        comments=kept.comments,
        history=kept.history,
        worklogs=kept.worklogs,
        attachments=[_attachment(one) for one in kept.attachments],
        properties=kept.properties,
        packed_comments=base64.b64decode(kept.packed_comments) if kept.packed_comments else None,
        hidden=kept.hidden,
        archived=kept.archived,
    )


def _kept_attachment(one: Attachment) -> _KeptAttachment:
    content = base64.b64encode(one.content).decode()
    return _KeptAttachment(one.id, one.author, one.name, one.mime_type, content, one.created)


def _attachment(kept: _KeptAttachment) -> Attachment:
    content = base64.b64decode(kept.content)
    return Attachment(kept.id, kept.author, kept.name, kept.mime_type, content, kept.created)
