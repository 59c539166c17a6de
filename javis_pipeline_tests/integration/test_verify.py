"""Both sides compared afresh: the site behind a socket, the tables in PostgreSQL, and nothing changed on either."""

import pytest
from click.testing import CliRunner

from javis_pipeline.cli import main
from javis_pipeline.db.connection import Database
from javis_pipeline.defs.checks import AGREEMENT
from javis_pipeline.settings import Settings
from javis_pipeline.steps.verify import sample_of, verify_scope
from javis_pipeline_tests.flow.test_sync_two_way import Both, both_sides
from javis_pipeline_tests.integration.test_checks import checked
from javis_pipeline_tests.sites import settings_for


def no_pause() -> None:
    """Nothing else is under way."""


@pytest.fixture
def both(database: Database):
    with both_sides(database, issues=4) as found:
        yield found


def tamper(both: Both, change: str) -> None:
    """What a bug would leave: no mark, no journal, no hash."""
    with both.database.transaction() as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(f"UPDATE jira_issues SET {change} WHERE key = 'OPS-2'")


def test_given_a_sync_then_every_field_of_every_issue_is_equal_and_nothing_was_written(both):
    verified = verify_scope(both.job(), choose=None, pause=no_pause)

    assert (verified.records, verified.differences) == (4, [])
    assert set(verified.count()) == {"equal"}
    assert [both.world.exchanges.matching(method) for method in ("PUT", "DELETE")] == [[], []]
    assert both.sql("SELECT run_id FROM sync_runs WHERE run_id <> 'run-1'") == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("title = 'stale'", ("OPS-2", "title", "stale", "Issue 1")),
        ("labels = '{}'", ("OPS-2", "labels", (), ("team",))),
        ("story_points = 3", ("OPS-2", "story_points", 3, None)),
    ],
)
def test_given_a_value_that_the_sync_missed_then_it_is_named_with_both_values(both, change, difference):
    tamper(both, change)

    verified = verify_scope(both.job(), choose=None, pause=no_pause)

    assert [each[:4] for each in verified.differences] == [difference]


def test_given_a_custom_value_that_the_sync_missed_then_it_is_named_by_its_field(both):
    field_id = both.world.jira.fields.by_role["customer"].id
    tamper(both, f'custom_fields = \'{{"{field_id}": "Acme"}}\'')

    verified = verify_scope(both.job(), choose=None, pause=no_pause)

    assert [each[:4] for each in verified.differences] == [("OPS-2", field_id, "Acme", None)]


def test_given_a_difference_that_a_sync_under_way_ends_then_it_does_not_count(both):
    tamper(both, "title = 'stale'")

    verified = verify_scope(both.job(), choose=None, pause=lambda: tamper(both, "title = 'Issue 1'"))

    assert verified.differences == []


def test_given_issues_on_one_side_only_then_they_are_named(both):
    with both.database.transaction(origin="sync") as conn:
        conn.execute("DELETE FROM jira_issues WHERE key = 'OPS-1'")
    both.world.jira.delete("OPS-3")

    verified = verify_scope(both.job(), choose=None, pause=no_pause)

    assert sorted(each[:4] for each in verified.differences) == [
        ("OPS-1", "(row)", None, "OPS-1"),
        ("OPS-3", "(row)", "OPS-3", None),
    ]


def test_given_a_sample_then_only_so_many_are_asked_for(both):
    assert verify_scope(both.job(), choose=sample_of(2), pause=no_pause).records == 2
    assert verify_scope(both.job(), choose=sample_of(99), pause=no_pause).records == 4


@pytest.fixture
def settings(both: Both, database_url: str, tmp_path, monkeypatch) -> Settings:
    values = settings_for(both.world, projects="OPS", database_url=database_url, home=tmp_path)
    for name, value in {**values, "JIRA_EMAIL": "us@example.com"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("javis_pipeline.steps.verify._PAUSE_SECONDS", 0)
    return Settings()


def test_given_a_difference_then_the_command_exits_with_5_and_the_check_warns(both, settings):
    assert CliRunner().invoke(main, ["verify"]).exit_code == 0
    tamper(both, "title = 'stale'")

    told = CliRunner().invoke(main, ["verify", "--project", "OPS"])
    as_json = CliRunner().invoke(main, ["verify", "--json", "--sample", "9"])
    jira, confluence = (checked(check, both.database, "OPS", settings) for check in AGREEMENT.values())

    assert (told.exit_code, as_json.exit_code) == (5, 5)
    assert "OPS-2 title: here stale, there Issue 1" in told.output
    assert '"here": "stale"' in as_json.output
    assert (jira.passed, jira.description) == (False, "1 difference: OPS-2 title")
    assert confluence.passed
