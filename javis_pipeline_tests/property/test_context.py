"""Laws of the work context: whatever the tables hold, it is made, it is stable, and it survives being stored."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from javis_pipeline.cli.context_page import print_details, print_page
from javis_pipeline.records.context import context_hash, from_json, to_json
from javis_pipeline_tests.context_tables import NOW, a_context

KEYS = [f"OQC-{number}" for number in range(1, 9)]
OTHER_KEYS = [*KEYS, "EUV-1", "no key", ""]

keys = st.sampled_from(KEYS)
# Hypothesis wants naive bounds.
moments = st.datetimes(
    datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2199-01-01"), timezones=st.just(UTC)
)
instants = st.none() | moments
days = st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31))
words = st.none() | st.sampled_from(["", " ", "Epic", "Story", "High", "To Do", "\x1b[31m", "ünïcode"])
categories = st.sampled_from(["new", "indeterminate", "done", None])


def _rows(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=6)


ids = keys.map("id-{}".format)
issues = st.lists(
    st.fixed_dictionaries(
        {
            "key": keys,
            "title": words,
            "issue_type": words,
            "hierarchy_level": st.none() | st.integers(-1, 2),
            "is_subtask": st.booleans(),
            "status": words,
            "status_id": st.sampled_from(["1", "3", "5", "9", None]),
            "status_category": categories,
            "priority": words,
            "assignee_id": st.sampled_from(["ann", "bob", None]),
            "parent_key": st.none() | st.sampled_from(OTHER_KEYS),
            "story_points": st.none() | st.floats(0, 1000),
            "due_date": days,
            "flagged": st.booleans(),
            "created_at": instants,
            "updated_at": instants,
            "resolved_at": instants,
            "fix_versions": st.sampled_from([None, (), ("2.4",), ("2.4", "3")]),
        }
    ),
    max_size=8,
    unique_by=lambda issue: issue["key"],
).map(lambda rows: [{**row, "jira_id": f"id-{row['key']}"} for row in rows])
tables = st.fixed_dictionaries(
    {
        "issues": issues,
        "links": _rows(
            key=keys, label=st.sampled_from(["blocks", "is blocked by", "x"]), other_key=st.sampled_from(OTHER_KEYS)
        ),
        "outside_issues": st.just([{"key": "EUV-1"}]),
        "status_changes": _rows(
            jira_id=ids,
            from_id=st.sampled_from(["1", "3", "5", "9", None]),
            to_id=st.sampled_from(["1", "3", "5", "9", None]),
            from_status=words,
            to_status=words,
            changed_at=moments,
        ),
        "sprints": st.just(
            [
                {"sprint_id": 1, "name": "One", "state": "active"},
                {"sprint_id": 2, "name": "Two", "state": "closed", "start_at": NOW, "end_at": NOW},
            ]
        ),
        "issue_sprints": _rows(jira_id=ids, sprint_id=st.sampled_from([1, 2])).map(
            lambda rows: [dict(row) for row in {tuple(row.items()): row for row in rows}.values()]
        ),
        "sprint_changes": _rows(
            jira_id=ids, sprint_id=st.sampled_from([1, 2, 3]), added=st.booleans(), changed_at=moments
        ),
        "pages": st.just([{"page_id": "1", "space_key": "OQC"}]),
        "page_links": _rows(page_id=st.sampled_from(["1", "2"]), issue_key=st.sampled_from(OTHER_KEYS)),
        "conflicts": _rows(
            resource_type=st.sampled_from(["jira_issue", "confluence_page"]),
            resource_id=ids,
            field_name=st.sampled_from(["title", "labels"]),
            created_at=instants,
        ),
        "versions": _rows(
            version_id=st.sampled_from(["1", "2"]), name=st.sampled_from(["2.4", "3"]), release_on=st.just(NOW.date())
        ).map(lambda rows: rows[:1]),
        "visions": st.just([{"vision_id": 1, "title": "Fast", "epic_keys": ["OQC-1", "OQC-1", "EUV-1"]}]),
    }
)
# Without the phase that explains failures: it traces every line of pandas.
pandas_is_slow = settings(
    deadline=None,
    max_examples=15,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)


@pandas_is_slow
@given(tables)
def test_whatever_the_tables_hold_the_context_is_made_and_survives_being_stored(tables):
    context = a_context(**tables, sprint="Two")

    assert from_json(orjson.loads(orjson.dumps(to_json(context)))) == context
    counts = context.counts
    assert counts.total == counts.new + counts.indeterminate + counts.done + counts.unknown == len(tables["issues"])
    assert len({risk.finding_id for risk in context.risks}) == len(context.risks)
    assert sum(total.count for total in context.risk_totals) == len(context.risks)
    assert {(risk.kind, risk.severity) for risk in context.risks} == {
        (total.kind, total.severity) for total in context.risk_totals
    }
    print_page(context)
    print_details(context, risks=True, blockers=True)
    assert all(item.cycle_days >= 0 for item in context.flow.cycles)
    assert all(day.new >= 0 and day.indeterminate >= 0 for day in context.flow.cumulative)


@pandas_is_slow
@given(tables, st.integers(0, 14 * 60))
def test_the_hash_stays_the_same_until_midnight_and_whatever_the_order_of_the_rows(tables, minutes):
    later = NOW + timedelta(minutes=minutes)
    # Nothing may happen in between.
    quiet: dict[str, Any] = {
        name: [row for row in rows if not any(isinstance(v, datetime) and NOW <= v <= later for v in row.values())]
        for name, rows in tables.items()
    }
    turned: dict[str, Any] = {
        name: rows[::-1] if name in {"issues", "links", "conflicts"} else rows for name, rows in quiet.items()
    }

    before, after = a_context(**quiet), a_context(**turned, now=later)

    assert before.as_of != after.as_of or minutes == 0
    assert context_hash(before) == context_hash(after)
