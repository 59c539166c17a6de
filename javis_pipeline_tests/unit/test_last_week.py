"""A week in hindsight: what came of the advice, whether the dates held, and how it is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from javis_pipeline.context.looking_back import Said, came_due, said_on
from javis_pipeline.posts.blocks import Sites, as_text
from javis_pipeline.posts.week import week_message
from javis_pipeline.records.context import to_json
from javis_pipeline.records.digest import Week
from javis_pipeline.records.forecast import Forecast, ForecastOutcome
from javis_pipeline.records.suggestion import Action, AdviceOutcome, Suggestion
from javis_pipeline.suggestions.outcomes import outcomes
from javis_pipeline_tests.contexts import a_context, a_sprint

MONDAY = date(2026, 3, 2)
NOBODYS: dict[str, Any] = {
    "status_category": "new", "priority": "Low", "due_date": None, "assignee_id": None, "labels": [],
}  # fmt: skip


def suggested(kind: str = "set_priority", value: str = "High", finding: str = "overdue:OQC-1") -> Suggestion:
    """A suggestion about OQC-1."""
    action = Action(kind, "OQC-1", value)  # type: ignore[arg-type] # a kind of the closed set
    return Suggestion("overdue", "Start OQC-1", "", ("OQC-1",), (finding,), (action,), 0.9)


CAME = {
    "accepted": ([(suggested(), "accepted", "Ann (Slack U1)")], NOBODYS, "accepted"),
    "accepted, and suggested anew": (
        [(suggested(), "accepted", "Ann"), (suggested(), "expired", None)], NOBODYS, "accepted",
    ),
    "rejected": ([(suggested(), "rejected", "Ann")], NOBODYS, "rejected"),
    "raised by hand": ([(suggested(), "expired", None)], {**NOBODYS, "priority": "High"}, "done"),
    "taken by another": ([(suggested("assign", "bob"), "proposed", None)], {**NOBODYS, "assignee_id": "eve"}, "done"),
    "labelled": ([(suggested("add_label", "x"), "expired", None)], {**NOBODYS, "labels": ["x"]}, "done"),
    "finished": ([(suggested("comment_draft", "?"), "expired", None)], {**NOBODYS, "status_category": "done"}, "done"),
    "the reason went": ([(suggested(finding="blocked:OQC-1"), "expired", None)], NOBODYS, "overtaken"),
    "waits": ([(suggested(), "proposed", None)], NOBODYS, "open"),
    "said in other words": ([(suggested(), "expired", None)], NOBODYS, "open"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "issue", "came"), CAME.values(), ids=CAME.keys())
def test_a_suggestion_came_to_one_thing_however_often_it_was_made(told, issue, came):
    (outcome,) = outcomes(told, {"OQC-1": issue}, {"overdue:OQC-1"})

    assert outcome.outcome == came


def a_forecast(subject: str, p85_on: date) -> Forecast:
    return Forecast(subject, 3, p85_on, p85_on, p85_on, None, None, "", 0.5)


def days(subject: str, left: Sequence[int | None], *, due: date = MONDAY + timedelta(days=3)) -> list[Said]:
    """A day each from ten days before Monday on; None: the subject is not there any more."""
    first = MONDAY - timedelta(days=10)
    return [
        Said(
            first + timedelta(days=place),
            {} if count is None else {subject: a_forecast(subject, due)},
            {} if count is None else {subject: count},
        )
        for place, count in enumerate(left)
    ]


DUE = {
    "a sprint with a rest": (days("sprint:31", [3] * 13 + [2, 2, None]), [2]),
    "a sprint that was done on its last day": (days("sprint:31", [3] * 13 + [1, 0, None]), [0]),
    "an epic that was closed": (days("epic:OQC-1", [3] * 12 + [None] * 4), [0]),
    "an epic that goes on": (days("epic:OQC-1", [3] * 16), [3]),
    "said on the eve only": (days("epic:OQC-1", [3] * 16)[9:], []),
    "due in another week": (days("epic:OQC-1", [3] * 16, due=MONDAY + timedelta(days=7)), []),
}


@pytest.mark.parametrize(("history", "left"), DUE.values(), ids=DUE.keys())
def test_a_date_that_came_due_held_or_says_what_was_left(history, left):
    found = came_due(history, MONDAY, MONDAY + timedelta(days=7))

    assert [outcome.left for outcome in found] == left


def test_what_is_kept_of_a_context_says_what_was_left():
    context = a_context(sprints=(a_sprint("OQC-1", "OQC-2"),), forecasts=(a_forecast("sprint:31", MONDAY),))

    said = said_on(to_json(context))

    assert said.left == {"sprint:31": 2}
    assert said.forecasts == {"sprint:31": a_forecast("sprint:31", MONDAY)}


WEEK = Week(
    project="OQC",
    since=MONDAY,
    until=MONDAY + timedelta(days=7),
    advice=(
        AdviceOutcome("Start OQC-1 “Fix <the> lamp”", "accepted", "Ann Smith (Slack U012)"),
        AdviceOutcome("Start OQC-2", "done"),
        AdviceOutcome("Start OQC-3", "overtaken"),
        AdviceOutcome("Start OQC-4", "overtaken"),
    ),
    forecasts=(ForecastOutcome("sprint:31", MONDAY - timedelta(days=7), MONDAY, 2),),
    record=(ForecastOutcome("sprint:31", MONDAY, MONDAY, 2),) + (ForecastOutcome("epic:OQC-9", MONDAY, MONDAY, 0),) * 5,
    names={"sprint:31": "Sprint 31"},
)


def test_the_week_is_told_in_ten_lines():
    assert as_text(week_message(WEEK, Sites())).splitlines() == [
        "== OQC: last week in hindsight ==",
        "What came of the advice",
        "4 suggestions: 1 accepted, 1 done without a button, 2 overtaken",
        "• Start OQC-1 “Fix <the> lamp” (Ann Smith)",
        "How good the forecasts were",
        "• Sprint 31: on Mon 23 Feb 85 of 100 cases were done by Mon 2 Mar; 2 items were left",
        "Of 6 such dates in three months 5 held; 85 of 100 should.",
        "Mon 2 Mar to Sun 8 Mar · advice is made of what the sync brought",
    ]


def test_however_much_there_is_the_week_has_ten_lines_at_most():
    much = replace(WEEK, advice=WEEK.advice * 20, forecasts=WEEK.forecasts * 20, record=WEEK.record * 20)

    assert len(as_text(week_message(much, Sites())).splitlines()) <= 10


def test_given_neither_advice_nor_dates_then_it_says_so():
    told = as_text(week_message(replace(WEEK, advice=(), forecasts=(), record=()), Sites()))

    assert "No suggestion was made." in told
    assert "No date of the forecast came due." in told
