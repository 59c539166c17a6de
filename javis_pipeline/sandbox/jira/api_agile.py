"""Boards, sprints and epics: the part of the agile API that planning tools read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from starlette.routing import BaseRoute

from javis_pipeline.sandbox.jira.calls import NO_ISSUE, Call, Json, RefusedError, route
from javis_pipeline.sandbox.jira.catalogue import Board, Sprint
from javis_pipeline.sandbox.jira.issues import Issue
from javis_pipeline.sandbox.jira.jql import JqlError
from javis_pipeline.sandbox.jira.site import JiraSite

AGILE = "/rest/agile/1.0"
MOST_ISSUES = 100


def routes(site: JiraSite) -> list[BaseRoute]:
    """Routes of the agile API."""
    api = AgileApi(site)
    get = {
        "board": api.boards,
        "board/{board}": api.board,
        "board/{board}/configuration": api.configuration,
        "board/{board}/sprint": api.board_sprints,
        "board/{board}/issue": api.board_issues,
        "board/{board}/epic": api.board_epics,
        "sprint/{sprint}": api.sprint,
        "sprint/{sprint}/issue": api.sprint_issues,
        "epic/{epic}": api.epic,
        "epic/{epic}/issue": api.epic_issues,
        "issue/{issue}": api.issue,
    }
    reading: list[BaseRoute] = [route(site, f"{AGILE}/{path}", "GET", handler) for path, handler in get.items()]
    return [
        *reading,
        route(site, f"{AGILE}/sprint/{{sprint}}/issue", "POST", api.add_to_sprint),
        route(site, f"{AGILE}/sprint/{{sprint}}", "POST", api.change_sprint),
    ]


class AgileApi:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._show = site.renderer

    def boards(self, call: Call) -> Json:
        wanted = call.query.get("projectKeyOrId", "").upper()
        kind, name = call.query.get("type"), call.query.get("name", "").lower()
        rows = [
            self._show.board(board)
            for board in self._site.boards.values()
            if (project := self._site.project(board.project)) is not None
            and wanted in ("", project.key, project.id)
            and kind in (None, "scrum")
            and name in board.name.lower()
        ]
        return _batch(call, rows if call.caller else [])

    def board(self, call: Call) -> Json:
        return self._show.board(self._found_board(call))

    def configuration(self, call: Call) -> Json:
        board = self._found_board(call)
        points = self._site.fields.story_points
        statuses = dict.fromkeys(way.to for way in self._site.projects[board.project].workflow)
        columns = [
            {
                "name": self._site.statuses[id_].name,
                "statuses": [{"id": id_, "self": self._show.url(f"status/{id_}")}],
            }
            for id_ in statuses
        ]
        return {
            "id": board.number,
            "name": board.name,
            "type": "scrum",
            "self": f"{self._show.base}{AGILE}/board/{board.number}/configuration",
            "filter": {"id": str(10000 + board.number), "self": self._show.url(f"filter/{10000 + board.number}")},
            "columnConfig": {"columns": columns, "constraintType": "none"},
            "estimation": {"type": "field", "field": {"fieldId": points.id, "displayName": points.name}},
            "ranking": {"rankCustomFieldId": self._site.fields.rank.number},
        }

    def board_sprints(self, call: Call) -> Json:
        board = self._found_board(call)
        states = set(call.query.get("state", "").split(",")) - {""}
        sprints = [sprint for sprint in self._site.sprints if sprint.board_id == board.number]
        rows = [self._show.agile_sprint(sprint) for sprint in sprints if not states or sprint.state in states]
        # How many there are is not told.
        return {name: value for name, value in _batch(call, rows).items() if name != "total"}

    def sprint(self, call: Call) -> Json:
        return self._show.agile_sprint(self._found_sprint(call))

    def change_sprint(self, call: Call) -> Json:
        sprint = self._found_sprint(call)
        values: dict[str, Any] = {name: call.body[name] for name in ("name", "goal", "state") if name in call.body}
        for name, attribute in (("startDate", "start"), ("endDate", "end")):
            if name in call.body:
                values[attribute] = datetime.fromisoformat(call.body[name])
        if values.get("state") == "closed":
            values["complete"] = self._site.now()
        return self._show.agile_sprint(self._site.change_sprint(sprint.number, **values))

    def add_to_sprint(self, call: Call) -> None:
        sprint = self._found_sprint(call)
        for word in call.body.get("issues", []):
            issue = self._site.find(str(word))
            if issue is None:
                raise RefusedError(400, NO_ISSUE)
            fields = {self._site.fields.sprint.id: sprint.number}
            self._site.apply(issue, fields, {}, author=call.person.account_id, at=self._site.now())

    def board_issues(self, call: Call) -> bytes:
        board = self._found_board(call)
        return self._issues(call, (self._site.issues[id_] for id_ in self._site.ids_by_project.get(board.project, ())))

    def sprint_issues(self, call: Call) -> bytes:
        number = self._found_sprint(call).number
        return self._issues(call, (i for i in self._site.issues.values() if number in i.state.sprint_ids))

    def epic_issues(self, call: Call) -> bytes:
        epic = self._found_epic(call)
        return self._issues(call, (self._site.issues[id_] for id_ in epic.children if id_ in self._site.issues))

    def board_epics(self, call: Call) -> Json:
        board = self._found_board(call)
        issues = (self._site.issues[id_] for id_ in self._site.ids_by_project.get(board.project, ()))
        return _batch(call, [self._epic(issue) for issue in issues if self._is_epic(issue) and not issue.hidden])

    def epic(self, call: Call) -> Json:
        return self._epic(self._found_epic(call))

    def issue(self, call: Call) -> bytes:
        issue = self._site.find(call.path["issue"]) if call.caller else None
        if issue is None:
            raise RefusedError(404, NO_ISSUE)
        fields = self._site.fields.wanted(call.words("fields") or ["*all"])
        return self._show.issue(issue, issue.state, fields)

    def _epic(self, issue: Issue) -> Json:
        name = issue.state.custom.get(self._site.fields.epic_name.id) or issue.state.summary
        return {
            "id": issue.id,
            "key": issue.state.key,
            "self": f"{self._show.base}{AGILE}/epic/{issue.id}",
            "name": name,
            "summary": issue.state.summary or "",
            "color": {"key": "color_4"},
            "done": self._site.statuses[issue.state.status_id].category == "done",
        }

    def _issues(self, call: Call, issues: Iterable[Issue]) -> bytes:
        rows = [issue for issue in issues if self._site.is_visible(issue) and not issue.archived]
        if call.query.get("jql"):
            try:
                rows = self._matching(call, rows)
            except JqlError as error:
                raise RefusedError(400, *error.messages) from error
        start, most = call.number("startAt", 0), call.number("maxResults", 50, most=MOST_ISSUES)
        fields = self._site.fields.wanted(call.words("fields") or ["*all"])
        shown = b",".join(
            self._show.issue(issue, issue.state, fields, expand="", in_search=True)
            for issue in rows[start : start + most]
        )
        head = orjson.dumps({"expand": "schema,names", "startAt": start, "maxResults": most, "total": len(rows)})
        return head[:-1] + b',"issues":[' + shown + b"]}"

    def _matching(self, call: Call, rows: list[Issue]) -> list[Issue]:
        ids = frozenset(issue.id for issue in rows)
        found = self._site.search.all(call.query["jql"], call.person)
        return [self._site.issues[state.id] for state in found if state.id in ids]

    def _found_board(self, call: Call) -> Board:
        number = call.path["board"]
        board = self._site.boards.get(int(number)) if number.isdecimal() and call.caller else None
        if board is None:
            raise RefusedError(404, "The requested board cannot be viewed because it either does not exist or you do "
                               "not have permission to view it.")  # fmt: skip
        return board

    def _found_sprint(self, call: Call) -> Sprint:
        sprint = self._site.sprints.get(call.path["sprint"]) if call.caller else None
        if sprint is None:
            raise RefusedError(404, "Sprint does not exist or you do not have permission to view it.")
        return sprint

    def _found_epic(self, call: Call) -> Issue:
        issue = self._site.find(call.path["epic"]) if call.caller else None
        if issue is None or not self._is_epic(issue):
            raise RefusedError(404, "The requested epic cannot be viewed because it does not exist.")
        return issue

    def _is_epic(self, issue: Issue) -> bool:
        return self._site.types[issue.state.type_id].level == 1


def _batch(call: Call, rows: list[Json]) -> Json:
    start, most = call.number("startAt", 0), call.number("maxResults", 50, most=50)
    return {
        "maxResults": most,
        "startAt": start,
        "total": len(rows),
        "isLast": start + most >= len(rows),
        "values": rows[start : start + most],
    }
