"""Advice and suggestions in the database. Functions never commit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.suggestion import Vocabulary

_SQL = named_queries("suggestions")


def latest_advice(conn: Connection, *, project_key: str, scope: str) -> dict[str, Any] | None:
    """The newest answer for a project and scope; None when there was none."""
    return conn.execute(_SQL["latest_advice"], {"project_key": project_key, "scope": scope}).fetchone()


def insert_advice(conn: Connection, advice: Mapping[str, Any]) -> None:
    """Keep one answer of an engine; `usage`, `dropped` and `notes` are JSON values."""
    conn.execute(_SQL["insert_advice"], {**advice, **_jsonb(advice, "usage", "dropped", "notes")})


def insert_suggestion(conn: Connection, suggestion: Mapping[str, Any]) -> None:
    """Keep one suggestion; `evidence` and `actions` are JSON values."""
    conn.execute(_SQL["insert_suggestion"], {**suggestion, **_jsonb(suggestion, "evidence", "actions")})


def expire_older(conn: Connection, *, project_key: str, scope: str, advice_id: UUID) -> int:
    """Expire what other advice of the same scope still proposes; how many that were."""
    keys = {"project_key": project_key, "scope": scope, "advice_id": advice_id}
    return conn.execute(_SQL["expire_older"], keys).rowcount


def suggestions_of_advice(conn: Connection, advice_id: UUID) -> list[dict[str, Any]]:
    """The suggestions of one answer, best first, in whatever state they are."""
    return conn.execute(_SQL["suggestions_of_advice"], {"advice_id": advice_id}).fetchall()


def find_suggestion(conn: Connection, prefix: str) -> list[UUID]:
    """Ids that begin with `prefix`, at most two."""
    pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [row["id"] for row in conn.execute(_SQL["find_suggestion"], {"prefix": pattern})]


def lock_suggestion(conn: Connection, suggestion_id: UUID) -> dict[str, Any] | None:
    """The suggestion with its engine, locked until the transaction ends; None when there is none."""
    return conn.execute(_SQL["lock_suggestion"], {"id": suggestion_id}).fetchone()


def decide_suggestion(conn: Connection, suggestion_id: UUID, decision: Mapping[str, Any]) -> None:
    """Write down a decision: `state`, `decided_by`, `decided_at`."""
    conn.execute(_SQL["decide_suggestion"], {"id": suggestion_id, **decision})


def lock_issue_as_text(conn: Connection, key: str) -> dict[str, Any] | None:
    """What actions compare and change of an issue, locked until the transaction ends; None when it is not here."""
    return conn.execute(_SQL["lock_issue_as_text"], {"key": key}).fetchone()


def edit_issue(conn: Connection, key: str, changes: Mapping[str, str]) -> None:
    """Make a local edit. `changes` holds any of `priority`, `due_date` (ISO), `assignee_id`, `label` (to add)."""
    unchanged = dict.fromkeys(("priority", "due_date", "assignee_id", "label"))
    conn.execute(_SQL["edit_issue"], {"key": key, **unchanged, **changes})


def vocabulary(conn: Connection) -> Vocabulary:
    """The values that actions may use, as the last pull saw them."""
    row = conn.execute(_SQL["vocabulary"]).fetchone()
    if row is None:
        return Vocabulary((), frozenset())
    return Vocabulary(tuple(row["priorities"]), frozenset(row["account_ids"]))


def issues_of_epic(conn: Connection, epic_key: str) -> frozenset[str]:
    """Keys of an epic, its issues and their sub-tasks; empty when the epic is not known."""
    return frozenset(row["key"] for row in conn.execute(_SQL["issues_of_epic"], {"epic_key": epic_key}))


def _jsonb(row: Mapping[str, Any], *columns: str) -> dict[str, Jsonb | None]:
    return {column: None if row[column] is None else Jsonb(row[column]) for column in columns}
