"""The forecast: what it says of simple pasts, and when it refuses to guess."""

import math
from typing import Any

import numpy as np
import pytest

from javis_pipeline.context.finishes import finishes_of
from javis_pipeline.context.forecast import history_of
from javis_pipeline.context.history import with_history
from javis_pipeline.context.outlook import Outlook, Work
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline_tests.context_tables import (
    TODAY,
    a_change,
    a_context,
    a_sprint,
    ago,
    an_issue,
    day,
    in_sprint,
    some_frames,
)

STEADY = np.ones(3 * 364, dtype=np.int64)
ALL = (0.5, 0.85, 0.95)


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


def _weeks(daily, items, *, share=1.0):
    outlook = Outlook(daily)
    return [outlook.days_until(Work(items, share), likelihood) / 7 for likelihood in ALL]


def _history(*issues):
    return with_history(some_frames(issues=issues), TODAY)


def test_given_one_item_a_day_then_the_dates_are_close_together():
    half, most, nearly_all = _weeks(STEADY, 28)

    assert half == pytest.approx(4, abs=0.3)
    assert half < most < nearly_all < 5.5


def test_the_spread_grows_with_the_way_ahead_and_is_learned():
    rng, pace = np.random.default_rng(2), np.zeros(5 * 364)
    for place in range(1, len(pace)):
        pace[place] = 0.99 * pace[place - 1] + rng.normal(0, 0.07)
    restless = rng.poisson(20 * np.exp(pace))

    (half, most, _), (far_half, far_most, _) = (
        _weeks(restless, round(Outlook(restless).pace * ahead)) for ahead in (1, 13)
    )
    (young_half, young_most, _), (steady_half, steady_most, _) = (_weeks(days, 28) for days in (STEADY[:56], STEADY))

    assert 1 < most / half < far_most / far_half
    assert 1 < steady_most / steady_half < young_most / young_half


def test_given_a_past_without_weekends_then_nothing_is_expected_on_one():
    outlook = Outlook(np.tile(np.array([1, 1, 1, 1, 1, 0, 0]), 52))

    # The past ended on a Sunday, so the future begins on a Monday.
    weekdays = {int(outlook.days_until(Work(items), 0.85)) % 7 for items in range(1, 60)}

    assert weekdays <= {0, 1, 2, 3, 4}
    assert outlook.likelihood(Work(10), 12) == outlook.likelihood(Work(10), 14)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_more_items_and_a_smaller_share_never_take_less_time(share):
    outlook = Outlook(STEADY)

    times, longer = (
        [[outlook.days_until(Work(items, part), each) for each in ALL] for items in (1, 2, 5, 20, 60)]
        for part in (share, share / 2)
    )

    assert all(list(column) == sorted(column) for column in zip(*times, strict=True))
    assert all(row == sorted(row) for row in times)
    assert (np.array(times) < np.array(longer)).all()


def test_a_date_and_its_likelihood_say_the_same():
    outlook = Outlook(STEADY)

    for items in (1, 7, 40):
        for likelihood in ALL:
            days = int(outlook.days_until(Work(items), likelihood)) + 1
            assert outlook.likelihood(Work(items), days - 1) <= likelihood + 1e-6
            assert outlook.likelihood(Work(items), days) >= likelihood - 1e-6


def test_given_nothing_lately_then_it_takes_for_ever():
    outlook = Outlook(np.zeros(0, dtype=np.int64))

    assert math.isinf(outlook.days_until(Work(1), 0.5))
    assert outlook.likelihood(Work(1), 1000) == 0.0


def test_a_pause_belongs_to_the_past_of_a_project_that_is_older():
    days_ago = [*range(1, 49, 4)]
    young, old = (
        _history(
            *(
                an_issue(f"OQC-{place}", "done", created_at=ago(500), resolved_at=ago(days))
                for place, days in enumerate(each)
            )
        )
        for each in (days_ago, [*range(300, 400, 2), *days_ago])
    )

    weeks = [len(history_of(issues, TODAY, Thresholds())[0]) // 7 for issues in (young, old)]
    short, long = (Outlook(finishes_of(issues, TODAY).daily).days_until(Work(12), 0.85) for issues in (young, old))

    assert weeks == [7, 26]
    assert long > 2 * short


def test_an_item_that_somebody_dated_long_ago_is_not_the_beginning():
    stray = an_issue("OQC-1", "done", created_at=ago(4000), resolved_at=ago(1500))

    daily, reason = history_of(_history(stray, *_finished(45)), TODAY, Thresholds())

    assert (len(daily), reason) == (49, "")


def _odd(count, **fields):
    return [
        an_issue(f"OQC-{number}", "done", **{name: value(number) for name, value in fields.items()})
        for number in range(500, 500 + count)
    ]


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        pytest.param(
            _odd(500, created_at=lambda _: ago(99), resolved_at=lambda _: ago(9.3)),
            "closed in bulk, so in no forecast: 500 items",
            id="500 closed in a minute",
        ),
        pytest.param(
            _odd(200, created_at=lambda _: ago(9), resolved_at=lambda number: ago(number / 10)),
            "finished before being made, so in no forecast: 200 items",
            id="imported with dates",
        ),
        pytest.param(
            _odd(20, created_at=lambda _: ago(9), resolved_at=lambda number: ago(-number)),
            "finished after now, so in no throughput yet: 20 issues (OQC-500, OQC-501, OQC-502, ...)",
            id="a clock that jumped",
        ),
        pytest.param(
            _odd(30),
            "done, but nobody knows since when, so in no throughput: 30 issues (OQC-500, OQC-501, OQC-502, ...)",
            id="no resolution dates",
        ),
    ],
)
def test_given_a_bad_history_then_the_date_is_as_without_it_and_a_note_says_what_was_left_out(odd, note):
    issues = [an_issue("OQC-1"), *_finished(60, every_days=2)]
    tables: dict[str, Any] = {"sprints": [a_sprint()], "issue_sprints": in_sprint(*(issue["key"] for issue in issues))}

    without, context = a_context(issues=issues, **tables), a_context(issues=[*issues, *odd], **tables)

    assert note in context.notes
    assert context.forecasts == without.forecasts
    assert context.flow.weekly_pace == without.flow.weekly_pace


def test_given_only_items_of_which_nobody_knows_when_they_were_done_then_the_reason_is_that():
    forecast = _forecasts(
        issues=[an_issue("OQC-1"), *_odd(30)], sprints=[a_sprint()], issue_sprints=in_sprint("OQC-1")
    )["sprint:1"]

    assert forecast.reason == "nobody knows when 30 of 30 done items were finished"


_BACK_TWICE = [(60, "new", "done"), (50, "done", "new"), (40, "new", "done"), (30, "done", "new"), (0, "new", "done")]


def test_given_renamed_statuses_and_items_that_came_back_twice_then_each_counts_once_when_it_was_last_finished():
    items = [an_issue(f"OQC-{number}", "done", created_at=ago(300)) for number in range(100, 160)]
    changes = [
        a_change(item["key"], from_, to, before + 2 * number + 1) | {"from_status": "old", "to_status": "older"}
        for number, item in enumerate(items)
        for before, from_, to in _BACK_TWICE
    ]

    issues = with_history(some_frames(issues=items, status_changes=changes), TODAY)
    dated = _history(*_finished(60, every_days=2))

    assert list(issues["reopenings"]) == [2] * len(items)
    assert list(finishes_of(issues, TODAY).daily) == list(finishes_of(dated, TODAY).daily)


def test_closing_in_bulk_is_work_where_it_is_a_habit():
    monthly = [
        an_issue(f"OQC-{25 * month + place}", "done", created_at=ago(400), resolved_at=ago(5 + 28 * month))
        for month in range(12)
        for place in range(25)
    ]

    finishes = finishes_of(_history(*monthly), TODAY)

    assert (finishes.in_bulk, finishes.daily.sum()) == (0, 300)


@pytest.mark.parametrize(
    ("issues", "reason"),
    [
        pytest.param(
            _finished(9, every_days=20), "9 items finished in 23 weeks; a forecast needs 10", id="too few items"
        ),
        pytest.param(
            [
                an_issue(f"OQC-{number}", "done", created_at=ago(400), resolved_at=ago(34 - number / 99))
                for number in range(20)
            ],
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

    assert forecast.reason == "not sure: so far no sprint tells how sprints end here"
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
