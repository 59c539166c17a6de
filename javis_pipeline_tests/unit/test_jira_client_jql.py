"""Queries that say what they mean."""

from datetime import UTC, datetime

import pytest

from javis_pipeline.clients.quoting import quote
from javis_pipeline.systems.jira import jql


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("OQC", '"OQC"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a\\b", r'"a\\b"'),
        ('" OR project = "X', r'"\" OR project = \"X"'),
        ("größer", '"größer"'),
    ],
)
def test_a_value_stays_a_value(value, quoted):
    assert quote(value) == quoted


@pytest.mark.parametrize("value", ["a\nb", "a\x00b"])
def test_control_characters_are_refused(value):
    with pytest.raises(ValueError, match="control"):
        quote(value)


@pytest.mark.parametrize("key", ["ops", "OPS-1", "", 'O" OR "', "1OPS"])
def test_what_is_no_project_key_is_refused(key):
    with pytest.raises(ValueError, match="not a project key"):
        jql.in_project(key)


@pytest.mark.parametrize(
    ("instant", "zone", "literal"),
    [
        (datetime(2026, 7, 1, 12, 30, 59, tzinfo=UTC), "UTC", "2026-07-01 12:30"),
        (datetime(2026, 7, 1, 12, 30, 59, tzinfo=UTC), "Asia/Kolkata", "2026-07-01 18:00"),
        (datetime(2026, 7, 1, 12, 30, tzinfo=UTC), "America/New_York", "2026-07-01 08:30"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin", "2026-10-25 01:30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Berlin", "2026-10-25 02:30"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "Europe/Berlin", "2026-10-25 03:30"),
    ],
    ids=["minute", "east", "west", "first of the double hour", "second of the double hour", "after it"],
)
def test_an_instant_is_written_in_the_accounts_zone_and_never_too_late(instant, zone, literal):
    assert jql.updated_since(instant, zone) == f'updated >= "{literal}"'


def test_a_sweep_is_bounded_and_oldest_change_first():
    assert jql.sweep("OPS") == 'project = "OPS" ORDER BY updated ASC, id ASC'
    assert jql.sweep("OPS", "updated >= 1") == 'project = "OPS" AND updated >= 1 ORDER BY updated ASC, id ASC'


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "..", "/etc/passwd", "Europe", "a\x00b", "Europe/Berlin\n", "x" * 5000]
)
def test_given_a_zone_that_this_machine_does_not_know_then_that_is_known(zone):
    assert not jql.is_known_zone(zone)


def test_given_an_ordinary_zone_then_it_is_known():
    assert jql.is_known_zone("Europe/Berlin")
