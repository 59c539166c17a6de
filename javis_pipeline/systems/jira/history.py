"""Entries of an issue's changelog as changes of fields, with the marks of our operations: pure."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from javis_pipeline.clients.reading import guarded
from javis_pipeline.records.jira import ChangeItem, ChangelogEntry, JsonObject, Sort, User
from javis_pipeline.records.sync import FieldChange
from javis_pipeline.systems.jira import wire
from javis_pipeline.systems.jira.custom_values import change_value
from javis_pipeline.systems.jira.field_names import FieldNames
from javis_pipeline.systems.jira.issue_fields import FIELDS

MARK: Final = "javis.op"


def changes_in(
    entries: Iterable[JsonObject], issue: str, names: FieldNames, custom: wire.Custom
) -> Sequence[FieldChange]:
    """All changes of synced fields that these entries of an issue's changelog tell of.

    Raises:
        UnreadableRecord: One of them makes no sense.
    """
    changes: list[FieldChange] = []
    for document in entries:
        entry = wire.parse_changelog_entry(document, issue)
        changes += guarded("jira changelog of issue", issue, partial(_changes, entry, names, custom))
    return changes


def _changes(entry: ChangelogEntry, names: FieldNames, custom: wire.Custom) -> list[FieldChange]:
    op_id = _marked(entry.history_metadata)
    named = [(names.field_of(item), item) for item in entry.items]
    return [
        _field_change(entry.entry_id, name, entry.author, entry.created_at, item, op_id, custom.get(name))
        for name, item in named
        if name is not None
    ]


def _marked(metadata: JsonObject | None) -> UUID | None:
    if metadata is None:
        return None
    extra, description = metadata.get("extraData"), metadata.get("activityDescription")
    told = extra.get(MARK) if isinstance(extra, dict) else None
    if not told and isinstance(description, str):
        told = description.removeprefix(f"{MARK} ")
    return op_id_in({"op": told})


def op_id_in(value: object) -> UUID | None:
    """The operation in a property of ours; None when it is missing or somebody else's."""
    told = value.get("op") if isinstance(value, dict) else None
    with suppress(ValueError):
        return UUID(told) if isinstance(told, str) else None
    return None


def _field_change(
    entry_id: str,
    name: str,
    author: User | None,
    at: datetime,
    item: ChangeItem,
    op_id: UUID | None,
    sort: Sort | None,
) -> FieldChange:
    told = FIELDS[name].told if sort is None else partial(change_value, sort)
    return FieldChange(
        entry_id=entry_id,
        field=name,
        author_id=author.account_id if author else None,
        author_name=author.display_name if author else None,
        at=at,
        old=told(item.old, item.old_text),
        new=told(item.new, item.new_text),
        old_text=item.old_text or None,
        new_text=item.new_text or None,
        op_id=op_id,
    )
