"""Making issues and comments in a Jira that a company runs itself: nothing is read together there but by an index,
which may be behind, and marks do not come with lists."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Final

from javis_pipeline.db.creates import made_above
from javis_pipeline.errors import RemoteMissing, RemoteRefused
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.create import Form, Met, Wish
from javis_pipeline.records.jira import JsonObject
from javis_pipeline.systems.jira.comments import CommentCreates
from javis_pipeline.systems.jira.create import SEEN, JiraCreates
from javis_pipeline.systems.jira.made import MARK

# The newest comments of an issue, which are asked for our marks one by one.
_LOOKED_AT: Final = 50


class DataCenterCreates(JiraCreates):
    """Making issues in one project there."""

    together: ClassVar[int] = 10

    def _highest(self) -> int:
        """What the index knows; a walk goes on from there past it."""
        return self._client.highest_number(self._project)

    def _made_above(self, above: int) -> Mapping[int, Met]:
        return made_above(self._database, self._kind.table, self._project, above)

    def _numbered(self, keys: Sequence[str]) -> list[JsonObject]:
        found: list[JsonObject] = []
        for key in keys:
            with suppress(RemoteMissing):
                found.append(self._client.get_issue(key, fields=SEEN, properties=[MARK]))
        return found

    def above(self) -> str | None:
        """Epics have a field of their own there."""
        return self._fields.epic_link

    def form(self, wish: Wish, catalog: Catalog) -> Form | str:
        """As on Cloud, with people by the names that they have today."""
        made = super().form(wish, catalog)
        if isinstance(made, str) or "assignee" not in made.request:
            return made
        try:
            person = self._client.assignee(made.request["assignee"]["accountId"])
        except RemoteRefused as error:
            return f"assignee_id: {error}"
        return replace(made, request={**made.request, "assignee": person})


class DataCenterCommentCreates(CommentCreates):
    """Writing new comments in one project there."""

    def _all_on(self, issue: str) -> Iterable[Mapping[str, Any]]:
        documents = self._client.comments(issue)
        older, newest = documents[:-_LOOKED_AT], documents[-_LOOKED_AT:]
        return [*older, *map(self._client.with_notes, newest)]
