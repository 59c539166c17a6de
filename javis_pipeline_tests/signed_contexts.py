"""Small projects, each of one kind, and the findings and advice that a lead would sign: these, and no other.

The sentences are what a reader sees first. Where a project gets a new finding, it is written down here, or it is noise.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.suggestion import Vocabulary
from javis_pipeline_tests.context_tables import (
    a_change,
    a_context,
    a_sprint,
    ago,
    an_issue,
    blocks,
    day,
    in_sprint,
)

Tables = dict[str, Any]


@dataclass(frozen=True)
class Signed:
    """A project and what is said of it.

    Attributes:
        findings: "severity: sentence", in the order of the context.
        forecasts: "subject: reason" of every forecast, and "on time" or "late" when it has a date to hold.
        notes: Those that have to be there.
    """

    tables: Tables
    findings: tuple[str, ...] = ()
    forecasts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def done_items(count: int, *, first: int = 100, every_days: float = 2, **fields: Any) -> list[dict[str, Any]]:
    """Finished items, one every few days until yesterday, each begun three days before."""
    return [
        an_issue(f"OQC-{first + place}", "done", created_at=ago(400), resolved_at=ago(1 + place * every_days), **fields)
        for place in range(count)
    ]


def moves_of(issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The starts of finished items, three days before their end."""
    return [
        {**a_change(issue["key"], "new", "indeterminate", 0), "changed_at": issue["resolved_at"] - (ago(0) - ago(3))}
        for issue in issues
    ]


def open_items(*numbers: int, category: str = "new", **fields: Any) -> list[dict[str, Any]]:
    return [an_issue(f"OQC-{number}", category, **fields) for number in numbers]


def a_sprint_of(left: list[dict[str, Any]], done: list[dict[str, Any]], **fields: Any) -> Tables:
    """A sprint with what is left, after one with what is done."""
    members = in_sprint(*(issue["key"] for issue in left))
    members += in_sprint(*(issue["key"] for issue in done), sprint_id=9)
    return {
        "issues": [*left, *done],
        "sprints": [a_sprint(**fields), a_sprint(9, state="closed", start_at=ago(99), end_at=ago(8))],
        "issue_sprints": members,
    }


def an_epic_of(left: int, done: list[dict[str, Any]], **fields: Any) -> Tables:
    children = open_items(*range(2, 2 + left), parent_key="OQC-1")
    return {"issues": [an_issue("OQC-1", issue_type="Epic", **fields), *children, *done]}


def a_version_of(left: int, release_on: date, done: list[dict[str, Any]]) -> Tables:
    return {
        "issues": [*open_items(*range(1, 1 + left), fix_versions=["2.4"]), *done],
        "versions": [{"version_id": "7", "name": "2.4", "release_on": release_on}],
    }


BEGUN: Final = "indeterminate"
_ELSEWHERE: Final = [{"key": "ELSE-1"}]
_CONFLICT: Final = {"resource_type": "jira_issue", "resource_id": "id-OQC-1", "field_name": "title"}
_PAGE: Final = {"page_id": "7", "space_key": "OQC", "title": "Plan", "edited_at": ago(40)}

SIGNED: Final[dict[str, Signed]] = {
    "nothing is here yet": Signed({"issues": []}),
    "all is done": Signed({"issues": done_items(30)}),
    "work flows": Signed({"issues": [*open_items(1, 2), *open_items(3, category=BEGUN), *done_items(60)]}),
    "it sleeps with work begun": Signed(
        {"issues": open_items(*range(1, 9), category=BEGUN, updated_at=ago(60))},
        findings=(
            "medium: nothing has moved here since 17 January 2026, for 60 days; 8 issues in progress",
            "low: OQC-1 is in progress and was not touched for 60 days",
            "low: OQC-2 is in progress and was not touched for 60 days",
            "low: OQC-3 is in progress and was not touched for 60 days",
            "low: OQC-4 is in progress and was not touched for 60 days",
            "low: OQC-5 is in progress and was not touched for 60 days",
            "low: OQC-6 is in progress and was not touched for 60 days",
            "low: OQC-7 is in progress and was not touched for 60 days",
            "low: OQC-8 is in progress and was not touched for 60 days",
        ),
    ),
    "it sleeps and nothing was begun": Signed(
        {"issues": open_items(1, 2, created_at=ago(500), updated_at=ago(200))},
        findings=("low: nothing has moved here since 30 August 2025, for 200 days",),
    ),
    "one person does it all": Signed(
        {"issues": [*open_items(*range(1, 8), category=BEGUN), *done_items(60)]},
        findings=("medium: one person has 7 issues in progress and finished 14 in four weeks",),
    ),
    "one of two has it all": Signed(
        {
            "issues": [
                *open_items(*range(1, 6), category=BEGUN),
                *open_items(6, category=BEGUN, assignee_id="bob"),
                *done_items(60),
            ]
        },
        findings=("medium: one person has 5 of the 6 items in progress",),
    ),
    "people have gone": Signed(
        {
            "issues": [
                *open_items(*range(1, 13), category=BEGUN, assignee_id="bob", updated_at=ago(300)),
                *open_items(13, category=BEGUN),
            ]
        },
        findings=(
            "low: OQC-1 is in progress and was not touched for 300 days",
            "low: OQC-2 is in progress and was not touched for 300 days",
            "low: OQC-3 is in progress and was not touched for 300 days",
            "low: OQC-4 is in progress and was not touched for 300 days",
            "low: OQC-5 is in progress and was not touched for 300 days",
            "low: OQC-6 is in progress and was not touched for 300 days",
            "low: OQC-7 is in progress and was not touched for 300 days",
            "low: OQC-8 is in progress and was not touched for 300 days",
            "low: OQC-9 is in progress and was not touched for 300 days",
            "low: OQC-10 is in progress and was not touched for 300 days",
            "low: OQC-11 is in progress and was not touched for 300 days",
            "low: OQC-12 is in progress and was not touched for 300 days",
        ),
    ),
    "versions are closed in bulk each month": Signed(
        {
            "issues": open_items(1)
            + [
                an_issue(
                    f"OQC-{100 + 30 * month + place}", "done", created_at=ago(390), resolved_at=ago(4 + 28 * month)
                )
                for month in range(12)
                for place in range(30)
            ]
        }
    ),
    "five hundred were closed in a minute": Signed(
        {
            "issues": [
                *an_epic_of(3, done_items(60, parent_key="OQC-1"))["issues"],
                *(
                    an_issue(f"OQC-{place}", "done", created_at=ago(90), resolved_at=ago(5.3))
                    for place in range(500, 1000)
                ),
            ]
        },
        forecasts=("epic:OQC-1: not sure: so far no epic tells how epics end here",),
        notes=("closed in bulk, so in no forecast: 500 items",),
    ),
    "dates were imported": Signed(
        {
            "issues": [
                *open_items(1),
                *(
                    an_issue(f"OQC-{place}", "done", created_at=ago(3), resolved_at=ago(place))
                    for place in range(20, 60)
                ),
            ]
        },
        notes=(
            "finished before being started or made, so without a cycle time: 40 issues (OQC-20, OQC-21, OQC-22, ...)",
            "finished before being made, so in no forecast: 40 items",
        ),
    ),
    "nobody knows when anything was done": Signed(
        {"issues": [*an_epic_of(2, [])["issues"], *(an_issue(f"OQC-{place}", "done") for place in range(20, 60))]},
        forecasts=("epic:OQC-1: nobody knows when 40 of 40 done items were finished",),
        notes=("done, but nobody knows since when, so in no throughput: 40 issues (OQC-20, OQC-21, OQC-22, ...)",),
    ),
    "blocked everywhere": Signed(
        {
            "issues": [*open_items(1, 2, category=BEGUN), *open_items(3, 4, 5)],
            "links": [
                blocks("OQC-1", "OQC-2"),
                blocks("OQC-2", "OQC-3"),
                blocks("OQC-3", "OQC-4"),
                blocks("OQC-4", "OQC-5"),
            ],
        },
        findings=(
            "high: OQC-2 is blocked by OQC-1, since 16 February 2026 at the earliest",
            "medium: OQC-1 holds up 4 issues, 1 of them directly",
        ),
    ),
    "blocked everywhere, and all of it can wait": Signed(
        {"issues": open_items(1, 2, 3, 4, 5), "links": [blocks("OQC-1", f"OQC-{number}") for number in range(2, 6)]}
    ),
    "a circle": Signed(
        {
            "issues": open_items(1, 2, 3),
            "links": [blocks("OQC-1", "OQC-2"), blocks("OQC-2", "OQC-3"), blocks("OQC-3", "OQC-1")],
        },
        findings=("high: 3 issues wait for each other: OQC-1, OQC-2, OQC-3",),
    ),
    "all wait for somebody else's project": Signed(
        {
            "issues": [*open_items(1, category=BEGUN), *open_items(2, 3, 4)],
            "links": [blocks("ELSE-1", f"OQC-{number}") for number in range(1, 5)],
            "outside_issues": _ELSEWHERE,
        },
        findings=("low: ELSE-1 is not synced and may be done; if it is not, 4 issues wait: OQC-1, OQC-2, OQC-3, ...",),
    ),
    "what it waited for is done": Signed(
        {
            "issues": open_items(1),
            "links": [blocks("ELSE-1", "OQC-1")],
            "outside_issues": [{"key": "ELSE-1", "status_category": "done"}],
        }
    ),
    "somebody raised a flag": Signed(
        {"issues": open_items(1, category=BEGUN, flagged=True)}, findings=("high: OQC-1 is flagged as impeded",)
    ),
    "priorities came from another tracker": Signed(
        {
            "issues": [
                *open_items(1, priority="P1", updated_at=ago(20)),
                *open_items(2, priority="Wichtig", updated_at=ago(20)),
                *open_items(3, priority=None, updated_at=ago(20)),
            ]
        },
        findings=("medium: OQC-1 has priority P1, is not started and was not touched for 20 days",),
    ),
    "the sprint is on track": Signed(
        a_sprint_of(open_items(1, 2), done_items(60)),
        forecasts=("sprint:1: on time; not sure: so far no sprint tells how sprints end here",),
    ),
    "the sprint is too full": Signed(
        a_sprint_of(open_items(*range(1, 13)), done_items(40)),
        findings=(
            "high: the sprint ends in 7 days with 12 items to finish: that works out in less than 1 of 100 cases",
        ),
        forecasts=("sprint:1: late; not sure: so far no sprint tells how sprints end here",),
    ),
    "the sprint should have ended": Signed(
        a_sprint_of(open_items(1, 2), done_items(40), end_at=ago(5)),
        findings=("high: the sprint should have ended 5 days ago and has 2 items left",),
        forecasts=("sprint:1: late; not sure: so far no sprint tells how sprints end here",),
    ),
    "the sprint should have ended, and nobody has what is left": Signed(
        a_sprint_of(open_items(1, 2, assignee_id=None, priority="Highest", updated_at=ago(9)), [], end_at=ago(5)),
        findings=(
            "high: the sprint should have ended 5 days ago and has 2 items left",
            "high: OQC-1 has priority Highest, is not started and was not touched for 9 days",
            "high: OQC-2 has priority Highest, is not started and was not touched for 9 days",
        ),
        forecasts=("sprint:1: nothing was finished in 26 weeks",),
    ),
    "the sprint ends tomorrow and has nobody": Signed(
        a_sprint_of(open_items(1, 2, assignee_id=None), done_items(60), end_at=ago(-1)),
        findings=(
            "high: the sprint ends in 1 day with 2 items to finish: that works out in 2 of 100 cases",
            "high: OQC-1 is in the sprint and nobody has it, 1 day before its end",
            "high: OQC-2 is in the sprint and nobody has it, 1 day before its end",
        ),
        forecasts=("sprint:1: late; not sure: so far no sprint tells how sprints end here",),
    ),
    "the sprint doubled": Signed(
        a_sprint_of([*open_items(1, 2), *open_items(3, 4, created_at=ago(3))], done_items(80, every_days=1)),
        findings=("high: the sprint started with 2 items; added since: 2 (100 %)",),
        forecasts=("sprint:1: on time; not sure: so far no sprint tells how sprints end here",),
    ),
    "the epic is late": Signed(
        an_epic_of(10, done_items(40, parent_key="OQC-1", every_days=4), due_date=day(6)),
        findings=(
            "high: epic OQC-1 is due on 24 March 2026 with 10 items to finish: "
            "that works out in less than 1 of 100 cases",
        ),
        forecasts=("epic:OQC-1: late; not sure: so far no epic tells how epics end here",),
    ),
    "the epic is in time": Signed(
        an_epic_of(3, done_items(60, parent_key="OQC-1"), due_date=day(90)),
        forecasts=("epic:OQC-1: on time; not sure: so far no epic tells how epics end here",),
    ),
    "nobody works on the epic": Signed(
        an_epic_of(3, done_items(40), due_date=day(20)),
        forecasts=("epic:OQC-1: 0 of its items finished in 12 weeks; a pace needs 3",),
    ),
    "it is three weeks old": Signed(
        an_epic_of(3, done_items(12, parent_key="OQC-1")),
        forecasts=("epic:OQC-1: 4 weeks since something was finished first; a forecast needs 6",),
    ),
    "work stands still, longer than is usual": Signed(
        {
            "issues": [*open_items(1, category=BEGUN, updated_at=ago(8)), *done_items(30)],
            "status_changes": [a_change("OQC-1", "new", "indeterminate", 8), *moves_of(done_items(30))],
        },
        findings=("high: OQC-1 is in progress and was not touched for 8 days; usual from start to finish is up to 3",),
    ),
    "work stands still, and nobody knows what is usual": Signed(
        {"issues": [*open_items(1, category=BEGUN, updated_at=ago(12)), *open_items(2)]},
        findings=("medium: OQC-1 is in progress and was not touched for 12 days",),
    ),
    "late, and late from the start": Signed(
        {"issues": [*open_items(1, due_date=day(-3)), *open_items(2, due_date=day(-90), created_at=ago(4))]},
        findings=(
            "medium: OQC-2 is overdue for 5 days",
            "medium: OQC-1 is overdue for 3 days",
        ),
        notes=("due before being made, so late since then: 1 issue (OQC-2)",),
    ),
    "due tomorrow and not begun": Signed(
        {"issues": open_items(1, due_date=day(1))}, findings=("high: OQC-1 is due tomorrow and not started",)
    ),
    "it came back twice": Signed(
        {
            "issues": open_items(1),
            "status_changes": [
                a_change("OQC-1", *ends, days)
                for ends, days in (
                    (("new", "done"), 20),
                    (("done", "new"), 15),
                    (("new", "done"), 9),
                    (("done", "new"), 2),
                )
            ],
        },
        findings=("high: OQC-1 was reopened 2 days ago, 2 times by now",),
    ),
    "two sides disagree": Signed(
        {"issues": open_items(1), "conflicts": [{**_CONFLICT, "created_at": ago(4)}]},
        findings=("high: OQC-1 was edited on both sides (1 field) and waits for a choice",),
    ),
    "the page is old": Signed(
        {
            "issues": done_items(1, first=1),
            "status_changes": [a_change("OQC-1", "new", "done", 1)],
            "pages": [_PAGE],
            "page_links": [{"page_id": "7", "issue_key": "OQC-1"}],
        },
        findings=("low: page 7 names 1 issue and was edited 39 days before the last of them changed",),
    ),
    "a version is planned too full": Signed(
        a_version_of(8, day(4), done_items(40, every_days=4, fix_versions=["2.4"])),
        findings=(
            "high: the version is due on 22 March 2026 with 8 items to finish: "
            "that works out in less than 1 of 100 cases",
        ),
        forecasts=("version:7: late; not sure: so far no epic tells how epics end here",),
    ),
    "a version is in time": Signed(
        a_version_of(3, day(90), done_items(60, fix_versions=["2.4"])),
        forecasts=("version:7: on time; not sure: so far no epic tells how epics end here",),
    ),
    "a version was not released, and the project has no pace": Signed(
        a_version_of(2, day(-2), []),
        findings=("medium: the version should have been released 2 days ago and has 2 items left",),
        forecasts=("version:7: nothing was finished in 26 weeks",),
    ),
    "people of many languages": Signed(
        {
            "issues": [*open_items(*range(1, 8), category=BEGUN, assignee_id="łu"), *open_items(8, assignee_id="bob")],
            "users": [
                {"account_id": "łu", "display_name": "Łukasz Żółć"},
                {"account_id": "bob", "display_name": "李雷"},
            ],
        },
        findings=(
            "high: one person has 7 of the 7 items in progress",
            "medium: one person has 7 issues in progress and finished 0 in four weeks",
        ),
    ),
}

# What an action may say in any of them.
WORDS: Final = Vocabulary(("Highest", "High", "P1", "Medium", "Low"), frozenset({"ann", "bob", "łu"}))
PEOPLE: Final = [
    {"account_id": "ann", "display_name": "Ann Smith"},
    {"account_id": "bob", "display_name": "Bob Miller"},
]


def context_of(signed: Signed) -> WorkContext:
    """The work context of a project."""
    return a_context(**{"users": PEOPLE, **signed.tables})
