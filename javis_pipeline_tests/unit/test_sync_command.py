"""`javis sync` of two systems of which one fails."""

from types import SimpleNamespace
from typing import Any

import pytest

from javis_pipeline.cli import sync
from javis_pipeline.errors import IdentityError, JavisError
from javis_pipeline.records.systems import SYSTEMS

OPTIONS: Any = SimpleNamespace(what="all")
SETTINGS: Any = SimpleNamespace(scopes_in=lambda *_: ["OPS"])


def a_site(monkeypatch: pytest.MonkeyPatch, *dead: str) -> list[list[str]]:
    """A run stops at the first system that is dead, the last one first; what each run was asked for."""
    asked = []

    def run(project: str, systems: list[str], options: object, done: dict[str, Any]) -> dict[str, Any]:
        asked.append(list(systems))
        for system in reversed(systems):
            if system in dead:
                error = IdentityError(f"{system} does not know us")
                error.stopped = SYSTEMS[system].table  # type: ignore[index] # names of systems
                raise error
        return {"sync_conflicts": {"open": 0}}

    monkeypatch.setattr(sync, "_sync", run)
    return asked


@pytest.mark.parametrize("dead", ["jira", "confluence"])
def test_given_one_dead_system_then_the_other_is_synced_and_one_message_says_why(monkeypatch, dead):
    asked = a_site(monkeypatch, dead)

    report, errors = sync._sync_each(SETTINGS, "OPS", OPTIONS)

    assert asked == [["jira", "confluence"], ["confluence" if dead == "jira" else "jira"]]
    assert report["sync_conflicts"]["open"] == 0
    assert [str(error) for error in errors] == [f"{dead} does not know us"]


def test_given_two_dead_systems_then_each_says_why(monkeypatch):
    a_site(monkeypatch, "jira", "confluence")

    report, errors = sync._sync_each(SETTINGS, "OPS", OPTIONS)

    assert report == {}
    assert {str(error) for error in errors} == {"jira does not know us", "confluence does not know us"}


def test_given_a_failure_that_is_of_no_system_then_nothing_is_tried_again(monkeypatch):
    asked = []

    def run(project: str, systems: list[str], options: object, done: dict[str, Any]) -> dict[str, Any]:
        asked.append(list(systems))
        raise JavisError("the database is full")

    monkeypatch.setattr(sync, "_sync", run)

    assert sync._sync_each(SETTINGS, "OPS", OPTIONS)[0] == {}
    assert len(asked) == 1


def test_given_a_run_that_was_stopped_then_what_it_had_done_counts(monkeypatch):
    def run(project: str, systems: list[str], options: object, done: dict[str, Any]) -> dict[str, Any]:
        if "jira" in systems:
            done["confluence_pages"] = {"seen": 45, "inserted": 40, "updated": 2}
            error = IdentityError("jira does not know us")
            error.stopped = SYSTEMS["jira"].table
            raise error
        return {"sync_conflicts": {"open": 0}, "confluence_pages": {"seen": 45, "inserted": 0, "updated": 1}}

    monkeypatch.setattr(sync, "_sync", run)

    report, _ = sync._sync_each(SETTINGS, "OPS", OPTIONS)

    assert report["confluence_pages"] == {"seen": 45, "inserted": 40, "updated": 3}
