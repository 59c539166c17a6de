"""Edits for people who do not write SQL. The next sync sends them, as it does every other edit."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from javis_pipeline.db import edits as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.edits import OwnField
from javis_pipeline.errors import UsageError
from javis_pipeline.records.jira import Sort
from javis_pipeline.records.sync import FieldPolicy
from javis_pipeline.records.tables import SqlType, Table, Tables
from javis_pipeline.records.values import System, Value, from_json
from javis_pipeline.steps.refused import refusals_told
from javis_pipeline.sync.choices import Person, choose_name, choose_person
from javis_pipeline.sync.element_codecs import WRITTEN
from javis_pipeline.sync.known_codecs import TEAM_ID

_NO_PAGE: Final = "there is no page {} here; the id of a page is the number in its address"


def _text(value: str) -> str:
    return value


def _labels(value: str) -> list[str]:
    return [label.strip() for label in value.split(",") if label.strip()]


def _number(value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise UsageError(f"{value!r} is not a number") from None


def _whole(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value.strip()):
        raise UsageError(f"{value!r} is not a whole number")
    return int(value)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{value!r} is not a date; it should look like 2026-11-30") from None


_CUSTOM: Final = "customfield_"
# How the text of `--set field=text` is read, by type of column.
_READERS: Final[Mapping[SqlType, Callable[[str], object]]] = {
    "text": _text,
    "text[]": _labels,
    "numeric": _number,
    "bigint": _whole,
    "date": _day,
}


def _readers(table: Table) -> Mapping[str, Callable[[str], object]]:
    return {column.name: _READERS[column.type] for column in table.edited}


@dataclass(frozen=True, slots=True)
class Edited:
    """An issue or a page after an edit. `fields` are the ones that differ from the last sync."""

    key: str
    sync_status: str
    fields: tuple[str, ...]
    system: System = "jira"


def parse_changes(assignments: Iterable[str], table: Table, own: Sequence[OwnField] = ()) -> dict[str, object]:
    """`field=text` items as columns and values; an empty text means none (no labels for `labels`).

    Args:
        assignments: The items.
        table: Where the record is kept.
        own: The site's custom fields, which may be named by name or id: they are in the result by id.

    Raises:
        UsageError: An item has no "=", names a field that cannot be edited, or has a text that makes no sense for it.
    """
    readers = _readers(table)
    changes: dict[str, object] = {}
    for assignment in assignments:
        called, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"{assignment!r} is not an assignment; it should look like title='Better title'")
        name = _PEOPLE.get(called.strip().casefold(), called) if table.kind == "jira_issue" else called
        if name not in readers and (field := _own_field(name, own)):
            changes[field.field_id] = _read_own(field.sort, text)
            continue
        if name not in readers:
            known = [*readers, *(field.name for field in own if field.policy in _WRITTEN)]
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"field {name} cannot be edited here; {hint}Fields: {', '.join(known)}")
        changes[name] = readers[name](text) if text or readers[name] is _labels else None
    return changes


# What people call the columns with somebody's account.
_PEOPLE: Final = {"assignee": "assignee_id", "reporter": "reporter_id"}
_WRITTEN: Final = frozenset[FieldPolicy]({"two_way", "local_to_remote"})


def _own_field(name: str, own: Iterable[OwnField]) -> OwnField | None:
    """The custom field that is called so, in any case, or has this id; None when there is none.

    Raises:
        UsageError: Several are, or it cannot be edited here; the message says what to do.
    """
    field = _called(name, own)
    if field and field.policy not in _WRITTEN:
        field_id = field.field_id
        if field.sort not in WRITTEN:
            raise UsageError(f"{field.name} ({field_id}) is changed in Jira only: what it holds can only be shown here")
        raise UsageError(
            f"{field.name} ({field_id}) is changed in Jira only; JIRA_FIELD_POLICY={field_id}:two_way lets it "
            "go both ways from the next sync on"
        )
    return field


def _called(name: str, own: Iterable[OwnField]) -> OwnField | None:
    found = [field for field in own if name.casefold() in _names_of(field)]
    # Of namesakes the only one that can be edited here is meant.
    found = editable if len(editable := [field for field in found if field.policy in _WRITTEN]) == 1 else found
    if len(found) > 1:
        ids = ", ".join(field.field_id for field in found)
        raise UsageError(f"several custom fields are called {name}; name one by its id: {ids}")
    return next(iter(found), None)


def ids_of_fields(db: Database, tables: Tables, names: Iterable[str]) -> tuple[str, ...]:
    """What the sync calls fields that a person names: custom fields by their ids, others as they are.

    Raises:
        UsageError: Several custom fields are called so.
    """
    columns = {name for table in tables.values() for name in table.fields}
    if columns.issuperset(names := tuple(names)):
        return names
    with db.transaction() as conn:
        own = rows.own_fields(conn)
    found = {name: _called(name, own) for name in names if name not in columns}
    return tuple(field.field_id if (field := found.get(name)) else name for name in names)


def _names_of(field: OwnField) -> set[str]:
    numbered = f"{field.name} ({field.field_id.rpartition('_')[2]})"  # as the views by name call it
    return {name.casefold() for name in (field.field_id, field.name, numbered, field.untranslated_name or field.name)}


def _read_own(sort: Sort, text: str) -> object:
    if not text:
        return None
    match sort:
        case "number":
            return _number(text)
        case "date":
            return _day(text).isoformat()
        case "options" | "users" | "groups" | "labels" | "versions":
            return _labels(text)
        case _:
            return text


def parse_value(field: str, text: str, table: Table) -> Value:
    """The text of a field's value in the spelling that conflicts use; an empty text means none."""
    reader = _readers(table).get(field, _text)
    if not text:
        return () if reader is _labels else None
    read = reader(text)
    if isinstance(read, date):
        return read.isoformat()
    return from_json(read)


def meant(conn: Connection, field: str, value: object) -> object:
    """What a person means by a field's value: a person by name, a status or priority in another case, a key.

    Raises:
        UsageError: There is no such thing here, or several; the message names the nearest.
    """
    if not isinstance(value, str):
        return value
    match field:
        case "status" | "priority" | "resolution":
            return choose_name(value, rows.known_names(conn, field), field)
        case "team":
            return _team(conn, value)
        case "assignee_id" | "reporter_id":
            return choose_person(value, [Person(**row) for row in rows.known_people(conn)])
        case "parent_key":
            return _parent(conn, value)
        case "parent_id":
            return known_page(conn, value)
        case _:
            return value


def _meant_own(conn: Connection, sort: Sort, value: object) -> object:
    """The same for a custom field: people and teams by name."""
    if sort == "team" and isinstance(value, str):
        return _team(conn, value)
    if sort not in ("user", "users") or value is None:
        return value
    people = [Person(**row) for row in rows.known_people(conn)]
    if isinstance(value, list):
        return [choose_person(name, people) for name in value]
    return choose_person(str(value), people)


def _team(conn: Connection, value: str) -> str:
    """The team that is called so; what looks like no name is the id of one that no issue has named."""
    return value if TEAM_ID.fullmatch(value) else choose_name(value, rows.known_names(conn, "team"), "team")


def _parent(conn: Connection, key: str) -> str:
    """The key; one of a project that is not synced is taken as it is."""
    if not rows.keys_of_project(conn, key.upper().partition("-")[0]):
        return key.upper()
    return str(_found(conn, key)["key"])


def read_value(db: Database, field: str, text: str, table: Table) -> Value:
    """A field's value as a person writes it, in the spelling that conflicts use; see `parse_value` and `meant`."""
    with db.transaction() as conn:
        own = rows.own_fields(conn) if field.startswith(_CUSTOM) else ()
        sort = next((one.sort for one in own if one.field_id == field), None)
        if sort is not None:
            value = _meant_own(conn, sort, _read_own(sort, text))
            return from_json(value)
        value = parse_value(field, text, table)
        return from_json(meant(conn, field, value)) if isinstance(value, str) else value


def edit_record(db: Database, tables: Tables, key: str, assignments: Iterable[str], *, application: str) -> Edited:
    """Make a local edit of an issue or a page.

    Args:
        db: The product's database.
        tables: Where each kind of records is kept.
        key: Key of an issue, also one it had before; id of a page, or its key before it was made; what hangs
            on one as in OQC-12#10234, a comment on an issue, or 131090#comment-131107, one below a page.
        assignments: What is set, as `field=text`; see `parse_changes`.
        application: Whom the journal names as the program that edited.

    Raises:
        UsageError: The record is not here (the message names the nearest), or an assignment makes no sense for it.
    """
    with refusals_told(), db.transaction(application_name=application) as conn:
        if "#" in key:
            return _edit_hanging(conn, _table_of(tables, key), key, assignments)
        page = rows.page_by_key(conn, key)
        if page is not None:
            columns = _meant(conn, parse_changes(assignments, tables["confluence_page"]))
            rows.update_page(conn, page["record_id"], columns)
            edited = rows.page_by_key(conn, key)
            assert edited is not None
            return _result(edited["key"], edited, "confluence")
        own = rows.own_fields(conn)
        sorts = {field.field_id: field.sort for field in own}
        changes = parse_changes(assignments, tables["jira_issue"], own)
        elements = {name: _meant_own(conn, sorts[name], value) for name, value in changes.items() if name in sorts}
        columns = _meant(conn, {name: value for name, value in changes.items() if name not in sorts})
        issue = _found(conn, key)
        rows.update_issue(conn, issue["record_id"], columns, elements)
        return _edited(conn, issue["key"])


def _table_of(tables: Tables, key: str) -> Table:
    """The table of what hangs on a record, by its key: "worklog-" stands before the id of a worklog, and so on."""
    called = key.partition("#")[2].rstrip("0123456789")
    hanging = {on.called: table for table in tables.values() if (on := table.place.hangs_on)}
    if called not in hanging:
        possible = ", ".join(
            f"{'OQC-12' if table.system == 'jira' else '131090'}#{name}10234" for name, table in sorted(hanging.items())
        )
        raise UsageError(f"{key}: what hangs on a record is called as in {possible}")
    return hanging[called]


def _edit_hanging(conn: Connection, table: Table, key: str, assignments: Iterable[str]) -> Edited:
    found = rows.hanging_by_key(conn, table, key)
    if found is None:
        raise UsageError(f"there is no {key} here; the table {table.name} has the keys of all")
    rows.update_hanging(conn, table, found["record_id"], _meant(conn, parse_changes(assignments, table)))
    edited = rows.hanging_by_key(conn, table, key)
    assert edited is not None
    return _result(edited["key"], edited, table.system)


def _meant(conn: Connection, changes: Mapping[str, object]) -> dict[str, object]:
    return {field: meant(conn, field, value) for field, value in changes.items()}


def change_labels(db: Database, key: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Edited:
    """Add labels to an issue and remove others; UsageError for an unknown issue or a label with a blank."""
    for label in (*add, *remove):
        if not label or re.search(r"\s", label):
            raise UsageError(f"{label!r} is not a tag: Jira's labels have no blanks; write it like priority:high")
    with refusals_told(), db.transaction(application_name="javis tag") as conn:
        issue = _found(conn, key)
        labels = [label for label in issue["labels"] if label not in remove]
        rows.update_issue(conn, issue["record_id"], {"labels": [*labels, *add]})
        return _edited(conn, issue["key"])


def list_labels(db: Database, *, key: str | None = None, projects: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Labels in use: `label`, `issues`, `such_as`; of one issue, or of projects (None: of all)."""
    with db.transaction() as conn:
        found = _found(conn, key)["key"] if key else None
        return rows.issue_labels(conn, key=found, projects=projects)


def find_record(db: Database, key: str) -> UUID:
    """Name of the issue, the page or what hangs on one with this key, or one it had before; UsageError names the
    nearest when it is not here."""
    with db.transaction() as conn:
        known = rows.record_by_key(conn, key)
        record_id: UUID = (known or _found(conn, key))["record_id"]
        return record_id


def known_key(conn: Connection, key: str) -> str:
    """The key that an issue has now, by one that it has or had; UsageError names the nearest when it is not here."""
    return str(_found(conn, key)["key"])


def known_page(conn: Connection, key: str) -> str:
    """The key that a page has now, by its id or the key that it had before it was made."""
    page = rows.page_by_key(conn, key)
    if page is None:
        raise UsageError(_NO_PAGE.format(key))
    return str(page["key"])


def _found(conn: Connection, key: str) -> dict[str, Any]:
    issue = rows.issue_by_key(conn, key)
    if issue is None and key.isdigit():
        raise UsageError(_NO_PAGE.format(key))
    if issue is None:
        known = rows.keys_of_project(conn, key.upper().partition("-")[0])
        near = difflib.get_close_matches(key.upper(), known, n=3, cutoff=0.6)
        hint = f"; the nearest: {', '.join(near)}" if near else "; javis status lists the projects that are synced"
        raise UsageError(f"there is no issue {key} here{hint}")
    return issue


def _edited(conn: Connection, key: str) -> Edited:
    issue = rows.issue_by_key(conn, key)
    assert issue is not None
    return _result(key, issue, "jira")


def _result(key: str, row: Mapping[str, Any], system: System) -> Edited:
    return Edited(key, row["sync_status"], tuple(sorted(row["local_modified_fields"])), system)
