"""What an edit means on Data Center: wiki markup, people by name, epics by a field, and what is dropped in silence."""

from dataclasses import replace
from typing import Any

from javis_pipeline.sandbox.jira.data_center.directory import Directory
from javis_pipeline.sandbox.jira.data_center.markup import from_adf
from javis_pipeline.sandbox.jira.data_center.traps import Trap
from javis_pipeline.sandbox.jira.editing import NOT_ON_SCREEN, BadValueError, Described, Edit, Editors
from javis_pipeline.sandbox.jira.issues import ChangeItem, IssueState, RichText, WikiText
from javis_pipeline.sandbox.jira.store import JiraStore

Json = dict[str, Any]


class DataCenterEditors(Editors):
    """The editable fields of a self-hosted site."""

    wants_text = "Operation value must be a string"

    def __init__(self, store: JiraStore, directory: Directory) -> None:
        self._directory = directory
        super().__init__(store)

    def edited(self, state: IssueState, fields: Json, update: Json, *, screen: frozenset[str] | None = None) -> Edit:
        """As on Cloud, but what it does not understand of parents and people is no error: it does not happen."""
        kept = {name: value for name, value in fields.items() if not self._is_dropped(name, value, state)}
        verbs = {name: value for name, value in update.items() if not self._is_dropped(name, value, state)}
        return super().edited(state, kept, verbs, screen=screen)

    def _is_dropped(self, name: str, value: Any, state: IssueState) -> bool:
        if name == "parent":
            return not self.store.types[state.type_id].subtask
        return name == "assignee" and isinstance(value, dict) and "name" not in value

    def items(self, before: IssueState, after: IssueState) -> list[ChangeItem]:
        """As on Cloud, in the names that changelogs have there."""
        subtask = self.store.types[after.type_id].subtask
        name, kind = ("Parent", "jira") if subtask else ("Epic Link", "custom")
        return [
            replace(item, field=name, fieldtype=kind) if item.field == "IssueParentAssociation" else item
            for item in super().items(before, after)
        ]

    def _apply(self, edit: Edit, id_: str, verbs: list[tuple[str, Any]], screen: frozenset[str] | None) -> None:
        off_screen = (self.store.fields.story_points.id, "duedate")
        if Trap.NARROW_SCREEN in self.store.behaviour.traps and id_ in off_screen:
            raise BadValueError(NOT_ON_SCREEN.format(id_))
        super()._apply(edit, id_, verbs, screen)

    # -- texts

    def text_of(self, value: Any) -> RichText | None:
        """Wiki markup, byte for byte; what is empty is nothing."""
        return WikiText(value) if isinstance(value, str) else None

    def written(self, text: str) -> RichText:
        """What a person typed is the text."""
        return WikiText(text)

    def sent(self, value: Any) -> Any:
        """A text as it is; a document is written as wiki markup."""
        return from_adf(value, self._directory.name) if isinstance(value, dict) else value

    def _document(self, value: Any, state: IssueState) -> RichText | None:
        return super()._document(value or None, state)

    def _document_text(self, value: RichText | None) -> Described:
        if isinstance(value, WikiText):
            return None, value.source
        return None, None if value is None else from_adf(value, self._directory.name)

    # -- people and parents

    def person_sent(self, account_id: str) -> Json:
        """A person by name."""
        return {"name": self._directory.name(account_id)}

    def parent_sent(self, key: str | None) -> tuple[str, Any]:
        """The epic; sub-tasks are made below their parent otherwise."""
        return self.store.fields.epic_link.id, key

    def _person(self, value: Any, _: IssueState) -> str | None:
        if value is None:
            return None
        name = value.get("name") if isinstance(value, dict) else None
        if name in (None, ""):
            return None
        person = self._directory.called(str(name))
        if person is None:
            raise BadValueError(f"User '{name}' does not exist.")
        if not person.active:
            raise BadValueError(f"User '{name}' cannot be assigned issues.")
        return person.account_id
