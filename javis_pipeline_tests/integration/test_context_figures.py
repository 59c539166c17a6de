"""The figures of the work context against plain SQL that was written without looking at it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from javis_pipeline.db.connection import Database
from javis_pipeline.records.context import WorkContext
from javis_pipeline.steps.build_context import ContextScope, read_context
from javis_pipeline_tests.made_project import NOW, made_project, store_project

# The day of the data, the days around it, and instants at which much of the data lies in the future.
INSTANTS = [
    NOW,
    NOW.replace(hour=0, minute=0),
    NOW + timedelta(days=20),
    NOW - timedelta(days=100),
    datetime(2025, 2, 28, 23, 59, tzinfo=UTC),
]

# Work items are what is neither an epic (by name, by level, or because it has children that are no sub-tasks) nor a
# sub-task. A finish is the resolution date, else the last change from something else to done.
ITEMS = """
WITH changes AS (
    SELECT c.jira_id, c.changed_at, f.category AS from_category, t.category AS to_category
      FROM status_changes c
      LEFT JOIN statuses f ON f.status_id = c.from_id
      LEFT JOIN statuses t ON t.status_id = c.to_id
     WHERE c.changed_at <= %(now)s),
items AS (
    SELECT i.*,
           (SELECT min(c.changed_at) FROM changes c
             WHERE c.jira_id = i.jira_id AND c.to_category = 'indeterminate') AS entered,
           (SELECT c.from_category FROM changes c
             WHERE c.jira_id = i.jira_id ORDER BY c.changed_at LIMIT 1) AS first_category,
           CASE WHEN i.status_category = 'done' THEN coalesce(i.resolved_at,
               (SELECT max(c.changed_at) FROM changes c WHERE c.jira_id = i.jira_id
                   AND c.to_category = 'done' AND c.from_category IS DISTINCT FROM 'done')) END AS finished_at
      FROM jira_issues i
     WHERE NOT i.is_subtask AND i.project_key = 'OQC'
       AND coalesce(i.issue_type, '') <> 'Epic'
       AND NOT EXISTS (SELECT FROM jira_issues child WHERE child.parent_key = i.key AND NOT child.is_subtask)),
cycles AS (
    SELECT extract(epoch FROM finished_at -
               CASE WHEN first_category = 'indeterminate' THEN created_at ELSE entered END) / 86400 AS days
      FROM items
     WHERE finished_at >= date_trunc('day', %(now)s::timestamptz) - interval '26 weeks' AND finished_at <= %(now)s)
"""

THROUGHPUT = """
SELECT count(finished_at)::int AS finished
  FROM generate_series(25, 0, -1) AS week
  LEFT JOIN items ON finished_at >= date_trunc('day', %(now)s::timestamptz) - (week + 1) * interval '7 days'
                 AND finished_at < date_trunc('day', %(now)s::timestamptz) - week * interval '7 days'
 GROUP BY week ORDER BY week DESC
"""

CYCLES = """
SELECT count(*)::int AS known,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY days)::numeric, 1)::float8 AS p50,
       round(percentile_cont(0.85) WITHIN GROUP (ORDER BY days)::numeric, 1)::float8 AS p85
  FROM cycles WHERE days >= 0
"""

IN_PROGRESS = "SELECT count(*)::int AS count FROM items WHERE status_category = 'indeterminate'"

OVERDUE = """
SELECT count(*)::int AS count FROM jira_issues
 WHERE project_key = 'OQC' AND status_category IN ('new', 'indeterminate')
   AND due_date < (%(now)s::timestamptz AT TIME ZONE 'UTC')::date
"""

BLOCKED = """
WITH ends AS (
    SELECT i.key AS one, coalesce(o.key, l.other_key) AS other, l.label
      FROM links_of_issues l JOIN jira_issues i USING (jira_id) LEFT JOIN jira_issues o ON o.jira_id = l.other_id),
pairs AS (
    SELECT one AS blocker, other AS blocked FROM ends WHERE label = 'blocks'
    UNION SELECT other, one FROM ends WHERE label = 'is blocked by'),
today AS (SELECT (%(now)s::timestamptz AT TIME ZONE 'UTC')::date AS day),
running AS (SELECT m.jira_id FROM issue_sprints m JOIN sprints s USING (sprint_id) WHERE s.state = 'active')
SELECT count(*)::int AS count FROM jira_issues i, today
 WHERE i.project_key = 'OQC' AND i.status_category <> 'done'
   AND (i.flagged
        OR (i.jira_id IN (SELECT jira_id FROM running)
            OR ((i.status_category = 'indeterminate' OR i.due_date <= day + 7)
                AND day - (coalesce(i.remote_updated_at, i.created_at) AT TIME ZONE 'UTC')::date <= 90))
       AND EXISTS (
       SELECT FROM pairs JOIN jira_issues b ON b.key = pairs.blocker
        WHERE pairs.blocked = i.key AND pairs.blocker <> i.key AND b.status_category <> 'done'))
"""

IDLE = """
SELECT count(*)::int AS count
  FROM jira_issues i,
       (SELECT CASE WHEN count(*) < 10 THEN 10
               ELSE least(greatest(round(percentile_cont(0.85) WITHIN GROUP (ORDER BY days)::numeric, 1), 3), 30)
               END AS usual
          FROM cycles WHERE days >= 0) AS pace
 WHERE i.project_key = 'OQC' AND i.status_category = 'indeterminate'
   AND coalesce(i.issue_type, '') <> 'Epic'
   AND NOT EXISTS (SELECT FROM jira_issues child WHERE child.parent_key = i.key AND NOT child.is_subtask)
   AND (%(now)s::timestamptz AT TIME ZONE 'UTC')::date - (i.remote_updated_at AT TIME ZONE 'UTC')::date > pace.usual
"""


@pytest.fixture
def project(database: Database) -> Database:
    with database.transaction(origin="sync") as conn:
        store_project(conn, made_project("OQC", issues=600, seed=11))
        store_project(conn, _neighbour())
    return database


def _neighbour():
    """A second project, whose rows must not be counted."""
    neighbour = made_project("EUV", issues=5, seed=1)
    for table in ("statuses", "users", "sprints", "status_changes", "sprint_changes", "issue_sprints", "issue_links"):
        neighbour.tables.pop(table, None)
    neighbour.tables = {
        "jira_issues": [{**row, "jira_id": f"9{row['jira_id']}"} for row in neighbour.tables["jira_issues"]]
    }
    return neighbour


@pytest.fixture(params=INSTANTS, ids=str)
def instant(request: pytest.FixtureRequest) -> datetime:
    now: datetime = request.param
    return now


@pytest.fixture
def context(project: Database, instant: datetime) -> WorkContext:
    return read_context(project, ContextScope("OQC"), now=instant)


@pytest.fixture
def sql(project: Database, instant: datetime) -> Callable[[str], list[dict[str, Any]]]:
    def run(statement: str) -> list[dict[str, Any]]:
        prefix = "" if statement.lstrip().startswith("WITH") else ITEMS
        return project.query(prefix + statement, {"now": instant})

    return run


def test_the_figures_are_those_that_plain_sql_gives(context: WorkContext, sql: Any) -> None:
    flow = context.flow

    (cycles,) = sql(CYCLES)
    assert [week.finished for week in flow.throughput] == [row["finished"] for row in sql(THROUGHPUT)]
    assert flow.cycles_known == cycles["known"]
    assert flow.cycle_p50_days == pytest.approx(cycles["p50"], abs=0.1)
    assert flow.cycle_p85_days == pytest.approx(cycles["p85"], abs=0.1)
    assert flow.in_progress == sql(IN_PROGRESS)[0]["count"]
    assert context.total("overdue") == sql(OVERDUE)[0]["count"]
    assert context.total("blocked") == sql(BLOCKED)[0]["count"]
    assert context.total("idle_in_progress") == sql(IDLE)[0]["count"]
    # Otherwise the comparison would be of nothing with nothing.
    assert flow.cycles_known > 20
    assert min(flow.in_progress, context.total("overdue"), context.total("blocked")) > 0
