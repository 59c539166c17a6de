"""A button that was pressed in Slack to the same steps that the command line calls, and who did what to the thread."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from javis_pipeline.clients.slack.client import SlackClient
from javis_pipeline.clients.slack.inbox import WINDOW, Press
from javis_pipeline.db import slack_posts as rows
from javis_pipeline.db.conflicts import find_conflicts
from javis_pipeline.db.connection import Database
from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.errors import ChangedSinceSeen, JavisError, ScopeBusy, UsageError
from javis_pipeline.posts.blocks import Message
from javis_pipeline.posts.conflicts import KEEP_LOCAL, KEEP_REMOTE, SHOW_DIFF, diff_message
from javis_pipeline.posts.notices import answer_message
from javis_pipeline.posts.proposals import ACCEPT, REJECT
from javis_pipeline.records.catalog import Catalog
from javis_pipeline.records.digest import OpenConflict, fingerprint
from javis_pipeline.records.sync import WHOLE_RECORD
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.tables import Tables
from javis_pipeline.records.values import ResourceType
from javis_pipeline.steps.accept import Accepted, accept, reject
from javis_pipeline.steps.notify import Outlet, open_conflicts, post_digest
from javis_pipeline.steps.resolve import resolve
from javis_pipeline.sync.run import Run

_REDRAWS, _REDRAW_SECONDS = 10, 3.0

log = logging.getLogger(__name__)

_WORDS = {
    ACCEPT: "accept a suggestion",
    REJECT: "reject a suggestion",
    KEEP_LOCAL: "keep ours",
    KEEP_REMOTE: "keep theirs",
    SHOW_DIFF: "see both values",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What it takes to answer a press.

    Attributes:
        tables: Where each kind of records is kept.
        outlet_of: Where and how a project is told.
        new_run: A run that only changes our side.
        allowed_users: Ids of those who may decide; empty for every member of the channel.
        sleep: Waits so many seconds.
        turn: Held by the press that changes a post: people press faster than a post is drawn.
    """

    db: Database
    tables: Tables
    slack: SlackClient
    outlet_of: Callable[[str], Outlet]
    new_run: Callable[[ResourceType, Catalog], Run]
    allowed_users: frozenset[str] = frozenset()
    sleep: Callable[[float], None] = time.sleep
    turn: AbstractContextManager[object] = field(default_factory=threading.Lock)


def answer_press(desk: Desk, press: Press, *, now: datetime) -> None:
    """Do what a button says, for somebody who may; tell the thread who did what, or why nothing was done.

    A press on a message that is none of our posts is ignored.
    """
    with desk.db.transaction() as conn:
        post = rows.post_at(conn, press.channel, press.thread_ts)
    if post is None or press.action_id not in _WORDS:
        log.warning("slack_press_ignored action=%s channel=%s", press.action_id, press.channel)
        return
    if not _may_decide(desk, press):
        log.warning("slack_press_refused action=%s user=%s", press.action_id, press.user_id)
        reason = "you are not among those who may (SLACK_ALLOWED_USERS, or the members of this channel)"
        desk.slack.whisper(press.channel, press.user_id, f"Nothing was done: {reason}.")
        return
    outlet = replace(desk.outlet_of(post.project_key), channel=press.channel)
    message = _answer(desk, press, outlet, now)
    desk.slack.send_message(press.channel, message.text, message.blocks, thread_ts=press.thread_ts)
    log.info("slack_press action=%s project=%s", press.action_id, post.project_key)
    if press.action_id != SHOW_DIFF:
        _redraw(desk, outlet, now)


def _redraw(desk: Desk, outlet: Outlet, now: datetime) -> None:
    """The newest digest shows what was decided."""
    with desk.turn:
        for _ in range(_REDRAWS):
            try:
                post_digest(desk.db, desk.slack, outlet, now=now, in_place=True)
            except ScopeBusy:
                # A run is about to post; it may have read the state before the decision.
                desk.sleep(_REDRAW_SECONDS)
            else:
                return
    log.warning("slack_post_not_redrawn project=%s reason=busy", outlet.project)


def is_new_request(db: Database, signature: str, *, now: datetime) -> bool:
    """Remember a request of Slack's by its signature; False for one that was seen before."""
    # A request is taken for five minutes before and after its time.
    with db.transaction() as conn:
        return rows.note_request(conn, signature, now=now, kept=3 * WINDOW)


def _may_decide(desk: Desk, press: Press) -> bool:
    return press.user_id in (desk.allowed_users or desk.slack.members(press.channel))


def _answer(desk: Desk, press: Press, outlet: Outlet, now: datetime) -> Message:
    try:
        if press.action_id == SHOW_DIFF:
            return diff_message(_conflict_to_show(desk.db, press), outlet.sites)
        return answer_message(f"{press.user_name} {_done(desk, press, now)}")
    except JavisError as error:
        return answer_message(f"{press.user_name} wanted to {_WORDS[press.action_id]}, and nothing was done: {error}")


def _done(desk: Desk, press: Press, now: datetime) -> str:
    """What was done, as in "rejected ..."; JavisError when it was not."""
    by = f"{press.user_name} (Slack {press.user_id})"
    if press.action_id == ACCEPT:
        accepted = accept(desk.db, _suggestion_id(press), by=by, now=now)
        return f"accepted “{accepted.title}”. {_effect(accepted)}"
    if press.action_id == REJECT:
        return f"rejected “{reject(desk.db, _suggestion_id(press), by=by, now=now)}”."
    if press.action_id == KEEP_LOCAL:
        kept = _resolved(desk, press, "local", by)
        return f"kept ours: {_name(kept)}. The next sync sends it to {SYSTEMS[kept.system].title}."
    kept = _resolved(desk, press, "remote", by)
    return f"kept {SYSTEMS[kept.system].title}'s: {_name(kept)}. It replaces ours."


def _effect(accepted: Accepted) -> str:
    parts = []
    if accepted.edits:
        done = ", ".join(action.words(accepted.names, done=True) for action in accepted.edits)
        parts.append(f"Done here: {done}. The next sync sends it.")
    parts += [f"By hand: {draft.words(accepted.names)}" for draft in accepted.drafts]
    return " ".join(parts)


def _resolved(desk: Desk, press: Press, choice: Literal["local", "remote"], by: str) -> OpenConflict:
    conflict_id, seen_fingerprint = _reference(press)
    shown = _conflict_to_show(desk.db, press)
    store = _store(desk, conflict_id)
    conflict = store.conflict(conflict_id)
    if conflict is None or conflict.state != "open":
        raise ChangedSinceSeen(f"conflict {conflict_id} is not open any more")
    if fingerprint(conflict.field, conflict.local, conflict.remote) != seen_fingerprint:
        raise ChangedSinceSeen(f"{_name(shown)} changed since this was posted; choose between the new values")
    # From here on the step itself compares: it refuses when a side moves in between.
    run = desk.new_run(conflict.ref.resource_type, store.catalog())
    resolve(store, conflict_id, choice, run, by=by, seen=conflict)
    return shown


def _store(desk: Desk, conflict_id: UUID) -> PostgresStore:
    found = find_conflicts(desk.db, str(conflict_id))
    if not found:
        raise UsageError(f"there is no conflict {conflict_id}; javis conflicts lists those that are open")
    return PostgresStore(desk.db, desk.tables[found[0].resource_type], found[0].scope)


def _conflict_to_show(db: Database, press: Press) -> OpenConflict:
    conflict_id, _ = _reference(press)
    for found in find_conflicts(db, str(conflict_id)):
        for conflict in open_conflicts(db, (found.scope_ref,), only=conflict_id):
            return conflict
    raise ChangedSinceSeen(f"conflict {conflict_id} is not open any more")


def _reference(press: Press) -> tuple[UUID, str]:
    """The conflict, and the fingerprint of the values that the person saw."""
    conflict_id, _, seen_fingerprint = press.value.partition(" ")
    try:
        return UUID(conflict_id), seen_fingerprint
    except ValueError:
        raise UsageError("the button names no conflict; a later post of this channel has new ones") from None


def _suggestion_id(press: Press) -> str:
    # Whole: the steps take the first characters of an id, and no characters would be the first ones of any.
    try:
        return str(UUID(press.value))
    except ValueError:
        raise UsageError("the button names no suggestion; a later post of this channel has new ones") from None


def _name(conflict: OpenConflict) -> str:
    field = "" if conflict.field == WHOLE_RECORD else f" {conflict.field.replace('_', ' ')}"
    return f"{conflict.name}{field}"
