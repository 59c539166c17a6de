"""What walks prove of a request whose outcome was lost, where records hang on others or have no numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from javis_pipeline.records.create import Creation, Fence, Met, Walk
from javis_pipeline.sync.create import SECOND_PROOF, Grounds, is_due, looked

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
