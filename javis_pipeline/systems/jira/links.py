"""Links between issues: how each is read by itself, made and undone.

A link has no text, no author, no history and no mark; and to ask for one that is there already makes no second one. So
what became of a request, the list of the links of its issue tells at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from javis_pipeline.clients.reading import answered
from javis_pipeline.clients.site_clock import SiteClock
from javis_pipeline.errors import OutcomeUnknown, RemoteMissing, UnreadableRecord
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Form, Made, Met, Walk, Wish
from javis_pipeline.records.jira import JsonObject, Link
from javis_pipeline.records.sync import FieldChange, Operation, RemoteRecord, Reply
from javis_pipeline.records.values import ResourceRef
from javis_pipeline.systems.jira.client import JiraClient
from javis_pipeline.systems.jira.wire.hanging import links_in
from javis_pipeline.systems.jira.written import issue_of

_FACTS: Final = ("type", "direction", "label", "back_label", "other_key")


class JiraLinks:
    """The links of one project for the two-way steps.

    Args:
        client: Client of the site.
    """

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    @property
    def most_together(self) -> int:
        """The links of so many issues come in one answer."""
        return self._client.most_written_together

    def fetch_many(self, refs: Sequence[ResourceRef]) -> Mapping[str, RemoteRecord]:
        """Those that their issues show."""
        by_end = {(issue_of(ref), ref.resource_id): ref for ref in refs}
        documents = self._client.links_on(list(dict.fromkeys(map(issue_of, refs))))
        ends = (
            ((str(document.get("key")), link.link_id), link) for document in documents for link in _links_of(document)
        )
        return {link.link_id: _record(by_end[end], link) for end, link in ends if end in by_end}

    def fetch(self, ref: ResourceRef, *, moves: bool = False) -> RemoteRecord:
        """The link as its issue shows it. The list leaves out what is not there; only its own address says so."""
        del moves  # it has no states
        with suppress(RemoteMissing):
            found = self.fetch_many([ref])
            if ref.resource_id in found:
                return found[ref.resource_id]
        self._client.link(ref.resource_id)
        raise UnreadableRecord(f"{ref.key} is there, and its issue does not show it", remote_id=ref.resource_id)

    def history(self, ref: ResourceRef) -> Sequence[FieldChange]:
        """Nothing: a link is there, or it is not."""
        del ref
        return ()

    def send(self, op: Operation, current: RemoteRecord) -> Reply:
        """Undo a link: there is nothing else to be done with one."""
        del current
        assert op.kind == "removal", "nothing of a link is edited"
        with suppress(RemoteMissing):  # that is what is wanted; whether it is so, a look tells
            self._client.unlink(op.ref.resource_id)
        return Reply()


class LinkCreates:
    """Linking issues in one project.

    Args:
        client: Client of the site.
        account_id: Ours.
    """

    def __init__(self, client: JiraClient, account_id: str) -> None:
        self._client = client
        self._account_id = account_id
        self._site_clock = SiteClock(client)

    def now(self) -> datetime:
        """Jira's time; no earlier than it is."""
        return self._site_clock.now()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All links of the issues that the wishes hang on. One that says the same as a wish is it, whoever made it."""
        del known
        at, met, places = self.now(), list[Met](), set[str]()
        wished = [wish for wish in wishes if wish.place]
        for document in self._client.links_on(sorted({str(wish.place) for wish in wished})):
            place = str(document.get("id"))
            links = answered("jira links", partial(_links_of, document))
            here = [wish for wish in wished if wish.place == place]
            places.add(place)
            met += [self._met(wish, link, at) for wish in here for link in links if _says(wish, link)]
        return Walk(at=at, above=above, met=tuple(met), places=frozenset(places))

    def _met(self, wish: Wish, link: Link, at: datetime) -> Met:
        return Met(
            remote_id=link.link_id,
            key=_key(wish, link),
            number=None,
            created_at=at,
            creator_id=self._account_id,  # a link has no author; as ours it is taken for what is wished for
            mark=wish.creation.record_id,
            place=wish.place,
        )

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would make it. What it can be called, and what it leads to, was looked at when it was
        inserted."""
        del catalog
        here, other = {"id": wish.place}, {"key": wish.values["other_key"]}
        source, destination = (here, other) if wish.values["direction"] == "outward" else (other, here)
        request = {"type": {"name": wish.values["type"]}, "inwardIssue": source, "outwardIssue": destination}
        return Form(local={}, raw={}, request={"link": request, "wish": wish})

    def create(self, record_id: UUID, form: Form) -> Made:
        """Link two issues. The answer is empty: what it is called is read from the issue."""
        del record_id
        wish: Wish = form.request["wish"]
        self._client.link_issues(form.request["link"])
        for document in self._client.links_on([str(wish.place)]):
            for link in answered("jira links", partial(_links_of, document)):
                if _says(wish, link):
                    return Made(remote_id=link.link_id, key=_key(wish, link))
        raise OutcomeUnknown(f"jira: {wish.place_key} does not show the link that it was asked for yet")


def _links_of(document: JsonObject) -> list[Link]:
    links = links_in(document.get("fields") or {})
    return links if isinstance(links, list) else []


def _says(wish: Wish, link: Link) -> bool:
    """Whether a link of the issue that a wish hangs on is what is wished for."""
    values = wish.values
    leads_there = link.other_id == values["other_id"] or link.other_key == values["other_key"]
    same_way = link.direction == values["direction"] or link.label == link.back_label
    return leads_there and same_way and link.type.casefold() == str(values["type"]).casefold()


def _key(wish: Wish, link: Link) -> str:
    return f"{wish.place_key}#link-{link.link_id}"


def _record(ref: ResourceRef, link: Link) -> RemoteRecord:
    facts = {name: getattr(link, name) for name in _FACTS}
    return RemoteRecord(ref=ref, values={"other_id": link.other_id}, facts=facts, revision=None, changes=[])
