"""More small projects: asleep, of one person, driven by versions, blocked everywhere, imported, of an odd past."""

from functools import cache
from typing import Any, Final

from javis_pipeline.records.context import WorkContext
from javis_pipeline_tests.context_tables import a_change, ago, an_issue, blocks, day
from javis_pipeline_tests.signed_contexts import (
    BEGUN,
    SIGNED,
    Signed,
    a_sprint_of,
    an_epic_of,
    context_of,
    done_items,
    moves_of,
    open_items,
)


def _changes(key: str, *moves: tuple[str, str, float]) -> list[dict[str, Any]]:
    """Changes of status of an issue: from, to, days ago."""
    return [a_change(key, *move) for move in moves]


SHAPES: Final[dict[str, Signed]] = {
    "it sleeps with a sprint that nobody closed": Signed(
        a_sprint_of(open_items(1, 2, created_at=ago(200), updated_at=ago(90)), [], start_at=ago(104), end_at=ago(90)),
        findings=(
            "high: the sprint should have ended 90 days ago and has 2 items left",
            "medium: nothing has moved here since 18 December 2025, for 90 days",
        ),
        forecasts=("sprint:1: nothing was finished in 26 weeks",),
    ),
    "it sleeps with something overdue": Signed(
        {"issues": open_items(1, 2, created_at=ago(200), updated_at=ago(120), due_date=day(-100))},
        findings=(
            "low: nothing has moved here since 18 November 2025, for 120 days",
            "low: OQC-1 is overdue for 100 days",
            "low: OQC-2 is overdue for 100 days",
        ),
    ),
    "it sleeps with an epic that is due": Signed(
        {
            "issues": [
                an_issue("OQC-1", issue_type="Epic", due_date=day(20), created_at=ago(300), updated_at=ago(200)),
                *open_items(2, 3, parent_key="OQC-1", created_at=ago(300), updated_at=ago(200)),
                *[
                    an_issue(
                        f"OQC-{n}",
                        "done",
                        created_at=ago(900),
                        resolved_at=ago(200 + 2 * n),
                        updated_at=ago(200 + 2 * n),
                    )
                    for n in range(100, 140)
                ],
            ]
        },
        findings=("low: nothing has moved here since 30 August 2025, for 200 days",),
        forecasts=("epic:OQC-1: nothing was finished in 26 weeks",),
    ),
    "it woke up yesterday": Signed(
        {
            "issues": [
                *open_items(1, created_at=ago(300), updated_at=ago(200)),
                an_issue("OQC-2", BEGUN, created_at=ago(300), updated_at=ago(1)),
            ]
        }
    ),
    "one person and a steady flow": Signed({"issues": [*open_items(1, 2, 3, category=BEGUN), *done_items(60)]}),
    "one person has it all, and a sprint": Signed(
        a_sprint_of(open_items(*range(1, 8), category=BEGUN), done_items(60)),
        findings=(
            "high: the sprint ends in 7 days with 7 items to finish: that works out in 2 of 100 cases",
            "medium: one person has 7 issues in progress and finished 14 in four weeks",
        ),
        forecasts=("sprint:1: late; not sure: so far no sprint tells how sprints end here",),
    ),
    "the only one left is away": Signed(
        {
            "issues": [
                *open_items(*range(1, 8), category=BEGUN, updated_at=ago(25)),
                *done_items(20, first=100, every_days=2, updated_at=ago(25)),
            ]
        },
        findings=(
            "high: OQC-1 is in progress and was not touched for 25 days",
            "high: OQC-2 is in progress and was not touched for 25 days",
            "high: OQC-3 is in progress and was not touched for 25 days",
            "high: OQC-4 is in progress and was not touched for 25 days",
            "high: OQC-5 is in progress and was not touched for 25 days",
            "high: OQC-6 is in progress and was not touched for 25 days",
            "high: OQC-7 is in progress and was not touched for 25 days",
            "medium: one person has 7 issues in progress and finished 14 in four weeks",
        ),
    ),
    "nobody has anything": Signed(
        {"issues": [*open_items(1, 2, 3, assignee_id=None), *done_items(30, assignee_id=None)]}
    ),
    "three versions at once": Signed(
        {
            "issues": [
                *open_items(1, 2, fix_versions=["2.4"]),
                *open_items(3, 4, 5, 6, 7, 8, fix_versions=["2.5"]),
                *open_items(9, fix_versions=["3.0"]),
                *done_items(40, fix_versions=["2.4"], every_days=2),
                *done_items(20, first=200, every_days=4, fix_versions=["2.5"]),
            ],
            "versions": [
                {"version_id": "7", "name": "2.4", "release_on": day(20)},
                {"version_id": "8", "name": "2.5", "release_on": day(6)},
                {"version_id": "9", "name": "3.0", "release_on": day(5)},
            ],
        },
        findings=(
            "high: the version is due on 24 March 2026 with 6 items to finish: that works out in 1 of 100 cases",
            "medium: the version is due on 23 March 2026 with 1 item to finish, and it is not begun",
        ),
        forecasts=(
            "version:7: on time; not sure: so far no epic tells how epics end here",
            "version:8: late; not sure: so far no epic tells how epics end here",
            "version:9: 0 of its items finished in 12 weeks; a pace needs 3",
        ),
    ),
    "a version without a day": Signed(
        {
            "issues": [*open_items(1, 2, fix_versions=["2.4"]), *done_items(40, fix_versions=["2.4"])],
            "versions": [{"version_id": "7", "name": "2.4", "release_on": None}],
        }
    ),
    "a version that was released and that nobody told": Signed(
        {
            "issues": [*open_items(1, 2, fix_versions=["2.4"]), *done_items(40)],
            "versions": [{"version_id": "7", "name": "2.4", "release_on": day(-200)}],
        },
        findings=("low: the version should have been released 200 days ago and has 2 items left",),
        forecasts=("version:7: 0 of its items finished in 12 weeks; a pace needs 3",),
    ),
    "an item in two versions": Signed(
        {
            "issues": [
                *open_items(1, fix_versions=["2.4", "2.5"], due_date=day(2)),
                *done_items(40, fix_versions=["2.4"]),
            ],
            "versions": [
                {"version_id": "7", "name": "2.4", "release_on": day(30)},
                {"version_id": "8", "name": "2.5", "release_on": day(60)},
            ],
        },
        findings=("medium: OQC-1 is due in 2 days and not started",),
        forecasts=(
            "version:7: on time; not sure: so far no epic tells how epics end here",
            "version:8: 0 of its items finished in 12 weeks; a pace needs 3",
        ),
    ),
    "blocked everywhere, in the sprint": Signed(
        {
            **a_sprint_of(open_items(1, 2, 3, 4), done_items(60)),
            "links": [blocks("OQC-1", "OQC-2"), blocks("OQC-2", "OQC-3"), blocks("OQC-3", "OQC-4")],
        },
        findings=(
            "high: OQC-2 is blocked by OQC-1, since 16 February 2026 at the earliest",
            "high: OQC-3 is blocked by OQC-2, since 16 February 2026 at the earliest",
            "high: OQC-4 is blocked by OQC-3, since 16 February 2026 at the earliest",
            "medium: the sprint ends in 7 days with 4 items to finish: that works out in 33 of 100 cases",
            "medium: OQC-1 holds up 3 issues, 1 of them directly",
        ),
        forecasts=("sprint:1: late; not sure: so far no sprint tells how sprints end here",),
    ),
    "blocked by what nobody has": Signed(
        {
            "issues": [*open_items(1, assignee_id=None), *open_items(2, 3, 4, category=BEGUN)],
            "links": [blocks("OQC-1", f"OQC-{n}") for n in (2, 3, 4)],
        },
        findings=(
            "high: OQC-2 is blocked by OQC-1, since 16 February 2026 at the earliest",
            "high: OQC-3 is blocked by OQC-1, since 16 February 2026 at the earliest",
            "high: OQC-4 is blocked by OQC-1, since 16 February 2026 at the earliest",
            "medium: OQC-1 holds up 3 issues, 3 of them directly",
        ),
    ),
    "blocked by what is done": Signed(
        {
            "issues": [an_issue("OQC-1", "done", resolved_at=ago(2)), *open_items(2, category=BEGUN)],
            "links": [blocks("OQC-1", "OQC-2")],
        }
    ),
    "two circles, and one that is done": Signed(
        {
            "issues": [*open_items(1, 2, 3, 4), an_issue("OQC-5", "done", resolved_at=ago(3)), *open_items(6)],
            "links": [
                blocks("OQC-1", "OQC-2"),
                blocks("OQC-2", "OQC-1"),
                blocks("OQC-3", "OQC-4"),
                blocks("OQC-4", "OQC-3"),
                blocks("OQC-5", "OQC-6"),
                blocks("OQC-6", "OQC-5"),
            ],
        },
        findings=(
            "high: 2 issues wait for each other: OQC-1, OQC-2",
            "high: 2 issues wait for each other: OQC-3, OQC-4",
        ),
    ),
    "it waits for itself": Signed({"issues": open_items(1, category=BEGUN), "links": [blocks("OQC-1", "OQC-1")]}),
    "all of it has the highest priority": Signed(
        {"issues": [*open_items(*range(1, 9), priority="Highest", updated_at=ago(20))]},
        findings=(
            "medium: OQC-1 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-2 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-3 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-4 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-5 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-6 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-7 has priority Highest, is not started and was not touched for 20 days",
            "medium: OQC-8 has priority Highest, is not started and was not touched for 20 days",
        ),
    ),
    "no priority at all": Signed(
        {"issues": [*open_items(1, 2, priority=None, updated_at=ago(20)), *done_items(30, priority=None)]}
    ),
    "priorities are numbers": Signed(
        {"issues": [*open_items(1, priority="1", updated_at=ago(20)), *open_items(2, priority="3", updated_at=ago(20))]}
    ),
    "priorities are written in capitals": Signed(
        {"issues": open_items(1, priority="HIGHEST", updated_at=ago(20))},
        findings=("medium: OQC-1 has priority HIGHEST, is not started and was not touched for 20 days",),
    ),
    "a history with a gap": Signed(
        an_epic_of(
            4,
            [
                *done_items(30, first=100, parent_key="OQC-1"),
                *[
                    an_issue(f"OQC-{n}", "done", created_at=ago(900), resolved_at=ago(400 + 2 * (n - 300)))
                    for n in range(300, 340)
                ],
            ],
        ),
        forecasts=("epic:OQC-1: not sure: so far no epic tells how epics end here",),
    ),
    "the clock jumped": Signed(
        {
            "issues": [
                *open_items(1, updated_at=ago(-3)),
                *open_items(2, created_at=ago(-2), updated_at=ago(-2)),
                *an_epic_of(3, done_items(60, parent_key="OQC-1"))["issues"][4:],
                an_issue("OQC-90", "done", created_at=ago(20), resolved_at=ago(-5)),
            ]
        },
        notes=(
            "dated after now; ages count as 0: 2 issues (OQC-1, OQC-2)",
            "finished after now, so in no throughput yet: 1 issue (OQC-90)",
        ),
    ),
    "one date is of another century": Signed(
        an_epic_of(
            3,
            [
                *done_items(40, parent_key="OQC-1"),
                an_issue("OQC-99", "done", created_at=ago(40000), resolved_at=ago(39000), parent_key="OQC-1"),
            ],
        ),
        forecasts=("epic:OQC-1: not sure: so far no epic tells how epics end here",),
    ),
    "no resolution dates, but a history": Signed(
        {
            "issues": [
                *an_epic_of(3, [])["issues"],
                *(an_issue(f"OQC-{n}", "done", parent_key="OQC-1", created_at=ago(300)) for n in range(100, 140)),
            ],
            "status_changes": [
                a_change(f"OQC-{n}", "indeterminate", "done", 1 + 2 * (n - 100)) for n in range(100, 140)
            ],
        },
        forecasts=("epic:OQC-1: not sure: so far no epic tells how epics end here",),
    ),
    "it was finished, reopened twice, and finished": Signed(
        {
            "issues": [
                *an_epic_of(2, done_items(30, parent_key="OQC-1"))["issues"],
                an_issue("OQC-90", "done", resolved_at=ago(1), parent_key="OQC-1"),
            ],
            "status_changes": _changes(
                "OQC-90",
                ("new", "indeterminate", 25),
                ("indeterminate", "done", 20),
                ("done", "new", 15),
                ("new", "done", 9),
                ("done", "new", 3),
                ("new", "done", 1),
            ),
        },
        forecasts=("epic:OQC-1: not sure: so far no epic tells how epics end here",),
    ),
    "statuses were renamed": Signed(
        {
            "issues": [
                *open_items(1, category=BEGUN, status="Doing", status_id="3", updated_at=ago(2)),
                *done_items(30),
            ],
            "status_changes": [
                {
                    **a_change("OQC-1", "new", "indeterminate", 12),
                    "from_status": "Open",
                    "to_status": "In Arbeit",
                    "to_id": "3",
                },
                *moves_of(done_items(30)),
            ],
        }
    ),
    "a status that nobody knows": Signed(
        {"issues": [*open_items(1), an_issue("OQC-2", "", status="Limbo", status_category=None), *done_items(30)]},
        notes=("without a known status category, so in no figure: 1 issue (OQC-2)",),
    ),
    "imported on one day with the dates of old": Signed(
        an_epic_of(
            3,
            [
                an_issue(f"OQC-{n}", "done", created_at=ago(2), resolved_at=ago(3 + 2 * (n - 100)), parent_key="OQC-1")
                for n in range(100, 150)
            ],
        ),
        forecasts=("epic:OQC-1: nothing was finished in 26 weeks but what was imported",),
        notes=(
            "finished before being started or made, so without a cycle time: 50 issues "
            "(OQC-100, OQC-101, OQC-102, ...)",
            "finished before being made, so in no forecast: 50 items",
        ),
    ),
}

ALL: Final = SIGNED | SHAPES


@cache
def signed_context(name: str) -> WorkContext:
    """The work context of one of the projects."""
    return context_of(ALL[name])
