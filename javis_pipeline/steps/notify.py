"""What the database knows to posts in Slack: the digest, the alert, the state of the sync, a failed run."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from javis_pipeline.clients.slack.client import Sent, SlackClient, Upload
from javis_pipeline.db import suggestions
from javis_pipeline.db.conflicts import list_conflicts
from javis_pipeline.db.connection import Database
from javis_pipeline.db.slack_posts import PostKey, newest_posts
from javis_pipeline.db.status import scope_status
from javis_pipeline.posts.blocks import Message, Sites
from javis_pipeline.posts.conflicts import CONFLICTS_SHOWN
from javis_pipeline.posts.digest import digest_details, digest_message
from javis_pipeline.posts.news import alert_facts, digest_facts, facts_from_json, facts_hash, pressing, sprint_of
from javis_pipeline.posts.notices import ScopeLine, alert_message, failure_message, hello_message, status_message
from javis_pipeline.posts.text import day
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.digest import Digest, Earlier, Facts, FailedRun, OpenConflict, Proposal
from javis_pipeline.records.losses import losses_shown, reasons_shown
from javis_pipeline.records.suggestion import Action
from javis_pipeline.records.systems import SYSTEMS
from javis_pipeline.records.values import ScopeRef, from_json, scopes_of
from javis_pipeline.steps.build_context import last_context
from javis_pipeline.steps.publish import Drawing, Post, Published, publish

DIGEST, ALERT, STATUS, FAILURE = "digest", "risk_alert", "status", "run_failure"
_PICTURES: Mapping[str, str] = {
    "cumulative_flow": "Cumulative flow: work items not started, in progress and done, by week",
    "cycle_times": "Cycle times: days from start to finish of the latest finished items, with the 50 % and 85 % lines",
    "throughput": "Throughput: work items finished per week",
    "forecast": "Forecast: when the sprint and the epics will be done with 50, 85 and 95 % likelihood",
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where and how a project is told.

    Attributes:
        channel: Id or name.
        spaces: Confluence spaces that come with the project.
        zone: Whose days count.
        with_pictures: Charts are uploaded to the thread of the digest.
    """

    project: str
    channel: str
    spaces: Sequence[str] = ()
    zone: ZoneInfo = field(default_factory=partial(ZoneInfo, "UTC"))
    sites: Sites = field(default_factory=Sites)
    with_pictures: bool = True


def read_digest(db: Database, outlet: Outlet) -> Digest | None:
    """What a digest would tell; None when the project has no work context yet."""
    context = last_context(db, outlet.project)
    if context is None:
        return None
    with db.transaction() as conn:
        advice = suggestions.latest_advice(conn, project_key=outlet.project, scope="project")
        found = suggestions.suggestions_of_advice(conn, advice["advice_id"]) if advice else []
    return Digest(
        context=context,
        engine=advice["engine"] if advice else "",
        model=advice["model"] if advice else None,
        proposals=tuple(map(_proposal, found)),
        notes=tuple(advice["notes"]) if advice else (),
        conflicts=open_conflicts(db, scopes_of(outlet.project, outlet.spaces), quoted=CONFLICTS_SHOWN),
    )


def open_conflicts(
    db: Database, scopes: Sequence[ScopeRef], *, only: UUID | None = None, quoted: int | None = None
) -> tuple[OpenConflict, ...]:
    """The conflicts of projects and spaces that wait for a person, oldest first; `only` one of them, if one is named.
    After the first `quoted` ones they come without their values."""
    return tuple(map(_conflict, list_conflicts(db, scopes, only=only, quoted=quoted)))


def digest_post(digest: Digest, outlet: Outlet) -> Post:
    """The digest as a post. Of a project without issues it is news only to those who were told of some."""
    facts = digest_facts(digest)
    is_empty = not (digest.context.counts.total or digest.context.risks or digest.proposals or digest.conflicts)
    return Post(
        DIGEST,
        outlet.project,
        outlet.channel,
        facts_hash(facts),
        lambda earlier: Drawing(
            digest_message(digest, earlier, outlet.sites),
            digest_details(digest, outlet.sites),
            _pictures(digest.context) if outlet.with_pictures else {},
        ),
        facts,
        is_follow_up=is_empty,
    )


def post_digest(
    db: Database, slack: SlackClient, outlet: Outlet, *, now: datetime, in_place: bool = False
) -> Published:
    """Bring the project's digest up to date; nothing is posted that the channel was told before.

    Args:
        in_place: Only change the newest digest, as after somebody pressed a button on it.
    """
    digest = read_digest(db, outlet)
    if digest is None:
        return Published("nothing_to_say", None, (f"project {outlet.project} has no work context yet",))
    return publish(db, slack, digest_post(digest, outlet), now=now, zone=outlet.zone, in_place=in_place)


def alert_post(context: WorkContext, outlet: Outlet, told: Earlier | None = None) -> Post:
    """The risks as a post. It is about a moment: that numbers grow older does not change it.

    Args:
        told: What the newest digest told.
    """
    facts = alert_facts(context)
    return Post(
        ALERT,
        outlet.project,
        outlet.channel,
        facts_hash(facts),
        lambda earlier: Drawing(alert_message(context, _later(earlier, told), outlet.sites)),
        facts,
        is_kept_current=False,
        is_follow_up=facts == Facts(),
    )


def post_risk_alert(
    db: Database, slack: SlackClient, outlet: Outlet, context: WorkContext, *, now: datetime
) -> Published:
    """Tell the channel when the set of risks of at least medium severity changed, or their severity.

    A project that never had a risk worth an alert gets none that says so; neither does a channel whose newest digest
    told it.
    """
    told = _told_by_digest(db, slack, outlet)
    if told is not None and facts_hash(told.facts) == facts_hash(alert_facts(context)):
        return Published("unchanged", None, ("the newest digest told it",))
    return publish(db, slack, alert_post(context, outlet, told), now=now, zone=outlet.zone)


def _told_by_digest(db: Database, slack: SlackClient, outlet: Outlet) -> Earlier | None:
    """The risks of at least medium severity in the newest digest of the channel; None when there is none."""
    key = PostKey(DIGEST, outlet.project, slack.channel_id(outlet.channel))
    with db.transaction() as conn:
        newest = next((row for row in newest_posts(conn, key) if row.posted_at is not None), None)
    facts = facts_from_json(newest.facts) if newest is not None else None
    if newest is None or newest.posted_at is None or facts is None:
        return None
    return Earlier(facts=pressing(facts), posted_at=newest.updated_at or newest.posted_at)


def _later(one: Earlier | None, other: Earlier | None) -> Earlier | None:
    return max(filter(None, (one, other)), key=lambda earlier: earlier.posted_at, default=None)


def read_status(db: Database, outlet: Outlet) -> list[ScopeLine]:
    """The last sync of the project and its spaces."""
    wanted = scopes_of(outlet.project, outlet.spaces)
    names = ScopeLine.__dataclass_fields__
    return [
        ScopeLine(**{name: row[name] for name in names})
        for row in scope_status(db)
        if (row["system"], row["scope"]) in wanted
    ]


def status_post(scopes: Sequence[ScopeLine], outlet: Outlet, *, now: datetime) -> Post:
    """The state of the sync as a post: one a day, which later ones of the day change."""
    today = now.astimezone(outlet.zone).date().isoformat()
    message = status_message(outlet.project, scopes, now, outlet.zone)
    return Post(STATUS, outlet.project, outlet.channel, _hash(today), lambda _: Drawing(message))


def post_run_failure(
    db: Database, slack: SlackClient, outlet: Outlet, failed: FailedRun, *, now: datetime
) -> Published:
    """Tell the channel that a job failed, once for each cause, however often it fails until it was quiet for a day.

    Causes that differ only in numbers and ids are the same cause.

    Args:
        outlet: Its project may be empty for a job that is about none.
    """
    message = failure_message(failed, outlet.project)
    post = Post(
        f"{FAILURE} {failed.job}",
        outlet.project,
        outlet.channel,
        _hash(failed.job, re.sub(r"[0-9a-f]{8,}|\d+", "#", failed.cause, flags=re.IGNORECASE)),
        lambda _: Drawing(message),
        lifetime="once",
    )
    return publish(db, slack, post, now=now, zone=outlet.zone)


def send_test(slack: SlackClient, outlet: Outlet, *, now: datetime) -> Sent:
    """Post a message that says who can post here; each call posts one."""
    message: Message = hello_message(slack.identity().name, now, outlet.zone)
    return slack.send_message(slack.channel_id(outlet.channel), message.text, message.blocks)


def _proposal(row: Mapping[str, Any]) -> Proposal:
    return Proposal(
        suggestion_id=row["id"],
        title=row["title"],
        rationale=row["rationale"],
        issue_keys=tuple(row["evidence"]["issue_keys"]),
        actions=tuple(Action(**action) for action in row["actions"]),
        state=row["state"],
        decided_by=row["decided_by"],
        sprint=sprint_of(row["evidence"]["finding_ids"]),
    )


def _conflict(row: Mapping[str, Any]) -> OpenConflict:
    system = row["system"]
    name = SYSTEMS[system].name_of(row["key"], row["title"])
    return OpenConflict(
        conflict_id=row["id"],
        system=system,
        scope=row["scope"],
        name=name,
        resource_id=row["resource_id"],
        field=row["field_name"],
        kind=row["kind"],
        base=from_json(row["base_value"]),
        local=from_json(row["local_value"]),
        remote=from_json(row["remote_value"]),
        loses=tuple(losses_shown(row["details"])),
        doubts=tuple(reasons_shown(row["details"])),
    )


def _pictures(context: WorkContext) -> dict[str, partial[Upload]]:
    """By file name, which is the same on every day: each post gets its pictures once."""
    return {
        f"{context.project_key}-{name.replace('_', '-')}.png": partial(_picture, context, name) for name in _PICTURES
    }


def _picture(context: WorkContext, name: str) -> Upload:
    # matplotlib takes half a second to import, and most posts have their pictures already.
    from javis_pipeline.context.plots import plot

    words = name.replace("_", " ")
    made_on = day(context.as_of.astimezone(ZoneInfo(context.time_zone)))
    file_name = f"{context.project_key}-{words.replace(' ', '-')}.png"
    return Upload(file_name, f"{context.project_key} {words}, {made_on}", _PICTURES[name], plot(context, name))


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
