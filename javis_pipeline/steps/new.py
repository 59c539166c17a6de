"""New records for people who do not write SQL: the same INSERT that anybody may make."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import psycopg

from javis_pipeline.db import edits as rows
from javis_pipeline.db.connection import Database
from javis_pipeline.errors import UsageError
from javis_pipeline.records.tables import Table
from javis_pipeline.steps.edit import known_key, meant, parse_changes


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
    given = parse_changes([*assignments, *([f"parent_key={parent}"] if parent else [])], table)
    try:
        with db.transaction(application_name="javis new") as conn:
            fields = {field: meant(conn, field, value) for field, value in given.items()}
            columns = {"project_key": project.upper(), "issue_type": type_name, "title": title, **fields}
            made = New(**rows.insert_row(conn, "jira_issues", columns))
            if dry_run:
                raise psycopg.Rollback
    except psycopg.Error as error:
        raise UsageError(_told(error)) from error
    return made


def new_comment(db: Database, key: str, text: str, restriction: str | None, *, dry_run: bool = False) -> New:
    """Comment on an issue here.

    Args:
        db: The product's database.
        key: Of the issue, also one it had before, or has before it is made.
        text: Markdown.
        restriction: Who alone may read it: "role:NAME", "group:NAME", "internal"; on a service project also "public".
        dry_run: Check it, and change nothing.

    Raises:
        UsageError: It cannot be written as it is; the message says what is wrong.
    """
    try:
        with db.transaction(application_name="javis comment") as conn:
            columns = {"issue_key": known_key(conn, key), "body": text, "restriction": restriction}
            made = New(**rows.insert_row(conn, "comments", columns))
            if dry_run:
                raise psycopg.Rollback
    except psycopg.Error as error:
        raise UsageError(_told(error)) from error
    return made


def _told(error: psycopg.Error) -> str:
    """What the database says of it, and the remedy."""
    said = (error.diag.message_primary or str(error)).removeprefix("javis: ")
    return f"{said}. {error.diag.message_hint}" if error.diag.message_hint else said
