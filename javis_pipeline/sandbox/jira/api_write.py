"""The writing half of Jira's platform API."""

from datetime import UTC, datetime
from typing import Any

from starlette.routing import BaseRoute

from javis_pipeline.sandbox.jira import api_read
from javis_pipeline.sandbox.jira.api_read import V3
from javis_pipeline.sandbox.jira.calls import NO_ISSUE, Call, Handler, Json, RefusedError, route
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.editing import InvalidEditError
from javis_pipeline.sandbox.jira.issues import Comment, Issue, Link, RichText, Worklog
from javis_pipeline.sandbox.jira.site import JiraSite

EDIT_MEMBERS = ("fields", "update", "historyMetadata", "properties", "transition")
LONGEST_PROPERTY = 32_768
NO_NOTIFICATION = "To discard the user notification either admin or project admin permissions are required."


def routes(site: JiraSite) -> list[BaseRoute]:
    """Routes that change something."""
    api = WriteApi(site)
    issue = f"{V3}/issue/{{issue}}"
    table: list[tuple[str, str, Handler, bool]] = [
        ("POST", f"{V3}/issue", api.create, False),
        ("PUT", f"{V3}/issue/archive", api.archive, False),
        ("PUT", f"{V3}/issue/unarchive", api.unarchive, False),
        ("PUT", issue, api.edit, True),
        ("DELETE", issue, api.delete, True),
        ("POST", f"{issue}/transitions", api.transition, True),
        ("PUT", f"{issue}/assignee", api.assign, True),
        ("PUT", f"{issue}/properties/{{property}}", api.set_property, True),
        ("DELETE", f"{issue}/properties/{{property}}", api.delete_property, True),
        ("POST", f"{issue}/comment", api.comment, True),
        ("PUT", f"{issue}/comment/{{comment}}", api.edit_comment, True),
        ("DELETE", f"{issue}/comment/{{comment}}", api.delete_comment, True),
        ("POST", f"{issue}/worklog", api.log_work, True),
        ("PUT", f"{issue}/worklog/{{worklog}}", api.edit_worklog, True),
        ("DELETE", f"{issue}/worklog/{{worklog}}", api.delete_worklog, True),
        ("POST", f"{V3}/issueLink", api.link, False),
        ("DELETE", f"{V3}/issueLink/{{link}}", api.unlink, False),
    ]
    return [route(site, path, method, handler, writes=writes) for method, path, handler, writes in table]


class WriteApi:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._show = site.renderer

    def create(self, call: Call) -> tuple[int, Json]:
        call.only(*EDIT_MEMBERS)
        fields, update = _parts(call)
        wanted = {id_: fields.pop(id_, None) or {} for id_ in ("project", "issuetype")}
        word = wanted["project"].get("key") or wanted["project"].get("id")
        project = self._site.project(str(word)) if word and call.caller else None
        if project is None:
            raise RefusedError(400, errors={"project": "Specify a valid project ID or key"})
        kind = self._site.types.found(str(wanted["issuetype"].get("id") or wanted["issuetype"].get("name")))
        if kind is None:
            raise RefusedError(400, errors={"issuetype": "Specify an issue type"})
        properties = self._checked_properties(call)
        try:
            issue = self._site.make(
                project.key, kind.id, fields, update, author=call.person.account_id, at=self._site.now()
            )
        except InvalidEditError as error:
            raise _refused(error) from error
        issue.properties |= properties
        shown = {"id": str(issue.id), "key": issue.state.key, "self": self._show.url(f"issue/{issue.id}")}
        return 201, shown

    def edit(self, call: Call) -> bytes | None:
        issue = _editable(self._site, call)
        call.only(*EDIT_MEMBERS)
        fields, update = _parts(call)
        if not call.flag("notifyUsers", default=True) and not self._site.behaviour.administrators:
            raise RefusedError(403, NO_NOTIFICATION)
        if call.flag("overrideScreenSecurity") or call.flag("overrideEditableFlag"):
            raise RefusedError(403, "Only apps with the administer permission may override screens.")
        properties = self._checked_properties(call)
        # A `transition` in an edit is ignored, and the edit succeeds.
        self._apply(issue, fields, update, call)
        if properties:
            issue.properties |= properties
            self._site.touch(issue)
        if not call.flag("returnIssue"):
            return None
        some = self._show.some_changes(issue) if "changelog" in call.query.get("expand", "") else {}
        return self._show.issue(issue, issue.state, self._site.fields.wanted(["*all"]), extra=some)

    def assign(self, call: Call) -> None:
        self._apply(_editable(self._site, call), {"assignee": call.body}, {}, call)

    def transition(self, call: Call) -> None:
        issue = _editable(self._site, call)
        call.only(*EDIT_MEMBERS)
        fields, update = _parts(call)
        asked = (call.body.get("transition") or {}).get("id")
        if asked is None:
            raise RefusedError(400, "Missing 'transition' identifier")
        way = next((way for way in self._site.workflow(issue) if way.id == str(asked)), None)
        if way is None or not way.starts_from(issue.state.status_id):
            raise RefusedError(400, f"Transition id '{asked}' is not valid for this issue.")
        properties = self._checked_properties(call)
        metadata = call.body.get("historyMetadata")
        try:
            self._site.take(
                issue, way, fields, update,
                author=call.person.account_id, at=self._site.now(), metadata=metadata,
            )  # fmt: skip
        except InvalidEditError as error:
            raise _refused(error) from error
        issue.properties |= properties

    def delete(self, call: Call) -> None:
        issue = _editable(self._site, call)
        children = (self._site.issues.get(id_) for id_ in issue.children)
        subtasks = [c for c in children if c and self._site.types[c.state.type_id].subtask]
        if subtasks and not call.flag("deleteSubtasks"):
            raise RefusedError(
                400,
                f"The issue '{issue.state.key}' has subtasks. You must specify the 'deleteSubtasks' parameter to "
                "delete this issue and all its subtasks.",
            )
        self._site.delete_issue(issue)

    def archive(self, call: Call) -> Json:
        return self._archive(call, archived=True)

    def unarchive(self, call: Call) -> Json:
        return self._archive(call, archived=False)

    def _archive(self, call: Call, *, archived: bool) -> Json:
        """Many issues, each with its sub-tasks, which go with it only.

        What could not be done is told beside a yes; with nothing done it is a no. Plans below Premium have no archive.
        """
        if Trap.NO_ARCHIVE in self._site.behaviour.traps:
            raise RefusedError(403, "Issue archiving is not available on this plan.")
        asked = [str(word) for word in call.body.get("issueIdsOrKeys", [])]
        issues = {word: self._site.find(word) for word in asked}
        below = [word for word, issue in issues.items() if issue and self._site.types[issue.state.type_id].subtask]
        missing = [word for word, issue in issues.items() if issue is None or not self._site.is_visible(issue)]
        errors = {
            **_not_done("issueIsSubtask", below, "Issue is subtask."),
            **_not_done("issuesNotFound", missing, "Issues are not found."),
        }
        done = [issue for word, issue in issues.items() if issue is not None and word not in (*below, *missing)]
        for issue in done:
            self._site.put_into_archive(issue, archived=archived)
        if not done:
            raise RefusedError(400, body={"numberOfIssuesUpdated": 0, "errors": errors})
        return {"numberOfIssuesUpdated": len(done), "errors": errors}

    # -- properties: neither in the changelog nor in `updated`

    def set_property(self, call: Call) -> tuple[int, None]:
        issue, key = _editable(self._site, call), call.path["property"]
        value = call.body.get("", call.body)
        _check_property(key, value)
        known = key in issue.properties
        issue.properties[key] = value
        self._site.touch(issue)
        return (200 if known else 201), None

    def delete_property(self, call: Call) -> None:
        issue, key = _editable(self._site, call), call.path["property"]
        if key not in issue.properties:
            raise RefusedError(404, f"The property {key} does not exist.")
        del issue.properties[key]
        self._site.touch(issue)

    def _checked_properties(self, call: Call) -> Json:
        properties: Json = {}
        for each in call.body.get("properties") or []:
            if not isinstance(each, dict) or set(each) != {"key", "value"}:
                raise RefusedError(400, "A property must have a 'key' and a 'value'.")
            _check_property(str(each["key"]), each["value"])
            properties[str(each["key"])] = each["value"]
        return properties

    # -- comments and links

    def comment(self, call: Call) -> tuple[int, Json]:
        issue = _editable(self._site, call)
        text, properties = self._text(call), self._checked_properties(call)
        role = _role(call)
        comment = self._site.add_comment(issue, text, author=call.person.account_id, at=self._site.now())
        comment.role = role
        self._note(issue, comment, properties)
        return 201, self._show.comment(issue, comment)

    def edit_comment(self, call: Call) -> Json:
        issue = _editable(self._site, call)
        comment = self._found_comment(issue, call)
        self._own(comment, call, "edit")
        comment.body, comment.updated, comment.editor = self._text(call), self._site.now(), call.person.account_id
        if call.body.get("visibility"):
            comment.role = _role(call)
        self._note(issue, comment, self._checked_properties(call))
        # Whether an edited comment counts as an update of the issue is not documented; here it does not.
        self._site.touch(issue)
        return self._show.comment(issue, comment)

    def delete_comment(self, call: Call) -> None:
        issue = _editable(self._site, call)
        comment = self._found_comment(issue, call)
        self._own(comment, call, "delete")
        self._site.own_comments(issue).remove(comment)
        self._site.touch(issue)

    def log_work(self, call: Call) -> tuple[int, Json]:
        issue, now = _editable(self._site, call), self._site.now()
        worklog = Worklog(self._site.next_id(), call.person.account_id, now, _seconds(call), _role(call), created=now)
        self._fill(worklog, call)
        issue.worklogs.append(worklog)
        self._logged(issue, call, worklog.seconds)
        return 201, self._show.worklog(issue, worklog)

    def edit_worklog(self, call: Call) -> Json:
        issue = _editable(self._site, call)
        worklog = self._found_worklog(issue, call)
        self._own(worklog, call, "edit")
        before = worklog.seconds
        if "timeSpentSeconds" in call.body:
            worklog.seconds = _seconds(call)
        self._fill(worklog, call)
        worklog.updated, worklog.editor = self._site.now(), call.person.account_id
        self._logged(issue, call, worklog.seconds - before)
        return self._show.worklog(issue, worklog)

    def delete_worklog(self, call: Call) -> None:
        issue = _editable(self._site, call)
        worklog = self._found_worklog(issue, call)
        self._own(worklog, call, "delete")
        issue.worklogs.remove(worklog)
        self._logged(issue, call, -worklog.seconds)

    def _fill(self, worklog: Worklog, call: Call) -> None:
        """When it began, what is said of it, and what apps note on it, as far as that is given."""
        if "started" in call.body:
            worklog.started = _started(call.body["started"])
        if "comment" in call.body:
            worklog.text = self._site.editors.text_of(call.body["comment"]) if call.body["comment"] else None
        worklog.properties |= self._checked_properties(call)

    def _logged(self, issue: Issue, call: Call, seconds: int) -> None:
        """What is left to do changes unless it is asked not to, and the issue has changed."""
        adjusting = call.query.get("adjustEstimate", "auto")
        if adjusting not in ("auto", "leave"):
            raise RefusedError(400, errors={"adjustEstimate": "Say 'auto' or 'leave'."})
        if adjusting == "auto":
            self._site.spend(issue, seconds)
        self._site.bump(issue, self._site.now())

    def _found_worklog(self, issue: Issue, call: Call) -> Worklog:
        for worklog in issue.worklogs:
            if str(worklog.id) == call.path["worklog"]:
                return worklog
        raise RefusedError(404, f"Cannot find worklog with id: '{call.path['worklog']}'.")

    def _note(self, issue: Issue, comment: Comment, properties: Json) -> None:
        comment.properties |= properties
        told = properties.get("sd.public.comment")
        if isinstance(told, dict) and self._site.projects[issue.state.project].is_service:
            comment.internal = told.get("internal") is True

    def _own(self, one: Comment | Worklog, call: Call, verb: str) -> None:
        if one.author != call.person.account_id:
            raise RefusedError(400, f"You do not have the permission to {verb} this {type(one).__name__.lower()}.")

    def _text(self, call: Call) -> RichText:
        text = self._site.editors.text_of(call.body.get("body"))
        if text is None:
            raise RefusedError(400, errors={"comment": "Comment body is not valid!"})
        return text

    def _found_comment(self, issue: Issue, call: Call) -> Comment:
        for comment in self._site.own_comments(issue):
            if str(comment.id) == call.path["comment"]:
                return comment
        raise RefusedError(404, f"Can not find a comment for the id: {call.path['comment']}.")

    def link(self, call: Call) -> tuple[int, None]:
        kind = call.body.get("type") or {}
        known = self._site.link_types.found(str(kind.get("id") or kind.get("name")))
        if known is None:
            raise RefusedError(404, f"No issue link type with name '{kind.get('name')}' found.")
        ends = []
        # The inward issue is the source of the link: it "blocks" the outward one.
        for name in ("inwardIssue", "outwardIssue"):
            end = call.body.get(name) or {}
            issue = self._site.find(str(end.get("key") or end.get("id") or "0")) if call.caller else None
            if issue is None:
                raise RefusedError(404, NO_ISSUE)
            ends.append(issue)
        if ends[0] is ends[1]:
            raise RefusedError(400, "You cannot link an issue to itself.")
        # What is linked so already is not linked twice.
        if not any(
            (one.type_id, one.source, one.destination) == (known.id, ends[0].id, ends[1].id) for one in ends[0].links
        ):
            self._site.connect(known.id, ends[0], ends[1], author=call.person.account_id, at=self._site.now())
        return 201, None

    def unlink(self, call: Call) -> None:
        link = self._found_link(call)
        for id_ in (link.source, link.destination):
            if (issue := self._site.issues.get(id_)) is not None:
                issue.links.remove(link)
                self._site.bump(issue, self._site.now())

    def _found_link(self, call: Call) -> Link:
        links = (link for issue in self._site.issues.values() for link in issue.links)
        link = next((link for link in links if str(link.id) == call.path["link"]), None)
        if link is None or call.caller is None:
            raise RefusedError(404, f"No issue link with id '{call.path['link']}' exists.")
        return link

    def _apply(self, issue: Issue, fields: Json, update: Json, call: Call) -> None:
        metadata = call.body.get("historyMetadata")
        try:
            self._site.apply(
                issue, fields, update, author=call.person.account_id, at=self._site.now(), metadata=metadata
            )
        except InvalidEditError as error:
            raise _refused(error) from error


def _seconds(call: Call) -> int:
    """How long it took."""
    seconds = call.body.get("timeSpentSeconds")
    if not isinstance(seconds, int) or seconds < 60:
        raise RefusedError(400, errors={"timeLogged": "Worklog must not be null."})
    return seconds


def _started(text: object) -> datetime:
    """When the work began: with milliseconds and an offset without a colon, and nothing else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    except ValueError as error:
        raise RefusedError(400, errors={"started": "Unexpected date format."}) from error


def _role(call: Call) -> str | None:
    """Who alone may read it."""
    told = call.body.get("visibility")
    if not told:
        return None
    if not isinstance(told, dict) or told.get("type") != "role" or not told.get("value", told.get("identifier")):
        raise RefusedError(400, errors={"commentLevel": "There is no such role or group."})
    return str(told.get("value", told.get("identifier")))


def _not_done(why: str, asked: list[str], message: str) -> Json:
    return {why: {"count": len(asked), "issueIdsOrKeys": asked, "message": message}} if asked else {}


def _editable(site: JiraSite, call: Call) -> Issue:
    issue = api_read.found(site, call)
    if site.projects[issue.state.project].read_only:
        raise RefusedError(403, "You do not have permission to edit issues in this project.")
    return issue


def _parts(call: Call) -> tuple[Json, Json]:
    parts = []
    for name in ("fields", "update"):
        part = call.body.get(name) or {}
        if not isinstance(part, dict):
            raise RefusedError(400, f"The '{name}' member must be an object.")
        parts.append(dict(part))
    return parts[0], parts[1]


def _refused(error: InvalidEditError) -> RefusedError:
    return RefusedError(400, *error.messages, errors=error.errors)


def _check_property(key: str, value: Any) -> None:
    if not 0 < len(key) <= 255:
        raise RefusedError(400, "The property key must have between 1 and 255 characters.")
    if len(str(value)) > LONGEST_PROPERTY:
        raise RefusedError(400, f"The property value must not be longer than {LONGEST_PROPERTY} characters.")
