"""Comments as the sync sees them: one by one, and how they are written.

A comment has no history, and a list of comments comes from no index. What we write bears its row's name as a property,
and that of the last operation of ours: so a reply that was lost, and one that was executed late, can be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from javis_pipeline.clients.reading import answered, as_object, as_text, guarded
from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.create import Form, Made, Met, Walk, Wish
from javis_pipeline.records.jira import Comment
from javis_pipeline.records.sync import NOT_OURS, Catalog, FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.sync.codecs import LossyEdit
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.made import MARK as MADE_MARK
from javis_pipeline.systems.jira.records import MARK as EDIT_MARK
from javis_pipeline.systems.jira.site_clock import SiteClock
from javis_pipeline.systems.jira.wire.hanging import comment_of

COMMENTS_LIMIT: Final = 100
INTERNAL: Final = "sd.public.comment"
_FACTS: Final = ("author_id", "created_at", "updated_at")
_SOMEBODY_ELSES: Final = "the comment was written by somebody else, and only its author changes it; change it in Jira"


class JiraComments:
    """The comments of one project for the two-way steps.

    Args:
        client: Client of the site.
        account_id: Ours: what others wrote is not changed.
    """

    def __init__(self, client: JiraClient, account_id: str) -> None:
        self._client = client
        self._account_id = account_id

    @property
    def most_together(self) -> int:
        """So many are read by one request."""
        return COMMENTS_LIMIT

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Those that come by their ids."""
        by_id = {ref.resource_id: ref for ref in refs}
        found: dict[str, RemoteRecord] = {}
        for document in self._client.comments_by_id(list(by_id)):
            comment_id = str(document.get("id"))
            if comment_id in by_id:
                found[comment_id] = self._record(by_id[comment_id], document)
        return found

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The comment, read by id. The list leaves out what is not there; only its own address says so."""
        del moves  # a comment has no states
        found = self.fetch_many([ref])
        if ref.resource_id in found:
            return found[ref.resource_id]
        document = self._client.comment(issue_of(ref), ref.resource_id)
        return self._record(ref, as_object(document, "comment"))

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """The last edit, as far as the comment itself tells."""
        return self.fetch(ref).changes or ()

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation: another text, or no comment any more."""
        del current
        issue, comment_id = issue_of(op.ref), op.ref.resource_id
        if op.kind == "removal":
            try:
                self._client.remove_comment(issue, comment_id)
            except RemoteMissing:  # that is what is wanted; whether it is so, a look tells
                return Reply()
            return Reply()
        mark = {EDIT_MARK: {"op": str(op.op_id)}}
        document = self._client.edit_comment(issue, comment_id, op.desired["body"], properties=mark)
        try:
            record = self._record(op.ref, as_object(document, "comment"), mark=op.op_id)
        except UnreadableRecord:  # it is done all the same; whoever looks meets the same, or better
            return Reply()
        return Reply(seen=record)

    def _record(self, ref: ResourceRef, document: Mapping[str, Any], mark: UUID | None = None) -> RemoteRecord:
        comment = guarded("jira comment", document, partial(comment_of, document, {}))
        if comment.comment_id != ref.resource_id:
            what = f"jira gave comment {comment.comment_id} for {ref.resource_id}; neither was read"
            raise UnreadableRecord(what, remote_id=ref.resource_id)
        mark = mark or _name_in(document, EDIT_MARK, "op")
        record = RemoteRecord(
            ref=ref,
            values={"body": comment.body, "restriction": comment.restriction},
            facts={name: getattr(comment, name) for name in _FACTS},
            revision=comment.updated_at or comment.created_at,
            marker=mark,
            read_only=None if comment.author_id == self._account_id else _SOMEBODY_ELSES,
        )
        return replace(record, changes=_changes(comment, document, mark, self._account_id))


def issue_of(ref: ResourceRef) -> str:
    """Key of the issue that a comment hangs on."""
    return ref.key.partition("#")[0]


def _changes(comment: Comment, document: Mapping[str, Any], mark: UUID | None, us: str) -> list[FieldChange]:
    """The last edit of a comment: ours, if it bears the mark of an operation, and nobody else edited it since."""
    if comment.updated_at is None or (comment.updated_at == comment.created_at and mark is None):
        return []
    editor = (document.get("updateAuthor") or {}).get("accountId")
    change = FieldChange(
        entry_id=comment.updated_at.isoformat(),
        field="body",
        author_id=editor,
        at=comment.updated_at,
        old=MISSING,
        new=MISSING,
        op_id=(mark or NOT_OURS) if editor == us else NOT_OURS,
    )
    return [change]


def _name_in(document: Mapping[str, Any], key: str, within: str) -> UUID | None:
    """A name that is noted on a comment."""
    for noted in document.get("properties") or []:
        value = noted.get("value") if isinstance(noted, dict) and noted.get("key") == key else None
        name = value.get(within) if isinstance(value, dict) else None
        if isinstance(name, str):
            try:
                return UUID(name)
            except ValueError:
                return None
    return None


class CommentCreates:
    """Writing new comments in one project.

    Args:
        client: Client of the site.
        kind: What a comment is there.
        is_service: Customers read along: who may read a comment has to be said.
    """

    def __init__(self, client: JiraClient, kind: Kind, *, is_service: bool) -> None:
        self._client = client
        self._kind = kind
        self._is_service = is_service
        self._site_clock = SiteClock(client)

    def now(self) -> datetime:
        """Jira's time; no earlier than it is."""
        return self._site_clock.now()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All comments of the issues that the wishes hang on; an issue that is not to be seen is left out."""
        del known
        at, seen, places = self.now(), list[Met](), set[str]()
        for issue_id, issue_key in {wish.place: wish.place_key for wish in wishes if wish.place}.items():
            try:
                documents = self._client.comments(str(issue_id), properties=True)
            except RemoteMissing:
                continue
            places.add(str(issue_id))
            seen += [answered("jira comment", partial(_met, one, str(issue_id), issue_key)) for one in documents]
        return Walk(at=at, above=above, met=tuple(seen), places=frozenset(places))

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would write it; or why there is none."""
        codec, text = self._kind.fields["body"].codec, wish.values["body"]
        restriction = wish.values.get("restriction")
        if why := codec.problem(text, catalog):
            return f"body: {why}"
        readers = _readers(str(restriction) if restriction is not None else None, is_service=self._is_service)
        if isinstance(readers, str):
            return f"restriction: {readers}"
        try:
            raw = codec.to_remote(text, base=None, base_raw=None, catalog=catalog, lossy=False)
        except LossyEdit as error:
            return f"body: {error}"
        local: dict[str, Value] = {"body": text, "restriction": restriction}
        request = {"issue": wish.place, "issue_key": wish.place_key, "text": raw, **readers}
        return Form(local=local, raw={"body": raw}, request=request)

    def create(self, record_id: UUID, form: Form) -> Made:
        """Write a comment, with the row's name as a property in the same request."""
        asked = form.request
        document = self._client.add_comment(
            asked["issue"],
            asked["text"],
            visibility=asked["visibility"],
            properties={MADE_MARK: {"record": str(record_id)}, **asked["noted"]},
        )
        return answered("jira comment", lambda: _made(document, asked["issue_key"]))


def _readers(restriction: str | None, *, is_service: bool) -> dict[str, Any] | str:
    """Who may read a comment, as Jira takes it; or what is wrong with it."""
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


def _met(document: Mapping[str, Any], issue_id: str, issue_key: str | None) -> Met:
    comment = comment_of(document, {})
    return Met(
        remote_id=comment.comment_id,
        key=f"{issue_key}#{comment.comment_id}",
        number=None,
        created_at=comment.created_at,
        creator_id=comment.author_id,
        mark=_name_in(document, MADE_MARK, "record"),
        title=f"comment of {comment.created_at:%Y-%m-%d %H:%M} UTC",
        place=issue_id,
    )


def _made(document: object, issue_key: str) -> Made:
    comment_id = as_text(as_object(document, "answer")["id"], "id")
    return Made(remote_id=comment_id, key=f"{issue_key}#{comment_id}")
