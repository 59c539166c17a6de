"""A Jira project as the sync sees it: issues as records, changelogs as changes of fields, operations as requests.

Jira has no compare-and-swap and no idempotency key. So a write carries its operation's id twice: as an issue property,
which is written with the edit or not at all, and in the metadata of the changelog entry.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from javis_pipeline.clients.reading import guarded, id_of
from javis_pipeline.errors import RemoteMissing, RemoteRefused, StaleRevision, UnreadableRecord
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import (
    ChangeItem,
    ChangelogEntry,
    FieldMap,
    Issue,
    JsonObject,
    Sort,
    Sprint,
    Transition,
    User,
)
from javis_pipeline.records.sync import PUTS_AWAY, FieldChange, Move, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value, as_set, dump_json, in_order, load_json
from javis_pipeline.sync.element_codecs import chosen_value
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import BULK_FETCH_LIMIT, JiraClient
from javis_pipeline.systems.jira.custom_values import SETS, change_value, element_to_jira, to_jira
from javis_pipeline.systems.jira.numbers import number_of, sent_number

MARK: Final = "javis.op"
NO_RESOLUTION: Final = "a resolution is given with a transition here: set status and resolution in one edit"
NO_NAMES: Final[Mapping[str, str]] = {}

# Field of ours to Jira's id of it; story points have another id on every site.
_JIRA_IDS: Final = {
    "title": "summary",
    "description": "description",
    "labels": "labels",
    "priority": "priority",
    "assignee_id": "assignee",
    "reporter_id": "reporter",
    "due_date": "duedate",
    "parent_key": "parent",
    "status": "status",
    "components": "components",
    "fix_versions": "fixVersions",
    "affected_versions": "versions",
    "resolution": "resolution",
    "estimate_seconds": "timeoriginalestimate",
    "remaining_seconds": "timeestimate",
}
# Both estimates are edited as one field: of what an edit leaves out Jira makes something by itself.
_TIMES: Final = {"estimate_seconds": "originalEstimate", "remaining_seconds": "remainingEstimate"}
# Sets whose elements go out as objects.
_NAMED_SETS: Final = frozenset({"components", "fix_versions", "affected_versions"})
# A changed parent goes by several names in changelogs, by age of the project.
_PARENT_ITEMS: Final = frozenset({"parent", "issueparentassociation", "epic link"})
_AS_THEY_ARE: Final = (
    "assignee_id",
    "story_points",
    "parent_key",
    "flagged",
    "sprint",
    "sprint_id",
    "issue_type",
    "reporter_id",
    "estimate_seconds",
    "remaining_seconds",
)
_FACTS: Final = (
    "is_subtask",
    "issue_type_id",
    "hierarchy_level",
    "security_level",
    "status_category",
    "creator_id",
    "parent_id",
    "epic_key",
    "spent_seconds",
    "created_at",
    "resolved_at",
    "remote_updated_at",
)
# What an answer without a field does not tell of either.
_TOLD_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status_category",),
    "issue_type": ("issue_type_id", "is_subtask", "hierarchy_level"),
}


class Request(NamedTuple):
    """Parts of an edit: new values and verbs, by Jira's ids of the fields."""

    fields: dict[str, object]
    update: dict[str, list[Mapping[str, object]]]


_ARCHIVED: Final = "the issue is archived, and nobody can edit it; restore it in Jira"


class JiraRecords:
    """The issues of one project for the two-way steps.

    Args:
        client: Client of the site.
        fields: Ids of the site's own fields.
        names: What the site calls them, by role; histories often lack the ids.
        sprints: Sprints that are known better than issues tell.
        custom: The custom fields that are read under their ids.
        written: What is edited here by choice: ids of custom fields, and fields of ours.
        called: Names of custom fields that only one has, with its id: histories often lack the ids.
    """

    def __init__(
        self,
        client: JiraClient,
        fields: FieldMap,
        *,
        names: Mapping[str, str] = NO_NAMES,
        sprints: Mapping[int, Sprint] = wire.NO_SPRINTS,
        custom: wire.Custom = wire.NO_CUSTOM,
        written: Collection[str] = (),
        called: Mapping[str, str] = NO_NAMES,
    ) -> None:
        self._client = client
        self._custom = custom
        self._sprints = sprints
        self._fields = fields
        self._points_names = {"story points", "story point estimate", names.get("story_points", "").lower()}
        self._asked = [*wire.issue_fields(fields, custom), "archiveddate"]
        self._ids: dict[str, str] = dict(_JIRA_IDS)
        of_site = {"story_points": fields.story_points, "sprint_id": fields.sprint, "team": fields.team}
        self._ids |= {name: field_id for name, field_id in of_site.items() if field_id}
        self._written = frozenset(written)
        self._ids |= {field_id: field_id for field_id in self._written if field_id in custom}
        self._sprint_names = {"sprint", names.get("sprint", "").lower()}
        # What can be edited, by type: an answer to an edit does not tell it again.
        self._editable: dict[object, Mapping[str, wire.Choices]] = {}
        self._names = {jira_id: name for name, jira_id in self._ids.items()}
        if fields.epic_link:
            self._names[fields.epic_link] = "parent_key"
        self._called = {name: self._names[field_id] for name, field_id in called.items() if field_id in self._names}

    @property
    def _questions(self) -> dict[str, Any]:
        """What is asked of issues; what can be edited of them only where it matters."""
        return {"fields": self._asked, "properties": [MARK], "with_editmeta": bool(self._written)}

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The issue, read by id past the search index, with its history where that is short."""
        document = self._client.get_issue(
            ref.resource_id, **self._questions, with_changelog=True, with_transitions=moves
        )
        return self._read(ref, document)

    @property
    def most_together(self) -> int:
        """Issues in one answer that is past the search index."""
        return BULK_FETCH_LIMIT

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Issues by id past the search index, without their histories."""
        asked = {ref.resource_id: ref for ref in refs}
        documents = self._client.get_issues(list(asked), **self._questions)
        found: dict[str, RemoteRecord] = {}
        for document in documents:
            ref = asked.get(id_of(document))
            with suppress(UnreadableRecord):  # whoever looks at it by itself meets the same, and says so
                if ref is not None:
                    found[ref.resource_id] = self._read(ref, document)
        return found

    def _read(self, ref: ResourceRef, document: JsonObject) -> RemoteRecord:
        issue = wire.parse_issue(document, self._fields, sprints=self._sprints, custom=self._custom)
        if issue.jira_id != ref.resource_id:
            raise UnreadableRecord(
                f"jira gave issue {issue.jira_id} for {ref.resource_id}; neither was read", remote_id=ref.resource_id
            )
        record = guarded("jira issue", ref.resource_id, lambda: self._record(issue, document))
        return replace(
            record,
            changes=self._history_in(ref, document),
            editable=self._editable_in(document, record),
            moves=wire.moves_in(document),
        )

    def _editable_in(self, document: JsonObject, record: RemoteRecord) -> Mapping[str, wire.Choices] | None:
        place = record.facts.get("issue_type_id")
        told = wire.editable_fields(document, self._names) if self._written else None
        if told is not None:
            self._editable[place] = told
        return self._editable.get(place)

    def _history_in(self, ref: ResourceRef, document: JsonObject) -> Sequence[FieldChange] | None:
        """The history that came along; None where it has to be asked for."""
        entries = wire.whole_changelog_in(document)
        with suppress(UnreadableRecord):  # whoever needs it asks, and meets the same
            return None if entries is None else self._history(ref, entries)
        return None

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """All changes of synced fields in the issue's changelog, oldest first."""
        return self._history(ref, self._client.get_issue_changelog(ref.resource_id))

    def _history(self, ref: ResourceRef, entries: Iterable[JsonObject]) -> Sequence[FieldChange]:
        changes: list[FieldChange] = []
        for document in entries:
            entry = wire.parse_changelog_entry(document, ref.resource_id)
            changes += guarded("jira changelog of issue", ref.resource_id, partial(self._changes, entry))
        return changes

    def _changes(self, entry: ChangelogEntry) -> list[FieldChange]:
        op_id = _marked(entry.history_metadata)
        named = [(self._field_of(item), item) for item in entry.items]
        return [
            _field_change(entry.entry_id, name, entry.author, entry.created_at, item, op_id, self._custom.get(name))
            for name, item in named
            if name is not None
        ]

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation: one PUT, or one transition. What became of it, the history tells."""
        try:
            if op.kind in PUTS_AWAY:
                return self._put_away(op)
            if "status" in op.desired:
                self._transit(op, current)
                return Reply()
            if "resolution" in op.desired and "resolution" not in (current.editable or {}):
                raise self._refused("resolution", NO_RESOLUTION)
            return Reply(seen=self._after(op, self._edit(op, current)))
        except RemoteMissing:
            raise
        except RemoteRefused as error:
            named = {
                self._names[jira_id]: text for jira_id, text in error.field_errors.items() if jira_id in self._names
            }
            if text := error.field_errors.get("timetracking"):
                named |= {name: text for name in op.fields if name in _TIMES}
            raise RemoteRefused(str(error), status=error.status, field_errors=named) from error

    def _put_away(self, op: Operation) -> Reply:
        """What became of it, a look tells. An issue that has sub-tasks is not deleted."""
        if op.kind == "archive":
            self._refuse_subtasks(op.ref.resource_id)
            self._client.archive_issue(op.ref.resource_id)
            return Reply()
        with suppress(RemoteMissing):  # that is what is wanted
            self._client.delete_issue(op.ref.resource_id)
        return Reply()

    def _refuse_subtasks(self, issue: str) -> None:
        """RemoteRefused for an issue that has sub-tasks: Jira would archive them with it."""
        document = self._client.get_issue(issue, fields=["subtasks"])
        if (document.get("fields") or {}).get("subtasks"):
            raise RemoteRefused("it has subtasks, which would be archived with it; archive it in Jira", status=400)

    def _after(self, op: Operation, document: JsonObject | None) -> RemoteRecord | None:
        """The issue as the answer to an edit gives it, where our entry is in its history: it was read after the edit.

        The mark was written along; answers to edits show no properties.
        """
        if document is None:
            return None
        try:
            record = self._read(op.ref, document)
        except UnreadableRecord:  # the edit is done all the same; whoever looks meets the same, or better
            return None
        is_after = any(change.op_id == op.op_id for change in record.changes or ())
        return replace(record, marker=op.op_id) if is_after else None

    # reading

    def _record(self, issue: Issue, document: JsonObject) -> RemoteRecord:
        ref = ResourceRef(resource_type="jira_issue", resource_id=issue.jira_id, scope=issue.project_key, key=issue.key)
        due_date = issue.due_date
        values: dict[str, Value | Missing] = {
            "title": issue.title,
            "description": self._description(issue),
            "labels": _set(issue.labels),
            "priority": _choice(issue.priority_id, issue.priority),
            "due_date": due_date.isoformat() if due_date else cast(Missing | None, due_date),
            "resolution": _choice(issue.resolution_id, issue.resolution),
            "team": _choice(issue.team_id, issue.team),
            "status": _choice(issue.status_id, issue.status),
            "components": _set(issue.components),
            "fix_versions": _set(issue.fix_versions),
            "affected_versions": _set(issue.affected_versions),
            **{name: getattr(issue, name) for name in _AS_THEY_ARE},
            **self._elements(issue),
        }
        facts: dict[str, Any] = {name: getattr(issue, name) for name in _FACTS}
        for told_by, names in _TOLD_WITH.items():
            if getattr(issue, told_by) is MISSING:
                facts |= dict.fromkeys(names, MISSING)
        facts["environment"] = (
            adf_to_markdown(issue.environment) if isinstance(issue.environment, dict) else issue.environment
        )
        marker = _op_id((document.get("properties") or {}).get(MARK))
        archived = (document.get("fields") or {}).get("archiveddate") is not None
        return RemoteRecord(
            ref=ref,
            values=values,
            facts=facts,
            revision=issue.remote_updated_at,
            marker=marker,
            read_only=_ARCHIVED if archived else None,
            away="archived" if archived else None,
            is_listed=not archived,
        )

    def _elements(self, issue: Issue) -> dict[str, Value | Missing]:
        """The custom fields in remote form; MISSING is what the answer did not hold."""
        empty = {field_id: () if self._is_set(field_id) else None for field_id in issue.custom_empty}
        return {
            field_id: _element(sort, issue.custom_fields[field_id], issue.custom_raw.get(field_id))
            if field_id in issue.custom_fields
            else empty.get(field_id, MISSING)
            for field_id, sort in self._custom.items()
        }

    def _is_set(self, field_id: str) -> bool:
        return field_id in self._written and self._custom.get(field_id) in SETS

    def _description(self, issue: Issue) -> Value | Missing:
        return issue.description_adf

    def _field_of(self, item: ChangeItem) -> str | None:
        if item.field.lower() in _PARENT_ITEMS:
            return "parent_key"
        if item.field_id is not None:
            return self._names.get(item.field_id)
        name = item.field.casefold()
        if "sprint_id" in self._ids and name in self._sprint_names:
            return "sprint_id"
        return self._names.get(name) or ("story_points" if self._is_story_points(item) else self._called.get(name))

    def _is_story_points(self, item: ChangeItem) -> bool:
        """Without an id only the name tells. Another field of that name is not taken for ours: its values differ."""
        return "story_points" in self._ids and item.field.lower() in self._points_names

    # writing

    def _edit(self, op: Operation, current: RemoteRecord) -> JsonObject | None:
        request = Request({}, {})
        for name, value in op.desired.items():
            match name:
                case "parent_key":
                    self._set_parent(request, value, current)
                case "assignee_id":
                    request.fields["assignee"] = None if value is None else self._client.assignee(str(value))
                case "reporter_id":
                    request.fields["reporter"] = None if value is None else self._person("reporter", str(value))
                case "estimate_seconds" | "remaining_seconds":
                    request.fields["timetracking"] = _times({**current.values, **op.desired})
                case _ if name in self._custom:
                    request.fields[name] = to_jira(name, self._custom[name], value, partial(self._person, name))
                case _:
                    request.fields[self._ids[name]] = _to_jira(name, self._ids[name], value)
        for name in op.fields:
            sent = partial(self._element_sent, name, (current.editable or {}).get(name, {}))
            verbs: list[Mapping[str, object]] = [{"add": sent(one)} for one in op.add.get(name, ())]
            verbs += [{"remove": sent(one)} for one in op.remove.get(name, ())]
            if verbs:
                request.update[self._ids[name]] = verbs
        return self._client.edit_issue(
            op.ref.resource_id,
            fields=request.fields,
            update=request.update,
            properties={MARK: {"op": str(op.op_id)}},
            history_metadata=_metadata(op),
        )

    def _element_sent(self, name: str, choices: wire.Choices, element: str) -> object:
        sort: Sort | None = "versions" if name in _NAMED_SETS else self._custom.get(name)
        return element if sort is None else element_to_jira(sort, element, choices, partial(self._person, name))

    def _person(self, field_id: str, account_id: str) -> JsonObject:
        try:
            return self._client.assignee(account_id)
        except RemoteRefused as error:  # it speaks of the assignee
            raise RemoteRefused(str(error), status=error.status, field_errors={field_id: str(error)}) from error

    def _set_parent(self, request: Request, value: Value, current: RemoteRecord) -> None:
        """Ask for another parent, or for none; absent fields stay untouched."""
        del current
        if value is None:
            request.update["parent"] = [{"set": {"none": True}}]
        else:
            request.fields["parent"] = {"key": value}

    def _refused(self, name: str, why: str) -> RemoteRefused:
        """What the remote would refuse, or take and not do."""
        return RemoteRefused(why, status=400, field_errors={self._ids[name]: why})

    def _transit(self, op: Operation, current: RemoteRecord) -> None:
        wanted = op.desired["status"]
        assert isinstance(wanted, Mapping), "a status goes out as its ids and its name"
        with_it = {"resolution": _id_of(op.desired["resolution"])} if "resolution" in op.desired else {}
        moves = {} if with_it else current.moves or {}
        told = [moves[status_id] for status_id in wanted["ids"] if status_id in moves]
        move = told[0] if len(told) == 1 else self._move(op, wanted, with_it.keys())
        try:
            self._client.transition(op.ref.resource_id, move.way_id, with_it, history_metadata=_metadata(op))
        except RemoteMissing:
            raise
        except RemoteRefused as error:
            if "is not valid for this issue" in str(error):
                raise StaleRevision(f"{op.ref.key} left its status before the transition was taken") from error
            why = next(iter(error.field_errors.values()), str(error))
            text = f"Jira refused the transition '{move.name}': {why}"
            raise RemoteRefused(str(error), status=error.status, field_errors={"status": text}) from error

    def _move(self, op: Operation, wanted: Mapping[str, Any], given: Collection[str]) -> Move:
        """The way there, where the issue did not tell of exactly one; RemoteRefused where there is none."""
        transitions = self._client.transitions(op.ref.resource_id)
        chosen = _choose(transitions, wanted["ids"], str(wanted["name"]), given)
        return Move(chosen.transition_id, chosen.name)


def _element(sort: Sort, shown: object, raw: Any) -> Value:
    value = in_order(load_json(dump_json(shown)))
    if raw is None:
        return value
    return cast(Value, raw) if sort == "rich_text" else chosen_value(value, raw)


def _choose(
    transitions: Sequence[Transition], status_ids: Iterable[str], name: str, given: Collection[str]
) -> Transition:
    """The way into one of these statuses that takes what is given, and asks for no more; names of transitions say
    nothing."""
    ways = [way for way in transitions if way.to_status_id in set(status_ids)]
    free = [way for way in ways if not {*way.required_fields} - {*given}]
    if fitting := [way for way in free if not {*given} - {*way.fields}]:
        return min(fitting, key=lambda way: (len(way.transition_id), way.transition_id))
    if free:
        why = f"no transition to '{name}' takes a {' or '.join(given)}; set it back, or take one in Jira"
        raise RemoteRefused(why, status=400, field_errors=dict.fromkeys(given, why))
    if ways:
        missing = ", ".join(ways[0].required_fields)
        why = f"the transition '{ways[0].name}' to '{name}' asks for {missing}; take it in Jira"
    else:
        possible = ", ".join(sorted({f"'{way.to_status}'" for way in transitions})) or "none for this account"
        why = f"no transition leads to '{name}' from here; possible: {possible}"
    raise RemoteRefused(why, status=400, field_errors={_JIRA_IDS["status"]: why})


def _to_jira(name: str, jira_id: str, value: Value) -> object:
    """A field's remote form as a PUT wants it."""
    if value is None:
        return None
    match name:
        case "priority" | "resolution":
            return _id_of(value)
        case "story_points":
            return sent_number(value, jira_id)
        case "team":
            return value["id"] if isinstance(value, Mapping) else None
        case _:
            return value


def _id_of(value: Value) -> object:
    """A choice as a request names it."""
    return {"id": value["id"]} if isinstance(value, Mapping) else None


def _times(values: Mapping[str, Value | Missing]) -> dict[str, str]:
    """The estimates as an edit takes them."""
    found = {sent_as: values.get(name) for name, sent_as in _TIMES.items()}
    return {name: f"{seconds // 60}m" for name, seconds in found.items() if isinstance(seconds, int)}


def _metadata(op: Operation) -> JsonObject:
    return {
        "type": "javis:sync",
        "activityDescription": f"{MARK} {op.op_id}",
        "extraData": {MARK: str(op.op_id)},
    }


def _marked(metadata: JsonObject | None) -> UUID | None:
    if metadata is None:
        return None
    extra, description = metadata.get("extraData"), metadata.get("activityDescription")
    told = extra.get(MARK) if isinstance(extra, dict) else None
    if not told and isinstance(description, str):
        told = description.removeprefix(f"{MARK} ")
    return _op_id({"op": told})


def _op_id(value: object) -> UUID | None:
    """The operation in a property; None when it is missing or somebody else's."""
    told = value.get("op") if isinstance(value, dict) else None
    with suppress(ValueError):
        return UUID(told) if isinstance(told, str) else None
    return None


def _set(names: Iterable[str] | Missing) -> Value | Missing:
    return names if isinstance(names, Missing) else as_set(names)


def _choice(id_: str | Missing | None, name: str | Missing | None) -> Value | Missing:
    if isinstance(id_, Missing) or isinstance(name, Missing):
        return MISSING
    return None if id_ is None else {"id": id_, "name": name}


def _field_change(
    entry_id: str,
    name: str,
    author: User | None,
    at: datetime,
    item: ChangeItem,
    op_id: UUID | None,
    sort: Sort | None,
) -> FieldChange:
    told = partial(_change_value, name) if sort is None else partial(change_value, sort)
    return FieldChange(
        entry_id=entry_id,
        field=name,
        author_id=author.account_id if author else None,
        author_name=author.display_name if author else None,
        at=at,
        old=told(item.old, item.old_text),
        new=told(item.new, item.new_text),
        old_text=item.old_text or None,
        new_text=item.new_text or None,
        op_id=op_id,
    )


def _change_value(name: str, raw: str | None, text: str | None) -> Value | Missing:
    """The canonical value out of a changelog item; MISSING for a text, which the changelog does not hold as it was."""
    match name:
        case "description" | "components" | "fix_versions" | "affected_versions" | "sprint_id":
            return MISSING  # of a set an item tells of one element, and of sprints it tells past ones too
        case "estimate_seconds" | "remaining_seconds":
            return int(raw or text or "") if (raw or text or "").isdecimal() else None
        case "status" | "priority" | "assignee_id" | "reporter_id" | "resolution" | "team":
            return raw or None
        case "due_date":
            return (raw or text or "")[:10] or None
        case "labels":
            return as_set((text or "").split())
        case "story_points":
            return number_of(text or raw)
        case _:
            return text or None
