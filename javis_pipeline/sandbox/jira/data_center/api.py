"""REST version 2 of a self-hosted Jira, the agile API there, and personal access tokens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import orjson
from starlette.routing import BaseRoute

from javis_pipeline.sandbox.jira import files
from javis_pipeline.sandbox.jira.api_agile import AGILE, AgileApi
from javis_pipeline.sandbox.jira.api_read import ReadApi, found
from javis_pipeline.sandbox.jira.api_write import WriteApi
from javis_pipeline.sandbox.jira.calls import NOT_LOGGED_IN, Call, Handler, Json, PageError, RefusedError, route
from javis_pipeline.sandbox.jira.data_center.door import DataCenterDoor
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import Issue, IssueState
from javis_pipeline.sandbox.jira.jql import JqlError
from javis_pipeline.sandbox.jira.rendering import EXPAND
from javis_pipeline.sandbox.jira.site import JiraSite

V2: Final = "/rest/api/2"
MOST_HITS: Final = 1000
LOW_CAP: Final = 100
RESULT_WINDOW: Final = 10_000
SEARCH_MEMBERS: Final = ("jql", "startAt", "maxResults", "fields", "expand", "validateQuery")
WORKLOG_MEMBERS: Final = ("comment", "started", "timeSpent", "timeSpentSeconds", "visibility")
MOST_CHANGES_IN_TIME: Final = 20
TIMED_OUT: Final = b"<html><body>504 Gateway Time-out</body></html>"
NO_PAGE: Final = b"<html><head><title>Oops, you&#39;ve found a dead link.</title></head><body></body></html>"
NOT_NOW: Final = "You do not have permission to edit issues in this project."
PERMISSIONS: Final = (
    *("BROWSE_PROJECTS", "EDIT_ISSUES", "TRANSITION_ISSUES", "ASSIGN_ISSUES", "SCHEDULE_ISSUES", "ASSIGNABLE_USER"),
    *("CREATE_ISSUES", "ADD_COMMENTS", "LINK_ISSUES", "WORK_ON_ISSUES", "ADMINISTER", "SYSTEM_ADMIN", "USER_PICKER"),
)


def routes(site: JiraSite) -> list[BaseRoute]:
    """All routes, below the context path."""
    door = DataCenterDoor(site)
    reading, agile, writing = DataCenterReadApi(site), DataCenterAgileApi(site), DataCenterWriteApi(site)

    def at(path: str, method: str, handler: Handler, *, writes: bool = False) -> BaseRoute:
        return route(site, path, method, handler, writes=writes, door=door)

    get = _of_the_site(reading) | _of_an_issue(reading)
    return [
        at(f"{V2}/search", "GET", reading.search),
        at(f"{V2}/search", "POST", reading.search),
        *[at(f"{V2}/{path}", method, handler, writes=True) for method, path, handler in _writes(writing)],
        *[at(f"{V2}/{path}", "GET", handler) for path, handler in get.items()],
        *[at(f"{AGILE}/{path}", "GET", handler) for path, handler in _agile(agile).items()],
        at("/rest/pat/latest/tokens", "GET", reading.tokens),
        at("/status", "GET", reading.state),
        at("/secure/attachment/{attachment}/{name:path}", "GET", reading.file),
        *[at("/rest/api/3/{path:path}", method, _no_such_version) for method in ("GET", "POST", "PUT")],
    ]


def _of_the_site(api: "DataCenterReadApi") -> dict[str, Handler]:
    return {
        "serverInfo": api.server_info,
        "myself": api.myself,
        "mypermissions": api.my_permissions,
        "project": api.all_projects,
        "project/{project}": api.project,
        "project/{project}/statuses": api.project_statuses,
        "project/{project}/version": api.project_versions,
        "field": api.fields,
        "status": api.statuses,
        "statuscategory": api.status_categories,
        "priority": api.priorities,
        "resolution": api.resolutions,
        "issuetype": api.issue_types,
        "issueLinkType": api.link_types,
        "issueLink/{link}": api.link,
        "user": api.user,
        "user/search": api.users,
        "readonly-mode": api.read_only_mode,
        "applicationrole": api.application_roles,
        "searchLimits/maxResultWindow": api.result_window,
    }


def _of_an_issue(api: "DataCenterReadApi") -> dict[str, Handler]:
    return {
        "issue/{issue}": api.issue,
        "issue/{issue}/comment": api.comments,
        "issue/{issue}/comment/{comment}": api.comment,
        "comment/{comment}/properties/{property}": api.comment_property,
        "issue/createmeta/{project}/issuetypes": api.create_types,
        "issue/createmeta/{project}/issuetypes/{type}": api.create_fields,
        "issue/{issue}/worklog": api.worklogs,
        "issue/{issue}/worklog/{worklog}": api.worklog,
        "issue/{issue}/transitions": api.transitions,
        "issue/{issue}/editmeta": api.edit_meta,
        "issue/{issue}/properties": api.property_keys,
        "issue/{issue}/properties/{property}": api.property,
        "issue/{issue}/remotelink": api.remote_links,
    }


def _writes(api: "DataCenterWriteApi") -> list[tuple[str, str, Handler]]:
    return [
        ("POST", "issue", api.create),
        ("PUT", "issue/{issue}", api.edit),
        ("DELETE", "issue/{issue}", api.delete),
        ("PUT", "issue/{issue}/archive", api.put_into_archive),
        ("PUT", "issue/{issue}/restore", api.take_out_of_archive),
        ("POST", "issue/{issue}/transitions", api.transition),
        ("PUT", "issue/{issue}/assignee", api.assign),
        ("PUT", "issue/{issue}/properties/{property}", api.set_property),
        ("DELETE", "issue/{issue}/properties/{property}", api.delete_property),
        ("POST", "issue/{issue}/comment", api.comment),
        ("PUT", "issue/{issue}/comment/{comment}", api.edit_comment),
        ("DELETE", "issue/{issue}/comment/{comment}", api.delete_comment),
        ("POST", "issue/{issue}/worklog", api.log_work),
        ("PUT", "issue/{issue}/worklog/{worklog}", api.edit_worklog),
        ("DELETE", "issue/{issue}/worklog/{worklog}", api.delete_worklog),
        ("POST", "issueLink", api.link),
        ("DELETE", "issueLink/{link}", api.unlink),
    ]


def _agile(api: "DataCenterAgileApi") -> dict[str, Handler]:
    handlers: dict[str, Handler] = {
        "board": api.boards,
        "board/{board}": api.board,
        "board/{board}/configuration": api.configuration,
        "board/{board}/sprint": api.board_sprints,
        "board/{board}/issue": api.board_issues,
        "sprint/{sprint}": api.sprint,
        "sprint/{sprint}/issue": api.sprint_issues,
        "epic/{epic}/issue": api.epic_issues,
    }
    return {path: api.if_there(handler) for path, handler in handlers.items()}


def _no_such_version(_: Call) -> Json:
    raise RefusedError(401, body={"message": NOT_LOGGED_IN, "status-code": 401})


class DataCenterReadApi(ReadApi):
    """What reads, where it differs from Cloud."""

    # -- the site

    def server_info(self, _: Call) -> Json:
        """What the site is; also told to nobody in particular."""
        traps = self._site.behaviour.traps
        version = "8.13.27" if Trap.OLD in traps else "9.4.30" if Trap.AGING in traps else "10.3.19"
        numbers = [int(part) for part in version.split(".")]
        return {
            "baseUrl": self._show.base,
            "version": version,
            "versionNumbers": numbers,
            "deploymentType": "Server",
            "buildNumber": numbers[0] * 1_000_000 + numbers[1] * 10_000 + numbers[2],
            "buildDate": self._show.timestamp(self._site.now().replace(hour=0, minute=0, second=0, microsecond=0)),
            "databaseBuildNumber": numbers[0] * 1_000_000 + numbers[1] * 10_000 + numbers[2],
            "serverTime": self._show.timestamp(self._site.now()),
            "scmInfo": "0" * 40,
            "serverTitle": "Jira",
        }

    def state(self, _: Call) -> Json:
        """Whether the site runs."""
        return {"state": "RUNNING"}

    def read_only_mode(self, call: Call) -> Json:
        """Whether an administrator has stopped all writing."""
        _ = call.person
        on = bool({Trap.READ_ONLY, Trap.READ_ONLY_ADMIN} & self._site.behaviour.traps)
        return {"enabled": on, "message": "Upgrade at noon" if on else "", "timeZone": self._site.behaviour.time_zone}

    def application_roles(self, _: Call) -> list[Json]:
        """Which products the site has."""
        has = Trap.NO_SOFTWARE not in self._site.behaviour.traps
        return [{"key": "jira-software", "name": "Jira Software", "defined": has, "groups": [], "defaultGroups": []}]

    def result_window(self, _: Call) -> int:
        """How far a search can be paged through."""
        return RESULT_WINDOW

    def tokens(self, call: Call) -> list[Json]:
        """The account's personal access tokens, without their secrets."""
        _ = call.person
        now = self._site.now()
        left = timedelta(days=5) if Trap.EXPIRING in self._site.behaviour.traps else timedelta(days=90)
        return [
            {
                "id": 58,
                "name": "javis",
                "createdAt": (now - timedelta(days=3)).isoformat(timespec="milliseconds"),
                "lastAccessedAt": now.isoformat(timespec="milliseconds"),
                "expiringAt": (now + left).isoformat(timespec="milliseconds"),
            }
        ]

    def myself(self, call: Call) -> Json:
        """Who calls."""
        return super().myself(call) | {"deleted": False}

    def my_permissions(self, call: Call) -> Json:
        """All permissions, whatever was asked, some under an old name too."""
        word = call.query.get("projectKey")
        project = self._site.project(word) if word and call.caller else None
        if word and project is None:
            raise RefusedError(404, f"No project could be found with key '{word}'.")
        found_ = {key: self._permission(key, project, call) for key in PERMISSIONS}
        for trap, name in ((Trap.NO_EDIT, "EDIT_ISSUES"), (Trap.HIDDEN_PEOPLE, "USER_PICKER")):
            if trap in self._site.behaviour.traps:
                found_ |= {name: found_[name] | {"havePermission": False}}
        return {"permissions": found_ | {"EDIT_ISSUE": found_["EDIT_ISSUES"] | {"deprecatedKey": True}}}

    def project(self, call: Call) -> Json:
        """A project, without what only Cloud knows."""
        is_archived = self._found_project(call).archived or Trap.ARCHIVED in self._site.behaviour.traps
        return super().project(call) | {"archived": is_archived}

    def all_projects(self, call: Call) -> list[Json]:
        """All projects at once."""
        asked, all_are = call.flag("includeArchived"), Trap.ARCHIVED in self._site.behaviour.traps
        rows = [(p, p.archived or all_are) for p in self._site.projects.values() if not p.hidden]
        shown = [(self._show.listed_project(p), is_) for p, is_ in rows if call.caller and (asked or not is_)]
        return [project | {"archived": is_archived} for project, is_archived in shown]

    def user(self, call: Call) -> Json:
        """One person, by key or name."""
        directory, key, name = self._site.directory, call.query.get("key"), call.query.get("username")
        person = directory.with_key(key) if key else directory.called(name or "")
        if person is None or Trap.HIDDEN_PEOPLE in self._site.behaviour.traps:
            raise RefusedError(404, f"The user with the key '{key or name}' does not exist")
        return self._show.user(person.account_id, caller=call.person) or {}

    def users(self, call: Call) -> list[Json]:
        """People by a part of name, shown name or address; nobody for a parameter of Cloud."""
        word = call.query.get("username", "").lower()
        if not word or Trap.HIDDEN_PEOPLE in self._site.behaviour.traps:
            return []
        people, directory = self._site.ground.people.all(), self._site.directory
        hits = [
            person
            for person in people
            if word in f"{directory.name(person.account_id)} {person.name} {person.email or ''}".lower()
        ]
        start, most = call.number("startAt", 0), call.number("maxResults", 50, most=100)
        shown = (self._show.user(p.account_id, caller=call.person) or {} for p in hits[start : start + most])
        return [user | {"deleted": False, "locale": "en_US"} for user in shown]

    # -- searching

    def search(self, call: Call) -> bytes:
        """A part of what a query finds, by offset."""
        call.only(*SEARCH_MEMBERS)
        if isinstance(call.body.get("expand"), str):
            raise RefusedError(400, "Can not deserialize instance of java.util.ArrayList out of VALUE_STRING token")
        cap = LOW_CAP if Trap.LOW_CAP in self._site.behaviour.traps else MOST_HITS
        start, most = call.number("startAt", 0), call.number("maxResults", 50, most=cap)
        if start + most > RESULT_WINDOW:
            raise RefusedError(500, "Search limit exceeded. The result window is too large.")
        rows = [] if Trap.ARCHIVED in self._site.behaviour.traps else self._found(call)
        fields = self._site.fields.wanted(call.words("fields") or ["*navigable"])
        self._wait_for_hubs(fields, rows[start : start + most])
        self._wait_for_histories(call, rows[start : start + most])
        shown = [self._hit_there(state, fields, call) for state in rows[start : start + most]]
        head = {"expand": "schema,names", "startAt": start, "maxResults": most, "total": len(rows)}
        return orjson.dumps(head)[:-1] + b',"issues":[' + b",".join(shown) + b"]}"

    def _found(self, call: Call) -> list[IssueState]:
        text = str(call.body.get("jql", call.query.get("jql", "")))
        asked = call.body.get("validateQuery", call.query.get("validateQuery", True))
        forgiving = str(asked).lower() == "false" and Trap.UNKNOWN_ID not in self._site.behaviour.traps
        try:
            return self._site.search.on_premises(text, call.caller, forgiving=forgiving)
        except JqlError as error:
            raise RefusedError(400, *error.messages) from error

    def _hit_there(self, state: IssueState, fields: list[str], call: Call) -> bytes:
        issue = self._site.issues.get(state.id) or Issue(state.id, state)
        extra = self._history(issue, call)
        return self._show.issue(issue, state, fields, expand=EXPAND, in_search=True, extra=extra)

    def issue(self, call: Call) -> bytes:
        """An issue by id or key."""
        issue = found(self._site, call)
        fields = self._site.fields.wanted(call.words("fields") or ["*all"])
        self._wait_for_hubs(fields, [issue.state])
        self._wait_for_histories(call, [issue.state])
        extra = self._history(issue, call)
        if asked := call.words("properties"):
            extra["properties"] = {key: issue.properties[key] for key in asked if key in issue.properties}
        if "editmeta" in call.words("expand"):
            extra |= {"editmeta": self._edit_meta(issue)}
        if "transitions" in call.words("expand"):
            with_fields = "transitions.fields" in call.words("expand")
            extra |= {"transitions": self._open_ways(issue, with_fields=with_fields)}
        return self._show.issue(issue, issue.state, fields, expand=EXPAND, extra=extra)

    def _history(self, issue: Issue, call: Call) -> Json:
        """The whole changelog where it was asked for, in no order."""
        if "changelog" not in call.words("expand"):
            return {}
        shown = [self._show.change(change) for change in issue.history]
        self._site.chance.shuffle(shown)
        return {"changelog": {"startAt": 0, "maxResults": len(shown), "total": len(shown), "histories": shown}}

    def _wait_for_hubs(self, fields: list[str], states: list[IssueState]) -> None:
        """An issue with links takes longer than any client waits, when these are asked for with it."""
        hub = Trap.HUB in self._site.behaviour.traps and "issuelinks" in fields and len(fields) > 1
        if hub and any((issue := self._site.issues.get(state.id)) and issue.links for state in states):
            raise PageError(504, TIMED_OUT)

    def _wait_for_histories(self, call: Call, states: list[IssueState]) -> None:
        """Histories take their time."""
        if Trap.LONG_HISTORIES not in self._site.behaviour.traps or "changelog" not in call.words("expand"):
            return
        issues = [self._site.issues[state.id] for state in states if state.id in self._site.issues]
        if sum(len(issue.history) for issue in issues) > MOST_CHANGES_IN_TIME:
            raise PageError(504, TIMED_OUT)

    def comments(self, call: Call) -> Json:
        """A part of the comments; the document of 10.3 says 50."""
        answer = super().comments(call)
        return answer | {"maxResults": min(answer["maxResults"], 50), "comments": answer["comments"][:50]}

    def comment_property(self, call: Call) -> Json:
        """What an app has noted on a comment: no list of comments tells it."""
        key = call.path["property"]
        for issue in self._site.issues.values() if call.person else ():
            for comment in self._site.comments(issue):
                if str(comment.id) == call.path["comment"] and key in comment.properties:
                    return {"key": key, "value": comment.properties[key]}
        raise RefusedError(404, f"The property {key} does not exist.")

    def create_types(self, call: Call) -> Json:
        """Under another name than on Cloud."""
        answer = super().create_types(call)
        rows = [{k: v for k, v in row.items() if k != "hierarchyLevel"} for row in answer.pop("issueTypes")]
        return answer | {"isLast": True, "values": rows}

    def create_fields(self, call: Call) -> Json:
        """The same; an epic has a name besides, and only sub-tasks have a parent."""
        kind = self._site.types.found(call.path["type"])
        epic_name = self._site.fields.epic_name
        answer = super().create_fields(call)
        left_out = set() if kind and kind.subtask else {"parent"}
        rows = [row for row in answer.pop("fields") if row["fieldId"] not in left_out]
        for row in rows:
            if row["fieldId"] == epic_name.id:
                row["required"] = kind is not None and kind.level == 1
        return answer | {"isLast": True, "values": rows}

    def file(self, call: Call) -> object:
        """A file that hangs on an issue; whoever is not signed in is led to the login page."""
        if call.caller is None:
            raise PageError(302, b"", {"location": f"{self._show.base}/login.jsp"})
        raise files.served(files.found(self._site, call))

    def worklogs(self, call: Call) -> Json:
        """All worklogs: nobody pages here."""
        issue = found(self._site, call)
        rows = [self._show.worklog(issue, worklog) for worklog in issue.worklogs]
        return {"startAt": 0, "maxResults": len(rows), "total": len(rows), "worklogs": rows}


class DataCenterAgileApi(AgileApi):
    """Boards and sprints."""

    def if_there(self, handler: Callable[[Call], Any]) -> Handler:
        """The handler, where the site has Jira Software."""

        def handle(call: Call) -> object:
            if Trap.NO_SOFTWARE in self._site.behaviour.traps:
                raise PageError(404, NO_PAGE)
            return handler(call)

        return handle


class DataCenterWriteApi(WriteApi):
    """What writes."""

    def create(self, call: Call) -> tuple[int, Json]:
        """Makes an issue; an epic needs a name besides its title."""
        self._check_mode()
        self._forget_marks(call)
        fields, epic_name = call.body.get("fields") or {}, self._site.fields.epic_name.id
        kind = self._site.types.found(str((fields.get("issuetype") or {}).get("id")))
        if kind is not None and kind.level == 1 and not fields.get(epic_name):
            raise RefusedError(400, errors={epic_name: "Epic Name is required."})
        return super().create(call)

    def comment(self, call: Call) -> tuple[int, Json]:
        """Comments, if anybody may write now."""
        self._check_mode()
        self._forget_marks(call)
        return super().comment(call)

    def edit_comment(self, call: Call) -> Json:
        """The same."""
        self._check_mode()
        self._forget_marks(call)
        return super().edit_comment(call)

    def put_into_archive(self, call: Call) -> None:
        """Archives an issue, with its sub-tasks; only where the licence has an archive there is this address."""
        self._archive_with_subtasks(call, archived=True)

    def take_out_of_archive(self, call: Call) -> None:
        """Restores it."""
        self._archive_with_subtasks(call, archived=False)

    def _archive_with_subtasks(self, call: Call, *, archived: bool) -> None:
        self._check_mode()
        issue = found(self._site, call)
        if Trap.NO_ARCHIVE in self._site.behaviour.traps:
            raise RefusedError(404, "null for uri")
        self._site.put_into_archive(issue, archived=archived)

    def log_work(self, call: Call) -> tuple[int, Json]:
        """Logs work. Nothing can be noted on it, and who gets mail is not asked."""
        self._check_mode()
        call.only(*WORKLOG_MEMBERS)
        return super().log_work(call)

    def edit_worklog(self, call: Call) -> Json:
        """The same."""
        self._check_mode()
        call.only(*WORKLOG_MEMBERS)
        return super().edit_worklog(call)

    def edit(self, call: Call) -> bytes | None:
        """Edits an issue; says nothing of it."""
        self._check_mode()
        if Trap.NO_EDIT in self._site.behaviour.traps:
            raise RefusedError(403, NOT_NOW)
        self._forget_marks(call)
        call.body.pop("returnIssue", None)
        return super().edit(call)

    def transition(self, call: Call) -> None:
        """Takes a transition; some sites cannot say that it is not open."""
        self._check_mode()
        self._forget_marks(call)
        try:
            super().transition(call)
        except RefusedError as refused:
            if Trap.TRANSITION_500 in self._site.behaviour.traps and "is not valid" in str(refused):
                raise RefusedError(500, "Internal server error") from refused
            raise

    def link(self, call: Call) -> tuple[int, None]:
        """Links two issues; the answer is an empty page."""
        self._check_mode()
        super().link(call)
        raise PageError(201, b"")

    def _forget_marks(self, call: Call) -> None:
        if Trap.NO_MARKS in self._site.behaviour.traps:
            call.body.pop("properties", None)
            call.body.pop("historyMetadata", None)

    def _check_mode(self) -> None:
        if Trap.READ_ONLY in self._site.behaviour.traps:
            raise RefusedError(403, NOT_NOW)
