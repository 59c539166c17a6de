"""A Confluence space as the sync sees it: pages as records, versions as changes, operations as requests.

Confluence compares the version that a write follows. So a write of ours replaces nothing that it was not decided on,
and the version that it makes says whose it is: its message holds the operation's id.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any, Final
from uuid import UUID

from javis_pipeline.errors import RemoteMissing, UnreadableRecord
from javis_pipeline.records import MISSING
from javis_pipeline.records.confluence import Page, PageVersion
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.records.sync import NOT_OURS, PUTS_AWAY, Away, FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef, as_set
from javis_pipeline.steps.ports import OneByOne
from javis_pipeline.systems.confluence import wire
from javis_pipeline.systems.confluence.client import ConfluenceClient

# What a version of a page holds; labels belong to no version.
VERSIONED: Final = ("title", "body_storage", "parent_id")
# What became of an operation of ours is asked soon after it was sent.
MOST_VERSIONS: Final = 100
# So many labels may come with a page; Confluence does not say reliably whether there are more.
_MOST_INCLUDED: Final = 50

_MARK: Final = re.compile(r"javis sync ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?: \(([a-z_, ]+)\))?")
_FACTS: Final = (
    "space_id",
    "status",
    "version_number",
    "version_created_at",
    "version_author_id",
    "version_message",
    "author_id",
    "created_at",
)
_READ_ONLY: Final = {
    "archived": "the page is archived, and nobody can edit it; restore it in Confluence",
    "trashed": "the page is in the trash; restore it in Confluence",
    "draft": "the page is a draft; publish it in Confluence",
}


_AWAY: Final[Mapping[str, Away]] = {"archived": "archived", "trashed": "trashed"}


class ConfluenceRecords(OneByOne):
    """The pages of one space for the two-way steps.

    Args:
        client: Client of the site.
        spaces: Id to key, of the spaces that are known already.
        read_only: Why nothing in the space can be edited; None when it can.
    """

    def __init__(self, client: ConfluenceClient, spaces: Mapping[str, str], *, read_only: str | None = None) -> None:
        self._client = client
        self._spaces = dict(spaces)
        self._read_only = read_only

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The page with its labels, read by id, and with its versions where they are few."""
        del moves  # a page has no states that it is moved between
        document = self._client.get_page(ref.resource_id, labels=True, versions=True)
        page = wire.parse_page(document, "")
        if page.page_id != ref.resource_id:
            what = f"confluence gave page {page.page_id} for {ref.resource_id}; neither was read"
            raise UnreadableRecord(what, remote_id=ref.resource_id)
        if page.body_storage is MISSING:
            raise UnreadableRecord(f"confluence page {page.page_id} came without its body", remote_id=page.page_id)
        labels = page.labels
        if labels is MISSING or len(labels) >= _MOST_INCLUDED:
            labels = self._client.labels(page.page_id)
        return replace(self._record(page, labels), changes=_changes_in(document, page))

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """The newest versions, oldest first.

        A version of somebody else's may have changed any field; one of ours says which it changed.
        """
        documents = islice(self._client.versions(ref.resource_id), MOST_VERSIONS)
        versions = [wire.parse_version(document, ref.resource_id) for document in documents]
        return [change for version in reversed(versions) for change in version_changes(version)]

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Execute an operation: the next version of the page, or the requests that change its labels.

        Only the reply tells of labels that were there for a moment: they belong to no version.
        """
        if op.kind == "labels":
            return self._send_labels(op)
        if op.kind in PUTS_AWAY:
            return self._put_away(op)
        assert current.version is not None, "a page that was read has a version"
        values = {**current.values, **op.desired}
        self._client.update_page(
            op.ref.resource_id,
            version=current.version,
            title=str(values["title"]),
            body_storage=str(values["body_storage"]),
            message=f"javis sync {op.op_id} ({', '.join(op.fields)})",
            parent_id=str(op.desired["parent_id"]) if "parent_id" in op.desired else None,
        )
        return Reply()

    def _put_away(self, op: Operation) -> Reply:
        """Whether it is done, a look tells: a page is archived a little after the answer."""
        if op.kind == "archive":
            self._client.archive_page(op.ref.resource_id)
            return Reply()
        with suppress(RemoteMissing):  # that is what is wanted
            self._client.trash_page(op.ref.resource_id)
        return Reply()

    def _send_labels(self, op: Operation) -> Reply:
        """Each request by itself may be repeated: what is there stays, what is not there is no error."""
        add = op.add.get("labels", ())
        held = self._client.add_labels(op.ref.resource_id, add)
        for label in op.remove.get("labels", ()):
            self._client.remove_label(op.ref.resource_id, label)
        shown = {label for label in add if label.lower() in held}
        return Reply(shown={"labels": shown} if shown else {})

    def _record(self, page: Page, labels: Sequence[str]) -> RemoteRecord:
        facts: dict[str, Any] = {name: getattr(page, name) for name in _FACTS}
        return RemoteRecord(
            ref=ResourceRef(
                resource_type="confluence_page",
                resource_id=page.page_id,
                scope=self._space_key(page.space_id),
                key=page.page_id,
            ),
            values={
                "title": page.title,
                "body_storage": page.body_storage,
                "parent_id": page.parent_id,
                "labels": as_set(labels),
            },
            facts=facts,
            revision=page.version_created_at,
            version=page.version_number,
            marker=operation_in(page.version_message),
            read_only=self._read_only or _why_read_only(page.status),
            away=_AWAY.get(page.status),
        )

    def _space_key(self, space_id: str) -> str:
        """Key of a space; its id when it is one that we may not see."""
        if space_id not in self._spaces:
            self._spaces[space_id] = self._client.space_key(space_id) or space_id
        return self._spaces[space_id]


def _why_read_only(status: str) -> str | None:
    if status == "current":
        return None
    return _READ_ONLY.get(status, f"the page is {status}; make it current in Confluence")


def _changes_in(document: JsonObject, page: Page) -> Sequence[FieldChange] | None:
    """The changes of a page that came with all its versions; None where some are left out, or make no sense."""
    try:
        versions = sorted(wire.parse_included_versions(document, page.page_id), key=lambda version: version.number)
    except UnreadableRecord:  # whoever needs them asks, and meets the same
        return None
    if [version.number for version in versions] != list(range(1, page.version_number + 1)):
        return None
    return [change for version in versions for change in version_changes(version)]


def version_changes(version: PageVersion) -> Iterator[FieldChange]:
    """What a version may have changed, and whose it is, as far as its message tells."""
    op_id, fields = _mark(version.message)
    # A number is a position that moves when an older version is deleted; the instant stays.
    entry_id = f"{version.created_at.isoformat()} {version.author_id}"
    for name in fields:
        yield FieldChange(
            entry_id=entry_id,
            field=name,
            author_id=version.author_id,
            at=version.created_at,
            old=MISSING,
            new=MISSING,
            op_id=op_id or NOT_OURS,
        )


def operation_in(message: str | None) -> UUID | None:
    """The operation that made a version; None for one of somebody else's."""
    return _mark(message)[0]


def _mark(message: str | None) -> tuple[UUID | None, Sequence[str]]:
    """The operation that made a version, and the fields it changed. A version of somebody else's has the texts of then;
    where the page was, it does not say."""
    found = _MARK.fullmatch(message or "")
    if found is None:
        return None, ("title", "body_storage")
    named = [name for name in VERSIONED if name in (found[2] or "").split(", ")]
    return UUID(found[1]), named or VERSIONED
