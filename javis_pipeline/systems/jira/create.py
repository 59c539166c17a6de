"""Making issues in Jira: what a project asks for, what it has by number, and the one request that makes an issue."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

import orjson

from javis_pipeline.clients.reading import answered, as_object, as_text
from javis_pipeline.clients.site_clock import SiteClock
from javis_pipeline.db.connection import Database
from javis_pipeline.db.create_forms import keep_forms, kept_forms, levels_of
from javis_pipeline.errors import RemoteBusy, RemoteRefused
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Form, Made, Met, Walk, Wish
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.sync.fields import Kind
from javis_pipeline.systems.jira.client import BULK_FETCH_LIMIT, JiraClient
from javis_pipeline.systems.jira.create_form import Types, form_of, in_our_words, read_fields
from javis_pipeline.systems.jira.made import MARK, met
from javis_pipeline.systems.jira.site import JiraSite

# How long what a project asks for is believed.
FORMS_LAST: Final = timedelta(hours=1)
SEEN: Final = ("created", "creator", "project", "issuetype", "summary")


class JiraCreates:
    """Making issues in one project.

    Args:
        client: Client of the site.
        site: The project and its fields.
        kind: What an issue is there.
        database: Where what the project asks for is kept for an hour.
        clock: Ours; it dates what is kept.

    Attributes:
        together: Issues that are asked for together in a walk; it ends where so many numbers in a row have none.
    """

    together: ClassVar[int] = BULK_FETCH_LIMIT

    def __init__(
        self, client: JiraClient, site: JiraSite, kind: Kind, database: Database, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._project = site.project.key
        self._fields = site.fields
        self._kind = kind
        self._database = database
        self._clock = clock
        self._site_clock = SiteClock(client)
        self._types: Types | None = None
        self._asking = threading.Lock()

    def now(self) -> datetime:
        """Jira's time; no earlier than it is."""
        return self._site_clock.now()

    def walk(self, above: int, known: int, wishes: Sequence[Wish]) -> Walk:
        """All issues whose number is above the first, at least up to the second, and on as long as there are any."""
        del wishes
        at, seen, first = self.now(), dict[str, Met](), above + 1
        known, made = max(known, self._highest()), self._made_above(above)
        while True:
            found = self._met(range(first, first + self.together), made)
            seen |= {one.remote_id: one for one in found}
            first += self.together
            if not found and first > known:
                return Walk(at=at, above=above, met=tuple(seen.values()))

    def _highest(self) -> int:
        """The highest number that is known there, where a walk might end in a gap before it."""
        return 0

    def _made_above(self, above: int) -> Mapping[int, Met]:
        """What is known to have been made here, by number, where to ask for it once more would cost a request each."""
        del above
        return {}

    def _met(self, numbers: Sequence[int], made: Mapping[int, Met]) -> list[Met]:
        """Those of these numbers that there are; what is known to have been made is not asked for."""
        known = [made[number] for number in numbers if number in made]
        keys = [f"{self._project}-{number}" for number in numbers if number not in made]
        asked = self._numbered(keys) if keys else []
        return [*known, *(answered("jira issue", partial(met, one, self._project)) for one in asked)]

    def _numbered(self, keys: Sequence[str]) -> list[JsonObject]:
        """Those of these issues that there are, past any index."""
        answer = self._client.bulk_fetch(keys, SEEN, orjson.loads, properties=[MARK])
        if answer.get("issueErrors"):
            raise RemoteBusy("jira: some issues could not be looked at now; what was asked for is found out later")
        return answered("jira bulk fetch", lambda: [dict(as_object(one, "issue")) for one in answer["issues"]])

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """The request that would make it; or why there is none."""
        parent = str(wish.values.get("parent_key") or "")
        return form_of(
            wish,
            self._forms(),
            project=self._project,
            kind=self._kind,
            catalog=catalog,
            points=self._fields.story_points,
            above=self.above(),
            parent=levels_of(self._database, parent) if parent else None,
        )

    def above(self) -> str | None:
        """Jira's id of the field that leads to what is above an issue that is no sub-task; None where `parent` does."""
        return None

    def _forms(self) -> Types:
        with self._asking:
            if self._types is None:
                self._types = kept_forms(self._database, self._project, since=self._clock() - FORMS_LAST)
            if not self._types:
                self._types = self._ask_forms()
                keep_forms(self._database, self._project, self._types, at=self._clock())
            return self._types

    def _ask_forms(self) -> Types:
        return {
            str(kind["name"]): read_fields(kind, self._client.create_fields(self._project, str(kind["id"])))
            for kind in self._client.create_types(self._project)
        }

    def create(self, record_id: UUID, form: Form) -> Made:
        """Make an issue, with the record's name as a property in the same request."""
        try:
            document = self._client.create_issue(form.request, properties={MARK: {"record": str(record_id)}})
        except RemoteRefused as error:
            if not error.field_errors:
                raise
            why = in_our_words(error.field_errors, self._fields.story_points, self.above())
            raise RemoteRefused(why, status=error.status) from error
        return answered("jira issue", lambda: _made(document))


def _made(document: object) -> Made:
    made = as_object(document, "answer")
    return Made(remote_id=as_text(made["id"], "id"), key=as_text(made["key"], "key"))
