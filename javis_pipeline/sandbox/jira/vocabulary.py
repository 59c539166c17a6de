"""What the words of JQL mean on one site."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from javis_pipeline.sandbox.jira import adf
from javis_pipeline.sandbox.jira.catalogue import CATEGORIES, Register
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.issues import IssueState, RichText, WikiText
from javis_pipeline.sandbox.jira.jql import JqlError
from javis_pipeline.sandbox.jira.matching import JqlField, Kind, SortValue, Vocabulary
from javis_pipeline.sandbox.jira.store import JiraStore
from javis_pipeline.sandbox.people import Person


class Words:
    """Builds vocabularies; the fields are built once."""

    def __init__(self, store: JiraStore) -> None:
        self._store = store
        self._fields = self._all_fields()

    def spoken_by(self, caller: Person | None) -> Vocabulary:
        """The vocabulary of a caller now: dates are read in the zone of the caller's profile."""
        choices: dict[str, Callable[[tuple[str, ...]], Collection[Any]]] = {
            "currentuser": lambda _: [caller.account_id] if caller else [],
            "opensprints": lambda _: self._sprints("active"),
            "closedsprints": lambda _: self._sprints("closed"),
            "futuresprints": lambda _: self._sprints("future"),
            "standardissuetypes": lambda _: [kind.id for kind in self._store.types if not kind.subtask],
            "subtaskissuetypes": lambda _: [kind.id for kind in self._store.types if kind.subtask],
            "linkedissues": self._linked,
        }
        reads_theirs = caller is not None and Trap.SERVER_ZONE not in self._store.behaviour.traps
        zone = caller.zone if caller and reads_theirs else self._store.zone
        return Vocabulary(self._fields, choices, zone, self._store.now())

    def _sprints(self, state: str) -> list[int]:
        return [sprint.number for sprint in self._store.sprints if sprint.state == state]

    def _linked(self, arguments: tuple[str, ...]) -> list[int]:
        issue = self._store.find(arguments[0]) if arguments else None
        if issue is None:
            raise JqlError(f"Issue '{', '.join(arguments)}' could not be found in function 'linkedIssues'.")
        return [link.source if link.destination == issue.id else link.destination for link in issue.links]

    def _all_fields(self) -> dict[str, JqlField]:
        fields = self._identity() | self._choices() | self._scalars() | self._texts()
        custom = self._store.fields
        for spec in custom.all:
            if spec.custom and spec.id not in fields:
                number = spec.schema is not None and spec.schema["type"] == "number"
                fields[spec.id] = self._custom(spec.id, spec.name, Kind.NUMBER if number else Kind.CHOICE)
        for spec in custom.all:
            for name in (*spec.clauses, spec.name.lower()):
                if spec.id in fields:
                    # The first of two namesakes wins, as nobody can say which one Jira takes.
                    fields.setdefault(name, fields[spec.id])
        return fields

    def _identity(self) -> dict[str, JqlField]:
        store = self._store

        def by_key(state: IssueState) -> SortValue:
            return [state.project, int(state.key.rsplit("-", 1)[1])]

        def issue_id(word: str) -> int | None:
            issue = store.find(word)
            return issue.id if issue else None

        def any_id(word: str) -> int | None:
            ghost = next((ghost.id for ghost in store.ghosts.values() if ghost.key == word.upper()), None)
            return issue_id(word) or ghost

        def bound(word: str) -> int:
            # What is compared with need not be there, unless the site is of the strict sort.
            known = issue_id(word)
            if known is None and (Trap.UNKNOWN_ID in store.behaviour.traps or not word.isdecimal()):
                raise JqlError(f"A value with ID '{word}' does not exist for the field 'id'.")
            return known or int(word)

        def key_bound(word: str) -> int:
            issue = store.find(word)
            if issue is None:
                raise JqlError(f"An issue with key '{word}' does not exist for field 'key'.")
            if store.ground.edition == "data-center" and issue.state.key != word.upper():
                raise JqlError(f"Operator '>' cannot be applied to moved issue key '{word}'.")
            return issue.id

        key = JqlField("key", Kind.CHOICE, lambda s: (s.id,), issue_id, by_key, lambda id_: id_, key_bound)
        parent = JqlField("parent", Kind.CHOICE, _optional(lambda s: s.parent_id), any_id, lambda s: s.parent_id)
        names = dict.fromkeys(("key", "issuekey", "issue"), key)
        by_id = JqlField("id", Kind.CHOICE, lambda s: (s.id,), issue_id, lambda s: s.id, lambda id_: id_, bound)
        return names | {"id": by_id, "parent": parent, store.fields.epic_link.id: parent}

    def _choices(self) -> dict[str, JqlField]:
        store = self._store
        kinds = _one("issuetype", lambda s: s.type_id, store.types)
        components = _many("component", lambda s: s.components)
        return {
            "project": JqlField("project", Kind.CHOICE, lambda s: (s.project,), self._project, lambda s: s.project),
            "issuetype": kinds,
            "type": kinds,
            "status": _one("status", lambda s: s.status_id, store.statuses),
            "statuscategory": JqlField(
                "statusCategory", Kind.CHOICE, lambda s: (store.statuses[s.status_id].category,), _category
            ),
            "priority": _one(
                "priority", lambda s: s.priority_id, store.priorities, rank=lambda id_: -store.priorities.position(id_)
            ),
            "resolution": _one("resolution", lambda s: s.resolution_id, store.resolutions),
            "assignee": self._person("assignee", lambda s: s.assignee),
            "reporter": self._person("reporter", lambda s: s.reporter),
            "creator": self._person("creator", lambda s: s.creator),
            "labels": _many("labels", lambda s: s.labels),
            "component": components,
            "components": components,
            "fixversion": _many("fixVersion", lambda s: s.fix_versions),
            "affectedversion": _many("affectedVersion", lambda s: s.versions),
            store.fields.sprint.id: JqlField(
                "Sprint", Kind.CHOICE, lambda s: s.sprint_ids, self._sprint, lambda s: list(s.sprint_ids) or None
            ),
        }

    def _project(self, word: str) -> str | None:
        known = self._store.project(word)
        if known is not None:
            return known.key
        return next((p.key for p in self._store.visible_projects() if p.name.lower() == word.lower()), None)

    def _sprint(self, word: str) -> int | None:
        known = self._store.sprints.found(word)
        return known.number if known else None

    def _person(self, name: str, value: Callable[[IssueState], str | None]) -> JqlField:
        people = self._store.ground.people

        def resolve(word: str) -> str | None:
            if self._store.ground.edition == "data-center":
                # A key, or a name that nobody has, is no error there: it finds nothing.
                known = self._store.directory.called(word)
                return known.account_id if known else "nobody"
            return word if people.get(word) else None

        def sort(state: IssueState) -> SortValue:
            person = people.get(value(state) or "")
            return person.name.lower() if person else None

        return JqlField(name, Kind.CHOICE, _optional(value), resolve, sort)

    def _scalars(self) -> dict[str, JqlField]:
        points = _optional(lambda s: s.story_points)
        fields = {
            "created": _instant("created", lambda s: s.created),
            "updated": _instant("updated", lambda s: s.updated),
            "resolved": _instant("resolved", lambda s: s.resolved),
            "due": JqlField(
                "due", Kind.DAY, _optional(lambda s: s.due), sort=lambda s: s.due.isoformat() if s.due else None
            ),
            self._store.fields.story_points.id: JqlField(
                "Story Points", Kind.NUMBER, points, sort=lambda s: s.story_points
            ),
        }
        return fields | {
            "createddate": fields["created"],
            "updateddate": fields["updated"],
            "resolutiondate": fields["resolved"],
            "duedate": fields["due"],
        }

    def _texts(self) -> dict[str, JqlField]:
        store = self._store

        def words(*texts: RichText | str | None) -> list[str]:
            return [_plain(text) for text in texts if text]

        def comments(state: IssueState) -> list[str]:
            issue = store.issues.get(state.id)
            return words(*(comment.body for comment in store.comments(issue))) if issue else []

        return {
            "summary": JqlField("summary", Kind.TEXT, lambda s: words(s.summary), sort=lambda s: s.summary),
            "description": JqlField("description", Kind.TEXT, lambda s: words(s.description)),
            "environment": JqlField("environment", Kind.TEXT, lambda s: words(s.environment)),
            "comment": JqlField("comment", Kind.TEXT, comments),
            "text": JqlField("text", Kind.TEXT, lambda s: words(s.summary, s.description, s.environment) + comments(s)),
        }

    def _custom(self, id_: str, name: str, kind: Kind) -> JqlField:
        def values(state: IssueState) -> list[Any]:
            value = state.custom.get(id_)
            return [] if value is None else value if isinstance(value, list) else [value]

        return JqlField(name, kind, values)


def _one(
    name: str,
    value: Callable[[IssueState], str | None],
    register: Register[Any],
    *,
    rank: Callable[[str], int] | None = None,
) -> JqlField:
    """A field that holds the id of one thing of a register, and is ordered as the register is."""

    def resolve(word: str) -> str | None:
        known = register.found(word)
        return known.id if known else None

    def sort(state: IssueState) -> SortValue:
        id_ = value(state)
        return None if id_ is None else register.position(id_)

    return JqlField(name, Kind.CHOICE, _optional(value), resolve, sort, rank)


def _many(name: str, values: Callable[[IssueState], tuple[str, ...]]) -> JqlField:
    """A field that holds words."""
    return JqlField(name, Kind.CHOICE, values, sort=lambda s: list(values(s)) or None)


def _category(word: str) -> str | None:
    known = (c.key for c in CATEGORIES.values() if word.lower() in (c.key, c.name.lower(), str(c.id)))
    return next(known, None)


def _optional(value: Callable[[IssueState], Any]) -> Callable[[IssueState], tuple[Any, ...]]:
    def values(state: IssueState) -> tuple[Any, ...]:
        found = value(state)
        return () if found is None else (found,)

    return values


def _instant(name: str, value: Callable[[IssueState], datetime | None]) -> JqlField:
    def sort(state: IssueState) -> SortValue:
        at = value(state)
        return None if at is None else round(at.timestamp() * 1000)

    return JqlField(name, Kind.INSTANT, _optional(value), sort=sort)


def _plain(text: RichText | str) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, WikiText):
        return text.source  # converting thousands of texts to look for a word would take minutes
    return adf.plain_text(text)
