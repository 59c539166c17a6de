"""Comments on issues: how each is read by itself, and how it is written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from javis_pipeline.records.create import Wish
from javis_pipeline.records.jira import Comment
from javis_pipeline.records.values import Value
from javis_pipeline.systems.jira.wire.hanging import comment_of
from javis_pipeline.systems.jira.written import WritingCreates, Writings, readers


class JiraComments(Writings[Comment]):
    """The comments of one project for the two-way steps."""

    what: ClassVar[str] = "comment"

    def _parsed(self, document: object) -> Comment:
        return comment_of(document, {})

    def _values(self, one: Comment) -> Mapping[str, Value]:
        return {"body": one.body, "restriction": one.restriction}

    def _by_ids(self, ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return self._client.comments_by_id(ids)

    def _alone(self, issue: str, own_id: str) -> object:
        return self._client.comment(issue, own_id)

    def _edit(self, issue: str, own_id: str, desired: Mapping[str, Value], mark: Mapping[str, object]) -> object:
        return self._client.edit_comment(issue, own_id, desired["body"], properties=mark)

    def _remove(self, issue: str, own_id: str) -> None:
        self._client.remove_comment(issue, own_id)


class CommentCreates(WritingCreates[Comment]):
    """Writing new comments in one project."""

    what: ClassVar[str] = "comment"

    def _parsed(self, document: object) -> Comment:
        return comment_of(document, {})

    def _all_on(self, issue: str) -> Iterable[Mapping[str, Any]]:
        return self._client.comments(issue, properties=True)

    def _asks(self, wish: Wish, raw: Mapping[str, Value]) -> Mapping[str, Any] | str:
        restriction = wish.values["restriction"]
        asked = readers(str(restriction) if restriction is not None else None, is_service=self._is_service)
        return f"restriction: {asked}" if isinstance(asked, str) else {"text": raw["body"], **asked}

    def _add(self, asked: Mapping[str, Any], properties: Mapping[str, object]) -> object:
        return self._client.add_comment(
            asked["place"], asked["text"], visibility=asked["visibility"], properties=properties
        )
