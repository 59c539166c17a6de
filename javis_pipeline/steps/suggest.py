"""From a work context to suggestions that are kept."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from javis_pipeline.clients.claude import MessagesClient
from javis_pipeline.db import suggestions as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.suggestions import suggestion_of
from javis_pipeline.errors import RemoteError, UnusableReply, UsageError
from javis_pipeline.records.context import WorkContext, context_hash
from javis_pipeline.records.suggestion import (
    Advice,
    AdviceScope,
    Engine,
    Vocabulary,
)
from javis_pipeline.suggestions.grounding import grounded, is_grounded, subject
from javis_pipeline.suggestions.prompt import Prompt, build_prompt
from javis_pipeline.suggestions.reply import Reply
from javis_pipeline.suggestions.rules import rules_advice
from javis_pipeline.suggestions.scope import narrowed

PROMPT_TOKENS = 12_000
# Eight suggestions take two thousand; the rest is for the thinking that comes first, and is paid only when used.
ANSWER_TOKENS = 12_000
_FITTINGS = 4
# Who says no does not want to be asked again the next morning; two weeks later things may look different.
_DECLINED_FOR = timedelta(days=14)

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
        ends_at = self.ends_at()
        prompt = self._fitting(context, scope, vocabulary, ends_at=ends_at)
        answer = self.ask(prompt.instructions, prompt.question, Reply, max_tokens=max_tokens, ends_at=ends_at)
        kept, dropped = grounded(answer.reply, context, scope, vocabulary)
        notes = (f"Left out of the prompt for length: {', '.join(prompt.left_out)}.",) if prompt.left_out else ()
        return Advice("claude", answer.model, kept, dropped=dropped, notes=notes, usage=answer.usage)

    def _fitting(self, context: WorkContext, scope: AdviceScope, vocabulary: Vocabulary, *, ends_at: float) -> Prompt:
        """The prompt, by the service's own count at most `PROMPT_TOKENS` long."""
        budget = PROMPT_TOKENS
        for _ in range(_FITTINGS):
            prompt = build_prompt(context, scope, vocabulary, budget_tokens=budget)
            counted = self.count_tokens(prompt.instructions, prompt.question, ends_at=ends_at)
            if counted <= PROMPT_TOKENS:
                return prompt
            budget = int(budget * PROMPT_TOKENS / counted * 0.95)
        raise UnusableReply(f"the prompt cannot be cut to {PROMPT_TOKENS} tokens")


@dataclass(frozen=True, slots=True)
class StoredAdvice:
    """Advice as it is kept.

    Attributes:
        scope: What it speaks of, as in `AdviceScope.name`.
        suggestions: Rows of `ai_suggestions`, best first.
        names: Display names of the people whom the actions name, by account id.
        usage: Tokens of the call, and `cost_usd` (None when the price is not known); None when no call was made.
        reused: It was kept before for the same context; nothing was paid for it now.
    """

    advice_id: UUID
    scope: str
    engine: Engine
    model: str | None
    suggestions: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]
    dropped: Mapping[str, int]
    notes: Sequence[str]
    usage: Mapping[str, Any] | None
    reused: bool


def epic_scope(db: Database, context: WorkContext, epic_key: str) -> AdviceScope:
    """An epic of the context's project with all below it; UsageError, naming the open epics, when there is none."""
    with db.transaction() as conn:
        keys = rows.issues_of_epic(conn, epic_key, project_key=context.project_key)
    if not keys:
        names = ", ".join(progress.key for progress in context.epics[:5]) or "none"
        raise UsageError(f"{epic_key} is no epic of project {context.project_key} here; open epics: {names}")
    return AdviceScope(f"epic:{epic_key}", keys)


def sprint_scope(context: WorkContext) -> AdviceScope:
    """The open issues of the sprint that the context was asked to describe, which comes first in it."""
    asked = context.sprints[0]
    return AdviceScope(f"sprint:{asked.sprint_id}", frozenset(asked.remaining_keys))


def projects_of_sprint(db: Database, name: str, among: Sequence[str]) -> list[str]:
    """Which of the projects have a sprint of that name; UsageError when none has."""
    with db.transaction() as conn:
        having = rows.projects_of_sprint(conn, name)
    found = [key for key in among if key in having]
    if not found:
        raise UsageError(f"no sprint of {', '.join(among)} is called {name!r}; javis context names the running ones")
    return found


def suggest(
    db: Database, claude: ClaudeClient | None, context: WorkContext, scope: AdviceScope, *, now: datetime
) -> StoredAdvice:
    """Suggestions for a context, kept in the database; older ones of the same scope expire.

    An unchanged context is answered from the database. Without Claude, or when it cannot be asked, the rules answer and
    the advice says so; the next run then asks Claude again. What a person rejected lately is not proposed again.
    """
    fingerprint = context_hash(context)
    can_do_better = claude is not None and bool(narrowed(context, scope).risks)
    with db.transaction() as conn:
        latest = rows.latest_advice(conn, project_key=context.project_key, scope=scope.name)
        if latest and latest["context_hash"] == fingerprint and (latest["engine"] == "claude" or not can_do_better):
            return _stored(conn, latest, scope, reused=True)
        vocabulary = rows.vocabulary(conn, context.project_key)
        declined = rows.rejected_since(conn, project_key=context.project_key, since=now - _DECLINED_FOR)

    advice = _without_declined(
        advise(context, scope, vocabulary, claude), {subject(suggestion_of(row)) for row in declined}
    )
    with db.transaction() as conn:
        rows.lock_advice(conn, context.project_key)
        latest = rows.latest_advice(conn, project_key=context.project_key, scope=scope.name)
        if latest and latest["context_hash"] == fingerprint and not _improves(advice, latest):
            # People and Slack hold the ids of what was kept, so the same again keeps them.
            if advice.engine == latest["engine"] == "rules":
                rows.replace_notes(conn, latest["advice_id"], advice.notes)
                latest["notes"] = advice.notes
            return _stored(conn, latest, scope, reused=True)
        stored = _keep(conn, advice, context, fingerprint, scope, now)
    log.info(
        "suggested project=%s scope=%s engine=%s suggestions=%d dropped=%d",
        context.project_key, scope.name, advice.engine, len(advice.suggestions), sum(advice.dropped.values()),
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


def ungrounded(db: Database, context: WorkContext) -> list[str]:
    """Titles of proposed suggestions for the whole project that do not stand on the context: they must not be shown."""
    with db.transaction() as conn:
        latest = rows.latest_advice(conn, project_key=context.project_key, scope=AdviceScope().name)
        kept = rows.suggestions_of_advice(conn, latest["advice_id"]) if latest else []
    return [row["title"] for row in kept if row["state"] == "proposed" and not is_grounded(suggestion_of(row), context)]


def _without_declined(advice: Advice, declined: Collection[tuple[str, ...]]) -> Advice:
    kept = tuple(suggestion for suggestion in advice.suggestions if subject(suggestion) not in declined)
    count = len(advice.suggestions) - len(kept)
    return replace(advice, suggestions=kept, dropped={**advice.dropped, "rejected before": count}) if count else advice


def _improves(advice: Advice, latest: Mapping[str, Any]) -> bool:
    """Whether the answer is worth more than the one that was kept for the same context."""
    return advice.engine == "claude" and latest["engine"] == "rules"


def _keep(
    conn: Connection, advice: Advice, context: WorkContext, fingerprint: str, scope: AdviceScope, now: datetime
) -> StoredAdvice:
    """Store an answer; what older ones still propose expires."""
    kept = rows.keep_advice(conn, advice, context.project_key, scope, context_hash=fingerprint, now=now)
    rows.expire_older(conn, project_key=context.project_key, scope=scope.name, advice_id=kept["advice_id"])
    return _stored(conn, kept, scope, reused=False)


def _stored(conn: Connection, row: Mapping[str, Any], scope: AdviceScope, *, reused: bool) -> StoredAdvice:
    suggestions = rows.suggestions_of_advice(conn, row["advice_id"])
    return StoredAdvice(
        advice_id=row["advice_id"],
        scope=scope.name,
        engine=row["engine"],
        model=row["model"],
        suggestions=suggestions,
        names=display_names_in(conn, suggestions),
        dropped=row["dropped"],
        notes=row["notes"],
        usage=None if row["usage"] is None else {**row["usage"], "cost_usd": row["cost_usd"]},
        reused=reused,
    )


def display_names_in(conn: Connection, suggestions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Names of the people whom the actions of these rows name, by account id."""
    assigned = {action["value"] for row in suggestions for action in row["actions"] if action["kind"] == "assign"}
    return rows.display_names(conn, assigned)


def _named_values(context: WorkContext) -> Vocabulary:
    """Priorities and people that the context itself names; the order of the priorities is not known."""
    priorities = sorted({issue.priority for issue in context.issues if issue.priority})
    return Vocabulary(tuple(priorities), frozenset(person.account_id for person in context.people))
