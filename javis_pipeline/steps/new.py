"""New records for people who do not write SQL: the same INSERT that anybody may make."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

import psycopg

from javis_pipeline.db import edits as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.errors import UsageError
from javis_pipeline.records.tables import Table, Tables
from javis_pipeline.records.values import System
from javis_pipeline.steps.edit import known_key, meant, parse_changes
from javis_pipeline.steps.refused import refusals_told
from javis_pipeline.sync.richtext.storage.page import paragraphs_of


class New(NamedTuple):
    """A record that is wished for: the key that it has until the remote gives it another, and its name for ever."""

    key: str
    record_id: UUID


def new_issue(
    db: Database,
    table: Table,
    project: str,
    type_name: str,
    title: str,
    parent: str | None,
    assignments: Iterable[str],
    *,
    dry_run: bool = False,
) -> New:
    """Make an issue here.

    Args:
        db: The product's database.
        table: The table of issues.
        project: Key of the project.
        type_name: Type of the issue.
        title: One line.
        parent: Key of the issue that it lies below, which may not be made yet either.
        assignments: What else is set, as `field=text`.
        dry_run: Check it, and change nothing.

    Raises:
        UsageError: It cannot be made as it is; the message says what is wrong.
    """
    given = {"project_key": project.upper(), "issue_type": type_name, "title": title}
    return _new(db, table, given, [*assignments, *([f"parent_key={parent}"] if parent else [])], dry_run=dry_run)


def new_page(
    db: Database,
    table: Table,
    space: str,
    title: str,
    parent: str | None,
    assignments: Iterable[str],
    *,
    dry_run: bool = False,
) -> New:
    """Make a page here.

    Args:
        db: The product's database.
        table: The table of pages.
        space: Key of the space.
        title: One line; no other page of the space has it.
        parent: The page that it stands under, which may not be made yet either; None for the home page.
        assignments: What else is set, as `field=text`.
        dry_run: Check it, and change nothing.

    Raises:
        UsageError: It cannot be made as it is; the message says what is wrong.
    """
    given = {"space_key": space, "title": title}
    return _new(db, table, given, [*assignments, *([f"parent_id={parent}"] if parent else [])], dry_run=dry_run)


def _new(db: Database, table: Table, given: Mapping[str, object], assignments: Iterable[str], *, dry_run: bool) -> New:
    """A record with these columns, and what is assigned besides."""
    changes = parse_changes(assignments, table)
    with _inserting(db, "javis new", dry_run=dry_run) as conn:
        fields = {field: meant(conn, field, value) for field, value in changes.items()}
        return New(**rows.insert_row(conn, table.name, {**given, **fields}))


def new_on_issue(db: Database, table: Table, key: str, columns: Mapping[str, object], *, dry_run: bool = False) -> New:
    """Write something on an issue here: a comment, or an entry of work.

    Args:
        db: The product's database.
        table: Where that is kept.
        key: Of the issue, also one it had before, or has before it is made.
        columns: What an INSERT gives besides.
        dry_run: Check it, and change nothing.

    Raises:
        UsageError: It cannot be written as it is; the message says what is wrong.
    """
    with _inserting(db, f"javis {table.name}", dry_run=dry_run) as conn:
        return New(**rows.insert_row(conn, table.name, {"issue_key": known_key(conn, key), **columns}))


def new_comment(
    db: Database, tables: Tables, key: str, text: str, restriction: str | None, *, dry_run: bool = False
) -> tuple[New, System]:
    """Comment on an issue, or say something below a page; also where the system is in which that will be.

    Args:
        db: The product's database.
        tables: Where each kind of records is kept.
        key: Of the issue, also one it had before; id of the page; or what either has before it is made.
        text: Markdown; below a page plain text, of which empty lines make paragraphs.
        restriction: Who may read it; whoever sees a page sees what is said below it.
        dry_run: Check it, and change nothing.

    Raises:
        UsageError: It cannot be written as it is; the message says what is wrong.
    """
    with _inserting(db, "javis comment", dry_run=dry_run) as conn:
        page = rows.page_by_key(conn, key)
        if page is None:
            table, columns = tables["jira_comment"], {"body": text, "restriction": restriction}
            named = known_key(conn, key)
        elif restriction is None:
            table, columns = tables["confluence_comment"], {"body_storage": paragraphs_of(text)}
            named = page["key"]
        else:
            raise UsageError(f"whoever sees page {key} sees what is said below it; leave out who may read it")
        assert table.place.hangs_on is not None
        return New(**rows.insert_row(conn, table.name, {table.place.hangs_on.given: named, **columns})), table.system


def remove_link(db: Database, key: str, label: str, other: str, *, dry_run: bool = False) -> New:
    """Undo a link here, named from either end; UsageError says that there is none, or why it stays."""
    with _inserting(db, "javis link", dry_run=dry_run) as conn:
        found = rows.remove_link(conn, known_key(conn, key), label, known_key(conn, other))
        if found is None:
            raise UsageError(f"{key.upper()} is not linked to {other.upper()} by '{label}'")
        return New(**found)


@contextmanager
def _inserting(db: Database, application: str, *, dry_run: bool) -> Iterator[Connection]:
    """A transaction for wishes, which a dry run takes back; UsageError says why there can be none."""
    with refusals_told(), db.transaction(application_name=application) as conn:
        yield conn
        if dry_run:
            raise psycopg.Rollback
