"""Changelogs of issues as entries, and what they say of statuses and sprints."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import orjson

from javis_pipeline.clients.reading import (
    Json,
    Unreadable,
    answered,
    as_id,
    as_instant,
    as_list,
    as_object,
    as_text,
    as_text_or_none,
    guarded,
    items_of,
)
from javis_pipeline.records.jira import (
    ChangeItem,
    ChangelogEntry,
    FieldMap,
    JsonObject,
    SprintChange,
    StatusChange,
)
from javis_pipeline.systems.jira.wire.answers import AnswerBatch, batch_of
from javis_pipeline.systems.jira.wire.people import account_id_of, user_of

_MOST_DIGITS: Final = 20


def changelog_documents(content: bytes) -> AnswerBatch[list[tuple[str, JsonObject]]]:
    """Issue ids and changelog entries of an answer of `changelog/bulkfetch`, or of issues that came with their own."""
    answer = orjson.loads(content)

    def read() -> AnswerBatch[list[tuple[str, JsonObject]]]:
        if "issues" in answer:
            issues = items_of(answer, "issues")
            told = frozenset(as_id(issue.get("id"), "id") for issue in issues)
            return AnswerBatch([*_entries_with(issues)], None, told)
        logs = items_of(answer, "issueChangeLogs")
        entries = ((as_id(log["issueId"], "issueId"), items_of(log, "changeHistories")) for log in logs)
        return batch_of(answer, [(jira_id, entry) for jira_id, found in entries for entry in found])

    return answered("jira changelog/bulkfetch", read)


def whole_changelog_in(document: Json) -> list[JsonObject] | None:
    """The changelog that came with an issue's document, oldest entry first; None where it is not all of it, or where
    that cannot be told: such a list is cut off somewhere, and in no order."""
    log = document.get("changelog")
    entries = log.get("histories") if isinstance(log, dict) else None
    if not isinstance(log, dict) or not isinstance(entries, list) or type(log.get("total")) is not int:
        return None
    ids = [number for number in map(_number_of, entries) if number is not None]
    if log.get("startAt", 0) != 0 or log["total"] != len(entries) or len(set(ids)) != len(entries):
        return None
    return entries if ids == sorted(ids) else sorted(entries, key=lambda entry: int(entry["id"]))


def _number_of(entry: object) -> int | None:
    """The id of a changelog entry, which is a number written as a text; None for anything else."""
    found = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(found, str) or not (found.isascii() and found.isdecimal()) or len(found) > _MOST_DIGITS:
        return None
    return int(found)


def _entries_with(issues: Iterable[Json]) -> Iterator[tuple[str, JsonObject]]:
    for issue in issues:
        jira_id = as_id(issue.get("id"), "id")
        yield from ((jira_id, entry) for entry in items_of(as_object(issue.get("changelog"), "changelog"), "histories"))


def parse_changelog_entry(document: object, jira_id: str) -> ChangelogEntry:
    """One changelog entry, of the issue's own changelog or of changelog/bulkfetch."""
    return guarded("jira changelog of issue", jira_id, lambda: _changelog_entry(document, jira_id))


def _changelog_entry(document: object, jira_id: str) -> ChangelogEntry:
    get = as_object(document, "changelog").get
    try:
        author, metadata = get("author"), get("historyMetadata")
        return ChangelogEntry(
            as_id(get("id"), "id"),
            jira_id,
            None if author is None else user_of(author, account_id_of(as_object(author, "author"), "author")),
            _entry_instant(get("created"), "created"),
            tuple([_change_item(one) for one in as_list(get("items") or [], "items")]),
            metadata if isinstance(metadata, dict) else None,
        )
    except Unreadable as error:
        raise error.inside(f"changelog[{get('id')}]") from None


def _entry_instant(value: object, path: str) -> datetime:
    """A timestamp, or the epoch number (milliseconds; seconds in some answers) that changelog/bulkfetch may give."""
    if type(value) is int or type(value) is float:
        seconds = value / 1000 if value >= 100_000_000_000 else value
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            raise Unreadable(path, "a timestamp of our era", value) from None
    return as_instant(value, path)


def _change_item(value: object) -> ChangeItem:
    get = as_object(value, "items").get
    return ChangeItem(
        as_text(get("field"), "items.field"),
        as_text_or_none(get("fieldId"), "items.fieldId"),
        _raw(get("from")),
        _raw(get("fromString")),
        _raw(get("to")),
        _raw(get("toString")),
    )


def _raw(value: object) -> str | None:
    if value is None or type(value) is str:
        return value
    if type(value) is int or type(value) is float:
        return str(value)
    raise Unreadable("items", "a text, a number or null", value)


def concerns(item: ChangeItem, field_id: str, field_name: str) -> bool:
    """Whether the item changed this field; entries often lack the field's id."""
    if item.field_id is not None:
        return item.field_id == field_id
    return item.field.lower() == field_name.lower()


def may_concern(document: object, fields: FieldMap, sprint_name: str) -> bool:
    """Whether an entry has to be read for what it says of the status or of sprints, or plainly says nothing of them."""
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list) or not items:
        return True
    ids, names = ("status", fields.sprint), ("status", sprint_name.lower())
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("field"), str):
            return True
        if item.get("fieldId") in ids if item.get("fieldId") is not None else item["field"].lower() in names:
            return True
    return False


def status_changes(entry: ChangelogEntry) -> list[StatusChange]:
    """Status changes in an entry: at most one, as Jira works today."""
    return [
        StatusChange(
            jira_id=entry.jira_id,
            change_id=entry.entry_id,
            author_id=entry.author.account_id if entry.author else None,
            from_id=item.old,
            from_status=item.old_text,
            to_id=item.new,
            to_status=item.new_text,
            changed_at=entry.created_at,
        )
        for item in entry.items
        if concerns(item, "status", "status")
    ]


def sprint_changes(entry: ChangelogEntry, fields: FieldMap, name: str = "sprint") -> list[SprintChange]:
    """Sprints that the issue entered or left with an entry; past sprints stay in the set, so they do not show.

    Args:
        entry: The entry.
        fields: The site's fields.
        name: What the site calls its sprint field, for entries without ids of fields.
    """
    changes = []
    for item in entry.items:
        if concerns(item, fields.sprint or "", name):
            old, new = _sprint_ids(item.old), _sprint_ids(item.new)
            changes += [(sprint_id, False) for sprint_id in sorted(old - new)]
            changes += [(sprint_id, True) for sprint_id in sorted(new - old)]
    return [SprintChange(entry.jira_id, entry.entry_id, *change, entry.created_at) for change in changes]


def _sprint_ids(value: str | None) -> set[int]:
    """Numbers of a text such as "7, 8"."""
    parts = (value or "").replace(",", " ").split()
    return {int(part) for part in parts if part.isdecimal() and len(part) < 19}
