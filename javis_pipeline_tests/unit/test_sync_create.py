"""What walks prove of a request whose outcome was lost, where records hang on others or have no numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from javis_pipeline.records.create import Creation, CreationState, Fence, Met, Walk
from javis_pipeline.sync.create import SECOND_PROOF, Grounds, is_due, looked, may_be_sent, refused

SENT = datetime(2026, 3, 2, 12, tzinfo=UTC)
HORIZON = timedelta(minutes=15)
LATER = SENT + HORIZON + timedelta(minutes=1)
WISH = UUID(int=7)
LOST = Creation(
    record_id=WISH,
    scope="OPS",
    key="OPS-3#new",
    floor=0,
    state="unknown",
    attempt=1,
    fence=Fence(number=0, at=SENT, account_id="us"),
)
GROUNDS = Grounds(horizon=HORIZON, accounts={"us"}, bound={}, shows_marks=False)
OURS = Met(remote_id="1", key="1", number=None, created_at=SENT, creator_id="us", place="10042")
LONG_BEFORE, TOO_LATE = SENT - timedelta(hours=1), SENT + timedelta(minutes=1)


def a_walk(
    at: datetime = LATER, *met: Met, places: frozenset[str] = frozenset(), since: datetime | None = None
) -> Walk:
    return Walk(at=at, above=0, met=met, places=places, since=since)


@pytest.mark.parametrize(
    ("place", "walk", "is_proof"),
    [
        pytest.param("10042", a_walk(places=frozenset({"10042"})), True, id="all that hangs there was listed"),
        pytest.param("10042", a_walk(), False, id="it was not"),
        pytest.param("10042", a_walk(SENT, places=frozenset({"10042"})), False, id="it may still be executed"),
        pytest.param("10042", a_walk(LATER, OURS, places=frozenset({"10042"})), False, id="this may be it"),
        pytest.param(None, a_walk(since=LONG_BEFORE), True, id="all that was made since was listed"),
        pytest.param(None, a_walk(since=TOO_LATE), False, id="what was made at once was not"),
    ],
)
def test_what_is_a_proof_that_nothing_was_made(place: str | None, walk: Walk, is_proof: bool) -> None:
    once = looked(LOST, walk, GROUNDS, LATER, place)

    assert (once.state, once.proof_at) == ("unknown", walk.at if is_proof else None)


def test_given_two_proofs_some_minutes_apart_then_it_goes_out_again() -> None:
    places = frozenset({"10042"})
    once = looked(LOST, a_walk(places=places), GROUNDS, LATER, "10042")

    soon = looked(once, a_walk(LATER + SECOND_PROOF / 2, places=places), GROUNDS, LATER, "10042")
    twice = looked(once, a_walk(LATER + SECOND_PROOF, places=places), GROUNDS, LATER, "10042")

    assert (soon.state, twice.state) == ("unknown", "planned")


def test_given_no_proof_for_long_then_a_person_is_asked() -> None:
    at = SENT + HORIZON + SECOND_PROOF

    assert looked(LOST, a_walk(at), GROUNDS, at, "10042").state == "asks"


@pytest.mark.parametrize(
    ("looked_at_next", "is_looked_at"), [(None, True), (LATER, True), (LATER + timedelta(hours=1), False)]
)
def test_a_question_is_looked_at_again_once_its_time_has_come(
    looked_at_next: datetime | None, is_looked_at: bool
) -> None:
    assert is_due(replace(LOST, state="asks", next_look_at=looked_at_next), LATER) is is_looked_at


@pytest.mark.parametrize(
    ("walk", "state", "restored_at"),
    [
        pytest.param(a_walk(places=frozenset({"10042"})), "planned", None, id="nothing that is there can be it"),
        pytest.param(a_walk(LATER, OURS, places=frozenset({"10042"})), "asks", SENT, id="this may be it"),
        pytest.param(a_walk(SENT, places=frozenset({"10042"})), "planned", SENT, id="it may still be executed"),
    ],
)
def test_what_a_restored_backup_held_goes_out_once_nothing_there_can_be_it(
    walk: Walk, state: str, restored_at: datetime | None
) -> None:
    restored = replace(LOST, state="planned", restored_at=SENT)

    found = looked(restored, walk, GROUNDS, LATER, "10042")

    assert (found.state, found.restored_at) == (state, restored_at)


@pytest.mark.parametrize(
    ("creator", "state"),
    [pytest.param("us", "confirmed", id="of our account"), pytest.param("ann", "unknown", id="of somebody else")],
)
def test_a_record_without_a_mark_that_is_alike_is_ours_if_our_account_made_it(creator: str, state: str) -> None:
    page = replace(OURS, place=None, creator_id=creator, alike=frozenset({WISH}))

    assert looked(LOST, a_walk(SENT + timedelta(minutes=1), page), GROUNDS, LATER).state == state


@pytest.mark.parametrize(
    ("creation", "whole", "may_be"),
    [
        pytest.param(replace(LOST, state="planned"), False, True, id="planned"),
        pytest.param(replace(LOST, state="planned", restored_at=SENT), False, False, id="planned in a backup"),
        pytest.param(LOST, True, False, id="its outcome is unknown"),
        pytest.param(replace(LOST, state="asks"), True, False, id="a person is asked"),
        pytest.param(
            replace(LOST, state="rejected", refusals=2, refused_seq=5, refused_at=LATER), False, False, id="refused"
        ),
        pytest.param(
            replace(LOST, state="rejected", refusals=2, refused_seq=5, refused_at=LATER),
            True,
            True,
            id="refused, and all is asked for again",
        ),
        pytest.param(
            replace(LOST, state="rejected", refusals=2, refused_seq=4, refused_at=LATER),
            False,
            True,
            id="refused, and edited since",
        ),
    ],
)
def test_when_a_request_may_go_out(creation: Creation, whole: bool, may_be: bool) -> None:
    assert may_be_sent(creation, 5, LATER, whole=whole) is may_be


@pytest.mark.parametrize(
    ("state", "attempt", "counts"),
    [
        pytest.param("sent", 1, True, id="to the request that is under way"),
        pytest.param("unknown", 1, True, id="to one whose outcome was lost"),
        pytest.param("sent", 0, False, id="to an earlier one"),
        pytest.param("unknown", 0, False, id="to an earlier one than that which was lost"),
        pytest.param("confirmed", 1, False, id="to one that was met meanwhile"),
    ],
)
def test_which_refusal_counts(state: CreationState, attempt: int, counts: bool) -> None:
    after = refused(replace(LOST, state=state), attempt, "no", LATER)

    assert (after.state, after.last_error) == (("rejected", "no") if counts else (state, None))
