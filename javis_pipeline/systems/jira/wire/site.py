"""The site: its clock, who we are there, projects, statuses, priorities, permissions, transitions."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import TypeVar

from javis_pipeline.clients.reading import (
    answered,
    as_id,
    as_instant,
    as_list,
    as_number,
    as_object,
    as_text,
    as_text_or_none,
    guarded,
    text_or,
)
from javis_pipeline.errors import UnreadableRecord
from javis_pipeline.records.jira import (
    Called,
    Identity,
    JsonObject,
    LinkType,
    Priority,
    Project,
    ProjectParts,
    Status,
    Transition,
    Version,
)
from javis_pipeline.records.sync import Move

T = TypeVar("T")


def parse_server_time(document: object) -> datetime:
    """The clock of `GET /rest/api/3/serverInfo`."""

    def read() -> datetime:
        return as_instant(as_object(document, "serverInfo").get("serverTime"), "serverTime")

    return guarded("jira site", "serverInfo", read)


def parse_identity(document: object) -> Identity:
    """The account of `GET /rest/api/3/myself`."""
    return _identity(document, "accountId", "accountId")


def parse_named_identity(document: object) -> Identity:
    """The account of `GET /rest/api/2/myself` on Data Center: known by its key, called by its name."""
    return _identity(document, "key", "name")


def _identity(document: object, known_by: str, called: str) -> Identity:
    def read() -> Identity:
        me = as_object(document, "myself")
        return Identity(
            account_id=as_text(me.get(known_by), known_by),
            display_name=text_or(me.get("displayName"), ""),
            time_zone=text_or(me.get("timeZone"), "UTC"),
            name=as_text(me.get(called), called),
        )

    return guarded("jira account", "myself", read)


def parse_project(document: object) -> Project:
    """A project of `project/search` or `project/{key}`."""

    def read() -> Project:
        project = as_object(document, "project")
        return Project(
            project_id=as_id(project.get("id"), "id"),
            key=as_id(project.get("key"), "key"),
            name=as_text_or_none(project.get("name"), "name") or "",
            archived=project.get("archived") is True,
            is_service=project.get("projectTypeKey") == "service_desk",
        )

    return guarded("jira project", document, read)


def parse_parts(document: object, unreadable: Callable[[UnreadableRecord], None]) -> ProjectParts:
    """What `project/{key}` holds for issues to refer to; what makes no sense is told to `unreadable`, and left out."""
    project = answered("jira project", lambda: as_object(document, "project"))

    def parsed(name: str, parse: Callable[[object], T]) -> list[T] | None:
        if name not in project:
            return None
        found = []
        for one in answered(f"jira {name} of the project", lambda: as_list(project[name], name)):
            try:
                found.append(parse(one))
            except UnreadableRecord as error:
                unreadable(error)
        return found

    return ProjectParts(
        parsed("versions", parse_version), parsed("components", parse_called), parsed("issueTypes", parse_called)
    )


def parse_called(document: object) -> Called:
    """A component, an issue type or a resolution."""

    def read() -> Called:
        one = as_object(document, "answer")
        return Called(as_id(one.get("id"), "id"), as_text(one.get("name"), "name"))

    return guarded("jira name", document, read)


def parse_version(document: object) -> Version:
    """A version of a project."""

    def read() -> Version:
        version = as_object(document, "version")
        release_on = as_text_or_none(version.get("releaseDate"), "releaseDate")
        return Version(
            version_id=as_id(version.get("id"), "id"),
            name=as_text(version.get("name"), "name"),
            released=version.get("released") is True,
            archived=version.get("archived") is True,
            release_on=date.fromisoformat(release_on) if release_on else None,
        )

    return guarded("jira version", document, read)


def parse_status(document: object) -> Status:
    """A status of `GET /rest/api/3/status`."""

    def read() -> Status:
        status = as_object(document, "status")
        category = as_object(status.get("statusCategory"), "statusCategory")
        return Status(
            status_id=as_id(status.get("id"), "id"),
            name=as_text(status.get("name"), "name"),
            category=as_text(category.get("key"), "statusCategory.key"),
        )

    return guarded("jira status", document, read)


def parse_permissions(document: object) -> dict[str, bool]:
    """Name to whether the account has it, of `GET /rest/api/3/mypermissions`."""

    def read() -> dict[str, bool]:
        permissions = as_object(as_object(document, "answer").get("permissions"), "permissions")
        return {name: as_object(one, name).get("havePermission") is True for name, one in permissions.items()}

    return answered("jira mypermissions", read)


def parse_count(document: object) -> int:
    """The number of `POST /rest/api/3/search/approximate-count`."""
    return answered("jira search/approximate-count", lambda: as_number(as_object(document, "answer")["count"], "count"))


def parse_priorities(documents: Iterable[object]) -> list[Priority]:
    """Priorities of `GET /rest/api/3/priority/search`, which lists the most urgent first."""

    def read() -> list[Priority]:
        priorities = [as_object(document, "priority") for document in documents]
        return [
            Priority(as_id(priority.get("id"), "id"), as_text(priority.get("name"), "name"), rank)
            for rank, priority in enumerate(priorities)
        ]

    return guarded("jira priorities", "of the site", read)


def moves_in(document: JsonObject) -> dict[str, Move] | None:
    """Id of a status to the way there that asks for nothing, of an issue with `expand=transitions,transitions.fields`;
    None where the answer does not tell, or makes no sense. Of several ways it is the one that is taken."""
    told = document.get("transitions")
    if not isinstance(told, list):
        return None
    moves: dict[str, Move] = {}
    with suppress(UnreadableRecord):  # whoever asks for them by themselves meets the same, and says so
        ways = [parse_transition(one) for one in told if isinstance(one, dict) and isinstance(one.get("fields"), dict)]
        for status_id in {way.to_status_id for way in ways}:
            if (way := _free_way(ways, [status_id])) is not None:
                moves[status_id] = Move(way.transition_id, way.name)
        return moves
    return None


def _free_way(ways: Iterable[Transition], status_ids: Collection[str]) -> Transition | None:
    """The way into one of these statuses that asks for nothing; names of transitions say nothing."""
    free = [way for way in ways if way.to_status_id in status_ids and not way.required_fields]
    return min(free, key=lambda way: (len(way.transition_id), way.transition_id), default=None)


def parse_transition(document: object) -> Transition:
    """A transition, asked for with `expand=transitions.fields`."""

    def read() -> Transition:
        transition = as_object(document, "transition")
        to = as_object(transition.get("to"), "to")
        told = transition.get("fields")
        screen = told if isinstance(told, dict) else {}
        required = (
            name
            for name, field in screen.items()
            if isinstance(field, dict) and field.get("required") and not field.get("hasDefaultValue")
        )
        return Transition(
            transition_id=as_id(transition.get("id"), "id"),
            name=as_text_or_none(transition.get("name"), "name") or "",
            to_status_id=as_id(to.get("id"), "to.id"),
            to_status=as_text_or_none(to.get("name"), "to.name") or "",
            required_fields=tuple(sorted(required)),
            fields=tuple(sorted(screen)),
        )

    return guarded("jira transition", document, read)


def parse_link_type(document: object) -> LinkType:
    """A sort of links, of `GET /rest/api/3/issueLinkType`."""
    kind = as_object(document, "link type")
    name = as_text(kind.get("name"), "name")
    return LinkType(name, as_text(kind.get("outward"), "outward"), as_text(kind.get("inward"), "inward"))
