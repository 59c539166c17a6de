"""A state to one message in Slack, whatever happens on the way.

Before a message is sent, its row in `slack_posts` is committed, and the message carries the row's id. So a message
whose answer was lost, or whose sender was killed, is found again instead of sent again. A lock makes publishers take
turns.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from javis_pipeline.clients.slack.client import Mark, Sent, SlackClient, Upload
from javis_pipeline.db import slack_posts as rows
from javis_pipeline.db.connection import Database
from javis_pipeline.db.locks import hold_scope
from javis_pipeline.db.slack_posts import PostKey, PostRow
from javis_pipeline.errors import OutcomeUnknown, RemoteBusy, RemoteRefused
from javis_pipeline.posts.blocks import Message, message_json
from javis_pipeline.posts.news import carried, facts_from_json, facts_to_json
from javis_pipeline.records.digest import Earlier, Facts

# Slack's clock and ours may differ by so much when a message is looked for.
_CLOCK_MARGIN: Final = timedelta(hours=1)
_MAIN: Final = "main"
# A state that was away for so long and comes back is told again.
QUIET: Final = timedelta(days=1)

log = logging.getLogger(__name__)

Outcome = Literal["posted", "updated", "unchanged", "nothing_to_say"]
Lifetime = Literal["day", "once"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a state looks.

    Attributes:
        main: The message in the channel.
        details: The messages in its thread, by part, in order.
        pictures: File name to what draws it; uploaded to the thread unless a file of this name is there.
    """

    main: Message
    details: Mapping[str, Message] = field(default_factory=dict)
    pictures: Mapping[str, Callable[[], Upload]] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """Hex digest over the texts."""
        return _digest(self.main, *self.details.values())


@dataclass(frozen=True, slots=True)
class Post:
    """A state to be told.

    Attributes:
        kind: What about; posts of one kind, project and channel follow each other.
        channel: Id or name.
        state_hash: Equal means that there is no news.
        draw: The state as messages, given the post that it follows.
        facts: For the next post to compare with; None when it does not.
        lifetime: "day": on the same day a changed state changes the message. "once": each state has its own message,
            and is told again only after it was not seen for `QUIET`.
        is_kept_current: The message is changed when only numbers grew older, too.
        is_follow_up: It is news only to those who were told something before: that all is well again.
    """

    kind: str
    project_key: str
    channel: str
    state_hash: str
    draw: Callable[[Earlier | None], Drawing]
    facts: Facts | None = None
    lifetime: Lifetime = "day"
    is_kept_current: bool = True
    is_follow_up: bool = False


class Published(NamedTuple):
    """What became of a post.

    Attributes:
        sent: Where the message is; None when there is none.
        notes: What is missing and what to do about it.
    """

    outcome: Outcome
    sent: Sent | None
    notes: tuple[str, ...] = ()


def publish(
    db: Database, slack: SlackClient, post: Post, *, now: datetime, zone: ZoneInfo, in_place: bool = False
) -> Published:
    """Bring Slack to the state: by a new message, a changed one, or nothing.

    Args:
        zone: Whose days count.
        in_place: Only change the newest message, whatever its day; there is never a new one.

    Raises:
        ScopeBusy: Another process is about to tell the same.
        RemoteError: Slack cannot be reached or refuses; the subclass tells which, and nothing is told twice later.
    """
    channel = slack.channel_id(post.channel)
    key = PostKey(post.kind, post.project_key, channel)
    with hold_scope(db, "slack", " ".join(key), holder="javis slack"):
        published = _Publication(db, slack, post, key, now, zone).run(in_place=in_place)
    log.info("published kind=%s project=%s outcome=%s", post.kind, post.project_key, published.outcome)
    return published


class Preview(NamedTuple):
    """What `publish` would do, and with which messages."""

    outcome: Outcome
    drawing: Drawing


def preview(db: Database, slack: SlackClient | None, post: Post, *, now: datetime, zone: ZoneInfo) -> Preview:
    """What publishing a state of a day would do now; nothing is written anywhere.

    Args:
        slack: Tells the channel's id, to look up its last post; None: as if there had been none.
    """
    if slack is None:
        return Preview("nothing_to_say" if post.is_follow_up else "posted", post.draw(None))
    key = PostKey(post.kind, post.project_key, slack.channel_id(post.channel))
    return _Publication(db, slack, post, key, now, zone).preview()


@dataclass(frozen=True, slots=True)
class _Publication:
    """One turn of a publisher, under the lock."""

    db: Database
    slack: SlackClient
    post: Post
    key: PostKey
    now: datetime
    zone: ZoneInfo

    def run(self, *, in_place: bool) -> Published:
        found = self._newest()
        newest = found[0] if found else None
        before = found[1] if len(found) > 1 else None
        if newest is not None and newest.ts is None:
            newest = self._looked_for(newest)
        if newest is not None and newest.ts is not None:
            if in_place or self._belongs_to(newest):
                changed = self._brought_up_to_date(newest, before)
                if changed is not None:
                    return changed
            before = newest
        if in_place:
            return Published("unchanged", None)
        if self._was_told():
            return Published("unchanged", None)
        if self.post.is_follow_up and before is None:
            return Published("nothing_to_say", None)
        claimed = newest.post_id if newest is not None and newest.ts is None else uuid4()
        return self._post(claimed, before)

    def preview(self) -> Preview:
        found = self._newest()
        newest = found[0] if found else None
        if newest is not None and newest.ts is not None and self._belongs_to(newest):
            drawing = self.post.draw(_earlier(found[1] if len(found) > 1 else None))
            is_news = newest.state_hash != self.post.state_hash
            aged = self.post.is_kept_current and newest.content_hash != drawing.content_hash
            return Preview("updated" if is_news or aged else "unchanged", drawing)
        drawing = self.post.draw(_earlier(newest))
        if self.post.is_follow_up and newest is None:
            return Preview("nothing_to_say", drawing)
        return Preview("posted", drawing)

    def _newest(self) -> list[PostRow]:
        with self.db.transaction() as conn:
            return rows.newest_posts(conn, self.key)

    def _looked_for(self, claim: PostRow) -> PostRow:
        """The claim, confirmed if its message is in the channel after all."""
        found = self.slack.find_post(self.key.channel, claim.post_id, since=claim.claimed_at - _CLOCK_MARGIN)
        if found is None:
            return claim
        log.info("found_again kind=%s project=%s", self.key.kind, self.key.project_key)
        self._confirm(claim.post_id, found, at=claim.claimed_at)
        return replace(claim, ts=found.ts, posted_at=claim.claimed_at)

    def _belongs_to(self, newest: PostRow) -> bool:
        """Whether the state has no message of its own, but is told by the newest one."""
        if newest.state_hash == self.post.state_hash:
            return self.post.lifetime == "day"
        assert newest.posted_at is not None
        days = {instant.astimezone(self.zone).date() for instant in (newest.posted_at, self.now)}
        return self.post.lifetime == "day" and len(days) == 1

    def _was_told(self) -> bool:
        """Whether a state that is told once was told, and is still going on."""
        if self.post.lifetime != "once":
            return False
        with self.db.transaction() as conn:
            return rows.note_again(conn, self.key, self.post.state_hash, since=self.now - QUIET, now=self.now)

    def _brought_up_to_date(self, newest: PostRow, before: PostRow | None) -> Published | None:
        """The newest message shows the state now; None when it is gone and the state is not the one it told."""
        sent = _place(newest)
        is_news = newest.state_hash != self.post.state_hash
        if newest.content_hash is not None and not (is_news or self.post.is_kept_current):
            return Published("unchanged", sent)
        drawing = self.post.draw(_earlier(before))
        if newest.content_hash == drawing.content_hash:
            return Published("unchanged", sent)
        mark = Mark(newest.post_id, _MAIN, _digest(drawing.main))
        if not self.slack.update_message(sent, drawing.main.text, drawing.main.blocks, mark=mark):
            if is_news:
                return None
            # Somebody has deleted the message. What it told is no news, so it is not told again.
            self._complete(newest.post_id, drawing)
            return Published("unchanged", None)
        self._change(newest.post_id, before)
        notes = self._show_thread(newest.post_id, sent, drawing)
        return Published("updated", sent, notes)

    def _post(self, post_id: UUID, before: PostRow | None) -> Published:
        drawing = self.post.draw(_earlier(before))
        with self.db.transaction() as conn:
            state, facts = self.post.state_hash, self._facts(before)
            rows.claim_post(conn, self.key, post_id, state_hash=state, facts=facts, now=self.now)
        sent = self._sent(post_id, drawing.main)
        self._confirm(post_id, sent, at=self.now)
        return Published("posted", sent, self._show_thread(post_id, sent, drawing, is_new=True))

    def _sent(self, post_id: UUID, message: Message) -> Sent:
        mark = Mark(post_id, _MAIN, _digest(message))
        try:
            return self.slack.send_message(self.key.channel, message.text, message.blocks, mark=mark)
        except OutcomeUnknown as error:
            found = self.slack.find_post(self.key.channel, post_id, since=self.now - _CLOCK_MARGIN)
            if found is None:
                raise RemoteBusy(f"{error}; the next run looks for it, and posts it if it is not there") from error
            return found

    def _show_thread(self, post_id: UUID, sent: Sent, drawing: Drawing, *, is_new: bool = False) -> tuple[str, ...]:
        if drawing.details or drawing.pictures or not is_new:
            try:
                notes = self._bring_thread(post_id, sent, drawing)
            except OutcomeUnknown:
                # What was in doubt is there now, or is not: what is there is looked at first.
                notes = self._bring_thread(post_id, sent, drawing)
        else:
            notes = ()
        self._complete(post_id, drawing)
        return notes

    def _bring_thread(self, post_id: UUID, sent: Sent, drawing: Drawing) -> tuple[str, ...]:
        """Post, change and delete replies of ours until the thread holds the details."""
        replies = self.slack.replies(sent)
        ours = {reply.mark.part: reply for reply in replies if reply.mark and reply.mark.post_id == post_id}
        ours.pop(_MAIN, None)
        for part, message in drawing.details.items():
            mark = Mark(post_id, part, _digest(message))
            there = ours.pop(part, None)
            if there is not None and there.mark == mark:
                continue
            if there is None or not self.slack.update_message(
                Sent(sent.channel, there.ts), message.text, message.blocks, mark=mark
            ):
                self.slack.send_message(sent.channel, message.text, message.blocks, thread_ts=sent.ts, mark=mark)
        for left_over in ours.values():
            self.slack.delete_message(Sent(sent.channel, left_over.ts))
        return self._upload(sent, drawing, {name for reply in replies for name in reply.file_names})

    def _upload(self, sent: Sent, drawing: Drawing, present: set[str]) -> tuple[str, ...]:
        missing = [draw() for name, draw in drawing.pictures.items() if name not in present]
        if not missing:
            return ()
        try:
            self.slack.upload(sent, missing)
        except RemoteRefused as error:
            # A digest without pictures is worth more than none.
            log.warning("pictures_not_uploaded project=%s reason=%s", self.key.project_key, error)
            return (f"the pictures are missing: {error}",)
        return ()

    def _facts(self, before: PostRow | None) -> dict[str, object]:
        earlier = _earlier(before)
        if self.post.facts is None:
            return {}
        return facts_to_json(carried(self.post.facts, earlier.facts) if earlier else self.post.facts)

    def _confirm(self, post_id: UUID, sent: Sent, *, at: datetime) -> None:
        with self.db.transaction() as conn:
            rows.confirm_post(conn, post_id, sent.ts, now=at)

    def _change(self, post_id: UUID, before: PostRow | None) -> None:
        with self.db.transaction() as conn:
            state, facts = self.post.state_hash, self._facts(before)
            rows.change_post(conn, post_id, state_hash=state, facts=facts, now=self.now)

    def _complete(self, post_id: UUID, drawing: Drawing) -> None:
        with self.db.transaction() as conn:
            rows.complete_post(conn, post_id, drawing.content_hash)


def _place(row: PostRow) -> Sent:
    assert row.ts is not None
    return Sent(row.channel, row.ts)


def _earlier(row: PostRow | None) -> Earlier | None:
    facts = None if row is None else facts_from_json(row.facts)
    return (
        None if row is None or facts is None or row.posted_at is None else Earlier(facts=facts, posted_at=row.posted_at)
    )


def _digest(*messages: Message) -> str:
    return hashlib.blake2b(b"\n".join(map(message_json, messages)), digest_size=16).hexdigest()
