"""What a person decides about a suggestion: accepted, it becomes local edits; rejected, it is not proposed again."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from javis_pipeline.db import suggestions as rows
from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.edits import insert_row
from javis_pipeline.db.policies import is_on
from javis_pipeline.db.suggestions import suggestion_of
from javis_pipeline.errors import UsageError
from javis_pipeline.records.suggestion import EDITED_FIELD, Action, SuggestionState
from javis_pipeline.steps.refused import refusals_told
from javis_pipeline.steps.suggest import display_names_in

SHORTEST_ID = 4

log = logging.getLogger(__name__)


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


def accept(db: Database, id_prefix: str, *, by: str, now: datetime) -> Accepted:
    """Turn a suggestion into local edits, under the application name `ai`; the next sync sends them.

    All or nothing: when it was decided before, has expired, or an issue has changed since, UsageError says so and
    nothing is done.
    """
    with refusals_told(), db.transaction(application_name="ai") as conn:
        suggestion = _locked_proposal(conn, id_prefix)
        actions = suggestion_of(suggestion).actions
        _refuse_stale(conn, suggestion["evidence"]["issue_keys"], actions)
        edits = tuple(action for action in actions if action.kind in EDITED_FIELD or _is_written_here(conn, action))
        for action in edits:
            _edit(conn, action)
        _decide(conn, suggestion, "accepted", by, now)
        names = display_names_in(conn, [suggestion])
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


def _edit(conn: Connection, action: Action) -> None:
    match action.kind:
        case "comment_draft":
            insert_row(conn, "comments", {"issue_key": action.issue_key, "body": action.value})
        case "split":
            _split(conn, action)
        case "add_label":
            rows.edit_issue(conn, action.issue_key, {"label": action.value})
        case kind:
            rows.edit_issue(conn, action.issue_key, {EDITED_FIELD[kind]: action.value})


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
