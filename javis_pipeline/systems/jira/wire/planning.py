"""Sprints and boards: out of an issue, whichever way its site gives them, and of the agile API."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from javis_pipeline.clients.reading import (
    Json,
    Unreadable,
    answered,
    as_id_or_none,
    as_instant_or_none,
    as_list,
    as_number,
    as_object,
    as_text,
    as_text_or_none,
    guarded,
)
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import Board, Sprint

# Data Center gives sprints as the text of a Java object. Names may hold commas and equals signs, so a value ends
# only where one of the known attributes begins.
_SPRINT_ATTRIBUTES: Final = (
    "id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced"
)
_FIRST_ID: Final = re.compile(r"\[id=(\d{1,18}),")
_LAST_ID: Final = re.compile(r",id=(\d{1,18})\]$")
NO_SPRINTS: Final[Mapping[int, Sprint]] = {}
_SPRINT_TEXT: Final = re.compile(rf"[\[,]({_SPRINT_ATTRIBUTES})=(.*?)(?=,(?:{_SPRINT_ATTRIBUTES})=|\]$)", re.DOTALL)


def as_sprint(value: object, path: str, known: Mapping[int, Sprint] = NO_SPRINTS) -> Sprint:
    """A sprint: an object of the sprint field or the agile API, or the text of Data Center.

    Of a text only the id is certain, as names and goals may look like anything: the rest is taken from a known one.
    """
    if type(value) is str:
        found = known.get(_id_in_text(value, path))
        if found is not None:
            return found
    sprint = _sprint_from_text(value, path) if type(value) is str else as_object(value, path)
    sprint_id = as_number(sprint.get("id"), f"{path}.id")
    board_id = sprint.get("boardId", sprint.get("originBoardId"))
    return Sprint(
        sprint_id=sprint_id,
        name=as_text_or_none(sprint.get("name"), f"{path}.name") or str(sprint_id),
        state=as_text(sprint.get("state"), f"{path}.state").lower(),
        board_id=None if board_id is None else as_number(board_id, f"{path}.boardId"),
        goal=as_text_or_none(sprint.get("goal"), f"{path}.goal"),
        start_at=_planned(sprint.get("startDate")),
        end_at=_planned(sprint.get("endDate")),
        completed_at=_planned(sprint.get("completeDate")),
    )


def _planned(value: object) -> datetime | None:
    """A date of a sprint, which people type: a mistyped year is no date, and must not cost all issues of the sprint."""
    try:
        return as_instant_or_none(value, "")
    except Unreadable:
        return None


def _id_in_text(text: str, path: str) -> int:
    """The id, which stands first or, in older versions, last."""
    found = _FIRST_ID.search(text) or _LAST_ID.search(text)
    if found is None:
        raise Unreadable(f"{path}.id", "a number", None)
    return int(found[1])


def _sprint_from_text(text: str, path: str) -> Json:
    values: dict[str, Any] = {}
    for name, value in _SPRINT_TEXT.findall(text):
        values.setdefault(name, None if value == "<null>" else value)  # what comes again stands in a name or a goal
    board = values.get("rapidViewId")
    if board is not None and not (board.isdecimal() and len(board) < 19):
        raise Unreadable(f"{path}.rapidViewId", "a number", board)
    return {**values, "id": _id_in_text(text, path), "boardId": None if board is None else int(board)}


def sprints_in(fields: Json, field_id: str | None, known: Mapping[int, Sprint] = NO_SPRINTS) -> list[Sprint] | Missing:
    """Sprints of the sprint field; without one, those of an agile document. Ordered by id."""
    found: list[Any]
    if field_id is not None and field_id in fields:
        path, found = f"fields.{field_id}", as_list(fields[field_id] or [], f"fields.{field_id}")
    elif "sprint" in fields or "closedSprints" in fields:
        path, found = "fields.sprint", as_list(fields.get("closedSprints") or [], "fields.closedSprints")
        found = [*found, fields["sprint"]] if fields.get("sprint") else found
    else:
        return MISSING
    if not found:
        return []
    return sorted({sprint.sprint_id: sprint for sprint in (as_sprint(one, path, known) for one in found)}.values())


def current_sprint(sprints: list[Sprint] | Missing) -> Sprint | None:
    """The active sprint, else the next one, else the last one that the issue was in."""
    if not sprints:
        return None
    for state in ("active", "future"):
        for sprint in sprints:
            if sprint.state == state:
                return sprint
    return sprints[-1]


def parse_sprint(document: object) -> Sprint:
    """A sprint of the agile API."""
    return guarded("jira sprint", document, lambda: as_sprint(document, "sprint"))


def parse_board(document: object) -> Board:
    """A board of the agile API."""

    def read() -> Board:
        board = as_object(document, "board")
        board_id = as_number(board.get("id"), "id")
        name, kind = (as_text_or_none(board.get(what), what) or "" for what in ("name", "type"))
        return Board(board_id, name, kind)

    return guarded("jira board", document, read)


def parse_estimation_field(document: object) -> str | None:
    """Id of the field in a board's configuration that it estimates with; None when it uses none."""

    def read() -> str | None:
        estimation = as_object(as_object(document, "answer").get("estimation") or {}, "estimation")
        field = as_object(estimation.get("field") or {}, "estimation.field")
        return as_id_or_none(field.get("fieldId"), "estimation.field.fieldId")

    return answered("jira board configuration", read)
