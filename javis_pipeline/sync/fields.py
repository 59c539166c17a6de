"""The synced fields of each sort of record: how each is read, compared and written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from javis_pipeline.records.sync import FieldPolicy, OperationKind
from javis_pipeline.records.values import ResourceType, Value
from javis_pipeline.sync.codecs import Account, Codec, Day, Key, Labels, Line, Named, Number, Plain
from javis_pipeline.sync.page_codecs import PageLabels, ParentPage
from javis_pipeline.sync.text_codecs import MarkdownText, StorageText


@dataclass(frozen=True, slots=True)
class Field:
    """One synced field. Its name is its column.

    Attributes:
        codec: How its values are read, compared and checked.
        written_by: Sort of request that writes it; None for a field that only the remote may change.
        raw_column: Column with the base in remote form, where the local form cannot give it back.
    """

    name: str
    codec: Codec
    written_by: OperationKind | None = None
    raw_column: str | None = None

    @property
    def is_set(self) -> bool:
        return self.codec.is_set

    @property
    def is_text(self) -> bool:
        return self.codec.is_text

    @property
    def default_policy(self) -> FieldPolicy:
        return "two_way" if self.written_by else "remote_to_local"

    def means_the_same(self, raw: Value, other: Value) -> bool:
        """Whether two remote forms differ in spelling only."""
        return self.codec.canonical(raw) == self.codec.canonical(other)

    def stored_raw(self, raw: Value) -> Value:
        """What the raw column keeps: the whole text, but of a choice only its id."""
        return raw if self.is_text else self.codec.canonical(raw)


def _by_name(*fields: Field) -> Mapping[str, Field]:
    return {spec.name: spec for spec in fields}


# A label list that only mirrors the remote is one value: nobody merges what nobody may edit.
_MIRRORED = (
    "issue_type",
    "resolution",
    "components",
    "fix_versions",
    "reporter_id",
    "sprint",
    "flagged",
    "custom_fields",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of record.

    Attributes:
        fields: What is synced of it, by name.
        revision: The facts by which a list tells that a record has changed.
        repeats: Facts that may be no more than what a field says, by name, with that field. Where nothing else tells
            of such a fact, it does not outlive the field's value.
        restricted_by: The fact that says, where it is not None, that only some people may read the record.
    """

    resource_type: ResourceType
    fields: Mapping[str, Field]
    revision: frozenset[str]
    repeats: Mapping[str, str] = field(default_factory=dict)
    restricted_by: str | None = None


_ISSUE_FIELDS = _by_name(
    Field("title", Line(), "edit"),
    Field("description", MarkdownText(), "edit", raw_column="description_adf"),
    Field("labels", Labels(), "edit"),
    Field("priority", Named("priority"), "edit", raw_column="priority_id"),
    Field("assignee_id", Account(), "edit"),
    Field("due_date", Day(), "edit"),
    Field("story_points", Number(), "edit"),
    Field("parent_key", Key(), "edit"),
    Field("status", Named("status"), "transition", raw_column="status_id"),
    *(Field(name, Plain()) for name in _MIRRORED),
)

_PAGE_FIELDS = _by_name(
    Field("title", Line(), "edit"),
    Field("body_storage", StorageText(), "edit"),
    Field("parent_id", ParentPage(), "edit"),
    Field("labels", PageLabels(), "labels"),
)

JIRA_ISSUE = Kind(
    resource_type="jira_issue",
    fields=_ISSUE_FIELDS,
    revision=frozenset({"remote_updated_at"}),
    repeats={"epic_key": "parent_key"},
    restricted_by="security_level",
)
CONFLUENCE_PAGE = Kind(
    resource_type="confluence_page",
    fields=_PAGE_FIELDS,
    revision=frozenset({"version_created_at", "version_number"}),
)

KINDS: Mapping[ResourceType, Kind] = {kind.resource_type: kind for kind in (JIRA_ISSUE, CONFLUENCE_PAGE)}
"""For the edges, which choose one; decisions are told theirs by the run."""
