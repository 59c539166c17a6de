"""How far a pull may say that everything is stored."""

from datetime import UTC, datetime, timedelta

import pytest

from javis_pipeline.sync.watermark import Mark

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("wanted", "brought", "to_merge", "closed", "expected"),
    [
        pytest.param({"1": 1, "2": 2}, {"1": 1, "2": 2}, (), (), 2, id="all came"),
        pytest.param({"1": 1, "2": 2, "3": 3}, {"1": 1, "3": 3}, (), (), 2, id="one did not come"),
        pytest.param({"1": 1, "2": 2, "3": 3}, {"1": 1, "3": 3}, (), ("2",), 3, id="one is not there or quarantined"),
        pytest.param({"1": 1, "2": 2, "3": 3}, {"1": 1, "2": 2, "3": 3}, ("2",), (), 2, id="one waits for its merge"),
        pytest.param({"1": 1, "2": 5, "3": 3}, {"1": 1, "2": 2, "3": 6}, (), (), 5, id="one came in an older state"),
        pytest.param({"1": 1, "2": 5}, {"1": 1, "2": 2}, ("2",), (), 1, id="older, and waits for its merge"),
        pytest.param({"1": None, "2": 2}, {"1": 7, "2": 2}, (), (), 7, id="one was asked for by id"),
        pytest.param({"1": None, "2": 2}, {"1": 1, "2": 2}, ("1",), (), 1, id="asked for by id, and waits"),
        pytest.param({"1": 1}, {}, (), ("1",), None, id="nothing is stored"),
    ],
)
def test_nothing_is_passed_that_was_wanted_and_neither_came_nor_was_refused(
    wanted, brought, to_merge, closed, expected
):
    mark = Mark()

    mark.batch(
        [(key, None if minute is None else at(minute)) for key, minute in wanted.items()],
        {key: at(minute) for key, minute in brought.items()},
        to_merge=to_merge,
        closed=closed,
    )

    assert mark.value == (None if expected is None else at(expected))
