"""Changelogs of issues as entries, and what they say of statuses and sprints."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

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
    User,
)
from javis_pipeline.systems.jira.wire.answers import AnswerBatch, batch_of
from javis_pipeline.systems.jira.wire.people import account_id_of, account_of, user_of

_MOST_DIGITS: Final = 20


class ChangesTold(NamedTuple):
    """What an entry of a changelog says of the status and of sprints."""

    of_status: list[StatusChange]
    of_sprints: list[SprintChange]


NOTHING_TOLD: Final = ChangesTold([], [])


class _Telling(NamedTuple):
    """By what items are told to be of sprints: the field's id, and its name in lower case."""

    field_id: str
    name: str


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


def changes_told(
    document: object, jira_id: str, fields: FieldMap, users: dict[str, User], sprint_name: str = "sprint"
) -> ChangesTold:
    """What an entry says of the status, and of sprints that were entered or left.

    Of the status it tells one change at most, as Jira works today. Whole histories are mostly of other fields, which
    need not make sense here.

    Args:
        document: The entry.
        jira_id: Its issue's id.
        fields: The site's fields.
        users: Gets who made the changes, as for `parse_issue`.
        sprint_name: What the site calls its sprint field, for entries without ids of fields.

    Raises:
        UnreadableRecord: The entry, or such a change in it, is not what Jira documents.
    """
    told = _Telling(fields.sprint or "", sprint_name.lower())
    return guarded("jira changelog of issue", jira_id, lambda: _changes_told(document, jira_id, told, users))


def _changes_told(document: object, jira_id: str, told: _Telling, users: dict[str, User]) -> ChangesTold:
    get = as_object(document, "changelog").get
    try:
        of_status, of_sprints = _told_items(as_list(get("items") or [], "items"), told)
        if not of_status and not of_sprints:
            return NOTHING_TOLD
        entry_id, at = as_id(get("id"), "id"), _entry_instant(get("created"), "created")
        author_id = account_of(get("author"), "author", users)
    except Unreadable as error:
        raise error.inside(f"changelog[{get('id')}]") from None
    return ChangesTold(
        [StatusChange(jira_id, entry_id, author_id, *item[2:], at) for item in of_status[:1]],
        [SprintChange(jira_id, entry_id, *change, at) for item in of_sprints for change in _entered_or_left(item)],
    )


def _told_items(items: Iterable[object], told: _Telling) -> tuple[list[ChangeItem], list[ChangeItem]]:
    """The items that changed the status, and those that changed the sprints; entries often lack the field's id."""
    of_status, of_sprints = [], []
    for item in items:
        get = as_object(item, "items").get
        field_id, name = get("fieldId"), as_text(get("field"), "items.field")
        if (field_id == "status") if field_id else (name.lower() == "status"):
            of_status.append(_change_item(item))
        elif (field_id == told.field_id) if field_id else (name.lower() == told.name):
            of_sprints.append(_change_item(item))
    return of_status, of_sprints


def _entered_or_left(item: ChangeItem) -> list[tuple[int, bool]]:
    """The sprints, and whether they were entered; past ones stay in the set, so they do not show."""
    old, new = _sprint_ids(item.old), _sprint_ids(item.new)
    return [(one, False) for one in sorted(old - new)] + [(one, True) for one in sorted(new - old)]


def _sprint_ids(value: str | None) -> set[int]:
    """Numbers of a text such as "7, 8"."""
    parts = (value or "").replace(",", " ").split()
    return {int(part) for part in parts if part.isdecimal() and len(part) < 19}
