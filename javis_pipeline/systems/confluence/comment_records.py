"""Comments below the pages of a space as the sync sees them, one by one, and how they are written.

Confluence compares the version that a write follows, as it does for pages. No mark travels with the request that makes
a comment: what our account said below a page in the window of a request, in the words that were asked for, and what no
row accounts for, is what that request made.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar, Final
from uuid import UUID

from javis_pipeline.clients.site_clock import SiteClock
from javis_pipeline.db.connection import Database
from javis_pipeline.db.page_comments import stored_comments
from javis_pipeline.db.pages import page_place
from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.confluence import PageComment, PageVersion
from javis_pipeline.records.create import IN_DOUBT, Form, Made, Met, Wish
from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, Value
from javis_pipeline.steps.ports import OneByOne
from javis_pipeline.steps.written import WrittenCreates
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient
from javis_pipeline.systems.confluence.comment_calls import comment_id_in
from javis_pipeline.systems.confluence.kind import CONFLUENCE_COMMENT
from javis_pipeline.systems.confluence.records import MOST_VERSIONS, operation_in, version_changes

_TEXT: Final = "body_storage"
_NOT_OURS: Final = (
    "the comment was written by somebody else, and only its author changes it; say something below the page instead"
)


class CommentRecords(OneByOne):
    """The comments below the pages of one space for the two-way steps.

    Args:
        client: Client of the site.
        account_id: Ours: what others wrote is not changed.
        read_only: Why nothing in the space can be edited; None when it can.
    """

    def __init__(self, client: ConfluenceClient, account_id: str, *, read_only: str | None = None) -> None:
        self._client = client
        self._account_id = account_id
        self._read_only = read_only

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The comment, read by id."""
        del moves  # it has no states
        one = wire.parse_comment(self._client.comment(ref.resource_id))
        if one.comment_id != ref.resource_id:
            what = f"confluence gave comment {one.comment_id} for {ref.resource_id}; neither was read"
            raise UnreadableRecord(what, remote_id=ref.resource_id)
        return self._record(ref, with_author(self._client, one))

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """The newest versions, oldest first."""
        documents = islice(self._client.comment_versions(ref.resource_id), MOST_VERSIONS)
        versions = [wire.parse_version(document, ref.resource_id) for document in documents]
        return [change for version in reversed(versions) for change in _changes_of(version)]

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation: the next version of the comment, or none any more."""
        if op.kind == "removal":
            with suppress(RemoteMissing):  # that is what is wanted; whether it is so, a look tells
                self._client.remove_comment(op.ref.resource_id)
            return Reply()
        assert current.version is not None, "a comment that was read has a version"
        self._client.update_comment(
            op.ref.resource_id,
            version=current.version,
            body_storage=str(op.desired[_TEXT]),
            message=f"javis sync {op.op_id} ({_TEXT})",
        )
        return Reply()

    def _record(self, ref: ResourceRef, one: PageComment) -> RemoteRecord:
        facts: dict[str, Any] = {name: getattr(one, name) for name in CONFLUENCE_COMMENT.table.place.facts}
        untold = {name: MISSING for name in ("author_id", "created_at") if facts[name] is None}
        is_first = one.version_number == 1
        return RemoteRecord(
            ref=ref,
            values={_TEXT: one.body_storage},
            facts={**facts, **untold},
            revision=one.updated_at,
            version=one.version_number,
            marker=operation_in(one.version.message),
            read_only=self._read_only or (None if one.author_id in (self._account_id, None) else _NOT_OURS),
            changes=[*_changes_of(one.version)] if is_first else None,
        )


class CommentCreates(WrittenCreates):
    """Saying something below the pages of one space.

    Args:
        client: Client of the site.
        account_id: Ours.
        database: Knows which comments have a row.
        space: Key of the space.
    """

    what: ClassVar[str] = "comment"

    def __init__(self, client: ConfluenceClient, account_id: str, database: Database, space: str) -> None:
        super().__init__(CONFLUENCE_COMMENT, SiteClock(client).now)
        self._client = client
        self._account_id = account_id
        self._database = database
        self._space = space

    def _met_on(self, place: str, place_key: str | None, wishes: Sequence[Wish]) -> list[Met]:
        """What has a row is accounted for by that."""
        if any(wish.creation.state in IN_DOUBT for wish in wishes):
            self._check_is_current(place)
        comments = [wire.parse_comment(document) for document in self._client.comments_on(place)]
        with self._database.transaction() as conn:
            stored = stored_comments(conn, [one.comment_id for one in comments])
        unaccounted = [with_author(self._client, one) for one in comments if one.comment_id not in stored]
        return [self._met(one, place, place_key, wishes) for one in unaccounted]

    def _check_is_current(self, page_id: str) -> None:
        """What is said below a page in the trash is not shown, and there all the same."""
        if wire.parse_page(self._client.get_page(page_id), self._space).status != "current":
            raise RemoteMissing(f"page {page_id} is not in use")

    def _met(self, one: PageComment, place: str, place_key: str | None, wishes: Sequence[Wish]) -> Met:
        at = one.created_at or one.updated_at
        return Met(
            remote_id=one.comment_id,
            key=self.key_of(place_key, one.comment_id),
            number=None,
            created_at=at,
            creator_id=one.author_id or self._account_id,  # whose it is, is not told: it may be ours
            title=f"{self.what} of {at:%Y-%m-%d %H:%M} UTC",
            place=place,
            alike=self._alike(one, wishes),
        )

    def _alike(self, one: PageComment, wishes: Sequence[Wish]) -> Collection[UUID]:
        """The wishes that asked for it as it is; one that somebody has changed says nothing of what it was."""
        if one.version_number > 1 or one.author_id is None:
            return ()
        same = self._kind.fields[_TEXT].means_the_same
        return [wish.creation.record_id for wish in wishes if same(one.body_storage, wish.asked[_TEXT])]

    def _asks(self, wish: Wish, raw: Mapping[str, Value]) -> Mapping[str, Any] | str:
        place = page_place(self._database, str(wish.place))
        if place is not None and place[1] != "current":
            return f"page {wish.place} is {place[1]}, and nothing can be said below it; restore it, or delete this row"
        return {_TEXT: raw[_TEXT]}

    def create(self, record_id: UUID, form: Form) -> Made:
        """Say it, once."""
        del record_id  # no mark can travel along
        document = self._client.add_comment(form.request["place"], form.request[_TEXT])
        own_id = comment_id_in(document)
        return Made(remote_id=own_id, key=self.key_of(form.request["place_key"], own_id))


def with_author(client: ConfluenceClient, comment: PageComment) -> PageComment:
    """A comment with who wrote it, and when, where somebody has changed it since and that is told."""
    if comment.author_id is not None and comment.created_at is not None:
        return comment
    try:
        first = client.first_of_comment(comment.comment_id)
    except (RemoteMissing, UnreadableRecord):
        return comment
    return comment if first is None else comment._replace(author_id=first.author_id, created_at=first.created_at)


def _changes_of(version: PageVersion) -> Iterator[FieldChange]:
    """A comment has nothing but its text."""
    return (change for change in version_changes(version) if change.field == _TEXT)
