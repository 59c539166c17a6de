"""How much of what nothing speaks of a run looks at."""

from datetime import UTC, datetime, timedelta

import pytest

from javis_pipeline.db.sync_store import PostgresStore
from javis_pipeline.db.watermarks import Watermark
from javis_pipeline.steps.rounds import Share, labels_in_turn, next_share

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Records(PostgresStore):
    """A scope with numbered records."""

    def __init__(self, number: int) -> None:
        self.ids = [f"{n:06}" for n in range(number)]

    def count_records(self) -> int:
        return len(self.ids)

    def records_after(self, record_id: str | None, limit: int) -> list[str]:
        return [one for one in self.ids if one > (record_id or "")][:limit]


@pytest.mark.parametrize("records", [1, 12, 99, 100, 1_000, 20_000])
@pytest.mark.parametrize("minutes", [15, 60, 300, 1_500])
def test_all_records_are_seen_within_a_day_and_each_once_in_a_round(records, minutes):
    store = Records(records)
    mark, seen = Watermark(reconciled_at=NOON), list[str]()
    runs = int(timedelta(days=1) / timedelta(minutes=minutes)) + 2

    for run in range(1, runs + 1):
        now = NOON + run * timedelta(minutes=minutes)
        share = next_share(store, mark, now)
        seen += share.ids
        if share.counts:
            mark = mark._replace(reconciled_at=now, reconciled_to=share.up_to)
        if share.counts and share.up_to is None:
            break

    assert seen == store.ids


@pytest.mark.parametrize(
    ("mark", "passed", "expected"),
    [
        pytest.param(Watermark(), timedelta(days=9), Share(counts=True), id="the first round begins now"),
        pytest.param(Watermark(reconciled_at=NOON), timedelta(minutes=1), Share(), id="too few are due"),
        pytest.param(Watermark(reconciled_at=NOON), timedelta(days=-1), Share(), id="a clock that stepped back"),
    ],
)
def test_given_nothing_is_due_then_nothing_is_asked(mark, passed, expected):
    assert next_share(Records(1_000), mark, NOON + passed) == expected


def test_given_an_empty_scope_then_nothing_is_asked():
    assert next_share(Records(0), Watermark(reconciled_at=NOON), NOON + timedelta(days=2)).ids == ()


def test_new_labels_come_first_and_the_others_take_turns():
    listed = [f"l{n}" for n in range(9)]

    turns, after = [], None
    for _ in range(4):
        turn = labels_in_turn([*listed, "new"], listed, after)
        turns.append(turn)
        after = turn[-1]

    assert turns == [
        ["new", "l0", "l1", "l2"],
        ["new", "l3", "l4", "l5"],
        ["new", "l6", "l7", "l8"],
        ["new", "l0", "l1", "l2"],
    ]


def test_given_many_labels_then_a_round_takes_a_part_of_a_day():
    listed = [f"l{n:04}" for n in range(1_000)]

    assert len(labels_in_turn(listed, listed, None)) == 42
