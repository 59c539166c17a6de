"""What people write on issues, comments and worklogs, as the sync sees it: one by one, and how it is written.

It has no history, and a list of it comes from no index. What we write bears its row's name as a property, and that of
the last operation of ours: so a reply that was lost, and one that was executed late, can be told.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

from javis_pipeline.clients.reading import answered, as_object, as_text, guarded
from javis_pipeline.clients.site_clock import SiteClock
from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.create import Form, Made, Met, Wish
from javis_pipeline.records.jira import Comment, Worklog
from javis_pipeline.records.sync import NOT_OURS, FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.steps.written import WrittenCreates
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.history import MARK as EDIT_MARK
from javis_pipeline.systems.jira.made import MARK as MADE_MARK
from javis_pipeline.systems.jira.wire.people import account_id_of

INTERNAL: Final = "sd.public.comment"

W = TypeVar("W", Comment, Worklog)


class Writings(ABC, Generic[W]):
    """What is written on the issues of one project, for the two-way steps.

    Args:
        client: Client of the site.
        kind: What it is there.
        account_id: Ours: what others wrote is not changed.
    """

    what: ClassVar[str]

    def __init__(self, client: JiraClient, kind: Kind, account_id: str) -> None:
        self._client = client
        self._kind = kind
        self._account_id = account_id

    @abstractmethod
    def _parsed(self, document: object) -> W: ...
    @abstractmethod
    def _values(self, one: W) -> Mapping[str, Value]: ...
    @abstractmethod
    def _by_ids(self, ids: Sequence[str]) -> Sequence[Mapping[str, Any]]: ...
    @abstractmethod
    def _alone(self, issue: str, own_id: str) -> object: ...
    @abstractmethod
    def _edit(self, issue: str, own_id: str, desired: Mapping[str, Value], mark: Mapping[str, object]) -> object: ...
    @abstractmethod
    def _remove(self, issue: str, own_id: str) -> None: ...

    @property
    def most_together(self) -> int:
        """So many are read by one request."""
        return self._client.most_written_together

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Those that come by their ids."""
        if self.most_together < 2:
            return {}
        by_id = {ref.resource_id: ref for ref in refs}
        found: dict[str, RemoteRecord] = {}
        for document in self._by_ids(list(by_id)):
            own_id = str(document.get("id"))
            if own_id in by_id:
                found[own_id] = self._record(by_id[own_id], document)
        return found

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """It, read by id. The list leaves out what is not there; only its own address says so."""
        del moves  # it has no states
        found = self.fetch_many([ref])
        if ref.resource_id in found:
            return found[ref.resource_id]
        document = self._alone(issue_of(ref), ref.resource_id)
        return self._record(ref, as_object(document, self.what))

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """The last edit, as far as it tells itself."""
        return self.fetch(ref).changes or ()

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation: something else is said, or nothing any more."""
        del current
        issue, own_id = issue_of(op.ref), op.ref.resource_id
        if op.kind == "removal":
            with suppress(RemoteMissing):  # that is what is wanted; whether it is so, a look tells
                self._remove(issue, own_id)
            return Reply()
        document = self._edit(issue, own_id, op.desired, {EDIT_MARK: {"op": str(op.op_id)}})
        try:
            record = self._record(op.ref, as_object(document, self.what), mark=op.op_id)
        except UnreadableRecord:  # it is done all the same; whoever looks meets the same, or better
            return Reply()
        return Reply(seen=record)

    def _record(self, ref: ResourceRef, document: Mapping[str, Any], mark: UUID | None = None) -> RemoteRecord:
        one = guarded(f"jira {self.what}", document, partial(self._parsed, document))
        if _id_of(one) != ref.resource_id:
            what = f"jira gave {self.what} {_id_of(one)} for {ref.resource_id}; neither was read"
            raise UnreadableRecord(what, remote_id=ref.resource_id)
        mark = mark or _name_in(document, EDIT_MARK, "op")
        is_ours = one.author_id == self._account_id
        record = RemoteRecord(
            ref=ref,
            values=self._values(one),
            facts={name: getattr(one, name) for name in self._kind.table.place.facts},
            revision=one.updated_at or one.created_at,
            marker=mark,
            read_only=None
            if is_ours
            else f"the {self.what} was written by somebody else, and only its author changes it; change it in Jira",
        )
        return replace(record, changes=self._changes(one, document, mark))

    def _changes(self, one: W, document: Mapping[str, Any], mark: UUID | None) -> list[FieldChange]:
        """The last edit: ours, if it bears the mark of an operation, and nobody else edited it since."""
        if one.updated_at is None or (one.updated_at == one.created_at and mark is None):
            return []
        told = document.get("updateAuthor")
        editor = account_id_of(told, "updateAuthor") if isinstance(told, dict) else None
        change = FieldChange(
            entry_id=one.updated_at.isoformat(),
            field="",
            author_id=editor,
            at=one.updated_at,
            old=MISSING,
            new=MISSING,
            op_id=(mark or NOT_OURS) if editor == self._account_id else NOT_OURS,
        )
        return [replace(change, field=column.name) for column in self._kind.table.edited]


class WritingCreates(WrittenCreates, Generic[W]):
    """Writing something new on the issues of one project.

    Args:
        client: Client of the site.
        kind: What it is there.
        is_service: Customers read along: who may read it has to be said.
    """

    def __init__(self, client: JiraClient, kind: Kind, *, is_service: bool) -> None:
        super().__init__(kind, SiteClock(client).now)
        self._client = client
        self._is_service = is_service

    @abstractmethod
    def _parsed(self, document: object) -> W: ...
    @abstractmethod
    def _all_on(self, issue: str) -> Iterable[Mapping[str, Any]]: ...
    @abstractmethod
    def _add(self, asked: Mapping[str, Any], properties: Mapping[str, object]) -> object: ...

    def create(self, record_id: UUID, form: Form) -> Made:
        """Write it, with the row's name as a property in the same request."""
        asked = form.request
        document = self._add(asked, {MADE_MARK: {"record": str(record_id)}, **asked.get("noted", {})})
        return answered(f"jira {self.what}", lambda: self._made(document, asked["place_key"]))

    def _met_on(self, place: str, place_key: str | None, wishes: Sequence[Wish]) -> Iterable[Met]:
        read = partial(self._met, issue_id=place, issue_key=place_key, wishes=wishes)
        return [answered(f"jira {self.what}", partial(read, one)) for one in self._all_on(place)]

    def _met(self, document: Mapping[str, Any], *, issue_id: str, issue_key: str | None, wishes: Sequence[Wish]) -> Met:
        one = self._parsed(document)
        at = one.created_at or one.updated_at
        assert at is not None, "Jira dates what people write"
        return Met(
            remote_id=_id_of(one),
            key=self.key_of(issue_key, _id_of(one)),
            number=None,
            created_at=at,
            creator_id=one.author_id,
            mark=_name_in(document, MADE_MARK, "record"),
            title=f"{self.what} of {at:%Y-%m-%d %H:%M} UTC",
            place=issue_id,
            alike=self._alike(one, wishes),
        )

    def _alike(self, one: W, wishes: Sequence[Wish]) -> Collection[UUID]:
        """The wishes that asked for it as it is, where nothing can be noted on it."""
        del one, wishes
        return ()

    def _made(self, document: object, issue_key: str) -> Made:
        own_id = as_text(as_object(document, "answer")["id"], "id")
        return Made(remote_id=own_id, key=self.key_of(issue_key, own_id))


def issue_of(ref: ResourceRef) -> str:
    """Key of the issue that something hangs on."""
    return ref.key.partition("#")[0]


def readers(restriction: str | None, *, is_service: bool) -> dict[str, Any] | str:
    """Who may read it, as Jira takes it; or what is wrong with that."""
    sort, _, name = (restriction or "").partition(":")
    everybody: dict[str, Any] = {"visibility": None, "noted": {}}
    if sort in ("role", "group") and name.strip():
        return {**everybody, "visibility": {"type": sort, "value": name.strip()}}
    if is_service:
        if restriction == "internal":
            return {**everybody, "noted": {INTERNAL: {"internal": True}}}
        if restriction == "public":
            return everybody
        return "customers read along in this project; say 'internal', or 'public' if they may read it"
    if restriction == "internal":
        return "only service projects have internal comments; name who may read it: role:NAME or group:NAME"
    return everybody if restriction in (None, "public") else "possible: role:NAME, group:NAME, or nothing"


def _id_of(one: Comment | Worklog) -> str:
    return one.comment_id if isinstance(one, Comment) else one.worklog_id


def _name_in(document: Mapping[str, Any], key: str, within: str) -> UUID | None:
    """A name that is noted on it."""
    for noted in document.get("properties") or []:
        value = noted.get("value") if isinstance(noted, dict) and noted.get("key") == key else None
        name = value.get(within) if isinstance(value, dict) else None
        if isinstance(name, str):
            try:
                return UUID(name)
            except ValueError:
                return None
    return None
