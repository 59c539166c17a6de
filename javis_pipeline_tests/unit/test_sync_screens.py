"""Fields that are on some screens only: they go out where a record can be edited in them, and else the row says why."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from javis_pipeline.records.sync import FieldPolicy, RemoteRecord
from javis_pipeline.sync.fields import as_chosen
from javis_pipeline.systems.jira.kind import JIRA_ISSUE
from javis_pipeline_tests.property.sync_memory import Issue, MemoryRemote, World
from javis_pipeline_tests.unit.sync_stories import Scope

BY_CHOICE: Final[Mapping[str, FieldPolicy]] = {"estimate_seconds": "two_way"}


class Screen(MemoryRemote):
    """A site that tells what can be edited in an issue."""

    editable: Mapping[str, Mapping[str, str]] | None = None

    def _record(self, issue: Issue) -> RemoteRecord:
        return replace(super()._record(issue), editable=self.editable)


class EstimatedScope(Scope):
    """A project whose estimates go both ways by choice."""

    kind = as_chosen(JIRA_ISSUE, BY_CHOICE)
    remote: Screen

    def make_remote(self, world: World) -> Screen:
        return Screen(world)


def test_given_a_field_that_the_issue_can_be_edited_in_then_it_goes_out():
    scope = EstimatedScope()
    scope.remote.editable = {"estimate_seconds": {}}
    scope.edit(estimate_seconds=3600, title="Another")

    scope.sync(policies=BY_CHOICE)

    assert (scope.there("estimate_seconds"), scope.there("title")) == (3600, "Another")
    assert scope.row.errors == {}


def test_given_a_field_that_no_screen_of_the_issue_has_then_it_waits_and_the_others_go_out():
    scope = EstimatedScope()
    scope.remote.editable = {}
    scope.edit(estimate_seconds=3600, title="Another")

    scope.sync(policies=BY_CHOICE)

    assert "no screen for editing shows it" in scope.row.errors["estimate_seconds"]
    assert scope.here["estimate_seconds"] == 3600
    assert [op.fields for op in scope.remote.sent] == [("title",)]
