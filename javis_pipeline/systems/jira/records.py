"""The issues of a Jira project, one by one: fetched with their histories, and operations as requests.

Jira has no compare-and-swap and no idempotency key. So a write carries its operation's id twice: as an issue property,
which is written with the edit or not at all, and in the metadata of the changelog entry.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from javis_pipeline.clients.reading import guarded, id_of
from javis_pipeline.errors import RemoteMissing, RemoteRefused, StaleRevision, UnreadableRecord
from javis_pipeline.records import Missing
from javis_pipeline.records.jira import (
    FieldMap,
    Issue,
    JsonObject,
    Sprint,
    Transition,
)
from javis_pipeline.records.sync import PUTS_AWAY, FieldChange, Move, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.client import BULK_FETCH_LIMIT, JiraClient
from javis_pipeline.systems.jira.custom_values import element_to_jira, to_jira
from javis_pipeline.systems.jira.field_names import NO_NAMES, FieldNames
from javis_pipeline.systems.jira.history import MARK, changes_in
from javis_pipeline.systems.jira.issue_fields import FIELDS, IssueField
from javis_pipeline.systems.jira.issue_record import record_of

NO_RESOLUTION: Final = "a resolution is given with a transition here: set status and resolution in one edit"

_NO_ARCHIVE: Final = (
    "Jira's plan or edition has no archive, or the account may not archive; JAVIS_DELETE=KEY:delete deletes issues "
    "instead, for good"
)
# Both estimates are edited as one field: of what an edit leaves out Jira makes something by itself.
_TIMES: Final = {"estimate_seconds": "originalEstimate", "remaining_seconds": "remainingEstimate"}


class Request(NamedTuple):
    """Parts of an edit: new values and verbs, by Jira's ids of the fields."""

    fields: dict[str, object]
    update: dict[str, list[Mapping[str, object]]]


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
        self._asked = [*wire.issue_fields(fields, custom), "archiveddate"]
        self._written = frozenset(written)
        self._names = FieldNames.of(fields, names=names, custom=custom, written=self._written, called=called)
        # What can be edited, by type: an answer to an edit does not tell it again.
        self._editable: dict[object, Mapping[str, wire.Choices]] = {}

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
        record = guarded(
            "jira issue",
            ref.resource_id,
            lambda: record_of(issue, document, self._description(issue), self._custom, self._written),
        )
        return replace(
            record,
            changes=self._history_in(ref, document),
            editable=self._editable_in(document, record),
            moves=wire.moves_in(document),
        )

    def _editable_in(self, document: JsonObject, record: RemoteRecord) -> Mapping[str, wire.Choices] | None:
        place = record.facts.get("issue_type_id")
        told = wire.editable_fields(document, self._names.ours) if self._written else None
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
        return changes_in(entries, ref.resource_id, self._names, self._custom)

    def _description(self, issue: Issue) -> Value | Missing:
        return issue.description_adf

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
                self._names.ours[jira_id]: text
                for jira_id, text in error.field_errors.items()
                if jira_id in self._names.ours
            }
            if text := error.field_errors.get("timetracking"):
                named |= {name: text for name in op.fields if name in _TIMES}
            raise RemoteRefused(str(error), status=error.status, field_errors=named) from error

    def _put_away(self, op: Operation) -> Reply:
        """What became of it, a look tells. An issue that has sub-tasks is not deleted."""
        if op.kind == "archive":
            self._refuse_subtasks(op.ref.resource_id)
            self._archive(op.ref.resource_id)
            return Reply()
        with suppress(RemoteMissing):  # that is what is wanted
            self._client.delete_issue(op.ref.resource_id)
        return Reply()

    def _archive(self, issue: str) -> None:
        try:
            self._client.archive_issue(issue)
        except RemoteRefused as error:
            if error.status not in (403, 404):
                raise
            raise RemoteRefused(f"{error}. {_NO_ARCHIVE}", status=error.status) from error

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

    # writing

    def _edit(self, op: Operation, current: RemoteRecord) -> JsonObject | None:
        request = Request({}, {})
        for name, value in op.desired.items():
            match name:
                case "parent_key":
                    self._set_parent(request, value, current)
                case "estimate_seconds" | "remaining_seconds":
                    request.fields["timetracking"] = _times({**current.values, **op.desired})
                case _ if name in self._custom:
                    request.fields[name] = to_jira(name, self._custom[name], value, partial(self._person, name))
                case _:
                    jira_id = self._names.ids[name]
                    request.fields[jira_id] = self._sent(FIELDS[name], jira_id, value)
        for name in op.fields:
            sent = partial(self._element_sent, name, (current.editable or {}).get(name, {}))
            verbs: list[Mapping[str, object]] = [{"add": sent(one)} for one in op.add.get(name, ())]
            verbs += [{"remove": sent(one)} for one in op.remove.get(name, ())]
            if verbs:
                request.update[self._names.ids[name]] = verbs
        return self._client.edit_issue(
            op.ref.resource_id,
            fields=request.fields,
            update=request.update,
            properties={MARK: {"op": str(op.op_id)}},
            history_metadata=_metadata(op),
        )

    def _sent(self, field: IssueField, jira_id: str, value: Value) -> object:
        if value is None:
            return None
        return self._person(jira_id, str(value)) if field.is_person else field.send(value, jira_id)

    def _element_sent(self, name: str, choices: wire.Choices, element: str) -> object:
        sort = FIELDS[name].elements if name in FIELDS else self._custom[name]
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
        return RemoteRefused(why, status=400, field_errors={self._names.ids[name]: why})

    def _transit(self, op: Operation, current: RemoteRecord) -> None:
        wanted = op.desired["status"]
        assert isinstance(wanted, Mapping), "a status goes out as its ids and its name"
        with_it = (
            {"resolution": FIELDS["resolution"].send(op.desired["resolution"], "resolution")}
            if "resolution" in op.desired
            else {}
        )
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
    raise RemoteRefused(why, status=400, field_errors={"status": why})


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
