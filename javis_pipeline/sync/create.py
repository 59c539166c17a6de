"""How a wish becomes one record of the remote, and never two: decisions about one creation, from what was seen.

A request to make a record cannot be compared with anything, and its reply can be lost. So every request carries the
wish's name as a mark, nothing is asked for twice unless it is proved that nothing was made, and what cannot be proved
is asked of a person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, assert_never
from uuid import UUID

from javis_pipeline.records.create import (
    IN_DOUBT,
    OPEN,
    Creation,
    CreationAnswer,
    CreationState,
    Fence,
    Made,
    Met,
    Walk,
)

# A proof counts when it is made twice: an index of keys, too, may be behind by minutes.
SECOND_PROOF: Final = timedelta(minutes=10)
# A site that writes our mark shows it on a record that is older than this.
MARK_SHOWS: Final = timedelta(minutes=5)
# By so much a site's instants may differ among themselves.
CLOCKS_DIFFER: Final = timedelta(minutes=1)
FIRST_LOOK: Final = timedelta(seconds=30)
LAST_LOOK: Final = timedelta(minutes=30)
# When a refusal is tried again, beside an edit: after a run, an hour, six hours, and every day.
_AGAIN: Final = (timedelta(0), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a creation is judged by, beside what was seen of it.

    Attributes:
        horizon: The longest time that a request may still be executed after it was sent.
        accounts: Ours: what others make proves nothing, and apps copy marks.
        bound: Records of the remote to the wishes that they belong to.
        shows_marks: Whether the site has shown a mark of ours.
        repeatable: To ask for a record that is there already makes no second one.
    """

    horizon: timedelta
    accounts: Collection[str]
    bound: Mapping[str, UUID]
    shows_marks: bool
    repeatable: bool = False


def marked(creation: Creation, walk: Walk, accounts: Collection[str]) -> list[Met]:
    """The records that bear the wish's mark, oldest first. One that somebody else made has it from a copy."""
    ours = (one for one in walk.met if one.mark == creation.record_id and one.creator_id in accounts)
    return sorted(ours, key=lambda one: (one.created_at, one.remote_id))


def interrupted(creation: Creation) -> Creation:
    """A request that was under way when its run ended may have been executed, or may still be."""
    return replace(creation, state="unknown") if creation.state == "sent" else creation


def looked(creation: Creation, walk: Walk, grounds: Grounds, now: datetime, place: str | None = None) -> Creation:
    """What a walk makes of a creation, in any state of it; `place` is what its record hangs on."""
    if creation.state not in OPEN and creation.state not in ("withdrawn", "gone"):
        return creation
    if found := marked(creation, walk, grounds.accounts):
        return bind(creation, Made(remote_id=found[0].remote_id, key=found[0].key), by="mark")
    if (same := _alike(creation, walk, grounds)) is not None:
        return bind(creation, Made(remote_id=same.remote_id, key=same.key), by="likeness")
    if creation.restored_at is not None and creation.state in ("planned", "rejected"):
        return _after_restore(creation, walk, grounds, now, place)
    if creation.state not in ("unknown", "asks"):
        return creation
    assert creation.fence is not None, "nothing is in doubt before something was sent"
    if grounds.repeatable and place in walk.places:
        return replace(creation, state="planned", looks=0, next_look_at=None)
    by_number = place is None and walk.since is None
    nothing = _made_nothing if by_number else partial(_made_nothing_on, place)
    if not nothing(creation, creation.fence, walk, grounds):
        return _doubted(creation, walk, grounds, now)
    if creation.proof_at is None or walk.at < creation.proof_at:
        return _waiting(replace(creation, proof_at=walk.at), now)
    if walk.at - creation.proof_at < SECOND_PROOF:
        return _waiting(creation, now)
    return replace(
        creation,
        state="planned",
        restored_at=None,
        proof_at=None,
        looks=0,
        next_look_at=None,
        evidence={"not_made": True},
    )


def _after_restore(creation: Creation, walk: Walk, grounds: Grounds, now: datetime, place: str | None) -> Creation:
    """What was not asked for by what the backup says, and may have been since: it goes out once nothing that is there
    can be it. What nobody can see any more, where a number is missing, can; then a person is asked."""
    assert creation.fence is not None, "a restore sets it"
    if grounds.repeatable and place in walk.places:
        return replace(creation, restored_at=None)
    if walk.at <= _latest(creation, creation.fence, grounds):
        return creation
    by_number = place is None and walk.since is None
    nothing = _nothing_above if by_number else partial(_made_nothing_on, place)
    if nothing(creation, creation.fence, walk, grounds):
        return replace(creation, restored_at=None)
    return _waiting(replace(creation, state="asks"), now)


def _latest(creation: Creation, fence: Fence, grounds: Grounds) -> datetime:
    """The latest instant at which a request for it may be executed."""
    return max(fence.at, creation.restored_at or fence.at) + grounds.horizon


def _alike(creation: Creation, walk: Walk, grounds: Grounds) -> Met | None:
    """The record that the last request made, as far as a record without a mark can tell: our account made it in the
    time in which the request could be executed, as it was asked for, and nothing else accounts for it. Before the first
    request it is what another copy of this database made."""
    if creation.state not in OPEN:
        return None
    fence = creation.fence
    possible = [
        one
        for one in walk.met
        if one.creator_id in grounds.accounts
        and one.mark is None
        and one.remote_id not in grounds.bound
        and (fence is None or fence.at - CLOCKS_DIFFER <= one.created_at <= _latest(creation, fence, grounds))
    ]
    found = [one for one in possible if creation.record_id in one.alike]
    if not found or found[0].place is None:
        return found[0] if len(found) == 1 else None  # two pages that were asked for alike may have changed since
    # Each of these says the same, and any is it; unless it may be one that somebody has changed.
    is_changed = fence is not None and any(one.place == found[0].place and not one.alike for one in possible)
    return None if is_changed else found[0]


def _doubted(creation: Creation, walk: Walk, grounds: Grounds, now: datetime) -> Creation:
    """Neither the mark nor a proof. It becomes a question when a proof should have been there."""
    assert creation.fence is not None
    over = walk.at >= _latest(creation, creation.fence, grounds) + SECOND_PROOF
    unproved = replace(creation, proof_at=None)
    return _waiting(replace(unproved, state="asks") if over else unproved, now)


def _waiting(creation: Creation, now: datetime) -> Creation:
    if creation.state != "asks":
        return creation
    wait = min(FIRST_LOOK * 2 ** min(creation.looks, 10), LAST_LOOK)
    return replace(creation, looks=creation.looks + 1, next_look_at=now + wait)


def is_due(creation: Creation, now: datetime) -> bool:
    """Whether a creation in doubt is looked at now. One that waits for a person is looked at less and less."""
    if creation.state == "asks":
        return creation.next_look_at is None or now >= creation.next_look_at
    return creation.state in IN_DOUBT


def _made_nothing(creation: Creation, fence: Fence, walk: Walk, grounds: Grounds) -> bool:
    """Whether a walk proves that a request made nothing and will make nothing.

    It passed a record that was made after the request could still be executed, met every number up to that one, and
    each of them is somebody else's or accounted for.
    """
    end = _latest(creation, fence, grounds)
    after = [one.number for one in walk.met if _is_above(one, fence) and one.number and one.created_at > end]
    return bool(after) and _is_clear(creation, fence, walk, grounds, up_to=min(after))


def _nothing_above(creation: Creation, fence: Fence, walk: Walk, grounds: Grounds) -> bool:
    """The same of all that there is by now, and of what has moved since."""
    moved = (one for one in walk.met if one.number is None)
    return _is_clear(creation, fence, walk, grounds, up_to=walk.highest) and all(
        _is_accounted_for(one, walk, creation.record_id, grounds) for one in moved
    )


def _is_above(one: Met, fence: Fence) -> bool:
    return one.number is not None and one.number > fence.number


def _is_clear(creation: Creation, fence: Fence, walk: Walk, grounds: Grounds, *, up_to: int) -> bool:
    """Whether every number after the fence was met, and each is somebody else's or accounted for."""
    if walk.above > fence.number:
        return False
    by_number = {one.number: one for one in walk.met if _is_above(one, fence)}
    between = (by_number.get(number) for number in range(fence.number + 1, up_to + 1))
    return all(one is not None and _is_accounted_for(one, walk, creation.record_id, grounds) for one in between)


def _made_nothing_on(place: str | None, creation: Creation, fence: Fence, walk: Walk, grounds: Grounds) -> bool:
    """The same of what hangs on another record, or has no numbers: all that hangs there, or was made since, was listed
    after the request could still be executed, and what our account made since it was sent is accounted for."""
    since = fence.at - CLOCKS_DIFFER
    listed = place in walk.places if place is not None else walk.since is not None and walk.since <= since
    if not listed or walk.at <= _latest(creation, fence, grounds):
        return False
    made = (one for one in walk.met if one.place == place and one.created_at >= since)
    return all(_is_accounted_for(one, walk, creation.record_id, grounds) for one in made)


def _is_accounted_for(one: Met, walk: Walk, wish: UUID, grounds: Grounds) -> bool:
    """Whether a record cannot be what the wish's request made."""
    if one.creator_id not in grounds.accounts:
        return True
    if one.mark is not None:
        return one.mark != wish
    is_other = grounds.bound.get(one.remote_id, wish) != wish
    shown = grounds.shows_marks and not walk.marked_later and walk.at - one.created_at >= MARK_SHOWS
    return is_other or shown


def unaccounted(creation: Creation, walk: Walk, grounds: Grounds, place: str | None = None) -> list[Met]:
    """Records of our account, made since the request, that could be what it made: to name them in a question."""
    fence = creation.fence
    if fence is None:
        return []
    return [
        one
        for one in walk.met
        if one.creator_id in grounds.accounts
        and one.mark is None
        and one.remote_id not in grounds.bound
        and one.place == place
        and (one.created_at >= fence.at - CLOCKS_DIFFER if one.number is None else one.number > fence.number)
    ]


def may_be_sent(creation: Creation, local_seq: int, now: datetime, *, whole: bool = False) -> bool:
    """Whether a request may go out now, provided that a walk has just not met the mark.

    What was refused is tried again when the row was edited, by a timetable, and in a run that asks for all again.
    """
    if creation.restored_at is not None:
        return False
    if creation.state == "planned":
        return True
    if creation.state != "rejected":
        return False
    wait = _AGAIN[min(creation.refusals, len(_AGAIN)) - 1]
    return (
        whole or creation.refused_seq != local_seq or creation.refused_at is None or now >= creation.refused_at + wait
    )


def send(creation: Creation, fence: Fence, local_seq: int) -> Creation:
    """Note that a request is about to go out. What it makes is found by what was known before it."""
    assert creation.state in ("planned", "rejected")
    return replace(
        creation,
        state="sent",
        attempt=creation.attempt + 1,
        fence=fence,
        proof_at=None,
        refused_seq=local_seq,
        last_error=None,
    )


def is_current(creation: Creation, attempt: int) -> bool:
    """Whether the answer to an attempt still says something: a later one may be under way."""
    return creation.state in ("sent", "unknown") and creation.attempt == attempt


def unsent(creation: Creation, attempt: int, why: str) -> Creation:
    """The request was certainly not executed."""
    return replace(creation, state="planned", last_error=why) if is_current(creation, attempt) else creation


def refused(creation: Creation, attempt: int, why: str, now: datetime) -> Creation:
    """The remote said no: the row says why until it is mended."""
    if not is_current(creation, attempt):
        return creation
    return _rejected(creation, why, now)


def unfit(creation: Creation, why: str, local_seq: int, now: datetime) -> Creation:
    """What the remote would refuse is not sent."""
    if creation.state not in ("planned", "rejected"):
        return creation
    return _rejected(replace(creation, refused_seq=local_seq), why, now)


def _rejected(creation: Creation, why: str, now: datetime) -> Creation:
    return replace(
        creation, state="rejected", last_error=why, refused_at=now, refusals=creation.refusals + 1, proof_at=None
    )


def lost(creation: Creation, attempt: int, why: str) -> Creation:
    """Nobody knows whether the request was executed."""
    return replace(creation, state="unknown", last_error=why) if is_current(creation, attempt) else creation


def bind(creation: Creation, made: Made, *, by: str) -> Creation:
    """This record of the remote is the one. A reply that says so counts whenever it comes."""
    if creation.remote_id is not None:
        return creation
    state: CreationState = "bound" if creation.attempt == 0 else "confirmed"
    return replace(
        creation,
        state=state,
        remote_id=made.remote_id,
        remote_key=made.key,
        proof_at=None,
        next_look_at=None,
        last_error=None,
        evidence={"by": by},
    )


def deleted_here(creation: Creation) -> Creation:
    """Its row was deleted: what was never sent is over; what may have been made is met one day, and never asked for."""
    if creation.state in ("planned", "rejected", "sent", "unknown", "asks"):
        return replace(creation, state="withdrawn", next_look_at=None)
    return creation


def answered(creation: Creation, answer: CreationAnswer, made: Made | None = None) -> Creation:
    """What a person says about a creation that nobody could prove anything about."""
    assert creation.state == "asks"
    match answer:
        case "again":
            return replace(
                creation,
                state="planned",
                restored_at=None,
                proof_at=None,
                looks=0,
                next_look_at=None,
                evidence={"by": "again"},
            )
        case "is":
            assert made is not None
            return bind(creation, made, by="person")
        case "gone":
            return replace(creation, state="gone", next_look_at=None, evidence={"by": "person"})
        case "withdraw":
            return replace(creation, state="withdrawn", next_look_at=None, evidence={"by": "person"})
        case _:
            assert_never(answer)


def doubled(creation: Creation, walk: Walk, accounts: Collection[str]) -> list[Met]:
    """Other records that bear the mark of a wish that has one already."""
    if creation.remote_id is None:
        return []
    return [one for one in marked(creation, walk, accounts) if one.remote_id != creation.remote_id]
