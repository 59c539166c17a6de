"""An issue as the sync sees it: its values in remote form, and the facts beside them: pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final, cast

from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import Issue, JsonObject, Sort
from javis_pipeline.records.sync import RemoteRecord
from javis_pipeline.records.values import ResourceRef, Value, dump_json, in_order, load_json
from javis_pipeline.sync.element_codecs import chosen_value
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.custom_values import SETS
from javis_pipeline.systems.jira.history import MARK, op_id_in
from javis_pipeline.systems.jira.issue_fields import FIELDS

_FACTS: Final = (
    "is_subtask",
    "issue_type_id",
    "hierarchy_level",
    "security_level",
    "status_category",
    "creator_id",
    "parent_id",
    "epic_key",
    "spent_seconds",
    "created_at",
    "resolved_at",
    "remote_updated_at",
)
# What an answer without a field does not tell of either.
_TOLD_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status_category",),
    "issue_type": ("issue_type_id", "is_subtask", "hierarchy_level"),
}
_ARCHIVED: Final = "the issue is archived, and nobody can edit it; restore it in Jira"


def record_of(
    issue: Issue, document: JsonObject, description: Value | Missing, custom: wire.Custom, written: Collection[str]
) -> RemoteRecord:
    """The record of an issue.

    Args:
        issue: The issue.
        document: What it was read from.
        description: Its text, in the form of the site's edition.
        custom: The custom fields that are read under their ids.
        written: Those of them that are edited here.
    """
    archived = (document.get("fields") or {}).get("archiveddate") is not None
    return RemoteRecord(
        ref=ResourceRef(resource_type="jira_issue", resource_id=issue.jira_id, scope=issue.project_key, key=issue.key),
        values={
            **{name: field.read(issue) for name, field in FIELDS.items()},
            "description": description,
            **_elements(issue, custom, written),
        },
        facts=_facts(issue),
        revision=issue.remote_updated_at,
        marker=op_id_in((document.get("properties") or {}).get(MARK)),
        read_only=_ARCHIVED if archived else None,
        away="archived" if archived else None,
        is_listed=not archived,
    )


def _facts(issue: Issue) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(issue, name) for name in _FACTS}
    for told_by, names in _TOLD_WITH.items():
        if getattr(issue, told_by) is MISSING:
            facts |= dict.fromkeys(names, MISSING)
    facts["environment"] = (
        adf_to_markdown(issue.environment) if isinstance(issue.environment, dict) else issue.environment
    )
    return facts


def _elements(issue: Issue, custom: wire.Custom, written: Collection[str]) -> dict[str, Value | Missing]:
    """The custom fields in remote form; MISSING is what the answer did not hold."""
    sets = {field_id for field_id in written if custom.get(field_id) in SETS}
    empty = {field_id: () if field_id in sets else None for field_id in issue.custom_empty}
    return {
        field_id: _element(sort, issue.custom_fields[field_id], issue.custom_raw.get(field_id))
        if field_id in issue.custom_fields
        else empty.get(field_id, MISSING)
        for field_id, sort in custom.items()
    }


def _element(sort: Sort, shown: object, raw: Any) -> Value:
    value = in_order(load_json(dump_json(shown)))
    if raw is None:
        return value
    return cast(Value, raw) if sort == "rich_text" else chosen_value(value, raw)
