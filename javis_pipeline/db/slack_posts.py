"""What was posted to Slack, and which of its requests were seen. Functions never commit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from javis_pipeline.db.connection import Connection, Database
from javis_pipeline.db.named_queries import named_queries
from javis_pipeline.records.context import JsonObject

_QUERIES = named_queries("slack_posts")


class PostKey(NamedTuple):
    """What posts are about and where they go; one message at a time is the current one for it.

    Attributes:
        kind: "digest", "risk_alert", "status", or "run_failure" and the job.
        project_key: Project; empty for what is about all.
        channel: Id of the channel.
    """

    kind: str
    project_key: str
    channel: str


@dataclass(frozen=True, slots=True)
class PostRow:
    """One message, or the claim of one.

    Attributes:
        state_hash: Of what it tells, without what merely grows older.
        content_hash: Of all that it and its thread show; None until Slack shows all of it.
        facts: What it tells, for the next one to compare with.
        ts: Its id in the channel; None for a claim that is not confirmed.
        posted_at: None for a claim that is not confirmed.
    """

    post_id: UUID
    state_hash: str
    content_hash: str | None
    facts: JsonObject
    channel: str
    ts: str | None
    claimed_at: datetime
    posted_at: datetime | None
    updated_at: datetime | None


class PostAt(NamedTuple):
    """Which post a message is."""

    post_id: UUID
    kind: str
    project_key: str


def newest_posts(conn: Connection, key: PostKey) -> list[PostRow]:
    """The last post or claim and the one before it."""
    return [PostRow(**row) for row in conn.execute(_QUERIES["newest_posts"], key._asdict())]


class Waiting(NamedTuple):
    """A post that Slack has not taken, and since when."""

    kind: str
    project_key: str
    claimed_at: datetime


def waiting_posts(db: Database) -> list[Waiting]:
    """What was to be posted and is not there, as far as is known; the oldest first."""
    return [Waiting(**row) for row in db.query(_QUERIES["waiting_posts"])]


def claim_post(
    conn: Connection, key: PostKey, post_id: UUID, *, state_hash: str, facts: JsonObject, now: datetime
) -> None:
    """Note that a message is about to be sent."""
    conn.execute(
        _QUERIES["claim_post"],
        {**key._asdict(), "post_id": post_id, "state_hash": state_hash, "facts": Jsonb(facts), "now": now},
    )


def confirm_post(conn: Connection, post_id: UUID, ts: str, *, now: datetime) -> None:
    """Note that the message of a claim is in the channel."""
    conn.execute(_QUERIES["confirm_post"], {"post_id": post_id, "ts": ts, "now": now})


def change_post(conn: Connection, post_id: UUID, *, state_hash: str, facts: JsonObject, now: datetime) -> None:
    """Note that the message tells another state."""
    values = {"post_id": post_id, "state_hash": state_hash, "facts": Jsonb(facts), "now": now}
    conn.execute(_QUERIES["change_post"], values)


def complete_post(conn: Connection, post_id: UUID, content_hash: str) -> None:
    """Note that message and thread show all they should."""
    conn.execute(_QUERIES["complete_post"], {"post_id": post_id, "content_hash": content_hash})


def note_again(conn: Connection, key: PostKey, state_hash: str, *, since: datetime, now: datetime) -> bool:
    """Note that a state came again; False when none was posted that was last seen at or after `since`."""
    values = {**key._asdict(), "state_hash": state_hash, "since": since, "now": now}
    return conn.execute(_QUERIES["note_again"], values).rowcount > 0


def post_at(conn: Connection, channel: str, ts: str) -> PostAt | None:
    """The post that a message is; None for a message that is none of ours."""
    row = conn.execute(_QUERIES["post_at"], {"channel": channel, "ts": ts}).fetchone()
    return None if row is None else PostAt(**row)


def note_request(conn: Connection, signature: str, *, now: datetime, kept: timedelta) -> bool:
    """Remember the signature of a request for `kept`; False when it was there already: a replay."""
    conn.execute(_QUERIES["forget_requests"], {"before": now - kept})
    return conn.execute(_QUERIES["note_request"], {"signature": signature, "now": now}).rowcount == 1
