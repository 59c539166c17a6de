"""The forecast: what it says of simple pasts, and when it refuses to guess."""

import math

import numpy as np
import pytest

from javis_pipeline.context.forecast import HORIZON_DAYS, Simulation, percentile
from javis_pipeline_tests.context_tables import a_context, a_sprint, ago, an_issue, day, in_sprint

STEADY = np.ones(182, dtype=np.int64)


def _finished(count, *, every_days=1, parent_key=None, first=100):
    return [
        an_issue(
            f"OQC-{first + number}",
            "done",
            created_at=ago(300),
            resolved_at=ago(1 + number * every_days),
            parent_key=parent_key,
        )
        for number in range(count)
    ]


def _forecasts(**tables):
    return {forecast.subject: forecast for forecast in a_context(**tables).forecasts}


def test_given_one_item_a_day_then_half_of_ten_items_are_done_in_ten_days():
    days = Simulation(STEADY, seed=1).days_until(10)

    assert percentile(days, 50) == pytest.approx(9, abs=1)
    assert 9 < percentile(days, 85) < percentile(days, 95) < 20


def test_equal_seeds_give_equal_futures():
    first, second = (Simulation(STEADY, seed=7, trials=100).days_until(10) for _ in range(2))

    assert (first == second).all()


def test_given_a_past_without_weekends_then_nothing_is_expected_on_one():
    daily = np.tile(np.array([1, 1, 1, 1, 1, 0, 0]), 26)

    finished = Simulation(daily, seed=1, trials=50)._finished

    # The past ended on a Sunday, so the future begins on a Monday.
    weekend = np.arange(HORIZON_DAYS) % 7 >= 5
    assert (np.diff(finished, axis=1, prepend=0)[:, weekend] == 0).all()


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_more_items_never_take_less_time(share):
    simulation = Simulation(STEADY, seed=3, trials=500)

    medians = [percentile(simulation.days_until(items, share=share), 50) for items in (1, 2, 5, 20, 60)]

    assert medians == sorted(medians)


def test_a_smaller_share_takes_longer_in_proportion():
    simulation = Simulation(STEADY, seed=3)

    whole, half = (float(np.median(simulation.days_until(30, share=share))) for share in (1.0, 0.5))

    assert half == pytest.approx(2 * whole, rel=0.1)


def test_what_is_beyond_the_horizon_has_no_date():
    assert math.isinf(percentile(Simulation(STEADY, seed=1, trials=100).days_until(HORIZON_DAYS + 1), 50))


@pytest.mark.parametrize(
    ("issues", "reason"),
    [
        pytest.param(
            _finished(9, every_days=20), "9 items finished in 23 weeks; a forecast needs 10", id="too few items"
        ),
        pytest.param(
            [an_issue(f"OQC-{number}", "done", created_at=ago(400), resolved_at=ago(34)) for number in range(20)],
            "5 weeks since something was finished first; a forecast needs 6",
            id="too young",
        ),
        pytest.param([], "nothing was finished in 26 weeks", id="nothing finished"),
    ],
)
def test_given_too_short_a_history_then_it_says_so_instead_of_guessing(issues, reason):
    sprint_issue = an_issue("OQC-1", created_at=ago(3) if not issues else issues[0]["created_at"])

    forecast = _forecasts(issues=[sprint_issue, *issues], sprints=[a_sprint()], issue_sprints=in_sprint("OQC-1"))[
        "sprint:1"
    ]

    assert forecast.reason == reason
    assert (forecast.p50_on, forecast.p85_on, forecast.p95_on, forecast.on_time) == (None, None, None, None)


def test_given_sprints_that_finish_then_the_active_one_has_a_date_and_a_chance():
    finished = _finished(40, every_days=2)
    members = in_sprint(*(issue["key"] for issue in finished), sprint_id=9)

    forecast = _forecasts(
        issues=[an_issue("OQC-1"), *finished],
        sprints=[a_sprint(), a_sprint(9, state="closed")],
        issue_sprints=members + in_sprint("OQC-1"),
    )["sprint:1"]

    assert forecast.reason == ""
    assert forecast.share == 1.0
    assert day(0) <= forecast.p50_on <= forecast.p85_on <= forecast.p95_on
    assert forecast.target_on == day(7)
    assert forecast.on_time > 0.9


def test_given_nothing_finished_in_sprints_then_the_forecast_says_what_it_assumes():
    forecast = _forecasts(
        issues=[an_issue("OQC-1"), *_finished(40)], sprints=[a_sprint()], issue_sprints=in_sprint("OQC-1")
    )["sprint:1"]

    assert forecast.p85_on is not None
    assert forecast.reason.startswith("assumes that everybody works on the sprint")


def test_given_an_epic_that_nobody_finished_anything_of_then_it_has_no_pace():
    issues = [an_issue("OQC-1", issue_type="Epic"), an_issue("OQC-2", parent_key="OQC-1"), *_finished(40)]

    forecast = _forecasts(issues=issues)["epic:OQC-1"]

    assert forecast.p85_on is None
    assert forecast.reason == "0 of its items finished in 12 weeks; a pace needs 3"


def test_an_epic_gets_its_share_of_the_pace():
    mine = _finished(20, every_days=4, parent_key="OQC-1")
    others = _finished(20, every_days=4, first=200)
    issues = [an_issue("OQC-1", issue_type="Epic"), an_issue("OQC-2", parent_key="OQC-1"), *mine, *others]

    forecast = _forecasts(issues=issues)["epic:OQC-1"]

    assert forecast.share == 0.5
    assert forecast.p50_on is not None


def test_what_is_done_or_empty_has_no_forecast():
    issues = [
        an_issue("OQC-1", issue_type="Epic"),
        an_issue("OQC-2", "done", parent_key="OQC-1", resolved_at=ago(2)),
        an_issue("OQC-3", issue_type="Epic"),
    ]

    assert _forecasts(issues=issues) == {}
