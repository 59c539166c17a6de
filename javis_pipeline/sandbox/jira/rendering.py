"""Issues and what belongs to them as Jira's JSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from javis_pipeline.sandbox.jira import adf
from javis_pipeline.sandbox.jira.catalogue import (
    CATEGORIES,
    USUAL_PRIORITY,
    Board,
    IssueType,
    LinkType,
    Priority,
    Project,
    Resolution,
    Sprint,
    Status,
    Transition,
)
from javis_pipeline.sandbox.jira.custom import TEAMS, Option, Shown
from javis_pipeline.sandbox.jira.fields import FieldSpec
from javis_pipeline.sandbox.jira.issues import (
    Attachment,
    Change,
    ChangeItem,
    Comment,
    Issue,
    IssueState,
    Link,
    RichText,
    Worklog,
)
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.people import Person

Json = dict[str, Any]

EXPAND = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
MOST_CACHED_BYTES = 256 * 1024 * 1024
COMMENTS_IN_SEARCH = 20
WORKLOGS_SHOWN = 20
OF_A_PROJECT = "description,lead,issueTypes,url,projectKeys,permissions,insight"


class Renderer:
    """Turns the state of a store into JSON; whole issues are kept as bytes until they look different.

    Attributes:
        api: Path of the version of the REST API that it speaks.
        fleeting: Ids of fields that look different whenever they are shown.
        teams: Id to what the team is called now.
    """

    api = "/rest/api/3"
    fleeting: frozenset[str] = frozenset()

    def __init__(self, store: JiraStore) -> None:
        self._store = store
        self._cached: dict[tuple[object, ...], bytes] = {}
        self._cached_bytes = 0
        self._users: dict[str, tuple[Person, Json]] = {}
        self._shown: dict[str, Shown] = {}
        self.teams = dict(TEAMS)
        self._getters = self._all_getters()

    # -- small things

    @property
    def base(self) -> str:
        """Where links lead."""
        return self._store.ground.base_url

    def url(self, path: str) -> str:
        """The address of a resource."""
        return f"{self.base}{self.api}/{path}"

    def timestamp(self, at: datetime | None) -> str | None:
        """Milliseconds, and the offset of the site's zone without a colon: Jira's own form."""
        if at is None:
            return None
        text = at.astimezone(self._store.zone).isoformat(timespec="milliseconds")
        return text[:-3] + text[-2:]

    def user(self, account_id: str | None, *, caller: Person | None = None) -> Json | None:
        """A person as others see them: mostly without an e-mail address."""
        if account_id is None:
            return None
        person = self._store.ground.people.get(account_id)
        if person is None:
            return self._former_user(account_id)
        known = self._users.get(account_id)
        if known is None or known[0] is not person:
            # Thousands of comments show the same few people, and building this is most of the work of showing one.
            known = self._users[account_id] = (person, self._user(person))
        if caller is not None and caller.account_id == account_id and person.email:
            return known[1] | {"emailAddress": person.email}
        return known[1]

    def _user(self, person: Person) -> Json:
        account_id = person.account_id
        shown: Json = {
            "self": self.url(f"user?accountId={account_id}"),
            "accountId": account_id,
            "accountType": "atlassian",
            "avatarUrls": self._avatars(account_id),
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone,
        }
        if person.email and person.email_visible:
            shown["emailAddress"] = person.email
        return shown

    def _former_user(self, account_id: str) -> Json:
        return {
            "self": self.url(f"user?accountId={account_id}"),
            "accountId": account_id,
            "accountType": "unknown",
            "displayName": "Former user",
            "active": False,
        }

    def _avatars(self, account_id: str) -> Json:
        base = f"{self.base}/avatar/{account_id}"
        return {f"{size}x{size}": f"{base}?size={size}" for size in (48, 24, 16, 32)}

    def text(self, text: RichText | None) -> object:
        """A text as issues show it: a document."""
        return self._store.rich_text(text)

    def status(self, status: Status) -> Json:
        """A status with its category."""
        category = CATEGORIES[status.category]
        return {
            "self": self.url(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self.base}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.url(f"statuscategory/{category.id}"),
                "id": category.id,
                "key": category.key,
                "colorName": category.color,
                "name": category.name,
            },
        }

    def listed_status(self, status: Status) -> Json:
        """A status as the list of all of them shows it."""
        return self.status(status) | {"untranslatedName": status.name}

    def priority(self, priority: Priority) -> Json:
        """A priority."""
        icon = f"{self.base}/images/icons/priorities/{priority.id}.svg"
        return {
            "self": self.url(f"priority/{priority.id}"),
            "iconUrl": icon,
            "name": priority.name,
            "id": priority.id,
        }

    def listed_priority(self, priority: Priority) -> Json:
        """A priority as the list of all of them shows it."""
        is_default = priority.id == USUAL_PRIORITY
        return self.priority(priority) | {"description": "", "statusColor": "#ea7d24", "isDefault": is_default}

    def issue_type(self, kind: IssueType) -> Json:
        """An issue type."""
        return {
            "self": self.url(f"issuetype/{kind.id}"),
            "id": kind.id,
            "description": "",
            "iconUrl": f"{self.base}/images/icons/issuetypes/{kind.id}.svg",
            "name": kind.name,
            "subtask": kind.subtask,
            "avatarId": 10300 + kind.level,
            "hierarchyLevel": kind.level,
        }

    def resolution(self, resolution: Resolution) -> Json:
        """A resolution."""
        return {
            "self": self.url(f"resolution/{resolution.id}"),
            "id": resolution.id,
            "description": "",
            "name": resolution.name,
        }

    def link_type(self, kind: LinkType) -> Json:
        """A link type."""
        return {
            "id": kind.id,
            "name": kind.name,
            "inward": kind.inward,
            "outward": kind.outward,
            "self": self.url(f"issueLinkType/{kind.id}"),
        }

    def link(self, link: Link) -> Json:
        """A link by itself, with both ends."""
        return {
            "id": str(link.id),
            "self": self.url(f"issueLink/{link.id}"),
            "type": self.link_type(self._store.link_types[link.type_id]),
            "inwardIssue": self._brief(link.source),
            "outwardIssue": self._brief(link.destination),
        }

    def project(self, project: Project) -> Json:
        """A project as issues and lists show it."""
        return {
            "self": self.url(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "service_desk" if project.is_service else "software",
            "simplified": False,
            "avatarUrls": self._avatars(project.key),
        }

    def listed_project(self, project: Project) -> Json:
        """A project as the list of all of them shows it."""
        more = {"expand": OF_A_PROJECT, "style": "classic", "isPrivate": False, "properties": {}}
        return self.project(project) | more

    def named(self, kind: str, ids: dict[str, str], names: tuple[str, ...]) -> list[Json]:
        """Components or versions of a project by their names."""
        return [{"self": self.url(f"{kind}/{ids[name]}"), "id": ids[name], "name": name} for name in names]

    def choice(self, option: Option) -> Json:
        """An option as lists of what can be chosen show it, with those below it that can be chosen."""
        below = [self.choice(child) for child in option.children if not child.disabled]
        shown = {"self": self.url(f"customFieldOption/{option.id}"), "value": option.value, "id": option.id}
        return shown | ({"children": below} if below else {})

    def version(self, project: Project, name: str) -> Json:
        """A version as lists of its project show it; a date that nobody has set is left out."""
        (shown,) = self.named("version", project.versions, (name,))
        dated = {"releaseDate": project.release_dates[name].isoformat()} if name in project.release_dates else {}
        state = {
            "archived": name in project.shelved,
            "released": name in project.released,
            "projectId": int(project.id),
        }
        return shown | state | dated

    def sprint(self, sprint: Sprint) -> Json:
        """A sprint with its dates."""
        shown: Json = {"id": sprint.number, "name": sprint.name, "state": sprint.state, "boardId": sprint.board_id}
        shown["goal"] = sprint.goal
        for name, at in (("startDate", sprint.start), ("endDate", sprint.end), ("completeDate", sprint.complete)):
            if at is not None:
                shown[name] = zulu(at)
        return shown

    def sprint_in_issue(self, sprint: Sprint) -> object:
        """A sprint as the sprint field of an issue shows it."""
        return self.sprint(sprint)

    def agile_sprint(self, sprint: Sprint) -> Json:
        """A sprint as the agile API shows it."""
        shown = self.sprint(sprint)
        shown["originBoardId"] = shown.pop("boardId")
        return {"self": f"{self.base}/rest/agile/1.0/sprint/{sprint.number}"} | shown

    def board(self, board: Board) -> Json:
        """A board with the project it is on."""
        project = self._store.projects[board.project]
        return {
            "id": board.number,
            "self": f"{self.base}/rest/agile/1.0/board/{board.number}",
            "name": board.name,
            "type": "scrum",
            "location": {
                "projectId": int(project.id),
                "displayName": f"{project.name} ({project.key})",
                "projectName": project.name,
                "projectKey": project.key,
                "projectTypeKey": "software",
                "name": f"{project.name} ({project.key})",
            },
        }

    def field(self, spec: FieldSpec) -> Json:
        """A field as the list of fields shows it."""
        shown: Json = {
            "id": spec.id,
            "key": spec.id,
            "name": spec.name,
            "custom": spec.custom,
            "orderable": spec.orderable,
            "navigable": spec.navigable,
            "searchable": spec.searchable,
            "clauseNames": [*spec.clauses, *([spec.name] if spec.custom else [])],
        }
        if spec.schema is not None:
            shown["schema"] = spec.schema
        if spec.scope is not None:
            shown["scope"] = {"type": "PROJECT", "project": {"id": "99001"}}
        return shown

    def comment(self, issue: Issue, comment: Comment, *, properties: bool = False) -> Json:
        """A comment with its author and, once edited, its last editor; with its properties where they are asked for."""
        return {
            "self": self.url(f"issue/{issue.id}/comment/{comment.id}"),
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.editor or comment.author),
            "created": self.timestamp(comment.created),
            "updated": self.timestamp(comment.updated),
            "jsdPublic": not comment.internal,
            **_visibility(comment.role),
            **({"properties": _as_list(comment.properties)} if properties else {}),
        }

    def attachment(self, one: Attachment) -> Json:
        """What an issue tells of a file that hangs on it."""
        return {
            "self": self.url(f"attachment/{one.id}"),
            "id": str(one.id),
            "filename": one.name,
            "author": self.user(one.author),
            "created": self.timestamp(one.created),
            "size": len(one.content),
            "mimeType": one.mime_type,
            "content": self.content_url(one),
        }

    def content_url(self, one: Attachment) -> str:
        """Where the file itself is to be had."""
        return self.url(f"attachment/content/{one.id}")

    def worklog(self, issue: Issue, worklog: Worklog, *, properties: bool = False) -> Json:
        """A worklog entry, as for a comment."""
        return {
            "self": self.url(f"issue/{issue.id}/worklog/{worklog.id}"),
            "author": self.user(worklog.author),
            "updateAuthor": self.user(worklog.editor or worklog.author),
            "created": self.timestamp(worklog.created or worklog.started),
            "updated": self.timestamp(worklog.updated or worklog.created or worklog.started),
            "started": self.timestamp(worklog.started),
            "timeSpent": f"{worklog.seconds // 60}m",
            "timeSpentSeconds": worklog.seconds,
            "id": str(worklog.id),
            "issueId": str(issue.id),
            **({"comment": self.text(worklog.text)} if worklog.text is not None else {}),
            **_visibility(worklog.role),
            **({"properties": _as_list(worklog.properties)} if properties else {}),
        }

    def some_changes(self, issue: Issue) -> Json:
        """What comes along as `changelog`: cut off and in no order, as only the changelog endpoint has all of it."""
        some = [self.change(change) for change in issue.history[-40:]]
        self._store.chance.shuffle(some)
        return {"changelog": {"startAt": 0, "maxResults": 40, "total": len(issue.history), "histories": some}}

    def change(self, change: Change, *, created: object = None) -> Json:
        """A changelog entry; `created` replaces the timestamp, which one endpoint gives as a number."""
        shown: Json = {
            "id": str(change.id),
            "author": self.user(change.author),
            "created": created or self.timestamp(change.created),
            "items": [self._change_item(item) for item in change.items],
        }
        if change.metadata is not None:
            shown["historyMetadata"] = change.metadata
        return shown

    def _change_item(self, item: ChangeItem) -> Json:
        shown: Json = {"field": item.field, "fieldtype": item.fieldtype}
        if item.field_id is not None:
            shown["fieldId"] = item.field_id
        return shown | {
            "from": item.from_id,
            "fromString": item.from_text,
            "to": item.to_id,
            "toString": item.to_text,
        }

    def transition(self, transition: Transition, *, fields: Json | None) -> Json:
        """A transition; with the fields of its screen if they were asked for."""
        shown: Json = {
            "id": transition.id,
            "name": transition.name,
            "to": self.status(self._store.statuses[transition.to]),
            "hasScreen": bool(transition.required or transition.optional),
            "isGlobal": transition.origins is None,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": False,
        }
        if fields is not None:
            shown["fields"] = fields
        return shown

    # -- issues

    def issue(
        self,
        issue: Issue,
        state: IssueState,
        fields: list[str],
        *,
        expand: str = EXPAND,
        in_search: bool = False,
        extra: Json | None = None,
    ) -> bytes:
        """An issue with some of its fields.

        Args:
            issue: What belongs to the issue.
            state: The values to show: in a search, those the index knows.
            fields: Ids of the fields.
            expand: The text of `expand`.
            in_search: Lists inside the issue are cut shorter.
            extra: Further members beside `fields`; such an issue is not cached.
        """
        is_fleeting = bool(self.fleeting.intersection(fields)) or bool(self._store.behaviour.absent_fields)
        if extra or is_fleeting or state is not issue.state:
            return orjson.dumps(self._bean(issue, state, fields, expand, in_search) | (extra or {}))
        key = (issue.id, issue.version, in_search, expand, *fields)
        found = self._cached.get(key)
        if found is None:
            found = orjson.dumps(self._bean(issue, state, fields, expand, in_search))
            self._keep(key, found)
        return found

    def _keep(self, key: tuple[object, ...], rendered: bytes) -> None:
        if self._cached_bytes > MOST_CACHED_BYTES:
            # Also the way by which older versions of changed issues go.
            self._cached.clear()
            self._cached_bytes = 0
        self._cached[key] = rendered
        self._cached_bytes += len(rendered)

    def _bean(self, issue: Issue, state: IssueState, fields: list[str], expand: str, in_search: bool) -> Json:
        shown: Json = {
            "expand": expand,
            "id": str(issue.id),
            "self": self.url(f"issue/{issue.id}"),
            "key": state.key,
        }
        if fields:
            shown["fields"] = {
                id_: self._value(id_, issue, state, in_search) for id_ in fields if not self._fails_to_load(id_)
            }
        return shown

    def _fails_to_load(self, id_: str) -> bool:
        behaviour = self._store.behaviour
        if id_ in behaviour.left_out:
            return True
        return bool(behaviour.absent_fields) and self._store.chance.random() < behaviour.absent_fields

    def _value(self, id_: str, issue: Issue, state: IssueState, in_search: bool) -> object:
        if id_ == "comment":
            return self._comments(issue, COMMENTS_IN_SEARCH if in_search else self._store.behaviour.comments_shown)
        if (definition := self._store.fields.definitions.get(id_)) is not None:
            options = self._store.fields.options[id_]
            return self._custom(state).value(definition, options, state.custom.get(id_))
        getter = self._getters.get(id_)
        return getter(issue, state) if getter else state.custom.get(id_)

    def _custom(self, state: IssueState) -> Shown:
        if (shown := self._shown.get(state.project)) is None:
            versions = self._store.projects[state.project].versions
            shown = self._shown[state.project] = Shown(
                self.url, self.user, lambda name: self.named("version", versions, (name,))[0], self.sent_text, self.team
            )
        return shown

    def team(self, id_: str) -> object:
        """A team as issues show it."""
        name = self.teams[id_]
        return {"id": id_, "name": name, "title": name, "avatarUrl": "", "isVisible": True, "isShared": True}

    def sent_text(self, sent: Any) -> object:
        """A text that was sent to a custom field, as issues show it."""
        return adf.of_text(sent) if isinstance(sent, str) else sent

    def _all_getters(self) -> dict[str, Callable[[Issue, IssueState], object]]:
        store, custom = self._store, self._store.fields
        return {
            "summary": lambda _, s: s.summary,
            "issuetype": lambda _, s: self.issue_type(store.types[s.type_id]),
            "project": lambda _, s: self.project(store.projects[s.project]),
            "status": lambda _, s: self.status(store.statuses[s.status_id]),
            "statusCategory": lambda _, s: self.status(store.statuses[s.status_id])["statusCategory"],
            "statuscategorychangedate": lambda _, s: self.timestamp(s.status_changed or s.created),
            "resolution": lambda _, s: self.resolution(store.resolutions[s.resolution_id]) if s.resolution_id else None,
            "archiveddate": lambda issue, s: self.timestamp(s.updated) if issue.archived else None,
            "resolutiondate": lambda _, s: self.timestamp(s.resolved),
            "priority": lambda _, s: self.priority(store.priorities[s.priority_id]) if s.priority_id else None,
            "labels": lambda _, s: list(s.labels),
            "assignee": lambda _, s: self.user(s.assignee),
            "reporter": lambda _, s: self.user(s.reporter),
            "creator": lambda _, s: self.user(s.creator),
            "created": lambda _, s: self.timestamp(s.created),
            "updated": lambda _, s: self.timestamp(s.updated),
            "duedate": lambda _, s: s.due.isoformat() if s.due else None,
            "description": lambda _, s: self.text(s.description),
            "environment": lambda _, s: self.text(s.environment),
            "parent": lambda _, s: self._brief(s.parent_id) if s.parent_id else None,
            "components": lambda _, s: self.named("component", store.projects[s.project].components, s.components),
            "fixVersions": lambda _, s: self.named("version", store.projects[s.project].versions, s.fix_versions),
            "versions": lambda _, s: self.named("version", store.projects[s.project].versions, s.versions),
            "issuelinks": lambda issue, _: self._links(issue),
            "subtasks": lambda issue, _: self._subtasks(issue),
            "worklog": lambda issue, _: self._worklogs(issue),
            "security": lambda issue, _: self._security(issue),
            "attachment": lambda issue, _: [self.attachment(one) for one in issue.attachments],
            "timetracking": lambda issue, _: self._time_tracking(issue),
            "timeoriginalestimate": lambda issue, _: self._time_tracking(issue).get("originalEstimateSeconds"),
            "timeestimate": lambda issue, _: self._time_tracking(issue).get("remainingEstimateSeconds"),
            "timespent": lambda issue, _: self._time_tracking(issue).get("timeSpentSeconds"),
            "votes": lambda issue, _: {"self": self.url(f"issue/{issue.id}/votes"), "votes": 0, "hasVoted": False},
            "watches": lambda issue, _: self._watches(issue),
            custom.sprint.id: lambda _, s: (
                [self.sprint_in_issue(store.sprints[str(id_)]) for id_ in s.sprint_ids] or None
            ),
            custom.story_points.id: lambda _, s: s.story_points,
            custom.epic_link.id: lambda _, s: self._epic_key(s),
            custom.team.id: lambda _, s: (id_ := s.custom.get(custom.team.id)) and self.team(id_),
            custom.flagged.id: lambda _, s: [{"value": "Impediment", "id": "10019"}] if s.flagged else None,
        }

    def _comments(self, issue: Issue, most: int) -> Json:
        comments = self._store.comments(issue)
        return {
            "comments": [self.comment(issue, comment) for comment in comments[:most]],
            "self": self.url(f"issue/{issue.id}/comment"),
            "maxResults": most,
            "total": len(comments),
            "startAt": 0,
        }

    def _worklogs(self, issue: Issue) -> Json:
        shown = [self.worklog(issue, worklog) for worklog in issue.worklogs[:WORKLOGS_SHOWN]]
        return {"startAt": 0, "maxResults": WORKLOGS_SHOWN, "total": len(issue.worklogs), "worklogs": shown}

    def _security(self, issue: Issue) -> Json | None:
        if issue.security is None:
            return None
        return {"id": "10100", "name": issue.security, "description": "", "self": self.url("securitylevel/10100")}

    def _time_tracking(self, issue: Issue) -> Json:
        seconds = sum(worklog.seconds for worklog in issue.worklogs)
        spent = {"timeSpent": f"{seconds // 60}m", "timeSpentSeconds": seconds} if seconds else {}
        return {**issue.state.time_tracking, **spent}

    def _watches(self, issue: Issue) -> Json:
        return {"self": self.url(f"issue/{issue.id}/watchers"), "watchCount": 0, "isWatching": False}

    def _epic_key(self, state: IssueState) -> str | None:
        parent = self._store.issues.get(state.parent_id or 0)
        if parent is None or self._store.types[parent.state.type_id].level < 1:
            return None
        return parent.state.key

    def _brief(self, id_: int) -> Json | None:
        issue = self._store.issues.get(id_)
        if issue is None or issue.hidden:
            return self._ghost(id_)
        state, store = issue.state, self._store
        return {
            "id": str(id_),
            "key": state.key,
            "self": self.url(f"issue/{id_}"),
            "fields": {
                "summary": state.summary,
                "status": self.status(store.statuses[state.status_id]),
                "priority": self.priority(store.priorities[state.priority_id]) if state.priority_id else None,
                "issuetype": self.issue_type(store.types[state.type_id]),
            },
        }

    def _ghost(self, id_: int) -> Json | None:
        ghost = self._store.ghosts.get(id_)
        if ghost is None:
            return None
        return {
            "id": str(id_),
            "key": ghost.key,
            "self": self.url(f"issue/{id_}"),
            "fields": {
                "summary": f"{ghost.key} lives in another project",
                "status": self.status(next(iter(self._store.statuses))),
                "issuetype": self.issue_type(next(iter(self._store.types))),
            },
        }

    def _links(self, issue: Issue) -> list[Json]:
        shown = []
        for link in issue.links:
            outward = link.source == issue.id
            other = self._brief(link.destination if outward else link.source)
            if other is None:
                continue
            kind = self.link_type(self._store.link_types[link.type_id])
            shown.append(
                {
                    "id": str(link.id),
                    "self": self.url(f"issueLink/{link.id}"),
                    "type": kind,
                    "outwardIssue" if outward else "inwardIssue": other,
                }
            )
        return shown

    def _subtasks(self, issue: Issue) -> list[Json]:
        store = self._store
        children = (store.issues[id_] for id_ in issue.children if id_ in store.issues)
        return [
            brief
            for child in children
            if store.types[child.state.type_id].subtask and (brief := self._brief(child.id)) is not None
        ]


def zulu(at: datetime) -> str:
    """The form of the agile API: UTC with a Z."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _as_list(properties: Json) -> list[Json]:
    return [{"key": key, "value": value} for key, value in properties.items()]


def _visibility(role: str | None) -> Json:
    return {} if role is None else {"visibility": {"type": "role", "value": role, "identifier": role}}
