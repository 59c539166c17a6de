"""The reading half of Jira's platform API."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import orjson
from starlette.routing import BaseRoute

from javis_pipeline.sandbox.jira import editing
from javis_pipeline.sandbox.jira.calls import NO_ISSUE, Call, Handler, Json, RefusedError, route
from javis_pipeline.sandbox.jira.catalogue import CATEGORIES, Project
from javis_pipeline.sandbox.jira.issues import Change, Comment, Issue, IssueState, Worklog
from javis_pipeline.sandbox.jira.jql import JqlError
from javis_pipeline.sandbox.jira.rendering import EXPAND
from javis_pipeline.sandbox.jira.site import JiraSite

W = TypeVar("W", Comment, Worklog)

V3 = "/rest/api/3"
READING = ("BROWSE_PROJECTS", "BROWSE")
MOST_HITS = 5000
MOST_BULK = 100
SEARCH_MEMBERS = (
    "jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast",
    "reconcileIssues",
)  # fmt: skip
GONE = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."


def routes(site: JiraSite) -> list[BaseRoute]:
    """Routes that change nothing."""
    api = ReadApi(site)
    post = {
        "search/jql": api.search,
        "search/approximate-count": api.count,
        "jql/parse": api.parse,
        "issue/bulkfetch": api.bulk_fetch,
        "changelog/bulkfetch": api.bulk_changelogs,
        "comment/list": api.comments_by_id,
        "worklog/list": api.worklogs_by_id,
    }
    get = _of_the_site(api) | _of_an_issue(api)
    gone: list[BaseRoute] = [route(site, f"/rest/api/{v}/search", m, api.gone) for v in (2, 3) for m in ("GET", "POST")]
    info: list[BaseRoute] = [route(site, "/rest/api/2/serverInfo", "GET", api.server_info)]
    return (
        gone
        + info
        + [route(site, f"{V3}/{path}", "GET", handler) for path, handler in get.items()]
        + [route(site, f"{V3}/{path}", "POST", handler) for path, handler in post.items()]
    )


def _of_the_site(api: "ReadApi") -> dict[str, Handler]:
    return {
        "serverInfo": api.server_info,
        "myself": api.myself,
        "mypermissions": api.my_permissions,
        "project/search": api.projects,
        "project/{project}": api.project,
        "project/{project}/statuses": api.project_statuses,
        "project/{project}/version": api.project_versions,
        "field": api.fields,
        "search/jql": api.search,
        "status": api.statuses,
        "statuscategory": api.status_categories,
        "priority": api.priorities,
        "priority/search": api.priority_batch,
        "resolution": api.resolutions,
        "resolution/search": api.resolution_batch,
        "issuetype": api.issue_types,
        "label": api.labels,
        "issueLinkType": api.link_types,
        "issueLink/{link}": api.link,
        "user": api.user,
        "user/search": api.users,
        "users/search": api.users,
        "user/bulk": api.users_by_id,
        "user/assignable/search": api.users,
        "issue/createmeta/{project}/issuetypes": api.create_types,
        "issue/createmeta/{project}/issuetypes/{type}": api.create_fields,
    }


def _of_an_issue(api: "ReadApi") -> dict[str, Handler]:
    return {
        "issue/{issue}": api.issue,
        "issue/{issue}/changelog": api.changelog,
        "issue/{issue}/comment": api.comments,
        "issue/{issue}/comment/{comment}": api.comment,
        "issue/{issue}/worklog": api.worklogs,
        "issue/{issue}/worklog/{worklog}": api.worklog,
        "issue/{issue}/transitions": api.transitions,
        "issue/{issue}/editmeta": api.edit_meta,
        "issue/{issue}/properties": api.property_keys,
        "issue/{issue}/properties/{property}": api.property,
        "issue/{issue}/remotelink": api.remote_links,
    }


def found(site: JiraSite, call: Call, name: str = "issue") -> Issue:
    """The issue in the path of a call; who may not see it is told that it is not there."""
    issue = site.find(call.path[name]) if call.caller else None
    if issue is None:
        raise RefusedError(404, NO_ISSUE)
    return issue


class ReadApi:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._show = site.renderer

    # -- the site

    def server_info(self, _: Call) -> Json:
        base = self._show.base
        return {
            "baseUrl": base,
            "displayUrl": base,
            "displayUrlServicedeskHelpCenter": base,
            "displayUrlConfluence": base,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100300,
            "buildDate": self._show.timestamp(self._site.now().replace(hour=0, minute=0, second=0, microsecond=0)),
            "serverTime": self._show.timestamp(self._site.now()),
            "serverTimeZone": self._site.behaviour.time_zone,
            "scmInfo": "sandbox",
            "serverTitle": "Jira",
        }

    def myself(self, call: Call) -> Json:
        shown = self._show.user(call.person.account_id, caller=call.person) or {}
        groups = {"size": 1, "items": []}
        more = {"locale": "en_US", "expand": "groups,applicationRoles"}
        return shown | more | {"groups": groups, "applicationRoles": {"size": 1, "items": []}}

    def my_permissions(self, call: Call) -> Json:
        asked = call.words("permissions")
        if not asked:
            raise RefusedError(400, "The 'permissions' query parameter is required.")
        word = call.query.get("projectKey") or call.query.get("projectId")
        project = self._site.project(word) if word and call.caller else None
        if word and project is None:
            raise RefusedError(404, f"No project could be found with key '{word}'.")
        return {"permissions": {key: self._permission(key, project, call) for key in asked}}

    def _permission(self, key: str, project: Project | None, call: Call) -> Json:
        administers = key in ("ADMINISTER", "ADMINISTER_PROJECTS", "SYSTEM_ADMIN")
        has = call.caller is not None and (self._site.behaviour.administrators or not administers)
        if project is not None and project.read_only and key not in READING:
            has = False
        kind = "GLOBAL" if key in ("ADMINISTER", "SYSTEM_ADMIN") else "PROJECT"
        name = key.replace("_", " ").capitalize()
        return {"id": "10", "key": key, "name": name, "type": kind, "description": name, "havePermission": has}

    def _projects(self, call: Call) -> list[Project]:
        return self._site.visible_projects() if call.caller else []

    def projects(self, call: Call) -> Json:
        keys = set(call.query.get("keys", "").split(",")) - {""}
        word = call.query.get("query", "").lower()
        rows = [
            self._show.listed_project(project)
            for project in self._projects(call)
            if (not keys or project.key in keys) and word in f"{project.key} {project.name}".lower()
        ]
        return self._page(call, rows, "project/search")

    def project(self, call: Call) -> Json:
        project = self._found_project(call)
        return self._show.listed_project(project) | {
            "description": "",
            "lead": self._show.user(project.lead),
            "components": self._show.named("component", project.components, tuple(project.components)),
            "versions": [self._show.version(project, name) for name in project.versions],
            "issueTypes": [self._show.issue_type(kind) for kind in self._site.types],
            "assigneeType": "UNASSIGNED",
            "roles": {},
        }

    def _found_project(self, call: Call) -> Project:
        word = call.path["project"]
        project = self._site.project(word) if call.caller else None
        if project is None:
            raise RefusedError(404, f"No project could be found with key '{word}'.")
        return project

    def project_versions(self, call: Call) -> Json:
        project = self._found_project(call)
        rows = [self._show.version(project, name) for name in project.versions]
        return self._page(call, rows, f"project/{project.key}/version")

    def project_statuses(self, call: Call) -> list[Json]:
        project = self._found_project(call)
        ids = dict.fromkeys(transition.to for transition in project.workflow)
        statuses = [self._show.status(self._site.statuses[id_]) for id_ in ids]
        return [
            {"self": self._show.url(f"issuetype/{kind.id}"), "id": kind.id, "name": kind.name, "subtask": kind.subtask}
            | {"statuses": statuses}
            for kind in self._site.types
        ]

    def fields(self, call: Call) -> list[Json]:
        return [self._show.field(spec) for spec in self._site.fields.listed if call.caller or not spec.custom]

    def statuses(self, call: Call) -> list[Json]:
        return [self._show.listed_status(status) for status in self._site.statuses if call.caller]

    def status_categories(self, _: Call) -> list[Json]:
        return [
            {"self": self._show.url(f"statuscategory/{c.id}"), "id": c.id, "key": c.key, "colorName": c.color}
            | {"name": c.name}
            for c in CATEGORIES.values()
        ]

    def priorities(self, call: Call) -> list[Json]:
        return [self._show.listed_priority(priority) for priority in self._site.priorities if call.caller]

    def priority_batch(self, call: Call) -> Json:
        return self._page(call, self.priorities(call), "priority/search")

    def resolutions(self, call: Call) -> list[Json]:
        return [self._show.resolution(resolution) for resolution in self._site.resolutions if call.caller]

    def resolution_batch(self, call: Call) -> Json:
        rows = [resolution | {"isDefault": False} for resolution in self.resolutions(call)]
        return self._page(call, rows, "resolution/search")

    def issue_types(self, call: Call) -> list[Json]:
        return [self._show.issue_type(kind) for kind in self._site.types if call.caller]

    def labels(self, call: Call) -> Json:
        used = {label for issue in self._site.issues.values() for label in issue.state.labels}
        return self._page(call, sorted(used) if call.caller else [], "label", default=1000)

    def link(self, call: Call) -> Json:
        for issue in self._site.issues.values() if call.caller else ():
            for link in issue.links:
                if str(link.id) == call.path["link"]:
                    return self._show.link(link)
        raise RefusedError(404, f"No issue link with id '{call.path['link']}' exists.")

    def link_types(self, _: Call) -> Json:
        return {"issueLinkTypes": [self._show.link_type(kind) for kind in self._site.link_types]}

    # -- people

    def user(self, call: Call) -> Json:
        account_id = call.query.get("accountId", "")
        if self._site.ground.people.get(account_id) is None:
            raise RefusedError(
                404, f"Specified user does not exist or you do not have required permissions: {account_id}"
            )
        return self._show.user(account_id, caller=call.person) or {}

    def users(self, call: Call) -> list[Json]:
        caller, word = call.person, call.query.get("query", "").lower()
        hits = [p for p in self._site.ground.people.all() if word in p.name.lower() or word == (p.email or "").lower()]
        start, most = call.number("startAt", 0), call.number("maxResults", 50, most=1000)
        return [self._show.user(p.account_id, caller=caller) or {} for p in hits[start : start + most]]

    def users_by_id(self, call: Call) -> Json:
        asked = call.query.getlist("accountId")
        if not asked:
            raise RefusedError(400, "The 'accountId' query parameter is required.")
        known = [id_ for id_ in asked if self._site.ground.people.get(id_)]
        rows = [self._show.user(id_, caller=call.person) for id_ in known]
        return self._page(call, rows, "user/bulk", default=10, most=200)

    # -- searching

    def gone(self, _: Call) -> Json:
        raise RefusedError(410, GONE)

    def search(self, call: Call) -> bytes:
        call.only(*SEARCH_MEMBERS)
        fields = self._site.fields.wanted(call.words("fields") or ["id"])
        asked = call.number("maxResults", 50, least=1)
        if asked > MOST_HITS:
            raise RefusedError(400, f"The value for parameter 'maxResults' must be between 1 and {MOST_HITS}.")
        most = asked if not fields else min(asked, self._site.behaviour.most_with_fields)
        reconcile = self._reconciled(call)
        jql = str(call.body.get("jql", call.query.get("jql", "")))
        token = call.body.get("nextPageToken", call.query.get("nextPageToken"))
        with_key = {"key", "issuekey", "*all", "*navigable"} & set(call.words("fields")) or fields
        try:
            batch = self._site.search.batch(jql, call.caller, most=most, token=token, reconcile=reconcile)
        except JqlError as error:
            raise RefusedError(400, *error.messages) from error
        issues = [self._hit(state, fields, call, with_key=bool(with_key)) for state in batch.states]
        tail = orjson.dumps(
            {"isLast": True} if batch.next_token is None else {"nextPageToken": batch.next_token, "isLast": False}
        )
        return b'{"issues":[' + b",".join(issues) + b"]," + tail[1:]

    def _reconciled(self, call: Call) -> frozenset[int]:
        ids = call.words("reconcileIssues")
        if len(ids) > 50 or not all(id_.isdecimal() for id_ in ids):
            raise RefusedError(400, "The parameter 'reconcileIssues' takes at most 50 numeric issue ids.")
        return frozenset(int(id_) for id_ in ids)

    def _hit(self, state: IssueState, fields: list[str], call: Call, *, with_key: bool) -> bytes:
        if not with_key:
            return b'{"id":"%d"}' % state.id
        issue = self._site.issues.get(state.id) or Issue(state.id, state)
        extra = self._extra(issue, call)
        return self._show.issue(issue, state, fields, expand="", in_search=True, extra=extra)

    def count(self, call: Call) -> Json:
        call.only("jql")
        try:
            return {"count": self._site.search.count(str(call.body.get("jql", "")), call.caller)}
        except JqlError as error:
            raise RefusedError(400, *error.messages) from error

    def parse(self, call: Call) -> Json:
        call.only("queries")
        return {"queries": [self._parsed(str(query), call) for query in call.body.get("queries", [])]}

    def _parsed(self, query: str, call: Call) -> Json:
        try:
            self._site.search.check(query, call.caller)
        except JqlError as error:
            return {"query": query, "errors": error.messages}
        return {"query": query, "structure": {}}

    # -- issues

    def issue(self, call: Call) -> bytes:
        issue = found(self._site, call)
        fields = self._site.fields.wanted(call.words("fields") or ["*all"])
        return self._show.issue(issue, issue.state, fields, expand=EXPAND, extra=self._extra(issue, call))

    def bulk_fetch(self, call: Call) -> bytes:
        call.only("issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys")
        asked = call.body.get("issueIdsOrKeys") or []
        if not asked:
            raise RefusedError(400, "The 'issueIdsOrKeys' field must not be empty.")
        if len(asked) > MOST_BULK:
            raise RefusedError(400, f"Cannot fetch more than {MOST_BULK} issues at a time.")
        fields = self._site.fields.wanted(call.words("fields") or ["*navigable"])
        issues = self._found_many(asked, call)
        beans = [
            self._show.issue(issue, issue.state, fields, extra=self._extra(issue, call)) for issue in issues.values()
        ]
        return b'{"issues":[' + b",".join(beans) + b'],"issueErrors":[]}'

    def _found_many(self, asked: Iterable[object], call: Call) -> dict[int, Issue]:
        if call.caller is None:
            return {}
        hits = (self._site.find(str(word)) for word in asked)
        return {issue.id: issue for issue in hits if issue is not None}

    def _extra(self, issue: Issue, call: Call) -> Json:
        extra: Json = {}
        asked = call.words("properties")
        if asked:
            extra["properties"] = {key: issue.properties[key] for key in asked if key in issue.properties}
        expand = ",".join(call.words("expand"))
        if "changelog" in expand:
            extra |= self._show.some_changes(issue)
        if "names" in expand:
            extra["names"] = {spec.id: spec.name for spec in self._site.fields.all}
        if "editmeta" in expand:
            extra["editmeta"] = self._edit_meta(issue)
        if "transitions" in expand:
            extra["transitions"] = self._open_ways(issue, with_fields="transitions.fields" in expand)
        return extra

    def _edit_meta(self, issue: Issue) -> Json:
        project = self._site.projects[issue.state.project]
        return {"fields": editing.edit_meta(self._site.editors, self._show, project)}

    def changelog(self, call: Call) -> Json:
        issue = found(self._site, call)
        return self._page(call, [*map(self._show.change, issue.history)], f"issue/{issue.id}/changelog", default=100)

    def bulk_changelogs(self, call: Call) -> Json:
        call.only("issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken")
        asked, field_ids = call.body.get("issueIdsOrKeys") or [], set(call.body.get("fieldIds") or [])
        if not 1 <= len(asked) <= 1000 or len(field_ids) > 10:
            raise RefusedError(400, "Between 1 and 1000 'issueIdsOrKeys' and at most 10 'fieldIds' are allowed.")
        rows = [
            (issue, change)
            for issue in self._found_many(asked, call).values()
            for change in issue.history
            if not field_ids or any(self._is_of(item.field, item.field_id, field_ids) for item in change.items)
        ]
        start = self._offset(call.body.get("nextPageToken"))
        most = call.number("maxResults", 1000, most=10_000, least=1)
        answer: Json = {"issueChangeLogs": self._grouped(rows[start : start + most])}
        if start + most < len(rows):
            answer["nextPageToken"] = f"changes-{start + most}"
        return answer

    def _is_of(self, name: str, field_id: str | None, wanted: set[str]) -> bool:
        named = {self._site.fields.by_id[id_].name.lower() for id_ in wanted if id_ in self._site.fields.by_id}
        return field_id in wanted or name in wanted or (field_id is None and name.lower() in named)

    def _grouped(self, rows: list[tuple[Issue, Change]]) -> list[Json]:
        grouped: dict[int, list[Json]] = {}
        for issue, change in rows:
            # Documented as a date string; what comes is milliseconds.
            shown = self._show.change(change, created=round(change.created.timestamp() * 1000))
            grouped.setdefault(issue.id, []).append(shown)
        return [{"issueId": str(id_), "changeHistories": histories} for id_, histories in grouped.items()]

    def _offset(self, token: Any) -> int:
        if not token:
            return 0
        number = str(token).removeprefix("changes-")
        if not number.isdecimal():
            raise RefusedError(400, "The provided nextPageToken is invalid or has expired.")
        return int(number)

    def comments(self, call: Call) -> Json:
        issue = found(self._site, call)
        noted = "properties" in call.query.get("expand", "")
        rows = [self._show.comment(issue, comment, properties=noted) for comment in self._site.comments(issue)]
        if call.query.get("orderBy") == "-created":
            rows.reverse()
        start, most = call.number("startAt", 0), call.number("maxResults", 100, most=100)
        shown = rows[start : start + most]
        return {"startAt": start, "maxResults": most, "total": len(rows), "comments": shown}

    def comment(self, call: Call) -> Json:
        issue = found(self._site, call)
        for comment in self._site.comments(issue):
            if str(comment.id) == call.path["comment"]:
                return self._show.comment(issue, comment)
        raise RefusedError(404, f"Can not find a comment for the id: {call.path['comment']}.")

    def comments_by_id(self, call: Call) -> Json:
        """Those of some comments that the caller may see; the others are left out without a word."""
        shown = self._by_ids(call, lambda issue: self._site.comments(issue), self._show.comment)
        return {"startAt": 0, "maxResults": 1_000, "total": len(shown), "isLast": True, "values": shown}

    def worklogs_by_id(self, call: Call) -> list[Json]:
        """The same of worklogs; here the list is the answer."""
        return self._by_ids(call, lambda issue: issue.worklogs, self._show.worklog)

    def _by_ids(self, call: Call, of: Callable[[Issue], list[W]], show: Callable[..., Json]) -> list[Json]:
        wanted = {str(one) for one in call.body.get("ids") or []}
        if len(wanted) > 1_000:
            raise RefusedError(400, "Up to 1000 ids can be requested.")
        noted = "properties" in call.query.get("expand", "")
        return [
            show(issue, one, properties=noted)
            for issue in (self._site.issues.values() if call.caller else ())
            if self._site.find(str(issue.id)) is issue
            for one in of(issue)
            if str(one.id) in wanted
        ]

    def worklogs(self, call: Call) -> Json:
        issue = found(self._site, call)
        start, most = call.number("startAt", 0), call.number("maxResults", 5000, most=5000)
        noted = "properties" in call.query.get("expand", "")
        rows = [self._show.worklog(issue, worklog, properties=noted) for worklog in issue.worklogs]
        return {"startAt": start, "maxResults": most, "total": len(rows), "worklogs": rows[start : start + most]}

    def worklog(self, call: Call) -> Json:
        issue = found(self._site, call)
        for worklog in issue.worklogs:
            if str(worklog.id) == call.path["worklog"]:
                return self._show.worklog(issue, worklog, properties="properties" in call.query.get("expand", ""))
        raise RefusedError(404, f"Cannot find worklog with id: '{call.path['worklog']}'.")

    def transitions(self, call: Call) -> Json:
        issue = found(self._site, call)
        asked = call.query.get("transitionId")
        shown = self._open_ways(issue, with_fields="transitions.fields" in call.query.get("expand", ""))
        return {"expand": "transitions", "transitions": [way for way in shown if asked in (None, way["id"])]}

    def _open_ways(self, issue: Issue, *, with_fields: bool) -> list[Json]:
        # Who may not move issues is told that there are no transitions, not that it is forbidden.
        ways = [] if self._site.projects[issue.state.project].read_only else self._site.workflow(issue)
        return [
            self._show.transition(t, fields=editing.screen(self._site, self._show, t) if with_fields else None)
            for t in ways
            if t.starts_from(issue.state.status_id)
        ]

    def edit_meta(self, call: Call) -> Json:
        return self._edit_meta(found(self._site, call))

    def create_types(self, call: Call) -> Json:
        self._found_project(call)
        rows = [self._show.issue_type(kind) for kind in self._site.types]
        return {"startAt": 0, "maxResults": 50, "total": len(rows), "issueTypes": rows}

    def create_fields(self, call: Call) -> Json:
        fields = editing.edit_meta(self._site.editors, self._show, self._found_project(call))
        rows = [{"fieldId": id_} | meta for id_, meta in fields.items()]
        return {"startAt": 0, "maxResults": 50, "total": len(rows), "fields": rows}

    def property_keys(self, call: Call) -> Json:
        issue = found(self._site, call)
        return {
            "keys": [
                {"self": self._show.url(f"issue/{issue.id}/properties/{key}"), "key": key} for key in issue.properties
            ]
        }

    def property(self, call: Call) -> Json:
        issue, key = found(self._site, call), call.path["property"]
        if key not in issue.properties:
            raise RefusedError(404, f"The property {key} does not exist.")
        return {"key": key, "value": issue.properties[key]}

    def remote_links(self, call: Call) -> list[Json]:
        found(self._site, call)
        return []

    def _page(self, call: Call, rows: list[Any], path: str, *, default: int = 50, most: int = 1000) -> Json:
        start = call.number("startAt", 0)
        size = call.number("maxResults", default, most=min(most, default) if path.endswith("changelog") else most)
        end = start + size
        answer: Json = {
            "self": self._show.url(path),
            "maxResults": size,
            "startAt": start,
            "total": len(rows),
            "isLast": end >= len(rows),
            "values": rows[start:end],
        }
        if end < len(rows):
            answer["nextPage"] = self._show.url(f"{path}?startAt={end}&maxResults={size}")
        return answer
