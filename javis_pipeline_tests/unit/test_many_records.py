"""Any number of records: what is held of them at once has a limit, and how far it is can be seen."""

import pytest

from javis_pipeline.defs.progress import in_the_log
from javis_pipeline.records.sync import PlanItem
from javis_pipeline.steps.reconcile import MOST_LINES, Reconciled
from javis_pipeline.steps.side_by_side import side_by_side


def test_given_any_number_of_items_then_few_of_them_wait_for_their_turn():
    taken: list[int] = []
    items = (taken.append(number) or number for number in range(1_000))  # type: ignore[func-returns-value]

    ahead = [len(taken) - done for done in side_by_side(lambda item: item, items, threads=4)]

    assert (len(ahead), max(ahead)) == (1_000, 64)


def a_line(number: int) -> PlanItem:
    return PlanItem(
        resource_type="jira_issue",
        resource_id=str(number),
        key="OPS-1",
        field="title",
        side="remote",
        old="a",
        new="b",
        reason="edited here",
        row=5,
        risk="low",
    )


def test_given_many_lines_then_the_first_are_kept_and_all_are_counted():
    done = Reconciled()
    for number in range(MOST_LINES + 5):
        done.add(Reconciled.of([a_line(number)], seen=1))

    assert [line.resource_id for line in done.items] == [str(number) for number in range(MOST_LINES)]
    assert done.count()["to_push"] == done.seen == MOST_LINES + 5


def test_given_nobody_who_watches_then_the_log_says_now_and_then_how_far_it_is(caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    seldom, always = in_the_log(every_seconds=60), in_the_log(every_seconds=0)

    seldom(1, 5), always(2, 5), always(3, None)

    assert caplog.messages == ["so far: 2 of 5", "so far: 3"]
