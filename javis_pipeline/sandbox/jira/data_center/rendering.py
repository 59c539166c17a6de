"""Issues and what belongs to them as the JSON of REST version 2."""

from typing import Any
from urllib.parse import quote

from javis_pipeline.sandbox.jira.catalogue import Board, IssueType, Priority, Project, Sprint, Status, Transition
from javis_pipeline.sandbox.jira.data_center.directory import Directory
from javis_pipeline.sandbox.jira.data_center.markup import from_adf
from javis_pipeline.sandbox.jira.fields import FieldSpec
from javis_pipeline.sandbox.jira.issues import Attachment, ChangeItem, Comment, Issue, IssueState, RichText, WikiText
from javis_pipeline.sandbox.jira.rendering import OF_A_PROJECT, Renderer, zulu
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.people import Person

Json = dict[str, Any]

# Java objects that are printed by their place in memory: another text whenever it is asked for.
SUMMARY = "{summaryBean=com.atlassian.jira.plugin.devstatus.rest.SummaryBean@%x[summary={}], devSummaryJson={}@%x}"
_PEOPLE = frozenset({"assignee", "reporter"})


class DataCenterRenderer(Renderer):
    """The same site, in the shapes of Data Center: texts in wiki markup, people by key and name, sprints as text."""

    api = "/rest/api/2"

    def __init__(self, store: JiraStore, directory: Directory) -> None:
        super().__init__(store)
        self.directory = directory
        self.fleeting = frozenset({store.fields.development.id} if store.fields.development else ())

    def content_url(self, one: Attachment) -> str:
        """Where the file itself is to be had."""
        return f"{self.base}/secure/attachment/{one.id}/{quote(one.name, safe='')}"

    @property
    def base(self) -> str:
        """Where links lead."""
        return f"{self._store.ground.configured_url}/jira"

    # -- people

    def _user(self, person: Person) -> Json:
        name = self.directory.name(person.account_id)
        shown: Json = {
            "self": self.url(f"user?username={name}"),
            "key": self.directory.key(person.account_id),
            "name": name,
            "avatarUrls": self._avatars(name),
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone,
        }
        if person.email and "@" in person.email:
            shown["emailAddress"] = person.email
        return shown

    def _former_user(self, account_id: str) -> Json:
        return {
            "self": self.url(f"user?username={account_id}"),
            "key": account_id,
            "name": account_id,
            "displayName": account_id,
            "active": False,
        }

    # -- small things

    def team(self, id_: str) -> object:
        """Its id alone."""
        return id_

    def sent_text(self, sent: Any) -> object:
        """Wiki markup."""
        return from_adf(sent, self.directory.name) if isinstance(sent, dict) else sent

    def text(self, text: RichText | None) -> object:
        """Wiki markup as it is; a document is written as that."""
        if text is None or isinstance(text, WikiText):
            return None if text is None else text.source
        return from_adf(text, self.directory.name)

    def issue_type(self, kind: IssueType) -> Json:
        """A type, without its level."""
        return {name: value for name, value in super().issue_type(kind).items() if name != "hierarchyLevel"}

    def project(self, project: Project) -> Json:
        """A project, without what only Cloud knows."""
        return {name: value for name, value in super().project(project).items() if name != "simplified"}

    def listed_project(self, project: Project) -> Json:
        """The same in the list of all of them."""
        return self.project(project) | {"expand": OF_A_PROJECT}

    def listed_status(self, status: Status) -> Json:
        """A status in the list of all of them, which is no more than elsewhere."""
        return self.status(status)

    def listed_priority(self, priority: Priority) -> Json:
        """A priority in the list of all of them, which does not say which one is the usual one."""
        return {name: value for name, value in super().listed_priority(priority).items() if name != "isDefault"}

    def board(self, board: Board) -> Json:
        """A board, which does not say where it is."""
        return {name: value for name, value in super().board(board).items() if name != "location"}

    def field(self, spec: FieldSpec) -> Json:
        """A field, without key and scope."""
        return {name: value for name, value in super().field(spec).items() if name not in ("key", "scope")}

    def transition(self, transition: Transition, *, fields: Json | None) -> Json:
        """A transition, of which only its screen is told."""
        shown = super().transition(transition, fields=fields)
        return {name: value for name, value in shown.items() if name in ("id", "name", "to", "fields")}

    def agile_sprint(self, sprint: Sprint) -> Json:
        """A sprint of the agile API: an object there."""
        return super().agile_sprint(sprint) | {"synced": False, "autoStartStop": False}

    def sprint_in_issue(self, sprint: Sprint) -> object:
        """A sprint as the field shows it: the text of a Java object, in the order of one version or another."""
        values = {
            "id": str(sprint.number),
            "rapidViewId": str(sprint.board_id),
            "state": sprint.state.upper(),
            "name": sprint.name,
            "startDate": zulu(sprint.start) if sprint.start else "<null>",
            "endDate": zulu(sprint.end) if sprint.end else "<null>",
            "completeDate": zulu(sprint.complete) if sprint.complete else "<null>",
        }
        if sprint.number % 3 == 0:
            values = {name: value for name, value in values.items() if name != "id"} | {"id": values["id"]}
        elif sprint.number % 3 == 1:
            values |= {
                "activatedDate": values["startDate"],
                "sequence": values["id"],
                "goal": sprint.goal or "<null>",
                "synced": "false",
                "autoStartStop": "false",
                "incompleteIssuesDestinationId": "<null>",
            }
        shown = ",".join(f"{name}={value}" for name, value in values.items())
        return f"com.atlassian.greenhopper.service.sprint.Sprint@{hash(shown) & 0xFFFFFFFF:x}[{shown}]"

    def comment(self, issue: Issue, comment: Comment, *, properties: bool = False) -> Json:
        """A comment; nobody but service projects knows of customers."""
        shown = super().comment(issue, comment, properties=properties)
        if not comment.internal:
            del shown["jsdPublic"]
        if "visibility" in shown:
            del shown["visibility"]["identifier"]
        return shown

    def _change_item(self, item: ChangeItem) -> Json:
        shown = super()._change_item(item)
        shown.pop("fieldId", None)
        if item.field in _PEOPLE:
            for side in ("from", "to"):
                shown[side] = None if shown[side] is None else self.directory.key(shown[side])
        return shown

    # -- issues

    def _bean(self, issue: Issue, state: IssueState, fields: list[str], expand: str, in_search: bool) -> Json:
        shown = super()._bean(issue, state, fields, expand, in_search)
        if not self._store.types[state.type_id].subtask:
            shown.get("fields", {}).pop("parent", None)
        development = self._store.fields.development
        if development and development.id in shown.get("fields", {}):
            shown["fields"][development.id] = SUMMARY % tuple(self._store.chance.getrandbits(32) for _ in range(2))
        return shown

    def _epic_key(self, state: IssueState) -> str | None:
        if state.parent_id is None or self._store.types[state.type_id].subtask:
            return None
        parent, ghost = self._store.issues.get(state.parent_id), self._store.ghosts.get(state.parent_id)
        return parent.state.key if parent else ghost.key if ghost else None
