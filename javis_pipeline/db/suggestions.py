"""Advice and suggestions in the database. Functions never commit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.suggestion import Action, Advice, AdviceScope, Suggestion, Usage, Vocabulary

_SQL = named_queries("suggestions")


def latest_advice(conn: Connection, *, project_key: str, scope: str) -> dict[str, Any] | None:
    """The newest answer for a project and scope; None when there was none."""
    return conn.execute(_SQL["latest_advice"], {"project_key": project_key, "scope": scope}).fetchone()


def keep_advice(
    conn: Connection, advice: Advice, project_key: str, scope: AdviceScope, *, context_hash: str, now: datetime
) -> dict[str, Any]:
    """Keep an answer of an engine with its suggestions, best first: the row of the answer."""
    kept = {
        "advice_id": uuid4(),
        "project_key": project_key,
        "scope": scope.name,
        "context_hash": context_hash,
        "engine": advice.engine,
        "model": advice.model,
        "usage": _token_counts(advice.usage),
        "cost_usd": advice.usage.cost_usd if advice.usage else None,
        "dropped": dict(advice.dropped),
        "notes": list(advice.notes),
        "created_at": now,
    }
    conn.execute(_SQL["insert_advice"], {**kept, **_jsonb(kept, "usage", "dropped", "notes")})
    for rank, suggestion in enumerate(advice.suggestions, start=1):
        row = _suggestion_row(suggestion, rank, kept)
        conn.execute(_SQL["insert_suggestion"], {**row, **_jsonb(row, "evidence", "actions")})
    return kept


def _token_counts(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    counts = asdict(usage)
    del counts["cost_usd"]
    return counts


def _suggestion_row(suggestion: Suggestion, rank: int, advice: Mapping[str, Any]) -> dict[str, Any]:
    document = asdict(suggestion)
    return {
        **{field: document[field] for field in ("kind", "title", "rationale", "actions", "confidence")},
        "id": uuid4(),
        "advice_id": advice["advice_id"],
        "project_key": advice["project_key"],
        "rank": rank,
        "evidence": {"issue_keys": suggestion.issue_keys, "finding_ids": suggestion.finding_ids},
        "created_at": advice["created_at"],
    }


def suggestion_of(row: Mapping[str, Any]) -> Suggestion:
    """The suggestion of a row of `ai_suggestions`."""
    return Suggestion(
        kind=row["kind"],
        title=row["title"],
        rationale=row["rationale"],
        issue_keys=tuple(row["evidence"]["issue_keys"]),
        finding_ids=tuple(row["evidence"]["finding_ids"]),
        actions=tuple(Action(**action) for action in row["actions"]),
        confidence=row["confidence"],
    )


def lock_advice(conn: Connection, project_key: str) -> None:
    """Wait until nobody else keeps advice of the project; until the transaction ends nobody else does."""
    conn.execute(_SQL["lock_advice"], {"project_key": project_key})


def replace_notes(conn: Connection, advice_id: UUID, notes: Sequence[str]) -> None:
    """Say something else beside an answer that stays."""
    conn.execute(_SQL["replace_notes"], {"advice_id": advice_id, "notes": Jsonb(list(notes))})


def rejected_since(conn: Connection, *, project_key: str, since: datetime) -> list[dict[str, Any]]:
    """The suggestions that a person declined since then."""
    return conn.execute(_SQL["rejected_since"], {"project_key": project_key, "since": since}).fetchall()


def suggestions_between(
    conn: Connection, *, project_key: str, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """What was suggested from `since` until before `until`, the oldest first; nothing about restricted issues."""
    keys = {"project_key": project_key, "since": since, "until": until}
    return conn.execute(_SQL["suggestions_between"], keys).fetchall()


def issues_now(conn: Connection, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """What suggestions change, as text and lists, of the issues that are there."""
    return {row["key"]: row for row in conn.execute(_SQL["issues_now"], {"keys": list(keys)})}


def expire_older(conn: Connection, *, project_key: str, scope: str, advice_id: UUID) -> int:
    """Expire what other advice of the same scope still proposes; how many that were."""
    keys = {"project_key": project_key, "scope": scope, "advice_id": advice_id}
    return conn.execute(_SQL["expire_older"], keys).rowcount


def suggestions_of_advice(conn: Connection, advice_id: UUID) -> list[dict[str, Any]]:
    """The suggestions of one answer, best first, in whatever state they are."""
    return conn.execute(_SQL["suggestions_of_advice"], {"advice_id": advice_id}).fetchall()


def proposed_titles(db: Database, project_key: str, *, limit: int) -> list[str]:
    """Titles of what is proposed in a project, the first first."""
    rows = db.query(_SQL["proposed_titles"], {"project_key": project_key, "limit": limit})
    return [row["title"] for row in rows]


def find_suggestions(conn: Connection, prefix: str) -> list[dict[str, Any]]:
    """`id` and `state` of at most two suggestions whose id begins with `prefix`, those without a decision first."""
    pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return conn.execute(_SQL["find_suggestions"], {"prefix": pattern}).fetchall()


def lock_suggestion(conn: Connection, suggestion_id: UUID) -> dict[str, Any] | None:
    """The suggestion with its engine, locked until the transaction ends; None when there is none."""
    return conn.execute(_SQL["lock_suggestion"], {"id": suggestion_id}).fetchone()


def decide_suggestion(conn: Connection, suggestion_id: UUID, decision: Mapping[str, Any]) -> None:
    """Write down a decision: `state`, `decided_by`, `decided_at`."""
    conn.execute(_SQL["decide_suggestion"], {"id": suggestion_id, **decision})


def lock_issues_as_text(conn: Connection, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """What actions compare and change of issues, by key, locked until the transaction ends. Unknown keys are left out.

    `is_there` is false for one that is deleted here or in Jira.
    """
    rows = conn.execute(_SQL["lock_issues_as_text"], {"keys": list(keys)})
    return {row["key"]: row for row in rows}


def edit_issue(conn: Connection, key: str, changes: Mapping[str, str]) -> None:
    """Make a local edit. `changes` holds any of `priority`, `due_date` (ISO), `assignee_id`, `label` (to add)."""
    unchanged = dict.fromkeys(("priority", "due_date", "assignee_id", "label"))
    conn.execute(_SQL["edit_issue"], {"key": key, **unchanged, **changes})


def type_and_parent(conn: Connection, key: str) -> dict[str, Any]:
    """`issue_type` and `parent_key` of an issue: what stands beside it has the same."""
    row = conn.execute(_SQL["type_and_parent"], {"key": key}).fetchone()
    assert row is not None, "it was looked at in this transaction"
    return row


def vocabulary(conn: Connection, project_key: str) -> Vocabulary:
    """The values that actions in a project may use, as the last pull saw them."""
    row = conn.execute(_SQL["vocabulary"], {"project_key": project_key}).fetchone()
    assert row is not None  # a SELECT without FROM has one row
    return Vocabulary(tuple(row["priorities"]), frozenset(row["account_ids"]), frozenset(row["labels"]))


def display_names(conn: Connection, account_ids: Collection[str]) -> dict[str, str]:
    """Names of people by account id; unknown ones are left out."""
    rows = conn.execute(_SQL["display_names"], {"account_ids": list(account_ids)})
    return {row["account_id"]: row["display_name"] for row in rows}


def issues_of_epic(conn: Connection, epic_key: str, *, project_key: str) -> frozenset[str]:
    """Keys of an epic of the project, of its issues and of their sub-tasks; empty when there is no such epic."""
    keys = {"epic_key": epic_key, "project_key": project_key}
    return frozenset(row["key"] for row in conn.execute(_SQL["issues_of_epic"], keys))


def projects_of_sprint(conn: Connection, name: str) -> frozenset[str]:
    """Keys of the projects that have issues in a sprint of that name, ignoring case."""
    return frozenset(row["project_key"] for row in conn.execute(_SQL["projects_of_sprint"], {"name": name}))


def _jsonb(row: Mapping[str, Any], *columns: str) -> dict[str, Jsonb | None]:
    return {column: None if row[column] is None else Jsonb(row[column]) for column in columns}
