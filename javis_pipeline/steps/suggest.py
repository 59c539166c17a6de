"""From a work context to suggestions that are kept, and from an accepted suggestion to local edits."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from javis_pipeline.clients.claude import MessagesClient
from javis_pipeline.db import suggestions as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.errors import RemoteError, UnusableReply, UsageError
from javis_pipeline.records.context import WorkContext, context_hash
from javis_pipeline.records.suggestion import EDITED_FIELD, Action, Advice, AdviceScope, Usage, Vocabulary
from javis_pipeline.suggestions.grounding import grounded
from javis_pipeline.suggestions.prompt import Prompt, build_prompt
from javis_pipeline.suggestions.reply import Reply
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline.suggestions.scope import narrowed

PROMPT_TOKENS = 12_000
ANSWER_TOKENS = 8_000
_FITTINGS = 4

log = logging.getLogger(__name__)


class ClaudeClient(MessagesClient):
    """Claude as an adviser."""

    def generate_suggestions(
        self,
        context: WorkContext,
        max_tokens: int = ANSWER_TOKENS,
        *,
        scope: AdviceScope | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> Advice:
        """Claude's grounded suggestions for a work context, best first.

        Args:
            context: The work context; it is narrowed to `scope` here.
            max_tokens: Longest answer.
            scope: What to speak of; None for the whole project.
            vocabulary: Values that actions may use; None for those that the context itself names.

        Raises:
            RemoteError: Claude cannot be asked or its answer cannot be used; the subclass tells which.
        """
        scope = scope or AdviceScope()
        vocabulary = vocabulary or _named_values(context)
        context = narrowed(context, scope)
        prompt = self._fitting(context, scope, vocabulary)
        answer = self.ask(prompt.instructions, prompt.question, Reply, max_tokens=max_tokens)
        kept, dropped = grounded(answer.reply, context, scope, vocabulary)
        notes = (f"Left out of the prompt for length: {', '.join(prompt.left_out)}.",) if prompt.left_out else ()
        return Advice("claude", answer.model, kept, dropped=dropped, notes=notes, usage=answer.usage)

    def _fitting(self, context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary) -> Prompt:
        """The prompt, by the service's own count at most `PROMPT_TOKENS` long."""
        budget = PROMPT_TOKENS
        for _ in range(_FITTINGS):
            prompt = build_prompt(context, scope, vocabulary, budget_tokens=budget)
            counted = self.count_tokens(prompt.instructions, prompt.question)
            if counted <= PROMPT_TOKENS:
                return prompt
            budget = int(budget * PROMPT_TOKENS / counted * 0.95)
        raise UnusableReply(f"the prompt cannot be cut to {PROMPT_TOKENS} tokens")


@dataclass(frozen=True, slots=True)
class StoredAdvice:
    """Advice as it is kept.

    Attributes:
        suggestions: Rows of `ai_suggestions`, best first.
        reused: The context had not changed, so nothing was computed or sent.
    """

    advice_id: UUID
    engine: str
    model: str | None
    suggestions: Sequence[Mapping[str, Any]]
    dropped: Mapping[str, int]
    notes: Sequence[str]
    usage: Mapping[str, Any] | None
    reused: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting a suggestion did.

    Attributes:
        edits: Actions that are local edits now; the next sync sends them.
        drafts: Actions that are texts for a person to use.
    """

    title: str
    edits: tuple[Action, ...]
    drafts: tuple[Action, ...]


def suggest(
    db: Database, claude: ClaudeClient | None, context: WorkContext, scope: AdviceScope, *, now: datetime
) -> StoredAdvice:
    """Suggestions for a context, kept in the database; older ones of the same scope expire.

    An unchanged context is answered from the database. Without Claude, or when it cannot be asked, the rules answer and
    the advice says so; the next run then asks Claude again.
    """
    project_key, fingerprint = context.project_key, context_hash(context)
    with db.transaction() as conn:
        latest = rows.latest_advice(conn, project_key=project_key, scope=scope.name)
        final = claude is None or not narrowed(context, scope).risks
        if latest and latest["context_hash"] == fingerprint and (final or latest["engine"] == "claude"):
            return _stored(conn, latest, reused=True)
        vocabulary = rows.vocabulary(conn)

    advice = advise(context, scope, vocabulary, claude)
    advice_id = uuid4()
    with db.transaction() as conn:
        rows.insert_advice(conn, _advice_row(advice, advice_id, context, fingerprint, scope, now))
        for rank, suggestion in enumerate(advice.suggestions, start=1):
            document = asdict(suggestion)
            rows.insert_suggestion(
                conn,
                {
                    **{field: document[field] for field in ("kind", "title", "rationale", "confidence")},
                    "id": uuid4(),
                    "advice_id": advice_id,
                    "project_key": project_key,
                    "rank": rank,
                    "evidence": {"issue_keys": suggestion.issue_keys, "finding_ids": suggestion.finding_ids},
                    "actions": document["actions"],
                    "created_at": now,
                },
            )
        expired = rows.expire_older(conn, project_key=project_key, scope=scope.name, advice_id=advice_id)
        kept = rows.latest_advice(conn, project_key=project_key, scope=scope.name)
        assert kept is not None
        stored = _stored(conn, kept, reused=False)
    log.info(
        "suggested project=%s scope=%s engine=%s suggestions=%d dropped=%d expired=%d",
        project_key, scope.name, advice.engine, len(advice.suggestions), sum(advice.dropped.values()), expired,
    )  # fmt: skip
    return stored


def advise(context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary, claude: ClaudeClient | None) -> Advice:
    """Claude's suggestions; the rules' without Claude, and with a note when Claude could not be asked."""
    focus = narrowed(context, scope)
    if claude is None or not focus.risks:
        return rules_advice(focus, vocabulary)
    try:
        return claude.generate_suggestions(context, scope=scope, vocabulary=vocabulary)
    except RemoteError as error:
        log.warning("claude_not_asked project=%s reason=%s", context.project_key, error)
        return rules_advice(focus, vocabulary, notes=(f"The rules answer in Claude's place: {error}.",))


def accept(db: Database, id_prefix: str, *, by: str, now: datetime) -> Accepted:
    """Turn a suggestion into local edits, under the application name `ai`; the next sync sends them.

    All or nothing: when it was decided before, has expired, or an issue has changed since, UsageError says so and
    nothing is done.
    """
    with db.transaction(application_name="ai") as conn:
        suggestion = _locked_proposal(conn, id_prefix)
        actions = [Action(**action) for action in suggestion["actions"]]
        edits = tuple(action for action in actions if action.kind in EDITED_FIELD)
        for action in edits:
            _refuse_stale(conn, action)
        for action in edits:
            field = "label" if action.kind == "add_label" else EDITED_FIELD[action.kind]
            rows.edit_issue(conn, action.issue_key, {field: action.value})
        _decide(conn, suggestion, "accepted", by, now)
    return Accepted(suggestion["title"], edits, tuple(action for action in actions if action not in edits))


def reject(db: Database, id_prefix: str, *, by: str, now: datetime) -> str:
    """Decline a suggestion; its title. UsageError when it was decided before or has expired."""
    with db.transaction() as conn:
        suggestion = _locked_proposal(conn, id_prefix)
        _decide(conn, suggestion, "rejected", by, now)
    title: str = suggestion["title"]
    return title


def _locked_proposal(conn: Connection, id_prefix: str) -> dict[str, Any]:
    found = rows.find_suggestion(conn, id_prefix)
    if len(found) != 1:
        what = "several suggestions have an id that begins with" if found else "there is no suggestion"
        raise UsageError(f"{what} {id_prefix!r}; javis suggest lists them")
    suggestion = rows.lock_suggestion(conn, found[0])
    assert suggestion is not None
    if suggestion["state"] == "expired":
        raise UsageError(f"suggestion {id_prefix} has expired: the project changed since; javis suggest lists new ones")
    if suggestion["state"] != "proposed":
        raise UsageError(f"suggestion {id_prefix} was {suggestion['state']} before by {suggestion['decided_by']}")
    return suggestion


def _refuse_stale(conn: Connection, action: Action) -> None:
    issue = rows.lock_issue_as_text(conn, action.issue_key)
    if issue is None or issue["remote_state"] != "present" or issue["local_deleted_at"] is not None:
        raise UsageError(f"{action.issue_key} is not there any more; nothing was done")
    changed = [name for name, seen in action.seen.items() if issue[name] != seen]
    if changed:
        raise UsageError(
            f"{action.issue_key} changed since this was suggested ({', '.join(changed)}); nothing was done. "
            "Next: javis suggest"
        )


def _decide(conn: Connection, suggestion: Mapping[str, Any], state: str, by: str, now: datetime) -> None:
    rows.decide_suggestion(conn, suggestion["id"], {"state": state, "decided_by": by, "decided_at": now})


def _advice_row(
    advice: Advice, advice_id: UUID, context: WorkContext, fingerprint: str, scope: AdviceScope, now: datetime
) -> dict[str, Any]:
    return {
        "advice_id": advice_id,
        "project_key": context.project_key,
        "scope": scope.name,
        "context_hash": fingerprint,
        "engine": advice.engine,
        "model": advice.model,
        "usage": _token_counts(advice.usage),
        "cost_usd": advice.usage.cost_usd if advice.usage else None,
        "dropped": dict(advice.dropped),
        "notes": list(advice.notes),
        "created_at": now,
    }


def _token_counts(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    counts = asdict(usage)
    del counts["cost_usd"]
    return counts


def _stored(conn: Connection, row: Mapping[str, Any], *, reused: bool) -> StoredAdvice:
    usage = None if row["usage"] is None else {**row["usage"], "cost_usd": row["cost_usd"]}
    return StoredAdvice(
        advice_id=row["advice_id"],
        engine=row["engine"],
        model=row["model"],
        suggestions=rows.suggestions_of_advice(conn, row["advice_id"]),
        dropped=row["dropped"],
        notes=row["notes"],
        usage=usage,
        reused=reused,
    )


def _named_values(context: WorkContext) -> Vocabulary:
    """Priorities and people that the context itself names; the order of the priorities is not known."""
    priorities = sorted({issue.priority for issue in context.issues if issue.priority})
    return Vocabulary(tuple(priorities), frozenset(person.account_id for person in context.people))
