"""From a work context to suggestions that are kept, and from an accepted suggestion to local edits."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from javis_pipeline.clients.claude import MessagesClient
from javis_pipeline.db import suggestions as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.edits import insert_row
from javis_pipeline.db.policies import is_on
from javis_pipeline.errors import RemoteError, UnusableReply, UsageError
from javis_pipeline.records.context import WorkContext, context_hash
from javis_pipeline.records.suggestion import (
    EDITED_FIELD,
    Action,
    Advice,
    AdviceScope,
    Engine,
    Suggestion,
    SuggestionState,
    Usage,
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
SHORTEST_ID = 4
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


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting a suggestion did.

    Attributes:
        edits: Actions that are local edits now; the next sync sends them.
        drafts: Actions that are texts for a person to use.
        names: Display names of the people whom the actions name, by account id.
    """

    title: str
    edits: tuple[Action, ...]
    drafts: tuple[Action, ...]
    names: Mapping[str, str]


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


def accept(db: Database, id_prefix: str, *, by: str, now: datetime) -> Accepted:
    """Turn a suggestion into local edits, under the application name `ai`; the next sync sends them.

    All or nothing: when it was decided before, has expired, or an issue has changed since, UsageError says so and
    nothing is done.
    """
    with db.transaction(application_name="ai") as conn:
        suggestion = _locked_proposal(conn, id_prefix)
        actions = suggestion_of(suggestion).actions
        _refuse_stale(conn, suggestion["evidence"]["issue_keys"], actions)
        edits = tuple(action for action in actions if action.kind in EDITED_FIELD or _is_written_here(conn, action))
        for action in edits:
            if action.kind == "comment_draft":
                insert_row(conn, "comments", {"issue_key": action.issue_key, "body": action.value})
                continue
            if action.kind == "split":
                _split(conn, action)
                continue
            field = "label" if action.kind == "add_label" else EDITED_FIELD[action.kind]
            rows.edit_issue(conn, action.issue_key, {field: action.value})
        _decide(conn, suggestion, "accepted", by, now)
        names = _names(conn, [suggestion])
    log.info("accepted suggestion=%s edits=%d", suggestion["id"], len(edits))
    return Accepted(suggestion["title"], edits, tuple(action for action in actions if action not in edits), names)


def _is_written_here(conn: Connection, action: Action) -> bool:
    """Whether a drafted comment, or the issues that one is split into, are rows here, and go out with the next sync."""
    match action.kind:
        case "comment_draft":
            return is_on(conn, "jira", action.project, "comments")
        case "split":
            return bool(action.titles) and is_on(conn, "jira", action.project, "create")
        case _:
            return False


def _split(conn: Connection, action: Action) -> None:
    """Make the issues that one is split into: beside it, of its type. What is in it stays."""
    like = rows.type_and_parent(conn, action.issue_key)
    for title in action.titles:
        insert_row(conn, "jira_issues", {"project_key": action.project, "title": title, **like})


def reject(db: Database, id_prefix: str, *, by: str, now: datetime) -> str:
    """Decline a suggestion; its title. UsageError when it was decided before or has expired."""
    with db.transaction() as conn:
        suggestion = _locked_proposal(conn, id_prefix)
        _decide(conn, suggestion, "rejected", by, now)
    title: str = suggestion["title"]
    return title


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
    project_key, advice_id = context.project_key, uuid4()
    kept = _advice_row(advice, advice_id, context, fingerprint, scope, now)
    rows.insert_advice(conn, kept)
    for rank, suggestion in enumerate(advice.suggestions, start=1):
        rows.insert_suggestion(conn, _suggestion_row(suggestion, rank, kept))
    rows.expire_older(conn, project_key=project_key, scope=scope.name, advice_id=advice_id)
    return _stored(conn, kept, scope, reused=False)


def _locked_proposal(conn: Connection, id_prefix: str) -> dict[str, Any]:
    if len(id_prefix.strip()) < SHORTEST_ID:
        raise UsageError(
            f"{id_prefix!r} is too short for the id of a suggestion; give {SHORTEST_ID} characters or more"
        )
    found = rows.find_suggestions(conn, id_prefix.strip().lower())
    # An older one that begins alike is not what somebody means who reads the list.
    waiting = [row["id"] for row in found if row["state"] == "proposed"] or [row["id"] for row in found]
    if len(waiting) != 1:
        what = "several suggestions have an id that begins with" if found else "there is no suggestion"
        raise UsageError(f"{what} {id_prefix!r}; javis suggest lists them")
    suggestion = rows.lock_suggestion(conn, waiting[0])
    if suggestion is None:
        raise UsageError(f"suggestion {id_prefix} was deleted just now; javis suggest lists the current ones")
    if suggestion["state"] == "expired":
        raise UsageError(f"suggestion {id_prefix} has expired: the project changed since; javis suggest lists new ones")
    if suggestion["state"] != "proposed":
        raise UsageError(f"suggestion {id_prefix} was {suggestion['state']} before by {suggestion['decided_by']}")
    return suggestion


def _refuse_stale(conn: Connection, issue_keys: Sequence[str], actions: Sequence[Action]) -> None:
    """UsageError when an issue is not there any more, or differs from what the suggestion was made from."""
    issues = rows.lock_issues_as_text(conn, {*issue_keys, *(action.issue_key for action in actions)})
    for key in (*issue_keys, *(action.issue_key for action in actions)):
        if key not in issues or not issues[key]["is_there"]:
            raise UsageError(f"{key} is not there any more; nothing was done. Next: javis suggest")
    for action in actions:
        changed = [name for name, seen in action.seen.items() if issues[action.issue_key][name] != seen]
        if changed:
            raise UsageError(
                f"{action.issue_key} changed since this was suggested ({', '.join(changed)}); nothing was done. "
                "Next: javis suggest"
            )


def _decide(conn: Connection, suggestion: Mapping[str, Any], state: SuggestionState, by: str, now: datetime) -> None:
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


def _stored(conn: Connection, row: Mapping[str, Any], scope: AdviceScope, *, reused: bool) -> StoredAdvice:
    suggestions = rows.suggestions_of_advice(conn, row["advice_id"])
    return StoredAdvice(
        advice_id=row["advice_id"],
        scope=scope.name,
        engine=row["engine"],
        model=row["model"],
        suggestions=suggestions,
        names=_names(conn, suggestions),
        dropped=row["dropped"],
        notes=row["notes"],
        usage=None if row["usage"] is None else {**row["usage"], "cost_usd": row["cost_usd"]},
        reused=reused,
    )


def _names(conn: Connection, suggestions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    assigned = {action["value"] for row in suggestions for action in row["actions"] if action["kind"] == "assign"}
    return rows.display_names(conn, assigned)


def _named_values(context: WorkContext) -> Vocabulary:
    """Priorities and people that the context itself names; the order of the priorities is not known."""
    priorities = sorted({issue.priority for issue in context.issues if issue.priority})
    return Vocabulary(tuple(priorities), frozenset(person.account_id for person in context.people))
