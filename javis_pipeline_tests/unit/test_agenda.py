"""When a scope is worked on: once for all that is told of it, by one at a time, and ever more rarely while it fails."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from javis_pipeline.sync.agenda import LONGEST_WAIT, Agenda


def test_what_is_told_often_is_done_once_and_what_is_told_meanwhile_once_more() -> None:
    agenda: Agenda[str] = Agenda()
    assert (agenda.take(0), agenda.next_at()) == (None, math.inf)

    agenda.tell("OPS", 1)
    agenda.tell("OPS", 2)
    assert agenda.next_at() == 1
    assert agenda.take(2) == "OPS"
    assert agenda.take(2) is None

    agenda.tell("OPS", 3)
    agenda.tell("OPS", 4)
    assert agenda.take(4) is None  # one at a time
    agenda.done("OPS", 5)
    assert agenda.take(5) == "OPS"
    agenda.done("OPS", 6)
    assert (agenda.take(1e9), agenda.next_at()) == (None, math.inf)


def test_the_one_that_waits_longest_comes_first() -> None:
    agenda: Agenda[str] = Agenda()
    for at, name in enumerate(("third", "second", "first")):
        agenda.tell(name, 10 - at)

    assert [agenda.take(20) for _ in range(3)] == ["first", "second", "third"]


def test_there_is_more_to_do_after_a_while_where_that_is_said() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.tell("OPS", 0)
    agenda.take(0)

    agenda.done("OPS", 1, again_in=30)

    assert (agenda.take(30), agenda.take(31)) == (None, "OPS")


def test_what_fails_is_tried_ever_more_rarely_whatever_is_told_and_at_once_when_it_went_well() -> None:
    agenda: Agenda[str] = Agenda()
    now, waits = 0.0, []
    agenda.tell("OPS", now)
    for _ in range(12):
        assert agenda.take(now) == "OPS"
        waits.append(agenda.failed("OPS", now))
        agenda.tell("OPS", now)
        assert agenda.take(now + waits[-1] - 0.01) is None
        now += waits[-1]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.5, LONGEST_WAIT)
    agenda.take(now)
    agenda.done("OPS", now)
    agenda.tell("OPS", now)
    assert agenda.take(now) == "OPS"
    assert agenda.failed("OPS", now, shortest=100) == pytest.approx(100)


@given(st.lists(st.tuples(st.sampled_from(["tell", "take", "done", "failed"]), st.sampled_from("AB"))))
def test_nothing_that_is_told_is_forgotten_and_nothing_is_given_to_two(steps: list[tuple[str, str]]) -> None:
    agenda: Agenda[str] = Agenda()
    owed, working = set[str](), set[str]()
    for now, (step, thing) in enumerate(steps):
        if step == "tell":
            agenda.tell(thing, now)
            owed.add(thing)
        elif step == "take":
            taken = agenda.take(now)
            assert taken not in working
            if taken is not None:
                working.add(taken)
                owed.discard(taken)
        elif thing in working:
            working.remove(thing)
            if step == "done":
                agenda.done(thing, now)
            else:
                agenda.failed(thing, now)
                owed.add(thing)
    for thing in working:
        agenda.done(thing, len(steps))
    later = len(steps) + LONGEST_WAIT
    assert {agenda.take(later), agenda.take(later)} - {None} == owed
