"""The sandbox's Jira: its state, and what people do to it.

`edit`, `create`, `transition` and their like act as a person in the browser does. Callers in another thread than the
server's need no lock of their own: each call is one step, taken inside `ground.lock`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from javis_pipeline.sandbox.ground import Ground
from javis_pipeline.sandbox.jira import adf, corpus, keeping
from javis_pipeline.sandbox.jira.catalogue import USUAL_PRIORITY, Board, Project, Sprint, Transition
from javis_pipeline.sandbox.jira.data_center.editing import DataCenterEditors
from javis_pipeline.sandbox.jira.data_center.rendering import DataCenterRenderer
from javis_pipeline.sandbox.jira.editing import NOT_ON_SCREEN, Edit, Editors, InvalidEditError
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
from javis_pipeline.sandbox.jira.limits import Limits
from javis_pipeline.sandbox.jira.rendering import Renderer
from javis_pipeline.sandbox.jira.search import Search
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.jira.workflows import standard_workflow
from javis_pipeline.sandbox.people import Person

Json = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")


def _one_step(method: "Callable[Concatenate[JiraSite, P], R]") -> "Callable[Concatenate[JiraSite, P], R]":
    @wraps(method)
    def locked(self: "JiraSite", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.ground.lock:
            return method(self, *args, **kwargs)

    return locked


class JiraSite(JiraStore):
    """One Jira site."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.search = Search(self)
        self.limits = Limits()
        self.renderer, self.editors = Renderer(self), Editors(self)
        if ground.edition == "data-center":
            self.renderer = DataCenterRenderer(self, self.directory)
            self.editors = DataCenterEditors(self, self.directory)
            self.behaviour.missing_field_ids = 1.0

    # -- keeping

    def state(self) -> object:
        """Everything the site knows, as something JSON can hold."""
        return keeping.state(self)

    def restore(self, state: object) -> None:
        """Becomes what `state()` described; the site was empty before."""
        keeping.restore(self, state)

    @_one_step
    def load(self, files: Iterable[Path]) -> int:
        """Adds the issues of corpus files, see `corpus.load_files`; says how many there were."""
        count = corpus.load_files(self, files)
        self.changes += 1
        return count

    # -- the site itself

    @_one_step
    def create_project(self, key: str, name: str, *, lead: str | None = None) -> Project:
        """Makes a project with a board and the standard workflow; `lead` is the name of a person."""
        number = str(10000 + len(self.projects))
        project = Project(number, key, name, self._account(lead), workflow=standard_workflow())
        self.projects[key] = project
        self.boards[len(self.boards) + 1] = Board(len(self.boards) + 1, f"{key} board", key)
        self.changes += 1
        return project

    @_one_step
    def hide_project(self, key: str, *, hidden: bool = True) -> None:
        """An administrator takes a project out of everybody's sight, or back."""
        self.projects[key].hidden = hidden
        self.touch_all()

    @_one_step
    def create_sprint(
        self,
        project: str,
        name: str,
        *,
        state: str = "future",
        start: datetime | None = None,
        end: datetime | None = None,
        complete: datetime | None = None,
        goal: str = "",
    ) -> Sprint:
        """Makes a sprint on the board of a project."""
        board = next(board.number for board in self.boards.values() if board.project == project)
        number = max((sprint.number for sprint in self.sprints), default=0) + 1
        self.changes += 1
        return self.sprints.add(Sprint(number, name, state, board, start, end, complete, goal))

    @_one_step
    def change_sprint(self, /, number: int, **values: Any) -> Sprint:
        """Renames, starts or closes a sprint. The issues in it look different, but their `updated` stays."""
        sprint = self.sprints.add(replace(self.sprints[str(number)], **values))
        self.touch_all()
        return sprint

    def person_sent(self, name: str) -> Any:
        """Somebody, as a request names them."""
        return self.editors.person_sent(self._account(name) or "")

    def rename_parts(self, project: str, names: Mapping[str, str]) -> None:
        """Gives versions and components of a project other names, by the old ones; the `updated` of issues stays."""
        of_project = self.projects[project]
        for parts in (of_project.versions, of_project.components):
            renamed = {names.get(name, name): id_ for name, id_ in parts.items()}
            parts.clear()
            parts.update(renamed)
        custom = {id_ for id_, one in self.fields.definitions.items() if "version" in (one.type, one.items)}
        for issue in self.issues.values():
            if issue.state.project == project:
                issue.state = _with_names(issue.state, names, custom)
        self.touch_all()

    # -- people at work

    @_one_step
    def create(
        self,
        /,
        project: str,
        title: str,
        *,
        type: str = "Task",  # noqa: A002 - what Jira calls it
        status: str | None = None,
        by: Person | str | None = None,
        at: datetime | None = None,
        **values: Any,
    ) -> Issue:
        """A person makes an issue; `values` as for `edit`, `status` by name and without a trace of how it got there.

        Raises:
            InvalidEditError: A value is refused.
        """
        kind = self.types.named(type)
        if kind is None:
            raise InvalidEditError(errors={"issuetype": f"there is no type {type!r}"})
        fields, update = self._wire(values | {"title": title})
        issue = self.make(project, kind.id, fields, update, author=self._author(by), at=at or self.now())
        if status is not None:
            known = self.statuses.named(status)
            assert known is not None, f"there is no status {status!r}"
            issue.state = self._with_status(issue.state, known.id, at or self.now())
        return issue

    @_one_step
    def edit(
        self, /, key: str, *, by: Person | str | None = None, at: datetime | None = None, **values: Any
    ) -> Change | None:
        """A person edits an issue in the browser; None if nothing changed.

        Args:
            key: Key or id.
            by: The person, or a name; somebody called "Robin Remote" by default.
            at: When; now by default.
            values: Any of title, description (text or document), environment, labels, add_labels, remove_labels,
                priority and type (names), assignee and reporter (names or account ids), due_date (date or ISO text),
                story_points, parent_key, sprint (name or number), components, fix_versions, affected_versions, flagged,
                and the fields of `custom` by role, as a request sends them. None empties.

        Raises:
            InvalidEditError: A value is refused.
        """
        fields, update = self._wire(values)
        return self.apply(self._open(key), fields, update, author=self._author(by), at=at or self.now())

    @_one_step
    def transition(
        self, key: str, status: str, *, by: Person | str | None = None, at: datetime | None = None
    ) -> Change | None:
        """A person moves an issue to a status along its workflow.

        Raises:
            InvalidEditError: No transition leads there from where the issue is.
        """
        issue = self._open(key)
        ways = [
            way
            for way in self.workflow(issue)
            if self.statuses[way.to].name.lower() == status.lower() and way.starts_from(issue.state.status_id)
        ]
        if not ways:
            now = self.statuses[issue.state.status_id].name
            raise InvalidEditError(f"{key}: no transition leads from {now!r} to {status!r}")
        way = min(ways, key=lambda each: len(each.required))
        fields = {"resolution": {"name": next(iter(self.resolutions)).name}} if way.required else {}
        return self.take(issue, way, fields, {}, author=self._author(by), at=at or self.now())

    @_one_step
    def comment(
        self,
        key: str,
        body: str | Json,
        *,
        by: Person | str | None = None,
        at: datetime | None = None,
        role: str | None = None,
        internal: bool = False,
    ) -> Comment:
        """A person comments, for everybody, for a role only, or not for customers."""
        text = self.editors.written(body) if isinstance(body, str) else adf.stored(body)
        comment = self.add_comment(self._open(key), text, author=self._author(by), at=at or self.now())
        comment.role, comment.internal = role, internal
        return comment

    @_one_step
    def link(self, source: str, kind: str, destination: str, *, at: datetime | None = None) -> Link:
        """A person links two issues: `link("OQC-1", "Blocks", "OQC-2")` says that OQC-1 blocks OQC-2."""
        known = self.link_types.found(kind)
        assert known is not None, f"there is no link type {kind!r}"
        one, other = self._open(source), self._open(destination)
        return self.connect(known.id, one, other, author=self._author(None), at=at or self.now())

    @_one_step
    def log_work(
        self,
        key: str,
        seconds: int,
        *,
        by: Person | str | None = None,
        at: datetime | None = None,
        role: str | None = None,
    ) -> None:
        """A person notes time spent, for everybody or for a role only."""
        issue, started = self._open(key), at or self.now()
        issue.worklogs.append(Worklog(self.next_id(), self._author(by), started, seconds, role, created=self.now()))
        self.bump(issue, started)

    def spend(self, issue: Issue, seconds: int) -> None:
        """What is left to do becomes less by so much, or more."""
        left = issue.state.time_tracking.get("remainingEstimateSeconds")
        if left is not None:
            issue.state.time_tracking["remainingEstimateSeconds"] = max(0, left - seconds)

    @_one_step
    def attach(
        self,
        key: str,
        name: str,
        content: bytes,
        *,
        mime_type: str = "application/octet-stream",
        by: Person | str | None = None,
        at: datetime | None = None,
    ) -> Attachment:
        """A person attaches a file; the issue's history tells it."""
        issue, moment = self._open(key), at or self.now()
        attachment = Attachment(self.next_id(), self._author(by), name, mime_type, content, moment)
        issue.attachments.append(attachment)
        item = ChangeItem("Attachment", "jira", "attachment", None, None, str(attachment.id), name)
        self.commit(issue, issue.state, [item], author=attachment.author, at=moment)
        return attachment

    @_one_step
    def delete(self, key: str) -> None:
        """A person deletes an issue for good; its sub-tasks go too."""
        self.delete_issue(self._open(key))

    @_one_step
    def hide(self, key: str, *, hidden: bool = True) -> None:
        """An administrator takes an issue out of everybody's sight, or back: it is neither found nor opened."""
        issue = self.issues[self.ids_by_key[key]]
        issue.hidden = hidden
        self.touch(issue)

    @_one_step
    def restrict(self, key: str, level: str | None) -> None:
        """A person gives an issue a security level, or takes it away."""
        issue = self._open(key)
        issue.security = level
        self.bump(issue, self.now())

    @_one_step
    def archive(self, key: str, *, archived: bool = True) -> None:
        """A person archives an issue: no search finds it, who has its key can still read it."""
        self.put_into_archive(self.issues[self.ids_by_key[key]], archived=archived)

    @_one_step
    def plan_version(self, project: str, name: str, *keys: str, release_on: date | None = None) -> None:
        """A person makes a version, says when it is released, and puts issues into it."""
        home = self.projects[project]
        home.versions.setdefault(name, str(20000 + sum(len(project.versions) for project in self.projects.values())))
        if release_on is not None:
            home.release_dates[name] = release_on
        for key in keys:
            issue = self._open(key)
            issue.state = replace(issue.state, fix_versions=(*issue.state.fix_versions, name))
            self.bump(issue, self.now())

    @_one_step
    def move(self, key: str, project: str, *, by: Person | str | None = None, at: datetime | None = None) -> str:
        """A person moves an issue to another project; returns its new key. The old one finds it for ever."""
        issue, target = self._open(key), self.projects[project]
        target.last_number += 1
        new_key, old = f"{project}-{target.last_number}", issue.state
        items = [
            ChangeItem("project", "jira", "project", self.projects[old.project].id, old.project, target.id, project),
            ChangeItem("Key", "jira", None, None, old.key, None, new_key),
        ]
        state = replace(old, key=new_key, project=project, components=(), fix_versions=(), versions=())
        self.commit(issue, state, items, author=self._author(by), at=at or self.now())
        return new_key

    # -- what people and the API do alike; inside the lock

    def workflow(self, issue: Issue) -> list[Transition]:
        """The transitions of an issue's project."""
        return self.projects[issue.state.project].workflow

    def make(self, project_key: str, type_id: str, fields: Json, update: Json, *, author: str, at: datetime) -> Issue:
        """Creates an issue.

        Raises:
            InvalidEditError: A value is refused.
        """
        project = self.projects[project_key]
        number = self.next_id()
        first = next(iter(project.workflow), None)
        origins = sorted(first.origins) if first and first.origins else [next(iter(self.statuses)).id]
        state = IssueState(
            id=number,
            key=f"{project_key}-{project.last_number + 1}",
            project=project_key,
            type_id=type_id,
            status_id=origins[0],
            summary=None,
            reporter=author,
            creator=author,
            created=at,
            updated=at,
            priority_id=USUAL_PRIORITY,
        )
        edit = self.editors.edited(state, {"summary": None} | fields if "summary" not in update else fields, update)
        self._check_parent(edit.state)
        project.last_number += 1
        issue = Issue(number, edit.state)
        self.late(issue, is_new=True)
        self.place(issue)
        self.adopt(issue, edit.state.parent_id)
        self._finish(issue, edit, author, at)
        return issue

    def apply(
        self,
        issue: Issue,
        fields: Json,
        update: Json,
        *,
        author: str,
        at: datetime,
        metadata: Json | None = None,
    ) -> Change | None:
        """Edits an issue; None if no field changed.

        Raises:
            InvalidEditError: A value is refused; nothing was done.
        """
        if issue.archived:
            raise InvalidEditError("Issue is archived and cannot be edited.")
        edit = self.editors.edited(issue.state, fields, update)
        change = self._store_edit(issue, edit, author=author, at=at, metadata=metadata)
        self._finish(issue, edit, author, at)
        return change

    def take(
        self,
        issue: Issue,
        way: Transition,
        fields: Json,
        update: Json,
        *,
        author: str,
        at: datetime,
        metadata: Json | None = None,
    ) -> Change | None:
        """Moves an issue along a transition.

        Raises:
            InvalidEditError: A field of its screen is missing, or one is sent that is not on it.
        """
        screen = frozenset((*way.required, *way.optional, "comment"))
        missing = {
            id_: f"{self.fields.by_id[id_].name} is required."
            for id_ in way.required
            if fields.get(id_) is None and id_ not in update
        }
        if missing:
            raise InvalidEditError(errors=missing)
        edit = self.editors.edited(issue.state, fields, update, screen=screen)
        edit.state = self._with_status(edit.state, way.to, at)
        change = self._store_edit(issue, edit, author=author, at=at, metadata=metadata)
        self._finish(issue, edit, author, at)
        return change

    def add_comment(self, issue: Issue, text: RichText, *, author: str, at: datetime) -> Comment:
        """Adds a comment."""
        comment = Comment(self.next_id(), author, text, at, at)
        self.own_comments(issue).append(comment)
        self.bump(issue, at)
        return comment

    def connect(self, type_id: str, source: Issue, destination: Issue, *, author: str, at: datetime) -> Link:
        """Links two issues; both get a changelog entry."""
        kind = self.link_types[type_id]
        link = self.add_link(type_id, source.id, destination.id)
        for end, other, words in ((source, destination, kind.outward), (destination, source, kind.inward)):
            key = other.state.key
            item = ChangeItem("Link", "jira", None, None, None, key, f"This work item {words} {key}")
            self.commit(end, end.state, [item], author=author, at=at)
        return link

    def delete_issue(self, issue: Issue) -> None:
        """Deletes an issue and its sub-tasks."""
        for child in self._subtasks_of(issue):
            self.remove(child)
        self.remove(issue)

    def put_into_archive(self, issue: Issue, *, archived: bool) -> None:
        """Archives an issue and its sub-tasks, or restores them."""
        for each in (issue, *self._subtasks_of(issue)):
            each.archived = archived
            self.touch(each)

    def _subtasks_of(self, issue: Issue) -> list[Issue]:
        children = (self.issues[id_] for id_ in list(issue.children) if id_ in self.issues)
        return [child for child in children if self.types[child.state.type_id].subtask]

    def _store_edit(
        self, issue: Issue, edit: Edit, *, author: str, at: datetime, metadata: Json | None
    ) -> Change | None:
        items = self.editors.items(issue.state, edit.state)
        if issue.state.status_id != edit.state.status_id:
            old, new = self.statuses[issue.state.status_id], self.statuses[edit.state.status_id]
            items.append(ChangeItem("status", "jira", "status", old.id, old.name, new.id, new.name))
        return self.commit(issue, edit.state, items, author=author, at=at, metadata=metadata)

    def _finish(self, issue: Issue, edit: Edit, author: str, at: datetime) -> None:
        for text in edit.comments:
            self.add_comment(issue, text, author=author, at=at)
        for link in edit.links:
            ends = (issue, self.issues[link.other])
            source, destination = ends if link.outward else ends[::-1]
            self.connect(link.type_id, source, destination, author=author, at=at)

    def _with_status(self, state: IssueState, status_id: str, at: datetime) -> IssueState:
        old, new = self.statuses[state.status_id], self.statuses[status_id]
        state = replace(state, status_id=status_id)
        if old.category != new.category:
            state = replace(state, status_changed=at)
        if new.category == "done":
            chosen = state.resolution_id or next(iter(self.resolutions)).id
            return replace(state, resolution_id=chosen, resolved=state.resolved or at)
        return replace(state, resolution_id=None, resolved=None)

    def _check_parent(self, state: IssueState) -> None:
        if self.types[state.type_id].subtask and state.parent_id is None:
            raise InvalidEditError(
                errors={"parent": "Issue type is a sub-task but parent issue key or id not specified."}
            )

    # -- from what people say to what the API takes

    def _open(self, key: str) -> Issue:
        issue = self.find(key)
        if issue is None:
            raise LookupError(f"there is no issue {key} to be seen")
        return issue

    def _account(self, person: Person | str | None) -> str | None:
        if person is None or isinstance(person, Person):
            return person.account_id if person else None
        known = self.ground.people.get(person)
        return (known or self.ground.people.named(person)).account_id

    def _author(self, by: Person | str | None) -> str:
        return self._account(by or "Robin Remote") or ""

    def _wire(self, values: dict[str, Any]) -> tuple[Json, Json]:
        fields: Json = {}
        update: Json = {}
        for name, value in values.items():
            if name in ("add_labels", "remove_labels"):
                update.setdefault("labels", []).extend({name.split("_")[0]: label} for label in value)
            else:
                field_id, sent = self._wire_field(name, value)
                fields[field_id] = sent
        return fields, update

    def _wire_field(self, name: str, value: Any) -> tuple[str, Any]:
        match name:
            case "title":
                return "summary", value
            case "description" | "environment":
                return name, self.editors.sent(value)
            case "labels":
                return name, list(value)
            case "priority":
                return name, None if value is None else {"name": value}
            case "type":
                return "issuetype", {"name": value}
            case "assignee" | "reporter":
                return name, None if value is None else self.editors.person_sent(self._account(value) or "")
            case "due_date":
                return "duedate", value.isoformat() if isinstance(value, date) else value
            case "story_points":
                return self.fields.story_points.id, value
            case "parent_key":
                return self.editors.parent_sent(value)
            case "sprint":
                known = None if value is None else self.sprints.found(str(value))
                return self.fields.sprint.id, known.number if known else value
            case "components" | "fix_versions" | "affected_versions":
                sent_as = {"fix_versions": "fixVersions", "affected_versions": "versions"}
                return sent_as.get(name, name), [{"name": each} for each in value]
            case "flagged":
                return self.fields.flagged.id, [{"value": "Impediment"}] if value else None
        if (spec := self.fields.by_role.get(name)) is not None:
            return spec.id, value
        raise InvalidEditError(errors={name: NOT_ON_SCREEN.format(name)})


def _with_names(state: IssueState, names: Mapping[str, str], custom: Collection[str]) -> IssueState:
    def read(value: Any) -> Any:
        return names.get(value, value) if isinstance(value, str) else type(value)(map(read, value))

    return replace(
        state,
        components=read(state.components),
        fix_versions=read(state.fix_versions),
        versions=read(state.versions),
        custom={id_: read(value) if value and id_ in custom else value for id_, value in state.custom.items()},
    )
